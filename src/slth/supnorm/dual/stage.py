"""One ReLU layer pair in the Lagrangian dual: a linear form of its outputs, bounded by its inputs.

For outputs y = (σ(z), Δ), Δ = σ(z) − σ(z − δ), and any multipliers λ on the copies that the blocks
hold of their inputs u,
    Σ_j c_j · y_j ≤ −(Σ_B λ_B) · u + Σ_B max_{u_B, phases} [Σ_{j∈B} c_j · y_j + λ_B · u_B].
Phases: Δ is δ when both are active, 0 when none is, and between 0 and δ otherwise, when z lies
between 0 and δ too. So c_Δ Δ is at most its value with one phase s ∈ {0, 1} for both, where s = 1
needs z ≥ min(0, l_δ) and s = 0 needs z ≤ max(0, u_δ); c_f σ(z) is off by at most
|c_f| max(−l_δ, u_δ, 0). Which s that is depends on the sign of c_Δ, so it needs both s allowed.
Where one is ruled out (`Allowed`), s is the phase of one network, and the other's may differ: of
f, with z ≥ 0 or z ≤ 0, the loss is (−c_Δ)⁺ |z − δ|; of g, with z − δ ≥ 0 or ≤ 0, it is
(c_f + c_Δ)⁺ |z|; either size is at most u_δ or −l_δ there. A range of z that leaves one s leaves
no room for differing phases.
Each maximum over u_B in its box under these constraints, and those of the
ranges of z and δ, is bounded by its own dual, with β ≥ 0. The loss of the shared phase is second
order in ‖f − g‖. Ranges narrower than what the box of u_B gives (`slth.supnorm.dual.local`) cut the
hull: their multipliers mix it with the interval bound, and neither is worse than both together.
Sources: Lagrangian decomposition (Bunel et al., UAI 2020), hulls of several neurons at once (Singh
et al., NeurIPS 2019), β as in β-CROWN (Wang et al., NeurIPS 2021), pairs as in NeuroDiff (Paulsen
et al., ASE 2020).
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.dual.blocks import Blocks
from slth.supnorm.dual.coordinates import Coordinates, kernels, row_errors
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range

LEAST = 1e-70  # sizes below are taken for it where they divide: products of three stay finite
OPEN, OF_F, OF_G = 0, 1, 2  # whose phase is fixed


@dataclass(frozen=True)
class Multipliers:
    """θ of λ, (T, G, p, 2), and of β, (T, G, P, m, 3); both relative to the stage's scales.

    β: of z at the end that its phase sets and at its other end, both ≥ 0, and of δ at either end:
    what is added to the start of `Stage.bound`, of any sign.
    """

    share: Tensor
    phase: Tensor


@dataclass(frozen=True)
class Allowed:
    """The part of the inputs that a subproblem is about, as one stage sees it.

    patterns: (…, G, P), the patterns of phases that are left. fixed: (…, G, m), OPEN, or the
    network, OF_F or OF_G, whose phase is the one that ``patterns`` leaves.
    """

    patterns: Tensor
    fixed: Tensor


@dataclass(frozen=True)
class Passed:
    """What a stage makes of T objectives.

    patterns: (T, G, P), the largest value with each pattern of phases, −∞ where none is allowed.
    form: (T, M, 2), linear in the inputs. slack: (T,), for rounding. influence: (T, G, m), the
    most that an output's phase can matter.
    """

    patterns: Tensor
    form: Tensor
    slack: Tensor
    influence: Tensor


@dataclass(frozen=True)
class Stage:
    """A layer pair with ReLU, its blocks and the ranges of everything at its door.

    z, delta: rows (G, m, p, 2) of the pre-activations f and f − g. shift: (G, m, 2), their biases.
    above, below: (G, m), s = 1 needs z ≥ −above, s = 0 needs z ≤ below. phases: (P, m) of {0, 1}.
    allowed: the patterns that some input can have, none fixed. active: (G, m), the share of the
    linear form of phase 1 that is passed on before any multiplier. mixed: (G, m), the loss per
    |c_f| of an open phase.
    error: (G, m, 2), bounds on the rounding of z and δ. lo, hi: (G, m, 2), ranges of z and δ.
    cut: the share of δ that its range bounds before any multiplier.
    """

    blocks: Blocks
    box: Coordinates
    whole: Coordinates
    z: Tensor
    delta: Tensor
    shift: Tensor
    above: Tensor
    below: Tensor
    phases: Tensor
    allowed: Allowed
    active: Tensor
    mixed: Tensor
    error: Tensor
    spread: Tensor
    lo: Tensor
    hi: Tensor
    cut: float

    def start(self, count: int) -> Multipliers:
        """Multipliers 0 for ``count`` objectives."""
        groups, m = self.blocks.outputs.shape
        share = self.z.new_zeros(count, *self.z.shape[:1], *self.z.shape[2:])
        return Multipliers(share, self.z.new_zeros(count, groups, len(self.phases), m, 3))

    def gather(self, c: Tensor) -> Tensor:
        """Coefficients block by block, (T, N, 2) → (T, G, m, 2); absent outputs get 0."""
        return torch.cat([c, c.new_zeros(len(c), 1, 2)], 1)[:, self.blocks.outputs]

    def scale(self, c: Tensor) -> Tensor:
        """Size of one block output's term, objective by objective: (T, 1, 1, 1)."""
        terms = (self.gather(c).abs() * self.spread).sum(-1)
        return terms.mean((1, 2)).view(-1, 1, 1, 1).clamp(min=1e-300)

    def bound(self, c: Tensor, scale: Tensor, theta: Multipliers, allowed: Allowed) -> "Passed":
        """Pass Σ_j c_j · y_j, c of shape (T, N, 2), to the inputs."""
        own = self.gather(c)
        slope = self._slope(own)
        share = scale * theta.share * self.unit() - (self.active[..., None, None] * slope).sum(2)
        beta = scale[..., None] * theta.phase * self.phase_unit()
        sign = 2 * self.phases - 1
        of_z = sign * (beta[..., 0] - beta[..., 1])
        # δ leaves the form at first where its range is narrower than the box of the inputs gives
        left = (self.phases - self.active[:, None]) * self.cut * own[:, :, None, :, 1]
        of_delta = -left - beta[..., 2]
        form = share[:, :, None] + torch.einsum("sk,tgkpf->tgspf", self.phases, slope)
        form = form + torch.einsum("tgsk,gkpf->tgspf", of_z, self.z)
        form = form + torch.einsum("tgsk,gkpf->tgspf", of_delta, self.delta)
        constant = (own * self.shift).sum(-1) @ self.phases.T
        shifts = of_z * self.shift[:, None, :, 0] + of_delta * self.shift[:, None, :, 1]
        near, far = self.edges().unbind(-1)
        is_open, of_g = ((allowed.fixed == kind)[..., None, :] for kind in (OPEN, OF_G))
        edges = beta[..., 0] * near * is_open + beta[..., 1] * far
        # z − δ ≥ 0 or ≤ 0 in place of z ≥ −above or ≤ below: the same form, its δ in its range
        ranged = of_delta + of_g * sign * beta[..., 0]
        low, high = (end[:, None, :, 1] for end in (self.lo, self.hi))
        edges = edges + torch.maximum(-ranged * high, -ranged * low)
        constant = constant + (shifts + edges + self._loss(own, allowed.fixed)).sum(-1)
        value = self.box.support(form) + constant
        most = of_delta.abs() + of_g * beta[..., 0]
        return Passed(
            value.masked_fill(~allowed.patterns, -torch.inf),
            self._scatter(-share),
            self._slack(own, slope, share, beta[..., :2].sum(-1), most, allowed.fixed),
            (own.detach().abs() * self.spread).sum(-1),
        )

    def passed_first(self, c: Tensor) -> Tensor:
        """The form (T, M, 2) that `bound` passes on at multipliers 0."""
        slope = self._slope(self.gather(c))
        return self._scatter((self.active[..., None, None] * slope).sum(2))

    def _slope(self, own: Tensor) -> Tensor:
        """Forms of the inputs where every phase is 1: (T, G, m, p, 2)."""
        return own[..., :1, None] * self.z + own[..., 1:, None] * self.delta

    def cheaper(self, c: Tensor) -> Tensor:
        """The network, OF_F or OF_G, whose phase is fixed at the lesser loss: (T, G, m)."""
        own = self.gather(c)
        return torch.where(-own[..., 1] <= own.sum(-1).clamp(min=0), OF_F, OF_G)

    def _loss(self, own: Tensor, fixed: Tensor) -> Tensor:
        """What differing phases add to a pattern's value, output by output: (T, G, P or 1, m)."""
        loss = (own[..., 0].abs() * self.mixed * (fixed == OPEN))[:, :, None]
        if not bool(fixed.any()):
            return loss
        near = self.edges()[..., 0]
        other = self.above[:, None] + self.below[:, None] - near
        of_f, of_g = ((fixed == network)[..., None, :] for network in (OF_F, OF_G))
        loss = loss + of_f * torch.relu(-own[..., 1])[:, :, None] * other
        return loss + of_g * torch.relu(own.sum(-1))[:, :, None] * near

    def unit(self) -> Tensor:
        """What λ is measured in, (G, p, 2), and θ of an input that is always 0 does not count."""
        return _inverse(self.box.size[:, 0])

    def phase_unit(self) -> Tensor:
        """What β is measured in: (G, 1, m, 3)."""
        return _inverse(self.spread)[:, None, :, [0, 0, 1]]

    def edges(self) -> Tensor:
        """What a unit of the multipliers of z adds: (G, P, m, 2)."""
        on = self.phases > 0
        near = torch.where(on, self.above[:, None], self.below[:, None])
        far = torch.where(on, self.hi[:, None, :, 0], -self.lo[:, None, :, 0])
        return torch.stack([near, far], -1)

    def _scatter(self, share: Tensor) -> Tensor:
        count = len(self.whole.lo)
        out = share.new_zeros(len(share), count + 1, 2)
        out = out.index_add(1, self.blocks.inputs.flatten(), share.flatten(1, 2))
        return out[:, :count]

    def _slack(
        self,
        own: Tensor,
        slope: Tensor,
        share: Tensor,
        of_z: Tensor,
        of_delta: Tensor,
        fixed: Tensor,
    ) -> Tensor:
        """Slack of the float64 operations of `bound`: γ times Σ|terms|, and the rows' own error.

        of_z, of_delta: most that they are multiplied by, (T, G, P, m).
        """
        with torch.no_grad():
            most = torch.stack([of_z.amax(2), of_delta.amax(2)], -1)
            rows = ((own.abs() + most) * self.error).sum(-1)
            size = self.box.size[:, 0]
            reach = [(part.abs() * size[:, None]).sum((-1, -2)) for part in (self.z, self.delta)]
            terms = 2 * ((slope.abs().sum(2) + share.abs()) * size).sum((-1, -2))
            edge = torch.stack(reach, -1) + self.shift.abs() + self.lo.abs() + self.hi.abs()
            edge = edge + (self.above.abs() + self.below.abs())[..., None]
            terms = terms + (most * edge + (own * self.shift).abs()).sum((-1, -2))
            terms = terms + (own[..., 0].abs() * self.mixed).sum(-1)
            lost = own.abs().sum(-1) * (self.above + self.below) * (fixed != OPEN)
            terms = terms + lost.sum(-1)
            length = slope.shape[2] * 16 + 2 * slope.shape[3] + len(self.blocks.outputs)
            return (rows.sum(-1) + rounding.slack(length) * terms).sum(-1)


def stage(
    f: Layer,
    g: Layer,
    whole: Coordinates,
    z: Range,
    delta: Range,
    shape: Blocks,
    cut: float = 0.0,
) -> Stage:
    """Stage of layers f, g: inputs ``whole``, pre-activation ranges z of f and delta of f − g."""
    of_z, of_delta = kernels(f, g, whole.signed)
    box = whole.take(shape.inputs[:, None])

    def rows(pair: tuple[Tensor, Tensor]) -> Tensor:
        return torch.stack([shape.coefficients(kernel) for kernel in pair], -1)

    def own(x: Tensor) -> Tensor:
        return torch.cat([x.flatten(), x.new_zeros(1)])[shape.outputs]

    zero = torch.zeros(f.geometry.out_shape, dtype=torch.float64)
    first, second = (zero + layer.shift() for layer in (f, g))
    low, high, least, largest = own(z.lo), own(z.hi), own(delta.lo), own(delta.hi)
    above, below = (-least).clamp(min=0), largest.clamp(min=0)
    on, off = ~(high < -above), ~(low > below)  # a NaN rules nothing out
    off = off | (shape.outputs == zero.numel())
    on = on & (shape.outputs < zero.numel())
    phases = torch.tensor(
        list(itertools.product((0.0, 1.0), repeat=shape.outputs.shape[1])), dtype=torch.float64
    )
    patterns = torch.where(phases > 0, on[:, None], off[:, None]).all(-1)
    width = (high - low).clamp(min=1e-300)
    both = (high.clamp(min=0) / width).clamp(max=1)
    mixed = on & off & (shape.outputs < zero.numel())
    return Stage(
        shape,
        box,
        whole,
        rows(of_z),
        rows(of_delta),
        torch.stack([own(first), own(first - second)], -1),
        above,
        below,
        phases,
        Allowed(patterns, torch.full_like(shape.outputs, OPEN)),
        torch.where(on & off, both, on.double()),
        torch.where(mixed, torch.maximum(above, below), 0.0),
        torch.stack([own(error) for error in row_errors(f, g, whole)], -1),
        torch.stack([own(z.size), own(delta.size)], -1),
        torch.stack([low, least], -1),
        torch.stack([high, largest], -1),
        cut,
    )


def _inverse(size: Tensor) -> Tensor:
    return torch.where(size > 0, 1 / size.clamp(min=LEAST), 0.0)


def adjoint(layer: Layer, kernel: Tensor, c: Tensor) -> Tensor:
    """Kᵀ c for c (T, N): (T, M)."""
    x = torch.zeros(len(c), *layer.geometry.in_shape, dtype=c.dtype, requires_grad=True)
    with torch.enable_grad():
        y = layer.geometry.apply(kernel, x).flatten(1)
        # not grad(y, x, c): given c, torch reads sympy to compare the shapes, .8 CPU s at first
        (out,) = torch.autograd.grad((y * c).sum(), x, create_graph=c.requires_grad)
    return out.flatten(1)
