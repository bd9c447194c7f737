"""Predictions for a file of any length: in pieces, with flat memory, and going on after an interruption (built in lesson 07)."""

import argparse
import contextlib
import csv
import io
import itertools
import json
import os
import pathlib

from tqdm.auto import tqdm

from helpers.data import DataError, encode_texts, existing_file, report_problems, text_problem
from helpers.evaluation import longest_row, predict, whole
from helpers.files import WriteError, file_sha256, write_atomically
from helpers.fingerprint import digest_weights
from helpers.fit import plain_model
from helpers.messages import language_option, message
from helpers.model import load_model, load_tokenizer

CHUNK = 500  # rows between two savings: a few seconds of work, which is what an interruption costs
COUNTS = ("cut", "mostly_unknown", "without_text")
SEPARATORS = {".tsv": "\t", ".tab": "\t"}


def record_path(target):
    """Where it stands how far a target has come, and which file and model made it."""
    return pathlib.Path(f"{target}.json")


def part_path(target):
    """Where rows are gathered until all of them are there."""
    return pathlib.Path(f"{target}.part")


def text_rows(path, column):
    """The texts of one column, row by row, without ever holding the file. Used in lesson 07.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with a header row (TAB between columns if it ends in ``.tsv``), in UTF-8.
    column : str

    Yields
    ------
    int
        The line in which the row ends.
    str
        The text; empty where there is none.

    Raises
    ------
    DataError
        There is no such file or column; a row has more or fewer fields than
        the header, as where a comma stands in a text without quotes; the file
        is not UTF-8.
    """
    path = existing_file(path)
    separator = SEPARATORS.get(path.suffix.lower(), ",")
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=separator, strict=True)
        try:
            names = next(rows, [])
            if names.count(column) != 1:
                raise DataError(message("many_rows.no_column", path=path, column=column, columns=", ".join(names)))
            place = names.index(column)
            for row in rows:
                if len(row) != len(names):
                    problem = message("many_rows.fields", found=len(row), wanted=len(names))
                    raise DataError(report_problems(path, [(rows.line_num, problem)]), [(rows.line_num, problem)])
                yield rows.line_num, row[place]
        except UnicodeDecodeError as error:
            found = f"0x{error.object[error.start]:02x}"
            raise DataError(message("data.not_utf8", path=path, row=rows.line_num + 1, found=found)) from error
        except csv.Error as error:
            problem = (rows.line_num, message("many_rows.csv", error=error))
            raise DataError(report_problems(path, [problem]), [problem]) from error


def describe_job(source, model, column, limit):
    """By what a job is known again: contents of file and model, column, and where texts are cut.

    Returns
    -------
    dict of str to object
        What JSON can hold.
    """
    rows = sum(1 for _ in text_rows(source, column))  # first, since it finds what is wrong with the file, before hours are spent
    return {
        "source_sha256": file_sha256(source),
        "model_sha256": digest_weights(plain_model(model).state_dict()),
        "text_column": column,
        "max_seq_len": limit,
        "rows": rows,
    }


def read_record(target):
    """What is known of a target: the job, ``done`` rows, their ``bytes``, and counts; None if nothing is."""
    try:
        return json.loads(record_path(target).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def start_record(target, job):
    """The record to go on from: the one on disk if it is this job's, else a new one.

    Raises
    ------
    DataError
        Under the target's name lies what another file or model gave, or
        something that this module did not write.
    """
    record, part = read_record(target), part_path(target)
    finished, size = pathlib.Path(target).exists(), part.stat().st_size if part.exists() else -1
    if record is None and finished:
        raise DataError(message("many_rows.unknown_target", target=target))
    if record is None or not finished and size < record["bytes"]:  # nothing was recorded yet, or somebody took the rows away
        return {**job, "done": 0, "bytes": 0, **dict.fromkeys(COUNTS, 0)}
    other = [name for name in job if record.get(name) != job[name]]
    if other:
        raise DataError(message("many_rows.other_job", target=target, what=", ".join(other), record=record_path(target).name))
    return record


def predict_chunk(texts, model, tokenizer, limit, batch_size):
    """Predictions for some texts, blank ones included. Used in lesson 07.

    Parameters
    ----------
    texts : list of str
    model, tokenizer
        See `helpers.evaluation.predict`.
    limit : int
        Subwords after which a text is cut.
    batch_size : int

    Returns
    -------
    table : pandas.DataFrame
        ``label``, ``confidence``, a column of probabilities a label, and
        ``cut`` (whether the end of the text was not read). A row without a
        text has empty fields.
    counts : dict of str to int
        See `COUNTS`.
    """
    readable = [place for place, text in enumerate(texts) if text_problem(text) is None]
    chosen = [texts[place] for place in readable]
    with contextlib.redirect_stdout(io.StringIO()):  # its lines on cut texts would come once a chunk; the counts are summed instead
        table = predict(chosen, model, tokenizer, batch_size=batch_size, max_seq_len=limit)
    counts = {"cut": table.attrs["cut"], "mostly_unknown": table.attrs["mostly_unknown"], "without_text": len(texts) - len(readable)}
    table = table.drop(columns="text").assign(cut=[int(len(row) > limit) for row in encode_texts(chosen, tokenizer)])
    table.index = readable
    return table.reindex(range(len(texts))).astype({"cut": "Int64"}), counts


def append_rows(file, table, first_row):
    """Write predictions at the end of a file, and make sure that they are on the disk; the header comes first.

    Returns
    -------
    int
        Bytes of the file.
    """
    table = table.set_axis(range(first_row, first_row + len(table))).rename_axis("row")
    text = table.to_csv(header=first_row == 1, float_format="%.4f", lineterminator="\n")
    file.write(text.encode("utf-8"))
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def predict_file(source, target, model, tokenizer, *, text_column="text", chunk_rows=CHUNK, batch_size=32, max_seq_len=None):
    """Predict every row of a file, however long, with the memory of one chunk. Built in lesson 07.

    After each chunk the rows are on the disk, and then a record of how many
    they are. Whatever ends the program, Ctrl-C, a power cut or SIGKILL, the
    same call goes on behind the last recorded row: what was written after
    that is cut off and done again, so no row is lost and none stands there
    twice. `target` appears when all rows are there; until then they are in
    ``TARGET.part``. The record stays beside it and says what made the file.

    Texts are not copied: each row carries its number in `source`, and the
    file holds no more of what people wrote than it must.

    Parameters
    ----------
    source : str or pathlib.Path
        See `text_rows`.
    target : str or pathlib.Path
        A CSV file: ``row`` (from 1, the header apart), ``label``,
        ``confidence``, a probability a label, ``cut`` (1 where the end of a
        text was not read).
    model, tokenizer
        See `helpers.evaluation.predict`.
    text_column : str
    chunk_rows : int
        Rows between two savings.
    batch_size : int
    max_seq_len : int, optional
        See `helpers.evaluation.predict`.

    Returns
    -------
    dict of str to int
        ``rows``; ``new``, those predicted by this call; ``cut``,
        ``mostly_unknown`` and ``without_text``.

    Raises
    ------
    DataError
        The file cannot be read (see `text_rows`) or has no rows, or `target`
        belongs to another file or model.
    CheckpointError
        See `helpers.evaluation.predict`.
    WriteError
        The disk is full or may not be written; the rows recorded so far are kept.
    """
    chunk_rows, limit = whole("chunk_rows", chunk_rows, 1), longest_row(model, tokenizer, max_seq_len)
    job = describe_job(source, model, text_column, limit)
    if not job["rows"]:
        raise DataError(message("data.only_header", path=source))
    record = start_record(target, job)
    before = record["done"]
    if before < job["rows"] or not pathlib.Path(target).exists():
        texts = (text for _, text in itertools.islice(text_rows(source, text_column), before, None))
        run = (model, tokenizer, limit, batch_size)
        try:
            pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
            predict_rest(texts, target, record, chunk_rows, run)
            os.replace(part_path(target), target)
        except OSError as error:
            raise WriteError(message("files.cannot_write", path=target, error=error)) from error
    counts = {name: record[name] for name in COUNTS}
    print(message("many_rows.done", rows=job["rows"], new=job["rows"] - before, limit=limit, **counts))
    return {"rows": job["rows"], "new": job["rows"] - before, **counts}


def predict_rest(texts, target, record, chunk_rows, run):
    """The loop of `predict_file`: chunk by chunk, first the rows, then the record. Built in lesson 07.

    Parameters
    ----------
    texts : iterator of str
        Those that are not done yet.
    target : str or pathlib.Path
    record : dict
        Changed in place, and written after each chunk.
    chunk_rows : int
    run : tuple
        Model, tokenizer, limit and batch size.
    """
    with (
        open(part_path(target), "ab") as file,
        tqdm(total=record["rows"], initial=record["done"], desc=message("many_rows.bar"), unit_scale=True, leave=False) as bar,
    ):
        file.truncate(record["bytes"])  # what an interrupted call wrote without recording it
        while chunk := list(itertools.islice(texts, chunk_rows)):
            table, counts = predict_chunk(chunk, *run)
            size = append_rows(file, table, record["done"] + 1)
            record.update({name: record[name] + counts[name] for name in COUNTS}, done=record["done"] + len(chunk), bytes=size)
            write_atomically(record_path(target), json.dumps(record, indent=1).encode())
            bar.update(len(chunk))


def main(argv=None):
    """``python -m helpers.many_rows SOURCE TARGET --model FOLDER``: `predict_file` as a command. Used in lesson 07."""
    language = language_option(argv)
    parser = argparse.ArgumentParser(prog="python -m helpers.many_rows", description=message("many_rows.description"), parents=[language])
    parser.add_argument("source", help=message("many_rows.help_source"))
    parser.add_argument("target", help=message("many_rows.help_target"))
    parser.add_argument("--model", required=True, help=message("many_rows.help_model"))
    parser.add_argument("--text-column", default="text", help=message("many_rows.help_column"))
    parser.add_argument("--chunk-rows", type=int, default=CHUNK, help=message("many_rows.help_chunk", chunk=CHUNK))
    options = parser.parse_args(argv)
    model, tokenizer = load_model(options.model), load_tokenizer(options.model)
    predict_file(options.source, options.target, model, tokenizer, text_column=options.text_column, chunk_rows=options.chunk_rows)


if __name__ == "__main__":
    main()
