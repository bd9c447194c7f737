"""Measure what only a GPU can show: whether the lessons run there, how fast training is, and where its time goes.

Each part can be run alone, and stores each figure as soon as it has it, so
that a part that is cut short loses nothing::

    SMSA_DIR=... python -m benchmarks.gpu                          # all parts
    SMSA_DIR=... python -m benchmarks.gpu side_by_side tools       # some of them
    SMSA_DIR=... python -m benchmarks.gpu full --rows 64 --out F   # also without a GPU, to try it
    python -m benchmarks.gpu lesson_table --merge FILE             # figures that came from another computer

The figures go to ``benchmarks/results.json``, under the name of the card.
The part ``lesson_table`` then gives lesson 06 its column: it needs no GPU.
``Trainer`` needs the package accelerate, and the lessons need jupyter's
kernel (ipykernel, nbclient).
"""

import argparse
import contextlib
import dataclasses
import functools
import gc
import itertools
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from unittest import mock

import nbformat
import pandas as pd
import torch
import transformers
from nbclient.exceptions import CellExecutionError

from benchmarks import toolbox
from benchmarks.finetuning import (
    BATCH_SIZE,
    FOLDER,
    base_model,
    find_machine,
    measure_way,
    mini_model,
    side_by_side,
    synchronize,
    train_naive,
    train_ours,
    train_trainer,
)
from helpers.batching import DocumentSentimentDataLoader
from helpers.bugs import stop_after
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import autocast_dtype, processor
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS, find_data
from helpers.model import forward_sequence_classification, load_tokenizer
from helpers.toolbox import STORED, operation_times
from helpers.training import TrainingError, load_checkpoint, make_optimizer, train
from series.notebooks import code_cells, find_lessons, open_kernel, quiet_kernels

#: Collating in other processes is what may make `Trainer` faster: it is measured with and without, and the faster one counts.
WAYS = {
    "naive": train_naive,
    "trainer": train_trainer,
    "trainer, 4 workers": functools.partial(train_trainer, workers=4),
    "ours": train_ours,
}
MODELS = {"base": base_model, "mini": mini_model}
BATCH_SIZES = (32, 128)
FORMATS = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
SMSA_ROWS = 11_000
WARM_UP_ROWS, PROFILED_ROWS, CHECKED_ROWS = 512, 1024, 320
ONE_OF_TWO = FOLDER / "one_of_two.py"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What the parts measure on.

    Attributes
    ----------
    device : torch.device
    table : pandas.DataFrame
        Rows of the real SmSA's training data.
    tokenizer : transformers tokenizer
    lessons : list of str
        Numbers of the lessons to run; all when empty.
    """

    device: torch.device
    table: pd.DataFrame
    tokenizer: object
    lessons: list


def this_card(device):
    """What the figures depend on, besides the code."""
    found = {"processor": processor(), "torch": torch.__version__, "transformers": transformers.__version__,
             "python": platform.python_version()}  # fmt: skip
    if device.type != "cuda":
        return found
    about = torch.cuda.get_device_properties(device)
    return {**found, "card": torch.cuda.get_device_name(device), "memory_gb": round(about.total_memory / 1e9, 1),
            "capability": f"{about.major}.{about.minor}", "cuda": torch.version.cuda, "format": name_of(autocast_dtype(device))}  # fmt: skip


def name_of(dtype):
    """``bfloat16`` for ``torch.bfloat16``."""
    return str(dtype).removeprefix("torch.")


# ----------------------------------------------------------------- the lessons


def run_lesson(path):
    """Execute all cells of a lesson, also those after one that fails.

    Returns
    -------
    dict
        ``seconds``, and by the id of each cell that failed its error.
    """
    notebook, failed, began = nbformat.read(path, as_version=4), {}, time.perf_counter()
    with open_kernel(notebook, path.parent) as client:
        for index, cell in code_cells(notebook):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                failed[cell.id] = f"{error.ename}: {error.evalue}"[:400]
            except Exception as error:  # a dead kernel, a cell without end: nothing more will run
                failed[cell.id] = f"{type(error).__name__}: {error}"[:400]
                break
    return {"seconds": round(time.perf_counter() - began, 1), "failed": failed}


def lessons(setting, preset, names=(), **environment):
    """Yield what `run_lesson` finds, lesson by lesson, in the order of the series; outputs are thrown away."""
    wanted = {path.stem[:2] for path in find_lessons("en", setting.lessons or names)}
    hidden = {} if setting.device.type == "cuda" else {"CUDA_VISIBLE_DEVICES": ""}
    with tempfile.TemporaryDirectory(prefix="tutorial-", ignore_cleanup_errors=True) as folder, quiet_kernels(folder):
        os.environ.update(TUTORIAL_PRESET=preset, TUTORIAL_OUTPUT_DIR=str(pathlib.Path(folder, "outputs")), **hidden, **environment)
        for path in find_lessons("en", sorted(wanted)):
            yield path.stem, run_lesson(path)


def full_lessons(setting):
    """Lessons 04 and 05 with the preset full, at BERT base's shape: its weights are random, so cells that judge quality must fail."""
    with tempfile.TemporaryDirectory() as folder:
        # as a pre-trained model: a head for classes would count as fine-tuned, with labels of its own
        transformers.BertForMaskedLM(base_model(setting.tokenizer).config).save_pretrained(folder)
        setting.tokenizer.save_pretrained(folder)
        yield from lessons(setting, "full", ("04", "05"), INDOBERT_CHECKPOINT=folder)


# ------------------------------------------------- training at BERT base's shape


@contextlib.contextmanager
def forced(dtype):
    """Train in this number format, whatever the device likes best: float16 as on a T4, with its scaler."""
    with (
        mock.patch("helpers.device.autocast_dtype", return_value=dtype),
        mock.patch("helpers.training.autocast_dtype", return_value=dtype),
        mock.patch("benchmarks.finetuning.autocast_dtype", return_value=dtype),
    ):
        yield


def clear_memory(device):
    """Give a GPU's memory back, and begin to count its peak anew."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device):
    """Megabytes that tensors took at most since `clear_memory`; None on a CPU, where nobody counts."""
    return round(torch.cuda.max_memory_allocated(device) / 1e6) if device.type == "cuda" else None


def loaders_of(setting, rows, pinned=None):
    """Loaders of some rows, and of eight for the evaluation that `train` wants; pages in memory may be pinned or not."""
    sets = [DocumentSentimentDataset(table, setting.tokenizer) for table in (setting.table[:rows], setting.table[:8])]
    loaders = [DocumentSentimentDataLoader(data, batch_size=BATCH_SIZE, shuffle=data is sets[0]) for data in sets]
    for loader in loaders if pinned is not None else ():
        loader.pin_memory = pinned
    return loaders


def train_on(setting, loaders, forward_fn=forward_sequence_classification, n_epochs=1, **options):
    """A fresh model at BERT base's shape, trained; returns it and its history."""
    model = base_model(setting.tokenizer).to(setting.device)
    history = train(
        model, *loaders, make_optimizer(model, 1e-4), forward_fn, document_sentiment_metrics_fn, "F1", INDEX2LABEL, n_epochs, **options
    )  # fmt: skip
    return model, history


def time_epoch(setting, pinned=None, times=2):
    """Seconds of an epoch, the best of some, what all of SmSA would take, and the peak of the memory."""
    train_on(setting, loaders_of(setting, WARM_UP_ROWS))
    loaders, seconds = loaders_of(setting, len(setting.table), pinned), math.inf
    for _ in range(times):
        clear_memory(setting.device)
        model = base_model(setting.tokenizer).to(setting.device)
        optimizer = make_optimizer(model, 1e-4)
        synchronize(setting.device)
        began = time.perf_counter()
        train(model, *loaders, optimizer, forward_sequence_classification, document_sentiment_metrics_fn, "F1", INDEX2LABEL, 1)
        synchronize(setting.device)
        seconds = min(seconds, time.perf_counter() - began)
    rate = len(setting.table) / seconds
    return {"rows": len(setting.table), "seconds": round(seconds, 2), "rows_per_second": round(rate, 1),
            "epoch_seconds": round(SMSA_ROWS / rate, 1), "batch_size": BATCH_SIZE, "peak_memory_mb": peak_memory(setting.device)}  # fmt: skip


def spoiled(step, factor, stop=None):
    """A forward function whose loss in one training step is multiplied by a factor; perhaps it imitates Ctrl-C in a later one."""
    steps = itertools.count()

    def forward(model, batch, **options):
        now = next(steps) if model.training else None
        if now is not None and now == stop:
            raise KeyboardInterrupt
        loss, hypothesis, label = forward_sequence_classification(model, batch, **options)
        return (loss * factor if now == step else loss), hypothesis, label

    return forward


def check_nan(setting):
    """A loss that is not a number must stop the training before anything is saved."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            train_on(setting, loaders_of(setting, CHECKED_ROWS), spoiled(2, math.nan), model_dir=folder)
        except TrainingError as error:
            return {"refused": True, "said": str(error)[:200], "files": sorted(path.name for path in pathlib.Path(folder).iterdir())}
    return {"refused": False}


def check_overflow(setting):
    """A gradient that float16 cannot hold must cost one step and half of the scale, and no weight."""
    with tempfile.TemporaryDirectory() as folder:
        forward_fn = spoiled(3, 1e6, stop=8)
        model, _ = train_on(setting, loaders_of(setting, CHECKED_ROWS), forward_fn, model_dir=folder, save_every=2)
        saved = load_checkpoint(folder)
    return {"scale_at_start": 65536.0, "scale_after": saved["scaler"]["scale"],
            "weights_finite": all(bool(torch.isfinite(weight).all()) for weight in model.parameters())}  # fmt: skip


def largest_gap(one, other):
    """The largest difference of any weight between two models."""
    pairs = zip(one.state_dict().values(), other.state_dict().values())
    return max(float((first.float() - second.float()).abs().max()) for first, second in pairs)


def check_resume(setting):
    """What lies between two runs without an interruption, and between one of them and one that was stopped in mid-epoch and went on."""
    options = {"n_epochs": 2, "save_every": 3}
    first, again = (train_on(setting, loaders_of(setting, CHECKED_ROWS), **options)[0] for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        train_on(setting, loaders_of(setting, CHECKED_ROWS), stop_after(7), model_dir=folder, **options)
        resumed, history = train_on(setting, loaders_of(setting, CHECKED_ROWS), model_dir=folder, resume=True, **options)
    found = {"again": largest_gap(first, again), "resumed": largest_gap(first, resumed)}
    return {"epochs": len(history), "largest_difference": found, "same_bits": found["resumed"] == 0.0}


def full(setting):
    """Yield figures and checks at BERT base's shape."""
    for name, dtype in FORMATS.items():
        with forced(dtype):
            yield name, time_epoch(setting)
    best = autocast_dtype(setting.device)
    with forced(best):
        for way in ("eager", "sdpa"):
            with mock.patch("helpers.device.attention_for_training", return_value=way):
                yield f"attention {way}", time_epoch(setting)
        for pinned in (True, False):
            yield f"pinned {'on' if pinned else 'off'}", time_epoch(setting, pinned=pinned)
    for name in ("bfloat16", "float16"):
        with forced(FORMATS[name]):
            yield f"nan, {name}", check_nan(setting)
            yield f"resume, {name}", check_resume(setting)
    with forced(torch.float16):
        yield "overflow, float16", check_overflow(setting)


# --------------------------------------------------- three ways, and their time


def busy_seconds(record):
    """Seconds in which a GPU computed or copied, overlaps counted once; marks that a program sets are left out."""
    kernels = (event for event in record.events() if event.device_type == torch.autograd.DeviceType.CUDA and not event.is_user_annotation)
    busy, until = 0.0, -math.inf
    for start, end in sorted((event.time_range.start, event.time_range.end) for event in kernels):
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    return busy / 1e6


def waits(record):
    """How often the processor waited for the GPU, by what made it wait."""
    names = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
    return {event.key: event.count for event in record.key_averages() if event.key in names}


def profile_way(way, make_model, setting, batch_size):
    """Where the time of a way goes: the operations that take most of it, and the share in which the GPU has nothing to do.

    The way runs three times on the same rows: to warm up, for the time on the
    wall, and under the profiler, which slows the processor but not the GPU.
    """
    table = setting.table[:PROFILED_ROWS]

    def run():
        torch.manual_seed(1)
        return measure_way(way, make_model(setting.tokenizer).to(setting.device), table, setting.tokenizer, batch_size=batch_size)[0]

    run()
    seconds = run()
    with torch.profiler.profile() as record:
        run()
    times = operation_times(record, setting.device)
    found = {"steps": math.ceil(len(table) / batch_size), "seconds": round(seconds, 3),
             "top": (times / times.sum()).head(8).round(3).to_dict()}  # fmt: skip
    if setting.device.type == "cuda":
        found |= {"waiting": round(1 - busy_seconds(record) / seconds, 3), "waits": waits(record)}
    return found


def compare(setting):
    """Yield rows a second of the ways by model and batch size, and the profiles of `Trainer` and ours."""
    for batch_size in BATCH_SIZES:
        for name, make_model in MODELS.items():
            for way in WAYS.values():
                model = make_model(setting.tokenizer).to(setting.device)
                way(model, setting.table[:WARM_UP_ROWS], setting.tokenizer, batch_size=batch_size)
            clear_memory(setting.device)
            yield f"{name}_{batch_size}", side_by_side(make_model, setting.table, setting.tokenizer, WAYS, setting.device, batch_size, 2)
            for way in ("trainer", "ours"):
                yield f"{name}_{batch_size}, profile of {way}", profile_way(WAYS[way], make_model, setting, batch_size)


# ------------------------------------------------------------ several processes


def run_script(launcher, folder, device, preset="mini"):
    """`helpers.script` by a launcher (none: alone), in float32 and without dropout; returns its history."""
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    environment |= {"TUTORIAL_PRESET": preset, "TQDM_DISABLE": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment |= {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}  # the processes are on one computer
    environment |= {} if device.type == "cuda" else {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(ONE_OF_TWO), "--dropout", "0", "--output", str(folder)]
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=500)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{run.stdout[-1000:]}\n{run.stderr[-3000:]}")
    return pd.read_csv(pathlib.Path(folder, "history.csv"))


def two_processes(setting):
    """Yield how far the losses of two processes are from those of one, and those of one from its own repetition."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    columns = ["train_loss", "valid_loss"]
    with tempfile.TemporaryDirectory() as folder:
        folders = [pathlib.Path(folder, name) for name in ("alone", "again", "two")]
        for each in folders:
            each.mkdir()
        alone = run_script([], folders[0], setting.device)[columns]
        yield "train_loss", alone["train_loss"].round(4).tolist()
        for name, launcher in (("again", []), ("two", torchrun)):
            history = run_script(launcher, folders[("alone", "again", "two").index(name)], setting.device)
            yield f"largest difference, {name}", float((history[columns] - alone).abs().max().max())
    cards = torch.cuda.device_count() if setting.device.type == "cuda" else 0
    yield "joined by", "nccl" if cards >= 2 else "gloo"


# ------------------------------------------------------------- lesson 06's table


def tools(setting):
    """Yield lesson 06's figures: a training step with each tool, as ``benchmarks/toolbox.py`` measures them on a CPU, and the profile."""
    clock, times = (time.perf_counter, 20) if setting.device.type == "cuda" else (time.process_time, 1)
    for name in toolbox.TOOLS:
        clear_memory(setting.device)
        yield name, toolbox.measure_tool(name, setting.tokenizer, setting.device, times, clock)
    yield "profile", toolbox.measure_profile(setting.tokenizer, setting.device)


def fill_lesson_table(out, stored=STORED):
    """Copy the tools' figures of the card measured last into the file that lesson 06 reads.

    Raises
    ------
    SystemExit
        No card has figures of all tools.
    """
    machines = json.loads(pathlib.Path(out).read_text(encoding="utf-8")) if pathlib.Path(out).exists() else []
    found = next((each for each in machines if "card" in each["machine"] and toolbox.TOOLS.keys() <= each.get("tools", {}).keys()), None)
    if found is None:
        raise SystemExit(f"{out} holds no GPU's figures of lesson 06's tools yet: run the part 'tools' on a GPU first")
    results = json.loads(pathlib.Path(stored).read_text(encoding="utf-8"))
    figures = {name: found["tools"][name] for name in toolbox.TOOLS}
    results["gpu"] = {"card": found["machine"]["card"], "torch": found["machine"]["torch"], "tools": figures}
    write_atomically(pathlib.Path(stored), (json.dumps(results, indent=1) + "\n").encode())
    print(f"{stored}: figures of {found['machine']['card']}. Now refresh lesson 06 in both languages, which fills the READMEs, too; and")
    print("its cell format-look says that no GPU was at hand: write there, and in attention-look and compile-look, what the column shows.")


# --------------------------------------------------------------------- all of it

#: In the order of what is lost most if the time ends.
PARTS = {
    "lessons_mini": functools.partial(lessons, preset="mini"),
    "full": full,
    "side_by_side": compare,
    "tools": tools,
    "two": two_processes,
    "lessons_laptop": functools.partial(lessons, preset="laptop"),
    "lessons_full": full_lessons,
}


def store(out, machine, part, name, figure):
    """Write one figure into the file, in the entry of this machine, which comes first."""
    path = pathlib.Path(out)
    machines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    results = find_machine(machines, machine)
    others = [found for found in machines if found is not results]
    results["machine"] = machine
    results.setdefault(part, {})[name] = figure
    write_atomically(path, (json.dumps([results, *others], indent=1) + "\n").encode())


def merge(out, files):
    """Take over the figures of other files, as they come back from another computer, or from parts that ran beside each other."""
    for path in files:
        for results in reversed(json.loads(path.read_text(encoding="utf-8"))):
            for part in results.keys() - {"machine"}:
                for name, figure in results[part].items():
                    store(out, results["machine"], part, name, figure)
        print(f"{out}: took over {path}")


def run_part(part, setting, machine, out):
    """Run a part to its end or to an error, which is printed; returns whether it came to its end."""
    began = time.perf_counter()
    clear_memory(setting.device)
    try:
        for name, figure in PARTS[part](setting):
            print(f"{part}: {name}: {figure}", flush=True)
            store(out, machine, part, name, figure)
    except Exception:  # the next part may run all the same, and the time with a GPU is short
        traceback.print_exc()
        print(f"{part}: STOPPED after {time.perf_counter() - began:.0f} s", flush=True)
        return False
    print(f"{part}: done in {time.perf_counter() - began:.0f} s", flush=True)
    return True


def read_options(argv):
    """Options of the command, checked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (all of these by default); lesson_table")
    parser.add_argument("--rows", type=int, default=SMSA_ROWS, help="rows of SmSA for the parts that train at BERT base's shape")
    parser.add_argument("--lessons", nargs="+", default=[], help="numbers of the lessons to run (default: all; lessons_full: 04 05)")
    parser.add_argument("--out", type=pathlib.Path, help="file for the figures (default with a GPU: benchmarks/results.json)")
    parser.add_argument(
        "--merge", nargs="+", type=pathlib.Path, default=[], help="files with figures to take over; only what else is named is done then"
    )
    options = parser.parse_args(argv)
    if unknown := set(options.parts) - PARTS.keys() - {"lesson_table"}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}, lesson_table")
    options.parts = options.parts or ([] if options.merge else list(PARTS))
    if set(options.parts) & PARTS.keys() and not torch.cuda.is_available():
        print(f"There is no CUDA GPU here (torch {torch.__version__}): everything runs on the CPU, and shows only that the script works.")
        if options.out is None:
            parser.error("without a GPU name a file with --out: benchmarks/results.json is for figures of a GPU")
    options.out = options.out or FOLDER / "results.json"
    return options


def make_setting(options):
    """Device and data."""
    folder, names = find_data(PRESETS["laptop"])
    device = torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")
    return Setting(device, load_dataset(folder / names[0])[: options.rows], load_tokenizer(MINI), options.lessons)


def main(argv=None):
    """Run all parts or those named; returns the exit code."""
    options = read_options(argv)
    parts = [part for part in options.parts if part != "lesson_table"]
    done = True
    merge(options.out, options.merge)
    if parts:
        os.environ["TQDM_DISABLE"] = "1"
        setting = make_setting(options)
        machine = this_card(setting.device)
        print(machine, flush=True)
        outcomes = [run_part(part, setting, machine, options.out) for part in parts]
        done = all(outcomes)
    if "lesson_table" in options.parts:
        fill_lesson_table(options.out)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
