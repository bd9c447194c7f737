"""The lessons' quizzes: read, filled with the lessons' numbers, and written into the notebooks.

A quiz is ``data/quizzes/NN.toml``, in both languages: questions with choices,
each choice with the reason why it is right or wrong. A number of a lesson's is
written ``{name}`` and named under ``numbers``: the cell that prints it and the
words before it. So a quiz cannot say what its lesson does not.
"""

import html
import re
import tomllib

import nbformat

from helpers.files import ROOT, write_atomically
from series.notebooks import NOTEBOOKS, RunError, find_lessons, text_of

QUIZZES = ROOT / "data" / "quizzes"
CELL = "quiz"  # id of the cell that holds it
QUESTIONS = 6
WORDS = {
    "id": ("## Kuis", "Pilih dulu jawabanmu, baru buka pilihan itu: di dalamnya ada penjelasannya.", "Benar.", "Belum tepat."),
    "en": ("## Quiz", "Decide first, then open the choice that you took: it tells you why.", "Right.", "Not quite."),
}


class QuizError(RunError):
    """A quiz that does not fit its lesson; the text names the question."""


def read_quiz(number, folder=QUIZZES):
    """The questions of a lesson's quiz, or an empty list.

    Parameters
    ----------
    number : str
        Two digits.

    Returns
    -------
    list of dict
        ``id``; ``text`` by language; ``choices``, each with ``text`` and
        ``reason`` by language, one of them with ``right = true``; perhaps
        ``numbers`` and ``rising``, see `numbers_of`.
    """
    path = folder / f"{number}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["questions"] if path.is_file() else []


def numbers_of(question, lesson, language):
    """The numbers that a question speaks of, as its lesson prints them.

    Parameters
    ----------
    question : dict
        ``numbers`` gives for each name ``cell`` and, by language, the words
        ``after`` which the number stands in that cell's stored output;
        ``rising`` lists names whose numbers must grow, or the reasons no longer hold.
    lesson : nbformat.NotebookNode
        With outputs.

    Returns
    -------
    dict of str to str

    Raises
    ------
    QuizError
    """
    found = {}
    outputs = {cell.id: "\n".join(map(text_of, cell.outputs)) for cell in lesson.cells if cell.cell_type == "code"}
    for name, place in question.get("numbers", {}).items():
        after = place["after"][language]
        match = re.search(re.escape(after) + r"[\s:=|]*(-?\d+(?:\.\d+)?)", outputs.get(place["cell"], ""))
        if match is None:
            raise QuizError(f"{question['id']}: no number after '{after}' in the output of the cell {place['cell']}")
        found[name] = match[1]
    rising = [float(found[name]) for name in question.get("rising", ())]
    if any(one >= other for one, other in zip(rising, rising[1:])):
        raise QuizError(f"{question['id']}: {rising} should rise, or its reasons do not hold")
    return {name: value.replace(".", ",") if language == "id" else value for name, value in found.items()}


def inline_html(text):
    """A line of Markdown with code and emphasis as HTML, for the inside of ``<summary>``, where no Markdown is read.

    Examples
    --------
    >>> inline_html("`a < b` is *not* **so**")
    '<code>a &lt; b</code> is <em>not</em> <strong>so</strong>'
    """
    text = html.escape(text.strip(), quote=False)
    for pattern, tag in ((r"`([^`]+)`", "code"), (r"\*\*([^*]+)\*\*", "strong"), (r"\*([^*]+)\*", "em")):
        text = re.sub(pattern, rf"<{tag}>\1</{tag}>", text)
    return text


def quiz_markdown(questions, lesson, language):
    """A quiz as the Markdown of its cell: every choice folds open to its reason."""
    heading, invitation, right, wrong = WORDS[language]
    lines = [heading, "", invitation]
    for place, question in enumerate(questions, start=1):
        numbers = numbers_of(question, lesson, language)
        lines += ["", "---", "", f"**{place}.** {question['text'][language].strip().format(**numbers)}", ""]
        for letter, choice in zip("ABCDEF", question["choices"]):
            text, reason = (inline_html(choice[part][language].format(**numbers)) for part in ("text", "reason"))
            verdict = right if choice.get("right") else wrong
            lines.append(f"<details><summary>{letter}. {text}</summary><p><strong>{verdict}</strong> {reason}</p></details>")
    return "\n".join(lines)


def fill_quizzes(names=(), language="id", notebooks=NOTEBOOKS, folder=QUIZZES):
    """Write the quizzes of some lessons, or of all, into their notebooks.

    Raises
    ------
    QuizError
        A quiz speaks of a number that its lesson does not print.
    """
    for path in find_lessons(language, names, notebooks):
        lesson = nbformat.read(path, as_version=4)
        for cell in lesson.cells:
            if cell.id == CELL:
                cell.source = quiz_markdown(read_quiz(path.stem[:2], folder), lesson, language)
                write_atomically(path, (nbformat.writes(lesson).rstrip("\n") + "\n").encode())
