//! Where presets lie, and whether a save there is noticed. Main thread, and one for each folder while the
//! events are tried.

use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use super::section::{Section, shown};
use crate::preset::folder::folders;
use crate::preset::watch::{Trial, try_events};
use crate::preset::{self, Listed, Origin, built_in};

/// What was found of a folder.
struct Folder {
    path: PathBuf,
    /// Presets in it that can be named, and how many of them are broken.
    presets: usize,
    broken: usize,
    state: State,
}

enum State {
    Missing,
    /// Why, in words.
    Unreadable(String),
    There(Trial),
}

pub(super) fn section() -> Section {
    let listed = preset::list();
    let folders: Vec<PathBuf> = folders();
    // One that waits for an event in vain takes half a second.
    let found = thread::scope(|scope| {
        let trials: Vec<_> = folders
            .into_iter()
            .map(|path| {
                let listed = &listed;
                scope.spawn(move || look_at(path, listed))
            })
            .collect();
        trials
            .into_iter()
            .filter_map(|trial| trial.join().ok())
            .collect::<Vec<_>>()
    });
    describe(built_in::names().len(), &found)
}

fn look_at(path: PathBuf, listed: &[Listed]) -> Folder {
    let own = |preset: &&Listed| match &preset.origin {
        Origin::File(file) => file.parent() == Some(&path),
        Origin::BuiltIn | Origin::Text => false,
    };
    let broken = |preset: &&Listed| preset.description.is_err();
    Folder {
        presets: listed.iter().filter(own).count(),
        broken: listed.iter().filter(own).filter(broken).count(),
        state: state(&path),
        path,
    }
}

fn state(path: &Path) -> State {
    if !path.exists() {
        return State::Missing;
    }
    match path.read_dir() {
        Ok(_) => State::There(try_events(path)),
        Err(error) => State::Unreadable(error.to_string()),
    }
}

fn describe(built_in: usize, folders: &[Folder]) -> Section {
    let data = json!({
        "built_in": built_in,
        "folders": folders.iter().map(as_json).collect::<Vec<_>>(),
    });
    let mut section = Section::new("presets", data);
    section.say(format!("{built_in} built in"));
    for folder in folders {
        let place = shown(&folder.path);
        let trial = match &folder.state {
            State::Missing => {
                section.say(format!("{place}: not there"));
                continue;
            }
            State::Unreadable(reason) => {
                section.say(format!("{place}: cannot be read ({reason})"));
                section.limit("presets in there are not found: see to its permissions");
                continue;
            }
            State::There(trial) => trial,
        };
        let count = match folder.presets {
            1 => "1 preset".to_owned(),
            count => format!("{count} presets"),
        };
        let broken = match folder.broken {
            0 => String::new(),
            count => format!(" ({count} broken)"),
        };
        section.say(format!("{place}: {count}{broken}, {}", in_words(trial)));
        if folder.broken > 0 {
            section.limit("`stylescope presets list` says what is wrong with the broken ones");
        }
        if let Some(advice) = advice(trial) {
            section.limit(advice);
        }
    }
    section
}

fn in_words(trial: &Trial) -> String {
    match trial {
        Trial::Arrived(after) => {
            format!("file events arrive ({:.1} ms)", after.as_secs_f64() * 1e3)
        }
        Trial::Silent => "no file events arrive".to_owned(),
        Trial::LocalOnly(name) => format!("no file events from other machines ({name})"),
        Trial::Refused(reason) => format!("no file events ({reason})"),
        Trial::NotWritable(error) => format!("file events not tried ({})", error.kind()),
    }
}

fn advice(trial: &Trial) -> Option<&'static str> {
    match trial {
        Trial::Arrived(_) | Trial::NotWritable(_) => None,
        Trial::Silent => Some("saves there are only noticed with --poll"),
        Trial::LocalOnly(_) => Some("nothing to do: a run reads the presets there every 250 ms"),
        Trial::Refused(_) => Some(
            "a run reads the presets every 250 ms instead; \
             `sysctl fs.inotify` shows the system's limits, which root may raise",
        ),
    }
}

fn as_json(folder: &Folder) -> Value {
    let (events, milliseconds, error) = match &folder.state {
        State::Missing => (None, None, None),
        State::Unreadable(reason) => (None, None, Some(reason.clone())),
        State::There(Trial::Arrived(after)) => {
            (Some("arrive"), Some(after.as_secs_f64() * 1e3), None)
        }
        State::There(Trial::Silent) => (Some("none"), None, None),
        State::There(Trial::LocalOnly(name)) => {
            (Some("local_only"), None, Some((*name).to_owned()))
        }
        State::There(Trial::Refused(reason)) => (Some("refused"), None, Some(reason.clone())),
        State::There(Trial::NotWritable(error)) => {
            (Some("not_tried"), None, Some(error.to_string()))
        }
    };
    json!({
        "path": folder.path.to_string_lossy(),
        "exists": !matches!(folder.state, State::Missing),
        "presets": folder.presets,
        "broken": folder.broken,
        "events": events,
        "milliseconds": milliseconds,
        "reason": error,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::section::Mark;
    use super::*;

    fn folder(state: State) -> Folder {
        Folder {
            path: "/opt/presets".into(),
            presets: 3,
            broken: 0,
            state,
        }
    }

    fn described(state: State) -> Section {
        describe(7, &[folder(state)])
    }

    #[test]
    fn a_folder_whose_events_arrive() {
        let section = described(State::There(Trial::Arrived(Duration::from_micros(340))));
        assert_eq!(section.mark, Mark::Works);
        assert_eq!(
            section.said,
            [
                "7 built in",
                "/opt/presets: 3 presets, file events arrive (0.3 ms)"
            ]
        );
        assert_eq!(section.json()["folders"][0]["milliseconds"], 0.34);
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_limit() {
        let section = described(State::Missing);
        assert_eq!(section.mark, Mark::Works);
        assert_eq!(section.said[1], "/opt/presets: not there");
        assert_eq!(section.json()["folders"][0]["exists"], false);
    }

    #[test]
    fn what_is_not_noticed_comes_with_advice() {
        let limited = |state, word: &str| {
            let section = described(state);
            assert_eq!(section.mark, Mark::Limited);
            assert!(section.advice[0].contains(word), "{section:?}");
        };
        limited(State::There(Trial::Silent), "--poll");
        limited(State::There(Trial::LocalOnly("NFS")), "250 ms");
        limited(State::There(Trial::Refused("full".to_owned())), "inotify");
        limited(State::Unreadable("no".to_owned()), "permissions");
        let broken = Folder {
            broken: 1,
            ..folder(State::Missing)
        };
        let broken = Folder {
            state: State::There(Trial::Silent),
            ..broken
        };
        assert!(describe(7, &[broken]).said[1].contains("3 presets (1 broken), no file events"));
    }

    #[test]
    fn a_folder_that_takes_no_files() {
        let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let section = described(State::There(Trial::NotWritable(error)));
        assert_eq!(section.mark, Mark::Works);
        assert!(section.said[1].ends_with("file events not tried (permission denied)"));
        assert_eq!(section.json()["folders"][0]["events"], "not_tried");
    }
}
