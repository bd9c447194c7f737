"""The walls of the house: who may import whom, how long a function may be, and how the code is laid out."""

import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.files import ROOT
from helpers.training import train

CODE = ("helpers", "series", "benchmarks")
LONGEST_BODY = 60  # lines of code, docstring apart
MOST_PARAMETERS = 12
TRAIN = inspect.signature(train)  # IndoNLU's, and so the one that may have more


def functions(folders=CODE):
    """Every function of the project with its module."""
    for path in [*(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))), ROOT / "tutorial.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path.relative_to(ROOT), node


def body_length(node):
    """Lines of a function's body, docstring apart."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def parameters(node):
    arguments = node.args
    return len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs)


def lint_imports(folder):
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([str(program), "--no-cache"], cwd=folder, capture_output=True, text=True, encoding="utf-8")


def ruff(*arguments, folder=ROOT):
    return subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=folder, capture_output=True, text=True, encoding="utf-8")


def test_no_import_crosses_a_wall():
    pytest.importorskip("importlinter")
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("helpers/evaluation.py", "import helpers.training", "Evaluation does not need training"),
        ("helpers/data.py", "import helpers.batching", "Lesson N's module"),
        ("helpers/plots.py", "import series.notebooks", "What learners use"),
        ("helpers/training.py", "import sklearn.metrics", "Training needs neither"),
        ("helpers/files.py", "import numpy", "the standard library only"),
        ("helpers/messages.py", "import helpers.files", "No circles"),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path, module, line, contract):
    pytest.importorskip("importlinter")
    for folder in CODE:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    found = lint_imports(tmp_path)
    assert found.returncode == 1
    assert any(contract in row and "BROKEN" in row for row in found.stdout.splitlines()), found.stdout


def test_no_function_is_too_long():
    long = [f"{path}: {node.name}, {body_length(node)} lines" for path, node in functions() if body_length(node) > LONGEST_BODY]
    assert not long


def test_no_function_has_too_many_parameters():
    most = {"train": len(TRAIN.parameters)}
    many = [f"{path}: {node.name}" for path, node in functions() if parameters(node) > most.get(node.name, MOST_PARAMETERS)]
    assert not many


def test_the_code_is_linted_and_formatted():
    pytest.importorskip("ruff")
    for arguments in (("check",), ("format", "--check")):
        found = ruff(*arguments)
        assert found.returncode == 0, found.stdout


def test_data_holds_no_code():
    assert not list((ROOT / "data").rglob("*.py"))


def test_the_check_of_lengths_sees_a_long_function():
    lines = "\n".join("    x += 1" for _ in range(LONGEST_BODY + 1))
    (node,) = ast.parse(f'def f(x):\n    """Say."""\n{lines}\n').body
    assert body_length(node) == LONGEST_BODY + 1
