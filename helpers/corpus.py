"""Plain text -> vocabulary, subwords and batches to pre-train on."""

import ast
import collections
import contextlib
import csv
import io
import pathlib
import random

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from helpers.data import DataError, read_text
from helpers.messages import message

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, CLS, SEP, MASK = (SPECIAL_TOKENS.index(token) for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"))
MAX_LENGTH = 128
TEXT_COLUMNS = {"text", "tweet", "sentence", "review", "sent_A", "sent_B", "question", "passage"}


# ---------------------------------------------------------------- texts


def has_words(text):
    """Whether at least half of the words are longer than one letter.

    Sequence labels that slipped in among the texts are not.

    Examples
    --------
    >>> has_words("enak sekali !"), has_words("o o b i o"), has_words("")
    (True, False, False)
    """
    words = text.split()
    return bool(words) and 2 * sum(len(word) > 1 for word in words) >= len(words)


def join_words(field):
    """A CSV field as text; a printed list of words, as FacQA has them, is joined.

    Examples
    --------
    >>> join_words("['Siapa', 'dia', '?']"), join_words("[url] bagus")
    ('Siapa dia ?', '[url] bagus')
    """
    if field.startswith("["):
        with contextlib.suppress(ValueError, SyntaxError):
            return " ".join(str(word) for word in ast.literal_eval(field))
    return field


def read_split(path):
    """The texts, without labels, of one file of an IndoNLU task.

    Parameters
    ----------
    path : pathlib.Path
        ``.tsv``: text, TAB, label. ``.csv``: columns named as in
        `TEXT_COLUMNS`. ``.txt``: a word and its label a line, an empty line
        after each sentence.

    Returns
    -------
    list of str

    Raises
    ------
    helpers.data.DataError
        The file is empty or not UTF-8.
    """
    text = read_text(path)
    if path.suffix == ".tsv":
        return [line.partition("\t")[0] for line in text.split("\n")]
    if path.suffix == ".csv":
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [join_words(row[name] or "") for row in rows for name in rows.fieldnames if name in TEXT_COLUMNS]
    sentences = text.split("\n\n")
    return [" ".join(line.partition("\t")[0] for line in sentence.split("\n")) for sentence in sentences]


def collect_texts(path, seed=0):
    """All texts to learn from: of a text file, or of IndoNLU's ``dataset`` folder.

    Parameters
    ----------
    path : str or pathlib.Path
        A UTF-8 file with one text a line; or a folder with a folder for each
        task, of which the files ``train_preprocess*`` and
        ``valid_preprocess*`` are read, of SmSA only the former. Test files
        are never read.
    seed : int
        Decides the order.

    Returns
    -------
    list of str
        Lower case, without duplicates, shuffled.

    Raises
    ------
    helpers.data.DataError
        Nothing there, not UTF-8, or fewer than 100 texts.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        splits = {file for name in ("train", "valid") for file in path.glob(f"*/{name}_preprocess*")}
        smsa_valid = set(path.glob("*doc-sentiment*/valid_*"))
        files = sorted(file for file in splits - smsa_valid if file.suffix in {".tsv", ".csv", ".txt"})
        texts = [" ".join(text.lower().split()) for file in files for text in read_split(file)]
    else:
        texts = [line.strip() for line in read_text(path).split("\n")]
    texts = list(dict.fromkeys(text for text in texts if has_words(text)))
    if len(texts) < 100:
        raise DataError(message("pretraining.few_texts", path=path, count=len(texts)))
    random.Random(seed).shuffle(texts)
    return texts


# ---------------------------------------------------------------- vocabulary


def train_tokenizer(texts, vocab_size, most_letters=200):
    """Learn a lower-case WordPiece vocabulary.

    Parameters
    ----------
    texts : list of str
    vocab_size : int
        Entries in all, the five special ones included.
    most_letters : int
        Rarer letters become ``[UNK]``.

    Returns
    -------
    tokenizers.Tokenizer
        The same for the same texts.
    """
    trained = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trained.normalizer = normalizers.BertNormalizer(lowercase=True)
    trained.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    counts = collections.Counter(trained.normalizer.normalize_str("".join(texts)))
    letters = sorted((letter for letter in counts if not letter.isspace()), key=lambda letter: (-counts[letter], letter))
    letters = sorted(letters[:most_letters])
    # The trainer numbers "##a", "##b", … in the order of a hash map, another one in each run, and by their
    # numbers decides between pairs that are equally frequent. Named beforehand they keep their numbers.
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS + ["##" + letter for letter in letters],
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
    )
    trained.train_from_iterator(texts, trainer)

    tokenizer = Tokenizer(models.WordPiece(trained.get_vocab(), unk_token="[UNK]"))
    tokenizer.normalizer = trained.normalizer
    tokenizer.pre_tokenizer = trained.pre_tokenizer
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
    )
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    return tokenizer


def encode_pieces(tokenizer, texts):
    """Subword ids of all texts; those above `MAX_LENGTH` come in several pieces.

    Returns
    -------
    list of torch.Tensor
        int64 ``[seq_len]`` each, ``[CLS]`` first, ``[SEP]`` last.
    """
    width = MAX_LENGTH - 2
    pieces = []
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        for start in range(0, len(encoding.ids), width):
            pieces.append(torch.tensor([CLS, *encoding.ids[start : start + width], SEP]))
    return pieces


# ---------------------------------------------------------------- batches


def cut_batches(lengths, tokens_per_batch):
    """Cut ascending lengths into batches of at most so many positions, padding included.

    Examples
    --------
    >>> cut_batches([3, 3, 4, 9], tokens_per_batch=12)
    [slice(0, 3, None), slice(3, 4, None)]
    """
    batches, start = [], 0
    for end in range(1, len(lengths) + 1):
        if end == len(lengths) or lengths[end] * (end + 1 - start) > tokens_per_batch:
            batches.append(slice(start, end))
            start = end
    return batches


def epoch_batches(lengths, slices, seed):
    """Row numbers of one epoch's batches: equal lengths shuffled, then the batches.

    Parameters
    ----------
    lengths : torch.Tensor
        ``[pieces]``
    slices : list of slice
        From `cut_batches`.
    seed : int

    Returns
    -------
    list of torch.Tensor
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(lengths), generator=generator)
    order = shuffled[torch.argsort(lengths[shuffled], stable=True)]
    return [order[slices[number]] for number in torch.randperm(len(slices), generator=generator)]
