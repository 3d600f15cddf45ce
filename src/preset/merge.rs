//! `extends`: a preset laid over the presets it names, field by field.
//!
//! Reads base files; otherwise pure. Any thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::built_in;
use super::document::{self, Document};
use super::field::{FIELDS, Kind, find, quoted};
use super::nearest::nearest;
use super::problem::Problem;
use super::source::{Place, Source, SourceKind, expand_home, is_path};
use super::value::{Entry, Value};
use super::visible::quote;

/// The fields of a preset and all its bases; the topmost text that names a field wins.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub entries: IndexMap<&'static str, Entry>,
    /// Fields whose value is not known because the text that names them is wrong.
    pub failed: Vec<&'static str>,
    /// The files that were read, the preset's own first; last one that could not be.
    pub files: Vec<PathBuf>,
}

impl Merged {
    pub(super) fn set(&mut self, key: &'static str, mut entry: Entry) {
        if find(key).is_some_and(|field| field.kind == Kind::Path)
            && let Value::Text(path) = &entry.value
        {
            let located = expand_home(path);
            let located = match entry.place.source.folder() {
                Some(folder) => folder.join(located),
                None => located,
            };
            // Absolute, so that a run's folder can be used from elsewhere.
            let located = std::path::absolute(&located).unwrap_or(located);
            // A folder whose name is not UTF-8 cannot stand in a preset; the path as written can.
            if let Some(located) = located.to_str() {
                entry.value = Value::Text(located.to_owned());
            }
        }
        self.failed.retain(|failed| *failed != key);
        self.entries.insert(key, entry);
    }

    pub(super) fn fail(&mut self, key: &'static str) {
        if !self.failed.contains(&key) {
            self.failed.push(key);
        }
    }
}

/// Reads `source` and everything it extends; adds what is wrong with any of them to `problems`.
pub(super) fn with_bases(source: Arc<Source>, problems: &mut Vec<Problem>) -> Merged {
    let mut merged = Merged::default();
    let mut documents: Vec<Document> = Vec::new();
    let mut chain: Vec<Arc<Source>> = Vec::new();
    let mut next = Some(source);
    while let Some(source) = next.take() {
        if let SourceKind::File(path) = &source.kind {
            merged.files.push(path.clone());
        }
        let document = document::read(&source, problems);
        chain.push(Arc::clone(&source));
        if let Some((base, place)) = &document.extends {
            match find_base(base, place, &chain) {
                Ok(base) => next = Some(base),
                Err(problem) => {
                    problems.push(problem);
                    let missing = base_path(base, place);
                    merged
                        .files
                        .extend(missing.filter(|path| !merged.files.contains(path)));
                    // Whatever the base would have said is not known.
                    merged.failed = FIELDS.iter().map(|field| field.key).collect();
                }
            }
        }
        documents.push(document);
    }
    for document in documents.into_iter().rev() {
        for key in document.failed {
            merged.fail(key);
        }
        for (key, entry) in document.entries {
            merged.set(key, entry);
        }
    }
    merged
}

fn find_base(base: &str, place: &Place, chain: &[Arc<Source>]) -> Result<Arc<Source>, Problem> {
    let found = if is_path(base) {
        base_file(base, place)?
    } else {
        base_built_in(base, place)?
    };
    let repeated = chain.iter().position(|source| is_same(source, &found));
    let Some(start) = repeated else {
        return Ok(found);
    };
    let mut names: Vec<&str> = chain
        .iter()
        .skip(start)
        .map(|source| source.label.as_str())
        .collect();
    names.push(&found.label);
    Err(Problem::new("presets extend each other in a circle")
        .at(place.clone(), "this closes the circle")
        .note(names.join(" → "))
        .help("remove one of the `extends` lines"))
}

fn base_file(base: &str, place: &Place) -> Result<Arc<Source>, Problem> {
    if place.source.kind == SourceKind::Text {
        return Err(Problem::new("this preset cannot extend a file")
            .at(place.clone(), "expected the name of a built-in preset")
            .note("it was not read from a folder, so there is nowhere to look"));
    }
    let path = base_path(base, place).unwrap_or_else(|| expand_home(base));
    Source::read_file(&path).map_err(|failure| {
        failure
            .problem(&format!("the base {} cannot be read", quote(base)))
            .at_if_nowhere(place, &failure.reason())
    })
}

/// Where the base lies; None for one that is built in or may not be a file.
fn base_path(base: &str, place: &Place) -> Option<PathBuf> {
    let may_be_file = is_path(base) && place.source.kind != SourceKind::Text;
    may_be_file.then(|| {
        let path = expand_home(base);
        match place.source.folder() {
            Some(folder) => folder.join(path),
            None => path,
        }
    })
}

fn base_built_in(base: &str, place: &Place) -> Result<Arc<Source>, Problem> {
    if let Some(found) = built_in::source(base) {
        return Ok(found);
    }
    let names = built_in::names();
    let near = nearest(base, names.iter().copied());
    let sibling = format!("{base}.toml");
    let is_sibling = !base.is_empty()
        && place
            .source
            .folder()
            .is_some_and(|folder| folder.join(&sibling).is_file());
    let help = if is_sibling {
        Some(format!(
            "to extend the file, write `extends = \"{sibling}\"`"
        ))
    } else {
        near.map(|near| format!("did you mean `{near}`?"))
    };
    Err(
        Problem::new(format!("there is no built-in preset {}", quote(base)))
            .at(
                place.clone(),
                "expected a built-in preset or the path of a file",
            )
            .maybe_help(help)
            .note(format!("built in: {}", quoted(&names))),
    )
}

fn is_same(one: &Source, other: &Source) -> bool {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match (&one.kind, &other.kind) {
        (SourceKind::File(one), SourceKind::File(other)) => canonical(one) == canonical(other),
        (one, other) => one == other && *one != SourceKind::Text,
    }
}
