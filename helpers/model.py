"""From a checkpoint to tokenizer and model (built in lesson 03)."""

import pathlib

import pandas as pd
import torch
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as transformers_logging

from helpers.data import LABEL2INDEX
from helpers.messages import message

transformers_logging.set_verbosity_error()  # the report on missing weights is lesson 03's own subject
transformers_logging.disable_progress_bar()


class CheckpointError(RuntimeError):
    """A checkpoint whose files do not fit together, or are not there."""


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

    Raises
    ------
    CheckpointError
        The vocabulary is missing or broken.
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
    return tokenizer


def load_model(checkpoint, label2index=LABEL2INDEX, random_weights=False, seed=42, **options):
    """Load a BERT with a classification head for these labels. Built in lesson 03.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        A local folder.
    label2index : dict of str to int, optional
        Decides the size of the head, and is written into the model's config.
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
    """
    index2label = {index: label for label, index in label2index.items()}
    config = AutoConfig.from_pretrained(checkpoint, num_labels=len(label2index), id2label=index2label, label2id=dict(label2index))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if random_weights:
            return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32, **options).eval()
        return AutoModelForSequenceClassification.from_pretrained(checkpoint, config=config, dtype=torch.float32, **options)


def count_parameters(model):
    """Count a BERT classifier's parameters by part. Built in lesson 03.

    Returns
    -------
    pandas.Series
        Number of parameters by part of the model: the first two steps of
        each parameter's name, such as ``bert.embeddings``.
    """
    counts = {}
    for name, parameter in model.named_parameters():
        part = ".".join(name.split(".")[:2]) if name.startswith("bert.") else name.split(".")[0]
        counts[part] = counts.get(part, 0) + parameter.numel()
    return pd.Series(counts, name="parameters")


def predict_masked_word(sentence, tokenizer, checkpoint_or_model, top=5):
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
    """
    if sentence.count(tokenizer.mask_token) != 1:
        raise ValueError(message("model.one_mask", mask=tokenizer.mask_token, sentence=sentence))
    model = checkpoint_or_model
    if not isinstance(model, torch.nn.Module):
        model = AutoModelForMaskedLM.from_pretrained(model, dtype=torch.float32)
    inputs = tokenizer(sentence, return_tensors="pt").to(model.device)
    position = int((inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero())
    with torch.inference_mode():
        logits = model.eval()(**inputs).logits[0, position]
    probability, token = logits.softmax(-1).topk(top)
    words = tokenizer.convert_ids_to_tokens(token.tolist())
    return pd.DataFrame({"word": words, "probability": probability.tolist()})


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
        Passed on to ``torch.nn.functional.cross_entropy``.

    Returns
    -------
    loss : torch.Tensor
        Scalar, mean cross-entropy in nats.
    hypothesis, label : torch.Tensor
        int64 ``[batch]``: predicted and true class.
    """
    subword, mask, label = (part.to(device, non_blocking=True) for part in batch)
    logits = model(input_ids=subword, attention_mask=mask).logits
    loss = torch.nn.functional.cross_entropy(logits.float(), label, **loss_options)
    return loss, logits.argmax(-1), label
