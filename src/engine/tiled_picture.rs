//! A picture that passes a network tile by tile. Worker thread.

use tch::{Kind, TchError, Tensor};

use super::EngineError;
use super::tiles::{Area, Tile, tiles};
use crate::network::pass::Pass;
use crate::network::reach::Reach;
use crate::network::{AfterOperation, Network};

/// A layer that is tapped.
#[derive(Debug)]
pub(super) struct Layer {
    name: String,
    reach: Reach,
    /// Height and width of its features.
    pub(super) size: (i64, i64),
}

/// A tile's own features at a layer.
#[derive(Debug)]
pub(super) struct Own {
    /// `[1, C, h, w]`
    pub(super) features: Tensor,
    /// Where they lie in the layer.
    pub(super) place: Area,
    /// Where they lie among those of what the tile sees.
    pub(super) among_seen: Area,
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

    /// The features of what `tile` sees at the layers that are numbered `wanted`: for each layer, `None` for others.
    pub(super) fn features(
        &self,
        tile: &Tile,
        wanted: &[usize],
        after: &mut AfterOperation<'_>,
    ) -> Result<Vec<Option<Tensor>>, EngineError> {
        let seen = tile.seen.of(&self.picture)?;
        let names = self.names(wanted);
        let found = self.network.features_unless(&seen, &names, after)?;
        Ok(self.by_layer(wanted, &found))
    }

    /// The same, and the way back, which takes gradients by the features of those that are `wanted`, in the order of their
    /// numbers.
    pub(super) fn pass(
        &self,
        tile: &Tile,
        wanted: &[usize],
        after: &mut AfterOperation<'_>,
    ) -> Result<(Pass<'a>, Vec<Option<Tensor>>), EngineError> {
        let seen = tile.seen.of(&self.picture)?;
        let (found, pass) = self.network.pass(&seen, &self.names(wanted), after)?;
        Ok((pass, self.by_layer(wanted, &found)))
    }

    fn names(&self, wanted: &[usize]) -> Vec<String> {
        let layers = self.layers.iter().enumerate();
        layers
            .filter(|(number, _)| wanted.contains(number))
            .map(|(_, layer)| layer.name.clone())
            .collect()
    }

    fn by_layer(&self, wanted: &[usize], features: &[Tensor]) -> Vec<Option<Tensor>> {
        let mut features = features.iter().map(Tensor::shallow_clone);
        let numbers = 0..self.layers.len();
        numbers
            .map(|number| wanted.contains(&number).then(|| features.next()).flatten())
            .collect()
    }

    /// The tile's own features; `None` where it has none at this layer, or there is no such layer. `features` are those of
    /// what the tile sees.
    pub(super) fn own(
        &self,
        tile: &Tile,
        layer: Option<usize>,
        features: &[Option<Tensor>],
    ) -> Result<Option<Own>, TchError> {
        let found = layer.and_then(|layer| {
            let features = features.get(layer)?.as_ref()?;
            Some((self.layers.get(layer)?, features))
        });
        let Some((layer, features)) = found else {
            return Ok(None);
        };
        let (place, among_seen) = tile.features(layer.reach, layer.size, self.size);
        if place.is_empty() {
            return Ok(None);
        }
        Ok(Some(Own {
            features: among_seen.of(features)?,
            place,
            among_seen,
        }))
    }

    /// How many numbers the layer has in all, of which `own`, `[1, C, h, w]`, are some.
    pub(super) fn count(&self, layer: Option<usize>, own: &Tensor) -> Result<f64, TchError> {
        let (_, channels, _, _) = own.size4()?;
        let layer = layer.and_then(|layer| self.layers.get(layer));
        let (height, width) = layer.map_or((1, 1), |layer| layer.size);
        Ok((channels * height * width) as f64)
    }

    /// Hands every tile's own features of every layer, in turn, to `look`, without a graph: the number of the layer, where
    /// they lie in it, and `[1, C, h, w]`, unless `after` breaks it off.
    pub(super) fn each(
        &self,
        after: &mut AfterOperation<'_>,
        look: &mut dyn FnMut(usize, &Area, &Tensor) -> Result<(), TchError>,
    ) -> Result<(), EngineError> {
        let all: Vec<usize> = (0..self.layers.len()).collect();
        for tile in &self.tiles {
            tch::no_grad(|| {
                let features = self.features(tile, &all, after)?;
                for layer in &all {
                    if let Some(own) = self.own(tile, Some(*layer), &features)? {
                        look(*layer, &own.place, &own.features)?;
                    }
                }
                Ok::<_, EngineError>(())
            })?;
        }
        Ok(())
    }

    /// All features of every layer, `[1, C, H', W']` each.
    pub(super) fn whole(&self, after: &mut AfterOperation<'_>) -> Result<Vec<Tensor>, EngineError> {
        let mut layers: Vec<Option<Tensor>> = self.layers.iter().map(|_| None).collect();
        self.each(after, &mut |layer, place, own| {
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
