"""Answers to lesson 1's exercises: right ones, and typical wrong ones with the mistake that has to be named."""

import numpy as np


def share_with(word, texts):
    return sum(word in text.split() for text in texts) / len(texts)


def by_pandas(word, texts):
    return texts.str.split().map(lambda words: word in words).mean()


def without_copies(texts, labels):
    return list(dict(zip(texts, labels)).items())


def shifted(texts, labels):
    return list(zip(dict.fromkeys(texts), labels))


def without_any_copy(texts, labels):
    return [(text, label) for text, label in zip(texts, labels) if texts.count(text) == 1]


ANSWERS = {
    "ex1": (
        [share_with, by_pandas],
        [
            (lambda word, texts: sum(word in text for text in texts) / len(texts), "substring"),
            (lambda word, texts: texts.str.contains(word).mean(), "substring"),
            (lambda word, texts: 100 * share_with(word, texts), "percent"),
            (lambda word, texts: share_with(word, texts) * len(texts), "count"),
            (lambda word, texts: sum(text.split().count(word) for text in texts) / len(texts), "occurrences"),
            (lambda word, texts: sum(word not in text.split() for text in texts) / len(texts), "without_it"),
            (lambda word, texts: share_with("tidak", texts), "ignores_arguments"),
            (lambda word, texts: share_with(word, texts) / 7, "other"),
            (lambda word: 0.4, "raised"),
            (0.4, "not_a_function"),
        ],
    ),
    "ex2": (
        [[3, 5, 6, 7, 8], (8, 7, 6, 5, 3), np.array([3, 5, 6, 7, 8])],
        [
            ([2, 4, 5, 6, 7], "from_zero"),
            ([1, 2, 4], "good_rows"),
            ([2, 3, 5, 6, 7, 8], "null"),
            ([3, 4, 5, 6, 7, 8], "quote"),
            ([5, 6, 7, 8], "capital"),
            ([3, 6, 7, 8], "blank"),
            ([3, 5, 6, 7], "space"),
            ([3, 5, 8], "other"),
            (5, "not_a_list"),
        ],
    ),
    "ex3": (
        [["keen", "##akan", "##nya"], ("keen", "##akan", "##nya"), np.array(["keen", "##akan", "##nya"])],
        [
            (["ke", "##enak", "##an", "##nya"], "not_longest"),
            (["keen", "##ak", "##an", "##nya"], "not_longest"),
            (["keen", "akan", "nya"], "marks"),
            (["##keen", "##akan", "##nya"], "marks"),
            (["keenakan", "##nya"], "not_in_vocabulary"),
            (["keen", "##akan"], "incomplete"),
            (["[UNK]"], "unknown"),
            ([1, 2, 3], "not_words"),
            ("keen ##akan ##nya", "not_words"),
        ],
    ),
    "ex4": (
        [without_copies, lambda texts, labels: tuple(map(list, without_copies(texts, labels)))],
        [
            (shifted, "shifted"),
            (lambda texts, labels: list(zip(texts, labels)), "duplicates"),
            (lambda texts, labels: sorted(without_copies(texts, labels)), "order"),
            (without_any_copy, "lost"),
            (lambda texts, labels: [(label, text) for text, label in without_copies(texts, labels)], "swapped"),
            (lambda texts, labels: list(dict.fromkeys(texts)), "not_pairs"),
            (lambda texts, labels: dict(zip(texts, labels)), "not_pairs"),
            (lambda texts: texts, "raised"),
        ],
    ),
}
