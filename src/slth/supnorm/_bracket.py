"""The entry: certified bounds on the sup-norm difference of two networks over a box."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike
from torch import nn

from slth import checks
from slth.checks import FloatArray
from slth.networks.modes import recording
from slth.supnorm.arguments import one_thread, place, prepare
from slth.supnorm.bounds.upper import upper
from slth.supnorm.search.lower import Work, lower
from slth.supnorm.units import measured
from slth.values import Printed, Value, at_least, at_most


@dataclass(frozen=True, eq=False, repr=False)
class Bracket(Printed, Value):
    """lower ≤ sup over the box of ‖f(X) − g(X)‖_max ≤ upper.

    lower_at: the input, of input_shape, where lower is reached by the float64 modules.
    bounds: every upper bound by name. method: the name of the least, which is upper.
    evaluation: bound on what float64 evaluation of the modules adds; lower is exact up to this much
    (about 1e-14; 1e-7 for thousands of hidden channels, where the bound is far from what is seen).
    """

    lower: float
    upper: float
    lower_at: FloatArray
    method: str
    bounds: dict[str, float]
    evaluation: float

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
    device: str = "cpu",
) -> Bracket:
    """Bound sup over X in the box of ‖f(X) − g(X)‖_max from below and above.

    f, g: networks of Conv2d, Linear, ReLU, Flatten, AvgPool2d, ChannelScale and Residual in
    Sequential, or what `slth.networks.from_torch` reads as such; they are copied to float64 and
    left alone. They must have the same layers once every ChannelScale → ReLU → Conv2d/Linear is
    merged to one; a Residual is bounded as layers that carry its input along
    (`slth.networks.unrolled`). box: (lo, hi), numbers or arrays that broadcast to input_shape.
    input_shape: (c, h, w) or (features,), without the batch; may be left out when f begins with
    Linear. seed, samples, restarts, steps: the search for `lower` (its module says).

    splits: subproblems of branch and bound over ReLU phases, some milliseconds each. device: of the
    search for `lower`, "cpu", "cuda" or "auto" (a GPU where torch sees one); its random numbers,
    the evaluation of lower_at and every upper bound are the CPU's.

    Upper bounds: `one_layer` (one-layer networks; exact without a ReLU), `differential`
    (ReluDiff, Paulsen et al. 2020), `closed_form`, `separate` (f and g bounded apart), `crown`
    (the same with linear bounds), `lagrangian` (blocks of ReLU pairs, `slth.supnorm.dual.stage`)
    and, with splits, `branching`. They hold for real arithmetic; what they say of float64
    evaluation is in `slth.supnorm.rounding`. Deterministic, one torch thread. Cost: some ten
    thousand forward passes, about a second for small networks.
    Raises ValueError/TypeError: a module outside the list, networks that are not comparable, a box
    with lo > hi or entries not finite, shapes that do not fit, weights not finite, no such device.
    FloatRangeError (a ValueError and an ArithmeticError): numbers that float64 does not hold.
    ArithmeticError: a thread without IEEE arithmetic (`slth.supnorm.arithmetic`), and a bound below
    a reached value, which is a defect of that bound and names it.
    """
    work = Work(
        checks.integer("samples", samples, low=0),
        checks.integer("restarts", restarts, low=0),
        checks.integer("steps", steps, low=0),
    )
    seed, splits = (
        checks.integer(name, count, low=0) for name, count in (("seed", seed), ("splits", splits))
    )
    where = place(device)
    copies, layers, region = prepare(f, g, box, input_shape)
    with one_thread():
        scaled = measured(layers, region)
        above = upper(*scaled.layers, scaled.box, splits)
        late = above.branched if splits else None
        value, witness = lower(
            copies, scaled, region, above.delta, seed, work, above.witnesses, late, where
        )
    bounds, evaluation = scaled.units.bounds(above.bounds), scaled.units.above(above.evaluation)
    return closed(above.method, bounds, value, witness, evaluation)


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
