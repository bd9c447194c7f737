"""What Sphinx is taught for this site: Indonesian word stems in its search, formulas as MathML, the way to the twin page."""

import posixpath

import snowballstemmer
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.search import SearchLanguage, languages

from series.site.ranking import write_weights
from series.site.words import WORDS, other

FIXED_LABELS = ("toggle_theme", "toggle_navigation", "toggle_contents")


class SearchIndonesian(SearchLanguage):
    """Sphinx's search with the stemmer of the Snowball project; the browser runs the same stemmer, which Sphinx carries."""

    lang = "id"
    language_name = "Indonesian"
    js_stemmer_rawcode = "indonesian-stemmer.js"
    stopwords = frozenset(["dan", "di", "ke", "dari", "yang", "ini", "itu", "untuk", "dengan", "pada", "juga", "atau"])

    def __init__(self, options):
        super().__init__(options)
        self.stemmer = snowballstemmer.stemmer("indonesian")

    def stem(self, word):
        """The stem of a word.

        Examples
        --------
        >>> {SearchIndonesian({}).stem(word) for word in ("pelatihan", "melatih", "dilatih")}
        {'latih'}
        """
        return self.stemmer.stemWord(word.lower())


def write_math(translator, node, display="inline"):
    """Write a formula as MathML: browsers draw it and screen readers read it, without a script."""
    translator.body.append(convert(node.astext(), display=display))


def write_inline_math(translator, node):
    """A formula within a line."""
    write_math(translator, node)
    raise nodes.SkipNode


def write_block_math(translator, node):
    """A formula on a line of its own."""
    translator.body.append("<div class='math'>")
    write_math(translator, node, "block")
    translator.body.append("</div>")
    raise nodes.SkipNode


def twin_of(pagename, language):
    """The relative address of the same page in the other language.

    Examples
    --------
    >>> twin_of("lessons/00_x", "id")
    '../../en/lessons/00_x.html'
    >>> twin_of("index", "en")
    '../id/index.html'
    """
    up = posixpath.relpath(".", posixpath.dirname(pagename) or ".")
    return posixpath.normpath(f"{up}/../{other(language)}/{pagename}.html")


def add_context(app, pagename, _templatename, context, _doctree):
    """Tell the templates the page's language, its twin, and what the configuration adds."""
    language = app.config.language
    base = app.config.html_baseurl.removesuffix(f"{language}/")
    context.update(
        words=WORDS[language], twin=twin_of(pagename, language), twin_language=other(language), extras=app.config.site_extras,
        alternates={each: f"{base}{each}/{pagename}.html" for each in WORDS}, is_page=app.env is not None and pagename in app.env.found_docs,
    )  # fmt: skip


def finish_pages(app, exception):
    """Mend what the theme writes the same for everybody: its English labels, headings without a level, boxes that only a mouse can scroll."""
    if exception:
        return
    english, words = WORDS["en"], WORDS[app.config.language]
    changes = {f'aria-label="{english[label]}"': f'aria-label="{words[label]}"' for label in FIXED_LABELS}
    changes |= {'role="heading">': 'role="heading" aria-level="2">', "<pre>": '<pre tabindex="0">'}
    for path in app.outdir.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for before, after in changes.items():
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")


def setup(app):
    """Register all of it."""
    languages["id"] = SearchIndonesian
    app.add_config_value("site_extras", {}, "html")
    app.add_html_math_renderer("mathml", inline_renderers=(write_inline_math, None), block_renderers=(write_block_math, None))
    app.connect("html-page-context", add_context)
    app.connect("build-finished", write_weights)
    app.connect("build-finished", finish_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
