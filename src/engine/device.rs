//! Which device a run uses, by name. Resolved on the worker thread.

use std::fmt;
use std::str::FromStr;

use tch::Device;

use super::{EngineError, cuda};

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

/// The libtorch device for `choice`.
///
/// # Errors
/// [`EngineError::Device`] for a CUDA device that is not there, saying what is.
pub fn resolve(choice: DeviceChoice) -> Result<Device, EngineError> {
    if choice == DeviceChoice::Cpu {
        return Ok(Device::Cpu);
    }
    let loaded = cuda::load();
    let count = match &loaded {
        Ok(()) if tch::Cuda::is_available() => tch::Cuda::device_count().max(0) as usize,
        _ => 0,
    };
    match choice {
        DeviceChoice::Auto if count == 0 => Ok(Device::Cpu),
        DeviceChoice::Auto => Ok(Device::Cuda(0)),
        DeviceChoice::Cuda(number) if number < count => Ok(Device::Cuda(number)),
        DeviceChoice::Cuda(number) => {
            let reason = match (&loaded, count) {
                (Err(reason), _) => reason.clone(),
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
        DeviceChoice::Cpu => Ok(Device::Cpu),
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
