"""Lesson 4's exercises; their texts are in ``data/exercises/04.toml``."""

import torch

from helpers.bugs import BUGS, KEY
from helpers.exercises.answers import Mistake, called, close, described, number, numbers

ROWS_IN_PARTS = (5, 3)  # of the batch in exercise 1, in two unequal parts
SCORES = (0.61, 0.70, 0.69, 0.72, 0.71, 0.70, 0.72, 0.75)  # of exercise 2, by epoch
PATIENCE = 3
N_BATCHES, GAMMA, STEPS = 40, 0.5, (0, 20, 100)  # of exercise 3: four epochs, a tenth of all steps warm-up
WARM_UP = 16


def gradient(w, x, y):
    """Gradient of the mean of (w x - y)², as a float."""
    return float((2 * (w * x - y) * x).mean())


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """The function ``accumulated(w, parts)``: the gradient of the mean loss over all rows, gathered part by part."""
    w, x = torch.tensor(2.0, requires_grad=True), torch.arange(1.0, 9.0)
    y = torch.tensor([1.0, 0.0, 4.0, 2.0, 9.0, 3.0, 5.0, 8.0])
    parts = list(zip(x.split(ROWS_IN_PARTS), y.split(ROWS_IN_PARTS)))
    found = number(called(answer, w, parts))
    right = gradient(2.0, x, y)
    if close(found, right):
        return
    each = [gradient(2.0, *part) for part in parts]
    shares = [rows / len(x) for rows in ROWS_IN_PARTS]
    wrong = [
        ("not_divided", sum(each)),
        ("equal_parts", sum(each) / len(each)),
        ("last_part", shares[-1] * each[-1]),
        ("last_part", each[-1]),
        ("summed", len(x) * right),
        ("loss", float(((2.0 * x - y) ** 2).mean())),
    ]
    for name, value in wrong:
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found, wanted=right)


def ex2(answer, lesson):  # noqa: ARG001
    """Two numbers: the last epoch that is run, and the epoch whose weights are restored."""
    last, restored = numbers(answer, length=2)
    wrong = {(4, 7): "swapped", (8, 8): "sees_all", (7, 7): "last_weights", (6, 4): "too_early", (8, 4): "too_late", (6, 3): "from_zero"}
    if (last, restored) != (7, 4):
        raise Mistake(wrong.get((last, restored), "other"), last=last, restored=restored)


def shares_of_peak(warm_up=WARM_UP, first=1, epochs_late=0):
    """The learning rate at `STEPS`, as shares of its peak."""
    return [min(1.0, (step + first) / warm_up) * GAMMA ** max(0, step // N_BATCHES - epochs_late) for step in STEPS]


def ex3(answer, lesson):  # noqa: ARG001
    """Three numbers: the learning rate at three steps, as shares of its peak."""
    found = numbers(answer, length=len(STEPS))
    wrong = {
        "no_warm_up": [1.0, *shares_of_peak()[1:]],
        "from_zero": shares_of_peak(first=0),
        "one_stair": shares_of_peak(epochs_late=1),
        "too_many_stairs": shares_of_peak(epochs_late=-1),
        "percent": [100 * share for share in shares_of_peak()],
    }
    if all(close(one, other) for one, other in zip(found, shares_of_peak())):
        return
    for name, values in wrong.items():
        if all(close(one, other) for one, other in zip(found, values)):
            raise Mistake(name)
    if all(0 < value < 0.01 for value in found):
        raise Mistake("rates")
    right = sum(close(one, other) for one, other in zip(found, shares_of_peak()))
    raise Mistake("other", right=right)


def ex4(answer, lesson):  # noqa: ARG001
    """A dict: which bug hides behind each letter of the game."""
    if not isinstance(answer, dict):
        raise Mistake("not_a_dict", found=described(answer))
    found = {str(letter).strip().upper(): str(bug).strip().lower() for letter, bug in answer.items()}
    missing = sorted(set(KEY) - set(found))
    if missing:
        raise Mistake("missing", letters=", ".join(missing))
    unknown = sorted(set(found.values()) - set(BUGS))
    if unknown:
        raise Mistake("unknown", names=", ".join(unknown))
    letters = {bug: letter for letter, bug in KEY.items()}
    swaps = {"flat": ("other_model", "test_chooses"), "long_gradient": ("other_model", "no_zero_grad"),
             "silent": ("no_train_mode", "no_mask"), "floor": ("softmax_twice", "shifted_labels")}  # fmt: skip
    for name, (one, other) in swaps.items():
        if found[letters[one]] == other and found[letters[other]] == one:
            raise Mistake(name)
    wrong = [letter for letter in KEY if found[letter] != KEY[letter]]
    if wrong:
        raise Mistake("some", right=len(KEY) - len(wrong), of=len(KEY))
