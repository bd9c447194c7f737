"""Every message exists in both languages, says the same in both, and is used."""

import ast
import string

import nbformat
import pytest

from helpers.files import ROOT
from helpers.messages import LANGUAGES, MESSAGES
from series.notebooks import NOTEBOOKS

SERIES = [ROOT / "series" / name for name in ("learner.py", "room.py")]
MODULES = [*sorted((ROOT / "helpers").rglob("*.py")), *SERIES]  # those that speak to learners
SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in MODULES}


def fields(text):
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def message_calls(source):
    """Calls of message() with a key written out: (key, names of the values, whether there are **values)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message" and node.args:
            key = node.args[0]
            if isinstance(key, ast.Constant):
                names = {keyword.arg for keyword in node.keywords}
                yield key.value, names - {None}, None in names


def mentions(source):
    """Texts that may be a key: constants whole, and the fixed beginnings of f-strings."""
    whole, beginnings = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            beginnings.add(node.values[0].value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole.add(node.value)
    return whole, {text for text in beginnings if "." in text and len(text) > 5}


def lesson_sources():
    for path in sorted(NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                yield "\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!")))


def call_problems(name, source, messages):
    """Calls that would fail: an unknown key, or other values than the text has fields."""
    for key, given, open_ended in message_calls(source):
        if key not in messages:
            yield f"{name}: message({key!r}) does not exist"
            continue
        wanted = set().union(*(fields(text) for text in messages[key].values()))
        if given - wanted or (wanted - given and not open_ended):
            yield f"{name}: message({key!r}) is given {sorted(given)}, its text has {sorted(wanted)}"


@pytest.mark.parametrize("key", MESSAGES)
def test_a_message_has_the_same_fields_in_every_language(key):
    texts = MESSAGES[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({frozenset(fields(text)) for text in texts.values()}) == 1, texts


@pytest.mark.parametrize("name", SOURCES)
def test_a_module_calls_messages_that_exist_with_their_fields(name):
    assert not list(call_problems(name, SOURCES[name], MESSAGES))


def test_lessons_call_messages_that_exist_with_their_fields():
    assert not [problem for source in lesson_sources() for problem in call_problems("a lesson", source, MESSAGES)]


def test_every_message_is_used():
    whole, beginnings = set(), set()
    for name, source in [*SOURCES.items(), *(("a lesson", source) for source in lesson_sources())]:
        if name == "helpers/messages.py":  # holds every key
            source = source.partition("\n}\n")[2]
        found = mentions(source)
        whole |= found[0]
        beginnings |= found[1]
    unused = [key for key in MESSAGES if key not in whole and not key.startswith(tuple(beginnings))]
    assert not unused


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('message("data.lost", row=1)', "does not exist"),
        ('message("data.row")', "is given"),
        ('message("data.row", row=1, column=2)', "is given"),
    ],
)
def test_a_wrong_call_is_noticed(source, words):
    (problem,) = call_problems("data.py", source, {"data.row": {"id": "baris {row}", "en": "row {row}"}})
    assert words in problem
