"""The script form of lesson 04 in two processes, as torchrun and accelerate launch start them, learns what one process learns."""

import functools
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from script_training import RECIPE, write_inputs
from tiny_checkpoint import write_tiny_checkpoint
from tiny_training import tiny_dataset

from helpers.batching import DocumentSentimentDataLoader
from helpers.model import forward_sequence_classification, load_model
from helpers.script import share_batches

ROOT = Path(__file__).parent.parent
SCRIPT = Path(__file__).with_name("script_training.py")
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
ACCELERATE = [
    "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no",
    "--dynamo_backend", "no", "--main_process_port", "0",
]  # fmt: skip
ROUNDING = 1e-4

pytestmark = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()),
    reason="this build of torch has no gloo, which joins processes on a CPU",
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


def train_by(launcher, inputs, folder, *options):
    """Run the script by a launcher (none: alone); returns what it printed and its history."""
    environment = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    environment |= inputs | {
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
        "TUTORIAL_OUTPUT_DIR": str(folder / "outputs"),
    }
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(SCRIPT.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, *launcher, str(SCRIPT), "--dropout", "0", "--output", str(folder), *options]
    run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout, pd.read_csv(folder / "history.csv")


@pytest.fixture(scope="module")
def alone(inputs, tmp_path_factory):
    return train_by([], inputs, tmp_path_factory.mktemp("alone"))[1]


@pytest.fixture(scope="module")
def together(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    return *train_by(TORCHRUN, inputs, folder), folder


def largest_difference(history, other):
    """Of losses and rates; a row between two classes may fall to either side, so that its metric may differ by more than rounding."""
    columns = ["epoch", "train_loss", "valid_loss", "learning_rate"]
    assert len(history) == len(other)
    return (history[columns] - other[columns]).abs().max().max()


def test_the_run_of_one_process_moves_far_more_than_rounding(alone):
    assert len(alone) == RECIPE["n_epochs"]
    assert alone["train_loss"].iloc[0] - alone["train_loss"].iloc[-1] > 100 * ROUNDING


def test_two_processes_started_by_torchrun_have_the_history_of_one(alone, together):
    assert largest_difference(together[1], alone) < ROUNDING


def test_only_the_first_process_prints_and_writes(together):
    printed, history, folder = together
    assert printed.count("epoch 1:") == 1
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".safetensors", ".csv", ".part")) == [
        "history.csv",
        "model.safetensors",
    ]
    assert (folder / "tokenizer.json").is_file()


def test_two_processes_go_on_from_a_finished_run_without_training_again(inputs, together):
    _, history, folder = together
    printed, again = train_by(TORCHRUN, inputs, folder, "--resume")
    assert "epoch 1:" not in printed
    assert again.equals(history)


@pytest.mark.skipif(importlib.util.find_spec("accelerate") is None, reason="accelerate is not installed; it is optional")
def test_two_processes_started_by_accelerate_launch_have_the_history_of_one(alone, inputs, tmp_path):
    assert largest_difference(train_by(ACCELERATE, inputs, tmp_path)[1], alone) < ROUNDING


@pytest.fixture
def group_of_one():
    """What a launcher gives, for a single process that needs no launcher."""
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_dropout_does_not_disturb_the_generator_from_which_the_order_of_batches_is_drawn(group_of_one, tmp_path):
    model = load_model(write_tiny_checkpoint(tmp_path)).train()
    forward_fn = share_batches(forward_sequence_classification, model)
    batch = next(iter(DocumentSentimentDataLoader(tiny_dataset(8), batch_size=8)))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = forward_fn(model, batch, torch.device("cpu"))[0].item()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert forward_fn(model, batch, torch.device("cpu"))[0].item() != first  # dropout is on, and follows the generator


class Shared:
    """`all_reduce` for processes that run one after the other: in a second round each gets the sum of what all brought in the first."""

    def __init__(self):
        self.brought, self.calls = [], 0

    def next_process(self):
        self.calls = 0

    def __call__(self, value):
        while len(self.brought) <= self.calls:
            self.brought.append([])
        self.brought[self.calls].append(value.clone())
        self.calls += 1

    def give(self, value):
        value.copy_(torch.stack(self.brought[self.calls]).sum(0))
        self.calls += 1


@pytest.mark.parametrize("weight", [None, [1.0, 5.0, 0.2], [1.0, 0.0, 0.0]])
@pytest.mark.parametrize("n_rows", [1, 3, 8])
@pytest.mark.parametrize("n_processes", [2, 3])
def test_shares_have_together_the_gradient_of_the_batch_also_with_weights_of_classes(monkeypatch, tmp_path, n_processes, n_rows, weight):
    model = load_model(write_tiny_checkpoint(tmp_path)).eval()
    (batch,) = DocumentSentimentDataLoader(tiny_dataset(n_rows), batch_size=n_rows)
    forward_fn = functools.partial(forward_sequence_classification, weight=weight)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: n_processes)
    monkeypatch.setattr(torch.nn.parallel, "DistributedDataParallel", lambda model: model)
    shared = Shared()

    def gradients(all_reduce):
        monkeypatch.setattr(torch.distributed, "all_reduce", all_reduce)
        found = []
        for rank in range(n_processes):
            shared.next_process()
            monkeypatch.setattr("helpers.script.process_rank", lambda rank=rank: rank)
            model.zero_grad()
            loss, _, _ = share_batches(forward_fn, model)(model, batch, torch.device("cpu"))
            loss.backward()
            found.append(torch.cat([parameter.grad.flatten() for parameter in model.parameters()]))
        return torch.stack(found).mean(0)

    gradients(shared)
    together = gradients(shared.give)
    model.zero_grad()
    forward_fn(model, batch)[0].backward()
    alone = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    assert torch.allclose(together, alone, atol=1e-5)
