"""Measure what set-up and kits cost, for ``data/results/kit.json``: what `tutorial.py` says before it begins.

    python -m series.kit.measure KIT [KIT ...] [--setup] [--uv]

Takes the wheels' sizes from kits that were made; ``--setup`` asks pip what a set-up
without a kit would load on this computer and how large that is, and installs from the
first kit's wheels once with pip and, with ``--uv``, once with uv.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import tutorial
from helpers.files import ROOT, write_atomically
from series.kit.make import size_of
from series.kit.resolve import closure
from series.kit.use import FIGURES, offline_environment, read_manifest, this_system

LISTS = ["-r", str(ROOT / "requirements.txt"), "-c", str(ROOT / "constraints.txt")]


def wheel_sizes(kit):
    """Python, number and bytes of the wheels of each system of a kit."""
    manifest = read_manifest(kit)
    return {
        system: {
            "python": target["python"],
            "wheels": len(target["wheels"]),
            "bytes": sum(manifest["files"][name]["size"] for name in target["wheels"]),
            "torch": next(manifest["files"][name]["size"] for name in target["wheels"] if name.startswith("wheels/torch-")),
        }
        for system, target in manifest["targets"].items()
    }


def download_of_set_up():
    """Number and bytes of what pip would load here from the usual index, by its own report."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place, "report.json")
        command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--report", str(report), *LISTS]
        subprocess.run(command, check=True, env={**offline_environment(), "TMPDIR": place})
        found = [item["download_info"]["url"] for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    total = 0
    for url in found:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=60) as answer:
            total += int(answer.headers["Content-Length"])
    return {"wheels": len(found), "bytes": total}


def computer():
    """Name this computer and how busy it was, which the seconds depend on."""
    load = f", load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    return f"{platform.system()}, {os.cpu_count()} threads{load}"


def install_seconds(kit, program):
    """Seconds to install a kit's wheels with pip or uv, and the bytes that they take on the disk."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        command = tutorial.install_command(tutorial.python_in(Path(place)), kit=kit, uv=program)
        before, began = size_of(Path(place)), time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, env=offline_environment())
        return round(time.perf_counter() - began, 1), size_of(Path(place)) - before


def main(arguments=None):
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kits", nargs="+", type=Path)
    parser.add_argument("--setup", action="store_true")
    parser.add_argument("--uv", metavar="PROGRAM")
    options = parser.parse_args(arguments)
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {"wheels": {}}
    for kit in options.kits:
        figures["wheels"].update(wheel_sizes(kit))
    for system, entry in figures["wheels"].items():
        entry["packages"] = closure(system, entry["python"])  # a test compares them with constraints.txt
    if options.setup:
        figures.setdefault("usual_index", {})[this_system()] = download_of_set_up()
        seconds, disk = install_seconds(options.kits[0], None)
        figures["install"] = {"computer": computer(), "pip_seconds": seconds, "disk_bytes": disk}
    if options.uv:
        figures["install"]["uv_seconds"], _ = install_seconds(options.kits[0], options.uv)
    write_atomically(FIGURES, (json.dumps(figures, indent=1) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
