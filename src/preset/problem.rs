//! What is wrong with a preset, and how it is told: every problem with its place, the line itself
//! and what to do.
//!
//! Values that own their texts; any thread.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::source::{Place, Source};
use super::visible::{visible, visible_offset, visible_source};

/// Nobody reads further, and a file of nonsense must not take seconds to describe.
const MOST_SHOWN: usize = 40;

/// One thing that is wrong. Small, so that results that carry one stay small.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    /// What is wrong, in one line.
    title: String,
    /// The value it is about and what is said under it.
    primary: Option<(Place, String)>,
    /// Other values that explain it.
    context: Vec<(Place, String)>,
    notes: Vec<String>,
    /// The note without which the title says too little.
    reason: Option<String>,
    /// What to do next.
    helps: Vec<String>,
}

impl Problem {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self(Box::new(Details {
            title: title.into(),
            primary: None,
            context: Vec::new(),
            notes: Vec::new(),
            reason: None,
            helps: Vec::new(),
        }))
    }

    /// Points at the value; `label` is said under it.
    pub(super) fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.0.primary = Some((place, label.into()));
        self
    }

    /// Points at the value where the problem has no place of its own; otherwise as context.
    pub(super) fn at_if_nowhere(self, place: &Place, label: &str) -> Self {
        if self.0.primary.is_none() {
            self.at(place.clone(), label)
        } else {
            self.with_context(place.clone(), "named here")
        }
    }

    /// Points at another value as well.
    pub(super) fn with_context(mut self, place: Place, label: impl Into<String>) -> Self {
        self.0.context.push((place, label.into()));
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// A note that is said in a summary, too.
    pub(super) fn because(mut self, reason: String) -> Self {
        self.0.reason = Some(reason.clone());
        self.note(reason)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.helps.push(help.into());
        self
    }

    pub(super) fn maybe_help(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.0.primary.as_ref().map(|(place, _)| place)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(visible(&self.0.title)));
        if let Some((place, label)) = &self.0.primary {
            let (same, other): (Vec<_>, Vec<_>) = self
                .0
                .context
                .iter()
                .partition(|(other, _)| Arc::ptr_eq(&other.source, &place.source));
            let first = annotation(AnnotationKind::Primary, place, label);
            let others = same
                .into_iter()
                .map(|(place, label)| annotation(AnnotationKind::Context, place, label));
            group = group.element(snippet(&place.source).annotation(first).annotations(others));
            for (place, label) in other {
                let mark = annotation(AnnotationKind::Context, place, label);
                group = group.element(snippet(&place.source).annotation(mark));
            }
        }
        for note in &self.0.notes {
            group = group.element(Level::NOTE.message(visible(note)));
        }
        for help in &self.0.helps {
            group = group.element(Level::HELP.message(visible(help)));
        }
        renderer.render(&[group])
    }
}

/// The text of a source as a snippet. Characters a terminal would act on are replaced first.
fn snippet(source: &Source) -> Snippet<'_, Annotation<'_>> {
    Snippet::source(visible_source(&source.text)).path(visible(&source.label))
}

fn annotation<'a>(kind: AnnotationKind, place: &Place, label: &str) -> Annotation<'a> {
    kind.span(shown_span(place)).label(visible(label))
}

/// The span in the text as it is shown, cut at the end of its first line: a caret under one value
/// says more than a bracket around a table.
fn shown_span(place: &Place) -> Range<usize> {
    let text = &place.source.text;
    let start = place.span.start.min(text.len());
    let end = place.span.end.clamp(start, text.len());
    let end = text
        .get(start..end)
        .and_then(|covered| covered.find('\n'))
        .map_or(end, |newline| start + newline);
    visible_offset(text, start)..visible_offset(text, end)
}

/// Why a preset cannot be used: all its problems, not only the first.
#[derive(Debug, Clone, thiserror::Error)]
pub struct PresetError {
    problems: Vec<Problem>,
    files: Vec<PathBuf>,
}

impl PresetError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            files: Vec::new(),
        }
    }

    pub(super) fn with_files(self, files: Vec<PathBuf>) -> Self {
        Self { files, ..self }
    }

    /// The files that were read or looked for: what to watch until the preset is mended. Empty where
    /// no file had a part in it.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// All problems, each with its place, the line with a caret under the value, and what to do;
    /// `styled` adds colours. Ends without a newline. Safe to print whatever the file held.
    #[must_use]
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled {
            Renderer::styled().hyperlink(false)
        } else {
            Renderer::plain()
        };
        let mut parts: Vec<String> = self
            .problems
            .iter()
            .take(MOST_SHOWN)
            .map(|problem| problem.render(&renderer))
            .collect();
        if let Some(hidden @ 1..) = self.problems.len().checked_sub(MOST_SHOWN) {
            parts.push(format!("… and {hidden} more errors"));
        }
        parts.join("\n\n")
    }

    /// One line without a newline for places that have no more room:
    /// `mine.toml:3:10: `style.weight` is out of range, expected … (and 2 more)`.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.place() {
            Some(place) => format!("{place}: {}{}", self.fault(), self.more()),
            None => format!("{}{}", self.fault(), self.more()),
        }
    }

    /// The same for places where the end may be lost: `` `style.weight` is out of range, expected … (mine.toml:3:10)``.
    #[must_use]
    pub fn fault_and_place(&self) -> String {
        match self.place() {
            Some(place) => format!("{} ({place}){}", self.fault(), self.more()),
            None => format!("{}{}", self.fault(), self.more()),
        }
    }

    /// Where the first problem is: `mine.toml:3:10`.
    fn place(&self) -> Option<String> {
        let place = self.problems.first()?.place()?;
        let (line, column) = place.line_and_column();
        Some(format!("{}:{line}:{column}", visible(&place.source.label)))
    }

    /// What the first problem is.
    fn fault(&self) -> String {
        let Some(first) = self.problems.first() else {
            return String::new();
        };
        let more = match (&first.0.primary, &first.0.reason) {
            (Some((_, label)), _) if !label.is_empty() => format!(", {}", visible(label)),
            (None, Some(reason)) => format!(": {}", visible(reason)),
            _ => String::new(),
        };
        format!("{}{more}", visible(&first.0.title))
    }

    fn more(&self) -> String {
        match self.problems.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        }
    }

    /// How many problems there are, at least 1.
    #[must_use]
    pub fn problem_count(&self) -> usize {
        self.problems.len()
    }
}

impl fmt::Display for PresetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}
