//! Versions, the libtorch that is in use, and its threads. Main thread.

use std::path::Path;
use std::thread::available_parallelism;

use serde_json::{Value, json};

use super::section::{Mark, Section, shown};
use crate::engine::device::{self, DeviceChoice};
use crate::engine::library;
use crate::preset::visible::visible;

/// What OpenMP, and libtorch with it, is told by people about threads.
const THREADS_VARIABLE: &str = "OMP_NUM_THREADS";

/// The first line: what this is and where it runs.
pub(super) fn title() -> String {
    format!(
        "stylescope {}, {} {}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// The system, as data.
pub(super) fn system() -> Value {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    json!({
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "kernel": kernel.map(|kernel| kernel.trim().to_owned()),
    })
}

pub(super) fn libtorch() -> Section {
    let mut section =
        describe_libtorch(library::folder().as_deref(), Path::new(library::BUILT_WITH));
    let tried =
        device::resolve(DeviceChoice::Cpu).and_then(|resolved| device::try_out(resolved.device));
    if let Err(error) = tried {
        section.mark = Mark::Fails;
        let error = error.to_string();
        let reason = error.lines().next().unwrap_or_default();
        section.say(format!("does not compute: {}", visible(reason)));
        section
            .advice
            .push("run `make setup` and build again".to_owned());
    }
    section
}

fn describe_libtorch(loaded: Option<&Path>, built_with: &Path) -> Section {
    let same = |one: &Path, other: &Path| match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    let data = json!({
        "version": library::VERSION,
        "folder": loaded.map(Path::to_string_lossy),
        "built_with": built_with.to_string_lossy(),
    });
    let mut section = Section::new("libtorch", data);
    let folder = loaded.unwrap_or(built_with);
    section.say(format!("{} in {}", library::VERSION, shown(folder)));
    if !same(folder, built_with) {
        section.say(format!("built with the one in {}", shown(built_with)));
        section.limit(
            "the two may differ: unset LD_LIBRARY_PATH (or LD_PRELOAD), or run `make setup` and build again",
        );
    }
    section
}

/// Threads that libtorch takes, and the processors that there are for them.
struct Threads {
    libtorch: usize,
    /// As far as affinity and a container's limits let this process use them.
    processors: Option<usize>,
    /// [`THREADS_VARIABLE`].
    variable: Option<String>,
}

pub(super) fn threads() -> Section {
    describe_threads(&Threads {
        libtorch: device::threads(),
        processors: available_parallelism().ok().map(usize::from),
        variable: std::env::var(THREADS_VARIABLE).ok(),
    })
}

fn describe_threads(threads: &Threads) -> Section {
    let Threads {
        libtorch,
        processors,
        variable,
    } = threads;
    let data = json!({
        "libtorch": libtorch,
        "processors": processors,
        "omp_num_threads": variable,
    });
    let mut section = Section::new("threads", data);
    let Some(processors) = *processors else {
        section.say(format!("{libtorch} for libtorch"));
        return section;
    };
    section.say(format!(
        "{libtorch} for libtorch; this process may use {processors} processor{}",
        if processors == 1 { "" } else { "s" }
    ));
    if *libtorch > processors {
        section.limit(format!(
            "more threads than processors are slow: --threads {processors}"
        ));
    } else if *libtorch * 2 < processors {
        // Half of them is what libtorch takes where each core counts as two processors.
        let reason = match variable {
            Some(value) => format!("{THREADS_VARIABLE} is {}: unset it, or", visible(value)),
            None => "more are quicker:".to_owned(),
        };
        section.limit(format!("{reason} --threads {processors}"));
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_libtorch_than_the_builds_is_told() {
        let same = describe_libtorch(
            Some(Path::new("/opt/torch/lib")),
            Path::new("/opt/torch/lib"),
        );
        assert_eq!((same.mark, same.said.len()), (Mark::Works, 1));
        let other = describe_libtorch(Some(Path::new("/usr/lib")), Path::new("/opt/torch/lib"));
        assert_eq!(other.mark, Mark::Limited);
        assert!(other.said[0].ends_with("in /usr/lib"), "{other:?}");
        assert!(other.said[1].contains("/opt/torch/lib"), "{other:?}");
        assert!(other.advice[0].contains("LD_LIBRARY_PATH"), "{other:?}");
    }

    #[test]
    fn threads_that_do_not_fit_are_told() {
        let threads = |libtorch, processors, variable: Option<&str>| {
            let section = describe_threads(&Threads {
                libtorch,
                processors: Some(processors),
                variable: variable.map(str::to_owned),
            });
            section.advice.join("\n")
        };
        assert_eq!(threads(8, 8, None), "");
        assert_eq!(threads(8, 16, None), "");
        assert!(threads(8, 2, None).contains("--threads 2"));
        assert!(threads(1, 8, Some("1")).contains("OMP_NUM_THREADS is 1"));
        assert!(threads(2, 8, None).contains("--threads 8"));
    }
}
