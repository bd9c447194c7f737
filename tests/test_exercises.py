"""Exercises answer: right is right, each typical mistake is named, and nothing that a learner passes in breaks a check."""

import ast
import functools
import importlib
import json
import math
import re
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pytest
import torch
from exercise_answers import ANSWERS
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_checkpoint import write_hub_like_checkpoint

from helpers import exercises
from helpers.exercises import answers
from helpers.files import ROOT
from helpers.lesson import start
from helpers.messages import LANGUAGES, set_language

OFFLINE_PRESETS = ("mini", "laptop", "full")  # the last two with their data and checkpoint at hand
CASES = [(number, name) for number, exercise in ANSWERS.items() for name in exercise]
WRONG = [
    (number, name, place, mistake)
    for number, exercise in ANSWERS.items()
    for name, (_, wrong) in exercise.items()
    for place, (_, mistake) in enumerate(wrong)
]
GENERAL = ("unanswered", "nothing", "not_a_number", "not_finite", "not_a_list", "wrong_length", "not_a_function", "raised", "unreadable")


@pytest.fixture(autouse=True)
def own_output(monkeypatch, tmp_path):
    monkeypatch.setenv("TUTORIAL_OUTPUT_DIR", str(tmp_path / "outputs"))


@pytest.fixture(scope="session")
def at_hand(tmp_path_factory):
    """What the larger presets would download: files named like SmSA's, with other rows, and a tiny checkpoint."""
    folder = tmp_path_factory.mktemp("at_hand")
    rows = "makanannya enak sekali\tpositive\njadwal nya sudah diumumkan\tneutral\npelayanan nya buruk\tnegative\n" * 3
    for split in ("train", "valid", "test"):
        (folder / f"{split}_preprocess.tsv").write_text(rows, encoding="utf-8")
    return {"SMSA_DIR": str(folder), "INDOBERT_CHECKPOINT": str(write_hub_like_checkpoint(folder / "indobert"))}


@pytest.fixture
def larger(monkeypatch, at_hand):
    """The environment in which every preset starts without a network."""
    monkeypatch.delenv("TUTORIAL_PRESET", raising=False)
    monkeypatch.setattr("helpers.lesson.measure_matrix_speed", lambda: 1e11)
    for name, value in at_hand.items():
        monkeypatch.setenv(name, value)


started = functools.cache(start)


def lesson_in(language, number=0, preset="mini"):
    """A lesson, started once in each language and preset."""
    lesson = started(preset, language=language, number=number)
    set_language(language)
    return lesson


def said(capsys, lesson, name, answer, **options):
    capsys.readouterr()
    lesson.check(name, answer, **options)
    return capsys.readouterr().out


# -------------------------------------------------------------- every exercise


@pytest.mark.parametrize("preset", OFFLINE_PRESETS)
@pytest.mark.parametrize(("number", "name"), CASES)
def test_a_right_answer_is_called_right_in_both_languages(capsys, larger, number, name, preset):
    texts = set()
    for language in LANGUAGES:
        lesson = lesson_in(language, number, preset)
        for answer in ANSWERS[number][name][0]:
            assert exercises.judge(name, answer, lesson) is None
            texts.add(said(capsys, lesson, name, answer))
    assert len(texts) == len(LANGUAGES)
    assert {text.split(".")[0] for text in texts} == {f"Latihan {name[2:]}: benar", f"Exercise {name[2:]}: right"}


@pytest.mark.parametrize("preset", OFFLINE_PRESETS)
@pytest.mark.parametrize(("number", "name", "place", "mistake"), WRONG)
def test_a_typical_mistake_is_named_in_both_languages(capsys, larger, number, name, place, mistake, preset):
    texts = []
    for language in LANGUAGES:
        lesson = lesson_in(language, number, preset)
        answer = ANSWERS[number][name][1][place][0]
        assert exercises.judge(name, answer, lesson).name == mistake
        texts.append(said(capsys, lesson, name, answer))
    assert "belum tepat" in texts[0] and "not yet" in texts[1]
    assert all(f'lesson.hint("{name}")' in text and "{" not in text for text in texts)


@pytest.mark.parametrize("number", ANSWERS)
def test_every_exercise_has_three_typical_mistakes_of_its_own_and_every_text_is_reached(number):
    texts = exercises.exercise_texts(number)
    assert list(texts) == list(ANSWERS[number]) and len(texts) >= 4
    for name, (right, wrong) in ANSWERS[number].items():
        reached = {mistake for _, mistake in wrong}
        assert right and len(reached & set(texts[name]["mistakes"])) >= 3
        assert set(texts[name]["mistakes"]) <= reached, f"{name}: a text that no wrong answer here leads to"


def every_text(texts):
    """The texts of an exercise, by place."""
    yield "title", texts["title"]
    yield "right", texts["right"]
    yield from ((f"hint {place}", hint) for place, hint in enumerate(texts["hints"], start=1))
    yield from texts["mistakes"].items()


@pytest.mark.parametrize("path", sorted(exercises.TEXTS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_texts_are_there_in_both_languages_with_three_hints_and_a_check(path):
    module = importlib.import_module(f"helpers.exercises.lesson_{path.stem}")
    for name, texts in exercises.exercise_texts(int(path.stem)).items():
        assert callable(getattr(module, name))
        assert len(texts["hints"]) == 3
        for place, text in every_text(texts):
            assert set(text) == set(LANGUAGES) and all(text.values()), f"{name}, {place}"
            fields = [sorted(part.partition("}")[0] for part in text[language].split("{")[1:]) for language in LANGUAGES]
            assert fields[0] == fields[1], f"{name}, {place}"


def named_mistakes(source):
    """The names of mistakes in a module: those raised, and the keys of tables of wrong answers."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mistake" and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value
        elif isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant))


@pytest.mark.parametrize("path", sorted((ROOT / "helpers" / "exercises").glob("lesson_*.py")), ids=lambda path: path.stem)
def test_every_mistake_that_a_check_can_name_has_a_text(path):
    texts = exercises.exercise_texts(int(path.stem[-2:]))
    known = set(GENERAL).union(*(exercise["mistakes"] for exercise in texts.values()))
    names = set(named_mistakes(path.read_text(encoding="utf-8")))
    assert names and names <= known


# ---------------------------------------------------------- whatever is passed in


class Contrary:
    """An object that fails whatever is asked of it."""

    def __getattr__(self, name):
        raise OSError("tidak mau")

    def __repr__(self):
        raise OSError("tidak mau")

    def __eq__(self, other):
        raise OSError("tidak mau")

    __hash__ = None


def fails(*arguments):
    raise SystemExit("berhenti")


ODD = [
    ..., None, "", "0,62", b"x", True, math.nan, math.inf, 10**400, 1j, [], {}, set(), [...], [[...]], {"a": ...}, [None], [[1], [2]],
    torch.tensor([]), torch.zeros(2, 3), torch.tensor(float("nan")), np.array(["a"]), np.float32(2), np.array(True), pd.Series([1, 2]),
    pd.DataFrame({"a": [1]}), Contrary(), Contrary, fails, lambda: 1, lambda *a: ..., lambda *a: None, lambda *a: math.nan,
    lambda *a: [1, "a"], lambda *a: {"a": 1}, lambda *a: Contrary(), len, torch.nn.Linear(1, 1), range(3), iter([1]),
]  # fmt: skip


@pytest.mark.parametrize(("number", "name"), CASES)
@pytest.mark.parametrize("place", range(len(ODD)))
def test_no_exception_reaches_the_learner(capsys, number, name, place):
    lesson = lesson_in("id", number)
    text = said(capsys, lesson, name, ODD[place])
    assert text.startswith(f"Latihan {name[2:]}: belum")


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_value_at_all_gets_a_verdict(value):
    lesson = types.SimpleNamespace(number=0)
    for name in ANSWERS[0]:
        for answer in (value, lambda *arguments: value):
            mistake = exercises.judge(name, answer, lesson)
            assert mistake is None or exercises.mistake_text(exercises.exercise_texts(0)[name], mistake)


def test_a_list_that_holds_itself_gets_a_verdict(capsys):
    endless = []
    endless.append(endless)
    assert "belum tepat" in said(capsys, lesson_in("id"), "ex1", endless)


@pytest.mark.parametrize("untouched", [..., [...], {"a": ...}, lambda *arguments: ...], ids=["bare", "list", "dict", "function"])
def test_an_untouched_placeholder_is_no_mistake_and_leaves_no_trace(capsys, untouched):
    name = "ex2" if callable(untouched) else "ex1"
    assert "belum dijawab" in said(capsys, lesson_in("id"), name, untouched)
    assert not exercises.progress_path().exists()


def test_a_check_without_an_answer_is_an_unanswered_one(capsys):
    lesson = lesson_in("id")
    capsys.readouterr()
    lesson.check("ex1")
    assert "belum dijawab" in capsys.readouterr().out


def test_a_function_gets_copies_so_that_it_cannot_spoil_the_check():
    rows = [1, 2]
    assert answers.called(lambda row: row.clear() or 7, rows) == 7
    assert rows == [1, 2]


def test_the_words_of_every_general_mistake_exist():
    assert all(f"exercises.{name}" in exercises.MESSAGES for name in GENERAL)


def test_an_exercise_that_does_not_exist_is_answered_with_those_that_do(capsys):
    lesson = lesson_in("id")
    assert "ex1, ex2, ex3, ex4" in said(capsys, lesson, "ex9", 1)
    lesson.hint("ex9")
    assert "ex1, ex2, ex3, ex4" in capsys.readouterr().out


def test_a_lesson_without_a_number_has_no_exercises_and_says_so(capsys):
    lesson = start()
    assert '"ex1"' in said(capsys, lesson, "ex1", 1)


# ------------------------------------------------------------ hints and progress


def records():
    return json.loads(exercises.progress_path().read_text(encoding="utf-8"))["00"]


def test_hints_come_one_by_one_also_after_a_restart_and_end_with_the_hidden_answer(capsys):
    counts = []
    for _ in range(4):
        lesson = lesson_in("id")  # as after a restart
        capsys.readouterr()
        lesson.hint("ex1")
        text = capsys.readouterr().out
        counts.append(len(re.findall(r"petunjuk \d", text)))
    assert counts == [1, 2, 3, 3] and "sel terlipat" in text
    assert records()["ex1"]["hints"] == 3


def test_what_was_solved_stays_solved_and_tries_are_counted_until_then(capsys):
    lesson = lesson_in("id")
    for answer in (0.7, 13 / 30, 0.7, 13 / 30):
        lesson.check("ex1", answer)
    assert records()["ex1"] == {"solved": True, "tries": 2, "hints": 0, "mistakes": {"accuracy": 1}}
    lesson_in("en").check("ex3", 2)
    assert records()["ex3"]["tries"] == 1 and not records()["ex3"]["solved"] and records()["ex1"]["solved"]


def test_mistakes_are_counted_by_name_and_answers_are_not_kept(capsys):
    lesson = lesson_in("id")
    for answer in (0.7, 0.7, "rahasia saya", ...):
        lesson.check("ex1", answer)
    assert records()["ex1"]["mistakes"] == {"accuracy": 2, "not_a_number": 1}
    assert "rahasia" not in exercises.progress_path().read_text(encoding="utf-8")


def test_the_lessons_own_answer_is_checked_and_does_not_count(capsys):
    lesson = lesson_in("id")
    assert "benar" in said(capsys, lesson, "ex1", 13 / 30, ours=True)
    assert "belum tepat" in said(capsys, lesson, "ex1", 0.7, ours=True)
    assert not exercises.progress_path().exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"00": {"ex1": {"mistakes": 3}}}', '{"00": 3}', '{"00": {"ex1": 1}}', '{"00": {"ex1": {"tries": "a"}}}',
     '{"00": {"ex1": {"tries": 1e999}}}', "[" * 100_000, "\x00"],
)  # fmt: skip
def test_a_damaged_record_is_set_aside_with_a_note(capsys, content):
    path = exercises.progress_path()
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    text = said(capsys, lesson_in("id"), "ex1", 13 / 30)
    assert "benar" in text and "progress.damaged.json" in text
    assert path.with_name("progress.damaged.json").read_text(encoding="utf-8") == content
    assert records()["ex1"]["solved"]


def test_where_nothing_can_be_written_the_verdict_stands_with_a_note(capsys, monkeypatch):
    def refuse(path, content):
        raise exercises.WriteError("disk penuh")

    monkeypatch.setattr(exercises, "write_atomically", refuse)
    text = said(capsys, lesson_in("id"), "ex1", 13 / 30)
    assert "benar" in text and "disk penuh" in text


def test_the_report_says_in_words_what_was_solved(capsys):
    lesson = lesson_in("id")
    lesson.check("ex1", 13 / 30)
    lesson.check("ex3", 2)
    lesson.hint("ex3")
    lines = exercises.progress_report().splitlines()
    assert lines[0] == "Pelajaran 0: 1 dari 4 latihan selesai"
    assert [line[:5] for line in lines[1:5]] == ["  [x]", "  [ ]", "  [~]", "  [ ]"]
    assert "petunjuk: 1" in lines[3]
    set_language("en")
    assert exercises.progress_report().startswith("Lesson 0: exercises solved: 1 of 4")


def test_the_report_needs_only_the_standard_library():
    program = "import sys; sys.path.insert(0, '.'); from helpers.exercises import progress_report; print(progress_report())"
    answer = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert answer.returncode == 0 and answer.stdout.startswith("Pelajaran 0"), answer.stderr


def test_checks_open_no_connection():
    """What was solved goes nowhere: the package knows no module that could send it."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpers" / "exercises").glob("*.py"))
    assert not [name for name in ("urllib", "http", "socket", "requests", "huggingface_hub") if f"import {name}" in sources]
