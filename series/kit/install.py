"""Start the series from a kit: on a stick, or from the lecturer's computer over the room's network.

Standard library only. The starters run this file; over the network it arrives as text, with ADDRESS set in front of it.
"""

import argparse
import hashlib
import http.client
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS = globals().get("ADDRESS")
HOME = Path.home() / "indonesian-nlp"


def fetch(address, path, sha256=None):
    """Load a file; it has its name only when it is whole, and one that is whole already is not loaded again."""
    if sha256 and path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    with urllib.request.urlopen(address, timeout=60) as answer, open(str(part), "wb") as file:
        for piece in iter(lambda: answer.read(1 << 20), b""):
            digest.update(piece)
            file.write(piece)
    if sha256 and digest.hexdigest() != sha256:
        part.unlink()
        raise urllib.error.URLError(f"{address}: checksum berbeda / another checksum")
    os.replace(str(part), str(path))


def fetch_files(address, kit, manifest, names):
    """Load the named files of a kit, and say how far it is."""
    todo = sum(manifest["files"][name]["size"] for name in names)
    outside = [name for name in names if kit.resolve() not in (kit / name).resolve().parents]
    if outside:
        raise ValueError(f"{outside[0]}: di luar folder / outside the folder")
    done = 0
    for name in names:
        fetch(address + "/" + urllib.request.quote(name), kit / name, manifest["files"][name]["sha256"])
        done += manifest["files"][name]["size"]
        print(f"\r{done / 1e6:5.0f} / {todo / 1e6:.0f} MB", end="", flush=True)
    print()


def kit_from_room(address, kit):
    """Load what this computer needs of the lecturer's kit; a second start goes on where the first one stopped."""
    fetch(address + "/kit.json", kit / "kit.json")
    try:
        manifest = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
        project = [name for name in manifest["files"] if name.startswith("project/")]
        fetch_files(address, kit, manifest, project)
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # a network's own page, say, came in its place
        raise urllib.error.URLError(f"{address}/kit.json: {error!r}") from error
    use = load(kit)
    manifest = use.read_manifest(kit)
    problem = use.target_problem(manifest)
    if problem:
        raise use.KitError(problem)
    names = use.names_for(manifest, use.this_system())
    use.require_room(kit, sum(manifest["files"][name]["size"] for name in names))
    fetch_files(address, kit, manifest, names)


def load(kit):
    """The module that knows kits, from the kit itself."""
    sys.path.insert(0, str(kit / "project"))
    from series.kit import use

    return use


def install(kit, home, arguments):
    """Copy the series to the learner's folder and hand over to its `tutorial.py`; returns the exit code."""
    use = load(kit)
    manifest = use.read_manifest(kit)
    problem = use.target_problem(manifest) or use.path_problem(home, manifest["longest_path"])
    if problem:
        raise use.KitError(problem)
    warning = use.store_python_warning()
    if warning:
        print(warning, flush=True)
    kept = use.copy_project(kit, manifest, home)
    if kept:
        names = ", ".join(kept)
        print(use.both(f"File yang kamu ubah dibiarkan: {names}", f"Files that you changed were kept: {names}"))
    print(use.both(f"Seri ini ada di {home}", f"The series is in {home}"), flush=True)
    command = [sys.executable, str(home / "tutorial.py"), "lab", "--kit", str(kit), *arguments]
    return subprocess.call(command, cwd=str(home))


def main(arguments=None):
    """Install from the kit that this file lies in, or from the room's network; returns the exit code."""
    parser = argparse.ArgumentParser(prog="install.py", description="Install the series from its kit and open it.")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=HOME, help=f"where the series goes; default: {HOME}")
    options, rest = parser.parse_known_args(arguments)
    home = options.to.expanduser().absolute()
    kit = home.with_name(home.name + "-kit") if ADDRESS else Path(__file__).resolve().parent
    try:
        if ADDRESS:
            kit_from_room(ADDRESS, kit)
        return install(kit, home, rest)
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
        print(f"{ADDRESS} tidak menjawab seperti seharusnya ({error!r}). Periksa jaringan ruangan, lalu jalankan lagi perintah yang sama.\n"
              f"{ADDRESS} does not answer as it should ({error!r}). Check the room's network, then give the same command again.",
              file=sys.stderr)  # fmt: skip
    except OSError as error:
        print(f"Tidak bisa membaca atau menulis: {error}. Kalau disk penuh, kosongkan; lalu jalankan lagi.\n"
              f"Cannot read or write: {error}. If the disk is full, free some room; then start again.", file=sys.stderr)  # fmt: skip
    except Exception as error:
        if type(error).__name__ != "KitError":  # its class comes from the kit, which may not be there yet
            raise
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__" or ADDRESS:
    sys.exit(main([] if ADDRESS else None))
