"""Plain text -> vocabulary, subwords and batches to pre-train on."""

import ast
import collections
import contextlib
import csv
import io
import itertools
import pathlib
import random
import re
from typing import NamedTuple

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from helpers.data import DataError, read_text
from helpers.messages import message

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, CLS, SEP, MASK = (SPECIAL_TOKENS.index(token) for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"))
MAX_LENGTH = 128
TEXT_COLUMNS = {"text", "tweet", "sentence", "review", "sent_A", "sent_B", "question", "passage"}
MOST_WORDS = 90  # of a text; more would not fit into MAX_LENGTH subwords

NORMALIZER = normalizers.BertNormalizer(lowercase=True)
PRE_TOKENIZER = pre_tokenizers.BertPreTokenizer()

# Words that deny the one after them, in the shares in which short_texts puts them in; the rest are only recognised.
NEGATORS = 4 * ["tidak"] + 2 * ["kurang"] + ["gak", "ga", "nggak", "tak", "bukan", "belum", "enggak", "tdk", "gk", "jangan"]
ALL_NEGATORS = {*NEGATORS, "nggk", "ngga", "engga", "g", "kagak"}
CLAUSE_END = re.compile(r"(?<=[.,!?;])\s+|\s+(?=(?:tapi|tetapi|namun|sedangkan|karena|dan)\s)")


class Text(NamedTuple):
    """A text to pre-train on.

    Attributes
    ----------
    text : str
        Lower case.
    weight : float
        How often it comes in an epoch, on average.
    whole : bool
        Whether words are hidden in it. Variants made by `short_texts` are not
        always good Indonesian: only the teacher speaks about them.
    """

    text: str
    weight: float = 1.0
    whole: bool = True


class Piece(NamedTuple):
    """A text, or a part of a long one, as subwords.

    Attributes
    ----------
    subword : torch.Tensor
        int64 ``[seq_len]``, ``[CLS]`` first, ``[SEP]`` last.
    word : torch.Tensor
        int64 ``[seq_len - 2]``: number of each subword's word, counted through all texts.
    text : int
        Number of the text.
    """

    subword: torch.Tensor
    word: torch.Tensor
    text: int


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


def cut_text(text, most_words=MOST_WORDS):
    """Cut a long text after the last sentence that fits, or where it must be.

    Examples
    --------
    >>> cut_text("kuah nya gurih . antre nya lama .", most_words=6)
    ['kuah nya gurih .', 'antre nya lama .']
    """
    words, parts = text.split(), []
    while len(words) > most_words:
        ends = [end for end in range(most_words // 3 + 1, most_words + 1) if words[end - 1][-1] in ".!?"]
        end = ends[-1] if ends else most_words
        parts.append(" ".join(words[:end]))
        words = words[end:]
    return [*parts, " ".join(words)] if words else parts


def read_texts(path):
    """All texts of a text file, or of IndoNLU's ``dataset`` folder, as they stand there.

    Parameters
    ----------
    path : str or pathlib.Path
        A UTF-8 file with one text a line; or a folder with a folder for each
        task, of which the files ``train_preprocess*`` and
        ``valid_preprocess*`` are read, of SmSA only the former. Test files
        are never read.

    Returns
    -------
    list of str

    Raises
    ------
    helpers.data.DataError
        Nothing there, or not UTF-8.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        return read_text(path).split("\n")
    splits = {file for name in ("train", "valid") for file in path.glob(f"*/{name}_preprocess*")}
    smsa_valid = set(path.glob("*doc-sentiment*/valid_*"))
    files = sorted(file for file in splits - smsa_valid if file.suffix in {".tsv", ".csv", ".txt"})
    return [text for file in files for text in read_split(file)]


def clean_texts(path):
    """The texts of a source, lower case, cut to `MOST_WORDS` words; what holds no words is left out.

    Yields
    ------
    str
    """
    for line in read_texts(path):
        line = " ".join(NORMALIZER.normalize_str(line).split())
        if has_words(line):
            yield from cut_text(line)


def collect_texts(sources, seed=0):
    """The texts to learn from.

    Parameters
    ----------
    sources : dict of str to float
        Files or folders, see `read_texts`, and the weight of the texts in each.
    seed : int
        Decides the order.

    Returns
    -------
    list of Text
        Without duplicates, shuffled.

    Raises
    ------
    helpers.data.DataError
        A source that cannot be read, or fewer than 100 texts.
    """
    weights = {}
    for path, weight in sources.items():
        for text in clean_texts(path):
            weights.setdefault(text, weight)
    if len(weights) < 100:
        raise DataError(message("pretraining.few_texts", path=", ".join(map(str, sources)), count=len(weights)))
    texts = [Text(*item) for item in weights.items()]
    random.Random(seed).shuffle(texts)
    return texts


# ---------------------------------------------------------------- short variants


def negatable_words(texts, least=4, share=0.01):
    """Words that the texts deny: after a negator at least so often, and in at least this share of their places.

    Examples
    --------
    >>> negatable_words(["kuah tidak enak", "nasi kurang enak", "tidak di meja"] + 99 * ["di meja"], least=2)
    {'enak'}
    """
    words = [text.split() for text in texts]
    total = collections.Counter(itertools.chain.from_iterable(words))
    denied = collections.Counter(second for row in words for first, second in itertools.pairwise(row) if first in ALL_NEGATORS)
    return {word for word, count in denied.items() if word.isalpha() and count >= least and count > share * total[word]}


def flip_negation(words, negatable, draw):
    """Take a negator out, exchange it, or put one before a word that may be denied.

    Parameters
    ----------
    words : list of str
    negatable : set of str
        From `negatable_words`.
    draw : random.Random

    Returns
    -------
    list of str or None
        None if nothing can be denied.

    Examples
    --------
    >>> flip_negation(["kuah", "nya", "gurih"], {"gurih"}, random.Random(0))
    ['kuah', 'nya', 'tdk', 'gurih']
    """
    places = [place for place, word in enumerate(words) if word in ALL_NEGATORS]
    if places and draw.random() < 0.7:
        place = draw.choice(places)
        return words[:place] + ([] if draw.random() < 0.8 else [draw.choice(NEGATORS)]) + words[place + 1 :]
    places = [place for place, word in enumerate(words) if word in negatable and (place == 0 or words[place - 1] not in ALL_NEGATORS)]
    if not places:
        return None
    place = draw.choice(places)
    return [*words[:place], draw.choice(NEGATORS), *words[place:]]


def variants(text, negatable, draw):
    """Clauses and spans of a text, and the text or its clauses denied; each only now and then."""
    words = text.split()
    clauses = [part.split() for part in CLAUSE_END.split(text)]
    clauses = [clause for clause in clauses if 3 <= len(clause) <= 16]
    for clause in draw.sample(clauses, min(len(clauses), 2)):
        if len(clause) < len(words) and draw.random() < 0.45:
            yield clause
        if draw.random() < 0.45:
            yield flip_negation(clause, negatable, draw)
    if len(words) > 8 and draw.random() < 0.25:
        count = draw.randint(3, 12)
        start = draw.randrange(max(1, len(words) - count))
        yield words[start : start + count]
    if len(words) <= 25 and draw.random() < 0.5:
        yield flip_negation(words, negatable, draw)


def short_texts(texts, every_text, weight, seed=7):
    """Short variants of texts, for a teacher to speak about: clauses, spans, and negators put in or taken out.

    Which words may be denied is counted in `every_text`. No label is needed, and none is used.

    Parameters
    ----------
    texts : list of str
        To be varied.
    every_text : list of str
        Variants that are among these are left out.
    weight : float
        See `Text`.
    seed : int

    Returns
    -------
    list of Text
        With ``whole=False``.
    """
    draw = random.Random(seed)
    negatable = negatable_words(every_text)
    seen, found = set(every_text), []
    for text in draw.sample(texts, len(texts)):
        for words in variants(text, negatable, draw):
            variant = " ".join(words or ())
            if 2 <= len(words or ()) <= 40 and variant not in seen and has_words(variant):
                seen.add(variant)
                found.append(Text(variant, weight, whole=False))
    draw.shuffle(found)
    return found


def minimal_pairs(texts, most_words=30):
    """Texts that differ from another one by a negator only.

    Parameters
    ----------
    texts : list of str
    most_words : int
        Of the longer text.

    Returns
    -------
    list of (int, int)
        Numbers of the text without the negator, and of the one with it.

    Examples
    --------
    >>> minimal_pairs(["kuah nya enak", "nasi", "kuah nya tidak enak"])
    [(0, 2)]
    """
    numbers = {text: number for number, text in enumerate(texts)}
    pairs = []
    for text, number in numbers.items():
        words = text.split()
        for place, word in enumerate(words if len(words) <= most_words else ()):
            rest = " ".join(words[:place] + words[place + 1 :])
            if word in ALL_NEGATORS and rest in numbers:
                pairs.append((numbers[rest], number))
    return pairs


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
    trained.normalizer, trained.pre_tokenizer = NORMALIZER, PRE_TOKENIZER
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


def split_words(text):
    """The words of a lower-case text, as the vocabulary sees them, and where they stand.

    Examples
    --------
    >>> split_words("nya enak!")
    [('nya', (0, 3)), ('enak', (4, 8)), ('!', (8, 9))]
    """
    return PRE_TOKENIZER.pre_tokenize_str(text)


def encode_pieces(tokenizer, texts):
    """Subwords of all texts; those above `MAX_LENGTH` come in several pieces.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        From `train_tokenizer`.
    texts : list of str
        Lower case, as `collect_texts` gives them.

    Returns
    -------
    list of Piece
    """
    width = MAX_LENGTH - 2
    pieces, words_before = [], 0
    for number, (text, encoding) in enumerate(zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False))):
        for start in range(0, len(encoding.ids), width):
            subword = torch.tensor([CLS, *encoding.ids[start : start + width], SEP])
            word = torch.tensor(encoding.word_ids[start : start + width])
            pieces.append(Piece(subword, words_before + word, number))
        words_before += len(split_words(text))
    return pieces


# ---------------------------------------------------------------- batches


def epoch_batches(lengths, weights, whole, positions, seed):
    """Row numbers of one epoch's batches.

    All pieces of a batch are equally long, so that nothing is padded and
    nothing has to be masked from attention. A remainder below a third of a
    batch waits for another epoch, if its length has a full batch.

    Parameters
    ----------
    lengths : torch.Tensor
        int64 ``[pieces]``
    weights : torch.Tensor
        ``[pieces]``: how often each piece comes on average. 0.7 means in 70 % of the epochs.
    whole : torch.Tensor
        bool ``[pieces]``: pieces that differ in it come in different batches.
    positions : int
        Most positions of a batch.
    seed : int

    Returns
    -------
    list of torch.Tensor
    """
    generator = torch.Generator().manual_seed(seed)
    times = (weights + torch.rand(len(weights), generator=generator)).floor().long()
    rows = torch.repeat_interleave(torch.arange(len(lengths)), times)
    rows = rows[torch.randperm(len(rows), generator=generator)]
    kind = 2 * lengths[rows] + whole[rows]
    rows = rows[torch.argsort(kind, stable=True)]
    batches = []
    for group in rows.split(torch.unique(kind, return_counts=True)[1].tolist()):
        size = max(1, positions // int(lengths[group[0]]))
        parts = list(group.split(size))
        batches += parts[:-1] if len(parts) > 1 and 3 * len(parts[-1]) < size else parts
    return [batches[number] for number in torch.randperm(len(batches), generator=generator)]


def batch_stream(lengths, weights, whole, positions, seed):
    """`epoch_batches` without end, each epoch in another order; `itertools.islice` finds a place in it again.

    Yields
    ------
    torch.Tensor
        Row numbers.
    """
    for epoch in itertools.count():
        yield from epoch_batches(lengths, weights, whole, positions, seed * 1_000_003 + epoch)
