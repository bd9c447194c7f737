"""Training in a process of its own that ends itself in the middle, as a power cut or a full memory would."""

import io
import os
import pathlib
import signal

import sklearn.metrics  # noqa: F401  (imported here, once, and not in each process that forks from this one)
import torch
from tiny_checkpoint import bundled_tokenizer
from tiny_training import tiny_result

import helpers.files
import helpers.training
from helpers.model import forward_sequence_classification

torch.set_num_threads(1)
bundled_tokenizer()
helpers.training.make_optimizer(torch.nn.Linear(1, 1), 0.1).step()  # the first one imports much


def die():
    """End this process at once: nothing is flushed, no `finally` runs."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def die_at_call(function, number, counts=lambda: True):
    """`function`, except that its call with this number, counted from 1, kills the process before it does anything."""
    calls = 0

    def call(*arguments, **options):
        nonlocal calls
        calls += counts()
        if calls == number:
            die()
        return function(*arguments, **options)

    return call


class HalfWritten(io.FileIO):
    """A file whose first write stops half-way, with the process."""

    def write(self, content):
        super().write(bytes(content)[: len(content) // 2])
        os.fsync(self.fileno())
        die()


def open_half_written(number):
    """`open` for helpers.files: the file that is written as this one, counted from 1, is never finished."""
    opened = 0

    def call(path, mode="r", **options):
        nonlocal opened
        opened += mode == "wb"
        return HalfWritten(path, "w") if mode == "wb" and opened == number else open(path, mode, **options)

    return call


def run(checkpoint, folder, result_path, kill=(None, 0), options=None):
    """Train; save the result, unless `kill` ends the process before.

    Parameters
    ----------
    kill : (str, int)
        Where ("step", "write", "fsync", "replace") and at which time.
    """
    where, number = kill
    options = {"save_every": 2, "model_dir": folder, "resume": True, **(options or {})}
    if where == "step":
        options["forward_fn"] = die_at_call(forward_sequence_classification, number, torch.is_grad_enabled)  # not in evaluations
    elif where == "write":
        helpers.files.open = open_half_written(number)
    elif where is not None:
        setattr(os, where, die_at_call(getattr(os, where), number))
    result = tiny_result(pathlib.Path(checkpoint), **options)
    torch.save(result, result_path)
