"""Measure the mini IndoBERT on the real SmSA and on the cloze sentences; writes data/results/mini.json.

    python -m benchmarks.mini_model --smsa FOLDER
    python -m benchmarks.mini_model --card

FOLDER holds SmSA's train_, valid_ and test_preprocess.tsv. What stands in
mini.json already is not measured again; delete the file to start over. The
second form copies the figures into the model card and into data/results/README.md, and renews the model's SHA256SUMS; the first form ends with it.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import statistics
import time

import torch
import transformers

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.device import attention_for_training, autocast_dtype, processor
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS
from helpers.model import forward_sequence_classification, load_model, load_tokenizer, predict_masked_word
from helpers.training import evaluate, make_optimizer, train

RESULTS = ROOT / "data" / "results"
SEEDS = range(5)
FEW_ROWS = 600
BEGIN, END = "<!-- figures: benchmarks.mini_model --card -->", "<!-- end of figures -->"


def fine_tune(tables, tokenizer, recipe, seed, random_weights):
    """One run: its scores on every split but train, in percent, and how long training took."""
    model = load_model(MINI, random_weights=random_weights, seed=seed, attn_implementation=attention_for_training("cpu"))
    sizes = {"max_seq_len": recipe.max_seq_len, "batch_size": recipe.batch_size}
    datasets = {split: DocumentSentimentDataset(rows, tokenizer) for split, rows in tables.items()}
    loaders = {split: DocumentSentimentDataLoader(dataset, **sizes, shuffle=split == "train") for split, dataset in datasets.items()}
    started = time.monotonic()
    train(
        model, loaders["train"], loaders["valid"], make_optimizer(model, recipe.learning_rate), forward_sequence_classification,
        document_sentiment_metrics_fn, "F1", INDEX2LABEL, recipe.n_epochs, gamma=recipe.gamma, seed=seed,
    )  # fmt: skip
    run = {"seconds": round(time.monotonic() - started), "threads": torch.get_num_threads()}
    for split in list(tables)[1:]:
        found = evaluate(model, loaders[split], forward_sequence_classification, document_sentiment_metrics_fn, INDEX2LABEL)
        run[split] = round(100 * found.metrics["F1"], 2)
    return run


def measure_cloze(tokenizer):
    """The five likeliest words for each cloze sentence, and how often a right one is among them."""
    rows = [line.split("\t") for line in (RESULTS / "cloze.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    sentences = []
    for sentence, right in rows:
        words = predict_masked_word(sentence, tokenizer, MINI)["word"].tolist()
        sentences.append({"sentence": sentence, "first_five": words, "hit": not set(words).isdisjoint(right.split())})
    return {"hits": sum(row["hit"] for row in sentences), "of": len(sentences), "sentences": sentences}


def summarise(runs):
    """Mean, lowest and highest of each number over the seeds; of the times, those with the most threads."""
    most = max(run["threads"] for run in runs.values())
    summary = {"seeds": len(runs), "threads": most}
    for name in ("valid", "test", "seconds"):
        values = [run[name] for run in runs.values() if name in run and (name != "seconds" or run["threads"] == most)]
        if values:
            summary[name] = {"mean": round(statistics.mean(values), 2), "low": min(values), "high": max(values)}
    return summary


def table(results):
    """The figures as a Markdown table."""

    def cell(weights, name, number, digits=1):
        found = results.get(weights, {}).get(name, {}).get("summary", {})
        if number not in found:
            return "not measured"
        spread = found[number]
        return f"{spread['mean']:.{digits}f} ({spread['low']:.{digits}f} to {spread['high']:.{digits}f}; {found['seeds']} seeds)"

    few = f"first_{FEW_ROWS}_rows"
    rows = [
        ("test macro-F1, trained on all 11,000 rows", "all_rows", "test", 1),
        ("valid macro-F1, trained on all 11,000 rows", "all_rows", "valid", 1),
        (f"valid macro-F1, trained on the first {FEW_ROWS} rows", few, "valid", 1),
    ]
    lines = ["| | pre-trained | same shape, random weights |", "|---|---|---|"]
    lines += [f"| {text} | {cell('pretrained', *rest)} | {cell('random', *rest)} |" for text, *rest in rows]
    lines.append(f"| cloze sentences with a right word among the first five | {results['cloze']['hits']} of {results['cloze']['of']} | |")
    summary = results["pretrained"]["all_rows"]["summary"]
    threads = "1 thread" if summary["threads"] == 1 else f"{summary['threads']} threads"
    seconds = summary["seconds"]
    made_by = results["made_by"]
    machine = f"{threads} of a processor that names itself {made_by['processor']}, multiplying in {made_by['format']}"
    lines += ["", f"A whole fine-tuning run over all rows took {seconds['low']} to {seconds['high']} seconds with {machine}."]
    return "\n".join(lines)


def write_card(results):
    """Put the table into the model card and into the README of the results, and renew the model's checksums."""
    for path in (MINI / "README.md", RESULTS / "README.md"):
        before, rest = path.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        write_atomically(path, f"{before}{BEGIN}\n{table(results)}\n{END}{after}".encode())
    files = sorted(path for path in MINI.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    write_atomically(MINI / "SHA256SUMS", sums.encode())


def main():
    """Measure what mini.json does not hold yet, then renew the cards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=RESULTS / "mini.json", type=pathlib.Path)
    parser.add_argument("--card", action="store_true", help="only copy the figures of mini.json into the two README files")
    arguments = parser.parse_args()
    if arguments.card:
        write_card(json.loads(arguments.out.read_text()))
        return
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    tokenizer = load_tokenizer(MINI)
    tables = {split: load_dataset(pathlib.Path(arguments.smsa, f"{split}_preprocess.tsv")) for split in ("train", "valid", "test")}
    results = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    results["made_by"] = {
        "command": "python -m benchmarks.mini_model",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "processor": processor(),
        "format": str(autocast_dtype("cpu")).removeprefix("torch."),
    }
    results["unit"] = "macro-F1 in percent; seconds for a whole fine-tuning run"
    results["cloze"] = measure_cloze(tokenizer)
    print("cloze:", results["cloze"]["hits"], "of", results["cloze"]["of"])
    for split in ("valid", "test"):  # equal lengths together: less padding, the same predictions
        tables[split] = tables[split].sort_values("text", key=lambda texts: texts.str.len(), ignore_index=True)
    few = {"train": tables["train"][:FEW_ROWS], "valid": tables["valid"]}
    few_name = f"first_{FEW_ROWS}_rows"
    plan = [("pretrained", "all_rows"), ("pretrained", few_name), ("random", few_name), ("random", "all_rows")]
    for weights, name in plan:
        some, recipe = (few, PRESETS["mini"]) if name == few_name else (tables, PRESETS["laptop"])
        entry = results.setdefault(weights, {}).setdefault(name, {"runs": {}})
        entry["recipe"] = dataclasses.asdict(recipe)
        for seed in SEEDS:
            if str(seed) not in entry["runs"]:
                entry["runs"][str(seed)] = fine_tune(some, tokenizer, recipe, seed, weights == "random")
                entry["summary"] = summarise(entry["runs"])
                write(results, arguments.out)
                print(weights, name, seed, entry["runs"][str(seed)], flush=True)
    write_card(results)


def write(results, path):
    """Store the results as JSON, whole."""
    write_atomically(path, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
