"""The seven bugs of lesson 04's game run to their end, and each shows the symptom that the lesson names, on more than one seed."""

import math
import types

import pytest
import torch

from helpers.bugs import BUGS, FRESH, KEY, LEARNT, REPORT, SOFTMAX_TWICE_FLOOR, diagnose, game_data, in_words, stop_after, symptoms
from helpers.files import MINI, ROOT
from helpers.messages import LANGUAGES, set_language
from helpers.model import load_model, load_tokenizer

SEEDS = (42, 0)
SAMPLE = ROOT / "data" / "smsa_sample"


@pytest.fixture(scope="module")
def data():
    lesson = types.SimpleNamespace(train_path=SAMPLE / "train.tsv", valid_path=SAMPLE / "valid.tsv")
    return game_data(lesson, load_tokenizer(MINI))


@pytest.fixture(scope="module")
def runs(data):
    """What each bug, and the healthy loop, leaves behind with each seed."""
    model = load_model(MINI, attn_implementation="eager")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    found = {(bug, seed): symptoms(model, data, bug, seed) for bug in (*BUGS, None) for seed in SEEDS}
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    return found


def test_the_game_has_rows_of_every_class_and_no_row_twice(data):
    learnt, report, fresh = data
    assert torch.cat([batch.label for batch in learnt]).bincount().tolist() == [LEARNT] * 3
    assert report.label.bincount().tolist() == [REPORT] * 3 and fresh.label.bincount().tolist() == [FRESH] * 3
    texts = [tuple(row[row > 0].tolist()) for batch in (*learnt, report, fresh) for row in batch.subword]
    assert len(set(texts)) == len(texts)


def test_each_letter_of_the_game_hides_one_bug():
    assert sorted(KEY.values()) == sorted(BUGS) and list(KEY) == list("ABCDEFG")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bug", [*BUGS, None])
def test_the_numbers_of_a_run_give_its_bug_away(runs, bug, seed):
    assert diagnose(runs[bug, seed]) == bug


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_loop_learns_its_rows_by_heart(runs, seed):
    run = runs[None, seed]
    assert run["last"] < 0.3 and run["learnt"] == 1 and run["gradient"] < 5 and run["neighbours"] < 1e-4 and run["twice"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_an_optimizer_of_another_model_leaves_the_loss_where_it_was(runs, seed):
    run = runs["other_model", seed]
    assert abs(run["last"] - run["first"]) < 0.1
    assert run["gradient"] > 5  # its zero_grad empties the other model's gradients


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_twice_holds_the_loss_above_its_floor(runs, seed):
    run = runs["softmax_twice", seed]
    assert math.isclose(SOFTMAX_TWICE_FLOOR, -math.log(math.e / (math.e + 2)), abs_tol=5e-4)
    assert SOFTMAX_TWICE_FLOOR < run["last"] < 0.75 and run["learnt"] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_without_zero_grad_the_last_gradient_is_many_times_longer(runs, seed):
    assert runs["no_zero_grad", seed]["gradient"] > 10 * runs[None, seed]["gradient"]
    assert runs["no_zero_grad", seed]["last"] < 0.5  # and yet it learns, which hides it


@pytest.mark.parametrize("seed", SEEDS)
def test_without_train_mode_the_same_batch_has_the_same_loss_twice(runs, seed):
    assert runs["no_train_mode", seed]["twice"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_shifted_labels_are_learnt_by_heart_and_wrong_on_the_very_same_rows(runs, seed):
    run = runs["shifted_labels", seed]
    assert run["last"] < 0.3 and run["learnt"] == 0 and run["fresh"] < 1 / 3


@pytest.mark.parametrize("seed", SEEDS)
def test_choosing_by_the_reported_rows_makes_the_report_better_than_fresh_rows(runs, seed):
    run = runs["test_chooses", seed]
    assert run["report"] > run["fresh"] + 0.15 and math.isnan(run["gradient"])
    assert run["last"] > 0.9  # nothing was learnt


@pytest.mark.parametrize("seed", SEEDS)
def test_without_the_mask_a_text_is_judged_otherwise_beside_a_longer_one(runs, seed):
    assert runs["no_mask", seed]["neighbours"] > 0.01


def test_the_table_is_in_the_learners_language(runs):
    import pandas as pd

    table = pd.DataFrame.from_dict({"C": runs["test_chooses", 42]}, orient="index")
    heads = []
    for language in LANGUAGES:
        set_language(language)
        heads.append(list(in_words(table)))
        assert in_words(table).iloc[0, 2] == "-"
    set_language("id")
    assert all(one != other for one, other in zip(*heads))


def test_a_forward_function_stops_after_so_many_training_batches(data):
    forward, model = stop_after(2), load_model(MINI)
    batch = data[0][0]
    model.train()
    for _ in range(2):
        assert torch.isfinite(forward(model, batch)[0])
    model.eval()
    forward(model, batch)  # evaluation does not count
    model.train()
    with pytest.raises(KeyboardInterrupt):
        forward(model, batch)
