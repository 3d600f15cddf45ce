//! A terminal at the end of a line of 1 Mbit/s: keys are answered while pictures keep coming.

use super::*;

/// 1 Mbit/s.
const SLOW: u64 = 125_000;

/// How long each of `count` keys took to be seen on the screen.
fn latencies(person: &mut Person, count: usize) -> Vec<Duration> {
    (0..count)
        .map(|index| {
            // The thick border moves to the panel.
            let (key, title) = if index % 2 == 0 {
                ("1", "┏ 1 Loss")
            } else {
                ("4", "┏ 4 Parameters")
            };
            std::thread::sleep(Duration::from_millis(170));
            let start = Instant::now();
            person.types(key);
            person.waits_for(title);
            start.elapsed()
        })
        .collect()
}

/// The bounds are loose, since the machine may be busy with other tests; `make bench` measures.
#[test]
fn keys_are_answered_while_pictures_come() {
    for answers in [true, false] {
        for graphics in ["halfblocks", "sixel", "kitty", "iterm2"] {
            let setting = setting();
            let terminal = Terminal {
                bytes_per_second: Some(SLOW),
                answers,
                size: (160, 48),
            };
            let more = ["--graphics", graphics];
            let mut person = Person::runs(&setting, terminal, 1_000_000, &more);
            person.waits_for("running");
            let before = person.written.lock().unwrap().len();
            let mut took = latencies(&mut person, 15);
            took.sort_unstable();
            let median = took[took.len() / 2];
            assert!(
                median < Duration::from_millis(800),
                "{graphics}, answers {answers}: {took:?}"
            );
            let bytes = person.written.lock().unwrap().len() - before;
            assert!(bytes > 5_000, "{graphics}: no picture came ({bytes} bytes)");
        }
    }
}
