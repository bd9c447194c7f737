"""Measure what lesson 04 says of its recipe, on the bundled sample and on several seeds; writes data/results/training.json.

    python -m benchmarks.training_choices

Four learning rates, one rate for body and head together, and random weights,
by the recipe of the pre-trained model and by one of their own (a higher rate,
twice the epochs). It needs neither a network nor the real SmSA; about eight
minutes on one core. What stands in training.json already is not
measured again; delete the file to start over.
"""

import argparse
import dataclasses
import json
import pathlib
import platform

import torch
import transformers

from benchmarks.mini_model import SAMPLE, negation_share
from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset
from helpers.device import attention_for_training, autocast_dtype, processor
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, write_atomically
from helpers.lesson import PRESETS
from helpers.model import forward_sequence_classification, load_model, load_tokenizer
from helpers.training import make_optimizer, train

OUT = ROOT / "data" / "results" / "training.json"
SEEDS = range(3)
RECIPE = PRESETS["mini"]
OWN_EPOCHS = 2 * RECIPE.n_epochs  # of random weights


def times(factor):
    """The recipe with both of its rates multiplied."""
    return dataclasses.replace(RECIPE, learning_rate=factor * RECIPE.learning_rate, head_learning_rate=factor * RECIPE.head_learning_rate)


#: What is measured: its name, whether the weights are random, and the recipe.
PLAN = {
    "times 1": (False, RECIPE),
    "random": (True, RECIPE),
    "times 100": (False, times(100)),
    "times 0.01": (False, times(0.01)),
    "times 10": (False, times(10)),
    "one rate": (False, dataclasses.replace(RECIPE, head_learning_rate=RECIPE.learning_rate)),
    "random, own recipe": (True, dataclasses.replace(RECIPE, learning_rate=5e-4, n_epochs=OWN_EPOCHS, gamma=0.8)),
}


def run(random_weights, recipe, seed):
    """One fine-tuning on the sample: macro-F1 on valid of the best epoch, in percent, and what each epoch was like.

    Parameters
    ----------
    random_weights : bool
    recipe : helpers.lesson.Preset
    seed : int

    Returns
    -------
    dict
        ``valid``; by epoch ``train_loss`` and ``valid_loss`` (nats) and ``F1``; ``negation``: percent of the minimal pairs of which both
        are right.
    """
    tokenizer = load_tokenizer(MINI)
    model = load_model(MINI, random_weights=random_weights, seed=seed, attn_implementation=attention_for_training("cpu"))
    datasets = {split: DocumentSentimentDataset(SAMPLE / f"{split}.tsv", tokenizer) for split in ("train", "valid")}
    sizes = {"max_seq_len": recipe.max_seq_len, "batch_size": recipe.batch_size}
    history = train(
        model=model,
        train_loader=DocumentSentimentDataLoader(datasets["train"], **sizes, shuffle=True),
        valid_loader=DocumentSentimentDataLoader(datasets["valid"], **sizes),
        optimizer=make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate),
        forward_fn=forward_sequence_classification,
        metrics_fn=document_sentiment_metrics_fn,
        valid_criterion="F1",
        i2w=INDEX2LABEL,
        n_epochs=recipe.n_epochs,
        early_stop=recipe.n_epochs,
        gamma=recipe.gamma,
        seed=seed,
    )
    return {
        "valid": round(100 * float(history["F1"].max()), 2),
        **{name: [round(float(value), 4) for value in history[name]] for name in ("train_loss", "valid_loss", "F1")},
        "negation": round(100 * negation_share(model, tokenizer), 1),
    }


def main():
    """Measure what training.json does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=OUT, type=pathlib.Path)
    path = parser.parse_args().out
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": {}}
    results["made_by"] = {
        "command": "python -m benchmarks.training_choices",
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}",
        "processor": processor(),
        "format": str(autocast_dtype("cpu")).removeprefix("torch."),
    }
    results["unit"] = "macro-F1 on the sample's validation split and negation pairs in percent, loss in nats; best epoch of a run"
    for seed in SEEDS:
        for name, (random_weights, recipe) in PLAN.items():
            entry = results["runs"].setdefault(name, {"recipe": dataclasses.asdict(recipe), "seeds": {}})
            if str(seed) not in entry["seeds"]:
                entry["seeds"][str(seed)] = run(random_weights, recipe, seed)
                write_atomically(path, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
                print(name, seed, entry["seeds"][str(seed)], flush=True)


if __name__ == "__main__":
    main()
