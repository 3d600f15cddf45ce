//! `stylescope weights …`. Main thread, which waits while something is fetched or read whole.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::fetching::{FetchBar, FetchLines};
use super::{Failure, output};
use crate::cli::WeightsCommand;
use crate::engine::message::Fetching;
use crate::network::architecture::published as operations_of;
use crate::network::weights::needed;
use crate::preset::visible::visible;
use crate::record::figure::bytes;
use crate::weights::catalogue::{self, Published, Source};
use crate::weights::store::{Digests, Listed, Needed, Outcome, Store, Verified};
use crate::weights::without_secrets;

/// Columns before what is said of a network.
const INDENT: usize = 15;

pub(super) fn execute(command: &WeightsCommand) -> Result<ExitCode, Failure> {
    match command {
        WeightsCommand::List { json } => list(*json),
        WeightsCommand::Fetch {
            networks,
            layer,
            offline,
        } => fetch(networks, layer.as_deref(), *offline),
        WeightsCommand::Path { network } => path(network),
        WeightsCommand::Verify { networks } => verify(networks),
        WeightsCommand::Remove { networks, all } => remove(networks, *all),
    }
}

fn store(offline: bool) -> Result<Store, Failure> {
    Store::from_environment(offline).map_err(Failure::new)
}

/// The weights of that name; the command line has checked it.
fn named(name: &str) -> Result<&'static Published, Failure> {
    catalogue::named(name).ok_or_else(|| Failure::new(format!("no weights are called {name}")))
}

/// The weights of these names; all where there is no name.
fn chosen(networks: &[String]) -> Result<Vec<&'static Published>, Failure> {
    if networks.is_empty() {
        return Ok(catalogue::all().iter().collect());
    }
    networks.iter().map(|name| named(name)).collect()
}

/// The tensors down to `layer`, or all of the network's convolutions.
fn wanted(published: &Published, layer: Option<&str>) -> Result<Vec<Needed>, Failure> {
    let operations = operations_of(published.network).unwrap_or_default();
    let layers: Vec<String> = match layer {
        Some(layer) => vec![layer.to_owned()],
        None => operations
            .last()
            .map(|operation| operation.layer.clone())
            .into_iter()
            .collect(),
    };
    needed(&operations, &layers).map_err(|layer| {
        let known: Vec<&str> = operations
            .iter()
            .map(|operation| operation.layer.as_str())
            .collect();
        Failure::new(format!(
            "--layer: {} has no layer {}\n  it has {}",
            published.name,
            visible(layer),
            known.join(", ")
        ))
    })
}

fn list(as_json: bool) -> Result<ExitCode, Failure> {
    let store = store(false)?;
    for published in catalogue::all() {
        let files = store.list_of(published);
        if as_json {
            for file in &files {
                output::json_line(&file_object(file))?;
            }
            if files.is_empty() {
                output::json_line(&json!({
                    "name": published.name,
                    "path": null,
                    "licence": published.licence,
                    "source": first_address(&store, published),
                    "bytes_to_fetch": to_fetch(published)?.0,
                }))?;
            }
            continue;
        }
        for (index, file) in files.iter().enumerate() {
            let name = if index == 0 { published.name } else { "" };
            say(name, &file_in_words(file))?;
        }
        if files.is_empty() {
            say(published.name, &missing_in_words(&store, published)?)?;
        }
    }
    if !as_json {
        let size = bytes(store.size_bytes());
        let folder = visible(&store.folder().display().to_string());
        output::line(format!("\n{:INDENT$}{size} in {folder}", "own cache"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(name: &str, lines: &[String]) -> Result<(), Failure> {
    for (index, line) in lines.iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        output::line(format!("{name:INDENT$}{line}"))?;
    }
    Ok(())
}

fn file_in_words(file: &Listed) -> Vec<String> {
    let path = visible(&file.path.display().to_string());
    let what = match &file.contents {
        Ok((format, tensors)) => format!(
            "{} in {}, {tensors} tensors, {format}",
            bytes(file.bytes),
            file.origin
        ),
        Err(why) => return vec![format!("damaged: {}", visible(why)), path],
    };
    let mut lines = vec![what, path];
    if let Some(source) = &file.source {
        let day = file
            .fetched
            .as_ref()
            .map(|day| format!(", {}", visible(day)))
            .unwrap_or_default();
        lines.push(format!("from {}{day}", visible(source)));
    }
    lines.push(format!("digest: {}", digest_in_words(file.digests)));
    lines.push(format!("licence: {}", file.published.licence));
    lines
}

fn digest_in_words(digests: Digests) -> &'static str {
    match digests {
        Digests::Published => "of the whole file, as published",
        Digests::Recorded => "of each tensor, as recorded when it was fetched",
        Digests::None => "none known",
    }
}

fn missing_in_words(store: &Store, published: &'static Published) -> Result<Vec<String>, Failure> {
    let (needed, whole) = to_fetch(published)?;
    let much = if needed < whole {
        format!("{} of {}", bytes(needed), bytes(whole))
    } else {
        bytes(whole)
    };
    Ok(vec![
        format!("not here; {much} to fetch"),
        format!("from {}", visible(&first_address(store, published))),
        format!("licence: {}", published.licence),
    ])
}

/// Bytes of all convolutions where only they are fetched, and of the whole file.
fn to_fetch(published: &Published) -> Result<(u64, u64), Failure> {
    let elements = |tensor: &Needed| tensor.shape.iter().product::<i64>().unsigned_abs();
    let convolutions = 4 * wanted(published, None)?.iter().map(elements).sum::<u64>();
    Ok(match published.sources.first() {
        Some(Source::Hub { bytes, .. }) => (convolutions, *bytes),
        Some(Source::Address { bytes, .. }) => (*bytes, *bytes),
        None => (convolutions, convolutions),
    })
}

fn first_address(store: &Store, published: &Published) -> String {
    let environment = store.environment();
    let address = match &environment.template {
        Some(template) => template.url(published),
        None => published
            .sources
            .first()
            .map(|source| source.url(&environment.hub))
            .unwrap_or_default(),
    };
    without_secrets(&address)
}

fn file_object(file: &Listed) -> Value {
    let contents = file.contents.as_ref();
    json!({
        "name": file.published.name,
        "path": file.path.to_string_lossy(),
        "origin": file.origin.to_string(),
        "bytes": file.bytes,
        "format": contents.ok().map(|(format, _)| format.to_string()),
        "tensors": contents.ok().map(|(_, tensors)| tensors),
        "error": contents.err(),
        "digest": match file.digests {
            Digests::Published => Some("published"),
            Digests::Recorded => Some("recorded"),
            Digests::None => None,
        },
        "source": file.source,
        "fetched": file.fetched,
        "licence": file.published.licence,
    })
}

fn fetch(networks: &[String], layer: Option<&str>, offline: bool) -> Result<ExitCode, Failure> {
    let store = store(offline)?;
    // All of them are checked before the first is fetched.
    let chosen = networks
        .iter()
        .map(|name| {
            let published = named(name)?;
            Ok((published, wanted(published, layer)?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    for (published, needed) in chosen {
        let name = published.name;
        let mut fetching = Fetching::of(published.name);
        let mut shown = Shown::new();
        let mut failed = None;
        let located = store.obtain(published, &needed, &mut |progress| {
            fetching.hear(progress);
            match shown.show(&fetching) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        shown.end();
        if let Some(error) = failed {
            return Err(error.into());
        }
        let located = located.map_err(Failure::new)?;
        for note in &located.notes {
            output::line(visible(note))?;
        }
        output::line(format!(
            "{name}: {} ({})",
            visible(&located.path.display().to_string()),
            located.origin
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How far it is, where a person looks and where nobody does.
enum Shown {
    Bar(ProgressBar, FetchBar),
    Lines(FetchLines),
}

impl Shown {
    fn new() -> Self {
        if io::stdout().is_terminal() && io::stderr().is_terminal() {
            Self::Bar(ProgressBar::new_spinner(), FetchBar::default())
        } else {
            Self::Lines(FetchLines::default())
        }
    }

    fn show(&mut self, fetching: &Fetching) -> io::Result<()> {
        match self {
            Self::Bar(bar, shown) => shown.show(fetching, bar),
            Self::Lines(lines) => lines.say(fetching),
        }
    }

    fn end(self) {
        if let Self::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
    }
}

fn path(name: &str) -> Result<ExitCode, Failure> {
    let published = named(name)?;
    let store = store(true)?;
    // One that every preset can use, else one that some can.
    let path = match store.locate(published, &wanted(published, None)?) {
        Ok(located) => located.path,
        Err(error) => {
            let is_sound = |file: &Verified| !matches!(file.outcome, Outcome::Damaged(_));
            let verified = store.verify(published, &mut || ControlFlow::Continue(()));
            let sound = verified.into_iter().find(is_sound);
            let refusal = || Failure::new(format!("{error}\n  `stylescope weights fetch {name}`"));
            sound.ok_or_else(refusal)?.path
        }
    };
    output::path(&path)?;
    Ok(ExitCode::SUCCESS)
}

fn verify(networks: &[String]) -> Result<ExitCode, Failure> {
    let store = store(true)?;
    let mut damaged = Vec::new();
    let mut files = 0;
    for published in chosen(networks)? {
        let verified = store.verify(published, &mut || ControlFlow::Continue(()));
        if verified.is_empty() && !networks.is_empty() {
            return Err(Failure::new(format!(
                "the weights of {0} are not on this machine\n  `stylescope weights fetch {0}`",
                published.name
            )));
        }
        for file in verified {
            files += 1;
            let verdict = match file.outcome {
                Outcome::Sound(Digests::Published) => "sound: it is the published file".to_owned(),
                Outcome::Sound(_) => "sound: as it was when it was fetched".to_owned(),
                Outcome::Unchecked => "readable; there is nothing to compare it with".to_owned(),
                Outcome::Damaged(why) => {
                    damaged.push(published.name);
                    format!("damaged: {}", visible(&why))
                }
            };
            say(published.name, &[shown_path(&file.path), verdict])?;
        }
    }
    if files == 0 {
        output::line("no weights are on this machine")?;
    }
    if !damaged.is_empty() {
        return Err(Failure::new(format!(
            "{} of {files} files of weights damaged\n  \
             remove them (`stylescope weights remove {}` for the own cache); the next run fetches them again",
            damaged.len(),
            damaged.join(" ")
        )));
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(networks: &[String], all: bool) -> Result<ExitCode, Failure> {
    let store = store(true)?;
    // With --all none is named.
    for published in chosen(networks)? {
        let removed = store.remove(published).map_err(Failure::new)?;
        for path in &removed.paths {
            output::line(format!("removed {}", shown_path(path)))?;
        }
        if removed.paths.is_empty() && !all {
            let folder = shown_path(store.folder());
            output::line(format!("{}: nothing in {folder}", published.name))?;
        } else if removed.bytes > 0 {
            output::line(format!(
                "{}: {} freed",
                published.name,
                bytes(removed.bytes)
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown_path(path: &Path) -> String {
    visible(&path.display().to_string())
}
