"""The most memory that each lesson takes: ``python -m benchmarks.lesson_memory [04 ...]``, on Linux.

It runs the lessons with the preset mini and prints the peak of each kernel and
of what the kernel started (``VmHWM``), as the system counted it, in GB of 2**30 bytes, as hosts count them.
"""

import re
import sys
from pathlib import Path

import psutil

from series.notebooks import execute, find_lessons, mini_environment


def peak_of(pid):
    """The most memory that a process has had, in bytes; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def peak_of_lesson(path):
    """Run a lesson; the peaks of its kernel and of the kernel's processes, added up, in bytes."""
    peaks = {}

    def note(_cell):
        for process in psutil.Process().children(recursive=True):
            peaks[process.pid] = max(peaks.get(process.pid, 0), peak_of(process.pid))

    execute(path, on_cell=note)
    return sum(peaks.values())


def main(names):
    """Print a line for each lesson, in the order in which they need each other."""
    with mini_environment():
        for path in find_lessons("en", names):
            print(f"{path.stem}: {peak_of_lesson(path) / 2**30:.2f} GB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
