//! `preset.toml` of a run: the recorder writes the preset in force, and a person may save another one, which the
//! run then takes up. Shared by the thread `recorder` and the one that watches the file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::replace::replace;
use crate::preset::visible::visible;
use crate::preset::{
    self, LARGEST_FILE, Origin, Preset, PresetError, diff, editing, plain_file, to_toml,
};

/// The file, and what of it is known.
#[derive(Debug, Clone)]
pub(super) struct PresetFile {
    path: PathBuf,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug)]
struct Known {
    /// What stood there when it was last written or looked at.
    text: String,
    /// The preset in force.
    in_force: String,
    /// What a person's save is compared with: the preset in force, or what was saved after it.
    base: Option<Preset>,
}

/// A preset that a person saved.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) before: Preset,
    pub(super) preset: Preset,
}

impl PresetFile {
    /// Writes the first preset.
    pub(super) fn begin(path: PathBuf, in_force: String) -> io::Result<Self> {
        replace(&path, in_force.as_bytes())?;
        let base = meaning(&in_force, &path).ok();
        let known = Known {
            text: in_force.clone(),
            in_force,
            base,
        };
        Ok(Self {
            path,
            known: Arc::new(Mutex::new(known)),
        })
    }

    /// The file of a run that is gone on with under the preset `in_force`. What says so in a person's own way stays, and so
    /// does what cannot be read and is to be mended.
    pub(super) fn go_on(path: PathBuf, in_force: String) -> io::Result<Self> {
        let there = plain_file::read_text(&path, LARGEST_FILE);
        let base = meaning(&in_force, &path).ok();
        let text = match there {
            Ok(text) => match (meaning(&text, &path), &base) {
                (Ok(preset), Some(base)) if !diff(base, &preset).is_empty() => None,
                _ => Some(text),
            },
            Err(_) => None,
        };
        let Some(text) = text else {
            return Self::begin(path, in_force);
        };
        let known = Known {
            text,
            in_force,
            base,
        };
        Ok(Self {
            path,
            known: Arc::new(Mutex::new(known)),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The preset in force, TOML.
    pub(super) fn in_force(&self) -> String {
        self.known().in_force.clone()
    }

    /// Another preset is in force. Where the file says so already, in a person's own way, it stays as it is; where
    /// a person saved one that nobody has looked at yet, that one comes next.
    pub(super) fn put(&self, in_force: String) -> io::Result<()> {
        let mut known = self.known();
        let is_new = known.in_force != in_force;
        known.in_force = in_force;
        if is_new {
            known.base = meaning(&known.in_force, &self.path).ok();
        }
        let there = plain_file::read_text(&self.path, LARGEST_FILE);
        let is_unseen = there.as_ref().is_ok_and(|text| *text != known.text);
        if is_unseen {
            return Ok(());
        }
        self.write(&mut known, there.ok().as_deref())
    }

    /// Makes the file say what is in force, whatever stands there.
    pub(super) fn restore(&self) -> io::Result<()> {
        let mut known = self.known();
        known.base = meaning(&known.in_force, &self.path).ok();
        let there = plain_file::read_text(&self.path, LARGEST_FILE).ok();
        self.write(&mut known, there.as_deref())
    }

    fn write(&self, known: &mut Known, there: Option<&str>) -> io::Result<()> {
        let says_so = |text: &str| match (meaning(text, &self.path), &known.base) {
            (Ok(preset), Some(base)) => diff(base, &preset).is_empty(),
            _ => false,
        };
        if let Some(text) = there
            && (*text == known.in_force || says_so(text))
        {
            text.clone_into(&mut known.text);
            return Ok(());
        }
        replace(&self.path, known.in_force.as_bytes())?;
        known.text.clone_from(&known.in_force);
        Ok(())
    }

    /// What a person saved since the last look; `None` where that is nothing, or nothing else than before.
    pub(super) fn look(&self) -> Option<Result<Saved, PresetError>> {
        // One that is missing comes again with the next change.
        let bytes = plain_file::read(&self.path, LARGEST_FILE).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut known = self.known();
        if text == known.text {
            return None;
        }
        known.text.clone_from(&text);
        let preset = match meaning(&text, &self.path) {
            Ok(preset) => preset,
            Err(error) => return Some(Err(error)),
        };
        let before = known.base.replace(preset.clone())?;
        (!diff(&before, &preset).is_empty()).then_some(Ok(Saved { before, preset }))
    }
}

/// Paths in it start where the run was begun, as those do that the recorder writes.
fn meaning(text: &str, path: &Path) -> Result<Preset, PresetError> {
    preset::from_toml(text, &path.display().to_string())
}

/// Makes the preset file of a run that another program makes say `wanted`: in the way in which a person wrote it, or
/// anew where what stands there cannot be read.
///
/// # Errors
/// What went wrong, in words.
pub(super) fn steer(path: &Path, wanted: &Preset) -> Result<(), String> {
    let mut wanted = wanted.clone();
    let loaded = preset::load(&path.to_string_lossy(), &[]);
    let known = loaded.as_ref().ok().map(|loaded| &loaded.preset);
    // The other program may have been begun elsewhere.
    let whole = |path: &mut Option<PathBuf>, known: Option<&Option<PathBuf>>| {
        if known != Some(&*path)
            && let Some(whole) = path
                .as_ref()
                .and_then(|path| std::path::absolute(path).ok())
        {
            *path = Some(whole);
        }
    };
    whole(
        &mut wanted.network.weights,
        known.map(|known| &known.network.weights),
    );
    whole(
        &mut wanted.image.init_file,
        known.map(|known| &known.image.init_file),
    );
    match loaded {
        Ok(mut loaded) => {
            if diff(&loaded.preset, &wanted).is_empty() {
                return Ok(());
            }
            loaded.origin = Origin::File(path.to_owned());
            editing::save(&loaded, &loaded.preset, &wanted)
                .map(drop)
                .map_err(|error| error.to_string())
        }
        Err(_) => replace(path, to_toml(&wanted).as_bytes()).map_err(|error| {
            let shown = visible(&path.display().to_string());
            format!("{shown} cannot be written: {error}")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(weight: &str) -> String {
        let weight = format!("style.weight={weight}").parse().unwrap();
        to_toml(&preset::load("demo", &[weight]).unwrap().preset)
    }

    /// Of style, before and after.
    fn weights(saved: &Saved) -> [String; 2] {
        [&saved.before, &saved.preset].map(|preset| format!("{:?}", preset.style.weight))
    }

    fn file(folder: &Path) -> PresetFile {
        PresetFile::begin(folder.join("preset.toml"), text("1")).unwrap()
    }

    #[test]
    fn what_the_recorder_writes_is_nobodys_save() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert!(file.look().is_none());
        file.put(text("2")).unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text("2"));
        assert!(file.look().is_none());
    }

    #[test]
    fn a_persons_save_is_seen_once_and_stays_in_its_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let own = format!("# mine\n{}", text("3"));
        std::fs::write(file.path(), &own).unwrap();
        let saved = file.look().unwrap().unwrap();
        assert_eq!(weights(&saved), ["1.0", "3.0"]);
        assert!(file.look().is_none());
        file.put(text("3")).unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), own);
        // A comment more is no other preset.
        std::fs::write(file.path(), format!("{own}# more\n")).unwrap();
        assert!(file.look().is_none());
        file.put(text("4")).unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text("4"));
    }

    #[test]
    fn a_save_that_nobody_has_looked_at_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        std::fs::write(file.path(), text("3")).unwrap();
        file.put(text("2")).unwrap();
        let saved = file.look().unwrap().unwrap();
        assert_eq!(weights(&saved), ["2.0", "3.0"]);
    }

    #[test]
    fn a_broken_save_is_said_with_its_line_and_stays_until_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        std::fs::write(file.path(), "[style]\nwieght = 3\n").unwrap();
        let error = file.look().unwrap().unwrap_err().summary();
        assert!(error.contains("preset.toml:2:1"), "{error}");
        assert!(file.look().is_none());
        file.restore().unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text("1"));
        assert!(file.look().is_none());
    }

    #[test]
    fn steering_keeps_a_persons_words_and_mends_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preset.toml");
        std::fs::write(&path, format!("# mine\n{}", text("1"))).unwrap();
        let wanted = preset::from_toml(&text("5"), "wanted").unwrap();
        steer(&path, &wanted).unwrap();
        let now = std::fs::read_to_string(&path).unwrap();
        assert!(now.starts_with("# mine\n"), "{now}");
        assert_eq!(preset::from_toml(&now, "now").unwrap(), wanted);
        std::fs::write(&path, "[sty").unwrap();
        steer(&path, &wanted).unwrap();
        let now = std::fs::read_to_string(&path).unwrap();
        assert_eq!(preset::from_toml(&now, "now").unwrap(), wanted);
    }
}
