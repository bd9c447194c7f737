"""What lesson 05 rests on: the paired bootstrap, temperatures, other class sizes, the key to its validation rows, and the own data."""

import types

import numpy as np
import pandas as pd
import pytest
from refusals import refusals

from helpers.data import LABEL2INDEX, DataError, load_dataset
from helpers.evaluation import (
    bootstrap_differences,
    bootstrap_interval,
    calibration_error,
    confusion_table,
    cross_entropy,
    document_sentiment_metrics_fn,
    fit_temperature,
    middle,
    resampled_scores,
    scores_by_class,
    with_class_sizes,
    with_temperature,
)
from helpers.files import ROOT
from helpers.messages import MESSAGES
from helpers.own_data import read_sentiment_file
from helpers.scoreboard import RED_THREAD, row_kinds, smsa_scores
from helpers.script import fine_tuned_folder

LABELS = list(LABEL2INDEX)


def labels_of(rows, right, seed):
    """True labels, and predictions of which a share is right."""
    draw = np.random.default_rng(seed)
    true = draw.integers(0, 3, rows)
    hyp = np.where(draw.random(rows) < right, true, (true + 1) % 3)
    return [LABELS[index] for index in hyp], [LABELS[index] for index in true]


def predictions_of(rows, temperature, seed=0):
    """Predictions that know exactly how sure to be, then sharpened by a temperature; and the true labels."""
    draw = np.random.default_rng(seed)
    probabilities = draw.dirichlet((0.7, 0.7, 0.7), rows)
    true = [LABELS[draw.choice(3, p=row)] for row in probabilities]
    table = pd.DataFrame(probabilities, columns=LABELS)
    table.insert(0, "confidence", table[LABELS].max(axis=1))
    table.insert(0, "label", table[LABELS].idxmax(axis=1))
    return with_temperature(table, temperature), true


def test_the_scores_by_class_are_those_of_the_metrics():
    hyp, true = labels_of(200, 0.7, seed=1)
    table, metrics = scores_by_class(confusion_table(hyp, true, LABELS)), document_sentiment_metrics_fn(hyp, true)
    assert table.mean().to_list() == pytest.approx([metrics["PRE"], metrics["REC"], metrics["F1"]])


def test_a_class_that_is_never_predicted_has_no_precision_and_an_f1_of_zero():
    table = scores_by_class(confusion_table(["positive"] * 2, ["positive", "neutral"], LABELS))
    assert np.isnan(table.loc["neutral", "precision"]) and table.loc["neutral", "F1"] == 0


def test_other_class_sizes_leave_every_recall_as_it_is():
    hyp, true = labels_of(300, 0.6, seed=2)
    counts = confusion_table(hyp, true, LABELS)
    sizes = pd.Series([10, 200, 40], index=LABELS)
    scaled = with_class_sizes(counts, sizes)
    assert scaled.sum(axis=1).to_list() == pytest.approx(sizes.to_list())
    assert scores_by_class(scaled)["recall"].to_list() == pytest.approx(scores_by_class(counts)["recall"].to_list())


def test_a_model_does_not_differ_from_itself_on_any_draw():
    hyp, true = labels_of(80, 0.6, seed=3)
    assert not bootstrap_differences(hyp, hyp, true).any()


def test_pairing_narrows_the_interval_of_a_difference():
    true = labels_of(200, 1, seed=4)[1]
    one = labels_of(200, 0.7, seed=4)[0]
    other = [hyp if place % 10 else "neutral" for place, hyp in enumerate(one)]  # errs on mostly the same rows
    low, high = middle(bootstrap_differences(one, other, true))
    loose_low, loose_high = middle(resampled_scores(one, true, seed=0) - resampled_scores(other, true, seed=1))
    assert high - low < 0.7 * (loose_high - loose_low)


def test_the_interval_is_the_middle_of_the_resampled_scores():
    hyp, true = labels_of(60, 0.6, seed=5)
    assert bootstrap_interval(hyp, true, level=0.8, seed=7) == middle(resampled_scores(hyp, true, seed=7), 0.8)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_sharpened_is_found_again(temperature):
    predictions, true = predictions_of(4000, 1 / temperature)
    assert fit_temperature(predictions, true) == pytest.approx(temperature, rel=0.1)


def test_a_temperature_mends_the_confidence_and_leaves_labels_alone():
    predictions, true = predictions_of(2000, 1 / 3)
    healed = with_temperature(predictions, fit_temperature(predictions, true))
    assert (healed["label"] == predictions["label"]).all()
    assert calibration_error(healed, true) < 0.5 * calibration_error(predictions, true)
    assert cross_entropy(healed, true) < cross_entropy(predictions, true)
    assert healed[LABELS].sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), "2", True, None])
def test_what_is_no_temperature_is_refused(bad):
    predictions, _ = predictions_of(3, 1)
    for text in refusals(DataError, with_temperature, predictions, bad).values():
        assert "temperature" in text


def test_what_is_no_table_of_predictions_has_no_temperature():
    for bad in ([0.5], pd.DataFrame({"label": ["a"]}), pd.DataFrame({"label": ["a"], "confidence": [0.5]})):
        refusals(DataError, with_temperature, bad, 2.0)


def sample_lesson(folder, data="sample"):
    return types.SimpleNamespace(recipe=types.SimpleNamespace(data=data), output_dir=folder)


def test_each_validation_row_of_the_sample_has_a_kind_with_a_name(tmp_path):
    rows = len(load_dataset(ROOT / "data" / "smsa_sample" / "valid.tsv"))
    kinds = row_kinds(sample_lesson(tmp_path), rows)
    assert len(kinds) == rows and kinds.notna().all()
    assert {MESSAGES[f"scoreboard.{kind}"]["id"] for kind, _, _ in RED_THREAD} <= set(kinds)
    neutral = load_dataset(ROOT / "data" / "smsa_sample" / "valid.tsv")["label"] == LABEL2INDEX["neutral"]
    assert (kinds[neutral] == MESSAGES["scoreboard.information"]["id"]).all()


def test_other_data_have_no_key(tmp_path):
    assert set(row_kinds(sample_lesson(tmp_path, "smsa"), 5)) == {MESSAGES["scoreboard.no_key"]["id"]}


def test_the_own_data_hold_twenty_messages_a_kind_of_which_two_are_labelled_wrongly():
    kinds = ["keluhan", "pujian", "pertanyaan"]
    table, labels = read_sentiment_file(ROOT / "data" / "own_example" / "pesan.csv", "pesan", "jenis", labels=kinds)
    assert table["label"].value_counts().to_list() == [20, 20, 20] and labels == {kind: index for index, kind in enumerate(kinds)}
    written = dict(zip(table["text"], table["label"]))
    assert written["jahitannya lepas di bagian lengan"] == labels["pujian"]
    assert written["bahannya adem dan lembut , anak saya senang"] == labels["keluhan"]


def test_a_model_that_is_there_is_not_trained_again(tmp_path, capsys):
    (tmp_path / "sentiment").mkdir()
    (tmp_path / "sentiment" / "model.safetensors").write_bytes(b"")
    assert fine_tuned_folder(sample_lesson(tmp_path)) == tmp_path / "sentiment" and not capsys.readouterr().out


def test_the_stored_test_scores_are_the_mini_models_with_five_seeds():
    scores = smsa_scores("test")
    assert (
        len(scores["pretrained"]) == 5 and scores["random_weights"] and all(0 <= score <= 1 for runs in scores.values() for score in runs)
    )
