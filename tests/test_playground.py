"""The playground's files: what the models compute as ONNX, what is fetched and kept, what the page says. No browser; see test_playground_in_a_browser.py."""

import http.server
import json
import re
import socket
import threading

import pytest
import torch

import tutorial
from helpers.data import encode_texts
from helpers.files import MINI, ROOT
from helpers.lesson import PRESETS, SMSA_SHA256
from helpers.model import load_model, load_tokenizer, predict_masked_word
from series.notebooks import find_lessons
from series.site import playground
from series.site.playground import (
    FACTS,
    LIBRARIES,
    PARTS,
    TOOLS,
    TOOLS_OF_LESSON,
    PlaygroundError,
    archive_of,
    bytes_of,
    copy_playground,
    key_of,
    lesson_line,
    make_playground,
    megabytes,
    packed,
    page_words,
    playground_page,
    read_facts,
    registry,
    write_folder,
)
from series.site.words import LANGUAGES

TEXTS = ["enak sekali .", "stafnya ramah banget , tapi KOPINYA dingin 😭🦐", "kamarnya bersih . " * 40]


@pytest.fixture(scope="module")
def models():
    """The module that needs the packages for ONNX."""
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} (requirements-extra.txt) is not installed")
    from series.site import playground_model

    return playground_model


def batch(texts):
    rows = [row[:128] for row in encode_texts(texts, load_tokenizer(MINI))]
    width = max(map(len, rows))
    subword = torch.tensor([row.tolist() + [0] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return subword, mask


def run_onnx(content, subword, mask):
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return [torch.from_numpy(output) for output in session.run(None, {"subword": subword.numpy(), "mask": mask.numpy()})]


# ---------------------------------------------------------------- the models


def test_the_classifier_as_onnx_computes_what_pytorch_does_with_the_same_weights(models):
    model = models.halved(load_model(MINI, attn_implementation=models.EAGER).eval())
    subword, mask = batch(TEXTS)
    content = models.export(model, "sentiment")
    for given in (mask, torch.ones_like(mask)):
        with torch.inference_mode():
            expected = model(input_ids=subword, attention_mask=given).logits
        (found,) = run_onnx(content, subword, given)
        assert torch.allclose(found, expected, atol=1e-4)
    assert len(content) < 0.55 * sum(weight.numel() for weight in model.parameters()) * 4


def test_the_word_model_as_onnx_has_the_very_weights_the_guesses_and_the_attention_of_lesson_3(models):
    model, original = models.halved(models.word_model()), models.word_model()
    assert all(torch.equal(rounded, weight) for rounded, weight in zip(model.state_dict().values(), original.state_dict().values()))
    sentence = "suku [MASK] bank naik lagi bulan ini ."
    subword, mask = batch([sentence, "terima [MASK] ."])
    logits, attention = run_onnx(models.export(model, "words"), subword, mask)
    tokenizer = load_tokenizer(MINI)
    guesses = predict_masked_word(sentence, tokenizer, original)
    probability, token = logits[0, 2].softmax(-1).topk(5)
    assert tokenizer.convert_ids_to_tokens(token.tolist()) == guesses["word"].tolist() and guesses["word"][0] == "bunga"
    assert torch.allclose(probability, torch.tensor(guesses["probability"]).float(), atol=1e-4)
    with torch.inference_mode():
        expected = original(input_ids=subword, attention_mask=mask, output_attentions=True).attentions
    assert torch.allclose(attention, torch.stack(expected), atol=1e-4)


def test_only_what_loses_nothing_is_stored_in_two_bytes(models):
    from onnx import TensorProto, helper, numpy_helper

    exact, lossy = torch.tensor([[0.5, -2.0]]).numpy(), torch.tensor([[0.1, 70_000.0]]).numpy()
    weights = [numpy_helper.from_array(exact, "exact"), numpy_helper.from_array(lossy, "lossy")]
    nodes = [helper.make_node("Add", ["exact", "lossy"], ["sum"])]
    graph = helper.make_graph(nodes, "g", [], [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1, 2])], weights)
    model = models.in_half_precision(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10))
    kinds = {weight.name: weight.data_type for weight in model.graph.initializer}
    assert kinds == {"exact_half": TensorProto.FLOAT16, "lossy": TensorProto.FLOAT}
    (total,) = run_nothing(model.SerializeToString())
    assert (total == exact + lossy).all()


def run_nothing(content):
    import onnxruntime

    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {})


def test_the_recipe_is_that_of_lesson_4_on_the_sample_and_on_the_real_data(models, tmp_path, monkeypatch):
    sample = models.lesson_to_train(tmp_path, False)
    assert (sample.preset, sample.recipe, sample.seed) == ("mini", PRESETS["mini"], 42)
    assert sample.train_path == ROOT / "data" / "smsa_sample" / "train.tsv" and sample.checkpoint == MINI
    for name in SMSA_SHA256:
        (tmp_path / name).write_text("enak\tpositive\n", encoding="utf-8")
    monkeypatch.setenv("SMSA_DIR", str(tmp_path))
    real = models.lesson_to_train(tmp_path, True)
    assert (real.preset, real.recipe) == ("laptop", PRESETS["laptop"]) and real.train_path == tmp_path / "train_preprocess.tsv"
    assert models.real_data_wanted() and key_of(True).startswith("smsa-") and key_of(False).startswith("sample-")


# ---------------------------------------------------------------- what is fetched and kept


@pytest.fixture
def registry_of_ours(tmp_path, monkeypatch):
    """A registry whose every archive holds other bytes than expected; gives the addresses asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"not the archive")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{server.server_address[1]}/")
        yield asked
        server.shutdown()


def test_an_archive_with_other_bytes_is_refused_and_nothing_of_it_stays(registry_of_ours, tmp_path, capsys):
    name, (version, sha256, _) = "@huggingface/tokenizers", LIBRARIES["@huggingface/tokenizers"]
    with pytest.raises(PlaygroundError, match="--without-playground"):
        archive_of(name, version, tmp_path / "npm", sha256)
    assert registry_of_ours == [f"/@huggingface/tokenizers/-/tokenizers-{version}.tgz"]
    assert list((tmp_path / "npm").iterdir()) == []


def test_an_answer_that_is_no_http_is_said_as_other_troubles_are(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        threading.Thread(target=lambda: listening.accept()[0].sendall(b"log in first\r\n\r\n"), daemon=True).start()
        with pytest.raises(PlaygroundError, match="could not be fetched"):
            archive_of("package", "1.0", tmp_path / "npm", "0" * 64)
    assert list((tmp_path / "npm").iterdir()) == []


def test_without_a_network_nobody_waits_for_training(tmp_path, monkeypatch, models):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/")
    monkeypatch.setattr("series.site.playground_model.make_models", never)
    with pytest.raises(PlaygroundError, match="could not be fetched"):
        make_playground(False, tmp_path)


def never(*_):
    raise AssertionError("this must not be called")


def test_the_registry_is_the_environments_or_the_public_one(monkeypatch):
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://mirror.example.org/npm")
    assert registry() == "https://mirror.example.org/npm/"
    monkeypatch.delenv("NPM_CONFIG_REGISTRY")
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert registry() == playground.PUBLIC_REGISTRY


def stand_ins(monkeypatch):
    """Small files in place of libraries and models."""
    names = [name for _, _, wanted in LIBRARIES.values() for name in wanted.values()]
    monkeypatch.setattr(playground, "library_files", lambda _: {name: f"content of {name} ".encode() * 50 for name in names})
    facts = {"data": "sample", "train_rows": 600, "valid_rows": 150, "labels": ["positive", "neutral", "negative"], "f1": 0.8442,
             "rounding": 0.00061, "max_seq_len": 128, "layers": 4, "heads": 4}  # fmt: skip
    models = {"sentiment": b"s" * 1000, "words": bytes(range(256)) * 8000}
    monkeypatch.setattr("series.site.playground_model.make_models", lambda *_: (models, dict(facts)))


def test_it_is_made_once_and_then_taken_from_the_cache(tmp_path, monkeypatch, models, capsys):
    stand_ins(monkeypatch)
    folder = make_playground(False, tmp_path)
    assert "made once" in capsys.readouterr().out
    monkeypatch.setattr(playground, "library_files", never)
    monkeypatch.setattr("series.site.playground_model.make_models", never)
    assert make_playground(False, tmp_path) == folder and capsys.readouterr().out == ""
    copy_playground(folder, tmp_path / "site" / "playground")
    assert {path.name for path in (tmp_path / "site" / "playground").iterdir()} == set(read_facts(folder)["files"])
    (folder / FACTS).unlink()  # as after a run that was cut off
    with pytest.raises(AssertionError):
        make_playground(False, tmp_path)


def test_every_part_of_every_tool_is_a_file_that_is_made(tmp_path, monkeypatch, models):
    stand_ins(monkeypatch)
    files = read_facts(make_playground(False, tmp_path))["files"]
    assert {name for names in PARTS.values() for name in names} <= set(files)
    assert {part for parts in TOOLS.values() for part in parts} == set(PARTS)


def test_more_than_25_megabytes_are_refused(tmp_path):
    files = {name: b"" for names in PARTS.values() for name in names} | {"words.onnx.gz": bytes(25_000_001)}
    with pytest.raises(PlaygroundError, match="25.0 MB"):
        write_folder(tmp_path, files, {})
    assert list(tmp_path.iterdir()) == []


def test_programs_stay_as_they_are_and_the_rest_is_packed_the_same_way_each_time():
    found = packed({"a.mjs": b"x" * 99, "b.onnx": b"x" * 99})
    assert found["a.mjs"] == b"x" * 99 and len(found["b.onnx.gz"]) < 60 and found == packed({"a.mjs": b"x" * 99, "b.onnx": b"x" * 99})


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_sizes_data_and_rounding_from_what_was_made(tmp_path, monkeypatch, models, language):
    stand_ins(monkeypatch)
    folder = make_playground(False, tmp_path)
    facts, page = read_facts(folder), playground_page(language, folder)
    for tool in TOOLS:
        assert page.count(f"data-tool='{tool}'") == 1 and page.count(f"({tool})=") == 1
        assert megabytes(bytes_of(TOOLS[tool], facts), language) in page
    wanted = {"id": ("data contoh", "600 baris", "0,84", "0,0007"), "en": ("sample", "600 rows", "0.84", "0.0007")}
    assert all(each in page for each in wanted[language]) and "128" in page
    assert not re.search(r"(?<![$\\])\{[a-z_-]+\}", page.partition("<script type=")[0]), "something was not filled in"
    settings = json.loads(re.search(r"id='playground-settings'>(.*?)</script>", page)[1])
    assert settings["tools"] == {tool: list(parts) for tool, parts in TOOLS.items()} and settings["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_site_without_it_says_so_and_keeps_the_places_that_lessons_link_to(language):
    page = playground_page(language, None)
    assert "tutorial.py site" in page and "<form" not in page and "<script" not in page
    assert all(f"({tool})=" in page for tool in TOOLS)


def test_the_tools_words_stand_in_both_languages_with_the_same_fields_and_are_used():
    words = {language: page_words(language) for language in LANGUAGES}
    assert all(text.strip() for each in words.values() for text in each.values())
    for name, text in words["id"].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", words["en"][name])), name
    folder = ROOT / "series" / "site"
    script = (folder / "static" / "playground" / "playground.js").read_text(encoding="utf-8")
    code = (folder / "playground.py").read_text(encoding="utf-8") + script
    made_up = {f"{tool}_{part}" for tool in TOOLS for part in ("name", "run", "example")} | {f"padding_example_{n}" for n in (1, 2, 3, 4)}
    made_up |= {"trained_on_sample", "trained_on_smsa"}
    unused = [
        name
        for name in words["id"]
        if name not in made_up and not re.search(rf"words\.{name}\b|words\[\"{name}\"\]|words\['{name}'\]", code)
    ]
    asked = set(re.findall(r"\bwords\.(\w+)", script)) - set(words["id"])
    assert unused == [] and asked == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_leads_to_the_tool_that_belongs_to_it(language):
    for path in find_lessons(language):
        line = lesson_line(path.stem[:2], language)
        assert line.count("<a ") == len(TOOLS_OF_LESSON[path.stem[:2]]) > 0
    assert "#subwords'" in lesson_line("01", language) and "#padding'" in lesson_line("02", language)
    assert all(f"#{tool}'" in lesson_line("03", language) for tool in ("hidden-word", "attention")) and "#sentiment'" in lesson_line(
        "05", language
    )


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(("arguments", "lists"), [([], ["site", "extra"]), (["--build", "x", "--without-playground"], ["site"])])
def test_the_packages_for_onnx_are_installed_only_where_they_are_wanted(monkeypatch, arguments, lists):
    installed, called = [], []
    monkeypatch.setattr(tutorial, "set_up", lambda: "python")
    monkeypatch.setattr(tutorial, "add_extras", lambda _, listed=tutorial.EXTRA: installed.append(re.search(r"-(\w+)\.txt", listed)[1]))
    monkeypatch.setattr(tutorial, "call", lambda *parts: called.append(parts) or 0)
    assert tutorial.site(arguments) == 0
    assert installed == lists and called == [("python", "-m", "series.site", *arguments)]


def test_a_missing_package_is_named_with_the_way_out(monkeypatch, capsys):
    from series.site import __main__ as command

    monkeypatch.setattr(command, "PACKAGES", ())
    monkeypatch.setattr(command, "FOR_THE_MODEL", ("onnx_that_nobody_has",))
    assert command.main(["--build", "x"]) == 1
    said = capsys.readouterr().err
    assert "onnx_that_nobody_has" in said and "requirements-extra.txt" in said and "--without-playground" in said
