"""Lesson 1's exercises; their texts are in ``data/exercises/01.toml``."""

import pandas as pd

from helpers.data import find_problems
from helpers.exercises.answers import Mistake, called, close, described, number, numbers

# For exercise 1: the word in 2 of 5 texts, in one of them three times; in a third it is part of a longer word.
TEXTS = ("tidak enak .", "setidaknya murah .", "tidak mahal , tidak jauh , tidak panas .", "biasa saja .", "enak .")


def ex1(answer, lesson):  # noqa: ARG001  (every check takes the lesson)
    """The function ``share_with(word, texts)``."""
    texts = pd.Series(TEXTS)
    texts.__name__ = "texts"  # what a message shows of it
    found = number(called(answer, "tidak", texts))
    if not close(found, 2 / 5):
        wrong = {"percent": 40, "count": 2, "substring": 3 / 5, "occurrences": 4 / 5, "without_it": 3 / 5}
        if close(found, 3 / 5) and close(number(called(answer, "biasa", texts)), 4 / 5):
            raise Mistake("without_it")
        for name, value in wrong.items():
            if close(found, value):
                raise Mistake(name)
        raise Mistake("other", found=found)
    if not close(number(called(answer, "enak", texts[3:])), 1 / 2):
        raise Mistake("ignores_arguments")


# For exercise 2, as they stand in the lesson.
LINES = (
    "kuah nya gurih .\tpositive",
    "null\tnegative",
    "buka pukul sembilan .\tNeutral",
    '" sudah pesan dua kali .\tpositive',
    "   \tnegative",
    "mahal , kecil , dingin .",
    "parkir nya luas .\tpositif",
    "kasur nya keras .\tnegative ",
)


def ex2(answer, lesson):  # noqa: ARG001
    """The numbers of the rows that the reader refuses, as a list."""
    right = {row for row, _ in find_problems([line.split("\t") for line in LINES])}
    found = set(numbers(answer))
    if found == right:
        return
    if found == {row - 1 for row in right}:
        raise Mistake("from_zero")
    if found == set(range(1, len(LINES) + 1)) - right:
        raise Mistake("good_rows")
    for name, row in (("null", 2), ("quote", 4)):
        if row in found:
            raise Mistake(name)
    for name, row in (("capital", 3), ("blank", 5), ("space", 8)):
        if row not in found:
            raise Mistake(name)
    raise Mistake("other", found=len(found))


# For exercise 3, as they stand in the lesson.
WORD = "keenakannya"
VOCABULARY = ("ke", "keen", "enak", "##enak", "##ak", "##akan", "##kan", "##an", "##nya", "##n")


def longest_pieces(word, vocabulary):
    """A word cut greedily, as lesson 1's ``pieces_of`` does.

    Examples
    --------
    >>> longest_pieces("keenakannya", VOCABULARY)
    ['keen', '##akan', '##nya']
    """
    pieces, start = [], 0
    while start < len(word):
        mark = "##" if start > 0 else ""
        end = next(end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary)
        pieces.append(mark + word[start:end])
        start = end
    return pieces


def ex3(answer, lesson):  # noqa: ARG001
    """The pieces of a word, as a list of str."""
    pieces = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(pieces, (list, tuple)) or not all(isinstance(piece, str) for piece in pieces):
        raise Mistake("not_words", found=described(answer))
    right = longest_pieces(WORD, VOCABULARY)
    if list(pieces) == right:
        return
    if any("UNK" in piece for piece in pieces):
        raise Mistake("unknown")
    joined = "".join(piece.removeprefix("##") for piece in pieces)
    if joined != WORD:
        raise Mistake("incomplete", found=joined)
    if [piece.removeprefix("##") for piece in pieces] == [piece.removeprefix("##") for piece in right]:
        raise Mistake("marks")
    for piece in pieces:
        if piece not in VOCABULARY:
            raise Mistake("not_in_vocabulary", found=piece)
    step = next(step for step, (one, other) in enumerate(zip(pieces, right), start=1) if one != other)
    raise Mistake("not_longest", step=step, found=pieces[step - 1])


def ex4(answer, lesson):  # noqa: ARG001
    """The repaired function ``repaired(texts, labels)``, which returns a list of pairs."""
    texts = ["enak .", "kotor .", "enak .", "biasa saja .", "kotor .", "murah ."]
    labels = ["positive", "negative", "positive", "neutral", "negative", "positive"]
    found = called(answer, texts, labels)
    whole = isinstance(found, (list, tuple)) and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in found)
    if not whole or not found or not all(isinstance(part, str) for pair in found for part in pair):
        raise Mistake("not_pairs", found=type(found).__name__)
    found, label_of = [tuple(pair) for pair in found], dict(zip(texts, labels))
    right = list(label_of.items())
    if found == right:
        return
    if [pair[::-1] for pair in found] == right:
        raise Mistake("swapped")
    if len({text for text, _ in found}) < len(found):
        raise Mistake("duplicates")
    if any(label_of.get(text) != label for text, label in found):
        raise Mistake("shifted")
    raise Mistake("order" if len(found) == len(right) else "lost", found=len(found), wanted=len(right))
