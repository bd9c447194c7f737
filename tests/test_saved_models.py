"""A folder that training or save_model leaves is complete, holds what was trained, and predicts the same wherever it is read."""

import json
import warnings

import numpy as np
import pytest
import torch
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint
from tiny_training import MODEL_FILES, tiny_dataset, tiny_train
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

import helpers.files
from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, LABEL2INDEX
from helpers.evaluation import predict
from helpers.files import WriteError, write_together
from helpers.fit import plain_model
from helpers.messages import message
from helpers.model import load_model, load_tokenizer
from helpers.training import RECORD, TrainingError, save_model

TEXTS = ["enak lezat", "biasa saja jadwal", "buruk kecewa basi"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """A model trained with rows of at most 6 subwords, and the folder that the training left."""
    folder = tmp_path_factory.mktemp("trained")
    loaders = {
        "train_loader": DocumentSentimentDataLoader(tiny_dataset(20), max_seq_len=6, batch_size=4, shuffle=True),
        "valid_loader": DocumentSentimentDataLoader(tiny_dataset(9, first=50), max_seq_len=6, batch_size=4),
    }
    model, history, _ = tiny_train(tiny, model_dir=folder, exp_id="a", n_epochs=5, **loaders)
    return model, folder / "a", history


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


class LoRALinear(torch.nn.Module):
    """As lesson 06 builds it."""

    def __init__(self, linear, rank=2):
        super().__init__()
        self.linear = linear
        self.lora_A = torch.nn.Parameter(torch.randn(rank, linear.in_features) / rank)
        self.lora_B = torch.nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + x @ self.lora_A.T @ self.lora_B.T


def add_lora(model):
    for layer in model.bert.encoder.layer:
        attention = layer.attention.self
        attention.query, attention.value = LoRALinear(attention.query), LoRALinear(attention.value)
    return model


def quantize(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear})


def another_head(model):
    model.classifier = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
    return model


def a_wider_head(model):
    model.classifier = torch.nn.Linear(16, 5)
    return model


def fewer_layers(model):
    model.bert.encoder.layer = model.bert.encoder.layer[:0]
    return model


def weight_norm(model):
    torch.nn.utils.parametrizations.weight_norm(model.classifier)
    return model


class Wrapper(torch.nn.Module):
    """Somebody's own module around a model."""

    def __init__(self, model):
        super().__init__()
        self.inner, self.config = model, model.config


NOT_PLAIN = {
    "LoRA": (add_lora, "lora_"),
    "int8": (quantize, "state_dict"),
    "another head": (another_head, "classifier"),
    "a wider head": (a_wider_head, "classifier"),
    "fewer layers": (fewer_layers, "encoder.layer"),
    "weight norm": (weight_norm, "classifier"),
    "a wrapper": (Wrapper, "state_dict"),
    "no model of Transformers": (lambda model: torch.nn.Linear(2, 3), "Linear"),
}


@pytest.mark.parametrize("case", NOT_PLAIN)
def test_a_model_that_would_come_back_as_another_is_not_saved_and_the_way_out_is_named(tiny, tmp_path, case):
    change, expected = NOT_PLAIN[case]
    model = change(load_model(tiny))
    for text in refusals(TrainingError, save_model, model, tmp_path / "model", bundled_tokenizer()).values():
        assert expected in text
        assert "state_dict" in text
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("case", ["LoRA", "another head", "fewer layers", "weight norm"])
def test_training_that_could_not_save_its_model_is_refused_before_the_first_batch(tiny, tmp_path, case):
    def never(*arguments, **options):
        raise AssertionError("a batch was computed")

    model = NOT_PLAIN[case][0](load_model(tiny))
    with pytest.raises(TrainingError):
        tiny_train(tiny, model=model, model_dir=tmp_path, forward_fn=never)
    assert list(tmp_path.iterdir()) == []


def test_lora_can_be_trained_without_a_folder_and_saved_once_it_is_merged(tiny, tmp_path):
    model = add_lora(load_model(tiny))
    tiny_train(tiny, model=model)
    guesses = predict(TEXTS, model, bundled_tokenizer())
    for layer in model.bert.encoder.layer:
        attention = layer.attention.self
        for name in ("query", "value"):
            lora = getattr(attention, name)
            with torch.no_grad():
                lora.linear.weight += lora.lora_B @ lora.lora_A
            setattr(attention, name, lora.linear)
    save_model(model, tmp_path, bundled_tokenizer())
    assert np.allclose(predict(TEXTS, load_model(tmp_path), bundled_tokenizer())["confidence"], guesses["confidence"], atol=1e-5)


WRAPPERS = {
    "torch.compile": torch.compile,
    "DataParallel": torch.nn.DataParallel,
    "both": lambda model: torch.compile(torch.nn.DataParallel(model)),
}


@pytest.mark.parametrize("case", WRAPPERS)
def test_what_is_wrapped_around_a_model_is_left_out_when_it_is_saved(tiny, tmp_path, case):
    model = load_model(tiny)
    save_model(WRAPPERS[case](model), tmp_path, bundled_tokenizer())
    assert equal(load_model(tmp_path).state_dict(), model.state_dict())


def test_a_wrapped_model_can_be_trained_saved_and_resumed(tiny, tmp_path):
    model = torch.nn.DataParallel(load_model(tiny))
    _, history, _ = tiny_train(tiny, model=model, model_dir=tmp_path)
    assert equal(load_model(tmp_path).state_dict(), plain_model(model).state_dict())
    assert tiny_train(tiny, model_dir=tmp_path, resume=True)[1].equals(history)


def test_the_best_model_is_saved_as_from_pretrained_reads_it_under_its_experiment(tiny, trained):
    model, folder, _ = trained
    loaded = AutoModelForSequenceClassification.from_pretrained(folder)
    assert equal(loaded.state_dict(), model.state_dict())
    assert loaded.config.id2label == INDEX2LABEL
    assert equal(load_model(folder).state_dict(), model.state_dict())


def test_the_folder_of_a_training_is_complete(trained):
    _, folder, _ = trained
    found = {path.name for path in folder.iterdir() if not path.name.startswith("checkpoint")}
    assert found == MODEL_FILES | {RECORD}
    assert load_tokenizer(folder).encode("enak sekali") == bundled_tokenizer().encode("enak sekali")


def test_a_saved_model_comes_back_with_its_tokenizer_and_nothing_else_in_the_folder(tiny, tmp_path):
    model, tokenizer = load_model(tiny), load_tokenizer(tiny)
    save_model(model, tmp_path / "model", tokenizer)
    assert equal(load_model(tmp_path / "model").state_dict(), model.state_dict())
    assert load_tokenizer(tmp_path / "model").encode("enak sekali") == tokenizer.encode("enak sekali")
    assert {path.name for path in (tmp_path / "model").iterdir()} == MODEL_FILES


@pytest.mark.parametrize("texts", [TEXTS, ["enak lezat mantap puas buruk kecewa basi lambat"]])
def test_a_pipeline_on_the_folder_predicts_what_predict_predicts(trained, texts):
    model, folder, _ = trained
    ours = predict(texts, model, load_tokenizer(folder))
    theirs = pipeline("text-classification", model=str(folder), device="cpu", truncation=True)(texts)
    assert [answer["label"] for answer in theirs] == list(ours["label"])
    assert [answer["score"] for answer in theirs] == pytest.approx(list(ours["confidence"]), abs=1e-5)


def test_the_folder_says_at_which_length_its_model_was_trained(trained, tmp_path):
    model, folder, _ = trained
    assert load_tokenizer(folder).model_max_length == 6
    assert AutoTokenizer.from_pretrained(folder).model_max_length == 6
    assert bundled_tokenizer().model_max_length == 128  # the caller's own is left alone
    long = ["enak lezat mantap puas", "enak lezat mantap puas buruk kecewa basi lambat buruk kecewa basi"]
    short = predict(long, model, load_tokenizer(folder))
    assert short["confidence"][0] == pytest.approx(short["confidence"][1], abs=1e-6)  # the same six subwords
    save_model(load_model(folder), tmp_path, bundled_tokenizer())  # read and saved again, with another tokenizer object
    assert load_tokenizer(tmp_path).model_max_length == 6


def test_a_model_that_was_not_trained_is_saved_with_the_length_of_its_positions(tiny, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    for stated, saved in ((10**30, 128), (64, 64)):
        tokenizer.model_max_length = stated
        save_model(load_model(tiny), tmp_path, tokenizer)
        assert json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))["model_max_length"] == saved


def test_a_pipeline_that_is_not_told_to_cut_fails_loudly_beyond_the_models_positions(trained):
    _, folder, _ = trained
    with pytest.raises((IndexError, RuntimeError)):
        pipeline("text-classification", model=str(folder), device="cpu")("enak " * 200)


def test_a_folder_without_tokenizer_is_said_to_be_so(tiny, tmp_path, capsys):
    save_model(load_model(tiny), tmp_path)
    assert message("training.no_tokenizer", folder=tmp_path) in capsys.readouterr().out


def test_the_map_of_an_own_head_comes_back_with_it(tiny, tmp_path):
    own = {"negative": 0, "neutral": 1, "positive": 2}
    save_model(load_model(tiny, own), tmp_path, bundled_tokenizer())
    assert load_model(tmp_path).config.label2id == own


def test_a_record_beside_the_model_says_how_it_came_to_be(trained):
    _, folder, history = trained
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert record["settings"]["label2index"] == LABEL2INDEX
    assert (record["settings"]["n_epochs"], record["settings"]["learning_rates"]) == (5, [1e-2])
    assert (record["settings"]["train_loader_max_seq_len"], record["settings"]["train_loader_rows"]) == (6, 20)
    assert record["history"] == history.to_dict("records")
    assert record["kept_epoch"] == history["epoch"][history["F1"].idxmax()]


# ------------------------------------------------------ files that belong together


def test_files_that_belong_together_are_never_found_half_old_and_half_new(tmp_path, monkeypatch):
    old, new = ({"peta": name, "bobot": name} for name in (b"lama", b"baru"))
    write_together(tmp_path, old)
    replace = helpers.files.os.replace
    for moves in (0, 1):  # as many as there are before the power cut
        left = ["a move"] * moves

        def power_cut(source, target, left=left):
            left.pop()
            replace(source, target)

        with monkeypatch.context() as patch, pytest.raises(IndexError):
            patch.setattr(helpers.files.os, "replace", power_cut)
            write_together(tmp_path, new)
        found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert found in (old, {"peta": b"lama"}, {"peta": b"baru"})
    write_together(tmp_path, new)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == new


@pytest.mark.parametrize("number", [1, 2])
def test_a_disk_that_is_full_at_any_file_of_a_set_leaves_the_old_set(tmp_path, monkeypatch, number):
    old = {"peta": b"lama", "bobot": b"lama"}
    write_together(tmp_path, old)
    opened = 0

    def full(path, mode="r", **options):
        nonlocal opened
        opened += 1
        if opened == number:
            raise OSError(28, "No space left on device")
        return open(path, mode, **options)

    monkeypatch.setattr(helpers.files, "open", full, raising=False)
    with pytest.raises(WriteError, match="No space left"):
        write_together(tmp_path, {"peta": b"baru", "bobot": b"baru"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_weights_that_change_under_the_same_config_are_replaced_in_one_move(tmp_path, monkeypatch):
    write_together(tmp_path, {"peta": b"sama", "bobot": b"lama"})
    unlinked = []
    monkeypatch.setattr(helpers.files.pathlib.Path, "unlink", lambda path, missing_ok=False: unlinked.append(path.name))
    write_together(tmp_path, {"peta": b"sama", "bobot": b"baru"})
    assert "bobot" not in unlinked
    assert (tmp_path / "bobot").read_bytes() == b"baru"
