"""Quizzes: one right answer, a reason for each choice, no number but the lesson's own, and the notebook shows what the file says."""

import copy
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sample_lesson import cell_of, printed

from helpers.messages import LANGUAGES
from series.notebooks import NOTEBOOKS, find_lessons
from series.quizzes import CELL, QUESTIONS, QUIZZES, QuizError, fill_quizzes, numbers_of, quiz_markdown, read_quiz

NUMBERS = [path.stem for path in sorted(QUIZZES.glob("[0-9][0-9].toml"))]
SHOWN = [
    (path, language)
    for language in LANGUAGES
    for path in find_lessons(language)
    if any(cell.id == CELL for cell in nbformat.read(path, as_version=4).cells)
]


def texts_of(question, language):
    """Everything that is read of a question."""
    yield question["text"][language]
    for choice in question["choices"]:
        yield choice["text"][language]
        yield choice["reason"][language]


def problems(questions):
    """What is wrong with a quiz, as sentences that name the question."""
    names = [question["id"] for question in questions]
    if len(names) != QUESTIONS or len(set(names)) != QUESTIONS:
        yield f"{names}: {QUESTIONS} different questions are wanted"
    for question in questions:
        name, choices = question["id"], question["choices"]
        if sum(choice.get("right", False) for choice in choices) != 1:
            yield f"{name}: one right answer is wanted"
        if len(choices) < 3:
            yield f"{name}: fewer than three choices"
        for part in [question["text"], *(choice[kind] for choice in choices for kind in ("text", "reason"))]:
            if set(part) != set(LANGUAGES) or not all(text.strip() for text in part.values()):
                yield f"{name}: a text is not there in every language"
        for language in LANGUAGES:
            for text in texts_of(question, language):
                if re.search(r"\d[.,]\d", re.sub(r"\{\w+\}", "", text)):
                    yield f"{name}: a decimal number is typed in, not taken from the lesson: {text}"
            used = set(re.findall(r"\{(\w+)\}", " ".join(texts_of(question, language))))
            if used != set(question.get("numbers", {})):
                yield f"{name}: numbers used in {language} {sorted(used)}, named {sorted(question.get('numbers', {}))}"
    yield from telltales(questions)


def telltales(questions):
    """Ways to find the right answer without reading."""
    places, longest = [], dict.fromkeys(LANGUAGES, 0)
    for question in questions:
        rights = [bool(choice.get("right")) for choice in question["choices"]]
        places.append(rights.index(True) if True in rights else None)
        for language in LANGUAGES:
            lengths = [len(choice["text"][language]) for choice in question["choices"]]
            longest[language] += rights[lengths.index(max(lengths))]
    if max(places.count(place) for place in places) > QUESTIONS // 2:
        yield f"the right answers are in the places {places}: one place too often"
    if len(set(places)) < 3:
        yield f"the right answers are in the places {places}: too few places"
    for language, count in longest.items():
        if count > QUESTIONS // 2:
            yield f"{language}: the right answer is the longest in {count} questions"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_quiz_is_sound(number):
    assert not list(problems(read_quiz(number)))


@pytest.mark.parametrize(("path", "language"), SHOWN, ids=lambda value: getattr(value, "stem", value))
def test_a_lesson_shows_its_quiz_with_its_own_numbers(path, language):
    lesson = nbformat.read(path, as_version=4)
    questions = read_quiz(path.stem[:2])
    assert questions and cell_of(lesson, CELL).source == quiz_markdown(questions, lesson, language), "run tutorial.py refresh"


def test_every_quiz_is_shown_in_both_languages():
    assert sorted(path.stem[:2] for path, _ in SHOWN) == sorted(NUMBERS * len(LANGUAGES))


# ------------------------------------------------------------ the machine itself


def two_questions():
    """Six questions by the rules, made from two."""
    found = []
    for place in range(QUESTIONS):
        choices = [{"text": {"id": f"pilihan {i}", "en": f"choice {i}"}, "reason": {"id": "sebab", "en": "why"}} for i in range(3)]
        choices[place % 3]["right"] = True
        choices[(place + 1) % 3]["text"] = {"id": "pilihan yang panjang", "en": "a long choice"}
        found.append({"id": f"q{place}", "text": {"id": "Apa?", "en": "What?"}, "choices": choices})
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda quiz: quiz.pop(), "6 different questions"),
        (lambda quiz: quiz[1].update(id="q0"), "6 different questions"),
        (lambda quiz: quiz[0]["choices"][1].update(right=True), "q0: one right answer"),
        (lambda quiz: quiz[0]["choices"].pop(), "q0: fewer than three"),
        (lambda quiz: quiz[2]["choices"][0]["reason"].update(en=" "), "q2: a text is not there"),
        (lambda quiz: quiz[2]["text"].pop("en"), "q2: a text is not there"),
        (lambda quiz: quiz[0]["text"].update(id="Apa 0,75?"), "q0: a decimal number"),
        (lambda quiz: quiz[0]["text"].update(id="Apa {rules}?"), "q0: numbers used"),
        (lambda quiz: [question["choices"].sort(key=lambda choice: not choice.get("right")) for question in quiz], "one place too often"),
        (
            lambda quiz: [choice["text"].update(en="the longest " * 4) for q in quiz for choice in q["choices"] if choice.get("right")],
            "en: the right answer is the longest",
        ),
    ],
)
def test_a_seeded_fault_is_named(change, words):
    quiz = two_questions()
    assert not list(problems(quiz))
    change(quiz)
    found = []
    try:
        found.extend(problems(quiz))
    except KeyError:  # a language that is not there at all
        found.extend(f"{question['id']}: a text is not there in every language" for question in quiz if "en" not in question["text"])
    assert any(words in problem for problem in found), found


@pytest.fixture
def lesson():
    cells = [
        new_code_cell("scores", id="scores", outputs=[printed("aturan: 0.252\nbag of words 0.739, -1\n")]),
        new_markdown_cell("", id="quiz"),
    ]
    return new_notebook(cells=cells)


def question(**changes):
    numbers = {
        "rules": {"cell": "scores", "after": {"id": "aturan", "en": "aturan"}},
        "bag": {"cell": "scores", "after": {"id": "words", "en": "words"}},
    }
    return {**two_questions()[0], "text": {"id": "Dari {rules} ke {bag}?", "en": "From {rules} to {bag}?"}, "numbers": numbers, **changes}


def test_numbers_come_from_the_outputs_in_each_languages_writing(lesson):
    assert numbers_of(question(), lesson, "id") == {"rules": "0,252", "bag": "0,739"}
    assert "From 0.252 to 0.739?" in quiz_markdown([question()], lesson, "en")


def test_a_number_that_the_lesson_does_not_print_is_refused(lesson):
    lost = {"rules": {"cell": "scores", "after": {"id": "jaringan", "en": "network"}}}
    with pytest.raises(QuizError, match="q0: no number after 'jaringan'"):
        numbers_of(question(numbers=lost), lesson, "id")


def test_numbers_that_no_longer_rise_are_refused(lesson):
    numbers_of(question(rising=["rules", "bag"]), lesson, "id")
    with pytest.raises(QuizError, match="should rise"):
        numbers_of(question(rising=["bag", "rules"]), lesson, "id")


def test_each_choice_folds_open_to_its_verdict_and_reason(lesson):
    shown = quiz_markdown(two_questions(), lesson, "id")
    assert shown.count("<details>") == shown.count("</details>") == 3 * QUESTIONS
    assert shown.count("<strong>Benar.</strong>") == QUESTIONS and shown.count("<strong>Belum tepat.</strong>") == 2 * QUESTIONS
    assert "<script" not in shown


def test_the_quiz_is_written_into_its_cell_and_twice_the_same(tmp_path, lesson):
    path = tmp_path / "id" / "01_sample.ipynb"
    path.parent.mkdir()
    (tmp_path / "01.toml").write_text((QUIZZES / "00.toml").read_text(encoding="utf-8"), encoding="utf-8")
    real = nbformat.read(NOTEBOOKS / "id" / find_lessons("id")[0].name, as_version=4)
    before = copy.deepcopy(cell_of(real, CELL).source)
    cell_of(real, CELL).source = ""
    nbformat.write(real, path)
    for _ in range(2):
        fill_quizzes(notebooks=tmp_path, folder=tmp_path)
        assert cell_of(nbformat.read(path, as_version=4), CELL).source == before
