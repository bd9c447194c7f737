"""Files in SmSA's format: read exactly, or refused with file, row, what was found and what is allowed."""

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
    encode_texts,
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
    "a header row": ("text\tlabel\nenak .\tpositive\n", 1, '"label"', {"id": "kepala kolom", "en": "header row"}),
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


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\ufeff"), min_size=1).filter(str.strip)


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
        ({"text": ["enak .", " ", "basi ."], "label": [0, 1, 7]}, ["1", "2", "7", "positive (0)"]),
        ({"text": ["enak .", None], "label": ["positive", "buruk"]}, ["buruk", "negative (2)"]),
    ],
    ids=["no label column", "blank text and unknown number", "no text and unknown name"],
)
def test_a_table_that_cannot_be_used_is_refused_with_all_its_problems(table, words):
    with pytest.raises(DataError) as refused:
        DocumentSentimentDataset(pd.DataFrame(table), bundled_tokenizer())
    assert all(word in str(refused.value) for word in words)
