"""Measure for five seeds what a forgotten mask costs; writes data/results/mask_cost.json.

    python -m benchmarks.mask_cost --smsa FOLDER

FOLDER holds SmSA's train_ and valid_preprocess.tsv. Lesson 02 trains with two
seeds and shows these figures beside them. The mini IndoBERT is fine-tuned on
the sample, and on SmSA's first 600 rows, as the lesson does it; scores are of
validation data. What stands in the file is not measured again: delete it
after new weights.
"""

import argparse
import json
import os
import pathlib
import platform
import types

import torch
import transformers

from helpers.batching import DocumentSentimentDataLoader, padding_share
from helpers.data import DocumentSentimentDataset, load_dataset
from helpers.device import autocast_dtype
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS
from helpers.mask_cost import EPOCHS, ROWS, STORED, measure_mask_cost
from helpers.model import load_tokenizer

SEEDS = range(5)
SAMPLE = ROOT / "data" / "smsa_sample"


def loaders_of(train_path, valid_path, recipe):
    """Loaders of the first rows of a training file and of all rows of a validation file."""
    tokenizer = load_tokenizer(MINI)
    options = {"max_seq_len": recipe.max_seq_len, "batch_size": recipe.batch_size}
    train_set = DocumentSentimentDataset(load_dataset(train_path)[:ROWS], tokenizer)
    valid_set = DocumentSentimentDataset(load_dataset(valid_path), tokenizer)
    return DocumentSentimentDataLoader(train_set, **options, shuffle=True), DocumentSentimentDataLoader(valid_set, **options)


def padding_shares(train_path, recipe):
    """Share of padding over all rows of a training file: in its order, and grouped by length."""
    dataset = DocumentSentimentDataset(train_path, load_tokenizer(MINI))
    options = {"max_seq_len": recipe.max_seq_len, "batch_size": recipe.batch_size}
    torch.manual_seed(0)
    shares = {
        name: round(padding_share(DocumentSentimentDataLoader(dataset, **options, shuffle=name == "grouped")), 3)
        for name in ("longest", "grouped")
    }
    return {"rows": len(dataset), "batch_size": recipe.batch_size, **shares}


def main():
    """Measure what is missing and write it down, run by run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=STORED, type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    recipe = PRESETS["mini"]
    lesson = types.SimpleNamespace(checkpoint=MINI, recipe=recipe, device=torch.device("cpu"))
    smsa = pathlib.Path(arguments.smsa)
    loaders = {
        "sample": loaders_of(SAMPLE / "train.tsv", SAMPLE / "valid.tsv", recipe),
        "smsa": loaders_of(smsa / "train_preprocess.tsv", smsa / "valid_preprocess.tsv", recipe),
    }
    results = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.is_file() else {}
    results["made_by"] = {
        "command": "python -m benchmarks.mask_cost",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "format": str(autocast_dtype("cpu")).removeprefix("torch."),
    }
    results["unit"] = (f"validation macro-F1 between 0 and 1, by training, then by prediction; mini IndoBERT, {ROWS} training rows, "
                       f"{EPOCHS} epochs")  # fmt: skip
    results["padding"] = padding_shares(smsa / "train_preprocess.tsv", PRESETS["laptop"])
    for seed in SEEDS:
        for name, pair in loaders.items():
            runs = results.setdefault(name, {})
            if str(seed) not in runs:
                runs[str(seed)] = measure_mask_cost(lesson, *pair, seed)
                print(name, seed, runs[str(seed)], flush=True)
                write_atomically(arguments.out, (json.dumps(results, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
