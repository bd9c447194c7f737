"""What a lesson builds is what ``helpers/`` holds: one copy, seen twice.

A code cell with the tag ``helper`` holds pieces that live in ``helpers/`` too.
They are compared as syntax trees; docstrings, comments and annotations may
differ.
"""

import ast
import difflib
from pathlib import Path

import nbformat
import pytest
from sample_lesson import cell_of, make_lesson

from helpers.files import ROOT
from series.notebooks import NOTEBOOKS

LESSONS = sorted(NOTEBOOKS.glob("*/[0-9][0-9]_*.ipynb"))
NOT_BUILT = {"messages", "notebooks", "pretraining"}  # modules that no lesson builds

# What each lesson builds at least.
BUILDS = {
    "00_nlp_and_pytorch": {"guess_sentiment", "fit_bag_of_words", "to_numbers", "SmallNetwork", "fit_network", "network_labels"},
    "01_data_preparation": {"find_problems", "load_dataset", "tfidf_baseline", "encode_texts", "DocumentSentimentDataset"},
    "02_padding_and_masks": {
        "truncate",
        "pad_batch",
        "widen",
        "group_by_length",
        "LengthGroupedBatches",
        "DocumentSentimentDataLoader",
        "forget_mask",
        "train_briefly",
    },
    "03_model_loading": {
        "attention_by_hand",
        "count_parameters",
        "fit_probe",
        "forward_sequence_classification",
        "layer_by_hand",
        "load_model",
        "load_tokenizer",
        "predict_masked_word",
        "text_vectors",
    },
    "04_training": {"make_optimizer", "make_schedule", "train_batch", "evaluate"},
    "05_evaluation": {
        "document_sentiment_metrics_fn",
        "predict",
        "macro_f1",
        "bootstrap_interval",
        "bootstrap_differences",
        "with_class_sizes",
        "reliability_table",
        "with_temperature",
        "word_importance",
        "write_submission",
    },
    "06_pytorch_toolbox": {"cut", "train_steps", "step_memory", "n_trainable", "freeze_all_but", "LoRALinear", "add_lora"},
    "07_sharing": {"worst_confusion", "Logits", "export_program", "round_weights", "answer", "predict_rest"},
}


def definitions(source):
    """Top-level functions, classes and CONSTANTS of a source text: {name: node}."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id.isupper():
                    found[target.id] = node
    return found


class Bare(ast.NodeTransformer):
    """Takes docstrings and annotations out of a syntax tree."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return self.without_docstring(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        is_tuple = any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in node.bases)
        if is_tuple or any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
            return self.without_docstring(node)  # here annotations are the code
        self.generic_visit(node)
        return self.without_docstring(node)

    def without_docstring(self, node):
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)


def bare(node):
    """The code of a definition, written out in one way."""
    tree = Bare().visit(ast.parse(ast.unparse(node)))
    return ast.unparse(ast.fix_missing_locations(tree))


def difference(built, kept):
    """The lines in which two definitions differ; empty when they are the same."""
    lines = difflib.unified_diff(bare(built).splitlines(), bare(kept).splitlines(), "lesson", "helpers", lineterm="")
    return "\n".join(lines)


def helper_definitions():
    """What the modules of helpers/ define: {name: {module: node}}."""
    found = {}
    for path in sorted((ROOT / "helpers").glob("*.py")):
        if path.stem not in NOT_BUILT:
            for name, node in definitions(path.read_text(encoding="utf-8")).items():
                found.setdefault(name, {})[path.stem] = node
    return found


def code_cells(lesson):
    """(id, definitions, whether it is tagged helper) of each code cell."""
    for cell in lesson.cells:
        if cell.cell_type == "code":
            plain = "\n".join(line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!")))
            yield cell.id, definitions(plain), "helper" in cell.metadata.get("tags", ())


def drift(lesson, helpers):
    """Yield what a lesson builds otherwise than helpers/, or without saying so."""
    for name, found, tagged in code_cells(lesson):
        for piece, node in found.items():
            kept = helpers.get(piece, {})
            if tagged and not kept:
                yield f"{name}: {piece} is not in helpers/"
            elif tagged and not any(bare(node) == bare(other) for other in kept.values()):
                module, other = next(iter(kept.items()))
                yield f"{name}: {piece} differs from helpers/{module}.py:\n{difference(node, other)}"
            elif not tagged and kept and not piece.startswith("_") and not isinstance(node, (ast.Assign, ast.AnnAssign)):
                yield f"{name}: {piece} is in helpers/{next(iter(kept))}.py too; tag the cell helper or use another name"
        if tagged and not found:
            yield f"{name}: tagged helper, but it defines nothing"


def built_in(lesson):
    return {piece for _, found, tagged in code_cells(lesson) if tagged for piece in found}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_builds_what_helpers_hold(path):
    problems = list(drift(nbformat.read(path, as_version=4), helper_definitions()))
    assert not problems, f"{path.parent.name}/{path.name}:\n" + "\n".join(problems)


@pytest.mark.parametrize("path", [path for path in LESSONS if path.stem in BUILDS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_builds_its_pieces(path):
    missing = BUILDS[path.stem] - built_in(nbformat.read(path, as_version=4))
    assert not missing, f"{path.parent.name}/{path.name}: not built in a cell tagged helper: {sorted(missing)}"


def test_every_piece_that_lessons_build_is_in_helpers():
    missing = set().union(*BUILDS.values()) - set(helper_definitions())
    assert not missing


# ----------------------------------------------------- the comparer itself

KEPT = '''
LIMIT: int = 512

def cut(rows: list, most=LIMIT) -> list:
    """Cut rows.

    More words.
    """
    short = [row[:most] for row in rows]  # a comment
    return short
'''
BUILT = """
LIMIT = 512

def cut(rows, most=LIMIT):
    short = [row[:most] for row in rows]
    return short
"""


def lesson_with(source, tags=("helper",)):
    lesson = make_lesson()
    cell = cell_of(lesson, "figure")
    cell.source, cell.metadata["tags"] = source, list(tags)
    return lesson


@pytest.fixture
def kept():
    return {name: {"data": node} for name, node in definitions(KEPT).items()}


def test_docstrings_comments_and_annotations_may_differ(kept):
    assert list(drift(lesson_with(BUILT), kept)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[:most]", "[: most - 1]"),
        ("most=LIMIT", "most=8"),
        ("= 512", "= 128"),
        ("return short", "return rows"),
        ("def cut", "@cache\ndef cut"),
    ],
)
def test_a_changed_line_is_noticed(kept, old, new):
    (problem,) = drift(lesson_with(BUILT.replace(old, new)), kept)
    assert problem.startswith("figure: ") and "differs from helpers/data.py" in problem
    assert "\n-" in problem and "\n+" in problem


def test_a_copy_without_the_tag_is_noticed(kept):
    (problem,) = drift(lesson_with(BUILT, tags=()), kept)
    assert "cut is in helpers/data.py too" in problem


def test_a_piece_that_helpers_lack_is_noticed(kept):
    (problem,) = drift(lesson_with(BUILT.replace("def cut", "def chop")), kept)
    assert problem == "figure: chop is not in helpers/"


def test_the_fields_of_a_named_tuple_count_as_code():
    first, second = (ast.parse(f"class Batch(NamedTuple):\n    mask: {kind}").body[0] for kind in ("int", "float"))
    assert difference(first, second)


def test_helpers_are_read_from_the_folder():
    assert Path(ROOT, "helpers", "data.py").is_file() and "data" in helper_definitions()["load_dataset"]
