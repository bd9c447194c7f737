"""Exercises that answer: what `lesson.check` and `lesson.hint` do, and what was solved.

An exercise of lesson 4 is a function of ``helpers/exercises/lesson_04.py``,
named like the exercise: ``ex1(answer, lesson)`` returns when the answer is
right and raises `Mistake` when it is not. Its texts (title, three hints, what
is said to a right answer and to each mistake) stand in
``data/exercises/04.toml``, in every language. Answers are passed in, never
read from the notebook.

What was solved, and which mistakes were made how often, is written to
``outputs/progress.json`` and goes nowhere else; answers are not kept.
Python's standard library is enough here, so that ``tutorial.py progress``
needs no package.
"""

import functools
import importlib
import json
import os
import pathlib
import tomllib

from helpers.exercises.answers import Mistake, described, require_answer
from helpers.files import ROOT, WriteError, write_atomically
from helpers.messages import MESSAGES, message, translated

TEXTS = ROOT / "data" / "exercises"


def output_folder():
    """Where lessons write: ``TUTORIAL_OUTPUT_DIR``, or ``outputs/`` of the project."""
    return pathlib.Path(os.environ.get("TUTORIAL_OUTPUT_DIR") or ROOT / "outputs")


@functools.cache
def exercise_texts(number):
    """The texts of a lesson's exercises; empty for a lesson without any.

    Parameters
    ----------
    number : int or None
        Of the lesson.

    Returns
    -------
    dict of str to dict
        By exercise: ``title``, ``right``, ``hints`` and ``mistakes``.
    """
    path = TEXTS / f"{number:02d}.toml" if number is not None else None
    return tomllib.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}


def exercise_number(name):
    """The number in an exercise's name.

    Examples
    --------
    >>> exercise_number("ex4")
    '4'
    """
    return name.removeprefix("ex")


def judge(name, answer, lesson):
    """Look at an answer.

    Parameters
    ----------
    name : str
        Of an exercise of this lesson: ``"ex1"``.
    answer : object
        Whatever the learner gave.
    lesson : helpers.lesson.Lesson

    Returns
    -------
    Mistake or None
        None for a right answer. A failure of the check itself, which an odd
        answer may cause, is the mistake ``unreadable``.
    """
    try:
        require_answer(answer)
        module = importlib.import_module(f"helpers.exercises.lesson_{lesson.number:02d}")
        getattr(module, name)(answer, lesson)
    except Mistake as mistake:
        return mistake
    except Exception as error:
        return Mistake("unreadable", found=described(answer), error=f"{type(error).__name__}: {error}")
    return None


def mistake_text(texts, mistake):
    """What is said about a mistake: the exercise's own words, or those for every exercise."""
    own = texts["mistakes"].get(mistake.name)
    if own is None and f"exercises.{mistake.name}" in MESSAGES:
        return message(f"exercises.{mistake.name}", **mistake.values)
    return translated(own, **mistake.values)


def known(lesson, name):
    """An exercise's texts, or None after having said which exercises there are."""
    texts = exercise_texts(lesson.number)
    if name in texts:
        return texts[name]
    print(message("exercises.unknown", found=name, allowed=", ".join(texts) or "-"))
    return None


def check(lesson, name, answer, ours=False):
    """Say whether an answer is right and, if not, which mistake it is; keep what was solved.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    name : str
        ``"ex1"``.
    answer : object
        ``...`` as long as there is none.
    ours : bool
        Whether this is the lesson's own answer: it is checked the same way,
        but does not count as solved.
    """
    texts = known(lesson, name)
    if texts is None:
        return
    number, mistake = exercise_number(name), judge(name, answer, lesson)
    if mistake is None:
        print(message("exercises.right", number=number, text=translated(texts["right"])))
    elif mistake.name == "unanswered":
        print(message("exercises.unanswered", number=number, name=name))
        return
    else:
        print(message("exercises.wrong", number=number, name=name, text=mistake_text(texts, mistake)))
    if not ours:
        keep(lesson.number, name, tries=1, solved=mistake is None, mistake=mistake and mistake.name)


def hint(lesson, name):
    """Print the hints of an exercise: the first on the first call, two on the second, all three afterwards."""
    texts = known(lesson, name)
    if texts is None:
        return
    hints = texts["hints"]
    level = min(read_progress().get(f"{lesson.number:02d}", {}).get(name, whole({}))["hints"] + 1, len(hints))
    keep(lesson.number, name, hints=level)
    for place, text in enumerate(hints[:level], start=1):
        print(message("exercises.hint", number=exercise_number(name), place=place, of=len(hints), text=translated(text)))
    print(message("exercises.more_hints" if level < len(hints) else "exercises.last_hint", name=name))


# ------------------------------------------------------------------- progress


def progress_path():
    """Where the record of what was solved lies."""
    return output_folder() / "progress.json"


def whole(record):
    """A record of one exercise with all its parts.

    Examples
    --------
    >>> whole({"solved": True})
    {'solved': True, 'tries': 0, 'hints': 0, 'mistakes': {}}
    """
    mistakes = {str(name): int(count) for name, count in record.get("mistakes", {}).items()}
    return {"solved": bool(record.get("solved")), "tries": int(record.get("tries", 0)), "hints": int(record.get("hints", 0)),
            "mistakes": mistakes}  # fmt: skip


def read_progress():
    """What was tried and solved: ``{"00": {"ex1": {"solved": True, "tries": 2, "hints": 1, "mistakes": {"percent": 1}}}}``.

    A file that cannot be read is set aside, with a note, and not written over.
    """
    path = progress_path()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {number: {name: whole(record) for name, record in records.items()} for number, records in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    aside = path.with_name("progress.damaged.json")
    print(message("exercises.damaged_progress", path=path, aside=aside.name))
    try:
        path.replace(aside)
    except OSError as error:
        print(message("exercises.not_kept", error=error))
    return {}


def keep(number, name, tries=0, solved=False, hints=0, mistake=None):
    """Add to what is known of one exercise; what was solved stays solved, and tries and mistakes are counted until then."""
    progress = read_progress()
    record = progress.setdefault(f"{number:02d}", {}).setdefault(name, whole({}))
    if not record["solved"]:
        record["tries"] += tries
        if mistake:
            record["mistakes"][mistake] = record["mistakes"].get(mistake, 0) + 1
    record["solved"] |= solved
    record["hints"] = max(record["hints"], hints)
    try:
        write_atomically(progress_path(), json.dumps(progress, indent=1, sort_keys=True).encode())
    except WriteError as error:
        print(message("exercises.not_kept", error=error.__cause__ or error))


def progress_report():
    """What was solved, in words: a line a lesson and a line an exercise."""
    progress, lines = read_progress(), []
    for path in sorted(TEXTS.glob("[0-9][0-9].toml")):
        records, texts = progress.get(path.stem, {}), exercise_texts(int(path.stem))
        solved = sum(records.get(name, whole({}))["solved"] for name in texts)
        lines.append(message("exercises.lesson", number=int(path.stem), solved=solved, of=len(texts)))
        for name, text in texts.items():
            record = records.get(name, whole({}))
            state = "solved" if record["solved"] else "tried" if record["tries"] else "untouched"
            lines.append(message(f"exercises.{state}", number=exercise_number(name), title=translated(text["title"]),
                                 tries=record["tries"], hints=record["hints"]))  # fmt: skip
    return "\n".join(lines)
