"""Markdown, code and outputs of lessons as HTML, and whole pages as HTML and PDF files."""

import functools
import html
import pathlib
import re
import tempfile

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer, get_lexer_by_name
from pygments.util import ClassNotFound

from helpers.files import ROOT, write_atomically
from series.checklist import print_pdf

STATIC = ROOT / "series" / "teaching" / "static"
FORMATTER = HtmlFormatter(style="default", nowrap=False, cssclass="code")


def coloured(code, language="python"):
    """Code as HTML, with colours by class.

    Examples
    --------
    >>> coloured("x = 1").startswith('<div class="code"><pre>')
    True
    """
    try:
        lexer = PythonLexer() if language == "python" else get_lexer_by_name(language)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return highlight(code, lexer, FORMATTER)


def formula(text, display="inline"):
    """A formula as MathML; only texts with formulas need the package."""
    from latex2mathml.converter import convert

    return convert(text, display=display)


@functools.cache
def markdown_parser():
    """Markdown with tables and formulas; formulas become MathML, which needs no script."""
    parser = mistune.create_markdown(escape=False, plugins=["table", "math"])
    parser.renderer.register("inline_math", lambda _, text: formula(text))
    parser.renderer.register("block_math", lambda _, text: formula(text, "block"))
    parser.renderer.register("block_code", lambda _, code, info=None: coloured(code, info or "text"))
    return parser


def without_files(source):
    """Markdown whose links to files of the repository are plain words: a page on paper, or elsewhere, has no such file.

    Examples
    --------
    >>> without_files("See [Lesson 1](01_x.ipynb) and [IndoNLU](https://github.com/IndoNLP).")
    'See Lesson 1 and [IndoNLU](https://github.com/IndoNLP).'
    """
    return re.sub(r"(?<!!)\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", source)


def to_html(source):
    """Markdown as HTML.

    Examples
    --------
    >>> to_html("*so* `x`")
    '<p><em>so</em> <code>x</code></p>\\n'
    """
    return markdown_parser()(without_files(source))


def inline(source):
    """One paragraph of Markdown as HTML without the paragraph.

    Examples
    --------
    >>> inline("a **b**")
    'a <strong>b</strong>'
    """
    return re.sub(r"^<p>|</p>\s*$", "", to_html(source.strip()).strip())


def styles(*names):
    """The style sheets named, and the colours of code."""
    return "\n".join([*((STATIC / name).read_text(encoding="utf-8") for name in names), FORMATTER.get_style_defs(".code")])


def whole_page(title, body, language, style):
    """A page of HTML that needs no other file."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    return f'<!doctype html>\n<html lang="{language}"><head>{head}<style>{style}</style></head>\n<body>\n{body}\n</body></html>\n'


def write_page(path, text, browser, to_print=None):
    """Write a page and, with a browser, its PDF beside it.

    Parameters
    ----------
    path : pathlib.Path
        Of the page.
    text : str
    browser : str or None
    to_print : str, optional
        Another page that is printed in its place; it is not kept.

    Returns
    -------
    list of pathlib.Path
    """
    write_atomically(path, text.encode())
    if browser is None:
        return [path]
    pdf, source = path.with_suffix(".pdf"), path
    with tempfile.TemporaryDirectory() as folder:
        if to_print:
            source = pathlib.Path(folder) / path.name
            source.write_text(to_print, encoding="utf-8")
        print_pdf(source, pdf, browser)
    return [path, pdf]
