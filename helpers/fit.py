"""Do a tokenizer, a model and its labels belong together? Asked before training and before predicting."""

import torch

from helpers.messages import message

#: Model types that number their positions from the padding's id onwards, as RoBERTa does.
POSITIONS_AFTER_PADDING = {
    "camembert", "data2vec-text", "ibert", "longformer", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod",
}  # fmt: skip


class CheckpointError(RuntimeError):
    """A checkpoint, or a tokenizer and a model, whose parts do not fit together or are not there."""


def plain_model(model):
    """The model inside ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel``.

    Parameters
    ----------
    model : torch.nn.Module

    Returns
    -------
    torch.nn.Module
        The model itself if nothing is around it.
    """
    while True:
        if isinstance(model, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), torch.nn.Module):
            model = model._orig_mod
        else:
            return model


def usable_positions(config):
    """The most subwords that a row may have, ``[CLS]`` and ``[SEP]`` included.

    Parameters
    ----------
    config : transformers.PretrainedConfig

    Returns
    -------
    int or None
        None if the model sets no limit. RoBERTa and its kin leave their first
        positions empty: two fewer than ``max_position_embeddings``.
    """
    positions = getattr(config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions < 1:
        return None
    if getattr(config, "model_type", None) in POSITIONS_AFTER_PADDING:
        return positions - (config.pad_token_id or 0) - 1
    return positions


def config_labels(config):
    """The label map that a model's config states.

    Parameters
    ----------
    config : transformers.PretrainedConfig

    Returns
    -------
    dict of str to int
        In the order of the indices; ``LABEL_0``, ``LABEL_1``, … if the labels
        were never named.

    Raises
    ------
    CheckpointError
        The config names no label for an index, one label twice, or says two
        different things in ``id2label`` and ``label2id``.
    """
    names = {int(index): str(label) for index, label in config.id2label.items()}
    indices = {str(label): int(index) for label, index in (config.label2id or {}).items()}
    labels = {names[index]: index for index in sorted(names)}
    contradictory = not has_no_names(indices) and indices != labels
    if len(labels) != len(names) or sorted(names) != list(range(len(names))) or contradictory:
        raise CheckpointError(message("fit.broken_labels", id2label=dict(config.id2label), label2id=dict(config.label2id or {})))
    return labels


def has_no_names(label2index):
    """Whether a map holds only the names that Transformers makes up.

    Examples
    --------
    >>> has_no_names({"LABEL_0": 0, "LABEL_1": 1}), has_no_names({"buruk": 0, "baik": 1})
    (True, False)
    """
    return all(label == f"LABEL_{index}" for label, index in label2index.items())


def check_fit(tokenizer, model, longest=None):
    """Make sure that a model can read what a tokenizer writes.

    What an object does not say (a model of your own without a ``config``) is
    not looked at.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    model : torch.nn.Module
    longest : int, optional
        Subwords of the longest row that will reach the model.

    Raises
    ------
    CheckpointError
        The tokenizer has more entries than the model's embedding has rows, or
        no padding; or the longest row exceeds the model's positions.
    """
    model = plain_model(model)
    if getattr(tokenizer, "pad_token_id", 0) is None:
        raise CheckpointError(message("fit.no_padding"))
    embedding = model.get_input_embeddings() if hasattr(model, "get_input_embeddings") else None
    rows = getattr(embedding, "num_embeddings", None)
    if rows is not None and hasattr(tokenizer, "__len__") and len(tokenizer) > rows:
        raise CheckpointError(message("fit.small_embedding", entries=len(tokenizer), rows=rows))
    positions = usable_positions(getattr(model, "config", None))
    if longest is not None and positions is not None and longest > positions:
        raise CheckpointError(message("fit.few_positions", longest=longest, positions=positions))
