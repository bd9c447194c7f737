"""Slides of a lesson, made from its own cells: code, outputs, guesses and questions are never typed twice.

``data/slides/NN.toml`` names the cells to show; the rest is a rule. A section
opens with its title and what is done in it. A cell that is named gives a slide
of its code, then, if there is a guess before it, one with that guess, then
slides of its outputs. A question to the room and a pause get a slide each. The
quiz closes the lesson. Speaker notes are the lesson's own paragraphs and the
guide's expected answers.
"""

import ast
import html
import re
import shutil
import textwrap
import tomllib
from importlib.resources import files
from typing import NamedTuple

from helpers.exercises import exercise_number, exercise_texts
from helpers.files import ROOT
from series.facts import cell_with, figure_of, marked, prose, steps_of
from series.notebooks import text_of
from series.quizzes import numbers_of, read_quiz
from series.teaching.guide import answered_questions, teaching_minutes
from series.teaching.page import coloured, inline, styles, to_html, whole_page
from series.teaching.words import WORDS

PICKED = ROOT / "data" / "slides"
WIDTH, HEIGHT = 1280, 720
INSIDE, LINES = 1112, 560  # what a slide has for code and tables below its line of small print
ASKED = 150  # of these lines' pixels, for a guess above them
SMALLEST = 14  # pixels; smaller code is not read from the back of a room
LETTER, LINE = 0.61, 1.35  # width of a letter and height of a line, in font sizes
PART = re.compile(r"(code|text(?=$| \d+-\d+$)|figure$|table$)(?: (.+))?")  # the kind, and which statements or lines of it


class SlideError(RuntimeError):
    """A slide that cannot be made; the text names lesson and cell."""


class Slide(NamedTuple):
    """A slide: what is shown, and what the speaker says."""

    kind: str
    body: str
    notes: str = ""


def read_picked(number):
    """What ``data/slides/NN.toml`` shows: ``figure`` (of the summary) and ``show`` (cell to parts)."""
    path = PICKED / f"{number}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"figure": None, "show": {}}


def font_size(lines, taken=0):
    """The font size at which lines fit a slide of which some pixels are taken, in whole pixels.

    Examples
    --------
    >>> font_size(["x = 1"]), font_size(["x" * 120])
    (28, 15)
    """
    longest = max(map(len, lines), default=1)
    return min(28, int(INSIDE / (longest * LETTER)), int((LINES - taken) / (len(lines) * LINE)))


def picked_lines(text, which):
    """The lines of a print-out that a part asks for, such as ``3-9``; all of them for None."""
    lines = text.rstrip("\n").split("\n")
    first, last = map(int, which.split("-")) if which else (1, len(lines))
    return lines[first - 1 : last]


def picked_statements(source, which, where):
    """The lines of whole statements, named by how they begin, so that a cell may change above and below them.

    Parameters
    ----------
    source : str
        A cell's code.
    which : str or None
        ``def f``: the first statement that begins so. ``x = ... print(``: from the first that begins in the one way to the last of the
        same block that begins in the other. None: all.
    where : str
        Lesson and cell, for the error.

    Returns
    -------
    list of str

    Raises
    ------
    SlideError
        No statement begins so.

    Examples
    --------
    >>> picked_statements("import math\\n\\ndef f(x):\\n    y = math.exp(x)\\n    return y\\n\\nprint(f(1))", "def f", "")
    ['def f(x):', '    y = math.exp(x)', '    return y']
    """
    lines = source.rstrip("\n").split("\n")
    if which is None:
        return lines
    first, _, last = which.partition(" ... ")
    for node in ast.walk(ast.parse(source)):
        block = node.body if isinstance(getattr(node, "body", None), list) else []
        begins = [lines[statement.lineno - 1].lstrip() for statement in block]
        begin = next((place for place, text in enumerate(begins) if text.startswith(first)), len(block))
        ends = [place for place in range(begin, len(block)) if begins[place].startswith(last or first)]
        if ends:
            end = ends[-1] if last else begin
            return lines[block[begin].lineno - 1 : block[end].end_lineno]
    raise SlideError(f"{where}: no statements {which!r}; name how the first one begins, or the first and the last: 'x = ... print('")


# ---------------------------------------------------------------------- parts


def wrapped(lines, width=105):
    """Lines of a print-out, the long ones continued below.

    Examples
    --------
    >>> wrapped(["a b", "c" * 3 + " d"], 4)
    ['a b', 'ccc', '  d']
    """
    return [
        piece
        for line in lines
        for piece in (textwrap.wrap(line, width, subsequent_indent="  ", drop_whitespace=True) if len(line) > width else [line])
    ]


def figure_part(cell):
    """A cell's figure as HTML, or None."""
    figure = figure_of(cell)
    return figure and f'<img src="data:image/png;base64,{figure[0]}" alt="{html.escape(figure[1])}">'


def table_part(cell):
    """A cell's tables of pandas, each without its own style."""
    tables = [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
    cleaned = [re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) for text in tables]
    return [re.search(r"<table.*?</table>", text, re.DOTALL)[0] for text in cleaned if "<table" in text]


def columns_of(table):
    """The number of letters in each column of a table of HTML, headings and all."""
    rows = [[len(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]  # fmt: skip
    width = max(map(len, rows))
    return [max((row[place] for row in rows if place < len(row)), default=0) for place in range(width)], len(rows)


def table_size(table, taken=0):
    """The font size at which a table fits a slide."""
    columns, rows = columns_of(table)
    return min(26, int(INSIDE / (sum(columns) * 0.58 + 1.2 * len(columns))), int((LINES - taken) / (rows * 1.75)))


def printed(cell):
    """What a cell printed, without its tables and figures."""
    return "".join(text_of(output) for output in cell.outputs if output.output_type == "stream" or "image/png" not in output.get("data", {})
                   and "text/html" not in output.get("data", {}))  # fmt: skip


def preformatted(shown, lines, kind, where, taken):
    """Code or print-outs as a slide's body, in a size that fits."""
    size = font_size(lines, taken)
    if size < SMALLEST:
        raise SlideError(f"{where}: {len(lines)} lines of up to {max(map(len, lines))} letters do not fit; name fewer lines")
    return f'<div class="{kind}" style="font-size:{size}px">{shown}</div>'


def code_body(cell, found, where, taken=0):
    """A cell's code, or some of its statements."""
    lines = picked_statements(cell.source, found[2], where)
    return preformatted(coloured("\n".join(lines)), lines, "source", where, taken)


def output_bodies(cell, found, where, taken=0):
    """The bodies of the slides that one kind of a cell's outputs gives."""
    if found[1] == "text":
        lines = wrapped(picked_lines(printed(cell), found[2]))
        text = html.escape("\n".join(lines))
        shown = [preformatted(f"<pre>{text}</pre>", lines, "printed", where, taken)] if any(lines) else []
    elif found[1] == "figure":
        shown = [figure] if (figure := figure_part(cell)) else []
    else:
        shown = [f'<div style="font-size:{table_size(table, taken)}px">{table}</div>' for table in table_part(cell)]
    if not shown:
        raise SlideError(f"{where}: its stored outputs hold no {found[1]}")
    return shown


# --------------------------------------------------------------------- slides


def big(text, kind="big"):
    """A text to be read from afar, smaller where it is long."""
    size = 40 if len(text) < 220 else 33 if len(text) < 420 else 27
    return f'<div class="{kind}" style="font-size:{size}px">{to_html(text)}</div>'


def opening(lesson):
    """Title, goals, and what the lesson does."""
    words, (low, high) = WORDS[lesson.language], teaching_minutes(lesson)
    intro = prose(lesson.notebook.cells[0].source).split("\n\n")[0]
    goals = "".join(f"<li>{inline(goal)}</li>" for goal in lesson.goals)
    steps = "".join(f"<li>{inline(section.title)}</li>" for section in lesson.sections)
    columns = " two" if len(lesson.sections) > 6 else ""
    yield Slide("title", f"<h1>{inline(lesson.title)}</h1>", f"{to_html(intro)}<p>{words['low_high'].format(low=low, high=high)}</p>")
    yield Slide("list", f"<h2>{words['goals']}</h2><ul>{goals}</ul>", f"<p>{words['run_time']}: {inline(lesson.run_time)}</p>")
    yield Slide("list", f"<h2>{words['course']}</h2><ol class='steps{columns}'>{steps}</ol>")


def section_slides(lesson, section, picked, answers):
    """The slides of one section.

    Parameters
    ----------
    lesson : series.facts.Lesson
    section : series.facts.Section
    picked : dict of str to list of str
        Parts by cell.
    answers : dict of str to list of (str, str)
        Questions and expected answers by cell.
    """
    words, heading, guess, asked = WORDS[lesson.language], section.cells[0], "", False
    step = steps_of(lesson).get(section.number, "")
    yield Slide("section", f"<h1>{section.number}. {inline(section.title)}</h1><p>{inline(step)}</p>", to_html(prose(heading.source)))
    for place, cell in enumerate(section.cells):
        if cell.cell_type == "code":
            if cell.id in picked:
                yield from code_slides(lesson, section, place, picked[cell.id], guess, asked)
                asked = True
            continue
        guess, asked = " ".join(marked(cell.source, "guess")), False
        for question, answer in answers.get(cell.id, ()):
            note = f"<p><strong>{words['expected']}.</strong> {inline(answer)}</p>"
            yield Slide("room", f"<h3>{words['ask']}</h3>{big(question)}", note)
        yield from (Slide("pause", f"<h1>{words['pause']}</h1>{big(text)}") for text in marked(cell.source, "pause"))


def code_slides(lesson, section, place, parts, guess, asked):
    """A named cell: its code with the guess that comes before it, then its outputs, below the guess, with the reading as notes.

    `asked` says that an earlier cell's slides have put the guess already.
    """
    words, cell = WORDS[lesson.language], section.cells[place]
    where, taken = f"lesson {lesson.number}, cell {cell.id}", ASKED if guess else 0
    before = next((other for other in section.cells[place - 1 :: -1] if other.cell_type == "markdown"), section.cells[0])
    after = next((other for other in section.cells[place + 1 :] if other.cell_type == "markdown"), None)
    introduction = to_html(prose(before.source)) if before is not section.cells[0] else ""
    reading = to_html(prose(after.source)) if after else ""
    above = f"<div class='asked'><h3>{words['guess']}</h3><p{long_text(guess)}>{inline(guess)}</p></div>" if guess else ""
    found = [PART.fullmatch(part) for part in parts]
    if None in found:
        raise SlideError(
            f"{where}: {parts[found.index(None)]!r} is none of code, text, figure and table; only code and text can be shown in part"
        )
    programs = [part for part in found if part[1] == "code"]
    for part in programs:
        first = guess and not asked
        yield Slide(
            "guess" if first else "program", (above if first else "") + code_body(cell, part, where, taken if first else 0), introduction
        )
    if guess and not programs and not asked:
        yield Slide("guess", f"<h3>{words['guess']}</h3>{big(guess)}", introduction)
    for part in found:
        if part[1] != "code":
            yield from (Slide("output", above + body, reading) for body in output_bodies(cell, part, where, taken))


def long_text(text):
    """What makes a long text above code or outputs smaller."""
    return " class='long'" if len(text) > 200 else ""


def quiz_slides(lesson):
    """A slide a question, its choices with their reasons in the notes."""
    words, language = WORDS[lesson.language], lesson.language
    for place, question in enumerate(read_quiz(lesson.number), start=1):
        numbers, choices, reasons = numbers_of(question, lesson.notebook, language), [], []
        for letter, choice in zip("ABCDEF", question["choices"]):
            text, reason = (choice[part][language].format(**numbers) for part in ("text", "reason"))
            choices.append(f"<li>{inline(text)}</li>")
            reasons.append(f"<li><strong>{letter}{' ✓' if choice.get('right') else ''}</strong> {inline(reason)}</li>")
        asked = question["text"][language].strip().format(**numbers)
        long = len(asked) + sum(len(choice["text"][language]) for choice in question["choices"]) > 420
        body = f"<h3>{words['quiz_of']} {place}</h3><div class='quiz{' long' if long else ''}'>{to_html(asked)}<ol>{''.join(choices)}</ol></div>"
        yield Slide("quiz", body, f"<ul>{''.join(reasons)}</ul>")


def closing(lesson):
    """What was learnt, the quiz, and the names of the exercises."""
    words, learned = WORDS[lesson.language], cell_with(lesson.notebook, "learned")
    points = "".join(f"<li>{inline(point)}</li>" for point in re.findall(r"^- (.+)$", learned.source, re.MULTILINE))
    long = " long" if len(points) > 750 else ""
    yield Slide("list", f"<h2>{words['learned']}</h2><ul class='points{long}'>{points}</ul>")
    yield from quiz_slides(lesson)
    texts = exercise_texts(int(lesson.number))
    if texts:
        names = "".join(
            f"<li value='{exercise_number(name)}'>{inline(found['title'][lesson.language])}</li>" for name, found in texts.items()
        )
        yield Slide("list", f"<h2>{words['to_do']}</h2><ol>{names}</ol>")


def slides_of(lesson):
    """All slides of a lesson.

    Parameters
    ----------
    lesson : series.facts.Lesson

    Returns
    -------
    list of Slide

    Raises
    ------
    SlideError
        A cell that is named is not in a section, or has no such part, or does not fit.
    series.teaching.guide.GuideError
    """
    picked = read_picked(lesson.number)["show"]
    known = {cell.id for section in lesson.sections for cell in section.cells if cell.cell_type == "code"}
    if set(picked) - known:
        raise SlideError(f"lesson {lesson.number}: no section has the code cells {', '.join(sorted(set(picked) - known))}")
    answers = {}
    for cell, question, answer in answered_questions(lesson):
        answers.setdefault(cell, []).append((question, answer))
    middle = [slide for section in lesson.sections for slide in section_slides(lesson, section, picked, answers)]
    return [*opening(lesson), *middle, *closing(lesson)]


# ----------------------------------------------------------------------- page

START = (
    f"Reveal.initialize({{width: {WIDTH}, height: {HEIGHT}, margin: 0, center: false, hash: true, slideNumber: 'c/t', transition: 'none', "
    "plugins: [RevealNotes]});"
)


def slides_html(lesson):
    """A lesson's slides, without what shows them."""
    sections = []
    for slide in slides_of(lesson):
        notes = f'<aside class="notes">{slide.notes}</aside>' if slide.notes else ""
        small = f'<p class="small-print">{inline(lesson.title)}</p>' if slide.kind != "title" else ""
        sections.append(f'<section class="{slide.kind}">{small}<div class="inside">{slide.body}</div>{notes}</section>')
    return f'<div class="reveal"><div class="slides">{"".join(sections)}</div></div>'


def slides_pages(lesson):
    """A lesson's slides as a page for reveal.js, which lies beside it in ``reveal/``, and as one to print, a sheet a slide.

    Returns
    -------
    (str, str)
    """
    slides = slides_html(lesson)
    links = "".join(f'<link rel="stylesheet" href="reveal/{name}">' for name in ("reset.css", "reveal.css"))
    scripts = "".join(f'<script src="reveal/{name}"></script>' for name in ("reveal.js", "notes.js"))
    shown = f"{links}<style>{styles('slides.css')}</style>{slides}{scripts}<script>{START}</script>"
    printed = whole_page(lesson.title, slides, lesson.language, styles("slides.css", "sheets.css"))
    return whole_page(lesson.title, shown, lesson.language, ""), printed


def copy_reveal(folder):
    """Put reveal.js, with its licence, where the slides look for it; it comes from the package sphinx-revealjs."""
    source = files("sphinx_revealjs") / "_static" / "revealjs"
    folder.mkdir(parents=True, exist_ok=True)
    for place in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE"):
        with (source / place).open("rb") as read, open(folder / place.rpartition("/")[2], "wb") as write:
            shutil.copyfileobj(read, write)
