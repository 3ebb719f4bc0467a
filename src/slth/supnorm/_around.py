"""The bracket of a union of l_∞ balls around data points."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from slth import checks
from slth.networks.modes import recording
from slth.supnorm._bracket import Bracket, closed
from slth.supnorm.arguments import Modules, one_thread, place, prepare
from slth.supnorm.bounds.differential import differential
from slth.supnorm.bounds.upper import interval_bounds, module_error, upper
from slth.supnorm.layers import forward
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import down, up
from slth.supnorm.search.lower import Work, lower
from slth.supnorm.units import Measured, measured


@recording()
def bracket_around(
    f: nn.Module,
    g: nn.Module,
    points: ArrayLike | Tensor,
    radius: float,
    box: tuple[ArrayLike, ArrayLike] = (-1.0, 1.0),
    seed: int = 0,
    *,
    refined: int = 8,
    samples: int = 64,
    restarts: int = 1,
    steps: int = 20,
    splits: int = 0,
    device: str = "cpu",
) -> Bracket:
    """Bound sup of ‖f(X) − g(X)‖_max over X in the box within ``radius`` of a point, sup norm.

    points: (m, *input_shape), in the box. radius: ≥ 0, in units of the input. refined: how many
    balls, those with the largest bounds, get every bound and, with those of the largest error at
    the centre, a search. The rest as in `bracket`. Every entry of ``bounds`` is the largest over
    the balls; `union`, the method, takes the least bound ball by ball. lower_at lies in one ball.
    Cost: interval bounds per ball, and `refined` brackets. Raises what `bracket` raises, and
    ValueError for points outside the box, a radius that is negative or not finite.

    >>> import torch
    >>> f = slth.networks.linear(torch.tensor([[1.0, 2.0]]))
    >>> g = slth.networks.linear(torch.tensor([[1.5, 2.0]]))
    >>> b = slth.supnorm.bracket_around(f, g, [[0.0, 0.0], [0.5, 0.0]], radius=0.1)
    >>> round(b.lower, 9), round(b.upper, 9)  # 0.5 |x_1|, where x_1 is 0.6
    (0.3, 0.3)
    """
    work = Work(
        checks.integer("samples", samples, low=0),
        checks.integer("restarts", restarts, low=0),
        checks.integer("steps", steps, low=0),
    )
    seed, splits = checks.integer("seed", seed, low=0), checks.integer("splits", splits, low=0)
    where, radius = place(device), checks.real("radius", radius)
    if radius < 0:
        raise ValueError(f"radius: got {radius!r}, takes a number >= 0")
    refined = checks.integer("refined", refined, low=1)
    centres = _points(points)
    copies, layers, region = prepare(f, g, box, tuple(centres.shape[1:]))
    balls = _balls(centres, radius, region)
    with one_thread():
        whole = measured(layers, region)
        scaled = [whole.within(ball) for ball in balls]
        table = [_interval_bounds(part) for part in scaled]
        bounds = {name: max(row[name] for row in table) for name in table[0]}
        least, starts = _refine(scaled, [min(r.values()) for r in table], refined, splits)
        chosen = {*_worst(whole, centres, min(refined, len(balls))), *starts}
        inner = _inner(centres, radius, region)
        found = [
            _search(copies, scaled[i], inner[i], seed, work, starts.get(i), where) for i in chosen
        ]
    value, witness = max(found, key=lambda pair: pair[0])
    bounds["union"] = max(least)
    evaluation = whole.units.above(module_error(*whole.layers, whole.box))
    return closed("union", bounds, value, witness, evaluation)


def _interval_bounds(ball: Measured) -> dict[str, float]:
    places = differential(*ball.layers, ball.box)
    return ball.units.bounds(interval_bounds(*ball.layers, ball.box, places)[0])


def _worst(whole: Measured, centres: Tensor, count: int) -> list[int]:
    """The centres where f and g differ most."""
    x = whole.units.box(Range(centres, centres)).lo
    with torch.no_grad():
        errors = (forward(whole.layers[0], x) - forward(whole.layers[1], x)).abs().amax(1)
    return [int(i) for i in errors.topk(count).indices]


def _refine(
    balls: list[Measured], least: list[float], refined: int, splits: int
) -> tuple[list[float], dict[int, Tensor]]:
    """Give every bound to the worst ball, again and again; return the bounds and the witnesses."""
    starts: dict[int, Tensor] = {}
    for _ in range(min(refined, len(balls))):
        worst = int(np.argmax(least))
        if worst in starts:
            break
        ball = balls[worst]
        above = upper(*ball.layers, ball.box, splits)
        least[worst] = min(least[worst], ball.units.above(above.bounds[above.method]))
        starts[worst] = above.witnesses
    return least, starts


def _search(
    copies: Modules,
    scaled: Measured,
    ball: Range,
    seed: int,
    work: Work,
    starts: Tensor | None,
    where: torch.device,
) -> tuple[float, np.ndarray]:
    delta = differential(*scaled.layers, scaled.units.box(ball))[-1].delta
    return lower(copies, scaled, ball, delta, seed, work, starts, where=where)


def _balls(centres: Tensor, radius: float, region: Range) -> list[Range]:
    """The balls rounded outward, for the bounds; ValueError for a centre outside the box."""
    if bool(((centres < region.lo) | (centres > region.hi)).any()):
        raise ValueError("points: got entries outside the box, takes points in the box")
    lo = torch.maximum(down(centres - radius), region.lo)
    hi = torch.minimum(up(centres + radius), region.hi)
    return [Range(*ends) for ends in zip(lo, hi, strict=True)]


def _inner(centres: Tensor, radius: float, region: Range) -> list[Range]:
    """The balls rounded inward: what is reached there is reached in the balls themselves."""
    lo = torch.maximum(torch.minimum(up(centres - radius), centres), region.lo)
    hi = torch.minimum(torch.maximum(down(centres + radius), centres), region.hi)
    return [Range(*ends) for ends in zip(lo, hi, strict=True)]


def _points(points: ArrayLike | Tensor) -> Tensor:
    values = checks.array("points", points, (2, 4), "(m, features) or (m, c, h, w)")
    if not len(values):
        raise ValueError("points: got none, takes at least one")
    return torch.from_numpy(np.array(values, dtype=np.float64))
