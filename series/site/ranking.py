"""In what order the search shows pages: what a page is about goes before what it mentions.

Sphinx's index knows which words a page holds, not how often and where. For
each word stem this module writes how much each page is about it: Okapi BM25,
with the words of title, headings and keywords counted several times.
``static/scorer.js`` orders by that.
"""

import json
import math
from collections import Counter

from docutils import nodes

TITLE, HEADING = 30, 10  # as often counts a word of the page's title, and one of a heading or of the keywords
LESSONS = "lessons/"
OTHER_PAGES = 0.5  # lists, tables and the glossary mention everything: what explains it comes first
SATURATION, LENGTH = 1.5, 0.75  # the usual constants of BM25, k1 and b


def stems_of(text, language):
    """The stems under which Sphinx's index holds a text's words.

    Parameters
    ----------
    text : str
    language : sphinx.search.SearchLanguage

    Returns
    -------
    list of str
    """
    stems = (language.stem(word).lower() for word in language.split(text))
    return [stem for stem in stems if language.word_filter(stem)]


def stems_of_page(doctree, language):
    """A page's stems, as often as they count. What stands in raw HTML, such as a quiz, is left out."""
    heads = [node.astext() for node in doctree.findall(nodes.title)]
    keywords = [node["content"] for node in doctree.findall(nodes.meta) if node.get("name") == "keywords"]
    texts = [(node.astext(), 1) for node in doctree.findall(nodes.Text) if not isinstance(node.parent, nodes.raw)]
    texts += [(text, TITLE) for text in heads[:1]] + [(text, HEADING) for text in heads[1:] + keywords]
    return [stem for text, times in texts for stem in times * stems_of(text, language)]


def weights(pages):
    """How much each page is about each stem that several pages hold; where one page holds it there is nothing to order.

    Parameters
    ----------
    pages : dict of str to list of str
        From a page's name to its stems.

    Returns
    -------
    dict of str to dict of str to float

    Examples
    --------
    >>> found = weights({"lessons/a": ["train"] * 9 + ["model"], "lessons/b": ["model"] * 9 + ["train", "mask"], "glossary": ["train", "model"]})
    >>> sorted(found["train"], key=found["train"].get, reverse=True)
    ['lessons/a', 'lessons/b', 'glossary']
    >>> sorted(found)
    ['model', 'train']
    """
    usual_length = sum(map(len, pages.values())) / len(pages)
    holders = Counter(stem for stems in pages.values() for stem in set(stems))
    found = {}
    for name, stems in pages.items():
        share = 1 if name.startswith(LESSONS) else OTHER_PAGES
        half = SATURATION * (1 - LENGTH + LENGTH * len(stems) / usual_length)  # so many mentions give half of the weight
        for stem, times in ((stem, times) for stem, times in Counter(stems).items() if holders[stem] > 1):
            rarity = math.log(1 + (len(pages) - holders[stem] + 0.5) / (holders[stem] + 0.5))
            found.setdefault(stem, {})[name] = round(share * rarity * times * (SATURATION + 1) / (times + half), 2)
    return found


def write_weights(app, exception):
    """Write ``searchweights.js`` beside Sphinx's index once all pages are built."""
    if exception:
        return
    language = app.builder.indexer.lang
    pages = {name: stems_of_page(app.env.get_doctree(name), language) for name in sorted(app.env.found_docs)}
    places = {name: place for place, name in enumerate(pages)}  # a number is shorter than a name, and there are thousands
    short = {stem: {places[name]: weight for name, weight in by_page.items()} for stem, by_page in sorted(weights(pages).items())}
    names, table = (json.dumps(part, ensure_ascii=False, separators=(",", ":")) for part in (places, short))
    text = f"const searchPages = {names};\nconst searchWeights = new Map(Object.entries({table}));\n"
    (app.outdir / "searchweights.js").write_text(text, encoding="utf-8")
