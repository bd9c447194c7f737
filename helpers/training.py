"""Fine-tuning: batches and a model become a trained model (built in lesson 04)."""

import contextlib
import dataclasses
import io
import json
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

from helpers.device import autocast, autocast_dtype, process_rank, training_attention
from helpers.files import WriteError, write_atomically, write_together
from helpers.fingerprint import check_same_run, describe_run, digest_weights
from helpers.fit import has_no_names, plain_model, usable_positions
from helpers.messages import message
from helpers.training_checks import (
    HISTORY_COLUMNS,
    Recipe,
    TrainingError,
    check_evaluation,
    check_head,
    check_step,
    check_steps,
    check_training,
    metric_numbers,
    plain_problems,
    refuse,
)

CHECKPOINT = "checkpoint.pt"
NEXT_CHECKPOINT = "checkpoint.next.pt"
PREVIOUS_CHECKPOINT = "checkpoint.previous.pt"
RECORD = "training.json"  # beside a model: how it was trained, for people to read
SMALLEST_SCALE = 1.0  # a float16 scaler begins at 65,536 and halves at each gradient that is not finite


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


def make_optimizer(model, learning_rate, head_learning_rate=None, weight_decay=0.01):
    """AdamW in its fused form; the new head may learn at a rate of its own. Built in lesson 04.

    Parameters
    ----------
    model : torch.nn.Module
    learning_rate : float
        Of the pre-trained layers.
    head_learning_rate : float, optional
        Of ``model.classifier``, which starts from random weights; without it the same.
    weight_decay : float, default 0.01

    Returns
    -------
    torch.optim.AdamW
        One group of parameters, or two: the body, then the head.

    Raises
    ------
    TrainingError
        There is a rate for the head, but the model has no ``classifier``.

    Notes
    -----
    Sources: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019; a rate for each part of a pre-trained model: Howard and Ruder,
    Universal Language Model Fine-tuning for Text Classification, 2018.

    Examples
    --------
    >>> model = torch.nn.ModuleDict({"bert": torch.nn.Linear(2, 2), "classifier": torch.nn.Linear(2, 3)})
    >>> [group["lr"] for group in make_optimizer(model, 1e-4, 3e-3).param_groups]
    [0.0001, 0.003]
    """
    parts = {"body": [], "head": []}
    for name, weight in model.named_parameters():
        is_head = head_learning_rate is not None and "classifier" in name.split(".")
        parts["head" if is_head else "body"].append(weight)
    check_head(parts["head"], head_learning_rate)
    groups = [{"params": parts["body"], "lr": learning_rate}, {"params": parts["head"], "lr": head_learning_rate}]
    return torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=weight_decay, fused=True)


def make_schedule(optimizer, n_batches, n_epochs, step_size=1, gamma=0.5, warmup_share=0.1):
    """Learning rate by batch: linear warm-up, then StepLR's staircase. Built in lesson 04.

    The full rate is the one that the optimizer has now, whatever schedule it
    followed before.

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
    for group in optimizer.param_groups:
        group.pop("initial_lr", None)  # an earlier schedule's, which PyTorch would go by
    warmup = max(1, round(warmup_share * n_batches * n_epochs))

    def factor(step):
        return min(1.0, (step + 1) / warmup) * gamma ** (step // (n_batches * step_size))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def train_batch(model, batch, optimizer, forward_fn, max_norm=10.0, scaler=None, check=check_step):
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
    check : callable
        ``check(loss, norm)`` raises before the step if it must not be taken; the norm is the gradient's before clipping, None with a
        scaler that is on: it passes over such steps itself, and lowers its scale.

    Returns
    -------
    torch.Tensor
        The batch's loss, a scalar, still on the device.

    Raises
    ------
    TrainingError
        The loss or the gradient is not finite; the weights are as they were.
    """
    device = next(model.parameters()).device
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    with autocast(device):
        loss, _, _ = forward_fn(model, batch, device=device)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    check(loss.detach(), None if scaler.is_enabled() else norm)
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
        Its result may have an attribute ``weight``, by which the batch's mean loss counts; else its rows count.
    metrics_fn : callable
        ``metrics_fn(list_hyp, list_label)`` gives a dict of numbers.
    i2w : dict of int to str
        Class index to label.

    Returns
    -------
    Evaluation

    Raises
    ------
    helpers.data.DataError
        The loader gives no rows, or leaves some out.
    TrainingError
        `i2w` does not name the model's classes, or a label is none of them.
    """
    check_evaluation(model, data_loader, i2w)
    device = next(model.parameters()).device
    model.eval()
    losses, weights, hypotheses, labels = [], [], [], []
    with torch.inference_mode(), autocast(device):
        for batch in data_loader:
            output = loss, hypothesis, label = forward_fn(model, batch, device=device)
            weights.append(getattr(output, "weight", len(label)))
            losses.append(loss * weights[-1])
            hypotheses.append(hypothesis)
            labels.append(label)
    list_hyp = [i2w[index] for index in torch.cat(hypotheses).tolist()]
    list_label = [i2w[index] for index in torch.cat(labels).tolist()]
    loss = float(torch.stack(losses).sum()) / float(sum(weights))
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
    """Put back what `random_state` returned, perhaps on a computer with fewer GPUs."""
    torch.set_rng_state(state["cpu"])
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for device, state_there in enumerate(state["cuda"][:n_devices]):
        torch.cuda.set_rng_state(state_there, device)


def copy_weights(model):
    """A copy of the model's weights on the CPU."""
    return {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}


def save_model(model, folder, tokenizer=None):
    """Save a fine-tuned model (safetensors) and its tokenizer, as ``from_pretrained`` reads them. Used in lesson 04.

    The weights come last: a folder with a ``model.safetensors`` is complete.
    The tokenizer is saved with the length that `train` gave the model, so that
    whoever reads the folder cuts texts where training cut them:
    `helpers.evaluation.predict` by itself, Transformers' ``pipeline`` with
    ``truncation=True``. Without that, ``pipeline`` cuts nothing (no file of a
    folder can make it), and raises an error at texts longer than the model's
    positions.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        What ``torch.compile`` or ``DataParallel`` put around it is left out.
    folder : str or pathlib.Path
    tokenizer : transformers tokenizer
        Without it, the folder cannot be used alone, and a line says so.

    Raises
    ------
    TrainingError
        The weights are not those of the model's class: LoRA layers, int8, or another wrapper; the text names the way out.
    helpers.files.WriteError
        The disk is full or may not be written; a model that stood there is whole.
    """
    write_model(model, folder, tokenizer)


def write_model(model, folder, tokenizer, record=None):
    """`save_model`, with a record of the training beside it."""
    from safetensors.torch import save

    refuse(plain_problems(model))
    model = plain_model(model)
    model.config.architectures = [type(model).__name__]  # pipeline and the hub read here which task the weights are for
    if tokenizer is None:
        print(message("training.no_tokenizer", folder=folder))
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for part in (model.config,) if tokenizer is None else (tokenizer, model.config):
                part.save_pretrained(scratch)
            files = {path.name: path.read_bytes() for path in sorted(pathlib.Path(scratch).iterdir()) if path.is_file()}
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=folder, error=error)) from error
    if "tokenizer_config.json" in files:
        options = json.loads(files["tokenizer_config.json"])
        options["model_max_length"] = usable_length(model.config, tokenizer)
        files["tokenizer_config.json"] = (json.dumps(options, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    if record is not None:
        files[RECORD] = (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    weights = {name: weight.contiguous() for name, weight in copy_weights(model).items()}
    write_together(folder, {**files, "model.safetensors": save(weights, metadata={"format": "pt"})})


def usable_length(config, tokenizer):
    """Subwords after which a text is cut: as in training, and never more than the model has positions."""
    limits = (getattr(config, "trained_max_seq_len", None), usable_positions(config), tokenizer.model_max_length)
    return min(limit for limit in limits if limit is not None)


# ---------------------------------------------------------------- a training run


@dataclasses.dataclass
class Run:
    """A training run: what it works with, and the state that its checkpoints keep.

    Attributes
    ----------
    model, optimizer, schedule, scaler
        The parts that a training step changes.
    recipe : helpers.training_checks.Recipe
    folder : pathlib.Path or None
        Where the run is saved; None if it is not.
    settings : dict
        All that decides the result, see `helpers.fingerprint.describe_run`.
    metrics : list of str
        Names of the metrics.
    n_batches : int
        Batches in an epoch.
    epoch, batch : int
        Epochs that are done, and batches of the one after them.
    loss_sum : float
        Of the losses in this epoch, in nats.
    learning_rate : float
        Of the last step.
    history : list of dict
        A row an evaluation.
    best : float
        The highest score so far.
    best_weights : dict of str to torch.Tensor or None
        The weights that reached it.
    stale : int
        Evaluations since then.
    epoch_start : dict or None
        State of the random generators at the start of the epoch, from which the order of its batches is drawn.
    """

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler
    recipe: Recipe
    folder: pathlib.Path | None
    settings: dict
    metrics: list
    n_batches: int
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    learning_rate: float = 0.0
    history: list = dataclasses.field(default_factory=list)
    best: float = -math.inf
    best_weights: dict | None = None
    stale: int = 0
    epoch_start: dict | None = None

    KEPT = ("epoch", "batch", "loss_sum", "learning_rate", "history", "best", "best_weights", "stale", "epoch_start")

    def __post_init__(self):
        self.device = next(self.model.parameters()).device
        # each look at a loss makes a GPU wait for its queue to empty
        self.look_every = 1 if self.device.type == "cpu" else 50
        self.losses, self.norms = [], []  # of the steps since the last look
        self.random = None

    @property
    def finished(self):
        """Whether all epochs are done, or too many evaluations brought no progress."""
        return self.batch == 0 and (self.epoch >= self.recipe.n_epochs or self.stale >= self.recipe.early_stop)

    @property
    def evaluation_is_due(self):
        """Whether the epoch that has just ended is one after which the validation split is looked at."""
        return self.epoch % self.recipe.evaluate_every == 0 or self.epoch == self.recipe.n_epochs

    def begin(self, resume):
        """Set the random generators, or take up the state that an earlier run saved."""
        saved = load_checkpoint(self.folder) if resume and self.folder is not None else None
        if saved is None:
            torch.manual_seed(self.recipe.seed)
            return
        self.recognise(saved)
        for name, part in self.parts().items():
            if saved.get(name):  # a scaler that was off, as on a CPU, left nothing
                part.load_state_dict(saved[name])
        for name in self.KEPT:
            setattr(self, name, saved[name])
        self.random = saved["random"]
        set_random_state(self.epoch_start if self.batch else self.random)
        if self.finished:
            print(message("training.already_finished", folder=self.folder, epoch=self.epoch, n_epochs=self.recipe.n_epochs))
        else:
            print(message("training.resumed", epoch=self.epoch + 1, batch=self.batch))

    def recognise(self, saved):
        """Make sure that a checkpoint belongs to this run, its model being as it was at the start or as a run of this session left it."""
        settings, weights = saved.get("settings"), self.settings["weights"]
        if isinstance(settings, dict) and settings.get("weights") != weights:
            left = [saved[name] for name in ("best_weights", "model") if isinstance(saved.get(name), dict)]
            if weights in map(digest_weights, left):
                self.settings["weights"] = settings.get("weights")
        check_same_run(settings, self.settings, self.folder)

    def parts(self):
        """What a checkpoint keeps of model, optimizer, schedule and scaler."""
        return {"model": plain_model(self.model), "optimizer": self.optimizer, "schedule": self.schedule, "scaler": self.scaler}

    def remaining(self, train_loader):
        """The batches of this epoch that are still to be done."""
        if not self.batch:
            self.epoch_start, self.loss_sum = random_state(), 0.0
        batches = iter(train_loader)  # the order is drawn here, from the random state at the start of the epoch
        for _ in range(self.batch):
            next(batches)
        if self.batch:
            set_random_state(self.random)
        return batches

    def train_epoch(self, train_loader, forward_fn):
        """Train on the batches of one epoch, and save the run every so many of them."""
        batches = self.remaining(train_loader)
        self.model.train()
        with tqdm(total=self.n_batches, initial=self.batch, desc=message("training.bar", epoch=self.epoch + 1), leave=False) as bar:
            for batch in batches:
                self.learning_rate = self.schedule.get_last_lr()[0]
                train_batch(self.model, batch, self.optimizer, forward_fn, self.recipe.max_norm, self.scaler, self.note_step)
                self.schedule.step()
                self.batch += 1
                save_now = self.batch % self.recipe.save_every == 0 and self.batch < self.n_batches
                if save_now or self.batch == self.n_batches or len(self.losses) == self.look_every:
                    self.look()
                bar.update()
                if not self.losses:
                    bar.set_postfix(loss=f"{self.loss_sum / self.batch:.3f}", learning_rate=f"{self.learning_rate:.1e}")
                if save_now:
                    self.save()
        self.epoch += 1
        self.batch = 0

    def note_step(self, loss, norm):
        """Keep the loss and the gradient's norm of a step; where nothing has to be waited for, look before the step is taken."""
        self.losses.append(loss)
        if norm is not None:
            self.norms.append(norm)
        if self.look_every == 1:
            self.look(before_step=True)

    def look(self, before_step=False):
        """Stop if a loss or a gradient since the last look is not finite, else add the losses up."""
        if not self.losses:
            return
        last_step = self.epoch * self.n_batches + self.batch + before_step
        check_steps(self.losses, self.norms, last_step - len(self.losses) + 1, self.learning_rate)
        if self.scaler.is_enabled() and self.scaler.get_scale() < SMALLEST_SCALE:
            raise TrainingError(message("training.scale_too_small", step=last_step))
        self.loss_sum += float(torch.stack(self.losses).double().sum())
        self.losses, self.norms = [], []

    def note(self, evaluation):
        """Add a row to the history, and keep the weights if they are the best so far; NaN is not."""
        row = {"epoch": self.epoch, "train_loss": self.loss_sum / self.n_batches, "valid_loss": evaluation.loss,
               "learning_rate": self.learning_rate, **metric_numbers(evaluation.metrics, self.recipe.valid_criterion)}  # fmt: skip
        score = row[self.recipe.valid_criterion]
        better = score > self.best or self.best_weights is None and not math.isnan(score)
        if better:
            self.best, self.best_weights = score, copy_weights(plain_model(self.model))
        self.stale = 0 if better else self.stale + 1
        self.history.append(row)
        print(message("training.epoch", epoch=row["epoch"], train_loss=row["train_loss"], valid_loss=row["valid_loss"],
                      criterion=self.recipe.valid_criterion, score=score))  # fmt: skip

    def save(self):
        """Write a checkpoint, from which the run can go on."""
        if self.folder is None or process_rank() > 0:
            return
        done = self.finished and self.best_weights is not None
        parts = {} if done else {name: part.state_dict() for name, part in self.parts().items()}
        kept = {name: getattr(self, name) for name in self.KEPT}
        save_checkpoint(self.folder, {**kept, **parts, "settings": self.settings, "random": random_state()})

    def end(self, tokenizer):
        """Give the model its best weights, and save it."""
        model = plain_model(self.model)
        if self.best_weights is not None:
            model.load_state_dict(self.best_weights)
            if self.folder is not None and process_rank() == 0:
                write_model(model, self.folder, tokenizer, self.record())
        elif self.history:
            print(message("training.none_is_best", criterion=self.recipe.valid_criterion))
        self.model.eval()

    def record(self):
        """How the model came to be: settings, history, and the epoch that it is from."""
        rows = [{name: value if math.isfinite(value) else None for name, value in row.items()} for row in self.history]
        scores = {row[self.recipe.valid_criterion]: row["epoch"] for row in reversed(self.history)}  # of equal ones the first
        return {"kept_epoch": scores[self.best], "history": rows, "settings": self.settings, "torch": torch.__version__}

    def table(self):
        """The history, with its columns even if no epoch came to its end."""
        if self.history:
            return pd.DataFrame(self.history)
        return pd.DataFrame({name: pd.Series(dtype=int if name == "epoch" else float) for name in [*HISTORY_COLUMNS, *self.metrics]})


def train(
    model, train_loader, valid_loader, optimizer, forward_fn, metrics_fn, valid_criterion, i2w, n_epochs,
    evaluate_every=1, early_stop=3, step_size=1, gamma=0.5, model_dir=None, exp_id="", *,
    max_norm=10.0, warmup_share=0.1, seed=42, resume=False, save_every=500,
):  # fmt: skip
    """Fine-tune a classifier and keep its best state on the validation split. Built in lesson 04.

    Whatever could only fail later is refused before the first batch, all of it at once; for that a copy of `metrics_fn` is tried on the
    true labels of the validation split. On a CPU attention is computed the ``"eager"`` way meanwhile, see
    `helpers.device.attention_for_training`.

    Parameters
    ----------
    model : torch.nn.Module
        On its device already, in float32; changed in place.
    train_loader, valid_loader : helpers.batching.DocumentSentimentDataLoader
    optimizer : torch.optim.Optimizer
        From `make_optimizer`, over this model's trained parameters. It keeps its rate: the schedule's is taken back at the end.
    forward_fn : callable
        See `helpers.model.forward_sequence_classification`.
    metrics_fn : callable
        See `helpers.evaluation.document_sentiment_metrics_fn`.
    valid_criterion : str
        The metric, a key of what `metrics_fn` returns, that decides which epoch is best; NaN never is.
    i2w : dict of int to str
        Class index to label.
    n_epochs : int
    evaluate_every : int
        Epochs between two evaluations.
    early_stop : int
        Evaluations without progress after which training ends; more than there are epochs: never.
    step_size, gamma, warmup_share
        See `make_schedule`.
    max_norm : float
        See `train_batch`.
    model_dir, exp_id : str or pathlib.Path, optional
        Checkpoints, the best model with its tokenizer, and ``training.json`` go to the folder ``model_dir/exp_id``; without `model_dir`
        nothing is written.
    seed : int
        Decides order of batches and dropout. Equal digits are promised on one machine with one set of versions, not across machines.
    resume : bool
        Go on from the checkpoint in that folder, if there is one. On a CPU the result is the same, bit by bit, as without the interruption.
        Texts, labels, settings and the weights at the start must be those of the run that is resumed.
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
        Arguments that cannot work or do not belong together; a loss or a gradient that is not finite, before its step on a CPU and
        before anything is saved or evaluated on a GPU; a checkpoint that cannot be read, or that belongs to another run.
    helpers.data.DataError
        A loader that gives no rows.
    helpers.fit.CheckpointError
        A tokenizer and a model that do not fit.
    helpers.files.WriteError
        A checkpoint that cannot be written.
    """
    recipe = Recipe(n_epochs, evaluate_every, early_stop, step_size, gamma, max_norm, warmup_share, seed, save_every, valid_criterion)
    folder = pathlib.Path(model_dir, str(exp_id)) if model_dir is not None else None
    metrics = check_training(model, train_loader, valid_loader, optimizer, forward_fn, metrics_fn, i2w, recipe, folder)
    with rates_given_back(optimizer), training_attention(plain_model(model)):
        run = prepare(model, train_loader, valid_loader, optimizer, forward_fn, i2w, recipe.in_python(), folder, metrics)
        run.begin(resume)
        try:
            while not run.finished:
                run.train_epoch(train_loader, forward_fn)
                if run.evaluation_is_due:
                    run.note(evaluate(model, valid_loader, forward_fn, metrics_fn, i2w))
                run.save()
        except KeyboardInterrupt:
            print(message("training.interrupted" if run.best_weights is not None else "training.interrupted_early"))
    run.end(getattr(getattr(train_loader, "dataset", None), "tokenizer", None))
    return run.table()


@contextlib.contextmanager
def rates_given_back(optimizer):
    """Leave the optimizer's learning rates as they were given, and nothing of the schedule that moved them."""
    rates = [group["lr"] for group in optimizer.param_groups]
    try:
        yield
    finally:
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate
            group.pop("initial_lr", None)


def prepare(model, train_loader, valid_loader, optimizer, forward_fn, i2w, recipe, folder, metrics):
    """A run at its start, from arguments that have been checked."""
    inner = plain_model(model)
    note_what_is_trained(inner, train_loader, i2w)
    loaders = {"train_loader": train_loader, "valid_loader": valid_loader}
    settings = describe_run(inner, loaders, optimizer, forward_fn, i2w, recipe)
    if folder is not None:
        settings["weights"] = digest_weights(inner.state_dict())
    parts = [settings[f"valid_loader_{part}"] == settings[f"train_loader_{part}"] for part in ("texts", "labels")]
    if all(parts) and settings["train_loader_texts"] is not None:
        print(message("training.same_rows"))
    schedule = make_schedule(optimizer, len(train_loader), recipe.n_epochs, recipe.step_size, recipe.gamma, recipe.warmup_share)
    device = next(model.parameters()).device
    scaler = torch.amp.GradScaler(device.type, enabled=autocast_dtype(device) is torch.float16)
    return Run(model, optimizer, schedule, scaler, recipe, folder, settings, metrics, len(train_loader))


def note_what_is_trained(model, train_loader, i2w):
    """Write into the model's config what a checkpoint has to say of itself: the length, and names of the classes if it has none."""
    config = getattr(model, "config", None)
    if config is None:
        return
    if getattr(train_loader, "max_seq_len", None) is not None:
        config.trained_max_seq_len = int(train_loader.max_seq_len)
    if getattr(config, "id2label", None) and has_no_names(config.label2id or {}):
        config.id2label = {index: str(i2w[index]) for index in range(len(i2w))}
        config.label2id = {label: index for index, label in config.id2label.items()}
