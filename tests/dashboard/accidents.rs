//! What nobody plans: a thread that panics, a library that prints. The screen is not spoilt, the terminal
//! not lost.

use std::path::PathBuf;
use std::sync::Arc;

use stylescope::attach::hub::Opening;
use stylescope::dashboard::setup::{
    Keeper, Options, Running, Saved, Saving, Setup, Sharing, Source,
};
use stylescope::engine::device::DeviceChoice;
use stylescope::engine::input::Candidate;
use stylescope::engine::worker::{Job, Worker};
use stylescope::preset::watch::Polling;
use stylescope::preset::{self, Override};
use stylescope::terminal::ask::Protocol;

use super::*;
use crate::setting::picture;

/// In the environment of the program that this one starts: which thread breaks.
const BREAKS: &str = "STYLESCOPE_TEST_BREAKS";

#[test]
fn what_a_library_prints_lands_in_the_log_and_not_on_the_screen() {
    let setting = setting();
    let mut command = setting.attended();
    command.args("run content.png style.png -p ./mine.toml --steps 60 --log log.txt".split(' '));
    // A line on standard output for every convolution, from libtorch's own threads.
    command.env("ONEDNN_VERBOSE", "1");
    let mut person = Person::starts_command(&command, USUAL);
    person.waits_for("finished");
    let written = String::from_utf8_lossy(&person.written.lock().unwrap()).into_owned();
    assert!(written.contains("1 Loss"));
    // In the events panel a line has the clock before it, and never begins a line of the terminal.
    assert!(
        !written.contains("\nonednn_verbose"),
        "a print reached the terminal past the screen: {:?}",
        written
            .lines()
            .filter(|line| line.starts_with("onednn"))
            .take(3)
            .collect::<Vec<_>>()
    );
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    let log = text_of(&setting.path("log.txt"));
    assert!(log.contains("onednn_verbose"), "{log}");
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back_and_the_run_goes_on() {
    let setting = setting();
    let mut person = breaks(&setting, "any");
    std::fs::write(setting.path("break"), "").unwrap();
    person.has_the_terminal_back();
    person.waits_for("broken by hand");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
    assert_eq!(text_of(&setting.path("saved.txt")), "step 3000");
}

#[test]
fn a_panic_while_a_picture_is_saved_is_told_on_the_screen() {
    let setting = setting();
    let mut person = breaks(&setting, "tasks");
    person.types("s");
    person.waits_for("cannot keep this");
    person.waits_for("the program made a mistake");
    person.types("qd");
    assert_eq!(person.sees_the_end(), Some(0));
    person.has_the_terminal_back();
}

/// Starts this very program as one whose only test is [`a_dashboard_that_breaks`], until its run is seen
/// running.
fn breaks(setting: &Setting, thread: &str) -> Person {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(
            "dashboard::accidents::a_dashboard_that_breaks --exact --ignored --nocapture"
                .split(' '),
        )
        .env(BREAKS, thread)
        .env("RUST_BACKTRACE", "0")
        .current_dir(setting.path(""));
    let mut person = Person::starts_command(&command, USUAL);
    // "running 1 test" stands there before there is a dashboard.
    person.waits_for("1 Loss");
    person.waits_for("running");
    person
}

#[test]
#[ignore = "the other half of the tests above, which start it in a terminal"]
fn a_dashboard_that_breaks() {
    let breaks = std::env::var(BREAKS).unwrap_or_default();
    if breaks == "any" {
        std::thread::spawn(|| {
            while !PathBuf::from("break").exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
            panic!("broken by hand");
        });
    }
    let overrides: Vec<Override> = [
        "image.size=40",
        "network.widths=[8, 8, 8, 8]",
        "schedule.steps=3000",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let loaded = preset::load("demo", &overrides).unwrap();
    let candidate = Candidate {
        preset: loaded.preset.clone(),
        content: picture(60, 48, 0.1).into(),
        styles: vec![picture(50, 50, 0.7).into()],
    };
    let source = |picture: &Arc<_>| Source {
        name: "drawn".to_owned(),
        picture: Arc::clone(picture),
        notes: Vec::new(),
    };
    let setup = Setup {
        content: source(&candidate.content.picture),
        style: source(&candidate.styles[0].picture),
        start: Box::new(move || {
            let mut job = Job::single(candidate, DeviceChoice::Cpu);
            // Several would wait for each other wherever other tests have the cores.
            job.threads = Some(1);
            let opening = Opening {
                socket: None,
                contenders: Vec::new(),
                before: Vec::new(),
            };
            Running::shared(Worker::spawn(job)?, opening)
        }),
        loaded,
        overrides,
        options: Options {
            choose: Box::new(|_| Protocol::None),
            polling: Polling::Automatic,
            preview_rate: None,
            bandwidth_bytes_per_second: None,
            log: None,
        },
        keeper: Arc::new(Breakable {
            breaks: breaks == "tasks",
        }),
        painter: |_, _, _, _| None,
        recorder: None,
        note: None,
        watching: None,
        sharing: Sharing::Alone,
    };
    stylescope::dashboard::run(setup).unwrap();
}

#[derive(Debug)]
struct Breakable {
    breaks: bool,
}

impl Keeper for Breakable {
    fn save(&self, saving: &Saving) -> Result<Saved, String> {
        assert!(!self.breaks, "cannot keep this");
        let path = PathBuf::from("saved.txt");
        std::fs::write(&path, format!("step {}", saving.pictures.step)).unwrap();
        Ok(Saved {
            path,
            summary: "kept".to_owned(),
        })
    }
}
