//! A lane: N candidates as one tensor, stepped by one forward and one backward pass. Worker thread.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::EngineError;
use super::input::{Candidate, WeightsChoice};
use super::message::{LossBlock, LossTerm, Pictures, Stage, Started};
use super::size::{check_sizes, content_size, resized, style_size};
use super::start::first_picture;
use super::target::Targets;
use super::term::Terms;
use super::{colour, device};
use crate::network::architecture::published;
use crate::network::random_weights::RandomWeights;
use crate::network::weights::WeightsFile;
use crate::network::{Network, NetworkError, display_name, fitted};
use crate::optimizer::adam::Adam;
use crate::optimizer::average::IterateAverage;
use crate::pixels::tensor::{to_picture, to_tensor};
use crate::preset::{ColourMatch, Filter, NetworkName, NetworkPreset, OptimizerPreset, Preset};

/// N candidates `[N, 3, H, W]`, each with its own weights, rates and statistics.
#[derive(Debug)]
pub struct Lane {
    device: Device,
    candidates: Vec<Candidate>,
    weights_choice: WeightsChoice,
    network: Rc<Network>,
    network_key: NetworkKey,
    /// Every layer that any candidate taps, in the order in which they were found.
    layers: Vec<String>,
    targets: Vec<Targets>,
    terms: Terms,
    picture: Tensor,
    optimizer: Adam,
    average: Option<IterateAverage>,
    step: u64,
    style_sizes: Vec<(u32, u32)>,
    /// Unweighted losses of the steps that have not been read back yet, each `[N, K]`.
    unread: Vec<Tensor>,
}

/// Everything that the network depends on: with an equal one it need not be built again.
#[derive(Debug, Clone, PartialEq)]
struct NetworkKey {
    preset: NetworkPreset,
    layers: Vec<String>,
    /// Only `fitted` depends on the pictures.
    fitted: Option<FittedKey>,
}

/// What `fitted` depends on besides the preset's network.
#[derive(Debug, Clone, PartialEq)]
struct FittedKey {
    content_size: (u32, u32),
    style_size: (u32, u32),
    match_colours: ColourMatch,
    filter: Filter,
    seed: u64,
}

/// What is carried over when a lane is built again.
struct Carried {
    picture: Tensor,
    optimizer: Adam,
    average: Option<IterateAverage>,
    step: u64,
}

impl Lane {
    /// Builds the network, computes the targets and sets the first pictures.
    ///
    /// # Errors
    /// Weights that are missing or do not fit, pictures that are too small, candidates that cannot
    /// share a tensor, or libtorch's own errors.
    pub fn new(
        candidates: Vec<Candidate>,
        weights_choice: WeightsChoice,
        device: Device,
        report: &mut dyn FnMut(Stage),
    ) -> Result<Self, EngineError> {
        Self::build(candidates, weights_choice, device, None, None, report)
    }

    /// The lane again with `candidates`, which may differ from the old ones in anything; the pictures
    /// so far are kept (and resized where the size changed), the moments where the size is the same.
    ///
    /// # Errors
    /// As [`Lane::new`]; then the old lane is as it was.
    pub fn rebuilt(
        &self,
        candidates: Vec<Candidate>,
        report: &mut dyn FnMut(Stage),
    ) -> Result<Self, EngineError> {
        let optimizers: Vec<&OptimizerPreset> =
            candidates.iter().map(|candidate| &candidate.preset.optimizer).collect();
        let carried = Carried {
            picture: self.picture.shallow_clone(),
            optimizer: self.optimizer.carried(&optimizers),
            average: self.average.as_ref().map(|average| average.carried(&decays(&candidates))),
            step: self.step,
        };
        let network = Some((&self.network, &self.network_key));
        Self::build(candidates, self.weights_choice, self.device, Some(carried), network, report)
    }

    fn build(
        candidates: Vec<Candidate>,
        weights_choice: WeightsChoice,
        device: Device,
        carried: Option<Carried>,
        old_network: Option<(&Rc<Network>, &NetworkKey)>,
        report: &mut dyn FnMut(Stage),
    ) -> Result<Self, EngineError> {
        let first = candidates
            .first()
            .ok_or_else(|| EngineError::Incompatible("a lane needs at least one candidate".to_owned()))?;
        let size = check_compatible(first, &candidates)?;
        let style_sizes: Vec<(u32, u32)> = candidates
            .iter()
            .map(|candidate| style_size(&candidate.preset.image, candidate.style.dimensions(), size))
            .collect();
        let layers = tapped_layers(&candidates);
        let preset = &first.preset;

        let operations = match published(preset.network.name) {
            Some(operations) => operations,
            None => fitted::operations(&preset.network),
        };
        for (candidate, &style) in candidates.iter().zip(&style_sizes) {
            let sizes = [
                ("content", candidate.content.dimensions()),
                ("style", candidate.style.dimensions()),
                ("resized content", size),
                ("resized style", style),
            ];
            check_sizes(preset, &operations, &layers, sizes)?;
        }

        let contents = candidates
            .iter()
            .map(|candidate| {
                to_tensor(&resized(&candidate.content, size, candidate.preset.image.filter), device)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let styles = candidates
            .iter()
            .zip(&style_sizes)
            .map(|(candidate, &size)| {
                to_tensor(&resized(&candidate.style, size, candidate.preset.image.filter), device)
            })
            .collect::<Result<Vec<_>, _>>()?;

        let (contents, styles) = match_colours(&candidates, contents, styles)?;

        let network_key = NetworkKey {
            preset: preset.network.clone(),
            layers: layers.clone(),
            fitted: (preset.network.name == NetworkName::Fitted)
                .then(|| FittedKey {
                    content_size: size,
                    style_size: style_sizes.first().copied().unwrap_or(size),
                    match_colours: preset.image.match_colours,
                    filter: preset.image.filter,
                    seed: preset.schedule.seed,
                }),
        };
        let network = match old_network {
            Some((network, key)) if *key == network_key => Rc::clone(network),
            _ => Rc::new(match (preset.network.name, weights_choice) {
                (NetworkName::Fitted, _) => {
                    report(Stage::Fitting);
                    let (Some(content), Some(style)) = (contents.first(), styles.first()) else {
                        return Err(EngineError::Incompatible("a lane needs at least one candidate".to_owned()));
                    };
                    fitted::fit(&preset.network, content, style, preset.schedule.seed, &layers)?
                }
                (_, WeightsChoice::Random(seed)) => {
                    let source = &mut RandomWeights::new(seed);
                    Network::assemble(&preset.network, &operations, &layers, source, device)?
                }
                (name, WeightsChoice::Preset) => {
                    report(Stage::Weights);
                    let path: &PathBuf = preset
                        .network
                        .weights
                        .as_ref()
                        .ok_or_else(|| NetworkError::NoWeights(display_name(name).to_owned()))?;
                    let source = &mut WeightsFile::open(path, display_name(name)).map_err(NetworkError::from)?;
                    Network::assemble(&preset.network, &operations, &layers, source, device)?
                }
            }),
        };

        report(Stage::Targets);
        let targets = tch::no_grad(|| {
            candidates
                .iter()
                .zip(contents.iter().zip(&styles))
                .map(|(candidate, (content, style))| {
                    Targets::new(&network, &candidate.preset, content, style)
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        let terms = Terms::new(&candidates, &targets, device)?;

        let optimizers: Vec<&OptimizerPreset> =
            candidates.iter().map(|candidate| &candidate.preset.optimizer).collect();
        let decays = decays(&candidates);
        let averages = decays.iter().any(|&decay| decay > 0.0);
        let (width, height) = (i64::from(size.0), i64::from(size.1));
        let (picture, optimizer, average, step) = match carried {
            Some(Carried { picture, optimizer, average, step })
                if picture.size() == [candidates.len() as i64, 3, height, width] =>
            {
                let average = match average {
                    Some(average) if averages => Some(average),
                    _ if averages => Some(IterateAverage::new(&picture, &decays)?),
                    _ => None,
                };
                (picture, optimizer, average, step)
            }
            other => {
                let (picture, step) = match other {
                    Some(Carried { picture, step, .. }) => {
                        (picture.f_upsample_bicubic2d([height, width], false, None, None)?, step)
                    }
                    None => (first_pictures(&candidates, &contents, &styles)?, 0),
                };
                let optimizer = Adam::new(&picture, &optimizers)?;
                let average = if averages { Some(IterateAverage::new(&picture, &decays)?) } else { None };
                (picture, optimizer, average, step)
            }
        };
        Ok(Self {
            device,
            candidates,
            weights_choice,
            network,
            network_key,
            layers,
            targets,
            terms,
            picture,
            optimizer,
            average,
            step,
            style_sizes,
            unread: Vec::new(),
        })
    }

    /// One step of every candidate. The losses stay on the device until [`Lane::read_losses`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        let (unweighted, gradient) = self.evaluate()?;
        tch::no_grad(|| -> Result<(), EngineError> {
            self.optimizer.step(&self.picture, &gradient)?;
            if let Some(average) = &mut self.average {
                average.add(&self.picture)?;
            }
            Ok(())
        })?;
        self.unread.push(unweighted);
        self.step += 1;
        Ok(())
    }

    /// The unweighted losses `[N, K]` of the pictures as they are, and the gradient `[N, 3, H, W]` of
    /// the weighted sum.
    pub fn evaluate(&self) -> Result<(Tensor, Tensor), EngineError> {
        let picture = self.picture.f_detach()?.f_set_requires_grad(true)?;
        let features = self.network.features(&picture, &self.layers)?;
        let (unweighted, total) = self.terms.evaluate(&picture, &self.layers, &features)?;
        let gradients = Tensor::f_run_backward(&[total], &[&picture], false, false)?;
        let gradient = gradients
            .into_iter()
            .next()
            .ok_or_else(|| tch::TchError::Torch("no gradient came back".to_owned()))?;
        Ok((unweighted.f_detach()?, gradient))
    }

    /// The losses of the steps since the last call, in one transfer; `None` where there were none.
    ///
    /// # Errors
    /// [`EngineError::NotFinite`] where a loss stopped being a number.
    pub fn read_losses(&mut self, seconds: f64) -> Result<Option<LossBlock>, EngineError> {
        if self.unread.is_empty() {
            return Ok(None);
        }
        let steps = self.unread.len() as u64;
        let stacked = Tensor::f_stack(&self.unread, 0)?
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Float)?
            .f_contiguous()?;
        self.unread.clear();
        let mut values = vec![0.0_f32; stacked.numel()];
        let count = values.len();
        stacked.f_copy_data(&mut values, count)?;
        let block = LossBlock {
            first_step: self.step - steps,
            terms: Arc::clone(&self.terms.columns),
            weights: Arc::clone(&self.terms.weights),
            values,
            seconds,
        };
        for (candidate, preset) in self.presets().enumerate() {
            for losses in block.rows(candidate) {
                if let Some((term, _, _)) = losses.each().find(|(_, value, _)| !value.is_finite()) {
                    return Err(EngineError::NotFinite {
                        step: losses.step,
                        term: term.to_string(),
                        learning_rate: preset.optimizer.learning_rate,
                    });
                }
            }
        }
        Ok(Some(block))
    }

    /// Takes up changed live fields: weights, rates, divisors. The pictures and moments stay.
    pub fn update_live(&mut self, candidate: usize, preset: Preset) -> Result<(), EngineError> {
        if let Some(slot) = self.candidates.get_mut(candidate) {
            slot.preset = preset;
        }
        self.terms = Terms::new(&self.candidates, &self.targets, self.device)?;
        let optimizers: Vec<&OptimizerPreset> =
            self.candidates.iter().map(|candidate| &candidate.preset.optimizer).collect();
        self.optimizer.update(&optimizers);
        let decays = decays(&self.candidates);
        match &mut self.average {
            Some(average) => average.update(&decays),
            None if decays.iter().any(|&decay| decay > 0.0) => {
                self.average = Some(IterateAverage::new(&self.picture, &decays)?);
            }
            None => {}
        }
        Ok(())
    }

    /// The pictures to show and save: the moving average where the preset asks for one.
    pub fn pictures(&self) -> Result<Pictures, EngineError> {
        let shown = match &self.average {
            Some(average) => average.value()?,
            None => self.picture.shallow_clone(),
        };
        let pictures = (0..self.candidates.len() as i64)
            .map(|index| Ok(Arc::new(to_picture(&shown, index)?)))
            .collect::<Result<_, EngineError>>()?;
        Ok(Pictures { step: self.step, pictures })
    }

    /// The iterates themselves, `[N, 3, H, W]`, not clamped.
    pub fn picture(&self) -> &Tensor {
        &self.picture
    }

    /// Replaces the iterates by `picture`, `[N, 3, H, W]`: for tests that start somewhere particular.
    #[doc(hidden)]
    pub fn set_picture(&mut self, picture: &Tensor) -> Result<(), EngineError> {
        self.picture = picture.f_to_device(self.device)?.f_detach_copy()?;
        Ok(())
    }

    /// What each column of the losses is.
    pub fn terms(&self) -> &[LossTerm] {
        &self.terms.columns
    }

    /// Number of updates made.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// The step that the candidate with most of them is to reach.
    pub fn steps_wanted(&self) -> u64 {
        self.presets().map(|preset| preset.schedule.steps).max().unwrap_or(0)
    }

    /// The candidates as they are in force.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.candidates.iter().map(|candidate| &candidate.preset)
    }

    /// What a viewer wants to know at the start.
    pub fn started(&self) -> Started {
        let size = self.picture.size();
        let side = |dimension: usize| size.get(dimension).copied().unwrap_or(0) as u32;
        Started {
            size: (side(3), side(2)),
            style_sizes: self.style_sizes.clone(),
            device: device::name(self.device),
            threads: tch::get_num_threads() as usize,
            step: self.step,
            steps: self.steps_wanted(),
        }
    }
}

/// The common size of the candidates, or why they cannot share a tensor.
fn check_compatible(first: &Candidate, candidates: &[Candidate]) -> Result<(u32, u32), EngineError> {
    let size_of = |candidate: &Candidate| content_size(&candidate.preset.image, candidate.content.dimensions());
    let size = size_of(first);
    for candidate in candidates {
        let reason = if candidate.preset.network != first.preset.network {
            Some("their networks differ".to_owned())
        } else if size_of(candidate) != size {
            let other = size_of(candidate);
            Some(format!("their sizes differ ({}×{} and {}×{})", size.0, size.1, other.0, other.1))
        } else if candidate.preset.optimizer.kind != first.preset.optimizer.kind {
            Some("their optimisers differ in kind".to_owned())
        } else if first.preset.network.name == NetworkName::Fitted
            && !(Arc::ptr_eq(&candidate.content, &first.content) && Arc::ptr_eq(&candidate.style, &first.style))
        {
            Some("the network fitted is learned from one pair of pictures, and theirs differ".to_owned())
        } else if first.preset.network.name == NetworkName::Fitted
            && candidate.preset.image.match_colours != first.preset.image.match_colours
        {
            Some("the network fitted is learned from the pictures, and their image.match_colours differ".to_owned())
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(EngineError::Incompatible(reason));
        }
    }
    Ok(size)
}

fn decays(candidates: &[Candidate]) -> Vec<f64> {
    candidates.iter().map(|candidate| candidate.preset.optimizer.averaging).collect()
}

fn tapped_layers(candidates: &[Candidate]) -> Vec<String> {
    let mut layers = Vec::new();
    for preset in candidates.iter().map(|candidate| &candidate.preset) {
        for layer in preset.content.layers.keys().chain(preset.style.layers.keys()) {
            if !layers.contains(layer) {
                layers.push(layer.clone());
            }
        }
    }
    layers
}

fn first_pictures(
    candidates: &[Candidate],
    contents: &[Tensor],
    styles: &[Tensor],
) -> Result<Tensor, EngineError> {
    let pictures = candidates
        .iter()
        .zip(contents.iter().zip(styles))
        .map(|(candidate, (content, style))| first_picture(&candidate.preset, content, style))
        .collect::<Result<Vec<Tensor>, EngineError>>()?;
    Ok(Tensor::f_cat(&pictures, 0)?)
}

/// The pictures after `image.match_colours`, each `[1, 3, H, W]`.
fn match_colours(
    candidates: &[Candidate],
    contents: Vec<Tensor>,
    styles: Vec<Tensor>,
) -> Result<(Vec<Tensor>, Vec<Tensor>), EngineError> {
    let pairs = candidates
        .iter()
        .zip(contents.into_iter().zip(styles))
        .map(|(candidate, (content, style))| {
            Ok(match candidate.preset.image.match_colours {
                ColourMatch::None => (content, style),
                ColourMatch::ContentToStyle => (colour::matched(&content, &style)?, style),
                ColourMatch::StyleToContent => {
                    let style = colour::matched(&style, &content)?;
                    (content, style)
                }
            })
        })
        .collect::<Result<Vec<_>, EngineError>>()?;
    Ok(pairs.into_iter().unzip())
}
