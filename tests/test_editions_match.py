"""The English edition and the Indonesian one are the same lessons."""

import ast
import copy
import re

import nbformat
import pytest

from series.notebooks import NOTEBOOKS

PAIRS = [(path, NOTEBOOKS / "en" / path.name) for path in sorted((NOTEBOOKS / "id").glob("[0-9][0-9]_*.ipynb"))]
NAMES = [path.stem for path, _ in PAIRS]
ENGLISH_THERE = pytest.mark.skipif(not (NOTEBOOKS / "en").is_dir(), reason="there is no English edition yet")

pytestmark = ENGLISH_THERE


def read(path):
    return nbformat.read(path, as_version=4)


def frame(cell):
    """What must be equal in a cell besides its code."""
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    return cell.id, cell.cell_type, tuple(sorted(cell.metadata.get("tags", ()))), hidden


class Neutral(ast.NodeTransformer):
    """Takes docstrings out, empties strings, and keeps of an f-string only what it computes."""

    def __init__(self):
        self.strings = []

    def visit_JoinedStr(self, node):
        computed = sorted(
            ast.dump(Neutral().visit(copy.deepcopy(part.value))) for part in node.values if isinstance(part, ast.FormattedValue)
        )
        return ast.Tuple(elts=[ast.Constant(value=part) for part in computed], ctx=ast.Load())

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.strings.append(node.value)
            return ast.Constant(value="")
        return node

    def without_docstring(self, node):
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    visit_FunctionDef = visit_ClassDef = without_docstring


def skeleton(source):
    """A cell's code as text, strings aside, and the strings in their order."""
    neutral = Neutral()
    tree = neutral.visit(ast.parse(source))
    return ast.dump(tree), neutral.strings


def is_code(text):
    """Whether a string is a name, path or pattern that code depends on."""
    return re.fullmatch(r"\S*[_/\\.=\[\]<>#]\S*", text) is not None


def differences(indonesian, english):
    """Where two editions of a lesson part, as sentences that name the cell."""
    found = []
    ids = [[cell.id for cell in book.cells] for book in (indonesian, english)]
    if ids[0] != ids[1]:
        missing = [name for name in ids[0] if name not in ids[1]] or [name for name in ids[1] if name not in ids[0]]
        found.append(f"the cells differ: {', '.join(missing) or 'their order'}")
        return found
    for one, other in zip(indonesian.cells, english.cells):
        if frame(one) != frame(other):
            found.append(f"cell {one.id}: type, tags or hiding differ")
        if one.cell_type != "code" or one.id == "setup":
            continue
        (code, strings), (other_code, other_strings) = skeleton(one.source), skeleton(other.source)
        if code != other_code:
            found.append(f"cell {one.id}: the code differs")
            continue
        for text, other_text in zip(strings, other_strings):
            if text != other_text and (is_code(text) or is_code(other_text)):
                found.append(f"cell {one.id}: {text!r} and {other_text!r} are code, and differ")
    return found


@pytest.mark.parametrize(("indonesian", "english"), PAIRS, ids=NAMES)
def test_a_lesson_has_the_same_cells_and_the_same_code_in_both_languages(indonesian, english):
    assert english.is_file(), f"there is no English edition of {indonesian.stem}"
    assert not differences(read(indonesian), read(english))


@pytest.mark.parametrize(("indonesian", "english"), PAIRS, ids=NAMES)
def test_the_set_up_cells_differ_in_language_only(indonesian, english):
    def code(path):
        source = next(cell.source for cell in read(path).cells if cell.id == "setup")
        return skeleton(source)[0]

    assert code(indonesian) == code(english)


@pytest.mark.parametrize(("indonesian", "english"), PAIRS, ids=NAMES)
def test_each_edition_links_to_its_twin_in_its_first_cell(indonesian, english):
    assert f"(../en/{english.name})" in read(indonesian).cells[0].source
    assert f"(../id/{indonesian.name})" in read(english).cells[0].source


def test_no_english_lesson_lacks_an_indonesian_one():
    assert sorted(path.name for path in (NOTEBOOKS / "en").glob("*.ipynb")) == sorted(path.name for path, _ in PAIRS)


# Seeded differences: the comparison must see each of them.


def two_equal_lessons():
    cells = [
        nbformat.v4.new_markdown_cell("# Satu", id="title"),
        nbformat.v4.new_code_cell('print("jumlah", len(rows["text"]))', id="count-rows", metadata={"tags": ["helper"]}),
    ]
    lesson = nbformat.v4.new_notebook(cells=cells)
    return lesson, copy.deepcopy(lesson)


def test_translated_strings_and_texts_are_no_difference():
    indonesian, english = two_equal_lessons()
    english.cells[0].source, english.cells[1].source = "# One", '# how many\nprint("number", len(rows["text"]))'
    assert not differences(indonesian, english)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda book: book.cells.pop(1), "count-rows"),
        (lambda book: book.cells[1].update(source='print("number", len(rows["text"]) + 1)'), "count-rows: the code differs"),
        (lambda book: book.cells[1].update(source='print("valid.tsv", len(rows["text"]))'), "are code"),
        (lambda book: book.cells[1].metadata.update(tags=[]), "tags"),
        (lambda book: book.cells.reverse(), "their order"),
    ],
    ids=["missing cell", "changed code", "changed file name", "changed tag", "changed order"],
)
def test_a_seeded_difference_is_named(change, named):
    indonesian, english = two_equal_lessons()
    change(english)
    assert named in " ".join(differences(indonesian, english))
