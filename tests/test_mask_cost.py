"""What a forgotten mask costs: the ways to forget it, the stored figures, and what lesson 02 says of them."""

import pytest
import torch
from tiny_checkpoint import write_tiny_checkpoint

from helpers.batching import Batch, pad_batch, widen
from helpers.mask_cost import (
    PREDICTED,
    TRAINED,
    forget_mask,
    forget_mask_wide,
    lost_f1,
    lost_table,
    mask_board,
    mask_scores,
    mask_table,
    stored_padding,
    stored_runs,
)
from helpers.messages import LANGUAGES, set_language
from helpers.model import forward_sequence_classification, load_model

ROWS = [torch.tensor([2, *range(10, 10 + length), 3]) for length in (2, 9, 5)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_tiny_checkpoint(tmp_path_factory.mktemp("tiny")))


def batch_of(rows):
    return Batch(*pad_batch(rows), torch.tensor([0] * len(rows)))


def loss_of(forward_fn, model, batch):
    with torch.inference_mode():
        return float(forward_fn(model, batch)[0])


def test_a_forgotten_mask_changes_a_batch_with_padding_and_no_other(model):
    padded, even = batch_of(ROWS), batch_of(ROWS[1:2])
    assert loss_of(forget_mask, model, padded) != pytest.approx(loss_of(forward_sequence_classification, model, padded), abs=1e-6)
    assert loss_of(forget_mask, model, even) == pytest.approx(loss_of(forward_sequence_classification, model, even), abs=1e-6)


def test_a_wider_batch_has_the_same_answer_with_its_mask_and_another_without(model):
    batch = batch_of(ROWS)
    wide = widen(batch, model.config.max_position_embeddings)
    assert wide.subword.shape == wide.mask.shape == (3, model.config.max_position_embeddings)
    assert loss_of(forward_sequence_classification, model, wide) == pytest.approx(
        loss_of(forward_sequence_classification, model, batch), abs=1e-5
    )
    assert loss_of(forget_mask_wide, model, batch) == pytest.approx(loss_of(forget_mask, model, wide), abs=1e-6)
    assert loss_of(forget_mask_wide, model, batch) != pytest.approx(loss_of(forget_mask, model, batch), abs=1e-6)


# --------------------------------------------------- what lesson 02 says of them


@pytest.mark.parametrize("data", ["sample", "smsa"])
def test_five_seeds_are_stored_with_every_case(data):
    runs = stored_runs(data)
    assert len(runs) == 5
    assert all(len(scores) == 5 and all(0 < score < 1 for score in scores) for scores in mask_scores(runs).values())
    assert list(mask_scores(runs)) == [(trained, predicted) for trained in TRAINED for predicted in PREDICTED]


@pytest.mark.parametrize("data", ["sample", "smsa"])
def test_without_the_mask_in_prediction_every_seed_loses(data):
    lost = lost_f1(stored_runs(data))
    assert all(min(lost[trained, predicted]) > 0 for trained in TRAINED for predicted in ("without", "wide"))


@pytest.mark.parametrize("data", ["sample", "smsa"])
def test_a_model_trained_with_the_mask_loses_more_at_the_fixed_width_with_every_seed(data):
    lost = lost_f1(stored_runs(data))
    assert all(wide > narrow for wide, narrow in zip(lost["with", "wide"], lost["with", "without"]))


@pytest.mark.parametrize("data", ["sample", "smsa"])
def test_forgotten_in_training_only_it_costs_least_with_every_seed(data):
    lost = lost_f1(stored_runs(data))
    others = [lost[case] for case in lost if case != ("without", "with")]
    assert all(mine < min(seed) for mine, seed in zip(lost["without", "with"], zip(*others)))


def test_grouping_leaves_a_small_part_of_smsas_padding():
    found = stored_padding()
    assert found["rows"] == 11_000 and found["grouped"] < 0.1 < found["longest"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_and_figure_name_every_case(language):
    set_language(language)
    runs = stored_runs("sample")
    table, lost, board = mask_table(runs), lost_table(runs, stored_runs("smsa")), mask_board(runs, stored_runs("smsa"))
    assert table.shape == (2, 3) and lost.shape == (5, 2) and board.shape == (6, 6)
    assert list(board.index[1:]) == list(lost.index) and max(map(len, lost.index)) < 50  # pandas shows no more
    assert (board["low"] <= board["mean"]).all() and (board["smsa_mean"] <= board["smsa_high"]).all()
