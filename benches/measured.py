"""Programs, run for what they say and when, how long and how much memory they take; and figures as bars of text."""

import itertools
import json
import os
import platform
import subprocess
import tempfile
import time
from typing import NamedTuple


# A GPU makes so many more steps where a CPU makes one, so that there is something to measure.
GPU_TIMES = 20


class Failed(SystemExit):
    """A command that did not end well, and what it said."""


class Heard(NamedTuple):
    lines: list  # an object a line, with the seconds after which it came as "came"
    seconds: float  # from the start to the end
    peak: float  # MB of the process, or of the GPU that it computes on


def run(command, device="cpu"):
    """Runs a program to its end. Times are those of this side, so that nobody's own clock counts."""
    with tempfile.TemporaryFile() as complaint, GpuMemory(device) as memory:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaint)
        said = [(line, time.perf_counter() - began) for line in process.stdout]
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.stdout.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            complaint.seek(0)
            raise Failed(f"{' '.join(command)}\n{complaint.read().decode()}")
    lines = [{**json.loads(line), "came": came} for line, came in said if line.startswith(b"{")]
    # macOS counts bytes, Linux kB.
    resident = usage.ru_maxrss / (1e6 if platform.system() == "Darwin" else 1e3)
    return Heard(lines, seconds, resident if device == "cpu" else memory.peak)


class GpuMemory:
    """What is taken of a GPU's memory at most, in MB beyond what others have taken before; by nvidia-smi."""

    def __init__(self, device):
        self.device, self.watcher, self.peak = device, None, float("nan")

    def __enter__(self):
        if self.device == "cpu":
            return self
        index = int(self.device.partition(":")[2] or 0)
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        gpu = visible.split(",")[index] if visible else str(index)
        query = ["--query-gpu=memory.used", "--format=csv,noheader,nounits", "--loop-ms=50", "-i", gpu]
        try:
            self.watcher = subprocess.Popen(["nvidia-smi", *query], stdout=subprocess.PIPE)
        except FileNotFoundError:
            return self
        self.before = self.watcher.stdout.readline()
        return self

    def __exit__(self, *_):
        if self.watcher:
            self.watcher.terminate()
            found, _ = self.watcher.communicate()
            # The last line may be half a one.
            samples = [int(line) for line in [self.before, *found.splitlines()[:-1]] if line.strip().isdigit()]
            if samples:
                self.peak = (max(samples) - samples[0]) * 2**20 / 1e6


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


# From nothing to seven eighths.
EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share, width):
    """So much of `width` characters, to an eighth of one; never nothing at all."""
    eighths = max(1, round(8 * width * share))
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()).ljust(width)


def chart(title, rows, width=48):
    """Prints rows of a group, a name, a value and a text as bars; the largest of a group is as wide as can be."""
    if not rows:
        return
    print(f"\n```\n{title}")
    wide = max(len(name) for _, name, _, _ in rows)
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        group = list(group)
        most = max(value for _, _, value, _ in group)
        for _, name, value, text in group:
            print(f"  {name:{wide}}  {bar(value / most, width)}  {text}")
    print("```", flush=True)
