#!/usr/bin/env python3
"""Start, test and look after the tutorial.

    python3 tutorial.py lab          set up, then open JupyterLab on your own copy of the lessons
    python3 tutorial.py progress     the exercises that you have solved (--export: as a file without
                                     names, for your lecturer)
    python3 tutorial.py test         set up, then run the whole test suite
                                     (--lowest, --newest: with the oldest packages that
                                     requirements.txt allows, or today's newest;
                                     --site: with the packages of site and guide, so that their tests run)

    python3 tutorial.py site         build the reading site and show it on this computer
    python3 tutorial.py guide        the lecturer's guide, slides and handouts (--out FOLDER)
    python3 tutorial.py room FOLDER  what a room solved, from the files of progress --export
    python3 tutorial.py kit          everything that a room without a network needs, in one folder
                                     (--check proves it, --serve shares it, lab --kit FOLDER uses it)
    python3 tutorial.py run          execute all lessons, write HTML to outputs/html/
    python3 tutorial.py check        what this computer has and what is missing
    python3 tutorial.py refresh      execute lessons and store their outputs
    python3 tutorial.py address URL  write the project's address everywhere
    python3 tutorial.py pretrain ... pre-train the mini IndoBERT again
    python3 tutorial.py results ...  measure the mini IndoBERT again

Needs nothing but Python 3.11 to 3.13: the packages go into the folder .venv
beside this file (.venv-lowest and .venv-newest for those two options). With
TUTORIAL_PYTHON set to a Python that has the packages already (a prepared
classroom), that one is used and nothing is installed.
"""

import argparse
import datetime
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from helpers import packages  # like files and messages it needs the standard library only, as this file does
from helpers.files import ROOT, WriteError, write_atomically
from helpers.messages import in_every_language
from series.kit import use  # what a learner's computer does with a kit
from series.launchers import site_address

PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that the tests ran on
STAMP = "tutorial-stamp"
SITE = "requirements-site.txt"
TEACH = "requirements-teach.txt"
UNFINISHED = "unfinished"
YOURS = "unfinished, in an environment of your own"  # which is completed, never thrown away
LINE = 10e6  # bits a second: the line that the minutes of loading are said for
ENVIRONMENTS = {  # folder, and the file that holds pip to exact versions
    "tested": (".venv", "constraints.txt"),
    "lowest": (".venv-lowest", "constraints-lowest.txt"),
    "newest": (".venv-newest", None),  # whatever pip gives today
}
EXTRA = "requirements-extra.txt"  # used by the lessons where it is there; only the tests install it
MEMORY_GB = 3
DISK_GB = {"before": 5, "after": 1}  # before and after the packages are installed
CHECKSUMS = ("data/smsa_sample/SHA256SUMS", "data/indobert_mini/SHA256SUMS")
ADDRESS_PATTERN = re.compile(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
ENVIRONMENT = {"PYTHONUTF8": "1", "JUPYTER_PREFER_ENV_PATH": "1"}  # texts are UTF-8; the kernel is the one beside the packages
TUTORIAL = ("py" if os.name == "nt" else "python3") + " tutorial.py"  # as it is typed here
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


def fingerprint(root=ROOT, kind="tested"):
    """A hash of what an environment depends on: the lists of packages, the Python and, for the newest packages, the day."""
    digest = hashlib.sha256(sys.version.encode())
    pins = ENVIRONMENTS[kind][1]
    for name in ("requirements.txt", pins) if pins else ("requirements.txt",):
        text = (root / name).read_text(encoding="utf-8")  # the same for all line ends
        digest.update(f"{name}\n{text}".encode())
    if pins is None:
        digest.update(datetime.date.today().isoformat().encode())
    return digest.hexdigest()


def read_stamp(folder):
    """What the stamp of an environment says, or None."""
    stamp = folder / STAMP
    return stamp.read_text(encoding="utf-8").strip() if stamp.is_file() else None


def ready_python(root=ROOT, kind="tested"):
    """The Python that has the packages, or None as long as nobody has set one up."""
    prepared = os.environ.get("TUTORIAL_PYTHON") if kind == "tested" else None
    if prepared:
        path = shutil.which(prepared)
        if path is None:
            raise SetUpError(
                f"TUTORIAL_PYTHON={prepared} tidak ada atau bukan program.\nTUTORIAL_PYTHON={prepared} does not exist or is no program."
            )
        return Path(path)
    folder = root / ENVIRONMENTS[kind][0]
    if read_stamp(folder) == fingerprint(root, kind) and python_in(folder).is_file():
        return python_in(folder)
    return None


def set_up(root=ROOT, kind="tested", kit=None):
    """Return a Python with the packages; install them first where that is needed, from a kit where there is one.

    The stamp in the environment is written last. Whatever goes wrong before
    leaves the word "unfinished" there, and the next start begins anew, with
    what pip or uv has loaded already; an environment that somebody else made
    is completed instead.
    """
    python = ready_python(root, kind)
    if python:
        return python
    folder = root / ENVIRONMENTS[kind][0]
    python, stamp = python_in(folder), folder / STAMP
    problem = reason_not_to_set_up(python, root, kind)
    if problem:
        raise SetUpError(problem)
    if kit:
        use.check_for_this_computer(kit, root)
    if (
        folder.exists()
        and not (folder / "pyvenv.cfg").is_file()
        and read_stamp(folder) is None
        and (not folder.is_dir() or any(folder.iterdir()))
    ):
        raise SetUpError(f"{folder} bukan virtual environment; pindahkan dulu.\n{folder} is no virtual environment; move it away first.")
    found = read_stamp(folder)
    say(*cost_of_set_up(folder, kit))
    if found == UNFINISHED or not same_python(folder):
        shutil.rmtree(folder, ignore_errors=True)
    if found == YOURS:
        remove_half_packages(folder)
    yours = (folder / "pyvenv.cfg").is_file() and found in (None, YOURS)
    write_stamp(stamp, YOURS if yours else UNFINISHED)
    create = [sys.executable, "-m", "venv", str(folder)]
    if subprocess.call(create) != 0 or not python.is_file():
        raise SetUpError(
            "Virtual environment tidak bisa dibuat (di Debian dan Ubuntu: sudo apt install python3-venv).\n"
            "The virtual environment could not be made (on Debian and Ubuntu: sudo apt install python3-venv)."
        )
    if install(python, kind, root=root, kit=kit) != 0:
        raise SetUpError(explain_failed_install(shutil.disk_usage(root).free, kit))
    write_stamp(stamp, fingerprint(root, kind))
    return python


def write_stamp(stamp, text):
    """Write what an environment's stamp says; raises `SetUpError` where the project's folder may not be written, as on a stick."""
    try:
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SetUpError(
            f"{stamp.parent} tidak bisa ditulis ({error}). Salin folder seri ini ke tempat milikmu yang masih punya ruang, lalu mulai di sana.\n"
            f"{stamp.parent} cannot be written ({error}). Copy the series' folder to a place of your own that has room, then start there."
        ) from error


def add_extras(python, kind="tested", root=ROOT, listed=EXTRA):
    """Install packages that lessons can do without, such as the site's; a Python that somebody prepared stays as it is."""
    wanted = packages.read_requirements(root / listed)
    if kind == "tested" and os.environ.get("TUTORIAL_PYTHON"):
        return
    if not packages.unmet_requirements(wanted, probe(python, list(wanted))["versions"]):
        return
    if install(python, kind, listed, root) != 0:
        raise SetUpError(explain_failed_install(shutil.disk_usage(root).free))


def cost_of_set_up(folder, kit=None):
    """What a set-up will load, how long it takes and what it leaves on the disk, from figures that were measured; in both languages."""
    figures = json.loads(use.FIGURES.read_text(encoding="utf-8"))
    measured, system = figures["install"], use.this_system()
    program = "uv" if uv_program() else "pip"
    seconds, disk = measured[f"{program}_seconds"], measured["disk_bytes"] / 1e9
    if kit:
        load = ("tanpa jaringan, dari kit", "without a network, from the kit")
    else:
        wheels = figures["wheels"].get(system, {})
        torch_is_there = any(folder.glob("[Ll]ib/**/site-packages/torch-*.dist-info"))
        size = (
            wheels["bytes"] - wheels["torch"] if torch_is_there and wheels else figures["usual_index"].get(system, wheels).get("bytes", 0)
        )
        sizes = f"{size / 1e6:.0f} MB", f"{size * 8 / LINE / 60:.0f}", f"{LINE / 1e6:.0f} Mbit/s"
        load = (
            "mengunduh sekitar {} ({} menit dengan {}; yang sudah terunduh tidak diunduh lagi)".format(*sizes),
            "loads about {} ({} minutes at {}; what was loaded before is not loaded again)".format(*sizes),
        )
    return (
        f"Menyiapkan {folder.name}, hanya sekali: {load[0]}, lalu memasang dengan {program} ({seconds:.0f} detik di tempat diukur:"
        f" {measured['computer']});"
        f" {disk:.1f} GB di disk. Kalau terputus, jalankan lagi perintah yang sama.",
        f"Setting up {folder.name}, once: {load[1]}, then installs with {program} ({seconds:.0f} seconds where it was measured:"
        f" {measured['computer']});"
        f" {disk:.1f} GB on the disk. If it is interrupted, give the same command again.",
    )


def uv_program():
    """Where uv is, which installs in seconds, or None."""
    return shutil.which("uv")


def remove_half_packages(folder):
    """Take away the names of packages whose installation was cut off, which pip would take for whole."""
    for info in [*folder.glob("lib/python*/site-packages/*.dist-info"), *folder.glob("Lib/site-packages/*.dist-info")]:
        if not (info / "INSTALLER").is_file():  # pip and uv write it after a package's files
            shutil.rmtree(info)


def install(python, kind="tested", listed="requirements.txt", root=ROOT, kit=None):
    """Install packages with uv where it is there, with pip where it is not or fails; returns the exit code."""
    options = {"cwd": root, "env": use.offline_environment()} if kit else {"cwd": root}
    uv = uv_program()
    if uv:
        code = subprocess.call(install_command(python, kind, listed, kit, uv), **options)
        if code == 0:
            return code
        say("uv gagal; sekarang dengan pip.", "uv failed; now with pip.")
    return subprocess.call(install_command(python, kind, listed, kit), **options)


def install_command(python, kind="tested", listed="requirements.txt", kit=None, uv=None):
    """The command that brings an environment to the packages of its kind."""
    pins = ENVIRONMENTS[kind][1]
    held = ["-c", pins] if pins else ["--upgrade"] if uv else ["--upgrade", "--upgrade-strategy", "eager"]  # uv's --upgrade is eager
    program = (
        [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    )
    return [*program, *(use.installer_options(kit) if kit else []), "-r", listed, *held]


def reason_not_to_set_up(python, root=ROOT, kind="tested"):
    """Say why pip would fail with this Python on this computer, or None when there is no reason."""
    problem = supported_python(sys.version_info, 64 if sys.maxsize > 2**32 else 32)
    if problem:
        return problem
    oldest = ".".join(map(str, PYTHONS[0]))
    if kind == "lowest" and tuple(sys.version_info[:2]) != PYTHONS[0]:
        return (
            f"Paket-paket tertua hanya diuji dengan Python tertua: python{oldest} tutorial.py test --lowest\n"
            f"The oldest packages are tested with the oldest Python only: python{oldest} tutorial.py test --lowest"
        )
    problem = packages.torch_problem()
    wanted = packages.read_requirements(root / "requirements.txt").get("torch")
    if problem is None or (python.is_file() and not packages.unmet_requirements({"torch": wanted}, probe(python, ["torch"])["versions"])):
        return None  # a PyTorch of one's own in the environment will do as well
    return in_every_language(problem[0], **problem[1])


def same_python(folder):
    """Whether an environment was made by a Python of the running version."""
    config = folder / "pyvenv.cfg"
    if not config.is_file():
        return False
    version = re.search(r"^version\s*=\s*(\d+\.\d+)", config.read_text(encoding="utf-8"), re.MULTILINE)
    return bool(version) and version.group(1) == ".".join(map(str, sys.version_info[:2]))


def explain_failed_install(free_bytes, kit=None):
    """What to try after pip has failed; pip's own words stand above it."""
    free = free_bytes / 1e9
    if free < 2:
        return (
            f"Pemasangan gagal: disk hampir penuh (sisa {free:.1f} GB). Sediakan {DISK_GB['before']} GB, lalu jalankan lagi.\n"
            f"The installation failed: the disk is almost full ({free:.1f} GB left). Free {DISK_GB['before']} GB, then start again."
        )
    if kit:
        return (
            f"Pemasangan dari kit {kit} gagal; sebabnya ada di baris-baris pip di atas. Mungkin kit itu dibuat untuk edisi lain dari seri ini:"
            " mulai dari start.bat atau start.command di dalam kit.\n"
            f"The installation from the kit {kit} failed; pip says why in the lines above. The kit may belong to another edition of the series:"
            " begin with start.bat or start.command in the kit."
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
    """Open JupyterLab on the learner's copy of the lessons."""
    parser = argparse.ArgumentParser(prog="tutorial.py lab", allow_abbrev=False, description="Any other option is JupyterLab's own.")
    parser.add_argument("--language", choices=("id", "en"), help="of the lessons; remembered for the next time")
    parser.add_argument("--kit", metavar="FOLDER", type=Path, help="install from this kit, without a network")
    options, rest = parser.parse_known_args(arguments)
    python = set_up(kit=options.kit)
    if options.kit:
        use.bring_data(options.kit, use.read_manifest(options.kit), ROOT)
    if (ROOT / use.DATA["indobert"] / "config.json").is_file():
        os.environ.setdefault("INDOBERT_CHECKPOINT", str(ROOT / use.DATA["indobert"]))
    from helpers.files import WriteError
    from series.learner import prepare

    try:
        first = prepare(options.language, ROOT)
    except WriteError as error:
        raise SetUpError(str(error)) from error
    place = "--LabApp.default_url=/lab/tree/" + first.relative_to(ROOT).as_posix()
    return call(python, "-m", "jupyter", "lab", f"--ServerApp.root_dir={ROOT}", place, *rest)


def progress(arguments):
    """Print which exercises are solved, or write it to a file without names."""
    parser = argparse.ArgumentParser(prog="tutorial.py progress", description="The exercises that you have solved.")
    parser.add_argument("--language", choices=("id", "en"), help="default: the one that lab opened last")
    parser.add_argument("--export", action="store_true", help="write a file without names and answers, for your lecturer")
    options = parser.parse_args(arguments)
    speak(options.language)
    if options.export:
        from series.room import export_and_say

        return export_and_say()
    from helpers.exercises import progress_report

    print(progress_report())
    return 0


def speak(language):
    """Choose the language of messages: the one asked for, or the one that lab opened last. Needs no package, but a Python that is new enough."""
    problem = supported_python(sys.version_info)
    if problem:
        raise SetUpError(problem)
    from helpers.messages import set_language
    from series.learner import remembered_language

    set_language(language or remembered_language(ROOT))


def room(arguments):
    """Print what a room solved and where it got stuck."""
    parser = argparse.ArgumentParser(prog="tutorial.py room", description="What a room solved, from the files of progress --export.")
    parser.add_argument("folder", type=Path, help="where these files lie; folders in it are read, too")
    parser.add_argument("--language", choices=("id", "en"), help="default: the one that lab opened last")
    options = parser.parse_args(arguments)
    speak(options.language)
    from series.room import room as report

    return report(options.folder)


def run_tests(arguments):
    """Run the test suite, with the usual packages or at one end of their ranges."""
    kinds = [kind for kind in ENVIRONMENTS if f"--{kind}" in arguments]
    if len(kinds) > 1:
        raise SetUpError("Pilih salah satu: --lowest atau --newest.\nChoose one of --lowest and --newest.")
    kind = kinds[0] if kinds else "tested"
    python = set_up(kind=kind)
    add_extras(python, kind)
    if "--site" in arguments:
        add_extras(python, kind, listed=SITE)
        add_extras(python, kind, listed=TEACH)
    if kinds:
        versions = probe(python, packages.read_requirements())["versions"]
        print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)
    return call(python, "-m", "pytest", *(argument for argument in arguments if argument not in (f"--{kind}", "--site")))


def notebooks_command(name):
    """Make the command that hands its arguments to ``python -m series``."""

    def command(arguments):
        return call(set_up(), "-m", "series", name, *arguments)

    return command


def site(arguments):
    """Build the reading site; show it, or only build it."""
    python = set_up()
    add_extras(python, listed=SITE)
    if "--without-playground" not in arguments:
        add_extras(python)  # the models of the playground are written as ONNX
    return call(python, "-m", "series.site", *arguments)


def guide(arguments):
    """Build the lecturer's guide, slides and handouts."""
    python = set_up()
    add_extras(python, "tested", listed=TEACH)
    return call(python, "-m", "series.teaching", *arguments)


def kit(arguments):
    """Make the offline kit; share it or prove it, for which this Python is enough."""
    from series.kit.__main__ import parse

    options = parse(arguments)  # --help and a wrong option are answered before anything is installed
    if options.serve or options.check:
        return call(sys.executable, "-m", "series.kit", *arguments)
    python = set_up()
    if options.site:
        add_extras(python, listed=SITE)
        add_extras(python)  # the models of the playground are written as ONNX
    return call(python, "-m", "series.kit", *arguments)


def pretrain(arguments):
    """Pre-train the mini IndoBERT again."""
    return call(set_up(), "-m", "helpers.pretraining", *arguments)


def results(arguments):
    """Measure the mini IndoBERT again."""
    return call(set_up(), "-m", "benchmarks.mini_model", *arguments)


# ---------------------------------------------------------------------- check

PROBE = """
import json, sys
from helpers.packages import installed_versions, torch_problem
versions, gpu, broken = installed_versions(sys.argv[1:]), "", ""
if versions.get("torch"):
    try:
        import torch
        gpu = "CUDA: " + torch.cuda.get_device_name() if torch.cuda.is_available() else "Apple MPS" if torch.backends.mps.is_available() else ""
    except Exception as error:
        broken = f"{type(error).__name__}: {error}"
bits = 64 if sys.maxsize > 2**32 else 32
print(json.dumps({
    "python": list(sys.version_info[:3]), "bits": bits, "versions": versions, "gpu": gpu, "broken": broken, "no_torch": torch_problem(),
}))
"""


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
        return [f"{sums.name} tidak ada / is missing"]
    problems = []
    for line in sums.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        wanted, name = line.split(maxsplit=1)
        path = sums.parent / name.lstrip("*")
        if not path.is_file():
            problems.append(f"{name} tidak ada / is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            problems.append(f"{name} berubah / is not the file it was")
    return problems


def probe(python, names):
    """Ask a Python for its version, its packages and its GPU."""
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace", "cwd": ROOT, "env": {**os.environ, **ENVIRONMENT}}
    answer = subprocess.run([str(python), "-c", PROBE, *names], **options)
    if answer.returncode != 0 or not answer.stdout:
        why = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        raise SetUpError(f"{python} tidak bisa dipakai: {why}\n{python} cannot be used: {why}")
    return json.loads(answer.stdout.splitlines()[-1])


def requirements_of_this_computer(root=ROOT):
    """Yield (is it all right, what it is, what to do) for each requirement; what to do in both languages, a line each."""
    python = ready_python(root)
    ranges = packages.read_requirements(root / "requirements.txt")
    found = probe(python or sys.executable, ranges if python else [])  # what another Python has does not help .venv
    problem = supported_python(found["python"], found["bits"])
    where = f" ({python})" if python else ""
    yield problem is None, "Python " + ".".join(map(str, found["python"])) + where, (problem or "").splitlines()
    yield from check_of_packages(python, ranges, found) if python else check_before_set_up(ranges, found)
    memory = memory_bytes()
    size = f"{memory / 1e9:.1f} GB" if memory else "?"
    remedy = [f"Pelajaran butuh {MEMORY_GB} GB: tutup program lain.", f"The lessons need {MEMORY_GB} GB: close other programs."]
    yield memory is None or memory >= MEMORY_GB * 1e9, f"memori / memory: {size}", remedy
    free, needed = shutil.disk_usage(root).free / 1e9, DISK_GB["after" if python else "before"]
    yield free >= needed, f"disk: sisa / free {free:.1f} GB", [f"Sediakan {needed} GB.", f"Free {needed} GB."]
    without = "tidak ada; preset mini dan laptop tidak membutuhkannya / none; the presets mini and laptop need none"
    unknown = "baru diketahui setelah torch terpasang / known once torch is installed"
    yield True, f"GPU: {found['gpu'] or (without if found['versions'].get('torch') and not found['broken'] else unknown)}", []
    for name in CHECKSUMS:
        problems = checksum_problems(root / name)
        what = "; ".join(problems) or "utuh / whole"
        remedy = ["Ambil lagi file itu, misalnya dengan: git restore data", "Fetch the file again, for instance with: git restore data"]
        yield not problems, f"{name.rsplit('/', 1)[0]}: {what}", remedy


def check_before_set_up(ranges, found):
    """The part of `requirements_of_this_computer` on packages as long as there is no environment."""
    names = ", ".join(name + wanted for name, wanted in ranges.items())
    yield False, f"paket / packages: belum terpasang / not installed yet: {names}", how_to_install(None, ranges, found["no_torch"])


def check_of_packages(python, ranges, found):
    """The same in an environment that is there; what to do stands once, below the last package that is missing."""
    unmet = packages.unmet_requirements(ranges, found["versions"])
    needed = [name for name in unmet if name not in packages.TEST_PACKAGES]
    for name, wanted in ranges.items():
        what = f"{name} {found['versions'][name] or 'belum ada / not installed'} (perlu / needs {wanted})"
        if name in unmet and name not in needed:
            what += "; hanya untuk tes / for the tests only"
        yield name not in needed, what, how_to_install(python, needed, found["no_torch"]) if name in needed[-1:] else []
    if found["broken"]:
        remedy = [
            "torch terpasang tetapi tidak bisa dimuat. Di Windows sering kali Microsoft Visual C++ Redistributable yang kurang.",
            "torch is installed but cannot be loaded. On Windows it is often the Microsoft Visual C++ Redistributable that is missing.",
        ]
        yield False, f"import torch: {found['broken']}", remedy


def how_to_install(python, unmet, no_torch):
    """What brings the packages that are missing: lines in both languages."""
    if "torch" in unmet and no_torch:
        key, values = no_torch
        return in_every_language(key, **values).splitlines()
    # Where a Python is set up already, or was prepared by somebody else, tutorial.py installs nothing.
    command = f'"{python}" -m pip install -r requirements.txt' if python else f"{TUTORIAL} lab"
    return [f"Pasang dengan / Install with: {command}"]


def check(arguments):
    """Print what this computer has and lacks; 1 if something is missing."""
    argparse.ArgumentParser(prog="tutorial.py check").parse_args(arguments)
    failed = False
    for right, what, remedy in requirements_of_this_computer():
        failed |= not right
        print(f"{'OK  ' if right else 'FAIL'} {what}" + ("" if right else "".join(f"\n     -> {line}" for line in remedy)))
    if failed:
        say("Ada yang kurang: lihat baris FAIL di atas.", "Something is missing: see the lines with FAIL above.")
    else:
        say(f"Semua siap: {TUTORIAL} lab", f"Everything is ready: {TUTORIAL} lab")
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
    sites = [site_address(name) for name in old_names]
    pattern = re.compile(rf"(github\.com/|codespaces\.new/|{re.escape(COLAB)})(?:{either})(?![A-Za-z0-9_-]|\.(?!git\b)[A-Za-z0-9])")
    for path, text in texts.items():
        rewritten = pattern.sub(lambda match: match.group(1) + new.removeprefix("https://github.com/"), text)
        for site in sites:
            rewritten = rewritten.replace(site, site_address(new.removeprefix("https://github.com/")))
        if rewritten != text:
            changed.append(path)
            write_atomically(path, rewritten.encode("utf-8"))
    return changed


def address(arguments):
    """Print the project's address, or write a new one everywhere."""
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
    "room": room,
    "test": run_tests,
    "site": site,
    "guide": guide,
    "kit": kit,
    "run": notebooks_command("run"),
    "check": check,
    "refresh": notebooks_command("refresh"),
    "address": address,
    "pretrain": pretrain,
    "results": results,
}


def main(arguments=None):
    """Give the arguments to the command that they name; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="tutorial.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.parse_args(arguments[:1])  # what follows the command is the command's own
    # As PYTHONUTF8 does for the commands started here: Windows writes no minus sign into a file else. Jupyter's own streams (%run) need nothing.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except (SetUpError, WriteError, use.KitError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
