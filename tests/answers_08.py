"""Lesson 8: for each exercise the right answer, and typical wrong ones with the mistake that has to be named."""

import pandas as pd
from sklearn.model_selection import train_test_split

from helpers.clinic import oversample


def split(table, seed):
    return train_test_split(table, test_size=0.2, stratify=table["label"], random_state=seed)


def repaired(table, seed):
    train, test = split(table, seed)
    return oversample(train, seed), test


def leaking(table, seed):
    return split(oversample(table, seed), seed)


def both_copied(table, seed):
    train, test = split(table, seed)
    return oversample(train, seed), oversample(test, seed)


def without_copies(table, seed):
    train, test = leaking(table, seed)
    train = train[~train["text"].isin(test["text"])]
    return oversample(train.drop_duplicates(), seed), test.drop_duplicates()


def undersampled(table, seed):
    train, test = split(table, seed)
    least = train["label"].value_counts().min()
    return pd.concat([rows.sample(least, random_state=seed) for _, rows in train.groupby("label")]), test


def plain(text):
    return " ".join(text.lower().split())


def leaks(train_texts, test_texts):
    known = {plain(text) for text in train_texts}
    return sum(plain(text) in known for text in test_texts) / len(test_texts)


ANSWERS = {
    "ex1": (
        [repaired, lambda table, seed: list(repaired(table, seed))],
        [
            (leaking, "leaks"),
            (both_copied, "test_copied"),
            (split, "not_balanced"),
            (undersampled, "rows_lost"),
            (lambda table, seed: repaired(table, seed)[0], "not_two"),
            (lambda table: repaired(table, 0), "raised"),
        ],
    ),
    "ex2": (
        [6.0, 100 * 0.06],
        [
            (0.06, "fraction"),
            (-6.0, "backwards"),
            (6.0 / 0.86, "relative"),
            (7.0, "best_only"),
            (18.0, "summed"),
            (3.0, "other"),
        ],
    ),
    "ex3": (
        [leaks, lambda train_texts, test_texts: pd.Series([plain(t) in {plain(x) for x in train_texts} for t in test_texts]).mean()],
        [
            (lambda train_texts, test_texts: sum(text in train_texts for text in test_texts) / len(test_texts), "exact"),
            (lambda train_texts, test_texts: leaks(train_texts, test_texts) * len(test_texts), "count"),
            (lambda train_texts, test_texts: 100 * leaks(train_texts, test_texts), "percent"),
            (lambda train_texts, test_texts: leaks(test_texts, train_texts), "of_train"),
            (lambda train, test: sum(any(plain(t) in plain(x) for x in train) for t in test) / len(test), "inside"),
            (lambda train_texts, test_texts: sum(text in {plain(x) for x in train_texts} for text in test_texts) / len(test_texts),
             "only_case"),
            (lambda train_texts, test_texts: 0.0, "other"),
        ],
    ),
    "ex4": (
        [[1, 5, 6, 7, 9], (9, 7, 6, 5, 1)],
        [
            ([5, 6, 7, 9], "missed_oversampling"),
            ([1, 6, 7, 9], "missed_accuracy"),
            ([1, 5, 7, 9], "missed_best_seed"),
            ([1, 5, 6, 9], "missed_lexicon"),
            ([1, 5, 6, 7], "missed_other_data"),
            ([1, 2, 5, 6, 7, 9], "too_many"),
            ([0, 1, 5], "not_habits"),
        ],
    ),
}  # fmt: skip
