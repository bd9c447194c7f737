"""What one lesson measures and the next one finds: the scoreboard and the red thread.

Both live in ``scoreboard.json`` of the lesson's output folder. A lesson adds
its rows and shows the table as far as the series has come; a method whose
lesson was not run on this computer is named as such.
"""

import csv
import json
import statistics

import pandas as pd

from helpers.data import INDEX2LABEL
from helpers.files import ROOT, write_atomically
from helpers.messages import message

#: Methods in their order, each with the lesson that measures it.
METHODS = {
    "majority": 0,
    "rules": 0,
    "bag_of_words": 0,
    "small_network": 0,
    "tfidf": 1,
    "linear_probe": 3,
    "random_weights": 4,
    "pretrained": 4,
}

#: Five sentences on which every method is tried: what makes each hard, the text in SmSA's manner, and its right label.
RED_THREAD = (
    ("turn", "di foto kamar nya indah dan bersih , padahal aslinya sempit dan bau .", "negative"),
    ("negation", "makanan nya tidak enak dan pelayan nya tidak ramah .", "negative"),
    ("irony", "hebat sekali , baru dipakai sehari sudah mati total . terima kasih ya !", "negative"),
    ("plain", "rasa nya enak , tempat nya nyaman , pasti balik lagi .", "positive"),
    ("slang", "gila sih ini seblak nya nampol bgt , nagih parah !", "positive"),
)
RESULTS = ROOT / "data" / "results"
#: Between the ends of a range. Browsers break a line after a plain hyphen, and after an en dash too; a table's narrow cell needs neither.
TO = "\N{NON-BREAKING HYPHEN}"


def thread_texts():
    """The texts of `RED_THREAD`."""
    return [text for _, text, _ in RED_THREAD]


def read_board(lesson):
    """What was measured with this preset: ``{"scores": {method: [...]}, "thread": {method: [[...], ...]}}``.

    A file that cannot be read counts as none, with a note: running the
    lessons again fills it.
    """
    path = lesson.output_dir / "scoreboard.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {"scores": dict(found["scores"]), "thread": dict(found["thread"])}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        print(message("scoreboard.damaged", path=path.name))
    return {"scores": {}, "thread": {}}


def add(lesson, part, method, runs):
    """Write what a method achieved into one part of the board, in place of what stood there."""
    if method not in METHODS:
        raise ValueError(message("scoreboard.unknown", found=method, allowed=", ".join(METHODS)))
    board = read_board(lesson)
    board[part][method] = runs
    write_atomically(lesson.output_dir / "scoreboard.json", json.dumps(board, indent=1, sort_keys=True).encode())


def add_score(lesson, method, *scores):
    """Note the validation macro-F1 of a method, one number a seed.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    method : str
        One of `METHODS`.
    *scores : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        A method that the board does not know, or a score outside 0 to 1.
    """
    if not scores or not all(0 <= score <= 1 for score in scores):
        raise ValueError(message("scoreboard.not_a_score", found=scores))
    add(lesson, "scores", method, [float(score) for score in scores])


def add_thread(lesson, method, *runs):
    """Note what a method says about the five sentences of `RED_THREAD`, one list of labels a seed.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    method : str
        One of `METHODS`.
    *runs : sequence of int or str
        Five labels each, as indices or names.

    Raises
    ------
    ValueError
        A method that the board does not know, or other than five labels.
    """
    named = [[label if isinstance(label, str) else INDEX2LABEL[int(label)] for label in run] for run in runs]
    if not named or any(len(run) != len(RED_THREAD) for run in named):
        raise ValueError(message("scoreboard.not_five", wanted=len(RED_THREAD), found=[len(run) for run in named]))
    add(lesson, "thread", method, named)


def methods_so_far(lesson):
    """The methods that the series has met up to this lesson."""
    return [method for method, number in METHODS.items() if lesson.number is None or number <= lesson.number]


def method_name(method):
    """A method as a learner reads it."""
    return message(f"scoreboard.{method}")


def row_kinds(lesson, rows):
    """What makes each row of the validation data hard or easy, in words, as one reader judged. Used in lesson 05.

    Irony, a turn, a negation, something implied, slang, plain, or mere information: ``data/results/valid_kinds.tsv``.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    rows : int
        How many rows the validation data have.

    Returns
    -------
    pandas.Series
        A name a row; there is a key for the sample only.
    """
    if lesson.recipe.data != "sample":
        return pd.Series([message("scoreboard.no_key")] * rows)
    kinds = pd.read_csv(RESULTS / "valid_kinds.tsv", sep="\t")["kind"]
    return kinds.map({kind: message(f"scoreboard.{kind}") for kind in kinds.unique()})


# ------------------------------------------------------------------ real SmSA


def smsa_results():
    """What lesson 00's methods, TF-IDF and the linear probe achieve on the real SmSA, from ``data/results/first_models.json``.

    Returns
    -------
    dict
        ``valid`` (macro-F1 by method, one number a seed), ``thread`` (labels
        of the red thread), ``random_probe`` (the probe on random bodies),
        ``strongest_words``, ``share_with_listed_word``.
    """
    return json.loads((RESULTS / "first_models.json").read_text(encoding="utf-8"))


def smsa_counts():
    """What lesson 01 quotes of the real SmSA, from ``data/results/smsa_counts.json``.

    Returns
    -------
    dict
        ``splits`` (rows, classes and duplicates of each), ``train_texts_with``
        some words, ``share_with_tidak`` by class, ``difference`` (95 %
        interval, TF-IDF minus another method), ``negation_pairs`` (of 60).
    """
    return json.loads((RESULTS / "smsa_counts.json").read_text(encoding="utf-8"))


def smsa_scores(split="valid"):
    """Macro-F1 on the real SmSA by method, one number a seed.

    Parameters
    ----------
    split : {"valid", "test"}
        Of test there are the mini IndoBERT's scores only.
    """
    found = smsa_results().get(split, {})
    mini = json.loads((RESULTS / "mini.json").read_text(encoding="utf-8"))
    for method, weights in (("random_weights", "random"), ("pretrained", "pretrained")):
        found[method] = [run[split] / 100 for run in mini[weights]["all_rows"]["runs"].values()]
    return found


# -------------------------------------------------------------- negation pairs


def negation_pairs():
    """Sixty pairs of sentences that differ in a denial, and so in their label, from ``data/results/negation.tsv``.

    Written before any model was asked. Used in lesson 01.

    Returns
    -------
    pandas.DataFrame
        ``sentence``, ``label``, ``other_sentence``, ``other_label``, all str.

    Examples
    --------
    >>> negation_pairs().shape
    (60, 4)
    """
    return pd.read_csv(RESULTS / "negation.tsv", sep="\t", quoting=csv.QUOTE_NONE, keep_default_na=False)


def negation_pairs_right(predict):
    """Of how many `negation_pairs` a method labels both sentences rightly. Used in lesson 01.

    Parameters
    ----------
    predict : callable
        From a list of texts to a label for each, as index or name.

    Returns
    -------
    int

    Examples
    --------
    >>> negation_pairs_right(lambda texts: ["negative" for text in texts])
    0
    """
    pairs = negation_pairs()
    right = [True] * len(pairs)
    for text, label in (("sentence", "label"), ("other_sentence", "other_label")):
        found = predict(pairs[text].tolist())
        named = [one if isinstance(one, str) else INDEX2LABEL[int(one)] for one in found]
        right = [so_far and name == wanted for so_far, name, wanted in zip(right, named, pairs[label])]
    return sum(right)


def recipe_runs(name):
    """Stored fine-tunings on the sample by one choice of the recipe, from ``data/results/training.json``. Used in lesson 04.

    Parameters
    ----------
    name : str
        One of ``benchmarks.training_choices.PLAN``: ``"times 1"``, ``"times 100"``, ``"one rate"``, ``"random"`` …

    Returns
    -------
    list of dict
        One a seed: ``valid`` (macro-F1 of the best epoch), ``negation`` (share of minimal pairs of which both are right), and by epoch
        ``train_loss``, ``valid_loss`` (nats) and ``F1``.

    Examples
    --------
    >>> all(0 < run["valid"] < 1 for run in recipe_runs("times 1"))
    True
    """
    seeds = json.loads((RESULTS / "training.json").read_text(encoding="utf-8"))["runs"][name]["seeds"]
    return [{**run, "valid": run["valid"] / 100, "negation": run["negation"] / 100} for run in seeds.values()]


# ---------------------------------------------------------------------- tables


def spread(scores):
    """Scores over seeds in few words.

    Examples
    --------
    >>> spread([0.7394])
    '0.739'
    >>> spread([0.74, 0.76, 0.75]) == f"0.750 (0.740{TO}0.760)"
    True
    """
    mean = f"{statistics.mean(scores):.3f}"
    return mean if len(scores) == 1 else f"{mean} ({min(scores):.3f}{TO}{max(scores):.3f})"


def board_numbers(lesson):
    """The scoreboard as numbers, for a figure.

    Returns
    -------
    pandas.DataFrame
        A row a method met so far; ``mean``, ``low`` and ``high`` of this
        preset's validation data and, with ``smsa_`` before them, of the real
        SmSA; NaN where nothing was measured.
    """
    here, there = read_board(lesson)["scores"], smsa_scores()
    rows = {}
    for method in methods_so_far(lesson):
        row = {}
        for prefix, scores in (("", here.get(method)), ("smsa_", there.get(method))):
            if scores:
                row |= {f"{prefix}mean": statistics.mean(scores), f"{prefix}low": min(scores), f"{prefix}high": max(scores)}
        rows[method_name(method)] = row
    columns = [f"{prefix}{name}" for prefix in ("", "smsa_") for name in ("mean", "low", "high")]
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=columns, dtype=float)


def scoreboard(lesson):
    """The scoreboard in words: each method met so far, on this preset's validation data and on the real SmSA's.

    Returns
    -------
    pandas.DataFrame
        Mean, and lowest and highest over seeds where there are several. A
        method that was not run here says in which lesson it is measured.
    """
    here, there = read_board(lesson)["scores"], smsa_scores()
    rows = {}
    for method in methods_so_far(lesson):
        own = spread(here[method]) if method in here else message("scoreboard.not_run", number=METHODS[method])
        rows[method_name(method)] = [own, spread(there[method]) if method in there else "-"]
    data = message(f"scoreboard.data_{lesson.recipe.data}")
    return pd.DataFrame.from_dict(rows, orient="index", columns=[data, message("scoreboard.stored")])


def thread_cell(runs, place, right):
    """What a method says about one sentence: the label most seeds give, marked when wrong."""
    labels = [run[place] for run in runs]
    label = max(sorted(set(labels)), key=labels.count)
    share = f" {labels.count(label)}/{len(labels)}" if len(labels) > 1 else ""
    return f"{label}{share}" if label == right else f"({label}{share})"


def thread_table(lesson, smsa=False):
    """The red thread: five sentences, and what each method met so far says about them.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    smsa : bool
        Show the stored labels of methods trained on the real SmSA, instead of
        those of this preset's.

    Returns
    -------
    pandas.DataFrame
        A row a sentence, a column a method. A wrong label stands in brackets;
        several seeds give the label of most of them, with their number. The
        last row counts the right ones.
    """
    board = smsa_results()["thread"] if smsa else read_board(lesson)["thread"]
    table = pd.DataFrame({message("scoreboard.right_label"): [label for _, _, label in RED_THREAD]},
                         index=[message(f"scoreboard.{kind}") for kind, _, _ in RED_THREAD])  # fmt: skip
    for method in methods_so_far(lesson):
        if method in board:
            cells = [thread_cell(board[method], place, label) for place, (_, _, label) in enumerate(RED_THREAD)]
            table[method_name(method)] = cells
    table.columns.name = message("scoreboard.stored" if smsa else f"scoreboard.data_{lesson.recipe.data}")
    right = [sum(not cell.startswith("(") for cell in table[name]) for name in table.columns[1:]]
    table.loc[message("scoreboard.right_of", of=len(RED_THREAD))] = ["", *map(str, right)]
    return table
