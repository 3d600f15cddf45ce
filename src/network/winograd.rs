//! 3×3 convolutions with a quarter of the multiplications: Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray,
//! arXiv:1509.09308, section 4.3). Worker thread.
//!
//! The input is cut into tiles of 6×6 that overlap by 2, each gives 4×4 results. All three transforms are products with
//! constant matrices, so everything is done by libtorch's matrix products. Results differ from those of the direct
//! way by about 3e-6 of their size.

use tch::{Device, Kind, TchError, Tensor};

use super::pieces::{Margins, Pieces};

/// Results of a tile along a side.
const STEP: i64 = 4;
/// Input of a tile along a side.
const SIDE: i64 = 6;
/// So many tiles are transformed at once: their numbers fit the caches, and products are still large.
const TILES_AT_ONCE: i64 = 128;
/// Fewer channels go the direct way.
const MIN_CHANNELS_IN: i64 = 64;
/// Also of results, among which what the transform of the input costs is shared.
const MIN_CHANNELS_OUT: i64 = 128;
/// Fewer tiles go the direct way.
const MIN_TILES: i64 = 16;
/// Where among the 36 numbers of a transformed tile the one is that every result of the tile has in it once: the row
/// and column that belong to the point 1.
const EVERYWHERE: i64 = SIDE + 1;

/// Bᵀ, of the points 0, ±1, ±2, ∞.
const INPUT: [[f64; 6]; 6] = [
    [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
    [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
    [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
    [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
];
/// G
const FILTERS: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];
/// Aᵀ
const OUTPUT: [[f64; 6]; 4] = [
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
    [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
    [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
];

/// Filters, transformed once.
#[derive(Debug)]
pub(super) struct Winograd {
    /// `[36, C_in, C_out]`
    filters: Tensor,
    /// Bᵀ ⊗ Bᵀ, `[36, 36]`
    input: Tensor,
    /// Aᵀ ⊗ Aᵀ, `[16, 36]`
    output: Tensor,
}

impl Winograd {
    /// Of `weight`, `[C_out, C_in, 3, 3]`.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn new(weight: &Tensor) -> Result<Self, TchError> {
        let (channels_out, channels_in, height, width) = weight.size4()?;
        let device = weight.device();
        let twice = |rows: &[f64], columns: i64| -> Result<Tensor, TchError> {
            let matrix = Tensor::f_from_slice(rows)?.f_reshape([-1, columns])?;
            matrix.f_kron(&matrix)?.f_to_device(device)
        };
        let single = |matrix: Tensor| matrix.f_to_kind(Kind::Float);
        // In double, since this is done once.
        let flat = weight
            .f_to_kind(Kind::Double)?
            .f_permute([2, 3, 1, 0])?
            .f_reshape([height * width, channels_in * channels_out])?;
        let filters = twice(FILTERS.as_flattened(), 3)?.f_mm(&flat)?.f_reshape([
            SIDE * SIDE,
            channels_in,
            channels_out,
        ])?;
        Ok(Self {
            filters: single(filters)?,
            input: single(twice(INPUT.as_flattened(), SIDE)?)?,
            output: single(twice(OUTPUT.as_flattened(), SIDE)?)?,
        })
    }

    /// Whether this way is taken for filters of `[C_out, C_in, K, K]`, `stride` pixels from window to window, and an input of
    /// `[N, C_in, H, W]` on `device`.
    ///
    /// With few channels the transforms cost as much as the products save, and for a few tiles the transformed filters,
    /// which are four times as large, take longer to read.
    pub(super) fn is_worth_it(filters: &[i64], stride: i64, input: &[i64], device: Device) -> bool {
        matches!(filters, [out, into, 3, 3] if *out >= MIN_CHANNELS_OUT && *into >= MIN_CHANNELS_IN)
            && matches!(input, [1, _, height, width] if height * width >= MIN_TILES * STEP * STEP)
            && stride == 1
            && device == Device::Cpu
    }

    /// The results of every window, `[1, C_in, H, W]` to `[1, C_out, H', W']`, where `input` has `zeros` around it; `bias` is
    /// `[C_out]`.
    ///
    /// # Errors
    /// Those of libtorch.
    pub(super) fn forward(
        &self,
        input: &Pieces,
        zeros: Margins,
        bias: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let (_, channels_in, height, width) = input.size4()?;
        let (_, _, channels_out) = self.filters.size3()?;
        let ([above, below], [left, right]) = (zeros.rows, zeros.columns);
        let (out_height, out_width) = (height + above + below - 2, width + left + right - 2);
        let tiles = |results: i64| (results + STEP - 1) / STEP;
        let (rows, columns) = (tiles(out_height), tiles(out_width));
        let padded = input
            .surrounded(Margins {
                rows: [above, rows * STEP + 2 - height - above],
                columns: [left, columns * STEP + 2 - width - left],
            })?
            .f_permute([0, 2, 3, 1])?;
        let line = padded.size4()?.2 * channels_in;
        let options = (Kind::Float, padded.device());
        let whole = Tensor::f_empty([rows * STEP, columns * STEP, channels_out], options)?;
        let columns_at_once = columns.min(TILES_AT_ONCE);
        let rows_at_once = (TILES_AT_ONCE / columns).max(1);
        for row in (0..rows).step_by(rows_at_once as usize) {
            for column in (0..columns).step_by(columns_at_once as usize) {
                let tiles = [
                    rows_at_once.min(rows - row),
                    columns_at_once.min(columns - column),
                ];
                let start = STEP * (row * line + column * channels_in);
                let results = self.block((&padded, line, start), tiles, bias)?;
                whole
                    .f_narrow(0, row * STEP, tiles[0] * STEP)?
                    .f_narrow(1, column * STEP, tiles[1] * STEP)?
                    .f_view([tiles[0], STEP, tiles[1], STEP, channels_out])?
                    .f_copy_(&results)?;
            }
        }
        whole
            .f_narrow(0, 0, out_height)?
            .f_narrow(1, 0, out_width)?
            .f_contiguous()?
            .f_unsqueeze(0)?
            .f_permute([0, 3, 1, 2])
    }

    /// The results of so many `rows` and `columns` of tiles, `[rows, 4, columns, 4, C_out]`, of which the first begins at
    /// `start` in `padded`, where `line` numbers are a row.
    fn block(
        &self,
        (padded, line, start): (&Tensor, i64, i64),
        [rows, columns]: [i64; 2],
        bias: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let (_, channels_in, channels_out) = self.filters.size3()?;
        let tiles = rows * columns;
        // Number of a tile's 36, then tile, then channel.
        let gathered = padded
            .f_as_strided(
                [SIDE, SIDE, rows, columns, channels_in],
                [line, channels_in, STEP * line, STEP * channels_in, 1],
                start,
            )?
            .f_reshape([SIDE * SIDE, tiles * channels_in])?;
        let transformed = self.input.f_mm(&gathered)?;
        drop(gathered);
        let product = transformed
            .f_view([SIDE * SIDE, tiles, channels_in])?
            .f_bmm(&self.filters)?;
        drop(transformed);
        if let Some(bias) = bias {
            let _ = product.f_select(0, EVERYWHERE)?.f_add_(bias)?;
        }
        self.output
            .f_mm(&product.f_view([SIDE * SIDE, tiles * channels_out])?)?
            .f_view([STEP, STEP, rows, columns, channels_out])?
            .f_permute([2, 0, 3, 1, 4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::numbers;

    #[test]
    fn as_the_direct_way_at_all_sizes_and_paddings() {
        let weight = numbers(&[5, 4, 3, 3]);
        let bias = numbers(&[5]);
        let winograd = Winograd::new(&weight).unwrap();
        for (height, width) in [(1, 1), (3, 8), (16, 16), (17, 530), (70, 69)] {
            for padding in [1, 2] {
                for bias in [None, Some(&bias)] {
                    let input = numbers(&[1, 4, height, width]);
                    let expected = input
                        .to_kind(Kind::Double)
                        .f_conv2d(
                            &weight.to_kind(Kind::Double),
                            bias.map(|bias| bias.to_kind(Kind::Double)),
                            1,
                            padding,
                            1,
                            1,
                        )
                        .unwrap();
                    let zeros = Margins {
                        rows: [padding; 2],
                        columns: [padding; 2],
                    };
                    let found = winograd.forward(&input.into(), zeros, bias).unwrap();
                    assert_eq!(found.size(), expected.size());
                    let apart = (&found - &expected).norm().double_value(&[]);
                    let size = expected.norm().double_value(&[]);
                    assert!(apart <= 5e-6 * size, "{height}×{width}: {apart} of {size}");
                }
            }
        }
    }
}
