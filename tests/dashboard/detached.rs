//! A program that goes on in the background.

use serde_json::Value;

use super::*;

/// It is no child of a test: this ends it with the test.
pub(super) struct Detached {
    /// What it says that it is called.
    pub(super) id: String,
    process: u32,
}

impl Detached {
    /// Starts it by `arguments` that have `--detach` and `--json` among them.
    pub(super) fn starts<'a>(
        setting: &Setting,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let ended = setting.stylescope(arguments);
        let said: Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
        let id = said["id"].as_str().unwrap();
        // From here on it ends with the test, whatever is wrong with what it said.
        let program = Self {
            id: id.to_owned(),
            process: said["process"].as_u64().unwrap() as u32,
        };
        assert_eq!(said["event"], "detached");
        assert_eq!(said["attach"], format!("stylescope attach {id}"));
        let said = ended.succeeded().stdout;
        assert_eq!(said.lines().count(), 1, "{said}");
        program
    }

    pub(super) fn signals(&self, signal: &str) {
        sends_signal(self.process, signal);
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        // Its number may be another program's by now.
        let command = std::fs::read(format!("/proc/{}/cmdline", self.process));
        if String::from_utf8_lossy(&command.unwrap_or_default()).contains("--in-background") {
            let _ = Command::new("kill")
                .args(["-KILL", &self.process.to_string()])
                .status();
        }
    }
}
