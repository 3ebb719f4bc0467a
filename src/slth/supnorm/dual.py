"""The Lagrangian dual of a pair of networks: its value, its gradient steps, its rounding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.blocks import Blocks, blocks
from slth.supnorm.coordinates import Coordinates, entry, kernels, row_errors
from slth.supnorm.differential import Triple, affine_pair
from slth.supnorm.layers import Layer, Layers
from slth.supnorm.stage import Multipliers, Passed, Stage, adjoint, stage

_RATE = 0.1  # first step of Adam on the multipliers, relative to their scales
_LAST = 0.05  # the last step, relative to the first
_MOMENTS = (0.5, 0.9)  # short: the dual has kinks, and a long memory overshoots them
_CUT = 0.75  # share of δ that ranges bound at first, where they are known to be narrower


@dataclass(frozen=True)
class Affine:
    """A layer pair without ReLU: z = K_f x, δ = (K_f − K_g) x + K_g Δ, passed back exactly."""

    f: Layer
    g: Layer
    whole: Coordinates

    def back(self, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Linear form of the inputs, (T, M, 2), the bias terms, (T,), and the slack, (T,)."""
        of_z, of_delta = kernels(self.f, self.g, self.whole.signed)
        parts = [
            adjoint(self.f, a, c[..., 0]) + adjoint(self.f, b, c[..., 1])
            for a, b in zip(of_z, of_delta, strict=True)
        ]
        error = torch.stack(row_errors(self.f, self.g, self.whole), -1)
        # the adjoint sums over outputs what the row errors sum over inputs
        slack = (2 + c.shape[1] / self.f.terms) * (c.detach().abs() * error).sum((1, 2))
        return torch.stack(parts, -1), (c * self.shifts()).sum((1, 2)), slack

    def shifts(self) -> Tensor:
        """Biases of z and δ: (N, 2)."""
        zero = torch.zeros(self.f.geometry.out_shape, dtype=torch.float64)
        first, second = zero + self.f.shift(), zero + self.g.shift()
        return torch.stack([first.flatten(), (first - second).flatten()], -1)


@dataclass(frozen=True)
class Dual:
    """Links of the chain from the input to f − g before the last ReLU, and the input's range.

    ranges: the pair before every ReLU, layer by layer.
    """

    links: Sequence[Stage | Affine]
    ranges: Sequence[Triple]

    @property
    def stages(self) -> list[Stage]:
        """The links with a ReLU, first layer first."""
        return [link for link in self.links if isinstance(link, Stage)]

    def allowed(self) -> list[Tensor]:
        """Phase patterns that some input can have, stage by stage: (G, P)."""
        return [link.allowed for link in self.stages]

    def start(self, count: int) -> list[Multipliers]:
        """Multipliers 0, stage by stage."""
        return [link.start(count) for link in self.stages]

    def entries(self) -> int:
        """Float64 entries that the largest stage holds for one objective."""
        return max((len(s.phases) * s.z.numel() // s.z.shape[1] for s in self.stages), default=1)

    def value(
        self,
        c: Tensor,
        theta: Sequence[Multipliers],
        allowed: Sequence[Tensor],
        scales: Sequence[Tensor],
    ) -> "Value":
        """Bound on Σ_j c_j · (z_f, δ)_j of the last layer; c: (T, N, 2).

        Sound for every theta whose multipliers of z are ≥ 0: the least over theta is the LP bound
        of the blocks' hulls. Cost: one pass over the blocks' patterns.
        """
        total, slack = c.new_zeros(len(c)), c.new_zeros(len(c))
        sizes = c.new_zeros(len(c))
        passed: list[Passed] = []
        at = len(theta)
        for link in reversed(self.links):
            if isinstance(link, Affine):
                c, shift, more = link.back(c)
                parts = shift[:, None]
            else:
                at -= 1
                here = link.bound(c, scales[at], theta[at], allowed[at])
                c, parts, more = here.form, here.patterns.amax(-1), here.slack
                passed.insert(0, here)
            total, slack = total + parts.sum(1), slack + more
            sizes = sizes + parts.detach().abs().sum(1)
        front = self.links[0].whole
        total = total + front.support(c)
        sizes = sizes + (c.detach().abs() * front.size).sum((1, 2))
        return Value(
            total,
            slack + rounding.slack(self.terms()) * sizes,
            c,
            [here.patterns for here in passed],
            [here.influence for here in passed],
        )

    def terms(self) -> int:
        """Parts that a value adds up, on top of each part's own rounding."""
        return (
            sum(len(s.blocks.outputs) for s in self.stages) + 2 * len(self.links[0].whole.lo) + 16
        )

    def scales(self, c: Tensor) -> list[Tensor]:
        """Unit of the multipliers of every stage for objectives c."""
        scales: list[Tensor] = []
        for link in reversed(self.links):
            if isinstance(link, Affine):
                c = link.back(c)[0]
            else:
                scale = link.scale(c)
                scales.insert(0, scale)
                c = link.bound(c, scale, link.start(len(c)), link.allowed).form
        return scales


@dataclass(frozen=True)
class Value:
    """Dual value (T,), its rounding slack (T,), the form left at the input, and, stage by stage,
    the values of the patterns and the influence of the phases (`Passed`).
    """

    total: Tensor
    slack: Tensor
    form: Tensor
    patterns: list[Tensor]
    influence: list[Tensor]

    @property
    def safe(self) -> Tensor:
        """The value with its slack, rounded up."""
        return rounding.up(self.total.detach() + self.slack)


def build(
    f: Layers,
    g: Layers,
    places: Sequence[Triple],
    most: int,
    known: Sequence[Triple] | None = None,
    tables: Sequence[Blocks] | None = None,
) -> Dual | None:
    """Dual of layers f, g over the ranges ``places`` of `differential`; None when a layer inside
    reads both signs with K⁺ ≠ K⁻. most: ReLU pairs a block. known: ranges of the pair before every
    ReLU where they are narrower than what the layer makes of ``places``. tables: the blocks of
    every layer, where they are not its own.
    """
    links: list[Stage | Affine] = []
    ranges = []
    for i, (first, second) in enumerate(zip(f, g, strict=True)):
        whole = entry(first, second, places[i], i == 0)
        if whole is None:
            return None
        before = affine_pair(first, second, places[i]) if known is None else known[i]
        ranges.append(before)
        if first.relu and i + 1 < len(f):
            table = blocks(first, most) if tables is None else tables[i]
            cut = _CUT if known is not None and i else 0.0
            links.append(stage(first, second, whole, before.f, before.delta, table, cut))
        else:
            links.append(Affine(first, second, whole))
    return Dual(links, ranges)


@dataclass
class Descent:
    """Adam on the multipliers of a batch of objectives, keeping the least sound value of each."""

    dual: Dual
    c: Tensor
    allowed: list[Tensor]
    theta: list[Multipliers]
    scales: list[Tensor]

    def run(self, steps: int, rate: float = _RATE) -> Value:
        """Take ``steps`` steps; theta is left at the best point of each objective."""
        best = self._value(False)
        kept = [Multipliers(t.share.clone(), t.phase.clone()) for t in self.theta]
        now = [Multipliers(t.share.clone(), t.phase.clone()) for t in self.theta]
        moments = [(torch.zeros_like(x), torch.zeros_like(x)) for t in now for x in _parts(t)]
        rates = np.geomspace(rate, rate * _LAST, max(steps, 1))[:steps]
        for step, size in enumerate(rates if moments else []):
            self.theta = [
                Multipliers(t.share.requires_grad_(), t.phase.requires_grad_()) for t in now
            ]
            value = self._value(True)
            best = _least(best, value, kept, self.theta)
            flat = [x for t in self.theta for x in _parts(t)]
            unit = _largest(value.total.detach())
            slopes = torch.autograd.grad((value.total / unit).sum(), flat)
            with torch.no_grad():
                for x, slope, moment in zip(flat, slopes, moments, strict=True):
                    adam(x, slope, moment, step + 1, float(size))
                for t in self.theta:
                    t.phase[..., :2].clamp_(min=0)
            now = [Multipliers(t.share.detach(), t.phase.detach()) for t in self.theta]
        self.theta = now
        best = _least(best, self._value(False), kept, now)
        self.theta = kept
        return best

    def _value(self, gradient: bool) -> Value:
        with torch.set_grad_enabled(gradient):
            return self.dual.value(self.c, self.theta, self.allowed, self.scales)


def _parts(theta: Multipliers) -> tuple[Tensor, Tensor]:
    return theta.share, theta.phase


def _largest(total: Tensor) -> Tensor:
    return total.abs().clamp(min=1e-300)


def adam(x: Tensor, slope: Tensor, moments: tuple[Tensor, Tensor], step: int, rate: float) -> None:
    """Take step number ``step`` ≥ 1 in place."""
    first, second = moments
    first.mul_(_MOMENTS[0]).add_(slope, alpha=1 - _MOMENTS[0])
    second.mul_(_MOMENTS[1]).addcmul_(slope, slope, value=1 - _MOMENTS[1])
    root = (second / (1 - _MOMENTS[1] ** step)).sqrt_().add_(1e-12)
    x.addcdiv_(first, root, value=-rate / (1 - _MOMENTS[0] ** step))


def _least(
    best: Value, value: Value, kept: list[Multipliers], theta: Sequence[Multipliers]
) -> Value:
    """Where ``value`` is less than ``best``, take it and its multipliers (into ``kept``)."""
    better = value.safe < best.safe

    def choose(new: Tensor, old: Tensor) -> Tensor:
        return torch.where(better.view(-1, *[1] * (new.ndim - 1)), new.detach(), old)

    for i, t in enumerate(theta):
        kept[i] = Multipliers(choose(t.share, kept[i].share), choose(t.phase, kept[i].phase))
    return Value(
        choose(value.total, best.total),
        choose(value.slack, best.slack),
        choose(value.form, best.form),
        [choose(a, b) for a, b in zip(value.patterns, best.patterns, strict=True)],
        [choose(a, b) for a, b in zip(value.influence, best.influence, strict=True)],
    )
