"""Files in SmSA's format: read exactly, or refused with file, row, what was found and what is allowed."""

import time

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer

from helpers.data import (
    INDEX2LABEL,
    LABEL2INDEX,
    NUM_LABELS,
    DataError,
    DocumentSentimentDataset,
    check_label_map,
    check_table,
    check_texts,
    encode_texts,
    is_visible,
    list_of_texts,
    load_dataset,
    tfidf_baseline,
)
from helpers.messages import message

LABELS = "positive, neutral, negative"


def write(folder, content):
    path = folder / "ulasan.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


# content, row, what was found, what is allowed (a text, or one for each language)
BAD_FILES = {
    "one column": ("enak .\tpositive\nbiasa saja .\n", 2, "1", "2"),
    "three columns": ("enak .\tpositive\tbintang 5\n", 1, "3", "2"),
    "a blank line in the middle": ("enak .\tpositive\n\nbiasa .\tneutral\n", 2, "1", "2"),
    "an unknown label": ("enak .\tpositive\nlumayan .\tsenang\n", 2, '"senang"', LABELS),
    "a label in capitals": ("enak .\tPositive\n", 1, '"Positive"', LABELS),
    "an empty label": ("enak .\tpositive\nlumayan .\t\n", 2, '""', LABELS),
    "a space after the label": ("enak .\tpositive \n", 1, '"positive "', LABELS),
    "a header row": ("text\tlabel\nenak .\tpositive\n", 1, '"label"', {"id": "baris judul", "en": "header row"}),
    "an empty text": ("enak .\tpositive\n\tneutral\n", 2, {"id": "kosong", "en": "blank"}, {"id": "isi teksnya", "en": "fill it in"}),
    "a blank text": ("enak .\tpositive\n \u00a0 \tneutral\n", 2, {"id": "kosong", "en": "blank"}, {"id": "hapus", "en": "delete"}),
    "a Latin-1 byte": (b"enak .\tpositive\ncaf\xe9 nya ramai .\tneutral\n", 2, "0xe9", "UTF-8"),
    "a Latin-1 byte after a byte order mark": (b"\xef\xbb\xbfcaf\xe9 nya ramai .\tneutral\n", 1, "0xe9", "UTF-8"),
    "UTF-16": ("enak .\tpositive\n".encode("utf-16"), 1, "0xff", "UTF-8"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_row_is_refused_with_file_row_what_was_found_and_what_is_allowed(tmp_path, name):
    content, row, found, allowed = BAD_FILES[name]
    path = write(tmp_path, content)
    for language, text in refusals(DataError, load_dataset, path).items():
        word = {"id": "baris", "en": "row"}[language]
        for expected in (str(path), f"{word} {row}:", found, allowed):
            assert (expected[language] if isinstance(expected, dict) else expected) in text


@pytest.mark.parametrize("content", ["", "\n", " \n\t\n", "\ufeff", "\r\n\r\n"])
def test_an_empty_file_is_refused_with_its_name_and_what_belongs_there(tmp_path, content):
    path = write(tmp_path, content)
    for text in refusals(DataError, load_dataset, path).values():
        assert str(path) in text
        assert "label" in text


def test_a_missing_file_and_a_folder_are_refused_with_their_name(tmp_path):
    for path in (tmp_path / "tidak_ada.tsv", tmp_path):
        for text in refusals(DataError, load_dataset, path).values():
            assert str(path) in text


# content and the rows that it holds
GOOD_FILES = {
    "texts that pandas takes for missing": (
        "".join(f"{text}\tneutral\n" for text in ("null", "NA", "nan", "None", "N/A", "-")),
        [(text, 1) for text in ("null", "NA", "nan", "None", "N/A", "-")],
    ),
    "quotes": ('"enak" katanya\tpositive\n"buka saja\tnegative\n\'\tneutral\n', [('"enak" katanya', 0), ('"buka saja', 2), ("'", 1)]),
    "a byte order mark": ("\ufeffenak\tpositive\n", [("enak", 0)]),
    "CRLF": ("enak\tpositive\r\nburuk\tnegative\r\n", [("enak", 0), ("buruk", 2)]),
    "CR": ("enak\tpositive\rburuk\tnegative\r", [("enak", 0), ("buruk", 2)]),
    "mixed line ends": ("a\tpositive\r\nb\tnegative\rc\tneutral\nd\tpositive", [("a", 0), ("b", 2), ("c", 1), ("d", 0)]),
    "no line end after the last row": ("enak\tpositive", [("enak", 0)]),
    "blank lines after the last row": ("enak\tpositive\n\n\n", [("enak", 0)]),
    "commas, semicolons and hashes": ("# a, b; c | d\tpositive\n", [("# a, b; c | d", 0)]),
    "odd line separators inside a text": ("a\x0bb\x0cc\x1cd\x85e\u2028f\tpositive\n", [("a\x0bb\x0cc\x1cd\x85e\u2028f", 0)]),
    "NUL, emoji and right-to-left text": (
        "a\x00b\tpositive\n😀👍🏽\tpositive\nجيد جدا\tpositive\n",
        [("a\x00b", 0), ("😀👍🏽", 0), ("جيد جدا", 0)],
    ),
    "spaces around a text": ("  enak  \tpositive\n", [("  enak  ", 0)]),
    "50,000 characters": ("enak " * 10_000 + "\tpositive\n", [("enak " * 10_000, 0)]),
}


@pytest.mark.parametrize("name", GOOD_FILES)
def test_an_unusual_but_good_file_is_read_exactly(tmp_path, name):
    content, rows = GOOD_FILES[name]
    table = load_dataset(write(tmp_path, content))
    assert list(zip(table["text"], table["label"])) == rows


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\ufeff"), min_size=1)
texts = texts.filter(lambda text: any(map(is_visible, text)))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(rows=st.lists(st.tuples(texts, st.sampled_from(list(LABEL2INDEX))), min_size=1), line_end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_without_tab_and_line_end_is_read_exactly(tmp_path_factory, rows, line_end):
    path = write(tmp_path_factory.getbasetemp(), "".join(f"{text}\t{label}{line_end}" for text, label in rows))
    table = load_dataset(path)
    assert list(zip(table["text"], table["label"])) == [(text, LABEL2INDEX[label]) for text, label in rows]


def test_all_problems_of_a_file_come_at_once(tmp_path):
    path = write(tmp_path, "satu\nenak\tpositive\n \tneutral\nlumayan\tsenang\n")
    with pytest.raises(DataError) as caught:
        load_dataset(path)
    assert [row for row, _ in caught.value.problems] == [1, 3, 4]
    assert all(problem in str(caught.value) for _, problem in caught.value.problems)


def test_of_very_many_problems_the_first_twenty_are_printed_and_the_others_counted(tmp_path):
    with pytest.raises(DataError) as caught:
        load_dataset(write(tmp_path, "satu kolom\n" * 50))
    assert len(caught.value.problems) == 50
    assert "baris 20:" in str(caught.value)
    assert "baris 21:" not in str(caught.value)
    assert message("data.report_more", count=30) in str(caught.value)


def test_another_label_map_decides_which_labels_are_allowed(tmp_path):
    path = write(tmp_path, "enak\tsenang\nburuk\tsedih\n")
    assert load_dataset(path, {"sedih": 0, "senang": 1})["label"].tolist() == [1, 0]
    with pytest.raises(DataError, match="sedih, marah"):
        load_dataset(path, {"sedih": 0, "marah": 1})


def test_there_is_one_label_map_and_it_is_that_of_indonlu():
    assert LABEL2INDEX == {"positive": 0, "neutral": 1, "negative": 2}
    assert INDEX2LABEL == {0: "positive", 1: "neutral", 2: "negative"}
    assert NUM_LABELS == 3
    assert DocumentSentimentDataset.LABEL2INDEX is LABEL2INDEX
    assert DocumentSentimentDataset.INDEX2LABEL is INDEX2LABEL
    assert DocumentSentimentDataset.NUM_LABELS == NUM_LABELS


class CountingTokenizer:
    """The bundled tokenizer, and how often it was called."""

    def __init__(self):
        self.calls = 0

    def __call__(self, *arguments, **options):
        self.calls += 1
        return bundled_tokenizer()(*arguments, **options)


def test_the_dataset_tokenizes_once_and_not_at_each_access(tmp_path):
    tokenizer = CountingTokenizer()
    dataset = DocumentSentimentDataset(write(tmp_path, "enak sekali\tpositive\nburuk\tnegative\n" * 20), tokenizer)
    for _ in range(3):
        assert len([dataset[index] for index in range(len(dataset))]) == 40
    assert tokenizer.calls == 1


def test_a_row_is_the_subwords_between_cls_and_sep_and_its_label(tmp_path):
    tokenizer = bundled_tokenizer()
    dataset = DocumentSentimentDataset(write(tmp_path, "makanannya enak sekali\tpositive\nburuk\tnegative\n"), tokenizer)
    subwords, label = dataset[0]
    assert subwords.dtype == torch.int64
    assert subwords.tolist() == [
        tokenizer.cls_token_id,
        *tokenizer.encode("makanannya enak sekali", add_special_tokens=False),
        tokenizer.sep_token_id,
    ]
    assert [label for _, label in dataset] == [0, 2]
    assert dataset.lengths.tolist() == [len(subwords) for subwords, _ in dataset]


def test_a_table_in_any_order_of_rows_becomes_a_dataset():
    table = pd.DataFrame({"text": ["enak", "buruk", "biasa"], "label": [0, 2, 1]}).iloc[[2, 0]]
    dataset = DocumentSentimentDataset(table, bundled_tokenizer())
    assert len(dataset) == 2
    assert [label for _, label in dataset] == [1, 0]


def test_a_long_text_is_not_cut_when_it_is_tokenized():
    (subwords,) = encode_texts(["enak " * 3000], bundled_tokenizer())
    assert len(subwords) >= 3002


def test_no_texts_give_no_rows():
    assert encode_texts([], bundled_tokenizer()) == []


def test_the_baseline_learns_the_words_that_decide():
    texts = ["enak sekali", "sangat enak", "enak banget", "buruk sekali", "sangat buruk", "biasa saja"]
    labels = ["positive"] * 3 + ["negative"] * 2 + ["neutral"]
    model = tfidf_baseline().fit(texts, labels)
    assert model.predict(["enak", "buruk", "biasa"]).tolist() == ["positive", "negative", "neutral"]


def test_a_table_may_name_its_labels_or_number_them():
    tokenizer = bundled_tokenizer()
    by_name = DocumentSentimentDataset(pd.DataFrame({"text": ["enak .", "basi ."], "label": ["positive", "negative"]}), tokenizer)
    by_number = DocumentSentimentDataset(pd.DataFrame({"text": ["enak .", "basi ."], "label": [0, 2]}), tokenizer)
    assert by_name.labels == by_number.labels == [0, 2]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"text": ["enak ."], "sentiment": ["positive"]}, ["label", "sentiment"]),
        ({"text": ["enak .", " ", "basi ."], "label": [0, 1, 7]}, ["baris 2", "baris 3", "7", "positive (0)"]),
        ({"text": ["enak .", None], "label": ["buruk", "positive"]}, ["buruk", "teksnya tidak ada", "negative"]),
    ],
    ids=["no label column", "blank text and unknown number", "no text and unknown name"],
)
def test_a_table_that_cannot_be_used_is_refused_with_all_its_problems(table, words):
    with pytest.raises(DataError) as refused:
        DocumentSentimentDataset(pd.DataFrame(table), bundled_tokenizer())
    assert all(word in str(refused.value) for word in words)


# ------------------------------------------------- what is no text, and how it is said

# the value, and what the refusal says about it
NO_TEXTS = {
    "a number": (5, {"id": "angka (5)", "en": "number (5)"}),
    "a number of NumPy": (np.float32(1.5), {"id": "angka (1.5)", "en": "number (1.5)"}),
    "None": (None, {"id": "tidak ada", "en": "no text"}),
    "NaN": (float("nan"), {"id": "tidak ada", "en": "no text"}),
    "pandas' NA": (pd.NA, {"id": "tidak ada", "en": "no text"}),
    "a truth value": (True, {"id": "bool", "en": "bool"}),
    "bytes": (b"enak", {"id": "bytes", "en": "bytes"}),
    "a list": (["enak"], {"id": "list", "en": "list"}),
    "nothing": ("", {"id": "kosong", "en": "blank"}),
    "spaces": (" \t\n\u00a0\u3000", {"id": "kosong", "en": "blank"}),
    "a zero-width space": ("\u200b", {"id": "U+200B", "en": "U+200B"}),
    "joiners, marks of order and a soft hyphen": ("\u200d \u200e\u00ad", {"id": "U+200D", "en": "U+200D"}),
    "a byte order mark": ("\ufeff", {"id": "U+FEFF", "en": "U+FEFF"}),
    "an empty Braille cell and a Hangul filler": ("\u2800\u3164", {"id": "U+2800", "en": "U+2800"}),
    "a variation selector": ("\ufe0f", {"id": "U+FE0F", "en": "U+FE0F"}),
    "NUL": ("\x00", {"id": "U+0000", "en": "U+0000"}),
    "half an emoji": ("mantap \ud83d", {"id": "karakter ke-8 (U+D83D)", "en": "character 8 (U+D83D)"}),
}


@pytest.mark.parametrize("name", NO_TEXTS)
def test_what_is_no_text_is_refused_with_its_row_and_what_it_is(name):
    value, found = NO_TEXTS[name]
    assert [row for row, _ in check_texts(["enak", value, "buruk"])] == [2]
    table = pd.DataFrame({"text": pd.Series(["enak", value], dtype=object), "label": [0, 1]})
    for call in (
        lambda: list_of_texts(["enak", value]),
        lambda: encode_texts(["enak", value], bundled_tokenizer()),
        lambda: DocumentSentimentDataset(table, bundled_tokenizer()),
    ):
        for language, text in refusals(DataError, call).items():
            assert found[language] in text
            assert {"id": "baris 2:", "en": "row 2:"}[language] in text


@pytest.mark.parametrize("text", ["a", "字", "😀", "👍🏽", "❤\ufe0f", "خدمة", "a\u200b", "…", "\x00a", "\U0001fae8", "é"])
def test_what_a_reader_sees_is_a_text(text):
    assert check_texts([text]) == []


@pytest.mark.parametrize(
    "texts", ["enak", b"enak", {"enak": 1}, {"enak"}, pd.DataFrame({"text": ["enak"]})], ids=lambda texts: type(texts).__name__
)
def test_what_does_not_hold_texts_one_after_the_other_is_refused(texts):
    for text in refusals(DataError, encode_texts, texts, bundled_tokenizer()).values():
        assert type(texts).__name__ in text


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.text() | st.integers() | st.none() | st.sampled_from(["\ud83d", "a\udc00", "\u200b"]), max_size=6))
def test_any_values_are_either_texts_that_utf_8_can_hold_or_named(values):
    wrong = {row for row, _ in check_texts(values)}
    for row, value in enumerate(values, start=1):
        if row not in wrong:
            assert value.encode("utf-8").strip()
        else:
            assert not isinstance(value, str) or not any(map(is_visible, value)) or any("\ud800" <= letter <= "\udfff" for letter in value)


# ------------------------------------------------------------- labels and their map


@pytest.mark.parametrize(
    "label2index",
    [
        {"a": 1, "b": 2}, {"a": 0, "b": 2}, {"a": 0, "b": 0}, {"a": -1, "b": 0, "c": 1}, {"a": 0.0, "b": 1.0}, {"a": False, "b": True},
        {"a": "0", "b": "1"}, {0: "a", 1: "b"}, {"1": 0, 1: 1}, {None: 0, "a": 1}, {}, {"a", "b"}, ["a", "b"], "ab", None,
    ],
    ids=str,
)  # fmt: skip
def test_a_label_map_whose_indices_are_not_0_1_2_each_once_is_refused_wherever_it_is_given(tmp_path, label2index):
    table = pd.DataFrame({"text": ["enak"], "label": [0]})
    refusals(DataError, check_label_map, label2index)
    refusals(DataError, check_table, table, label2index)
    refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer(), label2index)
    refusals(DataError, load_dataset, write(tmp_path, "enak\tpositive\n"), label2index)


def test_a_fine_label_map_comes_back_as_names_and_whole_numbers():
    assert check_label_map({1: np.int64(1), "b": 0}) == {"1": 1, "b": 0}
    assert DocumentSentimentDataset(pd.DataFrame({"text": ["a"], "label": ["b"]}), bundled_tokenizer(), {1: 1, "b": 0}).label2index == {
        "1": 1,
        "b": 0,
    }


# labels of a table, and the indices that they stand for
GOOD_LABELS = {
    "names": (["positive", "negative"], [0, 2]),
    "indices": ([0, 2], [0, 2]),
    "both": ([0, "negative"], [0, 2]),
    "whole numbers with a point": ([1.0, 0.0], [1, 0]),
    "int8": (np.array([2, 1], dtype="int8"), [2, 1]),
    "Int64": (pd.array([2, 1], dtype="Int64"), [2, 1]),
    "categories": (pd.Categorical(["negative", "neutral"]), [2, 1]),
    "str of pandas": (pd.array(["negative", "neutral"], dtype="string"), [2, 1]),
}


@pytest.mark.parametrize("name", GOOD_LABELS)
def test_labels_of_any_type_that_names_or_numbers_them_are_read(name):
    labels, indices = GOOD_LABELS[name]
    dataset = DocumentSentimentDataset(pd.DataFrame({"text": ["a", "b"], "label": labels}), bundled_tokenizer())
    assert dataset.labels == indices
    named = any(isinstance(label, str) for label in labels)
    assert dataset.label2index == (LABEL2INDEX if named else None)  # nobody said what the numbers mean


def test_what_numbers_mean_is_known_once_somebody_says_it():
    table = pd.DataFrame({"text": ["a", "b"], "label": [0, 1]})
    stated = {"buruk": 0, "baik": 1}
    assert DocumentSentimentDataset(table, bundled_tokenizer(), stated).label2index == stated
    table.attrs["label2index"] = LABEL2INDEX
    assert DocumentSentimentDataset(table, bundled_tokenizer()).label2index == LABEL2INDEX


# labels of a table of two rows, of which the second is wrong, and what the refusal says
BAD_LABELS = {
    "a one-hot list": ([0, [0, 1, 0]], "list"),
    "a tensor": ([0, torch.tensor(1)], "Tensor"),
    "a truth value": ([0, True], "bool"),
    "None": (["positive", None], {"id": "labelnya tidak ada", "en": "no label"}),
    "NaN": ([0, float("nan")], {"id": "labelnya tidak ada", "en": "no label"}),
    "NA in Int64": (pd.array([0, None], dtype="Int64"), {"id": "labelnya tidak ada", "en": "no label"}),
    "a decimal": ([0, 1.5], "1.5"),
    "an index too high": ([0, 3], "negative (2)"),
    "a negative index": ([0, -1], "negative (2)"),
    "another name": (["positive", "positif"], LABELS),
    "a number as text": (["positive", "1"], LABELS),
}


@pytest.mark.parametrize("name", BAD_LABELS)
def test_a_label_that_is_neither_a_name_nor_an_index_is_refused_with_its_row(name):
    labels, found = BAD_LABELS[name]
    table = pd.DataFrame({"text": ["a", "b"], "label": labels}, index=[7, 5])
    for language, text in refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer()).items():
        assert (found if isinstance(found, str) else found[language]) in text
        assert {"id": "baris 2:", "en": "row 2:"}[language] in text


@pytest.mark.parametrize("labels", [[0, 1], ["positive", "negative"]], ids=["numbers", "names"])
def test_a_table_without_rows_is_refused(labels):
    table = pd.DataFrame({"text": ["a", "b"], "label": labels})[:0]
    for text in refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer()).values():
        assert text


def test_a_table_with_a_column_twice_and_what_is_no_table_are_refused():
    twice = pd.DataFrame([["a", "b", 1]], columns=["text", "text", "label"])
    for text in refusals(DataError, DocumentSentimentDataset, twice, bundled_tokenizer()).values():
        assert "text, text, label" in text
    for text in refusals(DataError, DocumentSentimentDataset, ["enak", "buruk"], bundled_tokenizer()).values():
        assert "list" in text


STARS = {str(stars): stars - 1 for stars in range(1, 6)}


def test_numbers_that_may_be_names_or_indices_are_refused_until_it_is_said_which():
    table = pd.DataFrame({"text": ["a", "b"], "label": [1, 3]})
    for text in refusals(DataError, check_table, table, STARS).values():
        assert "astype(str)" in text
        assert "attrs" in text
    assert check_table(table.astype({"label": str}), STARS)["label"].tolist() == [0, 2]
    assert check_table(table, {int(name): index for name, index in STARS.items()})["label"].tolist() == [0, 2]
    table.attrs["label2index"] = STARS
    assert check_table(table, STARS)["label"].tolist() == [1, 3]
    assert check_table(table, {int(name): index for name, index in STARS.items()})["label"].tolist() == [1, 3]


def test_the_numbers_of_a_table_are_not_read_by_another_map_than_its_own(tmp_path):
    path = write(tmp_path, "enak\tsenang\nburuk\tsedih\n")
    own = {"sedih": 0, "senang": 1}
    table = load_dataset(path, own)
    assert table.attrs["label2index"] == own
    assert DocumentSentimentDataset(table.sample(frac=1, random_state=0)[:1], bundled_tokenizer(), own).data.attrs["label2index"] == own
    for other in (LABEL2INDEX, {"senang": 0, "sedih": 1}, {"sedih": 0, "senang": 1, "netral": 2}):
        for text in refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer(), other).values():
            assert "read_sentiment_file(path, labels=label2index)" in text
    named = table.assign(label=table["label"].map({0: "sedih", 1: "senang"}))
    assert DocumentSentimentDataset(named, bundled_tokenizer(), {"senang": 0, "sedih": 1}).labels == [0, 1]  # names need no map


def test_checking_a_table_costs_less_than_tokenizing_it():
    table = pd.DataFrame({"text": ["makanannya enak sekali , tempatnya nyaman dan pelayanannya cepat"] * 11_000, "label": 0})
    start = time.process_time()
    check_table(table)
    checking = time.process_time() - start
    start = time.process_time()
    encode_texts(table["text"], bundled_tokenizer())
    assert checking < time.process_time() - start
