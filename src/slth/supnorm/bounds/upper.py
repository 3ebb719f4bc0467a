"""Every upper bound on |f − g| over a box, by name."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.bounds.closed_form import closed_form
from slth.supnorm.bounds.crown import crown
from slth.supnorm.bounds.differential import Triple, differential
from slth.supnorm.bounds.one_layer import one_layer
from slth.supnorm.dual.branching import branch
from slth.supnorm.dual.lagrangian import LARGEST, lagrangian, size
from slth.supnorm.dual.local import Ranges, narrowed
from slth.supnorm.dual.relaxation import build
from slth.supnorm.layers import Layers, fan_in
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.root import Root

NAMES = (
    "one_layer", "differential", "closed_form", "separate", "crown", "zonotope", "lagrangian",
    "branching", "input_splitting",
)  # fmt: skip
INTERVALS = frozenset({"one_layer", "differential", "closed_form", "separate"})
BLOCK = 2  # ReLU pairs a block of the dual: more steps in the time buy more than larger blocks
_WORTH = 2.0  # times the least interval bound below which CROWN's lower lines are optimised
NARROWING = 60  # steps of the duals of single positions
_LIFTED = 2**28  # outputs times the widest layer beyond which CROWN is not tried


@dataclass(frozen=True)
class Upper:
    """Bounds by name, the range of f − g per output, and inputs where the dual is largest.

    witnesses: from the dual without splits. branched: the best that branch and bound met.
    evaluation: bound on |fl f − f| + |fl g − g| at any output, fl by the modules. root: the
    zonotope of the box, None where it was not asked for or is too large.
    """

    bounds: dict[str, float]
    delta: Range
    witnesses: Tensor
    branched: Tensor
    evaluation: float
    root: Root | None = None

    @property
    def method(self) -> str:
        """Name of the least bound."""
        return min(self.bounds, key=lambda name: self.bounds[name])


def interval_bounds(
    f: Layers, g: Layers, box: Range, places: Sequence[Triple]
) -> tuple[dict[str, float], Tensor]:
    """Bounds that need no linear relaxation, and the float64 evaluation error of f and g added.

    places: what `differential` returned for the same layers and box.
    """
    first, second = propagate(f, box), propagate(g, box)
    error = up(evaluation_error(f, first) + evaluation_error(g, second))
    bounds = {}
    if len(f) == 1:
        bounds["one_layer"] = largest(one_layer(f[0], g[0], box), error)
    bounds["differential"] = largest(places[-1].delta.size, error)
    norms = torch.tensor(closed_form(f, g, float(box.size.max())), dtype=torch.float64)
    bounds["closed_form"] = largest(norms, error.max())
    apart = Range(first[-1].lo - second[-1].hi, first[-1].hi - second[-1].lo)
    bounds["separate"] = largest(up(apart.size), error)
    return bounds, error


def upper(
    f: Layers, g: Layers, box: Range, splits: int, only: Collection[str] | None = None
) -> Upper:
    """Every bound; with ``splits`` subproblems of branch and bound also `branching`.

    only: names of the bounds that are wanted; None: all. Where zonotopes and duals are both wanted,
    the ranges inside that either finds cut the other's. Cost: that of the differential intervals,
    one CROWN pass, zonotopes, and the dual's fixed effort, which is left out for one layer, where
    the interval bound is exact.
    """
    places = differential(f, g, box)
    bounds, error = interval_bounds(f, g, box, places)
    names = NAMES if only is None else only
    forms = {"zonotope", "input_splitting"} & {*names}
    dual = {"lagrangian", "branching"} & {*names}
    ranges = narrowed(f, g, box, NARROWING) if dual else None
    inside = ranges.before if ranges else ()
    root = Root.of(f, g, box, "zonotope" in names, inside) if forms else None
    none = box.lo.new_zeros(0, *box.lo.shape)
    witnesses = branched = none
    if root is not None and "zonotope" in names:
        bounds["zonotope"] = largest(root.size, torch.zeros_like(root.size))
    widest = max(math.prod(layer.geometry.out_shape) for layer in f)
    if "crown" in names and widest * error.numel() <= _LIFTED:
        least = min(bounds.values())
        bounds["crown"] = largest(crown(f, g, box, 0).view(error.shape), error)
        if bounds["crown"] < _WORTH * least:
            bounds["crown"] = largest(crown(f, g, box).view(error.shape), error)
    if ranges is not None:
        met = ranges if root is None else ranges.met(f, root.pair.known)
        more, witnesses, branched = _dual(f, g, box, splits, error, met)
        bounds |= more
    kept = {name: value for name, value in bounds.items() if name in names} or bounds
    delta = places[-1].delta
    return Upper(kept, delta, witnesses, branched, module_error(f, g, box), root)


def _dual(
    f: Layers, g: Layers, box: Range, splits: int, error: Tensor, ranges: Ranges
) -> tuple[dict[str, float], Tensor, Tensor]:
    """`lagrangian` and `branching`, and the inputs where either is largest."""
    dual = None
    if len(f) > 1 and _entries(f) <= LARGEST:
        dual = build(f, g, ranges.places, BLOCK, ranges.before)
    last = dual.ranges[-1] if dual else ranges.before[-1]
    linear = lagrangian(dual, last, box)
    bounds = {"lagrangian": largest(size(linear, last, f[-1].relu), error)}
    tree = branch(dual, (f, g), linear, splits) if dual else linear
    if splits:
        bounds["branching"] = largest(size(tree, last, f[-1].relu), error)
    return bounds, linear.witnesses, tree.witnesses


def _entries(layers: Layers) -> int:
    """About `Dual.entries` of the layers, before the blocks' tables take up memory."""
    pairs = [math.prod(x.geometry.out_shape) * fan_in(x.plus) for x in layers[:-1] if x.relu]
    return 2**BLOCK * 2 * max(pairs, default=0) // BLOCK


def module_error(f: Layers, g: Layers, box: Range) -> float:
    """Bound on the float64 evaluation errors of the modules of f and g together, at any output."""
    return float(up(of_modules(f, box) + of_modules(g, box)).max())


def of_modules(layers: Layers, box: Range) -> Tensor:
    """Bound on the float64 evaluation error of one network's modules, per output."""
    return evaluation_error(layers, propagate(layers, box), underflow=True, modules=True)


def largest(value: Tensor, error: Tensor) -> float:
    """Largest entry of value + error, rounded up; inf where an overflow left no number."""
    return float(torch.nan_to_num(up(value.detach() + error), nan=math.inf, posinf=math.inf).max())
