//! What a run is to do, checked before anything expensive starts. Main thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sources::Sources;
use crate::cli::RunOptions;
use crate::command::Failure;
use crate::engine::input::WeightsChoice;
use crate::engine::size::content_size;
use crate::network::architecture;
use crate::network::weights::needed;
use crate::pixels::{self, Existing, OutputFormat};
use crate::preset::visible::visible;
use crate::preset::{self, Fit, Init, Loaded, NetworkName, Override};
use crate::record::digest::{Digests, FileDigest};
use crate::record::folder::description::Description;
use crate::weights::catalogue;
use crate::weights::store::{ObtainError, Store};

/// A run that can start.
#[derive(Debug)]
pub(in crate::command) struct Plan {
    pub(in crate::command) preset: Loaded,
    pub(in crate::command) sources: Sources,
    pub(in crate::command) output: PathBuf,
    /// False where the program made the name up: then nothing that is there is replaced.
    pub(in crate::command) may_replace: bool,
    /// The trained weights, where the preset uses some.
    pub(in crate::command) weights: Option<Arc<FileDigest>>,
    /// The picture to start from, where it is a file.
    pub(in crate::command) init_file: Option<Arc<FileDigest>>,
    pub(in crate::command) options: RunOptions,
    /// What the command line lays over any preset.
    pub(in crate::command) overrides: Vec<Override>,
    /// Where trained weights are looked for, and fetched to.
    pub(in crate::command) weights_choice: WeightsChoice,
}

impl Plan {
    /// Loads the preset, reads the pictures, and makes sure of a place for the result, so that everything
    /// that can be refused is refused before the first step. `create` is a folder to make where it does
    /// not exist; what `digests` has begun is not hashed anew.
    pub(in crate::command) fn new(
        mut sources: Sources,
        options: RunOptions,
        default_output: Option<PathBuf>,
        create: Option<PathBuf>,
        digests: &Digests,
    ) -> Result<Self, Failure> {
        let name = options.preset.as_deref().unwrap_or("demo");
        let overrides = overrides(name, &options, &sources)?;
        let preset = preset::load(name, &overrides)?;
        refuse_weights_of_none(&preset, options.weights.is_some())?;
        let weights_choice = weights_choice(&options);
        let weights_file = weights_file(&preset, &weights_choice)?;
        let may_replace = options.output.is_some();
        let output = match (&options.output, default_output) {
            (Some(output), _) => output.clone(),
            (None, Some(output)) => unused(output),
            (None, None) => unused(default_name(&sources, &preset.name)),
        };
        // The folder of `--save-dir` may not be there yet, and is not made for a run that cannot start.
        if create.is_none() {
            check_output(&output, &options)?;
        }
        sources.read()?;
        sources.check(&preset.preset)?;
        check_size(&output, &preset, &sources)?;
        if let Some(directory) = create {
            make_folder(&directory, "--save-dir")?;
            check_output(&output, &options)?;
        }
        Self {
            weights: None,
            init_file: None,
            preset,
            sources,
            output,
            may_replace,
            options,
            overrides,
            weights_choice,
        }
        .with_files(weights_file.as_deref(), digests)
    }

    /// The plan of `run`, which has ended, under `preset`; `sources`, its pictures, have been read. Nothing is checked.
    pub(in crate::command) fn as_recorded(
        run: &Description,
        sources: Sources,
        preset: Loaded,
        overrides: Vec<Override>,
        options: RunOptions,
    ) -> Self {
        // What this run wrote before is its own, and what it writes now is the later picture.
        let written = run.output.as_ref().map(PathBuf::from);
        let may_replace = options.output.is_some() || written.is_some();
        let output = options.output.clone().or(written);
        let output = output.unwrap_or_else(|| unused(default_name(&sources, &preset.name)));
        Self {
            weights: None,
            init_file: None,
            weights_choice: weights_choice(&options),
            preset,
            sources,
            output,
            may_replace,
            options,
            overrides,
        }
    }

    /// The same once it is sure that it can be gone on with.
    pub(in crate::command) fn going_on(self, digests: &Digests) -> Result<Self, Failure> {
        let weights = weights_file(&self.preset, &self.weights_choice)?;
        self.sources.check(&self.preset.preset)?;
        check_output(&self.output, &self.options)?;
        check_size(&self.output, &self.preset, &self.sources)?;
        self.with_files(weights.as_deref(), digests)
    }

    /// The same with the files that it reads beside the pictures: `weights`, and the picture to begin with. What is wrong
    /// with them is said by the engine, which has more to say about it.
    fn with_files(self, weights: Option<&Path>, digests: &Digests) -> Result<Self, Failure> {
        let init = first_picture(&self.preset);
        let others = [weights, init].into_iter().flatten();
        refuse_own_input(&self.output, self.sources.files().chain(others))?;
        let begin = |path: &Path| digests.begin(path).ok();
        Ok(Self {
            weights: weights.and_then(begin),
            init_file: init.and_then(begin),
            ..self
        })
    }
}

/// Refuses a format that cannot hold so large a picture.
fn check_size(output: &Path, preset: &Loaded, sources: &Sources) -> Result<(), Failure> {
    let content = &sources.content.picture;
    let size = content_size(&preset.preset.image, content.dimensions());
    OutputFormat::of(output)
        .and_then(|format| format.check_size(output, size))
        .map_err(Failure::new)
}

/// Where trained weights are looked for. A variable that says nothing useful is no matter for a run that needs none.
fn weights_choice(options: &RunOptions) -> WeightsChoice {
    match Store::from_environment(options.offline) {
        Ok(store) => WeightsChoice::Store(Arc::new(store)),
        Err(error) => WeightsChoice::Unavailable(error.to_string()),
    }
}

/// The picture to begin with, where it is a file.
fn first_picture(preset: &Loaded) -> Option<&Path> {
    let image = &preset.preset.image;
    let file = image.init_file.as_deref();
    file.filter(|_| image.init == Init::File)
}

/// `photo-painting-demo.png`
fn default_name(sources: &Sources, preset: &str) -> PathBuf {
    PathBuf::from(format!(
        "{}-{}-{preset}.png",
        sources.content.stem(),
        sources.style().stem(),
    ))
}

/// Makes the folder that was given with `option`, and those that it lies in.
pub(in crate::command) fn make_folder(folder: &Path, option: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(format!(
            "cannot make the folder {:?}: {error}\n  give another one with {option}",
            folder.display().to_string()
        ))
    })
}

fn check_output(output: &Path, options: &RunOptions) -> Result<(), Failure> {
    pixels::check_writable(output, Existing::Replace).map_err(Failure::new)?;
    if options.sixteen_bit {
        check_sixteen_bit(output)?;
    }
    Ok(())
}

/// Refuses to write the result over something that it is made from.
fn refuse_own_input<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Failure> {
    let Ok(canonical) = output.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        if input.canonicalize().is_ok_and(|input| input == canonical) {
            return Err(Failure::new(format!(
                "the output {} is one of the inputs, and would be lost\n  give another name with -o",
                visible(&output.display().to_string())
            )));
        }
    }
    Ok(())
}

/// The convenience options as overrides, then `--set`, which has the last word.
pub(in crate::command) fn overrides(
    name: &str,
    options: &RunOptions,
    sources: &Sources,
) -> Result<Vec<Override>, Failure> {
    let mut overrides = Vec::new();
    let mut set = |key: &str, value: String| {
        overrides.push(Override {
            key: key.to_owned(),
            value,
        });
    };
    if let Some(size) = options.size {
        set("image.size", size.to_string());
        // A size says nothing to a preset that keeps the picture's own, or has both sides fixed.
        let fit = preset::load(name, &options.overrides)?.preset.image.fit;
        let is_said = options
            .overrides
            .iter()
            .any(|given| given.key == "image.fit");
        match fit {
            Fit::Native | Fit::Exact if is_said => {
                return Err(Failure::new(
                    "--size says nothing where image.fit is native or exact\n  \
                     leave one of them out; for an exact size set image.width and image.height",
                ));
            }
            Fit::Native | Fit::Exact => set("image.fit", "longer".to_owned()),
            Fit::Longer | Fit::Shorter | Fit::Height => {}
        }
    }
    if let Some(steps) = options.steps {
        set("schedule.steps", steps.to_string());
    }
    if let Some(seed) = options.seed {
        set("schedule.seed", seed.to_string());
    }
    if let Some(rate) = options.learning_rate {
        set("optimizer.learning_rate", format!("{rate:?}"));
    }
    if let Some(weights) = &options.weights {
        let text = weights.to_str().ok_or_else(|| {
            let shown = visible(&weights.display().to_string());
            Failure::new(format!(
                "the path {shown} is not valid UTF-8\n  rename the file, or link to it"
            ))
        })?;
        set(
            "network.weights",
            toml::Value::String(text.to_owned()).to_string(),
        );
    }
    if let Some(blend) = &options.more.blend {
        set("style.blend", sources.blend(blend)?);
    }
    overrides.extend(options.overrides.iter().cloned());
    Ok(overrides)
}

fn refuse_weights_of_none(preset: &Loaded, weights_option: bool) -> Result<(), Failure> {
    if preset.preset.network.name == NetworkName::Fitted && weights_option {
        return Err(Failure::new(format!(
            "--weights: the preset {} learns its network from the two pictures and uses no trained weights\n  \
             leave --weights out, or choose a preset with a trained network, for instance -p squeezenet",
            visible(&preset.name)
        )));
    }
    Ok(())
}

/// The file of trained weights that the preset names or that is found on this machine; `None` where none
/// are needed or where they will be fetched. That they cannot be is found here, before pictures are read.
fn weights_file(preset: &Loaded, choice: &WeightsChoice) -> Result<Option<PathBuf>, Failure> {
    let network = &preset.preset.network;
    let (Some(published), Some(operations)) = (
        catalogue::of(network.name, network.pixels),
        architecture::published(network.name),
    ) else {
        return Ok(None);
    };
    if network.weights.is_some() {
        return Ok(network.weights.clone());
    }
    let store = match choice {
        WeightsChoice::Store(store) => store,
        WeightsChoice::Unavailable(reason) => return Err(Failure::new(reason)),
        WeightsChoice::Preset | WeightsChoice::Random(_) => return Ok(None),
    };
    let taps = [&preset.preset.content.layers, &preset.preset.style.layers];
    let layers = taps.into_iter().flat_map(|layers| layers.keys());
    // A layer that does not exist is said by the engine, which has more to say about it.
    let needed = needed(&operations, layers).unwrap_or_default();
    // Digests are checked where the file is read.
    match store.locate_unchecked(published, &needed) {
        Ok(located) => Ok(Some(located.path)),
        Err(missing) => match store.environment().offline {
            Some(said_by) => Err(Failure::new(format!(
                "the preset {} needs trained weights\n  {}",
                visible(&preset.name),
                ObtainError::Offline { said_by, missing }
            ))),
            None => Ok(None),
        },
    }
}

fn check_sixteen_bit(output: &Path) -> Result<(), Failure> {
    match OutputFormat::of(output) {
        Ok(OutputFormat::Png | OutputFormat::Tiff) => Ok(()),
        _ => Err(Failure::new(format!(
            "--sixteen-bit: {} can hold only 8 bits a channel\n  choose a name that ends in .png or .tif",
            visible(&output.display().to_string())
        ))),
    }
}

/// `path`, or `name-2`, `name-3`, … where that exists already: nothing is lost without being asked for.
pub(in crate::command) fn unused(path: PathBuf) -> PathBuf {
    // A link that leads nowhere is something too: whoever made it wants it to stay.
    let is_free = |path: &Path| path.symlink_metadata().is_err();
    if is_free(&path) {
        return path;
    }
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    (2..u64::MAX)
        .map(|number| path.with_file_name(format!("{stem}-{number}.{extension}")))
        .find(|path| is_free(path))
        .unwrap_or(path)
}

/// Where the reference program writes; a format that cannot be written gets `.png` behind it.
pub(super) fn reference_output(directory: &Path, content: &Path) -> PathBuf {
    let name = content.file_name().unwrap_or_default().to_string_lossy();
    let path = directory.join(format!("generated_{name}"));
    match OutputFormat::of(&path) {
        Ok(_) => path,
        Err(_) => directory.join(format!("generated_{name}.png")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_programs_name() {
        let output = |content: &str| reference_output(Path::new("out"), Path::new(content));
        assert_eq!(output("pictures/a.jpg"), Path::new("out/generated_a.jpg"));
        assert_eq!(output("a.bmp"), Path::new("out/generated_a.bmp.png"));
    }

    #[test]
    fn an_existing_file_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        assert_eq!(unused(path.clone()), path);
        std::fs::write(&path, "").unwrap();
        assert_eq!(unused(path.clone()), folder.path().join("a-2.png"));
        #[cfg(unix)]
        {
            let link = folder.path().join("a-2.png");
            std::os::unix::fs::symlink("nowhere", link).unwrap();
            assert_eq!(unused(path), folder.path().join("a-3.png"));
        }
    }
}
