"""Lesson 00's models: rules by the word, unknown words left out, order without effect, the same seed the same network."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from helpers.first_models import (
    SmallNetwork,
    class_weights,
    fit_bag_of_words,
    fit_network,
    guess_sentiment,
    network_labels,
    network_loss,
    number_words,
    to_numbers,
)

TEXTS = ["rasa nya enak sekali", "tempat nya kotor dan bau", "buka jam sembilan", "enak dan murah", "kapok , mahal", "jadwal nya belum ada"]
LABELS = [0, 2, 1, 0, 2, 1]


@pytest.fixture(scope="module")
def fitted():
    number_of = number_words(TEXTS)
    network, history = fit_network((TEXTS, LABELS), (TEXTS, LABELS), number_of, epochs=30, seed=0)
    return network, number_of, history


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("enak dan murah", 0),
        ("enak tapi kotor", 1),
        ("tidak enak", 2),
        ("tidak terlalu enak", 0),
        ("bukan mahal", 0),
        ("Enak.", 1),
        ("", 1),
    ],
    ids=["two good", "tie", "negation", "negation too far away", "negated bad word", "capital and full stop", "nothing"],
)
def test_the_rules_count_words_and_turn_the_one_after_a_negation(text, label):
    assert guess_sentiment(text) == label


def test_a_single_text_is_one_text_not_its_letters():
    number_of = number_words(TEXTS)
    for single in ("makanannya enak", ["makanannya enak"]):
        words, starts = to_numbers(single, number_of)
        assert (len(words), starts.tolist()) == (2, [0])


def test_texts_without_a_word_take_no_place_and_keep_their_row(fitted):
    network, number_of, _ = fitted
    words, starts = to_numbers(["", "enak", ""], number_of)
    assert words.dtype == torch.long and starts.tolist() == [0, 0, 1]
    assert len(network_labels(network, ["", "enak", ""], number_of)) == 3
    assert len(network_labels(network, [""], number_of)) == 1


def test_unknown_words_change_nothing(fitted):
    network, number_of, _ = fitted
    with torch.inference_mode():
        plain, longer = (network(*to_numbers(text, number_of)) for text in ("rasa nya enak", "rasa xyz nya enak abc"))
    assert torch.equal(plain, longer)


def test_the_order_of_words_changes_nothing(fitted):
    network, number_of, _ = fitted
    shuffler = np.random.default_rng(0)
    shuffled = [" ".join(shuffler.permutation(text.split())) for text in TEXTS]
    with torch.inference_mode():
        scores, others = (network(*to_numbers(texts, number_of)) for texts in (TEXTS, shuffled))
    assert torch.allclose(scores, others, atol=1e-6)
    bag = fit_bag_of_words(TEXTS, LABELS)
    assert bag.predict(TEXTS).tolist() == bag.predict(shuffled).tolist()


def test_class_weights_are_scikit_learns_balanced_ones():
    labels = [0] * 6 + [1] * 1 + [2] * 3
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert class_weights(torch.tensor(labels)).tolist() == pytest.approx(wanted.tolist())


def test_training_lowers_the_loss_and_learns_its_rows(fitted):
    network, number_of, history = fitted
    assert len(history) == 30 and history[-1][0] < history[0][0] / 5
    assert network_labels(network, TEXTS, number_of) == LABELS
    assert not network.training
    weight = class_weights(torch.tensor(LABELS))
    with torch.inference_mode():
        assert network_loss(network, (TEXTS, LABELS), number_of, weight).item() == pytest.approx(history[-1][0])


def test_the_same_seed_gives_the_same_network_and_another_one_another():
    number_of = number_words(TEXTS)
    rows = (TEXTS, LABELS)
    first, again, other = (fit_network(rows, rows, number_of, epochs=3, seed=seed)[1] for seed in (1, 1, 2))
    assert first == again != other


def test_a_new_network_says_three_classes_alike():
    torch.manual_seed(0)
    scores = SmallNetwork(10).eval()(torch.tensor([1, 2, 3]), torch.tensor([0, 1]))
    assert scores.shape == (2, 3)
    assert torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1])).item() == pytest.approx(np.log(3), abs=0.5)
