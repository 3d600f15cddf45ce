"""The shapes of VGG's convolutions, and random weights for them. Needs nothing but Python."""

import array
import json
import math
import random

BLOCKS = {"vgg16": [2, 2, 3, 3, 3], "vgg19": [2, 2, 4, 4, 4]}
WIDTHS = [64, 128, 256, 512, 512]


def layers(network):
    """Name, torchvision's number and channels of every convolution; None for a pooling."""
    number, before = 0, 3
    for block, (count, width) in enumerate(zip(BLOCKS[network], WIDTHS), 1):
        for index in range(1, count + 1):
            yield f"relu{block}_{index}", number, before, width
            number, before = number + 2, width
        yield None
        number += 1


def tensors(network):
    """Names, as torchvision has them, and shapes."""
    for layer in layers(network):
        if layer:
            _, number, before, width = layer
            yield f"features.{number}.weight", (width, before, 3, 3)
            yield f"features.{number}.bias", (width,)


def make_weights(path, network):
    """A safetensors file of uniform weights of He's variance."""
    numbers, header, end = random.Random(0), {}, 0
    for name, shape in tensors(network):
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape in tensors(network):
            most = (6 / (shape[1] * 9)) ** 0.5 if len(shape) > 1 else 0.08
            values = (most * (2 * numbers.random() - 1) for _ in range(math.prod(shape)))
            array.array("f", values).tofile(file)
