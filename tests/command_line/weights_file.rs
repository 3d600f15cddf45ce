//! Safetensors files made by hand: the header's length, the header in JSON, the numbers.

use std::fmt::Write;

/// A tensor that a file is to hold: name, shape, and what every number of it is made of.
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) scale: f32,
}

impl Tensor {
    fn numbers(&self, seed: u32) -> impl Iterator<Item = f32> {
        let (count, scale) = (self.shape.iter().product(), self.scale);
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * scale
        })
        .take(count)
    }
}

/// The weight and bias of a convolution, of He's variance.
pub(crate) fn convolution(
    name: &str,
    channels_out: usize,
    channels_in: usize,
    kernel: usize,
) -> [Tensor; 2] {
    let scale = (6.0 / (channels_in * kernel * kernel) as f32).sqrt();
    [
        Tensor {
            name: format!("{name}.weight"),
            shape: vec![channels_out, channels_in, kernel, kernel],
            scale,
        },
        Tensor {
            name: format!("{name}.bias"),
            shape: vec![channels_out],
            scale: 0.01,
        },
    ]
}

/// The first of `count` convolutions of VGG-16, under torchvision's names.
pub(crate) fn vgg16(count: usize) -> Vec<Tensor> {
    let convolutions = [
        (0, 64, 3),
        (2, 64, 64),
        (5, 128, 64),
        (7, 128, 128),
        (10, 256, 128),
        (12, 256, 256),
        (14, 256, 256),
        (17, 512, 256),
        (19, 512, 512),
    ];
    convolutions
        .into_iter()
        .take(count)
        .flat_map(|(position, out, channels_in)| {
            convolution(&format!("features.{position}"), out, channels_in, 3)
        })
        .collect()
}

/// `SqueezeNet` 1.0 up to `fire2`.
pub(crate) fn squeezenet() -> Vec<Tensor> {
    [
        convolution("features.0", 96, 3, 7),
        convolution("features.3.squeeze", 16, 96, 1),
        convolution("features.3.expand1x1", 64, 16, 1),
        convolution("features.3.expand3x3", 64, 16, 3),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The bytes of a safetensors file, numbers in `F32`.
pub(crate) fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = "{\"__metadata__\":{\"format\":\"pt\"}".to_owned();
    let mut data = Vec::new();
    for (seed, tensor) in tensors.iter().enumerate() {
        let begin = data.len();
        data.extend(tensor.numbers(seed as u32).flat_map(f32::to_le_bytes));
        write!(
            header,
            ",{:?}:{{\"dtype\":\"F32\",\"shape\":{:?},\"data_offsets\":[{begin},{}]}}",
            tensor.name,
            tensor.shape,
            data.len()
        )
        .expect("written");
    }
    header.push('}');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.into_bytes());
    bytes.extend(data);
    bytes
}
