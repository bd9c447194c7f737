"""A short lesson that keeps every rule, for tests that break one rule at a time."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from series.notebooks import KERNELSPEC, LANGUAGE_INFO

THIRTY_WORDS = " ".join(["kata"] * 30) + "."
GOALS = """Kamu akan bisa membaca data.

| Langkah | Isi |
|---|---|
| 1. Membaca data | dari berkas |
| [2. Melihat data](#2.-Melihat-data) | dengan mata |
"""
ALT = "Diagram batang: tiga kelas, positif paling banyak"


def make_lesson(steps=8):
    """A lesson of 32 cells with outputs, as it is stored."""
    cells = [
        new_markdown_cell("# Pelajaran contoh", id="title"),
        new_markdown_cell(GOALS, id="goals"),
        new_code_cell("print('siap')", id="setup", outputs=[printed("siap\n")], metadata={"tags": ["nbval-ignore-output"]}),
        new_markdown_cell(f"## 1. Membaca data\n\n{THIRTY_WORDS}", id="reading"),
        new_code_cell("show()", id="figure", outputs=[picture(ALT)]),
        new_markdown_cell(f"## 2. Melihat data\n\n{THIRTY_WORDS}", id="looking"),
        new_code_cell("clock()", id="clock", outputs=[printed("0.1\n")], metadata={"tags": ["nbval-ignore-output"]}),
        new_code_cell("assert 1 < 2, 'satu kurang dari dua'", id="check-clock"),
    ]
    for step in range(steps):
        cells.append(new_markdown_cell(THIRTY_WORDS, id=f"text-{step}"))
        cells.append(new_code_cell(f"print({step})", id=f"step-{step}", outputs=[printed(f"{step}\n")]))
    cells.append(new_markdown_cell(f"## Yang sudah kamu pelajari\n\n{THIRTY_WORDS}", id="learned"))
    for number in (1, 2, 3):
        hidden = {"jupyter": {"source_hidden": True}, "cellView": "form"}
        cells.append(new_markdown_cell(f"### Latihan {number}\n\n{THIRTY_WORDS}", id=f"ex{number}-task"))
        cells.append(new_code_cell("# @title Jawaban\nprint(7)", id=f"ex{number}-solution", outputs=[printed("7\n")], metadata=hidden))
    cells.append(new_markdown_cell("Lanjut ke [pelajaran berikutnya](01_sample.ipynb).", id="next"))
    count = 0
    for cell in cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    nbformat.validate(notebook)
    return notebook


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def picture(alt):
    return new_output("display_data", {"image/png": "aGFsbw==", "text/plain": "<Figure>"}, metadata={"image/png": {"alt": alt}})


def cell_of(notebook, name):
    """The cell with this id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def write_lesson(folder, name, cells, metadata=None):
    """Write a notebook of a few code cells, {id: source}, as `folder/id/name.ipynb`."""
    code = [new_code_cell(source, id=key) for key, source in cells.items()]
    path = folder / "id" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=code, metadata=metadata or {}), path)
    return path
