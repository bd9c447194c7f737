"""From a file to a dataset of subwords and labels (built in lesson 01)."""

import collections
import decimal
import numbers
import os
import pathlib
import re
import unicodedata

import pandas as pd
import torch
from torch.utils.data import Dataset

from helpers.messages import message

LABEL2INDEX = {"positive": 0, "neutral": 1, "negative": 2}
INDEX2LABEL = {index: label for label, index in LABEL2INDEX.items()}
NUM_LABELS = len(LABEL2INDEX)
# Drawn as nothing, though Unicode counts them among letters, marks and symbols.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
PREDICTION_COLUMNS = ("text", "label", "confidence")  # beside the labels in the table of helpers.evaluation.predict


class DataError(ValueError):
    """A data file that cannot be used as it is.

    The text names the file and, for every problem at once, the row, what was
    found there and what is allowed.

    Attributes
    ----------
    problems : list of (int, str)
        Row number (the first row of the file is 1) and what is wrong with it.
    """

    def __init__(self, text, problems=()):
        super().__init__(text)
        self.problems = list(problems)


def existing_file(path):
    """The path of a file that is there; `DataError` if it is not, is a folder, or is no path at all."""
    if not isinstance(path, (str, os.PathLike)):
        raise DataError(message("data.not_a_path", found=type(path).__name__))
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(message("data.missing_file", path=path))
    return path


def read_text(path):
    """Read a text file as UTF-8, with or without a byte order mark.

    Windows and old Mac line ends become ``\\n``; nothing else is changed.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    str

    Raises
    ------
    DataError
        The file is missing, is a folder, is empty, or is not UTF-8; the
        message then names the row and the byte.
    """
    path = existing_file(path)
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        found = f"0x{error.object[error.start]:02x}"  # of the bytes after a byte order mark
        raise DataError(message("data.not_utf8", path=path, row=row, found=found), [(row, found)]) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DataError(message("data.empty_file", path=path))
    return text


def check_label_map(label2index):
    """Make sure that a label map can be used: its indices are 0, 1, 2, …, each of them once.

    Parameters
    ----------
    label2index : dict of str to int

    Returns
    -------
    dict of str to int
        A copy: names as str, indices as int.

    Raises
    ------
    DataError
        Not a dict (a set, say, has no order), an index that is missing, twice
        or no whole number, two names that are written alike.

    Examples
    --------
    >>> check_label_map({1: 0, 2: 1})
    {'1': 0, '2': 1}
    """
    if not isinstance(label2index, collections.abc.Mapping):
        raise DataError(message("data.label_map_type", found=type(label2index).__name__))
    names = [str(label) for label in label2index]
    indices = list(label2index.values())
    whole = all(isinstance(index, numbers.Integral) and not isinstance(index, bool) for index in indices)
    missing = any(is_missing(label) for label in label2index)
    if not names or missing or not whole or sorted(indices) != list(range(len(names))) or len(set(names)) < len(names):
        raise DataError(message("data.label_indices", found=dict(label2index), last=max(1, len(names) - 1)))
    return {name: int(index) for name, index in zip(names, indices)}


def is_missing(value):
    """Whether a value stands for nothing: None, NaN, ``pandas.NA`` or ``NaT``."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, numbers.Number) and value != value)


def is_number(value):
    """Whether a value is a number, and neither a truth value nor missing."""
    return isinstance(value, numbers.Number) and not isinstance(value, bool) and not is_missing(value)


def number_value(label):
    """The value of a label that is a number, with decimal point or comma; None if it is none.

    Examples
    --------
    >>> [number_value(label) for label in ("10", "4,5", "1.0", "lima")]
    [Decimal('10'), Decimal('4.5'), Decimal('1.0'), None]
    """
    if not re.fullmatch(r"[+\-\u2212]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)", label):
        return None
    return decimal.Decimal(label.replace("\u2212", "-").replace(",", "."))


def is_visible(character):
    """Whether a reader sees something: not a space, nor a control or format character such as U+200B."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and character not in UNSEEN


def text_problem(text):
    """What is wrong with one text, in the learner's language; None if nothing.

    A text is a str of which a reader sees something and which can be written
    as UTF-8 (half an emoji, from JSON that was cut, cannot).

    Examples
    --------
    >>> text_problem("enak sekali .") is None
    True
    >>> text_problem(5) == text_problem(" ")
    False
    """
    if not isinstance(text, str):
        if is_missing(text):
            return message("data.missing_text")
        return message("data.number_text" if is_number(text) else "data.text_type", found=text, type=type(text).__name__)
    if not text.strip():
        return message("data.blank_text")
    if not any(map(is_visible, text)):
        codes = sorted({f"U+{ord(character):04X}" for character in text})
        return message("data.invisible_text", found=", ".join(codes[:5]))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return message("data.half_character", found=f"U+{ord(text[error.start]):04X}", position=error.start + 1)
    return None


def check_texts(texts):
    """Say what is wrong with texts.

    Parameters
    ----------
    texts : iterable
        Anything; only str that hold something visible, and that can be
        written as UTF-8, are fine.

    Returns
    -------
    list of (int, str)
        Row number, counted from 1 as in files, and the problem in the
        learner's language.

    Examples
    --------
    >>> [row for row, problem in check_texts(["enak", 5, " ", "\\u200b", None])]
    [2, 3, 4, 5]
    """
    problems = map(text_problem, texts)
    return [(row, problem) for row, problem in enumerate(problems, start=1) if problem]


def list_of_texts(texts):
    """The texts as a list, all of them fine.

    Raises
    ------
    DataError
        With every problem of `check_texts`; or what was given holds no texts
        one after the other (a str, a dict, a DataFrame, a set).
    """
    if isinstance(texts, (str, bytes, collections.abc.Mapping, collections.abc.Set, pd.DataFrame)):
        raise DataError(message("data.no_list_of_texts", found=type(texts).__name__))
    texts = list(texts)
    problems = check_texts(texts)
    if problems:
        raise DataError(report_problems(None, problems), problems)
    return texts


def columns_problem(row):
    """What is wrong with the number of columns of one row, in the learner's language; None if nothing. Used in lesson 01.

    Examples
    --------
    >>> columns_problem(["enak .", "positive"]) is None, columns_problem(["enak ."]) is None
    (True, False)
    """
    return None if len(row) == 2 else message("data.wrong_columns", found=len(row))


def label_problem(label, label2index=LABEL2INDEX, first=False):
    """What is wrong with one label, in the learner's language; None if nothing. Used in lesson 01.

    Parameters
    ----------
    label : str
    label2index : dict of str to int
        The labels that are allowed; the first twenty are named.
    first : bool
        Whether it stands in the first row of a file, which may be a header.

    Examples
    --------
    >>> label_problem("positive") is None, label_problem("netral") is None
    (True, False)
    """
    if label in label2index:
        return None
    allowed = ", ".join(str(label) for label in list(label2index)[:20])
    return message("data.unknown_label", found=label, allowed=allowed) + (message("data.maybe_header") if first else "")


def find_problems(rows, label2index=LABEL2INDEX, row_numbers=None):
    """Say what is wrong with the rows of a sentiment file.

    Parameters
    ----------
    rows : list of list of str
        The columns of each row; two are expected, text and label.
    label2index : dict of str to int
        The labels that are allowed.
    row_numbers : list of int, optional
        The number of each row; counted from 1 by default.

    Returns
    -------
    list of (int, str)
        Row number and the problem in the learner's language.

    Notes
    -----
    Of each row the first problem is named. Built in lesson 01.

    Examples
    --------
    >>> find_problems([["enak sekali .", "positive"]])
    []
    >>> [row for row, problem in find_problems([["enak .", "positive"], ["biasa ."], [" ", "positive"]])]
    [2, 3]
    """
    problems = []
    for number, row in zip(row_numbers or range(1, len(rows) + 1), rows):
        problem = columns_problem(row) or text_problem(row[0]) or label_problem(row[1], label2index, first=number == 1)
        if problem:
            problems.append((number, problem))
    return problems


def report_problems(path, problems, most=20):
    """One text that lists every problem of a file (None: of a table or a list), the first `most` in full."""
    head = "data.report_head" if path is not None else "data.report_head_rows"
    lines = [message(head, path=path, count=len(problems))]
    lines += [message("data.report_row", row=row, problem=problem) for row, problem in problems[:most]]
    if len(problems) > most:
        lines.append(message("data.report_more", count=len(problems) - most))
    return "\n".join(lines)


def load_dataset(path, label2index=LABEL2INDEX):
    """Read a file in SmSA's format: one row a line, text, TAB, label, no header.

    A TSV of this kind knows no quoting, so quotes stay part of the text, and
    texts that read ``null`` or ``NA`` stay texts. Built in lesson 01.

    Parameters
    ----------
    path : str or pathlib.Path
        UTF-8, with or without byte order mark, any line ends.
    label2index : dict of str to int, optional
        The label map; SmSA's by default.

    Returns
    -------
    pandas.DataFrame
        Columns ``text`` (str) and ``label`` (int, by `label2index`), in the
        order of the file; the map itself in ``attrs["label2index"]``.

    Raises
    ------
    DataError
        With every problem of the file at once.
    """
    label2index = check_label_map(label2index)
    lines = read_text(path).rstrip("\n").split("\n")
    rows = [line.split("\t") for line in lines]
    problems = find_problems(rows, label2index)
    if problems:
        raise DataError(report_problems(path, problems), problems)
    table = pd.DataFrame(rows, columns=["text", "label"])
    table["label"] = table["label"].map(label2index)
    table.attrs["label2index"] = label2index  # what the numbers mean
    return table


def encode_texts(texts, tokenizer):
    """Turn texts into subword ids, all in one call. Built in lesson 01.

    Parameters
    ----------
    texts : sequence of str
    tokenizer : transformers tokenizer

    Returns
    -------
    list of torch.Tensor
        One int64 tensor ``[seq_len]`` a text, ``[CLS]`` first, ``[SEP]``
        last. Nothing is cut here: the collate function of lesson 02 does it.

    Raises
    ------
    DataError
        See `list_of_texts`.
    """
    texts = list_of_texts(texts)
    if not texts:
        return []
    encoded = tokenizer(texts, return_attention_mask=False, verbose=False)
    return [torch.tensor(subwords) for subwords in encoded["input_ids"]]


def check_columns(table):
    """Raise `DataError` unless a table has the columns ``text`` and ``label``, each once, and at least one row."""
    columns = list(table.columns)
    missing = [column for column in ("text", "label") if column not in columns]
    if missing:
        raise DataError(message("data.no_table_column", missing=", ".join(missing), columns=", ".join(map(str, columns))))
    twice = [column for column in ("text", "label") if columns.count(column) > 1]
    if twice:
        raise DataError(message("data.table_column_twice", column=twice[0], columns=", ".join(map(str, columns))))
    if table.empty:
        raise DataError(message("data.no_rows"))


def name_labels(table, label2index):
    """The labels of a table by name, whether they stand there as names or as indices.

    Returns
    -------
    names : list of str
        As they stand where they are unknown names; None where there is a problem.
    problems : list of (int, str)
        Rows, counted from 1, whose label is neither a name nor an index.
    """
    labels, own = table["label"].tolist(), table.attrs.get("label2index")
    by_number = {index: str(label) for label, index in label2index.items()}
    if any(map(is_number, labels)):
        if own is not None and own != check_label_map(label2index):
            raise DataError(message("data.other_label_map", own=own, given=label2index))
        if own is None and any(map(is_number, label2index)):  # a map such as {1: 0, 2: 1} says that numbers are names
            by_number = {label: str(label) for label in label2index}
        elif own is None and any(number_value(name) not in (None, index) for name, index in label2index.items()):
            raise DataError(message("data.name_or_index", given=label2index))
    allowed = ", ".join(f"{label} ({index})" for label, index in list(label2index.items())[:20])
    names, problems = [], []
    for row, label in enumerate(labels, start=1):
        name = label if isinstance(label, str) else by_number.get(label) if is_number(label) else None
        names.append(name)
        if name is not None:
            continue
        key = "data.missing_label" if is_missing(label) else "data.unknown_label" if is_number(label) else "data.label_type"
        problems.append((row, message(key, found=label, type=type(label).__name__, allowed=allowed)))
    return names, problems


def check_table(table, label2index=LABEL2INDEX):
    """Make sure that a table can be a dataset; labels given by name become their index. Used in lesson 01.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``text`` and ``label``: names, or indices (1.0 counts as 1).
        Where ``attrs["label2index"]`` holds the table's own map, as
        `read_sentiment_file` and `load_dataset` leave it, indices are those
        of that map.
    label2index : dict of str to int

    Returns
    -------
    pandas.DataFrame
        A copy, with rows counted from 0, and the map in ``attrs``, unless
        the labels are numbers of which nobody said what they mean.

    Raises
    ------
    DataError
        A column is missing or there twice; there are no rows; rows (counted
        from 1) hold something else than a text, or an unknown label; indices
        would be read by another map than the table's own.

    Examples
    --------
    >>> check_table(pd.DataFrame({"text": ["enak ."], "label": ["negative"]}))["label"].tolist()
    [2]
    """
    indices = check_label_map(label2index)
    check_columns(table)
    table = table.reset_index(drop=True)
    names, problems = name_labels(table, label2index)
    named = [row for row, name in enumerate(names) if name is not None]
    texts = table["text"].tolist()
    problems += find_problems([(texts[row], names[row]) for row in named], indices, [row + 1 for row in named])
    if problems:
        raise DataError(report_problems(None, sorted(problems)), sorted(problems))
    nobody_said = label2index is LABEL2INDEX and "label2index" not in table.attrs and all(map(is_number, table["label"]))
    table["label"] = [indices[name] for name in names]
    if not nobody_said:
        table.attrs["label2index"] = indices
    return table


class DocumentSentimentDataset(Dataset):
    """Texts and labels of one file, tokenized once. Built in lesson 01.

    Named as in IndoNLU's code (Wilie et al., 2020), where each access
    tokenized again.

    Parameters
    ----------
    dataset_path : str, pathlib.Path or pandas.DataFrame
        A file in SmSA's format, or a table with columns ``text`` and
        ``label`` (int) such as `read_sentiment_file` returns.
    tokenizer : transformers tokenizer
    label2index : dict of str to int, optional

    Attributes
    ----------
    data : pandas.DataFrame
        Columns ``text`` and ``label``.
    subwords : list of torch.Tensor
        int64, ``[seq_len]`` each.
    lengths : torch.Tensor
        int64, ``[rows]``: subwords in each row.
    label2index : dict of str to int or None
        What the labels' numbers mean; None if nobody said: the table holds
        numbers, has no map in its ``attrs``, and none was given.

    Raises
    ------
    DataError
        See `load_dataset`, `check_table` and `check_label_map`.
    """

    LABEL2INDEX = LABEL2INDEX
    INDEX2LABEL = INDEX2LABEL
    NUM_LABELS = NUM_LABELS

    def __init__(self, dataset_path, tokenizer, label2index=LABEL2INDEX):
        read = check_table if isinstance(dataset_path, pd.DataFrame) else load_dataset
        self.data = read(dataset_path, label2index)
        self.label2index = self.data.attrs.get("label2index")
        self.tokenizer = tokenizer
        self.labels = self.data["label"].tolist()
        self.subwords = encode_texts(self.data["text"], tokenizer)
        self.lengths = torch.tensor([len(row) for row in self.subwords])

    def __getitem__(self, index):
        """Subword ids ``[seq_len]`` and the label (int) of one row."""
        return self.subwords[index], self.labels[index]

    def __len__(self):
        """Number of rows."""
        return len(self.data)


def tfidf_baseline():
    """TF-IDF over words and pairs of neighbouring words, then logistic regression: the baseline of lesson 01.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted yet. Classes weigh the same whatever their share.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+"),
        LogisticRegression(class_weight="balanced", C=10, max_iter=1000),
    )
