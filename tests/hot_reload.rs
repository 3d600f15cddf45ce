//! The watcher of presets against saves as real programs make them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use stylescope::preset::watch::{Changed, Polling, Watcher};
use tempfile::TempDir;

/// Long enough for the busiest machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// Within this long a second report of the same save would have come.
const AFTERMATH: Duration = Duration::from_millis(700);
const BOTH: [Polling; 2] = [Polling::Automatic, Polling::Always];

struct Watched {
    folder: TempDir,
    watcher: Watcher,
    changes: Receiver<Changed>,
}

/// What a test saves: `files` and `folders` below a temporary folder, whose preset `a.toml` is there.
fn watched(polling: Polling, files: &[&str], folders: &[&str]) -> Watched {
    watched_after(polling, files, folders, |_| {})
}

fn watched_after(
    polling: Polling,
    files: &[&str],
    folders: &[&str],
    prepare: impl FnOnce(&Path),
) -> Watched {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("presets")).unwrap();
    fs::write(folder.path().join("presets/a.toml"), "style.weight = 1").unwrap();
    prepare(folder.path());
    let below = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| folder.path().join(name)).collect()
    };
    let (sender, changes) = channel();
    let watcher = Watcher::start(&below(files), &below(folders), polling, move |changed| {
        let _ = sender.send(changed);
    })
    .unwrap();
    assert_eq!(
        watcher.is_polling(),
        polling == Polling::Always,
        "{:?}",
        watcher.note()
    );
    Watched {
        folder,
        watcher,
        changes,
    }
}

impl Watched {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a shell command in the temporary folder.
    fn shell(&self, command: &str) {
        let status = Command::new("sh")
            .args(["-ec", command])
            .current_dir(self.folder.path())
            .status()
            .unwrap();
        assert!(status.success(), "{command}");
    }

    #[track_caller]
    fn next(&self) -> Changed {
        self.changes
            .recv_timeout(PATIENCE)
            .expect("nobody noticed the change")
    }

    /// One report, of `file` among others, and no other.
    #[track_caller]
    fn expect_file(&self, file: &str) {
        let changed = self.next();
        assert_eq!(changed.files, [self.path(file)], "{changed:?}");
        self.expect_nothing();
    }

    #[track_caller]
    fn expect_folders(&self) {
        let changed = self.next();
        assert!(changed.folders && changed.files.is_empty(), "{changed:?}");
        self.expect_nothing();
    }

    #[track_caller]
    fn expect_nothing(&self) {
        assert_eq!(
            self.changes.recv_timeout(AFTERMATH),
            Err(RecvTimeoutError::Timeout)
        );
    }
}

/// The shell command saves `presets/a.toml`: one report, whoever watches.
#[track_caller]
fn saved_by(command: &str) {
    for polling in BOTH {
        let watched = watched(polling, &["presets/a.toml"], &["presets"]);
        watched.shell(command);
        let changed = watched.next();
        assert_eq!(changed.files, [watched.path("presets/a.toml")]);
        assert!(changed.folders, "{changed:?}");
        watched.expect_nothing();
    }
}

#[test]
fn truncated_and_written() {
    saved_by("echo style.weight = 2 > presets/a.toml");
}

#[test]
fn appended_to() {
    saved_by("echo style.divisor = 2 >> presets/a.toml");
}

#[test]
fn written_in_place_with_the_same_length() {
    saved_by("printf 'style.weight = 2' | dd of=presets/a.toml conv=notrunc status=none");
}

#[test]
fn copied_over() {
    saved_by("echo style.weight = 2 > b; cp b presets/a.toml");
}

#[test]
fn written_beside_and_renamed() {
    saved_by(
        "echo style.weight = 2 > presets/.a.toml.part; mv presets/.a.toml.part presets/a.toml",
    );
}

#[test]
fn renamed_from_another_folder() {
    saved_by("echo style.weight = 2 > b; mv b presets/a.toml");
}

#[test]
fn by_sed() {
    saved_by("sed -i 's/1/2/' presets/a.toml");
}

/// As vim does with `backupcopy=no`, VS Code and many others do without a backup.
#[test]
fn moved_away_and_written_anew() {
    saved_by(
        "mv presets/a.toml presets/a.toml~; echo style.weight = 2 > presets/a.toml; rm presets/a.toml~",
    );
}

#[test]
fn removed_and_written_anew_at_once() {
    saved_by("rm presets/a.toml; echo style.weight = 2 > presets/a.toml");
}

#[test]
fn by_vim_in_both_its_ways() {
    if Command::new("vim").arg("--version").output().is_err() {
        eprintln!("vim is not installed; its ways of saving are imitated by other tests");
        return;
    }
    for copy in ["yes", "no"] {
        saved_by(&format!(
            "vim -es -u NONE -i NONE -c 'set backupcopy={copy} swapfile writebackup' -c '%s/1/2/' -c 'wq' presets/a.toml </dev/null"
        ));
    }
}

/// A file that is empty for a moment is not taken for the result.
#[test]
fn slowly_after_truncation() {
    let reports = |number: usize| {
        let watched = watched(Polling::Automatic, &["presets/a.toml"], &[]);
        let mut file = fs::File::create(watched.path("presets/a.toml")).unwrap();
        // Longer than a burst lasts, shorter than the patience with half-written files.
        std::thread::sleep(Duration::from_millis(65));
        write!(file, "style.weight = {number}").unwrap();
        drop(file);
        watched.next();
        1 + std::iter::from_fn(|| watched.changes.recv_timeout(AFTERMATH).ok()).count()
    };
    // A busy machine may sleep longer than that.
    assert!((0..8).any(|number| reports(number) == 1));
}

#[test]
fn touching_is_no_change() {
    for polling in BOTH {
        let watched = watched(polling, &["presets/a.toml"], &["presets"]);
        watched.shell("touch presets/a.toml; chmod 600 presets/a.toml; cat presets/a.toml > b; cp b presets/a.toml; touch presets/notes.txt");
        watched.expect_nothing();
    }
}

#[test]
fn a_link_that_is_switched() {
    for polling in BOTH {
        let watched = watched_after(polling, &["link.toml"], &[], |root| {
            fs::write(root.join("b"), "style.weight = 2").unwrap();
            symlink("presets/a.toml", root.join("link.toml")).unwrap();
        });
        watched.shell("ln -sfn b link.toml");
        watched.expect_file("link.toml");
        // And what it leads to now is what counts.
        watched.shell("echo style.weight = 1 > presets/a.toml; echo style.weight = 3 > b");
        watched.expect_file("link.toml");
    }
}

#[test]
fn a_file_behind_links_in_another_folder() {
    for polling in BOTH {
        let watched = watched_after(polling, &["x/link.toml"], &["x"], |root| {
            fs::create_dir(root.join("x")).unwrap();
            symlink("../second", root.join("x/link.toml")).unwrap();
            symlink("presets/a.toml", root.join("second")).unwrap();
        });
        watched.shell("sed -i 's/1/2/' presets/a.toml");
        watched.expect_file("x/link.toml");
    }
}

/// As Kubernetes changes the files of a config map.
#[test]
fn a_link_to_a_folder_that_is_switched() {
    for polling in BOTH {
        let watched = watched_after(polling, &["map/a.toml"], &["map"], |root| {
            fs::create_dir_all(root.join("map/..1")).unwrap();
            fs::write(root.join("map/..1/a.toml"), "style.weight = 1").unwrap();
            symlink("..1", root.join("map/..data")).unwrap();
            symlink("..data/a.toml", root.join("map/a.toml")).unwrap();
        });
        for number in [2, 3] {
            watched.shell(&format!(
                "cd map; mkdir ..{number}; echo style.weight = {number} > ..{number}/a.toml; ln -s ..{number} ..next; mv -T ..next ..data; rm -r ..{}",
                number - 1
            ));
            let changed = watched.next();
            assert_eq!(changed.files, [watched.path("map/a.toml")]);
            assert!(changed.folders);
            watched.expect_nothing();
        }
    }
}

#[test]
fn deleted_and_written_a_second_later() {
    for polling in BOTH {
        let watched = watched(polling, &["presets/a.toml"], &["presets"]);
        watched.shell("rm presets/a.toml");
        watched.expect_file("presets/a.toml");
        std::thread::sleep(Duration::from_millis(300));
        watched.shell("echo style.weight = 2 > presets/a.toml");
        watched.expect_file("presets/a.toml");
    }
}

#[test]
fn the_folder_is_renamed_away_and_back() {
    for polling in BOTH {
        let watched = watched_after(polling, &["x/presets/a.toml"], &["x/presets"], |root| {
            fs::create_dir_all(root.join("x/presets")).unwrap();
            fs::write(root.join("x/presets/a.toml"), "style.weight = 1").unwrap();
        });
        watched.shell("mv x y");
        watched.expect_file("x/presets/a.toml");
        // What happens there is somebody else's.
        watched.shell("echo style.weight = 3 > y/presets/a.toml");
        watched.expect_nothing();
        watched.shell("mv y x");
        watched.expect_file("x/presets/a.toml");
        watched.shell("echo style.weight = 4 > x/presets/a.toml");
        watched.expect_file("x/presets/a.toml");
        // Removed and made anew, which may give it the number of the old one.
        watched.shell("rm -r x; mkdir -p x/presets; echo style.weight = 5 > x/presets/a.toml");
        assert_eq!(watched.next().files.len(), 1);
        while watched.changes.recv_timeout(AFTERMATH).is_ok() {}
        watched.shell("echo style.weight = 6 > x/presets/a.toml");
        watched.expect_file("x/presets/a.toml");
    }
}

#[test]
fn folders_that_do_not_exist_yet() {
    for polling in BOTH {
        let watched = watched(polling, &[], &["far/away", "presets"]);
        watched.shell("mkdir -p far/away");
        watched.shell("echo style.weight = 2 > far/away/b.toml");
        watched.expect_folders();
        watched.shell("sed -i 's/2/3/' far/away/b.toml");
        watched.expect_folders();
        watched.shell("mv far/away/b.toml far/away/c.toml");
        watched.expect_folders();
        watched.shell("rm far/away/c.toml");
        watched.expect_folders();
        watched.shell("echo > far/away/c.txt");
        watched.expect_nothing();
    }
}

#[test]
fn another_preset_is_watched() {
    for polling in BOTH {
        let watched = watched_after(polling, &["presets/a.toml"], &[], |root| {
            fs::write(root.join("b.toml"), "extends = 'c.toml'").unwrap();
        });
        let files = ["b.toml", "c.toml"].map(|name| watched.path(name));
        watched.watcher.watch_files(&files);
        watched.shell("echo style.weight = 2 > presets/a.toml");
        watched.expect_nothing();
        watched.shell("echo style.weight = 2 > c.toml");
        watched.expect_file("c.toml");
        watched.shell("echo >> b.toml; echo >> c.toml");
        assert_eq!(watched.next().files, files);
    }
}

#[test]
fn nothing_is_called_after_the_watcher_is_dropped() {
    let Watched {
        folder,
        watcher,
        changes,
    } = watched(Polling::Automatic, &["presets/a.toml"], &[]);
    drop(watcher);
    // The thread ends, and with it what it would call.
    let end = changes.recv_timeout(PATIENCE);
    assert_eq!(end, Err(RecvTimeoutError::Disconnected));
    drop(folder);
}

#[test]
fn a_save_is_reported_soon() {
    for (polling, what) in [(Polling::Automatic, "events"), (Polling::Always, "polling")] {
        let watched = watched(polling, &["presets/a.toml"], &["presets"]);
        let mut delays: Vec<Duration> = (0..15)
            .map(|number| {
                let path = watched.path("presets/a.toml");
                let part = watched.path("presets/.part");
                fs::write(&part, format!("style.weight = {number}.5")).unwrap();
                let start = Instant::now();
                fs::rename(&part, &path).unwrap();
                let changed = watched.next();
                assert!(changed.at <= Instant::now());
                start.elapsed()
            })
            .collect();
        delays.sort();
        let median = delays[delays.len() / 2];
        println!(
            "save to report by {what}: median {median:?}, worst {:?}",
            delays[delays.len() - 1]
        );
        assert!(median < Duration::from_secs(2), "{delays:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn thousands_of_presets_do_not_keep_a_core_busy() {
    let watched = watched_after(Polling::Always, &["presets/a.toml"], &["many"], |root| {
        fs::create_dir(root.join("many")).unwrap();
        for number in 0..10_000 {
            fs::write(root.join(format!("many/{number}.toml")), "").unwrap();
        }
    });
    // Of each watcher's thread, as other tests may have some.
    let processor_time = || -> HashMap<OsString, Duration> {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let watchers = threads.filter_map(|thread| {
            let thread = thread.ok()?;
            let name = fs::read_to_string(thread.path().join("comm")).ok()?;
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let nanoseconds = text.split(' ').next()?.parse().ok()?;
            let is_watcher = name.trim() == "preset watcher";
            is_watcher.then(|| (thread.file_name(), Duration::from_nanos(nanoseconds)))
        });
        watchers.collect()
    };
    // The first look may still be under way.
    std::thread::sleep(Duration::from_secs(1));
    let before = processor_time();
    std::thread::sleep(Duration::from_secs(5));
    let after = processor_time();
    let used = before
        .iter()
        .filter_map(|(thread, before)| after.get(thread)?.checked_sub(*before))
        .max()
        .expect("no watcher lives");
    println!("10000 presets polled for 5 s: {used:?} of processor time");
    assert!(
        used > Duration::ZERO && used < Duration::from_secs(1),
        "{used:?}"
    );
    watched.shell("sed -i 's/1/2/' presets/a.toml");
    watched.expect_file("presets/a.toml");
}

/// Where the system gives no more watches, the watcher looks by itself and says so.
#[test]
fn without_file_descriptors_it_polls() {
    // Limits belong to a whole process, so another one runs the test.
    let status = Command::new("sh")
        .arg("-c")
        .arg("for fd in 3 4 5 6 7 8 9; do eval \"exec $fd>&-\"; done; ulimit -n 5; exec \"$0\" --ignored --exact hot_reload::few_file_descriptors")
        .arg(std::env::current_exe().unwrap())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "run by the test above"]
fn few_file_descriptors() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.toml");
    fs::write(&path, "style.weight = 1").unwrap();
    let (sender, changes) = channel();
    let watcher = Watcher::start(
        std::slice::from_ref(&path),
        &[folder.path().to_owned()],
        Polling::Automatic,
        move |changed| {
            let _ = sender.send(changed);
        },
    )
    .unwrap();
    assert!(watcher.is_polling(), "the limit has no effect here");
    let note = watcher.note().expect("a note");
    assert!(note.contains("limit"), "{note}");
    fs::write(&path, "style.weight = 2").unwrap();
    let changed = changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(changed.files, [path]);
}
