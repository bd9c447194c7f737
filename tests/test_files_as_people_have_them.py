"""Small imitations of files that are about, in our own words: each row is what Python's csv module reads there.

Formats after public Indonesian data sets (NusaX, EmoT, CASA, HoASA, multi-label hate speech, PRDECT-ID, IDHSD, sentiment
lexicons, tweets, app reviews) and after what Excel, Google Sheets, databases and pandas write.
"""

import csv
import io

import pandas as pd
import pytest
from refusals import refusals

from helpers.data import INDEX2LABEL, DataError, load_dataset
from helpers.own_data import read_sentiment_file

COMMA, SEMICOLON, PIPE, TAB = ({"delimiter": separator} for separator in ",;|\t")
LONE = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}

# the text of the file; encoding; how csv.reader is told to read it; text column and label column; rows before the data
FORMATS = {
    "NusaX: id, text, label": (
        'id,text,label\n12,"Sotonya gurih, porsinya besar.",positive\n7,Jalanan macet lagi pagi ini,neutral\n9,Kuahnya dingin,negative\n',
        "utf-8", COMMA, ("text", "label"), 1,
    ),
    "EmoT: label first, every tweet in quotes": (
        'label,tweet\nanger,"[USERNAME] sudah antre 2 jam, ""sistem down"" katanya"\nhappy,"lulus juga akhirnya [URL]"\nanger,"astaga, lagi?"\n',
        "utf-8", COMMA, ("tweet", "label"), 1,
    ),
    "CASA: one column for each aspect": (
        'sentence,fuel,machine,others,price\n"irit, tarikan enteng",positive,positive,neutral,neutral\nharga onderdil bikin pusing,neutral,neutral,neutral,negative\n',
        "utf-8", COMMA, ("sentence", "price"), 1,
    ),
    "HoASA: aspects with short labels": (
        "review,ac,air_panas,wifi\nac nya berisik,neg,neut,neut\nwifi kencang air panas oke,neut,pos,pos\nkadang nyala kadang tidak,neg_pos,neut,neg\n",
        "utf-8", COMMA, ("review", "ac"), 1,
    ),
    "multi-label hate speech, in Windows-1252 with escapes": (
        'Tweet,HS,Abusive,HS_Individual\n"- disaat semua capek, ""dia"" malah tidur \\xf0\\x9f\\x98\\x84\\n",1,0,1\nRT USER: caf\xe9 baru buka,0,0,0\nUSER USER pulang yuk \x93besok\x94,0,1,0\n',
        "latin-1", COMMA, ("Tweet", "HS"), 1,
    ),
    "PRDECT-ID: prices, places, and commas in names": (
        'Category,Product Name,Location,Price,Customer Rating,Customer Review,Sentiment,Emotion\n'
        'Dapur,"Panci Anti Lengket, 24 cm",Jakarta Utara,129000,5,"cepat sampai, mulus",Positive,Happy\n'
        'Elektronik,Kabel 1.5m,Kota Malang,15000,1,"seminggu sudah\nmati total",Negative,Anger\n',
        "utf-8", COMMA, ("Customer Review", "Emotion"), 1,
    ),
    "IDHSD: TAB, label first, quoted by Excel": (
        'Label\tTweet\r\nNon_HS\t"RT @akun: ""besok libur"", katanya"\r\nHS\tdasar kalian\r\nNon_HS\t"""Selamat pagi"""\r\nNon_HS\tkami menunggu\r\n',
        "cp1252", TAB, ("Tweet", "Label"), 1,
    ),
    "a lexicon of words and weights": (
        "word\tweight\nmantul\t5\nlemot\t-4\nb aja\t0\nzonk\t-5\ngercep\t4\n",
        "utf-8", TAB, ("word", "weight"), 1,
    ),
    "a lexicon with semicolons and decimal commas, without header": (
        "mantul;4,5\nlemot;-3,5\ncihuy;4,5\nzonk;-3,5\n",
        "utf-8", SEMICOLON, (0, 1), 0,
    ),
    "tweets with @user, without header": (
        "@user makasih kak ; sukses terus,positif\n@user1 @user2 kok gitu ?,negatif\ncek www.contoh.id/?a=1;b=2,netral\n@user oke; siap,positif\n",
        "utf-8", COMMA, (0, 1), 0,
    ),
    "Excel in an Indonesian Windows: semicolons, quotes where they are needed": (
        'ulasan;bintang\r\n"murah; cepat, ramah";5\r\n"katanya ""baru"", ternyata bekas";1\r\nlumayan, lah;3\r\n',
        "utf-8-sig", SEMICOLON, ("ulasan", "bintang"), 1,
    ),
    "Excel in an Indonesian Windows, without header, a comma in each text": (
        "makanannya enak, murah;positif\nkasurnya keras, kecil;negatif\nantre lama, panas;negatif\n",
        "utf-8", SEMICOLON, (0, 1), 0,
    ),
    "Excel's Unicode text": (
        'ulasan\tlabel\r\n"enak, murah"\tpositif\r\n"lama,\nmahal"\tnegatif\r\n"kata ibu ""lumayan"""\tnetral\r\n',
        "utf-16", TAB, ("ulasan", "label"), 1,
    ),
    "pandas, with TAB and its index": (
        pd.DataFrame({"text": ['katanya "enak", ternyata asin', "biasa saja", "dua\nbaris"], "label": ["negatif", "netral", "netral"]}).to_csv(sep="\t"),
        "utf-8", TAB, ("text", "label"), 1,
    ),
    "pandas, with its index": (
        pd.DataFrame({"text": ['"enak"', "biasa, saja", " tiga"], "label": [1.0, 0.0, 1.0]}, index=[4, 2, 9]).to_csv(),
        "utf-8", COMMA, ("text", "label"), 1,
    ),
    "Google Sheets as TSV": (
        "text\tlabel\r\nenak , murah\tpositif\r\n\u201cmahal\u201d kata teman\tnegatif\r\ngitu 'deh'\tnegatif",
        "utf-8", TAB, ("text", "label"), 1,
    ),
    "SmSA's format, with quotes that stand alone": (
        '" enak banget\tpositive\nbiasa saja\tneutral\nkapok saya "\tnegative\n5 " layarnya\tneutral\n',
        "utf-8", LONE, (0, 1), 0,
    ),
    "app reviews over several lines": (
        'reviewId,userName,content,score\nab-1,Sari,"Bagus 👍🏽\n\nTapi, login ""error"" terus",2\nab-2,Budi N.,mantap 😀,5\nab-3,\'Ayu\',"oke,",5\n',
        "utf-8", COMMA, ("content", "score"), 1,
    ),
    "a database's export with bars": (
        "id|isi_pesan|jenis\n1|paket; belum, sampai|keluhan\n2|kapan buka ?|pertanyaan\n3|makasih|pujian\n",
        "utf-8", PIPE, ("isi_pesan", "jenis"), 1,
    ),
    "bars, without header, a comma and a semicolon in each text": (
        "paket; belum, sampai|keluhan\nbarang; oke, cepat|pujian\nkurir; ramah, sopan|pujian\n",
        "utf-8", PIPE, (0, 1), 0,
    ),
    "two texts and a label": (
        'premise,hypothesis,label\n"Ani tidur, nyenyak",Ani bangun,contradiction\nBudi makan soto,Budi makan,entailment\n',
        "utf-8", COMMA, ("hypothesis", "label"), 1,
    ),
    "spaces after the commas": (
        'text, label\n"enak sekali, murah", "positif"\n"buruk", "negatif"\nmantap, positif\n',
        "utf-8", {**COMMA, "skipinitialspace": True}, ("text", "label"), 1,
    ),
    "line ends of old Macs": ("text;label\rsatu, dua;a\rtiga;b\r", "utf-8", SEMICOLON, ("text", "label"), 1),
    "everything in quotes, the header too": ('"text";"label"\n"a; b";"x"\n"c ""d""";"y"\n', "utf-8", SEMICOLON, ("text", "label"), 1),
    "NUL in a text": ("text,label\na\x00b,x\nc,y\n", "utf-8", COMMA, ("text", "label"), 1),
}  # fmt: skip


def read(folder, content, encoding="utf-8", columns=(0, 1), **options):
    """Rows as (text, label as it stands in the file)."""
    path = folder / "berkas.txt"
    path.write_bytes(content.encode(encoding))
    table, label2index = read_sentiment_file(path, *columns, **options)
    names = {index: label for label, index in label2index.items()}
    return list(zip(table["text"], table["label"].map(names)))


@pytest.mark.parametrize("name", FORMATS)
def test_each_row_is_what_pythons_csv_module_reads(tmp_path, name):
    content, encoding, dialect, columns, n_header = FORMATS[name]
    decoded = content if encoding == "utf-8" else content.encode(encoding).decode("cp1252" if encoding == "latin-1" else encoding)
    rows = list(csv.reader(io.StringIO(decoded, newline=""), **dialect))
    at = [rows[0].index(column) if isinstance(column, str) else column for column in columns]
    expected = [(row[at[0]], row[at[1]].strip()) for row in rows[n_header:]]
    assert len(expected) > 1
    assert read(tmp_path, content, encoding, columns) == expected
    assert read(tmp_path, content, encoding, at, header=bool(n_header)) == expected


# ------------------------------------------------------------ what separates the columns

# content without header, the columns of text and label, and what is read
NEAR_TIES = {
    "decimal commas": ("enak;4,5\nburuk;1,5\nlumayan;3,0\nmantap;4,5\n", (0, 1), [("enak", "4,5"), ("buruk", "1,5")]),
    "decimal commas first": ("4,5;enak\n1,5;buruk\n3,0;lumayan\n4,5;mantap\n", (1, 0), [("enak", "4,5"), ("buruk", "1,5")]),
    "decimal commas in a third column": ("a;x;4,5\nb;y;1,5\nc;x;3,0\n", (0, 1), [("a", "x"), ("b", "y")]),
    "a semicolon in each text": ("enak; murah,x\nburuk; basi,y\nbiasa; saja,x\n", (0, 1), [("enak; murah", "x"), ("buruk; basi", "y")]),
    "the label first": ("x;enak, murah\ny;buruk, basi\nx;biasa, saja\n", (1, 0), [("enak, murah", "x"), ("buruk, basi", "y")]),
    "no space after the commas": ("enak,murah;x\nburuk,basi;y\nbiasa,saja;x\n", (0, 1), [("enak,murah", "x"), ("buruk,basi", "y")]),
    "bars in each text": ("a | b;x\nc | d;y\ne | f;x\n", (0, 1), [("a | b", "x"), ("c | d", "y")]),
    "semicolons beside bars": ("a;b|x\nc;d|y\ne;f|x\n", (0, 1), [("a;b", "x"), ("c;d", "y")]),
    "two rows": ("enak, murah;x\nburuk, basi;y\n", (0, 1), [("enak, murah", "x"), ("buruk, basi", "y")]),
    "a comma in each text, and in one row a semicolon": (
        "a, b;x\nc, d;y\ne, f;x\n" * 5 + '"g, h; i";y\n', (0, 1), [("a, b", "x"), ("c, d", "y")],
    ),
    "smileys": ("enak ;),x\nburuk ;(,y\nbiasa ;),x\n", (0, 1), [("enak ;)", "x"), ("buruk ;(", "y")]),
    "sorted by class": ("a, b;x\n" * 1500 + "c, d;y\n" * 1500, (0, 1), [("a, b", "x"), ("a, b", "x")]),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR_TIES)
def test_without_header_the_separator_is_the_one_that_gives_a_column_of_labels(tmp_path, name):
    content, columns, first = NEAR_TIES[name]
    assert read(tmp_path, content, columns=columns)[:2] == first


def test_known_labels_tell_the_separator_of_a_single_row(tmp_path):
    assert read(tmp_path, "enak,murah;positif\n", labels=["negatif", "positif"]) == [("enak,murah", "positif")]
    assert read(tmp_path, "enak;murah,positif\n", labels=["negatif", "positif"]) == [("enak;murah", "positif")]


TRUE_TIES = {
    "label and year": "enak;positif,2020\nburuk;negatif,2021\n" * 6,
    "a separator of its own in each row": "teks satu,positif\nteks dua;negatif\nteks tiga|netral\n",
}


@pytest.mark.parametrize("name", TRUE_TIES)
def test_two_separators_that_are_as_likely_are_refused_with_what_each_reads(tmp_path, name):
    path = tmp_path / "berkas.txt"
    path.write_text(TRUE_TIES[name])
    for text in refusals(DataError, read_sentiment_file, path, 0, 1).values():
        assert 'separator=","' in text
        assert 'separator=";"' in text
        assert str(path) in text


def test_a_separator_that_is_named_is_used(tmp_path):
    content = TRUE_TIES["label and year"]
    assert read(tmp_path, content, separator=",")[0] == ("enak;positif", "2020")
    assert read(tmp_path, content, separator=";")[0] == ("enak", "positif,2020")


@pytest.mark.parametrize("separator", ["", ";;", '"', "\n", 1])
def test_what_is_no_separator_is_refused(tmp_path, separator):
    path = tmp_path / "berkas.txt"
    path.write_text("text,label\na,x\nb,y\n")
    for text in refusals(DataError, read_sentiment_file, path, separator=separator).values():
        assert f"separator={separator!r}" in text


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "sep=;;\r", "\ufeffsep=;\r\n"])
def test_excels_first_line_names_the_separator_and_lines_are_still_those_of_the_file(tmp_path, first):
    assert read(tmp_path, first + "text;label\na, b;x\nc, d;y\n", columns=("text", "label")) == [("a, b", "x"), ("c, d", "y")]
    assert read(tmp_path, first + "a, b;x\nc, d;y\n") == [("a, b", "x"), ("c, d", "y")]
    with pytest.raises(DataError) as caught:
        read(tmp_path, first + "text;label\na;x\n ;y\nb;z;w\n", columns=("text", "label"))
    assert [line for line, _ in caught.value.problems] == [4, 5]


def test_separators_at_the_end_of_lines_make_no_column(tmp_path):
    expected = [("a", "x"), ("b", "y")]
    for content in ("text;label\na;x;\nb;y;;\n", "text;label;\na;x\nb;y;\n", "text;label;\na;x;catatan\nb;y;\n"):
        assert read(tmp_path, content, columns=("text", "label")) == expected
    with pytest.raises(DataError) as caught:
        read(tmp_path, "text;label\na;x;lagi\nb;y\n", columns=("text", "label"))
    assert [line for line, _ in caught.value.problems] == [2]


def test_without_header_the_row_that_differs_from_most_is_the_one_that_is_named(tmp_path):
    path = tmp_path / "berkas.txt"
    path.write_text("a;x;lagi\nb;y\nc;x\nd;y\n")
    for text in refusals(DataError, read_sentiment_file, path, 0, 1).values():
        assert "1:" in text
    with pytest.raises(DataError) as caught:
        read_sentiment_file(path, 0, 1)
    assert [line for line, _ in caught.value.problems] == [1]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read(tmp_path, encoding):
    assert read(tmp_path, "text,label\nenak,x\nburuk,y\n", encoding, ("text", "label")) == [("enak", "x"), ("buruk", "y")]


def test_utf_8_with_one_damaged_byte_is_refused_with_its_row_and_not_read_as_windows_1252(tmp_path):
    path = tmp_path / "berkas.txt"
    path.write_bytes("text,label\nkafé 😀,x\n".encode() + b"caf\xe9,y\n" + "é 👍🏽,x\n".encode())
    for language, text in refusals(DataError, read_sentiment_file, path).items():
        assert {"id": "baris 3:", "en": "row 3:"}[language] in text
        assert "0xe9" in text


def test_half_an_emoji_in_a_file_is_refused_with_its_row(tmp_path):
    path = tmp_path / "berkas.txt"
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes("text,label\nkafé,x\nmantap \ud83d,y\n".encode(encoding, "surrogatepass"))
        for language, text in refusals(DataError, read_sentiment_file, path).items():
            assert {"id": "baris 3:", "en": "row 3:"}[language] in text
            assert "U+D83D" in text


# options of the call, and what the refusal names
WRONG_CALLS = {
    "the same column twice": ({"text_column": 1, "label_column": 1}, '"1"'),
    "a truth value": ({"text_column": True, "label_column": 0}, "True"),
    "a decimal": ({"text_column": 0.0, "label_column": 1}, "0.0"),
    "no column": ({"text_column": None, "label_column": 1}, "None"),
    "names in a file without header": ({"header": False}, "header=False"),
    "a column of long texts as labels": ({"text_column": "label", "label_column": "text"}, "109"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_columns_that_cannot_be_meant_are_refused(tmp_path, name):
    options, found = WRONG_CALLS[name]
    path = tmp_path / "berkas.txt"
    path.write_text("text,label\n" + "enak " * 21 + "sekali,x\nburuk,y\n")
    if "label_column" in options and options["label_column"] == "text":
        path.write_text("text,label\n" + "enak " * 22 + ",x\nburuk,y\n")
    for text in refusals(DataError, read_sentiment_file, path, **options).values():
        assert found in text
        assert str(path) in text


def test_spaces_around_a_column_name_do_not_matter(tmp_path):
    assert read(tmp_path, "text ; label\na;x\nb;y\n", columns=(" text", "label ")) == [("a", "x"), ("b", "y")]


# ------------------------------------------------------------------- quotes


# TAB-separated, without header: the rows, or None where both readings are possible
TAB_QUOTES = {
    "each is closed": ('"a"\tx\n"b ""c"""\ty\n', [("a", "x"), ('b "c"', "y")]),
    "a cell of two lines": ('"a\nb"\tx\nc\ty\n', [("a\nb", "x"), ("c", "y")]),
    "a TAB in a cell": ('"a\tb"\tx\nc\ty\n', [("a\tb", "x"), ("c", "y")]),
    "every field, also TAB and line end in one": ('"a\tb\nc"\t"x"\n"d"\t"y"\n', [("a\tb\nc", "x"), ("d", "y")]),
    "none closes": ('"a" b\tx\n"c\ty\n', [('"a" b', "x"), ('"c', "y")]),
    "two of different rows": ('" a\tx\nb\ty\nc "\tx\n', [('" a', "x"), ("b", "y"), ('c "', "x")]),
    "two of different rows at the start": ('" a\tx\nb\ty\n" c\tx\n', [('" a', "x"), ("b", "y"), ('" c', "x")]),
    "inside texts only": ('a "b"\tx\nc"\ty\n', [('a "b"', "x"), ('c"', "y")]),
    "one closes, one does not": ('"a"\tx\n"b" c\ty\n', None),
    "one closes, others stand inside": ('"a"\tx\nb "c"\ty\n', None),
    "rows with a TAB too few between two quotes": ('" a\tx\nb\nc "\ty\nd\tx\n', None),
}


@pytest.mark.parametrize("name", TAB_QUOTES)
def test_quotes_in_tab_separated_text_are_quoting_if_each_that_opens_a_field_closes_it(tmp_path, name):
    content, expected = TAB_QUOTES[name]
    if expected is None:
        path = tmp_path / "berkas.txt"
        path.write_text(content)
        for text in refusals(DataError, read_sentiment_file, path, 0, 1).values():
            assert "quoting=True" in text
            assert "quoting=False" in text
            assert str(path) in text
    else:
        assert read(tmp_path, content) == expected
        assert read(tmp_path, content.replace("\n", "\r\n")) == [(text.replace("\n", "\r\n"), label) for text, label in expected]


def test_quoting_that_is_named_is_used(tmp_path):
    content = '"a"\tx\nb "c"\ty\n'
    assert read(tmp_path, content, quoting=False) == [('"a"', "x"), ('b "c"', "y")]
    assert read(tmp_path, content, quoting=True) == [("a", "x"), ('b "c"', "y")]
    assert read(tmp_path, '"a,x\nb",y\n', quoting=False) == [('"a', "x"), ('b"', "y")]


def test_a_space_before_a_quote_that_opens_no_field_stays_in_the_text(tmp_path):
    content = 'label;text\nx; "enak" katanya\ny; buruk\n'
    assert read(tmp_path, content, columns=("text", "label")) == [(' "enak" katanya', "x"), (" buruk", "y")]
    content = 'text,label\n" ""enak""",x\n lama,y\n'
    assert read(tmp_path, content, columns=("text", "label")) == [(' "enak"', "x"), (" lama", "y")]


def test_a_spaced_field_whose_quote_does_not_close_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        read(tmp_path, 'text, label\n"a", "x"\n"b", "y" z\n', columns=("text", "label"))
    assert [line for line, _ in caught.value.problems] == [3]


# ------------------------------------------------------------------- SmSA


def plain_rows(path):
    """Text and label of each line, by nothing but splitting."""
    return [tuple(line.split("\t")) for line in path.read_bytes().decode("utf-8").rstrip("\n").split("\n")]


@pytest.mark.real_smsa
@pytest.mark.parametrize("split", ["train", "valid", "test", "test_masked"])
def test_the_real_smsa_is_read_character_by_character_by_both_readers(smsa_dir, split):
    path = smsa_dir / {"test_masked": "test_preprocess_masked_label.tsv"}.get(split, f"{split}_preprocess.tsv")
    expected = plain_rows(path)
    table = load_dataset(path)
    assert list(zip(table["text"], table["label"].map(INDEX2LABEL))) == expected
    table, label2index = read_sentiment_file(path, 0, 1, labels=["positive", "neutral", "negative"])
    names = {index: label for label, index in label2index.items()}
    assert list(zip(table["text"], table["label"].map(names))) == expected
