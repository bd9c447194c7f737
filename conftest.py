"""What every test runs in: the preset mini, quiet kernels, an output folder of its own.

It stands here, not in tests/, so that ``pytest notebooks/id/04_training.ipynb``
runs a lesson in just the same way.
"""

import contextlib
import importlib.util
import os
from pathlib import Path

import pytest

from helpers.messages import LANGUAGES, set_language
from series.notebooks import mini_environment

# Doctests of what needs the site's packages run where these are.
collect_ignore = (
    []
    if importlib.util.find_spec("sphinx")
    else ["series/site/build.py", "series/site/extension.py", "series/site/pictures.py", "series/site/ranking.py"]
)
# Importing it gives PyTorch a pretended device: only in the process that test_elsewhere.py starts.
collect_ignore += ["tests/checks_elsewhere.py"]
collect_ignore += [] if importlib.util.find_spec("onnx") else ["series/site/playground_model.py"]

_environment = contextlib.ExitStack()
_finished = {}  # lesson -> how many of its cells have run, all of them without a failure


def pytest_configure():
    _environment.enter_context(mini_environment())


def pytest_unconfigure():
    _environment.close()


def pytest_runtest_logreport(report):
    path = report.nodeid.split("::")[0]
    if report.when == "call" and path.endswith(".ipynb"):
        _finished[path] = _finished.get(path, True) and report.passed


@pytest.fixture(autouse=True)
def indonesian_messages():
    """Whatever language a test chose, the next one starts in the first."""
    yield
    set_language(LANGUAGES[0])


@pytest.fixture
def smsa_dir():
    """The folder of the real SmSA, for tests that are about it."""
    folder = os.environ.get("SMSA_DIR")
    if not folder:
        pytest.skip("SMSA_DIR is not set: it names the folder with the real SmSA")
    return Path(folder)


@pytest.fixture
def lessons_that_ran():
    """The lessons that passed whole earlier in this session, in the same output folder."""
    return {path for path, passed in _finished.items() if passed}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The reading site, built once for all tests that look at it."""
    from series.site.build import build

    return build(tmp_path_factory.mktemp("site") / "site")


@pytest.fixture(scope="module")
def browser():
    """A Chromium for the tests of one file: an open one keeps an event loop in which no lesson could run."""
    from series.checklist import find_browser

    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright (requirements-site.txt) is not installed")
    if find_browser() is None:
        pytest.skip("no Chromium on this computer")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield started
        started.close()
