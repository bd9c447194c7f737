"""Lesson 2's exercises; their texts are in ``data/exercises/02.toml``."""

import torch

from helpers.exercises.answers import Mistake, called, close, described, numbers, require_answer


def same(found, wanted):
    """Whether two lists of numbers agree."""
    return all(close(one, other) for one, other in zip(found, wanted, strict=True))


def rows_of(value, wanted):
    """An answer as rows of numbers, as many and as long as those wanted; yes and no count as 1 and 0."""
    found = require_answer(value)
    found = found.tolist() if hasattr(found, "tolist") else found
    if not isinstance(found, (list, tuple)):
        raise Mistake("not_a_list", found=described(value))
    if len(found) != len(wanted):
        raise Mistake("wrong_length", found=len(found), wanted=len(wanted))
    rows = []
    for row in found:
        row = [int(part) if isinstance(part, bool) else part for part in row] if isinstance(row, (list, tuple)) else row
        rows.append(numbers(row, length=len(wanted[0])))
    return rows


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """Share of padding for the lengths 2, 10, 8, 6 in batches of two: in this order, and sorted."""
    subwords, in_order, by_length = 2 + 10 + 8 + 6, 2 * 10 + 2 * 8, 2 * 6 + 2 * 10
    right = [1 - subwords / in_order, 1 - subwords / by_length]
    found = numbers(answer, length=2)
    if same(found, right):
        return
    wrong = {
        "swapped": right[::-1],
        "percent": [100 * share for share in right],
        "real": [1 - share for share in right],
        "counts": [in_order - subwords, by_length - subwords],
        "widest": [1 - subwords / 40] * 2,
        "mean_of_batches": [(8 / 20 + 2 / 16) / 2, (4 / 12 + 2 / 20) / 2],
        "same_order": [right[0], right[0]],
    }
    for name, values in wrong.items():
        if same(found, values):
            raise Mistake(name)
    raise Mistake("other", order=found[0], sorted=found[1])


#: Scores, and which of them belong to text: at the end, in the middle, and with scores below 0.
SCORES = (([2.0, 1.0, 0.5, 0.5], [1, 1, 0, 0]), ([0.0, -1.0, 3.0], [1, 0, 1]), ([-2.0, -1.0, -4.0, 0.3], [0, 1, 1, 1]))


def ex2(answer, lesson):  # noqa: ARG001
    """The function ``repaired(scores, real)``, which hides padding from a softmax."""
    for scores, real in SCORES:
        scores, real = torch.tensor(scores), torch.tensor(real)
        right = scores.masked_fill(real == 0, float("-inf")).softmax(-1).tolist()
        found = numbers(called(answer, scores, real), length=len(right))
        if same(found, right):
            continue
        wrong = {
            "late": scores.softmax(-1) * real,
            "no_mask": scores.softmax(-1),
            "zero_score": scores.masked_fill(real == 0, 0.0).softmax(-1),
            "inverted": scores.masked_fill(real == 1, float("-inf")).softmax(-1),
            "no_softmax": scores * real / (scores * real).sum(),
            "not_divided": scores.exp() * real,
        }
        for name, values in wrong.items():
            if same(found, values.tolist()):
                raise Mistake(name)
        raise Mistake("other", scores=scores.tolist(), real=real.tolist(), found=[round(value, 3) for value in found])


IN_FRONT = [[0, 0, 1, 1, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 1]]


def ex3(answer, lesson):  # noqa: ARG001
    """The function ``positions_of(mask)``: positions counted from the first subword of each row."""
    found = rows_of(called(answer, torch.tensor(IN_FRONT)), IN_FRONT)

    def on_text(rows):
        return [value for row, marks in zip(rows, IN_FRONT) for value, mark in zip(row, marks) if mark]

    counted = on_text([range(-marks.count(0), len(marks) - marks.count(0)) for marks in IN_FRONT])
    text = on_text(found)
    if text == counted:
        if min(min(row) for row in found) < 0:
            raise Mistake("negative")
        return
    wrong = {
        "from_the_left": on_text([range(len(marks)) for marks in IN_FRONT]),
        "from_one": [place + 1 for place in counted],
        "mask": [1] * len(counted),
        "backwards": on_text([range(len(marks) - 1, -1, -1) for marks in IN_FRONT]),
    }
    for name, values in wrong.items():
        if text == values:
            raise Mistake(name)
    raise Mistake("other", mask=IN_FRONT[0], found=found[0])


def ex4(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(rows)``, which returns subwords and mask."""
    rows = [[2, 7, 8, 3], [2, 3], [2, 9, 10, 11, 12, 3], [2, 5, 3]]
    width = max(map(len, rows))
    subword = [row + [0] * (width - len(row)) for row in rows]
    found = called(answer, rows)
    if not isinstance(found, (list, tuple)) or len(found) != 2:
        raise Mistake("not_a_pair", found=described(found))
    if rows_of(found[0], subword) != subword:
        raise Mistake("subword")

    def marks(more):
        return [[int(place < len(row) + more) for place in range(width)] for row in rows]

    mask, right = rows_of(found[1], subword), marks(0)
    if mask == right:
        return
    wrong = {
        "one_too_many": marks(1),
        "one_too_few": marks(-1),
        "all_ones": marks(width),
        "inverted": [[1 - mark for mark in row] for row in right],
    }
    for name, values in wrong.items():
        if mask == values:
            raise Mistake(name)
    raise Mistake("other", row=rows[0], mask=[int(mark) for mark in mask[0]])
