"""The entry: certified bounds on the sup-norm difference of two networks over a box."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from slth import checks
from slth.checks import FloatArray
from slth.supnorm.layers import Shape
from slth.supnorm.lower import Work, lower
from slth.supnorm.ranges import Range
from slth.supnorm.signed import aligned
from slth.supnorm.upper import upper


@dataclass(frozen=True)
class Bracket:
    """lower ≤ sup over the box of ‖f(X) − g(X)‖_max ≤ upper.

    lower_at: the input, of input_shape, where lower is reached by the float64 modules.
    bounds: every upper bound by name. method: the name of the least, which is upper.
    """

    lower: float
    upper: float
    lower_at: FloatArray
    method: str
    bounds: dict[str, float]


def bracket(
    f: nn.Module,
    g: nn.Module,
    box: tuple[ArrayLike, ArrayLike] = (-1.0, 1.0),
    input_shape: Sequence[int] | None = None,
    seed: int = 0,
    *,
    samples: int = 256,
    restarts: int = 2,
    steps: int = 20,
    splits: int = 0,
) -> Bracket:
    """Bound sup over X in the box of ‖f(X) − g(X)‖_max from below and above.

    f, g: networks of Conv2d, Linear, ReLU, Flatten, AvgPool2d and ChannelScale in Sequential; they
    are copied to float64 and left alone. They must have the same layers once every ChannelScale →
    ReLU → Conv2d/Linear is merged to one. box: (lo, hi), numbers or arrays that broadcast to
    input_shape. input_shape: (c, h, w) or (features,), without the batch; may be left out when f
    begins with Linear. seed, samples, restarts, steps: the search for `lower` (its module says).

    splits: subproblems of branch and bound over ReLU phases, some milliseconds each.

    Upper bounds: `one_layer` (one-layer networks; exact without a ReLU), `differential`
    (ReluDiff, Paulsen et al. 2020), `closed_form`, `separate` (f and g bounded apart), `crown`
    (the same with linear bounds), `lagrangian` (blocks of ReLU pairs, `slth.supnorm.stage`) and,
    with splits, `branching`. They hold for real arithmetic and for float64 evaluation, see
    `slth.supnorm.rounding`. Deterministic, one torch thread. Cost: some ten thousand forward
    passes, about a second for small networks.
    Raises ValueError/TypeError: a module outside the list, networks that are not comparable, a box
    with lo > hi or entries not finite, shapes that do not fit, weights not finite.
    """
    work = Work(
        checks.integer("samples", samples, low=0),
        checks.integer("restarts", restarts, low=0),
        checks.integer("steps", steps, low=0),
    )
    seed, splits = (
        checks.integer(name, count, low=0) for name, count in (("seed", seed), ("splits", splits))
    )
    copies = _double("f", f), _double("g", g)
    shape = _shape(input_shape, f)
    region = _box(box, shape)
    with _one_thread():
        layers = aligned(*copies, shape, nonnegative=bool((region.lo >= 0).all()))
        above = upper(*layers, region, splits)
        value, witness = lower(copies, layers, region, above.delta, seed, work, above.witnesses)
    least = above.bounds[above.method]
    if not value <= least:
        raise ArithmeticError(
            f"bracket: lower {value!r} exceeds upper {least!r}: overflow in the networks"
        )
    return Bracket(value, least, witness, above.method, above.bounds)


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)


def _double(name: str, module: object) -> nn.Module:
    if not isinstance(module, nn.Module):
        raise TypeError(f"{name}: got {type(module).__name__}, takes a torch.nn.Module")
    if any(m._forward_hooks or m._forward_pre_hooks for m in module.modules()):
        raise ValueError(
            f"{name}: got forward hooks, takes modules without (make pruning permanent)"
        )
    twin = copy.deepcopy(module).to("cpu", torch.float64).requires_grad_(False)
    for key, value in twin.named_parameters():
        if not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name}: got weights in {key} that are not finite, takes finite ones")
    return twin


def _shape(input_shape: Sequence[int] | None, f: nn.Module) -> Shape:
    if input_shape is None:
        head = next((m for m in f.modules() if not isinstance(m, nn.Sequential)), None)
        if not isinstance(head, nn.Linear):
            raise ValueError("input_shape: got None, takes (c, h, w) or (features,)")
        return (head.in_features,)
    if isinstance(input_shape, (str, bytes)) or not isinstance(input_shape, Sequence):
        raise TypeError(f"input_shape: got {input_shape!r}, takes (c, h, w) or (features,)")
    shape = tuple(checks.integer("input_shape", side, low=1) for side in input_shape)
    if len(shape) not in (1, 3):
        raise ValueError(f"input_shape: got {shape}, takes (c, h, w) or (features,)")
    return shape


def _box(box: tuple[ArrayLike, ArrayLike], shape: Shape) -> Range:
    if not isinstance(box, (tuple, list)) or len(box) != 2:
        raise TypeError(f"box: got {box!r}, takes a pair (lo, hi)")
    words = f"a number or an array that broadcasts to {shape}"
    ends = []
    for name, end in zip(("box lo", "box hi"), box, strict=True):
        values = checks.array(name, end, tuple(range(len(shape) + 1)), words)
        try:
            whole = np.broadcast_to(values, shape).copy()
        except ValueError:
            raise ValueError(f"{name}: got shape {values.shape}, takes {words}") from None
        ends.append(torch.from_numpy(whole))
    if bool((ends[0] > ends[1]).any()):
        raise ValueError(f"box: got lo > hi in {int((ends[0] > ends[1]).sum())} entries")
    return Range(*ends)
