"""The command ``guide`` of ``tutorial.py``."""

import argparse
import importlib.util
import pathlib
import subprocess
import sys
import time

from helpers.files import ROOT, WriteError
from helpers.messages import LANGUAGES
from series.checklist import find_browser, write_checklists
from series.notebooks import RunError

PACKAGES = ("sphinx_revealjs", "latex2mathml")
COMMAND = "python3 tutorial.py guide"


def build(folder, languages=LANGUAGES, browser=None):
    """Write guide, slides and handouts.

    Parameters
    ----------
    folder : pathlib.Path
    languages : sequence of str
    browser : str, optional
        The Chromium that prints PDF files; without one there is HTML only.

    Returns
    -------
    list of pathlib.Path
        What was written, reveal.js aside.
    """
    from series.facts import read_lessons
    from series.teaching.guide import guide_page
    from series.teaching.handouts import write_handouts
    from series.teaching.page import write_page
    from series.teaching.slides import copy_reveal, slides_pages

    written = []
    for language in languages:
        lessons, slides = read_lessons(language), folder / "slides" / language
        written += write_page(folder / f"guide_{language}.html", guide_page(lessons, language, COMMAND), browser)
        copy_reveal(slides / "reveal")
        for lesson in lessons:
            shown, printed = slides_pages(lesson)
            written += write_page(slides / f"{lesson.stem}.html", shown, browser, printed)
        written += write_handouts(folder / "handouts", lessons, browser)
    return written + write_checklists(folder / "handouts")


def main(arguments=None):
    """Build, and say what lies where; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog=COMMAND.removeprefix("python3 "), description="The lecturer's guide, slides and handouts, in both languages."
    )
    parser.add_argument("--out", metavar="FOLDER", type=pathlib.Path, default=ROOT / "outputs" / "guide")
    folder = parser.parse_args(arguments).out
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        print(f"Belum terpasang: {names}. Pasang dengan: pip install -r requirements-teach.txt\n"
              f"Not installed: {names}. Install with: pip install -r requirements-teach.txt", file=sys.stderr)  # fmt: skip
        return 1
    browser, started = find_browser(), time.perf_counter()
    try:
        written = build(folder, LANGUAGES, browser)
    except (WriteError, RunError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.SubprocessError as error:
        print(f"Chromium ({browser}) gagal mencetak PDF; HTML yang sudah ditulis ada di {folder}. Tutup Chromium yang terbuka, lalu coba lagi.\n"
              f"Chromium ({browser}) could not print a PDF; the HTML written so far is in {folder}. Close open windows of Chromium, then try again.\n"
              f"{type(error).__name__}: {error}", file=sys.stderr)  # fmt: skip
        return 1
    for path in written:
        print(path)
    if browser is None:
        print("Tidak ada Chromium di sini: buka HTML-nya di peramban mana pun, lalu cetak dari situ.\n"
              "There is no Chromium here: open the HTML in any browser, and print it from there.")  # fmt: skip
    print(f"{len(written)} file, {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
