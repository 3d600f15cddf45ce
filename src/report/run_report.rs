//! What is left of runs, as something to send to a colleague: one HTML file, or one tall picture. Any thread; reads
//! the runs' folders once, when it is made.

mod again;
mod contents;
mod curves;
mod differences;
mod facts;
mod html;
mod material;
mod measures;
mod names;
mod page;
mod table;

use jiff::Zoned;

use self::contents::Contents;
use self::material::{Limits, Material};
use super::loss_chart::ChartError;
use crate::record::folder::inventory::Kept;

/// A report, ready to be written in any format.
#[derive(Debug)]
pub struct RunReport {
    contents: Contents,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No run was named.
    #[error("there is no run to report on")]
    NoRun,
    /// A run has neither losses nor pictures.
    #[error("the run {name} made no step that left anything to report{}", reasons.concat())]
    Nothing {
        /// Its name, safe to be printed.
        name: String,
        /// What cannot be read, each after a line break.
        reasons: Vec<String>,
    },
    /// The drawing library failed.
    #[error(transparent)]
    Drawing(#[from] ChartError),
    /// A picture could not be encoded.
    #[error("cannot encode a picture: {0}")]
    Picture(#[from] image::ImageError),
}

impl RunReport {
    /// Reads the runs; what is broken in them is left out, and the report says so.
    ///
    /// # Errors
    /// Where a run has nothing that could be shown.
    pub fn read(kept: &[Kept], now: &Zoned) -> Result<Self, ReportError> {
        let limits = match kept.len() {
            0 => return Err(ReportError::NoRun),
            1 => Limits {
                result: 1400,
                snapshots: 30,
            },
            2..=4 => Limits {
                result: 900,
                snapshots: 14,
            },
            _ => Limits {
                result: 640,
                snapshots: 8,
            },
        };
        let runs: Vec<Material> = kept
            .iter()
            .map(|kept| Material::read(kept, limits))
            .collect();
        if let Some(empty) = runs.iter().find(|run| run.is_empty()) {
            return Err(ReportError::Nothing {
                name: crate::preset::visible::visible(&empty.folder.name()),
                reasons: empty.notes.iter().map(|note| format!("\n{note}")).collect(),
            });
        }
        let names = names::names(&runs);
        let made = format!(
            "stylescope {}, {}",
            env!("CARGO_PKG_VERSION"),
            now.strftime("%Y-%m-%d %H:%M")
        );
        Ok(Self {
            contents: Contents::new(&runs, &names, made),
        })
    }

    /// One file that refers to nothing outside it.
    ///
    /// # Errors
    /// [`ReportError::Drawing`], [`ReportError::Picture`]
    pub fn html(&self) -> Result<String, ReportError> {
        html::document(&self.contents)
    }

    /// One tall picture that looks the same everywhere, sharp at any size.
    ///
    /// # Errors
    /// [`ReportError::Drawing`]
    pub fn svg(&self) -> Result<String, ReportError> {
        Ok(page::svg(&self.contents)?)
    }

    /// The same in pixels, as a PNG file.
    ///
    /// # Errors
    /// [`ReportError::Drawing`], [`ReportError::Picture`]
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        page::png(&self.contents)
    }
}
