"""For each exercise the right answer, and typical wrong ones with the mistake that has to be named."""

import answers_01
import answers_02
import answers_03
import answers_04
import answers_05
import answers_06
import answers_07
import answers_08
import torch


def slope(function, x, h):
    return (function(x + h) - function(x)) / h


def walk(steps, rate=0.05, clear=True, sign=-1.0, late=False, reset_early=False):
    """Gradient descent as a learner writes it, with the usual things gone wrong."""
    w = torch.tensor(0.5, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = (3 * w - 6) ** 2
        if not late:
            losses.append(loss.item())
        loss.backward()
        if reset_early:
            w.grad.zero_()
        with torch.no_grad():
            w += sign * rate * w.grad
        if clear:
            w.grad.zero_()
        if late:
            losses.append(((3 * w - 6) ** 2).item())
    return losses


# lesson -> exercise -> (right answers, [(wrong answer, name of the mistake), ...])
ANSWERS = {
    0: {
        "ex1": (
            [13 / 30, 0.433, torch.tensor([0.4333])],
            [
                (0.7, "accuracy"),
                (43.3333, "percent"),
                (0.65, "without_neutral"),
                (0.63, "weighted"),
                (0.8, "not_averaged"),
                (1.3, "not_averaged"),
                (7.0, "outside"),
                (0.2, "other"),
            ],
        ),
        "ex2": (
            [slope],
            [
                (lambda function, x, h: function(x + h) - function(x), "not_divided"),
                (lambda function, x, h: function(x + h) - function(x) / h, "brackets"),
                (lambda function, x, h: (function(x) - function(x + h)) / h, "backwards"),
                (lambda function, x, h: function(x), "value"),
                (lambda function, x, h: ((x + h) ** 2 - x**2) / h, "ignores_function"),
                (lambda function, x, h: slope(function, x, 1e-4), "ignores_h"),
                (lambda function, x, h: 6.5 if function(2) == 4 else 1.0, "ignores_h"),
                (lambda function, x, h: (function(x + h) - function(x - h)) / (2 * h), "both_sides"),
                (lambda function, x, h: 0.0, "other"),
                (lambda function, x: 0.0, "raised"),
                (3.0, "not_a_function"),
            ],
        ),
        "ex3": (
            [3.2, torch.tensor(3.2, requires_grad=True)],
            [
                (-2.2, "uphill"),
                (27.5, "no_rate"),
                (1.4, "inner"),
                (-27, "gradient"),
                (2, "goal"),
                (0.5, "other"),
            ],
        ),
        "ex4": (
            [walk, lambda steps: tuple(walk(steps)), lambda steps: torch.tensor(walk(steps))],
            [
                (lambda steps: walk(steps, clear=False), "accumulates"),
                (lambda steps: walk(steps, reset_early=True), "no_update"),
                (lambda steps: walk(steps, sign=1.0), "uphill"),
                (lambda steps: walk(steps, rate=0.02), "other_rate"),
                (lambda steps: walk(steps, late=True), "after_step"),
                (lambda steps: walk(steps)[:-1] + [5.0], "other"),
                (lambda steps: walk(steps)[:2], "wrong_length"),
                (lambda steps: walk(steps)[0], "not_a_list"),
            ],
        ),
    },
    1: answers_01.ANSWERS,
    2: answers_02.ANSWERS,
    3: answers_03.ANSWERS,
    4: answers_04.ANSWERS,
    5: answers_05.ANSWERS,
    6: answers_06.ANSWERS,
    7: answers_07.ANSWERS,
    8: answers_08.ANSWERS,
}
