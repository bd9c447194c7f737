"""START-HERE: one page in each language that opens without a network, with drawn pictures."""

import html
import string
from pathlib import Path

from helpers.files import ROOT

GUIDE = ROOT / "outputs" / "guide"
NAMES = {"id": "MULAI-DI-SINI.html", "en": "START-HERE.html"}
WORDS = {
    "id": {
        "folder_alt": "Gambar isi folder kit: start.bat untuk Windows diberi tanda klik dua kali, di bawahnya start.command untuk macOS.",
        "zip_alt": "Gambar menu klik kanan pada file zip; pilihan Extract All ditandai.",
        "mac_alt": "Gambar jendela macOS: Privacy & Security dengan tombol Open Anyway yang ditandai.",
        "lab_alt": "Gambar browser dengan JupyterLab: daftar pelajaran di kiri, pelajaran pertama di kanan.",
        "double": "klik dua kali", "first": "Pelajaran 0", "contents": "Yang ada di kit ini", "site": "Situs baca: semua pelajaran, tanpa memasang apa pun",
        "guide": "Panduan, slide, dan handout", "extras": "Tambahan dari pengajar", "project": "Seri ini sendiri, seperti di repositorinya",
    },
    "en": {
        "folder_alt": "Drawing of the kit's folder: start.bat for Windows is marked for a double click, below it start.command for macOS.",
        "zip_alt": "Drawing of the right-click menu of a zip file; the entry Extract All is marked.",
        "mac_alt": "Drawing of a macOS window: Privacy & Security with the button Open Anyway marked.",
        "lab_alt": "Drawing of a browser with JupyterLab: the list of lessons on the left, the first lesson on the right.",
        "double": "double-click", "first": "Lesson 0", "contents": "What is in this kit", "site": "Reading site: all lessons, with nothing to install",
        "guide": "Guide, slides and handouts", "extras": "What the lecturer added", "project": "The series itself, as in its repository",
    },
}  # fmt: skip


def picture(name, alt, words):
    """A drawn picture as SVG within the page, with its alternative text."""
    drawing = string.Template((Path(__file__).parent / "starters" / f"{name}.svg").read_text(encoding="utf-8"))
    body = drawing.substitute({key: html.escape(text) for key, text in words.items()}, alt=html.escape(alt, quote=True))
    return f"<figure>{body}</figure>"


def links(out, words):
    """The list of what a kit holds beside its wheels, as links that open from the stick."""
    places = {"site": "site/index.html", "guide": "guide/", "extras": "extras/", "project": "project/README.md"}
    found = [(words[name], place) for name, place in places.items() if (out / place).exists()]
    return "\n".join(f'<li><a href="{place}">{html.escape(text)}</a></li>' for text, place in found)


def start_pages(out, python):
    """Both pages of a kit.

    Parameters
    ----------
    out : pathlib.Path
        The kit's folder, with everything that the pages shall name.
    python : str
        Version that the kit is made for.

    Returns
    -------
    dict of str to str
        HTML by file name.
    """
    pages = {}
    for language, words in WORDS.items():
        template = (Path(__file__).parent / "starters" / f"start.{language}.html").read_text(encoding="utf-8")
        drawings = {name: picture(name, words[f"{name}_alt"], words) for name in ("folder", "zip", "mac", "lab")}
        pages[NAMES[language]] = string.Template(template).substitute(
            drawings, python=python, links=links(out, words), contents=words["contents"]
        )
    return pages
