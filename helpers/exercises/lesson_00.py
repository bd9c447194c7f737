"""Lesson 0's exercises; their texts are in ``data/exercises/00.toml``."""

from helpers.exercises.answers import Mistake, called, close, number, numbers


def named(found, wrong, **values):
    """Raise the mistake whose number was given, or ``other`` when it is none of them."""
    for name, value in wrong.items():
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found, **values)


# Ten rows: all 6 positive ones are found; of 3 negative ones 1, the others are called positive, and so is the neutral one.
POSITIVE, NEGATIVE, NEUTRAL = 2 * 6 / (9 + 6), 2 * 1 / (1 + 3), 0.0


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """Macro-F1 of ten rows, as a number."""
    found, right = number(answer), (POSITIVE + NEGATIVE + NEUTRAL) / 3
    if close(found, right):
        return
    for part in (POSITIVE, NEGATIVE, POSITIVE + NEGATIVE):
        if close(found, part):
            raise Mistake("not_averaged")
    wrong = {"accuracy": 0.7, "without_neutral": (POSITIVE + NEGATIVE) / 2, "weighted": (6 * POSITIVE + 3 * NEGATIVE) / 10}
    if not 0 <= found <= 1 and not close(found, 100 * right):
        raise Mistake("outside", found=found)
    named(found, {**wrong, "percent": 100 * right})


def ex2(answer, lesson):  # noqa: ARG001
    """The function ``slope(function, x, h)``."""

    def square(x):
        return x * x

    def cube(x):
        return x * x * x

    x, h = 3.0, 0.5
    found = number(called(answer, square, x, h))
    wanted = (square(x + h) - square(x)) / h  # 6.5
    if close(found, 2 * x) and close(number(called(answer, cube, x, h)), 3 * x * x + h * h):
        raise Mistake("both_sides")
    if not close(found, wanted):
        wrong = {"not_divided": wanted * h, "brackets": square(x + h) - square(x) / h, "backwards": -wanted, "value": square(x)}
        if close(found, 2 * x, 1e-2):
            raise Mistake("ignores_h")
        named(found, wrong, x=x, h=h, wanted=wanted)
    if close(number(called(answer, cube, x, h)), found):
        raise Mistake("ignores_function")
    if close(number(called(answer, square, x, 0.1)), found):
        raise Mistake("ignores_h")


def ex3(answer, lesson):  # noqa: ARG001
    """The weight after one step, as a number."""
    weight, rate = 0.5, 0.1
    gradient = 2 * (3 * weight - 6) * 3
    found = number(answer)
    if close(found, weight - rate * gradient):
        return
    named(found, {"uphill": weight + rate * gradient, "no_rate": weight - gradient, "inner": weight - rate * gradient / 3,
                  "gradient": gradient, "goal": 2.0})  # fmt: skip


def losses_of(steps, rate=0.05, weight=0.5, keeps_gradient=False):
    """Losses of gradient descent on (3w - 6)², before each step; perhaps with the gradients added up."""
    losses, gradient = [], 0.0
    for _ in range(steps):
        losses.append((3 * weight - 6) ** 2)
        gradient = 2 * (3 * weight - 6) * 3 + (gradient if keeps_gradient else 0.0)
        weight -= rate * gradient
    return losses


def ex4(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(steps)``, which returns a list of losses."""
    steps = 6
    found, right = numbers(called(answer, steps), length=steps), losses_of(steps)
    if all(close(one, other) for one, other in zip(found, right)):
        return
    if all(close(one, other) for one, other in zip(found, losses_of(steps, keeps_gradient=True))):
        raise Mistake("accumulates")
    if all(close(loss, found[0]) for loss in found):
        raise Mistake("no_update")
    if not close(found[0], right[0]):
        raise Mistake("after_step", found=found[0], wanted=right[0])
    rising = [later > earlier for earlier, later in zip(found, found[1:])]
    if all(rising):
        raise Mistake("uphill")
    if not any(rising):
        raise Mistake("other_rate")
    raise Mistake("other", steps=steps, found=found[-1], wanted=right[-1])
