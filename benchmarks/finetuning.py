"""Fine-tuning side by side, in one run on the same rows of the real SmSA.

(a) the naive loop of most tutorials: shuffled batches, a text tokenized at
    each access, float32, Adam, ``loss.item()`` at each step;
(b) Hugging Face ``Trainer`` with grouping by length and, where the processor
    has units for it, bfloat16;
(c) ours: ``helpers.training.train``.

Run it from the project's root, on a machine that does nothing else::

    SMSA_DIR=... python -m benchmarks.finetuning            # all parts
    SMSA_DIR=... python -m benchmarks.finetuning base mini  # some of them

It writes ``benchmarks/results.json`` and ``benchmarks/finetuning.png``.
``Trainer`` needs the package accelerate, which nothing else here does. On a
GPU ``benchmarks/gpu.py`` measures the same three ways.
"""

import argparse
import contextlib
import json
import math
import pathlib
import tempfile
import time
from unittest import mock

import torch
import transformers
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from helpers.batching import DocumentSentimentDataLoader, pad_batch
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import attention_for_training, autocast_dtype, processor
from helpers.evaluation import document_sentiment_metrics_fn, predict
from helpers.files import MINI
from helpers.lesson import PRESETS, find_data
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.training import evaluate, make_optimizer, train

FOLDER = pathlib.Path(__file__).parent
BATCH_SIZE = 32
LEARNING_RATE = 5e-4


class NaiveDataset(Dataset):
    """Tokenizes at each access, as most tutorials do."""

    def __init__(self, table, tokenizer):
        self.table, self.tokenizer = table, tokenizer

    def __getitem__(self, index):
        row = self.table.iloc[index]
        return torch.tensor(self.tokenizer(row["text"])["input_ids"]), row["label"]

    def __len__(self):
        return len(self.table)


def naive_collate(rows):
    """Pad to the longest of a shuffled batch."""
    subword, mask = pad_batch([subwords[:512] for subwords, _ in rows])
    return subword, mask, torch.tensor([label for _, label in rows])


def train_naive(model, table, tokenizer, n_epochs=1, batch_size=BATCH_SIZE):
    """(a): shuffled batches, each text tokenized when it is read."""
    loader = DataLoader(NaiveDataset(table, tokenizer), batch_size, shuffle=True, collate_fn=naive_collate)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for _ in range(n_epochs):
        model.train()
        total_loss = 0.0
        for subword, mask, label in tqdm(loader, leave=False, desc="naive"):
            subword, mask, label = (part.to(model.device) for part in (subword, mask, label))
            optimizer.zero_grad()
            loss = model(input_ids=subword, attention_mask=mask, labels=label).loss
            loss.backward()
            optimizer.step()
            total_loss += loss.item()


def train_trainer(model, table, tokenizer, n_epochs=1, batch_size=BATCH_SIZE, workers=0):
    """(b): ``Trainer`` on rows tokenized beforehand; with workers other processes pad them."""
    rows = [
        {"input_ids": subwords, "label": int(label)} for subwords, label in zip(tokenizer(list(table["text"]))["input_ids"], table["label"])
    ]
    dtype, on_cpu = autocast_dtype(model.device), model.device.type == "cpu"
    with tempfile.TemporaryDirectory() as folder:
        options = transformers.TrainingArguments(
            folder, num_train_epochs=n_epochs, per_device_train_batch_size=batch_size, learning_rate=LEARNING_RATE, report_to=[],
            train_sampling_strategy="group_by_length", bf16=dtype is torch.bfloat16, fp16=dtype is torch.float16, use_cpu=on_cpu,
            save_strategy="no", logging_strategy="no", disable_tqdm=True, optim="adamw_torch_fused", dataloader_pin_memory=not on_cpu,
            dataloader_num_workers=workers,
        )  # fmt: skip
        transformers.Trainer(model, options, train_dataset=rows, data_collator=transformers.DataCollatorWithPadding(tokenizer)).train()


def train_ours(model, table, tokenizer, n_epochs=1, batch_size=BATCH_SIZE):
    """(c): the tokenizing is counted in, as it is for (a) and (b)."""
    dataset = DocumentSentimentDataset(table, tokenizer)
    loader = DocumentSentimentDataLoader(dataset, batch_size=batch_size, shuffle=True)
    few = DocumentSentimentDataLoader(DocumentSentimentDataset(table[:8], tokenizer))
    optimizer = make_optimizer(model, LEARNING_RATE)
    train(
        model, loader, few, optimizer, forward_sequence_classification, document_sentiment_metrics_fn, "F1", INDEX2LABEL, n_epochs
    )  # fmt: skip


@contextlib.contextmanager
def counted(model):
    """Count what a model is trained on meanwhile: yields a list with computed positions and real subwords of each batch."""
    seen = []

    def note(module, _args, options):
        if module.training:
            mask = options["attention_mask"]
            seen.append((mask.numel(), mask.sum()))  # the sum stays on its device: nothing waits for it

    hook = model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()


def synchronize(device):
    """Wait until a GPU has done what it was given: it answers before."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


WAYS = {"naive": train_naive, "trainer": train_trainer, "ours": train_ours}


def base_model(tokenizer, layers=12):
    """BERT-base's shape with random weights."""
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=len(tokenizer), num_labels=3, num_hidden_layers=layers)
    return transformers.BertForSequenceClassification(config)


def mini_model(_tokenizer):
    """The bundled model."""
    return load_model(MINI)


def matrix_peak(dtype, device="cpu", seconds=1.0):
    """Operations a second of large matrix products; the best of several."""
    size, products = (2048, 1) if torch.device(device).type == "cpu" else (8192, 10)
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    left @ right  # the first one is slower
    best, began = 0.0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        synchronize(device)
        start = time.perf_counter()
        for _ in range(products):
            left @ right
        synchronize(device)
        best = max(best, 2 * products * size**3 / (time.perf_counter() - start))
    return best


def operations(model, positions, mean_length):
    """Matrix-product operations of training on so many positions: six a weight, and attention's own products."""
    config = model.config
    weights = sum(weight.numel() for name, weight in model.named_parameters() if ".encoder." in name and weight.dim() == 2)
    attention = 12 * config.num_hidden_layers * config.hidden_size * mean_length
    return positions * (6 * weights + attention)


def measure_way(way, model, table, tokenizer, **options):
    """Seconds of training, computed positions, real subwords."""
    with counted(model) as seen:
        synchronize(model.device)
        began = time.perf_counter()
        way(model, table, tokenizer, **options)
        synchronize(model.device)
        seconds = time.perf_counter() - began
    return seconds, sum(size for size, _ in seen), int(sum(real for _, real in seen))


def side_by_side(make_model, table, tokenizer, ways=None, device="cpu", batch_size=BATCH_SIZE, times=1):
    """Time some ways in turn, of each the best of so many times."""
    dtype, found = autocast_dtype(device), {}
    peak = matrix_peak(dtype, device)
    for _ in range(times):
        for name, way in (ways or WAYS).items():
            torch.manual_seed(1)
            model = make_model(tokenizer).to(device)
            measured = measure_way(way, model, table, tokenizer, batch_size=batch_size)
            operations_done = operations(model, measured[1], measured[1] / len(table))
            found[name] = min(found.get(name, (math.inf,)), (*measured, operations_done))
    results = {
        name: {
            "seconds": round(seconds, 2),
            "rows_per_second": round(len(table) / seconds, 1),
            "real_subwords_per_second": round(subwords / seconds),
            "padding_share": round(1 - subwords / positions, 3),
            "share_of_matrix_peak": round(done / seconds / peak, 3),
        }
        for name, (seconds, positions, subwords, done) in found.items()
    }
    seconds = {name: measured[0] for name, measured in found.items()}  # rates are rounded: at 3 rows a second that is 1 % and more
    trainer = min(taken for name, taken in seconds.items() if name.startswith("trainer"))  # the faster of its settings
    for name, row in results.items():
        row["times_naive"] = round(seconds["naive"] / seconds[name], 2)
        row["times_trainer"] = round(trainer / seconds[name], 2)
        print(f"{name:8s}", row, flush=True)
    return {"rows": len(table), "format": str(dtype).removeprefix("torch."), "matrix_peak_gflops": round(peak / 1e9, 1), **results}


def attention(table, tokenizer):
    """Seconds of training at base shape by the way attention is computed, best of two in turn."""
    found = {"rows": len(table), "sdpa": math.inf, "eager": math.inf}
    for _ in range(2):
        for way in ("sdpa", "eager"):
            model = base_model(tokenizer)
            began = time.perf_counter()
            with mock.patch("helpers.device.attention_for_training", return_value=way):
                train_ours(model, table, tokenizer)
            found[way] = min(found[way], round(time.perf_counter() - began, 2))
    found["saved"] = round(1 - found["eager"] / found["sdpa"], 3)
    print("attention", found)
    return found


def growth(table, tokenizer):
    """Seconds a row, one epoch of the mini model: the same rows in runs of 1,000 and all in one run."""

    def seconds(tables):
        began = time.perf_counter()
        for part in tables:
            train_ours(mini_model(tokenizer), part, tokenizer)
        return time.perf_counter() - began

    pieces = [table[start : start + 1000] for start in range(0, len(table), 1000)]
    # first pieces, whole, last pieces: a machine that gets slower or faster meanwhile counts for both
    half = len(pieces) // 2
    short = seconds(pieces[:half])
    whole = seconds([table])
    short += seconds(pieces[half:])
    found = {"1000": short / len(table), str(len(table)): whole / len(table), "ratio": round(whole / short, 3)}
    print("seconds a row", found)
    return found


def prediction(table, tokenizer):
    """Seconds that `predict` takes for 1,000 reviews with the mini model."""
    model = mini_model(tokenizer)
    predict(table["text"][:32], model, tokenizer)
    began = time.perf_counter()
    predict(table["text"][:1000], model, tokenizer)
    seconds = round(time.perf_counter() - began, 2)
    print("1,000 predictions:", seconds, "s")
    return {"rows": 1000, "seconds": seconds}


def quality(train_table, valid_table, tokenizer, rows=2000, seeds=3, n_epochs=4):
    """Validation macro-F1 of (a) and (c) on the same rows, over seeds."""
    valid = DocumentSentimentDataLoader(DocumentSentimentDataset(valid_table, tokenizer), batch_size=64)
    scores = {"naive": [], "ours": []}
    for seed in range(seeds):
        for name in scores:
            model = load_model(MINI, seed=seed)
            torch.manual_seed(seed)
            WAYS[name](model, train_table[:rows], tokenizer, n_epochs)
            scores[name].append(
                round(evaluate(model, valid, forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL).metrics["F1"], 4)
            )
    print("validation macro-F1", scores)
    return {"rows": rows, "epochs": n_epochs, **scores}


def this_machine():
    """What the figures depend on, besides the code."""
    bf16 = {"AMX": torch.cpu._is_amx_tile_supported(), "AVX-512 bf16": torch.cpu._is_avx512_bf16_supported()}
    return {"processor": processor(), "units": next((name for name, there in bf16.items() if there), "no bf16 units"),
            "threads": torch.get_num_threads(), "attention": attention_for_training("cpu"),
            "torch": torch.__version__, "transformers": transformers.__version__}  # fmt: skip


def find_machine(machines, machine):
    """What is stored of a machine: known by its card, else by its processor."""
    name = machine.get("card", machine["processor"])
    return next((found for found in machines if found["machine"].get("card", found["machine"]["processor"]) == name), {})


def draw(machines):
    """Rows a second of the three ways, one row of panels a processor, one panel a model."""
    import matplotlib.pyplot as plt

    from helpers.plots import COLORS, HATCHES, STYLE

    machines = [results for results in machines if "base" in results or "mini" in results]  # figures of a GPU are another kind
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(len(machines), 2, squeeze=False, layout="constrained", figsize=(8, 3.2 * len(machines)))
        for results, row in zip(machines, panels):
            for axes, name in zip(row, ("base", "mini")):
                if name not in results:
                    axes.set_axis_off()
                    continue
                for position, way in enumerate(WAYS):
                    bar = axes.bar(
                        position, results[name][way]["rows_per_second"], color=COLORS[position], hatch=HATCHES[position], edgecolor="white"
                    )
                    axes.bar_label(bar, fontsize=9)
                axes.set_xticks(range(3), ["naive loop", "Trainer", "ours"])
                axes.set(title=f"{name} on {results['machine']['units']}: rows a second", ylabel="rows/s")
        figure.savefig(FOLDER / "finetuning.png", dpi=120)
        plt.close(figure)


def without_bf16(function, *arguments):
    """Call a function as on a processor that has no units for bfloat16."""
    with (
        mock.patch("torch.cpu._is_avx512_bf16_supported", return_value=False),
        mock.patch("torch.cpu._is_amx_tile_supported", return_value=False),
    ):
        return function(*arguments)


# name -> (function, the tables that it measures on)
PARTS = {
    "base": (lambda few, tokenizer: side_by_side(base_model, few, tokenizer), ("few",)),
    "base_float32": (lambda few, tokenizer: without_bf16(side_by_side, base_model, few, tokenizer), ("few",)),
    "mini": (lambda train, tokenizer: side_by_side(mini_model, train[:2000], tokenizer), ("train",)),
    "attention": (attention, ("few",)),
    "growth": (growth, ("train",)),
    "prediction": (prediction, ("train",)),
    "quality": (quality, ("train", "valid")),
}


def main(argv=None):
    """Run all parts or those named, store the figures by processor, draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (all by default)")
    parser.add_argument("--base-rows", type=int, default=256, help="rows for the comparisons at BERT-base's shape")
    chosen = parser.parse_args(argv)
    parts = chosen.parts or list(PARTS)
    if unknown := set(parts) - PARTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    tokenizer = load_tokenizer(MINI)
    folder, names = find_data(PRESETS["laptop"])
    train_table, valid_table = load_dataset(folder / names[0]), load_dataset(folder / names[1])
    tables = {"few": train_table[: chosen.base_rows], "train": train_table, "valid": valid_table}
    path = FOLDER / "results.json"
    machines = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    machine = this_machine()
    print(machine)
    results = find_machine(machines, machine)
    machines = [results, *(found for found in machines if found is not results)]  # the newest first
    results["machine"] = machine
    for part in parts:
        function, names = PARTS[part]
        results[part] = function(*(tables[name] for name in names), tokenizer)
    path.write_text(json.dumps(machines, indent=1) + "\n", encoding="utf-8")
    draw(machines)


if __name__ == "__main__":
    main()
