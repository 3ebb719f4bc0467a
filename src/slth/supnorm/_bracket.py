"""The entry: certified bounds on the sup-norm difference of two networks over a box."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike
from torch import Tensor

from slth import checks
from slth.checks import FloatArray
from slth.networks.converted import AnyNetwork
from slth.networks.modes import recording
from slth.supnorm._first import BOXES, First
from slth.supnorm.arguments import Modules, one_thread, place, prepare
from slth.supnorm.bounds.upper import NAMES, upper
from slth.supnorm.ranges import Range
from slth.supnorm.search.lower import Work, evaluate, lower
from slth.supnorm.units import Measured, Units, measured, times
from slth.supnorm.zonotope.splitting import Search, Step
from slth.values import Printed, Value, at_least, at_most


@dataclass(frozen=True, eq=False, repr=False)
class Bracket(Printed, Value):
    """lower ≤ sup over the box of ‖f(X) − g(X)‖_max ≤ upper.

    lower_at: the input, of input_shape, where lower is reached by the float64 modules.
    bounds: every upper bound by name. method: the name of the least, which is upper.
    evaluation: bound on what float64 evaluation of the modules adds; lower is exact up to this much
    (about 1e-14; 1e-7 for thousands of hidden channels, where the bound is far from what is seen).
    trace: of input splitting, (boxes, lower, upper) after every step; empty without it.

    >>> import torch
    >>> f = slth.networks.linear(torch.tensor([[1.0, 2.0]]))
    >>> g = slth.networks.linear(torch.tensor([[1.25, 2.0]]))
    >>> b = slth.supnorm.bracket(f, g)  # |f(x) - g(x)| = |x_1| / 4 over [-1, 1]^2
    >>> b.lower, round(b.upper, 9), b.method
    (0.25, 0.25, 'one_layer')
    """

    lower: float
    upper: float
    lower_at: FloatArray
    method: str
    bounds: dict[str, float]
    evaluation: float
    trace: tuple[Step, ...] = ()

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        ends = f"{at_least(self.lower)} ≤ sup |f − g| ≤ {at_most(self.upper)}"
        others = sorted((value, name) for name, value in self.bounds.items())
        return f"Bracket: {ends}", {
            "upper by": self.method,
            "upper bounds": ", ".join(f"{name} {at_most(value)}" for value, name in others),
            "lower reached at": f"an input of shape {self.lower_at.shape}",
            "rounding of evaluation": f"at most {at_most(self.evaluation)}",
        }


@recording()
def bracket(
    f: AnyNetwork,
    g: AnyNetwork,
    box: tuple[ArrayLike, ArrayLike] = (-1.0, 1.0),
    input_shape: Sequence[int] | None = None,
    seed: int = 0,
    *,
    samples: int = 256,
    restarts: int = 2,
    steps: int = 20,
    splits: int = 0,
    input_splits: int | None = None,
    bounds: Collection[str] | None = None,
    eps: float | None = None,
    device: str = "cpu",
) -> Bracket:
    """Bound sup over X in the box of ‖f(X) − g(X)‖_max from below and above.

    f, g: networks of Conv2d, Linear, ReLU, LeakyReLU, ReLU6, Flatten, AvgPool2d, MaxPool2d,
    ChannelScale and Residual in Sequential, or what `slth.networks.from_torch` reads as such,
    blocks with a convolution as their skip connection too; they are copied to float64 and left
    alone. They must have the same layers once every ChannelScale → ReLU → Conv2d/Linear is merged
    to one; blocks, pooling and activations are bounded as plain layers that compute the same
    (`slth.networks.unrolled`). box: (lo, hi), numbers or arrays that broadcast to input_shape.
    input_shape: (c, h, w) or (features,), without the batch; may be left out when f begins with
    Linear. seed, samples, restarts, steps: the search for `lower` (its module says).

    splits: subproblems of branch and bound over ReLU phases, some milliseconds each.
    input_splits: parts of branch and bound over the input, best first: halves of halves of the box
    and the two sides of ReLUs; half a millisecond each for three hundred neurons in dense layers,
    some milliseconds in small convolutions, which are written as dense layers for that (of at most
    2^22 entries; larger ones are halved at inputs alone); they move `lower` too. None: 0; with
    eps 20 000, if bounds has "input_splitting" or, without bounds, where at most 16 inputs vary and
    all layers are dense.
    bounds: names of the upper bounds to find; None: all, but for at most 16 inputs and dense layers
    those that take longer than boxes only if boxes leave upper above 2 lower. eps: all that is
    asked is whether the difference is at most eps; with bounds=None nothing is found behind the
    first bound or box that decides. device: of the search for
    `lower`, "cpu", "cuda" or "auto" (a GPU where torch sees one); its random numbers, the
    evaluation of lower_at and every upper bound are the CPU's.

    Upper bounds: `one_layer` (one-layer networks; exact without a ReLU), `differential`
    (ReluDiff, Paulsen et al. 2020), `closed_form`, `separate` (f and g bounded apart), `crown`
    (the same with linear bounds), `zonotope` (linear forms of f, g and f − g over shared symbols,
    `slth.supnorm.zonotope`), `lagrangian` (blocks of ReLU pairs, `slth.supnorm.dual.stage`), with
    splits `branching`, and with input_splits `input_splitting`. They hold for real arithmetic; what
    they say of float64 evaluation is in `slth.supnorm.rounding`. Deterministic, one torch thread.
    Cost: some ten thousand forward passes, about a second for small networks.
    Raises ValueError/TypeError: a module outside the list, networks that are not comparable, a box
    with lo > hi or entries not finite, shapes that do not fit, weights not finite, no such device,
    eps not above 0.
    FloatRangeError (a ValueError and an ArithmeticError): numbers that float64 does not hold.
    ArithmeticError: a thread without IEEE arithmetic (`slth.supnorm.arithmetic`), and a bound below
    a reached value, which is a defect of that bound and names it.

    >>> import torch
    >>> from torch import nn
    >>> def net(w):  # w |x|
    ...     up, down = torch.tensor([[1.0], [-1.0]]), torch.tensor([[w, w]])
    ...     return nn.Sequential(slth.networks.linear(up), nn.ReLU(), slth.networks.linear(down))
    >>> b = slth.supnorm.bracket(net(1.0), net(0.75), box=(-1, 1))
    >>> b.lower, round(b.upper, 9)
    (0.25, 0.25)
    """
    work = Work(
        checks.integer("samples", samples, low=0),
        checks.integer("restarts", restarts, low=0),
        checks.integer("steps", steps, low=0),
    )
    seed = checks.integer("seed", seed, low=0)
    splits = checks.integer("splits", splits, low=0)
    only = _names(bounds)
    goal = 0.0 if eps is None else checks.positive("eps", eps)
    boxes = _boxes(input_splits, only, goal)
    where = place(device)
    copies, layers, region = prepare(f, g, box, input_shape)
    with one_thread():
        scaled = measured(layers, region)
        aim = float(times(goal, -scaled.units.output))
        first = First() if only is not None else First.of(scaled, boxes, aim)
        if input_splits is None and only is None:
            boxes = 0  # what was worth asking was
        if first.closed:
            work = Work(0, 0, 0)
        above = upper(*scaled.layers, scaled.box, splits, only or first.names)
        late = above.branched if splits else None
        value, witness = lower(
            copies, scaled, region, above.delta, seed, work, above.witnesses, late, where
        )
        found = {**first.bounds, **above.bounds}
        tree, trace = first.tree, tuple[Step, ...]()
        if tree is None and boxes and above.root is not None:
            tree = above.root.split(boxes, float(times(value, -scaled.units.output)), aim)
        if tree is not None:
            if only is not None:
                found = {name: bound for name, bound in found.items() if name in only}
            found["input_splitting"] = tree.upper
            trace = _trace(tree, scaled.units)
            value, witness = _better(copies, scaled, region, tree.best, (value, witness))
    method = min(found, key=lambda name: found[name])
    ends, evaluation = scaled.units.bounds(found), scaled.units.above(above.evaluation)
    return replace(closed(method, ends, value, witness, evaluation), trace=trace)


def _boxes(input_splits: int | None, only: Collection[str] | None, goal: float) -> int:
    """Boxes that may be halved; `bracket` says how many where the caller does not."""
    if input_splits is not None:
        return checks.integer("input_splits", input_splits, low=0)
    return BOXES if goal and (only is None or "input_splitting" in only) else 0


def _names(bounds: Collection[str] | None) -> Collection[str] | None:
    if bounds is None:
        return None
    named = isinstance(bounds, Collection) and not isinstance(bounds, (str, bytes))
    try:
        asked = list(bounds) if named else []
    except (TypeError, RuntimeError):  # arrays without axes, tensors without values
        asked = []
    if not asked:
        got = checks.shown(bounds)
        raise TypeError(f"bounds: got {got}, takes a list of names of bounds, or None for all")
    return frozenset(checks.choice("bounds", name, NAMES) for name in asked)


def _trace(tree: Search, units: Units) -> tuple[Step, ...]:
    """The steps of a tree in the networks' own units."""
    return tuple(
        Step(step.boxes, float(times(step.lower, units.output)), units.above(step.upper))
        for step in tree.trace
    )


def _better(
    copies: Modules,
    scaled: Measured,
    region: Range,
    best: Tensor | None,
    found: tuple[float, FloatArray],
) -> tuple[float, FloatArray]:
    """What the tree met, evaluated on the modules, where that is more than what was found."""
    if best is None:
        return found
    x = scaled.units.inputs(best[None], region)[0]
    value = evaluate(*copies, x)
    return (value, x.numpy().copy()) if value > found[0] else found


def closed(
    method: str, bounds: dict[str, float], value: float, witness: FloatArray, evaluation: float
) -> Bracket:
    """Put the ends together; what ``value`` has above the bound is rounding of its evaluation.

    Raises ArithmeticError when it is more than that, which no networks explain, and when float64
    overflows.
    """
    least = bounds[method]
    if not math.isfinite(value) or math.isnan(least + evaluation):
        raise ArithmeticError(
            f"bracket: lower {value!r} against upper {least!r}: overflow in the networks, takes "
            "weights and a box whose outputs float64 holds"
        )
    if value > least + evaluation:
        raise ArithmeticError(
            f"bracket: {method} gives upper {least!r}, lower is {value!r}: this bound contradicts "
            "the reached value: a defect, please report it with the networks and the box"
        )
    return Bracket(min(value, least), least, witness, method, bounds, evaluation)
