"""What most constructions share: each target layer from two random ones, channel by channel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import Layer, has_readout, in_float64, linear
from slth.networks.modules import ChannelScale
from slth.networks.residual import leaves, nested, order, read_blocks
from slth.networks.sources import random_source
from slth.solvers._base import Solver
from slth.tickets.base import Construction, Kernels
from slth.tickets.bounds import closed_form, misses
from slth.tickets.merged import merged_kernels
from slth.tickets.problems import SubsetProblems, in_order
from slth.tickets.shrink import shrink, weight_pairs
from slth.tickets.ticket import Ticket

READOUTS = ("exact", "ticket")
PAIR = 3  # modules that imitate a layer: U, ReLU, V


@dataclass(frozen=True)
class BlockedPairs(Construction):
    """Tickets in which a layer K is imitated by U (1×1, c_in → 2n·c_in), ReLU and V (like K).

    Hidden channel h sees only input channel t = ⌊h/2n⌋; with a_h its weight, Σ_h V_h ∗ σ(a_h x) =
    (Σ_{a>0} a V) ∗ x⁺ + (Σ_{a<0} |a| V) ∗ x⁻, which must be K_t ∗ x⁺ − K_t ∗ x⁻: S⁺ is chosen so
    that Σ a V ≈ K_t and S⁻ so that Σ |a| V ≈ −K_t. An input that is never negative (after a ReLU,
    or declared so) needs S⁺ only. A dense layer is the case k = D = 1. The layers inside a
    `slth.networks.Residual` are imitated one by one, and the ticket has the block's skip
    connection; AvgPool2d is copied.

    nonnegative_input: the network's inputs are known to be ≥ 0. readout: a last dense layer without
    ReLU is copied ("exact") or imitated like the others ("ticket").
    """

    law: ClassVar[str] = "normal"

    nonnegative_input: bool = False
    readout: str = "exact"

    def __post_init__(self) -> None:
        checks.choice("readout", self.readout, READOUTS)
        if not isinstance(self.nonnegative_input, bool):
            raise TypeError(f"nonnegative_input: got {self.nonnegative_input!r}, takes a bool")

    def read(self, target: nn.Sequential) -> list[Any]:
        """Return the layers of the target: `Layer`s, or values with the same attributes."""
        return read_blocks(target, "target")

    def weight_law(self) -> str:
        """Law of the source's weights, a name of `slth.networks.sources.LAWS`."""
        return self.law

    def groups(self, layer: Layer) -> int:
        """How many parts of one input channel's kernel are chosen apart: its entries."""
        return math.prod(layer.weight[:, 0].shape)

    def subset_size(self) -> int | None:
        """|S| of every problem, None = any."""
        return None

    def solver(self) -> Solver | None:
        """Return the construction's own solver, None = as `slth.solve` chooses."""
        return None

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        layers, tail = self.split(target)
        pairs = random_source(layers, n, seed, self.weight_law())
        return nn.Sequential(*nested(target, pairs, PAIR), *tail)

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        problems = []
        for i, (layer, ((_, U), (_, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            for channel in range(U.shape[1]):
                for sign in self.signs(layers, i):
                    problems.append(self._problems(i, channel, sign, layer, U, V))
        return problems

    def assemble(
        self, target: nn.Sequential, source: nn.Sequential, solutions: pd.DataFrame
    ) -> Ticket:
        target = in_float64(target, "target")
        layers, tail = self.split(target)
        table = in_order(solutions, self.subset_problems(target, source))
        keep = self.masks(layers, source, table)
        ticket = self.shrunk(layers, source, keep)
        parameters = count_parameters(layers, keep, ticket)
        whole = nn.Sequential(*nested(target, ticket, PAIR), *tail)
        return Ticket(self.name, self.options(), target, source, keep, whole, table, parameters)

    def error_bound(self, ticket: Ticket, eps: float | None = None) -> float:
        layers, tail = self.split(ticket.target)
        depth = len(layers)
        return closed_form(layers, misses(ticket, depth, eps), tail, order(ticket.target, depth))

    def effective(self, ticket: Ticket) -> list[Kernels] | None:
        layers, _ = self.split(ticket.target)
        modules = list(leaves(ticket.ticket))
        scales = [i for i, module in enumerate(modules) if isinstance(module, ChannelScale)]
        return [
            merged_kernels(modules[i], modules[i + 2], layer.weight.shape)
            for i, layer in zip(scales, layers, strict=True)
        ]

    def split(self, target: nn.Sequential) -> tuple[list[Any], list[nn.Module]]:
        """Return the layers to imitate and the modules after them, copied: the readout, if any."""
        layers = self.read(target)
        if self.readout == "ticket" or not has_readout(layers):
            return layers, []
        if len(layers) == 1:
            raise ValueError("target: got a readout only, takes readout='ticket' to imitate it")
        last = layers[-1]
        return layers[:-1], [*([nn.Flatten()] if last.flatten else []), linear(last.weight)]

    def signs(self, layers: Sequence[Layer], i: int) -> str:
        """Signs that the input of layer i may have: "+" or "+-"."""
        nonnegative = layers[i - 1].relu if i else self.nonnegative_input
        return "+" if nonnegative else "+-"

    def tally(self, target: nn.Sequential) -> tuple[int, int]:
        """Return the number of subset problems of a target, and their largest dimension d."""
        layers, _ = self.split(target)
        count = sum(
            layer.weight.shape[1] * len(self.signs(layers, i)) * self.groups(layer)
            for i, layer in enumerate(layers)
        )
        return count, max(layer.weight[:, 0].numel() // self.groups(layer) for layer in layers)

    def values(self, target: nn.Sequential) -> np.ndarray:
        """Every target of a d = 1 problem, (problems,): the weights, − and + for signed inputs."""
        layers, _ = self.split(target)
        parts = [
            (1.0 if sign == "+" else -1.0) * layer.weight.flatten().numpy()
            for i, layer in enumerate(layers)
            for sign in self.signs(layers, i)
        ]
        return np.concatenate(parts)

    def _problems(
        self, i: int, channel: int, sign: str, layer: Layer, U: Tensor, V: Tensor
    ) -> SubsetProblems:
        width = U.shape[0] // U.shape[1]
        rows = slice(channel * width, (channel + 1) * width)
        s = 1.0 if sign == "+" else -1.0
        a = s * U[rows, channel].numpy()
        groups = self.groups(layer)
        blocks = V[:, rows].transpose(0, 1).reshape(width, groups, -1).numpy()
        pool = np.flatnonzero(a > 0)
        X = np.ascontiguousarray((a[pool, None, None] * blocks[pool]).transpose(1, 0, 2))
        Z = s * layer.weight[:, channel].reshape(groups, -1).numpy()
        hidden = pool + rows.start
        return SubsetProblems(i, channel, sign, hidden, X, Z, self.subset_size(), self.solver())

    def shrunk(
        self, layers: Sequence[Any], source: nn.Sequential, keep: dict[str, Tensor]
    ) -> nn.Sequential:
        """Return the smaller network that computes what the masked one does."""
        return shrink(layers, source, keep)

    def masks(
        self, layers: Sequence[Any], source: nn.Sequential, table: pd.DataFrame
    ) -> dict[str, Tensor]:
        """Return what the rows keep of each parameter."""
        keep: dict[str, Tensor] = {}
        shapes = {name: p.shape for name, p in source.named_parameters()}
        for i, (layer, ((u, U), (v, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            hidden, c_in = U.shape
            rows = table[table["layer"] == i]
            kept = chosen(hidden, self.groups(layer), rows)
            block = torch.arange(hidden) // (hidden // c_in)
            seen = torch.zeros(hidden, c_in, math.prod(shapes[u][2:]), dtype=torch.bool)
            seen[torch.arange(hidden), block, 0] = kept.any(dim=1)
            keep[u] = seen.reshape(shapes[u])
            each = kept.repeat_interleave(layer.weight[:, 0].numel() // kept.shape[1], dim=1)
            by_hidden = each.reshape(hidden, V.shape[0], *V.shape[2:])
            keep[v] = by_hidden.transpose(0, 1).contiguous()
        return keep


def chosen(hidden: int, groups: int, rows: pd.DataFrame) -> Tensor:
    """(hidden, groups) bool: which hidden channel the rows of a layer keep for which group."""
    kept = np.zeros((hidden, groups), dtype=bool)
    for subset, group in zip(rows["subset"], rows["group"], strict=True):
        kept[np.asarray(subset, dtype=np.int64), int(group)] = True
    return torch.from_numpy(kept)


def count_parameters(
    layers: Sequence[Layer], keep: dict[str, Tensor], ticket: nn.Sequential
) -> dict[str, int]:
    """Numbers of weights {source, kept, ticket, target} of a `Ticket`, ticket without its tail."""
    return {
        "source": sum(mask.numel() for mask in keep.values()),
        "kept": sum(int(mask.sum()) for mask in keep.values()),
        "ticket": sum(p.numel() for p in ticket.parameters()),
        "target": sum(layer.weight.numel() for layer in layers),
    }
