"""Anybody's CSV: each row read exactly, or reported with its line; never another error than DataError."""

import csv
import datetime
import gc
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from refusals import refusals
from tiny_checkpoint import bundled_tokenizer

from helpers import table_files
from helpers.data import DataError, DocumentSentimentDataset, is_visible
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
texts = texts.filter(lambda text: any(map(is_visible, text)) and "\ufeff" not in text)
plain_texts = texts.map(lambda text: text.translate(dict.fromkeys(map(ord, '\t\r\n"'), "x")))
SEPARATORS = "\t,;|"
labels = st.sampled_from(["senang", "sedih", "biasa saja", "1", "-2", "😀"])
repeatable = settings(deadline=None, derandomize=True, max_examples=60)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


def write(folder, content, name="ulasan.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def csv_line(cells, separator, line_end, quoting=csv.QUOTE_ALL):
    """One record, every field in quotes, except in TAB-separated text, which has none by default."""
    quoting = csv.QUOTE_NONE if separator == "\t" and quoting == csv.QUOTE_ALL else quoting
    target = io.StringIO(newline="")
    csv.writer(
        target, delimiter=separator, quoting=quoting, quotechar=None if quoting == csv.QUOTE_NONE else '"', lineterminator=line_end
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
@given(
    rows=st.lists(st.tuples(texts, labels), min_size=2, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    separator=st.sampled_from(SEPARATORS),
    label_first=st.booleans(),
    header=st.booleans(),
)
def test_what_a_csv_writer_wrote_is_read_as_it_was_or_refused(tmp_path_factory, rows, quoting, separator, label_first, header):
    """Whatever the order of columns, and also by positions: no other texts and no other labels, and with the separator named no refusal."""
    # such a cell has lines that are whole rows: between two lone quotes there are the same characters
    assume(separator != "\t" or not any("\t" in text and set(text) & set("\r\n") for text, _ in rows))
    rows += [("satu", "senang"), ("dua", "sedih")]
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=separator, quoting=quoting, lineterminator="\r\n")  # with "\n" it leaves "\r" bare
    writer.writerows(row[::-1] if label_first else row for row in [("text", "label"), *rows][not header :])
    path = write(tmp_path_factory.getbasetemp(), target.getvalue())
    columns = ("text", "label") if header else (1, 0) if label_first else (0, 1)
    try:
        read = rows_read(path, text_column=columns[0], label_column=columns[1])
    except DataError as error:
        assert "quoting=" in str(error) or (not header and "separator=" in str(error))
    else:
        assert read == rows
    assert rows_read(path, text_column=columns[0], label_column=columns[1], separator=separator, quoting=True) == rows


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
@given(st.sets(st.decimals(-1000, 1000, places=1), min_size=1, max_size=10), st.sampled_from(".,"))
def test_any_numbers_are_numbered_by_their_value(values, point):
    label2index = make_label_map([str(value).replace(".", point) for value in values])
    assert [float(label.replace(",", ".")) for label in label2index] == sorted(map(float, values))


@repeatable
@given(st.lists(texts | st.sampled_from(["字", "a\u200b", "\x00."]), min_size=1, max_size=5))
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


def test_in_tab_separated_text_lone_quotes_are_part_of_the_text(tmp_path):
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
    "a header and no rows": ("text,label\n", {}, "baris judul"),
    "a header and one bad row": ('text,label\n"a"b,c\n', {}, "baris 2"),
    "one column": ("enak sekali\nburuk sekali\n", {"text_column": 0, "label_column": 1}, "satu kolom"),
    "another name": ("ulasan,nilai\nenak,1\n", {}, "ulasan, nilai"),
    "a header named twice": ("text,text,label\na,b,c\n", {}, "text, text, label"),
    "a position too far": ("a,b\nc,d\n", {"text_column": 0, "label_column": 2}, "2"),
    "a negative position": ("a,b\nc,d\n", {"text_column": 0, "label_column": -1}, "-1"),
    "one label only": ("text,label\na,x\nb,x\n", {}, ": 1, untuk 2 baris"),
    "texts in the place of labels": ("text,label\n" + "".join(f"teks {i},label {i}\n" for i in range(30)), {}, ": 30, untuk 30 baris"),
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
        (["10.0", "2.0", "1.0"], {"1.0": 0, "2.0": 1, "10.0": 2}),
        (["10,0", "4,5", "-1"], {"-1": 0, "4,5": 1, "10,0": 2}),
        (["+10", "+9", "\u22121"], {"\u22121": 0, "+9": 1, "+10": 2}),
        ([10, 9], {"9": 0, "10": 1}),
    ],
    ids=[
        "texts",
        "numbers",
        "a number of 5,000 digits",
        "nearly a number",
        "with a space",
        "twenty",
        "with a point",
        "with a comma",
        "with signs",
        "as int",
    ],  # fmt: skip
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


def sheet(folder, monkeypatch, rows, name="ulasan.xlsx"):
    """The path of a sheet whose cells a library of pandas hands out like this: NaN for an error, an empty str for an empty cell."""

    def read_excel(path, header, dtype, keep_default_na, na_filter):
        assert (header, dtype, keep_default_na, na_filter) == (None, object, False, False)
        return pd.DataFrame(rows, dtype=object)

    monkeypatch.setattr(pd, "read_excel", read_excel)
    return write(folder, b"PK\x03\x04", name)


def test_an_excel_sheet_is_read_as_text(tmp_path, monkeypatch):
    assert rows_read(sheet(tmp_path, monkeypatch, [["text", "label"], ["null", "1"], ["enak", "0"]])) == [("null", "1"), ("enak", "0")]


def test_cells_of_excel_that_are_no_texts_are_refused_with_their_lines(tmp_path, monkeypatch):
    error, day = float("nan"), datetime.datetime(2024, 1, 2)
    rows = [["text", "label"], ["enak", 1], ["buruk", error], [error, 2], [5, 1], [day, 1], ["basi", day], ["", 2], ["lama", ""], [True, 1]]
    path = sheet(tmp_path, monkeypatch, rows)
    for text in refusals(DataError, read_sentiment_file, path).values():
        assert "#N/A" in text
        assert "2024-01-02" in text
        assert "(5)" in text
    with pytest.raises(DataError) as caught:
        read_sentiment_file(path)
    assert [line for line, _ in caught.value.problems] == [3, 4, 5, 6, 7, 8, 9, 10]


def test_numbers_are_fine_as_labels_in_excel_and_empty_rows_are_left_out(tmp_path, monkeypatch):
    rows = [["no", "text", "label"], [1, "enak", 10], ["", "", ""], [float("nan"), "null", 2.5], [3, "biasa", 9]]
    path = sheet(tmp_path, monkeypatch, rows)
    assert rows_read(path) == [("enak", "10"), ("null", "2.5"), ("biasa", "9")]
    assert list(read_sentiment_file(path)[1]) == ["2.5", "9", "10"]


def test_an_excel_file_is_known_by_its_first_bytes_whatever_its_name(tmp_path, monkeypatch):
    path = sheet(tmp_path, monkeypatch, [["text", "label"], ["enak", "1"], ["buruk", "0"]], "ulasan.csv")
    assert rows_read(path) == [("enak", "1"), ("buruk", "0")]


def test_a_real_excel_file_with_errors_is_refused_with_their_lines(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["text", "label"], ["enak", "positif"], ["buruk", "#N/A"], ["#NAME?", "negatif"], [None, None], ["null", "positif"]):
        book.active.append(row)
    book.save(tmp_path / "ulasan.xlsx")
    with pytest.raises(DataError) as caught:
        read_sentiment_file(tmp_path / "ulasan.xlsx")
    assert [line for line, _ in caught.value.problems] == [3, 4]


# ------------------------------------------------------------- labels that are one, or travel

VARIANTS = {
    "capitals": ["Positif", "positif", "POSITIF"],
    "a space within": ["sangat senang", "sangat  senang", "sangatsenang"],
    "a no-break space": ["sangat senang", "sangat\u00a0senang"],
    "a zero-width space": ["senang", "senang\u200b"],
    "single quotes": ["senang", "'senang'"],
    "compatibility letters": ["senang", "\uff53enang"],
    "numbers": ["1", "1.0", "1,0", "+1", "01"],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_labels_that_differ_only_in_how_they_are_written_are_refused_with_their_counts_unless_they_are_given(tmp_path, name):
    found = VARIANTS[name]
    rows = [("a", "lain"), *[(f"teks {i}", label) for i, label in enumerate(found, start=1) for _ in range(i)]]
    path = write(tmp_path, "text;label\n" + "".join(f"{text};{label}\n" for text, label in rows))
    for text in refusals(DataError, read_sentiment_file, path).values():
        assert all(f'"{label}" ({i}×)' in text for i, label in enumerate(found, start=1))
        assert '"lain"' not in text
        assert "labels=[" in text
    assert rows_read(path, labels=["lain", *found]) == rows


def test_spaces_around_a_label_are_none_of_its_letters(tmp_path):
    path = write(tmp_path, "text,label\na, senang\nb,senang \nc,\u00a0sedih\n")
    assert rows_read(path) == [("a", "senang"), ("b", "senang"), ("c", "sedih")]


def test_a_label_that_still_has_its_quotes_is_refused(tmp_path):
    path = write(tmp_path, "'enak','senang'\n'buruk','sedih'\n")
    for text in refusals(DataError, read_sentiment_file, path, 0, 1).values():
        assert "'senang'" in text
    assert rows_read(path, text_column=0, label_column=1, labels=["'sedih'", "'senang'"])[0] == ("'enak'", "'senang'")


@pytest.mark.parametrize(
    "labels", [{"senang", "sedih"}, frozenset({"senang"}), "senang", b"senang", [], ["senang", None], pd.DataFrame()], ids=str
)
def test_labels_without_an_order_or_without_names_are_refused(tmp_path, labels):
    path = write(tmp_path, "text,label\na,senang\nb,sedih\n")
    refusals(DataError, make_label_map, [], labels)
    refusals(DataError, read_sentiment_file, path, labels=labels)


def test_labels_may_come_as_any_list(tmp_path):
    for labels in (
        ["sedih", "senang"],
        ("sedih", "senang"),
        pd.Series(["sedih", "senang"]),
        np.array(["sedih", "senang"]),
        {"sedih": 0, "senang": 1}.keys(),
    ):
        assert make_label_map([], labels) == {"sedih": 0, "senang": 1}


def test_the_second_file_of_a_data_set_is_read_with_the_map_of_the_first(tmp_path):
    train_path = write(tmp_path, "text,label\nenak,positif\nburuk,negatif\nbiasa,netral\nmantap,positif\n", "train.csv")
    valid_path = write(tmp_path, "text,label\nlezat,positif\nbasi,negatif\n", "valid.csv")
    _, label2index = read_sentiment_file(train_path)
    table, own = read_sentiment_file(valid_path)
    assert table.attrs["label2index"] == own
    for text in refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer(), label2index).values():
        assert "labels=label2index" in text
    refusals(DataError, DocumentSentimentDataset, table, bundled_tokenizer())  # SmSA's map is another one too
    table, again = read_sentiment_file(valid_path, labels=label2index)
    assert again == label2index
    names = {index: name for name, index in label2index.items()}
    dataset = DocumentSentimentDataset(table, bundled_tokenizer(), label2index)
    assert [names[index] for index in dataset.labels] == ["positif", "negatif"]


def test_more_than_twenty_labels_are_fine_in_a_short_file_if_they_are_given(tmp_path):
    labels = [f"maksud {number}" for number in range(40)]
    path = write(tmp_path, "text,label\nsaldo saya berapa,maksud 3\nkartu hilang,maksud 39\n")
    assert read_sentiment_file(path, labels=labels)[0]["label"].tolist() == [3, 39]


# ------------------------------------------------------------------------- speed


def test_a_file_is_parsed_once_and_its_separator_told_from_its_first_rows(tmp_path, monkeypatch):
    parsed = []

    def parse_rows(text, separator, *arguments, **options):
        rows, problems = whole_parse(text, separator, *arguments, **options)
        parsed.append(len(rows))
        return rows, problems

    whole_parse = table_files.parse_rows
    monkeypatch.setattr(table_files, "parse_rows", parse_rows)
    rows = 20 * table_files.SAMPLE
    path = write(tmp_path, "text,label\n" + "enak; murah,senang\nburuk | mahal,sedih\n" * (rows // 2))
    assert len(read_sentiment_file(path)[0]) == rows
    assert [count for count in parsed if count > table_files.SAMPLE] == [rows + 1]


@pytest.mark.parametrize("enabled", [True, False])
def test_pythons_garbage_collector_is_as_before_also_after_a_refusal(tmp_path, enabled):
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        read_sentiment_file(write(tmp_path, "text,label\na,x\nb,y\n"))
        assert gc.isenabled() is enabled
        refusals(DataError, read_sentiment_file, write(tmp_path, ""))
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
