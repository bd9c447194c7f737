"""What the lessons call works on a device that is not the CPU: a pretended one, since tests have no GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import tiny_train

from helpers.bugs import stop_after
from helpers.script import group_backend
from helpers.training import random_state, set_random_state

ROOT = Path(__file__).parent.parent
CHECKS = (
    "refusing", "evaluating", "predicting", "training_and_resuming", "training_as_on_a_cpu", "looking_inside", "bugs_of_the_game", "reading_on",
    "tools",
)  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What `checks_elsewhere` found, in a process of its own: PyTorch cannot forget a device."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    command = [sys.executable, "-m", "checks_elsewhere", str(tmp_path_factory.mktemp("elsewhere"))]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=500)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("check", CHECKS)
def test_helpers_do_on_another_device_what_they_do_on_a_cpu(found, check):
    assert set(found) == set(CHECKS)
    assert found[check] is None, found[check]


def test_a_run_saved_without_a_scaler_goes_on_with_one(tmp_path, monkeypatch):
    """As when a run that began on a CPU goes on on a GPU of the kind of a T4."""
    tiny = write_tiny_checkpoint(tmp_path / "tiny")
    options = {"model_dir": tmp_path / "run", "save_every": 2, "n_epochs": 2}
    monkeypatch.setattr("helpers.training.autocast_dtype", lambda device: torch.float32)
    tiny_train(tiny, forward_fn=stop_after(7), **options)
    for module in ("helpers.training", "helpers.device"):
        monkeypatch.setattr(f"{module}.autocast_dtype", lambda device: torch.float16)
    _, history, _ = tiny_train(tiny, resume=True, **options)
    assert len(history) == 2 and history["train_loss"].notna().all()


def test_random_numbers_of_two_gpus_are_taken_up_on_a_computer_with_one_or_none(monkeypatch):
    state = {**random_state(), "cuda": ["first", "second"]}
    taken = {}
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: taken.update({device: state}))
    set_random_state(state)
    assert taken == {} or torch.cuda.is_available()
    taken.clear()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    set_random_state(state)
    assert taken == {0: "first"}


@pytest.mark.parametrize(("processes", "gpus", "backend"), [(2, 2, "nccl"), (2, 1, "gloo"), (2, 0, "gloo"), (1, 1, "nccl")])
def test_processes_that_share_a_gpu_are_joined_by_gloo(processes, gpus, backend, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert group_backend() == backend
