"""Lesson 06's tools: a step in parts is the same step, memory is counted right, what is frozen stays, stored figures are whole."""

import copy
import json

import pytest
import torch

from benchmarks import toolbox as toolbox_benchmark
from helpers.batching import Batch, widen
from helpers.files import MINI
from helpers.messages import LANGUAGES, set_language
from helpers.model import load_model
from helpers.toolbox import (
    HEAD,
    METHODS,
    STORED,
    TOOLS,
    add_lora,
    freeze_all_but,
    kind_of,
    n_trainable,
    seconds,
    step_memory,
    tool_table,
    train_steps,
    tuning_table,
)
from helpers.training import make_optimizer


@pytest.fixture(scope="module")
def original():
    return load_model(MINI, attn_implementation="eager")


@pytest.fixture(scope="module")
def batch():
    torch.manual_seed(0)
    subword = torch.randint(5, 500, (5, 12))
    return Batch(subword, torch.ones_like(subword), torch.tensor([0, 1, 2, 0, 1]))


def without_dropout(model):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def gradients(model, batch, parts):
    model = without_dropout(copy.deepcopy(model))
    train_steps(model, torch.optim.SGD(model.parameters(), lr=0.0), [batch], parts=parts)
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


def test_parts_of_different_sizes_give_the_gradient_of_the_whole_batch(original, batch):
    assert torch.allclose(gradients(original, batch, 2), gradients(original, batch, 1), atol=1e-5)


def memory(model, batch, **options):
    return step_memory(model, make_optimizer(model, 1e-4), batch, **options)


def test_memory_holds_weights_gradients_and_two_notes_of_each_weight(original, batch):
    least = 4 * sum(weight.nbytes for weight in original.parameters()) / 1e6
    found = memory(copy.deepcopy(original), batch)
    assert least < found < 1.5 * least


def test_memory_grows_with_padding_and_falls_with_parts_and_with_frozen_weights(original, batch):
    whole = memory(copy.deepcopy(original), batch)
    assert memory(copy.deepcopy(original), widen(batch, 64)) > whole
    assert memory(copy.deepcopy(original), batch, parts=2) < whole
    assert memory(freeze_all_but(copy.deepcopy(original), *HEAD), batch) < whole / 2


@pytest.mark.parametrize("there", [True, False])
def test_a_clock_waits_for_any_gpu_that_there_is(there, monkeypatch):
    done = []
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: there)
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: done.append("waited"))
    seconds(lambda: done.append("worked"), times=2)
    assert done == (["worked", "waited"] * 2 if there else ["worked"] * 2)


def test_the_same_memory_is_counted_each_time(original, batch):
    assert memory(copy.deepcopy(original), batch) == memory(copy.deepcopy(original), batch)


@pytest.mark.parametrize("name", METHODS)
def test_only_what_is_not_frozen_changes(original, batch, name):
    model = METHODS[name](copy.deepcopy(original))
    before = {key: weight.clone() for key, weight in model.named_parameters()}
    optimizer = make_optimizer(model, 1e-3)
    optimizer.param_groups[0]["weight_decay"] = 0.0
    train_steps(model, optimizer, [batch, batch])
    frozen = [key for key, weight in model.named_parameters() if not weight.requires_grad]
    assert all(torch.equal(before[key], weight) for key, weight in model.named_parameters() if key in frozen)
    assert any(not torch.equal(before[key], weight) for key, weight in model.named_parameters())
    assert (name == "all") == (not frozen)


def test_lora_begins_as_the_model_was_and_trains_four_thin_matrices_a_layer(original, batch):
    lora = add_lora(copy.deepcopy(original)).eval()
    assert torch.equal(lora(input_ids=batch.subword).logits, original.eval()(input_ids=batch.subword).logits)
    head = n_trainable(freeze_all_but(copy.deepcopy(original), *HEAD))
    config = original.config
    assert n_trainable(lora) - head == 4 * config.num_hidden_layers * 8 * config.hidden_size


def test_dropouts_draws_and_products_are_told_apart():
    assert [kind_of(f"aten::{name}") for name in ("bmm", "bernoulli_", "copy_", "_fused_adamw_", "softmax")] == [
        "matrix", "random", "copies", "optimizer", "other",
    ]  # fmt: skip


def test_stored_figures_hold_every_tool_and_every_way_equally_tuned():
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert set(stored["tools"]) == set(TOOLS)
    assert {"processor", "threads", "versions"} <= set(stored["made_by"])
    tuning = stored["tuning"]
    assert set(tuning["tried"]) == set(tuning["runs"]) == set(METHODS)
    for name, tried in tuning["tried"].items():
        assert [float(rate) for rate in tried] == tuning["rates"]
        assert tuning["runs"][name]["rate"] == float(max(tried, key=tried.get))
    assert len({len(run["F1"]) for run in tuning["runs"].values()}) == 1 and len(tuning["runs"]["lora"]["F1"]) >= 2
    assert sum(stored["profile"].values()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_are_in_words_and_fit_into_a_cell(language):
    set_language(language)
    try:
        table = tool_table({name: {"ms": 1.0, "mb": 2.0} for name in TOOLS} | {"lora": {"ms": 1.0, "mb": 2.0, "F1": 0.5}})
        assert len(table) == len(TOOLS) and table.iloc[:, -1].str.len().max() < 50
        assert table.iloc[-1, 2] == "0.500" and table.iloc[0, 2] == "–"
        assert len(tuning_table()) == len(METHODS)
    finally:
        set_language("id")


def test_the_benchmark_does_not_mix_figures_of_two_machines(tmp_path, capsys):
    out = tmp_path / "toolbox.json"
    out.write_text('{"made_by": {"processor": "another"}, "tools": {}}', encoding="utf-8")
    with pytest.raises(SystemExit):
        toolbox_benchmark.main(["--only", "tools", "--out", str(out)])
    assert "another set-up" in capsys.readouterr().err and '"tools": {}' in out.read_text(encoding="utf-8")
