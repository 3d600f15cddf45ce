//! Which device a run uses, by name. Resolved on the worker thread.

use std::fmt;
use std::str::FromStr;

use tch::Device;

use super::EngineError;
use super::cuda::{self, Unavailable};

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first CUDA device where there is one, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by its number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| "expected auto, cpu, cuda or cuda:N".to_owned()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// A device, and what a person should know about how it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Where to compute.
    pub device: Device,
    /// Why `auto` is not what one might expect.
    pub note: Option<String>,
}

impl Resolved {
    fn to(device: Device) -> Self {
        Self { device, note: None }
    }
}

/// The libtorch device for `choice`.
///
/// # Errors
/// [`EngineError::Device`] for a CUDA device that is not there, saying what is.
pub fn resolve(choice: DeviceChoice) -> Result<Resolved, EngineError> {
    if choice == DeviceChoice::Cpu {
        return Ok(Resolved::to(Device::Cpu));
    }
    let loaded = cuda::load();
    let count = match &loaded {
        Ok(()) if tch::Cuda::is_available() => tch::Cuda::device_count().max(0) as usize,
        _ => 0,
    };
    match choice {
        DeviceChoice::Auto if count == 0 => Ok(Resolved {
            device: Device::Cpu,
            note: match loaded {
                Err(reason @ Unavailable::NotLoaded(_)) => {
                    Some(format!("on the CPU, since {reason}"))
                }
                Err(Unavailable::NoDriver) | Ok(()) => None,
            },
        }),
        DeviceChoice::Auto => Ok(Resolved::to(Device::Cuda(0))),
        DeviceChoice::Cuda(number) if number < count => Ok(Resolved::to(Device::Cuda(number))),
        DeviceChoice::Cuda(number) => {
            let reason = match (&loaded, count) {
                (Err(reason), _) => reason.to_string(),
                (Ok(()), 0) => "the driver reports no usable device".to_owned(),
                (Ok(()), 1) => "this machine has one CUDA device, cuda:0".to_owned(),
                (Ok(()), count) => {
                    format!(
                        "this machine has {count} CUDA devices, cuda:0 to cuda:{}",
                        count - 1
                    )
                }
            };
            Err(EngineError::Device(format!(
                "there is no device cuda:{number}: {reason}\n  use --device auto or --device cpu"
            )))
        }
        DeviceChoice::Cpu => Ok(Resolved::to(Device::Cpu)),
    }
}

/// How a person calls a device.
pub fn name(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".to_owned(),
        Device::Cuda(number) => format!("cuda:{number}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_nonsense() {
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        for nonsense in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert!(nonsense.parse::<DeviceChoice>().is_err(), "{nonsense}");
        }
    }
}
