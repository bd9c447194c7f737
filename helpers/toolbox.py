"""One training step, measured and changed: its time, its memory, and which weights are trained (built in lesson 06)."""

import json
import time

import pandas as pd
import torch

from helpers.batching import Batch
from helpers.files import ROOT
from helpers.messages import message
from helpers.model import forward_sequence_classification
from helpers.scoreboard import spread

STORED = ROOT / "data" / "results" / "toolbox.json"
#: The tools in the order in which lesson 06 tries them; "grouped" is the one that the others are compared with.
TOOLS = ("padded", "grouped", "bfloat16", "sdpa", "compiled", "accumulated", "last_layer", "head_only", "lora")
KINDS = {
    "matrix": ("aten::mm", "aten::bmm", "aten::addmm", "aten::baddbmm", "aten::mkldnn_linear", "aten::_addmm_activation"),
    "random": ("aten::bernoulli_", "aten::native_dropout"),
    "copies": ("aten::copy_", "aten::clone", "aten::cat", "aten::fill_", "aten::zero_"),
    "optimizer": ("aten::_fused_adamw_",),
}
HEAD = ("pooler", "classifier")


def kind_of(operation):
    """What an operation of PyTorch's does: ``matrix``, ``random``, ``copies``, ``optimizer`` or ``other``. Built in lesson 06.

    Examples
    --------
    >>> kind_of("aten::addmm"), kind_of("aten::bernoulli_"), kind_of("aten::gelu")
    ('matrix', 'random', 'other')
    """
    return next((kind for kind, names in KINDS.items() if operation in names), "other")


def profile_shares(milliseconds):
    """Share of each kind of operation in the time of all of them, the largest first. Built in lesson 06.

    Parameters
    ----------
    milliseconds : pandas.Series
        By operation, the time that it spent itself.

    Returns
    -------
    pandas.Series

    Examples
    --------
    >>> profile_shares(pd.Series({"aten::mm": 6.0, "aten::bernoulli_": 3.0, "aten::gelu": 1.0})).to_dict()
    {'matrix': 0.6, 'random': 0.3, 'other': 0.1}
    """
    by_kind = milliseconds.groupby([kind_of(name) for name in milliseconds.index]).sum()
    return (by_kind / by_kind.sum()).sort_values(ascending=False)


def operation_times(record, device="cpu"):
    """Milliseconds that each operation of a profile spent itself, the longest first. Built in lesson 06.

    Parameters
    ----------
    record : torch.profiler.profile
        A recording that has ended.
    device : str or torch.device

    Returns
    -------
    pandas.Series
    """
    field = "self_device_time_total" if torch.device(device).type == "cuda" else "self_cpu_time_total"
    times = {event.key: getattr(event, field) / 1000 for event in record.key_averages()}
    return pd.Series(times).filter(like="aten::").sort_values(ascending=False)


# ------------------------------------------------------------ a step, measured


def cut(batch, parts):
    """A batch as several smaller ones, whose numbers of rows differ by one at most. Built in lesson 06.

    Examples
    --------
    >>> batch = Batch(torch.ones(5, 2), torch.ones(5, 2), torch.arange(5))
    >>> [part.label.tolist() for part in cut(batch, 2)]
    [[0, 1, 2], [3, 4]]
    """
    return [Batch(*pieces) for pieces in zip(*(part.tensor_split(parts) for part in batch))]


def train_steps(model, optimizer, batches, dtype=torch.float32, parts=1):
    """A training step for each batch. Built in lesson 06.

    Parameters
    ----------
    model : torch.nn.Module
    optimizer : torch.optim.Optimizer
    batches : list of helpers.batching.Batch
    dtype : torch.dtype
        In which matrices are multiplied.
    parts : int
        Into how many a batch is cut; their gradients are gathered before the step.
    """
    device = next(model.parameters()).device
    model.train()
    for batch in batches:
        optimizer.zero_grad()
        for part in cut(batch, parts):
            with torch.autocast(device.type, dtype=dtype, enabled=dtype is not torch.float32):
                loss, _, _ = forward_sequence_classification(model, part, device)
            (loss * len(part.label) / len(batch.label)).backward()
        optimizer.step()


def step_memory(model, optimizer, batch, **options):
    """Megabytes that a step needs: weights, gradients, the optimizer's state, and what forward keeps for backward. Built in lesson 06.

    They are counted, not asked of the system, so that they do not depend on what else the computer does. What an operation takes only
    while it runs is not in them.

    Parameters
    ----------
    model, optimizer, batch, options
        As `train_steps` takes them; where the batch is cut, its largest part counts.

    Returns
    -------
    float
    """
    kept = {weight.untyped_storage().data_ptr(): 0 for weight in model.parameters()}

    def note(tensor):
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes())
        return tensor

    first = cut(batch, options.pop("parts", 1))[0]
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        train_steps(model, optimizer, [first], **options)
    weights = list(model.parameters())
    states = [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    return (sum(tensor.nbytes for tensor in (*weights, *gradients, *states)) + sum(kept.values())) / 1e6


def seconds(work, times=2, clock=time.perf_counter):
    """The best time of some repetitions, in seconds: other programs can only add to it. Built in lesson 06."""
    measured = []
    for _ in range(times):
        began = clock()
        work()
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()  # a GPU, Apple's too, answers before it is done
        measured.append(clock() - began)
    return min(measured)


def measure_step(model, optimizer, batches, times=4, clock=time.perf_counter, **options):
    """Milliseconds and megabytes of a training step. Built in lesson 06.

    Parameters
    ----------
    model, optimizer, batches
    times : int
        How often all batches are trained on; the fastest counts.
    clock : callable
        ``time.process_time`` on a machine that does something else meanwhile.
    options
        Of `train_steps`.

    Returns
    -------
    dict
        ``ms`` a step, and ``mb`` of the widest batch.
    """
    widest = max(batches, key=lambda batch: batch.subword.size(1))
    memory = step_memory(model, optimizer, widest, **options)  # the first step is slower than the others, and warms up
    best = seconds(lambda: train_steps(model, optimizer, batches, **options), times, clock)
    return {"ms": 1000 * best / len(batches), "mb": memory}


# --------------------------------------------------- which weights are trained


def n_trainable(model):
    """How many parameters are trained. Built in lesson 06."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def freeze_all_but(model, *parts):
    """Freeze all weights except those whose name holds one of some parts. Built in lesson 06.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.
    *parts : str

    Returns
    -------
    torch.nn.Module
        The same model.
    """
    for name, weight in model.named_parameters():
        weight.requires_grad_(any(part in name for part in parts))
    return model


class LoRALinear(torch.nn.Module):
    """A frozen linear layer plus a trained correction B · A. Built in lesson 06.

    Parameters
    ----------
    linear : torch.nn.Linear
    rank : int
        Rows of A, columns of B.

    Notes
    -----
    Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
    """

    def __init__(self, linear, rank=8):
        super().__init__()
        self.linear = linear
        device = linear.weight.device
        self.lora_A = torch.nn.Parameter(torch.randn(rank, linear.in_features, device=device) / rank)
        self.lora_B = torch.nn.Parameter(torch.zeros(linear.out_features, rank, device=device))

    def forward(self, x):
        """``[..., in_features]`` to ``[..., out_features]``."""
        return self.linear(x) + x @ self.lora_A.T @ self.lora_B.T


def add_lora(model, rank=8, seed=0):
    """Put LoRA on query and value; only the corrections and the head are trained. Built in lesson 06.

    Parameters
    ----------
    model : transformers.BertForSequenceClassification
        Changed in place.
    rank : int
    seed : int
        Of the weights A; B is zero, so that the model begins as it was.

    Returns
    -------
    transformers.BertForSequenceClassification
        The same model.
    """
    torch.manual_seed(seed)
    for layer in model.bert.encoder.layer:
        attention = layer.attention.self
        attention.query = LoRALinear(attention.query, rank)
        attention.value = LoRALinear(attention.value, rank)
    return freeze_all_but(model, "lora_", *HEAD)


def last_layer(model):
    """The part of a name that all weights of a BERT's last layer have.

    Examples
    --------
    >>> import types
    >>> last_layer(types.SimpleNamespace(config=types.SimpleNamespace(num_hidden_layers=4)))
    'layer.3.'
    """
    return f"layer.{model.config.num_hidden_layers - 1}."


#: Which weights are trained: a function that freezes the others.
METHODS = {
    "all": lambda model: model,
    "last_layer": lambda model: freeze_all_but(model, last_layer(model), *HEAD),
    "head_only": lambda model: freeze_all_but(model, *HEAD),
    "lora": add_lora,
}


# ------------------------------------------------------------- stored figures


def stored_toolbox():
    """What ``python -m benchmarks.toolbox`` found at the shape of BERT base, and its runs of four ways to train."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def stored_gpu():
    """The same tools on a GPU, as ``python -m benchmarks.gpu tools lesson_table`` stored them; None if no GPU was measured.

    Returns
    -------
    dict or None
        ``card``, the GPU's name, and ``tools``.
    """
    return stored_toolbox().get("gpu")


def tool_table(rows):
    """The growing table: what was measured here, beside the stored figures at the shape of BERT base.

    Parameters
    ----------
    rows : dict of str to dict
        By tool (see `TOOLS`) ``ms`` and ``mb``, and ``F1`` where it was trained.

    Returns
    -------
    pandas.DataFrame
        A row a tool, in the order in which they were measured.
    """
    stored, gpu = stored_toolbox()["tools"], stored_gpu()
    table = {
        tool_name(name): {
            message("toolbox.ms"): f"{row['ms']:.0f}",
            message("toolbox.mb"): f"{row['mb']:.0f}",
            message("toolbox.f1"): f"{row['F1']:.3f}" if "F1" in row else "–",
            message("toolbox.base_ms"): f"{stored[name]['ms']:.0f}",
            message("toolbox.base_mb"): f"{stored[name]['mb']:.0f}",
            **({message("toolbox.gpu_ms", card=gpu["card"]): f"{gpu['tools'][name]['ms']:.1f}"} if gpu else {}),
            message("toolbox.when"): message(f"toolbox.when_{name}"),
        }
        for name, row in rows.items()
    }
    return pd.DataFrame(table).T


def tool_name(tool):
    """What a tool is called in the tables, in the lesson's language.

    Examples
    --------
    >>> from helpers.messages import set_language
    >>> set_language("en")
    >>> tool_name("last_layer")
    'last layer + head'
    """
    return message(f"toolbox.{tool}")


def base_change(tool, figure="ms", against="grouped"):
    """A stored figure of a tool as a multiple of another one's, both at the shape of BERT base."""
    tools = stored_toolbox()["tools"]
    return tools[tool][figure] / tools[against][figure]


def tuning_table():
    """Four ways to train, each tuned by the same number of learning rates: stored figures of several seeds.

    Returns
    -------
    pandas.DataFrame
        A row a way: how many weights it trains, macro-F1 at each rate on the seed for tuning, the best rate, and the spread of the
        other seeds at that rate.
    """
    tuning = stored_toolbox()["tuning"]
    table = {
        tool_name(name): {
            message("toolbox.trained"): f"{run['trained']:,}",
            message("toolbox.tried"): " / ".join(f"{score:.3f}" for score in tuning["tried"][name].values()),
            message("toolbox.rate"): f"{run['rate']:.1e}",
            message("toolbox.f1"): spread(run["F1"]),
        }
        for name, run in tuning["runs"].items()
    }
    return pd.DataFrame(table).T
