"""``python -m helpers.script`` at full learning rate on a tiny BERT and a few rows; started by a launcher, or alone."""

import dataclasses
import pathlib
import runpy

import torch
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import WORDS

from helpers.lesson import PRESETS, SMSA_SHA256

# 43 rows in batches of 8: the last batch has three rows, which two processes cannot share evenly.
ROWS = {"train_preprocess.tsv": 43, "valid_preprocess.tsv": 12, "test_preprocess.tsv": 12}
RECIPE = {"batch_size": 8, "n_epochs": 3, "learning_rate": 1e-2, "gamma": 0.9}
LABELS = ("positive", "neutral", "negative")


def write_inputs(folder):
    """Data in SmSA's files and a tiny checkpoint; returns the environment in which the preset `full` finds them."""
    data = pathlib.Path(folder, "smsa")
    data.mkdir(parents=True)
    assert set(ROWS) == set(SMSA_SHA256)
    for name, rows in ROWS.items():
        texts = (" ".join((WORDS[row % 3].split() * 3)[row % 4 :][: 1 + row % 7]) for row in range(rows))
        lines = [f"{text}\t{LABELS[row % 3]}\n" for row, text in enumerate(texts)]
        (data / name).write_text("".join(lines), encoding="utf-8")
    return {
        "TUTORIAL_PRESET": "full",
        "SMSA_DIR": str(data),
        "INDOBERT_CHECKPOINT": str(write_tiny_checkpoint(pathlib.Path(folder, "tiny"))),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    # bfloat16, where the processor has units for it, rounds far more than the differences that are looked for
    torch.cpu._is_avx512_bf16_supported = torch.cpu._is_amx_tile_supported = lambda: False
    PRESETS["full"] = dataclasses.replace(PRESETS["full"], **RECIPE)  # at its own rate, 5e-6, hardly a weight would move
    runpy.run_module("helpers.script", run_name="__main__")
