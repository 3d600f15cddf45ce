//! Which published weights are on this machine, and the program's own cache. Main thread.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use serde_json::{Value, json};

use super::section::{Mark, Section, shown};
use crate::preset::visible::visible;
use crate::record::figure;
use crate::weights::catalogue;
use crate::weights::store::Store;

/// The largest file of weights, VGG-19 whole, with a little room.
const ENOUGH_BYTES: u64 = 600_000_000;

/// Another address for the Hugging Face hub.
const HUB_VARIABLE: &str = "HF_ENDPOINT";

/// A file of published weights.
struct Here {
    network: &'static str,
    /// Whose folder it lies in.
    place: String,
    path: PathBuf,
    bytes: u64,
    /// What is wrong with it.
    damage: Option<String>,
}

/// What the store says.
struct Facts {
    here: Vec<Here>,
    /// Networks that have published weights.
    published: Vec<&'static str>,
    /// What forbids the network.
    offline: Option<&'static str>,
    /// Another source than the usual ones.
    mirror: Option<String>,
    cache: Cache,
}

struct Cache {
    folder: PathBuf,
    bytes: u64,
    is_writable: bool,
    /// On its disk, for this user.
    free_bytes: Option<u64>,
}

/// The sections about weights and about the cache.
pub(super) fn sections() -> Vec<Section> {
    match Store::from_environment(false) {
        Ok(store) => {
            let facts = facts(&store);
            vec![weights(&facts), cache(&facts.cache)]
        }
        Err(error) => {
            // A variable that says nothing that can be used; it says itself which, and what to do.
            let text = error.to_string();
            let mut lines = text.lines().map(|line| visible(line.trim()));
            let mut section = Section::new("weights", json!({}));
            section.said.extend(lines.next());
            section.advice.extend(lines);
            section.mark = Mark::Fails;
            let cache = Section {
                mark: Mark::NotTried,
                ..Section::new("cache", json!({}))
            };
            vec![section, cache]
        }
    }
}

fn facts(store: &Store) -> Facts {
    let environment = store.environment();
    let here = store.list().into_iter().map(|listed| Here {
        network: listed.published.name,
        place: listed.origin.to_string(),
        path: listed.path,
        bytes: listed.bytes,
        damage: listed.contents.err(),
    });
    let mirrors = ["STYLESCOPE_WEIGHTS_URL", HUB_VARIABLE];
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let folder = store.folder().to_owned();
    let there = nearest_folder(&folder);
    Facts {
        here: here.collect(),
        published: catalogue::all()
            .iter()
            .filter(|published| published.is_named_by_presets())
            .map(|published| published.name)
            .collect(),
        offline: environment.offline,
        mirror: mirrors.into_iter().find(is_set).map(str::to_owned),
        cache: Cache {
            bytes: store.size_bytes(),
            is_writable: access(&there, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
            free_bytes: statvfs(&there)
                .ok()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            folder,
        },
    }
}

/// The folder itself or, where it is not there yet, the one that it would be made in.
fn nearest_folder(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = whole.ancestors().find(|folder| folder.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

fn weights(facts: &Facts) -> Section {
    let sound = |network: &str| {
        let mut files = facts.here.iter();
        files.any(|file| file.network == network && file.damage.is_none())
    };
    let (present, missing): (Vec<&str>, Vec<&str>) =
        facts.published.iter().partition(|network| sound(network));
    let data = json!({
        "files": facts.here.iter().map(file_as_json).collect::<Vec<_>>(),
        "missing": missing,
        "offline": facts.offline,
        "mirror": facts.mirror,
    });
    let mut section = Section::new("weights", data);
    let words = present.iter().filter_map(|network| {
        let mut files = facts.here.iter();
        // The first one is the one that is used.
        let file = files.find(|file| file.network == *network && file.damage.is_none())?;
        Some(format!(
            "{network} ({}, {})",
            file.place,
            figure::bytes(file.bytes)
        ))
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        section.say("none here");
    } else {
        section.say(words.join(", "));
    }
    for file in &facts.here {
        if let Some(damage) = &file.damage {
            section.say(format!("{}: {}", shown(&file.path), visible(damage)));
            section.limit(if file.place == "cache" {
                format!(
                    "`stylescope weights remove {}` clears it away",
                    file.network
                )
            } else {
                "it is passed over; delete it, or fetch it again with what put it there".to_owned()
            });
        }
    }
    match (facts.offline, &facts.mirror) {
        (Some(name), _) if !missing.is_empty() => {
            section.say(format!("not here: {}", missing.join(", ")));
            section.limit(format!(
                "{name} forbids to fetch them; `-p demo` needs none, --weights takes a file"
            ));
        }
        (None, mirror) if !missing.is_empty() => {
            let from = mirror.as_deref().map(|name| match name {
                // Other addresses are not asked by way of it.
                HUB_VARIABLE => format!(", those on the hub from {name}"),
                _ => format!(", from {name}"),
            });
            section.say(format!(
                "fetched when a preset needs them{}: {}",
                from.unwrap_or_default(),
                missing.join(", ")
            ));
        }
        _ => {}
    }
    section
}

fn file_as_json(file: &Here) -> Value {
    json!({
        "network": file.network,
        "place": file.place,
        "path": file.path.to_string_lossy(),
        "bytes": file.bytes,
        "damage": file.damage,
    })
}

fn cache(cache: &Cache) -> Section {
    let data = json!({
        "folder": cache.folder.to_string_lossy(),
        "bytes": cache.bytes,
        "writable": cache.is_writable,
        "free_bytes": cache.free_bytes,
    });
    let mut section = Section::new("cache", data);
    let size = match cache.bytes {
        0 => "empty".to_owned(),
        bytes => figure::bytes(bytes),
    };
    let free = cache
        .free_bytes
        .map(|bytes| format!(", {} free", figure::bytes(bytes)));
    section.say(format!(
        "{}: {size}{}",
        shown(&cache.folder),
        free.unwrap_or_default()
    ));
    if !cache.is_writable {
        section.say("nothing can be written there");
        section.limit("name a folder that takes files: STYLESCOPE_CACHE");
    } else if cache.free_bytes.is_some_and(|bytes| bytes < ENOUGH_BYTES) {
        section.limit("some weights do not fit: free some space, or name another disk's folder: STYLESCOPE_CACHE");
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Facts {
        Facts {
            here: Vec::new(),
            published: vec!["vgg19", "squeezenet1_1"],
            offline: None,
            mirror: None,
            cache: Cache {
                folder: "/caches/stylescope/weights".into(),
                bytes: 0,
                is_writable: true,
                free_bytes: Some(40_000_000_000),
            },
        }
    }

    fn file(network: &'static str, damage: Option<&str>) -> Here {
        Here {
            network,
            place: "cache".to_owned(),
            path: format!("/caches/{network}").into(),
            bytes: 5_000_000,
            damage: damage.map(str::to_owned),
        }
    }

    #[test]
    fn weights_that_are_missing_are_fetched_or_forbidden() {
        let fetched = weights(&empty());
        assert_eq!(fetched.mark, Mark::Works);
        assert_eq!(
            fetched.said,
            [
                "none here",
                "fetched when a preset needs them: vgg19, squeezenet1_1"
            ]
        );
        let offline = weights(&Facts {
            offline: Some("STYLESCOPE_OFFLINE"),
            here: vec![file("vgg19", None)],
            ..empty()
        });
        assert_eq!(offline.mark, Mark::Limited);
        assert_eq!(
            offline.said,
            ["vgg19 (cache, 5.0 MB)", "not here: squeezenet1_1"]
        );
        assert!(offline.advice[0].starts_with("STYLESCOPE_OFFLINE forbids"));
        let mirrored = weights(&Facts {
            mirror: Some("HF_ENDPOINT".to_owned()),
            ..empty()
        });
        assert!(mirrored.said[1].contains("from HF_ENDPOINT"));
    }

    #[test]
    fn damaged_files_do_not_count() {
        let section = weights(&Facts {
            here: vec![file("vgg19", Some("the copy is not \u{1b}whole"))],
            ..empty()
        });
        assert_eq!(section.mark, Mark::Limited);
        assert_eq!(
            section.said[1],
            "/caches/vgg19: the copy is not \\u{1b}whole"
        );
        assert!(section.advice[0].contains("weights remove vgg19"));
        assert_eq!(section.json()["missing"], json!(["vgg19", "squeezenet1_1"]));
    }

    #[test]
    fn a_cache_that_takes_nothing_is_told() {
        let said = |change: fn(&mut Cache)| {
            let mut facts = empty();
            change(&mut facts.cache);
            cache(&facts.cache)
        };
        let good = said(|_| ());
        assert_eq!(good.mark, Mark::Works);
        assert_eq!(
            good.said,
            ["/caches/stylescope/weights: empty, 40.0 GB free"]
        );
        let full = said(|cache| cache.free_bytes = Some(1_000_000));
        assert!(full.advice[0].contains("free some space"));
        let read_only = said(|cache| cache.is_writable = false);
        assert!(read_only.advice[0].contains("STYLESCOPE_CACHE"));
    }

    #[test]
    fn the_folder_that_a_cache_would_be_made_in() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("not/yet/there");
        assert_eq!(nearest_folder(&deep), folder.path());
    }
}
