"""The offline kit: the right wheels for each system, an installation without an index, and a sentence for each broken kit."""

import ast
import errno
import functools
import hashlib
import html.parser
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tutorial
from helpers.files import ROOT
from series.kit import __main__ as command
from series.kit import install as installer
from series.kit import make, pages, proof, resolve, serve, use

HERE = ".".join(map(str, sys.version_info[:2]))
FIGURES = json.loads(use.FIGURES.read_text(encoding="utf-8"))
EVERY_TARGET = [(system, python) for system in use.MACHINES for python in command.PYTHONS]
ONLY_ON = {"windows": {"pywinpty", "colorama"}, "macos": {"appnope", "pexpect", "ptyprocess"}, "linux": {"pexpect", "ptyprocess"}}


def held_to_the_constraints():
    """Whether this environment holds the versions of constraints.txt: what a package needs is read from the installed one."""
    pinned = resolve.pins(use.this_system(), HERE)
    found = {canonicalize_name(package.name): package.version.split("+")[0] for package in importlib.metadata.distributions()}
    return all(found[name] == version for name, version in pinned.items() if name in found)


only_tested_versions = pytest.mark.skipif(not held_to_the_constraints(), reason="the packages are not those of constraints.txt")

# ---------------------------------------------------------------- which wheels for which target


@pytest.mark.parametrize(("system", "python"), EVERY_TARGET)
def test_each_system_gets_what_only_it_needs_and_nothing_of_the_others(system, python):
    found = resolve.closure(system, python)
    special = set().union(*ONLY_ON.values())
    assert special & set(found) == ONLY_ON[system]


@pytest.mark.parametrize(("system", "python"), EVERY_TARGET)
def test_what_the_lessons_import_is_there_and_what_only_the_site_needs_is_not(system, python):
    found = resolve.closure(system, python)
    listed = {canonicalize_name(name) for name in tutorial.packages.read_requirements()}
    assert listed <= set(found)
    assert not {"sphinx", "playwright", "onnx", "onnxruntime"} & set(found)
    assert "soupsieve" in found  # python_full_version >= "3.11.5": to pip, a mere 3.11 is 3.11.0


def test_versions_are_those_of_the_constraints():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    for name, version in resolve.closure("windows", "3.12").items():
        assert re.search(rf"(?im)^{name.replace('-', '[-_.]')}=={re.escape(version)}\b", text), name


@only_tested_versions
def test_the_closure_for_this_computer_is_what_is_installed_here():
    """Every need that holds here is met within the closure: the same answer as pip's own resolution of this environment."""
    system = use.this_system()
    found = resolve.closure(system, HERE)
    environment = resolve.markers(system, HERE)
    for name in found:
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            holds = needed.marker is None or needed.marker.evaluate({**environment, "extra": ""})
            if holds and "nvidia" not in text and "cuda" not in text and needed.name != "triton":
                assert canonicalize_name(needed.name) in found, f"{name} needs {text}"


def test_extras_are_followed():
    needs = {"torch": ["httpx[fast]"], "httpx": ['h11; extra == "fast"', 'rich; extra == "slow"'], "h11": []}
    assert list(resolve.closure("linux", "3.12", lambda name: needs.get(name, []), ["torch"])) == ["h11", "httpx", "torch"]


@only_tested_versions
def test_the_figures_were_measured_for_these_packages():
    """Whoever renews constraints.txt makes kits and runs series/kit/measure.py again, so that sizes told before are right."""
    for system, entry in FIGURES["wheels"].items():
        assert resolve.closure(system, entry["python"]) == entry["packages"], f"{system}: measure again, CONTRIBUTING.md says how"
    assert set(FIGURES["wheels"]) == set(use.MACHINES)


NUMPY = ["numpy-2.4.6-cp312-cp312-win_amd64.whl", "numpy-2.4.6-cp312-cp312-macosx_14_0_arm64.whl", "numpy-2.4.6-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"]  # fmt: skip
OTHERS = ["numpy-2.4.6-cp313-cp313-win_amd64.whl", "numpy-2.4.6-cp312-cp312-win32.whl", "numpy-2.4.6-cp312-cp312-win_arm64.whl", "numpy-2.4.6-cp312-cp312-macosx_15_0_arm64.whl", "numpy-2.4.6-cp312-cp312-macosx_10_13_x86_64.whl", "numpy-2.4.6-cp312-cp312-musllinux_1_2_x86_64.whl", "numpy-2.4.6-cp312-cp312-manylinux_2_34_x86_64.whl", "numpy-2.4.6-cp312-cp312-manylinux_2_28_aarch64.whl", "numpy-2.4.6.whl"]  # fmt: skip


def write_wheel(folder, name, version="1.0", needs=(), python=">=3.8", tag="py3-none-any", body="there = True\n"):
    """A small wheel of our own, as pip wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    contents = {f"{module}.py": body, f"{info}/METADATA": metadata, f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"}  # fmt: skip
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for place, text in contents.items():
            wheel.writestr(place, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{place},,\n" for place in contents))
    return path


@pytest.mark.parametrize(("system", "fitting"), list(zip(use.MACHINES, NUMPY)))
def test_of_all_wheels_of_a_package_a_target_takes_its_own(tmp_path, system, fitting):
    for name in [*NUMPY, *OTHERS]:
        with zipfile.ZipFile(tmp_path / name, "w") as wheel:
            wheel.writestr("a", "a")
    found = resolve.wheels_by_package(tmp_path, system, "3.12")
    assert {key: path.name for key, path in found.items()} == {("numpy", "2.4.6"): fitting}


def test_a_wheel_for_all_and_the_cpu_build_of_torch_fit(tmp_path):
    write_wheel(tmp_path, "torch", "2.13.0+cpu", tag="cp312-cp312-manylinux_2_28_x86_64")
    write_wheel(tmp_path, "tqdm", "4.70.1")
    assert set(resolve.wheels_by_package(tmp_path, "linux", "3.12")) == {("torch", "2.13.0"), ("tqdm", "4.70.1")}
    assert set(resolve.wheels_by_package(tmp_path, "windows", "3.12")) == {("tqdm", "4.70.1")}


def test_a_wheel_that_is_cut_off_does_not_count(tmp_path):
    path = write_wheel(tmp_path, "tqdm")
    path.write_bytes(path.read_bytes()[:-30])
    assert resolve.wheels_by_package(tmp_path, "linux", "3.12") == {}


def test_needs_that_no_wheel_meets_are_named_with_the_targets_markers(tmp_path):
    needs = ['pywinpty>=3; sys_platform == "win32"', 'appnope; platform_system == "Darwin"', "tqdm>=4", 'rich; extra == "fancy"']
    wheels = [write_wheel(tmp_path, "terminado", needs=needs), write_wheel(tmp_path, "tqdm", "3.0")]
    unmet = {system: [need for _, need in resolve.unmet_needs(wheels, system, "3.12")] for system in use.MACHINES}
    assert unmet == {"windows": [needs[0], "tqdm>=4"], "macos": [needs[1], "tqdm>=4"], "linux": ["tqdm>=4"]}


def test_the_oldest_patch_that_every_wheel_takes_is_found(tmp_path):
    wheels = [write_wheel(tmp_path, "soupsieve", python=">=3.11.5"), write_wheel(tmp_path, "tqdm", python=">=3.7")]
    assert (resolve.oldest_python(wheels, "3.11"), resolve.oldest_python(wheels, "3.12")) == ("3.11.5", "3.12.0")


# ---------------------------------------------------------------- making: what pip is asked for


@pytest.fixture
def downloads(monkeypatch):
    """Stands in for pip: notes each call and writes the wheels that it asks for; the second call fails if it is told to."""
    calls = []

    def call(command, **_):
        calls.append(command)
        if len(calls) == call.fails_at:
            return 1
        folder = Path(command[command.index("-d") + 1])
        for name, version in (part.split("==") for part in command if "==" in part):
            write_wheel(folder, name, version)
        return 0

    call.fails_at = None
    call.calls = calls
    monkeypatch.setattr(make.subprocess, "call", call)
    monkeypatch.setattr(resolve, "closure", lambda system, python: {f"package-{number}": "1.0" for number in range(20)})
    return call


def test_pip_is_told_the_target_and_not_to_resolve(downloads, tmp_path):
    make.wheels_for("windows", "3.11", tmp_path)
    for call in downloads.calls:
        assert call[1:4] == ["-m", "pip", "download"] and "--no-deps" in call
        assert call[call.index("--only-binary") + 1] == ":all:" and call[call.index("--python-version") + 1] == "3.11.9"
        assert [call[place + 1] for place, part in enumerate(call) if part == "--platform"] == ["win_amd64"]
    assert {"manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"} <= set(resolve.platforms("linux"))
    assert resolve.platforms("macos")[0] == "macosx_14_0_arm64"


def test_an_interrupted_download_goes_on_where_it_stopped(downloads, tmp_path):
    downloads.fails_at = 2
    with pytest.raises(use.KitError, match=r"(?s)Jalankan lagi.*Start again"):
        make.wheels_for("windows", "3.12", tmp_path)
    there = {path.name for path in tmp_path.glob("*.whl")}
    assert len(there) == make.AT_ONCE
    (tmp_path / sorted(there)[0]).write_bytes(b"half a file")
    asked = len(downloads.calls)
    wheels = make.wheels_for("windows", "3.12", tmp_path)
    again = [part for call in downloads.calls[asked:] for part in call if "==" in part]
    assert len(wheels) == 20 and len(again) == 20 - make.AT_ONCE + 1
    asked = len(downloads.calls)
    make.wheels_for("windows", "3.12", tmp_path)
    assert len(downloads.calls) == asked


def test_linux_asks_for_a_cpu_wheel_of_torch(tmp_path):
    with pytest.raises(use.KitError, match=r"(?s)CUDA.*--torch.*CUDA.*--torch"):
        make.bring_torch("2.13.0", tmp_path, "3.12", None)
    wrong = write_wheel(tmp_path / "given", "torch", "2.13.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(use.KitError, match=r"no wheel of torch 2\.13\.0 for Linux x86_64 and Python 3\.12"):
        make.bring_torch("2.13.0", tmp_path / "wheels", "3.12", str(wrong))
    right = write_wheel(tmp_path / "given", "torch", "2.13.0+cpu", tag="cp312-cp312-manylinux_2_28_x86_64")
    (tmp_path / "wheels").mkdir(exist_ok=True)
    make.bring_torch("2.13.0", tmp_path / "wheels", "3.12", str(right))
    assert (tmp_path / "wheels" / right.name).is_file()


def test_a_torch_that_needs_cuda_is_refused(tmp_path):
    torch = write_wheel(tmp_path, "torch", needs=['cuda-toolkit==13; platform_system == "Linux"'])
    with pytest.raises(use.KitError, match="cuda-toolkit"):
        make.require_complete({"torch": "1.0"}, [torch], "linux", "3.12")
    make.require_complete({"torch": "1.0"}, [torch], "windows", "3.12")


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "skripsi.docx").touch()
    with pytest.raises(use.KitError, match="other things"):
        make.require_own_folder(tmp_path)
    (tmp_path / use.MANIFEST).touch()
    make.require_own_folder(tmp_path)


def test_what_a_lecturer_adds_is_looked_at_before_the_download(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make, "wheels_for", lambda *_: pytest.fail("nothing is loaded before"))
    for name in ("a", "b"):
        (tmp_path / name / "slide").mkdir(parents=True)
    add = ["--add", str(tmp_path / "a" / "slide")]
    for options, words in (
        (["--add", str(tmp_path / "none")], f"There is no {tmp_path / 'none'}"),
        ([*add, "--add", str(tmp_path / "b" / "slide")], "have the same name"),
        (["--add", str(tmp_path)], "The kit lies within"),
        (["--smsa", str(tmp_path)], f"{tmp_path} holds no "),
    ):
        assert command.main(["--out", str(tmp_path / "kit"), *options]) == 1
        assert words in capsys.readouterr().err and not (tmp_path / "kit").exists()
    (tmp_path / "a" / "slide" / "01.pdf").touch()
    make.copy_into(tmp_path / "kit", make.additions_of(tmp_path / "kit", [tmp_path / "a" / "slide", tmp_path / "a" / "slide" / "01.pdf"]))
    assert (tmp_path / "kit/extras/slide/01.pdf").is_file() and (tmp_path / "kit/extras/01.pdf").is_file()


@pytest.mark.parametrize(("option", "variable"), [("--smsa", "SMSA_DIR"), ("--indobert", "INDOBERT_CHECKPOINT")])
def test_data_that_are_asked_for_are_named_or_refused_and_never_left_out(monkeypatch, tmp_path, capsys, option, variable):
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(SystemExit):
        command.parse([option])
    assert f"{variable} kosong" in capsys.readouterr().err
    monkeypatch.setenv(variable, str(tmp_path))
    assert getattr(command.parse([option]), option[2:]) == str(tmp_path) and getattr(command.parse([]), option[2:]) is None


def test_the_series_own_files_go_in_with_and_without_git(tmp_path):
    """A copy without git gives what git tracks, and nothing of a learner's or of an environment."""
    names = make.project_files()
    assert {"tutorial.py", "README.id.md", "series/kit/use.py", "data/indobert_mini/SHA256SUMS"} <= set(names)
    copied = [name for name in names if name.startswith(("series/", "helpers/", "tutorial", ".github", "data/smsa_sample"))]
    for name in copied:
        use.copy_whole(ROOT / name, tmp_path / name)
    for name in (".venv/pyvenv.cfg", "outputs/kit/a.whl", "my_lessons/id/00.ipynb", "helpers/__pycache__/a.pyc", "data/smsa/train_preprocess.tsv", ".venv-newest/x"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert make.project_files(tmp_path) == sorted(copied)


# ---------------------------------------------------------------- a small kit, for real


@pytest.fixture(scope="module")
def small_kit(tmp_path_factory):
    """A kit of three tiny wheels, the series' own code, and starters; made by the same functions as a large one."""
    out = tmp_path_factory.mktemp("stick") / "kit"
    wheels = [write_wheel(out / "wheels", "kecil", needs=["lebih-kecil>=1"]), write_wheel(out / "wheels", "lebih-kecil", "1.5")]
    for name in make.project_files():
        if name.startswith(("series/", "helpers/", "tutorial.py", "data/results/kit.json")):
            use.copy_whole(ROOT / name, out / "project" / name)
    (out / "project" / "requirements.txt").write_text("kecil>=1\n", encoding="utf-8")
    (out / "project" / "constraints.txt").write_text("kecil==1.0\nlebih-kecil==1.5\n", encoding="utf-8")
    make.write_starters(out, HERE)
    (out / make.UNFINISHED).touch()
    patch = pytest.MonkeyPatch()
    patch.setitem(use.MACHINES, use.this_system(), use.this_machine())
    make.write_manifest(out, HERE, {use.this_system(): wheels})
    patch.undo()
    return out


@pytest.fixture
def kit(small_kit, tmp_path):
    """A copy of the small kit, moved to a folder whose name holds what a command line or an address might stumble over."""
    return shutil.copytree(small_kit, tmp_path / "stik é 日 #1 100%" / "kit & (baru)")


@pytest.fixture
def project(kit):
    return kit / "project"


def test_the_kit_installs_without_an_index_after_it_was_moved(kit, project, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # where nobody answers
    monkeypatch.setattr(tutorial, "uv_program", lambda: None)
    python = tutorial.set_up(project, kit=kit)
    found = subprocess.run(
        [str(python), "-c", "import kecil, lebih_kecil; print(kecil.there, lebih_kecil.there)"], capture_output=True, text=True
    )
    assert found.stdout.split() == ["True", "True"]
    shutil.rmtree(kit / "wheels")
    assert tutorial.set_up(project, kit=kit) == python  # the second start does not look for the stick


def test_the_kit_proves_itself(kit, capsys):
    proof.prove(kit, "import kecil, lebih_kecil")
    output = capsys.readouterr().out
    assert "2 wheel" in output and "tanpa jaringan" in output and "without a network" in output
    with pytest.raises(use.KitError, match="does not install here"):
        proof.prove(kit, "import tidak_ada")


def test_uv_is_used_where_it_is_and_pip_where_it_fails(monkeypatch, tmp_path, capsys):
    calls = []
    monkeypatch.setattr(tutorial, "uv_program", lambda: "/bin/uv")
    monkeypatch.setattr(tutorial.subprocess, "call", lambda command, **options: calls.append(command) or int(command[0] == "/bin/uv"))
    assert tutorial.install(Path("python"), root=tmp_path, kit=tmp_path) == 0
    assert [call[0] for call in calls] == ["/bin/uv", "python"] and "uv failed" in capsys.readouterr().out
    assert calls[0][1:5] == ["pip", "install", "--python", "python"]
    assert all(["--no-index", "--find-links", str(tmp_path / "wheels")] == call[call.index("--no-index") :][:3] for call in calls)


def test_nothing_of_this_computers_configuration_reaches_an_installation_from_a_kit(monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", "/elsewhere")
    monkeypatch.setenv("UV_INDEX_URL", "http://elsewhere")
    found = use.offline_environment()
    assert "PIP_FIND_LINKS" not in found and "UV_INDEX_URL" not in found and found["PIP_CONFIG_FILE"] == os.devnull
    assert found["PATH"] == os.environ["PATH"]


# ---------------------------------------------------------------- broken kits


def one_wheel(kit):
    return next((kit / "wheels").glob("kecil-*.whl"))


def remove_wheel(kit):
    one_wheel(kit).unlink()


def cut_wheel(kit):
    one_wheel(kit).write_bytes(one_wheel(kit).read_bytes()[:100])


def change_wheel(kit):
    content = bytearray(one_wheel(kit).read_bytes())
    content[40] ^= 1
    one_wheel(kit).write_bytes(content)


def remove_list(kit):
    (kit / use.MANIFEST).unlink()


def cut_list(kit):
    (kit / use.MANIFEST).write_text('{"edition": 1, "targ', encoding="utf-8")


def newer_list(kit):
    (kit / use.MANIFEST).write_text('{"edition": 99}', encoding="utf-8")


def change_list(change):
    """Damage that leaves whole JSON: one entry of the list is changed by a function."""

    def damage(kit):
        manifest = json.loads((kit / use.MANIFEST).read_text(encoding="utf-8"))
        change(manifest)
        (kit / use.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    damage.__name__ = change.__name__
    return damage


@change_list
def list_without_a_wheel(manifest):
    del manifest["files"]["wheels/kecil-1.0-py3-none-any.whl"]


@change_list
def list_without_systems(manifest):
    del manifest["targets"]


@change_list
def list_for_nothing(manifest):
    manifest["targets"] = {}


@change_list
def list_of_another_shape(manifest):
    manifest["targets"] = [1]


@change_list
def list_without_sizes(manifest):
    manifest["files"]["wheels/kecil-1.0-py3-none-any.whl"] = 3


@change_list
def list_of_an_odd_python(manifest):
    manifest["targets"][use.this_system()]["python_from"] = "3.12"


@change_list
def list_that_leaves_the_folder(manifest):
    manifest["files"]["project/../../.profile"] = {"size": 1, "sha256": "0" * 64}


@change_list
def list_with_a_drive(manifest):
    manifest["files"]["C:\\Windows\\win.ini"] = {"size": 1, "sha256": "0" * 64}


@change_list
def list_for_another_system(manifest):
    manifest["targets"] = {"amiga": manifest["targets"][use.this_system()]}


def rename_wheel(kit):
    one_wheel(kit).rename(one_wheel(kit).with_name("kecil-9.9-py3-none-any.whl"))


BROKEN = [
    (rename_wheel, "wheels/kecil-1.0-py3-none-any.whl tidak ada", "wheels/kecil-1.0-py3-none-any.whl is missing"),
    (list_without_a_wheel, "kit.json rusak (wheels/kecil", "kit.json is damaged (wheels/kecil-1.0-py3-none-any.whl)"),
    (list_without_systems, "kit.json rusak ('targets'", "kit.json is damaged ('targets')"),
    (list_for_nothing, "kit.json rusak (targets", "kit.json is damaged (targets)"),
    (list_of_another_shape, "kit.json rusak", "kit.json is damaged"),
    (list_without_sizes, "kit.json rusak", "kit.json is damaged"),
    (list_of_an_odd_python, "kit.json rusak (python_from", "kit.json is damaged (python_from)"),
    (list_that_leaves_the_folder, "kit.json rusak (project", ".profile)"),
    (list_with_a_drive, "kit.json rusak (C:", "win.ini)"),
    (list_for_another_system, "Kit ini untuk amiga, bukan untuk", "This kit is for amiga, not for"),
    (remove_wheel, "wheels/kecil-1.0-py3-none-any.whl tidak ada", "wheels/kecil-1.0-py3-none-any.whl is missing"),
    (cut_wheel, "terpotong: 100 dari", "is cut off: 100 of"),
    (change_wheel, "berubah", "was changed"),
    (remove_list, "bukan kit", "is no kit"),
    (cut_list, "rusak", "is damaged"),
    (newer_list, "edisi 99", "edition 99"),
]


@pytest.mark.parametrize(("damage", "indonesian", "english"), BROKEN, ids=[damage.__name__ for damage, _, _ in BROKEN])
def test_a_broken_kit_gets_a_sentence_that_names_it(kit, project, monkeypatch, capsys, damage, indonesian, english):
    damage(kit)
    monkeypatch.setattr(tutorial, "set_up", functools.partial(tutorial.set_up, project))
    monkeypatch.setattr(tutorial.packages, "torch_problem", lambda: None)
    assert tutorial.main(["lab", "--kit", str(kit)]) == 1
    first, second = capsys.readouterr().err.strip().splitlines()
    assert indonesian in first and english in second
    assert not (project / ".venv").exists()
    assert command.main(["--check", "--out", str(kit)]) == 1
    assert english in capsys.readouterr().err


def test_a_stick_that_wears_out_is_said_in_words(kit, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(use, "sha256_of", fail)
    with pytest.raises(use.KitError, match=r"kecil-1\.0-py3-none-any\.whl cannot be read .*Input/output error"):
        use.check_for_this_computer(kit, kit)


TARGETS = {"targets": {"windows": {"python": "3.12", "python_from": "3.12.0", "machine": "amd64"}, "macos": {"python": "3.11", "python_from": "3.11.5", "machine": "arm64"}}}  # fmt: skip


@pytest.mark.parametrize(
    ("version", "system", "machine", "words"),
    [
        ((3, 12, 1), "windows", "amd64", None),
        ((3, 11, 5), "macos", "arm64", None),
        ((3, 11, 2), "macos", "arm64", "3.11 (>= 3.11.5); this is Python 3.11.2"),
        ((3, 13, 0), "windows", "amd64", "This kit is for Python 3.12; this is Python 3.13.0. Install Python 3.12, then use: py -3.12"),
        ((3, 12, 1), "windows", "win32", "a Python for amd64; this Python is for win32"),
        ((3, 12, 1), "linux", "x86_64", "This kit is for windows, macos, not for linux"),
    ],
)
def test_a_kit_for_another_computer_says_so(version, system, machine, words):
    problem = use.target_problem(TARGETS, version, system, machine)
    assert problem is None if words is None else words in problem.split("\n")[1] and "Kit ini untuk" in problem.split("\n")[0]


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch, capsys):
    with pytest.raises(use.KitError, match=r"(?s)sisa 1\.0 GB, perlu 2\.5 GB.*1\.0 GB left, 2\.5 GB needed"):
        use.require_room(tmp_path / "not" / "yet", 2.5e9, free=1e9)
    monkeypatch.setattr(use.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10, 10, 0))
    assert command.main(["--out", str(tmp_path / "kit")]) == 1
    assert "too full" in capsys.readouterr().err and not (tmp_path / "kit").exists()


def test_a_disk_that_fills_up_on_the_way_leaves_no_half_file(tmp_path, monkeypatch, capsys):
    def fill(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(use.shutil, "copyfile", fill)
    with pytest.raises(use.KitError, match=r"(?s)disk penuh.*No space left on device.*disk is full"):
        use.copy_whole(ROOT / "README.md", tmp_path / "README.md")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(make, "make", lambda options: use.copy_whole(ROOT / "README.md", tmp_path / "README.md"))
    assert command.main(["--out", str(tmp_path / "kit")]) == 1
    assert "No space left" in capsys.readouterr().err


# ---------------------------------------------------------------- interrupted


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not for Windows")
def test_a_set_up_that_was_killed_goes_on(kit, project, monkeypatch):
    """The first start is killed while pip installs; the second one completes the environment."""
    code = (
        "import pathlib, tutorial; tutorial.uv_program = lambda: None;"
        f"print(tutorial.set_up(pathlib.Path({str(project)!r}), kit=pathlib.Path({str(kit)!r})))"
    )
    start = functools.partial(
        subprocess.Popen, [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    first = start()
    limit = time.monotonic() + 120
    while tutorial.read_stamp(project / ".venv") != tutorial.UNFINISHED and time.monotonic() < limit:
        time.sleep(0.02)
    time.sleep(0.5)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert tutorial.read_stamp(project / ".venv") == tutorial.UNFINISHED
    output, _ = start().communicate()
    assert Path(output.splitlines()[-1]) == tutorial.python_in(project / ".venv")
    assert tutorial.read_stamp(project / ".venv") == tutorial.fingerprint(project)


def test_an_environment_of_ones_own_survives_an_interruption_without_its_half_packages(project, monkeypatch):
    environment = project / ".venv"
    site = environment / ("Lib" if os.name == "nt" else f"lib/python{HERE}") / "site-packages"
    for name, whole in (("torch-2.13.0+cpu", True), ("pandas-3.1.1", False)):
        (site / f"{name}.dist-info").mkdir(parents=True)
        (site / f"{name}.dist-info" / "METADATA").touch()
        if whole:
            (site / f"{name}.dist-info" / "INSTALLER").write_text("pip\n", encoding="utf-8")
    (environment / "pyvenv.cfg").write_text(f"version = {'.'.join(map(str, sys.version_info[:3]))}\n", encoding="utf-8")
    tutorial.python_in(environment).parent.mkdir(exist_ok=True)
    tutorial.python_in(environment).touch()
    monkeypatch.setattr(tutorial, "reason_not_to_set_up", lambda *_: None)
    monkeypatch.setattr(tutorial, "uv_program", lambda: None)
    codes = [0, 1]
    monkeypatch.setattr(tutorial.subprocess, "call", lambda *_, **__: codes.pop(0) if codes else 0)
    with pytest.raises(tutorial.SetUpError):
        tutorial.set_up(project)
    assert tutorial.read_stamp(environment) == tutorial.YOURS
    tutorial.set_up(project)
    assert [path.name for path in site.iterdir()] == ["torch-2.13.0+cpu.dist-info"]


def test_a_folder_that_may_not_be_written_is_said_in_words(kit, project, monkeypatch):
    """As on a stick that is read only: the series of the kit itself was started there."""

    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(tutorial.Path, "mkdir", refuse)
    with pytest.raises(tutorial.SetUpError, match=r"(?s)tidak bisa ditulis.*Salin.*cannot be written.*Read-only file system.*Copy"):
        tutorial.set_up(project, kit=kit)
    (project / ".venv").touch()
    with pytest.raises(tutorial.SetUpError, match="is no virtual environment"):
        tutorial.set_up(project, kit=kit)


def test_what_a_set_up_costs_is_said_in_measured_figures(tmp_path, monkeypatch):
    system = "windows"
    monkeypatch.setattr(use, "this_system", lambda: system)
    monkeypatch.setattr(tutorial, "uv_program", lambda: None)
    bytes_of = FIGURES["wheels"][system]["bytes"]
    for text in tutorial.cost_of_set_up(tmp_path / ".venv"):
        assert f"{bytes_of / 1e6:.0f} MB" in text and f"{bytes_of * 8 / 10e6 / 60:.0f} m" in text
        assert f"{FIGURES['install']['pip_seconds']:.0f}" in text and f"{FIGURES['install']['disk_bytes'] / 1e9:.1f} GB" in text
    (tmp_path / ".venv/Lib/site-packages/torch-2.13.0.dist-info").mkdir(parents=True)
    assert f"{(bytes_of - FIGURES['wheels'][system]['torch']) / 1e6:.0f} MB" in tutorial.cost_of_set_up(tmp_path / ".venv")[0]
    monkeypatch.setattr(tutorial, "uv_program", lambda: "uv")
    indonesian, english = tutorial.cost_of_set_up(tmp_path / ".venv", kit=tmp_path)
    assert "tanpa jaringan" in indonesian and "without a network" in english
    assert f"uv ({FIGURES['install']['uv_seconds']:.0f} seconds" in english


# ---------------------------------------------------------------- what a learner starts


def test_the_learners_changes_survive_a_newer_kit(kit, tmp_path):
    home, manifest = tmp_path / "home", use.read_manifest(kit)
    assert use.copy_project(kit, manifest, home) == []
    (home / "tutorial.py").write_text("# milikku\n", encoding="utf-8")
    newer = kit / "project" / "helpers" / "files.py"
    newer.write_text(newer.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")
    manifest["files"]["project/helpers/files.py"] = {"size": newer.stat().st_size, "sha256": use.sha256_of(newer)}
    del manifest["files"]["project/helpers/messages.py"], manifest["files"]["project/helpers/plots.py"]
    (home / "helpers" / "plots.py").write_text("# milikku\n", encoding="utf-8")
    assert use.copy_project(kit, manifest, home) == ["tutorial.py"]
    assert not (home / "helpers" / "messages.py").exists()  # the newer edition has it no longer
    assert (home / "helpers" / "plots.py").read_text(encoding="utf-8") == "# milikku\n"
    assert (home / "tutorial.py").read_text(encoding="utf-8") == "# milikku\n"
    assert (home / "helpers" / "files.py").read_bytes() == newer.read_bytes()


def test_a_damaged_note_of_what_was_copied_is_said_in_words(kit, tmp_path):
    home, manifest = tmp_path / "home", use.read_manifest(kit)
    use.copy_project(kit, manifest, home)
    assert not list(home.glob("*.part"))
    (home / ".kit-files.json").write_text('{"tutorial.p', encoding="utf-8")
    with pytest.raises(use.KitError, match=r"(?s)kit-files\.json rusak.*is damaged.*delete that file"):
        use.copy_project(kit, manifest, home)


def test_damaged_data_of_a_lecturer_are_not_copied(kit, tmp_path):
    """Also where the packages are there already, so that nothing else looked at the kit."""
    (kit / "smsa").mkdir()
    (kit / "smsa" / "a.tsv").write_bytes(b"enak")
    manifest = use.read_manifest(kit)
    manifest["files"]["smsa/a.tsv"] = {"size": 4, "sha256": hashlib.sha256(b"enak").hexdigest()}
    manifest["files"]["smsa/b.tsv"] = {"size": 9, "sha256": "0" * 64}
    with pytest.raises(use.KitError, match=r"smsa/b\.tsv is missing"):
        use.bring_data(kit, manifest, tmp_path)
    assert not (tmp_path / "data").exists()


def test_the_lecturers_data_come_to_where_the_lessons_look(kit, tmp_path):
    (kit / "smsa").mkdir()
    (kit / "smsa" / "train_preprocess.tsv").write_bytes(b"enak\tpositive\n")
    manifest = use.read_manifest(kit)
    manifest["files"]["smsa/train_preprocess.tsv"] = {"size": 14, "sha256": hashlib.sha256(b"enak\tpositive\n").hexdigest()}
    use.bring_data(kit, manifest, tmp_path)
    assert (tmp_path / "data/smsa/train_preprocess.tsv").read_bytes() == b"enak\tpositive\n"
    assert "smsa/train_preprocess.tsv" in use.names_for(manifest, use.this_system())
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert all(place + "/" in ignored for place in use.DATA.values())


def test_a_folder_whose_name_is_too_long_for_windows_is_named():
    assert use.path_problem("C:/Users/siti/indonesian-nlp", 150, allowed=False) is None
    problem = use.path_problem("C:/" + "x" * 120, 150, allowed=False)
    assert "274" in problem and "--to C:\\nlp" in problem and len(problem.split("\n")) == 2
    assert use.path_problem("C:/" + "x" * 120, 150, allowed=True) is None


def test_the_starters_are_right_for_their_systems(small_kit):
    batch, shell = (small_kit / "start.bat").read_bytes(), (small_kit / "start.command").read_bytes()
    assert batch.count(b"\r\n") == batch.count(b"\n") > 20 and batch.isascii()
    assert b"\r" not in shell and shell.startswith(b"#!/bin/sh\n")
    assert (small_kit / "start.command").stat().st_mode & 0o111 or os.name == "nt"
    for text in (batch.decode(), shell.decode()):
        assert "@PYTHON@" not in text and HERE in text and "install.py" in text and "python.org" in text and "kit.json" in text
    assert "Extract All" in batch.decode() and "Microsoft Store" in batch.decode() and "WindowsApps" in batch.decode()
    labels = set(re.findall(r"(?m)^:(\w+)", batch.decode()))
    assert set(re.findall(r"goto (\w+)", batch.decode())) <= labels


@pytest.mark.skipif(os.name == "nt", reason="a script of sh")
def test_the_shell_starter_finds_python_and_says_when_there_is_none(kit, tmp_path):
    (kit / "install.py").write_text("import sys; print('started', sys.argv[1:])", encoding="utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "uname"):
        (tools / name).symlink_to(shutil.which(name))
    (tools / f"python{HERE}").symlink_to(sys.executable)
    start = functools.partial(subprocess.run, ["/bin/sh", str(kit / "start.command"), "--to", "x"], capture_output=True, text=True)
    assert start(env={"PATH": str(tools)}).stdout == "started ['--to', 'x']\n"
    (tools / f"python{HERE}").unlink()
    without = start(env={"PATH": str(tools)})
    assert without.returncode == 1 and "belum terpasang" in without.stdout and "is not installed" in without.stdout
    (kit / use.MANIFEST).unlink()
    assert "Unpack the whole zip" in start(env={"PATH": str(tools)}).stdout


def test_the_zip_keeps_the_executable_bit_and_stores_wheels_as_they_are(kit):
    packed = make.write_zip(kit)
    with zipfile.ZipFile(packed) as found:
        assert found.testzip() is None
        names = {info.filename.removeprefix(f"{kit.name}/"): info for info in found.infolist()}
    assert names["start.command"].external_attr >> 16 & 0o111 or os.name == "nt"
    assert names["wheels/kecil-1.0-py3-none-any.whl"].compress_type == zipfile.ZIP_STORED
    assert set(names) == {path.relative_to(kit).as_posix() for path in kit.rglob("*") if path.is_file()}


class Page(html.parser.HTMLParser):
    """What a page loads and links, and what its pictures are called."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.pictures, self.language = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.addresses += [found[name] for name in ("href", "src") if name in found]
        if tag == "svg":
            self.pictures.append(found.get("aria-label"))
        if tag == "html":
            self.language = found["lang"]


@pytest.mark.parametrize("language", pages.NAMES)
def test_the_first_page_opens_offline_and_its_pictures_have_words(small_kit, language):
    text = (small_kit / pages.NAMES[language]).read_text(encoding="utf-8")
    page = Page(text)
    assert page.language == language and not re.search(r"\$\w", text)
    assert len(page.pictures) == 4 and all(len(alt) > 40 for alt in page.pictures)
    assert all((small_kit / address).exists() for address in page.addresses)
    assert "Microsoft Store" in text and "Extract All" in text and "Open Anyway" in text and HERE in text


@pytest.mark.parametrize("path", ["series/__init__.py", "series/kit/__init__.py", "series/kit/use.py", "series/kit/install.py"])
def test_what_a_learner_runs_first_needs_nothing_but_an_old_python(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"), feature_version=(3, 8))
    for node in ast.walk(tree):
        modules = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert {module.split(".")[0] for module in modules} <= set(sys.stdlib_module_names) | {"series"}


@pytest.mark.parametrize(
    ("arguments", "python", "added"),
    [
        (["--check"], sys.executable, []),
        (["--serve"], sys.executable, []),
        ([], "ready", []),
        (["--site"], "ready", [tutorial.SITE, tutorial.EXTRA]),
    ],
)
def test_only_making_a_kit_needs_the_packages(monkeypatch, arguments, python, added):
    started, extras = [], []
    monkeypatch.setattr(tutorial, "set_up", lambda: "ready")
    monkeypatch.setattr(tutorial, "add_extras", lambda python, kind="tested", listed=tutorial.EXTRA: extras.append(listed))
    monkeypatch.setattr(tutorial, "call", lambda *words: started.append(words) or 0)
    assert tutorial.main(["kit", *arguments]) == 0
    assert started == [(python, "-m", "series.kit", *arguments)] and extras == added


@pytest.mark.parametrize(("option", "code"), [("--help", 0), ("--for=amiga", 2), ("--tidak-ada", 2)])
def test_what_a_kit_is_not_made_for_is_said_before_anything_is_installed(monkeypatch, option, code):
    monkeypatch.setattr(tutorial, "set_up", lambda: pytest.fail("it would be installed for nothing"))
    with pytest.raises(SystemExit) as ended:
        tutorial.main(["kit", option])
    assert ended.value.code == code


@pytest.mark.parametrize("module", ["series.kit.use", "series.kit.serve", "series.kit.proof", "series.kit.__main__"])
def test_using_sharing_and_proving_a_kit_load_no_package(module):
    code = f"import sys, {module}; print([name for name in ('packaging', 'torch', 'numpy', 'nbformat') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


# ---------------------------------------------------------------- sharing it in the room


@pytest.fixture
def shared(kit):
    server = serve.server_for(kit, 0, "127.0.0.1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def read(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read().decode("utf-8")


def test_the_line_that_learners_type_stands_on_the_first_page(shared):
    text = html.unescape(read(shared + "/"))
    for program in (f"py -{HERE}", f"python{HERE}"):
        assert serve.command_for(shared, program) in text


def test_only_the_kits_files_are_shared(shared, kit):
    (kit.parent / "secret.txt").write_text("soal ujian", encoding="utf-8")
    for place in ("/../secret.txt", "/%2e%2e/secret.txt", "/wheels/", "/project/"):
        with pytest.raises(urllib.error.HTTPError) as error:
            read(shared + place)
        assert error.value.code == 404


def test_a_busy_port_is_said_in_words(shared, kit):
    port = int(shared.rsplit(":", 1)[1])
    with pytest.raises(use.KitError, match=rf"(?s)Port {port} sudah dipakai.*uses port {port}.*--port {port + 1}"):
        serve.server_for(kit, port, "127.0.0.1")


@pytest.mark.parametrize("port", ["0", "65536", "99999", "x"])
def test_a_port_that_no_computer_has_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        command.main(["--serve", "--port", port])
    assert "--port" in capsys.readouterr().err


def test_what_is_no_kit_is_not_shared(tmp_path):
    with pytest.raises(use.KitError, match="is no kit"):
        serve.server_for(tmp_path, 0)


def test_the_line_that_is_typed_installs_over_the_network(shared, kit, tmp_path):
    """The very line, in a home of its own; the series that arrives notes how it was started instead of opening JupyterLab."""
    door = kit / "project" / "tutorial.py"
    door.write_text("import json, sys; print('door', json.dumps(sys.argv[1:]))", encoding="utf-8")
    manifest = use.read_manifest(kit)
    manifest["files"]["project/tutorial.py"] = {"size": door.stat().st_size, "sha256": use.sha256_of(door)}
    (kit / use.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    line = serve.command_for(shared, "python").split('"')[1]
    home = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    found = subprocess.run([sys.executable, "-c", line], env=home, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert found.returncode == 0, found.stderr
    arrived = tmp_path / "indonesian-nlp-kit"
    assert f"door {json.dumps(['lab', '--kit', str(arrived)])}" in found.stdout
    assert not list(use.file_problems(arrived, manifest, use.names_for(manifest, use.this_system())))
    assert not (arrived / "start.bat").exists()  # what an installation does not need stays where it is


def test_a_file_that_changes_on_the_way_is_not_kept(shared, tmp_path):
    with pytest.raises(OSError, match="another checksum"):
        installer.fetch(shared + "/install.py", tmp_path / "fetched" / "install.py", "0" * 64)
    assert not list((tmp_path / "fetched").iterdir())


@pytest.mark.parametrize("name", ["project/../../.profile", "project/../..", "project//../../a/b"])
def test_a_list_from_the_room_that_names_a_file_elsewhere_brings_nothing(shared, kit, tmp_path, name):
    manifest = use.read_manifest(kit)
    manifest["files"][name] = {"size": 1, "sha256": use.sha256_of(kit / use.MANIFEST)}
    (kit / use.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(OSError, match="outside the folder"):
        installer.kit_from_room(shared, tmp_path / "arrived")
    assert [path.name for path in (tmp_path / "arrived").iterdir()] == [use.MANIFEST]


@pytest.mark.parametrize("content", [b'{"edition": 1, "fil', b"<html>Masuk dulu</html>", b"[]", b'{"files": 3}'])
def test_a_list_that_does_not_arrive_whole_is_said_in_words(shared, kit, tmp_path, monkeypatch, capsys, content):
    (kit / use.MANIFEST).write_bytes(content)
    monkeypatch.setattr(installer, "ADDRESS", shared)
    assert installer.main(["--to", str(tmp_path / "nlp")]) == 1
    assert "does not answer as it should" in capsys.readouterr().err and not (tmp_path / "nlp").exists()


def test_a_lecturer_who_went_away_is_said_in_words(kit, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(installer, "ADDRESS", "http://127.0.0.1:9")
    assert installer.main(["--to", str(tmp_path / "nlp")]) == 1
    assert "does not answer" in capsys.readouterr().err
