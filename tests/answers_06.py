"""Lesson 6's exercises: the right answer, and typical wrong ones with the mistake that has to be named."""

import torch

# exercise -> (right answers, [(wrong answer, name of the mistake), ...])
ANSWERS = {
    "ex1": (
        [3.2, 128 / 40, torch.tensor(3.2)],
        [
            (1 - 40 / 128, "saved"),
            (40 / 128, "inverse"),
            (8.0, "only_real"),
            (320, "count"),
            (704, "count"),
            (2.5, "other"),
            (["3.2"], "not_a_number"),
        ],
    ),
    "ex2": (
        [lambda n_layers, width, rank: 4 * n_layers * width * rank],
        [
            (lambda n_layers, width, rank: 2 * n_layers * width * rank, "half"),
            (lambda n_layers, width, rank: n_layers * width * rank, "quarter"),
            (lambda n_layers, width, rank: 4 * width * rank, "one_layer"),
            (lambda n_layers, width, rank: 2 * n_layers * width * width, "whole_matrix"),
            (lambda n_layers, width, rank: n_layers * width * width, "whole_matrix"),
            (lambda n_layers, width, rank: 2 * n_layers * rank * rank, "squared"),
            (lambda n_layers, width, rank: 2 * n_layers * (width * width + 2 * rank * width), "with_original"),
            (lambda n_layers, width, rank: 7, "other"),
            (8192, "not_a_function"),
        ],
    ),
    "ex3": (
        [lambda losses, rows: sum(loss * n for loss, n in zip(losses, rows)) / sum(rows)],
        [
            (lambda losses, rows: sum(losses) / len(losses), "mean_of_means"),
            (lambda losses, rows: sum(loss * n for loss, n in zip(losses, rows)), "not_divided"),
            (lambda losses, rows: sum(losses), "sum"),
            (lambda losses, rows: sum(loss * n for loss, n in zip(losses, rows)) / len(rows), "by_parts"),
            (lambda losses, rows: losses[-1] * rows[-1] / sum(rows), "last_part"),
            (lambda losses, rows: losses[-1], "last_part"),
            (lambda losses, rows: 9.9, "other"),
        ],
    ),
    "ex4": (
        [3000, 3000.0, torch.tensor([3000])],
        [
            (3, "units"),
            (300, "whole_step"),
            (273, "whole_step"),
            (272.7272, "whole_step"),
            (330, "seconds"),
            (42, "other"),
        ],
    ),
}
