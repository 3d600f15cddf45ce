//! The NVIDIA cards, their driver, and why they are not used where they are not. Main thread.

mod reason;

use std::path::Path;

use serde_json::{Value, json};

use self::reason::{Facts, Reason};
use super::section::Section;
use crate::dashboard::gpu::VISIBLE_DEVICES;
use crate::dashboard::gpu::driver::{self, DriverError};
use crate::engine::device::{self, Cuda, DeviceChoice, cuda_version};
use crate::engine::library;
use crate::preset::visible::visible;
use crate::record::figure;

/// Asks driver, system and libtorch.
pub(super) fn section() -> Section {
    let cuda = device::cuda();
    let driver = match &cuda {
        // Its library may lie about where there is no driver, and then takes its time to find out.
        Cuda::NoDriver => Err(DriverError::NoLibrary),
        _ => driver::ask(),
    };
    let has_device = matches!(cuda, Cuda::Loaded { count: 1.., .. });
    let facts = Facts {
        is_linux: cfg!(target_os = "linux"),
        cards: cards_on_the_bus(Path::new("/sys/bus/pci/devices")),
        has_cuda_half: library::folder()
            .is_some_and(|folder| folder.join("libtorch_cuda.so").exists()),
        driver,
        visible: std::env::var_os(VISIBLE_DEVICES)
            .map(|value| value.to_string_lossy().into_owned()),
        tried: has_device.then(|| {
            device::resolve(DeviceChoice::Cuda(0))
                .and_then(|resolved| device::try_out(resolved.device))
                .map_err(|error| error.to_string())
        }),
        cuda,
    };
    describe(&facts)
}

/// NVIDIA's display controllers.
fn cards_on_the_bus(devices: &Path) -> usize {
    let Ok(entries) = devices.read_dir() else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let begins = |file: &str, with: &str| {
                std::fs::read_to_string(entry.path().join(file))
                    .is_ok_and(|text| text.trim().starts_with(with))
            };
            begins("vendor", "0x10de") && begins("class", "0x03")
        })
        .count()
}

fn describe(facts: &Facts) -> Section {
    let reason = Reason::of(facts);
    let (count, runtime) = match facts.cuda {
        Cuda::Loaded { count, runtime } => (count, runtime),
        Cuda::NoDriver | Cuda::NotLoaded(_) => (0, None),
    };
    let devices: Vec<Value> = (0..count)
        .map(|index| device_as_json(facts, index))
        .collect();
    let driver = facts.driver.as_ref().ok();
    let version = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    let driver_cuda = driver
        .and_then(|driver| driver.cuda)
        .map(|packed| version(cuda_version(packed)));
    let driver_error = match (&facts.cuda, &facts.driver) {
        // It was not asked.
        (Cuda::NoDriver, _) | (_, Ok(_)) => None,
        (_, Err(error)) => Some(error.to_string()),
    };
    let data = json!({
        "used": reason.is_none(),
        "default_device": if reason.is_none() { "cuda:0" } else { "cpu" },
        "devices": devices,
        "reason": reason.as_ref().map(Reason::word),
        "driver": driver.map(|driver| driver.version.clone()),
        "driver_error": driver_error,
        "driver_cuda": driver_cuda,
        "libtorch_cuda": runtime.map(version),
        "libtorch_has_cuda": facts.has_cuda_half,
        "loader": match &facts.cuda {
            Cuda::NotLoaded(reason) => Some(reason.clone()),
            _ => None,
        },
        "cards_on_the_bus": facts.cards,
        "cuda_visible_devices": facts.visible,
    });
    let mut section = Section {
        name: "CUDA",
        ..Section::new("cuda", data)
    };
    if let Some(reason) = reason {
        section.say(format!("not used: {reason}"));
        section.mark = reason.mark();
        section.advice.push(reason.advice().to_owned());
        return section;
    }
    for index in 0..count {
        section.say(device_in_words(facts, index));
    }
    if let Some(driver) = driver {
        let newest = driver_cuda.map(|cuda| format!(", up to CUDA {cuda}"));
        section.say(format!(
            "driver {}{}",
            visible(&driver.version),
            newest.unwrap_or_default()
        ));
        if driver.cards.len() > count
            && let Some(value) = &facts.visible
        {
            section.say(format!(
                "{VISIBLE_DEVICES} is {value:?}: {count} of {} cards",
                driver.cards.len()
            ));
        }
    }
    if count > 1 {
        section.say("a run takes cuda:0; --device cuda:1 takes another");
    }
    section
}

fn device_in_words(facts: &Facts, index: usize) -> String {
    let card = facts.driver.as_ref().ok();
    let card = card.and_then(|driver| driver.card(index, facts.visible.as_deref()));
    let name = card.map(|card| format!(" {}", visible(&card.name)));
    let memory = card.and_then(|card| card.memory_total_bytes);
    let memory = memory.map(|bytes| format!(", {}", figure::bytes(bytes)));
    format!(
        "cuda:{index}{}{}",
        name.unwrap_or_default(),
        memory.unwrap_or_default()
    )
}

fn device_as_json(facts: &Facts, index: usize) -> Value {
    let card = facts.driver.as_ref().ok();
    let card = card.and_then(|driver| driver.card(index, facts.visible.as_deref()));
    json!({
        "name": format!("cuda:{index}"),
        "card": card.map(|card| card.name.clone()),
        "memory_bytes": card.and_then(|card| card.memory_total_bytes),
    })
}

#[cfg(test)]
mod tests;
