"""Count and compare on the real SmSA what lesson 01 quotes; writes data/results/smsa_counts.json.

    python -m benchmarks.smsa_counts --smsa FOLDER

FOLDER holds SmSA's train_, valid_ and test_preprocess.tsv. Models are compared
on validation data only; of the test split rows are counted, nothing more.
"""

import argparse
import json
import os
import pathlib
import platform

import numpy as np
import sklearn

from helpers.data import INDEX2LABEL, load_dataset, tfidf_baseline
from helpers.evaluation import macro_f1
from helpers.files import ROOT, write_atomically
from helpers.first_models import fit_bag_of_words, guess_sentiment
from helpers.scoreboard import negation_pairs_right

OUT = ROOT / "data" / "results" / "smsa_counts.json"
COUNTED = (".", "nya", "tidak", "enak", "tidak enak", "tidak ramah")  # words and pairs of which the lesson shows how often they occur
RESAMPLES, LEVEL = 2000, 0.95


def texts_with(words, texts):
    """Of how many texts some words are a part, as whole words next to each other.

    Examples
    --------
    >>> texts_with("tidak enak", ["tidak enak .", "tidak enakan"])
    1
    """
    return sum(f" {words} " in f" {text} " for text in texts)


def difference(first, second, truth):
    """Interval of the difference of two methods' macro-F1 when the rows are drawn again, the same rows for both (lesson 01).

    Returns
    -------
    list of float
        Lowest and highest value of the middle 95 %.
    """
    first, second, truth = (np.asarray(labels) for labels in (first, second, truth))
    rows = np.random.default_rng(42).integers(len(truth), size=(RESAMPLES, len(truth)))
    drawn = macro_f1(first[rows], truth[rows], 3) - macro_f1(second[rows], truth[rows], 3)
    return np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).round(4).tolist()


def describe_splits(tables):
    """Rows, classes, words and duplicates of each split, as lesson 01 counts them.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        By split, ``train`` among them.
    """
    seen = set(tables["train"]["text"])
    found = {}
    for split, table in tables.items():
        share = table["label"].value_counts(normalize=True)
        found[split] = {
            "rows": len(table),
            "percent": {INDEX2LABEL[index]: round(100 * float(share.get(index, 0)), 1) for index in INDEX2LABEL},
            "mean_words": round(float(table["text"].str.split().str.len().mean()), 1),
            "duplicates": int(table["text"].duplicated().sum()),
            "in_train": int(table["text"].isin(seen).sum()),
        }
    return found


def compare(train_table, valid_table):
    """Intervals of differences on validation data, and negation pairs, of rules, bag of words and TF-IDF."""
    texts, labels = train_table["text"], train_table["label"]
    methods = {
        "rules": lambda rows: [guess_sentiment(text) for text in rows],
        "bag_of_words": fit_bag_of_words(texts, labels).predict,
        "tfidf": tfidf_baseline().fit(texts, labels).predict,
    }
    said = {method: predict(valid_table["text"]) for method, predict in methods.items()}
    return {
        "difference": {
            f"tfidf - {other}": difference(said["tfidf"], said[other], valid_table["label"]) for other in ("rules", "bag_of_words")
        },
        "negation_pairs": {method: negation_pairs_right(predict) for method, predict in methods.items()},
    }


def count(train_table):
    """Training texts with some words, and the share of each class's texts that hold *tidak*."""
    with_tidak = train_table["text"].map(lambda text: "tidak" in text.split())
    return {
        "train_texts_with": {words: texts_with(words, train_table["text"]) for words in COUNTED},
        "share_with_tidak": {
            name: round(float(with_tidak[train_table["label"] == index].mean()), 3) for index, name in INDEX2LABEL.items()
        },
    }


def main():
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smsa", default=os.environ.get("SMSA_DIR"), help="folder with the real SmSA (default: $SMSA_DIR)")
    parser.add_argument("--out", default=OUT, type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.smsa is None:
        parser.error("--smsa or the environment variable SMSA_DIR is needed")
    tables = {split: load_dataset(pathlib.Path(arguments.smsa, f"{split}_preprocess.tsv")) for split in ("train", "valid", "test")}
    results = {
        "made_by": {
            "command": "python -m benchmarks.smsa_counts",
            "versions": f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}",
        },
        "unit": "difference: 95 % interval of a difference in validation macro-F1, between -1 and 1; negation_pairs: both sentences right, of 60",
        "splits": describe_splits(tables),
        **count(tables["train"]),
        **compare(tables["train"], tables["valid"]),
    }
    write_atomically(arguments.out, (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())
    print(json.dumps(results, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
