"""From a checkpoint to tokenizer and model (built in lesson 03)."""

import json
import pathlib
import re

import pandas as pd
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from helpers.data import LABEL2INDEX, PREDICTION_COLUMNS, DataError, check_label_map
from helpers.fit import CheckpointError, config_labels, has_no_names, plain_model, usable_positions
from helpers.messages import message

transformers_logging.set_verbosity_error()  # the report on missing weights is lesson 03's own subject, and `check_loading` reads it
transformers_logging.disable_progress_bar()

#: What torch.compile and DataParallel put before names of weights, or into them; for Transformers nothing stands there.
WRAPPED_NAMES = {r"^(?:(?:_orig_mod|module)\.)+": "", r"(?<=\.)(?:(?:_orig_mod|module)\.)+": ""}
WEIGHT_FILES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
OTHER_TASKS = ("ForTokenClassification", "ForMultipleChoice")  # their heads have the same names as a text classifier's


def load_tokenizer(checkpoint):
    """Load the tokenizer of a checkpoint and make sure that it knows words. Built in lesson 03.

    Transformers 5 returns an almost empty tokenizer, without an error, for a
    folder that has no vocabulary; every word is then ``[UNK]``.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        A local folder; `helpers.lesson.start` gives it.

    Returns
    -------
    transformers tokenizer
        Its ``model_max_length`` is at most the number of the model's
        positions, so that loaders and `helpers.evaluation.predict` cut there.

    Raises
    ------
    CheckpointError
        The vocabulary is missing or broken, or in lower case while the
        tokenizer keeps capitals and cannot be made to lower them.
    """
    if not pathlib.Path(checkpoint, "config.json").is_file():
        raise CheckpointError(message("model.no_checkpoint", path=checkpoint))
    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        words = tokenizer.tokenize("saya suka makan nasi goreng di rumah ibu")
    except Exception as error:  # tokenizers raises no narrower one
        raise CheckpointError(message("model.unreadable_tokenizer", path=checkpoint, error=error)) from error
    if len(tokenizer) < 1000 or words.count(tokenizer.unk_token) > 2:
        raise CheckpointError(message("model.broken_vocabulary", path=checkpoint, size=len(tokenizer)))
    return with_length(ensure_lower_case(tokenizer, checkpoint), checkpoint)


def with_length(tokenizer, checkpoint):
    """The tokenizer; its ``model_max_length`` is at most the number of the model's positions. Used in lesson 03."""
    positions = usable_positions(read_config(checkpoint))
    if positions is not None:
        tokenizer.model_max_length = min(tokenizer.model_max_length, positions)
    return tokenizer


def ensure_lower_case(tokenizer, checkpoint):
    """Make sure that capitals are lowered where the vocabulary has none.

    Some releases of Transformers (5.2, for one) keep capitals where the
    checkpoint does not say that they be lowered, as IndoBERT's on the hub does
    not; every word with a capital is then ``[UNK]``. Such a tokenizer is
    loaded once more, with lower-casing.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    checkpoint : str or pathlib.Path
        The folder that it comes from.

    Returns
    -------
    transformers tokenizer

    Raises
    ------
    CheckpointError
        The tokenizer cannot be made to lower capitals.
    """
    if loses_capitals(tokenizer):
        tokenizer = AutoTokenizer.from_pretrained(checkpoint, do_lower_case=True)
    if loses_capitals(tokenizer):
        raise CheckpointError(message("model.keeps_capitals", path=checkpoint))
    return tokenizer


def loses_capitals(tokenizer):
    """Whether a tokenizer keeps capitals that its vocabulary does not have: fewer than one entry in a hundred has one."""
    words = set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens)
    in_lower_case = sum(word != word.lower() for word in words) < 0.01 * len(words)
    sentence = "saya suka makan nasi goreng di rumah ibu"
    return in_lower_case and tokenizer.tokenize(sentence.upper()) != tokenizer.tokenize(sentence)


def read_config(checkpoint):
    """A checkpoint's config.

    Raises
    ------
    CheckpointError
        The folder is no checkpoint, holds an adapter only, or its config
        cannot be read.
    """
    if pathlib.Path(checkpoint, "adapter_config.json").is_file():
        raise CheckpointError(message("model.adapter", path=checkpoint))
    if not pathlib.Path(checkpoint, "config.json").is_file():
        raise CheckpointError(message("model.no_checkpoint", path=checkpoint))
    try:
        config = AutoConfig.from_pretrained(checkpoint)
        stated = json.loads(pathlib.Path(checkpoint, "config.json").read_text(encoding="utf-8"))
        if stated.get("label2id") and not stated.get("id2label"):  # Transformers passes over labels that stand there alone
            config.id2label = {int(index): label for label, index in stated["label2id"].items()}
    except Exception as error:  # Transformers raises no narrower one
        raise CheckpointError(message("model.unreadable_config", path=checkpoint, error=error)) from error
    return config


def holds_weights(checkpoint):
    """Whether a folder holds a file of weights that Transformers reads."""
    return any(pathlib.Path(checkpoint, name).is_file() for name in WEIGHT_FILES)


def stored_shapes(checkpoint):
    """Names and shapes of the weights in a folder, read without the weights themselves.

    Returns
    -------
    dict of str to tuple of int
        From the file that Transformers would read: safetensors before .bin,
        whole before sharded.

    Raises
    ------
    CheckpointError
        There is no such file, or it is damaged.
    """
    folder, shapes = pathlib.Path(checkpoint), {}
    found = next((folder / name for name in WEIGHT_FILES if (folder / name).is_file()), None)
    if found is None:
        raise CheckpointError(message("model.no_weights", path=checkpoint, names=", ".join(WEIGHT_FILES)))
    try:
        parts = [found]
        if found.suffix == ".json":
            parts = [folder / name for name in sorted(set(json.loads(found.read_text(encoding="utf-8"))["weight_map"].values()))]
        for part in parts:
            if part.suffix == ".safetensors":
                with safe_open(part, "pt") as weights:
                    shapes.update({name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()})  # noqa: SIM118
            else:
                weights = torch.load(part, map_location="meta", weights_only=True)
                shapes.update({name: tuple(weight.shape) for name, weight in weights.items()})
    except Exception as error:  # of the disk, of JSON, of safetensors and of pickle
        raise CheckpointError(message("model.unreadable_weights", path=checkpoint, error=error)) from error
    return shapes


def loading_options(checkpoint):
    """Options of ``from_pretrained`` with which it reports what was missing, and reads names that wrappers left. Used in lesson 03."""
    options = {"output_loading_info": True, "ignore_mismatched_sizes": True}  # `check_loading` judges the report
    if any(re.search("|".join(WRAPPED_NAMES), name) for name in stored_shapes(checkpoint)):
        options["key_mapping"] = WRAPPED_NAMES  # only here: some releases write such names again when they save
    return options


def head_size(checkpoint, config):
    """The number of classes that a folder's fine-tuned head tells apart; None if there is no such head.

    Raises
    ------
    CheckpointError
        The head belongs to another task, whose weights have the same names.
    """
    with torch.random.fork_rng(), torch.device("meta"):
        model = AutoModelForSequenceClassification.from_config(config)
    last = [name for name in model.state_dict() if not name.startswith(model.base_model_prefix + ".")][-1]
    wrapper = "|".join(WRAPPED_NAMES)
    found = {re.sub(wrapper, "", name): shape for name, shape in stored_shapes(checkpoint).items()}.get(last)
    if found is None:
        return None
    task = next((name for name in config.architectures or () if name.endswith(OTHER_TASKS)), None)
    task = task or ("regression" if found[0] == 1 else getattr(config, "problem_type", None))
    if task not in (None, "single_label_classification"):
        raise CheckpointError(message("model.other_task", path=checkpoint, task=task))
    return found[0]


def choose_labels(checkpoint, label2index=None, random_weights=False):
    """The label map for a checkpoint: the given one, else the one of its fine-tuned head, else SmSA's. Used in lesson 03.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
    label2index : dict of str to int, optional
    random_weights : bool
        The head is thrown away, so that no given map can contradict it.

    Returns
    -------
    dict of str to int

    Raises
    ------
    CheckpointError
        The given map has other labels, or the same in another order, than
        the fine-tuned head; or none is given and the folder contradicts
        itself. Labels that Transformers made up (``LABEL_0``) may be named.
    DataError
        The given map is none, has one label only, or a label has the name of
        one of the columns of `helpers.evaluation.predict`.
    """
    config = read_config(checkpoint)
    given = None if label2index is None else check_label_map(label2index)
    if given is not None and len(given) < 2:
        raise DataError(message("model.one_label", found=given))
    for label in given or ():
        if label in PREDICTION_COLUMNS:
            raise DataError(message("model.reserved_label", found=label, reserved=", ".join(PREDICTION_COLUMNS)))
    reads_head = not random_weights or given is None and holds_weights(checkpoint)
    size = head_size(checkpoint, config) if reads_head else None
    if size is None:
        return given or dict(LABEL2INDEX)
    own = config_labels(config)
    if given is None and len(own) != size:
        raise CheckpointError(message("model.head_size", path=checkpoint, labels=len(own), size=size))
    nameless = len(own) != size or has_no_names(own)
    if given is not None and (len(given) != size or not nameless and given != own):
        shown = own if len(own) == size else size
        raise CheckpointError(message("model.other_labels", path=checkpoint, own=shown, size=size, given=given, count=len(given)))
    return given or own


def load_model(checkpoint, label2index=None, *, random_weights=False, seed=42, **options):
    """Load a BERT with a classification head for these labels. Built in lesson 03.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        A local folder: pre-trained, or fine-tuned by `helpers.training.train`.
    label2index : dict of str to int, optional
        Decides the size of a new head, and is written into the model's
        config. By default the folder's own map if it holds a fine-tuned head,
        else SmSA's.
    random_weights : bool
        Keep the shape and throw away what pre-training learnt (lesson 04).
    seed : int
        Decides the new weights: the head's, or all of them. The random
        generators outside are left as they were.
    **options
        Passed on to ``from_pretrained``, for instance
        ``attn_implementation="eager"`` where attention is to be drawn.

    Returns
    -------
    transformers.PreTrainedModel
        In float32, in evaluation mode.

    Raises
    ------
    CheckpointError
        The folder holds no model, one for other labels than `label2index`, or
        one whose weights are not all there (see `check_loading`).
    DataError
        `label2index` is no label map.
    """
    label2index = choose_labels(checkpoint, label2index, random_weights)
    index2label = {index: label for label, index in label2index.items()}
    config = AutoConfig.from_pretrained(checkpoint, num_labels=len(label2index), id2label=index2label, label2id=label2index)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if random_weights:
            return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32, **options).eval()
        model, report = AutoModelForSequenceClassification.from_pretrained(
            checkpoint, config=config, dtype=torch.float32, **loading_options(checkpoint), **options
        )
    check_loading(model, report, checkpoint)
    return model


def check_loading(model, report, checkpoint):
    """Refuse a model of which a part was not in its file and is now random. Used in lesson 03.

    A new head is fine, and so is a new pooler below it, which a model that
    was pre-trained on masked words alone does not have; that is said in one
    line.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    report : dict
        From ``from_pretrained(..., output_loading_info=True)``.
    checkpoint : str or pathlib.Path

    Raises
    ------
    CheckpointError
        Weights of the body are missing, have another shape, or are there
        under names that the model does not know, as those of LoRA layers; or
        half a head is there.
    """
    prefix = model.base_model_prefix + "."
    names = set(model.state_dict())
    body = {name for name in names if name.startswith(prefix)}
    missing = set(report["missing_keys"]) & names
    pooler = {name for name in missing & body if "pooler" in name.split(".")}
    new_head = names - body <= missing
    lost = missing & body - pooler if new_head else missing
    parts = {name.removeprefix(prefix).split(".")[0] for name in body} - {"pooler"}
    unknown = {name for name in report["unexpected_keys"] if name.removeprefix(prefix).split(".")[0] in parts}
    unknown = {name for name in unknown if not name.endswith("position_ids")}  # numbers 0, 1, 2, … in older files
    misshapen = {name for name, *_ in report["mismatched_keys"]}
    wrong = sorted(lost) + sorted(misshapen) + sorted(unknown)
    if wrong:
        raise CheckpointError(message("model.random_body", path=checkpoint, count=len(wrong), names=", ".join(wrong[:3])))
    if pooler:
        print(message("model.new_pooler", path=checkpoint))


def count_parameters(model):
    """Count a classifier's parameters by part. Built in lesson 03.

    Returns
    -------
    pandas.Series
        Number of parameters by part of the model: the first two steps of
        each parameter's name in the body, such as ``bert.embeddings``, and
        the first one in the head.
    """
    counts, model = {}, plain_model(model)
    for name, parameter in model.named_parameters():
        steps = 2 if name.startswith(model.base_model_prefix + ".") else 1
        part = ".".join(name.split(".")[:steps])
        counts[part] = counts.get(part, 0) + parameter.numel()
    return pd.Series(counts, name="parameters")


def predict_masked_word(sentence, tokenizer, checkpoint_or_model, *, top=5):
    """The likeliest words for ``[MASK]`` in a sentence. Built in lesson 03.

    Parameters
    ----------
    sentence : str
        Holds ``[MASK]`` once.
    tokenizer : transformers tokenizer
    checkpoint_or_model : str, pathlib.Path or transformers model
        A folder, or a loaded ``AutoModelForMaskedLM``.
    top : int

    Returns
    -------
    pandas.DataFrame
        Columns ``word`` and ``probability``, the likeliest first.

    Raises
    ------
    ValueError
        The sentence holds ``[MASK]`` not at all, or more than once.
    CheckpointError
        The folder's model has never learnt to guess words: its head would be
        random.
    """
    if sentence.count(tokenizer.mask_token) != 1:
        raise ValueError(message("model.one_mask", mask=tokenizer.mask_token, sentence=sentence))
    model = checkpoint_or_model
    if not isinstance(model, torch.nn.Module):
        model = load_word_model(model)
    inputs = tokenizer(sentence, return_tensors="pt").to(model.device)
    position = int((inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero())
    with torch.inference_mode():
        logits = model.eval()(**inputs).logits[0, position]
    probability, token = logits.softmax(-1).topk(top)
    words = tokenizer.convert_ids_to_tokens(token.tolist())
    return pd.DataFrame({"word": words, "probability": probability.tolist()})


def load_word_model(checkpoint):
    """A model that guesses masked words, or `CheckpointError` if a part of it would be random. Used in lesson 03."""
    read_config(checkpoint)
    model, report = AutoModelForMaskedLM.from_pretrained(checkpoint, dtype=torch.float32, **loading_options(checkpoint))
    missing = sorted(report["missing_keys"]) + sorted(name for name, *_ in report["mismatched_keys"])
    if missing:
        raise CheckpointError(message("model.no_word_head", path=checkpoint, names=", ".join(missing[:3])))
    return model


class Forward(tuple):
    """Loss, hypothesis, label: IndoNLU's three, and what the loss was divided by.

    Attributes
    ----------
    weight : int or torch.Tensor
        Rows of the batch, or the sum of their class weights (scalar). The
        mean over several batches is the sum of ``loss * weight`` divided by
        the sum of ``weight``, whatever the batch size.
    """

    def __new__(cls, loss, hypothesis, label, weight):
        """A tuple of the first three."""
        forward = super().__new__(cls, (loss, hypothesis, label))
        forward.weight = weight
        return forward


def prepare_loss(loss_options, logits, label):
    """Options for ``cross_entropy`` that fit the logits, and what the sum over the rows is divided by. Used in lesson 03.

    Parameters
    ----------
    loss_options : dict
        ``weight`` may be a list, an array or a tensor of any number type.
    logits : torch.Tensor
        ``[batch, n_labels]``
    label : torch.Tensor
        int64 ``[batch]``

    Returns
    -------
    options : dict
    weight : int or torch.Tensor
        The number of rows, or the sum of the class weights of those that
        count, as PyTorch divides (float32 scalar). Never 0: a batch in which
        no row counts then has the loss 0.

    Raises
    ------
    ValueError
        `weight` is not one number from 0 upwards a label, or the loss is
        wanted other than as the mean.

    Examples
    --------
    >>> prepare_loss({"weight": [1, 5]}, torch.zeros(3, 2), torch.tensor([0, 1, 1]))[1]
    tensor(11.)
    """
    options = dict(loss_options)
    if options.pop("reduction", "mean") != "mean" or {"size_average", "reduce"} & set(options):
        raise ValueError(message("model.mean_loss"))
    if options.get("weight") is None and "ignore_index" not in options:
        return options, len(label)
    counts = label != options.get("ignore_index", -100)
    weights = torch.ones(logits.size(-1))
    if options.get("weight") is not None:
        weights = torch.as_tensor(options["weight"]).float()
        if weights.shape != (logits.size(-1),) or not torch.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(message("model.class_weights", count=logits.size(-1), found=weights.tolist()))
        options["weight"] = weights = weights.to(logits.device)
    total = (weights.to(logits.device)[label.where(counts, 0)] * counts).sum()
    return options, total.clamp(min=torch.finfo(total.dtype).tiny)


def forward_sequence_classification(model, batch, device="cpu", **loss_options):
    """One batch through the classifier: loss, predicted labels, true labels. Built in lesson 03.

    The name is IndoNLU's. Nothing is copied back from the device here, so
    that a GPU need not wait.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    batch : helpers.batching.Batch
    device : str or torch.device
    **loss_options
        Passed on to ``torch.nn.functional.cross_entropy``; class weights, for
        instance from scikit-learn, may have any number type.

    Returns
    -------
    loss : torch.Tensor
        Scalar, mean cross-entropy in nats: with class weights the sum over
        the rows divided by the sum of their weights.
    hypothesis, label : torch.Tensor
        int64 ``[batch]``: predicted and true class. The three come as a
        `Forward`, a tuple that also knows what the loss was divided by.

    Raises
    ------
    ValueError
        See `prepare_loss`.
    """
    subword, mask, label = (part.to(device, non_blocking=True) for part in batch)
    logits = model(input_ids=subword, attention_mask=mask).logits
    options, weight = prepare_loss(loss_options, logits, label)
    total = torch.nn.functional.cross_entropy(logits.float(), label, reduction="sum", **options)
    return Forward(total / weight, logits.argmax(-1), label, weight)
