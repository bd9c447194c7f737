"""Which wheels a kit needs for a system that is not this one.

pip reads markers for the computer that it runs on, so it resolves nothing
for another. The versions are known, however: constraints.txt has them. What
is left is to follow each package's needs with the other system's markers.
"""

import importlib.metadata
import itertools
import re
import zipfile
from email.parser import HeaderParser

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from helpers.files import ROOT
from helpers.packages import TORCH_GLIBC, TORCH_MACOS, read_requirements
from series.kit.use import MACHINES

PATCH = 9  # of the Python that wheels are looked for: to pip "3.11" is 3.11.0, which some packages are too new for
MARKERS = {
    "windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
    "macos": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    "linux": {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
}
OLD_LINUX = {17: "manylinux2014_x86_64", 12: "manylinux2010_x86_64", 5: "manylinux1_x86_64"}


def platforms(system):
    """The platform tags that wheels for a system may have, the newest first.

    >>> platforms("windows"), platforms("macos")[0]
    (['win_amd64'], 'macosx_14_0_arm64')
    """
    if system == "windows":
        return ["win_amd64"]
    if system == "macos":
        return list(mac_platforms((int(TORCH_MACOS), 0), "arm64"))
    tags = []
    for minor in range(int(TORCH_GLIBC.split(".")[1]), 4, -1):
        tags += [f"manylinux_2_{minor}_x86_64", *([OLD_LINUX[minor]] if minor in OLD_LINUX else [])]
    return [*tags, "linux_x86_64"]


def markers(system, python):
    """What markers are read against: the target's system and Python, not this computer's."""
    return {
        **default_environment(), **MARKERS[system], "python_version": python, "python_full_version": f"{python}.{PATCH}",
        "platform_python_implementation": "CPython", "implementation_name": "cpython", "implementation_version": f"{python}.{PATCH}",
        "platform_release": "", "platform_version": "", "extra": "",
    }  # fmt: skip


def tags(system, python):
    """Every tag of a wheel that fits the target."""
    version = tuple(map(int, python.split(".")))
    names = platforms(system)
    interpreter = "cp" + python.replace(".", "")
    return frozenset(itertools.chain(cpython_tags(version, platforms=names), compatible_tags(version, interpreter, names)))


def pins(system, python, path=ROOT / "constraints.txt"):
    """The versions that constraints.txt holds for a target: version by canonical name."""
    environment, found = markers(system, python), {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                (clause,) = requirement.specifier
                found[canonicalize_name(requirement.name)] = clause.version
    return found


def installed_needs(name):
    """What an installed package says that it needs; nothing of one that is not installed, as those of other systems are."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def closure(system, python, needs=installed_needs, wanted=None):
    """The packages that a target installs for the lessons, with their versions.

    Parameters
    ----------
    system, python : str
        For instance ``"windows"`` and ``"3.12"``.
    needs : callable
        Takes a name, gives its requirements as texts.
    wanted : list of str, optional
        Names to begin with; default: those of requirements.txt.

    Returns
    -------
    dict of str to str
        Version by canonical name, in alphabetical order. What constraints.txt
        does not hold is left out: `unmet_needs` finds it in the wheels.
    """
    pinned, environment = pins(system, python), markers(system, python)
    found = set()
    todo = [(canonicalize_name(name), frozenset()) for name in (read_requirements(ROOT / "requirements.txt") if wanted is None else wanted)]
    while todo:
        name, extras = todo.pop()
        if name not in pinned or (name, extras) in found:
            continue
        found.add((name, extras))
        todo += needed_by(needs(name), environment, extras)
    return {name: pinned[name] for name in sorted({name for name, _ in found})}


def needed_by(requirements, environment, extras=()):
    """Names, each with the extras that are asked for, that hold in an environment."""
    found = []
    for requirement in map(Requirement, requirements):
        holds = requirement.marker is None or any(requirement.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
        if holds:
            found.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def wheel_metadata(path):
    """Name, version, needs and Python of a wheel, from its METADATA."""
    with zipfile.ZipFile(path) as wheel:
        (name,) = [name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        metadata = HeaderParser().parsestr(wheel.read(name).decode("utf-8"))
    return {
        "name": canonicalize_name(metadata["Name"]),
        "version": metadata["Version"],
        "needs": metadata.get_all("Requires-Dist") or [],
        "python": metadata["Requires-Python"] or "",
    }


def wheels_by_package(folder, system, python):
    """The whole wheels of a folder that fit a target: path by (name, version without local part)."""
    fitting, found = tags(system, python), {}
    for path in sorted(folder.glob("*.whl")):
        try:
            name, version, _, its_tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if its_tags & fitting and zipfile.is_zipfile(path):  # one that is cut off has no list of contents at its end
            found[str(name), version.public] = path
    return found


def unmet_needs(wheels, system, python):
    """What wheels need on a target and no other of them brings: (wheel, requirement) for each.

    Parameters
    ----------
    wheels : iterable of pathlib.Path
    system, python : str

    Returns
    -------
    list of (str, str)
    """
    facts = {entry["name"]: entry for entry in map(wheel_metadata, wheels)}
    environment, problems = markers(system, python), []
    todo = [(name, frozenset()) for name in facts]
    done = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        for text in facts[name]["needs"]:
            requirement = Requirement(text)
            for other, asked in needed_by([text], environment, extras):
                if other not in facts or not requirement.specifier.contains(facts[other]["version"], prereleases=True):
                    problems.append((name, text))
                elif asked:
                    todo.append((other, asked))
    return sorted(problems)


def oldest_python(wheels, python):
    """The first patch of a Python that every wheel accepts, such as ``3.11.5``."""
    ranges = [SpecifierSet(wheel_metadata(path)["python"]) for path in wheels]
    for patch in range(PATCH + 1):
        version = f"{python}.{patch}"
        if all(accepted.contains(version) for accepted in ranges):
            return version
    raise ValueError(f"no Python {python} fits all wheels")


def target_facts(system, python, wheels):
    """What the kit's list says of a target, apart from where its wheels lie."""
    return {"python": python, "python_from": oldest_python(wheels, python), "machine": MACHINES[system]}
