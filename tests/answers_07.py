"""Lesson 7's exercises: the right answer, and typical wrong ones with the mistake that has to be named."""

import torch


def row(text, tokenizer):
    return len(tokenizer(text)["input_ids"])


def broken(n_done, n_rows, chunk):
    numbers = []
    for start in range(0, n_rows, chunk):
        if start + chunk > n_done:
            numbers += range(start, min(start + chunk, n_rows))
    return numbers


def next_piece(n_done, n_rows, chunk):
    return list(range(-(-n_done // chunk) * chunk, n_rows))


def whole_pieces(n_done, n_rows, chunk):
    return [number for start in range(n_done, n_rows, chunk) for number in range(start, start + chunk)]


# exercise -> (right answers, [(wrong answer, name of the mistake), ...])
ANSWERS = {
    "ex1": (
        [
            lambda text, tokenizer, limit: max(0, row(text, tokenizer) - limit),
            lambda text, tokenizer, limit: len(tokenizer(text)["input_ids"][limit:]),
        ],
        [
            (lambda text, tokenizer, limit: row(text, tokenizer) - limit, "negative"),
            (lambda text, tokenizer, limit: max(0, len(tokenizer.tokenize(text)) - limit), "no_special"),
            (lambda text, tokenizer, limit: max(0, row(text, tokenizer) + 2 - limit), "twice_special"),
            (lambda text, tokenizer, limit: max(0, row(text, tokenizer) - (limit - 2)), "twice_special"),
            (lambda text, tokenizer, limit: max(0, len(text.split()) - limit), "words"),
            (lambda text, tokenizer, limit: max(0, len(text) - limit), "characters"),
            (lambda text, tokenizer, limit: row(text, tokenizer), "whole_row"),
            (lambda text, tokenizer, limit: min(row(text, tokenizer), limit), "read"),
            (lambda text, tokenizer, limit: 1000, "other"),
            (lambda text, tokenizer, limit: row(text, tokenizer) > limit, "not_a_number"),
            (7, "not_a_function"),
        ],
    ),
    "ex2": (
        [0.4, 24 / 60, torch.tensor(0.4)],
        [
            (40, "percent"),
            (24, "count"),
            (24 / 80, "column"),
            (24 / 150, "all_rows"),
            (34 / 60, "recall"),
            (26 / 60, "all_mistakes"),
            (0.9, "other"),
        ],
    ),
    "ex3": (
        [lambda n_done, n_rows, chunk: list(range(n_done, n_rows)), lambda n_done, n_rows, chunk: range(n_done, n_rows)],
        [
            (broken, "doubled"),
            (next_piece, "lost"),
            (lambda n_done, n_rows, chunk: list(range(n_done, n_rows - 1)), "lost"),
            (lambda n_done, n_rows, chunk: list(range(n_rows)), "from_zero"),
            (lambda n_done, n_rows, chunk: list(range(n_done + 1, n_rows + 1)), "from_one"),
            (whole_pieces, "beyond"),
            (lambda n_done, n_rows, chunk: list(range(n_rows - 1, n_done - 1, -1)), "other"),
            (lambda n_done, n_rows, chunk: n_rows - n_done, "not_a_list"),
        ],
    ),
    "ex4": (
        [[192, 58], (192.0, 58), torch.tensor([192, 58])],
        [
            ([58, 192], "swapped"),
            ([192, 57], "floor"),
            ([192, 11000 / 192], "fraction"),
            ([192, 115], "not_gathered"),
            ([192, 11000], "rows"),
            ([192, 3], "other_updates"),
            ([96, 115], "no_gathering"),
            ([64, 172], "one_computer"),
            ([48, 230], "one_process"),
            ([17, 648], "sum"),
            ([8, 1375], "other"),
            ([192], "wrong_length"),
        ],
    ),
}
