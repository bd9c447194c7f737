"""The built site in a real Chromium: every page, search, switch, quiz, folded answers, phone width, from a folder."""

import re
import urllib.parse

import pytest

from series.site.serve import serving
from series.site.words import LANGUAGES, other

pytest.importorskip("playwright", reason="playwright (requirements-site.txt) is not installed")
pytest.importorskip("sphinx", reason="the site's packages (requirements-site.txt) are not installed")
from playwright import sync_api

from series.site.build import read_extras, run_sphinx
from series.site.pictures import take_all

LESSON = "lessons/00_nlp_and_pytorch"
QUERIES = {
    "id": {
        "aturan kata kunci": "00", "gradien": "00", "turunan": "00", "bag of words": "00", "jaringan kecil": "00", "tensor": "00",
        "label": "01", "duplikat": "01", "tf-idf": "01", "membersihkan data": "01", "padding": "02", "attention mask": "02", "attention": "03",
        "kosakata": "03", "melatih": "04", "pelatihan": "04", "dilatih": "04", "learning rate": "04", "confusion matrix": "05",
        "selang kepercayaan": "05", "evaluasi": "05", "memori": "06", "kuantisasi": "07", "kartu model": "07", "skripsi": "08",
    },
    "en": {
        "keyword rules": "00", "gradient": "00", "derivative": "00", "bag of words": "00", "small network": "00", "tensor": "00",
        "label": "01", "duplicates": "01", "label map": "01", "tf-idf": "01", "padding": "02", "attention mask": "02", "batches": "02",
        "attention": "03", "load a model": "03", "training": "04", "trains": "04", "learning rate": "04", "confusion matrix": "05",
        "confidence interval": "05", "memory": "06", "quantization": "07", "model card": "07", "thesis": "08",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def address(site):
    with serving(site) as found:
        yield found


@pytest.fixture
def page(browser, address):
    """A fresh page that notes what goes wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.troubles = []
    opened.on("console", lambda said: opened.troubles.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.on(
        "request", lambda sent: None if sent.url.startswith((address, "data:", "blob:", "file:")) else opened.troubles.append(sent.url)
    )
    opened.on("response", lambda got: opened.troubles.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    yield opened
    context.close()


def pages_of(site, language):
    return sorted(str(path.relative_to(site)) for path in (site / language).rglob("*.html"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_without_an_error_and_fits_a_phone(site, page, address, language):
    for name in pages_of(site, language):
        page.goto(f"{address}/{name}")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), (name, width)
        assert page.troubles == [], name


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_no_serious_fault(site, page, address, language, mode):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python (requirements-site.txt) is not installed"
    ).Axe()
    page.emulate_media(color_scheme=mode)
    # only contrast depends on the colours; without resultTypes axe also describes thousands of elements that are right
    options = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if mode == "dark" else {})}
    for name in pages_of(site, language):
        page.goto(f"{address}/{name}")
        if LESSON not in name:  # the colours of code are the same everywhere: looking at each of its words once is enough
            page.evaluate("for (const code of document.querySelectorAll('pre')) code.textContent = code.textContent")
        found = [
            (each["id"], each["nodes"][0]["html"][:150])
            for each in axe.run(page, options=options).response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert found == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_search_finds_the_page_among_the_first_three(page, address, language):
    missed = {}
    for query, number in QUERIES[language].items():
        page.goto(f"{address}/{language}/search.html?q={query}")
        page.wait_for_function("/Search Results|Hasil/i.test(document.querySelector('#search-results h2')?.textContent ?? '')")
        first = page.eval_on_selector_all("#search-results ul.search li > a", "links => links.slice(0, 3).map(link => link.href)")
        if not any(f"/lessons/{number}_" in link for link in first):
            missed[query] = [link.rpartition("/")[2] for link in first]
    assert missed == {}
    assert page.troubles == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_glossary_and_generated_pages_do_not_go_before_the_lesson_that_explains_a_topic(page, address, language):
    for number, topics in {"04": ["pelatihan", "training"], "05": ["evaluasi", "evaluation"]}.items():
        page.goto(f"{address}/{language}/search.html?q={topics[LANGUAGES.index(language)]}")
        page.wait_for_selector("#search-results ul.search li")
        assert f"/lessons/{number}_" in page.locator("#search-results ul.search li > a").first.evaluate("link => link.href")


def test_a_word_is_found_under_its_stem(page, address):
    found = []
    for query in ("latih", "pelatihan", "melatih", "dilatih"):
        page.goto(f"{address}/id/search.html?q={query}")
        page.wait_for_selector("#search-results ul.search li")
        found.append(set(page.eval_on_selector_all("#search-results ul.search li > a", "links => links.map(link => link.pathname)")))
    everywhere = set.intersection(*found)  # a title that holds the very word is found besides
    assert len(everywhere) >= 3 and any("/04_" in name for name in everywhere)


@pytest.mark.parametrize(
    ("language", "query", "wanted"),
    [
        ("id", "pelatihan", r"\d+ halaman cocok\."),
        ("id", "qwxz", "Tidak ada halaman yang cocok.*"),
        ("en", "training", r"Search finished, found \d+ pages.*"),
        ("en", "qwxz", "Your search did not match.*"),
    ],
)
def test_the_search_says_what_it_found_in_the_pages_language(page, address, language, query, wanted):
    page.goto(f"{address}/{language}/search.html?q={query}")
    said = page.locator("#search-results .search-summary")
    sync_api.expect(said).to_have_text(re.compile(f"^{wanted}$"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_switch_lands_on_the_twin(page, address, language):
    for name in ("index", LESSON, "glossary", "topics/index"):
        page.goto(f"{address}/{language}/{name}.html")
        page.click(".language-switch a")
        assert page.url == f"{address}/{other(language)}/{name}.html"
        assert page.get_attribute("html", "lang") == other(language)


def test_the_first_page_leads_to_the_readers_language(browser, address):
    for locale, language in (("id-ID", "id"), ("en-GB", "en")):
        context = browser.new_context(locale=locale)
        opened = context.new_page()
        opened.goto(address)
        opened.wait_for_url(f"**/{language}/index.html")
        context.close()


def test_a_quiz_answers_by_keyboard_and_says_the_reason(page, address):
    page.goto(f"{address}/en/{LESSON}.html")
    form = page.locator("form.quiz").first
    form.locator("button").press("Enter")
    assert form.locator(".answer").inner_text() == "Choose an answer first."
    form.locator("input").first.focus()
    page.keyboard.press("Space")
    form.locator("button").press("Enter")
    assert form.locator(".answer").inner_text().startswith("Not quite.")
    for _ in range(form.locator("input").count()):
        page.keyboard.press("Tab")
    form.locator(".choice:has(.reason.right) input").check()
    form.locator("button").press("Enter")
    assert form.locator(".answer").inner_text().startswith("Right.")
    assert form.locator(".choice .reason").first.is_hidden()


def test_a_folded_answer_opens_by_keyboard(page, address):
    page.goto(f"{address}/id/{LESSON}.html")
    folded = page.locator("details", has_text="Jawaban latihan 1").first
    assert folded.get_attribute("open") is None
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.get_attribute("open") is not None
    assert folded.locator("pre").first.is_visible()


def test_without_a_script_a_quiz_shows_its_reasons(browser, address):
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{address}/en/{LESSON}.html")
    assert opened.locator("form.quiz .reason").first.is_visible() and opened.locator(".no-script").is_visible()
    context.close()


def test_from_a_folder_pages_and_search_work(site, page):
    page.goto((site / "id" / f"{LESSON}.html").as_uri())
    assert page.locator("h1").inner_text().startswith("Pelajaran 0")
    page.fill(".sidebar-search", "pelatihan")
    page.press(".sidebar-search", "Enter")
    page.wait_for_function("document.querySelectorAll('#search-results ul.search li').length >= 3")
    assert "/lessons/04_" in page.locator("#search-results ul.search li > a").first.evaluate("link => link.href")
    assert not [trouble for trouble in page.troubles if re.match("https?:", trouble)]


def test_colours_can_be_chosen_and_stay_chosen(page, address):
    page.goto(f"{address}/en/index.html")
    page.locator(".theme-toggle-content .theme-toggle").click()
    chosen = page.get_attribute("body", "data-theme")
    page.goto(f"{address}/en/glossary.html")
    assert chosen in ("light", "dark") and page.get_attribute("body", "data-theme") == chosen


def test_the_pictures_of_the_readmes_are_taken_of_each_page_that_is_there(site, browser, tmp_path):
    taken = take_all(site, tmp_path, browser)
    assert {f"{name}.{language}.png" for name in ("lesson", "site") for language in LANGUAGES} <= {path.name for path in taken}
    for path in taken:
        assert 10_000 < path.stat().st_size < 150_000, path.name


def test_on_paper_menus_are_gone_and_the_reasons_of_a_quiz_are_there(page, address):
    page.goto(f"{address}/en/{LESSON}.html")
    reason, menu = page.locator("form.quiz .choice .reason").first, page.locator(".sidebar-drawer")
    assert reason.is_hidden() and menu.is_visible()
    page.emulate_media(media="print")
    assert reason.is_visible() and menu.is_hidden() and page.locator(".launch:visible").count() == 0


ADDITIONS = {  # entry -> how a lecturer writes it, and the host that it asks
    "nothing": ("", None),
    "head": ("head = \"<link rel='stylesheet' href='https://fonts.invalid/own.css'>\"", "fonts.invalid"),
    "foot": ("foot = \"<img src='https://campus.invalid/logo.png' alt='Campus'>\"", "campus.invalid"),
    "analytics": ("analytics = \"<script async src='https://count.invalid/count.js'></script>\"", "count.invalid"),
    "giscus": ('[giscus]\nrepo = "a/b"\nrepo-id = "R_1"', "giscus.app"),
}


@pytest.mark.parametrize("entry", ADDITIONS)
def test_each_addition_alone_asks_its_own_host_and_nothing_else(entry, browser, tmp_path):
    text, host = ADDITIONS[entry]
    config, source = tmp_path / "site.toml", tmp_path / "source"
    config.write_text(text, encoding="utf-8")
    source.mkdir()
    (source / "index.md").write_text("# A page\n\nWith a text.\n", encoding="utf-8")
    run_sphinx(source, tmp_path / "html", "en", read_extras(config))  # in one process again and again: its warnings speak of that
    context = browser.new_context()
    opened, asked = context.new_page(), set()
    opened.route(re.compile("^https?:"), lambda route: asked.add(urllib.parse.urlsplit(route.request.url).netloc) or route.abort())
    opened.goto((tmp_path / "html" / "index.html").as_uri())
    assert asked == ({host} if host else set())
    context.close()
