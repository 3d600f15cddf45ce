#!/usr/bin/env python3
"""A lane of 4 and of 8 candidates against as many single runs: benches/lanes.py PATH/TO/stylescope [OPTION…]

Prints the time of a lane over the sum of the times of the single runs of the same presets (above 1, a lane costs
time), and the peak memory of both processes. Times are those that the program spends in steps, from the second
step on; start-up, which a lane pays once, is left out. Lanes and single runs take turns, so that other work on
the machine meets both. Pictures are $CONTENT and $STYLE, or made by `stylescope demo`. The network `fitted` is
measured always, SqueezeNet where its trained weights are there. Needs nothing but Python.
"""

import argparse
import os
import statistics
import tempfile

from measured import GPU_TIMES, run

# Steps at each size: about as long everywhere.
STEPS_OF_PIXELS = 64 * 64 * 40
LEAST_STEPS = 5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--sizes", default="64,128,256", help="longer sides, in pixels")
    parser.add_argument("--repeats", type=int, default=int(os.environ.get("REPEATS", "3")))
    parser.add_argument("--device", default="cpu", help="as for `stylescope run`")
    parser.add_argument(
        "--weights",
        default=os.environ.get("WEIGHTS", "../shared/data/squeezenet1_0.safetensors"),
        help="of SqueezeNet 1.0",
    )
    return parser.parse_args()


def measured(command, device="cpu"):
    """Seconds in steps after the first, of the last candidate that speaks, and peak memory in MB."""
    heard = run(command, device)
    seconds = [event["seconds"] for event in heard.lines if event["event"] == "step"]
    return seconds[-1] - seconds[0], heard.peak


class Bench:
    def __init__(self, options, pictures, name, more):
        self.options, self.pictures, self.name, self.more = options, pictures, name, more

    def common(self, size):
        steps = max(LEAST_STEPS, STEPS_OF_PIXELS // size**2)
        steps *= 1 if self.options.device == "cpu" else GPU_TIMES
        return [
            *["--size", str(size), "--steps", str(steps), "--device", self.options.device],
            *["--json", "--no-record", *self.more],
        ]

    def single(self, size, weight):
        command = [self.options.program, "run", *self.pictures, "-p", self.name, "-o", "out.png"]
        command += ["--set", f"style.weight={weight}", *self.common(size)]
        return measured(command, self.options.device)

    def lane(self, size, weights):
        values = ",".join(map(str, weights))
        command = [self.options.program, "compare", *self.pictures, self.name, "--headless"]
        command += ["--grid", f"style.weight={values}", *self.common(size)]
        return measured(command, self.options.device)

    def row(self, size):
        weights = [0.5 * (1 + index) for index in range(8)]
        ratios, memory = {4: [], 8: []}, {1: [], 4: [], 8: []}
        for _ in range(self.options.repeats):
            # Weights change no time, so one single run stands for all eight.
            single, megabytes = self.single(size, weights[0])
            memory[1].append(megabytes)
            for count, of in ratios.items():
                seconds, megabytes = self.lane(size, weights[:count])
                of.append(seconds / (count * single))
                memory[count].append(megabytes)
        cells = [
            f"{statistics.median(of):.3f} ({min(of):.3f} to {max(of):.3f})" for of in ratios.values()
        ]
        peaks = ", ".join(f"{max(of):.0f}" for of in memory.values())
        print(f"  {self.name:11} {size:4}   {cells[0]:24} {cells[1]:24} {peaks}", flush=True)


def drawn(program):
    """A picture with shapes and one with textures."""
    common = [program, "demo", "--size", "256", "--device", "cpu", "--json", "--no-record"]
    for name, more in [
        ("content.png", ["--steps", "1"]),
        ("style.png", ["--steps", "30", "--set", "content.weight=0", "--set", "image.init=noise"]),
    ]:
        measured([*common, *more, "-o", name])
    return ["content.png", "style.png"]


def main():
    options = arguments()
    options.program = os.path.abspath(options.program)
    weights = os.path.abspath(options.weights)
    given = [os.environ.get(name) for name in ("CONTENT", "STYLE")]
    with tempfile.TemporaryDirectory() as folder:
        pictures = [os.path.abspath(picture) for picture in given] if all(given) else None
        os.chdir(folder)
        pictures = pictures or drawn(options.program)
        benches = [Bench(options, pictures, "demo", [])]
        if os.path.exists(weights):
            benches.append(Bench(options, pictures, "squeezenet", ["--weights", weights]))
        else:
            print(f"no weights at {weights}: SqueezeNet is left out")
        print(f"\ntime of a lane over single runs, median of {options.repeats} (least to most):")
        print(f"  {'preset':11} size   {'lane of 4':24} {'lane of 8':24} peak MB of 1, 4, 8")
        for bench in benches:
            for size in options.sizes.split(","):
                bench.row(int(size))


main()
