"""What is inside a pre-trained BERT: one layer by hand, what its heads look at, what a linear probe finds (built in lesson 03)."""

import io
import logging
import math
import pathlib
import re

import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
from transformers.utils import logging as transformers_logging

#: Words with two meanings; two sentences for each meaning, the word at the same position in all four.
TWO_MEANINGS = {
    "tahu": ("saya tidak tahu alamat hotel itu .", "kami belum tahu harga kamar nya .",
             "saya makan tahu goreng dan tempe .", "kami pesan tahu isi dan bakso ."),
    "bisa": ("kita tidak bisa masuk ke sana .", "kami juga bisa pesan dari rumah .",
             "dia kena bisa ular di kebun .", "obat untuk bisa ular itu mahal ."),
    "bunga": ("suku bunga bank naik lagi .", "besar bunga kredit itu tinggi .",
              "warna bunga mawar itu merah .", "taman bunga melati sangat indah ."),
    "bulan": ("tiga bulan lalu kami datang .", "enam bulan lagi dia pulang .",
              "cahaya bulan purnama sangat terang .", "sinar bulan dan bintang di langit ."),
    "kali": ("dua kali saya ke sini .", "tiga kali kami makan di sana .",
             "air kali itu sangat kotor .", "banjir kali ciliwung meluap lagi ."),
}  # fmt: skip


def random_encoder(checkpoint, seed=0, **options):
    """A body of a checkpoint's shape that has learnt nothing. Used in lesson 03.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
        Only its config is read.
    seed : int
        Decides the weights; the random generators outside are left as they were.
    **options
        Passed on to ``from_config``.

    Returns
    -------
    transformers.PreTrainedModel
        Without a head, in evaluation mode.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModel.from_config(AutoConfig.from_pretrained(checkpoint), dtype=torch.float32, **options).eval()


def split_heads(vectors, n_heads):
    """Cut each position's vector into one piece a head. Built in lesson 03.

    Parameters
    ----------
    vectors : torch.Tensor
        ``[batch, seq_len, hidden_size]``
    n_heads : int

    Returns
    -------
    torch.Tensor
        ``[batch, n_heads, seq_len, hidden_size / n_heads]``

    Examples
    --------
    >>> split_heads(torch.zeros(2, 5, 12), 3).shape
    torch.Size([2, 3, 5, 4])
    """
    batch, seq_len, _ = vectors.shape
    return vectors.view(batch, seq_len, n_heads, -1).transpose(1, 2)


def attention_by_hand(layer, hidden, mask, n_heads):
    """The attention of one BERT layer, in plain steps. Built in lesson 03.

    Vaswani et al. (2017), as BERT has it (Devlin et al., 2019).

    Parameters
    ----------
    layer : transformers.models.bert.modeling_bert.BertLayer
    hidden : torch.Tensor
        ``[batch, seq_len, hidden_size]``, what enters the layer.
    mask : torch.Tensor
        int64 ``[batch, seq_len]``: 1 where text stands, 0 where padding does.
    n_heads : int

    Returns
    -------
    weights : torch.Tensor
        ``[batch, n_heads, seq_len, seq_len]``; each row sums to 1.
    mixed : torch.Tensor
        ``[batch, seq_len, hidden_size]``: the values, averaged by the weights.
    """
    projections = layer.attention.self
    query, key, value = (split_heads(part(hidden), n_heads) for part in (projections.query, projections.key, projections.value))
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.size(-1))
    scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
    weights = scores.softmax(-1)
    return weights, (weights @ value).transpose(1, 2).flatten(2)


def layer_by_hand(layer, hidden, mask, n_heads):
    """One BERT layer, in plain steps: attention, then feed-forward, each with its residual and LayerNorm. Built in lesson 03.

    Parameters
    ----------
    layer, hidden, mask, n_heads
        As for `attention_by_hand`.

    Returns
    -------
    torch.Tensor
        ``[batch, seq_len, hidden_size]``, what leaves the layer in evaluation mode.
    """
    _, mixed = attention_by_hand(layer, hidden, mask, n_heads)
    attended = layer.attention.output.LayerNorm(layer.attention.output.dense(mixed) + hidden)
    widened = torch.nn.functional.gelu(layer.intermediate.dense(attended))
    return layer.output.LayerNorm(layer.output.dense(widened) + attended)


def shares_of_targets(attention):
    """For each head, the shares of words that look most at certain places. Used in lesson 03.

    Parameters
    ----------
    attention : list of torch.Tensor
        One tensor a text, ``[n_heads, seq_len, seq_len]``, without padding;
        the first position is ``[CLS]``, the last one ``[SEP]``.

    Returns
    -------
    pandas.DataFrame
        A row a head (from 1), columns ``previous``, ``next``, ``CLS``,
        ``SEP``, ``elsewhere``, between 0 and 1. The words are those between
        ``[CLS]`` and ``[SEP]``; a neighbour that is one of these two counts
        as that one.

    Examples
    --------
    >>> looks_back = torch.eye(5).roll(-1, dims=-1)  # position 1 looks at 0, 2 at 1, 3 at 2
    >>> shares_of_targets([looks_back[None]]).round(2).iloc[0].to_dict()
    {'previous': 0.67, 'next': 0.0, 'CLS': 0.33, 'SEP': 0.0, 'elsewhere': 0.0}
    """
    counts, words = 0, 0
    for weights in attention:
        last = weights.size(-1) - 1
        place = torch.arange(1, last)
        target = weights[:, 1:last].argmax(-1)  # [n_heads, words]
        inside = (target > 0) & (target < last)
        found = [inside & (target == place - 1), inside & (target == place + 1), target == 0, target == last]
        counts = counts + torch.stack([part.sum(-1) for part in found], dim=-1)
        words += last - 1
    table = pd.DataFrame((counts / max(words, 1)).tolist(), columns=["previous", "next", "CLS", "SEP"])
    table.index = range(1, len(table) + 1)
    return table.assign(elsewhere=(1 - table.sum(axis=1)).clip(lower=0))


def head_habits(model, tokenizer, texts, max_seq_len=128):
    """`shares_of_targets` of every layer. Used in lesson 03.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A body loaded with ``attn_implementation="eager"``: others keep no weights.
    tokenizer : transformers tokenizer
    texts : sequence of str
    max_seq_len : int

    Returns
    -------
    pandas.DataFrame
        A row a layer and head, both from 1.
    """
    attentions = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=max_seq_len, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            attentions.append([weights.cpu() for weights in model(**inputs, output_attentions=True).attentions])
    layers = {number: shares_of_targets([weights[0] for weights in layer]) for number, layer in enumerate(zip(*attentions), start=1)}
    return pd.concat(layers, names=["layer", "head"])


def loading_report(checkpoint, n_labels=3):
    """What Transformers says when a checkpoint is loaded as a classifier. Used in lesson 03.

    The lessons keep Transformers quiet and read its report as data; this is
    the text that others see.

    Parameters
    ----------
    checkpoint : str or pathlib.Path
    n_labels : int

    Returns
    -------
    str
        Without colours, the folder by its name alone.
    """
    handler, verbosity = logging.StreamHandler(io.StringIO()), transformers_logging.get_verbosity()
    logger = logging.getLogger("transformers")  # its own remove_handler refuses every handler in Transformers 5.2
    transformers_logging.disable_default_handler()
    logger.addHandler(handler)
    transformers_logging.set_verbosity_warning()
    try:
        with torch.random.fork_rng():
            AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=n_labels)
    finally:
        transformers_logging.set_verbosity(verbosity)
        logger.removeHandler(handler)
        transformers_logging.enable_default_handler()
    text = re.sub(r"\x1b\[[0-9;]*m", "", handler.stream.getvalue())
    return text.replace(str(checkpoint), pathlib.Path(checkpoint).name).strip()


def text_vectors(encoder, tokenizer, texts, max_seq_len=128, batch_size=32):
    """One vector a text: the mean over its positions of what the last layer gives. Built in lesson 03.

    Nothing is trained: the encoder is frozen.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
        A body without head, in evaluation mode.
    tokenizer : transformers tokenizer
    texts : sequence of str
    max_seq_len, batch_size : int

    Returns
    -------
    torch.Tensor
        float32 ``[texts, hidden_size]``, on the CPU.
    """
    texts = list(texts)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # equally long ones together: little padding
    vectors = torch.zeros(len(texts), encoder.config.hidden_size)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        batch = tokenizer([texts[place] for place in places], padding=True, truncation=True, max_length=max_seq_len, return_tensors="pt")
        batch = batch.to(encoder.device)
        with torch.inference_mode():
            hidden = encoder(**batch).last_hidden_state  # [batch, seq_len, hidden_size]
        mask = batch["attention_mask"].unsqueeze(-1)  # padding does not count in the mean
        vectors[places] = ((hidden * mask).sum(1) / mask.sum(1)).cpu()
    return vectors


def fit_probe(vectors, labels, strength=0.1):
    """A linear probe: logistic regression on frozen vectors, rare classes weighing more. Built in lesson 03.

    Alain and Bengio (2016): what a linear layer can read from vectors is in them.

    Parameters
    ----------
    vectors : torch.Tensor
        ``[texts, hidden_size]``, from `text_vectors`.
    labels : sequence of int
    strength : float
        The smaller, the more the weights are held near 0.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Fitted; ``predict(vectors)`` gives labels.
    """
    regression = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    return make_pipeline(StandardScaler(), regression).fit(vectors.numpy(), labels)
