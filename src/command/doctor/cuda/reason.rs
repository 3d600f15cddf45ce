//! Why CUDA is not used, from what was found. Pure.

use crate::command::doctor::section::Mark;
use crate::dashboard::gpu::VISIBLE_DEVICES;
use crate::dashboard::gpu::driver::{Driver, DriverError};
use crate::engine::device::{Cuda, cuda_version};
use crate::preset::visible::visible;

/// Everything that decides whether CUDA is used.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// libtorch has CUDA on this system.
    pub(super) is_linux: bool,
    /// NVIDIA's cards on the PCI bus, with a driver or without.
    pub(super) cards: usize,
    /// What this process has of CUDA.
    pub(super) cuda: Cuda,
    /// libtorch's folder has the file of its CUDA half.
    pub(super) has_cuda_half: bool,
    pub(super) driver: Result<Driver, DriverError>,
    /// [`VISIBLE_DEVICES`].
    pub(super) visible: Option<String>,
    /// What came of computing something on the first device; `None` where there is none.
    pub(super) tried: Option<Result<(), String>>,
}

/// Why CUDA is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("libtorch has CUDA on Linux only")]
    System,
    #[error("there is no NVIDIA card here, and no driver")]
    NoCard,
    #[error("there is an NVIDIA card, but no driver")]
    NoDriver,
    #[error("there is a driver, but this libtorch is without CUDA")]
    NoCudaHalf,
    #[error("libtorch's CUDA half could not be loaded: {0}")]
    NotLoaded(String),
    #[error("NVIDIA's driver was updated, and the old one is still loaded")]
    DriverMismatch,
    #[error(
        "the driver {driver} is too old: it knows CUDA {}.{}, libtorch needs {}.{}",
        knows.0, knows.1, needs.0, needs.1
    )]
    DriverTooOld {
        driver: String,
        knows: (u32, u32),
        needs: (u32, u32),
    },
    #[error("{VISIBLE_DEVICES} is {0:?}, which hides every card")]
    Hidden(String),
    #[error("the driver reports no usable device{0}")]
    NoDevice(String),
    #[error("the first device does not compute: {0}")]
    Unusable(String),
}

impl Reason {
    /// `None` where CUDA is used.
    pub(super) fn of(facts: &Facts) -> Option<Self> {
        if let Some(tried) = &facts.tried {
            let error = tried.as_ref().err()?;
            return Some(Self::Unusable(one_line(error)));
        }
        if !facts.is_linux {
            return Some(Self::System);
        }
        if facts.driver == Err(DriverError::Mismatch) {
            return Some(Self::DriverMismatch);
        }
        match &facts.cuda {
            Cuda::NoDriver if facts.cards > 0 => Some(Self::NoDriver),
            Cuda::NoDriver => Some(Self::NoCard),
            Cuda::NotLoaded(_) if !facts.has_cuda_half => Some(Self::NoCudaHalf),
            Cuda::NotLoaded(reason) => Some(Self::NotLoaded(one_line(reason))),
            Cuda::Loaded { runtime, .. } => Some(Self::without_device(facts, *runtime)),
        }
    }

    /// Everything is loaded, and there is no device.
    fn without_device(facts: &Facts, runtime: Option<(u32, u32)>) -> Self {
        let driver = match &facts.driver {
            Ok(driver) => driver,
            Err(DriverError::NoLibrary | DriverError::Mismatch) => {
                return Self::NoDevice(String::new());
            }
            Err(DriverError::Other(reason)) => {
                return Self::NoDevice(format!(" ({})", one_line(reason)));
            }
        };
        // A driver runs every CUDA of its own major version.
        if let (Some(knows), Some(needs)) = (driver.cuda.map(cuda_version), runtime)
            && knows.0 < needs.0
        {
            return Self::DriverTooOld {
                driver: visible(&driver.version),
                knows,
                needs,
            };
        }
        // An empty value hides every card too.
        let hides = |value: &str| value.trim().is_empty() || driver.card(0, Some(value)).is_none();
        match &facts.visible {
            Some(value) if !driver.cards.is_empty() && hides(value) => Self::Hidden(value.clone()),
            _ => Self::NoDevice(String::new()),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        match self {
            // The CPU does it all the same, and nothing is wrong.
            Self::System | Self::NoCard => Mark::Limited,
            _ => Mark::Fails,
        }
    }

    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::System | Self::NoCard => {
                "a run takes the CPU, where --size 256 is a good beginning"
            }
            Self::NoDriver => {
                "install NVIDIA's driver; in a container: start it with `--gpus all` and NVIDIA's container toolkit"
            }
            Self::NoCudaHalf => {
                "`STYLESCOPE_CUDA=1 make setup` installs libtorch with CUDA (4.7 GB); then build again"
            }
            Self::NotLoaded(_) => {
                "`STYLESCOPE_CUDA=1 make setup` installs a whole libtorch with CUDA; then build again"
            }
            Self::DriverMismatch => "restart the machine, or load the new driver's modules",
            Self::DriverTooOld { .. } => {
                "update NVIDIA's driver, or set LIBTORCH to a libtorch that was built for the older CUDA"
            }
            Self::Hidden(_) => "unset it, or name cards that there are (`nvidia-smi -L`)",
            Self::NoDevice(_) => {
                "see whether `nvidia-smi` shows a card; in a container: start it with `--gpus all`"
            }
            Self::Unusable(_) => {
                "close what uses its memory (`nvidia-smi`); cards older than the Turing ones are too old for this libtorch"
            }
        }
    }

    /// As JSON has it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::System => "system",
            Self::NoCard => "no_card",
            Self::NoDriver => "no_driver",
            Self::NoCudaHalf => "libtorch_without_cuda",
            Self::NotLoaded(_) => "not_loaded",
            Self::DriverMismatch => "driver_mismatch",
            Self::DriverTooOld { .. } => "driver_too_old",
            Self::Hidden(_) => "hidden",
            Self::NoDevice(_) => "no_device",
            Self::Unusable(_) => "unusable",
        }
    }
}

fn one_line(text: &str) -> String {
    visible(text.lines().next().unwrap_or_default().trim())
}
