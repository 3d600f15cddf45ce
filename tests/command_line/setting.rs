//! What every test here stands on: a folder of its own, pictures in it, and the program run inside.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};
use tempfile::TempDir;

/// Nothing here takes as long unless it hangs.
const LONG: Duration = Duration::from_secs(120);

/// Small, short and narrow: a run takes well under a second.
pub(crate) const QUICK: [&str; 8] = [
    "--size",
    "48",
    "--steps",
    "3",
    "--threads",
    "1",
    "--set",
    "network.widths=[8,8,8,8]",
];

/// A test's own folder, in which the program runs and sees nothing of the machine's configuration.
pub(crate) struct Setting {
    folder: TempDir,
    runs: TempDir,
}

/// What a person has after the program ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Setting {
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            runs: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// With `content.png` and `style.png`.
    pub(crate) fn with_pictures() -> Self {
        let setting = Self::empty();
        setting.picture("content.png", 60, 45, 1);
        setting.picture("style.png", 64, 64, 2);
        setting
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// The folder in which the program keeps its runs.
    pub(crate) fn runs(&self) -> &Path {
        self.runs.path()
    }

    /// The folder of the only run that was kept.
    pub(crate) fn only_run(&self) -> PathBuf {
        let mut runs = std::fs::read_dir(self.runs()).expect("the folder of runs");
        let run = runs.next().expect("a run").expect("an entry").path();
        assert!(runs.next().is_none(), "there are several runs");
        run
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Coloured waves, others for another `seed`.
    pub(crate) fn picture(&self, name: &str, width: u32, height: u32, seed: u32) {
        let level = |phase: f32| (127.5 + 127.0 * phase.sin()) as u8;
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let (x, y, seed) = (x as f32, y as f32, seed as f32);
            Rgb([
                level(x / (2.0 + seed) + y / 9.0),
                level(y / (3.0 + seed) - x / 7.0 + seed),
                level((x + y) / (4.0 * seed)),
            ])
        });
        picture.save(self.path(name)).expect("a picture");
    }

    /// The names of everything in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// The program, not started yet.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("stylescope"));
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("configuration"))
            .env("XDG_CACHE_HOME", self.path("caches"))
            // No test ever asks a server that is not its own.
            .env("STYLESCOPE_OFFLINE", "1")
            .env("STYLESCOPE_RUNS", self.runs.path())
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null());
        for variable in [
            "STYLESCOPE_CACHE",
            "STYLESCOPE_WEIGHTS_URL",
            "TORCH_HOME",
            "HF_HOME",
            "HF_HUB_CACHE",
            "HUGGINGFACE_HUB_CACHE",
            "HF_ENDPOINT",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// The program as a person's shell starts it: with no signal ignored. Whatever runs the tests (a
    /// script's `&`, `nohup`) may have some ignored, which the program honours.
    pub(crate) fn attended(&self) -> Command {
        const RESET: &str = "--default-signal=INT,HUP,TERM";
        let plain = self.program();
        let reset = Command::new("env")
            .args([RESET, "true"])
            .stderr(Stdio::null())
            .status();
        if !reset.is_ok_and(|status| status.success()) {
            // An `env` without this option: then only a plain start can be tested.
            return plain;
        }
        let mut command = Command::new("env");
        command
            .arg(RESET)
            .arg(plain.get_program())
            .stdin(Stdio::null());
        if let Some(folder) = plain.get_current_dir() {
            command.current_dir(folder);
        }
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// A small run of `steps` on the two pictures that writes `out.png`, going on by itself.
    pub(crate) fn started(&self, steps: u64, more: &[&str]) -> Child {
        self.attended()
            .args([
                "run",
                "content.png",
                "style.png",
                "-o",
                "out.png",
                "--size",
                "32",
            ])
            .args(["--steps", &steps.to_string(), "--threads", "1"])
            .args(["--set", "network.widths=[8,8,8,8]"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the program to its end; one that does not come to it within a minute is killed.
    pub(crate) fn stylescope<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        let mut command = assert_cmd::Command::from_std(self.program());
        Ended::from(
            command
                .args(arguments)
                .timeout(Duration::from_secs(60))
                .output()
                .expect("the program"),
        )
    }

    /// `run` with [`QUICK`] and `arguments`, separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        self.stylescope(
            std::iter::once("run")
                .chain(arguments.split_whitespace())
                .chain(QUICK),
        )
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ended {
    /// Fails unless the program was content.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "stderr: {}\nstdout: {}",
            self.stderr,
            self.stdout
        );
        assert_eq!(self.stderr, "", "stdout: {}", self.stdout);
        self
    }

    /// Fails unless the program ended with 1 and one error that holds every one of `words`, with a line
    /// on what to do next.
    #[track_caller]
    pub(crate) fn failed_saying(self, words: &[&str]) -> Self {
        assert_eq!(
            self.code,
            Some(1),
            "stderr: {}\nstdout: {}",
            self.stderr,
            self.stdout
        );
        self.says(words);
        assert_eq!(self.stderr.matches("error: ").count(), 1, "{}", self.stderr);
        assert!(
            self.stderr.trim_end().lines().count() > 1,
            "no advice: {}",
            self.stderr
        );
        self
    }

    /// Fails unless the program refused its command line and says where to read more.
    #[track_caller]
    pub(crate) fn refused_saying(self, words: &[&str]) -> Self {
        assert_eq!(
            self.code,
            Some(2),
            "stderr: {}\nstdout: {}",
            self.stderr,
            self.stdout
        );
        self.says(words);
        self.says(&["--help"]);
        self
    }

    /// Fails unless nothing was computed before the program ended.
    #[track_caller]
    pub(crate) fn before_any_work(self) -> Self {
        assert_eq!(self.stdout, "", "something was done first");
        self
    }

    #[track_caller]
    fn says(&self, words: &[&str]) {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "{word:?} is not in: {}",
                self.stderr
            );
        }
        for noise in ["panicked", "frame #", "backtrace", "Error("] {
            assert!(
                !self.stderr.contains(noise),
                "{noise:?} is in: {}",
                self.stderr
            );
        }
    }
}

/// A picture of `tests/pictures`.
/// Sends `signal`, as `kill` takes it.
pub(crate) fn sends_signal(process: u32, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until `is_so`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "{what} does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn fixture(name: &str) -> String {
    format!("{}/tests/pictures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Width and height of the picture file.
pub(crate) fn size_of(path: &Path) -> (u32, u32) {
    image::image_dimensions(path).expect("a picture")
}

/// The picture's samples.
pub(crate) fn pixels_of(path: &Path) -> Vec<u16> {
    image::open(path).expect("a picture").to_rgb16().into_raw()
}

/// A PNG whose header promises `width` × `height` and that holds a few rows at most.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer
        .write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1])
        .expect("a chunk");
    drop(writer);
    bytes
}
