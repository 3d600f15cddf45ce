//! The terminal is torn away at moments that nobody chose: every run finishes.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::mutation::Mutation;
use super::so_many;
use crate::command_line::setting::{Setting, size_of};

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(120);

/// Starts the program in a terminal of its own and tears it away, `moment` after it first wrote something there: one
/// that has not begun yet has nothing to lose, and ends as any program does.
fn torn_after(setting: &Setting, moment: Duration) -> Child {
    let (person, program_end) = crate::setting::terminal();
    let program = setting.attended();
    let mut session = Command::new("setsid");
    session
        .arg("--ctty")
        .arg(program.get_program())
        .args(program.get_args())
        .args(["run", "content.png", "style.png", "-o", "out.png"])
        .args(["--size", "48", "--steps", "600", "--threads", "1"])
        .args(["--set", "network.widths=[8,8,8,8]"])
        .current_dir(program.get_current_dir().unwrap())
        .env("TERM", "xterm-256color")
        .env_remove("TMUX");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    let end = || Stdio::from(program_end.try_clone().unwrap());
    let child = session
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    drop(session);
    drop(program_end);
    // Read meanwhile, or the program waits for the terminal.
    let mut person = File::from(person);
    let mut torn = Instant::now() + LONG;
    let mut has_begun = false;
    let mut chunk = [0; 4096];
    while let Some(left) = torn.checked_duration_since(Instant::now()) {
        let timeout = rustix::event::Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        let mut ready = [rustix::event::PollFd::new(
            &person,
            rustix::event::PollFlags::IN,
        )];
        rustix::event::poll(&mut ready, Some(&timeout)).unwrap();
        if ready[0].revents().is_empty() {
            continue;
        }
        // At the end of the program there is nothing to be read any more.
        if person.read(&mut chunk).is_err() {
            break;
        }
        if !std::mem::replace(&mut has_begun, true) {
            torn = Instant::now() + moment;
        }
    }
    child
}

#[test]
fn a_terminal_that_is_torn_away_costs_no_run() {
    let times = so_many(3, 50);
    let mut moments = Mutation::new(7);
    for time in 0..times {
        let setting = Setting::with_pictures();
        let moment = Duration::from_millis(moments.below(2500) as u64);
        let mut child = torn_after(&setting, moment);
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > LONG {
                child.kill().unwrap();
                panic!("run {time}, torn away after {moment:?}, does not end");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(0), "run {time}, after {moment:?}");
        assert_eq!(size_of(&setting.path("out.png")), (48, 36), "run {time}");
        let shown = setting.stylescope(["show", "out.png"]).succeeded().stdout;
        assert!(shown.contains("steps     600\n"), "{shown}");
    }
    println!("{times} terminals torn away");
}
