//! How much memory a program may still take. Any thread; reads `/proc` and `/sys`.

use std::path::{Path, PathBuf};

/// What is free on this machine, or, where that is less, in the control group that this program is in: a container, a
/// batch job. `None` where the system does not say.
pub(super) fn free_bytes() -> Option<u64> {
    let machine = available(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = std::fs::read_to_string("/proc/self/cgroup").ok();
    let limit = group.and_then(|text| group_rest(&text, Path::new("/sys/fs/cgroup")));
    Some(limit.map_or(machine, |limit| limit.min(machine)))
}

/// Out of `/proc/meminfo`.
fn available(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// The least that is left in the group that `text`, `/proc/self/cgroup`, names, and in those that it lies in.
fn group_rest(text: &str, root: &Path) -> Option<u64> {
    // Version 2 has one line, `0::/a/b`; version 1 one a controller, `4:memory:/a/b`.
    let (folder, most, used, mark) = text.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        if controllers.is_empty() {
            Some((
                root.join(path),
                "memory.max",
                "memory.current",
                "inactive_file",
            ))
        } else if controllers.split(',').any(|one| one == "memory") {
            let folder = root.join("memory").join(path);
            let names = ("memory.limit_in_bytes", "memory.usage_in_bytes");
            Some((folder, names.0, names.1, "total_inactive_file"))
        } else {
            None
        }
    })?;
    let rest = |folder: &Path| {
        let most = number(&folder.join(most))?;
        let used = number(&folder.join(used))?;
        // What only caches files is given back when it is needed.
        let statistics = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let cached = statistics.lines().find_map(|line| {
            let (name, value) = line.split_once(' ')?;
            (name == mark).then(|| value.parse().ok())?
        });
        Some(most.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
    };
    let groups: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .map(Path::to_owned)
        .collect();
    groups.iter().filter_map(|folder| rest(folder)).min()
}

/// `None` also for `max`.
fn number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_says() {
        let text = "MemTotal:       100 kB\nMemFree:  10 kB\nMemAvailable:     40 kB\n";
        assert_eq!(available(text), Some(40 * 1024));
        assert_eq!(available("MemTotal: 100 kB"), None);
        assert_eq!(available("MemAvailable: many kB"), None);
    }

    #[test]
    fn the_tightest_group_counts_and_caches_do_not() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "70\n");
        write("a/memory.max", "1000\n");
        write("a/memory.current", "700\n");
        write("a/memory.stat", "anon 500\ninactive_file 150\n");
        assert_eq!(group_rest("0::/a/b\n", root.path()), Some(450));
        assert_eq!(group_rest("0::/c\n", root.path()), None);
        write("memory/job/memory.limit_in_bytes", "500");
        write("memory/job/memory.usage_in_bytes", "600");
        let first = "3:cpu:/job\n4:memory:/job\n";
        assert_eq!(group_rest(first, root.path()), Some(0));
        assert_eq!(group_rest("", root.path()), None);
    }

    #[test]
    fn here_there_is_some() {
        if cfg!(target_os = "linux") {
            assert!(free_bytes().unwrap() > 1 << 20);
        }
    }
}
