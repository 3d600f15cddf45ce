//! Which device a run uses, by name. Resolved on the worker thread.

use std::fmt;
use std::str::FromStr;

use tch::{Device, Kind, Tensor};

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

impl DeviceChoice {
    /// Whether it is the CPU that computes, as far as this machine's devices are known now.
    pub fn is_cpu(self) -> bool {
        resolve(self).is_ok_and(|resolved| resolved.device == Device::Cpu)
    }
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

/// What this process has of CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cuda {
    /// This machine has no NVIDIA driver, so nothing was loaded.
    NoDriver,
    /// There is a driver, but libtorch's CUDA half could not be loaded: the loader's message.
    NotLoaded(String),
    /// It is loaded.
    Loaded {
        /// CUDA devices that libtorch can use.
        count: usize,
        /// The version of CUDA that libtorch was built for, major and minor.
        runtime: Option<(u32, u32)>,
    },
}

/// Loads libtorch's CUDA half where there is a driver, and says what came of it.
pub fn cuda() -> Cuda {
    match cuda::load() {
        Err(Unavailable::NoDriver) => Cuda::NoDriver,
        Err(Unavailable::NotLoaded(reason)) => Cuda::NotLoaded(reason),
        Ok(()) => Cuda::Loaded {
            count: cuda_count(),
            // Asked without it, libtorch throws.
            runtime: tch::utils::has_cudart()
                .then(|| u32::try_from(tch::utils::version_cudart()).ok())
                .flatten()
                .map(cuda_version),
        },
    }
}

/// Major and minor version as CUDA packs them into one number.
pub fn cuda_version(packed: u32) -> (u32, u32) {
    (packed / 1000, packed % 1000 / 10)
}

/// With libtorch's CUDA half loaded.
fn cuda_count() -> usize {
    if tch::Cuda::is_available() {
        usize::try_from(tch::Cuda::device_count()).unwrap_or_default()
    } else {
        0
    }
}

/// Computes something small on `device`: a convolution and its gradient, as a run does.
///
/// # Errors
/// libtorch's own, such as a card that it has no kernels for, or one without free memory.
pub fn try_out(device: Device) -> Result<(), EngineError> {
    let picture =
        Tensor::f_ones([1, 3, 16, 16], (Kind::Float, device))?.f_set_requires_grad(true)?;
    let filters = Tensor::f_ones([4, 3, 3, 3], (Kind::Float, device))?;
    let seen = picture.f_conv2d(&filters, None::<Tensor>, [1, 1], [1, 1], [1, 1], 1)?;
    seen.f_sum(Kind::Float)?.f_backward()?;
    // Reading a number back waits for all that was computed before.
    picture.f_grad()?.f_sum(Kind::Float)?.f_double_value(&[])?;
    Ok(())
}

/// How many threads libtorch computes with on the CPU where nothing else is asked for.
pub fn threads() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1)
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
        Ok(()) => cuda_count(),
        Err(_) => 0,
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
    fn versions_of_cuda_are_unpacked() {
        assert_eq!(cuda_version(12_040), (12, 4));
        assert_eq!(cuda_version(13_000), (13, 0));
    }

    #[test]
    fn the_cpu_computes() {
        try_out(Device::Cpu).unwrap();
        assert!(threads() > 0);
    }

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
