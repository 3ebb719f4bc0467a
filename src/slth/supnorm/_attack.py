"""Inputs of balls where f or g decides otherwise than f at the centre: sign gradients, many balls.

Source: projected gradient steps of the sign (Madry et al., ICLR 2018). A ticket's merged layers,
which compute the same with a few of its weights, say where to go; what they find counts only where
the float64 module agrees: it is asked, or their outputs are further apart than it and they can be.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from slth import seeding
from slth.supnorm.arguments import Modules
from slth.supnorm.arithmetic import finite
from slth.supnorm.bounds.upper import of_modules
from slth.supnorm.layers import Layers, forward
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.rounding import up
from slth.supnorm.units import Measured

STARTS = 32  # corners of a ball that ascent begins at, where from the centre it finds nothing
STEPS = 10  # of ascent, along the sign of the gradient
_TOGETHER = 2**17  # float64 numbers of the inputs that ascend side by side


def attacked(
    copies: Modules, whole: Measured, balls: Range, centres: Tensor, decided: Tensor,
    left: Tensor, seed: int,
) -> Tensor:  # fmt: skip
    """A witness of every ball where one was met, (m, *input_shape), NaN elsewhere.

    balls, centres: (m, *input_shape), in the networks' own units. decided: (m,), the decisions that
    are not to change. left: indices of the balls that are attacked. Corners are keyed by ``seed``
    and the index. Cost of a ball: 2 (STEPS + 1) forward and backward passes from the centre, and
    STARTS times as many where these find nothing.
    """
    witness = torch.full_like(centres, torch.nan)
    networks = [
        Network.of(module, layers, whole)
        for module, layers in zip(reversed(copies), reversed(whole.layers), strict=True)
    ]
    for starts in (0, STARTS):
        missing = torch.isnan(witness[left]).flatten(1).any(1)
        together = _TOGETHER // (max(starts, 1) * math.prod(centres.shape[1:]))
        for part in left[missing].split(max(1, together)):
            if not len(part):
                break
            ball = Range(balls.lo[part], balls.hi[part])
            begin = _begin(ball, centres[part], part, starts, seed)
            for network in networks:
                still = torch.isnan(witness[part]).flatten(1).any(1)
                at = part[still]
                ends = Range(ball.lo[still], ball.hi[still])
                witness[at] = network.ascended(begin[still], ends, decided[at])
    return witness


def _begin(ball: Range, centres: Tensor, at: Tensor, starts: int, seed: int) -> Tensor:
    """The centre of every ball, or so many of its corners: (balls, starts, *input_shape)."""
    if not starts:
        return centres[:, None]
    signs = torch.stack([
        torch.from_numpy(
            seeding.generator(seed, "agreement", i).integers(0, 2, (starts, *centres.shape[1:]))
        ).bool()
        for i in at.tolist()
    ])  # fmt: skip
    return torch.where(signs, ball.hi[:, None], ball.lo[:, None])


@dataclass(frozen=True)
class Network:
    """One network: its float64 module, and a function (batch) → (batch, outputs) to ascend on.

    apart: what the difference of two outputs of the function may be off that of the module's.
    """

    module: nn.Module
    quick: Callable[[Tensor], Tensor]
    apart: float = math.inf

    @classmethod
    def of(cls, module: nn.Module, layers: Layers, whole: Measured) -> "Network":
        """Ascend on whichever has fewer weights, on the module where inputs have other units."""
        merged = sum(layer.plus.numel() * (1 if layer.plain else 2) for layer in layers)
        fewer = merged < sum(weight.numel() for weight in module.parameters())
        if whole.units.entries.any() or not fewer:
            return cls(module, module, math.inf)
        own = evaluation_error(layers, propagate(layers, whole.box))
        off = up(of_modules(layers, whole.box) + own)
        return cls(module, partial(forward, layers), 2 * float(off.max()))

    def ascended(self, x: Tensor, ball: Range, decided: Tensor) -> Tensor:
        """Ascend from x (balls, starts, *input_shape); a witness a ball, NaN where none was met."""
        found = torch.full_like(x[:, 0], torch.nan)
        live = torch.arange(len(x))
        for _ in range(STEPS + 1):
            if not len(live):
                break
            now = x.flatten(0, 1).requires_grad_(True)
            own = decided[live].repeat_interleave(x.shape[1])
            y = self.quick(now).flatten(1)
            others = y.scatter(1, own[:, None], -torch.inf).amax(1)
            lost = others - y.gather(1, own[:, None])[:, 0]
            (slope,) = torch.autograd.grad(lost.sum(), now)
            sure = (lost.detach() > self.apart).view(len(live), -1)
            wrong = (y.argmax(1) != own).view(len(live), -1)
            kept = torch.ones(len(live), dtype=torch.bool)
            for i in torch.nonzero(wrong.any(1))[:, 0].tolist():
                at = int((wrong[i].byte() + sure[i].byte()).argmax())
                if bool(sure[i, at]) or decision(self.module, x[i, at]) != int(decided[live[i]]):
                    found[live[i]], kept[i] = x[i, at], False
            live = live[kept]
            lo, hi = ball.lo[live][:, None], ball.hi[live][:, None]
            step = (hi - lo) / STEPS
            x = torch.clamp(x[kept] + step * slope.view_as(x)[kept].nan_to_num().sign(), lo, hi)
        return found


def decision(module: nn.Module, x: Tensor) -> int:
    """What a float64 module decides at x (*input_shape); FloatRangeError where it overflows."""
    with torch.no_grad():
        return int(finite(module(x[None])).flatten().argmax())
