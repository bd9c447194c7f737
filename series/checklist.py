"""The thesis clinic's checklist as a page to print: ``python -m series.checklist`` (lesson 08).

One source, ``data/clinic/checklist.toml``, gives HTML in each language and,
where Chromium is installed, PDF: one page of A4.
"""

import argparse
import html
import pathlib
import shutil
import subprocess
import sys
import tempfile

from helpers.clinic import read_checklist
from helpers.files import ROOT, write_atomically
from helpers.messages import LANGUAGES

OUT = ROOT / "outputs" / "checklist"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STYLE = """
@page { size: A4; margin: 14mm 15mm }
body { font: 10.5pt/1.4 "DejaVu Sans", Verdana, sans-serif; color: #111; max-width: 190mm; margin: 0 auto }
h1 { font-size: 17pt; margin: 0 0 2mm }
table { border-collapse: collapse; width: 100%; margin: 4mm 0 }
th { text-align: left; border-bottom: 1.5px solid #111; padding: 1.5mm 2mm }
td { border-bottom: 0.5px solid #888; padding: 2.1mm 2mm; vertical-align: top }
td.box { font-size: 15pt; line-height: 1; width: 7mm }
td.sign { width: 62mm; color: #333; font-style: italic }
"""


def checklist_page(language):
    """The checklist as one HTML page.

    Parameters
    ----------
    language : str

    Returns
    -------
    str
    """
    checklist = read_checklist()

    def word(texts):
        return html.escape(texts[language], quote=False)

    rows = [
        f'<tr><td class="box">☐</td><td>{place}. {word(item["ask"])}</td><td class="sign">{word(item["sign"])}</td></tr>'
        for place, item in enumerate(checklist["items"], start=1)
    ]
    head = f"<tr><th></th><th>{word(checklist['ask'])}</th><th>{word(checklist['sign'])}</th></tr>"
    return "\n".join(
        [
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">',
            f"<title>{word(checklist['title'])}</title><style>{STYLE}</style></head><body>",
            f"<h1>{word(checklist['title'])}</h1><p>{word(checklist['intro'])}</p>",
            f"<table>{head}{''.join(rows)}</table>",
            f"<p>{word(checklist['foot'])}</p></body></html>",
        ]
    )


def find_browser():
    """The Chromium of this computer, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_pdf(page, path, browser):
    """Print an HTML file to a PDF file by Chromium; the PDF appears under its name only when whole.

    Raises
    ------
    subprocess.SubprocessError
        Chromium failed, or took more than five minutes.
    """
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--no-pdf-header-footer"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = pathlib.Path(folder, "page.pdf")
        command = [browser, *options, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        write_atomically(path, made.read_bytes())


def write_checklists(folder=OUT):
    """Write the checklist in each language, as HTML and, if there is a Chromium, as PDF.

    Returns
    -------
    list of pathlib.Path
        What was written.
    """
    browser, written = find_browser(), []
    for language in LANGUAGES:
        page = pathlib.Path(folder) / f"checklist_{language}.html"
        write_atomically(page, (checklist_page(language) + "\n").encode())
        written.append(page)
        if browser:
            print_pdf(page, page.with_suffix(".pdf"), browser)
            written.append(page.with_suffix(".pdf"))
    return written


def main(arguments=None):
    """Write the pages and say where they are; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=OUT, type=pathlib.Path)
    for path in write_checklists(parser.parse_args(arguments).out):
        print(path)
    if find_browser() is None:
        print("no Chromium here: open the HTML in any browser and print it from there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
