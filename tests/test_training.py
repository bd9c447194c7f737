"""train() and its parts: what is learnt, kept, stopped, restored and written."""

import contextlib
import functools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from refusals import refusals
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import N_BATCHES, differences, tiny_dataset, tiny_result, tiny_train

import helpers.training
from helpers.batching import DocumentSentimentDataLoader
from helpers.data import INDEX2LABEL
from helpers.device import attention_for_training, autocast, autocast_dtype
from helpers.evaluation import document_sentiment_metrics_fn
from helpers.messages import message
from helpers.model import forward_sequence_classification, load_model
from helpers.training import (
    TrainingError,
    evaluate,
    load_checkpoint,
    make_optimizer,
    make_schedule,
    train_batch,
)

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"))


def scripted_metrics(*scores):
    """A metrics function that gives these scores, one an evaluation."""
    left = iter(scores)
    return lambda list_hyp, list_label: {"F1": next(left)}


def weights(model):
    return {name: weight.clone() for name, weight in model.state_dict().items()}


def equal(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def weights_after_each_epoch(monkeypatch):
    """Collects the weights that each evaluation saw."""
    seen = []
    original = helpers.training.evaluate

    def evaluate(model, *arguments):
        seen.append(weights(model))
        return original(model, *arguments)

    monkeypatch.setattr(helpers.training, "evaluate", evaluate)
    return seen


# ------------------------------------------------------------------------ train


def test_training_learns_what_the_words_say(tiny):
    _, history, _ = tiny_train(tiny, n_epochs=8, gamma=1.0)
    assert history["F1"].max() > 0.9
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]


def test_the_best_epoch_is_restored_and_not_the_last(tiny, monkeypatch):
    seen = weights_after_each_epoch(monkeypatch)
    model, history, _ = tiny_train(tiny, metrics_fn=scripted_metrics(0.1, 0.8, 0.3))
    assert history["F1"].tolist() == [0.1, 0.8, 0.3]
    assert equal(weights(model), seen[1])
    assert not equal(weights(model), seen[2])
    assert not model.training


def test_of_equally_good_epochs_the_first_is_kept(tiny, monkeypatch):
    seen = weights_after_each_epoch(monkeypatch)
    model, _, _ = tiny_train(tiny, metrics_fn=scripted_metrics(0.5, 0.5, 0.5))
    assert equal(weights(model), seen[0])


@pytest.mark.parametrize(("early_stop", "epochs"), [(1, 3), (2, 4), (3, 5), (9, 6)])
def test_training_stops_after_so_many_evaluations_without_progress(tiny, early_stop, epochs):
    metrics = scripted_metrics(0.1, 0.5, 0.2, 0.5, 0.3, 0.6)
    _, history, _ = tiny_train(tiny, n_epochs=6, early_stop=early_stop, metrics_fn=metrics)
    assert history["epoch"].tolist() == list(range(1, epochs + 1))


def test_the_validation_split_is_looked_at_every_so_many_epochs_and_at_the_end(tiny):
    _, history, _ = tiny_train(tiny, n_epochs=5, evaluate_every=2)
    assert history["epoch"].tolist() == [2, 4, 5]


def test_the_history_has_a_row_an_epoch_with_losses_rate_and_metrics(tiny):
    _, history, _ = tiny_train(tiny)
    assert list(history.columns) == ["epoch", "train_loss", "valid_loss", "learning_rate", "ACC", "F1", "REC", "PRE"]
    assert len(history) == 3
    assert history.notna().all(axis=None)


def test_the_history_gives_the_rate_at_which_the_epoch_was_trained(tiny):
    _, history, _ = tiny_train(tiny, gamma=0.1, warmup_share=0)
    assert history["learning_rate"].tolist() == pytest.approx([1e-2, 1e-3, 1e-4])


def test_the_training_loss_is_the_mean_over_the_batches_of_the_epoch(tiny):
    losses = []

    def forward(*arguments, **options):
        result = forward_sequence_classification(*arguments, **options)
        if torch.is_grad_enabled():
            losses.append(float(result[0].detach()))
        return result

    _, history, _ = tiny_train(tiny, forward_fn=forward)
    means = torch.tensor(losses).double().reshape(3, N_BATCHES).mean(1)
    assert history["train_loss"].tolist() == pytest.approx(means.tolist())


def test_the_same_seed_gives_the_same_result_whatever_was_drawn_before_and_another_seed_another(tiny):
    torch.manual_seed(1)
    first = tiny_result(tiny)
    torch.manual_seed(2)
    torch.rand(3)
    assert differences(first, tiny_result(tiny)) == []
    assert "history" in differences(first, tiny_result(tiny, seed=7))


def test_dropout_is_on_while_training_and_off_while_evaluating(tiny):
    modes = set()

    def forward(model, *arguments, **options):
        modes.add((model.training, torch.is_grad_enabled()))
        return forward_sequence_classification(model, *arguments, **options)

    tiny_train(tiny, forward_fn=forward)
    assert modes == {(True, True), (False, False)}


@pytest.mark.parametrize(("scores", "best"), [((NAN, 0.5, 0.9), 2), ((0.5, NAN, 0.4), 0), ((NAN, -1.0, NAN), 1), ((NAN, -INF, NAN), 1)])
def test_a_score_that_is_no_number_is_never_the_best(tiny, monkeypatch, scores, best):
    seen = weights_after_each_epoch(monkeypatch)
    model, history, _ = tiny_train(tiny, metrics_fn=scripted_metrics(*scores))
    assert history["F1"].tolist() == pytest.approx(scores, nan_ok=True)
    assert equal(weights(model), seen[best])


def test_scores_that_are_no_numbers_count_as_no_progress(tiny):
    _, history, _ = tiny_train(tiny, n_epochs=6, early_stop=2, metrics_fn=scripted_metrics(0.1, 0.2, NAN, NAN, 0.9, 1.0))
    assert history["epoch"].tolist() == [1, 2, 3, 4]


def test_if_no_score_is_a_number_none_is_best_nothing_is_saved_and_it_is_said(tiny, tmp_path, capsys):
    options = {"metrics_fn": lambda hyp, label: {"F1": NAN}, "model_dir": tmp_path}
    first = tiny_result(tiny, **options)
    assert message("training.none_is_best", criterion="F1") in capsys.readouterr().out
    assert not (tmp_path / "model.safetensors").exists()
    again = tiny_result(tiny, **options, resume=True)
    assert equal(first["weights"], again["weights"])
    assert message("training.none_is_best", criterion="F1") in capsys.readouterr().out


@pytest.mark.parametrize(("bad", "step"), [(float("nan"), N_BATCHES + 2), (float("inf"), 1)])
def test_a_loss_that_is_not_finite_stops_with_step_rate_and_what_to_try(tiny, bad, step):
    def train_until_bad():
        steps = 0

        def forward(*arguments, **options):
            nonlocal steps
            loss, hypothesis, label = forward_sequence_classification(*arguments, **options)
            steps += torch.is_grad_enabled()
            return loss * bad if steps == step else loss, hypothesis, label

        tiny_train(tiny, forward_fn=forward, warmup_share=0)

    rate = "0.005" if step > N_BATCHES else "0.01"
    for language, text in refusals(TrainingError, train_until_bad).items():
        for expected in (str(bad), f"{step} (learning rate {rate})", {"id": "sepersepuluh", "en": "a tenth"}[language], "max_norm"):
            assert expected in text


def finite_loss_without_gradient(step):
    """A forward function whose loss at this training step is as usual, and its gradient NaN: the root of 0."""
    steps = 0

    def forward(*arguments, **options):
        nonlocal steps
        loss, hypothesis, label = forward_sequence_classification(*arguments, **options)
        steps += torch.is_grad_enabled()
        if torch.is_grad_enabled() and steps == step:
            loss = loss + torch.sqrt((loss - loss.detach()) * 0)
        return loss, hypothesis, label

    return forward


@pytest.fixture
def looks_rarely(monkeypatch):
    """Losses are looked at as on a GPU, every fifty steps."""
    original = helpers.training.Run.__post_init__

    def look_rarely(run):
        original(run)
        run.look_every = 50

    monkeypatch.setattr(helpers.training.Run, "__post_init__", look_rarely)


@pytest.mark.parametrize("step", [1, 3, N_BATCHES, 2 * N_BATCHES])
def test_a_gradient_that_is_not_finite_stops_before_its_step_with_the_steps_number(tiny, tmp_path, step):
    model, before = load_model(tiny), {}

    def forward(*arguments, **options):
        if torch.is_grad_enabled():
            before.update(weights(model))
        return bad(*arguments, **options)

    bad = finite_loss_without_gradient(step)
    with pytest.raises(TrainingError) as caught:
        tiny_train(tiny, model=model, forward_fn=forward, model_dir=tmp_path)
    assert f"langkah {step}," in str(caught.value)
    assert equal(weights(model), before)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("step", [1, N_BATCHES, 2 * N_BATCHES])
@pytest.mark.parametrize("bad", ["loss", "gradient"])
def test_a_gpu_that_looks_rarely_stops_before_anything_is_evaluated_or_saved(tiny, tmp_path, monkeypatch, looks_rarely, step, bad):
    seen = weights_after_each_epoch(monkeypatch)
    spoil = finite_loss_without_gradient(step)

    def forward(*arguments, **options):
        loss, hypothesis, label = spoil(*arguments, **options)
        return loss * NAN if bad == "loss" and loss.grad_fn is not None and "Add" in loss.grad_fn.name() else loss, hypothesis, label

    def train_until_bad():
        nonlocal spoil
        spoil = finite_loss_without_gradient(step)
        tiny_train(tiny, forward_fn=forward, model_dir=tmp_path)

    for text in refusals(TrainingError, train_until_bad).values():
        assert f" {step} " in text.replace(",", " ")
    assert all(torch.isfinite(weight).all() for state in seen for weight in state.values())
    saved = load_checkpoint(tmp_path)
    assert saved is None or all(torch.isfinite(weight).all() for weight in saved["model"].values())


def test_how_often_losses_are_looked_at_changes_no_digit(tiny, request):
    first = tiny_result(tiny, save_every=3)
    request.getfixturevalue("looks_rarely")
    assert differences(first, tiny_result(tiny, save_every=3)) == []


def test_a_step_of_ones_own_loop_stops_too_and_leaves_the_weights_alone(tiny):
    model = load_model(tiny)
    batch = next(iter(DocumentSentimentDataLoader(tiny_dataset(8), batch_size=8)))
    optimizer, before = make_optimizer(model, 1e-2), weights(model)

    def train_one():
        train_batch(model, batch, optimizer, finite_loss_without_gradient(1))

    for text in refusals(TrainingError, train_one).values():
        assert "nan" in text
    assert equal(weights(model), before)


def test_a_float16_scaler_may_pass_over_steps_without_stopping_the_run(tiny, monkeypatch):
    monkeypatch.setattr("helpers.training.autocast_dtype", lambda device: torch.float16)
    monkeypatch.setattr("helpers.device.autocast_dtype", lambda device: torch.float16)
    model, history, _ = tiny_train(tiny, forward_fn=finite_loss_without_gradient(3))
    assert len(history) == 3
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_a_float16_run_whose_gradients_are_never_finite_is_stopped(tiny, monkeypatch):
    monkeypatch.setattr("helpers.training.autocast_dtype", lambda device: torch.float16)
    monkeypatch.setattr("helpers.device.autocast_dtype", lambda device: torch.float16)

    def forward(*arguments, **options):
        loss, hypothesis, label = forward_sequence_classification(*arguments, **options)
        return loss + torch.sqrt((loss - loss.detach()) * 0), hypothesis, label

    for text in refusals(TrainingError, tiny_train, tiny, forward_fn=forward, n_epochs=4, early_stop=9).values():
        assert "float16" in text


def interrupt_at(step):
    """A forward function during whose training step with this number somebody presses Ctrl-C."""
    steps = 0

    def forward(*arguments, **options):
        nonlocal steps
        steps += torch.is_grad_enabled()
        if steps == step:
            raise KeyboardInterrupt
        return forward_sequence_classification(*arguments, **options)

    return forward


@pytest.mark.parametrize("save", [False, True])
def test_ctrl_c_leaves_the_best_model_so_far_and_says_so(tiny, tmp_path, monkeypatch, capsys, save):
    seen = weights_after_each_epoch(monkeypatch)
    folder = tmp_path if save else None
    forward = interrupt_at(2 * N_BATCHES + 3)
    model, history, _ = tiny_train(tiny, forward_fn=forward, metrics_fn=scripted_metrics(0.6, 0.4, 0.9), model_dir=folder)
    assert message("training.interrupted") in capsys.readouterr().out
    assert history["F1"].tolist() == [0.6, 0.4]
    assert equal(weights(model), seen[0])
    assert not model.training
    if save:
        assert equal(weights(load_model(tmp_path)), seen[0])


def test_ctrl_c_before_the_first_evaluation_says_that_none_is_best_yet_and_leaves_a_history_with_its_columns(tiny, capsys):
    model, history, _ = tiny_train(tiny, forward_fn=interrupt_at(3))
    assert message("training.interrupted_early") in capsys.readouterr().out
    assert history.empty
    assert list(history.columns) == ["epoch", "train_loss", "valid_loss", "learning_rate", "ACC", "F1", "REC", "PRE"]
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in history.dtypes)
    assert history["F1"].max() is not None and not history["F1"].tolist()
    assert not model.training


def test_after_ctrl_c_the_run_can_go_on(tiny, tmp_path):
    tiny_train(tiny, forward_fn=interrupt_at(N_BATCHES + 3), model_dir=tmp_path)
    assert differences(tiny_result(tiny, model_dir=tmp_path, resume=True), tiny_result(tiny)) == []


def test_without_a_folder_nothing_is_written(tiny, monkeypatch, tmp_path):
    def refuse(*arguments):
        raise AssertionError("something was written")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(helpers.training, "write_atomically", refuse)
    tiny_train(tiny)
    assert list(tmp_path.iterdir()) == []


def test_a_criterion_that_is_no_metric_is_refused_with_those_that_are(tiny):
    for text in refusals(TrainingError, tiny_train, tiny, valid_criterion="f1").values():
        assert '"f1"' in text
        assert "ACC, F1, REC, PRE" in text


def test_each_epoch_reports_losses_and_score_in_one_line(tiny, capsys):
    _, history, _ = tiny_train(tiny)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    assert len(lines) == 3
    assert f"F1 validasi {history['F1'][0]:.3f}" in lines[0]


# -------------------------------------------------------------------- its parts


def rates(n_batches, n_epochs, **options):
    optimizer = make_optimizer(torch.nn.Linear(1, 1), 1.0)
    schedule = make_schedule(optimizer, n_batches, n_epochs, **options)
    found = []
    for _ in range(n_batches * n_epochs):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_the_rate_rises_linearly_and_then_falls_step_by_step():
    assert rates(10, 4, warmup_share=0.1) == pytest.approx([0.25, 0.5, 0.75] + [1.0] * 7 + [0.5] * 10 + [0.25] * 10 + [0.125] * 10)


def test_the_steps_are_so_many_epochs_long_and_so_high():
    assert rates(2, 4, step_size=2, gamma=0.1, warmup_share=0) == pytest.approx([1.0] * 4 + [0.1] * 4)


def gradient_norm(model):
    return float(torch.cat([weight.grad.flatten() for weight in model.parameters()]).norm())


def test_gradients_are_clipped_to_the_length_asked_for_and_shorter_ones_left(tiny):
    batch = next(iter(DocumentSentimentDataLoader(tiny_dataset(8), batch_size=8)))
    norms = {}
    for max_norm in (1e-3, 1e6):
        model = load_model(tiny)
        train_batch(model, batch, make_optimizer(model, 1e-3), forward_sequence_classification, max_norm)
        norms[max_norm] = gradient_norm(model)
    assert norms[1e-3] == pytest.approx(1e-3, rel=1e-2)
    assert norms[1e6] > 1e-2


def test_a_step_returns_the_loss_without_its_graph_and_starts_from_fresh_gradients(tiny):
    model = load_model(tiny)
    batch = next(iter(DocumentSentimentDataLoader(tiny_dataset(8), batch_size=8)))
    optimizer = make_optimizer(model, 0.0)
    found = []
    for _ in range(2):
        loss = train_batch(model, batch, optimizer, forward_sequence_classification, max_norm=1e6)
        assert not loss.requires_grad
        found.append((float(loss), gradient_norm(model)))
    assert found[0] == pytest.approx(found[1])


def test_the_optimizer_is_adamw_in_its_fused_form(tiny):
    optimizer = make_optimizer(load_model(tiny), 3e-4)
    assert isinstance(optimizer, torch.optim.AdamW)
    assert [(group["lr"], group["weight_decay"], group["fused"]) for group in optimizer.param_groups] == [(3e-4, 0.01, True)]


@pytest.mark.parametrize("wrap", [lambda model: model, torch.compile, torch.nn.DataParallel], ids=["plain", "compiled", "parallel"])
def test_the_head_has_its_own_rate_however_the_model_is_wrapped(tiny, wrap):
    model = load_model(tiny)
    body, head = make_optimizer(wrap(model), 1e-4, 3e-3).param_groups
    assert (body["lr"], head["lr"]) == (1e-4, 3e-3)
    assert {id(weight) for weight in head["params"]} == {id(weight) for weight in model.classifier.parameters()}
    assert len(body["params"]) + len(head["params"]) == len(list(model.parameters()))


def test_a_rate_for_a_head_that_is_not_there_is_refused():
    for text in refusals(TrainingError, make_optimizer, torch.nn.Linear(2, 3), 1e-4, 3e-3).values():
        assert "0.003" in text and "classifier" in text
    assert len(make_optimizer(torch.nn.Linear(2, 3), 1e-4).param_groups) == 1


def test_a_cpu_trains_with_attention_written_out_and_a_gpu_with_pytorchs_own(tiny):
    assert (attention_for_training("cpu"), attention_for_training(torch.device("cuda", 1))) == ("eager", "sdpa")
    assert load_model(tiny, attn_implementation=attention_for_training("cpu")).config._attn_implementation == "eager"


def test_how_attention_is_computed_changes_a_training_by_rounding_only(tiny, monkeypatch):
    monkeypatch.setattr("helpers.device.autocast_dtype", lambda device: torch.float32)
    histories = []
    for way in ("sdpa", "eager"):
        monkeypatch.setattr("helpers.device.attention_for_training", lambda device, way=way: way)
        histories.append(tiny_train(tiny, model=load_model(tiny, attn_implementation=way))[1])
    pd.testing.assert_frame_equal(*histories, rtol=1e-4)


@pytest.mark.parametrize(("given", "wanted", "used"), [("sdpa", "eager", "eager"), ("sdpa", "sdpa", "sdpa"), ("eager", "sdpa", "eager")])
@pytest.mark.parametrize("end", ["trained", "interrupted", "failed"])
def test_train_computes_attention_as_the_device_wants_it_and_gives_it_back(tiny, monkeypatch, given, wanted, used, end):
    monkeypatch.setattr("helpers.device.attention_for_training", lambda device: wanted)
    ways, ends = set(), {"interrupted": KeyboardInterrupt, "failed": OSError}

    def forward(model, *arguments, **options):
        ways.add(model.config._attn_implementation)
        if end in ends:
            raise ends[end]
        return forward_sequence_classification(model, *arguments, **options)

    model = load_model(tiny, attn_implementation=given)
    with contextlib.suppress(OSError):
        tiny_train(tiny, model=model, forward_fn=forward)
    assert ways == {used}
    assert model.config._attn_implementation == given


def test_evaluation_scores_every_row_in_the_order_of_the_file_and_leaves_evaluation_mode_on(tiny):
    dataset = tiny_dataset(10)
    model = load_model(tiny).train()
    result = evaluate(
        model,
        DocumentSentimentDataLoader(dataset, batch_size=4),
        forward_sequence_classification,
        document_sentiment_metrics_fn,
        INDEX2LABEL,
    )
    assert not model.training
    assert result.list_label == [INDEX2LABEL[label] for label in dataset.labels]
    (whole,) = DocumentSentimentDataLoader(dataset, batch_size=10)
    with torch.inference_mode(), autocast("cpu"):
        loss, hypothesis, _ = forward_sequence_classification(model, whole)
    assert result.loss == pytest.approx(float(loss), rel=1e-2 if autocast_dtype("cpu") is torch.bfloat16 else 1e-5)
    assert result.list_hyp == [INDEX2LABEL[index] for index in hypothesis.tolist()]
    assert result.metrics == document_sentiment_metrics_fn(result.list_hyp, result.list_label)


CLASS_WEIGHTS = {
    "none": None,
    "float32": torch.tensor([1.0, 5.0, 0.2]),
    "float64": torch.tensor([1.0, 5.0, 0.2], dtype=torch.float64),
    "an array": np.array([1.0, 5.0, 0.2]),
    "whole numbers": np.array([1, 5, 2]),
}


@pytest.mark.parametrize("case", CLASS_WEIGHTS)
def test_the_loss_of_an_evaluation_does_not_depend_on_the_batch_size(tiny, monkeypatch, case):
    monkeypatch.setattr("helpers.device.autocast_dtype", lambda device: torch.float32)
    model, dataset = load_model(tiny), tiny_dataset(24)
    forward_fn = functools.partial(forward_sequence_classification, weight=CLASS_WEIGHTS[case])
    found = [
        evaluate(model, DocumentSentimentDataLoader(dataset, batch_size=size), forward_fn, document_sentiment_metrics_fn, INDEX2LABEL).loss
        for size in (1, 5, 24)
    ]
    assert found == pytest.approx(found[:1] * 3, rel=1e-5)
    _, history, _ = tiny_train(tiny, forward_fn=forward_fn, n_epochs=1)
    assert len(history) == 1


@pytest.mark.parametrize(
    ("bf16", "amx", "dtype"), [(True, False, torch.bfloat16), (False, True, torch.bfloat16), (False, False, torch.float32)]
)
def test_a_cpu_gets_bfloat16_only_if_it_has_units_for_it(monkeypatch, bf16, amx, dtype):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert autocast_dtype("cpu") is dtype
    with autocast("cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is dtype


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_cuda_gpu_gets_bfloat16_if_it_has_units_for_it_and_else_float16(monkeypatch, native, dtype):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert autocast_dtype("cuda") is dtype


def test_training_in_bfloat16_learns_too_and_keeps_float32_weights(tiny, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    model, history, _ = tiny_train(tiny, n_epochs=8, gamma=1.0)
    assert history["F1"].max() > 0.9
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_importing_the_training_helpers_brings_in_neither_transformers_nor_scikit_learn():
    code = "import sys, helpers.training; print(sorted({'transformers', 'sklearn', 'matplotlib', 'IPython'} & set(sys.modules)))"
    folder = helpers.training.__file__.rsplit("helpers", 1)[0]
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


def test_the_history_of_a_run_is_a_table_of_numbers(tiny):
    _, history, _ = tiny_train(tiny)
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in history.dtypes)
