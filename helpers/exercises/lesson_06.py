"""Lesson 6's exercises; their texts are in ``data/exercises/06.toml``."""

from helpers.exercises.answers import Mistake, called, close, number

LENGTHS = (12, 20, 9, 40, 15, 8, 10, 14)
MAXIMUM = 128


def named(found, wrong):
    """Raise the mistake whose value an answer has, or ``other``."""
    for name, value in wrong:
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found)


def ex1(answer, lesson):  # noqa: ARG001
    """How many times fewer positions a batch has when it is padded to its longest text."""
    found, widest = number(answer), max(LENGTHS)
    if close(found, MAXIMUM / widest, 0.01):
        return
    positions, real = len(LENGTHS) * MAXIMUM, sum(LENGTHS)
    named(
        found,
        [
            ("saved", 1 - widest / MAXIMUM),
            ("inverse", widest / MAXIMUM),
            ("only_real", positions / real),
            ("count", len(LENGTHS) * widest),
            ("count", len(LENGTHS) * (MAXIMUM - widest)),
        ],
    )


def ex2(answer, lesson):  # noqa: ARG001
    """The function ``lora_weights(n_layers, width, rank)``."""
    for n_layers, width, rank in ((12, 768, 8), (4, 256, 2), (3, 10, 4)):
        found, wanted = number(called(answer, n_layers, width, rank)), n_layers * 2 * 2 * width * rank
        if close(found, wanted, 0):
            continue
        named(
            found,
            [
                ("half", wanted / 2),
                ("quarter", wanted / 4),
                ("one_layer", wanted / n_layers),
                ("whole_matrix", n_layers * 2 * width * width),
                ("whole_matrix", n_layers * width * width),
                ("squared", n_layers * 2 * rank * rank),
                ("with_original", wanted + n_layers * 2 * width * width),
            ],
        )


def ex3(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(losses, rows)``: the loss of a batch from the means of its parts."""
    for losses, rows in (([0.2, 1.2], [6, 2]), ([1.0, 0.5, 0.1], [5, 5, 1]), ([0.4], [3])):
        found = number(called(answer, losses, rows))
        total = sum(loss * n for loss, n in zip(losses, rows))
        if close(found, total / sum(rows)):
            continue
        named(
            found,
            [
                ("mean_of_means", sum(losses) / len(losses)),
                ("not_divided", total),
                ("sum", sum(losses)),
                ("by_parts", total / len(rows)),
                ("last_part", losses[-1] * rows[-1] / sum(rows)),
                ("last_part", losses[-1]),
            ],
        )


WARM_UP, BEFORE, AFTER = 30, 110, 100  # seconds, then milliseconds a step


def ex4(answer, lesson):  # noqa: ARG001
    """After how many steps compiling has paid for its warm-up."""
    found = number(answer)
    if close(found, 1000 * WARM_UP / (BEFORE - AFTER)):
        return
    named(
        found,
        [
            ("units", WARM_UP / (BEFORE - AFTER)),
            ("whole_step", 1000 * WARM_UP / AFTER),
            ("whole_step", round(1000 * WARM_UP / BEFORE)),
            ("whole_step", 1000 * WARM_UP / BEFORE),
            ("seconds", WARM_UP * BEFORE / (BEFORE - AFTER)),
            ("seconds", WARM_UP * AFTER / (BEFORE - AFTER)),
        ],
    )
