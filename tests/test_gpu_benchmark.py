"""`benchmarks/gpu.py` on a CPU, with a tiny model and a few rows: every part runs, stores what it finds, and says where there is no GPU."""

import functools
import json
import math
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
import torch
from script_training import write_inputs
from tiny_checkpoint import bundled_tokenizer, write_tiny_checkpoint

from benchmarks import finetuning, gpu, toolbox
from helpers.data import LABEL2INDEX, load_dataset
from helpers.messages import LANGUAGES, message, set_language
from helpers.model import load_model
from helpers.toolbox import STORED, TOOLS, stored_gpu, tool_table
from series import readmes
from series.notebooks import NOTEBOOKS

H200 = {"processor": "a processor", "torch": "2.13.0", "card": "NVIDIA H200", "format": "bfloat16"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def setting(monkeypatch, tiny, tmp_path):
    """40 rows, a tiny BERT wherever BERT base's shape is meant, and small numbers."""
    for name, value in write_inputs(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    make_model = lambda _tokenizer: load_model(tiny)  # noqa: E731
    monkeypatch.setattr(gpu, "base_model", make_model)
    monkeypatch.setattr(gpu, "MODELS", {"base": make_model})
    monkeypatch.setattr(toolbox, "base_model", make_model)
    monkeypatch.setattr(gpu, "BATCH_SIZES", (4,))
    for name, value in {"BATCH_SIZE": 4, "WARM_UP_ROWS": 8, "PROFILED_ROWS": 16, "CHECKED_ROWS": 40}.items():
        monkeypatch.setattr(gpu, name, value)
    table = load_dataset(tmp_path / "smsa" / "train_preprocess.tsv")[:40]
    return gpu.Setting(torch.device("cpu"), table, bundled_tokenizer(), [])


def test_training_is_timed_in_each_format_and_stops_at_nan_passes_over_an_overflow_and_goes_on_after_a_stop(setting, monkeypatch):
    monkeypatch.setattr(gpu, "time_epoch", functools.partial(gpu.time_epoch, times=1))
    found = dict(gpu.full(setting))
    assert {"bfloat16", "float16", "float32", "attention eager", "attention sdpa", "pinned on", "pinned off"} <= found.keys()
    for name in gpu.FORMATS:
        assert found[name]["rows"] == 40 and found[name]["peak_memory_mb"] is None
        assert found[name]["epoch_seconds"] == pytest.approx(gpu.SMSA_ROWS / found[name]["rows_per_second"], rel=0.1)
    for name in ("bfloat16", "float16"):
        assert found[f"nan, {name}"]["refused"] and found[f"nan, {name}"]["files"] == []
        assert found[f"resume, {name}"] == {"epochs": 2, "largest_difference": {"again": 0.0, "resumed": 0.0}, "same_bits": True}
    overflow = found["overflow, float16"]
    assert overflow["scale_after"] == overflow["scale_at_start"] / 2 and overflow["weights_finite"]


def test_a_resumed_run_that_went_another_way_would_be_seen(setting, monkeypatch):
    monkeypatch.setattr("helpers.training.set_random_state", lambda state: None)  # dropout goes on with other numbers
    assert not gpu.check_resume(setting)["same_bits"]


def test_a_loss_that_is_not_a_number_and_stops_nothing_would_be_seen(setting, monkeypatch):
    monkeypatch.setattr(gpu, "spoiled", lambda step, factor: finetuning.forward_sequence_classification)
    assert gpu.check_nan(setting) == {"refused": False}


def stand_in(model, table, tokenizer, batch_size):
    """Where `Trainer` would run: accelerate, which it needs, is not installed for the tests."""
    finetuning.train_naive(model, table, tokenizer, batch_size=batch_size)


def test_the_ways_are_compared_and_profiled(setting, monkeypatch):
    ways = {"naive": finetuning.train_naive, "trainer": stand_in, "trainer, 4 workers": stand_in, "ours": finetuning.train_ours}
    monkeypatch.setattr(gpu, "WAYS", ways)
    found = dict(gpu.compare(setting))
    assert list(found) == ["base_4", "base_4, profile of trainer", "base_4, profile of ours"]
    compared = found["base_4"]
    assert ways.keys() <= compared.keys() and compared["rows"] == 40
    assert compared["ours"]["padding_share"] < compared["naive"]["padding_share"] < 1
    assert max(compared[name]["times_trainer"] for name in ("trainer", "trainer, 4 workers")) == 1.0  # the faster one counts
    profile = found["base_4, profile of ours"]
    assert profile["steps"] == 4 and 0 < sum(profile["top"].values()) <= 1 and "waiting" not in profile


def test_how_many_times_faster_a_way_is_follows_from_times_not_from_rounded_rates(setting, monkeypatch):
    taken = {"naive": 10.3, "trainer": 5.0, "trainer, 4 workers": 4.1, "ours": 3.9}
    monkeypatch.setattr(finetuning, "matrix_peak", lambda dtype, device: 1e9)
    monkeypatch.setattr(finetuning, "measure_way", lambda way, *_, **__: (taken[way], 100, 80))
    found = finetuning.side_by_side(gpu.MODELS["base"], setting.table[:14], setting.tokenizer, {name: name for name in taken})
    assert [found[name]["times_naive"] for name in taken] == [1.0, 2.06, 2.51, 2.64]
    assert [found[name]["times_trainer"] for name in taken] == [0.4, 0.82, 1.0, 1.05]


def event(start, end, device=torch.autograd.DeviceType.CUDA, annotation=False):
    times = SimpleNamespace(start=start, end=end)
    return SimpleNamespace(device_type=device, time_range=times, is_user_annotation=annotation)


def test_overlaps_count_once_and_neither_the_processor_nor_marks_keep_a_gpu_busy():
    events = [event(30, 40), event(0, 10), event(5, 20), event(0, 10**6, annotation=True), event(0, 99, torch.autograd.DeviceType.CPU)]
    assert gpu.busy_seconds(SimpleNamespace(events=lambda: events)) == pytest.approx(30e-6)


def test_tools_are_measured_as_lesson_6_measures_them(setting, monkeypatch):
    monkeypatch.setattr(toolbox, "TOOLS", {name: toolbox.TOOLS[name] for name in ("grouped", "bfloat16", "lora")})
    found = dict(gpu.tools(setting))
    assert list(found) == ["grouped", "bfloat16", "lora", "profile"]
    assert found["lora"]["mb"] < found["grouped"]["mb"] and sum(found["profile"].values()) == pytest.approx(1, abs=0.01)


def test_histories_of_two_processes_are_compared_with_one(setting, monkeypatch):
    histories = iter([[1.0, 0.5], [1.0, 0.5], [1.0, 0.25]])
    launchers = []

    def run_script(launcher, folder, device):
        launchers.append(launcher)
        return pd.DataFrame({"train_loss": next(histories), "valid_loss": 1.0, "epoch": [1, 2]})

    monkeypatch.setattr(gpu, "run_script", run_script)
    found = dict(gpu.two_processes(setting))
    assert [len(launcher) > 0 for launcher in launchers] == [False, False, True]
    assert (found["largest difference, again"], found["largest difference, two"], found["joined by"]) == (0.0, 0.25, "gloo")


def test_the_script_of_a_process_gives_its_history_or_says_what_went_wrong(setting, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "run_script", functools.partial(gpu.run_script, preset="full"))
    folder = tmp_path / "run"
    folder.mkdir()
    history = gpu.run_script([], folder, setting.device)
    assert len(history) > 1 and history["train_loss"].map(math.isfinite).all()
    with pytest.raises(RuntimeError, match="failed"):
        gpu.run_script(["-c", "raise SystemExit('broken')"], folder, setting.device)


@pytest.fixture
def broken_lesson(tmp_path):
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in (("good", "x = 1"), ("bad", "x / 0"), ("after", "print(x)"))]
    path = tmp_path / "99_broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_lessons_failing_cells_are_named_and_the_others_run(broken_lesson):
    found = gpu.run_lesson(broken_lesson)
    assert found["failed"] == {"bad": "ZeroDivisionError: division by zero"}


def test_lessons_run_in_a_presets_environment_of_their_own(setting, broken_lesson, monkeypatch):
    seen, labels = [], []

    def run_lesson(path):
        seen.append((path.stem[:2], gpu.os.environ["TUTORIAL_PRESET"]))
        if gpu.os.environ["TUTORIAL_PRESET"] == "full":
            labels.append(load_model(gpu.os.environ["INDOBERT_CHECKPOINT"]).config.label2id)
        return {"failed": {}}

    monkeypatch.setattr(gpu, "run_lesson", run_lesson)
    before = dict(gpu.os.environ)
    assert len(dict(gpu.lessons(setting, "laptop"))) == 9
    assert [stem[:2] for stem in dict(gpu.full_lessons(setting))] == ["04", "05"]
    assert labels == [LABEL2INDEX] * 2  # a checkpoint without a head
    assert seen[0] == ("00", "laptop") and seen[-1] == ("05", "full")
    assert dict(gpu.os.environ) == before


def test_what_a_part_found_before_it_stopped_is_stored_and_other_machines_stay(setting, tmp_path, monkeypatch, capsys):
    out = tmp_path / "results.json"
    out.write_text(json.dumps([{"machine": {"processor": "another"}, "base": {"rows": 1}}]), encoding="utf-8")

    def breaks(setting):
        yield "first", 1
        raise RuntimeError("the time is over")

    monkeypatch.setattr(gpu, "PARTS", {"breaks": breaks, "runs": lambda setting: [("second", 2)]})
    assert not gpu.run_part("breaks", setting, H200, out)
    assert gpu.run_part("runs", setting, H200, out)
    assert "the time is over" in capsys.readouterr().err
    card, other = json.loads(out.read_text(encoding="utf-8"))
    assert card == {"machine": H200, "breaks": {"first": 1}, "runs": {"second": 2}}
    assert other == {"machine": {"processor": "another"}, "base": {"rows": 1}}


def test_figures_from_another_computer_are_taken_over(tmp_path):
    out, first, second = (tmp_path / f"{name}.json" for name in ("results", "first", "second"))
    out.write_text(json.dumps([{"machine": {"processor": "another"}}]), encoding="utf-8")
    first.write_text(json.dumps([{"machine": H200, "tools": {"lora": 1, "grouped": 2}}]), encoding="utf-8")
    second.write_text(json.dumps([{"machine": H200, "tools": {"lora": 3}, "two": {"joined by": "gloo"}}]), encoding="utf-8")
    assert gpu.main(["--out", str(out), "--merge", str(first), str(second)]) == 0
    card, other = json.loads(out.read_text(encoding="utf-8"))
    assert card == {"machine": H200, "tools": {"lora": 3, "grouped": 2}, "two": {"joined by": "gloo"}}
    assert other == {"machine": {"processor": "another"}}


@pytest.mark.parametrize("language", ["id", "en"])
def test_lesson_6_says_that_no_gpu_was_at_hand_as_long_as_no_figures_of_one_are_stored(language):
    cells = nbformat.read(NOTEBOOKS / language / "06_pytorch_toolbox.ipynb", as_version=4).cells
    look = next(cell.source for cell in cells if cell.id == "format-look")
    says = {"id": "tidak punya kolom GPU", "en": "no column for one"}[language] in look
    assert says == (stored_gpu() is None), "mend the readings of lesson 06: its table has a GPU's column now"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_and_wants_a_file_of_its_own(setting, tmp_path, monkeypatch, capsys):
    before = (finetuning.FOLDER / "results.json").read_bytes()
    with pytest.raises(SystemExit):
        gpu.main(["full"])
    printed = capsys.readouterr()
    assert "There is no CUDA GPU here" in printed.out and "--out" in printed.err
    monkeypatch.setattr(gpu, "PARTS", {"full": lambda setting: [("rows", len(setting.table))]})
    out = tmp_path / "results.json"
    assert gpu.main(["full", "--rows", "16", "--out", str(out)]) == 0
    (stored,) = json.loads(out.read_text(encoding="utf-8"))
    assert stored["full"] == {"rows": 16} and "card" not in stored["machine"]
    assert (finetuning.FOLDER / "results.json").read_bytes() == before


def test_lesson_6_gets_its_column_from_the_stored_figures(tmp_path, monkeypatch):
    stored, out = tmp_path / "toolbox.json", tmp_path / "results.json"
    stored.write_bytes(STORED.read_bytes())
    figures = {name: {"ms": 10.0 + place, "mb": 5.0} for place, name in enumerate(toolbox.TOOLS)}
    out.write_text(json.dumps([{"machine": H200, "tools": {"grouped": figures["grouped"]}}]), encoding="utf-8")
    with pytest.raises(SystemExit, match="run the part 'tools'"):
        gpu.fill_lesson_table(out, stored)
    out.write_text(json.dumps([{"machine": H200, "tools": {**figures, "profile": {}}}]), encoding="utf-8")
    gpu.fill_lesson_table(out, stored)
    monkeypatch.setattr("helpers.toolbox.STORED", stored)
    table = tool_table({name: {"ms": 1.0, "mb": 2.0} for name in TOOLS})
    column = table[message("toolbox.gpu_ms", card="NVIDIA H200")]
    assert stored_gpu()["card"] == "NVIDIA H200" and "NVIDIA H200" in column.name
    assert column.iloc[TOOLS.index("lora")] == f"{figures['lora']['ms']:.1f}"


def test_without_figures_of_a_gpu_the_tables_lack_them(tmp_path, monkeypatch):
    results = json.loads(STORED.read_text(encoding="utf-8"))
    results.pop("gpu", None)
    (tmp_path / "toolbox.json").write_text(json.dumps(results), encoding="utf-8")
    monkeypatch.setattr("helpers.toolbox.STORED", tmp_path / "toolbox.json")
    assert stored_gpu() is None
    assert not any("GPU" in name or "NVIDIA" in name for name in tool_table({"grouped": {"ms": 1.0, "mb": 2.0}}).columns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readmes_table_of_a_gpu(language):
    set_language(language)
    ways = {name: {"rows_per_second": rate, "times_naive": rate / 100, "share_of_matrix_peak": 0.25}
            for name, rate in {"naive": 100.0, "trainer": 150.0, "trainer, 4 workers": 200.0, "ours": 300.0}.items()}  # fmt: skip
    compared = {"rows": 11000, "format": "bfloat16", "matrix_peak_gflops": 1.0, **ways}
    results = {
        "machine": H200,
        "side_by_side": {"base_32": compared, "base_32, profile of ours": {"top": {}}, "mini_128": compared},
        "full": {"bfloat16": {"epoch_seconds": 12.5, "peak_memory_mb": 4200, "batch_size": 32}},
    }
    text = readmes.speed_on_gpu(results, language)
    lines = text.splitlines()
    assert lines[0].startswith("| NVIDIA H200") and len([line for line in lines if line.startswith("|")]) == 4
    comma = "," if language == "id" else "."
    assert f"200{comma}0" in lines[2] and f"150{comma}0" not in lines[2] and f"300{comma}0 (3{comma}0 ×)" in lines[2]
    assert f"12{comma}5" in lines[-1] and f"4{comma}2 GB" in lines[-1] and f"25{comma}0 %" in lines[-1]
