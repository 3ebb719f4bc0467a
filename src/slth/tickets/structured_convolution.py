"""The structured convolutional ticket: channel-blocked 1×1, then k×k with whole filters removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import Layer, has_readout, in_float64, linear, read_layers
from slth.networks.sources import random_source
from slth.tickets.base import Construction
from slth.tickets.problems import KEY, SubsetProblems
from slth.tickets.shrink import shrink, weight_pairs
from slth.tickets.ticket import Ticket

GRANULARITIES = ("filter", "kernel", "entry")
READOUTS = ("exact", "ticket")


@dataclass(frozen=True)
class StructuredConvolution(Construction):
    """Tickets of bias-free ReLU convolutions (any stride, zero or valid padding) and matrices.

    Layer i of the target, K (c_out, c_in, k, k), is imitated by U (1×1, c_in → 2n·c_in), ReLU and
    V (k×k, 2n·c_in → c_out), all N(0, 1). Hidden channel h sees only input channel t = ⌊h/2n⌋; with
    a_h its weight, Σ_h V_h ∗ σ(a_h x) = (Σ_{a>0} a V) ∗ x⁺ + (Σ_{a<0} |a| V) ∗ x⁻, which must be
    K_t ∗ x⁺ − K_t ∗ x⁻: S⁺ is chosen so that Σ a V ≈ K_t and S⁻ so that Σ |a| V ≈ −K_t, two MRSS
    problems over about n normally-scaled normal candidates. An input that is never negative
    (after a ReLU, or declared so) needs S⁺ only. A dense layer is the case k = D = 1.

    granularity: what is kept or removed at once: "filter" (all of V_h, d = k²·c_out: the theorem),
    "kernel" (V_h to one output channel, d = k²) or "entry" (one weight of V, d = 1, unstructured).
    nonnegative_input: the network's inputs are known to be ≥ 0. readout: a last dense layer without
    ReLU is copied ("exact") or imitated like the others ("ticket").

    Source: da Cunha, d'Amore, Natale (NeurIPS 2023), the structured theorem. Cost: c_in·(1 or 2)
    subset problems a layer for "filter", times c_out for "kernel", times k²·c_out for "entry".
    """

    name: ClassVar[str] = "structured_convolution"
    source: ClassVar[str] = "da Cunha, d'Amore, Natale, NeurIPS 2023"

    granularity: str = "filter"
    nonnegative_input: bool = False
    readout: str = "exact"

    def __post_init__(self) -> None:
        checks.choice("granularity", self.granularity, GRANULARITIES)
        checks.choice("readout", self.readout, READOUTS)
        if not isinstance(self.nonnegative_input, bool):
            raise TypeError(f"nonnegative_input: got {self.nonnegative_input!r}, takes a bool")

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        layers, readout = self.split(target)
        source = random_source(layers, n, seed)
        return nn.Sequential(*source, *_exact(readout))

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        problems = []
        for i, (layer, ((_, U), (_, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            nonnegative = layers[i - 1].relu if i else self.nonnegative_input
            for channel in range(U.shape[1]):
                for sign in "+" if nonnegative else "+-":
                    problems.append(self._problems(i, channel, sign, layer, U, V))
        return problems

    def assemble(
        self, target: nn.Sequential, source: nn.Sequential, solutions: pd.DataFrame
    ) -> Ticket:
        target = in_float64(target)
        layers, readout = self.split(target)
        problems = self.subset_problems(target, source)
        table = _in_order(solutions, problems)
        keep = self._masks(layers, source, table)
        ticket = shrink(layers, source, keep)
        parameters = {
            "source": sum(mask.numel() for mask in keep.values()),
            "kept": sum(int(mask.sum()) for mask in keep.values()),
            "ticket": sum(p.numel() for p in ticket.parameters()),
            "target": sum(layer.weight.numel() for layer in layers),
        }
        whole = nn.Sequential(*ticket, *_exact(readout))
        return Ticket(self.name, self.options(), target, source, keep, whole, table, parameters)

    def split(self, target: nn.Sequential) -> tuple[list[Layer], Layer | None]:
        """Return the layers to imitate and the readout to copy, if any."""
        layers = read_layers(target, "target")
        if self.readout == "ticket" or not has_readout(layers):
            return layers, None
        if len(layers) == 1:
            raise ValueError("target: got a readout only, takes readout='ticket' to imitate it")
        return layers[:-1], layers[-1]

    def _groups(self, layer: Layer) -> int:
        c_out, _, *k = layer.weight.shape
        sizes = {"filter": 1, "kernel": c_out, "entry": c_out * int(np.prod(k))}
        return sizes[self.granularity]

    def _problems(
        self, i: int, channel: int, sign: str, layer: Layer, U: Tensor, V: Tensor
    ) -> SubsetProblems:
        width = U.shape[0] // U.shape[1]
        rows = slice(channel * width, (channel + 1) * width)
        s = 1.0 if sign == "+" else -1.0
        a = s * U[rows, channel].numpy()
        groups = self._groups(layer)
        blocks = V[:, rows].transpose(0, 1).reshape(width, groups, -1).numpy()
        pool = np.flatnonzero(a > 0)
        X = (a[pool, None, None] * blocks[pool]).transpose(1, 0, 2)
        Z = s * layer.weight[:, channel].reshape(groups, -1).numpy()
        return SubsetProblems(i, channel, sign, pool + rows.start, np.ascontiguousarray(X), Z)

    def _masks(
        self, layers: Sequence[Layer], source: nn.Sequential, table: pd.DataFrame
    ) -> dict[str, Tensor]:
        keep: dict[str, Tensor] = {}
        shapes = dict(source.named_parameters())
        for i, (layer, ((u, U), (v, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            hidden, c_in = U.shape
            chosen = np.zeros((hidden, self._groups(layer)), dtype=bool)
            rows = table[table["layer"] == i]
            for subset, group in zip(rows["subset"], rows["group"], strict=True):
                chosen[np.asarray(subset, dtype=np.int64), int(group)] = True
            kept = torch.from_numpy(chosen)
            block = torch.arange(hidden) // (hidden // c_in)
            seen = torch.zeros(hidden, c_in, dtype=torch.bool)
            seen[torch.arange(hidden), block] = kept.any(dim=1)
            keep[u] = seen.reshape(shapes[u].shape)
            each = kept.repeat_interleave(layer.weight[:, 0].numel() // kept.shape[1], dim=1)
            by_hidden = each.reshape(hidden, V.shape[0], *V.shape[2:])
            keep[v] = by_hidden.transpose(0, 1).contiguous()
        return keep


def _exact(readout: Layer | None) -> list[nn.Module]:
    if readout is None:
        return []
    return [*([nn.Flatten()] if readout.flatten else []), linear(readout.weight)]


def _in_order(solutions: pd.DataFrame, problems: Sequence[SubsetProblems]) -> pd.DataFrame:
    """Sort the rows as the problems are; refuse missing, doubled and foreign rows and members."""
    missing = {*KEY, "subset"} - set(solutions.columns)
    if missing:
        raise ValueError(f"solutions: has no column {', '.join(sorted(missing))}")
    pools = {(*p.key(), g): p.hidden for p in problems for g in range(len(p.Z))}
    keys = list(solutions[KEY].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or set(keys) != set(pools):
        raise ValueError(
            f"solutions: got {len(keys)} rows with {len(set(keys) & set(pools))} of the keys "
            f"wanted, takes one row for each of the {len(pools)} subset problems"
        )
    for key, subset in zip(keys, solutions["subset"], strict=True):
        if not np.isin(subset, pools[key]).all():
            raise ValueError(f"solutions: the subset of {key} has members outside its candidates")
    rank = {key: i for i, key in enumerate(pools)}
    order = np.argsort([rank[key] for key in keys], kind="stable")
    return solutions.iloc[order].reset_index(drop=True)
