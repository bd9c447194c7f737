"""The set-up cell itself: from the project, from a learner's copy, alone with a network, and alone without."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from sample_lesson import cell_of

from helpers.files import ROOT
from helpers.messages import LANGUAGES
from series.notebooks import find_lessons

ADDRESS = "https://github.com/"


def source_of(language):
    """The code of the first two code cells."""
    lesson = nbformat.read(find_lessons(language)[0], as_version=4)
    return "\n".join(cell_of(lesson, name).source for name in ("preset", "setup"))


def run(source, folder, **environment):
    """Execute a source text as the cells of a notebook in some folder."""
    command = [sys.executable, "-c", source]
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": "", **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=300)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_project_and_without_a_network_it_says_in_words_what_to_do(tmp_path, language):
    source = source_of(language).replace(ADDRESS, "http://127.0.0.1:9/")  # nobody listens there
    answer = run(source, tmp_path)
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    words = {"id": ("Sambungkan internet", "ZIP", "jalankan sel ini lagi"), "en": ("Connect to the internet", "ZIP", "run this cell again")}
    assert last.startswith("RuntimeError: ") and all(word in last for word in words[language])
    assert "CalledProcessError" not in answer.stderr and list(tmp_path.iterdir()) == []


def test_without_git_it_says_the_same(tmp_path):
    answer = run(source_of("id"), tmp_path, PATH=str(tmp_path))
    assert "Sambungkan internet" in answer.stderr.splitlines()[-1]


def small_project(folder):
    """A repository whose start() says what it was given."""
    (folder / "helpers").mkdir(parents=True)
    (folder / "helpers" / "lesson.py").write_text(
        "def start(*given, **named):\n    print(given, sorted(named.items()))\n", encoding="utf-8"
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_alone_with_a_network_it_fetches_the_project_once(tmp_path, language):
    origin, here = tmp_path / "tutorials", tmp_path / "here"
    here.mkdir()
    small_project(origin)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(origin)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    source = source_of(language).replace("https://github.com/indobenchmark/tutorials", origin.as_uri())
    for _ in range(2):
        answer = run(source, here)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip() == f"('mini',) [('language', '{language}'), ('number', 0)]"
    assert [path.name for path in here.iterdir()] == ["indonesian-nlp-tutorial"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_folder_of_that_name_that_is_not_the_project_is_named(tmp_path, language):
    (tmp_path / "indonesian-nlp-tutorial").mkdir()
    answer = run(source_of(language), tmp_path)
    assert "helpers/lesson.py" in answer.stderr.splitlines()[-1]


@pytest.mark.parametrize("place", ["notebooks/id", "my_lessons/en", "."])
def test_in_the_project_and_in_a_learners_copy_it_finds_the_project(tmp_path, place):
    small_project(tmp_path)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    answer = run(source_of("id"), tmp_path / place, PATH="")
    assert answer.stdout.startswith("('mini',)"), answer.stderr


@pytest.mark.parametrize("path", find_lessons("id"), ids=lambda path: path.stem)
def test_each_lesson_says_its_own_number(path):
    assert f"number={int(path.stem[:2])})" in cell_of(nbformat.read(path, as_version=4), "setup").source


def test_the_real_set_up_cell_starts_a_lesson():
    answer = run(source_of("en"), ROOT / "notebooks" / "en")
    assert answer.returncode == 0 and "mini" in answer.stdout, answer.stderr
