"""Lesson 8's exercises; their texts are in ``data/exercises/08.toml``."""

import pandas as pd

from helpers.exercises.answers import Mistake, called, close, number, numbers

REPORTED, HONEST = (0.90, 0.94, 0.92), (0.85, 0.86, 0.87)  # three seeds, as the task gives them
SHOWN = ((1, "oversampling"), (5, "accuracy"), (6, "best_seed"), (7, "lexicon"), (9, "other_data"))  # habits in the report of ex4


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """The repaired function ``repaired(table, seed)``, which returns the training and the test table."""
    table = pd.DataFrame([(f"baris {row}", int(row >= 30)) for row in range(40)], columns=["text", "label"])
    parts = called(answer, table, 0)
    if not isinstance(parts, (tuple, list)) or len(parts) != 2 or not all(isinstance(part, pd.DataFrame) for part in parts):
        raise Mistake("not_two")
    train, test = parts
    if set(train["text"]) & set(test["text"]):
        raise Mistake("leaks", found=int(test["text"].isin(set(train["text"])).sum()), of=len(test))
    if test["text"].duplicated().any():
        raise Mistake("test_copied")
    if set(train["text"]) | set(test["text"]) != set(table["text"]) or not 4 <= len(test) <= 20:
        raise Mistake("rows_lost", found=len(set(train["text"]) | set(test["text"])), wanted=len(table))
    if train["label"].value_counts().nunique() != 1:
        raise Mistake("not_balanced", counts=", ".join(map(str, train["label"].value_counts())))


def ex2(answer, lesson):  # noqa: ARG001
    """Points that a habit adds over three seeds, as a number."""
    found, mean = number(answer), sum(HONEST) / 3
    right = 100 * (sum(REPORTED) / 3 - mean)
    if close(found, right):
        return
    wrong = {"fraction": right / 100, "backwards": -right, "relative": right / mean, "best_only": 100 * (max(REPORTED) - max(HONEST)),
             "summed": 3 * right}  # fmt: skip
    for name, value in wrong.items():
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found)


TRAIN_TEXTS = ["Kuah nya  gurih", "parkir nya sempit", "kamar nya luas", "harga nya wajar", "stafnya ramah"]
TEST_TEXTS = ["kuah nya gurih", "parkir nya sempit", "kuah", "jalan nya macet"]


def ex3(answer, lesson):  # noqa: ARG001
    """The function ``leaks(train_texts, test_texts)``: a share of the test texts."""
    found = number(called(answer, TRAIN_TEXTS, TEST_TEXTS))
    if close(found, 0.5):
        if close(number(called(answer, ["a b"], ["a b", "A  B", "c", "d", "e"])), 0.4):
            return
        raise Mistake("only_case")
    wrong = {"exact": 0.25, "count": 2.0, "of_train": 0.4, "inside": 0.75, "percent": 50.0}
    for name, value in wrong.items():
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found)


def ex4(answer, lesson):  # noqa: ARG001
    """The numbers of the habits that a report shows, as a list."""
    found = set(numbers(answer))
    if not found <= set(map(float, range(1, 10))):
        raise Mistake("not_habits")
    for habit, name in SHOWN:
        if habit not in found:
            raise Mistake(f"missed_{name}")
    extra = found - {float(habit) for habit, _ in SHOWN}
    if extra:
        raise Mistake("too_many", found=", ".join(f"{habit:.0f}" for habit in sorted(extra)))
