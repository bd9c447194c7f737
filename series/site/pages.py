"""The site's pages that are no lessons, as Markdown made from what the repository holds."""

import html

import nbformat

from helpers.files import ROOT
from series import facts
from series.facts import cell_with, figure_of, read_glossary, study_minutes, title_of
from series.launchers import launchers, repository
from series.notebooks import find_lessons
from series.readmes import results_table, speed_table
from series.site.lessons import anchor_of, lesson_facts
from series.site.playground import playground_page
from series.site.words import WORDS
from series.teaching.plans import plan_table

TEXTS = ROOT / "series" / "site" / "pages"
PICTURE = "scoreboard.png"  # of the first page


def read_lessons(language):
    """The lessons of a language: pairs of path and notebook."""
    return [(path, nbformat.read(path, as_version=4)) for path in find_lessons(language)]


def card(path, notebook, language, folder=""):
    """A lesson in a list: title, level, minutes."""
    facts, minutes = lesson_facts(path.stem[:2]), study_minutes(notebook)
    details = [facts["level"][language], *([WORDS[language]["minutes"].format(study=minutes)] if minutes else [])]
    link = f"{folder}lessons/{path.stem}.html"
    return f"<li><a href='{link}'>{html.escape(title_of(notebook))}</a><span class='small'>{' · '.join(details)}</span></li>"


def cards(lessons, language, folder=""):
    """Lessons as a list."""
    return "<ul class='cards'>" + "".join(card(path, notebook, language, folder) for path, notebook in lessons) + "</ul>"


def start_picture(lessons):
    """What the first page shows: lesson 5's scoreboard, as base64, and its alternative text."""
    lesson = next(notebook for path, notebook in lessons if path.stem.startswith("05"))
    return figure_of(cell_with(lesson, "scoreboard"))


def start_page(lessons, language):
    """The first page: its text from ``pages/``, then the lessons."""
    words = WORDS[language]
    text = (TEXTS / f"start.{language}.md").read_text(encoding="utf-8").replace("{repository}", repository())
    colab = launchers(lessons[0][0], language)[0][1]
    tree = "\n".join(
        [f"```{{toctree}}\n:hidden:\n:caption: {words['lessons']}\n", *(f"lessons/{path.stem}" for path, _ in lessons), "```", ""]
        + ["```{toctree}\n:hidden:\n", "playground", "topics/index", "glossary", "results", "speed", "teach", "about", "```"]
    )
    text = text.replace("{picture_alt}", " ".join(start_picture(lessons)[1].split())).replace("{picture}", PICTURE)
    return text.replace("{colab}", colab).replace("{lessons}", cards(lessons, language)) + "\n" + tree + "\n"


def lessons_by_topic(lessons):
    """Topics in the order of the lessons: slug to (names by language, lessons)."""
    found = {}
    for path, notebook in lessons:
        for slug, names in lesson_facts(path.stem[:2])["topics"].items():
            found.setdefault(slug, (names, []))[1].append((path, notebook))
    return found


def topic_pages(lessons, language):
    """A page for each topic and one for all: name to Markdown."""
    words, found = WORDS[language], lessons_by_topic(lessons)
    pages = {}
    for slug, (names, about) in found.items():
        heading = words["lessons_about"].format(topic=names[language])
        pages[f"topics/{slug}.md"] = (
            f"---\norphan: true\n---\n\n# {heading}\n\n{cards(about, language, '../')}\n\n[{words['all_topics']}](index.md)\n"
        )
    parts = [f"## [{names[language]}]({slug}.md)\n\n{cards(about, language, '../')}" for slug, (names, about) in found.items()]
    pages["topics/index.md"] = f"# {words['topics']}\n\n" + "\n\n".join(parts) + "\n"
    return pages


def glossary_page(lessons, language):
    """All terms in the order of the alphabet, each with its meaning, its English and the lesson that brings it."""
    words, stems = WORDS[language], {path.stem[:2]: path.stem for path, _ in lessons}
    rows = []
    for row in sorted(read_glossary(), key=lambda row: row[language].lower()):
        also = f" <span class='small'>({words['in_english']}: {html.escape(row['en'])})</span>" if language == "id" != row["en"] else ""
        stem = stems.get(f"{int(row['lesson']):02d}")
        where = f" <a class='small' href='lessons/{stem}.html'>{words['lesson']} {row['lesson']}</a>" if stem else ""
        if row["id"].lower() == row["en"].lower():
            also = ""
        rows.append(
            f"<dt id='{anchor_of(row['term'])}'>{html.escape(row[language])}{also}</dt><dd>{html.escape(row[f'meaning_{language}'])}{where}</dd>"
        )
    return f"# {words['glossary']}\n\n<dl class='glossary'>\n" + "\n".join(rows) + "\n</dl>\n"


def plans_of(language):
    """The lecturer's plans, their minutes summed from the lessons."""
    return plan_table({lesson.number: lesson for lesson in facts.read_lessons(language)}, language)


def text_page(name, language):
    """A page that people wrote, with the generated tables that it asks for."""
    text = (TEXTS / f"{name}.{language}.md").read_text(encoding="utf-8")
    tables = {"{results}": results_table, "{speed}": speed_table, "{plans}": plans_of}
    for mark, table in tables.items():
        text = text.replace(mark, table(language)) if mark in text else text
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    return text.replace("{repository}", repository()).replace("{citation}", citation.strip())


def all_pages(language, playground=None):
    """Every page but the lessons.

    Parameters
    ----------
    language : str
    playground : pathlib.Path, optional
        The folder of `series.site.playground.make_playground`; without it the page says that this site has none.

    Returns
    -------
    dict of str to str
        From the file's name inside the language's folder to its Markdown.
    """
    lessons = read_lessons(language)
    pages = {"index.md": start_page(lessons, language), "glossary.md": glossary_page(lessons, language), **topic_pages(lessons, language)}
    pages["playground.md"] = playground_page(language, playground)
    for name in ("results", "speed", "teach", "about"):
        pages[f"{name}.md"] = text_page(name, language)
    return pages
