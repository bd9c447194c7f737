"""A room's progress: exports hold nothing that tells who somebody is, damaged files are named, sums are right."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tutorial
from helpers import exercises
from helpers.files import ROOT
from helpers.messages import set_language
from series import room


@pytest.fixture(autouse=True)
def outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(tmp_path / "rahasia-budi"))
    return tmp_path / "rahasia-budi"


def tried(number, name, tries, solved=True, **mistakes):
    """Write into this computer's progress what `lesson.check` would."""
    for mistake, count in mistakes.items():
        for _ in range(count):
            exercises.keep(number, name, tries=1, mistake=mistake)
    for place in range(tries - sum(mistakes.values())):
        exercises.keep(number, name, tries=1, solved=solved and place == tries - sum(mistakes.values()) - 1)


def person(folder, name="a.json", identity="0" * 12, **lessons):
    """Put an export into a folder; returns its content."""
    found = {
        "format": room.FORMAT,
        "id": identity,
        "lessons": {number[1:]: {"edition": "ab" * 6, "exercises": records} for number, records in lessons.items()},
    }
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(json.dumps(found), encoding="utf-8")
    return found


def record(tries, solved, **mistakes):
    return {"tries": tries, "solved": solved, "mistakes": mistakes}


# ------------------------------------------------------------------ the export


def test_an_export_holds_counts_and_names_of_mistakes_and_nothing_else(outputs):
    tried(0, "ex1", 3, accuracy=2)
    tried(2, "ex1", 1, solved=False, percent=1)
    path = room.export()
    found = json.loads(path.read_text(encoding="utf-8"))
    assert set(found) == {"format", "id", "lessons"} and path.name == f"progress_{found['id']}.json"
    assert found["lessons"]["00"]["exercises"] == {"ex1": record(3, True, accuracy=2)}
    assert found["lessons"]["02"]["exercises"] == {"ex1": record(1, False, percent=1)}
    assert set(found["lessons"]["00"]) == {"edition", "exercises"} and re.fullmatch("[0-9a-f]{12}", found["lessons"]["00"]["edition"])
    assert room.read_export(path) == found


def test_words_that_somebody_wrote_into_the_record_do_not_leave_the_computer(outputs):
    outputs.mkdir()
    stray = {"00": {"ex1": {"tries": 2, "mistakes": {"Budi di folder/budi": 1, "accuracy": 1}}, "exBudi": {"tries": 1}}, "Budi": {}}
    (outputs / "progress.json").write_text(json.dumps(stray), encoding="utf-8")
    text = room.export().read_text(encoding="utf-8")
    assert "accuracy" in text and "udi" not in text and "/" not in text


def test_a_second_export_of_the_same_computer_replaces_the_first(outputs):
    tried(0, "ex1", 1)
    first = room.export()
    tried(0, "ex2", 1)
    assert room.export() == first and len(list(outputs.glob("progress_*.json"))) == 1
    for damaged in (b"rusak", b"\xff\xfe", b""):
        (outputs / "progress_id.txt").write_bytes(damaged)
        assert room.export() != first


def test_without_a_try_nothing_is_written(outputs, capsys):
    assert tutorial.main(["progress", "--export", "--language", "en"]) == 1
    assert "nothing to write" in capsys.readouterr().out and not outputs.exists()


def test_export_and_room_are_commands_that_need_only_the_standard_library(tmp_path, outputs):
    tried(0, "ex1", 2, accuracy=1)
    environment = {"TUTORIAL_OUTPUT_DIR": str(outputs), "PYTHONUTF8": "1"}
    for command in (["progress", "--export"], ["room", str(outputs)]):
        program = f"import sys; sys.path.insert(0, '.'); import tutorial; sys.exit(tutorial.main({command!r}))"
        answer = subprocess.run(
            [sys.executable, "-S", "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
        )
        assert answer.returncode == 0, answer.stderr
    assert "Peserta: 1" in answer.stdout and "accuracy: 1 orang, 1 kali." in answer.stdout


def test_nothing_in_it_can_send_anything():
    source = (ROOT / "series" / "room.py").read_text(encoding="utf-8")
    assert not [name for name in ("urllib", "http", "socket", "requests") if f"import {name}" in source]


# -------------------------------------------------------------------- the sums


def test_a_room_is_summed_by_exercise_and_mistake(tmp_path, capsys):
    person(tmp_path / "ani", identity="a" * 12, L00={"ex1": record(3, True, accuracy=2)})
    person(tmp_path / "budi", identity="b" * 12, L00={"ex1": record(2, False, accuracy=1, not_a_number=1), "ex2": record(1, True)})
    assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 0
    text = capsys.readouterr().out
    assert "Participants: 2" in text and "solved by 1 of 2 who tried, 2.5 tries on average" in text
    assert "accuracy: persons 2, times 3." in text and "not_a_number: persons 1, times 1." in text
    assert "Lesson 0, exercise 1: accuracy (persons: 2)" in text and "editions" not in text
    set_language("id")
    assert "rata-rata 2,5 kali" in room.room_report(*room.read_folder(tmp_path))


def test_of_two_files_of_a_person_the_later_one_counts(tmp_path):
    person(tmp_path, "b.json", L00={"ex1": record(1, False, accuracy=1)})
    person(tmp_path, "a.json", L00={"ex1": record(4, True, accuracy=1)})
    people, again, damaged = room.read_folder(tmp_path)
    assert (len(people), again, damaged) == (1, 1, {}) and room.tries_in(people[0]) == 4
    assert "1" in room.room_report(people, again, damaged).splitlines()[1]


def test_other_editions_of_a_lesson_are_mentioned(tmp_path):
    found = person(tmp_path, identity="a" * 12, L00={"ex1": record(1, True)})
    found["id"], found["lessons"]["00"]["edition"] = "b" * 12, "cd" * 6
    (tmp_path / "b.json").write_text(json.dumps(found), encoding="utf-8")
    set_language("en")
    assert "2 editions of this lesson" in room.room_report(*room.read_folder(tmp_path))


# ---------------------------------------------------------------- damaged files

WHOLE = '{"format": "tutorial-progress-1", "id": "0123456789ab", "lessons": {"00": {"edition": "0123456789ab", "exercises": {"ex1": %s}}}}'
DAMAGED = {
    "half a file": ('{"format": "tutorial-progress-1", "id": "01', "cannot be read"),
    "no text": (b"\xff\xfe\x00", "cannot be read"),
    "deep": ("[" * 100_000, "cannot be read"),
    "a list": ("[1, 2]", "no file of progress --export"),
    "a notebook": ('{"cells": [], "nbformat": 4}', "no file of progress --export"),
    "no id": ('{"format": "tutorial-progress-1", "id": "Budi", "lessons": {}}', "random number"),
    "no lessons": ('{"format": "tutorial-progress-1", "id": "0123456789ab"}', "list of lessons"),
    "no such lesson": ('{"format": "tutorial-progress-1", "id": "0123456789ab", "lessons": {"../x": 3}}', "lesson ../x is damaged"),
    "no such exercise": (WHOLE.replace("ex1", "ex9") % "{}", "no exercise ex9"),
    "no counts": (WHOLE % "{}", "counts are damaged"),
    "negative": (WHOLE % '{"tries": -1, "solved": true, "mistakes": {}}', "counts are damaged"),
    "huge": (WHOLE % '{"tries": 1e99, "solved": true, "mistakes": {}}', "counts are damaged"),
    "a truth": (WHOLE % '{"tries": true, "solved": true, "mistakes": {}}', "counts are damaged"),
    "more mistakes than tries": (WHOLE % '{"tries": 1, "solved": false, "mistakes": {"accuracy": 2}}', "counts are damaged"),
    "no such mistake": (WHOLE % '{"tries": 1, "solved": false, "mistakes": {"<b>Budi": 1}}', "the mistake <b>Budi is unknown"),
    "empty": ("", "cannot be read"),
    "a number": ("5", "no file of progress --export"),
    "an exercise of another edition": (WHOLE.replace("ex1", "ex77") % "{}", "lesson 00 has no exercise ex77; perhaps"),
    "more digits than Python reads": ("1" * 5000, "cannot be read"),
    "an edition of another kind": (WHOLE.replace('"edition": "0123456789ab"', '"edition": 123456789012') % "{}", "lesson 00 is damaged"),
    "no text that can be printed": (WHOLE % r'{"tries": 1, "solved": false, "mistakes": {"\ud800": 1}}', r"the mistake \ud800 is unknown"),
    "orders to the terminal": (WHOLE % r'{"tries": 1, "solved": false, "mistakes": {"\u001b[2J": 1}}', r"the mistake \x1b[2J is unknown"),
    "too large": ("x" * (room.LARGEST + 1), "more than 1000000 bytes"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named_and_the_others_count(tmp_path, name, capsys):
    content, words = DAMAGED[name]
    person(tmp_path, "whole.json", L00={"ex1": record(1, True)})
    (tmp_path / "kiriman").mkdir()
    (tmp_path / "kiriman" / "damaged.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 0
    text = capsys.readouterr().out
    assert "Participants: 1" in text and "kiriman/damaged.json: " in text and words in text


def test_a_file_whose_name_no_screen_can_show_is_named(tmp_path, capsys):
    """As an old unzip leaves them: a name that is no UTF-8."""
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.json")).write_text("{", encoding="utf-8")
    except OSError:
        pytest.skip("this system refuses such a name")
    (tmp_path / "folder.json").mkdir()
    assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 1
    text = capsys.readouterr().out
    assert r"caf\udce9.json: cannot be read" in text and "folder.json: cannot be opened (Is a directory)" in text


def test_the_commands_speak_in_jupyter_too_whose_streams_are_no_files(tmp_path):
    """As ipykernel's ``OutStream`` under ``%run``, a `StringIO` cannot be given another encoding."""
    person(tmp_path, L00={"ex1": record(1, True)})
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 0
    assert "Participants: 1" in said.getvalue()


def test_a_report_goes_into_a_file_whatever_the_system_writes_in(tmp_path):
    """Windows writes a file in cp1252, where a minus sign or a root is no letter."""
    person(tmp_path, L00={"ex1": record(1, True)})
    program = (
        "import sys, tutorial; from series import room; whole = room.room_report;"
        f"room.room_report = lambda *found: whole(*found) + '\u221e'; sys.exit(tutorial.main(['room', {str(tmp_path)!r}]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True
    )
    assert answer.returncode == 0 and answer.stdout.decode("utf-8").rstrip().endswith("\u221e"), answer.stderr


def test_a_whole_record_is_taken(tmp_path):
    """So that the damaged ones above are refused for what is wrong with them."""
    (tmp_path / "a.json").write_text(WHOLE % '{"tries": 2, "solved": true, "mistakes": {"accuracy": 1}}', encoding="utf-8")
    assert room.read_folder(tmp_path)[2] == {}


def test_a_folder_without_exports_says_what_to_do(tmp_path, capsys):
    assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 1
    assert "progress --export" in capsys.readouterr().out
    assert tutorial.main(["room", str(tmp_path / "none"), "--language", "en"]) == 1
    assert "There is no folder" in capsys.readouterr().out


def test_a_folder_of_damaged_files_only_is_a_failure_that_names_them(tmp_path, capsys):
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    assert tutorial.main(["room", str(tmp_path), "--language", "en"]) == 1
    assert "a.json: cannot be read" in capsys.readouterr().out


def test_a_mistake_of_each_exercise_has_words_in_both_languages():
    for path in sorted(exercises.TEXTS.glob("[0-9][0-9].toml")):
        for texts in exercises.exercise_texts(int(path.stem)).values():
            for mistake in texts["mistakes"]:
                found = room.mistake_texts(texts, mistake)
                assert set(found) == {"id", "en"} and not [text for text in found.values() if "{" in text or not text.strip()]
