"""Measure the mini IndoBERT on the real SmSA and on the cloze sentences, and write mini.json.

    python data/results/measure.py --smsa FOLDER

FOLDER holds SmSA's train_, valid_ and test_preprocess.tsv. What stands in
mini.json already is not measured again; delete the file to start over.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import transformers  # noqa: E402

from helpers.batching import DocumentSentimentDataLoader  # noqa: E402
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset  # noqa: E402
from helpers.evaluation import document_sentiment_metrics_fn  # noqa: E402
from helpers.lesson import PRESETS  # noqa: E402
from helpers.model import forward_sequence_classification, load_model, load_tokenizer, predict_masked_word  # noqa: E402
from helpers.training import evaluate, make_optimizer, train, write_atomically  # noqa: E402

MINI = ROOT / "data" / "indobert_mini"
RESULTS = ROOT / "data" / "results"
SEEDS = range(5)
FEW_ROWS = 600


def fine_tune(tables, tokenizer, recipe, seed, random_weights):
    """One run: its scores on every split but train, in percent, and how long training took."""
    model = load_model(MINI, random_weights=random_weights, seed=seed)
    loaders = {
        split: DocumentSentimentDataLoader(
            DocumentSentimentDataset(table, tokenizer), max_seq_len=recipe.max_seq_len, batch_size=recipe.batch_size, shuffle=split == "train"
        )
        for split, table in tables.items()
    }
    started = time.monotonic()
    train(
        model, loaders["train"], loaders["valid"], make_optimizer(model, recipe.learning_rate), forward_sequence_classification,
        document_sentiment_metrics_fn, "F1", INDEX2LABEL, recipe.n_epochs, gamma=recipe.gamma, seed=seed,
    )  # fmt: skip
    run = {"seconds": round(time.monotonic() - started)}
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
    """Mean, lowest and highest of each number over the seeds."""
    names = next(iter(runs.values()))
    values = {name: [run[name] for run in runs.values()] for name in names}
    return {name: {"mean": round(statistics.mean(list_), 2), "low": min(list_), "high": max(list_)} for name, list_ in values.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=RESULTS / "mini.json", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    tokenizer = load_tokenizer(MINI)
    tables = {split: load_dataset(pathlib.Path(arguments.smsa, f"{split}_preprocess.tsv")) for split in ("train", "valid", "test")}
    results = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    results["made_by"] = {
        "command": "python data/results/measure.py",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "threads": torch.get_num_threads(),
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


def write(results, path):
    write_atomically(path, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
