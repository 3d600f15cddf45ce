//! A picture that passes a network tile by tile. Worker thread.

use tch::{Kind, TchError, Tensor};

use super::EngineError;
use super::tiles::{Area, Tile, tiles};
use crate::network::Network;
use crate::network::reach::Reach;

/// A layer that is tapped.
#[derive(Debug)]
pub(super) struct Layer {
    name: String,
    reach: Reach,
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
    pub(super) tiles: Vec<Tile>,
}

impl<'a> TiledPicture<'a> {
    /// `picture`, `[1, 3, H, W]`, in tiles of about `side` pixels.
    pub(super) fn new(
        network: &'a Network,
        picture: Tensor,
        layers: &[String],
        side: i64,
    ) -> Result<Self, EngineError> {
        let (_, _, height, width) = picture.size4()?;
        let unknown = || TchError::Shape("a layer that the network does not have".to_owned());
        let mut found = Vec::with_capacity(layers.len());
        let mut reach = Reach::PIXELS;
        for name in layers {
            let own = network.reach(name).ok_or_else(unknown)?;
            let along = |pixels| network.side_at(name, pixels).ok_or_else(unknown);
            reach = reach.with(own);
            found.push(Layer {
                name: name.clone(),
                reach: own,
                size: (along(height)?, along(width)?),
            });
        }
        Ok(Self {
            network,
            tiles: tiles((height, width), side, reach),
            size: (height, width),
            picture,
            layers: found,
        })
    }

    /// The features of `part`, `[1, 3, h, w]`, at the layers that are numbered `wanted`.
    pub(super) fn features(
        &self,
        part: &Tensor,
        wanted: &[usize],
    ) -> Result<Vec<Tensor>, EngineError> {
        let names: Vec<String> = wanted
            .iter()
            .filter_map(|layer| self.layers.get(*layer))
            .map(|layer| layer.name.clone())
            .collect();
        Ok(self.network.features(part, &names)?)
    }

    /// Where the tile's own features lie in the layer, and these; `None` where it has none there. `features` are those of
    /// what the tile sees.
    pub(super) fn own(
        &self,
        tile: &Tile,
        layer: usize,
        features: &Tensor,
    ) -> Result<Option<(Area, Tensor)>, TchError> {
        let Some(layer) = self.layers.get(layer) else {
            return Ok(None);
        };
        let (place, seen) = tile.features(layer.reach, layer.size, self.size);
        if place.is_empty() {
            return Ok(None);
        }
        let own = seen.of(features)?;
        Ok(Some((place, own)))
    }

    /// How many numbers the layer has in all.
    pub(super) fn count(&self, layer: usize, features: &Tensor) -> Result<f64, TchError> {
        let (_, channels, _, _) = features.size4()?;
        let size = self.layers.get(layer).map_or((1, 1), |layer| layer.size);
        Ok((channels * size.0 * size.1) as f64)
    }

    /// Hands every tile's own features of every layer, in turn, to `look`, without a graph: the number of the layer, where
    /// they lie in it, and `[1, C, h, w]`.
    pub(super) fn each(
        &self,
        look: &mut dyn FnMut(usize, &Area, &Tensor) -> Result<(), TchError>,
    ) -> Result<(), EngineError> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        for tile in &self.tiles {
            tch::no_grad(|| {
                let features = self.features(&tile.seen.of(&self.picture)?, &all)?;
                for (layer, features) in features.iter().enumerate() {
                    if let Some((place, own)) = self.own(tile, layer, features)? {
                        look(layer, &place, &own)?;
                    }
                }
                Ok::<_, EngineError>(())
            })?;
        }
        Ok(())
    }

    /// All features of every layer, `[1, C, H', W']` each.
    pub(super) fn whole(&self) -> Result<Vec<Tensor>, EngineError> {
        let mut layers: Vec<Option<Tensor>> = self.layers.iter().map(|_| None).collect();
        self.each(&mut |layer, place, own| {
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
            place.of(whole)?.f_copy_(own)
        })?;
        let missing = || TchError::Shape("a layer without features".to_owned());
        let all = layers.into_iter().map(|layer| layer.ok_or_else(missing));
        Ok(all.collect::<Result<_, _>>()?)
    }
}
