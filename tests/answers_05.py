"""For each of lesson 5's exercises the right answer, and typical wrong ones with the mistake that has to be named."""

import pandas as pd
import torch

from helpers.evaluation import bootstrap_differences, bootstrap_interval, middle, resampled_scores, write_submission


def repaired(list_hyp, other_hyp, list_label, seed=0):
    one, other = (resampled_scores(hyp, list_label, seed=seed) for hyp in (list_hyp, other_hyp))
    return middle(one - other)


def broken(list_hyp, other_hyp, list_label):
    return middle(resampled_scores(list_hyp, list_label, seed=0) - resampled_scores(other_hyp, list_label, seed=1))


def ends_subtracted(list_hyp, other_hyp, list_label):
    one, other = bootstrap_interval(list_hyp, list_label), bootstrap_interval(other_hyp, list_label)
    return one[0] - other[0], one[1] - other[1]


def wide(list_hyp, other_hyp, list_label):
    low, high = middle(bootstrap_differences(list_hyp, other_hyp, list_label), level=0.5)
    return low, high


def submit(list_hyp, path, start=0, **options):
    table = pd.DataFrame({"label": list(list_hyp)})
    table.index += start
    table.to_csv(path, **{"index_label": "index", **options})


ANSWERS = {
    "ex1": (
        [[0.75, 0.5], (6 / 8, 6 / 12), torch.tensor([0.75, 0.5])],
        [
            ([0.5, 0.75], "swapped"),
            ([75, 50], "percent"),
            ([8, 12], "counts"),
            ([0.64, 0.64], "accuracy"),
            ([0.6, 0.6], "f1"),
            ([0.1, 0.2], "other"),
            ([0.75], "wrong_length"),
            (0.75, "not_a_list"),
        ],
    ),
    "ex2": (
        [repaired, lambda first, second, label: repaired(first, second, label, seed=42)],
        [
            (broken, "unpaired"),
            (lambda first, second, label: repaired(second, first, label), "backwards"),
            (lambda first, second, label: bootstrap_interval(first, label), "one_model"),
            (ends_subtracted, "ends_subtracted"),
            (wide, "other"),
            (lambda first, second, label: 0.1, "not_a_list"),
            (0.1, "not_a_function"),
        ],
    ),
    "ex3": (
        [0.0998, 2 * 88 / (500 + 88) / 3],
        [
            (88 / 500, "accuracy"),
            (0.2993, "not_averaged"),
            (9.98, "percent"),
            (1.0, "perfect"),
            (0, "nothing_right"),
            (0.3333, "other"),
        ],
    ),
    "ex4": (
        [submit, write_submission, lambda labels, path: submit(labels, path) or "selesai"],
        [
            (lambda labels, path: submit(labels, path, header=False), "no_header"),
            (lambda labels, path: submit(labels, path, index=False), "no_index"),
            (lambda labels, path: submit(labels, path, start=1), "from_one"),
            (lambda labels, path: submit(sorted(labels), path), "other_order"),
            (lambda labels, path: submit(labels, path, sep=";"), "other"),
            (lambda labels, path: None, "no_file"),
            (lambda labels: None, "raised"),
        ],
    ),
}
