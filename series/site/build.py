"""Build the site with Sphinx, serve it on this computer."""

import base64
import concurrent.futures
import io
import multiprocessing
import shutil
import tempfile
import tomllib
from pathlib import Path

import nbformat
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sphinx.application import Sphinx
from sphinx.util.console import strip_escape_sequences

from helpers.files import ROOT
from series.launchers import repository_name, site_address
from series.site.lessons import prepare
from series.site.pages import PICTURE, all_pages, read_lessons, start_picture
from series.site.playground import copy_playground
from series.site.words import LANGUAGES, WORDS

HERE = ROOT / "series" / "site"
MARK = "tutorial-site"  # a file that says: this folder was built by us and may be replaced
EXTRAS = ("head", "foot", "analytics", "giscus")


class SiteError(Exception):
    """A site that could not be built; the text says what to do."""


def read_extras(path):
    """What a lecturer's ``site.toml`` adds to each page: ``head``, ``foot``, ``analytics`` (HTML) and ``giscus`` (its settings).

    Raises
    ------
    SiteError
        An unknown entry.
    """
    if path is None:
        return {}
    extras = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    unknown = sorted(set(extras) - set(EXTRAS))
    if unknown:
        raise SiteError(f"{path}: {', '.join(unknown)}: allowed are {', '.join(EXTRAS)}")
    return extras


def settings(language, extras):
    """Sphinx's configuration."""
    words = WORDS[language]
    return {
        "project": words["site"], "language": language, "extensions": ["myst_nb", "series.site.extension"], "root_doc": "index",
        "html_theme": "furo", "html_favicon": str(HERE / "static" / "favicon.svg"), "html_title": words["site"], "html_static_path": [str(HERE / "static")],
        "templates_path": [str(HERE / "templates")], "html_css_files": ["site.css"], "html_js_files": [("quiz.js", {"defer": "defer"})],
        "html_math_renderer": "mathml", "html_copy_source": False, "html_show_sourcelink": False, "html_show_copyright": False,
        "html_baseurl": f"{site_address(repository_name())}{language}/", "site_extras": extras,
        "html_search_language": language, "html_search_scorer": str(HERE / "static" / "scorer.js"), "nb_execution_mode": "off",
        "nb_output_stderr": "error", "myst_heading_anchors": 3, "myst_enable_extensions": ["dollarmath"], "myst_title_to_header": False, "html_use_index": False, "html_domain_indices": False,
        "html_theme_options": {"top_of_page_buttons": []}, "pygments_style": "a11y-light",
        "html_sidebars": {"**": ["sidebar/brand.html", "sidebar/language.html", "sidebar/search.html", "sidebar/scroll-start.html",
                                 "sidebar/navigation.html", "sidebar/scroll-end.html"]},
        "exclude_patterns": ["locale", "downloads"], "suppress_warnings": ["mystnb.unknown_mime_type"],
    }  # fmt: skip


def write_sources(language, folder, playground=None):
    """Write what Sphinx reads: the lessons and the other pages of one language, and the theme's words."""
    (folder / "lessons").mkdir(parents=True)
    lessons = read_lessons(language)
    for path, notebook in lessons:
        nbformat.write(prepare(notebook, path, language, folder / "lessons"), folder / "lessons" / path.name)
    for name, text in all_pages(language, playground).items():
        page = folder / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    (folder / PICTURE).write_bytes(base64.b64decode(start_picture(lessons)[0]))
    for catalogue in (HERE / "locale").glob("*.po"):
        compiled = folder / "locale" / catalogue.stem / "LC_MESSAGES" / "sphinx.mo"
        compiled.parent.mkdir(parents=True)
        with open(catalogue, "rb") as source, open(compiled, "wb") as target:
            write_mo(target, read_po(source, catalogue.stem))
        shutil.copyfile(catalogue.with_suffix(".js"), compiled.with_name("sphinx.js"))  # what the search says in the browser


def run_sphinx(source, out, language, extras):
    """Build the pages of a folder with the site's settings.

    Parameters
    ----------
    source : pathlib.Path
        What `write_sources` writes, or any folder with an ``index.md``.
    out : pathlib.Path
    language : str
    extras : dict
        See `read_extras`.

    Returns
    -------
    list of str
        Sphinx's warnings, such as a dead link.
    """
    warnings = io.StringIO()
    # a whole path: Sphinx seeks the browser's words from the working folder
    own = settings(language, extras) | {"locale_dirs": [str(source / "locale")]}
    with tempfile.TemporaryDirectory(prefix="doctrees-") as doctrees:
        app = Sphinx(source, None, out, doctrees, "html", own, status=None, warning=warnings)
        app.build()
    # docutils has no Indonesian; the few words that it would add itself, such as "Abstract", occur on no page
    return [line for line in strip_escape_sequences(warnings.getvalue()).splitlines() if line and "Docutils-generated text" not in line]


def build_language(language, out, extras, playground=None):
    """Build one language into ``out``; every warning of Sphinx's is an error.

    Raises
    ------
    SiteError
    """
    with tempfile.TemporaryDirectory(prefix="site-") as scratch:
        source, html = Path(scratch) / "source", Path(scratch) / "html"
        write_sources(language, source, playground)
        problems = run_sphinx(source, html, language, extras)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(html, out)
    if problems:
        raise SiteError("\n".join([language, *problems]))
    downloads = out / "downloads"
    downloads.mkdir()
    for path, _ in read_lessons(language):
        shutil.copyfile(path, downloads / path.name)
    for leftover in (".buildinfo", "objects.inv"):
        (out / leftover).unlink(missing_ok=True)


def build(out, languages=LANGUAGES, config=None, playground=None):
    """Build the site into a folder, which is replaced once the new one is whole.

    Parameters
    ----------
    out : str or pathlib.Path
        New, empty, or a site built before.
    languages : sequence of str
    config : str or pathlib.Path, optional
        See `read_extras`.
    playground : pathlib.Path, optional
        The folder of `series.site.playground.make_playground`. Without it the tools' page says that they are not there.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SiteError
    """
    out, extras = Path(out).resolve(), read_extras(config)
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise SiteError(
            f"{out}: ada isinya, dan bukan situs buatan perintah ini; pilih folder lain.\n{out} holds other files: choose another folder."
        )
    new = out.with_name(out.name + ".part")
    shutil.rmtree(new, ignore_errors=True)
    try:
        # a process for each language: Sphinx leaves its words and directives behind in the one that it ran in
        with concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
            jobs = [processes.submit(build_language, language, new / language, extras, playground) for language in languages]
            for job in jobs:
                job.result()
        shutil.copyfile(HERE / "templates" / "choose-language.html", new / "index.html")
        if playground:
            copy_playground(playground, new / "playground")
        (new / MARK).write_text("", encoding="utf-8")
        (new / ".nojekyll").write_text("", encoding="utf-8")  # GitHub Pages leaves out folders that begin with _
        shutil.rmtree(out, ignore_errors=True)
        new.rename(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out
