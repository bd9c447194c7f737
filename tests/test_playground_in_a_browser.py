"""The playground in a real Chromium against PyTorch: the same tokens, probabilities, guesses and attention; what happens when something breaks."""

import contextlib
import re

import pytest
import torch

from helpers.batching import truncate
from helpers.evaluation import word_importance
from helpers.files import MINI, ROOT
from helpers.model import load_tokenizer
from series.site.playground import LIBRARIES, PARTS, TOOLS, PlaygroundError, bytes_of, key_of, make_playground, read_facts
from series.site.serve import serving
from series.site.words import LANGUAGES

pytest.importorskip("playwright.sync_api", reason="playwright (requirements-site.txt) is not installed")
pytest.importorskip("sphinx", reason="the site's packages (requirements-site.txt) are not installed")
pytest.importorskip("myst_nb", reason="the site's packages (requirements-site.txt) are not installed")
pytest.importorskip("onnx", reason="onnx (requirements-extra.txt) is not installed")
pytest.importorskip("onnxscript", reason="onnxscript (requirements-extra.txt) is not installed")
from test_site import Page

from series.site import playground_model as models
from series.site.build import build

CACHE = ROOT / "outputs" / "playground"  # kept from one run of the tests to the next: what is in it is known by its contents

TEXTS = [
    # plain praise, blame and neither
    "enak sekali .", "pelayanannya ramah , tempatnya bersih", "kecewa , barang rusak dan tidak bisa ditukar", "toko buka jam sembilan pagi",
    "harga naik lagi bulan ini", "saya tidak akan kembali ke sini", "lumayan untuk harga segitu", "rasanya biasa saja , tidak istimewa",
    "kamar hotel sempit tapi bersih", "antre dua jam untuk kopi dingin", "sungguh pengalaman yang menyenankan", "penjual jujur , barang sampai cepat",
    # negation, irony, turns
    "tidak buruk", "tidak enak", "bukannya tidak enak , hanya terlalu asin", "hebat sekali , baru dipakai sehari langsung mati",
    "tempatnya bagus , sayang makanannya hambar", "awalnya ragu , ternyata puas",
    # capitals, accents, slang, doubled letters
    "ENAK BANGET", "Pelayanannya Sangat MENGECEWAKAN", "Café déjà vu di Jalan Braga", "bgt mantulll gaes wkwkwk", "gk jd beli krn mahal bgt", "sukaaaaaa",
    "İstanbul ǅungla ẞTRASSE ŒUVRE", "naïve façade über",
    # emoji: known ones, unknown ones, joined ones, skin and flags, alone and glued to words
    "enak 😍😍😍", "kapok 😡", "🦐🦐🦐", "enak🦐", "👨‍👩‍👧‍👦 senang", "👍🏽 oke", "🇮🇩 merdeka", "❤️ ♥ ☕️", "😂", "🫠 🩷 🫨",
    # punctuation, numbers, symbols, addresses
    "!!!???...", "harga Rp25.000,- (murah!)", "100% asli; 3-4 hari", "lihat https://contoh.id/a?b=c&d=e#f", "@toko #promo $5 €10 ¥100", "a/b\\c|d~e`f^g", "“kutip” ‘satu’ – — …",
    "email: saya@contoh.co.id",
    # other scripts and odd spaces
    "您好 世界", "𠀀𪜀 langka", "こんにちは カタカナ", "مرحبا بالعالم", "ꦱꦸꦒꦼꦁ ꦫꦮꦸꦃ", "ᬑᬁ ᬲ᭄ᬯᬲ᭄ᬢ᭄ᬬᬲ᭄ᬢᬸ", "Привет, мир", "tab\tbaris\nbaru\u00a0keras\u3000lebar", "nol\u200blebar\u200dsambung\ufeff",
    # empty, only marks of the tokenizer, long words, long texts
    "", "   ", "[UNK]", "[MASK] [CLS] [SEP] [PAD]", "[mask] [Unk]", "a" * 101, "mem" * 40, "ketidakbertanggungjawabannya",
    "kamarnya bersih , sarapannya enak , dan pelayannya ramah . " * 14, "🦐 " * 200, "panjang sekali " * 63, "x " * 126, "x " * 127,
]  # fmt: skip
HIDDEN = [
    "suku [MASK] bank naik lagi bulan ini .", "terima [MASK] , pesanan saya sudah sampai .", "pelayan nya ramah dan makanan nya [MASK] .", "pelayan nya galak dan makanan nya [MASK] .",
    "[MASK]", "[MASK] enak sekali", "saya [MASK] [MASK] di sini", "ENAK [MASK]!", "😍 [MASK] 🦐", "ibu kota indonesia adalah [MASK] .",
]  # fmt: skip
RUN = {"id": {"broken": "Unduhan terputus"}, "en": {"broken": "The download broke off"}}


@pytest.fixture(scope="module")
def made():
    try:
        return make_playground(False, CACHE)
    except PlaygroundError as error:
        pytest.skip(f"the libraries cannot be fetched here: {error}")


@pytest.fixture(scope="module")
def site(made, tmp_path_factory):
    return build(tmp_path_factory.mktemp("playground") / "site", playground=made)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(MINI)


@pytest.fixture(scope="module")
def classifier(made):
    return models.halved(models.fine_tuned(models.lesson_to_train(CACHE / f"fine-tuned-{key_of(False)}", False)))


@pytest.fixture(scope="module")
def word_model():
    return models.word_model()


@pytest.fixture(scope="module")
def address(site):
    with serving(site) as found:
        yield found


@contextlib.contextmanager
def page_of(browser, address, **options):
    """A fresh page that notes what goes wrong and what is asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
    opened = context.new_page()
    opened.troubles, opened.asked = [], []
    context.on("request", lambda sent: opened.asked.append(sent.url))
    opened.on("console", lambda said: opened.troubles.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    yield opened
    context.close()


@pytest.fixture
def page(browser, address):
    with page_of(browser, address) as opened:
        yield opened


@pytest.fixture(scope="module")
def loaded(browser, address):
    """One page for the tests that only ask the worker."""
    with page_of(browser, address) as opened:
        opened.goto(f"{address}/id/playground.html")
        yield opened
        assert opened.troubles == []


def ask(page, tool, **given):
    return page.evaluate("([tool, given]) => playground.ask(tool, given)", [tool, given])


def form_of(page, tool):
    return page.locator(f"form[data-tool={tool}]")


def press(page, tool, **boxes):
    """Fill a tool's boxes, press its button, wait for the answer; what it says."""
    form = form_of(page, tool)
    before = form.get_attribute("data-answered")
    for name, text in boxes.items():
        form.locator(f"[name={name}]").fill(text)
    form.locator("[type=submit]").click()
    page.wait_for_function(
        "([tool, before]) => document.querySelector(`form[data-tool=${tool}]`).dataset.answered != before",
        arg=[tool, before],
        timeout=120_000,
    )
    return form.locator(".said").inner_text()


def fetched(page):
    return [url for url in page.asked if "/playground/" in url and "_static" not in url]


def row_of(text, tokenizer):
    """The numbers of a text as the model reads them; blank ones too, which the helpers refuse."""
    ids = torch.tensor(tokenizer(text)["input_ids"])
    return truncate(ids, 128)


def logits_of(model, rows, mask=None):
    subword = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True) if mask is None else mask
    with torch.inference_mode():
        return model(input_ids=subword, attention_mask=mask)


# ---------------------------------------------------------------- against PyTorch


def test_tokens_are_exactly_those_of_python(loaded, tokenizer):
    assert len(TEXTS) >= 60
    for text in [*TEXTS, *HIDDEN]:
        found = ask(loaded, "subwords", text=text)
        assert found["ids"] == tokenizer(text)["input_ids"], text
        assert found["tokens"] == tokenizer.convert_ids_to_tokens(found["ids"]), text


def test_every_character_in_common_use_is_cut_as_in_python(loaded, tokenizer):
    blocks = [(0x20, 0x600), (0x600, 0x618), (0x620, 0x700), (0x900, 0x97F), (0xE00, 0xE5C), (0x1B00, 0x1B4C), (0x1E00, 0x2100), (0x2190, 0x2BFF),
              (0x3000, 0x3100), (0x4E00, 0x5000), (0xA980, 0xA9DF), (0xF900, 0xFB00), (0xFF00, 0xFFEF), (0x1F000, 0x1FAFF), (0x20000, 0x20040)]  # fmt: skip
    newer = {0xA9BD}  # a Javanese sign of which the browser's Unicode says something newer than the tokenizer's
    characters = [chr(code) for first, last in blocks for code in range(first, last) if code not in newer]
    texts = [" ".join(f"enak{each} {each}x" for each in characters[start : start + 100]) for start in range(0, len(characters), 100)]
    found = loaded.evaluate("texts => Promise.all(texts.map(text => playground.ask('subwords', {text}).then(answer => answer.ids)))", texts)
    different = [text for text, ids in zip(texts, found) if ids != tokenizer(text)["input_ids"]]
    assert different == [] and len(characters) > 6000


def test_wordpieces_steps_lead_to_the_tokens(loaded, tokenizer):
    for text in TEXTS:
        found = ask(loaded, "subwords", text=text)
        pieces = []
        for word in found["words"]:
            steps = word["steps"]
            pieces += ["[UNK]"] if steps[-1]["found"] is None else [step["found"] for step in steps]
            assert all(step["found"] is None or step["id"] == tokenizer.convert_tokens_to_ids(step["found"]) for step in steps)
        special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
        written = re.findall(r"\[(?:PAD|UNK|CLS|SEP|MASK)\]", text)
        assert [token for token in pieces if token not in special] == [token for token in found["tokens"] if token not in special]
        assert len(pieces) + len(written) == len(found["tokens"]) - 2, text


def test_probabilities_are_those_of_pytorch(loaded, tokenizer, classifier):
    far = {}
    for text in TEXTS:
        found = ask(loaded, "sentiment", text=text)
        expected = logits_of(classifier, [row_of(text, tokenizer)]).logits[0].softmax(-1)
        difference = (torch.tensor(found["probabilities"]) - expected).abs().max().item()
        assert found["tokens"] == tokenizer.convert_ids_to_tokens(row_of(text, tokenizer).tolist()), text
        if difference > 1e-3:
            far[text] = difference
    assert far == {}


def test_hidden_words_come_in_the_same_order_with_the_same_probabilities(loaded, tokenizer, word_model):
    for text in HIDDEN:
        row = row_of(text, tokenizer)
        logits = logits_of(word_model, [row]).logits[0]
        places = [at for at, token in enumerate(row.tolist()) if token == tokenizer.mask_token_id]
        found = ask(loaded, "hidden-word", text=text)["guesses"]
        assert len(found) == len(places)
        for guesses, place in zip(found, places):
            probability, token = logits[place].softmax(-1).topk(5)
            assert [guess["word"] for guess in guesses] == tokenizer.convert_ids_to_tokens(token.tolist()), text
            assert torch.allclose(torch.tensor([guess["probability"] for guess in guesses]), probability, atol=1e-3)


def test_attention_is_that_of_pytorch(loaded, tokenizer, word_model):
    for text in ("saya makan tahu goreng dan tempe .", "ENAK 🦐", "kopi enak . " * 30):
        row = truncate(row_of(text, tokenizer), 32)
        with torch.inference_mode():
            expected = word_model(input_ids=row[None], output_attentions=True).attentions
        found = ask(loaded, "attention", text=text, most=32)
        assert found["tokens"] == tokenizer.convert_ids_to_tokens(row.tolist())
        assert torch.allclose(torch.tensor(found["maps"]), torch.stack(expected)[:, 0], atol=1e-4)


@pytest.mark.parametrize("mask", [True, False])
def test_logits_stay_with_the_mask_and_move_without_as_in_pytorch(loaded, tokenizer, classifier, mask):
    texts = ["enak sekali .", "stafnya ramah banget .", "kopinya enak , tapi antrenya lama ."]
    rows = [row_of(text, tokenizer) for text in texts]
    given = None if mask else torch.ones(3, max(map(len, rows)), dtype=torch.long)
    expected = logits_of(classifier, rows, given).logits[0]
    found = ask(loaded, "padding", texts=texts, mask=mask)
    assert torch.allclose(torch.tensor(found["together"]), expected, atol=1e-3)
    assert torch.allclose(torch.tensor(found["alone"]), logits_of(classifier, rows[:1]).logits[0], atol=1e-3)
    moved = (torch.tensor(found["together"]) - torch.tensor(found["alone"])).abs().max()
    assert moved < 1e-4 if mask else moved > 0.01


def test_words_left_out_change_what_they_change_in_lesson_5(page, address, tokenizer, classifier):
    page.goto(f"{address}/en/playground.html")
    text = "pelayanannya ramah , sayang makanannya dingin dan hambar"
    press(page, "sentiment", text=text)
    page.wait_for_selector(".left-out[data-changes]", timeout=60_000)
    changes = page.evaluate("JSON.parse(document.querySelector('.left-out').dataset.changes)")
    table = word_importance(text, classifier, tokenizer)
    assert torch.allclose(torch.tensor(changes), torch.tensor(table["importance"].tolist()), atol=2e-3)
    assert page.locator(".left-out tbody th").all_inner_texts() == table["word"].tolist()


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_loaded_before_a_click_then_only_what_the_tool_needs_of_the_size_that_was_said(browser, address, made, language):
    facts = read_facts(made)
    for tool, parts in TOOLS.items():
        with page_of(browser, address) as page:
            page.goto(f"{address}/{language}/playground.html")
            page.wait_for_timeout(200)
            assert fetched(page) == [] and not any("worker" in url for url in page.asked)
            said = form_of(page, tool).locator(".weight").inner_text()
            assert float(re.search(r"(\d+[.,]\d)", said)[1].replace(",", ".")) == round(bytes_of(TOOLS[tool], facts) / 1e6, 1)
            press(page, tool)
            names = sorted(url.rpartition("/")[2].partition("?")[0] for url in fetched(page))
            assert names == sorted(name for part in parts for name in PARTS[part])
            assert "MB" not in form_of(page, tool).locator(".weight").inner_text()
            assert page.troubles == [] and all(url.startswith((address, "blob:", "data:")) for url in page.asked)


def test_the_bar_shows_how_much_has_come(page, address, made):
    page.goto(f"{address}/en/playground.html")
    held = []
    page.context.route("**/playground/sentiment.onnx.gz*", lambda route: held.append(route))
    form = form_of(page, "sentiment")
    form.locator("[type=submit]").click()
    others = bytes_of(TOOLS["sentiment"], read_facts(made)) - read_facts(made)["files"]["sentiment.onnx.gz"]["bytes"]
    form.locator(".loading", has_text=f"{others / 1e6:.1f} MB of 13.5 MB").wait_for(timeout=60_000)
    share = form.locator("progress").evaluate("bar => bar.value")
    assert (
        abs(share - others / bytes_of(TOOLS["sentiment"], read_facts(made))) < 0.01 and form.locator(".said").inner_text() == "Loading ..."
    )
    held[0].continue_()
    page.wait_for_selector("form[data-tool=sentiment][data-answered]", timeout=120_000)
    assert form.locator(".loading").is_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tool_answers_by_keyboard_and_says_so(page, address, language):
    page.goto(f"{address}/{language}/playground.html")
    for tool in TOOLS:
        form = form_of(page, tool)
        form.locator("[name=text], [name=text1]").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"form[data-tool={tool}][data-answered]", timeout=120_000)
        assert form.locator("[role=status]").inner_text().strip() and form.locator(".loading").is_hidden()
        assert form.locator("table caption").first.inner_text().strip()
    assert page.troubles == []


def test_once_loaded_it_needs_no_network_and_sends_nothing(page, address):
    page.goto(f"{address}/en/playground.html")
    for tool in TOOLS:
        press(page, tool)
    page.wait_for_selector(".left-out[data-changes]", timeout=60_000)
    before = len(page.asked)
    page.context.set_offline(True)
    for tool in TOOLS:
        said = press(page, tool, **({"text1": "rahasia sekali"} if tool == "padding" else {"text": "rahasia [MASK] sekali"}))
        assert said
    assert len(page.asked) == before and not any("rahasia" in url for url in page.asked)


def test_layer_and_head_change_the_table_without_a_click(page, address, word_model, tokenizer):
    page.goto(f"{address}/en/playground.html")
    press(page, "attention", text="saya makan tahu .")
    row = row_of("saya makan tahu .", tokenizer)
    with torch.inference_mode():
        expected = torch.stack(word_model(input_ids=row[None], output_attentions=True).attentions)[:, 0]
    form = form_of(page, "attention")
    for layer, head, weights in ((3, "2", expected[2, 1]), (4, "0", expected[3].mean(0))):
        form.locator("[name=layer]").select_option(str(layer))
        form.locator("[name=head]").select_option(head)
        shown = [float(text) for text in form.locator("td").all_inner_texts()]
        assert torch.allclose(torch.tensor(shown), weights.flatten(), atol=0.0051)
        assert f"Layer {layer}" in form.locator(".said").inner_text()


def test_the_switch_for_the_mask_answers_at_once(page, address):
    page.goto(f"{address}/en/playground.html")
    assert "stay" in press(page, "padding")
    form = form_of(page, "padding")
    assert form.locator("td.padded").count() == 10 and "mask 0" in form.locator("td.padded").first.inner_text()
    form.locator("[name=mask]").uncheck()
    page.wait_for_function("/move/.test(document.querySelector('form[data-tool=padding] .said').textContent)")
    assert "mask 1" in form.locator("td.padded").first.inner_text()
    press(page, "padding", text1="kalimat pertama yang paling panjang di antara semua kalimat di sini .")
    assert "longest" in form.locator(".said").inner_text()


def test_the_answer_follows_the_typing_and_the_last_text_wins(page, address):
    page.goto(f"{address}/en/playground.html")
    press(page, "sentiment", text="enak sekali")
    box = form_of(page, "sentiment").locator("[name=text]")
    box.fill("kamarnya bersih dan pelayannya ramah " * 5)
    page.wait_for_timeout(450)
    box.fill("kecewa berat")
    page.wait_for_function("document.querySelector('.left-out tbody')?.rows.length === 2", timeout=60_000)
    assert page.locator(".left-out tbody th").all_inner_texts() == ["kecewa", "berat"]
    assert form_of(page, "sentiment").locator(".said").inner_text().startswith("Guess: negative")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("enak🦐 sekali", r"unknown and lost to the model: enak🦐"),
        ("🦐 🦐 enak", r"At least half of this text is \[UNK\]"),
        ("kamarnya bersih . " * 80, r"was cut\. Not read: .*bersih"),
    ],
)
def test_what_one_has_to_know_of_a_guess_stands_above_it(page, address, text, warning):
    page.goto(f"{address}/en/playground.html")
    press(page, "sentiment", text=text)
    assert re.search(warning, "\n".join(form_of(page, "sentiment").locator(".warnings").all_inner_texts()), re.DOTALL)


def test_low_confidence_is_said_where_it_is_low_and_only_there(page, address):
    page.goto(f"{address}/en/playground.html")
    seen = set()
    for text in TEXTS[:20]:
        found = ask(page, "sentiment", text=text)
        low = max(found["probabilities"]) < 0.6
        if low in seen:
            continue
        seen.add(low)
        press(page, "sentiment", text=text)
        assert (form_of(page, "sentiment").locator(".warnings", has_text="Low confidence").count() == 1) is low, text
    assert seen == {True, False}


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_without_a_text_it_asks_for_one_and_loads_nothing(page, address, text):
    page.goto(f"{address}/en/playground.html")
    form = form_of(page, "sentiment")
    form.locator("[name=text]").fill(text)
    form.locator("[type=submit]").click()
    assert "no text yet" in form.locator(".said").inner_text() and fetched(page) == []


def test_without_a_mask_it_says_where_to_write_one_and_the_button_inserts_it(page, address):
    page.goto(f"{address}/en/playground.html")
    assert "Write [MASK]" in press(page, "hidden-word", text="enak sekali")
    form = form_of(page, "hidden-word")
    form.locator("[name=text]").focus()
    page.keyboard.press("End")
    form.locator(".insert-mask").click()
    assert form.locator("[name=text]").input_value() == "enak sekali [MASK]"
    assert "First guess" in press(page, "hidden-word")


# ---------------------------------------------------------------- when something breaks


BREAKS = {
    "no answer": lambda route: route.abort(),
    "not found": lambda route: route.fulfill(status=404, body="no"),
    "half of it": lambda route: route.fulfill(body=route.fetch().body()[:30_000], content_type="application/octet-stream"),
    "a page to log in": lambda route: route.fulfill(status=200, content_type="text/html", body="<html>log in first</html>"),
}


@pytest.mark.parametrize("name", ["sentiment.onnx.gz", "ort.wasm.gz", "tokenizer.json.gz"])
@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_download_says_so_and_another_try_works(page, address, kind, name):
    page.goto(f"{address}/en/playground.html")
    page.context.route(f"**/playground/{name}*", BREAKS[kind])
    form = form_of(page, "sentiment")
    form.locator("[type=submit]").click()
    form.locator("button.again").wait_for(timeout=60_000)
    assert RUN["en"]["broken"] in form.locator("[role=status]").inner_text() and form.locator(".loading").is_hidden()
    page.context.unroute(f"**/playground/{name}*")
    form.locator("button.again").click()
    page.wait_for_selector("form[data-tool=sentiment][data-answered]", timeout=120_000)
    assert form.locator(".said").inner_text().startswith("Guess:") and form.locator("button.again").count() == 0


@pytest.mark.parametrize("name", ["ort.mjs", "tokenizers.mjs", "worker.mjs"])
def test_a_program_that_did_not_arrive_is_fetched_again(page, address, name):
    page.goto(f"{address}/id/playground.html")
    page.context.route(f"**/{name}*", BREAKS["no answer"])
    form = form_of(page, "sentiment")
    form.locator("[type=submit]").click()
    form.locator("button.again").wait_for(timeout=60_000)
    assert RUN["id"]["broken"] in form.locator("[role=status]").inner_text()
    page.context.unroute(f"**/{name}*")
    form.locator("button.again").click()
    page.wait_for_selector("form[data-tool=sentiment][data-answered]", timeout=120_000)


def test_without_its_script_no_text_goes_to_the_server(browser, address):
    with page_of(browser, address, java_script_enabled=False) as page:
        page.goto(f"{address}/en/playground.html")
        box = form_of(page, "padding").locator("[name=text1]")
        box.fill("rahasia")
        box.press("Enter")
        for tool in TOOLS:
            form_of(page, tool).locator("[type=submit]").click(force=True)
        page.wait_for_timeout(300)
        assert page.url == f"{address}/en/playground.html" and not any("rahasia" in url for url in page.asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_opened_as_a_file_it_says_what_it_needs_and_asks_for_nothing(browser, site, address, language):
    with page_of(browser, address) as page:
        page.goto((site / language / "playground.html").as_uri())
        assert "tutorial.py site" in page.locator("#playground-note").inner_text()
        for tool in TOOLS:
            form_of(page, tool).locator("[type=submit]").click()
            assert "http.server" in form_of(page, tool).locator(".said").inner_text()
        assert not any("worker" in url or url.startswith("http") for url in page.asked) and fetched(page) == []


# ---------------------------------------------------------------- accessibility and size


def answer_all(page, long=False):
    for tool in TOOLS:
        boxes = {"text": "kamarnya [MASK] bersih 🦐 " * 30} if long and tool != "padding" else {}
        press(page, tool, **boxes)
    page.wait_for_selector(".left-out[data-changes]", timeout=120_000)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_no_serious_fault_before_and_after_the_answers(page, address, language, mode):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python (requirements-site.txt) is not installed"
    ).Axe()
    page.emulate_media(color_scheme=mode)
    page.goto(f"{address}/{language}/playground.html")

    def faults():
        found = axe.run(page).response["violations"]
        return [(each["id"], each["nodes"][0]["html"][:150]) for each in found if each["impact"] in ("serious", "critical")]

    assert faults() == []
    answer_all(page, long=mode == "dark")
    assert faults() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_needs_no_scrolling_sideways(page, address, language):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/{language}/playground.html")
    answer_all(page, long=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def test_the_page_is_light_links_are_alive_and_both_libraries_are_named(site):
    for language in LANGUAGES:
        path = site / language / "playground.html"
        found = Page(path)
        parts = {(path.parent / load.partition("?")[0]).resolve() for load in found.loads}
        assert sum(part.stat().st_size for part in {path, *parts}) <= 400_000
        for link in found.links:
            place, _, anchor = link.partition("#")
            target = (path.parent / place).resolve() if place else path
            assert re.match("https?:", link) or target.is_file(), link
        assert set(TOOLS) <= found.anchors and found.headings.count(1) == 1
        text = path.read_text(encoding="utf-8")
        assert all(version in text for version, *_ in LIBRARIES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_and_the_first_page_lead_to_the_tools(site, language):
    assert "playground.html" in Page(site / language / "index.html").links
    for path in (site / language / "lessons").glob("*.html"):
        links = [link for link in Page(path).links if "playground.html#" in link]
        assert links and all(link.partition("#")[2] in TOOLS for link in links), path.name
