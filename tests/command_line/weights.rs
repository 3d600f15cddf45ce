//! Trained weights as a person meets them: found, fetched by a run or by hand, listed, checked, removed.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::setting::{Ended, QUICK, Setting};
use super::weights_file::{Tensor, file, squeezenet, vgg16};
use crate::weights_fetch::server::{Answer, Server};

/// Two layers of VGG-16, so that the files stay small.
const SHALLOW: &str =
    "--set content.layers={conv1_2=1.0} --set style.layers={conv1_1=1.0} -p reference";
const ON_HUB: &str = "/timm/vgg16.tv_in1k/resolve/main/model.safetensors";

/// A person whose hub is a server of the test's own.
struct Online {
    setting: Setting,
    server: Server,
}

impl Online {
    /// With the weights of VGG-16 on the hub: two convolutions and what is not needed of them.
    fn new() -> Self {
        let online = Self {
            setting: Setting::with_pictures(),
            server: Server::start(),
        };
        let mut tensors = vgg16(2);
        tensors.push(Tensor {
            name: "head.fc.weight".to_owned(),
            shape: vec![400, 1000],
            scale: 1.0,
        });
        online.put(ON_HUB, &tensors);
        online
    }

    fn put(&self, address: &str, tensors: &[Tensor]) {
        let path = self.setting.write("on-server", file(tensors));
        self.server.serve(address, &path, "\"1\"");
        std::fs::remove_file(path).unwrap();
    }

    fn program(&self) -> Command {
        let mut command = self.setting.program();
        command
            .env("STYLESCOPE_OFFLINE", "0")
            .env("HF_ENDPOINT", self.server.url())
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    fn ended(command: Command) -> Ended {
        assert_cmd::Command::from_std(command)
            .timeout(Duration::from_secs(60))
            .output()
            .unwrap()
            .into()
    }

    fn stylescope(&self, arguments: &str) -> Ended {
        let mut command = self.program();
        command.args(arguments.split_whitespace());
        Self::ended(command)
    }

    fn run(&self, arguments: &str) -> Ended {
        let quick = QUICK.join(" ");
        self.stylescope(&format!("run content.png style.png {arguments} {quick}"))
    }
}

#[test]
fn a_run_fetches_what_it_needs_and_the_next_one_has_it() {
    let online = Online::new();
    let ended = online.run(SHALLOW).succeeded();
    let announced = format!(
        "fetching the weights of vgg16, 155 kB of a file of 1.8 MB, from {}{ON_HUB}",
        online.server.url()
    );
    assert!(ended.stdout.contains(&announced), "{}", ended.stdout);
    assert!(!online.server.asked().is_empty());

    let ended = online.run(SHALLOW).succeeded();
    assert!(!ended.stdout.contains("fetching"), "{}", ended.stdout);
    assert!(online.server.asked().is_empty());

    let shown = online
        .setting
        .stylescope(["show", "content-style-reference.png"])
        .succeeded()
        .stdout;
    let path = online
        .setting
        .path("caches/stylescope/weights/vgg16.safetensors");
    let weights = format!("weights   {} (sha256 ", path.display());
    assert!(shown.contains(&weights), "{shown}");
}

#[test]
fn json_tells_of_the_fetching() {
    let online = Online::new();
    let ended = online.run(&format!("{SHALLOW} --json")).succeeded();
    let lines: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fetched = lines.iter().rfind(|line| line["event"] == "fetch").unwrap();
    assert_eq!(fetched["network"], "vgg16");
    assert_eq!(fetched["done_bytes"], fetched["total_bytes"]);
    assert_eq!(lines.last().unwrap()["event"], "end");
}

#[test]
fn by_hand_and_everything_that_can_be_done_with_them() {
    let online = Online::new();
    let setting = &online.setting;
    let listed = online.stylescope("weights list").succeeded().stdout;
    assert!(
        listed.contains("vgg16          not here; 58.9 MB of 553 MB to fetch"),
        "{listed}"
    );
    online.stylescope("weights path vgg16").failed_saying(&[
        "vgg16 are not on this machine",
        "stylescope weights fetch vgg16",
    ]);
    online
        .stylescope("weights fetch vgg16 --layer conv1_3")
        .failed_saying(&["--layer: vgg16 has no layer conv1_3", "conv1_2, relu1_2"])
        .before_any_work();

    online
        .stylescope("weights fetch vgg16 --layer relu1_2")
        .succeeded();
    let path = online.stylescope("weights path vgg16").succeeded().stdout;
    assert_eq!(
        path.trim_end(),
        setting
            .path("caches/stylescope/weights/vgg16.safetensors")
            .to_str()
            .unwrap()
    );
    let listed = online.stylescope("weights list").succeeded().stdout;
    for words in [
        "in cache, 4 tensors, safetensors",
        ON_HUB,
        "digest: of each tensor",
        "licence: BSD-3-Clause",
    ] {
        assert!(listed.contains(words), "{words} is not in {listed}");
    }
    let objects = online.stylescope("weights list --json").succeeded().stdout;
    let first: Value = serde_json::from_str(objects.lines().next().unwrap()).unwrap();
    assert_eq!(first["name"], "vgg16");
    assert_eq!(first["tensors"], 4);
    let verified = online.stylescope("weights verify vgg16").succeeded().stdout;
    assert!(verified.contains("sound"), "{verified}");
    online
        .stylescope("weights verify vgg19")
        .failed_saying(&["vgg19 are not on this machine", "weights fetch vgg19"]);

    // A bit falls over.
    let path = setting.path("caches/stylescope/weights/vgg16.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let ended = online.stylescope("weights verify");
    assert!(ended.stdout.contains("damaged: "), "{}", ended.stdout);
    ended.failed_saying(&["1 of 1 files of weights damaged", "weights remove"]);
    let ended = online.run(SHALLOW).succeeded();
    for words in ["fetching the weights of vgg16", "passed over"] {
        assert!(ended.stdout.contains(words), "{}", ended.stdout);
    }

    let removed = online.stylescope("weights remove vgg16").succeeded().stdout;
    assert!(
        removed.contains("removed") && removed.contains("freed"),
        "{removed}"
    );
    assert!(!path.exists());
    let removed = online.stylescope("weights remove vgg16").succeeded().stdout;
    assert!(removed.contains("vgg16: nothing in"), "{removed}");
}

#[test]
fn what_is_named_comes_first_then_each_cache_in_its_order() {
    let online = Online::new();
    let setting = &online.setting;
    let pytorch = "caches/torch/hub/checkpoints/vgg16-397923af.pth";
    let hugging_face =
        "caches/huggingface/hub/models--timm--vgg16.tv_in1k/snapshots/abc/model.safetensors";
    let own = "caches/stylescope/weights/vgg16.safetensors";
    let used = |more: &str| {
        let ended = online
            .run(&format!("{SHALLOW} {more} -o out.png"))
            .succeeded();
        assert!(!ended.stdout.contains("fetching"), "{}", ended.stdout);
        let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
        let line = shown.lines().find(|line| line.starts_with("weights"));
        line.unwrap().to_owned()
    };
    setting.write(hugging_face, file(&vgg16(3)));
    assert!(used("").contains(hugging_face));
    setting.write(pytorch, file(&vgg16(3)));
    assert!(used("").contains(pytorch));
    setting.write(own, file(&vgg16(3)));
    assert!(used("").contains(own));
    setting.write("mine.safetensors", file(&vgg16(3)));
    assert!(used("--weights mine.safetensors").contains("mine.safetensors"));
    let listed = online.stylescope("weights list").succeeded().stdout;
    let place = |path: &str| listed.find(path).unwrap();
    assert!(place(own) < place(pytorch) && place(pytorch) < place(hugging_face));
    assert!(online.server.asked().is_empty());
}

#[test]
fn a_mirror_of_ones_own() {
    let online = Online::new();
    let mut deeper = squeezenet();
    deeper.truncate(2);
    online.put("/mine/squeezenet1_0.safetensors", &deeper);
    let mut command = online.program();
    let template = format!("{}/mine/{{network}}.safetensors", online.server.url());
    command
        .env("STYLESCOPE_WEIGHTS_URL", &template)
        .args("weights fetch squeezenet1_0 --layer conv1".split(' '));
    let ended = Online::ended(command).succeeded();
    assert!(ended.stdout.contains("/mine/squeezenet1_0.safetensors"));

    let mut command = online.program();
    command
        .env("STYLESCOPE_WEIGHTS_URL", "https://mirror.example/vgg")
        .args(["weights", "list"]);
    Online::ended(command).failed_saying(&[
        "STYLESCOPE_WEIGHTS_URL is `https://mirror.example/vgg`",
        "{file}",
    ]);
}

#[test]
fn nothing_is_fetched_where_that_is_forbidden() {
    let online = Online::new();
    for arguments in [
        format!("{SHALLOW} --offline"),
        format!("{SHALLOW} --offline --json"),
    ] {
        online.run(&arguments).failed_saying(&[
            "the preset reference needs trained weights",
            "--offline forbids to fetch them",
            "--weights FILE",
        ]);
    }
    online
        .stylescope("weights fetch vgg16 --offline")
        .failed_saying(&["--offline forbids to fetch them"]);
    assert!(online.server.asked().is_empty());
}

#[test]
fn a_server_that_has_nothing() {
    let online = Online::new();
    online.server.tamper(|_, _| {
        Answer::plain(
            200,
            "<html><body>Please log in to the hotel's network</body></html>",
        )
        .with("Content-Type", "text/html")
    });
    let mut command = online.program();
    let template = format!("{}/{{network}}.safetensors", online.server.url());
    command
        .env("STYLESCOPE_WEIGHTS_URL", template)
        .args("run content.png style.png".split(' '))
        .args(SHALLOW.split(' '))
        .args(QUICK);
    Online::ended(command).failed_saying(&[
        "the weights of vgg16 cannot be fetched",
        "web page",
        "--weights FILE",
        "STYLESCOPE_WEIGHTS_URL",
        "-p demo",
    ]);
    assert!(!online.setting.exists("content-style-reference.png"));
}

#[test]
fn weights_that_do_not_exist() {
    let setting = Setting::empty();
    setting
        .stylescope(["weights", "fetch", "vgg11"])
        .refused_saying(&["vgg11", "vgg16", "squeezenet1_1"]);
    setting
        .stylescope(["weights", "remove"])
        .refused_saying(&["--all"]);
}
