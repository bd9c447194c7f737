"""The bundled sample: SmSA's format and mix of classes, each text a thought of its own."""

import hashlib
import pathlib
import re

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from helpers.data import INDEX2LABEL, load_dataset

FOLDER = pathlib.Path(__file__).parent.parent / "data" / "smsa_sample"
COUNTS = {
    "train": {"positive": 350, "negative": 187, "neutral": 63},
    "valid": {"positive": 87, "negative": 47, "neutral": 16},
    "test": {"positive": 62, "negative": 61, "neutral": 27},
}
SPLITS = {split: load_dataset(FOLDER / f"{split}.tsv") for split in COUNTS}
TEXTS = [text for table in SPLITS.values() for text in table["text"]]


def grams(text, size=5):
    """The runs of five characters in a text, letters and digits only counted."""
    text = re.sub(r"\W+", " ", text.lower()).strip()
    return {text[start : start + size] for start in range(max(1, len(text) - size + 1))}


def near_duplicates(texts, others=None, least=0.5):
    """Pairs of texts whose sets of runs have a Jaccard similarity of `least` or more.

    Parameters
    ----------
    texts : list of str
    others : list of str, optional
        Compare with these instead of with each other.
    """
    against = texts if others is None else others
    vectorizer = CountVectorizer(analyzer=grams).fit([*texts, *against])
    own, their = vectorizer.transform(texts), vectorizer.transform(against)
    shared = (own @ their.T).tocoo()
    either = own.sum(1).A1[shared.row] + their.sum(1).A1[shared.col] - shared.data
    close = (shared.data >= least * either) & ((shared.col < shared.row) | (others is not None))
    return [(texts[row], against[column]) for row, column in zip(shared.row[close], shared.col[close])]


@pytest.mark.parametrize("split", COUNTS)
def test_a_split_has_its_rows_and_its_mix_of_classes(split):
    labels = SPLITS[split]["label"].map(INDEX2LABEL)
    assert labels.value_counts().to_dict() == COUNTS[split]


def test_the_readme_states_these_counts():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for split, counts in COUNTS.items():
        assert f"| {split}.tsv | {sum(counts.values())} | {counts['positive']} | {counts['negative']} | {counts['neutral']} |" in readme


@pytest.mark.parametrize("split", COUNTS)
def test_a_file_is_utf_8_without_mark_with_one_tab_a_row_and_plain_line_ends(split):
    content = (FOLDER / f"{split}.tsv").read_bytes()
    assert content.decode("utf-8").count("\t") == content.count(b"\n") == len(SPLITS[split])
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")


def test_checksums_are_those_that_stand_beside_the_files():
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    stated = {name: checksum for checksum, name in (line.split() for line in lines)}
    assert stated == {f"{split}.tsv": hashlib.sha256((FOLDER / f"{split}.tsv").read_bytes()).hexdigest() for split in COUNTS}


def test_texts_are_in_smsas_manner_lower_case_with_words_set_apart_by_single_spaces():
    assert [text for text in TEXTS if text != text.lower()] == []
    assert [text for text in TEXTS if text != " ".join(text.split())] == []
    assert [text for text in TEXTS if re.search(r"[a-z][,!?](\s|$)", text)] == []


def test_texts_of_the_test_split_are_shorter_as_in_smsa():
    mean = {split: table["text"].str.split().str.len().mean() for split, table in SPLITS.items()}
    assert mean["test"] < 0.9 * mean["train"]


def test_no_text_occurs_twice_or_nearly():
    assert near_duplicates(TEXTS) == []


def test_a_near_duplicate_would_be_noticed():
    text = "pelayanan di warung itu lambat sekali dan makanan nya sudah dingin ketika datang ."
    changed = text.replace("lambat", "lama")
    assert near_duplicates(["kopi di sini pahit .", text, changed]) == [(changed, text)]
    assert near_duplicates([changed], ["kopi di sini pahit .", text]) == [(changed, text)]


@pytest.mark.real_smsa
def test_no_text_is_one_of_smsa_or_nearly(smsa_dir):
    real = [text for name in ("train", "valid", "test") for text in load_dataset(smsa_dir / f"{name}_preprocess.tsv")["text"]]
    assert near_duplicates(TEXTS, real) == []
