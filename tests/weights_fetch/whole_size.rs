//! How many bytes come of VGG-16 and VGG-19 as they are published, for taps up to `conv5_1`.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value, json};
use stylescope::weights::store::Needed;

use super::fixture::{ETAG, Fixture, HUB_PATH};

/// Convolutions per block.
const VGG16: [usize; 5] = [2, 2, 3, 3, 3];
const VGG19: [usize; 5] = [2, 2, 4, 4, 4];

/// The tensors of the convolutions, in order of depth, and how many there are up to `conv5_1`.
fn convolutions(blocks: [usize; 5]) -> (Vec<(String, Vec<usize>)>, usize) {
    let mut tensors = Vec::new();
    let (mut position, mut channels_in) = (0, 3);
    for (count, width) in blocks.into_iter().zip([64, 128, 256, 512, 512]) {
        for _ in 0..count {
            tensors.push((
                format!("features.{position}.weight"),
                vec![width, channels_in, 3, 3],
            ));
            tensors.push((format!("features.{position}.bias"), vec![width]));
            channels_in = width;
            position += 2;
        }
        position += 1;
    }
    let up_to = blocks[..4].iter().sum::<usize>() + 1;
    (tensors, 2 * up_to)
}

/// Writes a file as large as the published one, with its tensors in the order in which the format's own
/// library writes them, by name; the elements are a hole on the disk.
fn write(path: &Path, convolutions: &[(String, Vec<usize>)]) -> u64 {
    let mut tensors = convolutions.to_vec();
    for (name, shape) in [
        ("pre_logits.fc1.weight", vec![4096, 512, 7, 7]),
        ("pre_logits.fc1.bias", vec![4096]),
        ("pre_logits.fc2.weight", vec![4096, 4096, 1, 1]),
        ("pre_logits.fc2.bias", vec![4096]),
        ("head.fc.weight", vec![1000, 4096]),
        ("head.fc.bias", vec![1000]),
    ] {
        tensors.push((name.to_owned(), shape));
    }
    tensors.sort();
    let mut header = Map::new();
    let mut end = 0;
    for (name, shape) in tensors {
        let begin = end;
        end += 4 * shape.iter().product::<usize>() as u64;
        header.insert(
            name,
            json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}),
        );
    }
    let text = Value::Object(header).to_string();
    let mut file = File::create(path).unwrap();
    file.write_all(&(text.len() as u64).to_le_bytes()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let bytes = 8 + text.len() as u64 + end;
    file.set_len(bytes).unwrap();
    bytes
}

/// How long the file is, and how many bytes of it come.
fn measured(blocks: [usize; 5]) -> (u64, u64) {
    let fixture = Fixture::new();
    let (convolutions, up_to) = convolutions(blocks);
    let path = fixture.folder.path().join("vgg.safetensors");
    let whole = write(&path, &convolutions);
    fixture.server.serve(HUB_PATH, &path, ETAG);
    let needed: Vec<Needed> = convolutions[..up_to]
        .iter()
        .map(|(name, shape)| Needed {
            name: name.clone(),
            shape: shape.iter().map(|&side| side as i64).collect(),
        })
        .collect();
    fixture
        .store()
        .obtain(fixture.published, &needed, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    (whole, fixture.server.body_bytes())
}

#[test]
fn a_tenth_of_a_vgg_is_enough() {
    for (name, blocks, whole_mb, fetched_mb) in
        [("VGG-16", VGG16, 553, 40), ("VGG-19", VGG19, 575, 52)]
    {
        let (whole, fetched) = measured(blocks);
        println!("{name} up to conv5_1: {fetched} bytes of {whole}");
        let mb = |bytes: u64| (bytes + 500_000) / 1_000_000;
        assert_eq!((mb(whole), mb(fetched)), (whole_mb, fetched_mb), "{name}");
    }
}
