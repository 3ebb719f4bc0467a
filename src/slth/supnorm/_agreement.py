"""Which points keep their decision in a whole ball: certified, refuted with a witness, or open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from slth import checks
from slth.checks import BoolArray, FloatArray
from slth.networks.converted import AnyNetwork
from slth.networks.modes import recording
from slth.supnorm._around import _balls, _inner, _points
from slth.supnorm._attack import attacked, decision
from slth.supnorm.arguments import Modules, one_thread, prepare
from slth.supnorm.arithmetic import finite
from slth.supnorm.bounds.crown import objectives
from slth.supnorm.bounds.upper import of_modules
from slth.supnorm.ranges import Range
from slth.supnorm.units import Measured, measured
from slth.supnorm.zonotope.complete import least_margin
from slth.supnorm.zonotope.margins import margins
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.written import fits
from slth.values import Printed, Value


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Printed, Value):
    """What is known of each of m points and the ball around it.

    certified: f and g decide for ``decisions`` all over the ball. refuted: at ``witness``, inside
    the ball, f or g decides otherwise. alone: f keeps its decision, whatever g does. decisions:
    f's at the points. margins: certified lower bounds, (m, 2), of the least margin of f and of g.
    witness: (m, *input_shape), NaN where there is none. What is neither is open.

    >>> import torch
    >>> f = slth.networks.linear(torch.eye(2))
    >>> slth.supnorm.agreement(f, f, [[1.0, 0.0], [1.0, 0.9]], radius=0.2)
    Agreement of 2 points: 1 certified, 1 refuted, 0 open
      f alone certified: 1
    """

    certified: BoolArray
    refuted: BoolArray
    alone: BoolArray
    decisions: np.ndarray
    margins: FloatArray
    witness: FloatArray

    @property
    def open(self) -> BoolArray:
        """Neither certified nor refuted."""
        return ~(self.certified | self.refuted)

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        counts = {name: int(getattr(self, name).sum()) for name in ("certified", "refuted", "open")}
        words = ", ".join(f"{count} {name}" for name, count in counts.items())
        return f"Agreement of {len(self.certified)} points: {words}", {
            "f alone certified": int(self.alone.sum())
        }


@recording()
def agreement(
    f: AnyNetwork,
    g: AnyNetwork,
    points: ArrayLike | Tensor,
    radius: float,
    *,
    box: tuple[ArrayLike, ArrayLike] | None = None,
    steps: int | None = 8,
    input_splits: int = 0,
    seed: int = 0,
) -> Agreement:
    """Say for which points f and g both keep f's decision in the whole ball around it.

    f, g: as for `slth.supnorm.bracket`; a decision is the index of the largest output. points:
    (m, features) or (m, c, h, w). radius: >= 0, sup norm, in units of the input. box: (lo, hi) that
    the balls are cut to; None: they are not. A point is certified when the margins h_c − h_j of
    h = f and of h = g, c f's decision at the point, are above 0 by linear bounds on the margins
    themselves, by more than float64 evaluation can add: first by zonotopes and backward passes of
    many balls at once (`slth.supnorm.zonotope.margins`), then, ball by ball where these leave it
    open, by CROWN with ``steps`` steps of its lower lines (Zhang et al., NeurIPS 2018); with None
    without the latter. It is refuted when an attack (sign gradients from the centre, then from
    random corners keyed by ``seed``) meets another decision of the float64 modules. What is still
    open is split in up to ``input_splits`` parts per network, at inputs or ReLU phases, worst first
    (`slth.supnorm.zonotope.complete`): enough of them decide nearly every ball. A tie is never
    certified. Cost: some milliseconds per point for small networks, of CROWN a backward pass per
    neuron for every point left open, and milliseconds per part. Raises what `bracket` raises, and
    ValueError for points outside the box, networks with one output, or ``input_splits`` where the
    networks' matrices, convolutions written out, have more than 2^22 entries or the last layer has
    a ReLU.

    >>> import torch
    >>> f = slth.networks.linear(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    >>> g = slth.networks.linear(torch.tensor([[1.0, 0.1], [0.1, 1.0]]))
    >>> found = slth.supnorm.agreement(f, g, [[1.0, 0.0], [1.0, 0.9]], radius=0.2)
    >>> found.certified.tolist(), found.refuted.tolist()
    ([True, False], [False, True])
    """
    radius = checks.real("radius", radius)
    if radius < 0:
        raise ValueError(f"radius: got {radius!r}, takes a number >= 0")
    seed = checks.integer("seed", seed, low=0)
    parts = checks.integer("input_splits", input_splits, low=0)
    effort = None if steps is None else checks.integer("steps", steps, low=0)
    centres = _points(points)
    around = (centres.amin(0) - radius).numpy(), (centres.amax(0) + radius).numpy()
    ends = around if box is None else box
    copies, layers, region = prepare(f, g, ends, tuple(centres.shape[1:]))
    if parts and not all(map(fits, layers)):
        raise ValueError(
            f"input_splits: got {parts}, takes 0 for networks whose matrices have more than 2^22 "
            "entries, or whose last layer has a ReLU"
        )
    with one_thread():
        with torch.no_grad():
            outputs = finite(copies[0](centres)).flatten(1)
        if outputs.shape[1] < 2:
            raise ValueError("f: got one output, takes a network that decides between two or more")
        decided = outputs.argmax(1)
        whole = measured(layers, region)
        if whole.layers is not layers:  # numbers of unusual size
            with torch.no_grad():
                finite(copies[1](centres))
        balls = _balls(centres, radius, region)
        least = _certified(whole, balls, decided, effort)
        left = torch.nonzero(~(least > 0).all(dim=1))[:, 0]
        limits = zip(*((ball.lo, ball.hi) for ball in _inner(centres, radius, region)), strict=True)
        inner = Range(*(torch.stack(end) for end in limits))
        witness = attacked(copies, whole, inner, centres, decided, left, seed)
        if parts:
            _split(copies, whole, (balls, inner), decided, parts, least, witness)
    kept = least > 0
    refuted = ~torch.isnan(witness.flatten(1)).any(dim=1)
    return Agreement(
        kept.all(dim=1).numpy(), refuted.numpy(), kept[:, 0].numpy(), decided.numpy(),
        least.numpy(), witness.numpy(),
    )  # fmt: skip


def _certified(whole: Measured, balls: list[Range], decided: Tensor, steps: int | None) -> Tensor:
    """Lower bounds of the least margins of f and of g, (m, 2), in the networks' own units."""
    pair = Pair(*whole.layers, (whole.box.hi > whole.box.lo).flatten())
    found = torch.full((len(balls), 2), -torch.inf, dtype=torch.float64)
    if pair.fits:
        scaled = [whole.units.box(ball) for ball in balls]
        ends = (torch.stack([getattr(b, end).flatten() for b in scaled]) for end in ("lo", "hi"))
        error = [float(of_modules(layers, whole.box).max()) for layers in whole.layers]
        found = margins(pair, Range(*ends), decided, error)
        found = torch.from_numpy(whole.units.below(found.numpy()))
    if steps is not None:
        for i in torch.nonzero((found <= 0).any(1))[:, 0].tolist():
            more = _margins(whole.within(balls[i]), int(decided[i]), steps)
            found[i] = torch.maximum(found[i], more)
    return found


def _split(
    copies: Modules, whole: Measured, balls: tuple[list[Range], Range], decided: Tensor, parts: int,
    least: Tensor, witness: Tensor,
) -> None:  # fmt: skip
    """Split the balls that are open in parts; what comes out is written to least and witness."""
    for i in range(len(least)):
        for network in range(2):
            if least[i, network] > 0 or not bool(torch.isnan(witness[i]).all()):
                continue
            ball, c = whole.within(balls[0][i]), int(decided[i])
            layers = ball.layers[network]
            error = float(of_modules(layers, ball.box).max())
            found = least_margin(layers, ball.box, c, error, parts)
            value = float(ball.units.below(found.value))
            least[i, network] = max(float(least[i, network]), value)
            if found.suspect is not None:
                inside = Range(balls[1].lo[i], balls[1].hi[i])
                x = ball.units.inputs(found.suspect.view(1, *inside.lo.shape), inside)
                x = x.clamp(inside.lo, inside.hi)
                if decision(copies[network], x[0]) != c:
                    witness[i] = x[0]


def _margins(ball: Measured, decision: int, steps: int) -> Tensor:
    """Certified least margins of f and of g by CROWN, (2,), in the networks' own units."""
    found = []
    for layers in ball.layers:
        error = float(of_modules(layers, ball.box).max())
        count = int(np.prod(layers[-1].geometry.out_shape))
        rows = torch.eye(count, dtype=torch.float64)
        rows = (rows - rows[decision])[torch.arange(count) != decision]
        found.append(-(objectives(layers, ball.box, rows, steps).max() + 2 * error))
    return torch.from_numpy(ball.units.below(torch.stack(found).numpy()))
