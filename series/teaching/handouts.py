"""Handouts to print: the glossary, a one-page summary of each lesson, the clinic's checklist."""

import html

from series.facts import cell_with, prose, read_glossary
from series.teaching.page import inline, styles, to_html, whole_page, write_page
from series.teaching.slides import SlideError, figure_part, read_picked
from series.teaching.words import WORDS


def glossary_page(language):
    """All terms in the order of the alphabet, with the lesson that brings each."""
    words, rows = WORDS[language], []
    for row in sorted(read_glossary(), key=lambda row: row[language].lower()):
        also = (
            f" <span class='small'>({words['in_english']}: {html.escape(row['en'])})</span>"
            if language == "id" and row["id"] != row["en"]
            else ""
        )
        term, meaning = html.escape(row[language]), html.escape(row[f"meaning_{language}"])
        rows.append(f"<div><dt>{term}{also}</dt><dd>{meaning} <span class='small'>{words['lesson']} {row['lesson']}</span></dd></div>")
    body = f"<h1>{words['glossary']}</h1><dl>{''.join(rows)}</dl>"
    return whole_page(words["glossary"], body, language, styles("paper.css", "handouts.css"))


def summary(lesson):
    """A lesson on one page: goals, what was learnt, its key figure, its new terms, room for notes."""
    words, language = WORDS[lesson.language], lesson.language
    name = read_picked(lesson.number)["figure"]
    cell = cell_with(lesson.notebook, name) if name else None
    figure = figure_part(cell) if cell else None
    if name and not figure:
        raise SlideError(f"lesson {lesson.number}: the cell {name} of the summary holds no figure")
    goals = "".join(f"<li>{inline(goal)}</li>" for goal in lesson.goals)
    terms = [html.escape(row[language]) for row in read_glossary() if row["lesson"] == str(int(lesson.number))]
    parts = [f"<section class='summary'><h1>{inline(lesson.title)}</h1><h2>{words['goals']}</h2><ul>{goals}</ul>"]
    parts.append(f"<h2>{words['learned']}</h2>{to_html(prose(cell_with(lesson.notebook, 'learned').source))}{figure or ''}")
    parts += [f"<h2>{words['terms']}</h2><p>{', '.join(terms)}</p>"] if terms else []
    return "".join([*parts, f"<h2>{words['notes']}</h2></section>"])


def summaries_page(lessons):
    """The summaries of all lessons of a language, a page each."""
    language = lessons[0].language
    title = WORDS[language]["summaries"]
    return whole_page(title, "\n".join(map(summary, lessons)), language, styles("paper.css", "handouts.css"))


def write_handouts(folder, lessons, browser):
    """Write glossary and summaries of one language.

    Returns
    -------
    list of pathlib.Path
    """
    language = lessons[0].language
    pages = {f"glossary_{language}.html": glossary_page(language), f"summaries_{language}.html": summaries_page(lessons)}
    return [path for name, text in pages.items() for path in write_page(folder / name, text, browser)]
