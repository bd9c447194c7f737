"""Tokenizer and model come from a checkpoint whole, or are refused."""

import json
import shutil

import pytest
import torch
from refusals import refusals
from tiny_checkpoint import BUNDLED, SPARE_ROWS, bundled_tokenizer, write_hub_like_checkpoint, write_tiny_checkpoint
from transformers import AutoConfig

from helpers.batching import Batch, pad_batch
from helpers.data import INDEX2LABEL, LABEL2INDEX, encode_texts
from helpers.model import (
    CheckpointError,
    count_parameters,
    forward_sequence_classification,
    load_model,
    load_tokenizer,
    predict_masked_word,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def hub_like(tmp_path_factory):
    return write_hub_like_checkpoint(tmp_path_factory.mktemp("hub"))


BROKEN_TOKENIZERS = {
    "no vocabulary": {},
    "an empty vocabulary": {"vocab.txt": b""},
    "a vocabulary without [UNK]": {"vocab.txt": b"\n".join(b"kata%d" % number for number in range(3000))},
    "a vocabulary without words": {"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + b"\n".join(b"%d" % n for n in range(3000))},
    "a cut vocabulary": {"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsaya\nsuka\n"},
    "a vocabulary in Latin-1": {"vocab.txt": b"[UNK]\ncaf\xe9\n"},
    "an empty tokenizer.json": {"tokenizer.json": b""},
    "half a tokenizer.json": {"tokenizer.json": b'{"version": "1.0", "model": {'},
}


@pytest.mark.parametrize("name", BROKEN_TOKENIZERS)
def test_a_tokenizer_that_does_not_know_words_is_refused_with_its_folder_and_what_belongs_there(tmp_path, name):
    shutil.copy(BUNDLED / "config.json", tmp_path)
    for file, content in BROKEN_TOKENIZERS[name].items():
        (tmp_path / file).write_bytes(content)
    for text in refusals(CheckpointError, load_tokenizer, tmp_path).values():
        assert str(tmp_path) in text
        assert "vocab.txt" in text


def test_a_folder_that_is_no_checkpoint_is_refused_with_its_name(tmp_path):
    for text in refusals(CheckpointError, load_tokenizer, tmp_path).values():
        assert str(tmp_path) in text
        assert "INDOBERT_CHECKPOINT" in text


def test_both_layouts_give_the_same_subwords(tiny, hub_like):
    sentence = "Makanannya enak sekali , tapi antre nya lama !"
    assert load_tokenizer(hub_like).encode(sentence) == load_tokenizer(tiny).encode(sentence) == bundled_tokenizer().encode(sentence)


def test_a_checkpoint_of_the_hub_keeps_its_spare_embedding_rows(hub_like):
    model = load_model(hub_like)
    assert model.get_input_embeddings().num_embeddings == len(load_tokenizer(hub_like)) + SPARE_ROWS
    assert torch.equal(
        model.bert.embeddings.word_embeddings.weight,
        torch.load(hub_like / "pytorch_model.bin", weights_only=True)["bert.embeddings.word_embeddings.weight"],
    )


@pytest.mark.parametrize("random_weights", [False, True])
@pytest.mark.parametrize(
    "label2index", [LABEL2INDEX, {"buruk": 0, "baik": 1}, {str(number): number for number in range(20)}], ids=["3", "2", "20 numbers"]
)
def test_the_label_map_decides_the_head_and_stands_in_the_config(tiny, tmp_path, label2index, random_weights):
    model = load_model(tiny, label2index, random_weights=random_weights)
    assert model.classifier.out_features == len(label2index)
    model.config.save_pretrained(tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    assert config.label2id == label2index
    assert config.id2label == {index: label for label, index in label2index.items()}
    assert config.num_labels == len(label2index)


def test_the_label_map_of_the_project_stands_in_the_config_by_default(tiny):
    config = load_model(tiny).config
    assert (config.label2id, config.id2label) == (LABEL2INDEX, INDEX2LABEL)


def test_the_seed_decides_the_new_head_and_leaves_the_random_generator_alone(tiny):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, again, other = load_model(tiny), load_model(tiny), load_model(tiny, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert torch.equal(first.bert.embeddings.word_embeddings.weight, other.bert.embeddings.word_embeddings.weight)


def test_random_weights_keep_the_shape_and_nothing_of_the_checkpoint(tiny):
    loaded, random = load_model(tiny), load_model(tiny, random_weights=True)
    assert [weight.shape for weight in random.parameters()] == [weight.shape for weight in loaded.parameters()]
    assert not torch.equal(random.bert.embeddings.word_embeddings.weight, loaded.bert.embeddings.word_embeddings.weight)
    assert not random.training


def test_a_checkpoint_in_half_precision_is_loaded_in_float32(tiny, tmp_path):
    model = load_model(tiny).half()
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float16"
    assert {weight.dtype for weight in load_model(tmp_path).parameters()} == {torch.float32}


def test_a_text_gets_the_same_logits_alone_and_in_a_padded_batch_but_not_without_the_mask(tiny):
    tokenizer, model = load_tokenizer(tiny), load_model(tiny)
    rows = encode_texts(["enak", "pelayanannya ramah dan makanannya enak sekali , pasti kembali lagi"], tokenizer)
    subword, mask = pad_batch(rows, tokenizer.pad_token_id)
    with torch.inference_mode():
        alone = model(input_ids=rows[0][None]).logits[0]
        torch.testing.assert_close(model(input_ids=subword, attention_mask=mask).logits[0], alone)
        without_mask = model(input_ids=subword, attention_mask=torch.ones_like(mask)).logits[0]
    assert (without_mask - alone).abs().max() > 1e-4


def test_forward_gives_the_mean_cross_entropy_and_the_likeliest_class(tiny):
    tokenizer, model = load_tokenizer(tiny), load_model(tiny)
    subword, mask = pad_batch(encode_texts(["enak", "buruk sekali", "biasa"], tokenizer), tokenizer.pad_token_id)
    label = torch.tensor([0, 2, 1])
    loss, hypothesis, same = forward_sequence_classification(model, Batch(subword, mask, label))
    probability = model(input_ids=subword, attention_mask=mask).logits.softmax(-1)
    torch.testing.assert_close(loss, -probability[range(3), label].log().mean())
    assert torch.equal(hypothesis, probability.argmax(-1))
    assert torch.equal(same, label)
    weighted, _, _ = forward_sequence_classification(model, Batch(subword, mask, label), weight=torch.tensor([1.0, 0.0, 0.0]))
    torch.testing.assert_close(weighted, -probability[0, 0].log())


def test_the_parts_of_the_model_add_up_to_all_its_parameters(tiny):
    model = load_model(tiny)
    counts = count_parameters(model)
    assert counts.sum() == sum(parameter.numel() for parameter in model.parameters())
    assert counts["classifier"] == 16 * 3 + 3
    assert list(counts.index) == ["bert.embeddings", "bert.encoder", "bert.pooler", "classifier"]


def test_the_words_for_a_mask_come_with_their_probabilities_the_likeliest_first(tiny):
    table = predict_masked_word("makanan ini [MASK] sekali", load_tokenizer(tiny), tiny, top=4)
    assert len(table) == 4
    assert table["probability"].is_monotonic_decreasing
    assert 0 < table["probability"].sum() <= 1


@pytest.mark.parametrize("sentence", ["tanpa lubang sama sekali", "dua [MASK] dalam satu [MASK]"])
def test_a_sentence_without_exactly_one_mask_is_refused(tiny, sentence):
    with pytest.raises(ValueError, match="MASK"):
        predict_masked_word(sentence, load_tokenizer(tiny), tiny)
