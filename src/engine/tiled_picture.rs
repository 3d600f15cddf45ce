//! A picture that passes a network tile by tile. Worker thread.

use std::ops::Range;

use tch::{Kind, TchError, Tensor};

use super::EngineError;
use super::going_on::or_broken_off;
use super::tiles::{rows_of, tiles};
use crate::network::stream::{GradientRows, Look, Stream};
use crate::network::{AfterOperation, Network};

/// A layer that is tapped.
#[derive(Debug)]
pub(super) struct Layer {
    name: String,
    /// Height and width of its features.
    pub(super) size: (i64, i64),
}

/// The picture in tiles, and the layers that are looked at.
#[derive(Debug)]
pub(super) struct TiledPicture<'a> {
    network: &'a Network,
    /// `[1, 3, H, W]`
    pub(super) picture: Tensor,
    size: (i64, i64),
    pub(super) layers: Vec<Layer>,
    /// Rows of pixels.
    pub(super) tiles: Vec<Range<i64>>,
}

/// Looks at the features of a layer, called by its number, as far as they follow from the tiles so far and have not come
/// before: which of its rows they are, and `[1, C, h, W']`. On a way back it tells the gradient by them, `None` for 0.
pub(super) type LookAtLayer<'a> = Look<'a, EngineError>;

/// The same, of a picture that does not go back.
pub(super) type TakeFeatures<'a> =
    dyn FnMut(usize, &Range<i64>, &Tensor) -> Result<(), TchError> + 'a;

impl<'a> TiledPicture<'a> {
    /// `picture`, `[1, 3, H, W]`, in tiles of `side` rows.
    pub(super) fn new(
        network: &'a Network,
        picture: Tensor,
        layers: &[String],
        side: i64,
    ) -> Result<Self, EngineError> {
        let (_, _, height, width) = picture.size4()?;
        let unknown = || TchError::Shape("a layer that the network does not have".to_owned());
        let of_layer = |name: &String| {
            let along = |pixels| network.side_at(name, pixels).ok_or_else(unknown);
            Ok(Layer {
                name: name.clone(),
                size: (along(height)?, along(width)?),
            })
        };
        Ok(Self {
            network,
            tiles: tiles(height, side),
            size: (height, width),
            picture,
            layers: layers
                .iter()
                .map(of_layer)
                .collect::<Result<_, TchError>>()?,
        })
    }

    /// The picture before its first tile, at the layers that are numbered `wanted`.
    pub(super) fn stream(
        &self,
        wanted: &[usize],
        goes_back: bool,
    ) -> Result<Stream<'a>, EngineError> {
        let names = wanted.iter().filter_map(|layer| self.layers.get(*layer));
        let names: Vec<String> = names.map(|layer| layer.name.clone()).collect();
        Ok(self.network.stream(self.size, &names, goes_back)?)
    }

    /// The next of the tiles in `stream`, which is of the layers `wanted`: what comes of it is looked at, and, on a way back,
    /// the gradient that is complete.
    pub(super) fn next(
        &self,
        stream: &mut Stream<'_>,
        (tile, wanted): (&Range<i64>, &[usize]),
        look: &mut LookAtLayer<'_>,
        after: &mut AfterOperation<'_>,
    ) -> Result<Vec<GradientRows>, EngineError> {
        let look = &mut |place: usize, rows: &Range<i64>, features: &Tensor| match wanted.get(place)
        {
            Some(layer) => look(*layer, rows, features),
            None => Ok(None),
        };
        stream.next(&rows_of(&self.picture, tile)?, look, after)
    }

    /// How many numbers the layer has in all, of which `own`, `[1, C, h, w]`, are some.
    pub(super) fn count(&self, layer: usize, own: &Tensor) -> Result<f64, TchError> {
        let (_, channels, _, _) = own.size4()?;
        let (height, width) = self.layers.get(layer).map_or((1, 1), |layer| layer.size);
        Ok((channels * height * width) as f64)
    }

    /// Hands all features of every layer, in parts, to `look`: the number of the layer, which of its rows they are, and
    /// `[1, C, h, W']`, unless `after` breaks it off.
    pub(super) fn each(
        &self,
        after: &mut AfterOperation<'_>,
        look: &mut TakeFeatures<'_>,
    ) -> Result<(), EngineError> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        let mut stream = self.stream(&all, false)?;
        let look = &mut |layer: usize, rows: &Range<i64>, features: &Tensor| {
            look(layer, rows, features)?;
            Ok(None)
        };
        for tile in &self.tiles {
            or_broken_off(after())?;
            self.next(&mut stream, (tile, &all), look, after)?;
        }
        Ok(())
    }

    /// All features of every layer, `[1, C, H', W']` each.
    pub(super) fn whole(&self, after: &mut AfterOperation<'_>) -> Result<Vec<Tensor>, EngineError> {
        let mut layers: Vec<Option<Tensor>> = self.layers.iter().map(|_| None).collect();
        self.each(after, &mut |layer, rows, own| {
            let (Some(slot), Some(known)) = (layers.get_mut(layer), self.layers.get(layer)) else {
                return Ok(());
            };
            let whole = match slot {
                Some(whole) => whole,
                slot => {
                    let (_, channels, _, _) = own.size4()?;
                    let shape = [1, channels, known.size.0, known.size.1];
                    slot.insert(Tensor::f_zeros(shape, (Kind::Float, own.device()))?)
                }
            };
            rows_of(whole, rows)?.f_copy_(own)
        })?;
        let missing = || TchError::Shape("a layer without features".to_owned());
        let all = layers.into_iter().map(|layer| layer.ok_or_else(missing));
        Ok(all.collect::<Result<_, _>>()?)
    }
}
