//! A disk that fails while a run goes on: the run goes on, says so once, and writes down later what it could not.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use stylescope::record::folder::metrics::Metrics;

use super::private_mount::PrivateMount;
use crate::command_line::setting::{Setting, size_of};

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(60);
const BEGAN: &str = "the run is not recorded at the moment";
const OVER: &str = "the run is recorded again";

/// A run that would go on for hours, and what it says, line by line.
struct Running {
    child: Child,
    said: Receiver<String>,
    /// All of it.
    lines: Vec<String>,
}

/// What there is after a run.
struct Left {
    code: Option<i32>,
    lines: Vec<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, said) = channel();
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for stream in streams {
            let tell = tell.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = tell.send(line);
                }
            });
        }
        Self {
            child,
            said,
            lines: Vec::new(),
        }
    }

    /// Waits for a line that holds `words`.
    fn waits_for(&mut self, words: &str) {
        loop {
            match self.said.recv_timeout(LONG) {
                Ok(line) => {
                    let is_there = line.contains(words);
                    self.lines.push(line);
                    if is_there {
                        return;
                    }
                }
                Err(error) => panic!("{words:?} is not said ({error}): {:#?}", self.lines),
            }
        }
    }

    /// Waits until the losses are being written in the folder `run`.
    fn waits_for_losses(&mut self, run: &Path) {
        let start = Instant::now();
        while !run.join("metrics.csv").exists() {
            assert!(start.elapsed() < LONG, "no losses: {:#?}", self.lines);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses Ctrl-C and waits for the end.
    fn stop(mut self) -> Left {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
        loop {
            match self.said.recv_timeout(LONG) {
                Ok(line) => self.lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:#?}", self.lines),
            }
        }
        Left {
            code: self.child.wait().unwrap().code(),
            lines: std::mem::take(&mut self.lines),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Left {
    fn counts(&self, words: &str) -> usize {
        self.lines
            .iter()
            .filter(|line| line.contains(words))
            .count()
    }
}

fn endless(setting: &Setting, runs: &Path) -> Command {
    let mut command = setting.attended();
    command
        .args(["run", "content.png", "style.png", "-o", "out.png"])
        .args(["--size", "24", "--steps", "9000000", "--threads", "1"])
        .args(["--set", "network.widths=[4,4,4,4]"])
        .env("STYLESCOPE_RUNS", runs);
    command
}

fn only_folder(parent: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(parent).unwrap();
    let entry = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    entry
}

/// Every step is there once, up to the last.
fn assert_whole(run: &Path) {
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    let steps = 0..metrics.rows.len() as u64;
    assert!(metrics.rows.iter().map(|row| row.step).eq(steps));
    let description = std::fs::read_to_string(run.join("run.json")).unwrap();
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    assert_eq!(description["state"], "stopped");
    assert_eq!(description["step"], metrics.rows.len());
    assert_eq!(size_of(&run.join("result.png")), (24, 18));
    for entry in std::fs::read_dir(run).unwrap() {
        let name = entry.unwrap().file_name();
        let name = name.to_string_lossy();
        assert!(!name.starts_with(".stylescope-"), "{name} was left");
    }
}

/// Fills the file system with a file of its own and gives back its path.
fn fill(folder: &Path) -> PathBuf {
    use std::io::Write;
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    let chunk = [1; 4096];
    while file.write_all(&chunk).is_ok() {}
    path
}

#[test]
fn a_full_disk_is_said_once_and_made_up_for_when_there_is_space() {
    let setting = Setting::with_pictures();
    let folder = setting.path("disk");
    std::fs::create_dir(&folder).unwrap();
    let Some(mount) = PrivateMount::new(&folder, 8 << 20) else {
        return;
    };
    let command = endless(&setting, &folder.join("runs"));
    let mut running = Running::start(mount.inside(&command));
    running.waits_for("step ");
    let run = only_folder(&mount.path().join("runs"));
    running.waits_for_losses(&run);
    let ballast = fill(&mount.path());
    running.waits_for(BEGAN);
    // It computes meanwhile.
    running.waits_for("step ");
    std::fs::remove_file(ballast).unwrap();
    running.waits_for(OVER);
    let left = running.stop();
    assert_eq!(left.code, Some(130), "{:#?}", left.lines);
    assert_eq!((left.counts(BEGAN), left.counts(OVER)), (1, 1));
    assert_eq!(size_of(&setting.path("out.png")), (24, 18));
    assert_whole(&run);
}

#[test]
fn a_disk_that_stays_full_costs_the_record_and_not_the_picture() {
    let setting = Setting::with_pictures();
    let folder = setting.path("disk");
    std::fs::create_dir(&folder).unwrap();
    let Some(mount) = PrivateMount::new(&folder, 8 << 20) else {
        return;
    };
    let command = endless(&setting, &folder.join("runs"));
    let mut running = Running::start(mount.inside(&command));
    running.waits_for("step ");
    let run = only_folder(&mount.path().join("runs"));
    running.waits_for_losses(&run);
    fill(&mount.path());
    running.waits_for(BEGAN);
    let left = running.stop();
    assert_eq!(left.code, Some(130), "{:#?}", left.lines);
    assert_eq!((left.counts(BEGAN), left.counts(OVER)), (1, 0));
    assert_eq!(left.counts("is not complete"), 1, "{:#?}", left.lines);
    assert_eq!(size_of(&setting.path("out.png")), (24, 18));
    // What was written before can be read.
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    assert!(!metrics.rows.is_empty());
}

#[test]
fn a_folder_that_is_removed_is_said_and_the_run_goes_on() {
    let setting = Setting::with_pictures();
    let mut running = Running::start(endless(&setting, setting.runs()));
    running.waits_for("step ");
    let run = setting.only_run();
    running.waits_for_losses(&run);
    std::fs::remove_dir_all(run).unwrap();
    running.waits_for(BEGAN);
    running.waits_for("step ");
    let left = running.stop();
    assert_eq!(left.code, Some(130), "{:#?}", left.lines);
    assert_eq!(left.counts(BEGAN), 1, "{:#?}", left.lines);
    assert_eq!(size_of(&setting.path("out.png")), (24, 18));
}

#[test]
fn a_file_that_is_removed_is_begun_anew() {
    let setting = Setting::with_pictures();
    let mut running = Running::start(endless(&setting, setting.runs()));
    running.waits_for("step ");
    let run = setting.only_run();
    running.waits_for_losses(&run);
    std::fs::remove_file(run.join("metrics.csv")).unwrap();
    running.waits_for(BEGAN);
    running.waits_for(OVER);
    let left = running.stop();
    assert_eq!(left.code, Some(130), "{:#?}", left.lines);
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    assert!(metrics.rows.first().unwrap().step > 0);
    assert_eq!(size_of(&run.join("result.png")), (24, 18));
}

/// Nobody may write into a folder and its files, until this is dropped.
struct Forbidden {
    folder: PathBuf,
    /// Otherwise by its mode, which root does not mind.
    by_attribute: bool,
}

impl Forbidden {
    /// `None` where nothing takes the right away.
    fn new(folder: &Path) -> Option<Self> {
        let forbidden = |by_attribute| Self {
            folder: folder.to_owned(),
            by_attribute,
        };
        let by_attribute = forbidden(true);
        if by_attribute.change("+i") {
            return Some(by_attribute);
        }
        let by_mode = forbidden(false);
        let is_root = rustix::process::geteuid().is_root();
        (!is_root && by_mode.change("u-w")).then_some(by_mode)
    }

    fn change(&self, how: &str) -> bool {
        let program = if self.by_attribute { "chattr" } else { "chmod" };
        // Not all that is in it: sockets have no attributes.
        let changed = Command::new(program)
            .arg(how)
            .arg(&self.folder)
            .args(["metrics.csv", "events.jsonl"].map(|name| self.folder.join(name)))
            .stderr(Stdio::null())
            .status();
        changed.is_ok_and(|status| status.success())
    }
}

impl Drop for Forbidden {
    fn drop(&mut self) {
        self.change(if self.by_attribute { "-i" } else { "u+w" });
    }
}

#[test]
fn permissions_that_are_taken_away_are_said_and_made_up_for() {
    let setting = Setting::with_pictures();
    let mut running = Running::start(endless(&setting, setting.runs()));
    running.waits_for("step ");
    let run = setting.only_run();
    running.waits_for_losses(&run);
    let Some(forbidden) = Forbidden::new(&run) else {
        eprintln!("skipped: nothing here takes the right to write away");
        return;
    };
    if !forbidden.by_attribute {
        // What is open stays so; what is written whole at the end cannot be.
        let left = running.stop();
        assert_eq!(left.code, Some(130), "{:#?}", left.lines);
        assert_eq!(left.counts("is not complete"), 1, "{:#?}", left.lines);
        assert_eq!(size_of(&setting.path("out.png")), (24, 18));
        return;
    }
    running.waits_for(BEGAN);
    drop(forbidden);
    running.waits_for(OVER);
    let left = running.stop();
    assert_eq!(left.code, Some(130), "{:#?}", left.lines);
    assert_eq!((left.counts(BEGAN), left.counts(OVER)), (1, 1));
    assert_whole(&run);
}

#[test]
fn a_result_whose_folder_is_gone_is_saved_elsewhere() {
    let setting = Setting::with_pictures();
    std::fs::create_dir(setting.path("made")).unwrap();
    std::fs::create_dir(setting.path("rescued")).unwrap();
    let mut command = setting.attended();
    command
        .args(["run", "content.png", "style.png", "-o", "made/out.png"])
        .args(["--size", "24", "--steps", "9000000", "--threads", "1"])
        .args(["--set", "network.widths=[4,4,4,4]"])
        .env("TMPDIR", setting.path("rescued"));
    let mut running = Running::start(command);
    running.waits_for("step ");
    std::fs::remove_dir(setting.path("made")).unwrap();
    let left = running.stop();
    assert_eq!(left.code, Some(1), "{:#?}", left.lines);
    assert_eq!(
        left.counts("the picture was saved as"),
        1,
        "{:#?}",
        left.lines
    );
    let saved = setting.path("rescued").join("stylescope-rescued.png");
    assert_eq!(size_of(&saved), (24, 18));
    assert_eq!(size_of(&setting.only_run().join("result.png")), (24, 18));
}
