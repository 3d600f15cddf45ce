//! What NVIDIA's management library, a part of the driver, says of the driver and the cards. Any thread;
//! asking takes some milliseconds.

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use super::{Chosen, chosen};

/// A driver that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// Such as `580.65.06`.
    pub version: String,
    /// The newest CUDA it can run, as CUDA packs a version into a number: 13000 is 13.0.
    pub cuda: Option<u32>,
    /// Every card, in the order of the library.
    pub cards: Vec<Card>,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Such as `NVIDIA H200`.
    pub name: String,
    /// Of the card, used or not.
    pub memory_total_bytes: Option<u64>,
    /// Its lasting name, `GPU-` and a number.
    pub uuid: Option<String>,
}

/// Why the driver says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// Its library is not there.
    #[error("the driver's library libnvidia-ml is not here")]
    NoLibrary,
    /// The library was updated, and the old driver is still loaded.
    #[error("the driver that is loaded is not the one that is installed")]
    Mismatch,
    /// Anything else, in the library's words.
    #[error("{0}")]
    Other(String),
}

impl From<NvmlError> for DriverError {
    fn from(error: NvmlError) -> Self {
        match error {
            NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => Self::NoLibrary,
            NvmlError::LibRmVersionMismatch => Self::Mismatch,
            other => Self::Other(other.to_string()),
        }
    }
}

/// Asks the library.
///
/// # Errors
/// [`DriverError`] where it is not there or says nothing.
pub fn ask() -> Result<Driver, DriverError> {
    let nvml = Nvml::init()?;
    let count = nvml.device_count()?;
    let cards = (0..count).filter_map(|index| {
        let device = nvml.device_by_index(index).ok()?;
        Some(Card {
            name: device.name().ok()?,
            memory_total_bytes: device.memory_info().ok().map(|memory| memory.total),
            uuid: device.uuid().ok(),
        })
    });
    Ok(Driver {
        version: nvml.sys_driver_version()?,
        cuda: nvml
            .sys_cuda_driver_version()
            .ok()
            .and_then(|packed| u32::try_from(packed).ok()),
        cards: cards.collect(),
    })
}

impl Driver {
    /// The card that CUDA counts as number `index`, where `visible` is what [`super::VISIBLE_DEVICES`] says.
    pub fn card(&self, index: usize, visible: Option<&str>) -> Option<&Card> {
        match chosen(index, visible)? {
            Chosen::Index(index) => self.cards.get(usize::try_from(index).ok()?),
            // The beginning of a name is enough for CUDA.
            Chosen::Uuid(wanted) => self.cards.iter().find(|card| {
                let uuid = card.uuid.as_deref();
                uuid.is_some_and(|uuid| uuid.starts_with(&wanted))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, uuid: &str) -> Card {
        Card {
            name: name.to_owned(),
            memory_total_bytes: None,
            uuid: Some(uuid.to_owned()),
        }
    }

    #[test]
    fn cards_are_found_as_cuda_counts_them() {
        let driver = Driver {
            version: "580.65.06".to_owned(),
            cuda: Some(13_000),
            cards: vec![card("one", "GPU-aa11"), card("two", "GPU-bb22")],
        };
        let name = |index, visible| driver.card(index, visible).map(|card| card.name.as_str());
        assert_eq!(name(1, None), Some("two"));
        assert_eq!(name(0, Some("1")), Some("two"));
        assert_eq!(name(0, Some("GPU-bb")), Some("two"));
        assert_eq!(name(1, Some("1")), None);
        assert_eq!(name(2, None), None);
    }
}
