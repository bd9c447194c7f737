"""A notebook as the site shows it.

What myst-nb drops or does not know is put where it looks: alternative texts of
figures, folded cells, pictures that are attached. The quiz becomes a form, and
the first mention of a term leads to the glossary.
"""

import base64
import copy
import html
import re
import tomllib

from helpers.files import ROOT
from series.facts import read_glossary, study_minutes
from series.launchers import launchers, repository
from series.quizzes import CELL as QUIZ_CELL
from series.quizzes import inline_html, numbers_of, read_quiz
from series.site.playground import lesson_line
from series.site.words import WORDS

# What is left alone when terms are looked for: code, formulas, links and pictures, HTML, headings, and rows of tables.
NOT_PROSE = re.compile(
    r"(```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|!?\[[^\]]*\]\([^)]*\)|<[^>]+>|^#+ [^\n]*$|^\|[^\n]*$)", re.DOTALL | re.MULTILINE
)
PAGES_OF_THE_SITE = {"README.md": "index", "README.id.md": "index"}


def anchor_of(term):
    """The name of a term's place on the glossary page.

    >>> anchor_of("attention mask")
    'term-attention-mask'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def lesson_facts(number):
    """Level, topics and keywords of a lesson, from ``data/lessons.toml``, each by language; topics by slug before."""
    found = tomllib.loads((ROOT / "data" / "lessons.toml").read_text(encoding="utf-8"))
    lesson = found["lessons"][number]
    topics = {slug: found["topics"][slug] for slug in lesson["topics"]}
    return {"level": found["levels"][lesson["level"]], "topics": topics, "keywords": found["keywords"][number]}


def keywords(number, language):
    """The words by which a lesson is looked for: its topics, the terms that it brings, and what else readers call these.

    Words that ``data/glossary.tsv`` advises against are among them: readers type them all the same.
    """
    terms = [row for row in read_glossary() if row["lesson"] == str(int(number))]
    phrases = [names[language] for names in lesson_facts(number)["topics"].values()]
    phrases += [phrase for row in terms for phrase in (row[language], row["en"])]
    phrases += [row["avoid_id"] for row in terms if language == "id"] + lesson_facts(number)["keywords"][language]
    return sorted({word for phrase in phrases for word in re.findall(r"\w+", phrase.lower())})


def facts_line(notebook, path, language):
    """What stands under a lesson's title: level, minutes, topics, ways to run it, as HTML."""
    words, facts = WORDS[language], lesson_facts(path.stem[:2])
    parts = [f"<span class='badge'>{facts['level'][language]}</span>"]
    minutes = study_minutes(notebook)
    if minutes:
        parts.append(f"<span class='badge'>{words['minutes'].format(study=minutes)}</span>")
    parts += [f"<a class='badge' href='../topics/{slug}.html'>{names[language]}</a>" for slug, names in facts["topics"].items()]
    runs = [f"<a href='{html.escape(address)}'>{name}</a>" for name, address in launchers(path, language)]
    runs.append(f"<a href='../downloads/{path.name}' download>{words['download']}</a>")
    return f"<p class='facts'>{' '.join(parts)}</p>\n<p class='launch'>{words['run_here']} {' · '.join(runs)}</p>\n{lesson_line(path.stem[:2], language)}"


def without_own_links(source):
    """A title cell without its last line of links to Colab and to the other edition: the page has its own."""
    return "\n\n".join(part for part in source.split("\n\n") if "colab.research.google.com" not in part)


def fold(cell, words):
    """Mark a folded cell for myst-nb; its label is the cell's own ``# @title``."""
    if not cell.metadata.get("jupyter", {}).get("source_hidden"):
        return
    whole = cell.metadata["jupyter"].get("outputs_hidden", False)
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-cell" if whole else "hide-input"]
    found = re.match(r"#\s*@title\s+(.+)", cell.source)
    label = found[1] if found else words["hidden_code"]
    cell.metadata.setdefault("mystnb", {}).update(
        code_prompt_show=f"{words['show']}: {label}", code_prompt_hide=f"{words['hide']}: {label}"
    )


def describe_figures(cell):
    """Give myst-nb the alternative text that a figure's output carries."""
    for output in cell.get("outputs", []):
        alt = output.get("metadata", {}).get("image/png", {}).get("alt")
        if alt:
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt}


def unpack_attachments(cell, folder, stem):
    """Write the pictures attached to a cell to files, and point at those."""
    for name, forms in cell.get("attachments", {}).items():
        kind, content = next(iter(forms.items()))
        file = folder / f"{stem}-{cell.id}.{kind.rpartition('/')[2].partition('+')[0]}"
        file.write_bytes(base64.b64decode(content) if kind != "image/svg+xml" else content.encode())
        cell.source = cell.source.replace(f"attachment:{name}", file.name)
    cell.pop("attachments", None)


def place_links(source, language):
    """Lead a lesson's links to files of the repository to their pages: on the site where it has one, else in the repository."""

    def placed(found):
        target, mark, anchor = found[2].partition("#")
        if re.match(r"[a-z]+:|#", found[2]) or re.fullmatch(r"\d\d_\w+\.ipynb", target):
            return found[0]
        parts = [part for part in ("notebooks/" + language + "/" + target).split("/") if part != "."]
        while ".." in parts:
            at = parts.index("..")
            del parts[at - 1 : at + 1]
        inside = "/".join(parts)
        if inside in PAGES_OF_THE_SITE:
            return f"{found[1]}(../{PAGES_OF_THE_SITE[inside]}.md)"
        return f"{found[1]}({repository()}/blob/main/{inside}{mark}{anchor})"

    return re.sub(r"(\[[^\]]*\])\(([^)\s]+)\)", placed, source)


def link_terms(source, terms, language):
    """Lead the first mention of each term to the glossary; a term that was found is taken out of ``terms``.

    Parameters
    ----------
    source : str
        Markdown.
    terms : dict of str to dict
        From the words of a mention to the row of the glossary. Changed.
    language : str

    Examples
    --------
    >>> row = {"term": "padding", "meaning_en": "Filling up."}
    >>> link_terms("`padding` is *padding*, and padding again.", {"padding": row}, "en")
    '`padding` is *<a class="term" href="../glossary.html#term-padding" title="Filling up.">padding</a>*, and padding again.'
    """

    def linked(found):
        row = terms.pop(found[0].lower(), None)
        if row is None:
            return found[0]
        meaning = html.escape(row[f"meaning_{language}"], quote=True)
        return f'<a class="term" href="../glossary.html#{anchor_of(row["term"])}" title="{meaning}">{found[0]}</a>'

    longest_first = "|".join(re.escape(mention) for mention in sorted(terms, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?:{longest_first})(?![\w-])", re.IGNORECASE)
    pieces = NOT_PROSE.split(source)
    if terms:
        pieces[::2] = [pattern.sub(linked, piece) for piece in pieces[::2]]  # the protected parts stand between
    return "".join(pieces)


def quiz_form(questions, notebook, language):
    """A quiz as HTML forms: a choice is checked, and its reason appears."""
    words, blocks = WORDS[language], [f"<p class='no-script'>{WORDS[language]['no_script']}</p>"]
    for place, question in enumerate(questions, start=1):
        numbers, name = numbers_of(question, notebook, language), f"quiz-{question['id']}"
        legend = inline_html(question["text"][language].format(**numbers))
        rows = []
        for letter, choice in zip("ABCDEF", question["choices"]):
            text, reason = (inline_html(choice[part][language].format(**numbers)) for part in ("text", "reason"))
            verdict = words["right" if choice.get("right") else "wrong"]
            kind = "right" if choice.get("right") else "wrong"
            rows.append(
                f"<div class='choice'><label><input type='radio' name='{name}' value='{letter}'> <span>{text}</span></label>"
                f"<p class='reason {kind}'><strong>{verdict}</strong> {reason}</p></div>"
            )
        blocks.append(
            f"<form class='quiz' data-choose='{html.escape(words['choose'], quote=True)}'><fieldset>"
            f"<legend><span class='place'>{words['question'].format(place=place, of=len(questions))}</span> {legend}</legend>"
            f"{''.join(rows)}<button type='submit'>{words['check']}</button><div class='answer' role='status'></div></fieldset></form>"
        )
    return "\n".join(blocks)


def prepare(notebook, path, language, folder):
    """A copy of a lesson for myst-nb; attached pictures are written to ``folder``.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    path : pathlib.Path
        Where it was read from: its name is that of the page.
    language : str
    folder : pathlib.Path

    Returns
    -------
    nbformat.NotebookNode
    """
    page, words = copy.deepcopy(notebook), WORDS[language]
    terms = {row[language].lower(): row for row in read_glossary() if row["lesson"] == str(int(path.stem[:2]))}
    for cell in page.cells:
        if cell.cell_type == "code":
            fold(cell, words)
            describe_figures(cell)
            continue
        if cell.id == QUIZ_CELL:
            heading = cell.source.splitlines()[0]
            cell.source = f"{heading}\n\n{quiz_form(read_quiz(path.stem[:2]), notebook, language)}"
            continue
        cell.source = link_terms(place_links(cell.source, language), terms, language)
        unpack_attachments(cell, folder, path.stem)
    page.metadata["myst"] = {"html_meta": {"keywords": ", ".join(keywords(path.stem[:2], language))}}
    heading, _, rest = without_own_links(page.cells[0].source).partition("\n")
    page.cells[0].source = f"{heading}\n\n{facts_line(notebook, path, language)}\n{rest}"
    return page
