"""Seven well-known bugs of training, each one line in the same short loop: the game of lesson 04.

Every bug here is code that runs to its end without an error message. What
gives it away is a number: `report` measures those numbers for one run, and
`symptoms` says which of them are out of the ordinary.
"""

import copy
import math

import pandas as pd
import torch
from torch.nn.functional import cross_entropy

from helpers.batching import Batch, DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL, DocumentSentimentDataset, load_dataset
from helpers.messages import message
from helpers.model import forward_sequence_classification, load_model
from helpers.training import make_optimizer

BUGS = ("other_model", "softmax_twice", "no_zero_grad", "no_train_mode", "shifted_labels", "test_chooses", "no_mask")
#: Which bug hides behind which letter of the game.
KEY = {
    "A": "softmax_twice", "B": "no_zero_grad", "C": "test_chooses", "D": "no_mask", "E": "other_model", "F": "shifted_labels",
    "G": "no_train_mode",
}  # fmt: skip
RATES = (1e-4, 3e-3)  # body and head: for any preset's model enough to learn two dozen rows by heart
LEARNT, REPORT, FRESH = 8, 5, 9  # rows of each class to learn by heart, to report on, and that nobody uses
EPOCHS = 8
CANDIDATES = 2000


def game_data(lesson, tokenizer):
    """Batches to learn by heart, rows to report on, and fresh rows: the shortest ones of the lesson's data.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    tokenizer : transformers tokenizer

    Returns
    -------
    learnt : list of helpers.batching.Batch
        `LEARNT` rows of each class of the training data, in three batches.
    report, fresh : helpers.batching.Batch
        `REPORT` and `FRESH` rows of each class of the validation data.
    """
    tables = [load_dataset(path) for path in (lesson.train_path, lesson.valid_path)]
    train, valid = (table.sort_values("text", key=lambda texts: texts.str.len(), kind="stable") for table in tables)
    parts = ((train, 0, LEARNT), (valid, 0, REPORT), (valid, REPORT, REPORT + FRESH))
    tables = [pd.concat([table[table["label"] == label][start:end] for label in INDEX2LABEL]) for table, start, end in parts]
    datasets = [DocumentSentimentDataset(table.sample(frac=1, random_state=0), tokenizer) for table in tables]
    learnt, report, fresh = (list(DocumentSentimentDataLoader(dataset, batch_size=LEARNT if place == 0 else len(dataset)))
                             for place, dataset in enumerate(datasets))  # fmt: skip
    return learnt, *report, *fresh


def logits_of(model, batch, bug=None):
    """Logits ``[batch, classes]``; with the bug ``no_mask`` padding counts as text."""
    mask = torch.ones_like(batch.mask) if bug == "no_mask" else batch.mask
    device = next(model.parameters()).device
    return model(input_ids=batch.subword.to(device), attention_mask=mask.to(device)).logits


def loss_of(model, batch, bug=None):
    """Cross-entropy of a batch, perhaps computed wrongly."""
    logits, label = logits_of(model, batch, bug), batch.label.to(next(model.parameters()).device)
    if bug == "softmax_twice":
        logits = logits.softmax(-1)  # cross_entropy takes the softmax itself
    if bug == "shifted_labels":
        label = (label + 1) % logits.size(-1)  # labels 1, 2, 3 read as 0, 1, 2, say
    return cross_entropy(logits, label)


def learn_by_heart(model, batches, bug=None, other=None):
    """The loop of lesson 04 without its safeguards, and with at most one bug.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Freshly loaded; changed in place.
    batches : list of helpers.batching.Batch
    bug : str, optional
        One of `BUGS`; without it a healthy run.
    other : transformers.PreTrainedModel, optional
        For the bug ``other_model``: the model that the optimizer moves instead.

    Returns
    -------
    losses, norms : list of float
        Of each step: the loss in nats, and the length of the gradient before the step.
    """
    optimizer = make_optimizer(other if bug == "other_model" else model, *RATES)
    losses, norms = [], []
    set_mode(model, bug)
    for batch in batches * EPOCHS:
        loss = loss_of(model, batch, bug)
        if bug != "no_zero_grad":
            optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.stack([weight.grad.norm() for weight in model.parameters()]).norm()))
        optimizer.step()
        losses.append(loss.item())
    return losses, norms


def set_mode(model, bug=None):
    """Training mode, unless forgotten: a freshly loaded model is in evaluation mode."""
    if bug != "no_train_mode":
        model.train()


@torch.inference_mode()
def choose_by_test(model, batches, test, seed):
    """The bug ``test_chooses``: of many random heads keep the one that scores best on the test rows. Nothing is trained.

    Returns
    -------
    losses, norms : list of float
        Losses of the batches with the first head and with the chosen one; no gradients.
    """
    device = next(model.parameters()).device
    losses = [loss_of(model, batch).item() for batch in batches]
    vectors = model.base_model(input_ids=test.subword.to(device), attention_mask=test.mask.to(device)).pooler_output.cpu()
    heads = 0.05 * torch.randn(CANDIDATES, model.classifier.out_features, vectors.size(-1), generator=torch.Generator().manual_seed(seed))
    hits = (torch.einsum("rw,hcw->hrc", vectors, heads).argmax(-1) == test.label).sum(-1)  # r rows, w numbers, h heads, c classes
    model.classifier.weight.copy_(heads[hits.argmax()])
    return losses + [loss_of(model, batch).item() for batch in batches], []


@torch.inference_mode()
def share_right(model, batch, bug=None):
    """Share of a batch's rows whose label the model guesses."""
    return float((logits_of(model, batch, bug).argmax(-1).cpu() == batch.label).float().mean())


@torch.inference_mode()
def difference_by_neighbours(model, batch, bug=None):
    """How much the probabilities of the shortest text of a batch change when it stands alone, without padding."""
    row = int(batch.mask.sum(-1).argmin())
    alone = Batch(*(part[row : row + 1, : int(batch.mask[row].sum())] for part in batch[:2]), batch.label[row : row + 1])
    together = logits_of(model, batch, bug)[row].softmax(-1)
    return float((together - logits_of(model, alone, bug)[0].softmax(-1)).abs().max())


def with_new_head(model, seed):
    """A copy of a model with another random head."""
    model = copy.deepcopy(model)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.nn.init.normal_(model.classifier.weight, std=0.02)
        torch.nn.init.zeros_(model.classifier.bias)
    return model


def symptoms(model, data, bug=None, seed=42):
    """Run the loop once and measure what a bug would show in.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Pre-trained, on its device; left as it is.
    data : tuple
        From `game_data`.
    bug : str, optional
        One of `BUGS`; without it a healthy run.
    seed : int
        Of the new head and of dropout.

    Returns
    -------
    dict of str to float
        ``first`` and ``last``: mean loss of the first and of the last epoch, in nats; ``gradient``: length of the last gradient (NaN if
        there was none); ``twice``: difference of the first batch's loss when it is computed twice as in training; ``neighbours``: see
        `difference_by_neighbours`; ``learnt``, ``report`` and ``fresh``: share of right guesses on the rows that were learnt by heart,
        on those that are reported on, and on rows that nobody used.
    """
    learnt, report, fresh = data
    model, other = (with_new_head(model, each) for each in (seed, seed + 1))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        set_mode(model, bug)
        twice = abs(loss_of(model, learnt[0], bug).item() - loss_of(model, learnt[0], bug).item())
        model.eval()
        choosing = bug == "test_chooses"
        losses, norms = choose_by_test(model, learnt, report, seed) if choosing else learn_by_heart(model, learnt, bug, other)
    model.eval()
    shares = [share_right(model, batch, bug) for batch in (*learnt, report, fresh)]
    first, last = (sum(part) / len(learnt) for part in (losses[: len(learnt)], losses[-len(learnt) :]))
    return {"first": first, "last": last, "gradient": norms[-1] if norms else math.nan, "twice": twice,
            "neighbours": difference_by_neighbours(model, fresh, bug), "learnt": sum(shares[:-2]) / len(learnt),
            "report": shares[-2], "fresh": shares[-1]}  # fmt: skip


SOFTMAX_TWICE_FLOOR = 0.551  # nats: -ln(e / (e + 2)), for probabilities 1, 0, 0 taken as logits


def diagnose(run):
    """The bug that a run's numbers give away, looked for in an order in which none is taken for another.

    Parameters
    ----------
    run : mapping of str to float
        From `symptoms`.

    Returns
    -------
    str or None
        One of `BUGS`; None for a healthy run.

    Examples
    --------
    >>> healthy = {"first": 1.1, "last": 0.05, "gradient": 0.5, "twice": 0.02, "neighbours": 0.0, "learnt": 1.0}
    >>> diagnose(healthy), diagnose({**healthy, "learnt": 0.0}), diagnose({**healthy, "twice": 0.0})
    (None, 'shifted_labels', 'no_train_mode')
    """
    if run["neighbours"] > 0.01:
        return "no_mask"
    if run["twice"] == 0:
        return "no_train_mode"
    if run["last"] > 0.85 * run["first"]:
        return "test_chooses" if math.isnan(run["gradient"]) else "other_model"
    if run["learnt"] < 0.2:
        return "shifted_labels"
    if run["last"] > SOFTMAX_TWICE_FLOOR:
        return "softmax_twice"
    return "no_zero_grad" if run["gradient"] > 5 else None


def play(lesson, tokenizer):
    """The game's table: a row a letter of `KEY`, and a healthy run beside them.

    Parameters
    ----------
    lesson : helpers.lesson.Lesson
    tokenizer : transformers tokenizer

    Returns
    -------
    pandas.DataFrame
        Columns as `symptoms` names them; the last row is the healthy run.
    """
    data = game_data(lesson, tokenizer)
    model = load_model(lesson.checkpoint, attn_implementation="eager").to(lesson.device)
    runs = {**KEY, message("symptoms.healthy"): None}
    return pd.DataFrame.from_dict({name: symptoms(model, data, bug, lesson.seed) for name, bug in runs.items()}, orient="index")


def in_words(table):
    """The game's table for a learner: columns in their language, three decimals, a dash where nothing was measured."""

    def shown(value):
        if math.isnan(value):
            return "-"
        return "0" if value == 0 else f"{value:.3f}" if value >= 0.0005 else "<0.001"  # nothing at all is a symptom, little is not

    return table.map(shown).rename(columns=lambda name: message(f"symptoms.{name}"))


def stop_after(batches):
    """A forward function that imitates Ctrl-C: `KeyboardInterrupt` once it has seen so many training batches.

    Parameters
    ----------
    batches : int

    Returns
    -------
    callable
        Takes what `helpers.model.forward_sequence_classification` takes.
    """
    allowed = iter(range(batches))

    def forward(model, batch, **options):
        if model.training and next(allowed, None) is None:
            raise KeyboardInterrupt
        return forward_sequence_classification(model, batch, **options)

    return forward
