"""What a lesson says of itself, read from its notebook: title, goals, minutes, sections, guesses, questions to the room.

Used by the reading site and by the lecturer's guide, slides and handouts, so
that none of these types a lesson's words again.
"""

import csv
import re
from typing import NamedTuple

import nbformat

from helpers.files import ROOT
from series.notebooks import NOTEBOOKS, find_lessons

STUDY_TIME = re.compile(r"\*\*(?:Waktu belajar|Time to study|Study time):\*\*\D*(\d+)")
MARKS = {
    "guess": r"\*\*(?:Tebak dulu|Guess first)\.\*\*",
    "room": r"\*\*(?:Untuk seisi kelas|Ask the room)\.\*\*",
    "pause": r"\*\*(?:Jeda|Pause)\.\*\*",
    "needs": r"\*\*(?:Perlu|Needs):\*\*",
    "run_time": r"\*\*(?:Waktu menjalankan|Time to run|Waktu|Time):\*\*",
}
SECTION = re.compile(r"## (\d+)\. (.+)")


class Section(NamedTuple):
    """A numbered section: its number, its title, what it needs to have run, and its cells, the one with the heading first."""

    number: int
    title: str
    needs: tuple
    cells: list


class Lesson(NamedTuple):
    """A lesson in one language; ``study`` is None where it does not say its minutes."""

    number: str
    language: str
    stem: str
    title: str
    goals: list
    run_time: str
    study: int
    sections: list
    notebook: nbformat.NotebookNode


def read_glossary():
    """The terms of ``data/glossary.tsv``, one dict a row."""
    with open(ROOT / "data" / "glossary.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def study_minutes(notebook):
    """The minutes that a lesson says it takes to study, or None."""
    found = STUDY_TIME.search("\n".join(cell.source for cell in notebook.cells[:3]))
    return int(found[1]) if found else None


def title_of(notebook):
    """The text of a lesson's first heading."""
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def cell_with(notebook, name):
    """The cell with an id, or None."""
    return next((cell for cell in notebook.cells if cell.id == name), None)


def figure_of(cell):
    """A cell's first figure, as base64 in one line, and its alternative text; None where it has none."""
    figures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
    return next((("".join(each.data["image/png"].split()), each.metadata.get("image/png", {}).get("alt", "")) for each in figures), None)


def marked(source, mark):
    """The paragraphs of a cell that begin with a mark, without it.

    Parameters
    ----------
    source : str
    mark : str
        A name in `MARKS`.

    Examples
    --------
    >>> marked("It rises.\\n\\n**Ask the room.** Why?\\n\\n**Pause.** Five minutes.", "room")
    ['Why?']
    """
    return [
        found[1] for found in re.finditer(MARKS[mark] + r"\s*(.+?)(?=\n\n|\Z|\*\*(?:Untuk seisi kelas|Ask the room)\.)", source, re.DOTALL)
    ]


def prose(source):
    """A cell's paragraphs without its heading, its needs, its guess, its questions and its pause.

    Examples
    --------
    >>> prose("## 1. Two\\n\\n**Needs:** set-up only.\\n\\nIt rises.\\n\\n**Ask the room.** Why?")
    'It rises.'
    """
    special = "|".join([*MARKS.values(), r"#+ "])
    return "\n\n".join(part for part in source.split("\n\n") if part.strip() and not re.match(special, part))


def sections_of(notebook):
    """The numbered sections of a lesson."""
    found = []
    for cell in notebook.cells:
        heading = SECTION.match(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            needs = "".join(marked(cell.source, "needs"))
            found.append(Section(int(heading[1]), heading[2].strip(), tuple(map(int, re.findall(r"\d+", needs))), [cell]))
        elif found and cell.cell_type == "markdown" and cell.source.startswith("## "):
            break
        elif found:
            found[-1].cells.append(cell)
    return found


def read_lesson(path, language):
    """A lesson with its facts.

    Parameters
    ----------
    path : pathlib.Path
    language : str

    Returns
    -------
    Lesson
    """
    notebook = nbformat.read(path, as_version=4)
    goals = cell_with(notebook, "goals").source
    return Lesson(
        number=path.stem[:2],
        language=language,
        stem=path.stem,
        title=title_of(notebook),
        goals=re.findall(r"^- (.+)$", goals, re.MULTILINE),
        run_time="".join(marked(goals, "run_time")[:1]),
        study=study_minutes(notebook),
        sections=sections_of(notebook),
        notebook=notebook,
    )


def read_lessons(language, notebooks=NOTEBOOKS):
    """All lessons of a language, in order."""
    return [read_lesson(path, language) for path in find_lessons(language, (), notebooks)]


def steps_of(lesson):
    """What a learner does in each section, from the table of steps: by number."""
    rows = re.findall(r"^\| (\d+)\. [^|]*\| ([^|]+) \|$", cell_with(lesson.notebook, "goals").source, re.MULTILINE)
    return {int(number): text for number, text in rows}


def questions_of(lesson):
    """The questions to the room: from a cell's id to its questions."""
    cells = [cell for section in lesson.sections for cell in section.cells if cell.cell_type == "markdown"]
    return {cell.id: found for cell in cells if (found := marked(cell.source, "room"))}
