#!/usr/bin/env python3
"""What the dashboard costs, in pseudo-terminals: benches/dashboard.py PATH/TO/stylescope [--device cuda] [PART…]

Prints the processor time that is not the engine's and the bytes of a picture by each protocol, steps a second with the
dashboard over those without, how long a key takes over a line of 1 Mbit/s, and how long a saved preset takes. Needs
nothing but Python, and Linux.
"""

import argparse
import atexit
import fcntl
import glob
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

from measured import GPU_TIMES

REPEATS = int(os.environ.get("REPEATS", "3"))
SLOW = 125_000  # bytes a second: 1 Mbit/s
ANSWERS = {b"\x1b[5n": b"\x1b[0n", b"\x1b[c": b"\x1b[?62;4;22c"}


# A run goes on without its terminal, so none may be left behind.
RUNNING = []


@atexit.register
def end_all():
    for run in list(RUNNING):
        run.end()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Run:
    """A run in a terminal that takes so many bytes a second and answers what it is asked."""

    def __init__(self, program, arguments, size=(160, 48), rate=None):
        self.rate, self.tail, self.output = rate, b"", bytearray()
        self.started = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            for name in ("TMUX", "NO_COLOR"):
                os.environ.pop(name, None)
            os.execv(program, [program, *arguments])
        RUNNING.append(self)
        window = struct.pack("HHHH", size[1], size[0], size[0] * 8, size[1] * 16)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, window)

    def read(self, seconds):
        """Takes what comes within so many seconds, until there is a pause."""
        ready, _, _ = select.select([self.terminal], [], [], max(seconds, 0))
        if not ready:
            return b""
        try:
            chunk = os.read(self.terminal, 1024 if self.rate else 65536)
        except OSError:
            return b""
        if self.rate:
            time.sleep(len(chunk) / self.rate)
        self.output += chunk
        self.tail += chunk
        for question, answer in ANSWERS.items():
            for _ in range(self.tail.count(question)):
                os.write(self.terminal, answer)
        if any(question in self.tail for question in ANSWERS):
            self.tail = b""
        self.tail = self.tail[-8:]
        return chunk

    def wait_for(self, words, since=0, limit=60.0):
        """Seconds until `words` have come."""
        begin = time.monotonic()
        while time.monotonic() - begin < limit:
            if self.output.find(words, since) >= 0:
                return time.monotonic() - begin
            self.read(0.05)
        raise SystemExit(f"{words!r} did not come:\n{bytes(self.output[-2000:])!r}")

    def type(self, keys):
        os.write(self.terminal, keys)

    def end(self):
        if self not in RUNNING:
            return
        RUNNING.remove(self)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def stepping(arguments, begin):
    """Seconds from the first recorded step to the written picture. `begin` starts a run with `arguments` and more, and
    gives back what to call for its sake in between, and at the end."""
    with tempfile.TemporaryDirectory() as folder:
        output = f"{folder}/out.png"
        wait, end = begin([*arguments, "--runs", f"{folder}/runs", "-o", output])
        first = None
        while not os.path.exists(output):
            wait()
            if first is None:
                for metrics in glob.glob(f"{folder}/runs/*/metrics.csv"):
                    with open(metrics) as rows:
                        first = time.monotonic() if rows.read().count("\n") > 1 else None
        seconds = time.monotonic() - first
        end()
        return seconds


def headless(program, arguments):
    def begin(arguments):
        process = subprocess.Popen([program, *arguments, "--headless"], stdout=subprocess.DEVNULL)

        def wait():
            if process.poll():
                raise SystemExit(f"{process.args} ended with {process.returncode}")
            time.sleep(0.01)

        return wait, process.wait

    return stepping(arguments, begin)


def watched(program, arguments, rate):
    """The same in the dashboard."""

    def begin(arguments):
        run = Run(program, arguments, rate=rate)
        return lambda: run.read(0.01), run.end

    return stepping(arguments, begin)


SPEED_STEPS = 60


def speed(program, demo):
    steps = SPEED_STEPS * (1 if demo[-1] == "cpu" else GPU_TIMES)
    arguments = [*demo, "--size", "224", "--steps", str(steps)]
    seen = {
        "half-blocks, local": ("halfblocks", None),
        "sixel, local": ("sixel", None),
        "kitty, local": ("kitty", None),
        "kitty, 1 Mbit/s": ("kitty", SLOW),
    }
    ratios = {name: [] for name in seen}
    for _ in range(REPEATS):
        alone = headless(program, arguments)
        for name, (protocol, rate) in seen.items():
            shown = watched(program, [*arguments, "--graphics", protocol], rate)
            ratios[name].append(alone / shown)
    for name, of in ratios.items():
        print(f"  {name:22} {statistics.median(of):.3f}   ({min(of):.3f} to {max(of):.3f})")


def processor_seconds(pid):
    """Of each kind of thread so far."""
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            name = open(f"/proc/{pid}/task/{thread}/comm").read().strip()
            spent = int(open(f"/proc/{pid}/task/{thread}/schedstat").read().split()[0]) / 1e9
        except OSError:
            continue
        seconds[name] = seconds.get(name, 0) + spent
    return seconds


PICTURES = {
    "kitty": (rb"\x1b_G.*?\x1b\\", rb"a=t,|a=T,"),
    "sixel": (rb"\x1bP.*?\x1b\\", rb"\x1bP"),
    "iterm2": (rb"\x1b\]1337;.*?(?:\x07|\x1b\\)", rb"File="),
}


def pictures(seen, protocol):
    """How many there are in what a terminal got, and their bytes."""
    if protocol == "halfblocks":
        frames = re.findall(rb"\x1b\[\?2026h.*?\x1b\[\?2026l", seen, re.DOTALL)
        found = [len(frame) for frame in frames if frame.count("▀".encode()) > 50]
        return len(found), sum(found)
    whole, first = PICTURES[protocol]
    found = re.findall(whole, seen, re.DOTALL)
    return sum(1 for piece in found if re.search(first, piece)), sum(map(len, found))


SHARE_SECONDS = 5


def share(program, demo):
    for protocol in ["halfblocks", "kitty", "iterm2", "sixel"]:
        arguments = [*demo, "--steps", "100000", "--size", "224", "--graphics", protocol]
        run = Run(program, arguments)
        run.wait_for(b"running")
        spent = []
        for seconds in (3, SHARE_SECONDS):
            since = len(run.output)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                run.read(0.05)
            spent.append(processor_seconds(run.pid))
        seen = bytes(run.output[since:])
        run.end()
        before, after = spent
        used = {name: after[name] - before.get(name, 0) for name in after}
        engine, total = used["engine"], sum(used.values())
        count, size = pictures(seen, protocol)
        print(
            f"  {protocol:12} {100 * (total - engine) / total:.1f} %"
            f"   {size / max(count, 1) / 1000:4.0f} kB   ({count} pictures in {SHARE_SECONDS} s)",
            flush=True,
        )


def latency(program, demo):
    for protocol in ["halfblocks", "sixel", "kitty", "iterm2"]:
        arguments = [*demo, "--steps", "100000", "--graphics", protocol]
        run = Run(program, arguments, rate=SLOW)
        run.wait_for(b"running")
        took = []
        for index in range(12):
            until = time.monotonic() + 0.23
            while time.monotonic() < until:
                run.read(0.01)
            since = len(run.output)
            run.type(b"1" if index % 2 == 0 else b"4")
            # The thick border goes to another panel.
            took.append(run.wait_for("┏".encode(), since))
        run.end()
        took = sorted(1000 * seconds for seconds in took)
        median, worst = statistics.median(took), took[-1]
        print(f"  {protocol:12} median {median:4.0f} ms, worst {worst:4.0f} ms")


def reload(program, demo):
    text = 'extends = "demo"\n[style]\nweight = {}\n'
    took = []
    with open("mine.toml", "w") as file:
        file.write(text.format(1.0))
    more = ["-p", "./mine.toml", "--steps", "100000", "--size", "96", "--log", "log.txt"]
    run = Run(program, [*demo, *more])
    run.wait_for(b"running")
    for index in range(5):
        until = time.monotonic() + 1.7
        while time.monotonic() < until:
            run.read(0.01)
        begin = time.monotonic()
        with open("mine.toml", "w") as file:
            file.write(text.format(2 + index))
        while f"{2 + index}.0, live" not in open("log.txt").read():
            run.read(0.002)
        took.append(time.monotonic() - begin)
    run.end()
    took = [1000 * seconds for seconds in took]
    print(f"  median {statistics.median(took):.0f} ms, worst {max(took):.0f} ms")


PARTS = {
    "processor time that is not the engine's, of all, and bytes of a picture, in a terminal of 160×48": share,
    "steps a second with the dashboard over those without (224 pixels)": speed,
    "a key over 1 Mbit/s, while pictures come": latency,
    "from saving a preset until it counts (96 pixels)": reload,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(part.__name__ for part in PARTS.values()))
    parser.add_argument("--device", default="cpu", help="as for `stylescope run`")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for title, part in PARTS.items():
            if not options.parts or part.__name__ in options.parts:
                print(f"\n{title}:", flush=True)
                part(program, ["demo", "--device", options.device])
        end_all()


main()
