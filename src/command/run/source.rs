//! A picture that a run is made of, with its mask: where it is from, and what was read. Main thread; reads files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::Rgb32FImage;

use crate::command::{Failure, demo};
use crate::engine::input::Picture;
use crate::pixels::{self, Mask, MaskError};
use crate::preset::visible::visible;
use crate::record::folder::description::Input;

/// Characters of a picture's name that go into the name of the result, so that it is not too long.
const LONGEST_STEM: usize = 60;

/// A picture and where it is from.
#[derive(Debug, Clone)]
pub(in crate::command) struct Source {
    /// The path as given, or what a drawn picture is called.
    name: String,
    /// Of a file.
    path: Option<PathBuf>,
    /// SHA-256 of the file, empty for a drawn picture.
    sha256: String,
    /// RGB in [0, 1].
    pub(in crate::command) picture: Arc<Rgb32FImage>,
    /// What was done to it when it was read, in words.
    notes: Vec<String>,
    mask: Option<MaskSource>,
}

impl Source {
    /// A file that [`Source::read`] reads.
    pub(in crate::command) fn file(path: PathBuf) -> Self {
        Self {
            name: path.display().to_string(),
            path: Some(path),
            sha256: String::new(),
            picture: Arc::default(),
            notes: Vec::new(),
            mask: None,
        }
    }

    /// A picture that is there already.
    pub(in crate::command) fn drawn(name: &str, picture: Arc<Rgb32FImage>) -> Self {
        Self {
            name: name.to_owned(),
            path: None,
            sha256: String::new(),
            picture,
            notes: Vec::new(),
            mask: None,
        }
    }

    /// A picture that a run was made of before, and its mask: files by their whole paths, and drawn ones by their names.
    pub(in crate::command) fn recorded(
        input: &Input,
        mask: Option<&Input>,
    ) -> Result<Self, Failure> {
        let source = match &input.path {
            Some(path) => Self {
                name: input.name.clone(),
                ..Self::file(path.into())
            },
            None => Self::drawn(&input.name, Arc::new(drawn_as(&input.name)?)),
        };
        let Some(mask) = mask else { return Ok(source) };
        if let Some(path) = &mask.path {
            let file = MaskSource {
                name: mask.name.clone(),
                ..MaskSource::file(Path::new(path))
            };
            return Ok(Self {
                mask: Some(file),
                ..source
            });
        }
        let regions = Mask::of(&drawn_as(&mask.name)?)
            .map_err(|colours| Failure::new(format!("a drawn mask has {colours} colours")))?;
        Ok(source.with_mask(&mask.name, Arc::new(regions)))
    }

    /// The same with the mask at `path`, where there is one.
    pub(super) fn masked(self, path: Option<&Path>) -> Self {
        Self {
            mask: path.map(MaskSource::file).or(self.mask),
            ..self
        }
    }

    /// The same with a mask that is there already.
    pub(in crate::command) fn with_mask(self, name: &str, mask: Arc<Mask>) -> Self {
        Self {
            mask: Some(MaskSource::drawn(name, mask)),
            ..self
        }
    }

    /// The path as given, or what a drawn picture is called.
    pub(in crate::command) fn name(&self) -> &str {
        &self.name
    }

    /// Of a file.
    pub(in crate::command) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The mask's file.
    pub(in crate::command) fn mask_path(&self) -> Option<&Path> {
        self.mask.as_ref().and_then(|mask| mask.path.as_deref())
    }

    /// Reads picture and mask, where that has not been done: of a file that several runs use there is only one.
    pub(super) fn read(&mut self) -> Result<(), Failure> {
        if let Some(path) = self.path.as_ref().filter(|_| self.picture.is_empty()) {
            let decoded = pixels::read(path).map_err(Failure::new)?;
            self.sha256 = decoded.sha256;
            self.notes = decoded.notes.iter().map(ToString::to_string).collect();
            self.picture = Arc::new(decoded.picture);
        }
        match &mut self.mask {
            Some(mask) => mask.read(),
            None => Ok(()),
        }
    }

    /// Refuses a mask of another size than the picture's, both upright.
    pub(super) fn check_mask(&self) -> Result<(), Failure> {
        let picture = self.picture.dimensions();
        let Some(mask) = &self.mask else {
            return Ok(());
        };
        match mask.mask.as_ref().map(|mask| mask.size()) {
            Some(size) if size != picture => Err(Failure::new(format!(
                "the mask {} has {}×{} pixels, and its picture {} has {}×{}\n  \
                 a mask has the size of its picture: make it from the picture as it is",
                visible(&mask.name),
                size.0,
                size.1,
                visible(&self.name),
                picture.0,
                picture.1
            ))),
            _ => Ok(()),
        }
    }

    /// As the engine takes it.
    pub(super) fn picture(&self) -> Picture {
        Picture {
            picture: Arc::clone(&self.picture),
            mask: self.mask.as_ref().and_then(|mask| mask.mask.clone()),
        }
    }

    /// As it is recorded.
    pub(in crate::command) fn input(&self) -> Input {
        as_recorded(self.path.as_deref(), &self.name, &self.sha256)
    }

    /// The mask as it is recorded.
    pub(super) fn mask_input(&self) -> Option<Input> {
        let mask = self.mask.as_ref()?;
        Some(as_recorded(mask.path.as_deref(), &mask.name, &mask.sha256))
    }

    /// `photo.jpg`, `photo.jpg (mask regions.png)`; safe to print.
    pub(super) fn in_words(&self) -> String {
        let name = visible(&self.name);
        match &self.mask {
            Some(mask) => format!("{name} (mask {})", visible(&mask.name)),
            None => name,
        }
    }

    /// What was done to picture and mask when they were read, in words.
    pub(super) fn notes(&self) -> Vec<String> {
        let of_mask = self.mask.iter().flat_map(|mask| {
            let notes = mask.notes.iter();
            notes.map(|note| format!("its mask {}: {note}", visible(&mask.name)))
        });
        self.notes.iter().cloned().chain(of_mask).collect()
    }

    /// The same with the picture's name before each; safe to print.
    pub(super) fn named_notes(&self) -> Vec<String> {
        let name = visible(&self.name);
        let notes = self.notes().into_iter();
        notes.map(|note| format!("{name}: {note}")).collect()
    }

    /// The name without folder and extension, to build other names from.
    pub(in crate::command) fn stem(&self) -> String {
        match self.path.as_deref().and_then(Path::file_stem) {
            Some(stem) => stem.to_string_lossy().chars().take(LONGEST_STEM).collect(),
            None => self.name.replace(' ', "-"),
        }
    }
}

fn drawn_as(name: &str) -> Result<Rgb32FImage, Failure> {
    demo::drawn(name).ok_or_else(|| {
        Failure::new(format!(
            "the run was made of the picture {:?}, which was no file, and this program draws none of that name",
            visible(name)
        ))
    })
}

/// A picture or mask as it is recorded: one that was drawn has only its name.
fn as_recorded(path: Option<&Path>, name: &str, sha256: &str) -> Input {
    match path {
        Some(path) => Input::file(path, Some(sha256.to_owned())),
        None => Input {
            name: name.to_owned(),
            ..Input::default()
        },
    }
}

/// A mask and where it is from.
#[derive(Debug, Clone)]
struct MaskSource {
    /// The path as given, or what a drawn mask is called.
    name: String,
    /// Of a file.
    path: Option<PathBuf>,
    /// SHA-256 of the file, once it is read; empty for a drawn mask.
    sha256: String,
    mask: Option<Arc<Mask>>,
    notes: Vec<String>,
}

impl MaskSource {
    /// A file that [`MaskSource::read`] reads.
    fn file(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            path: Some(path.to_owned()),
            sha256: String::new(),
            mask: None,
            notes: Vec::new(),
        }
    }

    /// A mask that is there already.
    fn drawn(name: &str, mask: Arc<Mask>) -> Self {
        Self {
            name: name.to_owned(),
            path: None,
            sha256: String::new(),
            mask: Some(mask),
            notes: Vec::new(),
        }
    }

    fn read(&mut self) -> Result<(), Failure> {
        let Some(path) = self.path.as_ref().filter(|_| self.mask.is_none()) else {
            return Ok(());
        };
        let decoded = pixels::read(path).map_err(Failure::new)?;
        let mask = Mask::of(&decoded.picture).map_err(|found| {
            Failure::new(MaskError::TooManyColours {
                path: path.clone(),
                found,
            })
        })?;
        self.sha256 = decoded.sha256;
        self.notes = decoded.notes.iter().map(ToString::to_string).collect();
        self.mask = Some(Arc::new(mask));
        Ok(())
    }
}
