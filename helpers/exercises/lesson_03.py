"""Lesson 3's exercises; their texts are in ``data/exercises/03.toml``."""

import math

import torch

from helpers.exercises.answers import Mistake, called, close, number


def named(found, wrong, tolerance=1e-3, **values):
    """Raise the mistake whose number was given, or ``other`` when it is none of them."""
    for name, value in wrong.items():
        if close(found, value, tolerance):
            raise Mistake(name)
    raise Mistake("other", found=found, **values)


def share(scores, place):
    """One weight of a softmax over some scores."""
    exponentials = [math.exp(score) for score in scores]
    return exponentials[place] / sum(exponentials)


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """The weight of one word without the division by the root of d, as a number."""
    found, scores = number(answer), (1.0, 4.0, 3.0)
    if close(found, share(scores, 1), 6e-3):
        return
    wrong = {
        "scaled": share([score / math.sqrt(2) for score in scores], 1),
        "divided_by_d": share([score / 2 for score in scores], 1),
        "not_exponential": 4 / 8,
        "other_word": share(scores, 2),
        "score": 4.0,
        "percent": 100 * share(scores, 1),
    }
    for name in ("percent", "other_word"):
        if close(found, wrong[name], 6e-3) or (name == "other_word" and close(found, share(scores, 0), 6e-3)):
            raise Mistake(name)
    named(found, wrong, 6e-3)


def ex2(answer, lesson):  # noqa: ARG001
    """Millions of parameters of a BERT base with 50,000 rows of embeddings; the plain count is taken, too."""
    found = number(answer)
    wide, rows, usual = 768, 50_000, 30_522
    right = 124_441_344
    if abs(found - right / 1e6) <= 0.06 or found == right:
        return
    wrong = {
        "usual_vocabulary": right - (rows - usual) * wide,
        "table_only": rows * wide,
        "without_table": right - rows * wide,
        "bytes": 4 * right,
    }
    in_millions = found / 1e6 if found > 1e5 else found
    for name, value in wrong.items():
        if abs(in_millions - value / 1e6) <= 0.06:
            raise Mistake(name)
    if abs(found - right / 1e3) <= 1000:
        raise Mistake("thousands")
    raise Mistake("other", found=in_millions)


def ex3(answer, lesson):  # noqa: ARG001
    """The mean loss of three rows, as a number."""
    found, probabilities = number(answer), (1 / 3, 0.9, 0.01)
    losses = [-math.log(probability) for probability in probabilities]
    right = sum(losses) / 3
    if close(found, right):
        return
    wrong = {
        "sum": sum(losses),
        "sign": -right,
        "log_of_mean": -math.log(sum(probabilities) / 3),
        "mean_probability": sum(probabilities) / 3,
        "base_ten": right / math.log(10),
        "base_two": right / math.log(2),
    }
    named(found, wrong)


def attention(query, key, value, mask, scale=True, masked=True):
    """What the exercise asks for, and two ways of leaving a part out."""
    scores = query @ key.T / (key.size(-1) ** 0.5 if scale else 1.0)
    if masked:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    return scores.softmax(-1) @ value


def ex4(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(query, key, value, mask)``, which returns new vectors ``[n_tokens, d]``."""
    generator = torch.Generator().manual_seed(3)
    query, key, value = (torch.randn(4, 2, generator=generator) for _ in range(3))
    mask = torch.tensor([1, 1, 1, 0])
    found = called(answer, query, key, value, mask)
    found = torch.as_tensor(found.tolist() if hasattr(found, "tolist") else found, dtype=torch.float32)
    if found.shape != value.shape:
        raise Mistake("shape", found=tuple(found.shape), wanted=tuple(value.shape))

    def is_near(wanted):
        return torch.allclose(found, wanted, atol=1e-3)

    scores = query @ key.T / 2**0.5
    if is_near(attention(query, key, value, mask)):
        return
    softmax = scores.softmax(-1)
    wrong = {
        "mask_after_softmax": (softmax * mask) @ value,
        "zero_scores": (scores * mask).softmax(-1) @ value,
        "not_masked": softmax @ value,
        "not_scaled": attention(query, key, value, mask, scale=False),
        "columns": scores.masked_fill(mask[:, None] == 0, float("-inf")).softmax(0) @ value,
        "padding_only": attention(query, key, value, 1 - mask),
    }
    for name, wanted in wrong.items():
        if is_near(wanted):
            raise Mistake(name)
    if not torch.isfinite(found).all():
        raise Mistake("nan")
    raise Mistake("other")
