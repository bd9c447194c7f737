"""A learner's copy: without outputs, never written over, and told about newer editions."""

import copy
import json

import nbformat
import pytest
from sample_lesson import make_lesson

from helpers.messages import LANGUAGES
from series.learner import edition_of, learners_copy, prepare, remembered_language, state_of

NAME = "01_sample.ipynb"


@pytest.fixture
def project(tmp_path):
    """A project with one lesson in both languages."""
    for language in LANGUAGES:
        publish(tmp_path, language=language)
    return tmp_path


def publish(root, text=None, language="id"):
    """Write an edition of the lesson; another `text` makes it a newer one."""
    lesson = make_lesson()
    if text:
        lesson.cells[1].source = text
    path = root / "notebooks" / language / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(lesson, path)


def mine(root, name=NAME):
    return root / "my_lessons" / "id" / name


def write_into(path, text):
    """What a learner does: change a cell and save."""
    lesson = nbformat.read(path, as_version=4)
    lesson.cells[2].source = text
    nbformat.write(lesson, path)


def second_cell(path):
    return nbformat.read(path, as_version=4).cells[1].source


def test_a_copy_is_a_valid_notebook_without_outputs_and_with_folded_answers(project):
    first = prepare("id", project)
    lesson = nbformat.read(first, as_version=4)
    nbformat.validate(lesson)
    assert first == mine(project)
    assert [cell.source for cell in lesson.cells] == [cell.source for cell in make_lesson().cells]
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    solutions = [cell for cell in code if cell.id.endswith("-solution")]
    assert solutions
    for cell in solutions:
        assert cell.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
        assert cell.metadata.cellView == "form" and cell.metadata.collapsed


def test_both_languages_are_copied_because_each_lesson_links_to_its_twin(project):
    prepare("id", project)
    assert (project / "my_lessons" / "en" / NAME).is_file()


def test_what_a_learner_wrote_is_never_written_over(project, capsys):
    path = prepare("id", project)
    write_into(path, "jawabanku = 42")
    before = path.read_bytes()
    for text in (None, "Edisi baru.", "Edisi lebih baru."):
        publish(project, text)
        prepare("id", project)
        assert path.read_bytes() == before


def test_a_newer_edition_is_put_beside_a_changed_lesson_and_named_each_time(project, capsys):
    path = prepare("id", project)
    write_into(path, "jawabanku = 42")
    prepare("id", project)
    assert "my_lessons/id/01_sample_new.ipynb" not in capsys.readouterr().out
    publish(project, "Edisi baru.")
    for _ in range(2):
        prepare("id", project)
        assert "my_lessons/id/01_sample_new.ipynb" in capsys.readouterr().out
    assert second_cell(mine(project, "01_sample_new.ipynb")) == "Edisi baru."
    assert len(list(path.parent.iterdir())) == 2


def test_a_newer_edition_takes_the_place_of_a_copy_that_nobody_touched(project, capsys):
    path = prepare("id", project)
    publish(project, "Edisi baru.")
    prepare("id", project)
    assert second_cell(path) == "Edisi baru."
    assert list(path.parent.iterdir()) == [path]


def test_an_untouched_newer_edition_is_renewed_and_a_touched_one_kept(project):
    write_into(prepare("id", project), "jawabanku = 42")
    publish(project, "Edisi dua.")
    prepare("id", project)
    publish(project, "Edisi tiga.")
    prepare("id", project)
    second = mine(project, "01_sample_new.ipynb")
    assert second_cell(second) == "Edisi tiga."
    write_into(second, "jawaban lain")
    publish(project, "Edisi empat.")
    prepare("id", project)
    assert second_cell(second) == "Edisi tiga."
    assert second_cell(mine(project, "01_sample_new_2.ipynb")) == "Edisi empat."


def test_running_a_lesson_counts_as_writing_in_it(project):
    path = prepare("id", project)
    lesson = nbformat.read(path, as_version=4)
    lesson.cells[3].outputs = [nbformat.v4.new_output("stream", text="siap\n")]
    nbformat.write(lesson, path)
    publish(project, "Edisi baru.")
    prepare("id", project)
    assert nbformat.read(path, as_version=4).cells[3].outputs


def test_opening_and_saving_in_jupyter_is_no_change(project):
    path = prepare("id", project)
    lesson = nbformat.read(path, as_version=4)
    lesson.metadata["language_info"] = {"name": "python", "version": "3.13.1"}
    nbformat.write(lesson, path)
    assert state_of(path)[1] is False
    publish(project, "Edisi baru.")
    prepare("id", project)
    assert second_cell(path) == "Edisi baru."


def test_stored_outputs_alone_are_no_newer_edition(project, capsys):
    write_into(prepare("id", project), "jawabanku = 42")
    lesson = make_lesson()
    lesson.cells[5].outputs = []
    nbformat.write(lesson, project / "notebooks" / "id" / NAME)
    prepare("id", project)
    assert len(list(mine(project).parent.iterdir())) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', '{"metadata": {"tutorial": {"edition": "x"}}}'])
def test_a_file_that_cannot_be_read_is_left_alone(project, content):
    path = prepare("id", project)
    path.write_text(content, encoding="utf-8")
    prepare("id", project)
    assert path.read_text(encoding="utf-8") == content
    assert second_cell(mine(project, "01_sample_new.ipynb"))


def test_a_deleted_copy_comes_back(project):
    path = prepare("id", project)
    path.unlink()
    assert prepare("id", project).is_file()


def test_the_language_is_remembered_and_indonesian_at_first(project):
    assert remembered_language(project) == "id"
    prepare("en", project)
    assert remembered_language(project) == "en" and prepare(None, project).parent.name == "en"
    (project / "my_lessons" / "language.txt").write_text("xx", encoding="utf-8")
    assert remembered_language(project) == "id"


def test_the_lesson_itself_is_not_changed_by_copying():
    lesson = json.loads(nbformat.writes(make_lesson()))
    before = copy.deepcopy(lesson)
    made = learners_copy(lesson)
    assert lesson == before
    assert made["metadata"]["tutorial"]["edition"] == edition_of(made) != edition_of(lesson)


def test_the_copies_are_ignored_by_git():
    from helpers.files import ROOT

    assert "my_lessons/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
