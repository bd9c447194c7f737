"""Fine-tuning: batches and a model become a trained model (built in lesson 04)."""

import io
import math
import os
import pathlib
import pickle
import tempfile
import zipfile
from typing import NamedTuple

import pandas as pd
import torch
from tqdm.auto import tqdm

from helpers.device import autocast, autocast_dtype, process_rank
from helpers.files import WriteError, write_atomically
from helpers.messages import message

CHECKPOINT = "checkpoint.pt"
NEXT_CHECKPOINT = "checkpoint.next.pt"
PREVIOUS_CHECKPOINT = "checkpoint.previous.pt"


class TrainingError(RuntimeError):
    """Training that cannot go on; the text says why and what to try."""


class Evaluation(NamedTuple):
    """What `evaluate` found.

    Attributes
    ----------
    loss : float
        Mean cross-entropy over the rows, in nats.
    metrics : dict of str to float
        From `metrics_fn`, for instance ``ACC``, ``F1``, ``REC``, ``PRE``.
    list_hyp, list_label : list of str
        Predicted and true label of each row, in the loader's order.
    """

    loss: float
    metrics: dict
    list_hyp: list
    list_label: list


def make_optimizer(model, learning_rate, weight_decay=0.01):
    """AdamW in its fused form, all parameters in one pass. Built in lesson 04.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
    """
    return torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)


def make_schedule(optimizer, n_batches, n_epochs, step_size=1, gamma=0.5, warmup_share=0.1):
    """Learning rate by batch: linear warm-up, then StepLR's staircase. Built in lesson 04.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    n_batches : int
        Batches in an epoch.
    n_epochs : int
    step_size : int
        Epochs between two steps down.
    gamma : float
        Factor of each step down.
    warmup_share : float
        Share of all batches in which the rate rises to its full value.

    Returns
    -------
    torch.optim.lr_scheduler.LambdaLR
        To be stepped after each batch.
    """
    warmup = max(1, round(warmup_share * n_batches * n_epochs))

    def factor(step):
        return min(1.0, (step + 1) / warmup) * gamma ** (step // (n_batches * step_size))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def train_batch(model, batch, optimizer, forward_fn, max_norm=10.0, scaler=None):
    """One training step: forward, loss, backward, clip, step. Built in lesson 04.

    Parameters
    ----------
    model : torch.nn.Module
        In training mode.
    batch : helpers.batching.Batch
    optimizer : torch.optim.Optimizer
    forward_fn : callable
        ``forward_fn(model, batch, device=...)`` gives loss, hypothesis, label.
    max_norm : float
        Longest gradient (Euclidean norm over all parameters) that is let through.
    scaler : torch.amp.GradScaler, optional
        Keeps small float16 gradients from becoming zero.

    Returns
    -------
    torch.Tensor
        The batch's loss, a scalar, still on the device.
    """
    device = next(model.parameters()).device
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    with autocast(device):
        loss, _, _ = forward_fn(model, batch, device=device)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


def evaluate(model, data_loader, forward_fn, metrics_fn, i2w):
    """Predict every row of a loader and score the predictions. Built in lesson 04.

    Parameters
    ----------
    model : torch.nn.Module
        Put into evaluation mode, and left in it.
    data_loader : helpers.batching.DocumentSentimentDataLoader
    forward_fn : callable
    metrics_fn : callable
        ``metrics_fn(list_hyp, list_label)`` gives a dict of numbers.
    i2w : dict of int to str
        Class index to label.

    Returns
    -------
    Evaluation
    """
    device = next(model.parameters()).device
    model.eval()
    losses, hypotheses, labels = [], [], []
    with torch.inference_mode(), autocast(device):
        for batch in data_loader:
            loss, hypothesis, label = forward_fn(model, batch, device=device)
            losses.append(loss * len(label))
            hypotheses.append(hypothesis)
            labels.append(label)
    list_hyp = [i2w[index] for index in torch.cat(hypotheses).tolist()]
    list_label = [i2w[index] for index in torch.cat(labels).tolist()]
    loss = float(torch.stack(losses).sum()) / len(list_label)
    return Evaluation(loss, metrics_fn(list_hyp, list_label), list_hyp, list_label)


def save_checkpoint(folder, state):
    """Write the state of a training run; the one before it is kept as well."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    checkpoint = pathlib.Path(folder, CHECKPOINT)
    # the new file is complete before the old one is moved: a good file is there at every moment
    complete = checkpoint.with_name(NEXT_CHECKPOINT)
    write_atomically(complete, buffer.getbuffer())
    try:
        if checkpoint.exists():
            os.replace(checkpoint, checkpoint.with_name(PREVIOUS_CHECKPOINT))
        os.replace(complete, checkpoint)
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=checkpoint, error=error)) from error


def load_checkpoint(folder):
    """Read the newest undamaged state of a training run.

    Returns
    -------
    dict or None
        None if the folder holds no checkpoint.

    Raises
    ------
    TrainingError
        There are checkpoints, but none is whole.
    """
    damaged = []
    for name in (NEXT_CHECKPOINT, CHECKPOINT, PREVIOUS_CHECKPOINT):  # the first is there only if its renaming was interrupted
        path = pathlib.Path(folder, name)
        if not path.exists():
            continue
        try:
            with zipfile.ZipFile(path) as archive:  # torch.load itself does not check the stored checksums
                if archive.testzip() is not None:
                    raise zipfile.BadZipFile
            return torch.load(path, map_location="cpu", weights_only=True)
        except (zipfile.BadZipFile, EOFError, RuntimeError, pickle.UnpicklingError):
            damaged.append(path)
            print(message("training.damaged_checkpoint", path=path))
    if damaged:
        raise TrainingError(message("training.no_good_checkpoint", folder=folder))
    return None


def random_state():
    """State of PyTorch's random generators, CPU and GPU."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}


def set_random_state(state):
    """Put back what `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def copy_weights(model):
    """A copy of the model's weights on the CPU."""
    return {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}


def check_losses(losses, first_step, learning_rate):
    """Stop if a loss is not a finite number.

    Raises
    ------
    TrainingError
        Names the step, the loss and the learning rate.
    """
    values = torch.stack(losses)
    if not torch.isfinite(values).all():
        position = int((~torch.isfinite(values)).nonzero()[0])
        step, loss = first_step + position, float(values[position])
        raise TrainingError(message("training.loss_not_finite", step=step, loss=loss, learning_rate=f"{learning_rate:.2g}"))


def save_model(model, folder, tokenizer=None):
    """Save a fine-tuned model (safetensors), and its tokenizer, as ``from_pretrained`` reads them. Used in lesson 04.

    The weights are written last and in one move: a folder with a
    ``model.safetensors`` is complete.
    """
    from safetensors.torch import save

    folder = pathlib.Path(folder)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for part in (model.config,) if tokenizer is None else (tokenizer, model.config):
                part.save_pretrained(scratch)
            small_files = {path.name: path.read_bytes() for path in pathlib.Path(scratch).iterdir()}
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=folder, error=error)) from error
    for name, content in small_files.items():
        write_atomically(folder / name, content)
    weights = {name: weight.contiguous() for name, weight in copy_weights(model).items()}
    write_atomically(folder / "model.safetensors", save(weights, metadata={"format": "pt"}))


def train(
    model, train_loader, valid_loader, optimizer, forward_fn, metrics_fn, valid_criterion, i2w, n_epochs,
    evaluate_every=1, early_stop=3, step_size=1, gamma=0.5, max_norm=10.0, model_dir=None, exp_id="",
    warmup_share=0.1, seed=42, resume=False, save_every=500,
):  # fmt: skip
    """Fine-tune a classifier and keep its best state on the validation split. Built in lesson 04.

    Parameters
    ----------
    model : torch.nn.Module
        On its device already; changed in place.
    train_loader, valid_loader : helpers.batching.DocumentSentimentDataLoader
    optimizer : torch.optim.Optimizer
        From `make_optimizer`, over this model's parameters.
    forward_fn : callable
        See `helpers.model.forward_sequence_classification`.
    metrics_fn : callable
        See `helpers.evaluation.document_sentiment_metrics_fn`.
    valid_criterion : str
        The metric, a key of what `metrics_fn` returns, that decides which epoch is best.
    i2w : dict of int to str
        Class index to label.
    n_epochs : int
    evaluate_every : int
        Epochs between two evaluations.
    early_stop : int
        Evaluations without progress after which training ends.
    step_size, gamma, warmup_share
        See `make_schedule`.
    max_norm : float
        See `train_batch`.
    model_dir, exp_id : str or pathlib.Path, optional
        Checkpoints and the best model go to the folder ``model_dir/exp_id``; without `model_dir` nothing is written.
    seed : int
        Decides order of batches and dropout. Equal digits are promised on one machine with one set of versions, not across machines.
    resume : bool
        Go on from the checkpoint in that folder, if there is one. On a CPU the result is the same, bit by bit, as without the interruption.
    save_every : int
        Batches between two checkpoints; one more is written after each epoch.

    Returns
    -------
    pandas.DataFrame
        One row an evaluation: ``epoch``, ``train_loss``, ``valid_loss`` (nats), ``learning_rate`` (the epoch's last) and the metrics
        on the validation split. The model holds the weights of the best row.

    Raises
    ------
    TrainingError
        A loss that is not finite, a checkpoint that cannot be written or read, or one that belongs to another run.
    """
    device = next(model.parameters()).device
    folder = pathlib.Path(model_dir, exp_id) if model_dir is not None else None
    writes = folder is not None and process_rank() == 0
    n_batches = len(train_loader)
    schedule = make_schedule(optimizer, n_batches, n_epochs, step_size, gamma, warmup_share)
    scaler = torch.amp.GradScaler(device.type, enabled=autocast_dtype(device) is torch.float16)
    settings = {"batches": n_batches, "n_epochs": n_epochs, "step_size": step_size, "gamma": gamma, "max_norm": max_norm,
                "warmup_share": warmup_share, "seed": seed, "evaluate_every": evaluate_every, "early_stop": early_stop,
                "valid_criterion": valid_criterion, "learning_rates": [float(rate) for rate in schedule.base_lrs],
                "rows": len(train_loader.dataset), "weights": [list(weight.shape) for weight in model.parameters()]}  # fmt: skip
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "scaler": scaler}
    state = {
        "epoch": 0,
        "batch": 0,
        "loss_sum": 0.0,
        "history": [],
        "best": -math.inf,
        "best_weights": None,
        "stale": 0,
        "finished": n_epochs < 1,
    }

    saved = load_checkpoint(folder) if resume and folder is not None else None
    if saved is not None:
        if saved.pop("settings", None) != settings:
            raise TrainingError(message("training.other_run", folder=folder))
        for name, part in parts.items():
            if name in saved:
                part.load_state_dict(saved.pop(name))
        state = saved
        set_random_state(state["epoch_start"] if state["batch"] else state["random"])
        print(message("training.resumed", epoch=state["epoch"] + 1, batch=state["batch"]))
    else:
        torch.manual_seed(seed)

    def save():
        if writes:
            saved_parts = {} if state["finished"] else {name: part.state_dict() for name, part in parts.items()}
            save_checkpoint(folder, {**state, **saved_parts, "settings": settings, "random": random_state()})

    try:
        while not state["finished"]:
            train_epoch(model, train_loader, optimizer, schedule, scaler, forward_fn, max_norm, state, save, save_every)
            if state["epoch"] % evaluate_every == 0 or state["epoch"] == n_epochs:
                evaluation = evaluate(model, valid_loader, forward_fn, metrics_fn, i2w)
                note_evaluation(state, evaluation, valid_criterion, model, n_batches)
            state["loss_sum"] = 0.0
            state["finished"] = state["epoch"] == n_epochs or state["stale"] >= early_stop
            save()
    except KeyboardInterrupt:
        print(message("training.interrupted" if state["history"] else "training.interrupted_early"))
    if state["best_weights"] is not None:
        model.load_state_dict(state["best_weights"])
    model.eval()
    if writes and state["history"]:
        save_model(model, folder)
    return pd.DataFrame(state["history"])


def train_epoch(model, train_loader, optimizer, schedule, scaler, forward_fn, max_norm, state, save, save_every):
    """The batches of one epoch that are still to be done; `state` is kept up to date for `save`."""
    resumed_at = state["batch"]
    if not resumed_at:
        state["epoch_start"] = random_state()
    batches = iter(train_loader)  # the order is drawn here, from the random state at the start of the epoch
    for _ in range(resumed_at):
        next(batches)
    if resumed_at:
        set_random_state(state["random"])
    # each look at a loss makes a GPU wait for its queue to empty
    look_every = 1 if next(model.parameters()).device.type == "cpu" else 50
    n_batches = len(train_loader)
    losses = []
    model.train()
    with tqdm(total=n_batches, initial=resumed_at, desc=message("training.bar", epoch=state["epoch"] + 1), leave=False) as bar:
        for batch in batches:
            learning_rate = schedule.get_last_lr()[0]
            losses.append(train_batch(model, batch, optimizer, forward_fn, max_norm, scaler))
            schedule.step()
            state["batch"] += 1
            state["learning_rate"] = learning_rate
            bar.update()
            done = state["batch"] == n_batches
            save_now = state["batch"] % save_every == 0 and not done
            if len(losses) == look_every or done or save_now:
                check_losses(losses, state["epoch"] * n_batches + state["batch"] - len(losses) + 1, learning_rate)
                state["loss_sum"] += float(torch.stack(losses).double().sum())
                losses = []
                bar.set_postfix(loss=f"{state['loss_sum'] / state['batch']:.3f}", learning_rate=f"{learning_rate:.1e}")
            if save_now:
                save()
    state["epoch"] += 1
    state["batch"] = 0


def note_evaluation(state, evaluation, valid_criterion, model, n_batches):
    """Add a row to the history and keep the weights if they are the best so far."""
    metrics = {name: float(value) for name, value in evaluation.metrics.items()}  # NumPy's numbers do not go into a checkpoint
    if valid_criterion not in metrics:
        raise TrainingError(message("training.unknown_criterion", found=valid_criterion, allowed=", ".join(metrics)))
    row = {"epoch": state["epoch"], "train_loss": state["loss_sum"] / n_batches, "valid_loss": evaluation.loss,
           "learning_rate": state["learning_rate"], **metrics}  # fmt: skip
    state["history"].append(row)
    print(message("training.epoch", epoch=row["epoch"], train_loss=row["train_loss"], valid_loss=row["valid_loss"],
                  criterion=valid_criterion, score=row[valid_criterion]))  # fmt: skip
    if state["best_weights"] is None or row[valid_criterion] > state["best"]:
        state.update(best=row[valid_criterion], best_weights=copy_weights(model), stale=0)
    else:
        state["stale"] += 1
