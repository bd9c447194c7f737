"""A training run of a few batches with a tiny BERT, for tests that train, kill and resume."""

import pathlib

import pandas as pd
import torch
from tiny_checkpoint import bundled_tokenizer

from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.model import forward_sequence_classification, load_model
from helpers.training import CHECKPOINT, NEXT_CHECKPOINT, PREVIOUS_CHECKPOINT, RECORD, make_optimizer, train

WORDS = {0: "enak lezat mantap puas", 1: "biasa informasi jadwal tiba", 2: "buruk kecewa basi lambat"}
MODEL_FILES = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
N_BATCHES = 5  # in an epoch: 20 rows, 4 a batch


def tiny_dataset(rows, first=0):
    """Rows whose label shows in their words, of different lengths."""
    texts, labels = [], []
    for row in range(first, first + rows):
        words = WORDS[row % 3].split()
        texts.append(" ".join(words[(row + step) % 4] for step in range(1 + row % 7)))
        labels.append(row % 3)
    return DocumentSentimentDataset(pd.DataFrame({"text": texts, "label": labels}), bundled_tokenizer())


def tiny_train(checkpoint, learning_rate=1e-2, n_epochs=3, **changes):
    """Train on 20 rows; returns the model, the history and the optimizer."""
    model = changes.pop("model", None)
    model = load_model(checkpoint) if model is None else model  # a compiled model has no truth value
    optimizer = make_optimizer(model, learning_rate)
    arguments = {
        "train_loader": DocumentSentimentDataLoader(tiny_dataset(20), batch_size=4, shuffle=True),
        "valid_loader": DocumentSentimentDataLoader(tiny_dataset(9, first=50), batch_size=4),
        "optimizer": optimizer, "forward_fn": forward_sequence_classification, "metrics_fn": document_sentiment_metrics_fn,
        "valid_criterion": "F1", "i2w": INDEX2LABEL, "n_epochs": n_epochs,
    }  # fmt: skip
    history = train(model, **{**arguments, **changes})
    return model, history, optimizer


def tiny_result(checkpoint, **options):
    """All that must be the same, bit by bit, however often a run was interrupted."""
    model, history, _ = tiny_train(checkpoint, **options)
    return {"weights": model.state_dict(), "history": history.to_dict("list"), "random": torch.get_rng_state()}


def differences(first, second):
    """Names of what is not the same in two results."""
    different = [name for name in first["weights"] if not torch.equal(first["weights"][name], second["weights"][name])]
    different += ["history"] * (first["history"] != second["history"])
    return different + ["random state"] * (not torch.equal(first["random"], second["random"]))


def leftovers(folder):
    """Files in a folder of checkpoints that are neither a checkpoint nor part of a model."""
    finished = {CHECKPOINT, NEXT_CHECKPOINT, PREVIOUS_CHECKPOINT, RECORD, *MODEL_FILES}
    return sorted(path.name for path in pathlib.Path(folder).iterdir() if path.name not in finished)
