"""What a forgotten mask costs: in training, in prediction, in both (built in lesson 02, section 9)."""

import json
import statistics

import pandas as pd
import torch

from helpers.batching import widen
from helpers.data import INDEX2LABEL
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.files import ROOT
from helpers.messages import message
from helpers.model import forward_sequence_classification, load_model
from helpers.scoreboard import spread
from helpers.training import evaluate, make_optimizer, train

#: Rows that are trained on, and epochs: enough to see the effect, short enough to be repeated for several seeds.
ROWS = 600
EPOCHS = 2
STORED = ROOT / "data" / "results" / "mask_cost.json"
TRAINED = ("with", "without")
PREDICTED = ("with", "without", "wide")


def forget_mask(model, batch, device="cpu"):
    """`helpers.model.forward_sequence_classification` with a mask of all 1s. Built in lesson 02.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    batch : helpers.batching.Batch
    device : str or torch.device

    Returns
    -------
    helpers.model.Forward
        Loss, predicted and true labels.
    """
    all_ones = torch.ones_like(batch.mask)
    return forward_sequence_classification(model, batch._replace(mask=all_ones), device)


def forget_mask_wide(model, batch, device="cpu"):
    """`forget_mask` after the batch was padded to all positions that the model knows, 512 at most. Built in lesson 02."""
    width = min(512, model.config.max_position_embeddings)
    return forget_mask(model, widen(batch, width), device)


def train_briefly(lesson, train_loader, valid_loader, forward_fn, seed):
    """A model fine-tuned for `EPOCHS` epochs. Built in lesson 02.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
        Its checkpoint, recipe and device count.
    train_loader, valid_loader : helpers.batching.DocumentSentimentDataLoader
    forward_fn : callable
        `helpers.model.forward_sequence_classification` or `forget_mask`.
    seed : int
        Decides the weights of the head, order of batches and dropout.

    Returns
    -------
    transformers.PreTrainedModel
        With the weights of its better epoch.
    """
    model = load_model(lesson.checkpoint, seed=seed).to(lesson.device)
    recipe = lesson.recipe
    train(model=model, train_loader=train_loader, valid_loader=valid_loader,
          optimizer=make_optimizer(model, recipe.learning_rate, recipe.head_learning_rate),
          forward_fn=forward_fn, metrics_fn=document_sentiment_metrics_fn, valid_criterion="F1",
          i2w=INDEX2LABEL, n_epochs=EPOCHS, gamma=recipe.gamma, seed=seed)  # fmt: skip
    return model


def macro_f1_of(model, loader, forward_fn):
    """Macro-F1 of a model, between 0 and 1, when it predicts in a certain way. Built in lesson 02."""
    evaluation = evaluate(model, loader, forward_fn, document_sentiment_metrics_fn, INDEX2LABEL)
    return evaluation.metrics["F1"]


# ------------------------------------------------------------ several seeds


def measure_mask_cost(lesson, train_loader, valid_loader, seed):
    """Both ways to train and three ways to predict, for one seed.

    Returns
    -------
    dict of str to dict of str to float
        By training (``"with"`` mask, ``"without"``), then by prediction
        (``"with"``; ``"without"``, in the width of the batch; ``"wide"``:
        without, in the model's whole width): macro-F1.
    """
    ways = dict(zip(PREDICTED, (forward_sequence_classification, forget_mask, forget_mask_wide)))
    scores = {}
    for trained in TRAINED:
        model = train_briefly(lesson, train_loader, valid_loader, ways[trained], seed)
        scores[trained] = {predicted: round(macro_f1_of(model, valid_loader, forward_fn), 4) for predicted, forward_fn in ways.items()}
    return scores


def stored_part(part):
    """One part of ``data/results/mask_cost.json``, which ``python -m benchmarks.mask_cost`` writes."""
    return json.loads(STORED.read_text(encoding="utf-8"))[part]


def stored_runs(data):
    """What `measure_mask_cost` found for five seeds.

    Parameters
    ----------
    data : {"sample", "smsa"}
        The bundled sample, or the real SmSA: its first 600 training rows, and all its validation rows.

    Returns
    -------
    list of dict
        One a seed, as `measure_mask_cost` gives them.
    """
    return list(stored_part(data).values())


def stored_padding():
    """Share of padding in the real SmSA's training data: ``longest`` in the batch, ``grouped`` by length; with ``rows``, ``batch_size``."""
    return stored_part("padding")


def mask_scores(runs):
    """The scores of each case over the seeds: ``{(trained, predicted): [macro-F1, ...]}``.

    Examples
    --------
    >>> run = {trained: {"with": 0.8, "without": 0.7, "wide": 0.6} for trained in ("with", "without")}
    >>> mask_scores([run, run])["with", "wide"]
    [0.6, 0.6]
    """
    return {(trained, predicted): [run[trained][predicted] for run in runs] for trained in TRAINED for predicted in PREDICTED}


def lost_f1(runs):
    """What each case loses against the mask in both places, seed by seed.

    Returns
    -------
    dict of (str, str) to list of float
        Macro-F1 with the mask in both minus that of the case: positive where forgetting it costs something.

    Examples
    --------
    >>> run = {"with": {"with": 0.8, "without": 0.7, "wide": 0.5}, "without": {"with": 0.8, "without": 0.8, "wide": 0.75}}
    >>> [round(lost, 2) for lost in lost_f1([run])["without", "wide"]]
    [0.05]
    """
    scores = mask_scores(runs)
    best = scores["with", "with"]
    return {case: [whole - score for whole, score in zip(best, found)] for case, found in scores.items() if case != ("with", "with")}


def mask_case(case):
    """A case as a learner reads it."""
    trained, predicted = case
    return f"{message(f'mask_cost.trained_{trained}')}, {message(f'mask_cost.predicted_{predicted}')}"


def mask_table(runs):
    """Runs as a table in words.

    Parameters
    ----------
    runs : list of dict
        One a seed, from `measure_mask_cost` or `stored_runs`.

    Returns
    -------
    pandas.DataFrame
        A row a way to train, a column a way to predict; mean macro-F1, and
        the lowest and highest over the seeds.
    """
    scores = mask_scores(runs)
    rows = [[spread(scores[trained, predicted]) for predicted in PREDICTED] for trained in TRAINED]
    return pd.DataFrame(rows, index=[message(f"mask_cost.trained_{name}") for name in TRAINED],
                        columns=[message(f"mask_cost.predicted_{name}") for name in PREDICTED])  # fmt: skip


def lost_table(sample_runs, smsa_runs):
    """What `lost_f1` finds on two data sets in words: a row a case, the mean, and the lowest and highest over the seeds."""
    columns = {"sample": lost_f1(sample_runs), "smsa": lost_f1(smsa_runs)}
    table = {
        message(f"mask_cost.lost_{data}"): [f"{statistics.mean(lost):.3f} ({min(lost):.3f} … {max(lost):.3f})" for lost in cases.values()]
        for data, cases in columns.items()
    }
    return pd.DataFrame(table, index=[mask_case(case) for case in columns["sample"]])


def mask_board(sample_runs, smsa_runs):
    """The scores of two data sets as numbers, a row a case, as `helpers.plots.plot_scores` takes them.

    Returns
    -------
    pandas.DataFrame
        Columns ``mean``, ``low``, ``high`` of the sample and, with ``smsa_`` before them, of the real SmSA.
    """
    parts = []
    for prefix, runs in (("", sample_runs), ("smsa_", smsa_runs)):
        rows = [[statistics.mean(found), min(found), max(found)] for found in mask_scores(runs).values()]
        parts.append(pd.DataFrame(rows, columns=[prefix + name for name in ("mean", "low", "high")]))
    board = pd.concat(parts, axis=1)
    board.index = [mask_case(case) for case in mask_scores(sample_runs)]
    return board
