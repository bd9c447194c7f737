"""Make a kit: the wheels of each system, the series, the site, what a lecturer adds, and how to start."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from helpers.files import ROOT, write_atomically
from series.kit import pages, resolve
from series.kit.use import DATA, EDITION, FIGURES, MANIFEST, KitError, both, copy_whole, require_room, sha256_of

HERE = Path(__file__).parent
MADE = ("wheels", "project", "site", "guide", "smsa", "indobert", "extras")  # folders that this command makes anew
UNFINISHED = "unfinished-kit"
AT_ONCE = 8  # packages a call of pip: what an interrupted download loses at most
NOT_OURS = {".git", "outputs", "my_lessons", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".hypothesis", ".ruff_cache"}
PROJECT_MB = 60  # room for the rest of a kit


def expected_bytes(systems):
    """What the wheels of each system weighed when this was measured: bytes by system."""
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))["wheels"]
    return {system: measured[system]["bytes"] for system in systems}


def require_own_folder(out):
    """Raise `KitError` rather than write into a folder that holds something else."""
    if out.is_dir() and any(out.iterdir()) and not any((out / name).is_file() for name in (MANIFEST, UNFINISHED)):
        raise KitError(
            both(f"{out} berisi hal lain; beri folder lain dengan --out.", f"{out} holds other things; name another folder with --out.")
        )


# --------------------------------------------------------------------- wheels


def pip_download(names, folder, system, python, source=()):
    """Let pip load wheels for a target; raises `KitError` with pip's own words above it."""
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command += [] if names[0].startswith("torch==") else ["-q"]  # the one that takes minutes shows pip's own bar
    command += ["--implementation", "cp", "--python-version", f"{python}.{resolve.PATCH}", "-d", str(folder), *source]
    command += [part for name in resolve.platforms(system) for part in ("--platform", name)]
    if subprocess.call([*command, *names]) != 0:
        raise KitError(
            both(
                f"pip tidak bisa mengunduh {', '.join(names)} untuk {system}; sebabnya ada di atas. Jalankan lagi: yang sudah ada tetap dipakai.",
                f"pip could not load {', '.join(names)} for {system}; it says why above. Start again: what is there already is kept.",
            )
        )


def wheels_for(system, python, folder, torch=None):
    """Bring the wheels of one target into a folder, those that are missing only.

    Parameters
    ----------
    system, python : str
    folder : pathlib.Path
    torch : str, optional
        A CPU wheel for Linux, its folder, or the address of an index that has it.

    Returns
    -------
    list of pathlib.Path
    """
    wanted = resolve.closure(system, python)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.whl"):
        if not zipfile.is_zipfile(path):  # an interrupted download left it, and pip would take it for whole
            path.unlink()
    if system == "linux":
        bring_torch(wanted["torch"], folder, python, torch)
    have = resolve.wheels_by_package(folder, system, python)
    missing = sorted(set(wanted.items()) - set(have))
    for batch in batches(missing):
        size = sum(path.stat().st_size for item, path in have.items() if item in wanted.items()) / 1e6
        print(
            f"{system}: {len(have.keys() & set(wanted.items()))}/{len(wanted)} ({size:.0f} MB), {', '.join(name for name, _ in batch)} ...",
            flush=True,
        )
        pip_download([f"{name}=={version}" for name, version in batch], folder, system, python)
        have = resolve.wheels_by_package(folder, system, python)
    wheels = [have[item] for item in wanted.items() if item in have]
    require_complete(wanted, wheels, system, python)
    return wheels


def batches(items):
    """Packages in the order and numbers in which they are loaded: torch alone, so that it is not lost with another.

    >>> batches([("numpy", "2.4"), ("torch", "2.13")])
    [[('torch', '2.13')], [('numpy', '2.4')]]
    """
    torch = [item for item in items if item[0] == "torch"]
    others = [item for item in items if item[0] != "torch"]
    return [*([torch] if torch else []), *(others[start : start + AT_ONCE] for start in range(0, len(others), AT_ONCE))]


def bring_torch(version, folder, python, torch):
    """Put the CPU wheel of torch for Linux into a folder: PyPI's brings CUDA packages of several gigabytes."""
    if ("torch", version) in resolve.wheels_by_package(folder, "linux", python):
        return
    if torch is None:
        raise KitError(
            both(
                "Untuk Linux, pip biasanya membawa torch dengan CUDA beberapa GB. Beri wheel CPU dengan --torch: nama file, foldernya, atau"
                " alamat indeks wheel CPU yang disebut di halaman awal situs PyTorch (pilih Linux, Pip, CPU).",
                "For Linux pip usually brings a torch with several GB of CUDA. Give a CPU wheel with --torch: the file, its folder, or"
                " the address of the index of CPU wheels that the start page of PyTorch's site shows (choose Linux, Pip, CPU).",
            )
        )
    path = Path(torch)
    if path.is_file():
        copy_whole(path, folder / path.name)
    else:
        source = ["--no-index", "--find-links", torch] if path.is_dir() else ["--index-url", torch]
        pip_download([f"torch=={version}"], folder, "linux", python, source)
    wheel = resolve.wheels_by_package(folder, "linux", python).get(("torch", version))
    if wheel is None:
        raise KitError(
            both(
                f"{torch} bukan wheel torch {version} untuk Linux x86_64 dan Python {python}.",
                f"{torch} is no wheel of torch {version} for Linux x86_64 and Python {python}.",
            )
        )


def require_complete(wanted, wheels, system, python):
    """Raise `KitError` unless the wheels are all there and need nothing else on their target."""
    names = {resolve.wheel_metadata(path)["name"] for path in wheels}
    missing = [f"{name}=={version}" for name, version in wanted.items() if name not in names]
    needs = [f"{name} -> {need}" for name, need in resolve.unmet_needs(wheels, system, python)]
    if missing or needs:
        what = "; ".join([*missing, *needs])
        raise KitError(
            both(
                f"Kit untuk {system} tidak akan bisa dipasang, yang kurang: {what}. Kalau torch untuk Linux meminta CUDA, beri wheel CPU"
                " dengan --torch.",
                f"The kit for {system} would not install; what is missing: {what}. If torch for Linux asks for CUDA, give a CPU wheel"
                " with --torch.",
            )
        )


# ------------------------------------------------------------- everything else


def project_files(root=ROOT):
    """The series' own files: what git tracks or, in an unpacked ZIP, everything that is no output."""
    top = git(root, "rev-parse", "--show-toplevel")
    if top and Path(top.strip()).resolve() == Path(root).resolve():
        names = git(root, "ls-files", "-z").split("\0")
        return sorted(name for name in names if name and (root / name).is_file())
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".venv")]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in files if not name.endswith((".pyc", ".part"))]
    private = tuple(f"{place}/" for place in DATA.values())  # whoever has them says so with --smsa and --indobert
    return sorted(name for name in found if not name.startswith(private))


def git(root, *arguments):
    """What git answers in a folder; an empty text where there is no git or no repository."""
    try:
        answer = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return ""
    return answer.stdout if answer.returncode == 0 else ""


def copy_project(out, root=ROOT):
    """Copy the series' own files into a kit."""
    for name in project_files(root):
        copy_whole(root / name, out / "project" / name)


def is_missing(names):
    """Whether one of these packages is not installed."""
    return any(importlib.util.find_spec(name) is None for name in names)


def build_site(out, asked):
    """Build the reading site into a kit, if its packages are there or it was asked for; returns whether it did."""
    from series.site.__main__ import FOR_THE_MODEL, PACKAGES

    if not asked and is_missing(PACKAGES):
        return False
    print("site ...", flush=True)
    command = [sys.executable, "-m", "series.site", "--build", str(out / "site")]
    if is_missing(FOR_THE_MODEL):  # a site is built without them all the same, but not its playground
        command.append("--without-playground")
    if subprocess.call(command, cwd=ROOT, stdout=subprocess.DEVNULL) != 0:
        raise KitError(
            both("Situs baca gagal dibuat; sebabnya ada di atas.", "The reading site could not be built; the reason stands above.")
        )
    return True


def data_of(smsa, indobert):
    """The files of the real SmSA and of IndoBERT base, where the lecturer named their folders: source by place in the kit.

    Raises
    ------
    KitError
        One of the files is not there.
    """
    from helpers.lesson import INDOBERT_FILES, SMSA_SHA256

    found = {}
    for source, name, files in ((smsa, "smsa", SMSA_SHA256), (indobert, "indobert", INDOBERT_FILES)):
        for file in files if source else ():
            if not Path(source, file).is_file():
                raise KitError(both(f"{source} tidak berisi {file}.", f"{source} holds no {file}."))
            found[f"{name}/{file}"] = Path(source, file)
    return found


def additions_of(out, additions):
    """Where the files and folders that the lecturer names go: the guide under its own name, others into ``extras``; source by place.

    Raises
    ------
    KitError
        One is not there, holds the kit itself, or is called like another.
    """
    found = {}
    for path in map(Path.absolute, additions):
        place = "guide" if path == pages.GUIDE else f"extras/{path.name}"
        if not path.exists():
            raise KitError(both(f"{path} tidak ada.", f"There is no {path}."))
        if out.is_relative_to(path):
            raise KitError(both(f"Kit ini ada di dalam {path}; beri folder lain dengan --out.",
                                f"The kit lies within {path}; name another folder with --out."))  # fmt: skip
        if place in found:
            raise KitError(both(f"{path} dan {found[place]} sama namanya; ganti nama salah satu.",
                                f"{path} and {found[place]} have the same name; rename one of them."))  # fmt: skip
        found[place] = path
    return found


def copy_into(out, sources):
    """Put files and folders into a kit, source by place."""
    for place, path in sources.items():
        target = out / place
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            copy_whole(path, target)


def write_starters(out, python):
    """Write the two starters, what they start, and the pages that say how."""
    for name in ("start.bat", "start.command"):
        text = (HERE / "starters" / name).read_text(encoding="utf-8").replace("@PYTHON@", python)
        write_atomically(out / name, text.replace("\n", "\r\n" if name.endswith(".bat") else "\n").encode("utf-8"))
    (out / "start.command").chmod(0o755)
    write_atomically(out / "install.py", (HERE / "install.py").read_bytes())
    for name, page in pages.start_pages(out, python).items():
        write_atomically(out / name, page.encode("utf-8"))


def longest_path(root=ROOT):
    """Characters of the longest path below a learner's folder once all is installed: that of this environment here."""
    paths = [Path(".venv", path.relative_to(sys.prefix)) for path in Path(sys.prefix).rglob("*")] if sys.prefix != sys.base_prefix else []
    return max(len(str(path)) for path in [*map(Path, project_files(root)), *paths])


def write_manifest(out, python, wheels):
    """Write down what a kit holds, last: a kit without this list is not finished."""
    files = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        name = path.relative_to(out).as_posix()
        if name not in (MANIFEST, UNFINISHED):
            files[name] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
    targets = {
        system: {**resolve.target_facts(system, python, paths), "wheels": sorted(f"wheels/{path.name}" for path in paths)}
        for system, paths in wheels.items()
    }
    manifest = {"edition": EDITION, "longest_path": longest_path(), "targets": targets, "files": files}
    write_atomically(out / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode("utf-8"))
    (out / UNFINISHED).unlink()


def write_zip(out):
    """Pack a kit into one file beside it; wheels and weights are compressed already and stored as they are."""
    target = out.with_name(out.name + ".zip")
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(path for path in out.rglob("*") if path.is_file()):
                stored = zipfile.ZIP_STORED if path.suffix in (".whl", ".safetensors", ".png", ".pdf", ".bin", ".exe") else None
                packed.write(path, f"{out.name}/{path.relative_to(out).as_posix()}", stored)  # keeps the executable bit
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def make(options):
    """Make the kit that the options describe; returns the exit code."""
    out, systems = options.out.absolute(), options.systems
    require_own_folder(out)
    sources = {
        **data_of(options.smsa, options.indobert),
        **additions_of(out, options.additions),
    }  # what is wrong is said before the download
    sizes = expected_bytes(systems)
    for system in systems:
        print(both(f"{system}: wheel sekitar {sizes[system] / 1e6:.0f} MB", f"{system}: wheels of about {sizes[system] / 1e6:.0f} MB"))
    present = sum(path.stat().st_size for path in (out / "wheels").glob("*.whl"))
    require_room(out, (2 if options.zip else 1) * (sum(sizes.values()) + PROJECT_MB * 1e6) - present)
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / UNFINISHED, b"")
    (out / MANIFEST).unlink(missing_ok=True)
    for name in MADE[1:]:
        if (out / name).exists():
            shutil.rmtree(out / name)
    wheels = {system: wheels_for(system, options.python, out / "wheels", options.torch) for system in systems}
    used = {path for paths in wheels.values() for path in paths}
    for path in set((out / "wheels").iterdir()) - used:  # of earlier versions, or cut off
        path.unlink()
    copy_project(out)
    build_site(out, options.site)
    copy_into(out, sources)
    write_starters(out, options.python)
    write_manifest(out, options.python, wheels)
    for system, paths in wheels.items():
        print(f"{system}: {len(paths)} wheel, {sum(path.stat().st_size for path in paths) / 1e6:.0f} MB")
    for path in (out, write_zip(out)) if options.zip else (out,):
        print(f"{path}  {size_of(path) / 1e6:.0f} MB")
    return 0


def size_of(path):
    """Bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())
