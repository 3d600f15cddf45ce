//! A good run: what it prints, what it writes, and that the same again gives the same.

use std::io::{BufRead, BufReader};

use super::setting::{QUICK, Setting, pixels_of, size_of};

#[test]
fn plain_lines_tell_the_story() {
    let setting = Setting::with_pictures();
    let ended = setting.run("content.png style.png -o out.png").succeeded();
    let mut rest = ended.stdout.as_str();
    for words in [
        "learning the network from the two pictures",
        "computing the targets",
        "content.png in the style of style.png",
        "preset demo, 48×36, 3 steps on cpu (1 thread)",
        "step 0",
        "step 1",
        "step 2",
        "out.png",
    ] {
        rest = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words:?} is not in its place: {}", ended.stdout))
            .1;
    }
    for line in ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("step "))
    {
        for words in ["loss ", "content ", "style ", "variation "] {
            assert!(line.contains(words), "{line}");
        }
    }
    assert_written(&ended.stdout, "out.png", 3);
    assert_eq!(size_of(&setting.path("out.png")), (48, 36));
}

/// The last line names the file and the steps.
#[track_caller]
fn assert_written(stdout: &str, name: &str, steps: u64) {
    let mut lines = stdout.lines().rev();
    let kept = lines.next().unwrap_or_default();
    assert!(kept.starts_with("kept in "), "{kept}");
    let last = lines.next().unwrap_or_default();
    assert!(
        last.contains(&format!("{name}: ")) || last.contains(&format!("{name} ")),
        "{last}"
    );
    assert!(last.contains(&format!("{steps} steps")), "{last}");
}

#[test]
fn a_long_run_prints_few_lines_and_its_loss_falls() {
    let setting = Setting::with_pictures();
    let ended = setting
        .stylescope("run content.png style.png -o out.png --size 32 --steps 60 --threads 1 --set network.widths=[8,8,8,8]".split(' '))
        .succeeded();
    let losses: Vec<f64> = ended
        .stdout
        .lines()
        .filter_map(|line| {
            line.strip_prefix("step")?
                .split_once("loss ")?
                .1
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!((10..=12).contains(&losses.len()), "{}", ended.stdout);
    assert!(losses.last().unwrap() < &(losses[0] / 2.0), "{losses:?}");
}

#[test]
fn the_default_name_does_not_take_an_existing_file() {
    let setting = Setting::with_pictures();
    for name in [
        "content-style-demo.png",
        "content-style-demo-2.png",
        "content-style-demo-3.png",
    ] {
        assert!(!setting.exists(name));
        let ended = setting.run("content.png style.png").succeeded();
        assert_written(&ended.stdout, name, 3);
        assert!(setting.exists(name));
    }
}

#[test]
fn an_output_that_is_named_replaces_what_was_there() {
    let setting = Setting::with_pictures();
    setting.write("out.png", "old");
    setting.run("content.png style.png -o out.png").succeeded();
    assert_eq!(size_of(&setting.path("out.png")), (48, 36));
    assert_eq!(setting.names(), ["content.png", "out.png", "style.png"]);
}

#[test]
fn the_same_again_is_the_same_bit_for_bit() {
    let setting = Setting::with_pictures();
    let run = |name: &str, more: &str| {
        setting
            .run(&format!(
                "content.png style.png --sixteen-bit --set image.init=noise -o {name} {more}"
            ))
            .succeeded();
        pixels_of(&setting.path(name))
    };
    let first = run("first.png", "--seed 5");
    assert!(
        first == run("second.png", "--seed 5"),
        "the same seed gives another picture"
    );
    assert!(
        first != run("third.png", "--seed 6"),
        "another seed gives the same picture"
    );
}

#[test]
fn the_last_word_is_that_of_set() {
    let setting = Setting::with_pictures();
    let ended = setting
        .run("content.png style.png --set image.size=40 --set schedule.steps=2 --lr 0.5")
        .succeeded();
    assert!(ended.stdout.contains("40×30, 2 steps"), "{}", ended.stdout);
}

#[test]
fn demo_needs_no_file() {
    let setting = Setting::empty();
    let ended = setting
        .stylescope(["demo"].into_iter().chain(QUICK))
        .succeeded();
    assert!(
        ended
            .stdout
            .contains("drawn scene in the style of drawn painting"),
        "{}",
        ended.stdout
    );
    assert_eq!(setting.names(), ["stylescope-demo.png"]);
    assert_eq!(size_of(&setting.path("stylescope-demo.png")), (48, 36));
}

#[test]
fn a_reader_that_goes_away_ends_the_listening_and_not_the_run() {
    for more in [&[] as &[&str], &["--json"]] {
        let setting = Setting::with_pictures();
        let mut child = setting.started(40, more);
        let mut first_line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first_line)
            .unwrap();
        assert!(!first_line.is_empty());
        // The reader is gone here.
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{more:?}");
        assert_eq!(output.status.code(), Some(0), "{more:?}");
        assert_eq!(size_of(&setting.path("out.png")), (32, 24), "{more:?}");
    }
}

/// Every write to it fails, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_fails_but_keeps_the_picture() {
    let setting = Setting::with_pictures();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = setting
        .program()
        .args(["run", "content.png", "style.png", "-o", "out.png"])
        .args(QUICK)
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("cannot write to standard output"),
        "{stderr}"
    );
    assert_eq!(size_of(&setting.path("out.png")), (48, 36));
}

#[test]
fn a_log_is_written_without_a_screen_too() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o out.png --headless --log lines.txt")
        .succeeded();
    let log = std::fs::read_to_string(setting.path("lines.txt")).unwrap();
    assert!(log.contains("step 0: 48×36, 3 steps on cpu"), "{log}");
    assert!(log.contains("step 3: wrote out.png"), "{log}");

    let run = "content.png style.png -o other.png --json --log";
    setting.run(&format!("{run} objects.txt")).succeeded();
    let log = std::fs::read_to_string(setting.path("objects.txt")).unwrap();
    assert!(log.contains("step 3: finished: 3 steps"), "{log}");

    setting
        .run("content.png style.png -o no.png --headless --log .")
        .failed_saying(&["the log . cannot be written", "--log"])
        .before_any_work();
    assert!(!setting.exists("no.png"));
}
