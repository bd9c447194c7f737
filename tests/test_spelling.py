"""The words of the lessons and READMEs, checked by hunspell.

Needs hunspell with its Indonesian and English dictionaries (Debian: ``apt
install hunspell hunspell-id hunspell-en-gb hunspell-en-us``). Words of ours that no
dictionary has, names and terms, stand in ``tests/words/project.txt``.
"""

import csv
import re
import shutil
import subprocess
import tomllib

import nbformat
import pytest

from helpers.files import ROOT
from series.notebooks import NOTEBOOKS
from series.readmes import README_OF
from series.teaching.words import WORDS as WORDS_OF_THE_GUIDE

WORDS = ROOT / "tests" / "words" / "project.txt"
DICTIONARIES = {"id": "id_ID,en_GB,en_US", "en": "en_GB,en_US"}  # Indonesian texts carry the field's English terms


def has_dictionaries():
    if not shutil.which("hunspell"):
        return False
    listed = subprocess.run(["hunspell", "-D"], input="", capture_output=True, text=True).stderr
    return all(name in listed for name in ("id_ID", "en_GB", "en_US"))


pytestmark = pytest.mark.skipif(not has_dictionaries(), reason="hunspell with its dictionaries id_ID, en_GB and en_US is not installed")


def prose(text):
    """Markdown without code, formulas, links' addresses, and HTML."""
    for pattern in (
        r"```.*?```",
        r"``[^`]*``",
        r"`[^`]*`",
        r"\$\$.*?\$\$",
        r"\$[^$\n]*\$",
        r"\]\([^)]*\)",
        r"<code>.*?</code>",
        r"<[^>]*>",
        r"https?://\S+",
        r"\{\{.*?\}\}",
    ):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text


def rejected(words, language):
    """Those of some words that the dictionaries do not have."""
    command = ["hunspell", "-d", DICTIONARIES[language], "-l", "-i", "utf-8"]
    listed = subprocess.run(command, input="\n".join(sorted(words)), capture_output=True, text=True, encoding="utf-8", check=True).stdout
    return set(listed.split())


def stems(word):
    """An Indonesian word without -nya, -mu, -ku, and without di-, as the dictionary lists few such forms."""
    shorter = {word, re.sub(r"(nya|mu|ku)$", "", word)}
    return shorter | {stem.removeprefix("di") for stem in shorter} | {re.sub(r"^di(.+?)(kan|i)?$", r"\1", stem) for stem in shorter}


def unknown_words(text, language):
    """The words that neither the dictionaries nor our list know."""
    known = {word.strip().lower() for word in WORDS.read_text(encoding="utf-8").splitlines()}
    words = set(re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", prose(text)))
    parts = {part for word in words for part in re.split(r"[-'’]", word) if len(part) > 2}
    unknown = rejected(parts, language)
    if language == "id":
        tried = {word: {stem for stem in stems(word.lower()) if len(stem) > 2} for word in unknown}
        wrong = rejected(set().union(*tried.values()), language)
        unknown = {word for word, forms in tried.items() if all(form in wrong and form not in known for form in forms)}
    return sorted(word for word in unknown if word.lower() not in known)


@pytest.mark.parametrize("language", DICTIONARIES)
def test_the_glossary_has_no_misspelt_word(language):
    with open(ROOT / "data" / "glossary.tsv", encoding="utf-8", newline="") as file:
        text = "\n".join(f"{row[language]}. {row[f'meaning_{language}']}" for row in csv.DictReader(file, delimiter="\t"))
    assert not unknown_words(text, language)


@pytest.mark.parametrize("language", DICTIONARIES)
@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*/[0-9][0-9].toml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_exercises_and_quizzes_have_no_misspelt_word(path, language):
    text = re.sub(r"\{\w+\}", " ", "\n".join(texts_in(tomllib.loads(path.read_text(encoding="utf-8")), language)))
    assert not unknown_words(text, language)


@pytest.mark.parametrize("language", DICTIONARIES)
def test_the_playground_has_no_misspelt_word(language):
    pages = ROOT / "series" / "site" / "pages"
    words = tomllib.loads((pages / "playground.toml").read_text(encoding="utf-8"))
    said = {name: text for name, text in words.items() if "_example" not in name}  # the examples are Indonesian in both
    text = "\n".join([(pages / f"playground.{language}.md").read_text(encoding="utf-8"), *texts_in(said, language)])
    assert not unknown_words(re.sub(r"\{[\w-]+\}", " ", text), language)


def texts_in(part, language):
    """All texts of one language in a nested table."""
    if isinstance(part, dict):
        if isinstance(part.get(language), str):
            yield part[language]
        for value in part.values():
            yield from texts_in(value, language)
    elif isinstance(part, list):
        for value in part:
            yield from texts_in(value, language)


LESSONS = sorted(NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_has_no_misspelt_word(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    assert not unknown_words(text, path.parent.name), f"mend them, or add them to {WORDS.name} if they are right"


@pytest.mark.parametrize("name", README_OF)
def test_a_readme_has_no_misspelt_word(name):
    assert not unknown_words((ROOT / name).read_text(encoding="utf-8"), README_OF[name])


@pytest.mark.parametrize("language", DICTIONARIES)
def test_the_guides_chapters_and_plans_have_no_misspelt_word(language):
    chapters = sorted((ROOT / "series" / "teaching" / "pages").glob(f"*.{language}.md"))
    assert chapters
    plans = tomllib.loads((ROOT / "data" / "guide" / "plans.toml").read_text(encoding="utf-8"))
    texts = [*(path.read_text(encoding="utf-8") for path in chapters), *texts_in(plans, language), *WORDS_OF_THE_GUIDE[language].values()]
    assert not unknown_words("\n\n".join(texts), language)


@pytest.mark.parametrize(
    ("language", "text", "wrong"), [("id", "pelajaran ini mudha dibaca", "mudha"), ("en", "a mispelt word", "mispelt")]
)
def test_a_seeded_mistake_is_found(language, text, wrong):
    assert wrong in unknown_words(text, language)
