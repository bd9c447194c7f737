"""Lesson 5's exercises; their texts are in ``data/exercises/05.toml``."""

import functools
import pathlib
import tempfile

import numpy as np

from helpers.evaluation import bootstrap_differences, bootstrap_interval, document_sentiment_metrics_fn, middle
from helpers.exercises.answers import Mistake, called, close, number, numbers


def named(answered, wrong, **values):
    """Raise the mistake whose numbers were given, or ``other`` when they are none of them."""
    for name, value in wrong.items():
        if all(close(one, other) for one, other in zip(answered, value)):
            raise Mistake(name)
    raise Mistake("other", **values)


# Of 12 negative texts 6 are found; 8 texts are called negative.
PRECISION, RECALL = 6 / 8, 6 / 12


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """Precision and recall of one class, read from a matrix, as two numbers."""
    found, right = numbers(answer, length=2), (PRECISION, RECALL)
    if all(close(one, other) for one, other in zip(found, right)):
        return
    f1 = 2 * 6 / (8 + 12)
    wrong = {"swapped": (RECALL, PRECISION), "percent": (100 * PRECISION, 100 * RECALL), "counts": (8, 12), "accuracy": (0.64, 0.64)}
    named(found, {**wrong, "f1": (f1, f1)}, found=", ".join(f"{value:.3f}" for value in found))


@functools.cache
def two_models():
    """Predicted classes of two models that err on mostly the same rows, and the true ones; 200 rows."""
    draw = np.random.default_rng(5)
    label = draw.integers(0, 3, 200)
    hard = draw.random(200) < 0.3
    first = np.where(hard & (draw.random(200) < 0.7), (label + 1) % 3, label)
    second = np.where(hard & (draw.random(200) < 0.9), (label + 1) % 3, label)
    return first.tolist(), second.tolist(), label.tolist()


def ex2(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(list_hyp, other_hyp, list_label)``, which returns low and high."""
    first, second, label = two_models()
    found = numbers(called(answer, first, second, label), length=2)
    with_itself = numbers(called(answer, first, first, label), length=2)
    right = middle(bootstrap_differences(first, second, label))
    intervals = [bootstrap_interval(hyp, label) for hyp in (first, second)]
    if close(found[0], -right[1], 0.02) and close(found[1], -right[0], 0.02):
        raise Mistake("backwards")
    for interval in intervals:
        if all(close(one, other, 0.02) for one, other in zip(found, interval)):
            raise Mistake("one_model")
    if all(close(one, high - low, 0.02) for one, (low, high) in zip(found, zip(*reversed(intervals)))):
        raise Mistake("ends_subtracted")
    if any(abs(end) > 1e-9 for end in with_itself):
        raise Mistake("unpaired", low=with_itself[0], high=with_itself[1])
    if not all(close(one, other, 0.02) for one, other in zip(found, right)):
        raise Mistake("other", low=found[0], high=found[1])


def ex3(answer, lesson):  # noqa: ARG001
    """What a perfect model scores on the masked test file, as a number."""
    truth = ["positive"] * 208 + ["neutral"] * 88 + ["negative"] * 204
    right = document_sentiment_metrics_fn(truth, ["neutral"] * len(truth))["F1"]
    found = number(answer)
    if close(found, right):
        return
    wrong = {"accuracy": 88 / 500, "not_averaged": 3 * right, "percent": 100 * right, "perfect": 1.0, "nothing_right": 0.0}
    named([found], {name: [value] for name, value in wrong.items()}, found=found)


def ex4(answer, lesson):  # noqa: ARG001
    """The function ``submit(list_hyp, path)``, which writes a file."""
    labels = ["positive", "negative", "neutral", "negative"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "pred.txt")
        try:
            called(answer, labels, path)
        except Mistake as mistake:
            if mistake.name != "nothing":  # a function that writes need not return anything
                raise
        if not path.is_file():
            raise Mistake("no_file", file=path.name)
        lines = path.read_text(encoding="utf-8").strip().splitlines()
    rows = [f"{place},{label}" for place, label in enumerate(labels)]
    if lines == ["index,label", *rows]:
        return
    if lines == rows:
        raise Mistake("no_header")
    if lines[1:] == labels or lines == labels:
        raise Mistake("no_index")
    if lines[1:] == [f"{place},{label}" for place, label in enumerate(labels, start=1)]:
        raise Mistake("from_one")
    if sorted(line.split(",")[-1] for line in lines[1:]) == sorted(labels) and lines[1:] != rows:
        raise Mistake("other_order")
    raise Mistake("other", found=" | ".join(lines[:2])[:60])
