"""A learner's own copy of the lessons, in ``my_lessons/``: what `tutorial.py lab` opens.

Outputs are cleared, so that a guess comes before its answer. What a learner
changed is never written over: a newer edition of that lesson is put beside it.
Notebooks are read and written as the JSON that they are, because the standard
library is all there is before the packages are installed.
"""

import hashlib
import json
from pathlib import Path

from helpers.files import ROOT, write_atomically
from helpers.messages import LANGUAGES, message, set_language

FOLDER = "my_lessons"
NOTE = "tutorial"  # the copies' entry in a notebook's metadata


def edition_of(lesson):
    """A fingerprint of a lesson's cells: their texts, outputs and counts.

    Parameters
    ----------
    lesson : dict
        A notebook as JSON.

    Returns
    -------
    str
        The same for a copy that nobody has run or changed, also after JupyterLab has saved it.
    """
    cells = []
    for cell in lesson["cells"]:
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        cells.append([cell["cell_type"], cell.get("id"), source, cell.get("outputs"), cell.get("execution_count")])
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:12]


def learners_copy(lesson):
    """A lesson as a learner gets it: no outputs, answers and set-up folded, its edition noted.

    Parameters
    ----------
    lesson : dict
        A notebook as JSON; it is not changed.

    Returns
    -------
    dict
    """
    copy = json.loads(json.dumps(lesson))
    for cell in copy["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
        if cell.get("id", "").endswith("-solution"):
            hide(cell)
    copy["metadata"][NOTE] = {"edition": edition_of(copy)}
    return copy


def hide(cell):
    """Fold a code cell and what it prints: JupyterLab's way, and Colab's."""
    cell["metadata"].setdefault("jupyter", {}).update(source_hidden=True, outputs_hidden=True)
    cell["metadata"].update(cellView="form", collapsed=True)


def state_of(path):
    """What lies at a path: the edition of a copy, and whether a learner changed it.

    Returns
    -------
    edition : str or None
        None for a file that is no copy, or that cannot be read.
    changed : bool
    """
    try:
        lesson = json.loads(path.read_text(encoding="utf-8"))
        edition = lesson["metadata"][NOTE]["edition"]
        return edition, edition_of(lesson) != edition
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, True


def names_for(stem):
    """Names of a lesson's copy: its own, then those for newer editions beside it."""
    yield f"{stem}.ipynb"
    yield f"{stem}_new.ipynb"
    for count in range(2, 1000):
        yield f"{stem}_new_{count}.ipynb"


def place_copy(source, folder):
    """See to it that the current edition of a lesson lies in a folder.

    Parameters
    ----------
    source : pathlib.Path
        The lesson.
    folder : pathlib.Path

    Returns
    -------
    pathlib.Path
        Where it lies: under its own name, or beside a file that a learner changed.
    """
    copy = learners_copy(json.loads(source.read_text(encoding="utf-8")))
    wanted = copy["metadata"][NOTE]["edition"]
    for name in names_for(source.stem):
        path = folder / name
        edition, changed = state_of(path) if path.exists() else (None, False)
        if edition == wanted:
            return path
        if not changed:
            write_atomically(path, (json.dumps(copy, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
            return path
    raise AssertionError("there are a thousand editions of one lesson")


def remembered_language(root=ROOT):
    """The language chosen last, or Indonesian."""
    path = root / FOLDER / "language.txt"
    found = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    return found if found in LANGUAGES else LANGUAGES[0]


def prepare(language=None, root=ROOT):
    """Bring the learner's copies up to date, and say which lessons have a newer edition beside a changed one.

    Parameters
    ----------
    language : str, optional
        The one remembered when None; the choice is remembered.
    root : pathlib.Path
        Of the project.

    Returns
    -------
    pathlib.Path
        The first lesson, to be opened.

    Raises
    ------
    helpers.files.WriteError
    """
    language = language or remembered_language(root)
    set_language(language)
    write_atomically(root / FOLDER / "language.txt", f"{language}\n".encode())
    for each in LANGUAGES:  # both: each lesson links to its twin
        folder = root / FOLDER / each
        for source in sorted((root / "notebooks" / each).glob("[0-9][0-9]_*.ipynb")):
            path = place_copy(source, folder)
            if each == language and path.name != source.name:
                print(message("learner.newer", lesson=source.stem, path=path.relative_to(root).as_posix()))
    lessons = sorted((root / "notebooks" / language).glob("[0-9][0-9]_*.ipynb"))
    print(message("learner.folder", folder=(Path(FOLDER) / language).as_posix()))
    return root / FOLDER / language / lessons[0].name
