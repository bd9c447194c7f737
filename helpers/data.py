"""From a file to a dataset of subwords and labels (built in lesson 01)."""

import pathlib

import pandas as pd
import torch
from torch.utils.data import Dataset

from helpers.messages import message

LABEL2INDEX = {"positive": 0, "neutral": 1, "negative": 2}
INDEX2LABEL = {index: label for label, index in LABEL2INDEX.items()}
NUM_LABELS = len(LABEL2INDEX)
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
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(message("data.missing_file", path=path))
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


def find_problems(rows, label2index=LABEL2INDEX):
    """Say what is wrong with the rows of a sentiment file.

    Parameters
    ----------
    rows : list of list of str
        The columns of each row; two are expected, text and label.
    label2index : dict of str to int
        The labels that are allowed.

    Returns
    -------
    list of (int, str)
        Row number, counted from 1, and the problem in the learner's language.

    Examples
    --------
    >>> find_problems([["enak sekali .", "positive"]])
    []
    >>> [row for row, problem in find_problems([["enak .", "positive"], ["biasa ."], [" ", "positive"]])]
    [2, 3]
    """
    problems = []
    allowed = ", ".join(str(label) for label in label2index)
    for number, row in enumerate(rows, start=1):
        if len(row) != 2:
            problems.append((number, message("data.wrong_columns", found=len(row))))
        elif not row[0].strip():
            problems.append((number, message("data.blank_text")))
        elif row[1] not in label2index:
            header = message("data.maybe_header") if number == 1 else ""
            problems.append((number, message("data.unknown_label", found=row[1], allowed=allowed) + header))
    return problems


def report_problems(path, problems, most=20):
    """One text that lists every problem of a file, the first `most` in full."""
    lines = [message("data.report_head", path=path, count=len(problems))]
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
        order of the file.

    Raises
    ------
    DataError
        With every problem of the file at once.
    """
    lines = read_text(path).rstrip("\n").split("\n")
    rows = [line.split("\t") for line in lines]
    problems = find_problems(rows, label2index)
    if problems:
        raise DataError(report_problems(path, problems), problems)
    table = pd.DataFrame(rows, columns=["text", "label"])
    table["label"] = table["label"].map(label2index)
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
    """
    if not len(texts):
        return []
    encoded = tokenizer(list(texts), return_attention_mask=False, verbose=False)
    return [torch.tensor(subwords) for subwords in encoded["input_ids"]]


def check_table(table, label2index=LABEL2INDEX):
    """Make sure that a table can be a dataset; labels given by name become their index. Used in lesson 01.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``text`` and ``label``.
    label2index : dict of str to int

    Returns
    -------
    pandas.DataFrame
        A copy, with rows counted from 0.

    Raises
    ------
    DataError
        A column is missing, or rows hold a blank text or an unknown label.

    Examples
    --------
    >>> check_table(pd.DataFrame({"text": ["enak ."], "label": ["negative"]}))["label"].tolist()
    [2]
    """
    missing = [column for column in ("text", "label") if column not in table]
    if missing:
        raise DataError(message("data.no_table_column", missing=", ".join(missing), columns=", ".join(map(str, table.columns))))
    table = table.reset_index(drop=True)
    labels = table["label"].map(lambda label: label2index.get(label, label))
    known = labels.isin(label2index.values())
    texts = table["text"].map(lambda text: isinstance(text, str) and bool(text.strip()))
    problems = [(int(row), message("data.blank_text")) for row in table.index[~texts]]
    allowed = ", ".join(f"{label} ({index})" for label, index in list(label2index.items())[:20])
    problems += [(int(row), message("data.unknown_label", found=table["label"][row], allowed=allowed)) for row in table.index[~known]]
    if problems:
        raise DataError(report_problems("DataFrame", sorted(problems)), sorted(problems))
    table["label"] = labels.astype(int)
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

    Raises
    ------
    DataError
        See `load_dataset`.
    """

    LABEL2INDEX = LABEL2INDEX
    INDEX2LABEL = INDEX2LABEL
    NUM_LABELS = NUM_LABELS

    def __init__(self, dataset_path, tokenizer, label2index=LABEL2INDEX):
        self.data = self.load_dataset(dataset_path, label2index)
        self.tokenizer = tokenizer
        self.labels = self.data["label"].tolist()
        self.subwords = encode_texts(self.data["text"], tokenizer)
        self.lengths = torch.tensor([len(row) for row in self.subwords])

    def load_dataset(self, dataset_path, label2index):
        """The table, checked, or the file read by `helpers.data.load_dataset`."""
        if isinstance(dataset_path, pd.DataFrame):
            return check_table(dataset_path, label2index)
        return load_dataset(dataset_path, label2index)

    def __getitem__(self, index):
        """Subword ids ``[seq_len]`` and the label (int) of one row."""
        return self.subwords[index], self.labels[index]

    def __len__(self):
        """Number of rows."""
        return len(self.data)


def tfidf_baseline():
    """TF-IDF over words, then logistic regression: the baseline of lesson 01.

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
