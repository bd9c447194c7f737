"""Whether the packages of requirements.txt are here, in versions that work, and whether this computer can have them.

Standard library only: the set-up cell of the lessons and ``tutorial.py`` ask before anything imports torch, in a
Python that may have no package at all.
"""

import importlib.metadata
import pathlib
import platform
import re
import sysconfig

from helpers.files import ROOT
from helpers.messages import message

REQUIREMENTS = ROOT / "requirements.txt"

#: What the lessons import, and what only the tests need; jupyter is left, which opens notebooks.
LESSON_PACKAGES = ("torch", "transformers", "pandas", "numpy", "tqdm", "scikit-learn", "matplotlib")
TEST_PACKAGES = ("nbval", "hypothesis", "openpyxl", "import-linter", "ruff")

#: The oldest PyTorch of requirements.txt, and what its files on PyPI are built for (looked up in November 2026:
#: Windows on Intel and AMD, macOS 14 on Apple silicon, Linux with glibc 2.28). `torch_problem` says who is left out.
TORCH = "2.13"
TORCH_MACHINES = {"Windows": ("amd64",), "Darwin": ("arm64",), "Linux": ("x86_64", "aarch64")}
TORCH_MACOS = "14"
TORCH_GLIBC = "2.28"

COMPARISONS = {
    ">=": lambda found, bound: found >= bound,
    "<=": lambda found, bound: found <= bound,
    "==": lambda found, bound: found == bound,
    "!=": lambda found, bound: found != bound,
    ">": lambda found, bound: found > bound,
    "<": lambda found, bound: found < bound,
}
CLAUSE = r"(>=|<=|==|!=|>|<)\s*([0-9]+(?:\.[0-9]+)*)"


def read_requirements(path=REQUIREMENTS):
    """Read names and version ranges from a requirements file.

    Only what the project's own file holds is understood: a name, and clauses
    such as ``>=5,<6``. No other package is needed to read it.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    dict of str to str
        Range by name; ``""`` where every version will do.

    Raises
    ------
    ValueError
        A line that is not understood, with its number.
    """
    ranges = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        line = line.split("#")[0].strip()
        found = re.fullmatch(rf"([A-Za-z0-9][A-Za-z0-9._-]*)\s*((?:{CLAUSE}\s*(?:,\s*|$))*)", line)
        if found:
            ranges[found.group(1)] = found.group(2).replace(" ", "")
        elif line:
            raise ValueError(message("packages.bad_line", path=path, row=number, line=line))
    return ranges


def within(version, wanted):
    """Whether a version lies in a range.

    Only the numbers at its beginning count, so a preview such as ``2.13.0a0``
    counts as the release that it leads to.

    Parameters
    ----------
    version : str
    wanted : str
        Clauses with commas between them, each of which must hold.

    Returns
    -------
    bool

    Examples
    --------
    >>> within("2.13.0+cpu", ">=2.13"), within("6.0.1", ">=5,<6"), within("5.23", "==5.23.0")
    (True, False, True)
    """

    def numbers(text):
        parts = [int(part) for part in re.match(r"(?:\d+(?:\.\d+)*)?", text.strip()).group().split(".") if part]
        return parts + [0] * (6 - len(parts))

    return all(COMPARISONS[operator](numbers(version), numbers(bound)) for operator, bound in re.findall(CLAUSE, wanted))


def installed_versions(names):
    """The version of each package in this Python, None where it is not installed. Imports none of them."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def unmet_requirements(ranges, versions):
    """The requirements that are not met.

    Parameters
    ----------
    ranges : dict of str to str
        As `read_requirements` gives them.
    versions : dict of str to (str or None)
        As `installed_versions` gives them.

    Returns
    -------
    dict of str to str
        Range by name, a part of `ranges`.

    Examples
    --------
    >>> unmet_requirements({"torch": ">=2.13", "pandas": ">=2.2", "tqdm": ""}, {"torch": None, "pandas": "2.1.4", "tqdm": "4.67"})
    {'torch': '>=2.13', 'pandas': '>=2.2'}
    """
    return {name: wanted for name, wanted in ranges.items() if versions[name] is None or not within(versions[name], wanted)}


def torch_problem():
    """Why pip finds no PyTorch for this computer, from `platform` alone.

    Returns
    -------
    (str, dict) or None
        Key and values of a message; None where there is a PyTorch.
    """
    system, machine = platform.system(), platform.machine().lower()
    if system == "Darwin":
        return _mac_problem(platform.mac_ver()[0], machine)
    if system == "Windows":  # the Python decides, not the processor: a Python for Intel runs on Windows for ARM
        machine = sysconfig.get_platform().replace("win-", "")
    if machine not in TORCH_MACHINES.get(system, ()):
        return "packages.no_torch", {"torch": TORCH, "computer": f"{system} ({machine})"}
    if system == "Linux":
        library, version = platform.libc_ver()  # without glibc (Alpine, Android) there is no PyTorch, whatever the version
        if library != "glibc" or not within(version, f">={TORCH_GLIBC}"):
            return "packages.no_torch_glibc", {"torch": TORCH, "glibc": TORCH_GLIBC, "found": version if library == "glibc" else "-"}
    return None


def _mac_problem(release, machine):
    """`torch_problem` on a Mac, whose kernel names the real processor even to a Python for Intel."""
    if machine not in TORCH_MACHINES["Darwin"]:
        emulated = "arm64" in platform.version().lower()
        return "packages.no_torch_rosetta" if emulated else "packages.no_torch_intel_mac", {"torch": TORCH, "macos": TORCH_MACOS}
    if release and not within(release, f">={TORCH_MACOS}"):
        return "packages.no_torch_old_macos", {"torch": TORCH, "macos": TORCH_MACOS, "found": release}
    return None


def explain_unmet(write=message):
    """Name the packages that the lessons miss, and what helps.

    Parameters
    ----------
    write : callable
        `helpers.messages.message` for the language of the lesson, or
        `helpers.messages.in_every_language` as long as there is none.

    Returns
    -------
    str or None
        None when everything is there.
    """
    ranges = {name: wanted for name, wanted in read_requirements(REQUIREMENTS).items() if name in LESSON_PACKAGES}
    versions = installed_versions(ranges)
    unmet = unmet_requirements(ranges, versions)
    if not unmet:
        return None
    problem = torch_problem() if "torch" in unmet else None
    if problem:  # no command helps here
        return write(problem[0], **problem[1])
    found = ", ".join(f"{name}{wanted} ({versions[name] or '-'})" for name, wanted in unmet.items())
    return write("packages.unmet", found=found, install=" ".join(f'"{name}{wanted}"' for name, wanted in unmet.items()))
