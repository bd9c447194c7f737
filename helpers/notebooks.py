"""Run the lessons, store their outputs, turn them into HTML.

Used by ``tutorial.py run`` and ``tutorial.py refresh`` and by the tests; a
learner does not need it.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm.auto import tqdm

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
CELL_TIMEOUT = 1800  # seconds for one cell, before a lesson counts as hanging

# What a lesson reads from the output folder of another one, by number.
NEEDS = {"05": ("04",), "06": ("04",)}

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


def write_whole(path, text):
    """Write a text file in one move: nobody ever finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    os.replace(unfinished, path)


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
            write_whole(path, nbformat.writes(notebook).rstrip("\n") + "\n")
            print(f"{path.stem}: stored, {time.perf_counter() - started:.0f} s", flush=True)


# -------------------------------------------------------------------- READMEs

BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
README_OF = {"README.md": "en", "README.id.md": "id"}
TABLE_HEADS = {"id": ("Pelajaran", "Buka di Colab"), "en": ("Lesson", "Open in Colab")}


def lesson_table(shown_in, notebooks=NOTEBOOKS):
    """The READMEs' table of lessons: title, link, Colab badge, from the notebooks themselves.

    Parameters
    ----------
    shown_in : str
        Language of the README; its own edition of the lessons is listed, or
        the Indonesian one where there is none.
    notebooks : pathlib.Path

    Returns
    -------
    str
        A Markdown table.
    """
    language = shown_in if list((notebooks / shown_in).glob("[0-9][0-9]_*.ipynb")) else "id"
    address = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    repository = address.removeprefix("https://github.com/")
    lines = ["| {} | {} |".format(*TABLE_HEADS[shown_in]), "|---|---|"]
    for path in find_lessons(language, (), notebooks):
        title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        place = f"notebooks/{language}/{path.name}"
        colab = f"https://colab.research.google.com/github/{repository}/blob/main/{place}"
        lines.append(f"| [{title}]({place}) | [![Open in Colab]({BADGE})]({colab}) |")
    return "\n".join(lines)


RESULT_WORDS = {
    "en": ("mean over seeds (lowest–highest; number of seeds)", "mini IndoBERT, pre-trained", "same shape, random weights",
           "test macro-F1, all 11,000 rows", "validation macro-F1, all 11,000 rows", "validation macro-F1, first 600 rows",
           "masked words: a right one among the first five"),
    "id": ("rata-rata beberapa seed (terendah–tertinggi; banyaknya seed)", "IndoBERT mini, *pre-trained*", "bentuk sama, bobot acak",
           "*macro-F1* uji, semua 11.000 baris", "*macro-F1* validasi, semua 11.000 baris", "*macro-F1* validasi, 600 baris pertama",
           "kata yang ditutup: jawaban benar di lima teratas"),
}  # fmt: skip


def results_table(shown_in):
    """The READMEs' table of the mini model's results on the real SmSA, from ``data/results/mini.json``.

    Parameters
    ----------
    shown_in : str
        Language of the README.

    Returns
    -------
    str
        A Markdown table; what has not been measured is a dash.
    """
    results = json.loads((ROOT / "data" / "results" / "mini.json").read_text(encoding="utf-8"))
    words = RESULT_WORDS[shown_in]

    def score(weights, rows, split):
        entry = results.get(weights, {}).get(rows, {})
        found = entry.get("summary", {}).get(split)
        if found is None:
            return "–"
        text = f"{found['mean']:.1f} ({found['low']:.1f}–{found['high']:.1f}; {len(entry['runs'])})"
        return text.replace(".", ",") if shown_in == "id" else text

    lines = ["| {} | {} | {} |".format(*words[:3]), "|---|---|---|"]
    for name, rows, split in ((words[3], "all_rows", "test"), (words[4], "all_rows", "valid"), (words[5], "first_600_rows", "valid")):
        lines.append(f"| {name} | {score('pretrained', rows, split)} | {score('random', rows, split)} |")
    cloze = results["cloze"]
    lines.append(f"| {words[6]} | {cloze['hits']} / {cloze['of']} | |")
    return "\n".join(lines)


SPEED_WORDS = {
    "en": ("rows a second while training (times the naive loop)", "naive loop", "`Trainer`", "ours", "BERT base's shape", "mini IndoBERT",
           "{rows} rows, {format}", "{processor} ({units}), {threads} threads, attention `{attention}`",
           "The mini model predicts 1,000 reviews in {seconds} s there. In training a row of 11,000 costs {ratio} times a row of 1,000. "
           "Validation macro-F1 after {epochs} epochs over {rows} rows (mean, lowest–highest of {seeds} seeds): naive loop {naive}, ours {ours}.",
           "With dropout on a CPU, attention `eager` takes {saved} % less time than `sdpa` at BERT base's shape, whole run, so ours trains with it."),
    "id": ("baris per detik saat latihan (kali loop sederhana)", "loop sederhana", "`Trainer`", "milik kita", "bentuk BERT base",
           "IndoBERT mini", "{rows} baris, {format}", "{processor} ({units}), {threads} *thread*, attention `{attention}`",
           "Di mesin itu model mini memprediksi 1.000 ulasan dalam {seconds} detik. Saat latihan, satu baris dari 11.000 memakan {ratio} "
           "kali waktu satu baris dari 1.000. *Macro-F1* validasi setelah {epochs} epoch atas {rows} baris (rata-rata, terendah–tertinggi dari "
           "{seeds} seed): loop sederhana {naive}, milik kita {ours}.",
           "Dengan dropout di CPU, satu kali latihan bentuk BERT base dengan attention `eager` {saved} % lebih singkat daripada dengan `sdpa`; "
           "karena itu `eager` yang kita pakai."),
}  # fmt: skip


def speed_table(shown_in):
    """The READMEs' figures on the three ways to fine-tune, from ``benchmarks/results.json``.

    Parameters
    ----------
    shown_in : str
        Language of the README.

    Returns
    -------
    str
        For each processor that ran all parts a Markdown table, and a paragraph on prediction, growth and quality.
    """
    machines = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    needed = {"base", "base_float32", "mini", "growth", "prediction", "quality"}
    return "\n\n".join(speed_on(machine, shown_in) for machine in machines if needed <= machine.keys())


def speed_on(results, shown_in):
    """`speed_table`'s part on one processor."""
    title, naive, trainer, ours, base, mini, run, machine, rest, eager = SPEED_WORDS[shown_in]

    def number(value, digits=1):
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if shown_in == "id" else text

    def spread(scores):
        mean, low, high = (number(100 * score) for score in (statistics.mean(scores), min(scores), max(scores)))
        return f"{mean} ({low}–{high})"

    lines = [f"| {machine.format(**results['machine'])}: {title} | {naive} | {trainer} | {ours} |", "|---|---|---|---|"]
    for name, part in ((base, "base"), (base, "base_float32"), (mini, "mini")):
        found = results[part]
        cells = [f"{name}, {run.format(**found)}"]
        cells += [f"{number(found[way]['rows_per_second'])} ({number(found[way]['times_naive'])} ×)" for way in ("naive", "trainer", "ours")]
        lines.append(f"| {' | '.join(cells)} |")
    quality = results["quality"]
    figures = {"seconds": number(results["prediction"]["seconds"]), "ratio": number(results["growth"]["ratio"], 2), "epochs": quality["epochs"],
               "rows": quality["rows"], "seeds": len(quality["ours"]), "naive": spread(quality["naive"]), "ours": spread(quality["ours"])}  # fmt: skip
    sentences = [rest.format(**figures)]
    if "attention" in results:
        sentences.append(eager.format(saved=number(100 * results["attention"]["saved"], 0)))
    return "\n".join([*lines, "", " ".join(sentences)])


def in_between(text, mark, content):
    """Replace what stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)


def filled_readme(name):
    """A README with its generated parts made anew."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = in_between(text, "lessons", lesson_table(README_OF[name]))
    text = in_between(text, "results", results_table(README_OF[name]))
    return in_between(text, "speed", speed_table(README_OF[name]))


def fill_readmes():
    """Write the generated parts of the READMEs."""
    for name in README_OF:
        write_whole(ROOT / name, filled_readme(name))


# ------------------------------------------------------------------------ run


def write_html(notebook, path):
    """Write a notebook with its outputs as one HTML page."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    write_whole(path, page)


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
                notebook = execute(path, on_cell=lambda cell: bar.update())  # noqa: B023
            write_html(notebook, html / language / (path.stem + ".html"))
            seconds = time.perf_counter() - started
            total += seconds
            print(f"{path.stem}: {seconds:.0f} s", flush=True)
    print(f"total: {total:.0f} s; HTML in {html / language}", flush=True)


def main(arguments=None):
    """The commands ``run`` and ``refresh`` of ``tutorial.py``."""
    parser = argparse.ArgumentParser(prog="tutorial.py")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="execute all lessons, write HTML")
    runner.add_argument("--preset", choices=("mini", "laptop", "full"), help="default: TUTORIAL_PRESET, else mini")
    refresher = commands.add_parser("refresh", help="execute lessons, store their outputs")
    refresher.add_argument("lessons", nargs="*", metavar="LESSON", help="for instance 04; all when none is named")
    for command in (runner, refresher):
        command.add_argument("--language", default="id", help="the folder below notebooks/ (default: id)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "refresh":
            refresh(options.lessons, options.language)
            fill_readmes()
        else:
            if options.preset:
                os.environ["TUTORIAL_PRESET"] = options.preset
            run(options.language)
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
