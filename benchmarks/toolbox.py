"""Measure lesson 06's tools at BERT base's shape, and tune four ways to train; writes data/results/toolbox.json.

    python -m benchmarks.toolbox --smsa FOLDER
    python -m benchmarks.toolbox --only tools

Tools: one training step at BERT base's shape with random weights, on batches
of the bundled sample, each tool alone against grouped batches in float32; the
time is the processor's, which other programs change little. Tuning: the mini IndoBERT on SmSA's first
rows (`ROWS` of training and of validation data); each way to train tries the
same learning rates on one seed, and its best rate is then measured on other
seeds, by validation macro-F1. What stands in the file is not measured again:
delete the file to start over.
"""

import argparse
import json
import os
import pathlib
import platform
import time

import torch
import transformers
from torch.profiler import profile

from benchmarks.finetuning import base_model
from helpers.batching import DocumentSentimentDataLoader, widen
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import autocast_dtype, processor
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.toolbox import METHODS, STORED, measure_step, n_trainable, operation_times, profile_shares, train_steps
from helpers.training import make_optimizer, train

SAMPLE = ROOT / "data" / "smsa_sample"
RECIPE = PRESETS["mini"]
WIDTH = RECIPE.max_seq_len
N_BATCHES, TEXTS = 2, 8
ROWS, EPOCHS = 400, 2
RATES = (1e-4, 4e-4, 1.6e-3)  # of all trained weights but the classifier's, which keeps the recipe's rate
TUNING_SEED, SEEDS = 0, (1, 2, 3)


def compile_pieces(model):
    """Have `torch.compile` translate each layer's feed-forward part, for batches of any size, as lesson 6 does."""
    for layer in model.bert.encoder.layer:
        layer.intermediate.compile(dynamic=True)
    return model


#: tool -> (what is done to the model, options of `measure_step`)
TOOLS = {
    "padded": (METHODS["all"], {}),
    "grouped": (METHODS["all"], {}),
    "bfloat16": (METHODS["all"], {"dtype": torch.bfloat16}),
    "sdpa": (lambda model: model.set_attn_implementation("sdpa") or model, {}),
    "accumulated": (METHODS["all"], {"parts": 2}),
    "last_layer": (METHODS["last_layer"], {}),
    "head_only": (METHODS["head_only"], {}),
    "lora": (METHODS["lora"], {}),
    "compiled": (compile_pieces, {}),
}


def base_of(tokenizer):
    """A model of BERT base's shape, its attention written out, and its optimizer."""
    model = base_model(tokenizer)
    model.set_attn_implementation("eager")
    return model


def sample_batches(tokenizer):
    """The first batches of the sample, grouped by length."""
    dataset = DocumentSentimentDataset(SAMPLE / "train.tsv", tokenizer)
    torch.manual_seed(42)
    loader = DocumentSentimentDataLoader(dataset, WIDTH, TEXTS, shuffle=True)
    return [batch for batch, _ in zip(loader, range(N_BATCHES))]


def measure_tool(name, tokenizer, device="cpu", times=2, clock=time.process_time):
    """Milliseconds and megabytes of a step with one tool; on a GPU by a clock on the wall."""
    change, options = TOOLS[name]
    model = change(base_of(tokenizer).to(device))
    batches = sample_batches(tokenizer)
    if name == "padded":
        batches = [widen(batch, WIDTH) for batch in batches]
    began = clock()
    found = measure_step(model, make_optimizer(model, 1e-5), batches, times=times, clock=clock, **options)
    whole = clock() - began
    warm_up = {"warm_up_seconds": round(whole - times * len(batches) * found["ms"] / 1000, 1)} if name == "compiled" else {}
    return {name: round(value, 1) for name, value in found.items()} | warm_up


def measure_profile(tokenizer, device="cpu"):
    """Share of each kind of operation in steps on batches padded to the greatest length."""
    model = base_of(tokenizer).to(device)
    optimizer, batches = make_optimizer(model, 1e-5), [widen(batch, WIDTH) for batch in sample_batches(tokenizer)[:1]]
    train_steps(model, optimizer, batches)
    with profile() as record:
        train_steps(model, optimizer, batches)
    return profile_shares(operation_times(record, device)).round(3).to_dict()


def train_way(name, rate, seed, tokenizer, tables):
    """Validation macro-F1 of the best epoch, and the number of trained weights."""
    model = METHODS[name](load_model(MINI, seed=seed))
    loaders = [
        DocumentSentimentDataLoader(DocumentSentimentDataset(table, tokenizer), WIDTH, RECIPE.batch_size, shuffle=table is tables[0])
        for table in tables
    ]
    history = train(
        model, *loaders, make_optimizer(model, rate, RECIPE.head_learning_rate), forward_sequence_classification,
        document_sentiment_metrics_fn, "F1", INDEX2LABEL, EPOCHS, gamma=RECIPE.gamma, seed=seed,
    )  # fmt: skip
    return round(float(history["F1"].max()), 4), n_trainable(model)


def tune(results, save, tokenizer, tables):
    """Try the same rates for each way to train, then measure the best one on other seeds."""
    tuning = results.setdefault("tuning", {"rows": ROWS, "epochs": EPOCHS, "rates": RATES, "tried": {}, "runs": {}})
    for name in METHODS:
        tried = tuning["tried"].setdefault(name, {})
        for rate in RATES:
            if str(rate) not in tried:
                tried[str(rate)], _ = train_way(name, rate, TUNING_SEED, tokenizer, tables)
                save()
        best = float(max(tried, key=tried.get))
        run = tuning["runs"].setdefault(name, {"rate": best, "F1": []})
        for seed in SEEDS[len(run["F1"]) :]:
            score, run["trained"] = train_way(name, run["rate"], seed, tokenizer, tables)
            run["F1"].append(score)
            save()


def main(argv=None):
    """Measure what the file does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--only", choices=("tools", "tuning"), help="one of the two parts (default: both)")
    parser.add_argument("--out", default=STORED, type=pathlib.Path)
    chosen = parser.parse_args(argv)
    if chosen.only != "tools" and chosen.smsa is None:
        parser.error("tuning needs --smsa or the environment variable SMSA_DIR")
    results = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out.is_file() else {}
    tokenizer = load_tokenizer(MINI)

    def save():
        write_atomically(chosen.out, (json.dumps(results, indent=1) + "\n").encode())

    made_by = {
        "command": "python -m benchmarks.toolbox --smsa FOLDER",
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "format_of_tuning": str(autocast_dtype("cpu")).removeprefix("torch."),
    }
    if results.get("made_by", made_by) != made_by:
        parser.error(
            f"{chosen.out} holds figures of another set-up ({results['made_by']}, here {made_by}): delete it, or name another --out"
        )
    results["made_by"] = made_by
    results["unit"] = (
        f"tools: a step of {TEXTS} texts at BERT base's shape, ms of processor time and counted MB; profile: shares; tuning: validation macro-F1"
    )
    if chosen.only != "tuning":
        for name in TOOLS:
            if name not in results.setdefault("tools", {}):
                results["tools"][name] = measure_tool(name, tokenizer)
                print(name, results["tools"][name], flush=True)
                save()
        if "profile" not in results:
            results["profile"] = measure_profile(tokenizer)
            save()
    if chosen.only != "tools":
        smsa = pathlib.Path(chosen.smsa)
        tables = [load_dataset(smsa / f"{split}_preprocess.tsv")[:ROWS] for split in ("train", "valid")]
        tune(results, save, tokenizer, tables)


if __name__ == "__main__":
    main()
