"""On what to compute, and how: device, number format, attention, processor."""

import contextlib
import os
import pathlib
import platform
import time
import warnings

import torch

# With several GPUs, as on Kaggle, `fork_rng` says that it keeps the random numbers of all of them; that is what is wanted.
warnings.filterwarnings(
    "ignore", r"CUDA reports that you have \d+ available devices, and you have used fork_rng without explicitly specifying", UserWarning
)


def choose_device():
    """CUDA if there is one, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def spare_memory():
    """Let a CPU keep the prepared form of 64 matrix products instead of 1,024, unless the environment says otherwise.

    oneDNN, which computes them where a processor has units for bfloat16, prepares one for each new pair of batch size and length, and keeps it:
    with batches grouped by length memory grows through a whole training. Measured over 240 batches of the real SmSA with the mini model (Xeon
    with AMX, one thread): a peak of 1.6 instead of 2.2 GB, with 1 % more time. Called by `helpers.lesson.start`, before the first product.

    Notes
    -----
    Source: oneDNN's developer guide, "Primitive cache".
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def autocast_dtype(device):
    """The number format in which this device multiplies fastest and still well. Used in lesson 04.

    Parameters
    ----------
    device : str or torch.device

    Returns
    -------
    torch.dtype
        bfloat16 on GPUs and CPUs that have units for it, float16 on older
        CUDA GPUs, float32 elsewhere (a CPU without such units is several
        times slower in bfloat16).
    """
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if kind == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return torch.bfloat16
    return torch.float32


def autocast(device):
    """Mixed precision where `autocast_dtype` finds a shorter format, else nothing."""
    dtype = autocast_dtype(device)
    if dtype is torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)


def attention_for_training(device):
    """The ``attn_implementation`` to train with on this device. Used in lesson 04.

    With dropout on a CPU PyTorch's own attention (``"sdpa"``) falls back to
    a slow way; the one that transformers writes out (``"eager"``) then saves
    about a tenth of training at BERT-base's shape, and changes the results by
    rounding only. ``benchmarks/finetuning.py attention`` measures it. On a
    CUDA GPU ``"sdpa"`` has fast ways with dropout too, by PyTorch's
    documentation; that is not measured here.

    Parameters
    ----------
    device : str or torch.device

    Returns
    -------
    str
        `helpers.training.train` takes it by itself, see `training_attention`.
    """
    return "sdpa" if torch.device(device).type == "cuda" else "eager"


@contextlib.contextmanager
def training_attention(model):
    """Attention as `attention_for_training` chooses it, and afterwards as it was.

    Only Transformers' default, ``"sdpa"``, is replaced: who has chosen
    another way keeps it.

    Parameters
    ----------
    model : torch.nn.Module
        On its device already.
    """
    before = getattr(getattr(model, "config", None), "_attn_implementation", None)
    wanted = attention_for_training(next(model.parameters()).device)
    if before != "sdpa" or before == wanted or not hasattr(model, "set_attn_implementation"):
        yield
        return
    model.set_attn_implementation(wanted)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def process_rank():
    """Number of this process among those that train together; 0 if it is alone."""
    together = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_rank() if together else 0


def processor():
    """The processor's name, as well as the system tells."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def measure_matrix_speed(size=1024, seconds=0.3):
    """Floating-point operations a second that float32 matrix products reach here."""
    matrix = torch.rand(size, size)
    matrix @ matrix
    products, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        matrix @ matrix
        products += 1
    return products * 2 * size**3 / (time.perf_counter() - began)
