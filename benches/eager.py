#!/usr/bin/env python3
"""The recipe of the preset `gatys` as one would write it in PyTorch: what stylescope is measured against.

  eager.py CONTENT.ppm STYLE.ppm --network vgg19 --weights FILE --steps N [--device cuda]
  eager.py --make-weights FILE --network vgg19

Prints a JSON line a step: the seconds since the first step began, the loss before the step. `--make-weights` writes random
weights of He's variance. Weights are a safetensors file with torchvision's names. Needs PyTorch and nothing else.
"""

import argparse
import ctypes
import json
import time

import torch
import torch.nn.functional as F

BLOCKS = {"vgg16": [2, 2, 3, 3, 3], "vgg19": [2, 2, 4, 4, 4]}
WIDTHS = [64, 128, 256, 512, 512]
CONTENT = ["relu4_2"]
STYLE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


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
    for layer in layers(network):
        if layer:
            _, number, before, width = layer
            yield f"features.{number}.weight", (width, before, 3, 3)
            yield f"features.{number}.bias", (width,)


def make_weights(path, network):
    torch.manual_seed(0)
    header, values, end = {}, [], 0
    for name, shape in tensors(network):
        scale = (2 / (shape[1] * 9)) ** 0.5 if len(shape) > 1 else 0.05
        values.append((torch.randn(shape) * scale).flatten())
        begin, end = end, end + 4 * values[-1].numel()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in values:
            file.write(ctypes.string_at(value.data_ptr(), 4 * value.numel()))


def read_weights(path, network, device):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    found = {}
    for name, shape in tensors(network):
        offset = begin + header[name]["data_offsets"][0]
        count = torch.Size(shape).numel()
        values = torch.frombuffer(data, dtype=torch.float32, count=count, offset=offset)
        found[name] = values.clone().reshape(shape).to(device)
    return found


def read_ppm(path, device):
    with open(path, "rb") as file:
        kind, size, most, pixels = file.read().split(b"\n", 3)
    assert (kind, most) == (b"P6", b"255"), path
    width, height = map(int, size.split())
    picture = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(height, width, 3)
    return (picture.permute(2, 0, 1).unsqueeze(0).float() / 255).contiguous().to(device)


class Features:
    def __init__(self, network, weights, device):
        self.network, self.weights = network, weights
        self.mean = torch.tensor([0.485, 0.456, 0.406], device=device).view(1, 3, 1, 1)
        self.deviation = torch.tensor([0.229, 0.224, 0.225], device=device).view(1, 3, 1, 1)

    def __call__(self, picture):
        x = (picture - self.mean) / self.deviation
        found = {}
        for layer in layers(self.network):
            if layer is None:
                x = F.avg_pool2d(x, 2)
                continue
            name, number, _, _ = layer
            weight = self.weights[f"features.{number}.weight"]
            x = F.relu(F.conv2d(x, weight, self.weights[f"features.{number}.bias"], padding=1))
            if name in CONTENT + STYLE:
                found[name] = x
            if len(found) == len(CONTENT + STYLE):
                return found


def gram(features):
    _, _, height, width = features.shape
    rows = features.flatten(2)
    return rows @ rows.transpose(1, 2) / (height * width)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="*")
    parser.add_argument("--network", choices=BLOCKS, default="vgg19")
    parser.add_argument("--weights")
    parser.add_argument("--make-weights")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.make_weights:
        return make_weights(options.make_weights, options.network)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = options.device
    content, style = (read_ppm(picture, device) for picture in options.pictures)
    features = Features(
        options.network, read_weights(options.weights, options.network, device), device
    )
    with torch.no_grad():
        wanted = features(content)
        wanted = {name: wanted[name] for name in CONTENT}
        grams = {name: gram(value) for name, value in features(style).items() if name in STYLE}
    picture = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=0.02)

    def wait():
        if device != "cpu":
            torch.cuda.synchronize()

    wait()
    began = time.perf_counter()
    for _ in range(options.steps):
        optimizer.zero_grad()
        found = features(picture)
        loss = sum(0.5 * (found[name] - wanted[name]).square().sum() for name in CONTENT)
        for name in STYLE:
            loss = loss + 1e3 * 0.2 * (gram(found[name]) - grams[name]).square().mean() / 4
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
        wait()
        print(json.dumps({"seconds": time.perf_counter() - began, "loss": loss.item()}))


main()
