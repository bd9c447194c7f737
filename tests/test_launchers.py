"""The ways to open the lessons elsewhere: each link names a file of this repository, each configuration what is there."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import urllib.parse

import nbformat
import pytest

from helpers.files import ROOT
from helpers.packages import read_requirements
from series.kit import use
from series.launchers import launchers
from series.notebooks import find_lessons
from series.site.words import LANGUAGES
from tutorial import project_address

REPOSITORY = project_address().removeprefix("https://github.com/")
LAUNCH = re.compile(r"https://(?:colab\.research\.google\.com/github|(?:www\.)?kaggle\.com/kernels|codespaces\.new)/[^\s)\"'<>]+")
LESSONS = [path for language in LANGUAGES for path in find_lessons(language)]


def target_of(link):
    """What a launch link opens: repository, and file in it (empty: the whole)."""
    parts = urllib.parse.urlsplit(link)
    if parts.netloc == "codespaces.new":
        return parts.path.strip("/"), ""
    if parts.netloc.endswith("kaggle.com"):
        parts = urllib.parse.urlsplit(urllib.parse.parse_qs(parts.query)["src"][0])
    found = re.fullmatch(r"(?:/github)?/([\w.-]+/[\w.-]+)/blob/main/(.+)", parts.path)
    return found.groups() if found else (link, None)


def launch_links():
    """Every launch link with the place where it stands: READMEs, lessons, and what the site writes."""
    for name in ("README.md", "README.id.md"):
        for link in LAUNCH.findall((ROOT / name).read_text(encoding="utf-8")):
            yield name, link
    for path in LESSONS:
        cells = nbformat.read(path, as_version=4).cells
        for link in LAUNCH.findall("\n".join(cell.source for cell in cells)):
            yield path, link
        for _, link in launchers(path, path.parent.name):
            yield path, link


def test_each_launch_link_opens_a_file_of_this_repository():
    found = list(launch_links())
    for place, link in found:
        repository, file = target_of(link)
        assert repository == REPOSITORY, (place, link)
        assert file == "" or (ROOT / file).is_file(), (place, link)
    hosts = {urllib.parse.urlsplit(link).netloc for _, link in found}
    assert hosts == {"colab.research.google.com", "www.kaggle.com", "codespaces.new"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_opens_every_lesson_in_colab_and_kaggle(language):
    text = (ROOT / {"en": "README.md", "id": "README.id.md"}[language]).read_text(encoding="utf-8")
    opened = [target_of(link)[1] for link in LAUNCH.findall(text)]
    for path in find_lessons(language):
        assert opened.count(f"notebooks/{language}/{path.name}") == 2, path.name


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lessons_own_launch_links_open_that_lesson(path):
    own = [target_of(link)[1] for _, link in launchers(path, path.parent.name)]
    assert own == [f"notebooks/{path.parent.name}/{path.name}"] * 2 + [""]


@pytest.mark.parametrize(
    "link",
    [
        "https://colab.research.google.com/github/a/b/tree/main/notebooks",
        "https://www.kaggle.com/kernels/welcome?src=https://github.com/a/b/raw/main/x.ipynb",
    ],
)
def test_a_link_of_another_form_is_noticed(link):
    assert target_of(link)[1] is None


# ------------------------------------------------------------- VS Code and Codespaces


def read_json(name):
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_codespaces_and_vs_code_use_the_environment_that_the_set_up_makes():
    container = read_json(".devcontainer/devcontainer.json")
    in_container, here = container["customizations"]["vscode"], read_json(".vscode/settings.json")
    assert in_container["settings"]["python.defaultInterpreterPath"] == "${containerWorkspaceFolder}/.venv/bin/python"
    assert here["python.defaultInterpreterPath"].endswith("/.venv/bin/python")
    assert (
        in_container["extensions"] == read_json(".vscode/extensions.json")["recommendations"] == ["ms-toolsai.jupyter", "ms-python.python"]
    )
    assert re.fullmatch(r"python:3\.1[123]-\w+", container["image"])


def test_the_command_after_creation_sets_up_and_can_be_given_twice():
    python, option, code = shlex.split(read_json(".devcontainer/devcontainer.json")["postCreateCommand"])
    ready = {**os.environ, "TUTORIAL_PYTHON": sys.executable}
    answer = subprocess.run([sys.executable, option, code], cwd=ROOT, env=ready, capture_output=True, text=True)
    assert python == "python3" and answer.returncode == 0 and answer.stdout.strip() == sys.executable, answer.stderr


# ------------------------------------------------------------------------ JupyterHub


def docker_steps():
    """The instructions of the Dockerfile: pairs of name and the rest, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_the_image_installs_what_the_lessons_need_in_the_tested_versions():
    steps = docker_steps()
    copied = " ".join(rest for name, rest in steps if name == "COPY").split()
    install = next(rest for name, rest in steps if name == "RUN" and "pip install" in rest)
    listed = re.findall(r"-[rc] (\S+)", install)
    assert listed == ["requirements.txt", "requirements-extra.txt", "constraints.txt"]
    assert all(name in copied and (ROOT / name).is_file() for name in listed)
    assert "torch" in read_requirements(ROOT / listed[0])
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert set(use.DATA.values()) <= set(ignored)  # what a lecturer has of others' data stays out of the image
    users = [rest for name, rest in steps if name == "USER"]
    assert users == ["1000"]  # a number: hubs check that it is not root


@pytest.mark.skipif(os.name == "nt" or shutil.which("sh") is None, reason="the image's start is a shell's command")
def test_the_images_start_copies_the_project_once_and_hands_over_to_the_hub(tmp_path):
    home, project, programs = tmp_path / "home", tmp_path / "indonesian-nlp", tmp_path / "bin"
    for folder in (home, programs):
        folder.mkdir()
    for name in ("helpers", "series", "notebooks"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    server = programs / "jupyterhub-singleuser"
    server.write_text('#!/bin/sh\necho "started in $PWD with $*"\n', encoding="utf-8")
    server.chmod(server.stat().st_mode | stat.S_IXUSR)
    (programs / "python").symlink_to(sys.executable)
    start = json.loads(next(rest for name, rest in docker_steps() if name == "CMD"))
    for written in (None, "print('mine')"):
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(home), "PROJECT": str(project), "PYTHONUTF8": "1"}
        answer = subprocess.run(start, cwd=home, env=environment, capture_output=True, text=True, encoding="utf-8")
        assert answer.returncode == 0, answer.stderr
        folder = home / project.name
        assert f"started in {folder} with --ServerApp.root_dir={folder}" in answer.stdout
        lesson = folder / "my_lessons" / "id" / find_lessons("id")[0].name
        assert lesson.is_file()
        if written is None:
            changed = nbformat.read(lesson, as_version=4)
            changed.cells[-1].source = "print('mine')"
            nbformat.write(changed, lesson)
        else:
            assert nbformat.read(lesson, as_version=4).cells[-1].source == written
