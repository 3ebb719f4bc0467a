"""A second device without hardware: tensors that say "meta" and hold their numbers on the CPU.

Like a GPU it refuses tensors of two devices in one operation (a CPU scalar may join), so that a
tensor made on a device of its own choice is an error, and it counts what ran there.
"""

from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

NAME = torch.device("meta")
ATEN = torch.ops.aten


class There(torch.Tensor):
    """A tensor of the device; ``held`` has its numbers."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "There":
        out = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), dtype=inner.dtype, device=NAME
        )
        out.held = inner
        return out

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError(f"{func}: used outside the device")


class Device(TorchDispatchMode):
    """Within, ``meta`` is the device. factor: what its products are off by."""

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor
        self.there: Counter[str] = Counter()
        self.here: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        tensors = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, torch.Tensor)]
        away = [x for x in tensors if isinstance(x, There)]
        moved = kwargs.get("device")
        if moved is not None:
            kwargs["device"] = torch.device("cpu")
        plain = [x for x in tensors if not isinstance(x, There) and x.ndim]
        if away and plain and func is not ATEN._to_copy.default:
            raise AssertionError(f"{func}: got tensors of two devices")
        args, kwargs = tree_map(_inner, (args, kwargs))
        out = func(*args, **kwargs)
        goes = bool(away) if moved is None else torch.device(moved) == NAME
        (self.there if goes or away else self.here)[func.overloadpacket.__name__] += 1
        if not goes:
            return out
        if func in (ATEN.convolution.default, ATEN.mm.default):
            out = out * self.factor
        return tree_map(_there, out)


def _inner(x: Any) -> Any:
    return x.held if isinstance(x, There) else x


def _there(x: Any) -> Any:
    return There(x) if isinstance(x, torch.Tensor) else x
