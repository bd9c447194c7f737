"""Slides: their code, figures and numbers are the lessons' own, notes hold the answers, and nothing overflows at 1280 x 720."""

import html
import re

import pytest

from helpers.messages import LANGUAGES
from series.checklist import find_browser
from series.facts import questions_of, read_lessons

pytest.importorskip("latex2mathml", reason="the guide's packages (requirements-teach.txt) are not installed")
pytest.importorskip("sphinx_revealjs", reason="the guide's packages (requirements-teach.txt) are not installed")
from series.teaching import __main__ as command
from series.teaching import slides
from series.teaching.guide import answered_questions

LESSONS = {language: read_lessons(language) for language in LANGUAGES}
CASES = [(language, lesson.number) for language in LANGUAGES for lesson in LESSONS[language]]
PICKED = {path.stem for path in slides.PICKED.glob("[0-9][0-9].toml")}


def lesson_of(language, number):
    return next(lesson for lesson in LESSONS[language] if lesson.number == number)


def plain(text):
    """A slide's text without tags, as it is read."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Guide, slides and handouts of both languages, as HTML."""
    folder = tmp_path_factory.mktemp("guide")
    command.build(folder)
    return folder


# ------------------------------------------------------------------- contents


def test_every_lesson_with_questions_has_its_slides_picked():
    assert {lesson.number for lesson in LESSONS["id"] if questions_of(lesson)} == PICKED


@pytest.mark.parametrize(("language", "number"), CASES)
def test_code_and_outputs_are_the_lessons_own(language, number):
    lesson = lesson_of(language, number)
    cells = [cell for cell in lesson.notebook.cells if cell.cell_type == "code"]
    sources = "\n".join(cell.source for cell in cells)
    outputs = " ".join(" ".join(slides.printed(cell) for cell in cells).split())
    pictures = {
        "".join(output.data["image/png"].split()) for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})
    }
    for slide in slides.slides_of(lesson):
        for code in re.findall(r'<div class="source".*?<pre>(.*?)</pre>', slide.body, re.DOTALL):
            assert plain(code).strip("\n") in sources
        for text in re.findall(r'<div class="printed".*?<pre>(.*?)</pre>', slide.body, re.DOTALL):
            assert " ".join(plain(text).split()) in outputs
        for picture in re.findall(r"base64,([^\"]+)", slide.body):
            assert picture in pictures
    assert number not in PICKED or sum("<img" in slide.body for slide in slides.slides_of(lesson)) >= 1


@pytest.mark.parametrize(("language", "number"), [case for case in CASES if case[1] in PICKED])
def test_each_question_has_a_slide_with_its_answer_in_the_notes_only(language, number):
    lesson = lesson_of(language, number)
    asked = [slide for slide in slides.slides_of(lesson) if slide.kind == "room"]
    answers = [answer for _, _, answer in answered_questions(lesson)]
    assert len(asked) == len(answers)
    for slide, answer in zip(asked, answers):
        assert plain(slides.inline(answer)) in plain(slide.notes) and plain(slides.inline(answer)) not in plain(slide.body)


@pytest.mark.parametrize(("language", "number"), [case for case in CASES if case[1] in PICKED])
def test_every_section_shows_something_between_its_title_and_its_question(language, number):
    found = slides.slides_of(lesson_of(language, number))
    titles = [place for place, slide in enumerate(found) if slide.kind == "section"]
    assert len(titles) == len(lesson_of(language, number).sections)
    for begin, end in zip(titles, [*titles[1:], len(found)]):
        kinds = [slide.kind for slide in found[begin + 1 : end]]
        assert "output" in kinds[: kinds.index("room")] and "guess" in kinds, found[begin].body


def test_both_editions_have_the_same_kinds_of_slides():
    for number in PICKED:
        kinds = [[slide.kind for slide in slides.slides_of(lesson_of(language, number))] for language in LANGUAGES]
        assert kinds[0] == kinds[1], number


def test_an_output_slide_does_not_come_before_its_guess():
    for slide in (found := slides.slides_of(lesson_of("en", "00"))):
        if slide.kind == "output" and "class='asked'" in slide.body:
            asked = re.search(r"class='asked'>.*?<p[^>]*>(.*?)</p>", slide.body)[1]
            first = next(other for other in found if plain(asked) in plain(other.body))
            assert first.kind == "guess"


def broken(picked, monkeypatch):
    monkeypatch.setattr(slides, "read_picked", lambda number: {"figure": None, "show": picked})
    return slides.slides_of(lesson_of("en", "00"))


@pytest.mark.parametrize(
    ("picked", "words"),
    [
        ({"no-such-cell": ["code"]}, "no section has the code cells no-such-cell"),
        ({"keyword-rule": ["figure"]}, "cell keyword-rule: its stored outputs hold no figure"),
        ({"keyword-rule": ["table"]}, "cell keyword-rule: its stored outputs hold no table"),
        ({"sentiment-rule": ["text"]}, "cell sentiment-rule: its stored outputs hold no text"),
        ({"keyword-rule": ["picture"]}, "'picture' is none of"),
        ({"walk-graph": ["figure 1-2"]}, "'figure 1-2' is none of .*; only code and text can be shown in part"),
        ({"ten-rows": ["text all"]}, "'text all' is none of"),
        ({"ten-rows": ["code 1-9"]}, "cell ten-rows: no statements '1-9'; name how the first one begins"),
        ({"ten-rows": ["code truth = ... def f"]}, "cell ten-rows: no statements 'truth = ... def f'"),
        ({"fit-network": ["code"]}, "cell fit-network: 27 lines of up to 111 letters do not fit"),
    ],
)
def test_what_cannot_be_shown_is_named(picked, words, monkeypatch):
    with pytest.raises(slides.SlideError, match=words):
        broken(picked, monkeypatch)


CELL = (
    "import math\n\nlines = [\n    1,\n]\n\n\ndef f(x):\n    y = [\n        x,\n    ]\n    return y\n\n\nprint(f(1))\nprint(\n    f(2)\n)"
)


@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        (None, CELL),
        ("lines = ", "lines = [\n    1,\n]"),
        ("print(", "print(f(1))"),
        ("def f ... print(", CELL[CELL.index("def f") :]),
        ("y = ... return", "    y = [\n        x,\n    ]\n    return y"),
    ],
)
def test_statements_are_picked_whole_wherever_they_have_moved(which, wanted):
    assert "\n".join(slides.picked_statements(CELL, which, "")) == wanted
    if which:
        assert "\n".join(slides.picked_statements(f"moved = 1\n\n{CELL}\nmore = 2", which, "")) == wanted


def test_a_table_of_pandas_is_measured_by_its_columns():
    text = "<table><tr><th></th><th>a</th></tr><tr><th>row</th><td>12345</td></tr></table>"
    assert slides.columns_of(text) == ([3, 5], 2)
    assert slides.table_size(text) > slides.table_size(text.replace("12345", "x" * 200))


# ------------------------------------------------------------------ the files


def test_slides_load_nothing_from_elsewhere_and_bring_reveal_with_its_licence(built):
    for path in sorted(built.glob("slides/*/*.html")):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"([^\"]{1,80})", text)
        assert all(name.startswith("data:") or (path.parent / name).is_file() for name in loaded)
        assert "reveal/reveal.js" in loaded
    for language in LANGUAGES:
        assert "Permission is hereby granted" in (built / "slides" / language / "reveal" / "LICENSE").read_text(encoding="utf-8")
        assert len(list((built / "slides" / language).glob("*.html"))) == len(LESSONS[language])


def test_one_command_writes_both_languages(built, tmp_path, monkeypatch, capsys):
    names = {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
    wanted = {
        f"{name}_{language}.html"
        for name in ("guide", "handouts/glossary", "handouts/summaries", "handouts/checklist")
        for language in LANGUAGES
    }
    assert wanted < names and len(names) == len(wanted) + len(CASES)
    monkeypatch.setattr(command, "find_browser", lambda: None)
    monkeypatch.setattr(command, "build", lambda folder, languages, browser: [folder / "guide_id.html"])
    assert command.main(["--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "guide_id.html" in text and "There is no Chromium here" in text


def test_without_its_packages_the_command_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert command.main([]) == 1
    assert "pip install -r requirements-teach.txt" in capsys.readouterr().err


def test_a_browser_that_fails_is_named_without_a_traceback(tmp_path, monkeypatch, capsys):
    def refuse(folder, languages, browser):
        raise command.subprocess.CalledProcessError(1, [browser])

    monkeypatch.setattr(command, "find_browser", lambda: "my-chromium")
    monkeypatch.setattr(command, "build", refuse)
    assert command.main(["--out", str(tmp_path)]) == 1
    assert "my-chromium" in (text := capsys.readouterr().err) and str(tmp_path) in text


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert command.main(["--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err


@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this computer")
def test_a_pdf_has_a_sheet_for_each_slide(tmp_path):
    lesson = lesson_of("id", "00")
    shown, printed = slides.slides_pages(lesson)
    _, pdf = slides_write(tmp_path / "a.html", shown, printed)
    content = pdf.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == len(slides.slides_of(lesson))
    assert re.search(rb"/MediaBox\s*\[\s*0 0 960 540\s*\]", content)  # points: 1280 x 720 pixels


def slides_write(path, shown, printed):
    from series.teaching.page import write_page

    return write_page(path, shown, find_browser(), printed)


# -------------------------------------------------------------- in a browser

OVERFLOWING = """() => {
  const found = [];
  Reveal.getSlides().forEach((slide, place) => {
    Reveal.slide(place);
    const box = slide.getBoundingClientRect();
    const wide = [];
    if (slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1) wide.push('the slide itself');
    slide.querySelectorAll('*').forEach((part) => {
      if (part.closest('aside') || part.closest('math')) return;
      const edge = part.getBoundingClientRect();
      const cut = getComputedStyle(part).overflow !== 'visible' && part.clientWidth
        && (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1);
      if (edge.width && (cut || edge.right > box.right + 1 || edge.bottom > box.bottom + 1)) wide.push(part.tagName);
    });
    if (wide.length) found.push(`slide ${place + 1} (${slide.className}): ${wide.slice(0, 3)}`);
  });
  return [Reveal.getSlides().length, Reveal.getScale(), found];
}"""


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": slides.WIDTH, "height": slides.HEIGHT})
    opened.troubles = []
    opened.on("console", lambda said: opened.troubles.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.on("request", lambda sent: None if sent.url.startswith(("file:", "data:", "blob:")) else opened.troubles.append(sent.url))
    yield opened
    opened.close()


@pytest.mark.parametrize(("language", "number"), CASES)
def test_no_slide_overflows(built, page, language, number):
    lesson = lesson_of(language, number)
    page.goto((built / "slides" / language / f"{lesson.stem}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    count, scale, found = page.evaluate(OVERFLOWING)
    assert count == len(slides.slides_of(lesson)) and scale == 1
    assert not found
    assert not page.troubles


def test_a_slide_that_overflows_is_noticed(built, page):
    page.goto((built / "slides" / "id" / f"{lesson_of('id', '00').stem}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate("document.querySelectorAll('.slides section')[1].querySelector('ul').style.fontSize = '70px'")
    page.evaluate("document.querySelectorAll('.slides section')[4].querySelector('pre').style.fontSize = '60px'")
    found = page.evaluate(OVERFLOWING)[2]
    assert [re.match(r"slide (\d+)", text)[1] for text in found] == ["2", "5"]


def test_a_slide_with_a_figure_is_photographed_for_the_readmes(built, browser, tmp_path):
    pytest.importorskip("sphinx", reason="the site's packages (requirements-site.txt) are not installed")
    from series.site.pictures import take_slides

    taken = take_slides(built, tmp_path, browser)
    assert [path.name for path in taken] == [f"slides.{language}.png" for language in LANGUAGES]
    assert all(10_000 < path.stat().st_size < 150_000 for path in taken)


def test_the_key_s_shows_the_expected_answer_to_the_speaker_from_a_plain_folder(built, page):
    lesson = lesson_of("en", "00")
    page.goto((built / "slides" / "en" / f"{lesson.stem}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate("Reveal.slide(Reveal.getSlides().findIndex((slide) => slide.className.includes('room')))")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    notes.filter(has_text="Expected answer.").wait_for()
    assert plain(slides.inline(answered_questions(lesson)[0][2])) in notes.inner_text()
    opened.value.close()


def test_the_first_slides_code_can_be_read_from_afar(built, page):
    page.goto((built / "slides" / "en" / f"{lesson_of('en', '00').stem}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    sizes = page.evaluate("[...document.querySelectorAll('.source, .printed')].map((part) => parseFloat(getComputedStyle(part).fontSize))")
    assert len(sizes) > 20 and min(sizes) >= slides.SMALLEST
