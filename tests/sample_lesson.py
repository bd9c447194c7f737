"""A short lesson that keeps every rule, for tests that break one rule at a time."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.messages import message
from series.notebooks import KERNELSPEC, LANGUAGE_INFO

THIRTY_WORDS = " ".join(["kata"] * 30) + "."
READING = f"{THIRTY_WORDS}\n\n**Untuk seisi kelas.** Kenapa?"
GOALS = """Kamu akan bisa membaca data.

**Waktu menjalankan:** sekitar 20 detik.

**Waktu belajar:** sekitar 90 menit.

| Langkah | Isi |
|---|---|
| 1. Membaca data | dari berkas |
| [2. Melihat data](#2.-Melihat-data) | dengan mata |
| 3. Menghitung data | dengan jari |
"""
ALT = "Diagram batang: tiga kelas, positif paling banyak"


def section(title, cell, needs="persiapan saja"):
    """The first cell of a section, with what it needs and a guess."""
    return new_markdown_cell(f"## {title}\n\n**Perlu:** {needs}.\n\n{THIRTY_WORDS}\n\n**Tebak dulu.** Apa isinya?", id=cell)


def make_lesson(steps=8):
    """A lesson of 44 cells with outputs, as it is stored."""
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    cells = [
        new_markdown_cell("# Pelajaran contoh", id="title"),
        new_markdown_cell(GOALS, id="goals"),
        new_code_cell('PRESET = "mini"  # @param ["mini", "laptop"]', id="preset"),
        new_code_cell("# @title Persiapan\nprint('siap')", id="setup", outputs=[printed("siap\n")],
                      metadata={"tags": ["nbval-ignore-output"], **folded}),
        section("1. Membaca data", "reading"),
        new_code_cell("show()", id="figure", outputs=[picture(ALT)]),
        new_markdown_cell(f"{READING}\n\n**Jeda.** Lima menit.", id="figure-look"),
        section("2. Melihat data", "looking", "persiapan, bagian 1"),
        new_code_cell("clock()", id="clock", outputs=[printed("0.1\n")], metadata={"tags": ["nbval-ignore-output"]}),
        new_code_cell("assert 1 < 2, 'satu kurang dari dua'", id="check-clock"),
        new_markdown_cell(f"{READING}\n\n**Jeda.** Sepuluh menit.", id="clock-look"),
        section("3. Menghitung data", "counting"),
    ]  # fmt: skip
    for step in range(steps):
        cells.append(new_code_cell(f"print({step})", id=f"step-{step}", outputs=[printed(f"{step}\n")]))
        cells.append(new_markdown_cell(READING, id=f"text-{step}"))
    cells.append(new_markdown_cell(f"## Yang sudah kamu pelajari\n\n{THIRTY_WORDS}", id="learned"))
    cells.append(new_markdown_cell(f"## Kuis\n\n{THIRTY_WORDS}", id="quiz"))
    cells.append(new_markdown_cell(f"## Latihan\n\n{THIRTY_WORDS}", id="exercises"))
    for number in (1, 2, 3, 4):
        hidden = {"jupyter": {"source_hidden": True, "outputs_hidden": True}, "cellView": "form", "collapsed": True}
        unanswered, right = (
            message(f"exercises.{verdict}", number=number, name=f"ex{number}", text="") for verdict in ("unanswered", "right")
        )
        cells += [
            new_markdown_cell(f"**Latihan {number}.**\n\n**Perlu:** persiapan saja.\n\n{THIRTY_WORDS}", id=f"ex{number}-task"),
            new_code_cell(f'shares = ...\nlesson.check("ex{number}", shares)', id=f"ex{number}-try", outputs=[printed(unanswered)]),
            new_code_cell(f'# @title Jawaban\nlesson.check("ex{number}", 7, ours=True)', id=f"ex{number}-solution",
                          outputs=[printed(right)], metadata=hidden),
        ]  # fmt: skip
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
