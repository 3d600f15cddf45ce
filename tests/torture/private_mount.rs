//! A small file system of a test's own, which only the programs see that are started in it, and which is gone when the
//! test ends, however that happens.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A mount namespace that holds a tmpfs, as long as this lives.
pub(super) struct PrivateMount {
    /// Waits for the end of its input.
    holder: Child,
    folder: PathBuf,
    has_users: bool,
}

impl PrivateMount {
    /// Mounts a file system of so many bytes at `folder`, which is there; `None` where that is not allowed.
    pub(super) fn new(folder: &Path, bytes: u64) -> Option<Self> {
        const SCRIPT: &str =
            "mount -t tmpfs -o size=\"$2\",mode=700 none \"$1\" && echo ready && read -r _";
        for options in [&["--map-root-user", "--mount"] as &[&str], &["--mount"]] {
            let holder = Command::new("unshare")
                .args(options)
                .args(["sh", "-c", SCRIPT, "sh"])
                .arg(folder)
                .arg(bytes.to_string())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            let Ok(mut holder) = holder else { continue };
            let mut line = String::new();
            let said = BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line);
            if said.is_ok() && line == "ready\n" {
                return Some(Self {
                    holder,
                    folder: folder.to_owned(),
                    has_users: options.len() > 1,
                });
            }
            let _ = holder.kill();
            let _ = holder.wait();
        }
        eprintln!("skipped: this machine lets nobody mount a file system");
        None
    }

    /// `command`, started where the file system is seen.
    pub(super) fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if self.has_users {
            inside.args(["--user", "--preserve-credentials"]);
        }
        let folder = command.get_current_dir().unwrap_or(&self.folder);
        inside
            .args(["sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh"])
            .arg(folder)
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// The folder as it is seen from here.
    pub(super) fn path(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap())
    }
}

impl Drop for PrivateMount {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
