"""The first models: rules, a bag of words, a small network (built in lesson 00)."""

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

GOOD = {"enak", "bagus", "ramah", "bersih", "mantap", "suka", "puas", "cepat", "nyaman", "murah", "indah", "lezat", "senang", "keren",
        "terbaik", "rapi", "segar"}  # fmt: skip
BAD = {"buruk", "kotor", "mahal", "lambat", "kecewa", "lama", "rusak", "jelek", "bau", "kapok", "mengecewakan", "parah", "zonk", "asin",
       "dingin", "macet"}  # fmt: skip
NOT = {"tidak", "gak", "nggak", "kurang", "bukan"}


def guess_sentiment(text):
    """Label by counting good and bad words; a word after a negation counts the other way. Built in lesson 00.

    Parameters
    ----------
    text : str
        In SmSA's manner: lower case, punctuation set apart by spaces.

    Returns
    -------
    int
        0 positive, 1 neutral (also for a tie), 2 negative.

    Examples
    --------
    >>> guess_sentiment("rasa nya enak"), guess_sentiment("tidak enak"), guess_sentiment("biasa saja")
    (0, 2, 1)
    """
    score, sign = 0, 1
    for word in text.split():
        score += sign * ((word in GOOD) - (word in BAD))
        sign = -1 if word in NOT else 1
    if score == 0:
        return 1
    return 0 if score > 0 else 2


def share_with_listed_word(texts):
    """Share of texts in which the rules find at least one of their words.

    Examples
    --------
    >>> share_with_listed_word(["rasa nya enak", "biasa saja"])
    0.5
    """
    return sum(not (GOOD | BAD).isdisjoint(text.split()) for text in texts) / len(texts)


def fit_bag_of_words(texts, labels):
    """Logistic regression on word counts, rare classes weighing more. Built in lesson 00.

    Parameters
    ----------
    texts : sequence of str
    labels : sequence of int

    Returns
    -------
    sklearn.pipeline.Pipeline
        Fitted; ``predict(texts)`` gives labels.
    """
    counts = CountVectorizer(token_pattern=r"\S+")
    regression = LogisticRegression(class_weight="balanced", max_iter=2000)
    return make_pipeline(counts, regression).fit(texts, labels)


def number_words(texts):
    """A number for each word that occurs, from 1; 0 is left for words that do not. Built in lesson 00.

    Examples
    --------
    >>> number_words(["enak sekali", "tidak enak"])
    {'enak': 1, 'sekali': 2, 'tidak': 3}
    """
    words = {word for text in texts for word in text.split()}
    return {word: number for number, word in enumerate(sorted(words), start=1)}


def to_numbers(texts, number_of):
    """All words of some texts as one row of numbers, and where each text begins in it. Built in lesson 00.

    Parameters
    ----------
    texts : sequence of str, or str
        One text alone counts as a list with one text.
    number_of : dict of str to int
        From `number_words`; any other word becomes 0.

    Returns
    -------
    words, starts : torch.Tensor
        int64 ``[all words]`` and ``[texts]``, as `torch.nn.EmbeddingBag` takes them.

    Examples
    --------
    >>> words, starts = to_numbers(["tidak enak", "enak banget"], {"enak": 1, "tidak": 2})
    >>> words.tolist(), starts.tolist()
    ([2, 1, 1, 0], [0, 2])
    """
    if isinstance(texts, str):
        texts = [texts]
    rows = [[number_of.get(word, 0) for word in text.split()] for text in texts]
    starts = np.cumsum([0] + [len(row) for row in rows[:-1]])
    words = [number for row in rows for number in row]
    return torch.tensor(words, dtype=torch.long), torch.tensor(starts)


class SmallNetwork(torch.nn.Module):
    """The mean of the words' vectors, then one linear layer. Built in lesson 00.

    Parameters
    ----------
    n_words : int
        With number 0, whose vector counts for nothing: unknown words are left out of the mean.
    width : int
        Numbers in a word's vector.
    n_classes : int
    """

    def __init__(self, n_words, width=32, n_classes=3):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(n_words, width, mode="mean", padding_idx=0)
        self.dropout = torch.nn.Dropout(0.3)
        self.output = torch.nn.Linear(width, n_classes)

    def forward(self, words, starts):
        """Scores ``[texts, n_classes]`` for what `to_numbers` gives."""
        return self.output(self.dropout(self.embedding(words, starts)))


def class_weights(labels, n_classes=3):
    """Weights that let each class count the same in the loss, however rare it is. Built in lesson 00.

    Parameters
    ----------
    labels : torch.Tensor
        int64 ``[rows]``.
    n_classes : int

    Returns
    -------
    torch.Tensor
        float ``[n_classes]``: rows / (n_classes x rows of the class), as scikit-learn's ``"balanced"``.

    Examples
    --------
    >>> class_weights(torch.tensor([0, 0, 0, 1]), n_classes=2)
    tensor([0.6667, 2.0000])
    """
    return len(labels) / (n_classes * torch.bincount(labels, minlength=n_classes))


def network_loss(model, rows, number_of, weight):
    """Cross-entropy of a `SmallNetwork` on some rows. Built in lesson 00.

    Parameters
    ----------
    model : SmallNetwork
    rows : tuple of (sequence of str, sequence of int)
        Texts and labels.
    number_of : dict of str to int
    weight : torch.Tensor
        From `class_weights`.

    Returns
    -------
    torch.Tensor
        One number, with its graph.
    """
    texts, labels = rows
    scores = model(*to_numbers(texts, number_of))
    return torch.nn.functional.cross_entropy(scores, torch.tensor(list(labels)), weight=weight)


def fit_network(train_rows, valid_rows, number_of, epochs=60, seed=42):
    """Train a `SmallNetwork`, all rows at once in every epoch. Built in lesson 00.

    Parameters
    ----------
    train_rows, valid_rows : tuple of (sequence of str, sequence of int)
        Texts and labels; the second pair is only watched.
    number_of : dict of str to int
    epochs, seed : int

    Returns
    -------
    model : SmallNetwork
        In the state ``eval()``.
    history : list of list of float
        Training and validation loss after each epoch, both without dropout.
    """
    torch.manual_seed(seed)
    model = SmallNetwork(len(number_of) + 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    weight = class_weights(torch.tensor(list(train_rows[1])))
    history = []
    for _ in range(epochs):
        model.train()
        loss = network_loss(model, train_rows, number_of, weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.inference_mode():
            losses = [network_loss(model, rows, number_of, weight).item() for rows in (train_rows, valid_rows)]
        history.append(losses)
    return model, history


def network_labels(model, texts, number_of):
    """The class with the highest score for each text. Built in lesson 00.

    Returns
    -------
    list of int
    """
    with torch.inference_mode():
        return model(*to_numbers(texts, number_of)).argmax(-1).tolist()
