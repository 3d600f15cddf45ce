//! How busy the GPU is, asked of NVIDIA's management library once a second. Thread "gpu"; there is none
//! where the run is on the CPU or the library is missing. What the library knows of driver and cards
//! ([`driver`]) is asked by any thread.

pub mod driver;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::{Device, Nvml};

const INTERVAL: Duration = Duration::from_secs(1);

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GpuLoad {
    /// Of all programs.
    pub(super) memory_used_bytes: u64,
    pub(super) memory_total_bytes: u64,
    /// 0 to 100.
    pub(super) load_percent: u32,
    pub(super) temperature_celsius: Option<u32>,
}

/// The readings end when this is dropped.
#[derive(Debug)]
pub(super) struct GpuWatch {
    stop: Arc<AtomicBool>,
}

impl GpuWatch {
    /// Watches the device that libtorch calls `name` (`cuda:0`); `None` for any other kind, or where
    /// nothing can be read.
    pub(super) fn start(name: &str, send: impl Fn(GpuLoad) + Send + 'static) -> Option<Self> {
        let index: usize = name.strip_prefix("cuda:")?.parse().ok()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new()
            .name("gpu".to_owned())
            .spawn(move || {
                let Ok(nvml) = Nvml::init() else { return };
                let visible = std::env::var(VISIBLE_DEVICES).ok();
                let Some(device) = device(&nvml, index, visible.as_deref()) else {
                    return;
                };
                while !stopped.load(Ordering::Relaxed) {
                    if let Some(load) = read(&device) {
                        send(load);
                    }
                    std::thread::sleep(INTERVAL);
                }
            })
            .ok()?;
        Some(Self { stop })
    }
}

impl Drop for GpuWatch {
    fn drop(&mut self) {
        // Not joined: it sleeps, and owns nothing that matters.
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The variable that hides cards from CUDA and changes their order.
pub const VISIBLE_DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// CUDA counts only the devices that `CUDA_VISIBLE_DEVICES` names, in its order; the management library
/// counts all of them.
fn device<'nvml>(nvml: &'nvml Nvml, index: usize, visible: Option<&str>) -> Option<Device<'nvml>> {
    match chosen(index, visible)? {
        Chosen::Index(index) => nvml.device_by_index(index).ok(),
        Chosen::Uuid(uuid) => nvml.device_by_uuid(uuid).ok(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Chosen {
    Index(u32),
    Uuid(String),
}

fn chosen(index: usize, visible: Option<&str>) -> Option<Chosen> {
    let Some(visible) = visible.filter(|visible| !visible.trim().is_empty()) else {
        return Some(Chosen::Index(u32::try_from(index).ok()?));
    };
    let entry = visible.split(',').nth(index)?.trim();
    match entry.parse() {
        Ok(index) => Some(Chosen::Index(index)),
        Err(_) if entry.starts_with("GPU-") || entry.starts_with("MIG-") => {
            Some(Chosen::Uuid(entry.to_owned()))
        }
        Err(_) => None,
    }
}

fn read(device: &Device<'_>) -> Option<GpuLoad> {
    let memory = device.memory_info().ok()?;
    Some(GpuLoad {
        memory_used_bytes: memory.used,
        memory_total_bytes: memory.total,
        load_percent: device.utilization_rates().ok()?.gpu,
        temperature_celsius: device.temperature(TemperatureSensor::Gpu).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_devices_are_counted_as_cuda_does() {
        assert_eq!(chosen(1, None), Some(Chosen::Index(1)));
        assert_eq!(chosen(1, Some("3,5")), Some(Chosen::Index(5)));
        let uuid = Chosen::Uuid("GPU-ab12".to_owned());
        assert_eq!(chosen(0, Some("GPU-ab12, 2")), Some(uuid));
        assert_eq!(chosen(2, Some("3,5")), None);
        assert_eq!(chosen(0, Some("")), Some(Chosen::Index(0)));
    }
}
