"""The mini IndoBERT: from plain text to a vocabulary, a model and its files.

``python tutorial.py pretrain --text FILE_OR_FOLDER --out FOLDER`` runs `main`.

The model is a small BERT (Devlin et al., 2019) that learns two things at
once from texts without labels:

* words that are hidden from it (masked-language model, whole words);
* from the vector of ``[CLS]`` alone, which words the text holds. Plain
  masked-language modelling never trains the pooler behind ``[CLS]``, which a
  classifier starts from.
"""

import argparse
import hashlib
import os
import pathlib
import tempfile
import time

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import tqdm
from transformers import BertConfig, BertForPreTraining, BertTokenizerFast, get_wsd_schedule

from helpers.corpus import (
    MASK,
    MAX_LENGTH,
    PAD,
    SPECIAL_TOKENS,
    collect_texts,
    cut_batches,
    encode_pieces,
    epoch_batches,
    train_tokenizer,
)
from helpers.data import DataError
from helpers.device import autocast_dtype
from helpers.files import write_atomically
from helpers.messages import language_option, message

NOT_HIDDEN = -100  # the label that cross_entropy leaves out

# What data/indobert_mini was made with; its README.md gives the command.
RECIPE = {
    "layers": 3,
    "width": 192,
    "heads": 3,
    "vocab_size": 8000,
    "lr": 1.5e-3,
    "seed": 0,
}
STEPS = 5000
TOKENS_PER_BATCH = 4096
WARMUP_STEPS = 500
DECAY_SHARE = 0.25
MASK_SHARE = 0.2
BAG_WEIGHT = 0.5
CHECKPOINT_EVERY = 500


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
    counts = torch.bincount(torch.cat(pieces), minlength=vocab_size).double()
    weights = (1e-4 * counts.sum() / counts.clamp(min=1)).sqrt().clamp(max=1)
    weights[: len(SPECIAL_TOKENS)] = 0
    return weights.float()


def bag_of_words(subword, weights):
    """Share of each vocabulary entry in each text, weighted: ``[batch, vocab_size]``, rows sum to 1."""
    bag = torch.zeros(len(subword), len(weights)).scatter_add_(1, subword, weights[subword])
    return bag / bag.sum(dim=1, keepdim=True).clamp(min=1e-6)


def make_model(vocab_size, layers, width, heads, **_):
    """A BERT with random weights and without dropout, and the layer that reads the bag of words from its pooler.

    Dropout is left out while pre-training: what is hidden changes in every
    epoch, which is enough noise for a model this small.
    """
    config = BertConfig(
        vocab_size=vocab_size,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=MAX_LENGTH,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=PAD,
    )
    return BertForPreTraining(config), nn.Linear(width, width)


def compute_losses(model, bag_layer, subword, continues, weights, generator):
    """Both losses of one batch.

    Returns
    -------
    word_loss, bag_loss : torch.Tensor
        Scalars, mean cross-entropy in nats: of the hidden subwords, and of
        the bags of words.
    """
    device = bag_layer.weight.device
    masked, label = mask_words(subword, continues, generator)
    hidden = (label != NOT_HIDDEN).to(device)
    output = model.bert(input_ids=masked.to(device), attention_mask=(subword != PAD).long().to(device))
    # Only the hidden positions go through the last, widest layer: a fifth of the work.
    word_scores = model.cls.predictions(output.last_hidden_state[hidden])
    word_loss = nn.functional.cross_entropy(word_scores.float(), label.to(device)[hidden])
    bag_scores = model.cls.predictions.decoder(bag_layer(output.pooler_output))
    bag_loss = nn.functional.cross_entropy(bag_scores.float(), bag_of_words(subword, weights).to(device))
    return word_loss, bag_loss


@torch.no_grad()
def held_out_loss(model, bag_layer, pieces, continues, weights):
    """Mean loss of the hidden words in texts that are not trained on, the same words each time."""
    generator = torch.Generator().manual_seed(0)
    losses = []
    for rows in sorted_rows(pieces).split(50):
        subword = pad_sequence([pieces[row] for row in rows], batch_first=True)
        losses.append(compute_losses(model, bag_layer, subword, continues, weights, generator)[0].item())
    return sum(losses) / len(losses)


def sorted_rows(pieces):
    """Row numbers from the shortest to the longest piece."""
    return torch.tensor([len(piece) for piece in pieces]).argsort(stable=True)


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
    config.update({"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})  # BERT's, for fine-tuning
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

    The rate stays the same up to the last quarter, so that a finished run can
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


def pretrain(texts, out, steps, checkpoints=None, **recipe):
    """Pre-train from scratch, or go on from a checkpoint.

    AdamW; the rate rises, stays, and falls to 0 in the last quarter. The same
    texts, recipe and steps give the same weights on the same machine, whether
    the run was interrupted or not: order, hidden words and their replacements
    come from the seed and the number of the step.

    Parameters
    ----------
    texts : list of str
        See `collect_texts`. One in ten, at most 400, is held out.
    out : str or pathlib.Path
        Folder for the finished model.
    steps : int
    checkpoints : str or pathlib.Path, optional
        Folder for checkpoints; `out` with ``_checkpoints`` after it by default.
    **recipe
        Changes to `RECIPE`.

    Returns
    -------
    dict
        ``steps``, ``epochs``, ``loss``, ``held_out_loss`` (nats a hidden subword) and
        ``seconds`` (of this call).
    """
    recipe = RECIPE | recipe
    seed = recipe["seed"]
    started = time.monotonic()
    checkpoints = pathlib.Path(checkpoints or f"{out}_checkpoints")
    checkpoints.mkdir(parents=True, exist_ok=True)
    settings = recipe | {"texts": hashlib.sha256("\n".join(texts).encode()).hexdigest()}
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    torch.manual_seed(seed)
    tokenizer = train_tokenizer(texts, recipe["vocab_size"])
    vocab_size = tokenizer.get_vocab_size()
    held_out = min(400, len(texts) // 10)
    pieces = encode_pieces(tokenizer, texts[:-held_out])
    held_out = encode_pieces(tokenizer, texts[-held_out:])
    weights = word_weights(pieces, vocab_size)
    continues = torch.tensor([tokenizer.id_to_token(index).startswith("##") for index in range(vocab_size)])
    lengths = torch.tensor([len(piece) for piece in pieces])
    slices = cut_batches(lengths.sort().values.tolist(), TOKENS_PER_BATCH)

    model, bag_layer = make_model(**recipe | {"vocab_size": vocab_size})
    model.to(device).train()
    bag_layer.to(device)
    parameters = [*model.bert.parameters(), *model.cls.predictions.parameters(), *bag_layer.parameters()]
    parameters = list(dict.fromkeys(parameters))  # the decoder shares the word embeddings
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": 0.01},
        {"params": [parameter for parameter in parameters if parameter.ndim == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe["lr"], betas=(0.9, 0.98), eps=1e-6, fused=True)
    phases = {"num_warmup_steps": warmup_steps(steps), "num_decay_steps": steps - decay_start(steps), "num_training_steps": steps}
    scheduler = get_wsd_schedule(optimizer, **phases, decay_type="linear")
    parts = {"model": model, "bag_layer": bag_layer, "optimizer": optimizer, "scheduler": scheduler}
    state = find_checkpoint(checkpoints, settings, steps) or {"step": 0, "loss": 0.0}
    for name in parts if state["step"] else ():
        parts[name].load_state_dict(state[name])

    loss = state["loss"]
    bar = tqdm(total=steps, initial=state["step"], unit="step", mininterval=1)
    autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast_dtype(device) is torch.bfloat16)
    epoch = None
    for step in range(state["step"], steps):
        if step // len(slices) != epoch:
            epoch = step // len(slices)
            batches = epoch_batches(lengths, slices, seed * 1_000_003 + epoch)
        rows = batches[step % len(slices)]
        subword = pad_sequence([pieces[row] for row in rows], batch_first=True)
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        with autocast:
            word_loss, bag_loss = compute_losses(model, bag_layer, subword, continues, weights, generator)
        (word_loss + BAG_WEIGHT * bag_loss).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()

        done = step + 1
        keep = min(0.99, step / done)  # a running mean: over all steps at first, later over about 100
        loss = keep * loss + (1 - keep) * word_loss.item()
        bar.update()
        bar.set_postfix(loss=f"{loss:.3f}", lr=f"{scheduler.get_last_lr()[0]:.1e}", refresh=False)
        if done % CHECKPOINT_EVERY == 0 or done in (steps, decay_start(steps)):
            state = {name: part.state_dict() for name, part in parts.items()}
            state |= {"step": done, "steps": steps, "loss": loss, "settings": settings}
            save_checkpoint(state, checkpoints / "checkpoint.pt")
            if done == decay_start(steps):
                save_checkpoint(state, checkpoints / "before_decay.pt")
    bar.close()
    export_model(model, tokenizer, out)
    return {
        "steps": steps,
        "epochs": round(steps / len(slices), 1),
        "loss": round(loss, 3),
        "held_out_loss": round(held_out_loss(model.eval(), bag_layer, held_out, continues, weights), 3),
        "seconds": round(time.monotonic() - started, 3),
    }


def steps_in(minutes, texts, **recipe):
    """How many steps this machine manages in so many minutes, from twelve of them."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [pretrain(texts, folder, steps, folder, **recipe)["seconds"] for steps in (2, 12)]
    ten_steps = max(seconds[1] - seconds[0], 0.001)  # noise may make the longer run the quicker one
    return max(12, int((60 * minutes - seconds[0]) / ten_steps * 10))


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
    parser.add_argument("--text", required=True, help=message("pretraining.help_text"))
    parser.add_argument("--out", required=True, help=message("pretraining.help_out"))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=STEPS, help=message("pretraining.help_steps", steps=STEPS))
    length.add_argument("--minutes", type=float, help=message("pretraining.help_minutes"))
    for name, value in RECIPE.items():
        explanation = message("pretraining.help_default", value=value)
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value, help=explanation)
    options = vars(parser.parse_args(argv))
    recipe = {name: options[name] for name in RECIPE}
    texts = collect_texts(options["text"], recipe["seed"])
    words = sum(len(text.split()) for text in texts)
    if pathlib.Path(options["text"]).is_dir():  # kept, to look at and to train on again
        write_atomically(pathlib.Path(f"{options['out']}_checkpoints", "texts.txt"), "\n".join(texts).encode("utf-8"))
    print(message("pretraining.texts", count=f"{len(texts):,}", words=f"{words:,}"))
    steps = options["steps"] if options["minutes"] is None else steps_in(options["minutes"], texts, **recipe)
    record = pretrain(texts, options["out"], steps, **recipe)
    print(message("pretraining.done", path=options["out"], **record))


if __name__ == "__main__":
    main()
