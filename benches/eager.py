#!/usr/bin/env python3
"""The recipe of the preset `gatys` as one would write it in PyTorch: what stylescope is measured against.

  eager.py CONTENT.ppm STYLE.ppm --network vgg19 --weights FILE --steps N [--device cuda]

Prints a JSON line a step: the seconds since the first step began, the loss before the step. Weights are a safetensors file
with torchvision's names. Needs PyTorch and nothing else.
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F

from networks import BLOCKS, layers, tensors

CONTENT = ["relu4_2"]
STYLE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]


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
    parser.add_argument("pictures", nargs=2)
    parser.add_argument("--network", choices=BLOCKS, default="vgg19")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
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
        said = {"seconds": time.perf_counter() - began, "loss": loss.item()}
        print(json.dumps(said), flush=True)


main()
