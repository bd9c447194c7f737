"""A tokenizer, a model and its labels that do not belong together are refused before they meet."""

import pytest
import torch
from refusals import refusals
from tiny_checkpoint import SPARE_ROWS, bundled_tokenizer, write_hub_like_checkpoint, write_tiny_checkpoint
from transformers import AlbertConfig, BertConfig, DistilBertConfig, RobertaConfig, RobertaForSequenceClassification, XLMRobertaConfig

from helpers.fit import CheckpointError, check_fit, config_labels, plain_model, usable_positions
from helpers.model import load_model, load_tokenizer


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(tiny):
    return load_model(tiny)


def test_the_model_is_found_inside_whatever_is_around_it(model):
    for wrapped in (model, torch.compile(model), torch.nn.DataParallel(model), torch.nn.DataParallel(torch.compile(model))):
        assert plain_model(wrapped) is model


@pytest.mark.parametrize(
    ("config", "positions"),
    [
        (BertConfig(max_position_embeddings=128), 128), (AlbertConfig(), 512), (DistilBertConfig(), 512),
        (RobertaConfig(max_position_embeddings=514, pad_token_id=1), 512), (XLMRobertaConfig(max_position_embeddings=514, pad_token_id=1), 512),
        (object(), None), (None, None),
    ],
)  # fmt: skip
def test_the_usable_positions_of_an_architecture_are_known(config, positions):
    assert usable_positions(config) == positions


def test_the_last_usable_position_is_one_that_the_model_has():
    config = RobertaConfig(
        vocab_size=50,
        max_position_embeddings=20,
        pad_token_id=1,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    model, longest = RobertaForSequenceClassification(config).eval(), usable_positions(config)
    assert model(input_ids=torch.full((1, longest), 5)).logits.shape == (1, 2)
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=torch.full((1, longest + 1), 5))


def test_spare_rows_of_the_embedding_are_fine(tmp_path):
    hub_like = write_hub_like_checkpoint(tmp_path)
    tokenizer, model = load_tokenizer(hub_like), load_model(hub_like)
    check_fit(tokenizer, model, longest=128)
    tokenizer.add_tokens([f"zzqq{number}xx" for number in range(SPARE_ROWS)])
    check_fit(tokenizer, model)
    tokenizer.add_tokens(["zzqqxx"])
    refusals(CheckpointError, check_fit, tokenizer, model)


def test_a_tokenizer_larger_than_the_embedding_is_refused_through_a_wrapper_too(tiny, model):
    tokenizer = load_tokenizer(tiny)
    tokenizer.add_tokens(["zzqqxx"])
    for wrapped in (model, torch.compile(model), torch.nn.DataParallel(model)):
        for text in refusals(CheckpointError, check_fit, tokenizer, wrapped).values():
            assert "8001" in text
            assert "8000" in text


def test_a_row_longer_than_the_models_positions_is_refused_with_both_numbers(model):
    check_fit(bundled_tokenizer(), model, longest=128)
    for text in refusals(CheckpointError, check_fit, bundled_tokenizer(), model, longest=129).values():
        assert "129" in text
        assert "max_seq_len=128" in text


def test_models_and_tokenizers_of_ones_own_are_not_refused_for_what_they_do_not_say():
    check_fit(lambda texts: texts, torch.nn.Linear(2, 2), longest=10_000)


def test_labels_come_in_the_order_of_their_indices():
    config = BertConfig(id2label={1: "b", 0: "a"}, label2id={"b": 1, "a": 0})
    assert list(config_labels(config).items()) == [("a", 0), ("b", 1)]
