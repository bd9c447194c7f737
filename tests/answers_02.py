"""Lesson 2: for each exercise the right answer, and typical wrong ones with the mistake that has to be named."""

import torch

RIGHT = [10 / 36, 6 / 32]


def in_time(scores, real):
    return scores.masked_fill(real == 0, float("-inf")).softmax(-1)


def by_hand(scores, real):
    powers = scores.exp() * real
    return (powers / powers.sum()).tolist()


def padded(rows, more=0, pad=0):
    """Subwords, and a mask that marks so many positions more than there are subwords."""
    width = max(len(row) for row in rows)
    subword = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return subword, torch.arange(width) < lengths[:, None] + more


ANSWERS = {
    "ex1": (
        [RIGHT, (0.2778, 0.1875), torch.tensor(RIGHT)],
        [
            ([0.1875, 0.2778], "swapped"),
            ([27.78, 18.75], "percent"),
            ([0.7222, 0.8125], "real"),
            ([10, 6], "counts"),
            ([0.35, 0.35], "widest"),
            ([0.2625, 0.2167], "mean_of_batches"),
            ([0.2778, 0.2778], "same_order"),
            ([0.3, 0.2], "other"),
            ([0.2778], "wrong_length"),
            (0.2778, "not_a_list"),
            (["0.2778", 0.1875], "not_a_number"),
        ],
    ),
    "ex2": (
        [in_time, by_hand, lambda scores, real: torch.where(real.bool(), scores, torch.tensor(-1e9)).softmax(-1)],
        [
            (lambda scores, real: scores.softmax(-1) * real, "late"),
            (lambda scores, real: scores.softmax(-1), "no_mask"),
            (lambda scores, real: scores.masked_fill(real == 0, 0).softmax(-1), "zero_score"),
            (lambda scores, real: (scores * real).softmax(-1), "zero_score"),
            (lambda scores, real: scores.masked_fill(real == 1, float("-inf")).softmax(-1), "inverted"),
            (lambda scores, real: scores * real / (scores * real).sum(), "no_softmax"),
            (lambda scores, real: scores.exp() * real, "not_divided"),
            (lambda scores, real: torch.tensor([0.7, 0.3, 0.0, 0.0]), "other"),
            (lambda scores, real: scores.masked_fill(real == 0, float("nan")).softmax(-1), "not_finite"),
            (lambda scores, real: scores[real == 1].softmax(-1), "wrong_length"),
            (lambda scores: scores, "raised"),
        ],
    ),
    "ex3": (
        [
            lambda mask: (mask.cumsum(-1) - 1).clamp(min=0),
            lambda mask: (mask.cumsum(-1) - 1) * mask,
            lambda mask: [[max(0, place - row.count(0)) for place in range(len(row))] for row in mask.tolist()],
        ],
        [
            (lambda mask: torch.arange(mask.size(1)).expand_as(mask), "from_the_left"),
            (lambda mask: mask.cumsum(-1), "from_one"),
            (lambda mask: mask.cumsum(-1) - 1, "negative"),
            (lambda mask: mask, "mask"),
            (lambda mask: torch.arange(mask.size(1)).flip(0).expand_as(mask), "backwards"),
            (lambda mask: mask * 7, "other"),
            (lambda mask: torch.arange(mask.size(1)), "wrong_length"),
            (lambda mask: [1, 2, 3], "not_a_list"),
            (lambda mask: mask.missing, "raised"),
        ],
    ),
    "ex4": (
        [padded, lambda rows: [part.tolist() for part in padded(rows)], lambda rows: tuple(part.long() for part in padded(rows))],
        [
            (lambda rows: padded(rows, 1), "one_too_many"),
            (lambda rows: padded(rows, -1), "one_too_few"),
            (lambda rows: padded(rows, 99), "all_ones"),
            (lambda rows: (padded(rows)[0], ~padded(rows)[1]), "inverted"),
            (lambda rows: padded(rows)[1], "not_a_pair"),
            (lambda rows: padded(rows, pad=1), "subword"),
            (lambda rows: (padded(rows)[0], padded(rows)[1].flip(1)), "other"),
            (lambda rows: (padded(rows)[0], padded(rows)[1][:1]), "wrong_length"),
            (lambda rows: torch.tensor(rows), "raised"),
        ],
    ),
}
