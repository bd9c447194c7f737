"""What a larger model says about texts, without labels: a vector for each text and each word.

The mini IndoBERT learns to say the same (Hinton et al., 2015: distillation).
Its teacher is multilingual-e5-small (Wang et al., 2024; MIT), a BERT of
twelve layers that has read a billion pairs of texts.
"""

import hashlib
import json
from typing import NamedTuple

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import AutoModel, AutoTokenizer

from helpers.corpus import split_words
from helpers.device import autocast_dtype, choose_device
from helpers.files import write_atomically

PREFIX = "query: "  # what multilingual-e5 was trained to see before a text
MOST_PIECES = 400
POSITIONS = 4096  # of a batch


class Vectors(NamedTuple):
    """A teacher's vectors, on disk.

    Attributes
    ----------
    text : numpy.ndarray
        float32 ``[texts, width]``: mean over the last layer.
    middle, last : numpy.ndarray
        float16 ``[words, width]``: mean over the pieces of each word, in the
        layer two thirds of the way up and in the last one.
    """

    text: np.ndarray
    middle: np.ndarray
    last: np.ndarray


def word_of_piece(text, offsets):
    """Which word each of the teacher's pieces belongs to.

    Parameters
    ----------
    text : str
    offsets : list of (int, int)
        First letter and end of each piece in `text`; a piece that stands
        before it ends at 0 or below.

    Returns
    -------
    list of (int, int)
        Number of the word, number of the piece: a piece belongs to the word
        of its last letter; a word without such a piece gets the one that covers its first letter.

    Examples
    --------
    >>> word_of_piece("gak, enak", [(0, 4), (4, 7), (7, 9)])
    [(0, 0), (1, 0), (2, 1), (2, 2)]
    """
    words = split_words(text)
    word_at = np.full(len(text), -1)
    for number, (_, (start, end)) in enumerate(words):
        word_at[start:end] = number
    pairs = [(int(word_at[end - 1]), piece) for piece, (_, end) in enumerate(offsets) if end > 0]
    pairs = [pair for pair in pairs if pair[0] >= 0]
    found = {word for word, _ in pairs}
    for number in sorted(set(range(len(words))) - found):
        letter = words[number][1][0]
        pairs += [(number, piece) for piece, (start, end) in enumerate(offsets) if start <= letter < end][:1]
    return sorted(pairs)


def mean_rows(rows, numbers, count):
    """Mean of the rows of each number: ``[count, width]``, 0 where there is none."""
    total = torch.zeros(count, rows.size(1)).index_add_(0, numbers, rows.float())
    return total / torch.bincount(numbers, minlength=count).clamp(min=1)[:, None]


@torch.inference_mode()
def speak(model, encodings, texts):
    """The teacher's vectors for one batch of texts.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    encodings : list of tokenizers.Encoding
        Of the texts with `PREFIX` before them.
    texts : list of str

    Returns
    -------
    text : torch.Tensor
        ``[batch, width]``
    middle, last : torch.Tensor
        ``[words of the batch, width]``
    """
    length = max(len(encoding.ids) for encoding in encodings)
    piece = torch.full((len(texts), length), model.config.pad_token_id or 0)
    mask = torch.zeros(len(texts), length, dtype=torch.long)
    words, places, n_words = [], [], 0
    for row, (encoding, text) in enumerate(zip(encodings, texts)):
        piece[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
        offsets = [(start - len(PREFIX), end - len(PREFIX)) for start, end in encoding.offsets]
        for word, place in word_of_piece(text, offsets):
            words.append(n_words + word)
            places.append(row * length + place)
        n_words += len(split_words(text))
    output = model(input_ids=piece.to(model.device), attention_mask=mask.to(model.device), output_hidden_states=True)
    layers = output.hidden_states
    layers = [layers[2 * (len(layers) - 1) // 3].cpu(), layers[-1].cpu()]
    text_vector = (layers[1].float() * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    words, places = torch.tensor(words), torch.tensor(places)
    return text_vector, *(mean_rows(layer.flatten(0, 1)[places], words, n_words) for layer in layers)


def batches_by_length(encodings):
    """Numbers of texts of about equal length, at most `POSITIONS` positions together."""
    batch = []
    for number in sorted(range(len(encodings)), key=lambda number: len(encodings[number].ids)):
        if batch and len(encodings[number].ids) * (len(batch) + 1) > POSITIONS:
            yield batch
            batch = []
        batch.append(number)
    yield batch


def ask_teacher(texts, teacher, folder):
    """Let the teacher speak about all texts, once; what stands in the folder already is only opened.

    Parameters
    ----------
    texts : list of str
    teacher : str or pathlib.Path
        Folder of a BERT-like model with a fast tokenizer, such as `series.teacher` writes.
    folder : pathlib.Path
        For the vectors: 1.5 kB a word at a width of 384.

    Returns
    -------
    Vectors
    """
    key = {"texts": hashlib.sha256("\n".join(texts).encode()).hexdigest(), "teacher": str(teacher)}
    paths = {name: folder / f"{name}.npy" for name in Vectors._fields}
    complete = folder / "complete.json"
    if not complete.is_file() or json.loads(complete.read_text(encoding="utf-8")) != key:
        complete.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        write_vectors(texts, teacher, paths)
        write_atomically(complete, json.dumps(key).encode())
    return Vectors(**{name: np.load(path, mmap_mode="r") for name, path in paths.items()})


def write_vectors(texts, teacher, paths):
    """Fill the files of `ask_teacher`."""
    tokenizer = AutoTokenizer.from_pretrained(teacher)
    device = choose_device()
    dtype = torch.bfloat16 if autocast_dtype(device) is torch.bfloat16 else torch.float32
    model = AutoModel.from_pretrained(teacher, dtype=dtype).to(device).eval()
    words_before = np.concatenate([[0], np.cumsum([len(split_words(text)) for text in texts])])
    width = model.config.hidden_size
    shapes = {"text": (len(texts), np.float32), "middle": (words_before[-1], np.float16), "last": (words_before[-1], np.float16)}
    files = {name: np.lib.format.open_memmap(paths[name], "w+", dtype, (int(rows), width)) for name, (rows, dtype) in shapes.items()}
    encodings = tokenizer([PREFIX + text for text in texts], truncation=True, max_length=MOST_PIECES).encodings
    with tqdm(total=len(texts), unit="text", mininterval=1) as bar:
        for batch in batches_by_length(encodings):
            text_vector, *layers = speak(model, [encodings[number] for number in batch], [texts[number] for number in batch])
            files["text"][batch] = text_vector.numpy()
            rows = np.concatenate([np.arange(words_before[number], words_before[number + 1]) for number in batch])
            for name, layer in zip(("middle", "last"), layers):
                files[name][rows] = layer.half().numpy()
            bar.update(len(batch))
    for file in files.values():
        file.flush()


def centre(vectors, most=200_000):
    """Mean of the vectors, or of evenly spread ones if there are many: ``[width]``.

    A teacher's vectors all point much the same way; what differs between texts shows after the mean is taken off.
    """
    step = max(1, len(vectors) // most)
    return torch.from_numpy(np.asarray(vectors[::step], dtype=np.float64).mean(0)).float()


def centre_by_word(texts, vectors, shrink=5, rows_at_once=100_000):
    """Mean of the vectors of each word, wherever it stands: what is left without it is what the context does to the word.

    Parameters
    ----------
    texts : list of str
    vectors : numpy.ndarray
        ``[words, width]``, of all words of the texts in their order.
    shrink : int
        So many times the mean of all words is counted in: a word that comes once keeps most of its own direction.
    rows_at_once : int

    Returns
    -------
    kind : torch.Tensor
        int32 ``[words]``: number of each word's spelling.
    mean : torch.Tensor
        float16 ``[spellings, width]``
    """
    numbers = {}
    kind = [numbers.setdefault(word, len(numbers)) for text in texts for word, _ in split_words(text)]
    kind = torch.tensor(kind, dtype=torch.int32)
    total = torch.zeros(len(numbers), vectors.shape[1])
    for start in range(0, len(kind), rows_at_once):
        rows = slice(start, start + rows_at_once)
        total.index_add_(0, kind[rows], torch.from_numpy(np.array(vectors[rows], dtype=np.float32)))
    counts = torch.bincount(kind, minlength=len(numbers))[:, None]
    mean = (total + shrink * total.sum(0) / len(kind)) / (counts + shrink)
    return kind, mean.half()


def directions(vectors, mean):
    """Vectors without their mean, one for all or one for each, at length 1: ``[rows, width]``."""
    return torch.nn.functional.normalize(torch.from_numpy(np.array(vectors, dtype=np.float32)) - mean, dim=-1)
