"""How the mini IndoBERT is measured."""

import collections

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import mini_model
from helpers.files import MINI
from helpers.lesson import Preset
from helpers.model import load_model, load_tokenizer

QUICK = Preset("sample", "mini", batch_size=16, n_epochs=1, learning_rate=5e-4, head_learning_rate=3e-3, gamma=1.0, max_seq_len=64)


def read_rows(name):
    return [line.split("\t") for line in (mini_model.RESULTS / name).read_text(encoding="utf-8").splitlines()[1:]]


def test_the_negation_pairs_are_sixty_and_differ_in_their_labels():
    rows = read_rows("negation.tsv")
    assert len(rows) == 60
    assert len({sentence for row in rows for sentence in row[::2]}) == 120
    assert all({first, second} == {"positive", "negative"} for _, first, _, second in rows)
    counts = collections.Counter(label for row in rows for label in row[1::2])
    assert counts["positive"] == counts["negative"]  # a model that always says the same gets no pair right


def test_the_cloze_sentences_are_sixty_with_one_mask_and_words_of_the_vocabulary():
    rows = read_rows("cloze.tsv")
    vocabulary = load_tokenizer(MINI).get_vocab()
    assert len({sentence for sentence, _ in rows}) == 60
    for sentence, words in rows:
        assert sentence.count("[MASK]") == 1
        assert any(word in vocabulary for word in words.split()), sentence


def test_a_pair_counts_when_both_of_its_sentences_are_right(monkeypatch):
    rows = read_rows("negation.tsv")
    said = {sentence: label for row in rows for sentence, label in zip(row[::2], row[1::2])}
    for sentence in (rows[0][0], rows[3][2], rows[3][0]):  # of the first pair one, of the fourth both
        said[sentence] = "neutral"
    monkeypatch.setattr(mini_model, "predict", lambda texts, *_: pd.DataFrame({"label": [said[text] for text in texts]}))
    assert mini_model.negation_share(None, None) == pytest.approx(58 / 60)


def test_the_calibration_error_is_nought_for_honest_confidence_and_large_for_boasting():
    draw = np.random.default_rng(0)
    confidence = draw.uniform(0.4, 1, 4000)
    right = draw.random(4000) < confidence
    rest = (1 - confidence) / 2
    table = pd.DataFrame(
        {"text": "x", "label": "positive", "confidence": confidence, "positive": confidence, "neutral": rest, "negative": rest}
    )
    labels = np.where(right, "positive", "negative").tolist()
    assert mini_model.calibration_error(table, labels) < 0.03
    assert mini_model.calibration_error(table.assign(confidence=0.999), labels) == pytest.approx(0.999 - right.mean(), abs=0.01)


def test_the_table_says_of_each_figure_over_how_many_seeds_it_is():
    runs = {"0": {"threads": 1, "seconds": 9, "valid": 80.0, "negation": 30.0}, "1": {"threads": 2, "seconds": 5, "valid": 82.0}}
    summary = mini_model.summarise(runs)
    assert summary["seconds"] == {"mean": 5, "low": 5, "high": 5, "seeds": 1}  # only runs with equally many threads compare
    results = {"pretrained": {"all_rows": {"runs": runs, "summary": summary}}}
    shown = [mini_model.cell(results, "pretrained", "all_rows", number) for number in ("valid", "negation", "test")]
    assert shown == ["81.0 (80.0 to 82.0; 2 seeds)", "30.0 (1 seed)", "–"]


def test_only_the_present_weights_have_the_presets_recipe():
    assert mini_model.recipe_for("pretrained", "all_rows") is mini_model.PRESETS["laptop"]
    assert mini_model.recipe_for("pretrained", "sample") is mini_model.PRESETS["mini"]
    for name in ("first_edition", "random"):
        for rows in ("all_rows", "sample"):
            recipe = mini_model.recipe_for(name, rows)
            assert recipe.learning_rate == recipe.head_learning_rate == 5e-4


def test_a_run_has_every_score_and_the_same_ones_again():
    tables = {split: mini_model.load_dataset(mini_model.SAMPLE / f"{split}.tsv")[:40] for split in ("train", "valid", "test")}
    weights = mini_model.Weights(MINI)
    first, second = (mini_model.fine_tune(tables, weights, QUICK, seed=1) for _ in range(2))
    for run in (first, second):
        del run["seconds"]
    assert first == second
    assert first.keys() == {"threads", "valid", "test", "calibration_error", "negation"}
    assert mini_model.fine_tune(tables, mini_model.Weights(MINI, random=True), QUICK, seed=1) != first


def test_the_probe_reads_the_frozen_vectors_and_pre_training_shows_in_it():
    tables = {split: mini_model.load_dataset(mini_model.SAMPLE / f"{split}.tsv") for split in ("train", "valid")}
    scores = [mini_model.probe(tables, mini_model.Weights(MINI, random)) for random in (False, True)]
    assert scores[0] > scores[1] + 5


def test_negation_is_measured_without_touching_the_model():
    model, tokenizer = load_model(MINI), load_tokenizer(MINI)
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    assert 0 <= mini_model.negation_share(model, tokenizer) <= 1
    assert all(torch.equal(weights[name], weight) for name, weight in model.state_dict().items())
