"""Metrics equal scikit-learn's, predictions come in the caller's order, any label set goes all the way."""

import inspect
import io
import itertools
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import tiny_train
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, LABEL2INDEX, DataError, DocumentSentimentDataset
from helpers.evaluation import (
    bootstrap_interval,
    confusion_table,
    document_sentiment_metrics_fn,
    macro_f1,
    paired,
    predict,
    reliability_table,
    word_importance,
    write_submission,
)
from helpers.files import WriteError
from helpers.fit import CheckpointError
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

TEXTS = ["enak sekali " * 30, "buruk", "pelayanannya biasa saja , tidak lebih", "😀", "x", "mantap " * 12, "الطعام لذيذ"]


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


@pytest.mark.parametrize("bad", [None, float("nan"), pd.NA, 3, b"enak", ["enak"], "", "  \n", "\u200b\u00a0", "mantap \ud83d"])
def test_what_is_no_text_is_refused_with_its_row(model, tokenizer, bad):
    for language, text in refusals(DataError, predict, ["enak", bad], model, tokenizer).items():
        assert {"id": "baris 2:", "en": "row 2:"}[language] in text


def test_predicting_leaves_the_random_generator_and_the_models_mode_alone_with_dropout_off(model, tokenizer):
    model.train()
    model.bert.encoder.eval()  # a part that its owner keeps from dropping out
    modes = [module.training for module in model.modules()]
    before = torch.get_rng_state()
    assert predict(["enak"] * 2, model, tokenizer)[LABELS].nunique().tolist() == [1, 1, 1]
    with pytest.raises(DataError):
        predict([None], model, tokenizer)
    assert torch.equal(torch.get_rng_state(), before)
    assert [module.training for module in model.modules()] == modes
    model.eval()


def test_predictions_keep_the_index_of_a_series_and_of_a_table_of_one_column(model, tokenizer):
    table = pd.DataFrame({"text": ["satu", "dua", "tiga", "empat"], "kota": "Solo"}).sample(frac=1, random_state=3)
    table["seen"] = predict(table["text"], model, tokenizer)["text"]
    assert table["seen"].tolist() == table["text"].tolist()
    filtered = table[table["text"] != "dua"]
    for texts in (filtered["text"], filtered[["text"]]):
        predictions = predict(texts, model, tokenizer)
        assert predictions.index.equals(filtered.index)
        assert predictions["text"].tolist() == filtered["text"].tolist()
        assert predictions["label"].tolist() == predict(filtered["text"].tolist(), model, tokenizer)["label"].tolist()
    assert predict(filtered["text"].tolist(), model, tokenizer).index.tolist() == [0, 1, 2]


NO_TEXTS = {
    "a table of two columns": pd.DataFrame({"ulasan": ["enak"], "kota": ["Solo"]}),
    "a table without columns": pd.DataFrame(index=[0, 1]),
    "a dict": {"ulasan": ["enak", "buruk"]},
    "a set": {"enak", "buruk"},
    "bytes": b"enak",
    "a number": 5,
    "nothing": None,
    "a square of texts": np.array([["enak", "buruk"], ["enak", "buruk"]]),
    "numbers": [1, 2],
    "words of a text": [["enak", "sekali"]],
    "numbers in an array": np.arange(3),
}


@pytest.mark.parametrize("name", NO_TEXTS)
def test_what_holds_no_texts_in_an_order_is_refused(model, tokenizer, name):
    texts = refusals(DataError, predict, NO_TEXTS[name], model, tokenizer)
    if name == "a table of two columns":
        assert all("ulasan, kota" in text for text in texts.values())


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "generator": lambda texts: (text for text in texts),
    "array of objects": lambda texts: np.array(texts, dtype=object),
    "column of an array": lambda texts: np.array(texts, dtype=object)[:, None],
    "series": pd.Series,
    "series of strings": lambda texts: pd.Series(texts, dtype="string"),
    "categories": lambda texts: pd.Series(texts).astype("category"),
    "array of pandas": lambda texts: pd.array(texts, dtype="string"),
    "index": pd.Index,
    "table of one column": lambda texts: pd.DataFrame({"ulasan": texts}),
    "values of a dict": lambda texts: dict(enumerate(texts)).values(),
}
VISIBLE = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "So"]), min_size=1, max_size=12)
ANYTHING = st.one_of(
    VISIBLE,
    st.sampled_from(["", " ", "\u200b", "\ud83d", None, float("nan"), 5, b"x", pd.NA, ("a",), True]),
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(CONTAINERS)), texts=st.lists(VISIBLE, max_size=5), batch_size=st.integers(1, 7))
def test_any_container_of_texts_gives_the_predictions_of_a_list(model, tokenizer, name, texts, batch_size):
    if name == "series" and not texts:
        return  # its type says nothing about texts
    table = predict(CONTAINERS[name](texts), model, tokenizer, batch_size=batch_size)
    assert table["text"].tolist() == texts
    pd.testing.assert_frame_equal(table, predict(texts, model, tokenizer), rtol=1e-4, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANYTHING, max_size=5), series=st.booleans(), index=st.permutations(range(5)))
def test_texts_are_predicted_row_by_row_or_refused_in_words(model, tokenizer, texts, series, index):
    given_texts = pd.Series(texts, index=index[: len(texts)], dtype=object) if series else texts
    good = all(isinstance(text, str) and text.strip(" \u200b") and text != "\ud83d" for text in texts)
    if not good:
        with pytest.raises(DataError) as caught:
            predict(given_texts, model, tokenizer)
        bad = [row for row, text in enumerate(texts, start=1) if not isinstance(text, str) or not text.strip(" \u200b") or text == "\ud83d"]
        assert [row for row, _ in caught.value.problems] == bad
        return
    table = predict(given_texts, model, tokenizer)
    assert table["text"].tolist() == texts
    assert table.index.tolist() == (list(index[: len(texts)]) if series else list(range(len(texts))))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_in_another_number_format_predicts_in_float32(tiny, tokenizer, dtype):
    texts = ["enak sekali", "buruk"]
    table = predict(texts, load_model(tiny).to(dtype), tokenizer)
    assert table["confidence"].dtype == np.float32
    assert table[LABELS].to_numpy() == pytest.approx(predict(texts, load_model(tiny), tokenizer)[LABELS].to_numpy(), abs=0.05)


def test_a_wrapped_model_predicts_what_it_wraps_predicts(model, tokenizer):
    texts = ["enak sekali", "buruk"]
    wrapped = predict(texts, torch.nn.DataParallel(model), tokenizer)
    pd.testing.assert_frame_equal(wrapped, predict(texts, model, tokenizer))


def test_a_tokenizer_larger_than_the_embedding_is_refused_with_both_sizes(tiny, model):
    tokenizer = load_tokenizer(tiny)
    tokenizer.add_tokens(["zzqqxx"])
    for text in refusals(CheckpointError, predict, ["enak zzqqxx"], model, tokenizer).values():
        assert "8001" in text
        assert "8000" in text
    larger = load_model(tiny)
    larger.resize_token_embeddings(len(tokenizer))
    assert predict(["enak zzqqxx"], larger, tokenizer)["text"].tolist() == ["enak zzqqxx"]


def test_a_tokenizer_without_padding_is_refused(tiny, model):
    tokenizer = load_tokenizer(tiny)
    tokenizer.pad_token = None
    for text in refusals(CheckpointError, predict, ["enak"], model, tokenizer).values():
        assert "[PAD]" in text


def test_arguments_in_another_order_and_models_that_do_not_classify_are_refused(tiny, model, tokenizer):
    refusals(CheckpointError, predict, ["enak"], tokenizer, model)
    refusals(CheckpointError, predict, ["enak"], str(tiny), tokenizer)
    others = (
        torch.nn.Linear(2, 2), AutoModel.from_pretrained(tiny), AutoModelForMaskedLM.from_pretrained(tiny),
        AutoModelForSequenceClassification.from_pretrained(tiny, problem_type="multi_label_classification"),
    )  # fmt: skip
    for other in others:
        for text in refusals(CheckpointError, predict, ["enak"], other, tokenizer).values():
            assert type(other).__name__ in text


def test_a_model_that_answers_with_nan_is_refused(tiny, tokenizer):
    broken = load_model(tiny)
    broken.classifier.weight.data.fill_(float("nan"))
    for text in refusals(CheckpointError, predict, ["enak"], broken, tokenizer).values():
        assert "NaN" in text


@pytest.mark.parametrize("name", ["text", "label", "confidence"])
def test_a_label_with_the_name_of_a_column_is_refused(tiny, tokenizer, name):
    model = AutoModelForSequenceClassification.from_pretrained(tiny, id2label={0: name, 1: "b"}, label2id={name: 0, "b": 1})
    for text in refusals(DataError, predict, ["enak"], model, tokenizer).values():
        assert f'"{name}"' in text


@pytest.mark.parametrize(
    "options", [{"batch_size": 0}, {"batch_size": 2.5}, {"batch_size": True}, {"max_seq_len": 2}, {"max_seq_len": "8"}]
)
def test_numbers_outside_their_range_are_refused_before_anything_is_predicted(model, tokenizer, options):
    (name,) = options
    for text in refusals(DataError, predict, ["enak"], model, tokenizer, **options).values():
        assert name in text


# ------------------------------------------ what the model did not read


def test_texts_that_were_cut_are_counted_and_named_in_one_line(model, tokenizer, capsys):
    table = predict(["enak", "enak " * 200, "enak " * 126, "enak " * 127], model, tokenizer)
    assert (table.attrs["cut"], table.attrs["mostly_unknown"]) == (2, 0)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "2 dari 4" in out and "128" in out and "2, 4" in out
    assert predict(["enak " * 20], model, tokenizer, max_seq_len=10).attrs["cut"] == 1


def test_texts_of_which_half_is_unknown_are_counted_and_named_in_one_line(model, tokenizer, capsys):
    unknown = "ꙮ"
    assert tokenizer.tokenize(unknown) == [tokenizer.unk_token]
    table = predict(["enak", f"{unknown} {unknown}", f"enak {unknown}", f"enak sekali {unknown}"], model, tokenizer)
    assert (table.attrs["cut"], table.attrs["mostly_unknown"]) == (0, 2)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "2 dari 4" in out and "2, 3" in out


def test_nothing_is_printed_of_texts_that_were_read_whole(model, tokenizer, capfd):
    table = predict(["enak sekali", "buruk"], model, tokenizer)
    assert capfd.readouterr() == ("", "")
    assert table.attrs == {"label2index": LABEL2INDEX, "cut": 0, "mostly_unknown": 0}


def test_the_length_that_a_folder_states_is_where_texts_are_cut(tiny, model, tmp_path):
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    tokenizer = load_tokenizer(tiny)
    tokenizer.model_max_length = 20
    tokenizer.save_pretrained(tmp_path)
    long = predict("enak " * 50, model, load_tokenizer(tmp_path))
    assert long.attrs["cut"] == 1
    assert long["confidence"][0] == pytest.approx(predict("enak " * 18, model, load_tokenizer(tmp_path))["confidence"][0], abs=1e-6)


def test_the_length_that_a_model_was_trained_with_travels_with_it_and_a_length_given_wins(tiny, tokenizer):
    model = load_model(tiny)
    model.config.trained_max_seq_len = 20
    long = "enak " * 50
    assert predict(long, model, tokenizer).attrs["cut"] == 1
    assert predict(long, model, tokenizer)["confidence"].equals(predict(long, model, tokenizer, max_seq_len=20)["confidence"])
    assert predict(long, model, tokenizer, max_seq_len=60).attrs["cut"] == 0
    assert predict(long * 10, model, tokenizer, max_seq_len=10_000).attrs["cut"] == 1


@pytest.mark.parametrize("bad", [["enak", "sekali"], None, 5, "", " ", "mantap \ud83d"])
def test_the_importance_of_words_is_asked_of_one_text_only(model, tokenizer, bad):
    refusals(DataError, word_importance, bad, model, tokenizer)


# ------------------------------------------------- what cannot be paired

PAIRED = {
    "metrics": document_sentiment_metrics_fn,
    "interval": lambda hyp, label: bootstrap_interval(hyp, label, resamples=10),
    "confusion": lambda hyp, label: confusion_table(hyp, label, ["a", "b"]),
    "reliability": lambda hyp, label: reliability_table(guesses_of(hyp), label),
    "the check itself": paired,
}
UNPAIRED = {
    "different lengths": (["a", "b", "a", "b"], ["a", "b"]),
    "one label for all": (["a", "b", "a"], ["a"]),
    "names and numbers": (["a", "b"], [0, 1]),
    "a missing label": (["a", "b"], ["a", float("nan")]),
    "no label": (["a", "b"], ["a", None]),
    "a missing label of pandas": (["a", "b"], pd.Series(["a", pd.NA])),
    "labels in lists": (["a", "b"], [["a"], ["b"]]),
    "capitals": (["a", "b"], ["A", "b"]),
    "spaces": (["a", "b"], ["a", "b "]),
    "a text": (["a", "b"], "ab"),
    "a set": (["a", "b"], {"a", "b"}),
    "a table": (["a", "b"], pd.DataFrame({"a": [1], "b": [2]})),
    "a square": (["a", "b"], np.array([["a", "b"]])),
    "a number": (["a"], 5),
    "the same rows in another order": (pd.Series(["a", "b"], index=[0, 1]), pd.Series(["a", "b"], index=[1, 0])),
    "no rows": ([], []),
}


def guesses_of(labels):
    """A table such as `predict` returns, with these labels."""
    index = labels.index if isinstance(labels, pd.Series) else None
    return pd.DataFrame({"text": "x", "label": labels, "confidence": 0.9, "a": 0.5, "b": 0.5}, index=index)


@pytest.mark.parametrize(("function", "name"), list(itertools.product(PAIRED, UNPAIRED)))
def test_what_cannot_be_paired_is_refused_everywhere(function, name):
    hypothesis, label = UNPAIRED[name]
    texts = refusals(DataError, PAIRED[function], hypothesis, label)
    if name == "different lengths":
        assert all("4" in text and "2" in text for text in texts.values())


@settings(max_examples=100, deadline=None)
@given(
    hypothesis=st.lists(st.sampled_from(["a", "b"]), max_size=8),
    label=st.lists(st.sampled_from(["a", "b"]), max_size=8),
    kinds=st.tuples(*[st.sampled_from([list, tuple, pd.Series, np.array, lambda labels: pd.array(labels, dtype="string")])] * 2),
)
def test_lists_are_scored_as_pairs_or_refused(hypothesis, label, kinds):
    arguments = kinds[0](hypothesis), kinds[1](label)
    if len(hypothesis) == len(label) > 0:
        assert document_sentiment_metrics_fn(*arguments)["ACC"] == pytest.approx(np.mean([a == b for a, b in zip(hypothesis, label)]))
        assert confusion_table(*arguments, ["a", "b"]).to_numpy().sum() == len(label)
        assert len(bootstrap_interval(*arguments, resamples=5)) == 2
    else:
        for function in (document_sentiment_metrics_fn, bootstrap_interval):
            with pytest.raises(DataError):
                function(*arguments)


def test_numbers_pair_with_numbers_of_any_type():
    for label in (
        [0, 1, 1],
        np.array([0, 1, 1], dtype=np.int32),
        torch.tensor([0, 1, 1]),
        pd.Series([0, 1, 1], dtype="Int64"),
        [0.0, 1.0, 1.0],
    ):
        assert document_sentiment_metrics_fn([0, 1, 0], label)["ACC"] == pytest.approx(2 / 3)


def test_a_filtered_and_a_new_series_are_paired_by_position():
    assert paired(pd.Series(["a", "b"], index=[4, 9]), pd.Series(["b", "b"])) == (["a", "b"], ["b", "b"])


@pytest.mark.parametrize("options", [{"level": 0}, {"level": 1}, {"level": 95}, {"level": -0.5}, {"level": "0.95"}, {"level": float("nan")},
                                     {"resamples": 0}, {"resamples": 2.5}, {"resamples": -1}, {"resamples": "many"}])  # fmt: skip
def test_an_interval_outside_its_range_is_refused(options):
    (name,) = options
    for text in refusals(DataError, bootstrap_interval, ["a", "b"], ["a", "b"], **options).values():
        assert name in text


@pytest.mark.parametrize(
    ("hypothesis", "label", "n_classes"),
    [
        (np.zeros((2, 3), int), np.zeros((2, 4), int), 2), (np.zeros(3, int), np.zeros(3, int), 2),
        (np.zeros((2, 3), int), np.full((2, 3), 2), 2), (np.zeros((2, 3), int), np.full((2, 3), -1), 2),
        (np.zeros((2, 3)), np.zeros((2, 3)), 2), (np.zeros((0, 3), int), np.zeros((0, 3), int), 2),
        (np.zeros((2, 0), int), np.zeros((2, 0), int), 2), (np.zeros((2, 3), int), np.zeros((2, 3), int), 0),
    ],
)  # fmt: skip
def test_draws_that_do_not_match_are_refused(hypothesis, label, n_classes):
    refusals(DataError, macro_f1, hypothesis, label, n_classes)


@pytest.mark.parametrize("labels", [["a"], ["a", "b", "a"], {"a", "b"}, [], "ab", [0, 1]])
def test_a_confusion_table_needs_every_label_once_and_in_order(labels):
    refusals(DataError, confusion_table, ["a", "b"], ["b", "a"], labels)


def test_a_label_map_is_an_order_of_labels():
    assert list(confusion_table(["a", "b"], ["b", "a"], {"b": 0, "a": 1}).columns) == ["b", "a"]


def test_a_reliability_table_is_made_of_predictions_only():
    predictions = guesses_of(["a", "b"])
    for bad in (
        predictions.drop(columns="confidence"),
        predictions.assign(confidence=[0.5, np.nan]),
        predictions.assign(confidence=95),
        ["a"],
    ):
        refusals(DataError, reliability_table, bad, ["a", "b"])
    for bins in (0, -1, 2.5, "5"):
        refusals(DataError, reliability_table, predictions, ["a", "b"], bins=bins)
    for label in (["a", "c"], ["A", "b"]):
        refusals(DataError, reliability_table, predictions, label)


def test_columns_added_to_predictions_do_not_change_the_bins(model, tokenizer):
    predictions = predict(TEXTS, model, tokenizer)
    label = ["positive"] * len(TEXTS)
    more = predictions.assign(asli=label, nomor=1.5)
    assert reliability_table(more, label).equals(reliability_table(predictions, label))


@pytest.mark.parametrize(
    "bad",
    [pd.DataFrame({"label": ["positive"]}), "positive", {"label": ["positive"]}, {"positive"}, [], ["positive", None], [["positive"]], 5,
     pd.Series(["a", "b"], index=[1, 0])],
)  # fmt: skip
def test_what_is_no_list_of_labels_is_not_submitted(tmp_path, bad):
    refusals(DataError, write_submission, bad, tmp_path / "pred.txt")
    assert not list(tmp_path.iterdir())


def test_a_submission_may_come_from_any_list_in_the_files_order(tmp_path):
    for labels in (
        ("positive", "negative"),
        pd.Series(["positive", "negative"]),
        np.array(["positive", "negative"]),
        iter(["positive", "negative"]),
    ):
        write_submission(labels, tmp_path / "pred.txt")
        assert (tmp_path / "pred.txt").read_bytes() == b"index,label\n0,positive\n1,negative\n"


def test_options_that_lessons_name_cannot_be_given_by_position():
    for function in (predict, bootstrap_interval, reliability_table):
        options = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.default is not parameter.empty]
        assert options and all(parameter.kind is parameter.KEYWORD_ONLY for parameter in options)


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
    predictions = pd.DataFrame({"text": "x", "label": "0", "confidence": confidence, **{str(number): 0.0 for number in range(classes)}})
    assert reliability_table(predictions, ["0", "1"])["rows"].tolist() == [1, 1]


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
