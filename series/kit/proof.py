"""Prove on this computer that a kit installs without an index, by the very command of `tutorial.py lab`."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tutorial
from series.kit.use import KitError, both, check_for_this_computer, offline_environment, read_manifest, require_whole

IMPORTS = "import torch, transformers, pandas, sklearn, matplotlib, jupyterlab; print('torch', torch.__version__)"


def prove(folder, imports=IMPORTS):
    """Check every file of a kit, install it into an environment that is thrown away, and import what lessons import.

    Parameters
    ----------
    folder : str or pathlib.Path
    imports : str
        Python code that has to run in the end.

    Raises
    ------
    KitError
        Says what is missing, damaged or does not install.
    """
    manifest = read_manifest(folder)
    require_whole(folder, manifest, manifest["files"])
    sizes = {system: sum(manifest["files"][name]["size"] for name in target["wheels"]) for system, target in manifest["targets"].items()}
    for system, size in sizes.items():
        print(f"{system}: {len(manifest['targets'][system]['wheels'])} wheel, {size / 1e6:.0f} MB, utuh / whole", flush=True)
    check_for_this_computer(folder, tempfile.gettempdir())
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        python = tutorial.python_in(Path(place))
        run([sys.executable, "-m", "venv", place])
        run(tutorial.install_command(python, kit=folder), Path(folder, "project"))
        run([str(python), "-m", "pip", "check"])
        run([str(python), "-c", imports])
    seconds = time.perf_counter() - began
    print(
        both(
            f"Kit ini bisa dipasang tanpa jaringan ({seconds:.0f} detik).", f"This kit installs without a network ({seconds:.0f} seconds)."
        )
    )


def run(command, place=None):
    """Run one step of the proof with every configured index left out."""
    if subprocess.call(command, cwd=place, env={**offline_environment(), "PIP_QUIET": "1"}) != 0:
        words = " ".join(command[:4])
        raise KitError(
            both(
                f"Kit ini tidak bisa dipasang di sini: {words} gagal, lihat di atas.",
                f"This kit does not install here: {words} failed, see above.",
            )
        )
