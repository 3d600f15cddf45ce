//! Saves the picture of a watched run as it is seen, into the current folder. The dashboard's thread `tasks`.

use std::path::PathBuf;

use crate::command::run::plan::unused;
use crate::dashboard::setup::{Keeper, Saved, Saving};
use crate::pixels::{self, TextEntry, WriteOptions};
use crate::preset::to_toml;
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::description::Description;
use crate::record::folder::inventory::Kept;
use crate::record::folder::{PRESET_KEYWORD, RUN_KEYWORD};

/// Knows what the run is called and made of.
#[derive(Debug)]
pub(in crate::command) struct AsSeen {
    name: String,
    description: Description,
}

impl AsSeen {
    pub(in crate::command) fn new(kept: &Kept) -> Self {
        Self {
            name: kept.folder.name(),
            description: kept.description.clone(),
        }
    }
}

impl Keeper for AsSeen {
    fn save(&self, saving: &Saving) -> Result<Saved, String> {
        let step = saving.pictures.step;
        let picture = saving
            .pictures
            .pictures
            .first()
            .ok_or("there is no picture to save")?;
        let description = Description {
            size: Some(picture.dimensions()),
            step,
            seconds: saving.seconds,
            loss: saving.loss,
            ..self.description.clone()
        };
        let texts = [
            TextEntry::new("Software", description.program.clone()),
            TextEntry::new(RUN_KEYWORD, description.provenance(&self.name).to_string()),
            TextEntry::new(PRESET_KEYWORD, to_toml(&saving.loaded.preset)),
        ];
        let path = unused(PathBuf::from(format!("{}-step{step}.png", self.name)));
        pixels::write(&path, picture, WriteOptions::default(), &texts)
            .map_err(|error| error.to_string())?;
        let (width, height) = picture.dimensions();
        let summary = format!(
            "wrote {}: {width}×{height}, {}",
            visible(&path.display().to_string()),
            figure::steps(step)
        );
        Ok(Saved { path, summary })
    }
}
