//! What is left of runs, as something to send to a colleague: one HTML file, or one tall picture. Any thread; reads
//! the runs' folders once, when it is made.

mod again;
mod cards;
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
    /// No run has losses or pictures.
    #[error(
        "nothing to report: {} left neither losses nor pictures\n`stylescope runs list` shows how far each run came",
        names.join(", ")
    )]
    Nothing {
        /// What the runs' folders are called, and why they hold nothing where that is known; safe to be printed.
        names: Vec<String>,
    },
    /// The drawing library failed.
    #[error(transparent)]
    Drawing(#[from] ChartError),
    /// A picture could not be encoded.
    #[error("cannot encode a picture: {0}")]
    Picture(#[from] image::ImageError),
}

impl RunReport {
    /// Reads the runs; what is broken in them, or says nothing yet, is left out, and the report says so.
    ///
    /// # Errors
    /// Where no run has anything that could be shown.
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
        let (empty, runs): (Vec<Material>, Vec<Material>) = kept
            .iter()
            .map(|kept| Material::read(kept, limits))
            .partition(Material::is_empty);
        let names: Vec<String> = empty.iter().map(Material::in_words).collect();
        if runs.is_empty() {
            return Err(ReportError::Nothing { names });
        }
        let left_out = names
            .into_iter()
            .map(|name| format!("Not shown: {name}. It left neither losses nor pictures."));
        let names = names::names(&runs);
        let made = format!(
            "stylescope {}, {}",
            env!("CARGO_PKG_VERSION"),
            now.strftime("%Y-%m-%d %H:%M")
        );
        Ok(Self {
            contents: Contents::new(&runs, &names, left_out.collect(), made),
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
