"""Somebody's CSV, TSV or Excel file -> rows of cells with their lines (used by helpers.own_data)."""

import codecs
import collections
import contextlib
import csv
import gc
import io
import itertools
import re
from typing import NamedTuple

import pandas as pd

from helpers.data import DataError, existing_file, number_value
from helpers.messages import message

SEPARATORS = ("\t", ",", ";", "|")
SAMPLE = 1000  # rows from which the separator is told
CLOSED_FIELD = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
EXCEL_SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
EXCEL_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # of .xlsx, .ods and .xls, whatever they are named


class Wanted(NamedTuple):
    """What the caller knows of a file.

    Attributes
    ----------
    columns : tuple of str or int
        Text column and label column: names, or positions counted from 0.
    header : bool
        Whether the first row holds names.
    labels : collection of str or None
        The labels that are allowed, where they are known.
    """

    columns: tuple = ()
    header: bool = False
    labels: object = None


class Reading(NamedTuple):
    """The first rows of a file as one separator splits them.

    Attributes
    ----------
    separator : str
    first : list of str
        The first row.
    rows : list of list of str
        Those of the most frequent width, without the header row.
    share : float
        Their share among all.
    """

    separator: str
    first: list
    rows: list
    share: float

    @property
    def width(self):
        """Columns in each of the rows."""
        return len(self.rows[0]) if self.rows else 0


def decode_table(content, path):
    """Decode the bytes of somebody's CSV: UTF-8, UTF-16 with its mark or without, else Windows-1252.

    Raises
    ------
    DataError
        None of them; or UTF-8 with damaged places, which as Windows-1252
        would turn every other letter with an accent and every emoji into
        nonsense.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif 2 * content[1:1000:2].count(0) > len(content[1:1000:2]):
        encoding = "utf-16-le"
    elif 2 * content[:1000:2].count(0) > len(content[:1000:2]):
        encoding = "utf-16-be"
    else:
        encoding = "utf-8"
    try:
        return content.decode(encoding, "surrogatepass").removeprefix("\ufeff")  # half an emoji is reported with its row later
    except UnicodeDecodeError as error:
        replaced = content.decode("utf-8", "replace")
        damaged = replaced.count("\ufffd")
        if encoding == "utf-8" and len(replaced) - len(replaced.encode("ascii", "ignore")) > 2 * damaged:
            row = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
            found = f"0x{content[error.start]:02x}"
            raise DataError(message("data.not_utf8", path=path, row=row, found=found), [(row, found)]) from error
        try:
            text = content.decode("cp1252" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError:
            raise DataError(message("data.unknown_encoding", path=path)) from error
    print(message("data.read_as_cp1252", path=path))
    return text


def parse_rows(text, separator, quoting, first_line=1, most=None, **options):
    """Split a text into rows of columns.

    Parameters
    ----------
    text : str
    separator : str
    quoting : bool
        Without it a quote is a character like others.
    first_line : int
        Number of the text's first line.
    most : int, optional
        Stop after so many rows and problems.
    **options
        Passed on to ``csv.reader``.

    Returns
    -------
    rows : list of (int, list of str)
        Line of the file where the row starts, and its columns. Lines without
        any character are left out.
    problems : list of (int, str)
        Lines whose quotes do not close, and why.
    """
    csv.field_size_limit(2**31 - 1)  # the default refuses texts of more than 131,072 characters
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE, strict=True, **options)
    rows, problems = [], []
    line = first_line
    while most is None or len(rows) + len(problems) < most:
        try:
            for columns in itertools.islice(reader, most):
                if columns:
                    rows.append((line, columns))
                line = first_line + reader.line_num
            if most is None or source.tell() == len(text):
                break
        except csv.Error as error:
            problems.append((line, message("data.bad_quotes", error=error)))
            line = first_line + reader.line_num
    return rows, problems


def parse_table(text, separator, quoting, first_line=1):
    """`parse_rows`, where a quote may open a field after spaces too (``"a", "b"``) if the file is written so."""
    rows, problems = parse_rows(text, separator, quoting, first_line)
    if not quoting or ' "' not in text or not re.search(rf'(?:\A|[{re.escape(separator)}\r\n]) +"', text):
        return rows, problems
    spaced = {cell for _, columns in rows for cell in columns if cell.startswith(" ") and cell.lstrip(" ").startswith('"')}
    spaced = {cell for cell in spaced if any(start + cell in text for start in (separator, "\n", "\r")) or text.startswith(cell)}
    if not spaced:  # such a quote stands inside quoted fields only
        return rows, problems
    rows_spaced, problems_spaced = parse_rows(text, separator, quoting, first_line, skipinitialspace=True)
    closed = any(CLOSED_FIELD.fullmatch(cell.strip(" ")) for cell in spaced)
    return (rows_spaced, problems_spaced) if closed or len(problems_spaced) <= len(problems) else (rows, problems)


def has_tab_quoting(text, path):
    """Whether TAB-separated text is quoted, as Excel and pandas write it, or its quotes are characters, as in SmSA.

    It is quoted if each quote that opens a field closes it too, that is, has
    its partner before a TAB or a line end. Two quotes with whole rows between
    them are lone ones. A writer that quotes puts quotes around every field
    that holds one, so that others count against quoting.

    Raises
    ------
    DataError
        There are signs of both.
    """
    if not re.search(r'(?:\A|[\t\r\n])"', text):
        return False
    quoted, problems = parse_rows(text, "\t", True)
    plain, _ = parse_rows(text, "\t", False)
    opened = [(line, cell) for line, row in plain for cell in row if cell.startswith('"')]
    closed = [cell for _, cell in opened if CLOSED_FIELD.fullmatch(cell)]
    lone = {line for line, cell in opened if not CLOSED_FIELD.fullmatch(cell)}
    inner = [line for line, row in plain for cell in row if '"' in cell and line not in lone and not cell.startswith('"')]
    everywhere = len(opened) >= sum(len(row) for _, row in quoted)  # as writers do that quote all fields
    even = len({len(row) for _, row in plain}) == 1
    if problems or (even and len(quoted) < len(plain) and not everywhere):
        answer, doubt = False, bool(closed) or (not problems and any('"' in cell and "\n" in cell for _, row in quoted for cell in row))
    elif len(quoted) == len(plain):
        answer, doubt = True, bool(inner) and not everywhere and not any('""' in cell for cell in closed)
    else:
        answer, doubt = True, not everywhere and any("\t" in cell and re.search(r"[\r\n]", cell) for _, row in quoted for cell in row)
    if doubt:
        odd = [*lone, *inner]
        raise DataError(message("data.tab_quoting", path=path, closed=len(closed), lone=len(odd), line=min(odd)))
    return answer


def reading(text, separator, quoting, header):
    """The first rows of a text as this separator splits them."""
    if separator == "\t" and quoting is None:
        both = [reading(text, separator, quoted, header) for quoted in (False, True)]
        return max(both, key=lambda one: one.share * (one.width > 1))
    rows, problems = parse_rows(text, separator, quoting is not False, most=SAMPLE)
    rows = [columns for _, columns in rows]
    first, rows = rows[:1], rows[header:] or rows
    widths = collections.Counter(len(columns) for columns in rows if len(columns) > 1)
    width = widths.most_common(1)[0][0] if widths else 1
    usual = [columns for columns in rows if len(columns) == width]
    return Reading(separator, first[0] if first else [], usual, len(usual) / max(1, len(rows) + len(problems)))


def column_names(row):
    """The names in a header row."""
    return [str(name).strip().strip('"').strip() for name in row]


def label_cells(one, wanted):
    """The labels as one reading has them."""
    column = wanted.columns[1]
    names = column_names(one.first)
    at = column if not isinstance(column, str) else names.index(column) if column in names else one.width
    return [columns[at].strip() for columns in one.rows] if at < one.width else []


def splits_decimals(one, others):
    """Whether a comma stands for a decimal comma: between digits in every row, and in numbers as another separator splits them."""
    if one.separator != "," or not all(re.search(r"[0-9],[0-9]", ",".join(columns)) for columns in one.rows):
        return False
    for other in others:
        for cells in zip(*other.rows):
            if any("," in cell for cell in cells) and all(number_value(cell.strip()) is not None for cell in cells):
                return True
    return False


def is_punctuation(one):
    """Whether a space follows wherever this separator stands, as after a comma between words."""
    return not any(re.search(rf"{re.escape(one.separator)}\S", one.separator.join(columns)) for columns in one.rows)


def likeness(labels, others):
    """How much like a column of labels some cells are, from 0 to 1: few different ones, none of which holds another separator.

    Returns
    -------
    likeness, variety : float
        Variety: different cells in relation to cells, 0 if all are the same and 1 if each is different.
    """
    if not labels:
        return 0.0, 1.0
    clean = sum(not any(other in label for other in others) or number_value(label) is not None for label in labels) / len(labels)
    variety = (len(set(labels)) - 1) / (len(labels) - 1) if len(labels) > 1 else 0.0
    return clean * (1 - variety), variety


def detect_separator(text, wanted, path, quoting=None):
    """The separator of a file, told from its first rows.

    The one with which the first row holds the names given. Without names:
    the one that splits most rows into as many columns, and whose label
    column looks like one. ``csv.Sniffer``, which pandas uses for
    ``sep=None``, looks at the first line only and takes a letter for a
    separator where texts are long.

    Raises
    ------
    DataError
        No separator gives two columns, or two are as good as each other.
    """
    readings = [reading(text, separator, quoting, wanted.header) for separator in SEPARATORS]
    names = {column for column in wanted.columns if isinstance(column, str)}
    named = [one for one in readings if names.issubset(column_names(one.first))] if names else []
    if len(named) == 1:
        return named[0].separator
    candidates = [one for one in named or readings if one.width > 1]
    if not candidates:
        raise DataError(message("data.no_separator", path=path))
    if names and not named:  # the columns are not found whatever the separator: it only serves to say which there are
        return max(candidates, key=lambda one: one.share).separator
    needed = 1 + max((column for column in wanted.columns if not isinstance(column, str)), default=1)
    candidates = [one for one in candidates if one.width >= needed] or candidates
    candidates = [one for one in candidates if one.share > max(other.share for other in candidates) / 2]
    if wanted.labels:
        known = [sum(label in wanted.labels for label in label_cells(one, wanted)) / max(1, len(one.rows)) for one in candidates]
        candidates = [one for one, share in zip(candidates, known) if share >= max(known) / 2]
    return likeliest(candidates, wanted, path).separator


def has_further_columns(labels, variety, others):
    """Whether labels look like several columns with another separator: few different ones, in each a separator with no space after it."""
    inside = re.compile(rf"[{re.escape(''.join(others))}]\S")
    return len(labels) > 5 and variety < 0.35 and all(map(inside.search, labels))


def likeliest(candidates, wanted, path):
    """Of several readings the one that is far more likely than the others; `DataError` if there is none."""
    candidates = [one for one in candidates if not splits_decimals(one, [other for other in candidates if other is not one])]
    if len(candidates) == 1:
        return candidates[0]
    scores, doubtful = {}, False
    for one in candidates:
        others = [other.separator for other in candidates if other is not one]
        labels = label_cells(one, wanted)
        found, variety = likeness(labels, others)
        scores[one.separator] = one.share * found
        doubtful |= has_further_columns(labels, variety, others) and not is_punctuation(one)
    best, second = sorted(candidates, key=lambda one: scores[one.separator], reverse=True)[:2]
    if not doubtful and scores[best.separator] > 1.5 * scores[second.separator]:
        return best
    plain = [one for one in candidates if not is_punctuation(one)]
    if not doubtful and len(plain) == 1:
        return plain[0]
    ways = [(repr(one.separator).replace("'", '"'), " | ".join(one.rows[0])[:200]) for one in candidates]
    raise DataError(message("data.two_separators", path=path, ways="; ".join(f"separator={name}: {row}" for name, row in ways)))


def read_excel(path):
    """Rows of the first sheet of an Excel file: cells as they are (str, number, date; NaN for an error)."""
    try:
        table = pd.read_excel(path, header=None, dtype=object, keep_default_na=False, na_filter=False)
    except ImportError as error:
        raise DataError(message("data.excel_library", path=path, error=error)) from error
    except Exception as error:  # each Excel library has errors of its own
        raise DataError(message("data.excel_unreadable", path=path, error=error)) from error
    rows = enumerate(table.itertuples(index=False), start=1)
    return [(line, list(row)) for line, row in rows if not all(isinstance(cell, str) and not cell for cell in row)], []


def separator_line(text):
    """What Excel's first line ``sep=;`` says: the separator (or None), and the text that follows the line."""
    match = re.match(r'"?sep=([^\w\s]|\t| )"?[\t,;|]*(?:\r\n|\r|\n|\Z)', text, re.IGNORECASE)
    return (match.group(1), text[match.end() :]) if match else (None, text)


@contextlib.contextmanager
def collector_paused():
    """Keep Python from looking for garbage among the many small lists of a large file, which takes half the time of reading it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@collector_paused()
def read_rows(path, wanted, separator=None, quoting=None):
    """Rows of a CSV, TSV or Excel file with their line numbers, and what is wrong with the quoting.

    Parameters
    ----------
    path : str or pathlib.Path
    wanted : Wanted
    separator : str, optional
        Told from the file by default.
    quoting : bool, optional
        Whether quotes around a field belong to the format. By default yes,
        and in TAB-separated text if all that open a field close it.

    Returns
    -------
    rows : list of (int, list)
        Line where the row starts, and its cells: str, in Excel files also
        numbers and dates.
    problems : list of (int, str)

    Raises
    ------
    DataError
    """
    path = existing_file(path)
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n'):
        raise DataError(message("data.bad_separator", found=repr(separator)))
    content = path.read_bytes()
    if path.suffix.lower() in EXCEL_SUFFIXES or content.startswith(EXCEL_BEGINNINGS):
        return read_excel(path)
    said, text = separator_line(decode_table(content, path))
    if not text.strip():
        raise DataError(message("data.empty_file", path=path))
    separator = separator or said or detect_separator(text, wanted, path, quoting)
    if quoting is None:
        quoting = separator != "\t" or has_tab_quoting(text, path)
    return parse_table(text, separator, quoting, first_line=1 if said is None else 2)
