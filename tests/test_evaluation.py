"""Metrics equal scikit-learn's, predictions come in the caller's order, any label set goes all the way."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from refusals import refusals
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import tiny_train

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DataError, DocumentSentimentDataset
from helpers.evaluation import (
    bootstrap_interval,
    confusion_table,
    document_sentiment_metrics_fn,
    macro_f1,
    predict,
    reliability_table,
    word_importance,
    write_submission,
)
from helpers.files import WriteError
from helpers.model import load_model, load_tokenizer
from helpers.own_data import read_sentiment_file

LABELS = ["positive", "neutral", "negative"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(tiny):
    return load_model(tiny)


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return load_tokenizer(tiny)


def random_labels(rows, classes, seed, right=0.6):
    """True classes and predictions of which some are right; not every class need occur."""
    draw = np.random.default_rng(seed)
    label = draw.integers(0, classes, rows)
    hypothesis = np.where(draw.random(rows) < right, label, draw.integers(0, classes, rows))
    return hypothesis, label


@pytest.mark.parametrize("classes", [2, 3, 20])
@pytest.mark.parametrize("rows", [1, 7, 500])
def test_the_metrics_are_those_of_scikit_learn(rows, classes):
    hypothesis, label = (values.astype(str).tolist() for values in random_labels(rows, classes, seed=rows + classes))
    options = {"average": "macro", "zero_division": 0}
    assert document_sentiment_metrics_fn(hypothesis, label) == pytest.approx({
        "ACC": accuracy_score(label, hypothesis), "F1": f1_score(label, hypothesis, **options),
        "REC": recall_score(label, hypothesis, **options), "PRE": precision_score(label, hypothesis, **options),
    })  # fmt: skip


@pytest.mark.parametrize(("rows", "classes"), [(1, 3), (5, 4), (200, 3), (30, 20)])
def test_the_macro_f1_of_many_resamples_at_once_is_scikit_learns_of_each(rows, classes):
    pairs = [random_labels(rows, classes, seed) for seed in range(30)]
    scores = macro_f1(np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs]), classes)
    assert scores == pytest.approx([f1_score(label, hypothesis, average="macro", zero_division=0) for hypothesis, label in pairs])


def test_the_interval_holds_the_score_and_the_same_seed_repeats_it():
    hypothesis, label = (values.tolist() for values in random_labels(300, 3, seed=0))
    low, high = bootstrap_interval(hypothesis, label)
    assert low < f1_score(label, hypothesis, average="macro") < high
    assert bootstrap_interval(hypothesis, label) == (low, high)
    assert bootstrap_interval(hypothesis, label, seed=1) != (low, high)


def test_the_interval_grows_with_its_level_and_shrinks_with_the_rows():
    def width(rows, level=0.95):
        low, high = bootstrap_interval(*(values.tolist() for values in random_labels(rows, 3, seed=0)), level=level)
        return high - low

    assert width(100, 0.5) < width(100, 0.95)
    assert width(1600) < 0.5 * width(100)


def test_the_interval_covers_the_true_score_about_as_often_as_it_says():
    # two classes, each predicted right with probability 0.7: the macro-F1 over very many rows is 0.7
    covered = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        label = draw.integers(0, 2, 200)
        hypothesis = np.where(draw.random(200) < 0.7, label, 1 - label)
        low, high = bootstrap_interval(hypothesis.tolist(), label.tolist(), resamples=300, level=0.9, seed=seed)
        covered += low <= 0.7 <= high
    assert 0.84 <= covered / 200 <= 0.95


def test_predictions_without_a_mistake_have_no_interval():
    assert bootstrap_interval(["a", "b"] * 50, ["a", "b"] * 50) == (1.0, 1.0)


def test_the_confusion_table_has_true_labels_as_rows_and_predicted_ones_as_columns():
    table = confusion_table(["positive", "negative", "negative"], ["positive", "positive", "neutral"], LABELS)
    assert table.loc["positive", "negative"] == 1
    assert table.loc["neutral", "negative"] == 1
    assert table.to_numpy().sum() == 3
    assert list(table.index) == list(table.columns) == LABELS


# --------------------------------------------------------------------- predict

TEXTS = ["enak sekali " * 30, "buruk", "pelayanannya biasa saja , tidak lebih", "😀", "x", "mantap " * 12, "\x00", "الطعام لذيذ"]


def test_predictions_come_in_the_callers_order_and_equal_those_made_one_by_one(model, tokenizer):
    together = predict(TEXTS, model, tokenizer, batch_size=3)
    assert together["text"].tolist() == TEXTS
    one_by_one = pd.concat([predict(text, model, tokenizer) for text in TEXTS], ignore_index=True)
    pd.testing.assert_frame_equal(together, one_by_one, rtol=1e-4, atol=1e-6)


def test_a_prediction_is_the_likeliest_label_with_its_probability(model, tokenizer):
    table = predict(TEXTS, model, tokenizer)
    assert list(table.columns) == ["text", "label", "confidence", *LABELS]
    assert table[LABELS].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert table["label"].tolist() == table[LABELS].idxmax(axis=1).tolist()
    assert table["confidence"].tolist() == table[LABELS].max(axis=1).tolist()


def test_no_texts_give_a_table_without_rows(model, tokenizer):
    table = predict([], model, tokenizer)
    assert (len(table), list(table.columns)) == (0, ["text", "label", "confidence", *LABELS])


@pytest.mark.parametrize("columns", [pd.Series(["enak", "buruk"], index=[7, 3]), ("enak", "buruk"), (text for text in ["enak", "buruk"])])
def test_texts_may_come_as_any_sequence(model, tokenizer, columns):
    assert predict(columns, model, tokenizer)["text"].tolist() == ["enak", "buruk"]


def test_a_text_longer_than_the_model_has_positions_is_cut_and_predicted(model, tokenizer):
    table = predict(["enak " * 10_000, "enak " * 126], model, tokenizer)
    assert table["confidence"][0] == pytest.approx(table["confidence"][1], abs=1e-6)


@pytest.mark.parametrize("bad", [None, float("nan"), 3, "", "  \n"])
def test_what_is_no_text_is_refused_with_its_place_and_what_was_found(model, tokenizer, bad):
    for text in refusals(DataError, predict, ["enak", bad], model, tokenizer).values():
        assert "1" in text
        assert repr(bad) in text


def test_predicting_leaves_the_random_generator_alone_and_dropout_off(model, tokenizer):
    model.train()
    before = torch.get_rng_state()
    assert predict(["enak"] * 2, model, tokenizer)[LABELS].nunique().tolist() == [1, 1, 1]
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training


# ------------------------------------------------------- what is made of them


def test_the_importance_of_a_word_is_what_the_probability_loses_without_it(model, tokenizer):
    table = word_importance("makanannya enak sekali", model, tokenizer)
    assert table["word"].tolist() == ["makanannya", "enak", "sekali"]
    whole, without = predict("makanannya enak sekali", model, tokenizer), predict("makanannya sekali", model, tokenizer)
    label = whole["label"][0]
    assert table["importance"][1] == pytest.approx(whole[label][0] - without[label][0], abs=1e-6)


def test_the_importance_of_an_only_word_can_be_measured(model, tokenizer):
    assert word_importance("enak", model, tokenizer)["word"].tolist() == ["enak"]


def test_the_reliability_table_counts_every_row_in_the_bin_of_its_confidence():
    confidence = [0.34, 0.4, 0.5, 0.65, 0.9, 1.0]
    predictions = pd.DataFrame({"text": "x", "label": "positive", "confidence": confidence, **dict.fromkeys(LABELS, 0.0)})
    table = reliability_table(predictions, ["positive", "neutral", "positive", "positive", "positive", "negative"])
    assert table["rows"].sum() == 6
    assert table["rows"].tolist() == [2, 1, 1, 2]
    assert table["confidence"].tolist() == pytest.approx([0.37, 0.5, 0.65, 0.95])
    assert table["accuracy"].tolist() == [0.5, 1.0, 1.0, 0.5]


@pytest.mark.parametrize("classes", [2, 20])
def test_a_confidence_at_chance_or_at_one_falls_into_a_bin(classes):
    confidence = np.float32([1 / classes, 1.0])
    predictions = pd.DataFrame({"text": "x", "label": "a", "confidence": confidence, **{str(number): 0.0 for number in range(classes)}})
    assert reliability_table(predictions, ["a", "b"])["rows"].tolist() == [1, 1]


def test_the_submission_has_indonlus_format(tmp_path):
    path = tmp_path / "hasil" / "pred.txt"
    write_submission(["positive", "negative", "neutral"], path)
    assert path.read_bytes() == b"index,label\n0,positive\n1,negative\n2,neutral\n"
    assert [file.name for file in path.parent.iterdir()] == ["pred.txt"]


def test_a_submission_that_cannot_be_written_is_refused_with_its_path(tmp_path):
    (tmp_path / "berkas").write_text("bukan folder")
    for text in refusals(WriteError, write_submission, ["positive"], tmp_path / "berkas" / "pred.txt").values():
        assert "pred.txt" in text


LABEL_SETS = {
    "two classes": ["buruk", "bagus"],
    "Indonesian names": ["sangat senang", "biasa aja", "kecewa", "marah 😡"],
    "numbers": ["1", "2", "3", "10"],
    "twenty classes": [f"topik {number:02}" for number in range(20)],
}


@pytest.mark.parametrize("name", LABEL_SETS)
def test_any_label_set_goes_from_a_csv_to_training_metrics_and_predictions(tiny, tokenizer, tmp_path, name):
    labels = LABEL_SETS[name]
    rows = pd.DataFrame({"label": [labels[row % len(labels)] for row in range(2 * len(labels))]})
    rows["text"] = [f"ulasan , nomor {row}" for row in rows.index]
    path = tmp_path / "data_sendiri.csv"
    path.write_text(rows.to_csv(index=False), encoding="utf-8")

    table, label2index = read_sentiment_file(path)
    index2label = {index: label for label, index in label2index.items()}
    loader = DocumentSentimentDataLoader(DocumentSentimentDataset(table, tokenizer, label2index), batch_size=8)
    model, history, _ = tiny_train(
        tiny,
        model=load_model(tiny, label2index),
        train_loader=loader,
        valid_loader=loader,
        i2w=index2label,
        n_epochs=1,
        model_dir=tmp_path / "model",
    )
    predictions = predict(table["text"], load_model(tmp_path / "model", label2index), tokenizer)

    assert list(label2index) == sorted(labels, key=lambda label: int(label) if name == "numbers" else label)
    assert len(history) == 1
    assert list(predictions.columns[3:]) == list(label2index)
    assert set(predictions["label"]) <= set(labels)
    confusion = confusion_table(predictions["label"], table["label"].map(index2label), list(label2index))
    assert confusion.to_numpy().sum() == len(table)
    write_submission(predictions["label"], tmp_path / "pred.txt")
    read = pd.read_csv(io.BytesIO((tmp_path / "pred.txt").read_bytes()), dtype=str)
    assert read["label"].tolist() == predictions["label"].tolist()


def test_the_metrics_of_a_model_do_not_depend_on_the_batch_size(model, tokenizer):
    texts = [f"ulasan nomor {row}" * (1 + row % 5) for row in range(20)]
    assert (
        predict(texts, model, tokenizer, batch_size=1)["label"].tolist()
        == predict(texts, model, tokenizer, batch_size=20)["label"].tolist()
    )


def test_predicted_labels_are_those_of_the_project_by_default(model, tokenizer):
    assert set(predict(TEXTS, model, tokenizer)["label"]) <= set(INDEX2LABEL.values())
