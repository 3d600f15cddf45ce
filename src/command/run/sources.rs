//! All pictures that a run is made of: the content picture, and one style picture or several. Main thread; reads files.

use std::path::Path;

use super::source::Source;
use crate::cli::{Blend, MorePictures};
use crate::command::Failure;
use crate::engine::input::Candidate;
use crate::preset::visible::visible;
use crate::preset::{ORDINALS, Preset};
use crate::record::figure::{counted, listed};
use crate::record::folder::description::Description;
use crate::record::folder::more_inputs::MoreInputs;

/// The content picture and the style pictures, of which there is at least one.
#[derive(Debug, Clone)]
pub(in crate::command) struct Sources {
    pub(in crate::command) content: Source,
    style: Source,
    more_styles: Vec<Source>,
}

impl Sources {
    /// Content and style picture with what `more` names beside them; nothing is read yet.
    pub(in crate::command) fn new(
        content: Source,
        style: Source,
        more: &MorePictures,
    ) -> Result<Self, Failure> {
        Self::with(content, style, Vec::new(), more)
    }

    /// The same with `further` style pictures between `style` and those that `more` names.
    pub(in crate::command) fn with(
        content: Source,
        style: Source,
        further: Vec<Source>,
        more: &MorePictures,
    ) -> Result<Self, Failure> {
        let count = 1 + further.len() + more.styles.len();
        if count > ORDINALS.len() {
            return Err(Failure::new(format!(
                "{count} style pictures, and at most {} can be used at once\n  leave out some --style",
                ORDINALS.len()
            )));
        }
        let masks = &more.style_masks;
        if !masks.is_empty() && masks.len() != count {
            return Err(Failure::new(format!(
                "{} with --style-mask, and {}\n  give one for each of them, in their order, or none",
                counted(masks.len() as u64, "mask"),
                there_are(count)
            )));
        }
        let mut masks = masks.iter().map(|path| Some(path.as_path()));
        let mut masked = |style: Source| style.masked(masks.next().flatten());
        Ok(Self {
            content: content.masked(more.content_mask.as_deref()),
            style: masked(style),
            more_styles: further
                .into_iter()
                .chain(more.styles.iter().cloned().map(Source::file))
                .map(masked)
                .collect(),
        })
    }

    /// The pictures that a run was made of before; nothing is read yet.
    pub(in crate::command) fn recorded(run: &Description) -> Result<Self, Failure> {
        let mut masks = run.more.style_masks.iter();
        let mut styles = run
            .styles()
            .map(|style| Source::recorded(style, masks.next()))
            .collect::<Result<Vec<_>, _>>()?;
        let style = styles.remove(0);
        Ok(Self {
            content: Source::recorded(&run.content, run.more.content_mask.as_ref())?,
            style,
            more_styles: styles,
        })
    }

    /// Refuses pictures that are not those of `run` any more, once they are read.
    pub(in crate::command) fn check_recorded(&self, run: &Description) -> Result<(), Failure> {
        let now = self.all().map(Source::input);
        let then = std::iter::once(&run.content).chain(run.styles());
        let masks = self.all().filter_map(Source::mask_input);
        let pairs = now.zip(then).chain(masks.zip(run.more.masks()));
        for (now, then) in pairs {
            if now.sha256 != then.sha256 {
                return Err(Failure::new(format!(
                    "{} is another file than the one that the run was made of (SHA-256 {}, and now {})\n  \
                     put the old one back there, or begin a new run",
                    visible(&then.name),
                    then.sha256.as_deref().unwrap_or("unknown"),
                    now.sha256.as_deref().unwrap_or("unknown"),
                )));
            }
        }
        Ok(())
    }

    /// The first style picture.
    pub(in crate::command) fn style(&self) -> &Source {
        &self.style
    }

    /// The other style pictures.
    pub(in crate::command) fn more_styles(&self) -> &[Source] {
        &self.more_styles
    }

    /// All style pictures, in their order.
    fn styles(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.style).chain(&self.more_styles)
    }

    fn all(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.content).chain(self.styles())
    }

    /// Every file that is a picture or a mask.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.all()
            .flat_map(|source| [source.path(), source.mask_path()])
            .flatten()
    }

    /// The masks of the style pictures, in their order.
    pub(in crate::command) fn style_masks(&self) -> impl Iterator<Item = &Path> {
        self.styles().filter_map(Source::mask_path)
    }

    /// Width and height of the content picture, then of every style picture, once they are read.
    pub(super) fn sizes(&self) -> Vec<(u32, u32)> {
        self.all()
            .map(|source| source.picture.dimensions())
            .collect()
    }

    /// Reads all of them, as [`Source::read`].
    pub(in crate::command) fn read(&mut self) -> Result<(), Failure> {
        self.content.read()?;
        self.style.read()?;
        self.more_styles.iter_mut().try_for_each(Source::read)
    }

    /// As the engine takes them, once they are read.
    pub(in crate::command) fn candidate(&self, preset: &Preset) -> Candidate {
        Candidate {
            preset: preset.clone(),
            content: self.content.picture(),
            styles: self.styles().map(Source::picture).collect(),
        }
    }

    /// Refuses what does not go together, once they are read: pictures, masks, and what `preset` says of them.
    pub(super) fn check(&self, preset: &Preset) -> Result<(), Failure> {
        self.all().try_for_each(Source::check_mask)?;
        let candidate = self.candidate(preset);
        candidate.check_pictures()?;
        Ok(candidate.check_sizes()?)
    }

    /// `blend` as the value of `style.blend`, which names the pictures: `{ first = 2.0, second = 1.0 }`
    pub(super) fn blend(&self, blend: &Blend) -> Result<String, Failure> {
        let Blend(shares) = blend;
        let count = self.styles().count();
        if shares.len() != count {
            return Err(Failure::new(format!(
                "--blend has {}, and {}\n  \
                 give one for each of them, in the order of the command line: STYLE, then every --style",
                counted(shares.len() as u64, "weight"),
                there_are(count)
            )));
        }
        let shares: Vec<String> = ORDINALS
            .iter()
            .zip(shares)
            .map(|(ordinal, share)| format!("{ordinal} = {share:?}"))
            .collect();
        Ok(format!("{{ {} }}", shares.join(", ")))
    }

    /// What there is beside the content and the first style picture, as it is recorded.
    pub(in crate::command) fn more_inputs(&self) -> MoreInputs {
        MoreInputs {
            more_styles: self.more_styles.iter().map(Source::input).collect(),
            content_mask: self.content.mask_input(),
            style_masks: self.styles().filter_map(Source::mask_input).collect(),
        }
    }

    /// `a.jpg in the style of b.jpg and c.jpg (mask m.png)`; safe to print.
    pub(in crate::command) fn in_words(&self) -> String {
        let styles: Vec<String> = self.styles().map(Source::in_words).collect();
        format!(
            "{} in the style of {}",
            self.content.in_words(),
            listed(&styles)
        )
    }

    /// What was done to them when they were read, with their names; safe to print.
    pub(in crate::command) fn notes(&self) -> Vec<String> {
        self.all().flat_map(Source::named_notes).collect()
    }
}

/// `there are 2 style pictures`
fn there_are(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("there {verb} {}", counted(count as u64, "style picture"))
}
