"""What a learner's computer does with a kit: see that it is whole and fits, and install from it.

Standard library only, and readable by an old Python, which is told that it is too old: nothing is installed yet.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import sysconfig
from pathlib import Path, PureWindowsPath

MANIFEST = "kit.json"
EDITION = 1  # of the manifest's layout
SYSTEMS = {"Windows": "windows", "Darwin": "macos", "Linux": "linux"}
MACHINES = {"windows": "amd64", "macos": "arm64", "linux": "x86_64"}
FIGURES = Path(__file__).resolve().parents[2] / "data" / "results" / "kit.json"  # what set-up loads and takes, as measured
DATA = {"smsa": "data/smsa", "indobert": "data/indobert_base"}  # in the kit, and where the lessons look for it
SHOWN = 5  # problems that are named; the rest is counted
ROOM_FOR_PACKAGES = 4  # times the wheels: measured, they unpack to less than that (data/results/kit.json)
WINDOWS_LONGEST = 259  # characters of a path, unless Windows was told to allow more


class KitError(Exception):
    """What is wrong with a kit, or why it does not fit this computer; in both languages."""


def both(indonesian, english):
    """One message in both languages, a line each."""
    return f"{indonesian}\n{english}"


def this_system():
    """``windows``, ``macos`` or ``linux``; what Python calls it where it is none of them."""
    return SYSTEMS.get(platform.system(), platform.system())


def this_machine():
    """The processor that this Python was built for; on Windows that of Python, which may differ from the computer's.

    >>> this_machine() == this_machine().lower()
    True
    """
    if platform.system() == "Windows":
        return sysconfig.get_platform().replace("win-", "").lower()
    return platform.machine().lower()


def sha256_of(path):
    """SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_manifest(folder):
    """The list of what a kit holds.

    Raises
    ------
    KitError
        There is no such list, or it cannot be read, or a newer series wrote it.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        edition = manifest["edition"]
        if edition == EDITION:
            require_all_parts(manifest)
    except FileNotFoundError:
        raise KitError(
            both(
                f"{folder} bukan kit: {MANIFEST} tidak ada di sana. Kalau ini file zip, ekstrak dulu; kalau kit belum selesai dibuat,"
                " jalankan lagi perintah kit.",
                f"{folder} is no kit: there is no {MANIFEST}. If it is a zip file, extract it first; if the kit was not finished,"
                " give the kit command again.",
            )
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise KitError(both(f"{path} rusak ({error}). Salin lagi kitnya.", f"{path} is damaged ({error}). Copy the kit again.")) from error
    if edition != EDITION:
        raise KitError(
            both(
                f"Kit ini edisi {edition}, sedangkan folder ini mengenal edisi {EDITION}: pakai folder project dari kit itu.",
                f"This kit is edition {edition}, this folder knows edition {EDITION}: use the folder project of that kit.",
            )
        )
    return manifest


def require_all_parts(manifest):
    """Raise an error that names the part which a list lacks of all that is read from it."""
    files, targets = manifest["files"], manifest["targets"]
    odd = [name for name, entry in files.items() if not (isinstance(entry["size"], int) and isinstance(entry["sha256"], str))]
    paths = [PureWindowsPath(name) for name in files]  # which knows both kinds of slash
    odd += [str(name) for name in paths if name.anchor or ".." in name.parts]  # it would be written outside the folder
    for target in targets.values():
        odd += [name for name in target["wheels"] if name not in files]
        odd += [part for part in ("python", "machine") if not isinstance(target[part], str)]
        odd += [] if re.fullmatch(r"\d+\.\d+\.\d+", target["python_from"]) else ["python_from"]
    odd += [part for part, fine in (("targets", targets), ("longest_path", isinstance(manifest["longest_path"], int))) if not fine]
    if odd:
        raise ValueError(", ".join(odd[:SHOWN]))


def target_problem(manifest, version=None, system=None, machine=None):
    """Why a kit has nothing for this computer and Python, or None when it has.

    Parameters
    ----------
    manifest : dict
    version : tuple of int, optional
    system, machine : str, optional
        Default: this computer's.

    Returns
    -------
    str or None
    """
    version, system, machine = version or sys.version_info[:3], system or this_system(), machine or this_machine()
    targets = manifest["targets"]
    if system not in targets:
        names = ", ".join(targets)
        return both(f"Kit ini untuk {names}, bukan untuk {system}.", f"This kit is for {names}, not for {system}.")
    target = targets[system]
    if machine != target["machine"]:
        return both(
            f"Kit ini untuk {system} dengan Python {target['machine']}; Python ini {machine}.",
            f"This kit is for {system} and a Python for {target['machine']}; this Python is for {machine}.",
        )
    oldest = tuple(int(part) for part in target["python_from"].split("."))
    if tuple(version[:2]) != oldest[:2] or tuple(version) < oldest:
        found, wanted = ".".join(map(str, version)), target["python"]
        least = "" if oldest[2] == 0 else f" (>= {target['python_from']})"
        command = f"py -{wanted}" if system == "windows" else f"python{wanted}"
        return both(
            f"Kit ini untuk Python {wanted}{least}; ini Python {found}. Pasang Python {wanted}, lalu pakai: {command}",
            f"This kit is for Python {wanted}{least}; this is Python {found}. Install Python {wanted}, then use: {command}",
        )
    return None


def file_problems(folder, manifest, names):
    """Name each file of a kit that is missing, cut off or changed; yields texts in both languages."""
    for name in names:
        path, entry = Path(folder, name), manifest["files"][name]
        try:
            if not path.is_file():
                yield both(f"{name} tidak ada", f"{name} is missing")
            elif path.stat().st_size != entry["size"]:
                sizes = path.stat().st_size, entry["size"]
                yield both("{} terpotong: {} dari {} byte".format(name, *sizes), "{} is cut off: {} of {} bytes".format(name, *sizes))
            elif sha256_of(path) != entry["sha256"]:
                yield both(f"{name} berubah (checksum lain)", f"{name} was changed (another checksum)")
        except OSError as error:  # as of a stick that wears out
            yield both(f"{name} tidak bisa dibaca ({error})", f"{name} cannot be read ({error})")


def names_for(manifest, system):
    """The files that one system installs from: its wheels, and data that the lecturer added."""
    data = [name for name in manifest["files"] if name.split("/")[0] in DATA]
    return [*manifest["targets"][system]["wheels"], *data]


def require_whole(folder, manifest, names):
    """Raise `KitError` that names what is missing, cut off or changed."""
    problems = [text.split("\n") for text in file_problems(folder, manifest, names)]
    if problems:
        more = len(problems) - SHOWN
        indonesian = "; ".join(one for one, _ in problems[:SHOWN]) + (f"; dan {more} lagi" if more > 0 else "")
        english = "; ".join(one for _, one in problems[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise KitError(
            both(
                f"Kit di {folder} tidak utuh: {indonesian}. Salin lagi kitnya dari sumbernya.",
                f"The kit in {folder} is not whole: {english}. Copy the kit again from where it came.",
            )
        )


def require_room(folder, needed, free=None):
    """Raise `KitError` where the disk of a folder has less room than is needed."""
    place = next(parent for parent in [Path(folder).absolute(), *Path(folder).absolute().parents] if parent.exists())
    free = shutil.disk_usage(place).free if free is None else free
    if free < needed:
        sizes = free / 1e9, needed / 1e9
        raise KitError(
            both(
                "Disk tidak cukup di {}: sisa {:.1f} GB, perlu {:.1f} GB. Kosongkan dulu, lalu jalankan lagi.".format(place, *sizes),
                "The disk of {} is too full: {:.1f} GB left, {:.1f} GB needed. Free some, then start again.".format(place, *sizes),
            )
        )


def check_for_this_computer(folder, root):
    """Make sure that a kit is whole and fits this computer, before anything is installed from it.

    Returns
    -------
    dict
        The kit's manifest.

    Raises
    ------
    KitError
    """
    manifest = read_manifest(folder)
    problem = target_problem(manifest)
    if problem:
        raise KitError(problem)
    names = names_for(manifest, this_system())
    require_whole(folder, manifest, names)
    require_room(root, ROOM_FOR_PACKAGES * sum(manifest["files"][name]["size"] for name in names))
    return manifest


def installer_options(folder):
    """Options of pip and of uv that make them take packages from a kit and from nowhere else."""
    return ["--no-index", "--find-links", str(Path(folder).absolute() / "wheels")]


def offline_environment():
    """The environment variables for pip and uv without any index, mirror or folder that somebody configured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def cannot_write(error):
    """What is said where the system refuses to write or read; in both languages."""
    return both(
        f"Tidak bisa menulis atau membaca: {error}. Kalau disk penuh, kosongkan, lalu jalankan lagi.",
        f"Cannot write or read: {error}. If the disk is full, free some room, then start again.",
    )


def make_whole(target, write):
    """Let a function make a file that has its name only when it is whole.

    Parameters
    ----------
    target : pathlib.Path
    write : callable
        Takes the path to write to meanwhile.

    Raises
    ------
    KitError
        The disk is full or may not be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, target)
    except OSError as error:
        raise KitError(cannot_write(error)) from error
    finally:
        if part.exists():
            part.unlink()


def copy_whole(source, target):
    """Copy a file so that it has its name only when it is whole; raises `KitError` where it cannot."""
    make_whole(target, lambda part: shutil.copyfile(source, part))


def bring_data(folder, manifest, root):
    """Copy the data that a lecturer put into the kit to where the lessons look for them; what is there stays.

    Raises
    ------
    KitError
        Names what is missing, cut off or changed; nothing was copied then.
    """
    targets = {}
    for name in manifest["files"]:
        first, _, rest = name.partition("/")
        if first in DATA and not Path(root, DATA[first], rest).exists():
            targets[name] = Path(root, DATA[first], rest)
    require_whole(folder, manifest, targets)
    for name, target in targets.items():
        copy_whole(Path(folder, name), target)


def copy_project(folder, manifest, home):
    """Copy the series from a kit to a folder of the learner's; a file that the learner changed is kept and returned.

    A list of what was copied stays there, so that the next kit can tell a
    learner's change from an older edition, whose files go where nobody
    changed them and the kit has them no longer.
    """
    home, record = Path(home), Path(home, ".kit-files.json")
    before = copied_before(record)
    names = [name for name in manifest["files"] if name.startswith("project/")]
    require_whole(folder, manifest, names)
    kept, now = [], {}
    for name in names:
        wanted, target = manifest["files"][name]["sha256"], home / name[len("project/") :]
        found = sha256_of(target) if target.is_file() else None
        if found not in (None, wanted, before.get(name)):
            kept.append(name[len("project/") :])
        else:
            now[name] = wanted
            if found != wanted:
                copy_whole(Path(folder, name), target)
    for name in before.keys() - now.keys():  # an older edition's: a lesson of another name, say, which would be shown beside the new one
        target = home / name[len("project/") :]
        if name not in manifest["files"] and target.is_file() and sha256_of(target) == before[name]:
            target.unlink()
    make_whole(record, lambda part: part.write_text(json.dumps(now), encoding="utf-8"))
    return kept


def copied_before(record):
    """What `copy_project` noted the last time: checksum by name; empty the first time."""
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise KitError(
            both(
                f"{record} rusak ({error}), jadi tidak diketahui file mana yang kamu ubah. Pakai folder lain, misalnya dengan --to, atau"
                " hapus file itu: semua yang berbeda dari kit lalu dianggap perubahanmu.",
                f"{record} is damaged ({error}), so nobody knows which files you changed. Use another folder, for instance with --to, or"
                " delete that file: all that differs from the kit then counts as changed by you.",
            )
        ) from error


def path_problem(home, longest, allowed=None):
    """Why paths below a folder would be too long for Windows, or None.

    Parameters
    ----------
    home : str or pathlib.Path
    longest : int
        Characters of the longest path below it, once the packages are installed.
    allowed : bool, optional
        Whether Windows takes longer ones; default: what its registry says.

    Examples
    --------
    >>> path_problem("C:/Users/siti/indonesian-nlp", 180, allowed=False) is None
    True
    """
    if allowed is None:
        allowed = long_paths_allowed()
    found = len(str(home)) + 1 + longest
    if allowed or found <= WINDOWS_LONGEST:
        return None
    short = WINDOWS_LONGEST - 1 - longest
    return both(
        f"{home} terlalu panjang untuk Windows: jalur terpanjang jadi {found} karakter, batasnya {WINDOWS_LONGEST}. Pakai folder yang"
        f" namanya paling banyak {short} karakter, misalnya: --to C:\\nlp",
        f"{home} is too long for Windows: the longest path would have {found} characters, the limit is {WINDOWS_LONGEST}. Use a folder"
        f" of at most {short} characters, for instance: --to C:\\nlp",
    )


def long_paths_allowed():
    """Whether this system takes paths of more than 259 characters."""
    if os.name != "nt":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


def store_python_warning(executable=None):
    """A warning about the Python of the Microsoft Store, or None.

    >>> store_python_warning("C:/Python312/python.exe") is None
    True
    >>> "Microsoft Store" in store_python_warning("C:/Users/siti/AppData/Local/Microsoft/WindowsApps/python.exe")
    True
    """
    if "WindowsApps" not in (executable or sys.base_prefix + sys.executable):
        return None
    return both(
        "Ini Python dari Microsoft Store. Kalau pemasangan gagal, pasang Python dari python.org, lalu jalankan lagi.",
        "This is the Python of the Microsoft Store. If the installation fails, install Python from python.org, then start again.",
    )
