"""Requirements are read in one place, without a package, and a computer that cannot have PyTorch is told so in words."""

import ast
import json
import platform
import subprocess
import sys
import sysconfig

import nbformat
import pytest
from refusals import refusals

import tutorial
from helpers import packages
from helpers.messages import LANGUAGES, MESSAGES, in_every_language, set_language
from helpers.packages import (
    LESSON_PACKAGES,
    explain_unmet,
    installed_versions,
    read_requirements,
    torch_problem,
    unmet_requirements,
    within,
)

ROOT = packages.REQUIREMENTS.parent
LESSONS = sorted((ROOT / "notebooks").glob("*/[0-9][0-9]_*.ipynb"))

# ---------------------------------------------------------------- requirements


def test_names_and_ranges_are_read_with_comments_and_blanks_left_out(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# daftar\n\ntorch>=2.13   # pelajaran 1\r\ntransformers >= 5, < 6\nscikit-learn!=1.5.0\ntqdm\n", encoding="utf-8")
    assert read_requirements(path) == {"torch": ">=2.13", "transformers": ">=5,<6", "scikit-learn": "!=1.5.0", "tqdm": ""}


@pytest.mark.parametrize(
    "line",
    [
        "torch~=2.13",
        "torch[gpu]>=2",
        "torch>=2; python_version < '3.12'",
        "torch>=dua",
        "torch >=2 <3",
        "-r other.txt",
        "torch>=2.13,pandas",
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(tmp_path, line):
    path = tmp_path / "requirements.txt"
    path.write_text(f"tqdm>=4\n{line}\n", encoding="utf-8")
    for text in refusals(ValueError, read_requirements, path).values():
        assert str(path) in text and " 2: " in text and line in text


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("4.57.1", ">=5,<6", False), ("6.0", ">=5,<6", False), ("5.0.0", ">=5,<6", True), ("5.24.0", ">=5,<6", True),
        ("2.13.0+cpu", ">=2.13", True), ("2.12.1", ">=2.13", False), ("2.9", ">=2.13", False), ("2.13.0a0+git1234", ">=2.13", True),
        ("1.5", "!=1.5.0", False), ("1.5.1", "!=1.5.0", True), ("3", ">3.0", False), ("3.0.1", ">3.0", True), ("2026.1", "<=2026.1", True),
        ("unknown", ">=1", False), ("0.0.1", "", True),
    ],
)  # fmt: skip
def test_versions_are_compared_by_their_numbers(version, wanted, fits):
    assert within(version, wanted) is fits


def test_the_own_comparison_agrees_with_pips_on_every_version_that_is_installed_here():
    requirements = pytest.importorskip("packaging.requirements")
    for name, wanted in read_requirements().items():
        version = installed_versions([name])[name]
        for clause in (wanted, f">={version.split('+')[0]}", f"<{version.split('+')[0]}", ">=1,<2", ">=2026"):
            assert within(version, clause) == requirements.Requirement(name + clause).specifier.contains(version, prereleases=True), (
                name,
                clause,
            )


def test_what_is_missing_too_old_or_too_new_is_unmet():
    ranges = {"a": ">=1", "b": ">=1", "c": ">=1,<2", "d": ""}
    assert unmet_requirements(ranges, {"a": "0.9", "b": None, "c": "2.0", "d": "0"}) == {"a": ">=1", "b": ">=1", "c": ">=1,<2"}


def test_every_package_has_a_range_and_a_purpose():
    assert {*LESSON_PACKAGES, *packages.TEST_PACKAGES, "jupyter"} == set(read_requirements())


def test_helpers_import_no_package_that_the_requirements_do_not_bring():
    modules = {name.replace("-", "_") for name in LESSON_PACKAGES if name != "scikit-learn"} | {"sklearn", "helpers"}
    modules |= {"scipy"}  # scikit-learn is built on it
    modules |= {"huggingface_hub", "tokenizers", "safetensors"}  # transformers is built on them
    modules |= {"IPython"}  # jupyter
    modules |= {*read_requirements(ROOT / "requirements-extra.txt"), "gradio"}  # asked for first, and named where they are missing
    for path in sorted((ROOT / "helpers").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            foreign = {name.split(".")[0] for name in names} - modules - set(sys.stdlib_module_names)
            assert not foreign, f"{path.name}: {foreign}"


@pytest.mark.parametrize("path", ["tutorial.py", "helpers/__init__.py", "helpers/files.py", "helpers/packages.py", "helpers/messages.py"])
def test_an_old_python_can_read_what_says_that_it_is_too_old(path):
    ast.parse((ROOT / path).read_text(encoding="utf-8"), feature_version=(3, 8))


# ---------------------------------------------------------------- the set-up cell without packages


def write_package(folder, name, version):
    """What pip leaves of a package, as far as its version goes."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


def set_up_cell(path):
    (cell,) = [cell for cell in nbformat.read(path, as_version=4).cells if cell.id == "setup"]
    return cell.source


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python without a single package."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return tutorial.python_in(folder)


def run_bare(python, source, folder=""):
    environment = {name: value for name, value in tutorial.os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    return subprocess.run([str(python), "-c", source], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}-{path.name[:2]}")
def test_the_set_up_cell_names_the_missing_packages_where_there_is_none(bare_python, path):
    answer = run_bare(bare_python, set_up_cell(path))
    last = answer.stderr[answer.stderr.index("LessonError") :]
    assert answer.returncode == 1 and "ModuleNotFoundError" not in answer.stderr
    for name in LESSON_PACKAGES:
        assert f"{name}{read_requirements()[name]} (-)" in last and f'"{name}{read_requirements()[name]}"' in last
    assert "%pip install" in last and "jupyter" not in last
    assert "Jalankan" in last and "restart the kernel" in last  # the language is chosen only when start() runs


def test_only_what_is_missing_or_too_old_is_named(bare_python, tmp_path):
    for name in LESSON_PACKAGES:
        if name != "torch":
            write_package(tmp_path, name, "2.1.4" if name == "pandas" else "5.24.0")
    answer = run_bare(bare_python, "import helpers.lesson", tmp_path)
    assert f"torch{read_requirements()['torch']} (-), pandas{read_requirements()['pandas']} (2.1.4)." in answer.stderr
    assert "numpy" not in answer.stderr and "ModuleNotFoundError" not in answer.stderr


def test_the_check_names_the_missing_packages_where_there_is_none(bare_python, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", str(bare_python))
    answer = run_bare(bare_python, "import sys, tutorial\nsys.exit(tutorial.main(['check']))")
    assert answer.returncode == 1 and not answer.stderr
    for name, wanted in read_requirements().items():
        mark = "OK  " if name in packages.TEST_PACKAGES else "FAIL"
        assert f"{mark} {name} belum ada / not installed (perlu / needs {wanted})" in answer.stdout


def test_nothing_is_said_where_everything_is_there():
    assert explain_unmet() is None


# ---------------------------------------------------------------- computers


COMPUTERS = {  # system, machine, release of macOS, kernel, C library, the platform that Python was built for
    "Mac with Apple silicon, macOS 15": ("Darwin", "arm64", "15.1", "RELEASE_ARM64_T6000", ("", ""), "macosx-11.0-universal2", None),
    "Mac with Apple silicon, macOS 14": ("Darwin", "arm64", "14.0", "RELEASE_ARM64_T6000", ("", ""), "macosx-14.0-arm64", None),
    "Mac with Apple silicon, macOS 13": ("Darwin", "arm64", "13.6.1", "RELEASE_ARM64_T8103", ("", ""), "macosx-11.0-arm64", "packages.no_torch_old_macos"),
    "Mac with Intel": ("Darwin", "x86_64", "14.5", "RELEASE_X86_64", ("", ""), "macosx-10.9-universal2", "packages.no_torch_intel_mac"),
    "Python for Intel on Apple silicon": ("Darwin", "x86_64", "10.16", "RELEASE_ARM64_T8103", ("", ""), "macosx-10.9-x86_64", "packages.no_torch_rosetta"),
    "Windows": ("Windows", "AMD64", "", "10.0.22631", ("", ""), "win-amd64", None),
    "Windows on ARM": ("Windows", "ARM64", "", "10.0.26100", ("", ""), "win-arm64", "packages.no_torch"),
    "Python for Intel on Windows on ARM": ("Windows", "ARM64", "", "10.0.26100", ("", ""), "win-amd64", None),
    "Linux": ("Linux", "x86_64", "", "#1 SMP", ("glibc", "2.28"), "linux-x86_64", None),
    "Linux on ARM": ("Linux", "aarch64", "", "#1 SMP", ("glibc", "2.41"), "linux-aarch64", None),
    "old Linux": ("Linux", "x86_64", "", "#1 SMP", ("glibc", "2.17"), "linux-x86_64", "packages.no_torch_glibc"),
    "Alpine": ("Linux", "x86_64", "", "#1 SMP", ("", ""), "linux-x86_64", "packages.no_torch_glibc"),
    "Raspberry Pi OS, 32 bits": ("Linux", "armv7l", "", "#1 SMP", ("glibc", "2.36"), "linux-armv7l", "packages.no_torch"),
    "FreeBSD": ("FreeBSD", "amd64", "", "FreeBSD 14", ("", ""), "freebsd-14-amd64", "packages.no_torch"),
}  # fmt: skip


@pytest.fixture
def computer(monkeypatch):
    def pretend(name):
        system, machine, macos, kernel, library, built_for, _ = COMPUTERS[name]
        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        monkeypatch.setattr(platform, "mac_ver", lambda: (macos, ("", "", ""), machine))
        monkeypatch.setattr(platform, "version", lambda: kernel)
        monkeypatch.setattr(platform, "libc_ver", lambda: library)
        monkeypatch.setattr(sysconfig, "get_platform", lambda: built_for)

    return pretend


@pytest.mark.parametrize("name", COMPUTERS)
def test_a_computer_without_a_pytorch_is_told_apart_from_one_that_has_it(computer, name):
    computer(name)
    problem = torch_problem()
    assert (problem and problem[0]) == COMPUTERS[name][-1]
    json.dumps(problem)  # tutorial.py asks another Python, which answers in JSON


@pytest.mark.parametrize("name", [name for name, facts in COMPUTERS.items() if facts[-1]])
def test_the_reason_is_said_in_both_languages_with_a_way_out(computer, name):
    computer(name)
    key, values = torch_problem()
    texts = in_every_language(key, **values).split("\n")
    assert len(texts) == len(LANGUAGES) and len(set(texts)) == len(LANGUAGES)
    for text in texts:
        assert "PyTorch 2.13" in text and ("Colab" in text or "universal2" in text)


def test_what_is_said_of_pytorch_is_what_the_requirements_ask_for():
    assert read_requirements()["torch"] == f">={packages.TORCH}"


def test_a_lesson_on_an_intel_mac_does_not_advise_an_installation_that_must_fail(computer, monkeypatch):
    computer("Mac with Intel")
    monkeypatch.setattr(packages, "installed_versions", lambda names: dict.fromkeys(names))
    try:
        for language in LANGUAGES:
            set_language(language)
            assert explain_unmet() == MESSAGES["packages.no_torch_intel_mac"][language].format(
                torch=packages.TORCH, macos=packages.TORCH_MACOS
            )
    finally:
        set_language("id")


def test_a_pytorch_of_ones_own_will_do_on_any_computer(computer):
    computer("Mac with Intel")
    assert explain_unmet() is None


def test_this_computer_has_the_pytorch_that_runs_on_it():
    assert torch_problem() is None
