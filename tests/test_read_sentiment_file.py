"""Anybody's CSV: each row read exactly, or reported with its line; never another error than DataError."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer

from helpers.data import DataError, DocumentSentimentDataset
from helpers.messages import message
from helpers.own_data import make_label_map, read_sentiment_file

TRICKY = [
    "😀👍🏽",
    "خدمة ممتازة",
    "שלום",
    "\x00",
    "a\x00b",
    "字",
    "null",
    "NA",
    '"',
    '""',
    "'",
    "=1+1",
    ",",
    ";",
    "|",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\u2028",
    "\x1c",
    "\\",
    "#",
]
texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(TRICKY), min_size=1, max_size=4).map(
    "".join
)
texts = texts.filter(lambda text: text.strip() and "\ufeff" not in text)
plain_texts = texts.map(lambda text: text.translate(dict.fromkeys(map(ord, '\t\r\n"'), "x")))
labels = st.sampled_from(["senang", "sedih", "biasa saja", "1", "-2", "😀"])
repeatable = settings(deadline=None, derandomize=True, max_examples=60)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


def write(folder, content, name="ulasan.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def csv_line(cells, separator, line_end):
    """One record, every field in quotes, except in TAB-separated text, which has none."""
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_ALL
    target = io.StringIO(newline="")
    csv.writer(
        target, delimiter=separator, quoting=quoting, quotechar=None if separator == "\t" else '"', lineterminator=line_end
    ).writerow(cells)
    return target.getvalue()


def rows_read(path, **options):
    """The rows as (text, label as it stood in the file)."""
    table, label2index = read_sentiment_file(path, **options)
    index2label = {index: label for label, index in label2index.items()}
    return list(zip(table["text"], table["label"].map(index2label)))


def lines_in(text):
    """How many lines a quoted text goes on over, counted as editors do."""
    return len(io.StringIO(text + "x", newline="").readlines()) - 1


# ------------------------------------------------------------------ properties


@repeatable
@given(data=st.data(), separator=st.sampled_from("\t,;|"), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_good_file_is_read_exactly_whatever_its_texts_separator_encoding_and_line_ends(tmp_path_factory, data, separator, encoding):
    rows = data.draw(st.lists(st.tuples(plain_texts if separator == "\t" else texts, labels), min_size=2, max_size=8))
    rows += [("satu", "senang"), ("dua", "sedih")]
    lines = [csv_line(row, separator, data.draw(line_ends)) for row in [("text", "label"), *rows]]
    path = write(tmp_path_factory.getbasetemp(), "".join(lines).encode(encoding))
    assert rows_read(path) == rows


@repeatable
@given(data=st.data())
def test_every_bad_row_is_reported_with_its_line_and_no_other_row_is(tmp_path_factory, data):
    content, line, bad = csv_line(["id", "label", "text"], ",", "\n"), 2, set()
    for kind in data.draw(st.lists(st.sampled_from(["good", "blank", "unknown", "short", "long", "both"]), min_size=1, max_size=10)):
        text = " " if kind in ("blank", "both") else data.draw(texts)
        label = "marah" if kind in ("unknown", "both") else "senang"
        cells = {"short": [label, text], "long": ["1", label, text, "lagi"]}.get(kind, ["1", label, text])
        if kind != "good":
            bad.add(line)
        content += csv_line(cells, ",", data.draw(line_ends))
        line += 1 + lines_in(text)
    path = write(tmp_path_factory.getbasetemp(), content)
    if not bad:
        read_sentiment_file(path, labels=["senang", "sedih"])
        return
    with pytest.raises(DataError) as caught:
        read_sentiment_file(path, labels=["senang", "sedih"])
    assert {row for row, _ in caught.value.problems} == bad


fragments = st.lists(st.sampled_from([*TRICKY, "text", "label", "enak", "senang", "sedih", " ", "\ufeff", "a" * 300]), max_size=40).map(
    "".join
)


@repeatable
@given(
    content=st.binary(max_size=200) | fragments.map(str.encode) | fragments.map(lambda text: text.encode("utf-16")),
    columns=st.sampled_from([("text", "label"), (0, 1), ("text", 1), (2, 0), ("", "")]),
    header=st.sampled_from([None, True, False]),
)
def test_no_file_whatever_its_bytes_ends_in_anything_but_a_table_or_the_documented_error(tmp_path_factory, content, columns, header):
    path = write(tmp_path_factory.getbasetemp(), content)
    try:
        table, label2index = read_sentiment_file(path, *columns, header=header)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert all(text.strip() for text in table["text"])
        assert set(table["label"]) == set(label2index.values())


@repeatable
@given(st.lists(st.text(max_size=6) | st.integers().map(str), max_size=10))
def test_any_labels_get_the_indices_from_0_on_each_once(found):
    label2index = make_label_map(found)
    assert set(label2index) == set(found)
    assert sorted(label2index.values()) == list(range(len(set(found))))


@repeatable
@given(st.lists(texts | st.sampled_from(["字", "\u200b\u200b", "\x00"]), min_size=1, max_size=5))
def test_any_text_becomes_subwords_between_cls_and_sep(texts):
    table = pd.DataFrame({"text": texts, "label": 0})
    tokenizer = bundled_tokenizer()
    for subwords, _ in DocumentSentimentDataset(table, tokenizer):
        assert (subwords[0], subwords[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


# -------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    "text",
    ["😀 enak 👍🏽", "الطعام لذيذ جدا", "enak " * 10_000, "x" * 200_000, "nol\x00nol", "字字字", "baris satu\r\nbaris dua"],
    ids=["emoji", "right-to-left", "50,000 characters", "one word of 200,000", "NUL", "unknown characters", "two lines"],
)
def test_an_extreme_text_is_read_exactly(tmp_path, text):
    path = write(tmp_path, f'text,label\n"{text}",senang\nburuk,sedih\n')
    assert rows_read(path) == [(text, "senang"), ("buruk", "sedih")]


def test_a_file_without_header_is_read_by_positions(tmp_path):
    path = write(tmp_path, "7;buruk, sekali;sedih\n8;enak;senang\n9;lumayan;senang\n")
    assert rows_read(path, text_column=1, label_column=2) == [("buruk, sekali", "sedih"), ("enak", "senang"), ("lumayan", "senang")]


def test_the_separator_with_which_the_header_holds_the_names_wins_over_one_that_is_more_frequent(tmp_path):
    path = write(tmp_path, "text;label\n" + "murah, enak;senang\nmahal, buruk;sedih\n" * 3 + '"baris | satu\nbaris | dua";senang\n')
    assert rows_read(path)[:2] == [("murah, enak", "senang"), ("mahal, buruk", "sedih")]
    assert len(rows_read(path)) == 7


def test_windows_1252_is_read_and_the_learner_is_told(tmp_path, capsys):
    path = write(tmp_path, "text,label\ncafé “enak”,senang\nburuk,sedih\n".encode("cp1252"))
    assert rows_read(path)[0] == ("café “enak”", "senang")
    assert message("data.read_as_cp1252", path=path) in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", [b"text,label\n\xff\x81,a\n", b"\xff\xfet\x00e"], ids=["not Windows-1252 either", "half a UTF-16 character"]
)
def test_an_unknown_encoding_is_refused_with_the_way_out(tmp_path, content):
    path = write(tmp_path, content)
    for text in refusals(DataError, read_sentiment_file, path).values():
        assert str(path) in text
        assert "UTF-8" in text


def test_in_tab_separated_text_quotes_are_part_of_the_text(tmp_path):
    path = write(tmp_path, 'text\tlabel\n"enak" katanya\tsenang\n"buka saja\tsedih\n', "ulasan.tsv")
    assert rows_read(path) == [('"enak" katanya', "senang"), ('"buka saja', "sedih")]


def test_quotes_that_do_not_close_are_reported_with_their_line(tmp_path):
    path = write(tmp_path, 'text,label\nenak,senang\n"buruk,sedih\nlumayan,senang\n')
    with pytest.raises(DataError) as caught:
        read_sentiment_file(path)
    assert [row for row, _ in caught.value.problems] == [3]


def test_all_problems_of_a_file_come_at_once_in_every_language(tmp_path):
    path = write(tmp_path, 'text,label\nenak,senang\nmurah, enak,senang\n ,sedih\nbiasa,bingung\nbiasa,\n"a"b,sedih\n')
    for language, text in refusals(DataError, read_sentiment_file, path, labels=["senang", "sedih"]).items():
        assert str(path) in text
        assert "senang, sedih" in text
        assert '"bingung"' in text
        word = {"id": "baris", "en": "row"}[language]
        assert [line.split(":")[0].strip() for line in text.splitlines()[1:]] == [f"{word} {row}" for row in (3, 4, 5, 6, 7)]


# content, options, what the refusal names
REFUSED = {
    "an empty file": ("", {}, "kosong"),
    "white space": (" \n\n", {}, "kosong"),
    "a header and no rows": ("text,label\n", {}, "kepala kolom"),
    "a header and one bad row": ('text,label\n"a"b,c\n', {}, "baris 2"),
    "one column": ("enak sekali\nburuk sekali\n", {"text_column": 0, "label_column": 1}, "satu kolom"),
    "another name": ("ulasan,nilai\nenak,1\n", {}, "ulasan, nilai"),
    "a header named twice": ("text,text,label\na,b,c\n", {}, "text, text, label"),
    "a position too far": ("a,b\nc,d\n", {"text_column": 0, "label_column": 2}, "2"),
    "a negative position": ("a,b\nc,d\n", {"text_column": 0, "label_column": -1}, "-1"),
    "one label only": ("text,label\na,x\nb,x\n", {}, "1 label"),
    "texts in the place of labels": ("text,label\n" + "".join(f"teks {i},label {i}\n" for i in range(30)), {}, "30 label"),
    "a label map with a gap": ("text,label\na,x\nb,y\n", {"labels": {"x": 1, "y": 2}}, "0"),
    "a label map with an index twice": ("text,label\na,x\nb,y\n", {"labels": {"x": 0, "y": 0}}, "0"),
    "a label named like a column of the predictions": ("text,label\na,text\nb,gambar\n", {}, '"text"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_with_its_name_and_what_was_found(tmp_path, name):
    content, options, found = REFUSED[name]
    path = write(tmp_path, content)
    texts = refusals(DataError, read_sentiment_file, path, **options)
    assert found in texts["id"]
    assert str(path) in texts["en"] or "labels" in options


def test_a_column_named_twice_can_be_given_by_position(tmp_path):
    path = write(tmp_path, "text,text,label\na,b,senang\nc,d,sedih\n")
    assert rows_read(path, text_column=1, label_column=2, header=True) == [("b", "senang"), ("d", "sedih")]


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    for text in refusals(DataError, read_sentiment_file, tmp_path / "tidak_ada.csv").values():
        assert "tidak_ada.csv" in text


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["b", "a", "b"], {"a": 0, "b": 1}),
        (["10", "9", "-1"], {"-1": 0, "9": 1, "10": 2}),
        (["9" * 5000, "1"], {"1": 0, "9" * 5000: 1}),
        (["--5", "3"], {"--5": 0, "3": 1}),
        (["netral", "sangat senang"], {"netral": 0, "sangat senang": 1}),
        ([str(number) for number in range(20)], {str(number): number for number in range(20)}),
    ],
    ids=["texts", "numbers", "a number of 5,000 digits", "nearly a number", "with a space", "twenty"],
)
def test_labels_are_numbered_in_order_and_numbers_by_their_value(found, expected):
    assert make_label_map(found) == expected


def test_given_labels_keep_their_order_and_a_repeated_one_counts_once():
    assert make_label_map([], labels=["senang", "sedih", "senang", 3]) == {"senang": 0, "sedih": 1, "3": 2}


@pytest.mark.parametrize(
    ("failure", "found"),
    [(ImportError("Missing optional dependency 'openpyxl'"), "openpyxl"), (ValueError("not a zip file"), "not a zip file")],
)
def test_an_excel_file_that_cannot_be_opened_is_refused_with_the_way_out(tmp_path, monkeypatch, failure, found):
    def read_excel(*arguments, **options):
        raise failure

    monkeypatch.setattr(pd, "read_excel", read_excel)
    path = write(tmp_path, b"PK", "ulasan.xlsx")
    for text in refusals(DataError, read_sentiment_file, path).values():
        assert str(path) in text
        assert found in text
        assert "CSV" in text


def test_a_text_file_that_is_only_named_xlsx_is_refused(tmp_path):
    with pytest.raises(DataError, match="CSV"):
        read_sentiment_file(write(tmp_path, "text,label\na,b\n", "ulasan.xlsx"))


def test_an_excel_sheet_is_read_as_text(tmp_path, monkeypatch):
    sheet = pd.DataFrame([["text", "label"], ["null", "1"], ["enak", "0"]])
    monkeypatch.setattr(pd, "read_excel", lambda *arguments, **options: sheet)
    assert rows_read(write(tmp_path, b"PK", "ulasan.xlsx")) == [("null", "1"), ("enak", "0")]
