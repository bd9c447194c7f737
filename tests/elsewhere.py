"""A pretended accelerator: tensors that are computed on the CPU but are not there.

Where no GPU is at hand, this shows what would fail on one: a tensor on the
CPU that meets one elsewhere, ``.numpy()`` without ``.cpu()``, a weight that
was left behind. It knows nothing of a GPU's kernels, speed or rounding.

    import elsewhere
    elsewhere.pretend()       # once a process; lessons then start on it
"""

import contextlib
import dataclasses

import torch
from torch.utils._device import _device_constructors
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "elsewhere"
#: Operations whose second argument, numbers of rows, may lie on the CPU also where the rest is on a GPU.
INDEXING = ("index.Tensor", "index_put_.default", "index_put.default", "_index_put_impl_.default")
KEPT = []  # libraries of operations: what they hold is gone with them
#: Operations that copy from one device to another.
COPIES = ("copy_.default", "_to_copy.default", "_copy_from.default")


class AnswersLikeAGpu:
    """What `torch.elsewhere` has to answer: one device, random numbers drawn on the CPU."""

    is_available = staticmethod(lambda: True)
    is_initialized = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    current_device = staticmethod(lambda: 0)
    set_device = staticmethod(lambda device: None)
    device = staticmethod(lambda device: contextlib.nullcontext())
    synchronize = staticmethod(lambda device=None: None)
    _is_in_bad_fork = staticmethod(lambda: False)
    manual_seed_all = staticmethod(lambda seed: None)
    get_rng_state = staticmethod(lambda device=None: torch.get_rng_state())
    set_rng_state = staticmethod(lambda state, device=None: None)
    get_amp_supported_dtype = staticmethod(lambda: [torch.bfloat16, torch.float16])


class Elsewhere(torch.Tensor):
    """A tensor whose numbers lie in `inner`, on the CPU, while it says that they are elsewhere."""

    @staticmethod
    def __new__(cls, inner):
        """A tensor of the shape of `inner`."""
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype, layout=inner.layout,
            device=torch.device(NAME, 0), requires_grad=False,
        )  # fmt: skip

    def __init__(self, inner):
        self.inner = inner

    __torch_function__ = torch._C._disabled_torch_function_impl

    def tolist(self):
        """As on a GPU; PyTorch refuses it for classes of one's own."""
        return self.inner.tolist()

    def __repr__(self):
        return f"{self.inner!r:.200} elsewhere"

    def __format__(self, spec):
        """A single number in a text, as on a GPU."""
        return format(self.inner, spec)

    def untyped_storage(self):
        """Where the numbers are: by its address `helpers.toolbox.step_memory` knows a tensor again."""
        return self.inner.untyped_storage()

    def __reduce_ex__(self, protocol):
        """Saved as a tensor of the CPU, which is what `torch.load` makes of a GPU's."""
        return self.inner.detach().__reduce_ex__(protocol)

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        """Compute on the CPU what is asked for elsewhere, and refuse what a GPU would refuse."""
        return compute(operation, args, kwargs or {})


def name_of(operation):
    """``add.Tensor`` for ``torch.ops.aten.add.Tensor``."""
    return str(operation).removeprefix("aten.")


def is_elsewhere(device):
    """Whether a device is the pretended one."""
    return device is not None and torch.device(device).type == NAME


def refuse_mixed(operation, args):
    """Raise what a GPU's operations raise where a tensor with dimensions lies on the CPU."""
    if name_of(operation) in INDEXING and isinstance(args[0], Elsewhere):
        args = (args[0], *args[2:])
    tensors = [value for value in tree_flatten(args)[0] if isinstance(value, torch.Tensor)]
    here = [tensor for tensor in tensors if not isinstance(tensor, Elsewhere) and tensor.dim() > 0]
    if not here or len(here) == len(tensors) or name_of(operation) in COPIES:
        return
    raise RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, cpu and {NAME} ({operation})")


def target_is_elsewhere(operation, args, kwargs):
    """Where the result lies: as asked for, else where the tensors are."""
    if "device" in kwargs and kwargs["device"] is not None:
        return is_elsewhere(kwargs["device"])
    return any(isinstance(value, Elsewhere) for value in tree_flatten((args, kwargs))[0])


def compute(operation, args, kwargs):
    """Unwrap, compute on the CPU, wrap again."""
    refuse_mixed(operation, (*args, *kwargs.values()))
    wraps = target_is_elsewhere(operation, args, kwargs)
    inner_args, inner_kwargs = tree_map(lambda value: value.inner if isinstance(value, Elsewhere) else value, (args, kwargs))
    if is_elsewhere(inner_kwargs.get("device")):
        inner_kwargs["device"] = torch.device("cpu")
    inner_kwargs.pop("pin_memory", None)
    found = operation(*inner_args, **inner_kwargs)
    if name_of(operation) == "_to_copy.default" and isinstance(found, torch.Tensor) and any(found is value for value in inner_args):
        found = found.clone()
    values, shape = tree_flatten(found)
    wrapped = [Elsewhere(value) if wraps and isinstance(value, torch.Tensor) else value for value in values]
    found = tree_unflatten(wrapped, shape)
    return return_and_correct_aliasing(operation, args, kwargs, found) if wraps else found


class Pretending(TorchDispatchMode):
    """Catches what makes tensors elsewhere out of none: ``torch.zeros(..., device="elsewhere")``, ``.to("elsewhere")``."""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        """Pass on what concerns the CPU alone."""
        kwargs = kwargs or {}
        if is_elsewhere(kwargs.get("device")) or any(isinstance(value, Elsewhere) for value in tree_flatten((args, kwargs))[0]):
            return compute(operation, args, kwargs)
        return operation(*args, **kwargs)


def shortened(operation):
    """An operation under autocast: its float tensors in the format that was asked for."""

    def run(*args, **kwargs):
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastPrivateUse1)):
            dtype = torch.get_autocast_dtype(NAME)
            short = lambda value: value.to(dtype) if isinstance(value, torch.Tensor) and value.is_floating_point() else value  # noqa: E731
            args, kwargs = tree_map(short, (args, kwargs))
            return operation(*args, **kwargs)

    return run


def register():
    """Give PyTorch the pretended device, with autocast; once a process."""
    if torch._C._get_privateuse1_backend_name() == NAME:
        return
    _setup_privateuseone_for_python_backend(NAME, AnswersLikeAGpu())
    for space, names in {"_": (), "aten": ("linear", "matmul", "bmm", "addmm", "scaled_dot_product_attention")}.items():
        library = torch.library.Library(space, "IMPL", "AutocastPrivateUse1")
        KEPT.append(library)
        if not names:
            library.fallback(torch.library.fallthrough_kernel)
        for name in names:
            library.impl(name, shortened(getattr(torch.ops.aten, name)))


def made_here(make):
    """`torch.tensor`, which no mode sees, with the numbers made on the CPU first and then sent where they were asked for."""

    def run(data, *, device=None, **options):
        return make(data, **options).to(device) if is_elsewhere(device) else make(data, device=device, **options)

    return run


def pretend():
    """From now on lessons start elsewhere; for a process of its own, since nothing takes it back."""
    torch.accelerator.synchronize = lambda device=None: None  # nothing has to be waited for
    torch.inference_mode = torch.no_grad  # a view of a tensor of a class of one's own is refused there
    _device_constructors()  # remembered from now on: `with torch.device("meta")` knows the real `torch.tensor` only
    torch.tensor = made_here(torch.tensor)
    import helpers.device

    dtype = helpers.device.autocast_dtype("cpu")
    helpers.device.autocast_dtype = lambda device: dtype
    import helpers.lesson

    register()
    Pretending().__enter__()
    describe = helpers.lesson.describe
    helpers.lesson.choose_device = lambda: torch.device(NAME)
    helpers.lesson.describe = lambda lesson: describe(dataclasses.replace(lesson, device=torch.device("cpu")))
