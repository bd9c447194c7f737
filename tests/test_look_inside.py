"""A layer by hand is the model's, heads are counted rightly, frozen vectors do not hang on batch or padding."""

import pytest
import torch
from tiny_checkpoint import write_hub_like_checkpoint
from transformers import AutoModel
from transformers.utils import logging as transformers_logging

from helpers.files import MINI
from helpers.look_inside import (
    TWO_MEANINGS,
    attention_by_hand,
    fit_probe,
    head_habits,
    layer_by_hand,
    loading_report,
    random_encoder,
    shares_of_targets,
    split_heads,
    text_vectors,
)
from helpers.model import load_tokenizer

TEXTS = ["rasa nya enak sekali dan tempat nya nyaman .", "kotor .", "saya makan tahu goreng dan tempe ."]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(MINI)


@pytest.fixture(scope="module")
def encoder():
    return AutoModel.from_pretrained(MINI, dtype=torch.float32, attn_implementation="eager").eval()


@pytest.fixture(scope="module")
def padded(tokenizer, encoder):
    """A padded batch, and what the model makes of it."""
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return batch["attention_mask"], encoder(**batch, output_hidden_states=True, output_attentions=True)


def test_each_layer_by_hand_is_the_models_also_with_padding(encoder, padded):
    mask, theirs = padded
    assert (mask == 0).any()
    for number, layer in enumerate(encoder.encoder.layer):
        with torch.inference_mode():
            ours = layer_by_hand(layer, theirs.hidden_states[number], mask, encoder.config.num_attention_heads)
        assert torch.allclose(ours, theirs.hidden_states[number + 1], atol=1e-4)


def test_attention_by_hand_gives_the_models_weights_and_none_to_padding(encoder, padded):
    mask, theirs = padded
    with torch.inference_mode():
        weights, mixed = attention_by_hand(encoder.encoder.layer[0], theirs.hidden_states[0], mask, encoder.config.num_attention_heads)
    assert torch.allclose(weights, theirs.attentions[0], atol=1e-5)
    assert weights.masked_select((mask == 0)[:, None, None, :]).sum() == 0
    assert mixed.shape == theirs.hidden_states[0].shape


def test_heads_are_pieces_of_a_vector_in_their_order():
    vectors = torch.arange(12.0).view(1, 2, 6)
    assert split_heads(vectors, 3)[0, 1].tolist() == [[2.0, 3.0], [8.0, 9.0]]


def test_every_word_counts_once_and_special_places_go_before_neighbours():
    looks = torch.zeros(2, 5, 5)  # [CLS] a b c [SEP]
    looks[0, [1, 2, 3], [2, 3, 4]] = 1.0  # a at b, b at c, c at [SEP]
    looks[1, [1, 2, 3], [1, 0, 1]] = 1.0  # a at itself, b at [CLS], c at a
    table = shares_of_targets([looks, looks])
    assert table.loc[1].round(3).tolist() == [0.0, 0.667, 0.0, 0.333, 0.0]
    assert table.loc[2].round(3).tolist() == [0.0, 0.0, 0.333, 0.0, 0.667]


def test_habits_have_a_row_a_layer_and_head_and_a_text_without_words_does_no_harm(tokenizer, encoder):
    table = head_habits(encoder, tokenizer, [*TEXTS, ""])
    assert table.shape == (encoder.config.num_hidden_layers * encoder.config.num_attention_heads, 5)
    assert table.sum(axis=1).round(6).eq(1).all()


def test_the_report_names_the_new_head_and_leaves_the_messages_as_quiet_as_they_were(capfd):
    before = transformers_logging.get_verbosity()
    text = loading_report(MINI)
    assert "newly initialized" in text and "classifier.weight" in text
    assert str(MINI) not in text and "\x1b" not in text
    assert transformers_logging.get_verbosity() == before
    assert capfd.readouterr().err == ""


def test_a_random_body_is_its_seeds_and_leaves_other_random_numbers_alone(tmp_path):
    folder = write_hub_like_checkpoint(tmp_path / "indobert")
    state = torch.get_rng_state()
    one, same, other = (random_encoder(folder, seed).embeddings.word_embeddings.weight for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_texts_vector_does_not_hang_on_its_batch_or_place(tokenizer, encoder):
    together = text_vectors(encoder, tokenizer, TEXTS)
    alone = torch.cat([text_vectors(encoder, tokenizer, [text]) for text in TEXTS])
    assert together.shape == (3, encoder.config.hidden_size) and torch.allclose(together, alone, atol=1e-4)
    assert torch.allclose(text_vectors(encoder, tokenizer, TEXTS[::-1], batch_size=2).flip(0), together, atol=1e-4)


def test_a_probe_finds_what_a_line_can_part():
    generator = torch.Generator().manual_seed(0)
    labels = [0, 1, 2] * 20
    vectors = torch.randn(60, 8, generator=generator) * 0.1
    vectors[range(60), labels] += 1.0
    probe = fit_probe(vectors, labels)
    assert probe.predict(vectors.numpy()).tolist() == labels


@pytest.mark.parametrize("word", TWO_MEANINGS)
def test_a_word_with_two_meanings_stands_at_one_position_in_its_four_sentences(tokenizer, word):
    assert len(TWO_MEANINGS[word]) == 4
    assert len({tokenizer.tokenize(sentence).index(word) for sentence in TWO_MEANINGS[word]}) == 1
