"""Anybody's CSV or Excel file -> table and label map (used in lesson 05)."""

import collections
import datetime
import numbers
import unicodedata

import pandas as pd

from helpers.data import (
    PREDICTION_COLUMNS,
    DataError,
    check_label_map,
    find_problems,
    is_missing,
    is_number,
    is_visible,
    number_value,
    report_problems,
    text_problem,
)
from helpers.messages import message
from helpers.table_files import Wanted, column_names, read_rows

LONGEST_LABEL = 100  # characters: what is longer is a text


def column_choice(column, path):
    """A column as a caller names it: its name without spaces around it, or its position as int."""
    if isinstance(column, str):
        return column.strip()
    if isinstance(column, numbers.Integral) and not isinstance(column, bool):
        return int(column)
    raise DataError(message("data.column_type", path=path, found=repr(column)))


def find_column(column, names, path):
    """Position of a column given by name or by position."""
    if not isinstance(column, str):
        if not 0 <= column < len(names):
            raise DataError(message("data.no_position", path=path, position=column, count=len(names)))
        return column
    if names.count(column) != 1:
        key = "data.no_column" if column not in names else "data.column_twice"
        raise DataError(message(key, path=path, column=column, columns=", ".join(names)))
    return names.index(column)


def make_label_map(found, labels=None):
    """Map labels to 0, 1, 2, …: in the order given, else sorted (numbers by value, with decimal point or comma).

    Parameters
    ----------
    found : iterable of str
        Labels that occur.
    labels : list of str or dict of str to int, optional
        Labels in their order, or with their indices.

    Raises
    ------
    DataError
        `labels` has no order (a set), is one str, or is no label map.

    Examples
    --------
    >>> make_label_map(["10.0", "9", "10.0", "4,5"])
    {'4,5': 0, '9': 1, '10.0': 2}
    >>> make_label_map(["senang"], labels=["sedih", "senang"])
    {'sedih': 0, 'senang': 1}
    """
    if isinstance(labels, collections.abc.Mapping):
        return check_label_map(labels)
    if labels is None:
        values = {label: number_value(label) for label in map(str, found)}
        by_value = all(value is not None for value in values.values())
        labels = sorted(values, key=(lambda label: (values[label], label)) if by_value else None)
        return {label: index for index, label in enumerate(labels)}
    if isinstance(labels, (str, bytes, set, frozenset, pd.DataFrame)):
        raise DataError(message("data.labels_without_order", found=type(labels).__name__))
    labels = list(labels)
    if not labels or any(map(is_missing, labels)):
        raise DataError(message("data.labels_missing", found=labels))
    return {label: index for index, label in enumerate(dict.fromkeys(map(str, labels)))}


def spelling(label):
    """What stays of a label without capitals, spaces, quotes around it, and ways to write a number."""
    letters = "".join(filter(is_visible, unicodedata.normalize("NFKC", label).casefold()))
    letters = letters.strip("\"'“”‘’`") or letters
    return number_value(letters) if number_value(letters) is not None else letters


def refuse_variants(counts, path, column):
    """Raise `DataError` if labels differ only in capitals, spaces, quotes or the way to write a number.

    Parameters
    ----------
    counts : dict of str to int
        How often each label occurs.
    """
    groups = collections.defaultdict(list)
    for label, count in sorted(counts.items(), key=lambda item: -item[1]):
        groups[spelling(label)].append(f'"{label}" ({count}×)')
    variants = "; ".join(" = ".join(group) for group in groups.values() if len(group) > 1)
    if variants:
        raise DataError(message("data.label_variants", path=path, column=column, groups=variants))


def cell_problem(cell, is_label):
    """What is wrong with a cell of an Excel sheet that is not a text; None if nothing."""
    if isinstance(cell, str) or (is_label and (is_number(cell) or isinstance(cell, bool))):
        return None
    if is_missing(cell):
        return message("data.excel_error")
    if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        return message("data.excel_date", found=cell)
    return text_problem(cell)


def text_and_label(rows, names, text_at, label_at, header):
    """The two columns of each row that is whole, and problems of the others.

    Cells after the last column count as none where they are blank, as in
    lines that end with a separator; and so do last columns without a name.

    Returns
    -------
    full : list of (int, str, str)
        Line, text, and label without spaces around it.
    problems : list of (int, str)
    """
    width = len(names)
    least = max(text_at + 1, label_at + 1, *(place for place, name in enumerate(names, start=1) if name or not header))
    full, problems = [], []
    for line, row in rows:
        if len(row) != width and (len(row) < least or any(cell.strip() for cell in row[width:])):
            problems.append((line, message("data.ragged_row" if header else "data.ragged_among_rows", found=len(row), allowed=width)))
            continue
        text, label = row[text_at], row[label_at]
        if not (isinstance(text, str) and isinstance(label, str)):
            problem = cell_problem(text, False) or cell_problem(label, True)
            if problem:
                problems.append((line, problem))
                continue
            label = str(label)
        full.append((line, text, label.strip()))
    return full, problems


def label_map_of(full, labels, path, column):
    """The label map of a file: the one given, or that of its labels, if they look like labels."""
    if labels is not None:
        return labels
    counts = collections.Counter(label for _, _, label in full)
    refuse_variants(counts, path, column)
    for label in counts:
        if len(label) > 1 and (label[0] == '"' or (label[0] == label[-1] == "'")):
            raise DataError(message("data.quoted_label", path=path, column=column, found=label))
        if len(label) > LONGEST_LABEL:
            raise DataError(message("data.long_label", path=path, column=column, found=label[:60], count=len(label)))
    few = max(20, len(full) // 2) if len(full) < 10 or len(counts) < len(full) else 0
    if not 2 <= len(counts) <= few:
        raise DataError(message("data.label_count", path=path, count=len(counts), rows=len(full), column=column))
    return make_label_map(counts)


def read_sentiment_file(path, text_column="text", label_column="label", *, labels=None, header=None, separator=None, quoting=None):
    """Read anybody's labelled texts: CSV, TSV or Excel, any label set. Used in lesson 05.

    Parameters
    ----------
    path : str or pathlib.Path
        UTF-8, UTF-16 or Windows-1252; comma, semicolon, ``|`` or TAB between
        columns; the first sheet of an Excel file, which needs openpyxl.
    text_column, label_column : str or int
        Names in the header row, or positions counted from 0 in a file
        without one.
    labels : list of str or dict of str to int, optional
        Allowed labels, in the order of their indices; for the second file of
        a data set, the map of the first. By default those found in the file,
        sorted (numbers by value).
    header : bool, optional
        Whether the first row holds names. By default: yes if a column is
        given by name.
    separator : str, optional
        By default the one that Excel's first line ``sep=;`` names; else the
        one with which the header row holds the names given; else the one
        that splits the rows evenly and gives a column of labels.
    quoting : bool, optional
        Whether quotes around a field belong to the format, not to the text.
        By default yes; in TAB-separated files only if every quote that opens
        a field closes it, as in those of Excel and pandas.

    Returns
    -------
    table : pandas.DataFrame
        Columns ``text`` (str, exactly as in the file) and ``label`` (int);
        the map in ``attrs["label2index"]``, which ``pandas.concat`` drops
        where two tables have different ones.
    label2index : dict of str to int
        The label map; give it to the dataset, and to the model.

    Raises
    ------
    DataError
        With every problem of the file at once: line, what was found, what is
        allowed. Also where two separators or two ways of quoting are as
        likely as each other, and where labels differ in capitals, spaces or
        the way to write a number only (unless `labels` names them).
    """
    columns = tuple(column_choice(column, path) for column in (text_column, label_column))
    by_name = any(isinstance(column, str) for column in columns)
    header = by_name if header is None else header
    if by_name and not header:
        raise DataError(message("data.names_without_header", path=path))
    labels = None if labels is None else make_label_map([], labels)
    rows, problems = read_rows(path, Wanted(columns, header, labels), separator, quoting)
    if not rows:
        raise DataError(report_problems(path, problems) if problems else message("data.empty_file", path=path), problems)
    names = column_names(rows[0][1])
    width = len(names) if header else collections.Counter(len(row) for _, row in rows).most_common(1)[0][0]
    names = names if header else [""] * width
    text_at, label_at = (find_column(column, names, path) for column in columns)
    if text_at == label_at:
        raise DataError(message("data.same_column", path=path, column=text_column))
    rows = rows[1:] if header else rows
    if not rows:
        raise DataError(report_problems(path, problems) if problems else message("data.only_header", path=path), problems)

    full, ragged = text_and_label(rows, names, text_at, label_at, header)
    lines = [line for line, _, _ in full]
    known = labels or {label: None for label in dict.fromkeys(label for _, _, label in full) if any(map(is_visible, label))}
    problems += ragged + find_problems([row[1:] for row in full], known, lines)
    if problems:
        problems.sort()
        raise DataError(report_problems(path, problems), problems)
    label2index = label_map_of(full, labels, path, label_column)
    reserved = [label for label in label2index if label in PREDICTION_COLUMNS]
    if reserved:
        raise DataError(message("data.reserved_label", path=path, found=reserved[0], reserved=", ".join(PREDICTION_COLUMNS)))
    table = pd.DataFrame({"text": [text for _, text, _ in full], "label": [label2index[label] for _, _, label in full]})
    table.attrs["label2index"] = label2index
    return table, label2index
