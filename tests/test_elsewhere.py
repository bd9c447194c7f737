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
from helpers.training import load_checkpoint, random_state, set_random_state

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


@pytest.mark.parametrize(("before", "after"), [(torch.float32, torch.float16), (torch.float16, torch.float32)])
def test_a_run_goes_on_where_a_scaler_is_wanted_that_was_not_saved_or_the_other_way_round(tmp_path, monkeypatch, before, after):
    """As when a run that began on a CPU goes on on a GPU of the kind of a T4, and back."""
    tiny = write_tiny_checkpoint(tmp_path / "tiny")
    options = {"model_dir": tmp_path / "run", "save_every": 2, "n_epochs": 2}

    def train_in(dtype, **more):
        for module in ("helpers.training", "helpers.device"):
            monkeypatch.setattr(f"{module}.autocast_dtype", lambda device: dtype)
        return tiny_train(tiny, **options, **more)[1]

    train_in(before, forward_fn=stop_after(7))
    assert bool(load_checkpoint(options["model_dir"])["scaler"]) == (before is torch.float16)
    history = train_in(after, resume=True)
    assert len(history) == 2 and history["train_loss"].notna().all()


@pytest.mark.parametrize("saved", [[], ["first"], ["first", "second"]])
@pytest.mark.parametrize("there", [0, 1, 2])
def test_random_numbers_are_taken_up_for_as_many_gpus_as_were_saved_and_are_there(saved, there, monkeypatch):
    state, taken = {**random_state(), "cuda": saved}, {}
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: taken.update({device: state}))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    set_random_state(state)
    assert taken == dict(enumerate(saved[:there]))


TWO_GPUS = """
import sys, warnings, torch
torch.cuda.device_count = lambda: 2
torch.cuda.get_rng_state = torch.cuda.set_rng_state = lambda *_: None
if sys.argv[1:]:
    import helpers.device
warnings.simplefilter("error", append=True)
with torch.random.fork_rng():
    pass
for text in ("CUDA reports nothing", "you have used fork_rng without explicitly specifying which devices are being used"):
    try:
        warnings.warn(text)
        sys.exit("silenced: " + text)
    except UserWarning:
        pass
"""


def test_with_two_gpus_only_pytorchs_own_words_on_fork_rng_are_silenced():
    """In a process of its own: pytest takes filters back, and PyTorch warns once."""
    runs = [subprocess.run([sys.executable, "-c", TWO_GPUS, *more], cwd=ROOT, capture_output=True, text=True) for more in ([], ["helpers"])]
    assert "CUDA reports that you have 2 available devices" in runs[0].stderr  # else there is nothing to silence
    assert runs[1].returncode == 0, runs[1].stderr


@pytest.mark.parametrize(
    ("processes", "gpus", "nccl", "backend"),
    [(2, 2, True, "nccl"), (2, 1, True, "gloo"), (2, 0, True, "gloo"), (1, 1, True, "nccl"), (2, 2, False, "gloo")],
)
def test_processes_that_share_a_gpu_or_have_no_nccl_are_joined_by_gloo(processes, gpus, nccl, backend, monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: nccl, raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert group_backend() == backend
