//! What is done to pictures before anyone sees them: the content's own colours, and colours that are none. Worker
//! thread.

use tch::{TchError, Tensor};

use super::input::Candidate;
use super::preparation::Seen;
use super::{colour, gamut};
use crate::preset::Gamut;

/// For each candidate the content picture whose colours it is to have, `[1, 3, H, W]`.
#[derive(Debug)]
pub(super) struct Finish {
    own_colours: Vec<Option<Tensor>>,
}

impl Finish {
    pub(super) fn new(seen: Vec<Seen>) -> Self {
        Self {
            own_colours: seen.into_iter().map(|seen| seen.own_colours).collect(),
        }
    }

    /// `pictures` as they are to be seen, `[N, 3, H, W]`, which has a row for each of `candidates`.
    pub(super) fn of(
        &self,
        pictures: Tensor,
        candidates: &[Candidate],
    ) -> Result<Tensor, TchError> {
        let is_plain = |candidate: &Candidate| candidate.preset.image.gamut == Gamut::Clip;
        if self.own_colours.iter().all(Option::is_none) && candidates.iter().all(is_plain) {
            return Ok(pictures);
        }
        let rows = (0..)
            .zip(candidates.iter().zip(&self.own_colours))
            .map(|(row, (candidate, own_colours))| {
                let mut picture = pictures.f_narrow(0, row, 1)?;
                if let Some(own) = own_colours {
                    picture = colour::with_colours_of(&picture, own)?;
                }
                match candidate.preset.image.gamut {
                    Gamut::Clip => Ok(picture),
                    Gamut::KeepHue => gamut::keep_hue(&picture),
                }
            })
            .collect::<Result<Vec<_>, TchError>>()?;
        Tensor::f_cat(&rows, 0)
    }
}
