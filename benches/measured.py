"""Programs, run for what they say and how much memory they take."""

import json
import os
import platform
import subprocess
import sys
import tempfile


def run(command):
    """What a program says, an object a line, and its peak memory in MB; where it fails, so does this one."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE)
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{complaint.decode()}")
        output.seek(0)
        lines = [json.loads(line) for line in output if line.startswith("{")]
    # macOS counts bytes, Linux kB.
    return lines, usage.ru_maxrss / (1e6 if platform.system() == "Darwin" else 1e3)
