"""Measure lesson 00's methods, TF-IDF and the linear probe on the real SmSA; writes data/results/first_models.json.

    python -m benchmarks.first_models --smsa FOLDER [--only probe]

FOLDER holds SmSA's train_ and valid_preprocess.tsv. The lessons put these
figures beside those of the bundled sample, where one seed or 150 rows decide
nothing. Validation data only: the test split is for finished models. With
`--only probe` what hangs on the mini IndoBERT's weights is measured again,
and the rest of the file stays.
"""

import argparse
import json
import os
import pathlib
import platform

import numpy as np
import sklearn
import torch
from transformers import AutoModel

from helpers.data import INDEX2LABEL, load_dataset, tfidf_baseline
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import MINI, ROOT, write_atomically
from helpers.first_models import fit_bag_of_words, fit_network, guess_sentiment, network_labels, number_words, share_with_listed_word
from helpers.look_inside import fit_probe, random_encoder, text_vectors
from helpers.model import load_tokenizer
from helpers.scoreboard import thread_texts

OUT = ROOT / "data" / "results" / "first_models.json"
SEEDS = range(5)
UNIT = (
    "macro-F1 on the real SmSA's validation split, between 0 and 1; the small network once for each seed 0 to 4; "
    "random_probe: the linear probe on bodies with random weights, seeds 0 to 2"
)
RANDOM_BODIES = range(3)  # seeds of the probe's control
STRONGEST = 8  # words shown for a class


def predictors(train_rows, valid_rows):
    """For each method, what maps texts to labels: one function a seed."""
    texts, labels = train_rows
    most = int(labels.mode()[0])
    bag, tfidf = fit_bag_of_words(texts, labels), tfidf_baseline().fit(texts, labels)
    number_of = number_words(texts)
    networks = [fit_network(train_rows, valid_rows, number_of, seed=seed)[0] for seed in SEEDS]
    return bag, {
        "majority": [lambda rows: [most] * len(rows)],
        "rules": [lambda rows: [guess_sentiment(text) for text in rows]],
        "bag_of_words": [bag.predict],
        "small_network": [lambda rows, network=network: network_labels(network, rows, number_of) for network in networks],
        "tfidf": [tfidf.predict],
    }


def strongest_words(bag):
    """The words with the largest weights for the positive and the negative class."""
    words, weights = bag[0].get_feature_names_out(), bag[-1].coef_
    return {INDEX2LABEL[index]: words[np.argsort(weights[index])[::-1][:STRONGEST]].tolist() for index in (0, 2)}


def measure(train_table, valid_table):
    """Scores on validation data, how often a rule finds a word there, the words that weigh most, and the labels of the red thread."""
    rows = [(table["text"], table["label"]) for table in (train_table, valid_table)]
    bag, methods = predictors(*rows)

    def score(predict):
        return round(document_sentiment_metrics_fn(list(predict(valid_table["text"])), valid_table["label"])["F1"], 4)

    return {
        "rows": {"train": len(train_table), "valid": len(valid_table)},
        "valid": {method: [score(predict) for predict in runs] for method, runs in methods.items()},
        "share_with_listed_word": round(share_with_listed_word(valid_table["text"]), 3),
        "strongest_words": strongest_words(bag),
        "thread": {
            method: [[INDEX2LABEL[int(label)] for label in predict(thread_texts())] for predict in runs]
            for method, runs in methods.items()
            if method != "majority"  # it says the same about every sentence
        },
    }


def probe(encoder, tokenizer, train_table, valid_table):
    """Validation score and labels of the red thread of a linear probe on a frozen body."""
    fitted = fit_probe(text_vectors(encoder, tokenizer, train_table["text"]), train_table["label"])
    labels, thread = (
        fitted.predict(text_vectors(encoder, tokenizer, texts).numpy()).tolist() for texts in (valid_table["text"], thread_texts())
    )
    score = document_sentiment_metrics_fn(labels, valid_table["label"])["F1"]
    return round(score, 4), [INDEX2LABEL[label] for label in thread]


def with_probe(results, train_table, valid_table):
    """Results in which the probe's part is measured anew: on the mini IndoBERT, and on random bodies of its shape."""
    tokenizer = load_tokenizer(MINI)
    encoder = AutoModel.from_pretrained(MINI, dtype=torch.float32).eval()
    score, thread = probe(encoder, tokenizer, train_table, valid_table)
    random_scores = [probe(random_encoder(MINI, seed), tokenizer, train_table, valid_table)[0] for seed in RANDOM_BODIES]
    return {
        **results,
        "unit": UNIT,
        "valid": {**results["valid"], "linear_probe": [score]},
        "random_probe": random_scores,
        "thread": {**results["thread"], "linear_probe": [thread]},
    }


def main():
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=OUT, type=pathlib.Path)
    parser.add_argument("--only", choices=["probe"], help="measure only this part again")
    arguments = parser.parse_args()
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    tables = [load_dataset(pathlib.Path(arguments.smsa, f"{split}_preprocess.tsv")) for split in ("train", "valid")]
    if arguments.only == "probe":
        results = json.loads(arguments.out.read_text(encoding="utf-8"))
    else:
        results = {
            "made_by": {
                "command": "python -m benchmarks.first_models",
                "versions": f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn {sklearn.__version__}",
            },
            **measure(*tables),
        }
    results = with_probe(results, *tables)
    write_atomically(arguments.out, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())
    for method, scores in results["valid"].items():
        print(f"{method:14s}", *scores)


if __name__ == "__main__":
    main()
