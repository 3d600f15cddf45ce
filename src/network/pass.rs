//! Pictures that have passed the network, and the way back. Worker thread.
//!
//! No graph is made: what is taken back are gradients by the features, whatever they were found by.

use std::borrow::Borrow;
use std::ops::ControlFlow;

use tch::{Device, Kind, TchError, Tensor};

use super::layout::{self, channels_last};
use super::module::{Kept, Module};
use super::rows::Wanted;
use super::{AfterOperation, INPUT_LAYER, Network, NetworkError, Stage};
use crate::preset::Pooling;

/// What leads back to the pictures from their features at some layers.
#[derive(Debug)]
pub struct Pass<'a> {
    network: &'a Network,
    layers: Vec<String>,
    /// Pictures that went together, in their order.
    parts: Vec<Part<'a>>,
}

/// Tells the gradient by the features at one of the layers, called by its place among them, `[N, C, H', W']`; `None` for 0.
/// It is asked once for each; where pictures go alone, when its turn comes on the way back, so that what belongs to a layer
/// need not be there before and after.
pub type SlopeAt<'a, E> = dyn FnMut(usize) -> Result<Option<Tensor>, E> + 'a;

/// How pictures went.
#[derive(Debug, Default)]
struct Part<'a> {
    /// How many.
    count: i64,
    /// From the picture on.
    done: Vec<Done<'a>>,
}

/// An operation that was done.
#[derive(Debug)]
struct Done<'a> {
    stage: &'a Stage,
    kept: Kept,
    /// All of its input.
    input: Wanted,
}

impl Network {
    /// The features of `picture` (`[N, 3, H, W]`, RGB in [0, 1]) at `layers`, in that order, each `[N, C, H', W']`,
    /// without a graph. Nothing beyond the deepest of `layers` is computed.
    ///
    /// # Errors
    /// A layer that the network does not have; those of libtorch.
    pub fn features(
        &self,
        picture: &Tensor,
        layers: &[String],
    ) -> Result<Vec<Tensor>, NetworkError> {
        self.features_unless(picture, layers, &mut always)
    }

    /// The same, unless `after` breaks it off.
    ///
    /// # Errors
    /// As [`Network::features`], and [`NetworkError::BrokenOff`].
    pub fn features_unless(
        &self,
        picture: &Tensor,
        layers: &[String],
        after: &mut AfterOperation<'_>,
    ) -> Result<Vec<Tensor>, NetworkError> {
        Ok(self.passed(picture, layers, false, after)?.0)
    }

    /// The same with the way back, unless `after` breaks it off.
    ///
    /// On the CPU the pictures go through one by one: libtorch chooses its convolutions by how many
    /// there are, and a candidate's numbers must not depend on its company. It costs nothing there,
    /// since one picture keeps all cores busy.
    ///
    /// # Errors
    /// As [`Network::features_unless`].
    pub fn pass(
        &self,
        picture: &Tensor,
        layers: &[String],
        after: &mut AfterOperation<'_>,
    ) -> Result<(Vec<Tensor>, Pass<'_>), NetworkError> {
        self.passed(picture, layers, true, after)
    }

    /// How many operations so many pictures take there or back.
    pub fn operation_count(&self, layers: &[String], pictures: i64) -> usize {
        let parts = pictures / together(self.mean.device(), pictures);
        let of_each = self.in_order(layers).map_or(0, |stages| stages.len());
        of_each * parts as usize
    }

    fn passed(
        &self,
        picture: &Tensor,
        layers: &[String],
        goes_back: bool,
        after: &mut AfterOperation<'_>,
    ) -> Result<(Vec<Tensor>, Pass<'_>), NetworkError> {
        tch::no_grad(|| {
            let picture = picture.f_detach()?;
            let count = picture.size().first().copied().unwrap_or(0);
            let mut parts = Vec::new();
            let mut of_parts = Vec::new();
            for picture in picture.f_split(together(picture.device(), count), 0)? {
                let (features, part) = self.together(&picture, layers, goes_back, after)?;
                parts.push(part);
                of_parts.push(features);
            }
            let features = if of_parts.len() == 1 {
                of_parts.remove(0)
            } else {
                let of_layer = |layer| {
                    let each = of_parts.iter().filter_map(|features| features.get(layer));
                    Tensor::f_cat(&each.collect::<Vec<_>>(), 0)
                };
                (0..layers.len()).map(of_layer).collect::<Result<_, _>>()?
            };
            let pass = Pass {
                network: self,
                layers: layers.to_vec(),
                parts,
            };
            Ok((features, pass))
        })
    }

    fn together(
        &self,
        picture: &Tensor,
        layers: &[String],
        goes_back: bool,
        after: &mut AfterOperation<'_>,
    ) -> Result<(Vec<Tensor>, Part<'_>), NetworkError> {
        let stages = self.in_order(layers)?;
        let mut found: Vec<Option<Tensor>> = layers.iter().map(|_| None).collect();
        let seen = self.normalised(picture)?;
        let mut part = Part {
            count: picture.size().first().copied().unwrap_or(0),
            done: Vec::new(),
        };
        let mut is_own = !keep(&mut found, layers, INPUT_LAYER, &seen)?;
        let mut features = seen.f_to_kind(self.kind)?;
        for stage in stages {
            let (_, _, height, width) = features.size4()?;
            let windows = stage.module.windows()?;
            let mut kept = Kept::Nothing;
            let wanted = goes_back.then_some(&mut kept);
            features = stage
                .module
                .forward(&features.into(), is_own, windows.beyond(), wanted)?;
            if goes_back {
                let input = windows.whole((height, width));
                part.done.push(Done { stage, kept, input });
            }
            is_own = !keep(&mut found, layers, &stage.layer, &features)?;
            asked(after)?;
        }
        let missing = || TchError::Shape("a layer without features".to_owned());
        let features = found.into_iter().map(|slot| slot.ok_or_else(missing));
        Ok((features.collect::<Result<_, _>>()?, part))
    }

    /// What the first operation expects of `picture`, `[N, 3, H, W]`, RGB in [0, 1].
    pub(super) fn normalised(&self, picture: &Tensor) -> Result<Tensor, TchError> {
        channels_last(&picture.f_sub(&self.mean)?.f_div(&self.deviation)?)
    }

    /// What is done for the features at `layers`, which the network has to have; nothing beyond the deepest of them.
    pub(super) fn in_order(&self, layers: &[String]) -> Result<Vec<&Stage>, NetworkError> {
        let place = |layer: &String| {
            let place = self.stages.iter().position(|stage| stage.layer == *layer);
            match place {
                Some(place) => Ok(place + 1),
                None if layer == INPUT_LAYER => Ok(0),
                None => Err(NetworkError::UnknownLayer {
                    network: self.name.clone(),
                    layer: layer.clone(),
                }),
            }
        };
        let depths = layers.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let depth = depths.into_iter().max().unwrap_or(0);
        let mut stages = self.stages.iter().take(depth).peekable();
        let mut order = Vec::with_capacity(depth);
        while let Some(stage) = stages.next() {
            // What `ReLU` and maximum do together they do in either order, and there is less for the second.
            let before = stages.next_if(|next| {
                let is_free = !layers.contains(&stage.layer) && !layers.contains(&next.layer);
                is_free && matches!(stage.module, Module::Relu) && next.module.is_maximum()
            });
            order.extend(before.into_iter().chain([stage]));
        }
        Ok(order)
    }
}

/// How many of `count` pictures pass together on `device`, at least 1.
fn together(device: Device, count: i64) -> i64 {
    if device == Device::Cpu {
        1
    } else {
        count.max(1)
    }
}

fn always() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(super) fn asked(after: &mut AfterOperation<'_>) -> Result<(), NetworkError> {
    match after() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(NetworkError::BrokenOff),
    }
}

/// Takes `features`, as float32, where any of `layers` is called `layer`; true where one is.
fn keep(
    found: &mut [Option<Tensor>],
    layers: &[String],
    layer: &str,
    features: &Tensor,
) -> Result<bool, TchError> {
    let mut is_kept = false;
    for (slot, _) in found
        .iter_mut()
        .zip(layers)
        .filter(|(_, wanted)| *wanted == layer)
    {
        *slot = Some(features.f_to_kind(Kind::Float)?);
        is_kept = true;
    }
    Ok(is_kept)
}

impl Module {
    /// Whether it takes maxima and then multiplies by nothing negative, as which a `ReLU` may come before or after it.
    fn is_maximum(&self) -> bool {
        matches!(self, Self::Pool(pool) if pool.kind == Pooling::Max && pool.scale >= 0.0)
    }
}

impl Pass<'_> {
    /// The gradient by the pictures, `[N, 3, H, W]`, of something whose gradients by the features are told by `slope_at`;
    /// `None` where all of them are 0. It may be asked for several times.
    ///
    /// # Errors
    /// Those of `slope_at` and libtorch, and [`NetworkError::BrokenOff`].
    pub fn gradient<E: From<TchError> + From<NetworkError>>(
        &self,
        slope_at: &mut SlopeAt<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<Tensor>, E> {
        let parts = self.parts.iter().map(|part| (part.count, part.done.iter()));
        self.of_parts(parts.collect(), slope_at, after)
    }

    /// The same once, which gives memory back on its way.
    ///
    /// # Errors
    /// As [`Pass::gradient`].
    pub fn into_gradient<E: From<TchError> + From<NetworkError>>(
        mut self,
        slope_at: &mut SlopeAt<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<Tensor>, E> {
        let parts = std::mem::take(&mut self.parts).into_iter();
        let parts = parts.map(|part| (part.count, part.done.into_iter()));
        self.of_parts(parts.collect(), slope_at, after)
    }

    fn of_parts<'b, E: From<TchError> + From<NetworkError>>(
        &self,
        mut parts: Vec<(i64, impl DoubleEndedIterator<Item: Borrow<Done<'b>>>)>,
        slope_at: &mut SlopeAt<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<Tensor>, E> {
        tch::no_grad(|| {
            if parts.len() == 1
                && let Some((_, done)) = parts.pop()
            {
                return self.back(done, slope_at, after);
            }
            let of_all = (0..self.layers.len()).map(slope_at);
            let of_all: Vec<Option<Tensor>> = of_all.collect::<Result<_, E>>()?;
            let mut start = 0;
            let mut gradients = Vec::with_capacity(parts.len());
            for (count, done) in parts {
                let mut of_part = |layer: usize| {
                    let slope = of_all.get(layer).and_then(Option::as_ref);
                    Ok::<_, E>(
                        slope
                            .map(|slope| slope.f_narrow(0, start, count))
                            .transpose()?,
                    )
                };
                let Some(gradient) = self.back(done, &mut of_part, after)? else {
                    return Ok(None);
                };
                gradients.push(gradient);
                start += count;
            }
            Ok(Some(Tensor::f_cat(&gradients, 0)?))
        })
    }

    /// By pictures that went together.
    fn back<'b, E: From<TchError> + From<NetworkError>>(
        &self,
        done: impl DoubleEndedIterator<Item: Borrow<Done<'b>>>,
        slope_at: &mut SlopeAt<'_, E>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Option<Tensor>, E> {
        let mut with_those_at = |name: &str, mut sum: Option<Tensor>, kind: Kind| {
            let layers = self.layers.iter().enumerate();
            for (layer, _) in layers.filter(|(_, layer)| *layer == name) {
                if let Some(slope) = slope_at(layer)? {
                    sum = Some(added(sum, &slope, kind)?);
                }
            }
            Ok::<_, E>(sum)
        };
        let mut sum = None;
        for done in done.rev() {
            let Done { stage, kept, input } = done.borrow();
            sum = with_those_at(&stage.layer, sum, self.network.kind)?
                .map(|slope| stage.module.gradient(&slope.into(), kept, *input))
                .transpose()?;
            asked(after)?;
        }
        let sum = sum.map(|sum| sum.f_to_kind(Kind::Float)).transpose()?;
        let Some(slope) = with_those_at(INPUT_LAYER, sum, Kind::Float)? else {
            return Ok(None);
        };
        // As pictures lie.
        let gradient = slope.f_div(&self.network.deviation)?.f_contiguous()?;
        Ok(Some(gradient))
    }
}

/// `sum`, where there is one already, and `slope`, in memory that nobody else holds, as `kind`.
fn added(sum: Option<Tensor>, slope: &Tensor, kind: Kind) -> Result<Tensor, TchError> {
    if let Some(mut sum) = sum {
        return sum.f_add_(slope);
    }
    let mut copy = layout::empty(slope.size4()?, (kind, slope.device()))?;
    copy.f_copy_(slope)?;
    Ok(copy)
}
