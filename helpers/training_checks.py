"""What must be right before a training begins, and what stops it (used in lesson 04).

Whatever could only fail after an hour is looked for before the first batch,
and all of it is said at once.
"""

import copy
import dataclasses
import inspect
import math
import numbers
import os
import pathlib
import types

import torch
from torch.utils.data import Dataset

from helpers.data import DataError
from helpers.files import WriteError
from helpers.fit import check_fit, config_labels, has_no_names, plain_model
from helpers.messages import message

HISTORY_COLUMNS = ("epoch", "train_loss", "valid_loss", "learning_rate")  # the metrics stand after them


class TrainingError(RuntimeError):
    """Training that cannot begin or go on; the text says why and what to try."""


# ---------------------------------------------------------------- numbers


def is_whole(value, least):
    """Whether a value is a whole number, not below `least`; True and False are none."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and least <= value < 2**63


def is_number(value):
    """Whether a value is a real number; NaN is one too, and fails every comparison."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


#: What each number of a run may be: a test, and the message that puts it in words.
DOMAINS = {
    **dict.fromkeys(
        ("n_epochs", "evaluate_every", "early_stop", "step_size", "save_every"), (lambda value: is_whole(value, 1), "training.from_1")
    ),
    "seed": (lambda value: is_whole(value, 0), "training.from_0"),
    "gamma": (lambda value: is_number(value) and 0 < value <= 1, "training.above_0_to_1"),
    "max_norm": (lambda value: is_number(value) and value > 0, "training.above_0"),
    "warmup_share": (lambda value: is_number(value) and 0 <= value <= 1, "training.from_0_to_1"),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The numbers of a training run, named as in `helpers.training.train`, and the metric that chooses."""

    n_epochs: int
    evaluate_every: int
    early_stop: int
    step_size: int
    gamma: float
    max_norm: float
    warmup_share: float
    seed: int
    save_every: int
    valid_criterion: str

    def problems(self):
        """What is wrong with these numbers, in the learner's language.

        Examples
        --------
        >>> recipe = Recipe(3, 1, 3, 1, 0.5, 10.0, 0.1, 42, 500, "F1")
        >>> recipe.problems()
        []
        >>> len(dataclasses.replace(recipe, n_epochs=1.5, early_stop=0).problems())
        2
        """
        values = {name: getattr(self, name) for name in DOMAINS}
        return [
            message("training.number", name=name, found=repr(value), allowed=message(DOMAINS[name][1]))
            for name, value in values.items()
            if not DOMAINS[name][0](value)
        ]

    def in_python(self):
        """The same with Python's own numbers, whichever library they came from: what a checkpoint and JSON can hold."""
        values = {name: getattr(self, name) for name in DOMAINS}
        whole = {name: int(value) if isinstance(value, numbers.Integral) else float(value) for name, value in values.items()}
        return dataclasses.replace(self, **whole)

    def settings(self):
        """All of it that decides the result; how often it is saved does not."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "save_every"}


# ------------------------------------------------------- before the first batch


def check_training(model, train_loader, valid_loader, optimizer, forward_fn, metrics_fn, i2w, recipe, folder):
    """Refuse whatever could only fail later, or would go wrong unseen.

    `metrics_fn` is tried on a copy of itself: with the true labels of the
    validation data, as if all of them had been predicted.

    Parameters
    ----------
    model, train_loader, valid_loader, optimizer, forward_fn, metrics_fn, i2w
        See `helpers.training.train`.
    recipe : Recipe
    folder : pathlib.Path or None
        Where checkpoints and model will go.

    Returns
    -------
    list of str
        Names of the metrics.

    Raises
    ------
    TrainingError
        With every problem at once.
    helpers.data.DataError
        A loader that gives no rows, or not all of them.
    helpers.fit.CheckpointError
        A tokenizer and a model that do not fit.
    helpers.files.WriteError
        A folder that cannot be made.
    """
    loaders = {"train_loader": train_loader, "valid_loader": valid_loader}
    refuse(kind_problems(model, loaders, optimizer, {"forward_fn": forward_fn, "metrics_fn": metrics_fn}, recipe.valid_criterion))
    check_rows(train_loader, "train_loader")
    check_rows(valid_loader, "valid_loader", every_row=True)
    problems = recipe.problems() + precision_problems(model) + optimizer_problems(model, optimizer)
    labels = label_problems(model, loaders, i2w)
    names, metrics = [], []
    if not labels:
        metrics, names = try_metrics(metrics_fn, recipe.valid_criterion, true_labels(valid_loader, i2w, count_classes(model, i2w)))
    problems += labels + metrics
    if folder is not None:
        problems += plain_problems(model)
    refuse(problems)
    for loader in loaders.values():
        check_reading(model, loader)
    if folder is not None:
        check_folder(folder)
    return names


def refuse(problems):
    """Raise one `TrainingError` that lists the problems, if there are any."""
    if problems:
        lines = [message("training.refused", count=len(problems)), *(f"  - {problem}" for problem in problems)]
        raise TrainingError("\n".join(lines))


def kind_problems(model, loaders, optimizer, functions, criterion):
    """Arguments that are something else altogether."""
    wrong = [] if isinstance(model, torch.nn.Module) else [("model", model, "torch.nn.Module")]
    if not isinstance(optimizer, torch.optim.Optimizer):
        wrong.append(("optimizer", optimizer, "torch.optim.Optimizer"))
    for name, loader in loaders.items():
        if isinstance(loader, Dataset) or not (hasattr(loader, "__len__") and hasattr(loader, "__iter__")) or isinstance(loader, str):
            wrong.append((name, loader, "DataLoader"))
    wrong += [(name, function, "callable") for name, function in functions.items() if not callable(function)]
    if not isinstance(criterion, str):
        wrong.append(("valid_criterion", criterion, "str"))
    return [message("training.kind", name=name, found=type(value).__name__, allowed=allowed) for name, value, allowed in wrong]


def check_rows(loader, name="data_loader", every_row=False):
    """Make sure that a loader gives rows, and if asked for that it leaves none out.

    Raises
    ------
    helpers.data.DataError
    """
    n_rows = len(loader.dataset) if hasattr(getattr(loader, "dataset", None), "__len__") else None
    if n_rows == 0 or hasattr(loader, "__len__") and len(loader) == 0:
        raise DataError(message("training.no_rows", name=name, rows=n_rows or 0))
    batch_size = batch_size_of(loader)
    left_out = n_rows % batch_size if n_rows and batch_size and drops_last(loader) else 0
    if every_row and left_out:
        raise DataError(message("training.rows_left_out", name=name, count=left_out))


def batch_size_of(loader):
    """Rows in a batch, or None if the loader does not say."""
    return getattr(getattr(loader, "batch_sampler", None), "batch_size", None) or getattr(loader, "batch_size", None)


def drops_last(loader):
    """Whether a loader leaves out a last batch that is not full."""
    return bool(getattr(loader, "drop_last", False) or getattr(getattr(loader, "batch_sampler", None), "drop_last", False))


def precision_problems(model):
    """A model whose weights are too short to be trained."""
    everywhere = next(model.parameters()).device.type == "cpu"  # a CPU does not multiply float32 by them either
    short = {
        str(weight.dtype).removeprefix("torch.")
        for weight in model.parameters()
        if weight.is_floating_point() and weight.dtype.itemsize < 4 and (everywhere or weight.requires_grad)
    }
    return [message("training.half_precision", found=", ".join(sorted(short)))] if short else []


def optimizer_problems(model, optimizer):
    """An optimizer that does not train this model, all of it and nothing else; rates that train nothing."""
    own = {id(weight) for weight in model.parameters()}
    trained = {id(weight): name for name, weight in model.named_parameters() if weight.requires_grad}
    held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    forgotten = [name for key, name in trained.items() if key not in held]
    problems = []
    if not trained:
        problems.append(message("training.all_frozen"))
    elif not held & trained.keys():
        problems.append(message("training.optimizer_of_another_model"))
    elif held - own:
        problems.append(message("training.optimizer_of_more", count=len(held - own)))
    elif forgotten:
        problems.append(message("training.optimizer_of_less", count=len(forgotten), names=shortened(forgotten)))
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    wrong = [rate for rate in rates if not (rate > 0 and math.isfinite(rate))]
    if wrong:
        problems.append(message("training.number", name="learning_rate", found=wrong[0], allowed=message("training.above_0")))
    return problems


def shortened(names, most=3):
    """The first names of a list, and a sign that there are more."""
    return ", ".join(map(str, names[:most])) + (", …" if len(names) > most else "")


# ---------------------------------------------------------------- labels


def count_classes(model, i2w):
    """How many classes the model's head knows; as many as `i2w` names if the model does not say."""
    return getattr(getattr(plain_model(model), "config", None), "num_labels", None) or len(i2w)


def check_evaluation(model, data_loader, i2w):
    """Make sure that every row can be predicted and named. Used in lesson 04.

    Raises
    ------
    helpers.data.DataError
        The loader gives no rows, or leaves some out.
    TrainingError
        `i2w` does not name the model's classes, or a label is none of them.
    """
    check_rows(data_loader, every_row=True)
    refuse(name_problems(model, i2w) or index_problems("data_loader", data_loader, count_classes(model, i2w)))


def label_problems(model, loaders, i2w):
    """Label maps that say different things, and labels that the model's head does not have."""
    problems = name_problems(model, i2w)
    if problems:
        return problems
    n_classes = count_classes(model, i2w)
    named = {str(i2w[index]): index for index in range(n_classes)}
    for owner, label2index in stated_maps(model, loaders).items():
        if label2index != named:
            problems.append(message("training.other_labels", owner=owner, found=label2index, named=named))
    return problems or [problem for name, loader in loaders.items() for problem in index_problems(name, loader, n_classes)]


def name_problems(model, i2w):
    """An `i2w` that does not name every class, and each by a name of its own."""
    try:
        n_classes = count_classes(model, i2w)
        names = {str(i2w[index]) for index in range(n_classes)}
        if len(names) == len(i2w) == n_classes and not isinstance(i2w, str):
            return []
    except (KeyError, IndexError, TypeError):
        n_classes = getattr(getattr(plain_model(model), "config", None), "num_labels", "?")
    turned = isinstance(i2w, dict) and bool(i2w) and all(isinstance(index, int) for index in i2w.values())
    hint = message("training.turned_i2w") if turned and not any(isinstance(label, int) for label in i2w) else ""
    return [message("training.wrong_i2w", found=i2w, count=n_classes) + hint]


def stated_maps(model, loaders):
    """The label maps of loaders and model, by owner, where there are any."""
    maps = {f"{name}.dataset": getattr(getattr(loader, "dataset", None), "label2index", None) for name, loader in loaders.items()}
    config = getattr(plain_model(model), "config", None)
    if getattr(config, "id2label", None):
        labels = config_labels(config)
        maps["model.config"] = None if has_no_names(labels) else labels
    return {owner: {str(label): int(index) for label, index in found.items()} for owner, found in maps.items() if found}


def index_problems(name, loader, n_classes):
    """Labels that are no class of the head."""
    labels = label_tensor(loader)
    if labels is None:
        return []
    wrong = ((labels < 0) | (labels >= n_classes)).nonzero().flatten().tolist()
    if not wrong:
        return []
    row = wrong[0]
    return [message("training.label_outside", name=name, count=len(wrong), row=row + 1, found=int(labels[row]), last=n_classes - 1)]


def label_tensor(loader):
    """All labels of a loader's dataset in its order, int64 ``[rows]``, or None if it does not say."""
    labels = getattr(getattr(loader, "dataset", None), "labels", None)
    try:
        labels = torch.as_tensor(labels)
    except (TypeError, ValueError, RuntimeError):  # none, or names
        return None
    return labels if labels.dim() == 1 and not labels.is_floating_point() else None


def true_labels(loader, i2w, n_classes):
    """Names of the true labels of a loader's rows; each class once if the dataset does not say."""
    labels = label_tensor(loader)
    return [i2w[index] for index in (range(n_classes) if labels is None else labels.tolist())]


# ---------------------------------------------------------------- metrics


def try_metrics(metrics_fn, criterion, names):
    """Call a copy of `metrics_fn` as an evaluation will.

    Returns
    -------
    problems : list of str
    metrics : list of str
        Names of the metrics; the criterion alone if there is no copying the function.
    """
    try:
        trial = copy_function(metrics_fn)
    except Exception:  # whatever a function holds that has no copy: a generator, a file, a lock
        return [], [criterion]
    try:
        found = trial(list(names), list(names))
    except Exception as error:
        return [message("training.metrics_fail", error=f"{type(error).__name__}: {error}")], []
    try:
        return [], list(metric_numbers(found, criterion))
    except TrainingError as error:
        return [str(error)], []


def copy_function(function):
    """A function with copies of all that it can change, so that a trial of it leaves no trace."""
    if not isinstance(function, types.FunctionType):
        return copy.deepcopy(function)
    used = inspect.getclosurevars(function).globals
    used = {name: value for name, value in used.items() if not isinstance(value, types.ModuleType)}
    cells = tuple(types.CellType(copy.deepcopy(cell.cell_contents)) for cell in function.__closure__ or ())
    own = {**function.__globals__, **copy.deepcopy(used)}
    trial = types.FunctionType(function.__code__, own, function.__name__, copy.deepcopy(function.__defaults__), cells or None)
    trial.__kwdefaults__ = copy.deepcopy(function.__kwdefaults__)
    return trial


def metric_numbers(metrics, criterion):
    """Metrics as Python's own numbers; NumPy's do not go into a checkpoint.

    Raises
    ------
    TrainingError
        `metrics` is no dict of numbers, or the criterion is not in it.
    """
    try:
        found = {str(name): float(value) for name, value in metrics.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise TrainingError(message("training.metrics_no_numbers", found=metrics)) from error
    taken = [name for name in HISTORY_COLUMNS if name in found]
    if taken:
        raise TrainingError(message("training.metric_name", found=", ".join(taken), taken=", ".join(HISTORY_COLUMNS)))
    if criterion not in found:
        raise TrainingError(message("training.unknown_criterion", found=criterion, allowed=", ".join(found)))
    return found


# ---------------------------------------------------------------- model and folder


def check_reading(model, loader):
    """Make sure that the model can read what the loader's tokenizer wrote.

    Raises
    ------
    helpers.fit.CheckpointError
    """
    dataset = getattr(loader, "dataset", None)
    tokenizer, lengths = getattr(dataset, "tokenizer", None), getattr(dataset, "lengths", None)
    if tokenizer is None:
        return
    longest = int(torch.as_tensor(lengths).max()) if lengths is not None else None
    limit = getattr(loader, "max_seq_len", None)
    check_fit(tokenizer, model, min(longest, limit) if longest is not None and limit is not None else longest)


def plain_problems(model):
    """What keeps a model from being saved as its class reads it.

    The class is built anew from the model's config, without memory for its
    weights: if its weights have other names or shapes, ``from_pretrained``
    would draw those that it does not find.
    """
    model = plain_model(model)
    config, name = getattr(model, "config", None), type(model).__name__
    if config is None or not hasattr(model, "save_pretrained"):
        return [message("training.not_saveable", name=name)]
    weights = model.state_dict()
    if not all(isinstance(weight, torch.Tensor) and not weight.is_quantized for weight in weights.values()):
        return [message("training.quantized", name=name)]
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            expected = type(model)(copy.deepcopy(config)).state_dict()
    except Exception:  # a wrapper is built in a way of its own
        return [message("training.not_saveable", name=name)]
    shapes = [{key: tuple(weight.shape) for key, weight in state.items()} for state in (weights, expected)]
    other = [key for key in {**shapes[0], **shapes[1]} if shapes[0].get(key) != shapes[1].get(key)]
    return [message("training.not_plain", name=name, count=len(other), names=shortened(other))] if other else []


def check_folder(folder):
    """Make sure that a folder is there and may be written to.

    Raises
    ------
    helpers.files.WriteError
    """
    try:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise WriteError(message("files.cannot_write", path=folder, error=error)) from error


# ---------------------------------------------------------------- while training


def check_step(loss, norm):
    """Stop before a step that would spoil the weights. Used in lesson 04.

    Parameters
    ----------
    loss : torch.Tensor
        The batch's loss, a scalar.
    norm : torch.Tensor or None
        The gradient's Euclidean norm; None where a scaler looks at it.

    Raises
    ------
    TrainingError
        One of them is not a finite number.
    """
    if not torch.isfinite(loss) or norm is not None and not torch.isfinite(norm):
        raise TrainingError(message("training.step_not_finite", loss=float(loss), norm="-" if norm is None else float(norm)))


def check_head(head, head_learning_rate):
    """Refuse a learning rate for a head that the model does not have: all of it would learn at the body's.

    Parameters
    ----------
    head : list of torch.nn.Parameter
    head_learning_rate : float or None

    Raises
    ------
    TrainingError
    """
    if head_learning_rate is not None and not head:
        raise TrainingError(message("training.no_head", rate=f"{head_learning_rate:g}"))


def check_steps(losses, norms, first_step, learning_rate):
    """`check_step` for several steps at once, so that a GPU has to wait only once.

    Parameters
    ----------
    losses, norms : list of torch.Tensor
        Scalars, one a step; no norms where a scaler looks at them.
    first_step : int
        Number of the first of these steps.
    learning_rate : float

    Raises
    ------
    TrainingError
        Names the first step that went wrong, and what did.
    """
    values = torch.stack([*losses, *norms]).tolist()  # one look at all of them
    for position, loss in enumerate(values[: len(losses)]):
        step, rate = first_step + position, f"{learning_rate:.2g}"
        if not math.isfinite(loss):
            raise TrainingError(message("training.loss_not_finite", step=step, loss=loss, learning_rate=rate))
        norm = values[len(losses) + position] if norms else 0.0
        if not math.isfinite(norm):
            raise TrainingError(message("training.gradient_not_finite", step=step, loss=loss, norm=norm, learning_rate=rate))
