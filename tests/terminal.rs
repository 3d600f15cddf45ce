//! The terminal room in real pseudo-terminals: what a person types, a terminal that is gone, one that is
//! slow, one that reads nothing.
#![cfg(target_os = "linux")]

mod doctor;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::termios::{LocalModes, Termios, tcgetattr};
use stylescope::terminal::input::{Input, InputThread};
use stylescope::terminal::output::{Output, OutputEvent};
use stylescope::terminal::session::Session;
use terminput::{Event, KeyCode};

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(20);

fn terminal() -> (File, OwnedFd) {
    let (person, program) = crate::setting::terminal();
    (File::from(person), program)
}

fn input(program: &OwnedFd) -> (InputThread, Receiver<Input>) {
    let (send, seen) = mpsc::channel();
    let send = move |input| drop(send.send(input));
    let thread = InputThread::start_on(program.as_fd(), send).unwrap();
    (thread, seen)
}

fn output(program: &OwnedFd, acknowledged: bool) -> (Output, Receiver<OutputEvent>) {
    let (send, seen) = mpsc::channel();
    let send = move |event| drop(send.send(event));
    let output = Output::start_on(program.as_fd(), acknowledged, None, send).unwrap();
    (output, seen)
}

fn key(seen: &Receiver<Input>) -> KeyCode {
    match seen.recv_timeout(LONG) {
        Ok(Input::Event(Event::Key(key))) => key.code,
        other => panic!("{other:?}"),
    }
}

/// What makes up a terminal's state, of which `Termios` has no comparison.
fn modes(program: &OwnedFd) -> String {
    let Termios {
        input_modes,
        output_modes,
        control_modes,
        local_modes,
        special_codes,
        ..
    } = tcgetattr(program).unwrap();
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?} {special_codes:?}")
}

/// What the program has written so far.
fn written(person: &mut File) -> String {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    // The mark stands behind all that was written before.
    while !seen.ends_with(b"<mark>") {
        let count = person.read(&mut chunk).unwrap();
        seen.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(seen).unwrap()
}

#[test]
fn a_session_leaves_everything_as_it_was() {
    let (mut person, program) = terminal();
    let before = modes(&program);
    let mut session = Session::enter_on(program.as_fd()).unwrap();
    assert!(
        !tcgetattr(&program)
            .unwrap()
            .local_modes
            .intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    );
    // After it was stopped and goes on.
    session.enter_again().unwrap();
    session.leave();
    session.leave();
    assert_eq!(modes(&program), before);
    drop(session);
    File::from(program.try_clone().unwrap())
        .write_all(b"<mark>")
        .unwrap();
    let seen = written(&mut person);
    for mode in [1049, 1002, 1006, 2004, 1004] {
        let on = seen.rfind(&format!("\x1b[?{mode}h"));
        let off = seen.rfind(&format!("\x1b[?{mode}l"));
        assert!(on.is_some() && on < off, "{mode}: {seen:?}");
    }
    assert!(seen.rfind("\x1b[?25l") < seen.rfind("\x1b[?25h"));
    assert!(seen.contains("\x1b[22;0t") && seen.contains("\x1b[23;0t"));

    // Dropping is enough; and what was left alone is not touched any more.
    drop(Session::enter_on(program.as_fd()).unwrap());
    assert_eq!(modes(&program), before);
    let mut session = Session::enter_on(program.as_fd()).unwrap();
    let raw = modes(&program);
    session.abandon();
    drop(session);
    assert_eq!(modes(&program), raw);
}

#[test]
fn a_program_in_the_foreground_has_the_terminal_as_it_was() {
    let (mut person, program) = terminal();
    let mut session = Session::enter_on(program.as_fd()).unwrap();
    let raw = modes(&program);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "test -t 0 && test -t 1 && stty -a && exit 3"]);
    let status = session.run_in_foreground(&mut command).unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(modes(&program), raw);
    drop(session);
    File::from(program).write_all(b"<mark>").unwrap();
    let seen = written(&mut person);
    let between = seen.split("\x1b[?1049l").nth(1).unwrap();
    assert!(
        between.contains(" icanon") && between.contains(" echo "),
        "{seen}"
    );
}

#[test]
fn what_is_typed_arrives_and_answers_do_not() {
    let (mut person, program) = terminal();
    let _session = Session::enter_on(program.as_fd()).unwrap();
    let (thread, seen) = input(&program);
    person
        .write_all(b"\x1b[?62;4c\x1b]11;rgb:0/0/0\x1b\\a\x1b[0n\x1b[A")
        .unwrap();
    assert_eq!(key(&seen), KeyCode::Char('a'));
    assert!(matches!(seen.recv_timeout(LONG), Ok(Input::StatusReport)));
    assert_eq!(key(&seen), KeyCode::Up);
    // A lone ESC becomes a key without anything after it.
    person.write_all(b"\x1b").unwrap();
    assert_eq!(key(&seen), KeyCode::Esc);

    thread.pause();
    person.write_all(b"for the editor\r").unwrap();
    let mut editor = File::from(program.try_clone().unwrap());
    let mut line = [0; 64];
    let count = editor.read(&mut line).unwrap();
    assert_eq!(&line[..count], b"for the editor\r");
    assert!(seen.try_recv().is_err());
    thread.resume();
    person.write_all(b"q").unwrap();
    assert_eq!(key(&seen), KeyCode::Char('q'));
}

#[test]
fn a_terminal_that_is_gone_is_noticed_and_ends_the_threads() {
    let (person, program) = terminal();
    let mut session = Session::enter_on(program.as_fd()).unwrap();
    let (thread, typed) = input(&program);
    let (output, events) = output(&program, true);
    output.frame(b"a frame".to_vec());
    drop(person);
    let closed = loop {
        match typed.recv_timeout(LONG).expect("an end") {
            Input::Closed(error) => break error,
            other => drop(other),
        }
    };
    assert!(!closed.to_string().is_empty());
    assert!(!thread.is_running());
    assert!(typed.recv().is_err(), "something came after the end");
    let failed = events
        .iter()
        .filter(|event| matches!(event, OutputEvent::Failed(_)));
    // The iterator's own end says that the thread has ended.
    assert_eq!(failed.count(), 1);
    output.frame(b"lost".to_vec());
    assert!(output.is_idle());
    output.stop();
    thread.pause();
    session.leave();
}

#[test]
fn a_terminal_that_reads_nothing_holds_nobody_up() {
    let (person, program) = terminal();
    let session = Session::enter_on(program.as_fd()).unwrap();
    let (output, _events) = output(&program, true);
    output.picture(1, vec![vec![b'x'; 1_000_000]]);
    output.frame(vec![b'y'; 100_000]);
    assert!(!output.is_idle());
    let began = Instant::now();
    output.pause();
    output.resume();
    drop(output);
    drop(session);
    assert!(began.elapsed() < LONG / 2, "{:?}", began.elapsed());
    drop(person);
}

/// What a person at the other end of a slow link has: a terminal, and in front of it a buffer that takes
/// all that the program writes at once, as SSH and the network do.
struct SlowTerminal {
    /// When the byte that ended a frame was taken.
    marks: Receiver<Instant>,
    taken: Arc<Mutex<usize>>,
}

/// Ends a frame here.
const MARK: u8 = 0x01;

impl SlowTerminal {
    fn start(person: File, bytes_per_second: usize, buffer: usize, answers: bool) -> Self {
        let (marked, marks) = mpsc::channel();
        let taken = Arc::new(Mutex::new(0));
        let buffered: Arc<Mutex<VecDeque<u8>>> = Arc::default();
        let (filled, mut link) = (Arc::clone(&buffered), person.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            loop {
                let room = buffer.saturating_sub(filled.lock().unwrap().len());
                if room == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
                let most = room.min(chunk.len());
                match link.read(&mut chunk[..most]) {
                    Ok(count @ 1..) => filled.lock().unwrap().extend(&chunk[..count]),
                    _ => return,
                }
            }
        });
        let (counted, mut keyboard) = (Arc::clone(&taken), person);
        std::thread::spawn(move || {
            let began = Instant::now();
            let mut shown = 0;
            let mut last = Vec::new();
            loop {
                std::thread::sleep(Duration::from_millis(2));
                // A link that had nothing to carry does not carry more afterwards.
                let allowed = (began.elapsed().as_secs_f64() * bytes_per_second as f64) as usize;
                let some: Vec<u8> = {
                    let mut buffered = buffered.lock().unwrap();
                    let count = allowed.saturating_sub(shown).min(buffered.len());
                    buffered.drain(..count).collect()
                };
                shown = allowed;
                *counted.lock().unwrap() += some.len();
                for byte in some {
                    if byte == MARK && marked.send(Instant::now()).is_err() {
                        return;
                    }
                    last.push(byte);
                    if last.ends_with(b"\x1b[5n") {
                        last.clear();
                        if answers && keyboard.write_all(b"\x1b[0n").is_err() {
                            return;
                        }
                    }
                }
            }
        });
        Self { marks, taken }
    }
}

/// How long frames take while a picture of 500 kB is on its way; and how fast that goes.
fn frames_on_a_slow_link(buffer: usize, acknowledged: bool) -> (Vec<Duration>, f64) {
    const RATE: usize = 125_000;
    let (person, program) = terminal();
    let _session = Session::enter_on(program.as_fd()).unwrap();
    let slow = SlowTerminal::start(person, RATE, buffer, acknowledged);
    let (send, events) = mpsc::channel();
    let send = move |event| drop(send.send(event));
    let output = Output::start_on(program.as_fd(), acknowledged, None, send).unwrap();
    let acknowledge = output.acknowledger();
    let _input = InputThread::start_on(program.as_fd(), move |input| {
        if matches!(input, Input::StatusReport) {
            acknowledge();
        }
    })
    .unwrap();
    output.picture(7, vec![vec![b'x'; 4096]; 125]);
    let mut delays = Vec::new();
    // Not from the very beginning, when nothing is known of the link.
    std::thread::sleep(Duration::from_millis(700));
    let (began, before) = (Instant::now(), *slow.taken.lock().unwrap());
    while began.elapsed() < Duration::from_millis(2200) {
        let sent = Instant::now();
        let mut frame = vec![b'f'; 1000];
        frame.push(MARK);
        output.frame(frame);
        let shown = slow.marks.recv_timeout(LONG).unwrap();
        delays.push(shown.saturating_duration_since(sent));
        // Nothing else, or the picture was too small.
        assert!(matches!(
            events.recv_timeout(LONG),
            Ok(OutputEvent::FrameWritten)
        ));
        std::thread::sleep(Duration::from_millis(100));
    }
    let used = (*slow.taken.lock().unwrap() - before) as f64 / began.elapsed().as_secs_f64();
    let written = events
        .iter()
        .find_map(|event| match event {
            OutputEvent::PictureWritten {
                tag,
                bytes,
                seconds,
            } => Some((tag, bytes, seconds)),
            _ => None,
        })
        .unwrap();
    assert_eq!((written.0, written.1), (7, 512_000));
    if acknowledged {
        let rate = output.bytes_per_second().unwrap() / RATE as f64;
        assert!((0.3..3.0).contains(&rate), "{rate}");
        assert!(written.2 > 3.0, "{}", written.2);
    }
    delays.sort();
    (delays, used / RATE as f64)
}

#[test]
fn a_frame_passes_a_picture_on_a_slow_link_with_large_buffers() {
    let (delays, used) = frames_on_a_slow_link(10_000_000, true);
    eprintln!("{delays:?} {used}");
    // Behind all of the picture it would be three seconds.
    let median = delays[delays.len() / 2];
    assert!(median < Duration::from_millis(600), "{delays:?}");
    assert!(used > 0.5, "the link was idle: {used}");
}

#[test]
fn without_acknowledgement_the_small_buffers_of_the_system_are_enough() {
    let (delays, used) = frames_on_a_slow_link(8192, false);
    eprintln!("{delays:?} {used}");
    let median = delays[delays.len() / 2];
    assert!(median < Duration::from_millis(800), "{delays:?}");
    assert!(used > 0.5, "the link was idle: {used}");
}

#[test]
fn pictures_keep_to_the_bandwidth_and_newer_ones_replace_what_has_not_begun() {
    let (person, program) = terminal();
    let _session = Session::enter_on(program.as_fd()).unwrap();
    let _slow = SlowTerminal::start(person, 100_000_000, 1_000_000, false);
    let (send, events) = mpsc::channel();
    let send = move |event| drop(send.send(event));
    let output = Output::start_on(program.as_fd(), false, Some(50_000), send).unwrap();
    let began = Instant::now();
    for tag in [1, 2, 3] {
        output.picture(tag, vec![vec![b'x'; 1000]; 50]);
        if tag == 1 {
            // The first has begun when frames are through that were given after it.
            output.frame(b"f".to_vec());
            assert!(matches!(
                events.recv_timeout(LONG),
                Ok(OutputEvent::FrameWritten)
            ));
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    let mut tags = Vec::new();
    while tags.len() < 2 {
        match events.recv_timeout(LONG).unwrap() {
            OutputEvent::PictureWritten { tag, .. } => tags.push(tag),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tags, [1, 3]);
    let seconds = began.elapsed().as_secs_f64();
    assert!(seconds > 1.7, "{seconds}");
}

#[test]
fn stopping_writes_what_has_begun_and_waits_for_answers() {
    let (person, program) = terminal();
    let _session = Session::enter_on(program.as_fd()).unwrap();
    let slow = SlowTerminal::start(person, 1_000_000, 1_000_000, true);
    let (send, events) = mpsc::channel();
    let send = move |event| drop(send.send(event));
    let output = Output::start_on(program.as_fd(), true, None, send).unwrap();
    let acknowledge = output.acknowledger();
    let _input = InputThread::start_on(program.as_fd(), move |input| {
        if matches!(input, Input::StatusReport) {
            acknowledge();
        }
    })
    .unwrap();
    for _ in 0..3 {
        output.frame(vec![b'f', MARK]);
    }
    output.stop();
    assert_eq!(slow.marks.try_iter().count(), 3);
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, OutputEvent::FrameWritten))
            .count(),
        3
    );
}
