//! Files that somebody else has put there: pipes, devices, endless files, escapes in every text. Refused or left out,
//! at once, in words that a terminal can show.
#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::setting::{Ended, Setting};

/// Whether there is a pipe at `path` now.
fn pipe(path: &Path) -> bool {
    let made = Command::new("mkfifo").arg(path).status();
    let is_made = made.is_ok_and(|status| status.success());
    if !is_made {
        eprintln!("skipped: no mkfifo here");
    }
    is_made
}

/// A file that takes no space and is longer than any memory.
fn endless(path: &Path) {
    let file = File::create(path).unwrap();
    if file.set_len(1 << 40).is_err() {
        file.set_len(3 << 30).unwrap();
    }
}

#[track_caller]
fn assert_harmless(ended: &Ended) {
    // One that hangs is killed, and has no code.
    assert!(ended.code.is_some(), "{}{}", ended.stdout, ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            !text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']),
            "{text:?}"
        );
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_preset_that_is_no_plain_file_is_refused_without_waiting() {
    let setting = Setting::with_pictures();
    if !pipe(&setting.path("pipe.toml")) {
        return;
    }
    endless(&setting.path("endless.toml"));
    setting.write("base.toml", "extends = \"./pipe.toml\"\n");
    for (name, words) in [
        ("./pipe.toml", "not a plain file"),
        ("/dev/zero", "not a plain file"),
        ("./endless.toml", "at most 256 KiB"),
        ("./base.toml", "not a plain file"),
        (".//", "is a folder"),
    ] {
        for command in [
            &["presets", "check", name] as &[&str],
            &["run", "content.png", "style.png", "-p", name],
        ] {
            let ended = setting.stylescope(command.iter().copied());
            assert_harmless(&ended);
            assert_eq!(ended.code, Some(1), "{command:?}");
            assert!(
                ended.stderr.contains(words),
                "{command:?}: {}",
                ended.stderr
            );
        }
    }
    // A folder of presets in which one is a pipe is listed without it.
    setting.write("presets/sound.toml", "extends = \"demo\"\n");
    pipe(&setting.path("presets/pipe.toml"));
    let ended = setting.stylescope(["presets", "list"]);
    assert_harmless(&ended);
    assert!(ended.stdout.contains("sound"), "{}", ended.stdout);
}

#[test]
fn pictures_that_are_no_plain_files_are_refused_wherever_they_are_named() {
    let setting = Setting::with_pictures();
    if !pipe(&setting.path("pipe.png")) {
        return;
    }
    endless(&setting.path("endless.png"));
    for name in ["pipe.png", "/dev/zero", "endless.png"] {
        let first = format!("image.init_file=\"{name}\"");
        for arguments in [
            &["run", name, "style.png"] as &[&str],
            &["run", "content.png", name],
            &["run", "content.png", "style.png", "--content-mask", name],
            &[
                "run",
                "content.png",
                "style.png",
                "--set",
                "image.init=file",
                "--size",
                "32",
                "--threads",
                "1",
                "--set",
                "network.widths=[8,8,8,8]",
                "--set",
                &first,
            ],
            &["show", name],
        ] {
            let ended = setting.stylescope(arguments.iter().copied());
            assert_harmless(&ended);
            assert!(
                matches!(ended.code, Some(1 | 2)),
                "{arguments:?}: {:?}",
                ended.code
            );
            assert!(!setting.exists("content-style-demo.png"), "{arguments:?}");
        }
    }
}

/// Magenta in two notations, a title, and a character that turns the text around.
const TEXT: &str = "a\u{1b}[35mb\u{9b}35mc\nd\u{202e}e\u{1b}]0;x\u{7}";

/// A description every text of which acts on terminals.
fn evil(state: &str) -> String {
    let input = json!({ "name": TEXT, "path": TEXT, "sha256": TEXT });
    json!({
        "program": TEXT, "libtorch": TEXT, "command": [TEXT, TEXT], "working_folder": TEXT, "machine": TEXT,
        "process": 1, "began": "9999-12-30T22:00:00.999999999Z", "ended": "-009999-01-02T01:59:59Z", "state": state,
        "failure": TEXT, "preset": TEXT, "label": TEXT, "preset_file": TEXT, "content": input, "style": input,
        "more_styles": [input], "content_mask": input, "style_masks": [input], "weights": input, "init": input,
        "size": [4_294_967_295_u32, 4_294_967_295_u32], "device": TEXT, "threads": u64::MAX, "seed": u64::MAX,
        "step": u64::MAX, "steps": u64::MAX, "seconds": 1e308, "loss": -1e308, "output": TEXT
    })
    .to_string()
}

#[test]
fn runs_that_lie_hide_no_other_and_act_on_nothing() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let sound = setting.only_run();
    let runs = setting.runs().to_owned();
    let folder = |name: &str| {
        let path = runs.join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    std::fs::write(folder("evil-aaaa").join("run.json"), evil("completed")).unwrap();
    let going = folder(&format!("{TEXT}-bbbb"));
    std::fs::write(going.join("run.json"), evil("running")).unwrap();
    let journal = json!({ "time": "9999-12-30T22:00:00.999999999Z", "step": u64::MAX, "event": "preset_changed", "changes": [TEXT] });
    std::fs::write(going.join("events.jsonl"), format!("{journal}\n")).unwrap();
    let terms = TEXT.replace('\n', "");
    let metrics = format!(
        "branch,step,seconds,total,content,style,variation,unweighted.style.{terms},weight.style.{terms}\n\
         1,18446744073709551614,1e308,NaN,0,0,0,inf,1e308\n4294967295,0,-1e308,-inf,0,0,0,,\n"
    );
    std::fs::write(going.join("metrics.csv"), metrics).unwrap();
    std::fs::write(
        going.join("preset.toml"),
        format!("description = \"{terms}\"\n"),
    )
    .unwrap();
    std::fs::write(folder("deep-cccc").join("run.json"), "[".repeat(1 << 20)).unwrap();
    endless(&folder("long-dddd").join("run.json"));
    let half = folder("half-eeee");
    std::fs::write(half.join("run.json"), evil("running")).unwrap();
    for name in ["metrics.csv", "preset.toml"] {
        endless(&half.join(name));
    }
    let waits = folder("pipe-ffff");
    if pipe(&waits.join("run.json")) {
        let pipes = folder("pipe-gggg");
        std::fs::write(pipes.join("run.json"), evil("running")).unwrap();
        for name in ["metrics.csv", "preset.toml", "lock", "result.png"] {
            pipe(&pipes.join(name));
        }
    }

    let listed = setting.stylescope(["runs", "list"]);
    assert_harmless(&listed);
    let id = sound.file_name().unwrap().to_string_lossy().into_owned();
    let id = id.rsplit('-').next().unwrap().to_owned();
    assert!(listed.stdout.contains(&id), "{}", listed.stdout);
    assert_harmless(&setting.stylescope(["runs", "list", "--json"]));
    for run in ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff", "gggg"] {
        for arguments in [
            &["runs", "show", run] as &[&str],
            &["runs", "show", run, "--json"],
            &["runs", "diff", run, &id],
            &["runs", "diff", &id, run, "--json"],
            &["report", run, "-o", "report.html"],
        ] {
            let ended = setting.stylescope(arguments.iter().copied());
            assert_harmless(&ended);
        }
    }
    let ended = setting.stylescope(["runs", "remove", "aaaa", "cccc", "gggg"]);
    assert_harmless(&ended);
}
