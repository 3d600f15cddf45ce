//! What a picture's numbers are to a network: scale, mean and order of channels. Pure data, any thread.

use crate::preset::PixelConvention;

/// Mean of RGB in [0, 1] over `ImageNet`.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of RGB in [0, 1] over `ImageNet`.
pub const IMAGENET_DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// Mean of RGB from 0 to 255 that is subtracted for weights trained in Caffe.
const CAFFE_MEAN: [f32; 3] = [123.68, 116.779, 103.939];

/// What is subtracted from RGB in [0, 1], in this order of channels.
pub fn mean(pixels: PixelConvention) -> [f32; 3] {
    match pixels {
        PixelConvention::Torchvision | PixelConvention::Torchvision255 => IMAGENET_MEAN,
        PixelConvention::Caffe => CAFFE_MEAN.map(|mean| mean / 255.0),
        PixelConvention::Caffe256 => CAFFE_MEAN.map(|mean| mean / 256.0),
    }
}

/// What a unit of the network's input is in RGB from 0 to 1: the divisor after [`mean`].
pub fn deviation(pixels: PixelConvention) -> [f32; 3] {
    match pixels {
        PixelConvention::Torchvision => IMAGENET_DEVIATION,
        PixelConvention::Torchvision255 | PixelConvention::Caffe => [1.0 / 255.0; 3],
        PixelConvention::Caffe256 => [1.0 / 256.0; 3],
    }
}
