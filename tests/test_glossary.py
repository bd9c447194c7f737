"""One term for one thing: ``data/glossary.tsv`` and the lessons agree."""

import csv
import re

import nbformat
import pytest
from test_lesson_structure import WITH_LOOP

from helpers.files import ROOT
from helpers.messages import LANGUAGES
from series.notebooks import NOTEBOOKS, find_lessons

COLUMNS = ["term", "id", "en", "meaning_id", "meaning_en", "lesson", "avoid_id"]


def read_terms():
    with open(ROOT / "data" / "glossary.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


TERMS = read_terms()
REWRITTEN = {int(stem[:2]) for stem in WITH_LOOP}


def markdown_of(path):
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")


def uses(text, words):
    """Whether a text has some words, as whole words."""
    return re.search(rf"(?<!\w){re.escape(words)}(?:nya|s)?(?!\w)", text, re.IGNORECASE) is not None


def test_the_glossary_is_a_table_of_about_eighty_terms_each_once():
    assert list(TERMS[0]) == COLUMNS
    assert 75 <= len(TERMS) <= 110
    names = [row["term"] for row in TERMS]
    assert len(set(names)) == len(names)
    for row in TERMS:
        assert all(row[column] for column in COLUMNS[:-1]), row
        assert all(row[f"meaning_{language}"].endswith(".") for language in LANGUAGES), row
        assert row["lesson"] in "0123456789", row


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_term_stands_in_the_lesson_that_brings_it(language):
    lessons = {int(path.stem[:2]): markdown_of(path) for path in find_lessons(language)}
    missing = [row[language] for row in TERMS if int(row["lesson"]) in REWRITTEN and not uses(lessons[int(row["lesson"])], row[language])]
    assert not missing


def test_no_lesson_uses_the_word_that_a_term_replaces():
    found = []
    for path in find_lessons("id"):
        if path.stem in WITH_LOOP:
            prose = re.sub(r"`[^`]*`|\([^)]*\)", " ", markdown_of(path))  # a bracket may say what others call it
            found += [
                f"{path.stem}: {word}; the term is {row['id']}"
                for row in TERMS
                for word in filter(None, re.split(", ?", row["avoid_id"]))
                if uses(prose, word)
            ]
    assert not found


@pytest.mark.parametrize("stem", WITH_LOOP)
def test_training_is_pelatihan_and_an_exercise_is_latihan(stem):
    """*Latihan* in a rewritten lesson is an exercise: a heading, or followed by a number."""
    text = markdown_of(NOTEBOOKS / "id" / f"{stem}.ipynb")
    others = [
        found[0] for found in re.finditer(r".{0,30}\b[Ll]atihan(?:nya)?\b(?! \d).{0,20}", text) if not found[0].startswith("## Latihan")
    ]
    assert not others
