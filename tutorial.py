#!/usr/bin/env python3
"""Start, test and look after the tutorial.

    python3 tutorial.py lab          set up, then open JupyterLab on your own copy of the lessons
    python3 tutorial.py progress     the exercises that you have solved
    python3 tutorial.py test         set up, then run the whole test suite

    python3 tutorial.py run          execute all lessons, write HTML to outputs/html/
    python3 tutorial.py check        what this computer has and what is missing
    python3 tutorial.py refresh      execute lessons and store their outputs
    python3 tutorial.py address URL  write the project's address everywhere
    python3 tutorial.py pretrain ... pre-train the mini IndoBERT again
    python3 tutorial.py results ...  measure the mini IndoBERT again

Needs nothing but Python 3.11 to 3.13: the packages go into the folder .venv
beside this file. With TUTORIAL_PYTHON set to a Python that has the packages
already (a prepared classroom), that one is used and nothing is installed.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that the tests ran on
STAMP = "tutorial-stamp"
UNFINISHED = "unfinished"
MEMORY_GB = 3
DISK_GB = {"before": 5, "after": 1}  # before and after the packages are installed
CHECKSUMS = ("data/smsa_sample/SHA256SUMS", "data/indobert_mini/SHA256SUMS")
ADDRESS_PATTERN = re.compile(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
ENVIRONMENT = {"PYTHONUTF8": "1", "JUPYTER_PREFER_ENV_PATH": "1"}  # texts are UTF-8; the kernel is the one beside the packages
COLAB = "colab.research.google.com/github/"


class SetUpError(Exception):
    """Something that only the person at the keyboard can mend."""


def say(indonesian, english):
    """Print one message in both languages: the lesson's language is not known yet."""
    print(f"{indonesian}\n{english}", flush=True)


# ---------------------------------------------------------------- environment


def supported_python(version, bits=64):
    """Say why this Python cannot run the tutorial, or None when it can.

    >>> supported_python((3, 12, 1)) is None
    True
    >>> "3.10" in supported_python((3, 10, 4))
    True
    """
    oldest, newest = (".".join(map(str, end)) for end in PYTHONS)
    found = ".".join(map(str, version[:2]))
    if not PYTHONS[0] <= tuple(version[:2]) <= PYTHONS[1]:
        return (
            f"Python {found} belum didukung; pakai Python {oldest} sampai {newest}, misalnya: python3.12 tutorial.py lab"
            f" (Windows: py -3.12 tutorial.py lab)\n"
            f"Python {found} is not supported; use Python {oldest} to {newest}, for instance: python3.12 tutorial.py lab"
            f" (Windows: py -3.12 tutorial.py lab)"
        )
    if bits != 64:
        return f"Python {bits}-bit tidak didukung PyTorch; pasang yang 64-bit.\nPyTorch has no {bits}-bit build; install a 64-bit Python."
    return None


def python_in(folder):
    """The path of the Python inside a virtual environment, on this system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(root=ROOT):
    """A hash of what an environment depends on: both lists of packages and the Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements.txt", "constraints.txt"):
        text = (root / name).read_text(encoding="utf-8")  # the same for all line ends
        digest.update(f"{name}\n{text}".encode())
    return digest.hexdigest()


def read_stamp(folder):
    stamp = folder / STAMP
    return stamp.read_text(encoding="utf-8").strip() if stamp.is_file() else None


def ready_python(root=ROOT):
    """The Python that has the packages, or None as long as nobody has set one up."""
    prepared = os.environ.get("TUTORIAL_PYTHON")
    if prepared:
        path = shutil.which(prepared)
        if path is None:
            raise SetUpError(
                f"TUTORIAL_PYTHON={prepared} tidak ada atau bukan program.\nTUTORIAL_PYTHON={prepared} does not exist or is no program."
            )
        return Path(path)
    folder = root / ".venv"
    if read_stamp(folder) == fingerprint(root) and python_in(folder).is_file():
        return python_in(folder)
    return None


def set_up(root=ROOT):
    """Return a Python with the packages; install them first where that is needed.

    The stamp in `.venv` is written last. Whatever goes wrong before leaves the
    word "unfinished" there, and the next start begins anew.
    """
    python = ready_python(root)
    if python:
        return python
    problem = supported_python(sys.version_info, 64 if sys.maxsize > 2**32 else 32)
    if problem:
        raise SetUpError(problem)
    folder = root / ".venv"
    python, stamp = python_in(folder), folder / STAMP
    if folder.exists() and not (folder / "pyvenv.cfg").is_file() and read_stamp(folder) is None and any(folder.iterdir()):
        raise SetUpError(f"{folder} bukan virtual environment; pindahkan dulu.\n{folder} is no virtual environment; move it away first.")
    say(
        "Menyiapkan .venv; ini hanya sekali dan butuh beberapa menit ...",
        "Setting up .venv; this happens once and takes some minutes ...",
    )
    if read_stamp(folder) == UNFINISHED or not same_python(folder):
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    stamp.write_text(UNFINISHED, encoding="utf-8")
    create = [sys.executable, "-m", "venv", str(folder)]
    if subprocess.call(create) != 0 or not python.is_file():
        raise SetUpError(
            "Virtual environment tidak bisa dibuat (di Debian dan Ubuntu: sudo apt install python3-venv).\n"
            "The virtual environment could not be made (on Debian and Ubuntu: sudo apt install python3-venv)."
        )
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt", "-c", "constraints.txt"]
    if subprocess.call(install, cwd=root) != 0:
        raise SetUpError(explain_failed_install(shutil.disk_usage(root).free))
    stamp.write_text(fingerprint(root), encoding="utf-8")
    return python


def same_python(folder):
    """Whether an environment was made by a Python of the running version."""
    config = folder / "pyvenv.cfg"
    if not config.is_file():
        return False
    version = re.search(r"^version\s*=\s*(\d+\.\d+)", config.read_text(encoding="utf-8"), re.MULTILINE)
    return bool(version) and version.group(1) == ".".join(map(str, sys.version_info[:2]))


def explain_failed_install(free_bytes):
    """What to try after pip has failed; pip's own words stand above it."""
    free = free_bytes / 1e9
    if free < 2:
        return (
            f"Pemasangan gagal: disk hampir penuh (sisa {free:.1f} GB). Sediakan {DISK_GB['before']} GB, lalu jalankan lagi.\n"
            f"The installation failed: the disk is almost full ({free:.1f} GB left). Free {DISK_GB['before']} GB, then start again."
        )
    return (
        "Pemasangan gagal; sebabnya ada di baris-baris pip di atas. Biasanya jaringan: periksa koneksi (atau proxy kantor dan kampus),"
        " lalu jalankan perintah yang sama lagi.\n"
        "The installation failed; pip says why in the lines above. Most often it is the network: check the connection (or the proxy),"
        " then give the same command again."
    )


# ------------------------------------------------------------------- commands


def call(python, *arguments):
    """Run a command in the project's folder and return its exit code."""
    process = subprocess.Popen([str(python), *arguments], cwd=ROOT, env={**os.environ, **ENVIRONMENT})
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the child: JupyterLab stops its kernels
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def lab(arguments):
    parser = argparse.ArgumentParser(prog="tutorial.py lab", allow_abbrev=False, description="Any other option is JupyterLab's own.")
    parser.add_argument("--language", choices=("id", "en"), help="of the lessons; remembered for the next time")
    options, rest = parser.parse_known_args(arguments)
    python = set_up()
    from helpers.files import WriteError
    from series.learner import prepare

    try:
        first = prepare(options.language, ROOT)
    except WriteError as error:
        raise SetUpError(str(error)) from error
    place = "--LabApp.default_url=/lab/tree/" + first.relative_to(ROOT).as_posix()
    return call(python, "-m", "jupyter", "lab", f"--ServerApp.root_dir={ROOT}", place, *rest)


def progress(arguments):
    parser = argparse.ArgumentParser(prog="tutorial.py progress", description="The exercises that you have solved.")
    parser.add_argument("--language", choices=("id", "en"), help="default: the one that lab opened last")
    options = parser.parse_args(arguments)
    problem = supported_python(sys.version_info)
    if problem:
        raise SetUpError(problem)
    from helpers.exercises import progress_report
    from helpers.messages import set_language
    from series.learner import remembered_language

    set_language(options.language or remembered_language(ROOT))
    print(progress_report())
    return 0


def run_tests(arguments):
    return call(set_up(), "-m", "pytest", *arguments)


def notebooks_command(name):
    def command(arguments):
        return call(set_up(), "-m", "series", name, *arguments)

    return command


def pretrain(arguments):
    return call(set_up(), "-m", "helpers.pretraining", *arguments)


def results(arguments):
    return call(set_up(), "-m", "benchmarks.mini_model", *arguments)


# ---------------------------------------------------------------------- check

PROBE = """
import importlib.metadata as metadata, json, sys
versions = {}
for name in sys.argv[1:]:
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        versions[name] = None
try:
    import torch
    gpu = "CUDA: " + torch.cuda.get_device_name() if torch.cuda.is_available() else "Apple MPS" if torch.backends.mps.is_available() else ""
except Exception:
    gpu = ""
print(json.dumps({"python": list(sys.version_info[:3]), "bits": 64 if sys.maxsize > 2**32 else 32, "versions": versions, "gpu": gpu}))
"""


def read_requirements(root=ROOT):
    """The packages of requirements.txt and the range of each: {name: ">=5,<6"}."""
    ranges = {}
    for line in (root / "requirements.txt").read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)\s*([^#;]*)", line.split("#")[0])
        if found:
            ranges[found.group(1)] = found.group(2).strip()
    return ranges


def within(version, wanted):
    """Whether a version lies in a range of requirements.txt (``>=``, ``<``, ``==``, ``!=``, ...).

    Only the numbers count: enough for our ranges, and needs no package.

    >>> within("2.13.0+cpu", ">=2.6"), within("6.0.1", ">=5,<6"), within("5.23", "==5.23.0")
    (True, False, True)
    """

    def numbers(text):
        parts = [int(part) for part in re.match(r"\d+(?:\.\d+)*", text.strip()).group().split(".")]
        return parts + [0] * (6 - len(parts))

    compare = {
        ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    }  # fmt: skip
    for clause in filter(None, (clause.strip() for clause in wanted.split(","))):
        operator, bound = re.match(r"(>=|<=|==|!=|>|<)\s*(.+)", clause).groups()
        if not compare[operator](numbers(version), numbers(bound)):
            return False
    return True


def memory_bytes():
    """Physical memory of this computer, or None where the system does not say."""
    try:
        if os.name != "nt":
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        import ctypes

        class Status(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [(f"field{i}", ctypes.c_ulonglong) for i in range(7)]

        status = Status()
        status.length = ctypes.sizeof(status)
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.field0
    except (AttributeError, OSError, ValueError):
        return None


def checksum_problems(sums):
    """What is wrong with the files that a SHA256SUMS lists; an empty list when all are whole."""
    if not sums.is_file():
        return [f"{sums.name} is missing"]
    problems = []
    for line in sums.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        wanted, name = line.split(maxsplit=1)
        path = sums.parent / name.lstrip("*")
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            problems.append(f"{name} is not the file it was")
    return problems


def probe(python, names):
    """Ask a Python for its version, its packages and its GPU."""
    answer = subprocess.run([str(python), "-c", PROBE, *names], capture_output=True, text=True, cwd=ROOT)
    return json.loads(answer.stdout.splitlines()[-1])


def requirements_of_this_computer(root=ROOT):
    """Yield (is it all right, what it is, what to do) for each requirement."""
    python = ready_python(root)
    ranges = read_requirements(root)
    found = probe(python or sys.executable, ranges)
    problem = supported_python(found["python"], found["bits"])
    yield problem is None, "Python " + ".".join(map(str, found["python"])), (problem or "").splitlines()[-1:]
    for name, wanted in ranges.items():
        version = found["versions"][name]
        right = version is not None and within(version, wanted)
        yield right, f"{name} {version or 'not installed'} (needs {wanted})", ["python3 tutorial.py lab installs it"]
    memory = memory_bytes()
    size = f"{memory / 1e9:.1f} GB" if memory else "unknown"
    yield memory is None or memory >= MEMORY_GB * 1e9, f"memory {size}", [f"close other programs; the lessons need {MEMORY_GB} GB"]
    free, needed = shutil.disk_usage(root).free / 1e9, DISK_GB["after" if python else "before"]
    yield free >= needed, f"disk {free:.1f} GB free", [f"free {needed} GB"]
    yield True, found["gpu"] or "no GPU: the presets mini and laptop do not need one", []
    for name in CHECKSUMS:
        problems = checksum_problems(root / name)
        what = "; ".join(problems) or "files are whole"
        yield not problems, f"{name.rsplit('/', 1)[0]}: {what}", ["fetch the file again, for instance: git restore data"]


def check(arguments):
    argparse.ArgumentParser(prog="tutorial.py check").parse_args(arguments)
    failed = False
    for right, what, remedy in requirements_of_this_computer():
        failed |= not right
        print(f"{'OK  ' if right else 'FAIL'} {what}" + ("" if right else "".join(f"\n     -> {line}" for line in remedy)))
    return int(failed)


# -------------------------------------------------------------------- address


def project_address(root=ROOT):
    """The project's address: `Repository` in pyproject.toml, the one place of truth."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^Repository\s*=\s*"([^"]+)"', text, re.MULTILINE).group(1)


def files_with_address(root=ROOT):
    """Every file that may name the address, pyproject.toml last: it is only true once the others follow."""
    patterns = ("README*.md", "CONTRIBUTING.md", "CITATION.cff", "notebooks/**/*.ipynb", "helpers/*.py", "pyproject.toml")
    paths = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    return [path for path in paths if ".ipynb_checkpoints" not in path.parts]


def known_addresses(root, texts):
    """The addresses that the project goes by: pyproject's, CITATION.cff's and those of the Colab links."""
    found = {project_address(root)}
    for path, text in texts.items():
        found.update("https://github.com/" + name for name in re.findall(re.escape(COLAB) + r"([A-Za-z0-9-]+/[A-Za-z0-9._-]+)", text))
        if path.name == "CITATION.cff":
            found.update(re.findall(r'^repository-code:\s*"?([^"\s]+)', text, re.MULTILINE))
    return found


def rewrite_address(new, root=ROOT):
    """Write a new address into every file of the project; return the files that changed."""
    new = re.sub(r"(\.git)?/*$", "", new.strip())
    if not ADDRESS_PATTERN.fullmatch(new):
        raise SetUpError(f"{new}: the address must read https://github.com/OWNER/REPOSITORY")
    texts = {path: path.read_bytes().decode("utf-8") for path in files_with_address(root)}
    changed = []
    old_names = [old.removeprefix("https://github.com/") for old in known_addresses(root, texts)]
    either = "|".join(map(re.escape, sorted(old_names, key=len, reverse=True)))
    pattern = re.compile(rf"(github\.com/|{re.escape(COLAB)})(?:{either})(?![A-Za-z0-9_-]|\.(?!git\b)[A-Za-z0-9])")
    for path, text in texts.items():
        rewritten = pattern.sub(lambda match: match.group(1) + new.removeprefix("https://github.com/"), text)
        if rewritten != text:
            changed.append(path)
            unfinished = path.with_name(path.name + ".part")
            unfinished.write_bytes(rewritten.encode("utf-8"))
            os.replace(unfinished, path)
    return changed


def address(arguments):
    parser = argparse.ArgumentParser(prog="tutorial.py address", description="Write the project's address everywhere.")
    parser.add_argument("url", nargs="?", help="https://github.com/OWNER/REPOSITORY; without it, the present address is printed")
    url = parser.parse_args(arguments).url
    if url is None:
        print(project_address())
        return 0
    for path in rewrite_address(url):
        print(path.relative_to(ROOT))
    return 0


COMMANDS = {
    "lab": lab,
    "progress": progress,
    "test": run_tests,
    "run": notebooks_command("run"),
    "check": check,
    "refresh": notebooks_command("refresh"),
    "address": address,
    "pretrain": pretrain,
    "results": results,
}


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="tutorial.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.parse_args(arguments[:1])  # what follows the command is the command's own
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
