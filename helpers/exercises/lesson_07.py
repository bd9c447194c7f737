"""Lesson 7's exercises; their texts are in ``data/exercises/07.toml``."""

import functools

from helpers.exercises.answers import Mistake, called, close, number, numbers
from helpers.model import load_tokenizer

TEXTS = ("tempat nya nyaman , pelayan nya ramah , harga nya mengecewakan sekali padahal masakannya lezat .", "enak")
known_tokenizer = functools.cache(load_tokenizer)


def ex1(answer, lesson):
    """The function ``unread(text, tokenizer, limit)``."""
    tokenizer = known_tokenizer(lesson.checkpoint)
    for text in TEXTS:
        row = len(tokenizer(text)["input_ids"])
        for limit in (5, row - 1, row, row + 4):
            found, wanted = number(called(answer, text, tokenizer, limit)), max(0, row - limit)
            if close(found, wanted):
                continue
            if limit >= row and found < 0:
                raise Mistake("negative")
            wrong = {
                "no_special": max(0, row - 2 - limit),
                "twice_special": max(0, row + 2 - limit),
                "words": max(0, len(text.split()) - limit),
                "characters": max(0, len(text) - limit),
                "whole_row": row,
                "read": min(row, limit),
            }
            for name, value in wrong.items():
                if close(found, value):
                    raise Mistake(name)
            raise Mistake("other", limit=limit, row=row, found=found, wanted=wanted)


#: True labels in rows, guesses in columns, as the task shows them.
MATRIX = ((52, 3, 5), (4, 20, 6), (24, 2, 34))


def ex2(answer, lesson):  # noqa: ARG001
    """The share of negative rows that are called positive."""
    found, lost = number(answer), MATRIX[2][0]
    of_row, of_column, of_all = sum(MATRIX[2]), sum(row[0] for row in MATRIX), sum(map(sum, MATRIX))
    if close(found, lost / of_row):
        return
    wrong = {
        "percent": 100 * lost / of_row,
        "count": lost,
        "column": lost / of_column,
        "all_rows": lost / of_all,
        "recall": MATRIX[2][2] / of_row,
        "all_mistakes": (lost + MATRIX[2][1]) / of_row,
    }
    for name, value in wrong.items():
        if close(found, value):
            raise Mistake(name)
    raise Mistake("other", found=found)


def ex3(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(n_done, n_rows, chunk)``, which returns row numbers."""
    for n_done, n_rows, chunk in ((7, 12, 5), (0, 7, 3), (10, 12, 5), (12, 12, 5), (4, 23, 6)):
        result = called(answer, n_done, n_rows, chunk)
        found, wanted = numbers(list(result) if isinstance(result, range) else result), list(range(n_done, n_rows))
        if found != wanted:
            name = row_mistake(found, n_done, n_rows)
            raise Mistake(name, case=f"({n_done}, {n_rows}, {chunk})", found=len(found), wanted=len(wanted))


def row_mistake(found, n_done, n_rows):
    """The name of what is wrong with the numbers of rows that are still to be done."""
    if found == list(range(n_rows)):
        return "from_zero"
    if found == list(range(n_done + 1, n_rows + 1)):
        return "from_one"
    if set(found) & set(range(n_done)) or len(set(found)) < len(found):
        return "doubled"
    if set(found) < set(range(n_done, n_rows)):
        return "lost"
    return "beyond" if any(row >= n_rows for row in found) else "other"


def ex4(answer, lesson):  # noqa: ARG001
    """Total batch and number of updates, as two numbers."""
    computers, processes, rows, gathered, of = 3, 4, 8, 2, 11_000
    batch, updates = numbers(answer, length=2)
    total = computers * processes * rows * gathered
    if close(batch, total) and close(updates, -(-of // total)):
        return
    if close(batch, -(-of // total)) and close(updates, total):
        raise Mistake("swapped")
    if close(batch, total):
        wrong = {"floor": of // total, "not_gathered": -(-of // (total // gathered)), "fraction": of / total, "rows": of}
        for name, value in wrong.items():
            if close(updates, value):
                raise Mistake(name)
        raise Mistake("other_updates", found=updates)
    wrong = {"no_gathering": total / gathered, "one_computer": total / computers, "one_process": total / processes, "sum": computers + processes + rows + gathered}  # fmt: skip
    for name, value in wrong.items():
        if close(batch, value):
            raise Mistake(name)
    raise Mistake("other", found=batch)
