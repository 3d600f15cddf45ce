//! Folders of runs in which any file may hold anything: whoever lists, shows, follows and reports on them goes on.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use stylescope::engine::message::TermKind;
use stylescope::engine::picture_slot::PictureSlot;
use stylescope::preset::from_toml;
use stylescope::record::figure;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::comparison::{Comparison, ComparisonFolder};
use stylescope::record::folder::follow::{Beginning, Followed, Follower};
use stylescope::record::folder::inventory::{self, Kept};
use stylescope::record::folder::journal::Entry;
use stylescope::record::folder::metrics::Metrics;
use stylescope::record::folder::pictures::on_the_way;
use stylescope::report::run_report::RunReport;

use super::mutation::Mutation;
use super::so_many;
use crate::command_line::setting::Setting;

/// Files of a run that are text.
const FILES: [&str; 4] = ["run.json", "metrics.csv", "events.jsonl", "preset.toml"];

/// Says which input it was when a test panics.
struct Told<'a> {
    input: u64,
    path: &'a Path,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let kept = std::env::temp_dir().join(format!("stylescope-torture-{}", self.input));
            let _ = std::fs::copy(self.path, &kept);
            eprintln!(
                "input {} of {}, kept as {}",
                self.input,
                self.path.display(),
                kept.display()
            );
        }
    }
}

#[test]
fn whatever_a_file_of_a_run_holds_is_read_or_refused() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let run = RunFolder::at(setting.only_run());
    let comparison = ComparisonFolder::at(setting.runs().to_owned());
    Comparison::default().write(&comparison).unwrap();
    let sound: Vec<Vec<u8>> = FILES
        .iter()
        .map(|name| std::fs::read(run.path().join(name)).unwrap())
        .collect();
    let mut mutation = Mutation::new(1);
    let inputs = so_many(4_000, 1_000_000);
    let start = Instant::now();
    for input in 0..inputs {
        let index = mutation.below(FILES.len());
        let path = run.path().join(FILES[index]);
        let told = Told { input, path: &path };
        std::fs::write(&path, mutation.of(&sound[index])).unwrap();
        match index {
            0 => describe(&run),
            1 => measure(&run),
            2 => recount(&run),
            _ => {
                if let Ok(text) = std::fs::read_to_string(&path) {
                    let _ = from_toml(&text, "preset.toml");
                }
            }
        }
        // These take milliseconds.
        if input % 64 == 0 {
            report(&run);
        }
        if input % 512 == 0 {
            let written = std::fs::read(&path).unwrap();
            std::fs::write(comparison.description(), mutation.of(&written)).unwrap();
            let _ = Comparison::read(&comparison);
            follow(&run);
        }
        drop(told);
        std::fs::write(&path, &sound[index]).unwrap();
    }
    println!(
        "{inputs} damaged files of runs in {:.0} s",
        start.elapsed().as_secs_f64()
    );
}

/// What lists say of a run.
fn describe(run: &RunFolder) {
    match inventory::read(run.clone()) {
        Ok(Kept {
            folder,
            description,
        }) => {
            let _ = description.pictures_in_words();
            let _ = description.host();
            let _ = description.provenance(&folder.name()).to_string();
            for seconds in [description.seconds, -description.seconds] {
                let _ = (figure::elapsed(seconds), figure::duration(seconds));
            }
            let loss = description.loss.unwrap_or(f64::NAN);
            let _ = (figure::loss(loss), figure::compact(loss, 8));
            let _ = figure::steps(description.step);
            let _ = serde_json::to_string(&description).unwrap();
        }
        Err(error) => assert!(!error.to_string().contains('\u{1b}'), "{error}"),
    }
}

/// The losses, and which of them led to the result.
fn measure(run: &RunFolder) {
    let Ok((metrics, broken)) = Metrics::read_sound(&run.metrics()) else {
        return;
    };
    if let Some(error) = broken {
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
    }
    let way: Vec<_> = metrics.way().into_iter().cloned().collect();
    for row in &way {
        for kind in [TermKind::Content, TermKind::Style, TermKind::Variation] {
            let _ = metrics.unweighted(row, kind);
        }
        let _ = (figure::elapsed(row.seconds), figure::loss(row.total));
    }
    let _ = on_the_way(run.all_snapshots().unwrap(), &way);
}

fn recount(run: &RunFolder) {
    for entry in Entry::read_all(&run.journal()).unwrap() {
        let _ = serde_json::to_string(&entry).unwrap();
    }
}

fn report(run: &RunFolder) {
    let Ok(kept) = inventory::read(run.clone()) else {
        return;
    };
    if let Ok(report) = RunReport::read(&[kept], &jiff::Zoned::now()) {
        let page = report.html().unwrap();
        assert!(!page.contains('\u{1b}'));
    }
}

/// As `watch` does, for a moment.
fn follow(run: &RunFolder) {
    let (events, told) = channel();
    let follower = Follower::start(Beginning {
        runs: vec![Followed::new(0, run.clone())],
        comparison: None,
        events,
        pictures: PictureSlot::default(),
        interval: Duration::from_millis(1),
    })
    .unwrap();
    while told.recv_timeout(Duration::from_millis(15)).is_ok() {}
    drop(follower);
    // A thread that panicked is not seen here, but it has said nothing at the end.
    while let Ok(event) = told.try_recv() {
        let _ = format!("{event:?}");
    }
}
