"""A room's progress without names: `tutorial.py progress --export` and `tutorial.py room`.

An exported file holds a random id and, for each exercise, the tries, whether
it was solved, and the names of the mistakes with their counts. No name, no
path, no answer. A lecturer collects such files in a folder; `room` sums them.
Python's standard library is enough, and nothing here opens a connection.
"""

import collections
import json
import re
import secrets
import statistics
import string

from helpers.exercises import TEXTS, exercise_number, exercise_texts, output_folder, read_progress
from helpers.files import ROOT, write_atomically
from helpers.messages import MESSAGES, message, translated
from series.learner import NOTE, learners_copy, remembered_language

FORMAT = "tutorial-progress-1"
ID = re.compile(r"[0-9a-f]{12}")
EDITION = re.compile(r"[0-9a-f]{12}")
LARGEST = 1_000_000  # bytes; a whole series' record has a few thousand
MOST = 100_000  # tries of one exercise


class RoomError(RuntimeError):
    """A file or folder that cannot be summed; the text says why."""


def known_mistake(number, name, mistake):
    """Whether a mistake has a text: the exercise's own, or one for every exercise."""
    own = exercise_texts(int(number)).get(name, {}).get("mistakes", {})
    return mistake in own or f"exercises.{mistake}" in MESSAGES


def mistake_texts(texts, mistake):
    """What learners read about a mistake, by language, with an ellipsis where their own values stood.

    Parameters
    ----------
    texts : dict
        Of the exercise, see `helpers.exercises.exercise_texts`.
    mistake : str

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> mistake_texts({"mistakes": {"late": {"en": "You gave {found:.2f}, too late."}}}, "late")
    {'en': 'You gave …, too late.'}
    """
    found = texts["mistakes"].get(mistake) or MESSAGES[f"exercises.{mistake}"]
    return {language: without_values(text) for language, text in found.items()}


def without_values(text):
    """A text with an ellipsis in place of each of its fields, on one line."""
    parts = [words + ("" if field is None else "…") for words, field, _, _ in string.Formatter().parse(text)]
    return " ".join("".join(parts).split())


# --------------------------------------------------------------------- export


def editions(root=ROOT):
    """The edition of each lesson with exercises, in the language that was opened last: ``{"00": "3fa0..."}``."""
    folder, found = root / "notebooks" / remembered_language(root), {}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        found[path.stem[:2]] = learners_copy(json.loads(path.read_text(encoding="utf-8")))["metadata"][NOTE]["edition"]
    return found


def random_id():
    """The random number of this computer's exports, drawn at the first one, so that a second export replaces the first."""
    path = output_folder() / "progress_id.txt"
    known = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if not ID.fullmatch(known):
        known = secrets.token_hex(6)
        write_atomically(path, f"{known}\n".encode())
    return known


def exported(progress, identity, edition_of):
    """What an exported file holds.

    Parameters
    ----------
    progress : dict
        See `helpers.exercises.read_progress`.
    identity : str
    edition_of : dict of str to str
        By number of the lesson.

    Returns
    -------
    dict
        Only exercises and mistakes that the series knows by name.
    """
    lessons = {}
    for number in sorted(path.stem for path in TEXTS.glob("[0-9][0-9].toml")):
        records = {}
        for name in exercise_texts(int(number)):
            record = progress.get(number, {}).get(name)
            if record and record["tries"]:
                mistakes = {mistake: count for mistake, count in sorted(record["mistakes"].items()) if known_mistake(number, name, mistake)}
                records[name] = {"tries": record["tries"], "solved": record["solved"], "mistakes": mistakes}
        if records:
            lessons[number] = {"edition": edition_of[number], "exercises": records}
    return {"format": FORMAT, "id": identity, "lessons": lessons}


def export(folder=None, root=ROOT):
    """Write this computer's progress without names.

    Parameters
    ----------
    folder : pathlib.Path, optional
        The output folder by default.
    root : pathlib.Path

    Returns
    -------
    pathlib.Path

    Raises
    ------
    helpers.files.WriteError
    """
    identity = random_id()
    path = (folder or output_folder()) / f"progress_{identity}.json"
    content = exported(read_progress(), identity, editions(root))
    write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())
    return path


def export_and_say():
    """`export`, and a sentence on what was written; the exit code."""
    if any(record["tries"] for records in read_progress().values() for record in records.values()):
        print(message("room.exported", path=export()))
        return 0
    print(message("room.nothing"))
    return 1


# ----------------------------------------------------------------------- room


def printable(text):
    r"""A text that is safe to print: what a terminal would obey, or no screen can show, stands there as an escape.

    Examples
    --------
    >>> printable("Budi é\x1b[2J")
    'Budi é\\x1b[2J'
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def require(condition, key, **values):
    """Refuse a file unless a condition holds."""
    if not condition:
        raise RoomError(message(key, **values))


def check_record(number, name, record):
    """Refuse a record of one exercise that no export wrote."""
    where = {"lesson": number, "exercise": name}
    require(isinstance(record, dict) and set(record) == {"tries", "solved", "mistakes"}, "room.record", **where)
    require(isinstance(record["solved"], bool) and isinstance(record["mistakes"], dict), "room.record", **where)
    counts = [record["tries"], *record["mistakes"].values()]
    whole = all(isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST for count in counts)
    require(whole and sum(counts[1:]) <= record["tries"], "room.record", **where)
    for mistake in record["mistakes"]:
        require(known_mistake(number, name, mistake), "room.unknown_mistake", **where, mistake=mistake[:40])


def read_export(path):
    """An exported file, checked from end to end.

    Raises
    ------
    RoomError
        It is damaged, or was written by another edition of the series.
    """
    try:
        require(path.stat().st_size <= LARGEST, "room.too_large", limit=LARGEST)
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RoomError(message("room.not_opened", error=error.strerror)) from error
    except (ValueError, RecursionError) as error:
        raise RoomError(message("room.unreadable", error=type(error).__name__)) from error
    require(isinstance(found, dict) and found.get("format") == FORMAT, "room.no_export", format=FORMAT)
    require(isinstance(found.get("id"), str) and ID.fullmatch(found["id"]), "room.no_id")
    require(isinstance(found.get("lessons"), dict), "room.no_lessons")
    for number, lesson in found["lessons"].items():
        texts = exercise_texts(int(number)) if re.fullmatch(r"[0-9]{2}", number) else {}
        whole = isinstance(lesson, dict) and isinstance(lesson.get("exercises"), dict) and isinstance(lesson.get("edition"), str)
        require(whole and EDITION.fullmatch(lesson["edition"]), "room.no_lesson", lesson=number[:10])
        for name, record in lesson["exercises"].items():
            require(name in texts, "room.unknown_exercise", lesson=number, exercise=name[:10])
            check_record(number, name, record)
    return found


def read_folder(folder):
    """All exports in a folder and the folders in it.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    people : list of dict
        One export a person: of several with the same id, the one with most tries.
    again : int
        How many were left out for that.
    damaged : dict of str to str
        From the file's place in the folder to the reason.
    """
    people, again, damaged = {}, 0, {}
    for path in sorted(folder.rglob("*.json")):
        try:
            found = read_export(path)
        except RoomError as error:
            damaged[printable(path.relative_to(folder).as_posix())] = printable(str(error))
            continue
        again += found["id"] in people
        people[found["id"]] = max(people.get(found["id"], found), found, key=tries_in)
    return list(people.values()), again, damaged


def tries_in(export):
    """How often a person tried anything: what tells a later export from an earlier one."""
    return sum(record["tries"] for lesson in export["lessons"].values() for record in lesson["exercises"].values())


def sum_up(people):
    """The sums over a room.

    Parameters
    ----------
    people : list of dict
        Exports.

    Returns
    -------
    dict
        By (lesson, exercise): ``tried`` and ``solved`` (persons), ``tries`` (a list, one a person), ``people`` and
        ``times`` (by mistake).
    """
    sums = {}
    for export in people:
        for number, lesson in export["lessons"].items():
            for name, record in lesson["exercises"].items():
                empty = {"tried": 0, "solved": 0, "tries": [], "people": collections.Counter(), "times": collections.Counter()}
                found = sums.setdefault((number, name), empty)
                found["tried"] += 1
                found["solved"] += record["solved"]
                found["tries"].append(record["tries"])
                found["people"].update(record["mistakes"].keys())
                found["times"].update(record["mistakes"])
    return dict(sorted(sums.items()))


def exercise_lines(number, name, found):
    """What a room did with one exercise, in words."""
    texts, mean = exercise_texts(int(number))[name], statistics.mean(found["tries"])
    figures = {"tried": found["tried"], "solved": found["solved"], "tries": f"{mean:.1f}".replace(".", message("room.point"))}
    yield message("room.exercise", number=exercise_number(name), title=translated(texts["title"]), **figures)
    for mistake, persons in sorted(found["people"].items(), key=lambda item: (-item[1], item[0])):
        words = translated(mistake_texts(texts, mistake))
        yield message("room.mistake", mistake=mistake, people=persons, times=found["times"][mistake], text=words)


def worth_a_word(sums, most=3):
    """The mistakes that most persons made: what to talk about first."""
    rows = [(persons, key, mistake) for key, found in sums.items() for mistake, persons in found["people"].items() if persons > 1]
    for persons, (number, name), mistake in sorted(rows, key=lambda row: (-row[0], row[1:]))[:most]:
        yield message("room.first", lesson=int(number), number=exercise_number(name), mistake=mistake, people=persons)


def room_report(people, again, damaged):
    """What a room solved and where it got stuck, in words.

    Parameters
    ----------
    people, again, damaged
        See `read_folder`.

    Returns
    -------
    str
    """
    sums, lines = sum_up(people), [message("room.people", people=len(people))]
    if again:
        lines.append(message("room.again", files=again))
    first = list(worth_a_word(sums))
    lines += [message("room.talk"), *first] if first else []
    for number in sorted({number for number, _ in sums}):
        kinds = {export["lessons"][number]["edition"] for export in people if number in export["lessons"]}
        lines += ["", message("room.lesson", number=int(number))]
        lines += [message("room.editions", editions=len(kinds))] if len(kinds) > 1 else []
        for key, found in sums.items():
            if key[0] == number:
                lines += exercise_lines(*key, found)
    if damaged:
        lines += ["", message("room.damaged", files=len(damaged)), *(f"  {name}: {why}" for name, why in damaged.items())]
    return "\n".join(lines)


def room(folder):
    """Sum a folder of exports and print the report; the exit code.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    int
        1 where there is no folder, or no export that can be read.
    """
    if not folder.is_dir():
        print(message("room.no_folder", folder=folder))
        return 1
    people, again, damaged = read_folder(folder)
    if not people and not damaged:
        print(message("room.empty", folder=folder))
        return 1
    print(room_report(people, again, damaged))
    return int(not people)
