"""Honest numbers for a fine-tuned model (built in lesson 05)."""

import collections.abc
import contextlib
import math
import numbers

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from helpers.batching import pad_batch, truncate
from helpers.data import PREDICTION_COLUMNS, DataError, encode_texts, list_of_texts
from helpers.files import write_atomically
from helpers.fit import CheckpointError, check_fit, config_labels, plain_model, usable_positions
from helpers.messages import message

#: Test macro-F1 on SmSA, in percent, as published. Sources: IndoNLU, Wilie et al., AACL 2020, Table 5; NusaBERT, README, 2024.
PUBLISHED_RESULTS = (
    ("IndoBERT large p1", 92.72, "IndoNLU 2020"),
    ("XLM-R large", 92.35, "IndoNLU 2020"),
    ("XLM-R base", 91.39, "IndoNLU 2020"),
    ("IndoBERT-lite base p1", 90.85, "IndoNLU 2020"),
    ("IndoBERT base p1", 87.73, "IndoNLU 2020"),
    ("NusaBERT base", 87.46, "NusaBERT 2024"),
    ("mBERT", 84.14, "IndoNLU 2020"),
    ("fastText Indo4B", 82.13, "IndoNLU 2020"),
    ("fastText cc-id", 76.92, "IndoNLU 2020"),
    ("from scratch", 67.35, "IndoNLU 2020"),
)


def whole(name, value, least):
    """`value` if it is a whole number from `least` upwards, else `DataError`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise DataError(message("evaluation.whole_number", name=name, least=least, found=repr(value)))
    return int(value)


def share(name, value):
    """`value` if it is a number between 0 and 1, both excluded, else `DataError`."""
    if not isinstance(value, numbers.Real) or not 0 < value < 1:
        raise DataError(message("evaluation.share", name=name, found=repr(value)))
    return float(value)


def above_zero(name, value):
    """`value` if it is a finite number above 0, else `DataError`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < value < math.inf:
        raise DataError(message("evaluation.above_zero", name=name, found=repr(value)))
    return float(value)


def is_label(value):
    """Whether a value is a name or a whole number.

    Examples
    --------
    >>> [is_label(value) for value in ("positif", 2, 2.0, 0.5, float("nan"), None, " ")]
    [True, True, True, False, False, False, False]
    """
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, numbers.Real) and math.isfinite(value) and value == int(value)


def as_labels(labels, name):
    """Labels in a list, or `DataError` if they are none. Used in lesson 05.

    Parameters
    ----------
    labels : list, tuple, pandas.Series, numpy.ndarray or any other sequence
        Names or whole numbers.
    name : str
        What the caller calls them, for the message.

    Returns
    -------
    list of str or int

    Raises
    ------
    DataError
        There are none, or one is missing (NaN, None) or neither a name nor a
        whole number; or a table, a text, a dict or a set is given.
    """
    unfit = isinstance(labels, (str, bytes, collections.abc.Mapping, set, frozenset, pd.DataFrame))
    if unfit or getattr(labels, "ndim", 1) != 1 or not isinstance(labels, collections.abc.Iterable):
        raise DataError(message("evaluation.no_list", name=name, found=type(labels).__name__))
    labels = labels.tolist() if isinstance(labels, (np.ndarray, torch.Tensor)) else list(labels)
    if not labels:
        raise DataError(message("evaluation.no_rows", name=name))
    for row, label in enumerate(labels, start=1):
        if not is_label(label):
            raise DataError(message("evaluation.no_label", name=name, row=row, found=repr(label)))
    return labels


def paired(list_hyp, list_label):
    """Predicted and true labels in two lists, or `DataError` if they cannot belong together. Used in lesson 05.

    Parameters
    ----------
    list_hyp, list_label
        See `as_labels`.

    Returns
    -------
    list_hyp, list_label : list

    Raises
    ------
    DataError
        Different lengths; names on one side and numbers on the other; two
        labels that differ only in capitals or spaces; or two Series of the
        same rows in different order.

    Examples
    --------
    >>> paired(("a", "b"), pd.Series(["b", "b"]))
    (['a', 'b'], ['b', 'b'])
    """
    if isinstance(list_hyp, pd.Series) and isinstance(list_label, pd.Series):
        first, second = list_hyp.index, list_label.index
        if not first.equals(second) and first.is_unique and len(first) == len(second) and first.isin(second).all():
            raise DataError(message("evaluation.other_order"))
    list_hyp, list_label = as_labels(list_hyp, "list_hyp"), as_labels(list_label, "list_label")
    if len(list_hyp) != len(list_label):
        raise DataError(message("evaluation.lengths", hyp=len(list_hyp), label=len(list_label)))
    found = set(list_hyp) | set(list_label)
    if len({isinstance(label, str) for label in found}) > 1:
        raise DataError(message("evaluation.mixed_labels", hyp=repr(list_hyp[0]), label=repr(list_label[0])))
    spellings = {}
    for label in found:
        twin = spellings.setdefault(" ".join(str(label).split()).casefold(), label)
        if twin != label:
            raise DataError(message("evaluation.twin_labels", first=repr(twin), second=repr(label)))
    return list_hyp, list_label


def document_sentiment_metrics_fn(list_hyp, list_label):
    """Accuracy and macro-averaged F1, recall and precision. Built in lesson 05.

    The name and the keys are IndoNLU's. Macro: the mean over the classes
    that occur, each weighing the same however rare it is.

    Parameters
    ----------
    list_hyp, list_label : list of str or int
        Predicted and true class of each row.

    Returns
    -------
    dict of str to float
        ``ACC``, ``F1``, ``REC``, ``PRE``, between 0 and 1.

    Raises
    ------
    DataError
        See `paired`.

    Examples
    --------
    >>> metrics = document_sentiment_metrics_fn(["a", "a", "b"], ["a", "b", "b"])
    >>> round(metrics["ACC"], 3), round(metrics["F1"], 3)
    (0.667, 0.667)
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    list_hyp, list_label = paired(list_hyp, list_label)
    precision, recall, f1, _ = precision_recall_fscore_support(list_label, list_hyp, average="macro", zero_division=0)
    return {"ACC": accuracy_score(list_label, list_hyp), "F1": float(f1), "REC": float(recall), "PRE": float(precision)}


def check_draws(hypothesis, label, n_classes):
    """Make sure that two arrays hold classes ``0 … n_classes - 1`` in the same shape ``[resamples, rows]``. Used in lesson 05.

    Returns
    -------
    hypothesis, label : numpy.ndarray

    Raises
    ------
    DataError
        They do not, or hold no rows.
    """
    hypothesis, label = np.asarray(hypothesis), np.asarray(label)
    n_classes = whole("n_classes", n_classes, 1)
    for array in (hypothesis, label):
        good = array.ndim == 2 and array.size and array.shape == label.shape and array.dtype.kind in "iub"
        if not good or array.min() < 0 or array.max() >= n_classes:
            shapes = f"{hypothesis.dtype} {hypothesis.shape}, {label.dtype} {label.shape}"
            raise DataError(message("evaluation.draws", found=shapes, last=n_classes - 1))
    return hypothesis, label


def macro_f1(hypothesis, label, n_classes):
    """Macro-F1 of many resamples at once. Built in lesson 05.

    Parameters
    ----------
    hypothesis, label : numpy.ndarray
        int ``[resamples, rows]``.
    n_classes : int

    Returns
    -------
    numpy.ndarray
        float ``[resamples]``. A class that neither occurs nor is predicted in
        a resample is left out of its mean, as scikit-learn does.

    Raises
    ------
    DataError
        See `check_draws`.
    """
    hypothesis, label = check_draws(hypothesis, label, n_classes)
    scores = []
    for index in range(n_classes):
        predicted, true = hypothesis == index, label == index
        hits, mentions = (predicted & true).sum(1), predicted.sum(1) + true.sum(1)
        scores.append(np.where(mentions > 0, 2 * hits / np.maximum(mentions, 1), np.nan))
    return np.nanmean(scores, axis=0)


def resampled_scores(list_hyp, list_label, *, resamples=2000, seed=42):
    """Macro-F1 of rows drawn again with replacement, many times. Built in lesson 05.

    The bootstrap of Efron (1979). The same seed draws the same rows, whatever the predictions are.

    Parameters
    ----------
    list_hyp, list_label : list
        Predicted and true class of each row.
    resamples : int
        1 or more.
    seed : int

    Returns
    -------
    numpy.ndarray
        float ``[resamples]``.

    Raises
    ------
    DataError
        See `paired`; or `resamples` is outside its range.
    """
    list_hyp, list_label = paired(list_hyp, list_label)
    classes = sorted({*list_label, *list_hyp})
    hypothesis, label = (np.array([classes.index(value) for value in values]) for values in (list_hyp, list_label))
    size = (whole("resamples", resamples, 1), len(label))
    rows = np.random.default_rng(seed).integers(len(label), size=size)
    return macro_f1(hypothesis[rows], label[rows], len(classes))


def middle(scores, level=0.95):
    """The two numbers between which the middle share of some scores lies. Used in lesson 05.

    Raises
    ------
    DataError
        `level` is not between 0 and 1, both excluded.

    Examples
    --------
    >>> middle(range(101), level=0.5)
    (25.0, 75.0)
    """
    level = share("level", level)
    low, high = np.quantile(list(scores), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(list_hyp, list_label, *, resamples=2000, level=0.95, seed=42):
    """Interval of the macro-F1 under drawing the test rows again. Built in lesson 05.

    The percentile bootstrap of Efron (1979): rows are drawn with
    replacement, the score computed, and the middle `level` of all scores
    reported.

    Parameters
    ----------
    list_hyp, list_label : list
        Predicted and true class of each row.
    resamples : int
        1 or more.
    level : float
        Between 0 and 1, both excluded.
    seed : int

    Returns
    -------
    low, high : float

    Raises
    ------
    DataError
        See `paired`; or a number outside its range.
    """
    level = share("level", level)
    return middle(resampled_scores(list_hyp, list_label, resamples=resamples, seed=seed), level)


def bootstrap_differences(list_hyp, other_hyp, list_label, *, resamples=2000, seed=42):
    """How far one model's macro-F1 is above another's, on rows drawn again: the paired bootstrap. Built in lesson 05.

    Both are scored on the same drawn rows, so that what makes a draw easy or
    hard for both cancels out (Koehn, Statistical Significance Tests for
    Machine Translation Evaluation, 2004).

    Parameters
    ----------
    list_hyp, other_hyp, list_label : list
        Predicted classes of two models, and the true one, of each row.
    resamples : int
        1 or more.
    seed : int

    Returns
    -------
    numpy.ndarray
        float ``[resamples]``; `middle` gives the interval. Where it holds 0, these rows do not show which model is better.

    Raises
    ------
    DataError
        See `paired`; or `resamples` is outside its range.

    Examples
    --------
    >>> label = ["a", "b"] * 20
    >>> low, high = middle(bootstrap_differences(label, ["a"] * 40, label))
    >>> 0.4 < low < high < 0.8
    True
    """
    options = {"resamples": resamples, "seed": seed}
    return resampled_scores(list_hyp, list_label, **options) - resampled_scores(other_hyp, list_label, **options)


def confusion_table(list_hyp, list_label, labels):
    """How often each true label (row) was predicted as each label (column). Built in lesson 05.

    Parameters
    ----------
    list_hyp, list_label : list of str or int
        Predicted and true label of each row.
    labels : list of str or int, or dict of str to int
        All labels, in the order of the table's rows and columns.

    Returns
    -------
    pandas.DataFrame
        int, ``[labels, labels]``.

    Raises
    ------
    DataError
        See `paired`; or `labels` lacks one that occurs, names one twice, or
        has no order.
    """
    from sklearn.metrics import confusion_matrix

    list_hyp, list_label, labels = paired_within(list_hyp, list_label, labels)
    counts = confusion_matrix(list_label, list_hyp, labels=labels)
    return pd.DataFrame(counts, index=labels, columns=labels)


def scores_by_class(table):
    """Precision, recall and F1 of each class, from counts. Built in lesson 05.

    Parameters
    ----------
    table : pandas.DataFrame
        From `confusion_table`: true labels as rows, predicted ones as columns.

    Returns
    -------
    pandas.DataFrame
        A row a class; columns ``precision``, ``recall`` and ``F1``, NaN where nothing can be divided: a class that is never predicted
        has no precision.

    Examples
    --------
    >>> scores_by_class(confusion_table(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])).round(2)
       precision  recall    F1
    a        0.5     1.0  0.67
    b        1.0     0.5  0.67
    """
    hits = pd.Series(np.diag(table), index=table.index)
    predicted, occurring = table.sum(axis=0), table.sum(axis=1)
    return pd.DataFrame({"precision": hits / predicted, "recall": hits / occurring, "F1": 2 * hits / (predicted + occurring)})


def with_class_sizes(table, sizes):
    """The counts that a model would give if only the classes had other sizes. Built in lesson 05.

    Each row is scaled: what share of a class gets which label stays as it
    is. So one can reckon what a shift in the mix of classes alone does to a
    score.

    Parameters
    ----------
    table : pandas.DataFrame
        From `confusion_table`.
    sizes : pandas.Series
        Rows of each class, by label.

    Returns
    -------
    pandas.DataFrame
        float, ``[labels, labels]``.

    Examples
    --------
    >>> table = confusion_table(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])
    >>> with_class_sizes(table, pd.Series({"a": 10, "b": 4}))
          a    b
    a  10.0  0.0
    b   2.0  2.0
    """
    return table.div(table.sum(axis=1), axis=0).mul(sizes, axis=0)


def paired_within(list_hyp, list_label, labels):
    """`paired`, and all of `labels` in a list. Used in lesson 05.

    Raises
    ------
    DataError
        See `confusion_table`.
    """
    list_hyp, list_label = paired(list_hyp, list_label)
    labels = as_labels(list(labels) if isinstance(labels, dict) else labels, "labels")
    missing = [label for label in dict.fromkeys([*list_hyp, *list_label]) if label not in labels]
    if missing or len(set(labels)) < len(labels):
        raise DataError(message("evaluation.not_all_labels", labels=labels, missing=missing))
    return list_hyp, list_label, labels


def read_texts(texts):
    """Texts in a list, and the index that their predictions get.

    Parameters
    ----------
    texts : str, sequence of str, pandas.Series or pandas.DataFrame of one column
        Generators and arrays too.

    Returns
    -------
    texts : list of str
    index : pandas.Index

    Raises
    ------
    DataError
        It is nothing that holds texts in an order, or texts that cannot be
        read; the message counts rows from 1.
    """
    if isinstance(texts, pd.DataFrame):
        if texts.shape[1] != 1:
            raise DataError(message("evaluation.many_columns", columns=", ".join(map(str, texts.columns))))
        texts = texts.iloc[:, 0]
    index = texts.index if isinstance(texts, pd.Series) else None
    if isinstance(texts, np.ndarray) and texts.ndim == 2 and texts.shape[1] == 1:
        texts = texts[:, 0]
    if isinstance(texts, str):
        texts = [texts]
    unfit = isinstance(texts, (bytes, bytearray, collections.abc.Mapping, set, frozenset)) or getattr(texts, "ndim", 1) != 1
    if unfit or not isinstance(texts, collections.abc.Iterable):
        raise DataError(message("evaluation.no_texts", found=type(texts).__name__))
    texts = list_of_texts(list(texts))
    return texts, pd.RangeIndex(len(texts)) if index is None else index


def one_text(text):
    """`text` if it is one that can be predicted, else `DataError`. Used in lesson 05."""
    if not isinstance(text, str):
        raise DataError(message("evaluation.one_text", found=type(text).__name__))
    return list_of_texts([text])[0]


def predicted_labels(model, tokenizer):
    """The labels that a model predicts, by index.

    Raises
    ------
    CheckpointError
        Model and tokenizer do not fit, or the model does not choose one of
        several named labels.
    DataError
        A label has the name of another column of the table.
    """
    if not isinstance(model, torch.nn.Module) or isinstance(tokenizer, torch.nn.Module) or not callable(tokenizer):
        raise CheckpointError(message("evaluation.arguments", model=type(model).__name__, tokenizer=type(tokenizer).__name__))
    config = getattr(plain_model(model), "config", None)
    task = getattr(config, "problem_type", None)
    if not getattr(config, "id2label", None) or task in ("regression", "multi_label_classification"):
        raise CheckpointError(message("evaluation.no_classifier", model=type(plain_model(model)).__name__))
    check_fit(tokenizer, model)
    labels = list(config_labels(config))
    for label in labels:
        if label in PREDICTION_COLUMNS:
            raise DataError(message("model.reserved_label", found=label, reserved=", ".join(PREDICTION_COLUMNS)))
    return labels


def longest_row(model, tokenizer, max_seq_len=None):
    """Subwords after which a text is cut.

    Parameters
    ----------
    model : torch.nn.Module
    tokenizer : transformers tokenizer
    max_seq_len : int, optional
        By default the length that the model was trained with, as its config
        or its tokenizer states it.

    Returns
    -------
    int
        Never more than the model has positions.

    Raises
    ------
    DataError
        `max_seq_len` is no whole number, or leaves no room between ``[CLS]``
        and ``[SEP]``.
    """
    config = plain_model(model).config
    if max_seq_len is None:
        limits = [getattr(tokenizer, "model_max_length", None), getattr(config, "trained_max_seq_len", None)]
    else:
        limits = [whole("max_seq_len", max_seq_len, 3)]
    limits.append(usable_positions(config))
    return min((limit for limit in limits if limit is not None), default=512)


@contextlib.contextmanager
def evaluation_mode(model):
    """Dropout off inside, and each part of the model in its earlier mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def report_unread(subwords, lengths, limit, unknown_id):
    """Print how many texts were cut, and how many say nothing to the model, in one line each.

    Parameters
    ----------
    subwords : list of torch.Tensor
        The rows as the model reads them.
    lengths : list of int
        Subwords before cutting.
    limit : int
    unknown_id : int or None
        Of ``[UNK]``.

    Returns
    -------
    dict of str to int
        ``cut`` and ``mostly_unknown``: the numbers of such texts. Mostly
        unknown: at least half of the pieces are ``[UNK]``, or there is none.
    """
    cut = [row for row, length in enumerate(lengths, start=1) if length > limit]
    unknown = [row for row, ids in enumerate(subwords, start=1) if 2 * int((ids == unknown_id).sum()) >= len(ids) - 2]
    for key, rows in (("evaluation.cut", cut), ("evaluation.unknown", unknown)):
        if rows:
            shown = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
            print(message(key, count=len(rows), total=len(lengths), limit=limit, rows=shown))
    return {"cut": len(cut), "mostly_unknown": len(unknown)}


def subword_rows(texts, model, tokenizer, max_seq_len=None):
    """Texts as a model reads them, after one line on those that were cut and one on those that say nothing to it. Used in lesson 05.

    Parameters
    ----------
    texts : list of str
    model, tokenizer, max_seq_len
        See `predict`.

    Returns
    -------
    rows : list of torch.Tensor
        int64 ``[seq_len]`` each, cut where `longest_row` says.
    unread : dict of str to int
        See `report_unread`.
    """
    limit = longest_row(model, tokenizer, max_seq_len)
    encoded = encode_texts(texts, tokenizer)
    rows = [truncate(row, limit) for row in encoded]
    return rows, report_unread(rows, [len(row) for row in encoded], limit, tokenizer.unk_token_id)


def batches_by_length(rows, batch_size):
    """Places of rows, short rows first, batch by batch, under a progress bar where it takes long. Used in lesson 05.

    Examples
    --------
    >>> [batch for batch in batches_by_length([[1, 2, 3], [1], [1, 2]], 2)]
    [[1, 2], [0]]
    """
    batch_size = whole("batch_size", batch_size, 1)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return tqdm(batches, desc=message("evaluation.bar"), leave=False, delay=2)


def class_logits(model, subword, mask, n_classes):
    """A model's logits for one batch, in float32 on the CPU. Used in lesson 05.

    Parameters
    ----------
    model : torch.nn.Module
        In evaluation mode.
    subword, mask : torch.Tensor
        int64 ``[batch, seq_len]``.
    n_classes : int

    Returns
    -------
    torch.Tensor
        float32 ``[batch, n_classes]``.

    Raises
    ------
    CheckpointError
        The model gives something else.
    """
    device = next(model.parameters()).device
    logits = getattr(model(input_ids=subword.to(device), attention_mask=mask.to(device)), "logits", None)
    if logits is None or logits.shape != (len(subword), n_classes):
        raise CheckpointError(message("evaluation.no_classifier", model=type(plain_model(model)).__name__))
    return logits.float().cpu()


def prediction_table(texts, index, labels, probabilities, unread):
    """What `predict` returns, from probabilities ``[texts, labels]``. Used in lesson 05.

    Raises
    ------
    CheckpointError
        A probability is not finite: the weights are broken.
    """
    if not torch.isfinite(probabilities).all():
        raise CheckpointError(message("evaluation.not_finite"))
    table = pd.DataFrame(probabilities.numpy(), columns=labels, index=index)
    table.insert(0, "text", texts)
    table.insert(1, "label", [labels[index] for index in probabilities.argmax(-1).tolist()])
    table.insert(2, "confidence", probabilities.amax(-1).numpy() if len(texts) else [])
    table.attrs = {"label2index": {label: index for index, label in enumerate(labels)}, **unread}
    return table


def predict(texts, model, tokenizer, *, batch_size=32, max_seq_len=None):
    """Label, confidence and probabilities for any texts. Built in lesson 05.

    Texts are batched by length, to save padding, and returned in the order
    in which they came. One line says how many were cut, and another how many
    consist mostly of ``[UNK]``, such as emoji that the vocabulary lacks: their
    predictions mean little.

    Parameters
    ----------
    texts : str, sequence of str, pandas.Series or pandas.DataFrame of one column
        Any number of texts, in any container that has an order.
    model : transformers.PreTrainedModel
        Its config holds the label map. Training or evaluation mode are
        afterwards what they were.
    tokenizer : transformers tokenizer
    batch_size : int
    max_seq_len : int, optional
        Subwords after which a text is cut. By default the length that the
        model was trained with; at the latest where its positions end.

    Returns
    -------
    pandas.DataFrame
        Columns ``text``, ``label``, ``confidence`` (the probability of that
        label), and one column of probabilities a label. The index is that of
        the Series or DataFrame given, else 0, 1, 2, …; in ``attrs``:
        ``label2index``, and the numbers of texts ``cut`` and
        ``mostly_unknown``.

    Raises
    ------
    DataError
        A text is not a string, blank, or cannot be UTF-8 (rows are counted
        from 1); there are no texts in what is given, or no order; a label is
        called as one of the columns.
    CheckpointError
        Model and tokenizer do not fit, or the model does not classify texts.
    """
    texts, index = read_texts(texts)
    labels = predicted_labels(model, tokenizer)
    rows, unread = subword_rows(texts, model, tokenizer, max_seq_len)
    probabilities = torch.empty(len(rows), len(labels))
    with evaluation_mode(model), torch.inference_mode():
        for places in batches_by_length(rows, batch_size):
            subword, mask = pad_batch([rows[place] for place in places], tokenizer.pad_token_id)
            logits = class_logits(model, subword, mask, len(labels))
            probabilities[places] = logits.softmax(-1)
    return prediction_table(texts, index, labels, probabilities, unread)


def word_importance(text, model, tokenizer):
    """How much the predicted label's probability falls when a word is left out. Built in lesson 05.

    Leave-one-out, or occlusion (Zeiler and Fergus, 2014; Li, Monroe and
    Jurafsky, 2016).

    Parameters
    ----------
    text : str
        Words are split at spaces.
    model, tokenizer
        See `predict`.

    Returns
    -------
    pandas.DataFrame
        Columns ``word`` and ``importance`` (probability with the word minus
        without it, between -1 and 1), in the order of the text.

    Raises
    ------
    DataError, CheckpointError
        See `predict`.
    """
    words = one_text(text).split()
    shortened = [" ".join(words[:i] + words[i + 1 :]) or tokenizer.mask_token for i in range(len(words))]
    predictions = predict([text, *shortened], model, tokenizer)
    label = predictions["label"][0]
    importance = predictions[label][0] - predictions[label][1:]
    return pd.DataFrame({"word": words, "importance": importance.to_numpy()})


def check_predictions(predictions, list_label):
    """Make sure that a table is one of `predict`, and that true labels belong to it. Used in lesson 05.

    Returns
    -------
    list_label : list of str
    n_classes : int

    Raises
    ------
    DataError
        Columns are missing or a confidence is no probability; the numbers of
        rows differ; or a label, true or predicted, has no column of
        probabilities.
    """
    if not isinstance(predictions, pd.DataFrame) or not {"label", "confidence"} <= set(predictions.columns):
        raise DataError(message("evaluation.no_predictions"))
    if not predictions["confidence"].between(0, 1.0001).all():  # NaN is not between
        raise DataError(message("evaluation.no_predictions"))
    _, list_label, labels = paired_within(predictions["label"], list_label, probability_columns(predictions))
    return list_label, len(labels)


def reliability_table(predictions, list_label, *, bins=5):
    """Confidence beside accuracy, in bins of confidence. Built in lesson 05.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict`.
    list_label : list of str
        True label of each row.
    bins : int
        Equal widths between chance and 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``rows``, ``confidence`` and ``accuracy`` by bin; empty bins
        are left out.

    Raises
    ------
    DataError
        See `check_predictions`; or `bins` is not a whole number from 1.
    """
    list_label, n_classes = check_predictions(predictions, list_label)
    edges = np.linspace(1 / n_classes, 1, whole("bins", bins, 1) + 1)
    part = pd.cut(predictions["confidence"].clip(1 / n_classes, 1), edges, include_lowest=True)
    right = predictions["label"].to_numpy() == np.array(list_label)
    table = pd.DataFrame({"confidence": predictions["confidence"], "accuracy": right.astype(float)})
    groups = table.groupby(part.to_numpy(), observed=True)
    return groups.mean().assign(rows=groups.size())[["rows", "confidence", "accuracy"]]


def calibration_error(predictions, list_label, *, bins=10):
    """How far confidence is from accuracy, on average over the rows (expected calibration error; Guo et al., 2017). Used in lesson 05.

    Parameters
    ----------
    predictions, list_label, bins
        See `reliability_table`.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    DataError
        See `reliability_table`.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["a", "a"], "confidence": [0.9, 0.9], "a": [0.9, 0.9], "b": [0.1, 0.1]})
    >>> round(calibration_error(table, ["a", "b"]), 2)
    0.4
    """
    table = reliability_table(predictions, list_label, bins=bins)
    return float((table["rows"] * (table["confidence"] - table["accuracy"]).abs()).sum() / table["rows"].sum())


def probability_columns(predictions):
    """Names of the columns of probabilities in a table of `predict`. Used in lesson 05.

    Raises
    ------
    DataError
        There are none.
    """
    if not isinstance(predictions, pd.DataFrame) or not {"label", "confidence"} <= set(predictions.columns):
        raise DataError(message("evaluation.no_predictions"))
    labels = list(predictions.attrs.get("label2index", ()))
    if not labels or not set(labels) <= set(predictions.columns):  # the table has been put together, or its labels renamed
        labels = list(predictions.drop(columns=[*PREDICTION_COLUMNS], errors="ignore").select_dtypes("number").columns)
    if not labels:
        raise DataError(message("evaluation.no_predictions"))
    return labels


def with_temperature(predictions, temperature):
    """Predictions whose confidence is softened, or sharpened; the labels stay. Built in lesson 05.

    Temperature scaling (Guo et al., On Calibration of Modern Neural
    Networks, 2017): all logits are divided by one number. Of probabilities
    that is a power, and dividing by the sum.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict`.
    temperature : float
        Above 1 softens, below 1 sharpens, 1 changes nothing.

    Returns
    -------
    pandas.DataFrame
        A new table of the same form.

    Raises
    ------
    DataError
        `temperature` is not above 0, or the table is not one of `predict`.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["a"], "confidence": [0.8], "a": [0.8], "b": [0.2]})
    >>> with_temperature(table, 2.0).round(3)
      label  confidence      a      b
    0     a       0.667  0.667  0.333
    """
    labels, temperature = probability_columns(predictions), above_zero("temperature", temperature)
    powers = predictions[labels] ** (1 / temperature)
    softened = predictions.copy()
    softened[labels] = powers.div(powers.sum(axis=1), axis=0)
    softened["confidence"] = softened[labels].max(axis=1)
    return softened


def fit_temperature(predictions, list_label):
    """The temperature with the smallest cross-entropy; to be fitted on validation data. Built in lesson 05.

    Tried are 161 temperatures from 0.1 to 10, evenly spaced on a logarithmic scale.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From `predict`.
    list_label : list of str
        True label of each row.

    Returns
    -------
    float

    Raises
    ------
    DataError
        See `check_predictions`.
    """
    list_label, _ = check_predictions(predictions, list_label)
    losses = {}
    for temperature in np.geomspace(0.1, 10, 161):
        losses[float(temperature)] = cross_entropy(with_temperature(predictions, temperature), list_label)
    return min(losses, key=losses.get)


def cross_entropy(predictions, list_label):
    """Mean of −ln of the probability of each row's true label, in nats. Used in lesson 05.

    Examples
    --------
    >>> table = pd.DataFrame({"label": ["a"], "confidence": [0.8], "a": [0.8], "b": [0.2]})
    >>> round(cross_entropy(table, ["b"]), 3)
    1.609
    """
    labels = probability_columns(predictions)
    places = [labels.index(label) for label in list_label]
    right = predictions[labels].to_numpy()[np.arange(len(places)), places]
    return float(-np.log(np.clip(right, 1e-12, 1)).mean())


def in_file_order(list_hyp):
    """Labels for a submission in a list. Used in lesson 05.

    Raises
    ------
    DataError
        See `as_labels`; or a Series whose index says that its rows are not in
        the order of the file any more.
    """
    if isinstance(list_hyp, pd.Series) and not list_hyp.index.is_monotonic_increasing:
        raise DataError(message("evaluation.not_in_order"))
    return as_labels(list_hyp, "list_hyp")


def write_submission(list_hyp, path):
    """Write predictions as IndoNLU's ``pred.txt``: a header ``index,label``, then one row a text. Built in lesson 05.

    Parameters
    ----------
    list_hyp : list of str
        Predicted labels in the order of the test file, for instance
        ``predict(...)["label"]``.
    path : str or pathlib.Path

    Raises
    ------
    DataError
        See `in_file_order`.
    WriteError
        The file cannot be written.
    """
    table = pd.DataFrame({"label": in_file_order(list_hyp)})
    write_atomically(path, table.to_csv(index_label="index", lineterminator="\n").encode("utf-8"))
