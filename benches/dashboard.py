#!/usr/bin/env python3
"""What the dashboard costs, in pseudo-terminals: benches/dashboard.py PATH/TO/stylescope [PART…]

Prints steps a second with the dashboard over those without, the bytes of a picture by each protocol, how
long a key takes over a line of 1 Mbit/s, and how long a saved preset takes. Needs nothing but Python.
"""

import atexit
import fcntl
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

REPEATS = int(os.environ.get("REPEATS", "5"))
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


def fresh(path):
    if os.path.exists(path):
        os.remove(path)
    return path


def headless(program, steps, more):
    """Seconds from the start to the written picture."""
    output = fresh("out.png")
    begin = time.monotonic()
    command = [program, "demo", "--headless", "--steps", str(steps), "-o", output, *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def watched(program, steps, more, rate=None):
    """The same in the dashboard."""
    output = fresh("out.png")
    run = Run(program, ["demo", "--steps", str(steps), "-o", output, *more], rate=rate)
    while not os.path.exists(output):
        run.read(0.05)
    seconds = time.monotonic() - run.started
    run.end()
    return seconds


def speed(program):
    steps, more = 400, ["--size", "224"]
    for name, protocol, rate in [
        ("half-blocks, local", "halfblocks", None),
        ("sixel, local", "sixel", None),
        ("kitty, local", "kitty", None),
        ("kitty, 1 Mbit/s", "kitty", SLOW),
    ]:
        ratios = []
        seen = [*more, "--graphics", protocol]
        for _ in range(REPEATS):
            # The time up to the first step is no part of the rate.
            alone = headless(program, steps, more) - headless(program, 1, more)
            shown = watched(program, steps, seen, rate) - watched(program, 1, seen, rate)
            ratios.append(alone / shown)
        low, high = min(ratios), max(ratios)
        print(f"  {name:22} {statistics.median(ratios):.3f}   ({low:.3f} to {high:.3f})")


def processor_seconds(pid):
    """Of each kind of thread so far."""
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            name = open(f"/proc/{pid}/task/{thread}/comm").read().strip()
            fields = open(f"/proc/{pid}/task/{thread}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        seconds[name] = seconds.get(name, 0) + spent
    return seconds


def share(program):
    for protocol in ["halfblocks", "kitty", "iterm2", "sixel"]:
        arguments = ["demo", "--steps", "100000", "--size", "224", "--graphics", protocol]
        run = Run(program, arguments, size=(120, 40))
        run.wait_for(b"running")
        spent = []
        for seconds in (3, 15):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                run.read(0.05)
            spent.append(processor_seconds(run.pid))
        run.end()
        before, after = spent
        used = {name: after[name] - before.get(name, 0) for name in after}
        engine, total = used["engine"], sum(used.values())
        print(f"  {protocol:12} {100 * (total - engine) / total:.1f} %")


PICTURES = {
    "kitty": (rb"\x1b_G.*?\x1b\\", rb"a=t,|a=T,"),
    "sixel": (rb"\x1bP.*?\x1b\\", rb"\x1bP"),
    "iterm2": (rb"\x1b\]1337;.*?(?:\x07|\x1b\\)", rb"File="),
}


def sizes(program):
    for protocol in ["kitty", "iterm2", "sixel", "halfblocks"]:
        run = Run(program, ["demo", "--steps", "100000", "--graphics", protocol])
        run.wait_for(b"running")
        since = len(run.output)
        begin = time.monotonic()
        while time.monotonic() - begin < 10:
            run.read(0.05)
        seen = bytes(run.output[since:])
        run.end()
        if protocol == "halfblocks":
            frames = re.findall(rb"\x1b\[\?2026h.*?\x1b\[\?2026l", seen, re.DOTALL)
            pictures = [len(frame) for frame in frames if frame.count("▀".encode()) > 50]
            count, total = len(pictures), sum(pictures)
        else:
            whole, first = PICTURES[protocol]
            found = re.findall(whole, seen, re.DOTALL)
            total = sum(map(len, found))
            count = sum(1 for piece in found if re.search(first, piece))
        print(f"  {protocol:12} {total / max(count, 1) / 1000:6.0f} kB   ({count} pictures in 10 s)")


def latency(program):
    for protocol in ["halfblocks", "sixel", "kitty", "iterm2"]:
        arguments = ["demo", "--steps", "100000", "--graphics", protocol]
        run = Run(program, arguments, rate=SLOW)
        run.wait_for(b"running")
        took = []
        for index in range(40):
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


def reload(program):
    text = 'extends = "demo"\n[style]\nweight = {}\n'
    took = []
    with open("mine.toml", "w") as file:
        file.write(text.format(1.0))
    more = ["-p", "./mine.toml", "--steps", "100000", "--size", "96", "--log", "log.txt"]
    run = Run(program, ["demo", *more])
    run.wait_for(b"running")
    for index in range(15):
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
    "processor time that is not the engine's, of all that the program takes": share,
    "steps a second with the dashboard over those without (400 steps at 224 pixels)": speed,
    "bytes of a picture in a terminal of 160×48": sizes,
    "a key over 1 Mbit/s, while pictures come": latency,
    "from saving a preset until it counts (96 pixels)": reload,
}


def main():
    program = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:]
    os.chdir(tempfile.mkdtemp())
    for title, part in PARTS.items():
        if not wanted or part.__name__ in wanted:
            print(f"\n{title}:", flush=True)
            part(program)


main()
