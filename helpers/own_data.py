"""Anybody's CSV or Excel file -> table and label map (used in lesson 05)."""

import codecs
import collections
import csv
import io
import pathlib
import re

import pandas as pd

from helpers.data import PREDICTION_COLUMNS, DataError, report_problems
from helpers.messages import message

SEPARATORS = ("\t", ",", ";", "|")


def decode_table(content, path):
    """Decode the bytes of somebody's CSV: UTF-8, UTF-16 with its mark, else Windows-1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            last_error = error
            continue
        if encoding == "cp1252":
            print(message("data.read_as_cp1252", path=path))
        return text
    raise DataError(message("data.unknown_encoding", path=path)) from last_error


def parse_table(text, separator):
    """Split the text of a table into rows of columns.

    Fields may be quoted as in RFC 4180, but not in TAB-separated text: SmSA's
    kind of TSV has no quoting.

    Returns
    -------
    rows : list of (int, list of str)
        Line of the file where the row starts, and its columns. Lines without
        any character are left out.
    problems : list of (int, str)
        Lines whose quotes do not close, and why.
    """
    csv.field_size_limit(2**31 - 1)  # the default refuses texts of more than 131,072 characters
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True)
    rows, problems = [], []
    while True:
        line = reader.line_num + 1
        try:
            columns = next(reader)
        except StopIteration:
            return rows, problems
        except csv.Error as error:
            problems.append((line, message("data.bad_quotes", error=error)))
            continue
        if columns:
            rows.append((line, columns))


def detect_separator(text, names=()):
    """The separator with which the first row holds these names and most rows have the same number of columns, two or more.

    ``csv.Sniffer``, which pandas uses for ``sep=None``, looks at the first
    line only and takes a letter for a separator where texts are long.

    Returns
    -------
    str or None
        None if no separator gives two columns.
    """

    def agreement(separator):
        rows = [columns for _, columns in parse_table(text, separator)[0]]
        widths = collections.Counter(len(columns) for columns in rows if len(columns) > 1)
        header = {name.strip() for name in rows[0]} if rows else set()
        return header.issuperset(names), max(widths.values(), default=0)

    best = max(SEPARATORS, key=agreement)
    return best if agreement(best)[1] else None


def read_rows(path, separator=None, names=()):
    """Rows of a CSV, TSV or Excel file as text, with their line numbers, and what is wrong with the quoting."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(message("data.missing_file", path=path))
    if path.suffix.lower() in {".xlsx", ".xls", ".ods"}:
        try:
            table = pd.read_excel(path, header=None, dtype=str, keep_default_na=False, na_filter=False)
        except ImportError as error:
            raise DataError(message("data.excel_library", path=path, error=error)) from error
        except Exception as error:  # each Excel library has errors of its own
            raise DataError(message("data.excel_unreadable", path=path, error=error)) from error
        return [(line, list(row)) for line, row in enumerate(table.itertuples(index=False), start=1)], []
    text = decode_table(path.read_bytes(), path)
    if not text.strip():
        raise DataError(message("data.empty_file", path=path))
    separator = separator or detect_separator(text, names)
    if separator is None:
        raise DataError(message("data.no_separator", path=path))
    return parse_table(text, separator)


def find_column(column, names, path):
    """Position of a column given by name or by position."""
    if isinstance(column, int):
        if not 0 <= column < len(names):
            raise DataError(message("data.no_position", path=path, position=column, count=len(names)))
        return column
    if names.count(column) != 1:
        key = "data.no_column" if column not in names else "data.column_twice"
        raise DataError(message(key, path=path, column=column, columns=", ".join(names)))
    return names.index(column)


def make_label_map(found, labels=None):
    """Map labels to 0, 1, 2, …: in the order given, else sorted (numbers by value).

    Examples
    --------
    >>> make_label_map(["10", "9", "10"])
    {'9': 0, '10': 1}
    >>> make_label_map(["senang"], labels=["sedih", "senang"])
    {'sedih': 0, 'senang': 1}
    """
    if isinstance(labels, dict):
        return {str(label): index for label, index in labels.items()}
    if labels is None:
        found = set(found)
        numbers = all(re.fullmatch(r"-?\d{1,18}", label) for label in found)
        labels = sorted(found, key=(lambda label: (int(label), label)) if numbers else None)
    return {label: index for index, label in enumerate(dict.fromkeys(str(label) for label in labels))}


def read_sentiment_file(path, text_column="text", label_column="label", labels=None, header=None, separator=None):
    """Read anybody's labelled texts: CSV, TSV or Excel, any label set. Used in lesson 05.

    Parameters
    ----------
    path : str or pathlib.Path
        UTF-8, UTF-16 with byte order mark or Windows-1252; comma, semicolon,
        ``|`` or TAB between columns. Excel needs the library openpyxl.
    text_column, label_column : str or int
        Names in the header row, or positions counted from 0 in a file
        without one.
    labels : list of str or dict of str to int, optional
        Allowed labels, in the order of their indices. By default those found
        in the file, sorted.
    header : bool, optional
        Whether the first row holds names. By default: yes if a column is
        given by name.
    separator : str, optional
        By default the one with which the header row holds the names given,
        and that splits the rows most evenly.

    Returns
    -------
    table : pandas.DataFrame
        Columns ``text`` (str, exactly as in the file) and ``label`` (int).
    label2index : dict of str to int
        The label map; give it to the dataset, and to the model.

    Raises
    ------
    DataError
        With every problem of the file at once: line, what was found, what is
        allowed.
    """
    given_names = [column for column in (text_column, label_column) if isinstance(column, str)]
    rows, problems = read_rows(path, separator, given_names)
    if not rows:
        raise DataError(report_problems(path, problems) if problems else message("data.empty_file", path=path), problems)
    width = len(rows[0][1])
    names = [name.strip() for name in rows[0][1]]
    text_at, label_at = find_column(text_column, names, path), find_column(label_column, names, path)
    if header is None:
        header = isinstance(text_column, str) or isinstance(label_column, str)
    rows = rows[1:] if header else rows
    if not rows:
        raise DataError(report_problems(path, problems) if problems else message("data.only_header", path=path), problems)

    full = [(line, row[text_at], row[label_at].strip()) for line, row in rows if len(row) == width]
    problems += [(line, message("data.ragged_row", found=len(row), allowed=width)) for line, row in rows if len(row) != width]
    label2index = make_label_map([label for _, _, label in full if label], labels)
    if set(label2index.values()) != set(range(len(label2index))):
        raise DataError(message("data.label_indices", found=label2index, last=len(label2index) - 1))
    allowed = ", ".join(list(label2index)[:20])
    for line, text, label in full:
        if not text.strip():
            problems.append((line, message("data.blank_text")))
        if label not in label2index:
            problems.append((line, message("data.unknown_label", found=label, allowed=allowed)))
    if problems:
        problems.sort()
        raise DataError(report_problems(path, problems), problems)
    if not 2 <= len(label2index) <= max(20, len(full) // 2):
        raise DataError(message("data.label_count", path=path, count=len(label2index), rows=len(full), column=label_column))
    reserved = [label for label in label2index if label in PREDICTION_COLUMNS]
    if reserved:
        raise DataError(message("data.reserved_label", path=path, found=reserved[0], reserved=", ".join(PREDICTION_COLUMNS)))
    table = pd.DataFrame({"text": [text for _, text, _ in full], "label": [label2index[label] for _, _, label in full]})
    return table, label2index
