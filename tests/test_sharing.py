"""What leaves the computer: the same guesses in another process and another form, and nothing along with it that should stay."""

import importlib.metadata
import json
import re
import sys
import types

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_links_and_licences import PERMISSIVE, licences_of
from tiny_checkpoint import write_tiny_checkpoint
from transformers import AutoModelForSequenceClassification, pipeline

from helpers import demo
from helpers.evaluation import predict
from helpers.files import ROOT
from helpers.messages import LANGUAGES, set_language
from helpers.model import load_model, load_tokenizer
from helpers.packages import read_requirements
from helpers.sharing import (
    ONNX_PACKAGES,
    Logits,
    export_onnx,
    export_program,
    files_to_share,
    logits_of,
    missing_packages,
    onnx_form,
    round_weights,
    run_elsewhere,
    shrink_onnx,
    upload_to_folder,
    with_rounded_weights,
    worst_confusion,
)
from helpers.training import save_model

TEXTS = ["makanan nya enak sekali", "buruk", "jadwal nya sudah diumumkan kemarin sore", "ramah , bersih , dan murah"]
EXTRAS = read_requirements(ROOT / "requirements-extra.txt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A fine-tuned folder as lesson 04 leaves it, training state included."""
    tiny = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))
    folder = tmp_path_factory.mktemp("out") / "sentiment"
    save_model(load_model(tiny), folder, load_tokenizer(tiny))
    (folder / "checkpoint.pt").write_bytes(b"optimizer")
    (folder / "my_reviews.csv").write_text("rahasia", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def parts(folder):
    return load_model(folder).eval(), load_tokenizer(folder)


# ------------------------------------------------------------ another process


def test_a_saved_folder_names_the_task_that_its_weights_are_for(folder):
    """`pipeline` and the hub read it there; the pre-trained checkpoint's own word would make them guess masked words."""
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"] == ["BertForSequenceClassification"]


def test_pipeline_guesses_what_predict_does(folder, parts):
    answers = pipeline("text-classification", model=str(folder), device="cpu")(TEXTS, truncation=True)
    assert [answer["label"] for answer in answers] == predict(TEXTS, *parts)["label"].tolist()


def test_the_other_process_sees_nothing_of_this_project(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    program = (
        "import importlib.util, json, os; print(json.dumps([importlib.util.find_spec('helpers') is None, os.environ['HF_HUB_OFFLINE']]))"
    )
    assert run_elsewhere(program, None) == [True, "1"]


def test_a_failure_in_the_other_process_is_said():
    for language in LANGUAGES:
        set_language(language)
        with pytest.raises(RuntimeError, match="KeyError: 'label'"):
            run_elsewhere("{}['label']", None)


# ------------------------------------------------------------------ model card


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_worst_confusion_is_a_mistake_with_the_largest_share_of_its_row(counts):
    labels = ["positive", "neutral", "negative"]
    true, guessed, count, rows = worst_confusion(pd.DataFrame(counts, index=labels, columns=labels))
    assert true != guessed and count == counts[labels.index(true)][labels.index(guessed)] and rows == sum(counts[labels.index(true)])
    for row, line in enumerate(counts):
        for column, value in enumerate(line):
            assert row == column or value / max(sum(line), 1) <= count / max(rows, 1) + 1e-9


# --------------------------------------------------------------------- exports


def test_an_exported_program_computes_the_same_for_any_size_of_batch(parts, tmp_path):
    model, tokenizer = parts
    export_program(model, tmp_path / "model.pt2")
    exported = torch.export.load(tmp_path / "model.pt2").module()
    for texts in (TEXTS, TEXTS[:1], TEXTS * 3):
        assert torch.allclose(logits_of(exported, texts, tokenizer, 128), logits_of(Logits(model).eval(), texts, tokenizer, 128), atol=1e-5)


def test_logits_come_in_the_order_of_the_texts(parts):
    model, tokenizer = parts
    labels = list(predict(TEXTS, model, tokenizer).attrs["label2index"])
    guesses = [labels[index] for index in logits_of(Logits(model).eval(), TEXTS, tokenizer, 128, batch_size=2).argmax(-1)]
    assert guesses == predict(TEXTS, model, tokenizer)["label"].tolist()


@pytest.mark.filterwarnings("error::UserWarning")
def test_onnx_computes_the_same_and_says_nothing_on_the_way(parts, tmp_path, capfd):
    for name in ONNX_PACKAGES:
        pytest.importorskip(name)
    model, tokenizer = parts
    export_onnx(model, tmp_path / "model.onnx")
    shrink_onnx(tmp_path / "model.onnx", tmp_path / "int8.onnx")
    wanted = logits_of(Logits(model).eval(), TEXTS * 3, tokenizer, 128)
    assert torch.allclose(logits_of(onnx_form(tmp_path / "model.onnx"), TEXTS * 3, tokenizer, 128), wanted, atol=1e-4)
    small = logits_of(onnx_form(tmp_path / "int8.onnx"), TEXTS * 3, tokenizer, 128)
    assert (small - wanted).abs().max() < 0.5 * wanted.abs().max()
    assert (tmp_path / "int8.onnx").stat().st_size < 0.5 * (tmp_path / "model.onnx").stat().st_size
    assert capfd.readouterr() == ("", "")


def test_what_is_not_installed_is_named_with_the_way_to_get_it(capsys):
    for language in LANGUAGES:
        set_language(language)
        assert missing_packages("torch", "no_such_package") == ["no_such_package"]
        assert "-m pip install no_such_package" in capsys.readouterr().out
    assert missing_packages("torch") == [] and capsys.readouterr().out == ""


@pytest.mark.parametrize("name", EXTRAS)
def test_an_extra_package_has_a_permissive_licence(name):
    pytest.importorskip(name)
    licences = {licence.upper() for licence in licences_of(importlib.metadata.metadata(name))}
    assert licences and licences <= PERMISSIVE


def test_the_extra_packages_are_those_of_the_onnx_part():
    assert set(EXTRAS) == set(ONNX_PACKAGES)


# ---------------------------------------------------------------- quantization


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 8), st.integers(0, 2**31))
def test_rounding_misses_by_half_a_step_at_most(bits, seed):
    weight = torch.randn(5, 7, generator=torch.Generator().manual_seed(seed))
    weight[2] = 0
    whole, scale = round_weights(weight, bits)
    assert whole.dtype == torch.int8 and whole.abs().max() <= 2 ** (bits - 1) - 1
    assert ((whole * scale - weight).abs() <= 0.5001 * scale + 1e-12).all()


def test_rounding_a_model_leaves_the_model_itself_as_it_was(parts):
    model, _ = parts
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    rounded = with_rounded_weights(model, 2)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert len(rounded.bert.encoder.layer[0].intermediate.dense.weight[0].unique()) <= 3


# ------------------------------------------------------------------------- hub


def test_only_what_a_receiver_needs_goes_up(folder):
    shared, kept = files_to_share(folder)
    assert {path.name for path in shared} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert {path.name for path in kept} >= {"checkpoint.pt", "my_reviews.csv"}
    with pytest.raises(FileNotFoundError, match="sentiment"):
        upload_to_folder(folder, "kamu/kosong", folder, allow_patterns=["*.none"])


def test_a_model_is_found_by_name_and_an_old_version_by_its_revision(folder, parts, tmp_path):
    model, tokenizer = parts
    first = upload_to_folder(folder, "kamu/sentimen", tmp_path / "hub")
    assert upload_to_folder(folder, "kamu/sentimen", tmp_path / "hub") == first and re.fullmatch("[0-9a-f]{40}", first)
    save_model(with_rounded_weights(model, 2), tmp_path / "second", tokenizer)
    second = upload_to_folder(tmp_path / "second", "kamu/sentimen", tmp_path / "hub")
    found = {
        revision: AutoModelForSequenceClassification.from_pretrained(
            "kamu/sentimen", cache_dir=tmp_path / "hub", local_files_only=True, **({"revision": revision} if revision else {})
        ).bert.encoder.layer[0].intermediate.dense.weight
        for revision in (None, first, second)
    }  # fmt: skip
    assert torch.equal(found[first], model.bert.encoder.layer[0].intermediate.dense.weight)
    assert torch.equal(found[None], found[second]) and not torch.equal(found[None], found[first])


# ------------------------------------------------------------------------ demo


def test_the_demo_shows_which_words_were_not_read(parts):
    probabilities, note = demo.answer("enak . " * 100 + "tetapi sekarang kotor", *parts)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-4) and "sekarang kotor" in note
    assert demo.answer("enak sekali", *parts)[1] == ""


def test_the_demo_says_what_it_cannot_read(parts, capsys):
    assert demo.answer("  ", *parts)[0] == {} and demo.answer(None, *parts)[0] == {}
    assert demo.answer("🦩 🦩", *parts)[1]
    assert capsys.readouterr().out == ""


def test_the_demo_stores_nothing_and_stays_on_this_computer(folder, monkeypatch):
    seen = {}

    class Interface:
        def __init__(self, **options):
            seen.update(options)

        def launch(self, **options):
            seen["launch"] = options

    stand_in = types.SimpleNamespace(Interface=Interface, Textbox=dict, Label=dict)
    monkeypatch.setitem(sys.modules, "gradio", stand_in)
    demo.main(["--model", str(folder), "--language", "en"])
    assert seen["flagging_mode"] == "never" and seen["launch"] == {"share": False} and "examples" not in seen
    assert set(seen["fn"]("enak")[0]) == {"positive", "neutral", "negative"}


def test_without_gradio_the_demo_says_how_to_get_it(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(SystemExit):
        demo.main(["--model", str(folder)])
    assert "pip install gradio" in capsys.readouterr().err
