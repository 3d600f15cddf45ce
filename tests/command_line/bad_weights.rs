//! Weights that are missing, damaged or another network's, and weights that do.

use super::setting::{Ended, Setting};
use super::weights_file::{self, file, squeezenet, vgg16};

/// Two layers of VGG-16, so that the files stay small.
const SHALLOW: &str =
    "-p reference --set content.layers={conv1_2=1.0} --set style.layers={conv1_1=1.0}";

fn run_with(setting: &Setting, weights: impl AsRef<[u8]>) -> Ended {
    setting.write("weights.safetensors", weights);
    let ended = setting.run(&format!(
        "content.png style.png {SHALLOW} --weights weights.safetensors -o out.png"
    ));
    assert_eq!(setting.exists("out.png"), ended.code == Some(0));
    ended
}

#[test]
fn weights_that_fit() {
    let setting = Setting::with_pictures();
    run_with(&setting, file(&vgg16(2))).succeeded();
}

#[test]
fn none_for_a_network_that_needs_them() {
    let setting = Setting::with_pictures();
    for (preset, network) in [
        ("gatys", "vgg19"),
        ("reference", "vgg16"),
        ("squeezenet", "squeezenet1_0"),
    ] {
        setting
            .run(&format!("content.png style.png -p {preset}"))
            .failed_saying(&[
                preset,
                "needs trained weights",
                network,
                "STYLESCOPE_OFFLINE forbids to fetch them",
                "--weights FILE",
                "STYLESCOPE_WEIGHTS_URL",
                "-p demo",
            ])
            .before_any_work();
    }
}

#[test]
fn some_for_a_network_that_learns() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png --weights weights.safetensors")
        .failed_saying(&[
            "--weights",
            "the preset demo learns its network",
            "-p squeezenet",
        ])
        .before_any_work();
}

#[test]
fn a_missing_file_and_a_folder() {
    let setting = Setting::with_pictures();
    let run = |weights: &str| {
        setting.run(&format!(
            "content.png style.png {SHALLOW} --weights {weights}"
        ))
    };
    run("nowhere.safetensors").failed_saying(&[
        "cannot read the weights",
        "nowhere.safetensors\"",
        "--weights FILE",
    ]);
    run(".").failed_saying(&["is not a safetensors or PyTorch file (it is a folder)"]);
}

#[test]
fn something_else_than_safetensors() {
    let setting = Setting::with_pictures();
    let picture = std::fs::read(setting.path("style.png")).unwrap();
    for bytes in [
        picture,
        b"PK".to_vec(),
        Vec::new(),
        b"\x02\0\0\0\0\0\0\0[]".to_vec(),
    ] {
        run_with(&setting, bytes).failed_saying(&[
            "is not a safetensors or PyTorch file",
            "torchvision's tensor names",
        ]);
    }
}

#[test]
fn another_networks_are_recognised() {
    let setting = Setting::with_pictures();
    run_with(&setting, file(&squeezenet())).failed_saying(&[
        "features.0.weight",
        "[96, 3, 7, 7]",
        "vgg16 needs [64, 3, 3, 3]",
        "it looks like the weights of squeezenet1_0",
        "choose the network they belong to",
    ]);
}

#[test]
fn a_tensor_that_is_not_there_is_named() {
    let setting = Setting::with_pictures();
    run_with(&setting, file(&vgg16(1))).failed_saying(&[
        "has no tensor features.2.weight, which vgg16 needs",
        "--weights FILE",
    ]);
}

#[test]
fn a_tensor_of_another_shape_is_named() {
    let setting = Setting::with_pictures();
    let mut tensors = vgg16(2);
    tensors[3].shape = vec![63];
    run_with(&setting, file(&tensors)).failed_saying(&["features.2.bias", "[63]", "needs [64]"]);
}

#[test]
fn a_copy_that_is_not_whole() {
    let setting = Setting::with_pictures();
    let mut bytes = file(&vgg16(2));
    let whole = bytes.len().to_string();
    bytes.truncate(bytes.len() - 1000);
    run_with(&setting, bytes).failed_saying(&["the copy is not whole", &whole]);
}

#[test]
fn numbers_that_are_none() {
    let setting = Setting::with_pictures();
    let mut tensors = vgg16(2);
    tensors[2].scale = f32::NAN;
    run_with(&setting, file(&tensors)).failed_saying(&[
        "features.2.weight",
        "not finite",
        "the file is damaged",
    ]);
}

#[test]
fn numbers_of_another_format() {
    let setting = Setting::with_pictures();
    let bytes = file(&vgg16(2));
    // As long as it was, so that nothing else changes.
    let text = b"\"F32\"";
    let place = bytes
        .windows(text.len())
        .position(|window| window == text)
        .unwrap();
    let mut bytes = bytes;
    bytes[place..place + text.len()].copy_from_slice(b"\"I32\"");
    run_with(&setting, bytes).failed_saying(&[
        "features.0.weight",
        "I32",
        "convert the file to float32",
    ]);
}

#[test]
fn a_file_cannot_send_escapes_through_its_tensor_names() {
    let setting = Setting::with_pictures();
    let mut tensors = weights_file::convolution("some", 1, 1, 1);
    tensors[0].name = "evil".to_owned();
    let mut bytes = file(&tensors);
    let place = bytes
        .windows(4)
        .position(|window| window == b"evil")
        .unwrap();
    // DEL and C1 need no escape in JSON.
    bytes[place..place + 4].copy_from_slice("\u{7f}\u{9b}m".as_bytes());
    let ended = run_with(&setting, bytes);
    assert_eq!(ended.code, Some(1));
    assert!(
        !ended.stderr.contains(['\u{7f}', '\u{9b}']),
        "{:?}",
        ended.stderr
    );
}
