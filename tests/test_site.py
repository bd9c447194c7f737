"""The site as it is built: links, languages, alternative texts, weight, what a configuration adds. No browser; see test_site_in_a_browser.py."""

import html.parser
import json
import re
import urllib.parse

import nbformat
import pytest

from helpers.files import ROOT
from series.notebooks import find_lessons
from series.quizzes import read_quiz
from series.site.lessons import anchor_of, link_terms, place_links, prepare, quiz_form, read_glossary, study_minutes
from series.site.pages import all_pages
from series.site.words import LANGUAGES, WORDS, other

pytest.importorskip("sphinx", reason="the site's packages (requirements-site.txt) are not installed")
pytest.importorskip("myst_nb", reason="the site's packages (requirements-site.txt) are not installed")
from series.site.build import SiteError, build, read_extras, run_sphinx

LESSONS = [path for language in LANGUAGES for path in find_lessons(language)]


class Page(html.parser.HTMLParser):
    """What the tests want to know of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.anchors, self.images, self.headings, self.language = [], [], set(), [], [], None
        self.alternates = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors.update(value for name, value in attributes if name in ("id", "name") and value)
        if tag == "html":
            self.language = values.get("lang")
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "img":
            self.images.append(values)
            self.loads.append(values["src"])
        elif tag in ("script", "iframe", "source") and "src" in values:
            self.loads.append(values["src"])
        elif tag == "link":
            (self.alternates if values.get("rel") == "alternate" else self.loads if values.get("rel") == "stylesheet" else []).append(
                values["href"]
            )
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="session")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


# ---------------------------------------------------------------- the lessons as pages


def test_the_first_mention_of_a_term_leads_to_the_glossary_and_code_links_and_headings_stay():
    rows = {"padding": {"term": "padding", "meaning_en": 'Fill "up"'}, "attention mask": {"term": "attention mask", "meaning_en": "M"},
            "mask": {"term": "mask", "meaning_en": "m"}}  # fmt: skip
    text = "# padding\n\n`padding` [padding](x) <b title='padding'>$padding$ | An attention mask, padding, padding; mask."
    linked = link_terms(text, rows, "en")
    assert linked.startswith("# padding\n\n`padding` [padding](x) <b title='padding'>$padding$ | An <a")
    assert linked.count("<a class") == 3 and linked.endswith(", padding; " + linked.rpartition("; ")[2])
    assert 'title="Fill &quot;up&quot;"' in linked and linked.index("term-attention-mask") < linked.index("term-padding") < linked.index(
        'term-mask"'
    )
    assert rows == {}


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("[x](01_data_preparation.ipynb)", "[x](01_data_preparation.ipynb)"),
        ("[x](https://a.org/b)", "[x](https://a.org/b)"),
        ("[x](#here)", "[x](#here)"),
        ("[x](../../README.md)", "[x](../index.md)"),
        ("[x](../../helpers/data.py#L3)", "/blob/main/helpers/data.py#L3)"),
    ],
)
def test_links_of_a_lesson_lead_somewhere_from_the_site(link, wanted):
    assert place_links(link, "en").endswith(wanted)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_lesson_keeps_its_cells_and_is_itself_not_changed(path, tmp_path):
    lesson = nbformat.read(path, as_version=4)
    before = nbformat.writes(lesson)
    page = prepare(lesson, path, path.parent.name, tmp_path)
    assert nbformat.writes(lesson) == before
    assert [cell.id for cell in page.cells] == [cell.id for cell in lesson.cells]
    for cell in page.cells:
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded == bool({"hide-input", "hide-cell"} & set(cell.metadata.get("tags", [])))


def test_a_quiz_on_the_site_has_the_questions_the_choices_and_one_right_answer_each():
    path = find_lessons("en", ["00"])[0]
    questions = read_quiz("00")
    form = quiz_form(questions, nbformat.read(path, as_version=4), "en")
    assert form.count("<form") == len(questions) and form.count("class='reason right'") == len(questions)
    assert form.count("type='radio'") == sum(len(question["choices"]) for question in questions)


def test_the_minutes_of_study_are_read_in_both_languages():
    found = {language: [study_minutes(nbformat.read(path, as_version=4)) for path in find_lessons(language)] for language in LANGUAGES}
    assert found["id"] == found["en"] and found["id"][0] > 30


def test_the_two_languages_have_the_same_words_and_the_same_pages():
    assert WORDS["id"].keys() == WORDS["en"].keys()
    assert all_pages("id").keys() == all_pages("en").keys()


# ---------------------------------------------------------------- the built site


def test_every_link_and_every_anchor_exists(site, pages):
    dead = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            if re.match(r"[a-z]+:", link):
                continue
            place, _, anchor = urllib.parse.unquote(link).partition("#")
            target = (path.parent / place.partition("?")[0]).resolve() if place else path
            if not target.is_file() or (anchor and target.suffix == ".html" and anchor not in pages[target].anchors):
                dead.append((str(path.relative_to(site)), link))
    assert dead == []


def test_nothing_is_loaded_from_another_host(pages, site):
    assert [(path.name, load) for path, page in pages.items() for load in page.loads if re.match(r"([a-z]+:)?//", load)] == []
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_every_page_has_its_language_its_twin_and_one_first_heading(site, pages):
    for path, page in pages.items():
        if path.parent == site:
            continue
        language = path.relative_to(site).parts[0]
        assert page.language == language, path
        twin = site / other(language) / path.relative_to(site / language)
        assert twin.is_file(), path
        assert any((path.parent / link).resolve() == twin for link in page.links if not re.match(r"[a-z]+:", link)), path
        assert page.headings.count(1) == 1 and page.headings[0] == 1, path
        assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:])), (path, page.headings)
        assert len(page.alternates) == 2 or path.name == "search.html", path


def test_every_figure_has_its_alternative_text(pages):
    described = 0
    for path, page in pages.items():
        for image in page.images:
            assert len(image.get("alt", "")) > 20, (path, image["src"])
            described += 1
    lessons = [nbformat.read(path, as_version=4) for path in LESSONS]
    figures = sum(
        "image/png" in output.get("data", {}) for lesson in lessons for cell in lesson.cells for output in cell.get("outputs", [])
    )
    assert described >= figures > 20


def test_indonesian_pages_have_no_english_labels_of_the_theme(site):
    for path in (site / "id").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for label in (
            *(WORDS["en"][name] for name in ("toggle_theme", "toggle_navigation", "toggle_contents")),
            "Skip to content",
            "Back to top",
            "On this page",
        ):
            assert label not in text, (path.name, label)


def test_a_page_without_its_figures_weighs_at_most_400_kilobytes(pages):
    for path, page in pages.items():
        parts = {(path.parent / load.partition("?")[0]).resolve() for load in page.loads}
        weight = sum(part.stat().st_size for part in {path, *parts} if part.suffix not in (".png", ".jpg", ".svg"))
        assert weight <= 400_000, (path.name, weight)


def test_every_term_stands_in_the_glossary_of_both_languages(site):
    for language in LANGUAGES:
        text = (site / language / "glossary.html").read_text(encoding="utf-8")
        missing = [row["term"] for row in read_glossary() if f'id="{anchor_of(row["term"])}"' not in text.replace("'", '"')]
        assert missing == []


def test_formulas_are_mathml_and_no_script_draws_them(site):
    text = (site / "en" / "lessons" / "00_nlp_and_pytorch.html").read_text(encoding="utf-8")
    assert "<math" in text and not re.search(r"mathjax[^<>]*\.js", text, re.IGNORECASE) and "\\cdot" not in text


def test_the_search_index_holds_indonesian_stems(site):
    index = (site / "id" / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index[index.index("(") + 1 : index.rindex(")")])["terms"]
    assert "latih" in terms and "pelatihan" not in terms


# ---------------------------------------------------------------- the command


ADDITIONS = {  # entry -> how a lecturer writes it, and what then stands in each page
    "head": ("head = \"<meta name='own'>\"", "<meta name='own'>"),
    "foot": ('foot = "<p>own foot</p>"', "<p>own foot</p>"),
    "analytics": ("analytics = \"<script src='/count.js'></script>\"", "/count.js"),
    "giscus": ('[giscus]\nrepo = "a/b"\nrepo-id = "R_1"', 'data-repo="a/b"'),
}


@pytest.mark.parametrize("entry", ADDITIONS)
def test_an_addition_stands_on_a_page_only_where_it_is_configured(entry, tmp_path, pages):
    config, source = tmp_path / "site.toml", tmp_path / "source"
    config.write_text(ADDITIONS[entry][0], encoding="utf-8")
    source.mkdir()
    (source / "index.md").write_text("# A page\n\nWith a text.\n", encoding="utf-8")
    run_sphinx(source, tmp_path / "html", "en", read_extras(config))  # in one process again and again: its warnings speak of that
    text = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert {name for name, (_, added) in ADDITIONS.items() if added in text} == {entry}
    for path in pages:
        plain = path.read_text(encoding="utf-8")
        assert not any(added in plain for _, added in ADDITIONS.values()) and "giscus" not in plain, path


def test_an_unknown_addition_is_refused_by_name(tmp_path):
    config = tmp_path / "site.toml"
    config.write_text('heaad = "x"\n', encoding="utf-8")
    with pytest.raises(SiteError, match="heaad.*head, foot"):
        read_extras(config)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("x", encoding="utf-8")
    with pytest.raises(SiteError, match="holds other files"):
        build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_failed_build_leaves_the_site_that_was_there(tmp_path, monkeypatch, site):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("tutorial-site", "index.html"):
        (out / name).write_text("before", encoding="utf-8")
    monkeypatch.setattr("series.site.build.build_language", no_such_function)
    with pytest.raises(Exception, match="nothing is built"):
        build(out, ("en",))
    assert (out / "index.html").read_text(encoding="utf-8") == "before" and sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def no_such_function(*_):
    raise RuntimeError("nothing is built")


def test_the_lists_of_the_sites_packages_agree():
    wanted = [
        re.match(r"[\w-]+", line)[0].lower()
        for line in (ROOT / "requirements-site.txt").read_text().splitlines()
        if line and line[0] != "#"
    ]
    pinned = [line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    assert set(wanted) <= set(pinned)
