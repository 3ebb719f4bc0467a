"""Images and labels as every entry takes them: plain tensors, or an error with their name."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from slth import checks
from slth.checks import FloatArray

Data = Tensor | np.ndarray


def as_images(images: Data, name: str = "images") -> Tensor:
    """Return a finite, non-empty float64 tensor (m, …) without a gradient.

    Takes floating-point tensors of every precision, on any device, with or without a gradient, and
    NumPy arrays. Raises TypeError for integers, sparse, masked or other tensors and objects,
    ValueError for a shape that is none of images, NaN or inf, or a tensor without values (meta).
    """
    x = _plain(images, name, "floating-point images (m, ...)")
    if not x.is_floating_point():
        way = "; use images / 255" if x.dtype == torch.uint8 else "; use .to(torch.float64)"
        raise TypeError(f"{name}: got dtype {x.dtype}, takes floating-point images (m, ...){way}")
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"{name}: got shape {tuple(x.shape)}, takes (m, ...) with m >= 1")
    x = x.to(torch.float64)
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: got NaN or inf, takes finite numbers")
    return x


def as_labels(labels: Data, count: int, name: str = "labels", classes: int | None = None) -> Tensor:
    """Return an int64 tensor (count,) of labels 0 … classes − 1; ValueError/TypeError otherwise.

    classes: outputs of the network, None where no network is known.
    """
    y = _plain(labels, name, f"integer class labels ({count},)")
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise TypeError(f"{name}: got dtype {y.dtype}, takes integer class labels")
    if y.shape != (count,):
        raise ValueError(f"{name}: got shape {tuple(y.shape)}, takes ({count},), one an image")
    given, y = y, y.to(torch.int64)
    wrong = (y < 0) if classes is None else (y < 0) | (y >= classes)
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        most = "and up" if classes is None else f"… {classes - 1}, the network's {classes} outputs"
        raise ValueError(f"{name}: got {given[at].cpu().numpy()} at [{at}], takes 0 {most}")
    return y


def of_images(shape: Sequence[int]) -> str:
    """How a shape (m, …) of inputs is written in an error: (m, 1, 28, 28)."""
    return f"({', '.join(map(str, ('m', *shape)))})"


def ends_of_box(box: object, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Return lo and hi of a box (lo, hi) of inputs, broadcast to ``shape``.

    Raises TypeError for what is no pair, ValueError for ends that do not broadcast or are not
    finite, and for lo > hi.
    """
    if not isinstance(box, (tuple, list)) or len(box) != 2:
        raise TypeError(f"box: got {checks.shown(box)}, takes a pair (lo, hi)")
    words = f"a number or an array that broadcasts to {shape}"
    ends = []
    for name, end in zip(("box lo", "box hi"), box, strict=True):
        values = checks.array(name, end, tuple(range(len(shape) + 1)), words)
        try:
            ends.append(np.broadcast_to(values, shape).copy())
        except ValueError:
            raise ValueError(f"{name}: got shape {values.shape}, takes {words}") from None
    lo, hi = ends
    if bool((lo > hi).any()):
        raise ValueError(f"box: got lo > hi in {int((lo > hi).sum())} entries")
    return lo, hi


def _plain(value: Data, name: str, words: str) -> Tensor:
    """The values as a strided tensor of its own history, shared where that is possible."""
    if isinstance(value, Tensor):
        return _dense(value, name, words)
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: got a masked array, takes {words} without a mask; use .filled()")
    try:
        raw = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: got {type(value).__name__}, takes {words}") from None
    if raw.dtype.kind not in "fiub" or raw.dtype.itemsize > 8:
        raise TypeError(f"{name}: got {_kind(value, raw)}, takes {words}")
    native = raw.astype(raw.dtype.newbyteorder("="), order="C", copy=not raw.flags.writeable)
    return torch.from_numpy(np.ascontiguousarray(native).reshape(raw.shape))


def _dense(value: Tensor, name: str, words: str) -> Tensor:
    if value.is_meta:
        raise ValueError(f"{name}: got a tensor on the meta device, which has no values")
    masked = isinstance(value, torch.masked.MaskedTensor)
    if value.layout != torch.strided or value.is_nested or value.is_quantized or masked:
        kind = str(value.dtype) if value.is_quantized else "a nested or masked tensor"
        kind = str(value.layout) if value.layout != torch.strided else kind
        raise TypeError(f"{name}: got {kind}, takes {words} as a dense tensor; use .to_dense()")
    plain = value.detach()
    return plain.clone() if plain.is_inference() else plain  # autograd takes none of those


def _kind(value: object, raw: np.ndarray) -> str:
    named = isinstance(value, np.ndarray) or raw.dtype.kind != "O"
    return f"dtype {raw.dtype}" if named else type(value).__name__
