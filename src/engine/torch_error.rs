//! What libtorch's messages say of memory. Pure; any thread.

/// How libtorch, its allocators and the libraries below it say that there is no memory.
const OUT_OF_MEMORY: [&str; 6] = [
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
];

/// Whether `text` says that memory did not suffice.
pub(super) fn is_out_of_memory(text: &str) -> bool {
    OUT_OF_MEMORY.iter().any(|words| text.contains(words))
}

/// How much was asked for, where `text`, which says that memory did not suffice, tells.
pub(super) fn memory_asked_for(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("ried to allocate ")?;
    let mut words = rest.split_whitespace();
    let number = words.next()?.parse::<f64>().ok()?;
    let unit = words.next()?.trim_end_matches(['.', ',', ';']);
    Some(match unit {
        "bytes" => in_words(number),
        unit => format!("{number} {unit}"),
    })
}

/// As CUDA's allocator says it.
fn in_words(bytes: f64) -> String {
    const UNITS: [&str; 4] = ["bytes", "KiB", "MiB", "GiB"];
    let mut size = bytes;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while size >= 1024.0
        && let Some(next) = units.next()
    {
        size /= 1024.0;
        unit = Some(next);
    }
    let digits = if bytes < 1024.0 { 0 } else { 2 };
    format!("{size:.digits$} {}", unit.unwrap_or(&"bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allocator_is_understood() {
        for (text, asked) in [
            (
                "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 3 GiB",
                Some("2.5 GiB"),
            ),
            (
                "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried to \
                 allocate 4831838208 bytes. Error code 12 (Cannot allocate memory)",
                Some("4.50 GiB"),
            ),
            (
                "[enforce fail at alloc_cpu.cpp:75] data. DefaultCPUAllocator: not enough memory: you tried to \
              allocate 512 bytes.",
                Some("512 bytes"),
            ),
            ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", None),
            ("CUDA error: out of memory", None),
        ] {
            assert!(is_out_of_memory(text), "{text}");
            assert_eq!(memory_asked_for(text).as_deref(), asked, "{text}");
        }
        assert!(!is_out_of_memory("The size of tensor a (3) must match"));
    }

    /// What libtorch really says on this machine's CPU.
    #[test]
    fn an_allocation_that_nobody_can_make_is_recognised() {
        let error = tch::Tensor::f_zeros([1 << 50], (tch::Kind::Float, tch::Device::Cpu))
            .unwrap_err()
            .to_string();
        assert!(is_out_of_memory(&error), "{error}");
        assert_eq!(
            memory_asked_for(&error).as_deref(),
            Some("4194304.00 GiB"),
            "{error}"
        );
    }
}
