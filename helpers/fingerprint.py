"""By what a training run is known again: settings, contents and model, before it is resumed (used in lesson 04)."""

import functools
import hashlib

import numpy as np
import torch

from helpers.messages import message
from helpers.training_checks import TrainingError, batch_size_of, label_tensor


def describe_run(model, loaders, optimizer, forward_fn, i2w, recipe):
    """All that decides the result of a run, in numbers, texts and SHA-256 of contents.

    A dataset without ``subwords`` and ``labels`` is known by its number of
    rows only, and of `forward_fn` the options that `functools.partial` gave.

    Returns
    -------
    dict of str to object
        What JSON can hold.
    """
    found = recipe.settings()
    found["learning_rates"] = [float(group["lr"]) for group in optimizer.param_groups]
    found["optimizer"] = describe_optimizer(optimizer)
    found["loss_options"] = describe_options(forward_fn)
    found["label2index"] = {str(i2w[index]): index for index in range(len(i2w))}
    for name, loader in loaders.items():
        found.update({f"{name}_{part}": value for part, value in describe_loader(loader).items()})
    found["model"] = describe_shape(model)
    return found


def describe_optimizer(optimizer):
    """Kind and options of an optimizer, its rates apart."""
    groups = []
    for group in optimizer.param_groups:
        options = {name: plain(value) for name, value in group.items() if name not in ("params", "lr", "initial_lr")}
        groups.append({**options, "parameters": len(group["params"])})
    return {"name": type(optimizer).__name__, "groups": groups}


def describe_options(forward_fn):
    """The options that `functools.partial` adds to a forward function, such as weights of classes."""
    options = {}
    while isinstance(forward_fn, functools.partial):
        options = {**{name: plain(value) for name, value in forward_fn.keywords.items()}, **options}
        forward_fn = forward_fn.func
    return options


def describe_loader(loader):
    """Contents and order of a loader: texts, labels, and how they become batches."""
    dataset, sampler = getattr(loader, "dataset", None), getattr(loader, "batch_sampler", None)
    subwords, labels = getattr(dataset, "subwords", None), label_tensor(loader)
    return {
        "texts": digest(torch.cat(list(subwords)), torch.tensor([len(row) for row in subwords])) if subwords is not None else None,
        "labels": digest(labels) if labels is not None else None,
        "rows": len(dataset) if hasattr(dataset, "__len__") else None,
        "batches": len(loader),
        "batch_size": batch_size_of(loader),
        "max_seq_len": getattr(loader, "max_seq_len", None),
        "order": [type(part).__name__ for part in (sampler, getattr(sampler, "sampler", None))],
    }


def describe_shape(model):
    """SHA-256 of what a model is made of: its parameters, which of them are trained, and its dropout."""
    parts = [(name, tuple(weight.shape), str(weight.dtype), weight.requires_grad) for name, weight in model.named_parameters()]
    parts += [(name, module.p) for name, module in model.named_modules() if isinstance(module, torch.nn.Dropout)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def plain(value):
    """An option as JSON can hold it."""
    if isinstance(value, (torch.Tensor, np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else repr(value)


def digest(*tensors):
    """SHA-256 of the numbers in some tensors and of their sizes, as 64 hexadecimal digits."""
    found = hashlib.sha256(repr([tuple(tensor.shape) for tensor in tensors]).encode())
    for tensor in tensors:
        found.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()


def digest_weights(weights):
    """SHA-256 of a state_dict."""
    return digest(*(weights[name] for name in sorted(weights)))


def check_same_run(saved, settings, folder):
    """Make sure that a checkpoint belongs to this run.

    Raises
    ------
    TrainingError
        Names all that differs.
    """
    if not isinstance(saved, dict):
        raise TrainingError(message("training.other_run", folder=folder, what=message("training.differs_all")))
    other = [name for name in settings if name not in saved or saved[name] != settings[name]]
    if other:
        what = "; ".join(difference(name, saved.get(name), settings[name]) for name in other)
        raise TrainingError(message("training.other_run", folder=folder, what=what))


def difference(name, before, now):
    """One setting that differs, in words; both values where they can be read."""
    contents = {"texts", "labels", "order", "model", "weights", "optimizer", "loss_options"}
    part = name.removeprefix("train_loader_").removeprefix("valid_loader_")
    if part not in contents:
        return f"{name} {before} → {now}"
    loader = name[: -len(part)].rstrip("_")
    return message(f"training.differs_{part}") + (f" ({loader})" if loader else "")
