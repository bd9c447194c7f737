"""From a fine-tuned folder to something that others can use (built in lesson 07)."""

import contextlib
import copy
import hashlib
import importlib.util
import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import torch

from helpers.batching import pad_batch, truncate
from helpers.data import encode_texts
from helpers.files import write_atomically
from helpers.messages import message

#: What somebody needs in order to use a model, and no more: no training state, no data.
SHARED_FILES = ("README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
                "special_tokens_map.json")  # fmt: skip
ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def run_elsewhere(program, given, *arguments, **environment):
    """Run a program in a process that knows nothing of this one: another folder, no path to this project, no network.

    Parameters
    ----------
    program : str
        Python; reads JSON from its input and prints JSON.
    given : object
        What JSON can hold.
    *arguments
        Its ``sys.argv[1:]``.
    **environment : str
        Variables for the program.

    Returns
    -------
    object
        What the program printed.

    Raises
    ------
    RuntimeError
        The program failed; with the last line of what it said.

    Examples
    --------
    >>> run_elsewhere("import json, sys; print(json.dumps(len(json.load(sys.stdin)) * int(sys.argv[1])))", ["a", "b"], 3)
    6
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables |= {"HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1", **environment}
    with tempfile.TemporaryDirectory() as somewhere:
        command = [sys.executable, "-c", program, *map(str, arguments)]
        found = subprocess.run(
            command, input=json.dumps(given), cwd=somewhere, env=variables, capture_output=True, text=True, encoding="utf-8"
        )
    if found.returncode != 0:
        raise RuntimeError(message("sharing.elsewhere", error=found.stderr.strip().splitlines()[-1:]))
    return json.loads(found.stdout.strip().splitlines()[-1])


# ------------------------------------------------------------------ model card


def worst_confusion(table):
    """The class that is most often taken for another one, by share of its rows. Built in lesson 07.

    Parameters
    ----------
    table : pandas.DataFrame
        From `helpers.evaluation.confusion_table`: a row a true label, a column a guessed one.

    Returns
    -------
    true, guessed : str
    count, rows : int
        So many of so many rows.

    Examples
    --------
    >>> import pandas as pd
    >>> worst_confusion(pd.DataFrame([[9, 1], [3, 5]], index=["a", "b"], columns=["a", "b"]))
    ('b', 'a', 3, 8)
    """
    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    for label in table.index:
        shares.loc[label, label] = -1  # right ones do not count
    true, guessed = shares.stack().idxmax()
    return true, guessed, int(table.loc[true, guessed]), int(table.loc[true].sum())


# --------------------------------------------------------------------- exports


class Logits(torch.nn.Module):
    """A model with tensors as input and output, and nothing else. Built in lesson 07."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, subword, mask):
        """Logits ``[batch, classes]`` of ``[batch, seq_len]``."""
        return self.model(input_ids=subword, attention_mask=mask).logits


def any_size(_):
    """Both directions of a batch may have any size: how many texts, and how long. Used in lesson 07."""
    return {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}


def example_batch(rows=2, seq_len=8):
    """Subwords and mask that show an export what a batch looks like; what stands in them does not matter."""
    return torch.ones(rows, seq_len, dtype=torch.long), torch.ones(rows, seq_len, dtype=torch.long)


def export_program(model, path):
    """Record a model's computation in one file that runs without Transformers. Built in lesson 07.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        In evaluation mode, on the CPU.
    path : str or pathlib.Path
        ``.pt2``

    Returns
    -------
    torch.export.ExportedProgram
    """
    sizes = (any_size("subword"), any_size("mask"))
    with torch.no_grad():
        program = torch.export.export(Logits(model).eval(), example_batch(), dynamic_shapes=sizes)
    torch.export.save(program, path)
    return program


def missing_packages(*names):
    """The packages among some that are not installed; says once how to get them."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        print(message("sharing.extras", names=" ".join(missing), python=sys.executable))
    return missing


@contextlib.contextmanager
def expected_remarks_silenced():
    """What exporters remark at each run, on packages for pictures that nobody needs here and on their own internals."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "root", "")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, levels):
                logger.setLevel(level)


def export_onnx(model, path):
    """Write a model as ONNX, a format that runs without PyTorch too. Used in lesson 07; needs `ONNX_PACKAGES`.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        In evaluation mode, on the CPU.
    path : str or pathlib.Path
        ``.onnx``
    """
    names = {"input_names": ["subword", "mask"], "output_names": ["logits"]}
    sizes = {"dynamic_shapes": (any_size("subword"), any_size("mask"))}
    with torch.no_grad(), expected_remarks_silenced():
        torch.onnx.export(Logits(model).eval(), example_batch(), str(path), external_data=False, verbose=False, **names, **sizes)


def shrink_onnx(source, target):
    """Store the weights of an ONNX file as 8-bit integers (dynamic quantization). Used in lesson 07; needs `ONNX_PACKAGES`."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with expected_remarks_silenced():
        quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8)


def onnx_form(path):
    """An ONNX file as a function from ``[batch, seq_len]`` tensors to logits. Used in lesson 07; needs onnxruntime.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    callable
        ``form(subword, mask)``, on as many threads as PyTorch uses.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def form(subword, mask):
        (logits,) = session.run(None, {"subword": subword.numpy(), "mask": mask.numpy()})
        return torch.from_numpy(logits)

    return form


def logits_of(form, texts, tokenizer, max_seq_len, batch_size=32):
    """What a form of the model computes for some texts. Built in lesson 07.

    Parameters
    ----------
    form : callable
        ``form(subword, mask)``: a module, an exported program, `onnx_form`.
    texts : list of str
    tokenizer : transformers tokenizer
    max_seq_len, batch_size : int

    Returns
    -------
    torch.Tensor
        float ``[texts, classes]``, in the order of the texts.
    """
    rows = [truncate(row, max_seq_len) for row in encode_texts(texts, tokenizer)]
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))  # similar lengths share a batch
    found = []
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            subword, mask = pad_batch([rows[row] for row in order[start : start + batch_size]], tokenizer.pad_token_id)
            found.append(form(subword, mask))
    return torch.cat(found)[torch.tensor(order).argsort()]


# ---------------------------------------------------------------- quantization


def round_weights(weight, bits=8):
    """A matrix on a grid of few whole numbers, with one scale a row. Built in lesson 07.

    Parameters
    ----------
    weight : torch.Tensor
        float ``[rows, columns]``.
    bits : int
        2 to 8.

    Returns
    -------
    whole : torch.Tensor
        int8 ``[rows, columns]``, from ``-(2 ** (bits - 1) - 1)`` to the same number above zero.
    scale : torch.Tensor
        float ``[rows, 1]``; ``whole * scale`` is near `weight`.

    Examples
    --------
    >>> whole, scale = round_weights(torch.tensor([[1.0, -0.5, 0.26]]))
    >>> whole.tolist()
    [[127, -64, 33]]
    """
    most = 2 ** (bits - 1) - 1
    scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / most
    return (weight / scale).round().to(torch.int8), scale


def with_rounded_weights(model, bits):
    """A copy of a model in which every matrix was rounded and turned back: it computes with what the rounding left. Built in lesson 07."""
    rounded = copy.deepcopy(model)
    with torch.no_grad():
        for module in rounded.modules():
            if isinstance(module, (torch.nn.Linear, torch.nn.Embedding)):
                whole, scale = round_weights(module.weight, bits)
                module.weight.copy_(whole * scale)
    return rounded


# ------------------------------------------------------------------------- hub


def files_to_share(folder, patterns=SHARED_FILES):
    """The files of a folder that would be uploaded, and those that stay here.

    Parameters
    ----------
    folder : str or pathlib.Path
    patterns : sequence of str
        As ``allow_patterns`` of ``huggingface_hub.upload_folder``.

    Returns
    -------
    shared, kept : list of pathlib.Path
    """
    from huggingface_hub.utils import filter_repo_objects

    paths = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_file())
    shared = set(filter_repo_objects([path.name for path in paths], allow_patterns=list(patterns)))
    return [path for path in paths if path.name in shared], [path for path in paths if path.name not in shared]


def upload_to_folder(folder, repo_id, hub, allow_patterns=SHARED_FILES):
    """What ``huggingface_hub.upload_folder`` does, into a local folder that is laid out like the hub's cache.

    Nothing leaves the computer. Transformers finds the model there by name,
    with ``cache_dir=hub`` or the variable ``HF_HUB_CACHE``, as it finds one
    that was downloaded.

    Parameters
    ----------
    folder : str or pathlib.Path
        With the model and its card.
    repo_id : str
        ``"name/model"``
    hub : str or pathlib.Path
    allow_patterns : sequence of str

    Returns
    -------
    str
        The revision: 40 hexadecimal digits that depend on the contents alone.

    Raises
    ------
    FileNotFoundError
        No file of the folder may be shared.
    """
    shared, _ = files_to_share(folder, allow_patterns)
    if not shared:
        raise FileNotFoundError(message("sharing.no_file", folder=folder, patterns=", ".join(allow_patterns)))
    digest = hashlib.sha1(usedforsecurity=False)
    for path in shared:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    revision = digest.hexdigest()
    repository = pathlib.Path(hub) / ("models--" + repo_id.replace("/", "--"))
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True, exist_ok=True)
    for path in shared:
        shutil.copyfile(path, snapshot / path.name)
    write_atomically(repository / "refs" / "main", revision.encode())  # last: who asks for the newest gets a whole one
    return revision
