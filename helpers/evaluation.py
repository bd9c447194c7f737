"""Honest numbers for a fine-tuned model (built in lesson 05)."""

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from helpers.batching import pad_batch, truncate
from helpers.data import DataError, encode_texts
from helpers.files import write_atomically
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

    Examples
    --------
    >>> metrics = document_sentiment_metrics_fn(["a", "a", "b"], ["a", "b", "b"])
    >>> round(metrics["ACC"], 3), round(metrics["F1"], 3)
    (0.667, 0.667)
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(list_label, list_hyp, average="macro", zero_division=0)
    return {"ACC": accuracy_score(list_label, list_hyp), "F1": float(f1), "REC": float(recall), "PRE": float(precision)}


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
    """
    scores = []
    for index in range(n_classes):
        predicted, true = hypothesis == index, label == index
        hits, mentions = (predicted & true).sum(1), predicted.sum(1) + true.sum(1)
        scores.append(np.where(mentions > 0, 2 * hits / np.maximum(mentions, 1), np.nan))
    return np.nanmean(scores, axis=0)


def bootstrap_interval(list_hyp, list_label, resamples=2000, level=0.95, seed=42):
    """Interval of the macro-F1 under drawing the test rows again. Built in lesson 05.

    The percentile bootstrap of Efron (1979): rows are drawn with
    replacement, the score computed, and the middle `level` of all scores
    reported.

    Parameters
    ----------
    list_hyp, list_label : list
        Predicted and true class of each row.
    resamples : int
    level : float
    seed : int

    Returns
    -------
    low, high : float
    """
    classes = sorted(set(list_label) | set(list_hyp))
    hypothesis = np.array([classes.index(value) for value in list_hyp])
    label = np.array([classes.index(value) for value in list_label])
    rows = np.random.default_rng(seed).integers(len(label), size=(resamples, len(label)))
    scores = macro_f1(hypothesis[rows], label[rows], len(classes))
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def confusion_table(list_hyp, list_label, labels):
    """How often each true label (row) was predicted as each label (column). Built in lesson 05."""
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(list_label, list_hyp, labels=list(labels))
    return pd.DataFrame(counts, index=list(labels), columns=list(labels))


def predict(texts, model, tokenizer, batch_size=32, max_seq_len=512):
    """Label, confidence and probabilities for any texts. Built in lesson 05.

    Texts are batched by length, to save padding, and returned in the order
    in which they came.

    Parameters
    ----------
    texts : str or sequence of str
    model : transformers.PreTrainedModel
        Its config holds the label map.
    tokenizer : transformers tokenizer
    batch_size, max_seq_len : int
        Longer texts are cut, at the latest where the model's positions end.

    Returns
    -------
    pandas.DataFrame
        Columns ``text``, ``label``, ``confidence`` (the probability of that
        label), and one column of probabilities a label.

    Raises
    ------
    DataError
        A text is not a string, or blank.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    for row, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            raise DataError(message("evaluation.not_a_text", row=row, found=repr(text)))
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    max_seq_len = min(max_seq_len, model.config.max_position_embeddings)
    subwords = [truncate(row, max_seq_len) for row in encode_texts(texts, tokenizer)]
    order = sorted(range(len(texts)), key=lambda row: len(subwords[row]))
    probabilities = torch.empty(len(texts), len(labels))
    model.eval()
    with torch.inference_mode():
        for start in tqdm(range(0, len(texts), batch_size), desc=message("evaluation.bar"), leave=False, delay=2):
            rows = order[start : start + batch_size]
            subword, mask = pad_batch([subwords[row] for row in rows], tokenizer.pad_token_id)
            logits = model(input_ids=subword.to(model.device), attention_mask=mask.to(model.device)).logits
            probabilities[rows] = logits.float().softmax(-1).cpu()
    table = pd.DataFrame(probabilities.numpy(), columns=labels)
    table.insert(0, "text", texts)
    table.insert(1, "label", [labels[index] for index in probabilities.argmax(-1).tolist()])
    table.insert(2, "confidence", probabilities.amax(-1).numpy() if len(texts) else [])
    return table


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
    """
    words = text.split()
    shortened = [" ".join(words[:i] + words[i + 1 :]) or tokenizer.mask_token for i in range(len(words))]
    predictions = predict([text, *shortened], model, tokenizer)
    label = predictions["label"][0]
    importance = predictions[label][0] - predictions[label][1:]
    return pd.DataFrame({"word": words, "importance": importance.to_numpy()})


def reliability_table(predictions, list_label, bins=5):
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
    """
    chance = 1 / (predictions.shape[1] - 3)
    edges = np.linspace(chance, 1, bins + 1)
    part = pd.cut(predictions["confidence"].clip(chance, 1), edges, include_lowest=True)
    right = predictions["label"].to_numpy() == np.array(list_label)
    table = pd.DataFrame({"confidence": predictions["confidence"], "accuracy": right.astype(float)})
    groups = table.groupby(part.to_numpy(), observed=True)
    return groups.mean().assign(rows=groups.size())[["rows", "confidence", "accuracy"]]


def write_submission(list_hyp, path):
    """Write predictions as IndoNLU's ``pred.txt``: a header ``index,label``, then one row a text. Built in lesson 05.

    Parameters
    ----------
    list_hyp : list of str
        Predicted labels in the order of the test file.
    path : str or pathlib.Path
    """
    table = pd.DataFrame({"label": list(list_hyp)})
    write_atomically(path, table.to_csv(index_label="index", lineterminator="\n").encode("utf-8"))
