"""Lesson 4: for each exercise the right answer, and typical wrong ones with the mistake that has to be named."""

import torch

from helpers.bugs import KEY


def accumulated(w, parts, divide="rows", clear=False):
    """Gradient accumulation as a learner writes it, with the usual things gone wrong."""
    rows = sum(len(x) for x, _ in parts)
    for x, y in parts:
        loss = (w * x - y) ** 2
        loss = {"rows": loss.sum() / rows, "nothing": loss.mean(), "parts": loss.mean() / len(parts), "sum": loss.sum()}[divide]
        if clear:
            w.grad = None
        loss.backward()
    return w.grad


def swapped(one, other):
    """The key with two letters exchanged."""
    return {**KEY, one: KEY[other], other: KEY[one]}


ANSWERS = {
    "ex1": (
        [accumulated, lambda w, parts: float(accumulated(w, parts))],
        [
            (lambda w, parts: accumulated(w, parts, divide="nothing"), "not_divided"),
            (lambda w, parts: accumulated(w, parts, divide="parts"), "equal_parts"),
            (lambda w, parts: accumulated(w, parts, clear=True), "last_part"),
            (lambda w, parts: accumulated(w, parts, divide="nothing", clear=True), "last_part"),
            (lambda w, parts: accumulated(w, parts, divide="sum"), "summed"),
            (lambda w, parts: torch.cat([(w * x - y) ** 2 for x, y in parts]).mean().item(), "loss"),
            (lambda w, parts: torch.tensor(1.0), "other"),
            (lambda w: w.grad, "raised"),
            (lambda w, parts: w.grad, "nothing"),
        ],
    ),
    "ex2": (
        [(7, 4), [7, 4], torch.tensor([7, 4])],
        [
            ((4, 7), "swapped"),
            ((8, 8), "sees_all"),
            ((7, 7), "last_weights"),
            ((6, 4), "too_early"),
            ((8, 4), "too_late"),
            ((6, 3), "from_zero"),
            ((5, 2), "other"),
            (7, "not_a_list"),
        ],
    ),
    "ex3": (
        [[0.0625, 1, 0.25], (1 / 16, 1.0, 1 / 4)],
        [
            ([1, 1, 0.25], "no_warm_up"),
            ([0, 1, 0.25], "from_zero"),
            ([0.0625, 1, 0.5], "one_stair"),
            ([0.03125, 0.5, 0.125], "too_many_stairs"),
            ([6.25, 100, 25], "percent"),
            ([6.25e-6, 1e-4, 2.5e-5], "rates"),
            ([0.5, 1, 0.5], "other"),
            ([0.0625, 1], "wrong_length"),
        ],
    ),
    "ex4": (
        [KEY, {letter.lower(): f" {bug}" for letter, bug in KEY.items()}],
        [
            (list(KEY.values()), "not_a_dict"),
            ({"A": "softmax_twice"}, "missing"),
            ({**KEY, "A": "dropout"}, "unknown"),
            (swapped("C", "E"), "flat"),
            (swapped("B", "E"), "long_gradient"),
            (swapped("D", "G"), "silent"),
            (swapped("A", "F"), "floor"),
            (swapped("A", "B"), "some"),
            (dict.fromkeys(KEY, "no_mask"), "some"),
        ],
    ),
}
