"""The real SmSA, where SMSA_DIR names its folder: its documented numbers, and what a baseline reaches on it."""

import os
import pathlib

import pytest

from benchmarks.smsa_counts import count, describe_splits, difference
from helpers.data import INDEX2LABEL, load_dataset, tfidf_baseline
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.first_models import fit_bag_of_words, guess_sentiment, share_with_listed_word
from helpers.lesson import PRESETS, SMSA_SHA256, file_sha256, find_data
from helpers.scoreboard import negation_pairs_right, smsa_counts, smsa_results, thread_texts

pytestmark = pytest.mark.real_smsa

# Rows by class as IndoNLU's files hold them: positive, neutral, negative.
COUNTS = {"train": (6416, 1148, 3436), "valid": (735, 131, 394), "test": (208, 88, 204)}


def labels_of(table):
    return table["label"].map(INDEX2LABEL).tolist()


@pytest.fixture(scope="module")
def smsa_dir():
    """As the fixture for all tests, for a whole module: the files are read once."""
    folder = os.environ.get("SMSA_DIR")
    if not folder:
        pytest.skip("SMSA_DIR is not set: it names the folder with the real SmSA")
    return pathlib.Path(folder)


@pytest.fixture(scope="module")
def splits(smsa_dir):
    return {name: load_dataset(smsa_dir / f"{name}_preprocess.tsv") for name in COUNTS}


def test_the_files_are_the_published_ones(smsa_dir):
    assert {name: file_sha256(smsa_dir / name) for name in SMSA_SHA256} == SMSA_SHA256


def test_the_presets_find_them_without_a_note(smsa_dir, capsys):
    folder, names = find_data(PRESETS["laptop"])
    assert folder.samefile(smsa_dir)
    assert names == tuple(f"{split}_preprocess.tsv" for split in COUNTS)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("split", "rows"), [("train", 11_000), ("valid", 1260), ("test", 500)])
def test_a_split_has_its_documented_rows_and_classes(splits, split, rows):
    assert len(splits[split]) == rows
    assert tuple(splits[split]["label"].value_counts().sort_index()) == COUNTS[split]


def test_scoring_against_the_file_with_masked_labels_gives_an_f1_of_a_tenth_even_to_the_truth(smsa_dir, splits):
    masked = load_dataset(smsa_dir / "test_preprocess_masked_label.tsv")
    assert masked["text"].tolist() == splits["test"]["text"].tolist()
    assert set(labels_of(masked)) == {"neutral"}
    assert document_sentiment_metrics_fn(labels_of(splits["test"]), labels_of(masked))["F1"] == pytest.approx(0.0998, abs=5e-5)


def test_the_majority_class_scores_as_published(splits):
    truth = labels_of(splits["test"])
    assert round(100 * document_sentiment_metrics_fn(["positive"] * 500, truth)["F1"], 1) == 19.6


def test_the_baseline_scores_as_such_baselines_do(splits):
    model = tfidf_baseline().fit(splits["train"]["text"], splits["train"]["label"])
    scores = {
        name: document_sentiment_metrics_fn(model.predict(table["text"]).tolist(), table["label"].tolist())["F1"]
        for name, table in splits.items()
    }
    assert 0.83 < scores["valid"] < 0.90
    assert 0.65 < scores["test"] < 0.75


def test_the_stored_figures_of_lesson_0_are_those_of_the_rules_and_the_bag_of_words(splits):
    stored = smsa_results()
    train, valid = splits["train"], splits["valid"]
    predictors = {"rules": lambda texts: [guess_sentiment(text) for text in texts],
                  "bag_of_words": fit_bag_of_words(train["text"], train["label"]).predict}  # fmt: skip
    for method, predict in predictors.items():
        score = document_sentiment_metrics_fn(list(predict(valid["text"])), valid["label"])["F1"]
        assert score == pytest.approx(stored["valid"][method][0], abs=5e-3)  # a processor's rounding turns a row or two of the fitted one
        assert [INDEX2LABEL[int(label)] for label in predict(thread_texts())] == stored["thread"][method][0]
    assert share_with_listed_word(valid["text"]) == pytest.approx(stored["share_with_listed_word"], abs=1e-3)


def test_the_stored_counts_of_lesson_1_are_those_of_the_files(splits):
    stored = smsa_counts()
    assert describe_splits(splits) == stored["splits"]
    found = count(splits["train"])
    assert found == {name: stored[name] for name in found}


def test_the_stored_figures_of_lesson_1_are_those_of_tfidf(splits):
    stored, valid = smsa_counts(), splits["valid"]
    model = tfidf_baseline().fit(splits["train"]["text"], splits["train"]["label"])
    assert [INDEX2LABEL[int(label)] for label in model.predict(thread_texts())] == smsa_results()["thread"]["tfidf"][0]
    assert negation_pairs_right(model.predict) == pytest.approx(stored["negation_pairs"]["tfidf"], abs=1)
    rules = [guess_sentiment(text) for text in valid["text"]]
    found = difference(model.predict(valid["text"]), rules, valid["label"])
    assert found == pytest.approx(stored["difference"]["tfidf - rules"], abs=5e-3)
