"""Thirty-one ways in which people got a wrong answer, or none that they could read, from code like ours.

Each restates a public report with a small input of our own, and holds the
right answer. The kinds behind them are tested beside their modules.
"""

import functools
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import pipeline

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, LABEL2INDEX, DataError, DocumentSentimentDataset
from helpers.evaluation import bootstrap_interval, document_sentiment_metrics_fn, predict, reliability_table, write_submission
from helpers.files import MINI, ROOT
from helpers.fit import CheckpointError
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.own_data import make_label_map, read_sentiment_file
from helpers.training import TrainingError, evaluate, make_optimizer, save_model, train

TEXTS = ["enak lezat", "biasa saja", "buruk basi"]
LABELS = list(LABEL2INDEX)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(MINI)


@pytest.fixture(scope="module")
def make_data(tokenizer):
    """A dataset of 24 rows; with `shift` every label is another one."""

    def make(shift=0, label2index=LABEL2INDEX):
        table = pd.DataFrame({"text": TEXTS * 8, "label": [(row + shift) % 3 for row in range(24)]})
        return DocumentSentimentDataset(table, tokenizer, label2index)

    return make


@pytest.fixture
def fit(make_data):
    """Train a model on those rows, with changes to train's arguments."""

    def run(model, optimizer=None, data=None, n_epochs=3, **changes):
        data = data or make_data(label2index={label: int(index) for label, index in model.config.label2id.items()})
        loaders = [DocumentSentimentDataLoader(data, batch_size=8, shuffle=True) for _ in range(2)]
        arguments = {
            "model": model, "train_loader": loaders[0], "valid_loader": loaders[1], "optimizer": optimizer or make_optimizer(model, 1e-3),
            "forward_fn": forward_sequence_classification, "metrics_fn": document_sentiment_metrics_fn, "valid_criterion": "F1",
            "i2w": model.config.id2label, "n_epochs": n_epochs,
        }  # fmt: skip
        return train(**{**arguments, **changes})

    return run


def f1(model, data):
    loader = DocumentSentimentDataLoader(data)
    return evaluate(model, loader, forward_sequence_classification, document_sentiment_metrics_fn, model.config.id2label).metrics["F1"]


def same_weights(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters()))


class LowRank(torch.nn.Module):
    """A linear layer with a small product beside it, as lesson 06 has it."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear
        self.down = torch.nn.Parameter(torch.randn(2, linear.in_features) * 0.01)
        self.up = torch.nn.Parameter(torch.zeros(linear.out_features, 2))

    def forward(self, vectors):
        return self.linear(vectors) + vectors @ self.down.T @ self.up.T


# ------------------------------------------------------------------ checkpoints


def test_01_a_saved_model_keeps_its_own_labels(tokenizer, fit, tmp_path):
    model = load_model(MINI, {"negative": 0, "neutral": 1, "positive": 2})
    fit(model, n_epochs=6)
    save_model(model, tmp_path / "turned", tokenizer)
    assert list(predict(TEXTS, load_model(tmp_path / "turned"), tokenizer)["label"]) == list(predict(TEXTS, model, tokenizer)["label"])
    save_model(load_model(MINI, {"pujian": 0, "info": 1, "keluhan": 2}), tmp_path / "own", tokenizer)
    assert load_model(tmp_path / "own").config.id2label == {0: "pujian", 1: "info", 2: "keluhan"}
    with pytest.raises(CheckpointError):
        load_model(tmp_path / "own", LABEL2INDEX)


def test_02_a_compiled_model_is_saved_with_its_weights(tokenizer, tmp_path):
    model = load_model(MINI)
    save_model(torch.compile(model), tmp_path, tokenizer)
    assert same_weights(load_model(tmp_path), model)


def test_03_layers_that_no_checkpoint_knows_are_refused_when_saving(tokenizer, fit, tmp_path):
    model = load_model(MINI)
    for layer in model.bert.encoder.layer:
        layer.attention.self.query, layer.attention.self.value = (
            LowRank(layer.attention.self.query),
            LowRank(layer.attention.self.value),
        )
    with pytest.raises(TrainingError):
        save_model(model, tmp_path / "saved", tokenizer)
    with pytest.raises(TrainingError):
        fit(model, n_epochs=1, model_dir=tmp_path / "trained")
    assert not list(tmp_path.rglob("*.safetensors"))


def test_04_a_pipeline_predicts_what_predict_predicts(tokenizer, fit, tmp_path):
    model = load_model(MINI)
    fit(model, n_epochs=6, model_dir=tmp_path, exp_id="a")
    answers = pipeline("text-classification", model=str(tmp_path / "a"), device="cpu")(TEXTS)
    table = predict(TEXTS, model, tokenizer)
    assert [answer["label"] for answer in answers] == list(table["label"])
    assert [answer["score"] for answer in answers] == pytest.approx(list(table["confidence"]), abs=1e-4)


def test_24_a_folder_of_five_labels_loads_as_five_labels(tokenizer, tmp_path):
    stars = {str(star): star - 1 for star in range(1, 6)}
    save_model(load_model(MINI, stars), tmp_path, tokenizer)
    assert load_model(tmp_path).config.label2id == stars
    with pytest.raises(CheckpointError, match="5"):
        load_model(tmp_path, LABEL2INDEX)


@pytest.mark.filterwarnings("ignore")
def test_29_a_quantized_model_is_refused_in_words(tokenizer, tmp_path):
    model = torch.ao.quantization.quantize_dynamic(load_model(MINI), {torch.nn.Linear})
    with pytest.raises(TrainingError):
        save_model(model, tmp_path, tokenizer)
    assert not list(tmp_path.iterdir())


def test_31_a_tokenizer_larger_than_the_embedding_is_refused():
    larger = load_tokenizer(MINI)
    larger.add_tokens(["zzqqxx"])
    with pytest.raises(CheckpointError, match=str(len(larger))):
        predict(["enak zzqqxx"], load_model(MINI), larger)


# ------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("content", "texts", "labels"),
    [
        (
            "makanannya enak, murah;positif\nkasurnya keras, kecil;negatif\nantre lama, panas;negatif\n",
            ["makanannya enak, murah", "kasurnya keras, kecil", "antre lama, panas"],
            ["negatif", "positif"],
        ),
        ("enak;4,5\nburuk;1,5\nlumayan;3,0\nmantap;4,5\n", ["enak", "buruk", "lumayan", "mantap"], ["1,5", "3,0", "4,5"]),
    ],
)
def test_05_a_semicolon_file_with_commas_is_read_whole(tmp_path, content, texts, labels):
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    table, label2index = read_sentiment_file(tmp_path / "a.csv", 0, 1)
    assert (table["text"].tolist(), list(label2index)) == (texts, labels)


def test_06_a_quoted_tab_file_is_read_as_it_was_written(tmp_path):
    written = pd.DataFrame({"text": ['katanya "enak", ternyata asin', "biasa saja"], "label": ["negatif", "netral"]})
    written.to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    assert read_sentiment_file(tmp_path / "a.tsv")[0]["text"].tolist() == written["text"].tolist()
    (tmp_path / "excel.txt").write_bytes('text\tlabel\r\n"enak, murah"\tpositif\r\n"lama,\nmahal"\tnegatif\r\n'.encode("utf-16"))
    assert read_sentiment_file(tmp_path / "excel.txt")[0]["text"].tolist() == ["enak, murah", "lama,\nmahal"]


def test_16_a_space_before_a_quote_does_not_make_another_class(tmp_path):
    (tmp_path / "a.csv").write_text('text, label\n"enak sekali", "positif"\n"buruk", "negatif"\nmantap, positif\n', encoding="utf-8")
    assert read_sentiment_file(tmp_path / "a.csv")[1] == {"negatif": 0, "positif": 1}


def test_21_error_cells_of_excel_are_named_with_their_lines(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [["text", "label"], ["enak", "positif"], ["buruk", "#N/A"], ["#NAME?", "negatif"]]:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError) as caught:
        read_sentiment_file(tmp_path / "a.xlsx")
    assert [row for row, _ in caught.value.problems] == [3, 4]


# ----------------------------------------------------------------------- labels


def test_09_two_files_read_one_after_the_other_cannot_swap_classes(tokenizer, tmp_path):
    (tmp_path / "train.csv").write_text("text,label\nenak,positif\nburuk,negatif\nbiasa,netral\nmantap,positif\n", encoding="utf-8")
    (tmp_path / "valid.csv").write_text("text,label\nlezat,positif\nbasi,negatif\n", encoding="utf-8")
    _, labels = read_sentiment_file(tmp_path / "train.csv")
    table, _ = read_sentiment_file(tmp_path / "valid.csv")
    with pytest.raises(DataError):
        DocumentSentimentDataset(table, tokenizer, labels)
    table, _ = read_sentiment_file(tmp_path / "valid.csv", labels=labels)
    names = {index: name for name, index in labels.items()}
    assert [names[label] for label in DocumentSentimentDataset(table, tokenizer, labels).labels] == ["positif", "negatif"]


def test_17_a_set_is_no_order_of_labels():
    with pytest.raises(DataError):
        make_label_map([], labels={"negatif", "netral", "positif"})
    code = "from helpers.own_data import make_label_map; print(make_label_map({'positif', 'netral', 'negatif'}))"
    maps = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, text=True
        ).stdout
        for seed in "01"
    }
    assert maps == {"{'negatif': 0, 'netral': 1, 'positif': 2}\n"}


def test_20_numbers_among_labels_come_by_value():
    assert list(make_label_map(["10.0", "2.0", "1.0"])) == ["1.0", "2.0", "10.0"]
    assert list(make_label_map(["10", "2", "1"])) == ["1", "2", "10"]


def test_23_an_index_beyond_the_head_is_refused_before_training(tokenizer, fit):
    from_one = {str(star): star for star in range(1, 6)}
    with pytest.raises(DataError):
        DocumentSentimentDataset(pd.DataFrame({"text": TEXTS * 8, "label": [1, 3, 5] * 8}), tokenizer, from_one)
    with pytest.raises((DataError, CheckpointError)):
        load_model(MINI, from_one)
    five = DocumentSentimentDataset(
        pd.DataFrame({"text": TEXTS * 8, "label": [0, 2, 4] * 8}), tokenizer, {str(star): star for star in range(5)}
    )
    with pytest.raises(TrainingError):
        fit(load_model(MINI), data=five)


# --------------------------------------------------------------------- training


def test_10_a_run_is_not_resumed_on_corrected_labels(make_data, fit, tmp_path):
    fit(load_model(MINI), data=make_data(), n_epochs=2, model_dir=tmp_path)
    with pytest.raises(TrainingError):
        fit(load_model(MINI), data=make_data(shift=1), n_epochs=2, model_dir=tmp_path, resume=True)


def test_10_a_finished_run_is_said_to_be_finished(fit, tmp_path, capsys):
    first = fit(load_model(MINI), n_epochs=2, model_dir=tmp_path)
    capsys.readouterr()
    pd.testing.assert_frame_equal(fit(load_model(MINI), n_epochs=2, model_dir=tmp_path, resume=True), first)
    assert "epoch 3" not in capsys.readouterr().out


def test_11_the_optimizer_of_another_model_is_refused(fit):
    optimizer = make_optimizer(load_model(MINI), 1e-3)
    with pytest.raises(TrainingError):
        fit(load_model(MINI), optimizer)


def test_12_a_rate_that_the_caller_lowered_is_used(fit):
    model = load_model(MINI)
    optimizer = make_optimizer(model, 1e-3)
    fit(model, optimizer, n_epochs=1)
    optimizer.param_groups[0]["lr"] = 1e-6
    assert fit(model, optimizer, n_epochs=1, warmup_share=0)["learning_rate"].tolist() == [1e-6]


def test_13_a_score_that_is_no_number_is_never_the_best(fit, make_data):
    scores = iter([float("nan"), 0.5, 0.9])
    model = load_model(MINI)

    def metrics_fn(list_hyp, list_label):
        return {"F1": next(scores) if len(list_label) == 24 and done else 0.0}

    done = False

    def forward_fn(*arguments, **options):
        nonlocal done
        done = True  # training has begun: what is tried beforehand does not count
        return forward_sequence_classification(*arguments, **options)

    history = fit(model, metrics_fn=metrics_fn, forward_fn=forward_fn)
    loader = DocumentSentimentDataLoader(make_data())
    kept = evaluate(model, loader, forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL).loss
    assert kept == pytest.approx(history["valid_loss"].iloc[-1], rel=1e-2)


def test_14_a_gradient_that_is_not_finite_stops_before_the_step(fit, tmp_path):
    steps = 0
    model = load_model(MINI)

    def forward_fn(model, batch, device):
        nonlocal steps
        loss, hypothesis, label = forward_sequence_classification(model, batch, device)
        steps += torch.is_grad_enabled()
        if steps == 3 and torch.is_grad_enabled():
            loss = loss + torch.sqrt((loss - loss.detach()) * 0)  # a finite value with a gradient that is none
        return loss, hypothesis, label

    with pytest.raises(TrainingError, match="3"):
        fit(model, forward_fn=forward_fn, n_epochs=1, model_dir=tmp_path)
    assert not any(weight.isnan().any() for weight in model.parameters())


@pytest.mark.parametrize(
    "change",
    [{"early_stop": 0}, {"n_epochs": 1.5}, {"n_epochs": 0.5}, {"evaluate_every": 0}, {"save_every": 0}, {"step_size": 0}],
    ids=str,
)
def test_15_numbers_outside_their_domain_are_refused(fit, change):
    with pytest.raises(TrainingError):
        fit(load_model(MINI), **change)


def test_18_class_weights_give_one_loss_whatever_the_batch_size(make_data, fit):
    model, weight = load_model(MINI), torch.tensor([1.0, 5.0, 0.2])
    forward_fn = functools.partial(forward_sequence_classification, weight=weight)
    losses = [
        evaluate(
            model, DocumentSentimentDataLoader(make_data(), batch_size=size), forward_fn, document_sentiment_metrics_fn, INDEX2LABEL
        ).loss
        for size in (1, 5, 24)
    ]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-2)
    fit(model, forward_fn=functools.partial(forward_sequence_classification, weight=torch.tensor(np.ones(3))), n_epochs=1)


def test_25_parts_of_a_dataset_are_batched_with_its_tokenizer(make_data):
    part, _ = torch.utils.data.random_split(make_data(), [16, 8])
    loader = DocumentSentimentDataLoader(part, batch_size=8, shuffle=True)
    assert sorted(label for batch in loader for label in batch.label.tolist()) == sorted(part[row][1] for row in range(16))


def test_26_nothing_to_work_on_is_said(tokenizer):
    with pytest.raises(DataError):
        DocumentSentimentDataset(pd.DataFrame({"text": [], "label": []}), tokenizer)


@pytest.mark.parametrize("change", [{"i2w": LABEL2INDEX}, {"early_stop": None}, {"valid_criterion": "f1"}], ids=str)
def test_27_what_can_only_fail_later_is_refused_before_the_first_batch(fit, change):
    model = load_model(MINI)
    with pytest.raises(TrainingError):
        fit(model, **change)
    assert same_weights(model, load_model(MINI))


def test_30_a_half_precision_model_is_not_trained_on_a_cpu(fit):
    with pytest.raises(TrainingError, match="float32"):
        fit(load_model(MINI).half())


# ------------------------------------------------------------------ predictions


def test_07_one_column_of_a_table_is_its_rows_and_no_names_are_predicted(tokenizer, tmp_path):
    model = load_model(MINI)
    table = pd.DataFrame({"ulasan": TEXTS, "kota": ["Solo", "Medan", "Palu"]})
    assert predict(table[["ulasan"]], model, tokenizer)["text"].tolist() == TEXTS
    for wrong in ({"ulasan": TEXTS}, table):
        with pytest.raises(DataError):
            predict(wrong, model, tokenizer)
    for wrong in (predict(TEXTS, model, tokenizer), "positive"):
        with pytest.raises(DataError):
            write_submission(wrong, tmp_path / "pred.txt")
    assert not list(tmp_path.iterdir())


def test_08_predictions_go_back_to_their_rows(tokenizer):
    table = pd.DataFrame({"text": ["satu", "dua", "tiga", "empat"]}).sample(frac=1, random_state=3)
    table["seen"] = predict(table["text"], load_model(MINI), tokenizer)["text"]
    assert table["seen"].tolist() == table["text"].tolist()


def test_19_lists_of_different_length_are_refused(tokenizer):
    with pytest.raises((DataError, ValueError)):
        bootstrap_interval(["a", "b", "a", "b"], ["a", "b"])
    with pytest.raises((DataError, ValueError)):
        reliability_table(predict(TEXTS, load_model(MINI), tokenizer), ["positive"])


def test_22_half_an_emoji_is_named_with_its_row(tokenizer):
    with pytest.raises(DataError) as caught:
        predict(["bagus", "mantap \ud83d"], load_model(MINI), tokenizer)
    assert [row for row, _ in caught.value.problems] == [2]


@pytest.mark.parametrize(("texts", "labels"), [([5, "a"], [0, 1]), (["a", "b"], [[1, 0, 0], [0, 1, 0]])])
def test_28_numbers_as_texts_and_lists_as_labels_are_named(tokenizer, texts, labels):
    with pytest.raises(DataError) as caught:
        DocumentSentimentDataset(pd.DataFrame({"text": texts, "label": labels}), tokenizer)
    assert caught.value.problems[0][0] == 1
