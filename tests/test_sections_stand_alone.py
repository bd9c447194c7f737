"""Each section of a lesson runs after a restart with the set-up cells and the sections that it names as needed; so does each exercise."""

import contextlib
import io
import re
import shutil

import matplotlib
import nbformat
import pytest
from test_lesson_structure import WITH_LOOP, needed_sections, sections

from helpers.lesson import start
from helpers.script import fine_tuned_folder
from series.notebooks import NEEDS, NOTEBOOKS

matplotlib.use("agg")


def read(stem):
    return nbformat.read(NOTEBOOKS / "id" / f"{stem}.ipynb", as_version=4)


def code_of(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def parts(lesson):
    """(name, heading's or task's cell, code cells) of each section and exercise."""
    for cells in sections(lesson):
        yield cells[0].id, cells[0], code_of(cells)
    for task in (cell for cell in lesson.cells if re.fullmatch(r"ex\d-task", cell.id)):
        name = task.id.removesuffix("-task")
        yield name, task, [cell for cell in lesson.cells if cell.id in (f"{name}-try", f"{name}-solution")]


def run_after_restart(lesson, needed, cells, folder, monkeypatch):
    """Execute the set-up cells, the sections needed and the cells, in that order, in an empty namespace."""
    monkeypatch.chdir(NOTEBOOKS / "id")
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(folder / "outputs"))
    monkeypatch.setattr("helpers.plots.display", lambda *things, **options: None)
    numbered = sections(lesson)
    before = [cell for cell in lesson.cells if cell.id in ("preset", "setup")]
    before += [cell for number in needed for cell in code_of(numbered[number - 1])]
    names = {"display": lambda *things: None}
    for cell in [*before, *cells]:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                exec(compile(cell.source, cell.id, "exec"), names)
            except Exception as error:
                pytest.fail(f"cell {cell.id} after a restart: {type(error).__name__}: {error}")


@pytest.fixture(scope="module")
def left_by_lesson_04(tmp_path_factory):
    """What lesson 04 leaves, made once: lessons that read it would train the same model anew in each of their sections."""
    folder = tmp_path_factory.mktemp("left") / "outputs"
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setenv("TUTORIAL_OUTPUT_DIR", str(folder))
        fine_tuned_folder(start())
    return folder


CASES = [(stem, name) for stem in WITH_LOOP for name, _, _ in parts(read(stem))]


@pytest.mark.parametrize(("stem", "name"), CASES)
def test_a_section_needs_no_more_than_it_says(stem, name, tmp_path, monkeypatch, request):
    lesson = read(stem)
    if "04" in NEEDS.get(stem[:2], ()):
        shutil.copytree(request.getfixturevalue("left_by_lesson_04"), tmp_path / "outputs")
    heading, cells = next((heading, cells) for found, heading, cells in parts(lesson) if found == name)
    run_after_restart(lesson, needed_sections(heading), cells, tmp_path, monkeypatch)


def test_a_section_that_needs_more_than_it_says_is_named(tmp_path, monkeypatch):
    lesson = read(WITH_LOOP[0])
    last = sections(lesson)[-1]
    with pytest.raises(pytest.fail.Exception, match="after a restart: NameError"):
        run_after_restart(lesson, [], code_of(last), tmp_path, monkeypatch)
