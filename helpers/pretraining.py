"""The mini IndoBERT: from plain text to a vocabulary, a model and its files.

``python tutorial.py pretrain --text FILE_OR_FOLDER --out FOLDER`` runs `main`.

The model is a small BERT (Devlin et al., 2019) that learns from texts without
labels. It predicts words that are hidden from it (masked-language model,
whole words). Plain masked-language modelling never trains the pooler behind
``[CLS]``, which a classifier starts from; so there is something else to learn:

* with a teacher (`helpers.teacher`): the teacher's vector of the text, from
  the pooler, and the teacher's vectors of every word, from its subwords;
* without: which words the text holds, from the pooler.
"""

import argparse
import hashlib
import itertools
import os
import pathlib
import tempfile
import time
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import tqdm
from transformers import BertConfig, BertForPreTraining, BertTokenizerFast, get_wsd_schedule

from helpers import corpus, teacher
from helpers.corpus import MASK, MAX_LENGTH, PAD, SPECIAL_TOKENS
from helpers.data import DataError
from helpers.device import attention_for_training, autocast_dtype
from helpers.files import write_atomically
from helpers.messages import language_option, message

NOT_HIDDEN = -100  # the label that cross_entropy leaves out

# Shape and vocabulary are those of data/indobert_mini.
RECIPE = {
    "layers": 4,
    "width": 256,
    "heads": 4,
    "vocab_size": 8000,
    "lr": 1.5e-3,  # of AdamW: embeddings, heads, biases
    "matrix_lr": 0.02,  # of Muon: the matrices of the layers
    "seed": 0,
}
STEPS = 5000
POSITIONS_PER_BATCH = 4096
WARMUP_STEPS = 250
DECAY_SHARE = 0.2
MASK_SHARE = 0.18
DROPOUT = 0.1  # BERT's
MATRIX_DECAY = 0.15  # Muon's weight decay; with 0.01 the weights grow until attention sees one word only
CHECKPOINT_EVERY = 250
TEMPERATURE = 0.05  # of the contrast between the texts of a batch
LOSS_WEIGHTS = {"hidden": 6.0, "text": 10.0, "contrast": 1.0, "middle": 4.0, "last": 8.0, "bag": 3.0, "difference": 8.0, "pair": 1.0}
PAIRS_EVERY, PAIRS_AT_ONCE, LONGEST_PAIR = 4, 48, 34  # steps; pairs; subwords


class Batch(NamedTuple):
    """What the model sees, and what it is to say.

    Attributes
    ----------
    subword : torch.Tensor
        int64 ``[batch, seq_len]``, all texts equally long.
    whole : bool
        Whether words are hidden.
    text : torch.Tensor or None
        The teacher's directions, see `helpers.teacher.directions`: ``[batch, teacher's width]``.
    middle, last : torch.Tensor or None
        The same for the word of each subword, in `last` without the word's own mean (`helpers.teacher.centre_by_word`):
        ``[batch * (seq_len - 2), teacher's width]``.
    """

    subword: torch.Tensor
    whole: bool
    text: torch.Tensor | None = None
    middle: torch.Tensor | None = None
    last: torch.Tensor | None = None


class Vocabulary(NamedTuple):
    """What the losses know about each entry: whether it continues a word, and its weight in a bag of words."""

    continues: torch.Tensor
    weights: torch.Tensor


def mask_words(subword, continues, generator, share=MASK_SHARE):
    """Hide whole words: 80 % become ``[MASK]``, 10 % another word, 10 % stay as they are.

    The shares are those of Devlin et al. (2019); that all subwords of a word
    are hidden together is the later "whole word masking" of the same authors.

    Parameters
    ----------
    subword : torch.Tensor
        int64 ``[batch, seq_len]``
    continues : torch.Tensor
        bool ``[vocab_size]``: whether an entry continues a word (``##…``).
    generator : torch.Generator
    share : float
        Probability of a word to be hidden.

    Returns
    -------
    masked, label : torch.Tensor
        int64 ``[batch, seq_len]``. The label is the true subword where one is
        to be predicted, elsewhere `NOT_HIDDEN`.
    """
    special = subword < len(SPECIAL_TOKENS)
    word = (~(continues[subword] | special)).cumsum(dim=1)  # number of the word that a subword belongs to
    hidden = torch.rand(subword.shape, generator=generator).gather(1, word) < share
    hidden &= ~special
    label = subword.masked_fill(~hidden, NOT_HIDDEN)
    fate = torch.rand(subword.shape, generator=generator).gather(1, word)
    other = torch.randint(len(SPECIAL_TOKENS), len(continues), subword.shape, generator=generator)
    masked = torch.where(hidden & (fate < 0.9), other, subword)
    return masked.masked_fill(hidden & (fate < 0.8), MASK), label


def word_weights(pieces, vocab_size):
    """How much each subword counts in a bag of words: frequent ones little.

    ``sqrt(0.0001 / frequency)``, at most 1, as in word2vec's subsampling
    (Mikolov et al., 2013); 0 for special tokens. ``[vocab_size]``
    """
    counts = torch.bincount(torch.cat([piece.subword for piece in pieces]), minlength=vocab_size).double()
    weights = (1e-4 * counts.sum() / counts.clamp(min=1)).sqrt().clamp(max=1)
    weights[: len(SPECIAL_TOKENS)] = 0
    return weights.float()


def bag_of_words(subword, weights):
    """Share of each vocabulary entry in each text, weighted: ``[batch, vocab_size]``, rows sum to 1."""
    bag = torch.zeros(len(subword), len(weights)).scatter_add_(1, subword, weights[subword])
    return bag / bag.sum(dim=1, keepdim=True).clamp(min=1e-6)


def make_model(vocab_size, layers, width, heads, teacher_width=None, **_):
    """A BERT with random weights, and the layers that are thrown away after pre-training.

    Dropout is that of fine-tuning. A model that learnt without it, from the
    teacher's dense targets, gave another vector under dropout (cosine 0.38),
    and could not be fine-tuned with it; ``data/results/tried.json`` has the figures.

    Parameters
    ----------
    vocab_size, layers, width, heads : int
    teacher_width : int, optional
        Width of the teacher's vectors.

    Returns
    -------
    model : transformers.BertForPreTraining
    readers : torch.nn.ModuleDict
        With a teacher: from the model's vectors to the teacher's, ``text``,
        ``middle`` and ``last``. Without: ``bag``, from the pooler to the
        vector whose products with the word embeddings score a bag of words.
    """
    config = BertConfig(
        vocab_size=vocab_size,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=MAX_LENGTH,
        hidden_dropout_prob=DROPOUT,
        attention_probs_dropout_prob=DROPOUT,
        pad_token_id=PAD,
    )
    model = BertForPreTraining(config)
    model.set_attn_implementation(attention_for_training("cuda" if torch.cuda.is_available() else "cpu"))
    if teacher_width is None:
        return model, nn.ModuleDict({"bag": nn.Linear(width, width)})
    return model, nn.ModuleDict({name: nn.Linear(width, teacher_width) for name in teacher.Vectors._fields})


@torch.no_grad()
def start_embeddings(model, pieces, vectors, rows_at_once=200_000):
    """Let the word embeddings begin where the teacher has the words: its mean vector of each subword's words, projected.

    The projection is on the directions in which the means differ most, each
    divided by the square root of its spread. Subwords that the texts do not
    hold stay random.

    Parameters
    ----------
    model : transformers.BertForPreTraining
        Changed in place.
    pieces : list of helpers.corpus.Piece
    vectors : numpy.ndarray
        ``[words, teacher's width]``
    rows_at_once : int
    """
    embeddings = model.bert.embeddings.word_embeddings.weight
    vocab_size, width = embeddings.shape
    subword = torch.cat([piece.subword[1:-1] for piece in pieces])
    word = torch.cat([piece.word for piece in pieces])
    total = torch.zeros(vocab_size, vectors.shape[1])
    for some, rows in zip(subword.split(rows_at_once), word.split(rows_at_once)):
        total.index_add_(0, some, torch.from_numpy(vectors[rows.numpy()].astype(np.float32)))
    counts = torch.bincount(subword, minlength=vocab_size)
    seen = counts > 0
    mean = total[seen] / counts[seen, None]
    mean -= mean.mean(0)
    spread, axes = torch.linalg.eigh(mean.T @ mean / len(mean))  # ascending
    width = min(width, len(spread))
    projected = mean @ axes[:, -width:].flip(1) / spread[-width:].flip(0).clamp(min=1e-9) ** 0.25
    embeddings[seen, :width] = model.config.initializer_range * projected / projected.std()


def compute_losses(model, readers, batch, vocabulary, generator):
    """All losses of one batch.

    Returns
    -------
    dict of str to torch.Tensor
        Scalars. ``hidden`` (hidden subwords), ``bag`` and ``contrast`` are mean
        cross-entropies in nats; ``text``, ``middle`` and ``last`` are 1 minus
        the mean cosine to the teacher. Only what the batch can teach is there.
    """
    device = next(readers.parameters()).device
    subword, label = batch.subword, torch.full_like(batch.subword, NOT_HIDDEN)
    if batch.whole:
        subword, label = mask_words(subword, vocabulary.continues, generator)
    hidden = (label != NOT_HIDDEN).to(device)
    output = model.bert(input_ids=subword.to(device))
    losses = {}
    if hidden.any():  # only these positions go through the last, widest layer: a fifth of the work
        scores = model.cls.predictions(output.last_hidden_state[hidden])
        losses["hidden"] = nn.functional.cross_entropy(scores.float(), label.to(device)[hidden])
    if batch.text is None:
        scores = model.cls.predictions.decoder(readers["bag"](output.pooler_output))
        bag = bag_of_words(batch.subword, vocabulary.weights).to(device)
        return losses | {"bag": nn.functional.cross_entropy(scores.float(), bag)}
    return losses | teacher_losses(readers, output, batch, device)


def teacher_losses(readers, output, batch, device):
    """How far the model's vectors are from the teacher's; see `compute_losses`."""
    losses = {}
    inner = output.last_hidden_state[:, 1:-1].flatten(0, 1)
    for name in ("middle", "last"):
        losses[name] = 1 - nn.functional.cosine_similarity(readers[name](inner).float(), getattr(batch, name).to(device), dim=-1).mean()
    said, wanted = nn.functional.normalize(readers["text"](output.pooler_output).float(), dim=-1), batch.text.to(device)
    losses["text"] = 1 - (said * wanted).sum(-1).mean()
    if len(said) > 8:  # which of the batch's texts is it?
        losses["contrast"] = nn.functional.cross_entropy(said @ wanted.T / TEMPERATURE, torch.arange(len(said), device=device))
    return losses


def pair_losses(model, readers, data, generator):
    """What a negator does to a text, as the teacher sees it.

    Some minimal pairs of about equal length, see `helpers.corpus.minimal_pairs`.

    Returns
    -------
    dict of str to torch.Tensor
        Scalars. ``difference``: 1 minus the mean cosine between the change
        of the model's text vector and that of the teacher's. ``pair``:
        cross-entropy in nats of finding each text's vector among all of them,
        its twin's included.
    """
    device = next(readers.parameters()).device
    start = int(torch.randint(max(1, len(data.pairs) - PAIRS_AT_ONCE), (1,), generator=generator))
    pieces = [piece for side in zip(*data.pairs[start : start + PAIRS_AT_ONCE]) for piece in side]  # all without, then all with
    subword = pad_sequence([piece.subword for piece in pieces], batch_first=True, padding_value=PAD).to(device)
    output = model.bert(input_ids=subword, attention_mask=(subword != PAD).long())
    said = readers["text"](output.pooler_output).float()
    wanted = torch.from_numpy(data.vectors.text[[piece.text for piece in pieces]]).sub(data.means[0]).to(device)
    half = len(pieces) // 2
    change, true_change = (vectors[half:] - vectors[:half] for vectors in (said, wanted))
    said, wanted = (nn.functional.normalize(vectors, dim=-1) for vectors in (said, wanted))
    return {
        "difference": 1 - nn.functional.cosine_similarity(change, true_change, dim=-1).mean(),
        "pair": nn.functional.cross_entropy(said @ wanted.T / TEMPERATURE, torch.arange(len(said), device=device)),
    }


@torch.no_grad()
def held_out_losses(model, readers, batches, vocabulary):
    """Mean losses of texts that are not trained on, the same hidden words each time.

    Parameters
    ----------
    batches : list of Batch

    Returns
    -------
    dict of str to float
        Without the contrast, which depends on the size of the batch.
    """
    generator = torch.Generator().manual_seed(0)
    total, texts = {}, {}
    for batch in batches:
        for name, loss in compute_losses(model, readers, batch, vocabulary, generator).items():
            total[name] = total.get(name, 0) + loss.item() * len(batch.subword)
            texts[name] = texts.get(name, 0) + len(batch.subword)
    return {name: round(total[name] / texts[name], 3) for name in total if name != "contrast"}


def export_model(model, tokenizer, folder):
    """Write config, tokenizer and weights for the ``Auto`` classes of Transformers.

    The weights are stored in half precision; ``"dtype": "float32"`` in the
    config makes Transformers load them as float32. The pooler is kept, for
    classifiers, and the head that predicts words.

    Parameters
    ----------
    model : transformers.BertForPreTraining
    tokenizer : tokenizers.Tokenizer
    folder : str or pathlib.Path
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"model_max_length": MAX_LENGTH, "do_lower_case": True}
    BertTokenizerFast(tokenizer_object=tokenizer, **options).save_pretrained(folder)
    config = BertConfig.from_dict(model.config.to_dict())
    config.architectures, config.dtype = ["BertForMaskedLM"], "float32"
    config.save_pretrained(folder)
    # The decoder's weights are the word embeddings, and stored once.
    unused = ("cls.seq_relationship", "cls.predictions.decoder")
    weights = {name: tensor.half().cpu().contiguous() for name, tensor in model.state_dict().items() if not name.startswith(unused)}
    temporary = folder / "model.safetensors.part"
    save_file(weights, temporary, metadata={"format": "pt"})
    temporary.chmod(0o644)
    os.replace(temporary, folder / "model.safetensors")


# ---------------------------------------------------------------- training


def save_checkpoint(state, path):
    """Write a checkpoint whole or not at all."""
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, path)


def find_checkpoint(folder, settings, steps):
    """The furthest checkpoint that leads to a run of `steps` steps, or None.

    The rate stays the same up to the last fifth, so that a finished run can
    be made longer from where its rate began to fall.

    Raises
    ------
    helpers.data.DataError
        The checkpoints belong to other texts or another recipe.
    """
    for name in ("checkpoint.pt", "before_decay.pt"):
        if not (folder / name).is_file():
            continue
        state = torch.load(folder / name, weights_only=True)
        if state["settings"] != settings:
            raise DataError(message("pretraining.other_settings", path=folder))
        same_start = warmup_steps(state["steps"]) == warmup_steps(steps)
        if state["steps"] == steps or same_start and state["step"] <= min(decay_start(state["steps"]), decay_start(steps)):
            return state
    return None


def warmup_steps(steps):
    """The number of steps in which the rate rises."""
    return min(WARMUP_STEPS, steps // 10)


def decay_start(steps):
    """The step after which the rate falls."""
    return steps - int(steps * DECAY_SHARE)


def make_optimizers(model, readers, lr, matrix_lr, **_):
    """Muon for the matrices of the layers, AdamW for all else.

    Muon makes the directions of a matrix's step equally long (Jordan et al.,
    2024), and here comes as far in three quarters of the steps.
    """
    named = [(name, weight) for name, weight in model.named_parameters() if not name.startswith("cls.seq_relationship")]
    matrices = [weight for name, weight in named if name.startswith("bert.encoder") and weight.ndim == 2]
    others = [weight for name, weight in named if not (name.startswith("bert.encoder") and weight.ndim == 2)] + [*readers.parameters()]
    groups = [
        {"params": [weight for weight in others if weight.ndim > 1], "weight_decay": 0.01},
        {"params": [weight for weight in others if weight.ndim == 1], "weight_decay": 0.0},
    ]
    return [
        torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), eps=1e-6, fused=True),
        torch.optim.Muon(matrices, lr=matrix_lr, weight_decay=MATRIX_DECAY, momentum=0.95),
    ]


class Data(NamedTuple):
    """What is trained on, ready to be cut into batches; see `prepare`."""

    tokenizer: object
    pieces: list
    held_out: list
    weights: torch.Tensor
    whole: torch.Tensor
    vectors: teacher.Vectors | None
    means: list
    kind: torch.Tensor | None
    pairs: list


def prepare(texts, vocab_size, vectors):
    """Learn the vocabulary, cut the texts into pieces, and hold one in ten whole texts, at most 400, out.

    Parameters
    ----------
    texts : list of helpers.corpus.Text
    vocab_size : int
    vectors : helpers.teacher.Vectors or None

    Returns
    -------
    Data
    """
    whole = [text.text for text in texts if text.whole]
    tokenizer = corpus.train_tokenizer(whole, vocab_size)
    pieces = corpus.encode_pieces(tokenizer, [text.text for text in texts])
    held_out = {number for number, text in enumerate(texts) if text.whole}
    held_out = set(sorted(held_out)[-min(400, len(whole) // 10) :])
    kept = [piece for piece in pieces if piece.text not in held_out]
    means, kind, pairs = [], None, []
    if vectors is not None:
        kind, mean = teacher.centre_by_word([text.text for text in texts], vectors.last)
        means = [teacher.centre(vectors.text), teacher.centre(vectors.middle), mean]
        short = {piece.text: piece for piece in kept if len(piece.subword) <= LONGEST_PAIR}
        pairs = [
            (short[one], short[other]) for one, other in corpus.minimal_pairs([text.text for text in texts]) if {one, other} <= short.keys()
        ]
        pairs.sort(key=lambda pair: len(pair[1].subword))
    return Data(
        tokenizer,
        kept,
        [piece for piece in pieces if piece.text in held_out],
        torch.tensor([texts[piece.text].weight for piece in kept]),
        torch.tensor([texts[piece.text].whole for piece in kept]),
        vectors,
        means,
        kind,
        pairs,
    )


def make_batch(data, pieces, whole):
    """Equally long pieces as a `Batch`, with the teacher's vectors if there are any."""
    subword = torch.stack([piece.subword for piece in pieces])
    if data.vectors is None:
        return Batch(subword, whole)
    text = np.array([piece.text for piece in pieces])
    word = torch.cat([piece.word for piece in pieces])
    return Batch(
        subword,
        whole,
        teacher.directions(data.vectors.text[text], data.means[0]),
        teacher.directions(data.vectors.middle[word.numpy()], data.means[1]),
        teacher.directions(data.vectors.last[word.numpy()], data.means[2][data.kind[word]].float()),
    )


def held_out_batches(data, most=50):
    """The held-out pieces, equally long ones together."""
    pieces = sorted(data.held_out, key=lambda piece: len(piece.subword))
    for _, group in itertools.groupby(pieces, key=lambda piece: len(piece.subword)):
        group = list(group)
        for start in range(0, len(group), most):
            yield make_batch(data, group[start : start + most], whole=True)


def pretrain(texts, out, steps, checkpoints=None, teacher_folder=None, **recipe):
    """Pre-train from scratch, or go on from a checkpoint.

    The rate rises, stays, and falls to 0 in the last fifth. The same texts,
    recipe and steps give the same weights on the same machine, whether the
    run was interrupted or not: order, hidden words, their replacements and
    dropout come from the seed and the number of the step.

    Parameters
    ----------
    texts : list of helpers.corpus.Text
        See `helpers.corpus.collect_texts`.
    out : str or pathlib.Path
        Folder for the finished model.
    steps : int
    checkpoints : str or pathlib.Path, optional
        Folder for checkpoints and the teacher's vectors; `out` with ``_checkpoints`` after it by default.
    teacher_folder : str or pathlib.Path, optional
        See `helpers.teacher.ask_teacher`.
    **recipe
        Changes to `RECIPE`.

    Returns
    -------
    dict
        ``steps``, ``epochs``, ``loss`` (nats a hidden subword, a running mean),
        ``held_out`` (see `held_out_losses`) and ``seconds`` (of this call).
    """
    recipe = RECIPE | recipe
    started = time.monotonic()
    checkpoints = pathlib.Path(checkpoints or f"{out}_checkpoints")
    checkpoints.mkdir(parents=True, exist_ok=True)
    everything = "\n".join(f"{text.text}\t{text.weight}\t{text.whole}" for text in texts)
    settings = recipe | {"texts": hashlib.sha256(everything.encode()).hexdigest(), "teacher": str(teacher_folder)}
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    find_checkpoint(checkpoints, settings, steps)  # refuses, if it must, before the long work
    vectors = (
        None if teacher_folder is None else teacher.ask_teacher([text.text for text in texts], teacher_folder, checkpoints / "teacher")
    )
    data = prepare(texts, recipe["vocab_size"], vectors)
    words = [data.tokenizer.id_to_token(index) for index in range(data.tokenizer.get_vocab_size())]
    vocabulary = Vocabulary(torch.tensor([word.startswith("##") for word in words]), word_weights(data.pieces, len(words)))
    torch.manual_seed(recipe["seed"])
    shape = recipe | {"vocab_size": len(words), "teacher_width": None if vectors is None else vectors.text.shape[1]}
    model, readers = make_model(**shape)
    if vectors is not None:
        start_embeddings(model, data.pieces, vectors.middle)
    parts = {"model": model.to(device).train(), "readers": readers.to(device)}
    run = train_steps(parts, data, vocabulary, steps, recipe, checkpoints, settings)
    export_model(model, data.tokenizer, out)
    held_out = held_out_losses(model.eval(), readers, held_out_batches(data), vocabulary)
    return {"steps": steps, **run, "held_out": held_out, "seconds": round(time.monotonic() - started, 3)}


def train_steps(parts, data, vocabulary, steps, recipe, checkpoints, settings):
    """The steps that no checkpoint holds yet.

    Returns
    -------
    dict
        ``epochs`` and ``loss``, see `pretrain`.
    """
    model, readers = parts["model"], parts["readers"]
    device = next(model.parameters()).device
    optimizers = make_optimizers(model, readers, **recipe)
    phases = {"num_warmup_steps": warmup_steps(steps), "num_decay_steps": steps - decay_start(steps), "num_training_steps": steps}
    schedulers = [get_wsd_schedule(optimizer, **phases, decay_type="linear") for optimizer in optimizers]
    parts = (
        parts
        | {f"optimizer {n}": part for n, part in enumerate(optimizers)}
        | {f"scheduler {n}": part for n, part in enumerate(schedulers)}
    )
    state = find_checkpoint(checkpoints, settings, steps) or {"step": 0, "loss": 0.0}
    for name in parts if state["step"] else ():
        parts[name].load_state_dict(state[name])
    weights = [weight for optimizer in optimizers for group in optimizer.param_groups for weight in group["params"]]
    lengths = torch.tensor([len(piece.subword) for piece in data.pieces])
    plan = {"weights": data.weights, "whole": data.whole, "positions": POSITIONS_PER_BATCH}
    stream = itertools.islice(corpus.batch_stream(lengths, **plan, seed=recipe["seed"]), state["step"], steps)
    autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast_dtype(device) is torch.bfloat16)
    loss = state["loss"]
    bar = tqdm(total=steps, initial=state["step"], unit="step", mininterval=1)
    for done, rows in enumerate(stream, start=state["step"] + 1):
        batch = make_batch(data, [data.pieces[row] for row in rows], bool(data.whole[rows[0]]))
        step_seed = recipe["seed"] * 1_000_003 + done - 1
        generator = torch.Generator().manual_seed(step_seed)
        torch.manual_seed(step_seed)  # for dropout
        with autocast:
            losses = compute_losses(model, readers, batch, vocabulary, generator)
            if data.pairs and done % PAIRS_EVERY == 0:
                losses |= pair_losses(model, readers, data, generator)
        sum(LOSS_WEIGHTS[name] * losses[name] for name in losses).backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        for stepper in (*optimizers, *schedulers):
            stepper.step()
        for optimizer in optimizers:
            optimizer.zero_grad()
        keep = min(0.99, (done - 1) / done)  # a running mean: over all steps at first, later over about 100
        loss = keep * loss + (1 - keep) * losses["hidden"].item() if "hidden" in losses else loss
        bar.update()
        bar.set_postfix(loss=f"{loss:.3f}", lr=f"{schedulers[0].get_last_lr()[0]:.1e}", refresh=False)
        if done % CHECKPOINT_EVERY == 0 or done in (steps, decay_start(steps)):
            state = {name: part.state_dict() for name, part in parts.items()}
            state |= {"step": done, "steps": steps, "loss": loss, "settings": settings}
            save_checkpoint(state, checkpoints / "checkpoint.pt")
            if done == decay_start(steps):
                save_checkpoint(state, checkpoints / "before_decay.pt")
    bar.close()
    batches_an_epoch = len(corpus.epoch_batches(lengths, **plan, seed=recipe["seed"] * 1_000_003))
    return {"epochs": round(steps / batches_an_epoch, 1), "loss": round(loss, 3)}


def steps_in(minutes, texts, **recipe):
    """How many steps this machine manages in so many minutes, from twelve of them."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [pretrain(texts, folder, steps, folder, **recipe)["seconds"] for steps in (2, 12)]
    ten_steps = max(seconds[1] - seconds[0], 0.001)  # noise may make the longer run the quicker one
    return max(12, int((60 * minutes - seconds[0]) / ten_steps * 10))


def weighted_path(argument):
    """``FILE`` or ``FILE=WEIGHT`` as path and weight.

    Examples
    --------
    >>> weighted_path("news.txt=0.8"), weighted_path("reviews.txt")
    (('news.txt', 0.8), ('reviews.txt', 1.0))
    """
    path, equals, weight = argument.rpartition("=")
    if not equals or pathlib.Path(argument).exists():
        return argument, 1.0
    try:
        return path, float(weight)
    except ValueError as error:
        raise argparse.ArgumentTypeError(message("pretraining.bad_weight", argument=argument)) from error


def read_sources(options):
    """The texts that the command line names, and the short variants of those that it says to vary.

    Raises
    ------
    helpers.data.DataError
        Variants without a teacher: nothing could be learnt from them.
    """
    if options["vary"] and options["teacher"] is None:
        raise DataError(message("pretraining.vary_without_teacher"))
    texts = corpus.collect_texts(dict(options["text"]), options["seed"])
    every_text = [text.text for text in texts]
    for path, weight in options["vary"]:
        own = set(corpus.clean_texts(path))
        texts += corpus.short_texts([text for text in every_text if text in own], every_text, weight)
    return texts


def main(argv=None):
    """``tutorial.py pretrain``: texts in, a model folder out.

    The texts of a folder are also written, one a line, to ``texts.txt``
    beside the checkpoints.

    Parameters
    ----------
    argv : list of str, optional
        Command-line arguments; those of the process by default.
    """
    language = language_option(argv)
    parser = argparse.ArgumentParser(prog="tutorial.py pretrain", description=message("pretraining.description"), parents=[language])
    weighted = {"action": "append", "type": weighted_path, "metavar": "PATH[=WEIGHT]"}
    parser.add_argument("--text", required=True, help=message("pretraining.help_text"), **weighted)
    parser.add_argument("--vary", default=[], help=message("pretraining.help_vary"), **weighted)
    parser.add_argument("--teacher", help=message("pretraining.help_teacher"))
    parser.add_argument("--out", required=True, help=message("pretraining.help_out"))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=STEPS, help=message("pretraining.help_steps", steps=STEPS))
    length.add_argument("--minutes", type=float, help=message("pretraining.help_minutes"))
    for name, value in RECIPE.items():
        explanation = message("pretraining.help_default", value=value)
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value, help=explanation)
    options = vars(parser.parse_args(argv))
    recipe = {name: options[name] for name in RECIPE}
    texts = read_sources(options)
    words = sum(len(text.text.split()) for text in texts)
    if any(pathlib.Path(path).is_dir() for path, _ in options["text"]):  # kept, to look at and to train on again
        kept = "\n".join(text.text for text in texts if text.whole)
        write_atomically(pathlib.Path(f"{options['out']}_checkpoints", "texts.txt"), kept.encode("utf-8"))
    print(message("pretraining.texts", count=f"{len(texts):,}", words=f"{words:,}"))
    recipe["teacher_folder"] = options["teacher"]
    steps = options["steps"] if options["minutes"] is None else steps_in(options["minutes"], texts, **recipe)
    record = pretrain(texts, options["out"], steps, **recipe)
    held_out = ", ".join(f"{name} {loss}" for name, loss in record["held_out"].items())
    print(message("pretraining.done", path=options["out"], **record | {"held_out": held_out}))


if __name__ == "__main__":
    main()
