//! The preset of the run as a person changes it: the file, what was changed by keys and not saved, and the
//! way back. UI thread; reads no file by itself.

use indexmap::IndexMap;

use crate::preset::parameter::{Parameter, Turn, parameters, turned};
use crate::preset::{Loaded, Override, Preset, PresetError, diff, with_overrides};

/// Turns that can be undone.
const MOST_UNDONE: usize = 500;

/// What gives a run of `preset` so many steps in all: those at smaller sizes stay, and one at the full size has to be.
pub(super) fn steps_in_all(total: u64, preset: &Preset) -> Override {
    let steps = total.saturating_sub(preset.steps_before_full_size());
    Override {
        key: "schedule.steps".to_owned(),
        value: steps.max(1).to_string(),
    }
}

/// A preset and the changes laid over it.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// As read from the file, the command line's overrides included.
    loaded: Loaded,
    /// Changed by keys, in the order of the first change of each.
    edits: IndexMap<String, String>,
    undo: Vec<IndexMap<String, String>>,
    /// `loaded` with `edits`.
    preset: Preset,
    /// Why the file cannot be used as it is now.
    broken: Option<PresetError>,
}

impl Recipe {
    pub(super) fn new(loaded: Loaded) -> Self {
        Self {
            preset: loaded.preset.clone(),
            loaded,
            edits: IndexMap::new(),
            undo: Vec::new(),
            broken: None,
        }
    }

    /// As it is to be in force: file, command line and keys.
    pub(super) fn preset(&self) -> &Preset {
        &self.preset
    }

    /// How many steps are to be made in all.
    pub(super) fn steps(&self) -> u64 {
        self.preset.total_steps()
    }

    pub(super) fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    pub(super) fn broken(&self) -> Option<&PresetError> {
        self.broken.as_ref()
    }

    pub(super) fn is_changed(&self) -> bool {
        !diff(&self.loaded.preset, &self.preset).is_empty()
    }

    /// The fields whose values are not those of the file.
    pub(super) fn changed_keys(&self) -> Vec<String> {
        diff(&self.loaded.preset, &self.preset)
            .into_iter()
            .map(|change| change.key)
            .collect()
    }

    pub(super) fn parameters(&self) -> Vec<Parameter> {
        parameters(&self.preset)
    }

    /// Turns `key` one notch; false where it is at its end.
    pub(super) fn turn(&mut self, key: &str, turn: Turn) -> Result<bool, PresetError> {
        match turned(&self.preset, key, turn) {
            Some(change) => self.set(change),
            None => Ok(false),
        }
    }

    /// Sets a field; false where it has this value already.
    pub(super) fn set(&mut self, change: Override) -> Result<bool, PresetError> {
        self.steer(vec![change])
    }

    /// Sets several fields at once, as somebody else wants them; false where they have these values already.
    pub(super) fn steer(&mut self, settings: Vec<Override>) -> Result<bool, PresetError> {
        let mut edits = self.edits.clone();
        for Override { key, value } in settings {
            // A whole table of layers leaves nothing of what was set of single ones.
            let layer = format!("{key}.");
            edits.retain(|known, _| !known.starts_with(&layer));
            edits.insert(key, value);
        }
        let preset = with_overrides(&self.loaded.preset, &overrides(&edits))?;
        if diff(&self.preset, &preset).is_empty() {
            return Ok(false);
        }
        self.remember();
        self.edits = edits;
        self.preset = preset;
        Ok(true)
    }

    /// Takes the last change back; false where there is none.
    pub(super) fn undo(&mut self) -> bool {
        while let Some(edits) = self.undo.pop() {
            // What the file says by now may not go with what was changed then.
            if let Ok(preset) = with_overrides(&self.loaded.preset, &overrides(&edits)) {
                let differs = !diff(&self.preset, &preset).is_empty();
                self.edits = edits;
                self.preset = preset;
                if differs {
                    return true;
                }
            }
        }
        false
    }

    /// Back to what the file and the command line say; false where nothing was changed.
    pub(super) fn revert(&mut self) -> bool {
        if self.edits.is_empty() {
            return false;
        }
        self.remember();
        self.edits.clear();
        let differs = !diff(&self.preset, &self.loaded.preset).is_empty();
        self.preset = self.loaded.preset.clone();
        differs
    }

    /// The file was read again. Where file and keys changed the same field, the file has the last word;
    /// other changes by keys stay. True where the preset is another one now.
    pub(super) fn reload(&mut self, result: Result<Loaded, PresetError>) -> bool {
        let loaded = match result {
            Ok(loaded) => loaded,
            Err(error) => {
                self.broken = Some(error);
                return false;
            }
        };
        self.broken = None;
        for change in diff(&self.loaded.preset, &loaded.preset) {
            // Also a table that was set as a whole, of which the file says a layer.
            self.edits.retain(|key, _| {
                let rest = change.key.strip_prefix(key.as_str());
                !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
        }
        // A changed network takes layers away that were turned: those edits mean nothing any more.
        self.settle_on(loaded)
    }

    /// Takes `loaded` for the file, and of the edits what still makes sense over it. True where the preset
    /// is another one now.
    fn settle_on(&mut self, loaded: Loaded) -> bool {
        let mut preset = loaded.preset.clone();
        let mut kept = IndexMap::new();
        for (key, value) in std::mem::take(&mut self.edits) {
            kept.insert(key.clone(), value);
            match with_overrides(&loaded.preset, &overrides(&kept)) {
                Ok(with_it) => preset = with_it,
                Err(_) => {
                    kept.shift_remove(&key);
                }
            }
        }
        self.edits = kept;
        let differs = !diff(&self.preset, &preset).is_empty();
        self.loaded = loaded;
        self.preset = preset;
        differs
    }

    /// The edits, to be told to [`Self::written`] once they are in a file.
    pub(super) fn edits(&self) -> IndexMap<String, String> {
        self.edits.clone()
    }

    /// The edits `written` are in the file that was `loaded` again; what was turned since stays. True where
    /// the preset is another one now.
    pub(super) fn written(&mut self, loaded: Loaded, written: &IndexMap<String, String>) -> bool {
        self.edits
            .retain(|key, value| written.get(key) != Some(value));
        self.undo.clear();
        self.broken = None;
        self.settle_on(loaded)
    }

    fn remember(&mut self) {
        if self.undo.len() == MOST_UNDONE {
            self.undo.remove(0);
        }
        self.undo.push(self.edits.clone());
    }
}

fn overrides(edits: &IndexMap<String, String>) -> Vec<Override> {
    edits
        .iter()
        .map(|(key, value)| Override {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
}
