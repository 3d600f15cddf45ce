#!/usr/bin/env python3
"""This program against plain PyTorch, in turns: benches/pytorch.py PATH/TO/stylescope [OPTION…]

Both compute the recipe of the preset `gatys` on the same pictures, with the same weights, threads, device and number of
steps; benches/eager.py is the PyTorch side, run by $STYLESCOPE_TEST_PYTHON (or python3), which has to have torch. Prints
medians of the time to start, of the time from the command to the end of the first step and of the time of a step, the
ratio, the peaks of memory (of the GPU's where there is one), and how far the losses of the first and of the last step
are apart; then what a pixel costs over size, and both as bars. Weights are random ones. Needs nothing but Python itself;
without torch, only this program is measured.
"""

import argparse
import math
import os
import tempfile
import time
from statistics import median

from measured import GPU_TIMES, Failed, chart, machine, run
from networks import make_weights

# Steps that count: as many as make so many pixels, and no more than so many.
PIXELS = 256 * 256 * 5
MOST_STEPS = 12
# A larger picture repeats one of this side.
DRAWN = 512


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--sizes", default="64,256,512", help="sides, in pixels")
    parser.add_argument("--networks", default="vgg16,vgg19", help="the last one also for the cost of a pixel")
    parser.add_argument("--repeats", type=int, default=int(os.environ.get("REPEATS", "3")))
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--set", action="append", default=[], help="more for stylescope's preset")
    parser.add_argument("--cost", default="", help="more sides, at which only stylescope is measured, and once")
    return parser.parse_args()


def picture(path, size, phase):
    """Waves of several lengths, so that all layers have something to see."""
    side = min(size, DRAWN)
    rows = []
    for y in range(side):
        row = bytearray()
        for x in range(side):
            wave = math.sin(x * 0.05 + phase) + math.sin(y * 0.11 - phase) + math.sin((x + y) * 0.4)
            check = 40 if (x // 9 + y // 7) % 3 == phase else 0
            row += bytes((int(108 + 30 * wave + check), int(128 - 25 * wave), int(100 + 20 * wave)))
        rows.append((row * math.ceil(size / side))[: 3 * size])
    with open(path, "wb") as file:
        file.write(f"P6\n{size} {size}\n255\n".encode())
        for y in range(size):
            file.write(rows[y % side])


def steps_at(size, device):
    """How many steps warm up, and how many count."""
    count = min(MOST_STEPS, math.ceil(PIXELS / size**2))
    if device != "cpu":
        return GPU_TIMES, GPU_TIMES * count
    return (2 if count > 2 else 1), count


class Side:
    """One of the two, over all its runs of a size."""

    def __init__(self, warm):
        self.warm = warm
        self.steps, self.firsts, self.peaks, self.losses = [], [], [], None

    def take(self, steps, losses, peak):
        """Of a run: the lines of its steps, their losses, and its peak."""
        # Steps are said in blocks, after the last of a block, with the same seconds: only where one ends is known when.
        ends = {step["seconds"]: (count, step["came"]) for count, step in enumerate(steps, 1)}
        marks = [end for end in ends.values() if end[0] >= self.warm]
        (before, begin), (after, end) = marks[0], marks[-1]
        self.steps.append((end - begin) / (after - before))
        self.firsts.append(steps[0]["came"])
        self.peaks.append(peak)
        self.losses = losses[0], losses[-1]


class Bench:
    def __init__(self, options):
        self.options = options
        self.python = os.environ.get("STYLESCOPE_TEST_PYTHON", "python3")
        self.eager = os.path.join(os.path.dirname(os.path.abspath(__file__)), "eager.py")
        self.program = os.path.abspath(options.program)
        # Of every network and size: seconds of a step, this program's and PyTorch's or none, and this program's peak.
        self.found = {}
        self.failures = []

    def has_torch(self):
        try:
            run([self.python, "-c", "import torch"])
        except (Failed, FileNotFoundError):
            return False
        return True

    def common(self, size, weights):
        steps = sum(steps_at(size, self.options.device))
        common = ["--weights", weights, "--steps", str(steps)]
        return [*common, "--threads", str(self.options.threads), "--device", self.options.device]

    def ours(self, side, network, size, weights):
        command = [self.program, "run", f"content-{size}.ppm", f"style-{size}.ppm", "-p", "gatys"]
        command += ["-o", "out.png", "--size", str(size), "--json", "--no-record"]
        command += ["--set", f"network.name={network}", *self.common(size, weights)]
        for field in self.options.set:
            command += ["--set", field]
        heard = run(command, self.options.device)
        steps = [line for line in heard.lines if line["event"] == "step"]
        side.take(steps, [step["loss"]["total"] for step in steps], heard.peak)

    def theirs(self, side, network, size, weights):
        command = [self.python, self.eager, f"content-{size}.ppm", f"style-{size}.ppm"]
        command += ["--network", network, *self.common(size, weights)]
        heard = run(command, self.options.device)
        side.take(heard.lines, [line["loss"] for line in heard.lines], heard.peak)

    def sides(self, size, count):
        """So many fresh ones, with pictures to work on."""
        for phase, name in enumerate(("content", "style")):
            if not os.path.exists(f"{name}-{size}.ppm"):
                picture(f"{name}-{size}.ppm", size, phase)
        return [Side(steps_at(size, self.options.device)[0]) for _ in range(count)]

    def start_up(self):
        ours, theirs = [], []
        for _ in range(self.options.repeats):
            theirs.append(run([self.python, "-c", "import torch"]).seconds)
            ours.append(run([self.program, "presets", "show", "gatys"]).seconds)
        print(f"start-up: {median(ours):.2f} s (presets show gatys), PyTorch {median(theirs):.2f} s (import torch)")

    def row(self, network, size, weights):
        ours, theirs = self.sides(size, 2)
        for _ in range(self.options.repeats):
            self.theirs(theirs, network, size, weights)
            self.ours(ours, network, size, weights)
        ratios = [our / their for our, their in zip(ours.steps, theirs.steps)]
        apart = [f"{abs(our - their) / abs(their):.0e}" for our, their in zip(ours.losses, theirs.losses)]
        self.found[network, size] = median(ours.steps), median(theirs.steps), max(ours.peaks)
        print(
            f"  {network:6} {size:4}   {1e3 * median(ours.steps):8.1f} ms {1e3 * median(theirs.steps):8.1f} ms"
            f"   {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            f"   {median(ours.firsts):5.2f} s {median(theirs.firsts):5.2f} s"
            f"   {max(ours.peaks):6.0f} {max(theirs.peaks):6.0f} MB   {', '.join(apart)}",
            flush=True,
        )

    def cost(self, network, size, weights):
        """Where the two were not compared, this program is measured, and once."""
        if (network, size) not in self.found:
            (side,) = self.sides(size, 1)
            try:
                self.ours(side, network, size, weights)
            except Failed as failed:
                print(f"  {network:6} {size:4}   failed", flush=True)
                self.failures.append(str(failed))
                return
            self.found[network, size] = side.steps[0], None, side.peaks[0]
        seconds, _, peak = self.found[network, size]
        print(f"  {network:6} {size:4}   {1e9 * seconds / size**2:7.0f} ns   {peak:6.0f} MB", flush=True)

    def step_chart(self):
        rows = []
        for (network, size), (ours, theirs, _) in self.found.items():
            if theirs is not None:
                group, name = (network, size), f"{network} {size:4}²  "
                rows.append((group, name + "stylescope", ours, f"{1e3 * ours:.1f} ms"))
                rows.append((group, " " * len(name) + "PyTorch", theirs, f"{1e3 * theirs:.1f} ms"))
        chart("a step of gatys (the longer one of a size is as wide as can be):", rows)

    def cost_chart(self, network):
        rows = []
        for size in sorted(size for name, size in self.found if name == network):
            name, (ours, theirs, _) = f"{network} {size:4}²  ", self.found[network, size]
            rows.append((None, name + "stylescope", ours / size**2, f"{1e9 * ours / size**2:.0f} ns"))
            if theirs is not None:
                name = " " * len(name) + "PyTorch"
                rows.append((None, name, theirs / size**2, f"{1e9 * theirs / size**2:.0f} ns"))
        chart("a step of gatys for a pixel:", rows)


def main():
    options = arguments()
    bench = Bench(options)
    sizes, more = ([int(size) for size in given.split(",") if size] for given in (options.sizes, options.cost))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = {name: os.path.abspath(f"{name}.safetensors") for name in options.networks.split(",")}
        for network, weights in files.items():
            make_weights(weights, network)
        print(f"\n{machine()}, {time.strftime('%Y-%m-%d')}; {options.device}, {options.threads} threads")
        if bench.has_torch():
            bench.start_up()
            print(f"a step of gatys, median of {options.repeats} runs in turns; first step: from the command to its end;")
            print("apart: the losses of the first and of the last step:")
            print("  network size   stylescope     PyTorch    ratio (least to most)   first step        peaks            apart")
            for network, weights in files.items():
                for size in sizes:
                    bench.row(network, size, weights)
            bench.step_chart()
        else:
            print(f"{bench.python} has no torch: the comparison with PyTorch is left out (STYLESCOPE_TEST_PYTHON)")
        network, weights = list(files.items())[-1]
        print("\ntime of a step for a pixel, and the peak:")
        for size in sorted({*sizes, *more}):
            bench.cost(network, size, weights)
        bench.cost_chart(network)
        if bench.failures:
            raise Failed("\n".join(bench.failures))


main()
