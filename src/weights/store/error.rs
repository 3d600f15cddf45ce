//! Why weights cannot be had, and the ways on. Plain values, any thread.

use std::fmt;
use std::path::PathBuf;

use crate::preset::visible::visible;
use crate::weights::cache::CacheError;
use crate::weights::catalogue::{Published, Source};
use crate::weights::http::TransferError;

/// Weights that no folder of this machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// The weights.
    pub published: &'static Published,
    /// The folders that do not have them.
    pub folders: Vec<PathBuf>,
    /// The own file where it has some of the tensors that are needed, but not all.
    pub incomplete: Option<PathBuf>,
    /// Files that were passed over, and why; a line each.
    pub notes: Vec<String>,
}

impl std::error::Error for NotFound {}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the weights of {} are not on this machine",
            self.published.name
        )?;
        for note in &self.notes {
            write!(formatter, "\n  {note}")?;
        }
        if let Some(path) = &self.incomplete {
            let path = path.to_string_lossy();
            write!(formatter, "\n  only some of their tensors are in {path:?}")?;
        }
        for folder in &self.folders {
            write!(formatter, "\n  not in {:?}", folder.to_string_lossy())?;
        }
        Ok(())
    }
}

/// Weights that no source would give.
#[derive(Debug)]
pub struct Sources {
    /// The weights, and where they are not.
    pub missing: NotFound,
    /// Each address that was tried, and why it brought nothing.
    pub failures: Vec<(String, TransferError)>,
}

impl std::error::Error for Sources {}

impl fmt::Display for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the weights of {} cannot be fetched",
            self.missing.published.name
        )?;
        for (address, error) in &self.failures {
            write!(formatter, "\n  {}: {error}", visible(address))?;
        }
        for note in &self.missing.notes {
            write!(formatter, "\n  {note}")?;
        }
        write!(formatter, "\n{}", ways_on(self.missing.published))
    }
}

/// Why there is no file with what is needed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObtainError {
    /// Whoever asked stopped it; what has arrived stays for the next time.
    #[error("fetching was stopped\n  what has arrived is kept: the next attempt goes on there")]
    Stopped,
    /// They would have to be fetched, which is forbidden.
    #[error("{missing}\n  and {said_by} forbids to fetch them\n{}", ways_on(missing.published))]
    Offline {
        /// The option or variable that forbids it.
        said_by: &'static str,
        /// What is missing.
        missing: NotFound,
    },
    /// No source had them.
    #[error(transparent)]
    Sources(Sources),
    /// They were fetched, and were gone or damaged again at once.
    #[error("{0}\n  though they have just been fetched: does something else write to the cache?")]
    NotThere(NotFound),
    /// The cache cannot be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// What else can be done, as three lines.
fn ways_on(published: &Published) -> String {
    let address = published
        .sources
        .iter()
        .find(|source| matches!(source, Source::Address { .. }))
        .or(published.sources.first())
        .map_or_else(String::new, |source| source.url("https://huggingface.co"));
    let hub = if published.is_on_hub() {
        "HF_ENDPOINT or "
    } else {
        ""
    };
    format!(
        "  three ways on: fetch {address} elsewhere, and give the file with --weights FILE;\n  \
         or name a mirror by {hub}STYLESCOPE_WEIGHTS_URL=https://mirror.example/{{file}};\n  \
         or use `-p demo`, which needs no weights"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::catalogue;

    #[test]
    fn each_way_on_is_named() {
        let missing = NotFound {
            published: catalogue::named("vgg19").unwrap(),
            folders: vec!["/cache\u{1b}".into()],
            incomplete: None,
            notes: vec!["passed over: a".to_owned()],
        };
        let offline = ObtainError::Offline {
            said_by: "STYLESCOPE_OFFLINE",
            missing: missing.clone(),
        };
        let sources = ObtainError::Sources(Sources {
            missing,
            failures: vec![("https://a.example".to_owned(), TransferError::WebPage)],
        });
        for (error, own) in [
            (offline, "STYLESCOPE_OFFLINE forbids"),
            (sources, "web page"),
        ] {
            let text = error.to_string();
            for words in [
                own,
                "passed over: a",
                "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
                "--weights FILE",
                "HF_ENDPOINT",
                "STYLESCOPE_WEIGHTS_URL=",
                "-p demo",
            ] {
                assert!(text.contains(words), "{words} in {text}");
            }
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }

    #[test]
    fn a_mirror_of_the_hub_is_no_way_to_what_is_not_on_it() {
        let ways = ways_on(catalogue::named("squeezenet1_0").unwrap());
        assert!(!ways.contains("HF_ENDPOINT"), "{ways}");
        assert!(
            ways.contains("a mirror by STYLESCOPE_WEIGHTS_URL="),
            "{ways}"
        );
    }
}
