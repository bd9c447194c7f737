"""Run the lessons, store their outputs, turn them into HTML.

Used by ``tutorial.py run`` and ``tutorial.py refresh`` and by the tests; a
learner does not need it.
"""

import contextlib
import os
import re
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm.auto import tqdm

from helpers.files import ROOT, write_atomically

NOTEBOOKS = ROOT / "notebooks"
CELL_TIMEOUT = 1800  # seconds for one cell, before a lesson counts as hanging

# What a lesson reads from the output folder of another one, by number.
NEEDS = {
    "01": ("00",),
    "03": ("00", "01"),
    "04": ("00", "01", "03"),
    "05": ("00", "01", "03", "04"),
    "07": ("04",),
    "08": ("04",),
}

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# A bar in a notebook ignores TQDM_DISABLE (it passes `disable` itself), and
# a bar in a saved output differs at each run.
NO_BARS = """
import functools
import tqdm.notebook
tqdm.notebook.tqdm_notebook.__init__ = functools.partialmethod(tqdm.notebook.tqdm_notebook.__init__, disable=True)
"""


class RunError(Exception):
    """A lesson that did not run as it should; the text names lesson and cell."""


@contextlib.contextmanager
def quiet_kernels(folder):
    """Set the environment in which kernels give the same outputs at each run.

    No progress bars, no IPython configuration of the user's, a fixed hash
    seed, and matplotlib's font cache built beforehand (building it in a kernel
    is announced on stderr).

    Parameters
    ----------
    folder : str or pathlib.Path
        An empty folder that lives as long as the kernels.

    Yields
    ------
    None
        Afterwards the environment is what it was.
    """
    startup = Path(folder) / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-no-bars.py").write_text(NO_BARS, encoding="utf-8")
    before = dict(os.environ)
    os.environ.update(
        IPYTHONDIR=str(Path(folder) / "ipython"),
        TQDM_DISABLE="1",
        PYTHONHASHSEED="0",
        PYTHONUTF8="1",
        JUPYTER_PLATFORM_DIRS="1",
        JUPYTER_PREFER_ENV_PATH="1",
    )
    import matplotlib.font_manager  # noqa: F401  (the import builds the cache)

    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def mini_environment():
    """`quiet_kernels` with the preset mini and an output folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="tutorial-", ignore_cleanup_errors=True) as folder, quiet_kernels(folder):
        os.environ.update(TUTORIAL_PRESET="mini", TUTORIAL_OUTPUT_DIR=str(Path(folder) / "outputs"))
        yield


def find_lessons(language="id", names=(), notebooks=NOTEBOOKS):
    """The lessons of one language in order, or those among them that are named.

    Parameters
    ----------
    language : str
    names : sequence of str
        Numbers (``"04"``), file names with or without ``.ipynb``, or paths.
    notebooks : pathlib.Path
        The folder that holds one folder a language.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    RunError
        A name that is no lesson.
    """
    lessons = sorted((notebooks / language).glob("[0-9][0-9]_*.ipynb"))
    if not lessons:
        raise RunError(f"there are no lessons in {notebooks / language}")
    if not names:
        return lessons
    stems = [Path(name).stem for name in names]
    for stem in stems:
        if not any(stem in (lesson.stem, lesson.stem[:2]) for lesson in lessons):
            raise RunError(f"there is no lesson {stem} in {notebooks / language}: {', '.join(lesson.stem for lesson in lessons)}")
    return [lesson for lesson in lessons if lesson.stem in stems or lesson.stem[:2] in stems]


def code_cells(notebook):
    """The code cells of a notebook with anything in them, with their places in it."""
    return [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


@contextlib.contextmanager
def open_kernel(notebook, folder):
    """A client for a notebook, with a fresh kernel that works in `folder`."""
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=40"],  # a warning about TCP at each start says nothing about a lesson
    )
    with client.setup_kernel():
        yield client


def execute(path, repeat=1, on_cell=None):
    """Execute a lesson in a fresh kernel.

    Parameters
    ----------
    path : pathlib.Path
    repeat : int, optional
        How often each cell is executed before the next one.
    on_cell : callable, optional
        Called with each code cell after each of its executions.

    Returns
    -------
    nbformat.NotebookNode
        The notebook with its new outputs.

    Raises
    ------
    RunError
        With lesson, cell id and the error, at the first cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with open_kernel(notebook, path.parent) as client:
        for index, cell in code_cells(notebook):
            for _ in range(repeat):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise RunError(f"{path.stem}, cell {cell.id}: {error.ename}: {error.evalue}\n{plain(error.traceback)}") from error
                except Exception as error:  # a dead kernel, a cell without end
                    raise RunError(f"{path.stem}, cell {cell.id}: {error}") from error
                if on_cell:
                    on_cell(cell)
    return notebook


def plain(text):
    """A text without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


# -------------------------------------------------------------------- refresh


def text_of(output):
    """The text of one output as a reader sees it, pictures aside."""
    if output.output_type == "stream":
        return output.text
    return "\n".join(text for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def unstorable(cell):
    """Say why a cell's outputs must not be stored, or None when they may."""
    for output in cell.outputs:
        if output.get("name") == "stderr":
            return f"writes to stderr: {output.text.strip()}"
        text = text_of(output)
        address = re.search(r"\bat 0x[0-9a-fA-F]{4,}", text)
        if address and "nbval-ignore-output" not in cell.metadata.get("tags", ()):
            return f"shows a memory address, which differs at each run: {address.group()}"
        if str(ROOT) in text or str(Path.home() / "x")[:-1] in text:
            return "shows a path of this computer"
    return None


def clean(notebook):
    """Take out of an executed notebook what differs from run to run.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place: no widgets, no timing, counts from 1, a plain
        description of the kernel.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook.
    """
    notebook.metadata = nbformat.from_dict({**notebook.metadata, "kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    notebook.metadata.pop("widgets", None)
    for count, (_, cell) in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count
        cell.metadata.pop("execution", None)
        cell.outputs = [output for output in cell.outputs if WIDGET_VIEW not in output.get("data", {})]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


def refresh(names=(), language="id", notebooks=NOTEBOOKS):
    """Execute lessons with the preset mini and store their outputs in place.

    A lesson that reads what another one wrote (see ``NEEDS``) is run after it;
    only the lessons asked for are stored.

    Parameters
    ----------
    names : sequence of str, optional
        All lessons of the language when empty.
    language : str
    notebooks : pathlib.Path

    Raises
    ------
    RunError
        A cell fails or writes something that cannot be stored; the lesson
        then stays as it was.
    """
    wanted = find_lessons(language, names, notebooks)
    before = {number for lesson in wanted for number in NEEDS.get(lesson.stem[:2], ())}
    with mini_environment():
        for path in find_lessons(language, (), notebooks):
            if path not in wanted and path.stem[:2] not in before:
                continue
            started = time.perf_counter()
            notebook = execute(path)
            if path not in wanted:
                continue
            for _, cell in code_cells(notebook):
                problem = unstorable(cell)
                if problem:
                    raise RunError(f"{path.stem}, cell {cell.id}: not stored, the cell {problem}")
            nbformat.validate(clean(notebook))
            write_atomically(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())
            print(f"{path.stem}: stored, {time.perf_counter() - started:.0f} s", flush=True)


# ------------------------------------------------------------------------ run


# nbconvert's own page, with the figures' alternative texts, which its template "lab" (and with it JupyterLab's export) leaves out.
PAGE = """{%- extends 'lab/index.html.j2' -%}
{%- block data_png scoped -%}
{%- set alt = output | get_metadata('alt', 'image/png') or '' -%}
{{ super() | replace('<img ', '<img alt="' ~ (alt | escape_html) ~ '" ') }}
{%- endblock -%}"""


def write_html(notebook, path):
    """Write a notebook with its outputs as one HTML page."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(embed_images=True, raw_template=PAGE).from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    write_atomically(path, page.encode())


def run(language="id", html=None, notebooks=NOTEBOOKS):
    """Execute all lessons in order, write each as HTML, print the seconds.

    The preset is that of ``TUTORIAL_PRESET``, mini by default.

    Parameters
    ----------
    language : str
    html : pathlib.Path, optional
        Folder for the pages; ``outputs/html/`` by default.
    notebooks : pathlib.Path

    Raises
    ------
    RunError
        At the first lesson that fails.
    """
    html = html or ROOT / "outputs" / "html"
    total = 0.0
    with tempfile.TemporaryDirectory(prefix="tutorial-", ignore_cleanup_errors=True) as folder, quiet_kernels(folder):
        for path in find_lessons(language, (), notebooks):
            started = time.perf_counter()
            cells = len(code_cells(nbformat.read(path, as_version=4)))
            with tqdm(total=cells, desc=path.stem, unit="cell", leave=False, disable=None) as bar:
                notebook = execute(path, on_cell=lambda _: bar.update())
            write_html(notebook, html / language / (path.stem + ".html"))
            seconds = time.perf_counter() - started
            total += seconds
            print(f"{path.stem}: {seconds:.0f} s", flush=True)
    print(f"total: {total:.0f} s; HTML in {html / language}", flush=True)
