"""The lecturer's guide and handouts: each question has an answer, plans fit, numbers are the lessons' own, summaries are one page."""

import json
import re
import tomllib

import nbformat
import pytest
from test_lesson_structure import WITH_LOOP

from helpers.exercises import exercise_texts
from helpers.files import ROOT
from helpers.messages import LANGUAGES
from helpers.packages import read_requirements, unmet_requirements
from series.checklist import find_browser
from series.facts import marked, questions_of, read_lesson, read_lessons, steps_of
from series.notebooks import find_lessons
from series.teaching import guide, plans
from series.teaching.handouts import glossary_page, summaries_page
from series.teaching.page import write_page

LESSONS = {language: read_lessons(language) for language in LANGUAGES}
NUMBERS = [stem[:2] for stem in WITH_LOOP]
CASES = [(language, number) for language in LANGUAGES for number in NUMBERS]


def lesson_of(language, number):
    return next(lesson for lesson in LESSONS[language] if lesson.number == number)


def words_of(html):
    """The text of a page as a reader sees it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# ---------------------------------------------------------------------- facts


@pytest.mark.parametrize(("language", "number"), CASES)
def test_a_lesson_says_what_the_guide_quotes(language, number):
    lesson = lesson_of(language, number)
    assert len(lesson.goals) >= 4 and lesson.study and re.search(r"\d", lesson.run_time)
    assert [section.number for section in lesson.sections] == list(range(1, len(lesson.sections) + 1))
    assert set(steps_of(lesson)) == {section.number for section in lesson.sections}
    assert all(set(section.needs) < {other.number for other in lesson.sections} for section in lesson.sections)


@pytest.mark.parametrize(("language", "number"), CASES)
def test_no_question_guess_or_pause_is_overlooked(language, number):
    """Marks are counted in the raw notebook, without the parser that the guide relies on."""
    (path,) = find_lessons(language, [number])
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    cells = [cell for section in lesson_of(language, number).sections for cell in section.cells if cell.cell_type == "markdown"]
    counts = {"room": text.count({"id": "**Untuk seisi kelas.**", "en": "**Ask the room.**"}[language]),
              "guess": text.count({"id": "**Tebak dulu.**", "en": "**Guess first.**"}[language]),
              "pause": text.count({"id": "**Jeda.**", "en": "**Pause.**"}[language])}  # fmt: skip
    assert {mark: sum(len(marked(cell.source, mark)) for cell in cells) for mark in counts} == counts
    assert counts["pause"] == 2 and counts["room"] >= len(lesson_of(language, number).sections)


# -------------------------------------------------------------------- answers


@pytest.mark.parametrize("number", NUMBERS)
def test_each_question_has_an_expected_answer_and_no_answer_lacks_its_question(number):
    answers = guide.read_guide(number)["answers"]
    for language in LANGUAGES:
        questions = questions_of(lesson_of(language, number))
        assert {cell: len(found) for cell, found in answers.items()} == {cell: len(found) for cell, found in questions.items()}
        assert len(guide.answered_questions(lesson_of(language, number))) == sum(map(len, questions.values()))


@pytest.mark.parametrize("number", NUMBERS)
def test_answers_are_short_and_in_both_languages(number):
    found = guide.read_guide(number)
    entries = [entry for group in found["answers"].values() for entry in group]
    entries += [entry[part] for entry in found["trouble"] for part in ("see", "say")]
    assert len(found["trouble"]) >= 3
    for entry in entries:
        assert set(entry) == set(LANGUAGES)
        for text in entry.values():
            assert 10 <= len(text) <= 330 and len(re.findall(r"[.?!](?:\s|$)", text)) <= 4, text


def test_a_missing_or_orphaned_answer_is_named(monkeypatch):
    lesson, found = lesson_of("id", "00"), guide.read_guide("00")
    answers = dict(found["answers"], nowhere=[{"id": "x", "en": "x"}])
    del answers["tensor-look"]
    monkeypatch.setattr(guide, "read_guide", lambda number: dict(found, answers=answers))
    with pytest.raises(guide.GuideError, match="lesson 00: .*nowhere, tensor-look"):
        guide.answered_questions(lesson)


def test_every_lesson_with_questions_is_tested_here():
    assert {lesson.number for lesson in LESSONS["id"] if questions_of(lesson)} == set(NUMBERS)


def test_every_file_of_answers_belongs_to_a_lesson():
    assert {path.stem for path in plans.GUIDE.glob("[0-9][0-9].toml")} == set(NUMBERS)


# ---------------------------------------------------------------------- plans


@pytest.mark.parametrize("language", LANGUAGES)
def test_plans_fit_their_days_and_bring_what_their_sections_need(language):
    by_number = {lesson.number: lesson for lesson in LESSONS[language]}
    found = plans.read_plans()
    assert [plan["id"] for plan in found] == ["three-hours", "one-day", "two-days", "five-evenings"]
    assert [len(plan["days"]) for plan in found] == [1, 1, 2, 5]
    assert not [problem for plan in found for problem in plans.plan_problems(plan, by_number)]


def test_minutes_are_summed_by_hand_the_same():
    by_number = {lesson.number: lesson for lesson in LESSONS["id"]}
    rule = plans.minutes_by_rule()
    day = {"minutes": 99, "blocks": [{"welcome": True}, {"lesson": "01", "sections": [1, 2]}, {"pause": 7},
                                     {"lesson": "01", "sections": [3], "exercises": ["ex1"], "quiz": True}]}  # fmt: skip
    wanted = rule["welcome"] + rule["start"] + 3 * rule["section"] + 7 + rule["exercise"] + rule["quiz"]
    assert plans.day_minutes(day, by_number) == wanted
    low, high = plans.teaching_minutes(by_number["01"])
    assert low == rule["start"] + 7 * rule["section"] and high == low + 4 * rule["exercise"] + rule["quiz"]


WRONG_PLANS = {
    "a day that is too short": ({"minutes": 20, "blocks": [{"lesson": "01", "sections": [1, 2]}]}, "21 of 20 minutes"),
    "a day half empty": ({"minutes": 60, "blocks": [{"lesson": "01", "sections": [1]}]}, "13 of 60 minutes"),
    "a section without what it needs": ({"minutes": 13, "blocks": [{"lesson": "01", "sections": [4]}]}, "section 4 needs 3"),
    "a section that comes too early": ({"minutes": 21, "blocks": [{"lesson": "01", "sections": [4, 3]}]}, "section 4 needs 3"),
    "no such section": ({"minutes": 13, "blocks": [{"lesson": "01", "sections": [40]}]}, "section 40 needs to exist"),
    "no such exercise": ({"minutes": 21, "blocks": [{"lesson": "01", "sections": [1], "exercises": ["ex9"]}]}, "lesson 01 has no ex9"),
}


@pytest.mark.parametrize("name", WRONG_PLANS)
def test_a_plan_that_does_not_fit_is_named(name):
    day, words = WRONG_PLANS[name]
    by_number = {lesson.number: lesson for lesson in LESSONS["id"]}
    problems = list(plans.plan_problems({"id": "plan", "days": [day]}, by_number))
    assert any(words in problem and problem.startswith("plan, day 1") for problem in problems), problems


# ------------------------------------------------------------------- the page


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request):
    return request.param, guide.guide_page(LESSONS[request.param], request.param, "python3 tutorial.py guide")


def test_each_lesson_has_its_part_with_all_that_belongs_there(page):
    language, html = page
    chapters = dict(re.findall(r"<section class='lesson' id='lesson-(\d\d)'>(.*?)</section>", html, re.DOTALL))
    assert list(chapters) == [lesson.number for lesson in LESSONS[language]]
    for number in NUMBERS:
        lesson, text = lesson_of(language, number), words_of(chapters[number])
        low, high = plans.teaching_minutes(lesson)
        assert f" {low} " in text and f" {high} " in text and f" {lesson.study} " in text
        for part in (*lesson.goals, *(question for found in questions_of(lesson).values() for question in found)):
            assert words_of(guide.inline(part)) in text
        for texts in exercise_texts(int(number)).values():
            assert all(mistake in text for mistake in texts["mistakes"])


def test_the_guide_holds_letter_checklist_and_ways_out_and_loads_nothing(page):
    _, html = page
    assert all(f"<section id='{name}'>" in html for name in ("how", *guide.CHAPTERS))
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", re.sub(r"<a [^>]*>", "", html)) and "<script" not in html
    commands = set(re.findall(r"tutorial\.py (\w+)", html))
    import tutorial

    assert commands <= set(tutorial.COMMANDS) and {"lab", "check", "run", "site", "room", "progress"} <= commands


def test_chapters_are_written_in_both_languages_with_as_many_points():
    for name in ("how", *guide.CHAPTERS):
        marks = [re.findall(r"^(## |\d\. |- |\| )", (guide.PAGES / f"{name}.{language}.md").read_text(encoding="utf-8"), re.MULTILINE)
                 for language in LANGUAGES]  # fmt: skip
        assert marks[0] == marks[1], name


def test_the_sites_page_for_lecturers_takes_its_plans_from_the_same_data():
    pytest.importorskip("myst_nb", reason="the site's packages (requirements-site.txt) are not installed")
    from series.site.pages import text_page

    for language in LANGUAGES:
        by_number = {lesson.number: lesson for lesson in LESSONS[language]}
        text = text_page("teach", language)
        assert "{plans}" not in text
        for plan in plans.read_plans():
            assert plan["name"][language] in text
            assert " + ".join(str(plans.day_minutes(day, by_number)) for day in plan["days"]) in text


# ------------------------------------------------------------------- handouts


def test_the_glossary_holds_every_term(page):
    language, _ = page
    text = words_of(glossary_page(language))
    with open(ROOT / "data" / "glossary.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    assert text.count({"id": "Pelajaran ", "en": "Lesson "}[language]) >= len(rows)
    assert all(" ".join(row[3 if language == "id" else 4].split()) in text.replace("&quot;", '"').replace("&#x27;", "'") for row in rows)


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this computer")
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_summary_is_one_page_of_pdf(language, tmp_path):
    _, pdf = write_page(tmp_path / "summaries.html", summaries_page(LESSONS[language]), find_browser())
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf.read_bytes()))
    assert pages == len(LESSONS[language])


def test_a_summary_shows_the_lessons_own_figure_and_words():
    lesson = lesson_of("en", "00")
    html = summaries_page([lesson])
    picture = next(
        output.data["image/png"]
        for cell in lesson.notebook.cells
        if cell.id == "scoreboard"
        for output in cell.outputs
        if "image/png" in output.data
    )
    assert "".join(picture.split()) in html and words_of(guide.inline(lesson.goals[0])) in words_of(html)


def test_the_lists_of_the_guides_packages_agree():
    wanted = read_requirements(ROOT / "requirements-teach.txt")
    pinned = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and ";" not in line
    )
    assert len(wanted) == 2 and not unmet_requirements(wanted, {name: pinned.get(name) for name in wanted})


def test_minutes_are_written_in_one_place_only():
    """A plan's minutes are sums, so no block of a plan but a pause carries a number of minutes."""
    found = tomllib.loads((plans.GUIDE / "plans.toml").read_text(encoding="utf-8"))
    for plan in found["plans"]:
        for day in plan["days"]:
            assert set(day) == {"minutes", "blocks"}
            assert all(
                set(block) <= {"welcome", "pause", "lunch", "lesson", "sections", "rerun", "exercises", "quiz"} for block in day["blocks"]
            )
    assert all(isinstance(value, int) for value in plans.minutes_by_rule().values()) and json.dumps(found)


def test_a_lesson_is_read_from_its_file():
    (path,) = find_lessons("en", ["02"])
    assert read_lesson(path, "en").title == lesson_of("en", "02").title
