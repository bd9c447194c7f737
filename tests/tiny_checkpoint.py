"""A BERT of random weights, so small that tests with it take milliseconds, in two layouts."""

import functools
import json
import pathlib
import shutil

import torch
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertForPreTraining

BUNDLED = pathlib.Path(__file__).parent.parent / "data" / "indobert_mini"
SPARE_ROWS = 300  # as on the hub: more embedding rows than vocabulary entries


@functools.cache
def bundled_tokenizer():
    """The tokenizer of the bundled model."""
    return AutoTokenizer.from_pretrained(BUNDLED)


def tiny_config(vocab_size):
    return BertConfig(
        vocab_size=vocab_size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128, initializer_range=0.2,
    )  # fmt: skip


def write_tiny_checkpoint(folder):
    """A checkpoint laid out like the bundled one: safetensors and the bundled tokenizer's files."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    BertForMaskedLM(tiny_config(len(bundled_tokenizer()))).save_pretrained(folder)
    for path in BUNDLED.glob("*token*.json"):
        shutil.copy(path, folder)
    return folder


def write_hub_like_checkpoint(folder):
    """A checkpoint laid out like indobert-base-p1 on the hub: weights as .bin only, vocab.txt, an empty tokenizer_config.json."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = bundled_tokenizer().get_vocab()
    torch.manual_seed(0)
    model = BertForPreTraining(tiny_config(len(vocabulary) + SPARE_ROWS))
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    model.config.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n", encoding="utf-8")
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")}
    (folder / "special_tokens_map.json").write_text(json.dumps(special), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    return folder
