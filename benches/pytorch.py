#!/usr/bin/env python3
"""This program against plain PyTorch, in turns: benches/pytorch.py PATH/TO/stylescope [OPTION…]

Both compute the recipe of the preset `gatys` on the same pictures, with the same weights, threads, device and number of
steps; benches/eager.py is the PyTorch side, run by $STYLESCOPE_TEST_PYTHON (or python3), which has to have torch. Prints
medians of the time of a step, their ratio, the peaks of memory, and how far the first step's losses are apart. Weights
are random ones. Needs nothing but Python itself.
"""

import argparse
import math
import os
import platform
import statistics
import subprocess
import tempfile
import time

from measured import run

# The first steps warm up; fewer steps where they take long.
WARM = 2
PIXELS = 256 * 256 * 12


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--sizes", default="256,512", help="sides, in pixels")
    parser.add_argument("--networks", default="vgg16,vgg19")
    parser.add_argument("--repeats", type=int, default=int(os.environ.get("REPEATS", "3")))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--set", action="append", default=[], help="more for stylescope's preset")
    parser.add_argument("--cost", default="", help="sides at which only stylescope is measured, for the cost of a pixel")
    return parser.parse_args()


def picture(path, size, phase):
    """Waves of several lengths, so that all layers have something to see."""
    rows = bytearray()
    for y in range(size):
        for x in range(size):
            wave = math.sin(x * 0.05 + phase) + math.sin(y * 0.11 - phase) + math.sin((x + y) * 0.4)
            check = 40 if (x // 9 + y // 7) % 3 == phase else 0
            rows += bytes((int(108 + 30 * wave + check), int(128 - 25 * wave), int(100 + 20 * wave)))
    with open(path, "wb") as file:
        file.write(f"P6\n{size} {size}\n255\n".encode() + rows)


def machine():
    """What Linux calls the processor, and the widest vectors that it knows."""
    try:
        with open("/proc/cpuinfo") as file:
            text = file.read()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((line.split(": ")[1] for line in text.splitlines() if line.startswith("model name")), "")
    wide = next((flag for flag in ("avx512f", "avx2") if f" {flag}" in text), "")
    return f"{name} {wide}".strip() or platform.machine()


class Side:
    """One of the two, over all its runs of a size."""

    def __init__(self):
        self.steps, self.peaks, self.loss = [], [], None

    def take(self, steps, peak):
        seconds = [second for second, _ in steps]
        apart = [after - before for before, after in zip(seconds, seconds[1:])]
        self.steps.append(statistics.median(apart[WARM - 1 :]))
        self.peaks.append(peak)
        self.loss = steps[0][1]


class Bench:
    def __init__(self, options):
        self.options = options
        self.python = os.environ.get("STYLESCOPE_TEST_PYTHON", "python3")
        self.eager = os.path.join(os.path.dirname(os.path.abspath(__file__)), "eager.py")
        self.program = os.path.abspath(options.program)

    def common(self, size, weights):
        steps = WARM + max(4, min(24, PIXELS // size**2))
        common = ["--weights", weights, "--steps", str(steps)]
        return [*common, "--threads", str(self.options.threads), "--device", self.options.device]

    def ours(self, network, size, weights):
        command = [self.program, "run", f"content-{size}.ppm", f"style-{size}.ppm", "-p", "gatys"]
        command += ["-o", "out.png", "--size", str(size), "--json", "--no-record"]
        command += ["--set", f"network.name={network}", *self.common(size, weights)]
        for field in self.options.set:
            command += ["--set", field]
        lines, peak = run(command)
        steps = [line for line in lines if line["event"] == "step"]
        return [(step["seconds"], step["loss"]["total"]) for step in steps], peak

    def theirs(self, network, size, weights):
        command = [self.python, self.eager, f"content-{size}.ppm", f"style-{size}.ppm"]
        lines, peak = run([*command, "--network", network, *self.common(size, weights)])
        return [(line["seconds"], line["loss"]) for line in lines], peak

    def pictures(self, size):
        picture(f"content-{size}.ppm", size, 0)
        picture(f"style-{size}.ppm", size, 1)

    def row(self, network, size, weights):
        self.pictures(size)
        ours, theirs, ratios = Side(), Side(), []
        for _ in range(self.options.repeats):
            theirs.take(*self.theirs(network, size, weights))
            ours.take(*self.ours(network, size, weights))
            ratios.append(ours.steps[-1] / theirs.steps[-1])
        median = statistics.median
        apart = abs(ours.loss - theirs.loss) / abs(theirs.loss)
        print(
            f"  {network:6} {size:4}   {1e3 * median(ours.steps):8.1f} ms {1e3 * median(theirs.steps):8.1f} ms"
            f"   {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            f"   {max(ours.peaks):6.0f} {max(theirs.peaks):6.0f} MB   {apart:.1e}",
            flush=True,
        )

    def cost(self, network, size, weights):
        self.pictures(size)
        side = Side()
        side.take(*self.ours(network, size, weights))
        pixel = 1e9 * side.steps[0] / size**2
        print(f"  {network:6} {size:4}   {pixel:7.0f} ns   {side.peaks[0]:6.0f} MB", flush=True)


def main():
    options = arguments()
    bench = Bench(options)
    if subprocess.run([bench.python, "-c", "import torch; torch.__version__"], capture_output=True).returncode:
        print(f"\n{bench.python} has no torch: the comparison with PyTorch is left out (STYLESCOPE_TEST_PYTHON)")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = {}
        for network in options.networks.split(","):
            files[network] = os.path.abspath(f"{network}.safetensors")
            make = [bench.python, bench.eager, "--make-weights", files[network]]
            subprocess.run([*make, "--network", network], check=True)
        print(f"\n{machine()}, {time.strftime('%Y-%m-%d')}")
        print(f"a step of gatys, {options.device}, {options.threads} threads, median of {options.repeats} runs in turns:")
        print("  network size  stylescope     PyTorch     ratio (least to most)   peaks            loss apart")
        for network, weights in files.items():
            for size in map(int, options.sizes.split(",")):
                bench.row(network, size, weights)
        if options.cost:
            print("\ntime of a step for a pixel, and the peak:")
            for network, weights in list(files.items())[-1:]:
                for size in map(int, options.cost.split(",")):
                    bench.cost(network, size, weights)


main()
