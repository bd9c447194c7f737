"""The commands of tutorial.py: they install once, fail in plain words, and change what they say."""

import html
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_output
from sample_lesson import cell_of, make_lesson, printed, write_lesson

import series.__main__ as series_commands
import tutorial
from helpers.files import ROOT
from series import notebooks
from series.launchers import site_address
from series.notebooks import RunError, find_lessons, refresh, run, write_html

NEW = "https://github.com/contoh-kampus/kelas_nlp"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty copy of the project: its lists of packages and its address, nothing installed."""
    monkeypatch.delenv("TUTORIAL_PYTHON", raising=False)
    for name in (
        "requirements.txt",
        "requirements-extra.txt",
        "constraints.txt",
        "constraints-lowest.txt",
        "pyproject.toml",
        "CITATION.cff",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def calls(monkeypatch):
    """Stands in for venv and pip: notes each call, makes a .venv that looks right."""
    made = []

    def call(command, **options):
        made.append(command)
        if command[1:3] == ["-m", "venv"]:
            python = tutorial.python_in(Path(command[3]))
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
            version = ".".join(map(str, sys.version_info[:3]))
            Path(command[3], "pyvenv.cfg").write_text(f"version = {version}\n", encoding="utf-8")
        return call.exit_codes.pop(0) if call.exit_codes else 0

    call.exit_codes = []
    call.made = made
    monkeypatch.setattr(tutorial.subprocess, "call", call)
    monkeypatch.setattr(tutorial, "uv_program", lambda: None)
    return call


# --------------------------------------------------------------------- set-up


def test_the_second_start_installs_nothing(project, calls):
    python = tutorial.set_up(project)
    assert python == tutorial.python_in(project / ".venv")
    assert [command[2] for command in calls.made] == ["venv", "pip"]
    assert tutorial.set_up(project) == python
    assert len(calls.made) == 2


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt"])
def test_a_changed_list_of_packages_is_installed(project, calls, name):
    tutorial.set_up(project)
    with open(project / name, "a", encoding="utf-8") as file:
        file.write("# another line\n")
    assert tutorial.ready_python(project) is None
    tutorial.set_up(project)
    assert len(calls.made) == 4


def test_line_ends_of_another_system_do_not_install_again(project, calls):
    tutorial.set_up(project)
    path = project / "requirements.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert tutorial.ready_python(project)


def test_pip_is_held_to_the_tested_versions(project, calls):
    tutorial.set_up(project)
    assert calls.made[1][-4:] == ["-r", "requirements.txt", "-c", "constraints.txt"]


LOWEST_PYTHON = pytest.mark.skipif(sys.version_info[:2] != tutorial.PYTHONS[0], reason="the lowest packages go with the lowest Python")
KINDS = [("tested", ".venv"), pytest.param("lowest", ".venv-lowest", marks=LOWEST_PYTHON), ("newest", ".venv-newest")]


@pytest.mark.parametrize(("kind", "folder"), KINDS)
def test_each_set_of_packages_has_an_environment_of_its_own(project, calls, monkeypatch, kind, folder):
    tutorial.set_up(project, kind)
    assert [path.name for path in project.glob(".venv*")] == [folder]
    assert tutorial.set_up(project, kind) == tutorial.python_in(project / folder)
    assert [command[2] for command in calls.made] == ["venv", "pip"]
    other = "lowest" if kind == "newest" else "newest"
    assert tutorial.ready_python(project, other) is None


@pytest.mark.parametrize(("kind", "_"), KINDS[1:])
def test_a_prepared_python_does_not_stand_in_for_the_lowest_or_newest_packages(project, calls, monkeypatch, kind, _):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    assert tutorial.set_up(project, kind) != Path(sys.executable)


@LOWEST_PYTHON
def test_pip_is_held_to_the_lowest_versions(project, calls):
    tutorial.set_up(project, "lowest")
    assert calls.made[1][-4:] == ["-r", "requirements.txt", "-c", "constraints-lowest.txt"]


def test_the_lowest_packages_are_refused_to_any_other_python(project, calls, monkeypatch):
    monkeypatch.setattr(tutorial, "PYTHONS", ((3, 0), tutorial.PYTHONS[1]))
    with pytest.raises(tutorial.SetUpError, match=r"python3\.0 tutorial\.py test --lowest"):
        tutorial.set_up(project, "lowest")
    assert not calls.made


def test_the_newest_packages_are_looked_for_again_on_another_day(project, calls, monkeypatch):
    class Tomorrow(tutorial.datetime.date):
        @classmethod
        def today(cls):
            return cls(2099, 1, 1)

    tutorial.set_up(project, "newest")
    monkeypatch.setattr(tutorial.datetime, "date", Tomorrow)
    assert tutorial.ready_python(project, "newest") is None
    tutorial.set_up(project, "newest")
    assert all(command[-4:] == ["requirements.txt", "--upgrade", "--upgrade-strategy", "eager"] for command in calls.made[1::2])
    assert len(calls.made) == 4


@pytest.mark.parametrize("exit_codes", [[1], [0, 1]], ids=["venv", "pip"])
def test_a_failed_installation_leaves_nothing_that_looks_complete(project, calls, exit_codes):
    calls.exit_codes = exit_codes
    with pytest.raises(tutorial.SetUpError):
        tutorial.set_up(project)
    assert tutorial.ready_python(project) is None
    (project / ".venv" / "half-written").touch()
    tutorial.set_up(project)
    assert tutorial.ready_python(project)
    assert not (project / ".venv" / "half-written").exists()


def test_an_environment_of_ones_own_is_completed_not_replaced(project, calls):
    calls([sys.executable, "-m", "venv", str(project / ".venv")])
    (project / ".venv" / "mine").touch()
    tutorial.set_up(project)
    assert (project / ".venv" / "mine").exists()


def test_a_folder_that_is_no_environment_is_left_alone(project, calls):
    (project / ".venv").mkdir()
    (project / ".venv" / "thesis.txt").touch()
    with pytest.raises(tutorial.SetUpError, match="no virtual environment"):
        tutorial.set_up(project)
    assert (project / ".venv" / "thesis.txt").exists()


def test_a_full_disk_and_a_lost_network_are_told_apart():
    assert "disk is almost full" in tutorial.explain_failed_install(free_bytes=3e8)
    assert "network" in tutorial.explain_failed_install(free_bytes=3e10)


@pytest.mark.parametrize(("version", "bits", "words"), [((3, 10, 1), 64, "3.10"), ((3, 14, 0), 64, "3.14"), ((3, 12, 0), 32, "32-bit")])
def test_an_unsupported_python_is_refused_in_plain_words(project, calls, monkeypatch, version, bits, words):
    assert words in tutorial.supported_python(version, bits)
    monkeypatch.setattr(tutorial, "supported_python", lambda *_: "other Python")
    with pytest.raises(tutorial.SetUpError, match="other Python"):
        tutorial.set_up(project)
    assert not calls.made


INTEL_MAC = ("packages.no_torch_intel_mac", {"torch": "2.13", "macos": "14"})


def test_a_computer_without_a_pytorch_is_refused_before_pip_fails(project, calls, monkeypatch, capsys):
    monkeypatch.setattr(tutorial.packages, "torch_problem", lambda: INTEL_MAC)
    with pytest.raises(tutorial.SetUpError, match=r"(?s)Mac berprosesor Intel.*Intel processor.*Colab"):
        tutorial.set_up(project)
    assert not calls.made and not (project / ".venv").exists()


def test_a_pytorch_that_somebody_put_into_the_environment_is_used_all_the_same(project, calls, monkeypatch):
    calls([sys.executable, "-m", "venv", str(project / ".venv")])
    monkeypatch.setattr(tutorial.packages, "torch_problem", lambda: INTEL_MAC)
    versions = {"torch": "2.6.0"}
    monkeypatch.setattr(tutorial, "probe", lambda python, names: {"versions": versions})
    with pytest.raises(tutorial.SetUpError, match="Colab"):
        tutorial.set_up(project)
    versions["torch"] = "2.13.0"
    assert tutorial.set_up(project) == tutorial.python_in(project / ".venv")


def test_a_prepared_python_is_used_and_nothing_is_installed(project, calls, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    assert tutorial.set_up(project) == Path(sys.executable)
    assert not calls.made


def versions_found(monkeypatch, version):
    monkeypatch.setattr(tutorial, "probe", lambda python, names: {"versions": dict.fromkeys(names, version)})


@pytest.mark.parametrize(("version", "installs"), [(None, 1), ("0.1", 1), ("99", 0)])
def test_the_tests_install_what_lessons_can_do_without_unless_it_is_there(project, calls, monkeypatch, version, installs):
    versions_found(monkeypatch, version)
    tutorial.add_extras(Path("python"), root=project)
    assert len(calls.made) == installs
    assert all(command[-4:] == ["-r", "requirements-extra.txt", "-c", "constraints.txt"] for command in calls.made)


def test_nothing_is_added_to_a_python_that_somebody_prepared(project, calls, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    versions_found(monkeypatch, None)
    tutorial.add_extras(Path(sys.executable), root=project)
    assert not calls.made


def test_a_failed_installation_of_extras_is_said_in_words(project, calls, monkeypatch):
    versions_found(monkeypatch, None)
    calls.exit_codes[:] = [1]
    with pytest.raises(tutorial.SetUpError, match="pip"):
        tutorial.add_extras(Path("python"), root=project)


def test_lab_installs_no_extras():
    assert "extra" not in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    extras = tutorial.packages.read_requirements(ROOT / tutorial.EXTRA)
    assert not set(extras) & set(tutorial.packages.read_requirements())


def test_a_prepared_python_that_does_not_exist_is_named(project, monkeypatch, capsys):
    monkeypatch.setenv("TUTORIAL_PYTHON", str(project / "no-python"))
    assert tutorial.main(["lab"]) == 1
    assert "no-python" in capsys.readouterr().err


# ------------------------------------------------------------------- commands


@pytest.fixture
def started(monkeypatch):
    """What tutorial.py would start, instead of starting it; it ends with exit code 7."""
    seen = []
    monkeypatch.setattr(tutorial, "set_up", lambda kind="tested", kit=None: Path(f"python-{kind}"))
    monkeypatch.setattr(tutorial, "probe", lambda python, names: {"versions": {"torch": str(python)}})
    monkeypatch.setattr(tutorial, "add_extras", lambda python, kind, listed=tutorial.EXTRA: None)
    monkeypatch.setattr(tutorial, "call", lambda python, *arguments: seen.append(list(arguments)) or 7)
    return seen


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["test", "-k", "mask", "tests"], ["-m", "pytest", "-k", "mask", "tests"]),
        (["run", "--preset", "laptop"], ["-m", "series", "run", "--preset", "laptop"]),
        (["refresh", "04"], ["-m", "series", "refresh", "04"]),
        (["guide", "--out", "folder"], ["-m", "series.teaching", "--out", "folder"]),
        (["pretrain", "--text", "a.txt"], ["-m", "helpers.pretraining", "--text", "a.txt"]),
        (["results", "--smsa", "folder"], ["-m", "benchmarks.mini_model", "--smsa", "folder"]),
    ],
)
def test_a_command_passes_its_arguments_on_and_the_exit_code_back(started, arguments, command):
    assert tutorial.main(arguments) == 7
    assert started == [command]


@pytest.mark.parametrize(
    ("options", "lists"),
    [([], ["requirements-extra.txt"]), (["--site"], ["requirements-extra.txt", "requirements-site.txt", "requirements-teach.txt"])],
)
def test_the_sites_packages_are_installed_for_its_tests_only_when_asked_for(started, monkeypatch, options, lists):
    added = []
    monkeypatch.setattr(tutorial, "add_extras", lambda python, kind, listed=tutorial.EXTRA: added.append(listed))
    assert tutorial.main(["test", *options, "-k", "site"]) == 7
    assert added == lists and started == [["-m", "pytest", "-k", "site"]]


@pytest.mark.parametrize("kind", ["lowest", "newest"])
def test_the_tests_run_with_the_lowest_or_newest_packages_which_are_named(started, capsys, kind):
    assert tutorial.main(["test", "-x", f"--{kind}", "tests"]) == 7
    assert started == [["-m", "pytest", "-x", "tests"]]
    assert capsys.readouterr().out == f"torch python-{kind}\n"


def test_the_lowest_and_the_newest_packages_exclude_each_other(started, capsys):
    assert tutorial.main(["test", "--lowest", "--newest"]) == 1
    assert "--newest" in capsys.readouterr().err and not started


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with the real lessons and nothing of a learner's yet."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setattr(tutorial, "ROOT", tmp_path)
    return tmp_path


def test_lab_opens_the_learners_copy_of_the_first_lesson(started, home):
    tutorial.main(["lab", "--port", "8899"])
    (command,) = started
    first = f"--LabApp.default_url=/lab/tree/my_lessons/id/{find_lessons('id')[0].name}"
    assert command[:3] == ["-m", "jupyter", "lab"] and command[-3:] == [first, "--port", "8899"]
    assert (home / "my_lessons" / "id" / find_lessons("id")[0].name).is_file()


def test_lab_remembers_the_language(started, home):
    for arguments in (["lab", "--language", "en"], ["lab"], ["lab", "--language", "id"], ["lab"]):
        tutorial.main(arguments)
    assert [command[-1].split("/")[-2] for command in started] == ["en", "en", "id", "id"]


def test_lab_says_in_words_when_it_cannot_write(started, home, capsys):
    (home / "my_lessons").write_text("bukan folder", encoding="utf-8")
    assert tutorial.main(["lab"]) == 1
    assert "my_lessons" in capsys.readouterr().err and not started


def test_progress_shows_what_was_solved_in_the_language_of_the_lessons(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(tmp_path / "outputs"))
    monkeypatch.setattr(tutorial, "set_up", lambda: pytest.fail("progress needs no packages"))
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "progress.json").write_text('{"00": {"ex2": {"solved": true, "tries": 3, "hints": 1}}}', encoding="utf-8")
    assert tutorial.main(["progress"]) == 0
    assert "Pelajaran 0: 1 dari 4" in capsys.readouterr().out
    (home / "my_lessons").mkdir()
    (home / "my_lessons" / "language.txt").write_text("en\n", encoding="utf-8")
    tutorial.main(["progress"])
    assert "[x] 2. " in (text := capsys.readouterr().out) and "tries: 3, hints: 1" in text


@pytest.mark.parametrize("arguments", [[], ["teach"]])
def test_an_unknown_command_shows_how_to_use_it(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        tutorial.main(arguments)
    assert "usage" in capsys.readouterr().err


def test_tutorial_needs_only_the_standard_library():
    command = [sys.executable, "-E", "-s", "-S", str(ROOT / "tutorial.py"), "address"]  # -S: no site-packages
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == tutorial.project_address()


# ---------------------------------------------------------------------- check


def pins_of(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split(";")[0].strip().split("==") for line in lines if "==" in line)


def lines_of_check(root):
    return {what: (right, list(remedy)) for right, what, remedy in tutorial.requirements_of_this_computer(root)}


def write_sums(root):
    """Both folders with one file each, whose checksum is written down."""
    for name in tutorial.CHECKSUMS:
        folder = (root / name).parent
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file.tsv").write_bytes(b"enak\tpositive\n")
        (root / name).write_text(tutorial.hashlib.sha256(b"enak\tpositive\n").hexdigest() + "  file.tsv\n", encoding="utf-8")


def test_check_passes_where_everything_is_there(project, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    monkeypatch.setattr(tutorial, "memory_bytes", lambda: 8e9)
    write_sums(project)
    failing = {what: found for what, found in lines_of_check(project).items() if not found[0] and not what.startswith("disk")}
    assert not failing


def answer_of_probe(versions, **other):
    """What another Python might say of itself."""
    return {"python": [3, 12, 1], "bits": 64, "versions": versions, "gpu": "", "broken": "", "no_torch": None} | other


def test_check_says_what_is_missing_before_anything_is_installed(project, monkeypatch):
    asked = []
    monkeypatch.setattr(tutorial, "probe", lambda python, names: asked.append(names) or answer_of_probe({}))
    lines = lines_of_check(project)
    (packages,) = [what for what in lines if what.startswith("paket / packages")]
    assert all(name + wanted in packages for name, wanted in tutorial.packages.read_requirements().items())
    assert lines[packages] == (False, [f"Pasang dengan / Install with: {tutorial.TUTORIAL} lab"])
    assert lines["Python 3.12.1"][0]
    assert not lines["data/smsa_sample: SHA256SUMS tidak ada / is missing"][0]
    assert asked == [[]]  # what the Python at hand has is not what .venv will have


def test_check_says_once_how_to_mend_a_prepared_python(project, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    ranges = tutorial.packages.read_requirements()
    versions = pins_of("constraints.txt") | {"torch": None, "pandas": "2.1.4", "ruff": None, "hypothesis": "6.0"}
    monkeypatch.setattr(tutorial, "probe", lambda python, names: answer_of_probe({name: versions[name] for name in names}))
    lines = lines_of_check(project)
    failing = {what: remedy for what, (right, remedy) in lines.items() if not right and what.split()[0] in ranges}
    assert failing == {
        f"torch belum ada / not installed (perlu / needs {ranges['torch']})": [],
        f"pandas 2.1.4 (perlu / needs {ranges['pandas']})": [
            f'Pasang dengan / Install with: "{sys.executable}" -m pip install -r requirements.txt'
        ],
    }
    tests_only = [what for what in lines if what.endswith("hanya untuk tes / for the tests only")]
    assert [what.split()[0] for what in tests_only] == ["hypothesis", "ruff"]


@pytest.mark.parametrize("prepared", [False, True], ids=["nothing set up", "prepared Python"])
def test_check_names_the_way_out_of_a_computer_without_a_pytorch(project, monkeypatch, prepared):
    if prepared:
        monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    versions = dict.fromkeys(tutorial.packages.read_requirements())
    monkeypatch.setattr(tutorial, "probe", lambda python, names: answer_of_probe(versions if prepared else {}, no_torch=list(INTEL_MAC)))
    text = " ".join(line for _, remedy in lines_of_check(project).values() for line in remedy)
    assert "Mac berprosesor Intel" in text and "Intel processor" in text and "Colab" in text and "pip" not in text


def test_check_does_not_pass_over_a_torch_that_cannot_be_loaded(project, monkeypatch):
    monkeypatch.setenv("TUTORIAL_PYTHON", sys.executable)
    error = "OSError: [WinError 126] c10.dll"
    monkeypatch.setattr(tutorial, "probe", lambda python, names: answer_of_probe(dict.fromkeys(names, "100"), broken=error))
    lines = lines_of_check(project)
    assert lines[f"import torch: {error}"][0] is False
    assert any(what.startswith("GPU: baru diketahui") for what in lines)


@pytest.mark.skipif(os.name == "nt", reason="a script is no program on Windows")
def test_check_names_a_prepared_python_that_does_not_work(monkeypatch, capsys, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'no such luck' >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("TUTORIAL_PYTHON", str(program))
    assert tutorial.main(["check"]) == 1
    assert f"{program} cannot be used: no such luck" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("right", "code", "words"),
    [(True, 0, f"Semua siap: {tutorial.TUTORIAL} lab\nEverything is ready"), (False, 1, "     -> install it\nAda yang kurang")],
)
def test_check_ends_with_1_when_something_is_missing(monkeypatch, capsys, right, code, words):
    monkeypatch.setattr(tutorial, "requirements_of_this_computer", lambda: [(True, "memory 8 GB", []), (right, "torch", ["install it"])])
    assert tutorial.main(["check"]) == code
    output = capsys.readouterr().out
    assert output.startswith(f"OK   memory 8 GB\n{'OK  ' if right else 'FAIL'} torch\n") and words in output


@pytest.mark.parametrize(
    ("content", "words"), [(b"enak\tnegative\n", "file.tsv berubah / is not the file it was"), (None, "file.tsv tidak ada / is missing")]
)
def test_check_names_a_damaged_or_missing_file(project, content, words):
    write_sums(project)
    sums = project / tutorial.CHECKSUMS[0]
    assert tutorial.checksum_problems(sums) == []
    path = sums.parent / "file.tsv"
    path.unlink() if content is None else path.write_bytes(content)
    assert tutorial.checksum_problems(sums) == [words]


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_the_constraints_satisfy_the_requirements(name):
    pins = pins_of(name)
    extras = tutorial.packages.read_requirements(ROOT / tutorial.EXTRA)
    for package, wanted in {**tutorial.packages.read_requirements(), **extras}.items():
        assert tutorial.packages.within(pins[package], wanted), package


def test_the_lowest_constraints_are_the_lower_ends_of_the_ranges():
    pins = pins_of("constraints-lowest.txt")
    extras = tutorial.packages.read_requirements(ROOT / tutorial.EXTRA)
    for package, wanted in {**tutorial.packages.read_requirements(), **extras}.items():
        (lowest,) = [clause.removeprefix(">=") for clause in wanted.split(",") if clause.startswith(">=")]
        assert tutorial.packages.within(pins[package], f"=={lowest}"), f"{package}: {pins[package]} is pinned, {wanted} is promised"


def test_the_weekly_workflow_runs_the_lowest_and_the_newest_packages():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ranges.yml").read_text(encoding="utf-8"))
    assert workflow[True]["schedule"]  # YAML reads the key `on` as true
    runs = workflow["jobs"]["ranges"]["strategy"]["matrix"]["include"]
    assert {run["set"]: run["python"] for run in runs}["lowest"] == ".".join(map(str, tutorial.PYTHONS[0]))
    assert {run["set"] for run in runs} == set(tutorial.ENVIRONMENTS) - {"tested"}
    commands = [step["run"] for step in workflow["jobs"]["ranges"]["steps"] if "run" in step]
    assert "python tutorial.py test --${{ matrix.set }}" in commands


# -------------------------------------------------------------------- address


@pytest.fixture
def addressed(project):
    """A project that names its address in every kind of file, beside links that are not its own."""
    old = tutorial.project_address(project)
    name = old.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{name}/blob/main/notebooks/id/01_sample.ipynb"
    write_lesson(project / "notebooks", "01_sample", {"setup": f'url = "{old}"\ngit("clone", "{old}.git")\nlink = "{colab}"'})
    elsewhere = f"https://codespaces.new/{name}, {site_address(name)}id/"
    text = f"{old}/issues, [Colab]({colab}), {elsewhere}, {old}-else, https://github.com/IndoNLP/indonlu\r\n"
    (project / "README.md").write_bytes(text.encode())
    return project


def test_the_address_is_rewritten_everywhere(addressed):
    old = tutorial.project_address(addressed)
    changed = {path.name for path in tutorial.rewrite_address(NEW + ".git/", addressed)}
    assert changed == {"pyproject.toml", "CITATION.cff", "README.md", "01_sample.ipynb"}
    assert tutorial.project_address(addressed) == NEW
    readme = (addressed / "README.md").read_bytes().decode()
    assert f"{NEW}/issues" in readme and f"{old}-else" in readme and "IndoNLP/indonlu" in readme and readme.endswith("\r\n")
    assert "https://codespaces.new/contoh-kampus/kelas_nlp, https://contoh-kampus.github.io/kelas_nlp/id/" in readme
    source = nbformat.read(addressed / "notebooks" / "id" / "01_sample.ipynb", as_version=4).cells[0].source
    assert f'url = "{NEW}"' in source and f'"{NEW}.git"' in source and "github/contoh-kampus/kelas_nlp/blob" in source
    assert old.removeprefix("https://github.com/") + "/" not in source


def test_the_address_is_rewritten_once(addressed):
    tutorial.rewrite_address(NEW, addressed)
    assert tutorial.rewrite_address(NEW, addressed) == []


def test_a_file_that_was_left_behind_follows(addressed):
    path = addressed / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(tutorial.project_address(addressed), NEW), encoding="utf-8")
    assert {path.name for path in tutorial.rewrite_address(NEW, addressed)} == {"CITATION.cff", "README.md", "01_sample.ipynb"}


@pytest.mark.parametrize("url", ["kelas-nlp", "https://github.com/only-owner", "http://github.com/a/b", "https://github.com/a/b/tree/main"])
def test_an_address_that_is_none_changes_nothing(addressed, url):
    before = (addressed / "README.md").read_bytes()
    with pytest.raises(tutorial.SetUpError, match="OWNER/REPOSITORY"):
        tutorial.rewrite_address(url, addressed)
    assert (addressed / "README.md").read_bytes() == before


# ---------------------------------------------------------- run and refresh

GOOD = {
    "setup": "import os\nprint(os.environ['TUTORIAL_PRESET'], __import__('pathlib').Path.cwd().name)",
    "bar": "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)):\n    pass",
    "value": "sorted({'b', 'a'})",
}


def test_refresh_stores_the_same_bytes_twice(tmp_path):
    path = write_lesson(tmp_path, "01_good", GOOD, metadata={"widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}})
    refresh(notebooks=tmp_path)
    first = path.read_bytes()
    refresh(notebooks=tmp_path)
    assert path.read_bytes() == first and first.endswith(b"}\n")
    lesson = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in lesson.cells] == [1, 2, 3]
    assert cell_of(lesson, "setup").outputs[0].text == "mini id\n"
    assert cell_of(lesson, "bar").outputs == []
    assert cell_of(lesson, "value").outputs[0].data["text/plain"] == "['a', 'b']"
    assert lesson.metadata == {"kernelspec": notebooks.KERNELSPEC, "language_info": notebooks.LANGUAGE_INFO}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import sys\nprint('awas', file=sys.stderr)", "cell broken: not stored, the cell writes to stderr: awas"),
        ("1 / 0", "cell broken: ZeroDivisionError: division by zero"),
    ],
    ids=["stderr", "error"],
)
def test_refresh_refuses_a_lesson_that_fails_and_keeps_the_old_one(tmp_path, source, words):
    path = write_lesson(tmp_path, "01_broken", {"setup": "1", "broken": source})
    before = path.read_bytes()
    with pytest.raises(RunError) as error:
        refresh(notebooks=tmp_path)
    assert words in str(error.value) and "01_broken" in str(error.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<Axes at 0x7f3b2c1d>", "shows a memory address"),
        (f"saved in {Path.home() / 'model'}", "shows a path of this computer"),
        (f"saved in {ROOT}", "shows a path of this computer"),
    ],
)
def test_an_output_that_differs_elsewhere_is_not_stored(text, words):
    lesson = make_lesson()
    cell = cell_of(lesson, "step-1")
    assert notebooks.unstorable(cell) is None
    cell.outputs = [printed(text)]
    assert words in notebooks.unstorable(cell)


def test_clean_takes_out_widgets_and_timing_and_counts_anew():
    lesson = make_lesson()
    cell = cell_of(lesson, "step-1")
    cell.outputs.append(new_output("display_data", {notebooks.WIDGET_VIEW: {}, "text/plain": "HBox()"}))
    cell.metadata["execution"] = {"iopub.status.busy": "2026"}
    cell.execution_count = 99
    lesson.metadata.update(widgets={}, language_info={"name": "python", "version": "3.11.7"})
    assert notebooks.clean(lesson) == make_lesson()


def test_refresh_of_one_lesson_runs_what_it_needs_and_stores_that_one(tmp_path):
    write_lesson(tmp_path, "01_first", {"setup": "1"})
    four = write_lesson(tmp_path, "04_train", {"save": "import os, pathlib\npathlib.Path(os.environ['TUTORIAL_OUTPUT_DIR']).mkdir()"})
    five = write_lesson(tmp_path, "05_use", {"load": "import os, pathlib\npathlib.Path(os.environ['TUTORIAL_OUTPUT_DIR']).is_dir()"})
    untouched = four.read_bytes()
    refresh(["05"], notebooks=tmp_path)
    assert nbformat.read(five, as_version=4).cells[0].outputs[0].data["text/plain"] == "True"
    assert four.read_bytes() == untouched


def test_a_lesson_that_does_not_exist_is_named(tmp_path):
    write_lesson(tmp_path, "01_first", {"setup": "1"})
    with pytest.raises(RunError, match="there is no lesson 07"):
        find_lessons("id", ["07"], tmp_path)


def test_run_writes_html_and_prints_the_seconds(tmp_path, capsys):
    write_lesson(tmp_path, "01_good", GOOD)
    run(html=tmp_path / "html", notebooks=tmp_path)
    page = (tmp_path / "html" / "id" / "01_good.html").read_text(encoding="utf-8")
    assert "mini id" in page
    first, total = capsys.readouterr().out.splitlines()
    assert first.startswith("01_good: ") and total.startswith("total: ")


def test_a_written_page_keeps_a_figures_alternative_text(tmp_path):
    notebook = nbformat.read(write_lesson(tmp_path, "01_figure", {"setup": "1"}), as_version=4)
    data, alt = {"image/png": "iVBORw0KGgo="}, "Diagram batang: positif < 3 & 4"
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data, metadata={"image/png": {"alt": alt}})]
    write_html(notebook, tmp_path / "01_figure.html")
    assert html.unescape((tmp_path / "01_figure.html").read_text(encoding="utf-8")).count(f'alt="{alt}"') == 1


def test_run_stops_at_the_first_lesson_that_fails(tmp_path):
    write_lesson(tmp_path, "01_broken", {"setup": "1", "divide": "1 / 0"})
    write_lesson(tmp_path, "02_never", {"setup": "1"})
    with pytest.raises(RunError, match=r"(?s)01_broken, cell divide: ZeroDivisionError.*1 / 0"):
        run(html=tmp_path / "html", notebooks=tmp_path)
    assert not (tmp_path / "html").exists()


def test_refresh_fills_the_quizzes_after_the_outputs_and_the_readmes_last(monkeypatch):
    done = []
    monkeypatch.setattr(series_commands, "refresh", lambda names, language: done.append(("outputs", names, language)))
    monkeypatch.setattr(series_commands, "fill_quizzes", lambda names, language: done.append(("quizzes", names, language)))
    monkeypatch.setattr(series_commands, "fill_readmes", lambda: done.append("readmes"))
    assert series_commands.main(["refresh", "00", "--language", "en"]) == 0
    assert done == [("outputs", ["00"], "en"), ("quizzes", ["00"], "en"), "readmes"]


def test_the_command_line_says_which_cell_failed(monkeypatch, capsys):
    def fail(language):
        assert language == "en" and os.environ["TUTORIAL_PRESET"] == "laptop"
        raise RunError("01_broken, cell divide: ZeroDivisionError")

    monkeypatch.setattr(series_commands, "run", fail)
    monkeypatch.setenv("TUTORIAL_PRESET", "mini")
    assert series_commands.main(["run", "--preset", "laptop", "--language", "en"]) == 1
    assert "cell divide" in capsys.readouterr().err
