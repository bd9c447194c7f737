"""A file of any length: every row once, whatever ends the program; memory that does not grow; and no row passed over in silence."""

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from tiny_checkpoint import write_tiny_checkpoint

import helpers.many_rows as module
from helpers.data import DataError
from helpers.evaluation import predict
from helpers.files import ROOT, WriteError
from helpers.many_rows import part_path, predict_file, read_record, record_path, text_rows
from helpers.messages import LANGUAGES, set_language
from helpers.model import load_model, load_tokenizer

KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM
TEXTS = ["makanan nya enak", "buruk sekali , dan mahal", "jadwal nya sudah diumumkan", "ramah", "tidak bersih"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def parts(folder):
    return load_model(folder), load_tokenizer(folder)


def write_source(path, texts):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(texts, start=1)])
    return path


@pytest.fixture
def source(tmp_path):
    return write_source(tmp_path / "reviews.csv", [TEXTS[row % 5] + f" {row}" for row in range(23)])


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --------------------------------------------------------------- what comes out


@pytest.mark.parametrize("chunk_rows", [1, 4, 23, 500])
def test_every_row_gets_what_predict_says_in_the_order_of_the_file(parts, source, tmp_path, chunk_rows):
    model, tokenizer = parts
    summary = predict_file(source, tmp_path / "out.csv", model, tokenizer, chunk_rows=chunk_rows)
    found = rows_of(tmp_path / "out.csv")
    wanted = predict([text for _, text in text_rows(source, "text")], model, tokenizer)
    assert [int(row["row"]) for row in found] == list(range(1, 24)) and summary == {
        "rows": 23, "new": 23, "cut": 0, "mostly_unknown": 0, "without_text": 0,
    }  # fmt: skip
    assert [row["label"] for row in found] == wanted["label"].tolist()
    assert [float(row["confidence"]) for row in found] == pytest.approx(wanted["confidence"], abs=1e-4)
    assert list(found[0]) == ["row", "label", "confidence", *wanted.attrs["label2index"], "cut"]


def test_a_row_without_a_text_keeps_its_place_and_is_counted(parts, tmp_path, capsys):
    source = write_source(tmp_path / "reviews.csv", ["enak", "", "   ", "buruk", "\u200b"])
    summary = predict_file(source, tmp_path / "out.csv", *parts, chunk_rows=2)
    found = rows_of(tmp_path / "out.csv")
    assert [bool(row["label"]) for row in found] == [True, False, False, True, False] and summary["without_text"] == 3
    assert "tanpa teks: 3" in capsys.readouterr().out


def test_a_text_that_was_cut_says_so_in_its_row(parts, tmp_path):
    source = write_source(tmp_path / "reviews.csv", ["enak", "enak sekali " * 100, "buruk"])
    summary = predict_file(source, tmp_path / "out.csv", *parts)
    assert [row["cut"] for row in rows_of(tmp_path / "out.csv")] == ["0", "1", "0"] and summary["cut"] == 1


def test_texts_with_commas_line_breaks_and_quotes_are_one_row_each(parts, tmp_path):
    texts = ['enak , "sekali"', "baris satu\nbaris dua", "NA", "null", "3,5", "'"]
    source = write_source(tmp_path / "reviews.csv", texts)
    assert [text for _, text in text_rows(source, "text")] == texts
    predict_file(source, tmp_path / "out.csv", *parts, chunk_rows=2)
    assert len(rows_of(tmp_path / "out.csv")) == len(texts)


def test_a_tsv_file_has_tabs_between_its_columns(parts, tmp_path):
    path = tmp_path / "reviews.tsv"
    path.write_text("id\ttext\n1\tenak , sekali\n2\tburuk\n", encoding="utf-8")
    assert [text for _, text in text_rows(path, "text")] == ["enak , sekali", "buruk"]


def test_the_texts_are_not_copied(parts, source, tmp_path):
    predict_file(source, tmp_path / "out.csv", *parts)
    written = (tmp_path / "out.csv").read_text(encoding="utf-8") + record_path(tmp_path / "out.csv").read_text(encoding="utf-8")
    assert "makanan" not in written


# ---------------------------------------------------------------- interruptions


def die_at(function, number):
    """`function`, except that its call with this number ends the process before it does anything."""
    calls = 0

    def call(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return function(*arguments, **options)

    return call


def run_and_die(folder, source, target, where, number):
    """Predict in a process that ends itself: before a chunk is computed, before or after its rows are on disk, or before the last name."""
    owner = os if where in ("fsync", "replace") else module
    setattr(owner, where, die_at(getattr(owner, where), number))
    predict_file(source, target, load_model(folder), load_tokenizer(folder), chunk_rows=4)


@pytest.fixture(scope="module")
def processes():
    """Starts processes; where the system can, they fork from one that has imported everything already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        if "forkserver" not in multiprocessing.get_all_start_methods():
            yield multiprocessing.get_context("spawn")
            return
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "helpers.many_rows"])
        yield context


DEATHS = [
    ("predict_chunk", 1), ("predict_chunk", 4), ("append_rows", 2), ("fsync", 1), ("fsync", 3), ("write_atomically", 1),
    ("write_atomically", 3), ("write_atomically", 6), ("replace", 1), ("replace", 7),
]  # fmt: skip


@pytest.mark.parametrize(("where", "number"), DEATHS)
def test_after_sigkill_no_row_is_lost_and_none_is_there_twice(processes, folder, parts, source, tmp_path, where, number):
    target = tmp_path / "out.csv"
    process = processes.Process(target=run_and_die, args=(folder, source, target, where, number))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == KILLED and not target.exists(), "half a file has the name of a whole one"
    done = (read_record(target) or {"done": 0})["done"]
    summary = predict_file(source, target, *parts, chunk_rows=4)
    assert summary["new"] == 23 - done and summary["rows"] == 23
    predict_file(source, tmp_path / "whole.csv", *parts, chunk_rows=4)
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not part_path(target).exists()


def test_half_a_row_on_the_disk_is_cut_off(parts, source, tmp_path, monkeypatch):
    """What was written and not recorded may end anywhere."""
    target = tmp_path / "out.csv"
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_atomically", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            predict_file(source, target, *parts, chunk_rows=4)
    part_path(target).write_bytes(part_path(target).read_bytes()[:-7])
    predict_file(source, target, *parts, chunk_rows=4)
    assert [int(row["row"]) for row in rows_of(target)] == list(range(1, 24))


def test_ctrl_c_costs_one_chunk(parts, source, tmp_path, monkeypatch):
    target, computed = tmp_path / "out.csv", module.predict_chunk
    calls = iter(range(100))

    def interrupted(*arguments):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return computed(*arguments)

    monkeypatch.setattr(module, "predict_chunk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict_file(source, target, *parts, chunk_rows=4)
    assert read_record(target)["done"] == 12
    assert predict_file(source, target, *parts, chunk_rows=7)["new"] == 11  # in pieces of another size, too
    assert [int(row["row"]) for row in rows_of(target)] == list(range(1, 24))


def test_a_finished_file_is_not_done_again(parts, source, tmp_path):
    predict_file(source, tmp_path / "out.csv", *parts)
    before = (tmp_path / "out.csv").read_bytes()
    assert predict_file(source, tmp_path / "out.csv", *parts)["new"] == 0
    assert (tmp_path / "out.csv").read_bytes() == before


def test_rows_that_somebody_deleted_are_done_again(parts, source, tmp_path):
    predict_file(source, tmp_path / "out.csv", *parts)
    (tmp_path / "out.csv").unlink()
    assert predict_file(source, tmp_path / "out.csv", *parts)["new"] == 23


def test_the_command_goes_on_where_it_was_killed(folder, source, tmp_path):
    target = tmp_path / "out.csv"
    command = [sys.executable, "-m", "helpers.many_rows", str(source), str(target), "--model", str(folder), "--chunk-rows", "4"]
    script = "import sys; sys.path[:0] = ['.', 'tests']; import test_many_rows as t; t.run_and_die(*sys.argv[1:5], int(sys.argv[5]))"
    killed = subprocess.run([sys.executable, "-c", script, str(folder), str(source), str(target), "append_rows", "3"], cwd=ROOT)
    assert killed.returncode in (KILLED, signal.SIGTERM) and read_record(target)["done"] == 8
    finished = subprocess.run([*command, "--language", "en"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert finished.returncode == 0 and "23 rows, 15 of them predicted now" in finished.stdout, finished.stderr
    assert len(rows_of(target)) == 23


# --------------------------------------------------------------------- refusals


def test_files_that_cannot_be_used_are_refused_with_line_and_remedy(parts, tmp_path):
    def job(name, content, column="text"):
        path = tmp_path / name
        path.write_bytes(content)
        return lambda: predict_file(path, tmp_path / "out.csv", *parts, text_column=column)

    refused = {
        "missing": (lambda: predict_file(tmp_path / "none.csv", tmp_path / "out.csv", *parts), DataError, "none.csv"),
        "column": (job("a.csv", b"id,teks\n1,enak\n"), DataError, "id, teks"),
        "twice": (job("b.csv", b"text,text\nenak,buruk\n"), DataError, "text, text"),
        "comma": (job("c.csv", b"id,text\n1,enak\n2,enak, sekali\n"), DataError, "3"),
        "short": (job("d.csv", b"id,text\n1\n"), DataError, "2"),
        "bytes": (job("e.csv", b"id,text\n1,enak\xff\n"), DataError, "UTF-8"),
        "quote": (job("f.csv", b'id,text\n1,"enak\n2,buruk\n'), DataError, "CSV"),
        "empty": (job("g.csv", b""), DataError, "text"),
        "header": (job("h.csv", b"id,text\n"), DataError, "h.csv"),
    }
    for language in LANGUAGES:
        set_language(language)
        for name, (call, kind, words) in refused.items():
            with pytest.raises(kind, match=words):
                call()
            assert not (tmp_path / "out.csv").exists() and not part_path(tmp_path / "out.csv").exists(), name


def test_what_another_model_or_file_began_is_not_mixed_with_this(parts, source, tmp_path):
    target = tmp_path / "out.csv"
    predict_file(source, target, *parts)
    other = type(parts[0])(parts[0].config).eval()
    with pytest.raises(DataError, match="model_sha256"):
        predict_file(source, target, other, parts[1])
    write_source(source, ["lain sama sekali"])
    with pytest.raises(DataError, match="source_sha256"):
        predict_file(source, target, *parts)
    assert len(rows_of(target)) == 23


def test_a_file_of_the_users_own_is_not_written_over(parts, source, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("punya saya", encoding="utf-8")
    with pytest.raises(DataError, match=r"out\.csv"):
        predict_file(source, target, *parts)
    assert target.read_text(encoding="utf-8") == "punya saya"


def test_a_disk_that_cannot_be_written_is_named_and_what_was_recorded_stays(parts, source, tmp_path, monkeypatch):
    target, written = tmp_path / "out.csv", module.append_rows
    calls = iter(range(100))

    def full(*arguments):
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        return written(*arguments)

    monkeypatch.setattr(module, "append_rows", full)
    with pytest.raises(WriteError, match=r"out\.csv"):
        predict_file(source, target, *parts, chunk_rows=4)
    assert read_record(target)["done"] == 8
    assert predict_file(source, target, *parts, chunk_rows=4)["new"] == 15


# ----------------------------------------------------------------------- memory

MEMORY = """
import json, re, sys
from pathlib import Path
sys.path.insert(0, ".")
from helpers.evaluation import predict
from helpers.many_rows import predict_file, text_rows
from helpers.model import load_model, load_tokenizer

folder, few, many, way = sys.argv[1:]
model, tokenizer = load_model(folder), load_tokenizer(folder)


def peak():
    # not getrusage: a process inherits the peak of the one that starts it, which here may be the whole suite's
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1)) / 1024  # MB


def work(source):
    if way == "file":
        predict_file(source, source + ".out", model, tokenizer, chunk_rows=200, batch_size=64)
    else:
        predict([text for _, text in text_rows(source, "text")], model, tokenizer, batch_size=64)


work(few)
before = peak()
work(many)
print(json.dumps(peak() - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read as Linux gives it")
def test_memory_does_not_grow_with_the_file(folder, tmp_path):
    """In one process each: a long file after a short one adds next to nothing, where loading everything adds much."""
    few = write_source(tmp_path / "few.csv", [TEXTS[row % 5] * 3 for row in range(600)])
    many = write_source(tmp_path / "many.csv", [TEXTS[row % 5] * 3 + f" {row}" for row in range(60_000)])
    growth = {}
    for way in ("file", "list"):
        command = [sys.executable, "-c", MEMORY, str(folder), str(few), str(many), way]
        environment = {**os.environ, "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
        found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr
        growth[way] = json.loads(found.stdout.splitlines()[-1])
    assert growth["file"] < 15, f"the peak rose by {growth['file']:.0f} MB"
    assert growth["list"] > 3 * max(growth["file"], 5), growth
