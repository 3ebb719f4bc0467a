"""The binary ticket by digits: weights ±1, doubling chains that make the powers of two."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import read_layers
from slth.networks.modules import ChannelScale
from slth.networks.sources import draw
from slth.tickets.base import Comparable, Kernels
from slth.tickets.choosing import Digits
from slth.tickets.doubling import Pools, needed, stages, widths
from slth.tickets.merged import merged_kernels
from slth.tickets.pairs import BlockedPairs, chosen
from slth.tickets.prediction import Prediction, Success, levels, smallest
from slth.tickets.problems import SubsetProblems
from slth.tickets.shrink import identity_part
from slth.tickets.ticket import Ticket

Weights = list[tuple[str, Tensor]]


@dataclass(frozen=True)
class BinaryPolylog(BlockedPairs):
    """Tickets of ±1 weights, ``digits`` + 1 layers for each of the target's, polylog wide.

    U (1×1) makes 2n units of each input channel, x⁺ or x⁻ by their sign. Then digits − 1 pixelwise
    layers, each with n units for every input, sign and power 2^i so far: a unit of a power that
    existed keeps one +1 edge from it, a unit of the next power two, which doubles. V has one scale,
    2^{−digits} times the power of two above max|K|, which depends on the target and is fixed before
    any sign is drawn; a kernel entry takes the binary digits of its
    weight from units whose ±1 edge has its sign. Every kept inner edge is +1 and every unit ≥ 0.

    The inner edges are found by looking, not by subset sums, and are no rows; a unit without them
    is dead and no candidate, so that what it costs shows in the rows of V. A weight is rounded to
    2^{−digits}·(that power of two). Options: digits, and those of `BlockedPairs`.

    Source: Sreenivasan, Rajput, Sohn, Papailiopoulos, AISTATS 2022. Cost: source weights
    (2·c_in·n·digits)²·digits/3 a layer; the subset problems cost m log m each.
    """

    name: ClassVar[str] = "binary_polylog"
    source: ClassVar[str] = "Sreenivasan, Rajput, Sohn, Papailiopoulos, AISTATS 2022"
    statement: ClassVar[str] = "width poly(d)·polylog(d ℓ/eps), depth ℓ·polylog(d ℓ/eps) (memory)"
    label: ClassVar[str | dict[str, str]] = "binary, digits"
    words: ClassVar[str | dict[str, str]] = "binary digits"
    family: ClassVar[str] = "symmetry, signs"
    rate: ClassVar[str] = "digits"
    law: ClassVar[str] = "signs"

    digits: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.integer("digits", self.digits, low=1, high=40)

    def solver(self) -> Digits:
        return Digits()

    def read(self, target: nn.Sequential) -> list[Any]:
        return read_layers(target, "target")

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        n = checks.integer("n", n, low=1)
        layers, tail = self.split(target)
        modules: list[nn.Module] = []
        for i, layer in enumerate(layers):
            c_out, c_in, *k = layer.weight.shape
            sizes = widths(c_in, len(self.signs(layers, i)), n, self.digits)
            ones = (1,) * len(k)
            modules += [nn.Flatten()] if layer.flatten else []
            for stage, (below, size) in enumerate(zip([c_in, *sizes], sizes, strict=False)):
                W = draw(self.law, (size, below, *ones), seed, n, i, "stage", stage)
                modules += [layer.expand(W), nn.ReLU()]
            V = draw(self.law, (c_out, sizes[-1], *k), seed, n, i, "V")
            modules += [layer.module(self.unit(layer) * V)]
            modules += [nn.ReLU()] if layer.relu else []
        return nn.Sequential(*modules, *tail)

    def unit(self, layer: Any) -> float:
        """Scale of V: 2^{−digits} times the least power of two ≥ max|K|."""
        top = float(layer.weight.abs().max())
        return math.ldexp(1.0, (math.ceil(math.log2(top)) if top else 0) - self.digits)

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        problems = []
        for i, (layer, part) in enumerate(zip(layers, self._parts(layers, source), strict=True)):
            last, V = self._pools(layers, i, part)[-1], part[-1][1]
            entries = V.transpose(0, 1).reshape(V.shape[1], -1)  # (hidden, c_out·k²)
            values = entries * torch.exp2(last.power)[:, None]
            for channel in range(layer.weight.shape[1]):
                for sign in self.signs(layers, i):
                    s = 1.0 if sign == "+" else -1.0
                    mine = last.alive & (last.channel == channel) & (last.sign == s)
                    pool = torch.nonzero(mine).flatten()
                    X = np.ascontiguousarray(values[pool].T[:, :, None].numpy())
                    Z = s * layer.weight[:, channel].reshape(-1, 1).numpy()
                    problems.append(
                        SubsetProblems(i, channel, sign, pool.numpy(), X, Z, None, self.solver())
                    )
        return problems

    def masks(
        self, layers: Sequence[Any], source: nn.Sequential, table: pd.DataFrame
    ) -> dict[str, Tensor]:
        keep: dict[str, Tensor] = {}
        for i, (layer, part) in enumerate(zip(layers, self._parts(layers, source), strict=True)):
            pools, (v, V) = self._pools(layers, i, part), part[-1]
            kept = chosen(V.shape[1], self.groups(layer), table[table["layer"] == i])
            shaped = kept.reshape(V.shape[1], V.shape[0], *V.shape[2:])
            used = needed(pools, kept.any(dim=1))
            first = torch.zeros(len(used[0]), layer.weight.shape[1], dtype=torch.bool)
            first[torch.arange(len(first)), pools[0].channel] = used[0]
            keep[part[0][0]] = first.reshape(part[0][1].shape)
            for (name, W), pool, mine in zip(part[1:-1], pools[1:], used[1:], strict=True):
                assert pool.edges is not None
                keep[name] = (pool.edges & mine[:, None]).reshape(W.shape)
            keep[v] = shaped.transpose(0, 1).contiguous()
        return keep

    def shrunk(
        self, layers: Sequence[Any], source: nn.Sequential, keep: dict[str, Tensor]
    ) -> nn.Sequential:
        modules: list[nn.Module] = []
        for layer, part in zip(layers, self._parts(layers, source), strict=True):
            first = identity_part(keep[part[0][0]])
            used = [_indices(keep[name].transpose(0, 1).flatten(1).any(dim=1)) for name, _ in part]
            block = first[used[1]].long().argmax(dim=1)
            U = identity_part(part[0][1])
            modules += [nn.Flatten()] if layer.flatten else []
            modules += [ChannelScale(U[used[1], block], block), nn.ReLU()]
            for (name, W), rows, columns in zip(part[1:-1], used[2:], used[1:], strict=False):
                modules += [layer.expand((W * keep[name])[rows][:, columns]), nn.ReLU()]
            name, V = part[-1]
            modules += [layer.module((V * keep[name])[:, used[-1]])]
            modules += [nn.ReLU()] if layer.relu else []
        return nn.Sequential(*modules)

    def effective(self, ticket: Ticket) -> list[Kernels]:
        layers, _ = self.split(ticket.target)
        merged = self._merged(ticket, layers)
        return [
            merged_kernels(scale, kernel, layer.weight.shape)
            for (scale, kernel), layer in zip(merged, layers, strict=True)
        ]

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> Comparable:
        """The ticket with each chain multiplied out: its ReLUs see no negative number."""
        layers, tail = self.split(ticket.target)
        modules: list[nn.Module] = []
        for layer, (scale, kernel) in zip(layers, self._merged(ticket, layers), strict=True):
            modules += [nn.Flatten()] if layer.flatten else []
            modules += [scale, nn.ReLU(), kernel] + [nn.ReLU()] * bool(layer.relu)
        return Comparable(ticket.target, nn.Sequential(*modules, *tail), tuple(input_shape))

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by a union bound: every unit lives, every digit has its sign.

        P(a unit dies) ≤ (a + 1) 2^{−a} over a living units, a = n or Binomial(2n, 1/2) at stage 0.
        None where ``digits`` are too few for eps.
        """
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        layers, _ = self.split(target)
        largest = max(layer.weight.numel() for layer in layers)
        order = math.log(1 + largest * len(layers) / eps)
        if max(self.unit(layer) for layer in layers) > eps:
            return Prediction(self.statement, order, None, "none", problems, d)
        pools = sum(
            layer.weight.shape[1] * len(self.signs(layers, i)) for i, layer in enumerate(layers)
        )

        def missed(n: int) -> float:
            first = 0.75 ** (2 * n) * (1 + 2 * n / 3)  # E[(a + 1) 2^{−a}]
            later = sum(k + 1 for k in range(2, self.digits)) * (n + 1) * 0.5**n
            wrong = 0.75 ** (2 * n) if self.digits == 1 else 0.5**n
            return problems * self.digits * wrong + pools * n * (2 * first + later)

        n = smallest(missed, delta, 2)
        return Prediction(self.statement, order, n, "union", problems, d)

    def _parts(self, layers: Sequence[Any], source: nn.Sequential) -> list[Weights]:
        """Return (name, weight) of U, the doublings and V of each layer."""
        weights = [(name, p.detach()) for name, p in source.named_parameters()]
        depth = self.digits + 1
        parts = [weights[i * depth : (i + 1) * depth] for i in range(len(layers))]
        for part, layer in zip(parts, layers, strict=True):
            shapes = [tuple(W.shape) for _, W in part]
            fits = len(part) == depth and all(b[1] == a[0] for a, b in itertools.pairwise(shapes))
            c_out, c_in, *k = layer.weight.shape
            if not fits or shapes[0][1] != c_in or shapes[-1] != (c_out, shapes[-1][1], *k):
                raise ValueError(f"source: got weights {shapes}, takes {depth} for each layer")
        return parts

    def _pools(self, layers: Sequence[Any], i: int, part: Weights) -> list[Pools]:
        matrices = [identity_part(W) for _, W in part[:-1]]
        return stages(matrices[0], matrices[1:], self.signs(layers, i))

    def _merged(self, ticket: Ticket, layers: Sequence[Any]) -> list[tuple[nn.Module, nn.Module]]:
        """ChannelScale and the kernel that its chain and V multiply out to, for each layer."""
        held = iter([m for m in ticket.ticket if not isinstance(m, (nn.ReLU, nn.Flatten))])
        merged = []
        for layer in layers:
            scale = next(held)
            chain = [next(held).get_parameter("weight").detach() for _ in range(self.digits)]
            kernel = chain[-1]
            for W in reversed(chain[:-1]):
                matrix = identity_part(W)
                kernel = torch.tensordot(kernel, matrix, dims=([1], [0])).movedim(-1, 1)
            merged.append((scale, layer.module(kernel.contiguous())))
        return merged


def _indices(used: Tensor) -> Tensor:
    return torch.nonzero(used).flatten() if used.any() else torch.tensor([0])
