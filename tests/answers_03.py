"""Lesson 3: right answers, and typical wrong ones with the mistake that has to be named."""

import math

import torch


def attend(query, key, value, mask, root=0.5, fill=float("-inf")):
    scores = query @ key.T / key.size(-1) ** root
    return scores.masked_fill(mask == 0, fill).softmax(-1) @ value


def built_in(query, key, value, mask):
    return torch.nn.functional.scaled_dot_product_attention(query[None], key[None], value[None], attn_mask=mask.bool()[None])[0]


def evened_out(query, key, value, mask):
    weights = (query @ key.T / key.size(-1) ** 0.5).softmax(-1) * mask
    return weights / weights.sum(-1, keepdim=True) @ value


def still_broken(query, key, value, mask):
    return (query @ key.T / key.size(-1) ** 0.5).softmax(-1) * mask @ value


def down_the_columns(query, key, value, mask):
    scores = (query @ key.T / key.size(-1) ** 0.5).masked_fill(mask[:, None] == 0, float("-inf"))
    return scores.softmax(0) @ value


def rows_hidden(query, key, value, mask):
    scores = (query @ key.T / key.size(-1) ** 0.5).masked_fill(mask[:, None] == 0, float("-inf"))
    return scores.softmax(-1) @ value


WEIGHTS = torch.tensor([1.0, 4.0, 3.0]).softmax(-1)
LOSSES = [-math.log(p) for p in (1 / 3, 0.9, 0.01)]

ANSWERS = {
    "ex1": (
        [0.71, 0.7054, WEIGHTS[1], WEIGHTS[1:2]],
        [
            (0.62, "scaled"),
            ((torch.tensor([1.0, 4.0, 3.0]) / 2).softmax(-1)[1], "divided_by_d"),
            (0.5, "not_exponential"),
            (0.26, "other_word"),
            (0.04, "other_word"),
            (4, "score"),
            (70.54, "percent"),
            (0.9, "other"),
        ],
    ),
    "ex2": (
        [124.441344, 124.4, 124.5, 124_441_344],
        [
            (109.482, "usual_vocabulary"),
            (109_482_240, "usual_vocabulary"),
            (38.4, "table_only"),
            (86.04, "without_table"),
            (497.765, "bytes"),
            (124_441, "thousands"),
            (110.0, "other"),
        ],
    ),
    "ex3": (
        [sum(LOSSES) / 3, 1.936, torch.tensor(LOSSES).mean()],
        [
            (sum(LOSSES), "sum"),
            (-1.9364, "sign"),
            (0.881, "log_of_mean"),
            (0.4144, "mean_probability"),
            (0.841, "base_ten"),
            (2.7936, "base_two"),
            (1.0986, "other"),
        ],
    ),
    "ex4": (
        [attend, built_in, evened_out, lambda *parts: attend(*parts, fill=-1e9), lambda *parts: attend(*parts).tolist()],
        [
            (still_broken, "mask_after_softmax"),
            (lambda q, k, v, mask: (q @ k.T / 2**0.5 * mask).softmax(-1) @ v, "zero_scores"),
            (lambda q, k, v, mask: (q @ k.T / 2**0.5).softmax(-1) @ v, "not_masked"),
            (lambda *parts: attend(*parts, root=0), "not_scaled"),
            (down_the_columns, "columns"),
            (lambda q, k, v, mask: attend(q, k, v, 1 - mask), "padding_only"),
            (lambda q, k, v, mask: (q @ k.T).softmax(-1), "shape"),
            (rows_hidden, "nan"),
            (lambda q, k, v, mask: 2 * v, "other"),
            (7.0, "not_a_function"),
        ],
    ),
}
