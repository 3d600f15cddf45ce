//! A small run, its program's own end, and terminals that are attached through a real socket.

use std::io::{Read, Write};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::attach::client::{AttachError, Attached, attach};
use crate::attach::company::{Company, Deed, Hearing, Voice};
use crate::attach::contender::Contender;
use crate::attach::frame::Direction;
use crate::attach::hub::{Hub, Opening};
use crate::attach::protocol::{PROGRAM, PROTOCOL};
use crate::attach::{address, words};
use crate::engine::device::DeviceChoice;
use crate::engine::input::{Candidate, Picture};
use crate::engine::picture_slot::PictureSlot;
use crate::engine::worker::{Job, Worker};
use crate::preset::{Loaded, Origin};
use crate::record::folder::RunFolder;

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(60);

struct Program {
    folder: RunFolder,
    _place: TempDir,
    hub: Hub,
    hearing: Hearing,
    slot: PictureSlot,
}

fn drawn(side: u32, phase: f32) -> Arc<Rgb32FImage> {
    let wave = |value: f32| 0.5 + 0.5 * value.sin();
    Arc::new(Rgb32FImage::from_fn(side, side, |x, y| {
        let (x, y) = (x as f32, y as f32);
        Rgb([wave(x / 3.0 + phase), wave(y / 4.0), wave((x + y) * phase)])
    }))
}

fn contender(number: usize, label: &str, preset: Preset) -> Contender {
    Contender {
        number,
        label: label.to_owned(),
        loaded: Loaded {
            name: label.to_owned(),
            origin: Origin::BuiltIn,
            preset,
            files: Vec::new(),
        },
        overrides: vec!["schedule.steps=5".parse().unwrap()],
        is_over: false,
    }
}

fn program(steps: u64) -> Program {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(place.path().to_owned());
    let preset = preset(&format!(
        "[network]\nwidths = [8, 8, 8, 8]\n[image]\nsize = 32\n[schedule]\nsteps = {steps}\n"
    ));
    let candidate = Candidate {
        preset: preset.clone(),
        content: drawn(40, 0.3).into(),
        styles: vec![drawn(36, 1.7).into()],
    };
    let worker = Worker::spawn(Job::single(candidate, DeviceChoice::Cpu)).unwrap();
    let opening = Opening {
        socket: Some(folder.socket()),
        contenders: vec![contender(0, "mine", preset)],
        before: Vec::new(),
    };
    let (hub, hearing, slot) = Hub::start(worker, opening).unwrap();
    assert!(hub.is_open());
    Program {
        folder,
        _place: place,
        hub,
        hearing,
        slot,
    }
}

/// Waits for what `is_it` finds, and gives everything that came until then.
fn until(hearing: &Hearing, what: &str, mut is_it: impl FnMut(&Voice) -> bool) -> Vec<Voice> {
    let start = Instant::now();
    let mut heard = Vec::new();
    while start.elapsed() < LONG {
        match hearing.recv_timeout(Duration::from_millis(100)) {
            Ok(voice) => {
                let found = is_it(&voice);
                heard.push(voice);
                if found {
                    return heard;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    panic!("{what} does not come; what came: {:?}", kinds(&heard));
}

/// The beginnings of what was heard.
fn kinds(heard: &[Voice]) -> Vec<String> {
    let short = |voice| format!("{voice:?}").chars().take(60).collect();
    heard.iter().map(short).collect()
}

fn losses(voice: &Voice) -> Option<&LossBlock> {
    match voice {
        Voice::Engine(Event::Losses(block)) => Some(block),
        _ => None,
    }
}

fn is_up_to_date(voice: &Voice) -> bool {
    matches!(voice, Voice::Company(Company::UpToDate))
}

fn comes(program: &Program) -> Attached {
    let lost = |_: &dyn Fn() -> bool| Company::Lost {
        state: "over".to_owned(),
        why: "it is gone".to_owned(),
        is_error: false,
    };
    attach(&program.folder.socket(), lost).unwrap()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from the first word to the last"
)]
fn two_terminals_see_and_steer_the_same_run() {
    let program = program(1_000_000);
    until(&program.hearing, "steps", |voice| losses(voice).is_some());
    program.hub.send(Command::Snapshot);
    until(&program.hearing, "a snapshot", |voice| {
        matches!(voice, Voice::Engine(Event::Snapshot(_)))
    });

    let one = comes(&program);
    assert_eq!(
        (
            one.contenders[0].loaded.name.as_str(),
            one.attached,
            one.contenders[0].overrides.len()
        ),
        ("mine", 1, 1)
    );
    assert_eq!(one.process, std::process::id());
    let before = until(&one.hearing, "what was before", is_up_to_date);
    assert!(matches!(before[0], Voice::Engine(Event::Started(_))));
    assert_eq!(before.iter().find_map(losses).unwrap().first_step, 0);
    let kept = before
        .iter()
        .find_map(|voice| match voice {
            Voice::Engine(Event::Snapshot(snapshot)) => Some(snapshot.number),
            _ => None,
        })
        .unwrap();
    until(&program.hearing, "word of it", |voice| {
        matches!(voice, Voice::Company(Company::Came { attached: 1 }))
    });
    until(&one.hearing, "what happens now", |voice| {
        losses(voice).is_some()
    });

    let two = comes(&program);
    assert_eq!(two.attached, 2);
    until(&one.hearing, "the other", |voice| {
        matches!(voice, Voice::Company(Company::Came { attached: 2 }))
    });
    until(&two.hearing, "what was before", is_up_to_date);

    // One acts; both see it, and the others are told who it was.
    one.client.send(Command::Pause);
    for hearing in [&two.hearing, &program.hearing] {
        let heard = until(hearing, "the pause", |voice| {
            matches!(voice, Voice::Engine(Event::Paused(_)))
        });
        assert!(
            heard
                .iter()
                .any(|voice| matches!(voice, Voice::Company(Company::Acted(Deed::Paused)))),
            "{:?}",
            kinds(&heard)
        );
    }
    let heard = until(&one.hearing, "the pause", |voice| {
        matches!(voice, Voice::Engine(Event::Paused(_)))
    });
    assert!(
        !heard
            .iter()
            .any(|voice| matches!(voice, Voice::Company(Company::Acted(_))))
    );

    // The other changes the preset, exactly.
    let mut wanted = two.contenders[0].loaded.preset.clone();
    wanted.style.weight = 0.1 + 0.2;
    two.client.send(Command::ChangePreset {
        candidate: 0,
        preset: Box::new(wanted.clone()),
    });
    for hearing in [&one.hearing, &two.hearing, &program.hearing] {
        until(
            hearing,
            "the preset",
            |voice| matches!(voice, Voice::Engine(Event::PresetChanged { preset, .. }) if **preset == wanted),
        );
    }

    // Each gets the picture that it asked for, though all ask at once.
    let request = |width| PictureRequest {
        of: Whose::One(0),
        region: None,
        most: (width, width),
    };
    let slots = [&one.pictures, &two.pictures, &program.slot];
    one.client.send(Command::RequestPicture(request(8)));
    two.client.send(Command::RequestPicture(request(12)));
    program.hub.send(Command::RequestPicture(request(16)));
    let hearings = [&one.hearing, &two.hearing, &program.hearing];
    for ((hearing, slot), width) in hearings.into_iter().zip(slots).zip([8, 12, 16]) {
        until(hearing, "the picture", |voice| {
            matches!(voice, Voice::Engine(Event::PictureReady))
        });
        let preview = slot.take().unwrap();
        assert_eq!(preview.request, request(width));
        assert_eq!(preview.pictures[0].picture.width(), width);
    }

    // A state that one lets go of is still there for the others.
    program.hub.send(Command::Forget { snapshot: kept });
    one.client.send(Command::Forget { snapshot: kept });
    two.client.send(Command::GoBack { snapshot: kept });
    until(
        &two.hearing,
        "the way back",
        |voice| matches!(voice, Voice::Engine(Event::WentBack { snapshot, .. }) if *snapshot == kept),
    );

    // One leaves by a key, the other's connection breaks.
    one.client.leave();
    drop(one);
    until(&program.hearing, "word of it", |voice| {
        matches!(
            voice,
            Voice::Company(Company::Left {
                attached: 1,
                is_lost: false
            })
        )
    });
    drop(two);
    until(&program.hearing, "word of it", |voice| {
        matches!(
            voice,
            Voice::Company(Company::Left {
                attached: 0,
                is_lost: true
            })
        )
    });
    let socket = program.folder.socket();
    assert!(socket.exists());
    drop(program.hub);
    assert!(!socket.exists());
}

#[test]
fn whoever_looks_hears_the_end_and_what_the_program_says() {
    let program = program(5);
    let one = comes(&program);
    until(&one.hearing, "the end", |voice| {
        matches!(
            voice,
            Voice::Engine(Event::Ended {
                reason: EndReason::Completed,
                ..
            })
        )
    });
    // Somebody who comes then is told the same.
    let late = comes(&program);
    let heard = until(&late.hearing, "what was before", is_up_to_date);
    let ended = heard.iter().find_map(|voice| match voice {
        Voice::Engine(Event::Ended { pictures, .. }) => Some(pictures),
        _ => None,
    });
    assert_eq!(ended.unwrap().pictures.len(), 1);
    assert_eq!(ended.unwrap().step, 5);
    program.hub.announce("wrote out.png", false);
    drop(program.hub);
    for hearing in [one.hearing, late.hearing] {
        let heard = until(&hearing, "the end of the connection", |voice| {
            matches!(voice, Voice::Company(Company::Lost { .. }))
        });
        assert!(
            heard.iter().any(|voice| matches!(
                voice,
                Voice::Company(Company::Said { text, is_error: false }) if text == "wrote out.png"
            )),
            "{:?}",
            kinds(&heard)
        );
    }
}

#[test]
fn nonsense_ends_a_connection_and_not_the_run() {
    let program = program(1_000_000);
    let hello = ToRun::Hello {
        protocol: PROTOCOL,
        program: PROGRAM.to_owned(),
    };
    let hello = protocol::encode(&hello, Direction::ToRun).unwrap();
    let bad_preset = ToRun::ChangePreset {
        candidate: 0,
        preset: words::PresetText {
            toml: "no preset".to_owned(),
            weights: None,
            init_file: None,
        },
    };
    let bad_preset = protocol::encode(&bad_preset, Direction::ToRun).unwrap();
    let announced: &[u8] = b"ssc>\xff\xff\xff\xff\xff\xff\xff\xff";
    let nonsense: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        announced,
        &[0; 4000],
        &bad_preset,
        b"ss",
    ];
    for greeting in [&[][..], &hello] {
        for bytes in nonsense {
            let mut stream = address::connect(&program.folder.socket()).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            // The other end may have hung up already.
            let _ = stream.write_all(greeting);
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            // It comes to an end, after a word on what is wrong at most.
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty() || answer.starts_with(b"ssc<"));
        }
    }
    let one = comes(&program);
    until(&one.hearing, "steps", |voice| losses(voice).is_some());
}

#[test]
fn another_version_is_refused_in_words() {
    let program = program(1_000_000);
    for (protocol, name) in [(PROTOCOL + 1, PROGRAM), (PROTOCOL, "stylescope 0.0.7")] {
        let hello = ToRun::Hello {
            protocol,
            program: name.to_owned(),
        };
        let mut stream = address::connect(&program.folder.socket()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let bytes = protocol::encode(&hello, Direction::ToRun).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let said = protocol::decode_to_viewer(&answer).unwrap().unwrap();
        let ToViewer::Refuse { why, .. } = &said.words else {
            panic!("{said:?}");
        };
        assert!(
            why.contains(PROGRAM) && why.contains("same version"),
            "{why}"
        );
    }
}

#[test]
fn a_terminal_that_does_not_read_holds_up_nothing() {
    let program = program(1_000_000);
    let hello = ToRun::Hello {
        protocol: PROTOCOL,
        program: PROGRAM.to_owned(),
    };
    let mut silent = address::connect(&program.folder.socket()).unwrap();
    let bytes = protocol::encode(&hello, Direction::ToRun).unwrap();
    silent.write_all(&bytes).unwrap();
    let one = comes(&program);
    until(&one.hearing, "what was before", is_up_to_date);
    // Far more than a socket holds, while nobody takes it.
    for _ in 0..200 {
        program.hub.send(Command::Snapshot);
    }
    let mut kept = 0;
    until(&one.hearing, "all snapshots", |voice| {
        kept += usize::from(matches!(voice, Voice::Engine(Event::Snapshot(_))));
        kept == 200
    });
    until(&one.hearing, "steps", |voice| losses(voice).is_some());
    let began = Instant::now();
    drop(program.hub);
    assert!(began.elapsed() < Duration::from_secs(30));
}

/// Says what became of the run only when nobody listens any more.
fn patient(program: &Program) -> Attached {
    let waits = |is_heard: &dyn Fn() -> bool| {
        let began = Instant::now();
        while is_heard() && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(2));
        }
        Company::UpToDate
    };
    attach(&program.folder.socket(), waits).unwrap()
}

#[test]
fn whoever_leaves_does_not_wait_for_what_becomes_of_the_run() {
    let program = program(1_000_000);
    for says_goodbye in [true, false] {
        let Attached {
            client, hearing, ..
        } = patient(&program);
        until(&hearing, "steps", |voice| losses(voice).is_some());
        let began = Instant::now();
        if says_goodbye {
            client.leave();
        }
        drop(client);
        // As a screen does that is being closed: until nothing can come any more.
        hearing.for_each(drop);
        assert!(began.elapsed() < Duration::from_secs(30));
    }
    // The connection is lost first, and the person leaves then.
    let Attached {
        client, hearing, ..
    } = patient(&program);
    drop(program.hub);
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    drop(client);
    hearing.for_each(drop);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn nobody_answers_where_there_is_no_run() {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(place.path().to_owned());
    let error = attach(&folder.socket(), |_| Company::UpToDate).unwrap_err();
    assert!(matches!(error, AttachError::Socket(_)), "{error}");
}

/// A comparison: each of them is told of, whoever is gone or new as well, and a terminal may invite.
#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from the first word to the last"
)]
fn whoever_comes_late_to_a_comparison_hears_of_all() {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(place.path().to_owned());
    let small = |more: &str| {
        let text = format!(
            "[network]\nwidths = [8, 8, 8, 8]\n[image]\nsize = 32\n[schedule]\nsteps = 1000000\n{more}"
        );
        preset(&text)
    };
    let content: Picture = drawn(40, 0.3).into();
    let style: Picture = drawn(36, 1.7).into();
    let candidate = |preset: &Preset| Candidate {
        preset: preset.clone(),
        content: content.clone(),
        styles: vec![style.clone()],
    };
    let [plain, strong] = ["", "[style]\nweight = 4.0\n"].map(small);
    let before = Pictures {
        candidates: [1].into(),
        ..pictures()
    };
    // The one in the middle was over before.
    let job = Job {
        candidates: [&plain, &strong, &plain].map(candidate).into(),
        numbers: vec![0, 2, 3],
        ..Job::empty(DeviceChoice::Cpu)
    };
    let labels = ["a", "b", "c", "d"].into_iter().enumerate();
    let opening = Opening {
        socket: Some(folder.socket()),
        contenders: labels
            .map(|(number, label)| Contender {
                is_over: number == 1,
                ..contender(number, label, plain.clone())
            })
            .collect(),
        before: vec![Event::Ended {
            reason: EndReason::Completed,
            pictures: before,
            seconds: 1.0,
        }],
    };
    let (hub, hearing, slot) = Hub::start(Worker::spawn(job).unwrap(), opening).unwrap();
    let program = Program {
        folder,
        _place: place,
        hub,
        hearing,
        slot,
    };
    until(&program.hearing, "steps", |voice| losses(voice).is_some());
    program.hub.send(Command::Drop { candidate: 3 });
    until(
        &program.hearing,
        "the lane of the others",
        |voice| matches!(voice, Voice::Engine(Event::Started(started)) if *started.candidates == [0, 2]),
    );

    let one = comes(&program);
    let labels: Vec<&str> = one
        .contenders
        .iter()
        .map(|one| one.label.as_str())
        .collect();
    assert_eq!(labels, ["a", "b", "c", "d"]);
    assert!(one.contenders[1].is_over);
    let heard = until(&one.hearing, "everything", is_up_to_date);
    for number in [0, 2, 3] {
        let is_its =
            |voice: &&Voice| losses(voice).is_some_and(|block| *block.candidates == [number]);
        let first = heard.iter().find(is_its).and_then(losses).unwrap();
        assert_eq!(first.first_step, 0, "{:?}", kinds(&heard));
    }
    let is_over = |voice: &Voice| matches!(voice, Voice::Engine(Event::Ended { pictures, .. }) if *pictures.candidates == [1]);
    assert!(heard.iter().any(is_over), "{:?}", kinds(&heard));
    let is_dropped =
        |voice: &Voice| matches!(voice, Voice::Engine(Event::Dropped { candidate: 3, .. }));
    assert!(heard.iter().any(is_dropped), "{:?}", kinds(&heard));
    let lanes: Vec<&[usize]> = heard
        .iter()
        .filter_map(|voice| match voice {
            Voice::Engine(Event::Started(started)) => Some(&*started.candidates),
            _ => None,
        })
        .collect();
    assert_eq!(lanes, [&[0, 2, 3][..], &[0, 2][..]], "{:?}", kinds(&heard));

    // It cannot let one join by itself; the program can, and everybody hears of it first.
    one.client.invite("mine.toml".to_owned());
    let invited = Company::Invited("mine.toml".to_owned());
    until(
        &program.hearing,
        "the invitation",
        |voice| matches!(voice, Voice::Company(company) if *company == invited),
    );
    program.hub.introduce(contender(4, "e", strong.clone()));
    program.hub.send(Command::Join {
        candidate: 4,
        input: Box::new(candidate(&strong)),
    });
    let heard = until(&one.hearing, "its first steps", |voice| {
        losses(voice).is_some_and(|block| block.candidates.contains(&4))
    });
    let place = |is_it: &dyn Fn(&Voice) -> bool| heard.iter().position(is_it);
    let joined = place(&|voice| matches!(voice, Voice::Joined(one) if one.label == "e"));
    let started = place(
        &|voice| matches!(voice, Voice::Engine(Event::Started(started)) if started.candidates.contains(&4)),
    );
    assert!(joined.is_some() && joined < started, "{:?}", kinds(&heard));
    assert_eq!(comes(&program).contenders.len(), 5);
}
