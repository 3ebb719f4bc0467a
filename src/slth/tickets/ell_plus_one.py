"""The ℓ+1-layer ticket: one extra layer, then every unit in n copies for subset sums to choose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from torch import Tensor, nn

from slth import checks
from slth.networks.activations import RELU, Activation, read_activated
from slth.networks.architectures import in_float64
from slth.networks.residual import Order, nested, order
from slth.networks.sources import draw
from slth.tickets.base import Comparable
from slth.tickets.bounds import misses, tail_norm
from slth.tickets.copies import (
    Copies,
    blocked,
    blocks,
    copies_of,
    narrow,
    remove_unused,
    repeated,
    spread,
    tied,
    used_units,
)
from slth.tickets.pairs import BlockedPairs, count_parameters
from slth.tickets.prediction import Prediction, Success, levels, smallest, usual
from slth.tickets.problems import SubsetProblems, in_order
from slth.tickets.shrink import identity_part
from slth.tickets.ticket import Ticket


@dataclass(frozen=True)
class EllPlusOne(BlockedPairs):
    """Tickets one layer deeper than their target, dense or convolutional, for four activations.

    Layer 0 of the source, 1×1 and channel-blocked as in `BlockedPairs`, makes 2n hidden channels
    of each input channel. Layer i ≥ 1 is like layer i of the target with n copies of every output
    channel (one of the last), weights U[-1, 1]. As the copies of channel j all carry about f_j, a
    weight w_{oj} of each copy of o is a subset sum over the n weights that lead to it from them:
    d = 1, candidates of one factor. In layer 1 the candidates are products a_h·V_h, as in a pair.

    Activations (of the target, and of layer 0 that of its first): ReLU; leaky ReLU of slope α,
    where S⁺ and S⁻ must reach ±w/(1+α) and errors grow by 1+α; tanh, through tanh(u) ≈ u, without
    sign split, layer 0 from U[-scale, scale] and layer 1 from U[-1/scale, 1/scale]; sigmoid, σ(u) ≈
    ½ + u/4, the same with d = 2: the intercepts Σ V/2 of a subset must vanish too. The cubic
    remainders are in `error_bound`. Biases are not covered. In a residual block the skip carries
    each copy of a unit to a copy of the sum; a layer must come before and behind it.
    nonnegative_input, readout: as in `BlockedPairs`. scale: of layer 0 under tanh and sigmoid.

    A copy that no kept edge needs is removed with its edges; the rows of its problems stay. Masks
    choose copies whose values differ by their own errors, which add up with depth: `error_bound`.
    `bracket` takes ReLU tickets against the target with its units repeated (`comparable`).

    Source: Burkholz, NeurIPS 2022 (dense, activations); Burkholz, ICML 2022 (convolutions).
    Cost: c_{i−1}·c_i·k²·n problems per layer, n = 1 in the last.
    """

    name: ClassVar[str] = "ell_plus_one"
    source: ClassVar[str] = "Burkholz, NeurIPS 2022 and ICML 2022"
    statement: ClassVar[str] = "n = C log(width ℓ/min(eps, delta)) copies per unit (memory)"
    label: ClassVar[str | dict[str, str]] = r"RSS, $\ell+1$ layers"
    words: ClassVar[str | dict[str, str]] = r"RSS with $\ell+1$ layers"
    family: ClassVar[str] = "single weights"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True

    scale: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.positive("scale", self.scale)

    def read(self, target: nn.Sequential) -> list[Any]:
        return read_activated(target, "target")

    def sample_source(self, target: nn.Sequential, n: int, seed: int) -> nn.Sequential:
        n = checks.integer("n", n, low=1)
        layers, tail = self.split(target)
        first, small = _extra(layers), self._small(layers)
        self.arranged(target, layers)
        hidden = 2 * n * layers[0].weight.shape[1]
        U = small * draw("uniform", layers[0].expansion(hidden), seed, n, "extra")
        head: list[nn.Module] = [nn.Flatten()] if layers[0].flatten else []
        head += [layers[0].expand(U), first.module()]
        modules: list[nn.Module] = []
        for i, layer in enumerate(layers):
            c_out, _, *k = layer.weight.shape
            outputs = c_out * (1 if i == len(layers) - 1 else n)
            V = draw("uniform", (outputs, hidden, *k), seed, n, i, "copies")
            modules += [nn.Flatten()] if layer.flatten and i else []
            modules += [layer.module(V if i else V / small), *layer.after()]
            hidden = outputs * spread(layers, i)
        return nn.Sequential(*head, *nested(target, nn.Sequential(*modules), 1), *tail)

    def arranged(self, target: nn.Sequential, layers: Sequence[Any]) -> Order:
        """`slth.networks.residual.order`; ValueError where a block has no copies to add to."""
        found = order(target, len(layers))
        if any(first == 0 or last == len(layers) - 1 for first, last in blocks(found)):
            raise ValueError(
                "target: got a Residual that is first or last, takes one between imitated layers "
                "(a dense readout is one with readout='ticket')"
            )
        return found

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        extra, copies = copies_of(layers, source)
        problems = self._first(layers, identity_part(extra[1]), copies[0])
        for i, part in enumerate(copies[1:], 1):
            weights = part.taps()
            for channel in range(part.target.shape[1]):
                hidden = np.asarray(part.members[channel])
                X = weights[:, hidden].transpose(1, 2).reshape(-1, len(hidden), 1)
                Z = part.target[:, channel].reshape(-1, 1)
                arrays = np.ascontiguousarray(X.numpy()), Z.numpy()
                problems.append(SubsetProblems(i, channel, "*", hidden, *arrays))
        return problems

    def assemble(
        self, target: nn.Sequential, source: nn.Sequential, solutions: pd.DataFrame
    ) -> Ticket:
        target = in_float64(target, "target")
        layers, tail = self.split(target)
        table = in_order(solutions, self.subset_problems(target, source))
        (u, U), copies = copies_of(layers, source)
        kept, arranged = _chosen(copies, table), self.arranged(target, layers)
        remove_unused(kept, copies, arranged)
        units = used_units(kept, copies)
        keep = {u: blocked(U, copies[0], units[0])}
        keep |= {part.name: mask for part, mask in zip(copies, kept, strict=True)}
        weights = [part.weight * mask for part, mask in zip(copies, kept, strict=True)]
        units = tied(units, arranged)
        ticket = narrow(target, layers, identity_part(U), copies, weights, units)
        counts = count_parameters(layers, keep, ticket)
        whole = nn.Sequential(*ticket, *tail)
        return Ticket(self.name, self.options(), target, source, keep, whole, table, counts)

    def signs(self, layers: Sequence[Any], i: int) -> str:
        if i or _extra(layers).leak is None:
            return "*"
        return "+" if self.nonnegative_input else "+-"

    def error_bound(self, ticket: Ticket, eps: float | None = None) -> float:
        """As `Construction` says, with the kept weights: a copy's error enters with Σ_S |V|.

        e_1 ≤ L(fan-in·miss·(1 + α, or 2 with intercepts) + Σ_S |V||a|³c), c the cubic constant;
        e_i ≤ L(κ̂_i e_{i−1} + fan-in·miss·‖f_{i−1}‖), κ̂_i the largest Σ_S |V| of a unit.
        """
        layers, tail = self.split(ticket.target)
        (u, U), copies = copies_of(layers, ticket.source)
        act, miss = _extra(layers), misses(ticket, len(layers), eps)
        kept = [part.taps().abs() * ticket.keep[part.name].reshape(part.taps().shape)
                for part in copies]  # fmt: skip
        growth = 1 + act.leak if act.leak is not None and not self.nonnegative_input else 1.0
        growth = 2.0 if act.value else growth
        a = (U * ticket.keep[u]).abs().flatten(1).sum(dim=1)
        rest = float((kept[0].sum(dim=2) @ (act.cubic * a**3)).max())
        error, size = 0.0, 1.0
        for item in self.arranged(ticket.target, layers):
            body = item if isinstance(item, list) else [item]
            inner, norm = error, size
            for i in body:
                fan, reach = layers[i].weight[0].numel(), float(kept[i].sum(dim=(1, 2)).max())
                first = fan * miss[i] * growth + rest
                inner = reach * inner + fan * miss[i] * norm if i else first
                norm *= float(layers[i].weight.abs().flatten(1).sum(dim=1).max())
                if i != body[-1]:
                    inner, norm = _activate(layers[i].activation, inner, norm)
            skip = isinstance(item, list)
            inner, norm = inner + skip * error, norm + skip * size
            error, size = _activate(layers[body[-1]].activation, inner, norm)
        return error * tail_norm(tail)

    def effective(self, ticket: Ticket) -> None:
        return

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> Comparable | None:
        """ReLU: the ticket, and the target with as many copies, its weights split among them.

        None for other activations, which `bracket` does not read: use `error_bound`.
        """
        layers, tail = self.split(ticket.target)
        if not all(layer.activation in (None, RELU) for layer in layers):
            return None
        (_, U), copies = copies_of(layers, ticket.source)
        chosen = _chosen(copies, ticket.solutions)
        f, g = repeated(ticket.target, layers, identity_part(U), copies, chosen)
        return Comparable(nn.Sequential(*f, *tail), nn.Sequential(*g, *tail), tuple(input_shape))

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by the quenched formulas of u·v (layer 1) and of uniforms.

        None for sigmoid, whose problems have d = 2 and coordinates of unlike size.
        """
        eps, delta = levels(eps, delta)
        layers, _ = self.split(target)
        largest = max(layer.weight.numel() for layer in layers)
        order = math.log(largest * len(layers) / min(eps, delta))
        d = 2 if _extra(layers).value else 1
        pool = 1 if _extra(layers).leak is not None else 2

        def missed(n: int) -> float:
            first, later = self._counts(layers, n)
            product = success("product", pool * n, 1, eps)
            uniform = success("uniform", n, 1, eps) if later else 1.0
            return first * (1 - product) + later * (1 - uniform)

        n = None if d == 2 else smallest(missed, delta, guess=usual(d, eps))
        basis = "none" if n is None else "quenched"
        return Prediction(self.statement, order, n, basis, sum(self._counts(layers, n or 1)), d)

    def _counts(self, layers: Sequence[Any], n: int) -> tuple[int, int]:
        sizes = [
            layer.weight.numel() * (1 if i == len(layers) - 1 else n)
            for i, layer in enumerate(layers)
        ]
        return sizes[0] * len(self.signs(layers, 0)), sum(sizes[1:])

    def _small(self, layers: Sequence[Any]) -> float:
        return 1.0 if _extra(layers).leak is not None else self.scale

    def _first(self, layers: Sequence[Any], U: Tensor, part: Copies) -> list[SubsetProblems]:
        """Problems of layer 1, over products of layer 0 and layer 1."""
        act, problems = _extra(layers), []
        weights = part.taps()
        for channel in range(U.shape[1]):
            members = np.asarray(part.members[channel])
            for sign in self.signs(layers, 0):
                s = -1.0 if sign == "-" else 1.0
                a = s * U[members, channel].numpy()
                pool = np.flatnonzero(a > 0) if sign != "*" else np.arange(len(members))
                z = s * part.target[:, channel].reshape(-1).numpy()
                V = weights[:, members[pool]].transpose(1, 2).reshape(len(z), len(pool)).numpy()
                X, Z = _expansion(act, a[pool], V, z, both=self.signs(layers, 0) == "+-")
                problems.append(SubsetProblems(0, channel, sign, members[pool], X, Z))
        return problems


def _expansion(
    act: Activation, a: np.ndarray, V: np.ndarray, z: np.ndarray, both: bool
) -> tuple[np.ndarray, np.ndarray]:
    """X (B, m, d), Z (B, d) of σ(u) near 0: one-sided for a leak, else slope (and value)."""
    if act.leak is not None:
        return (a * V)[:, :, None], z[:, None] / (1 + act.leak if both else 1.0)
    slopes = (act.slope * a * V)[:, :, None]
    if not act.value:
        return slopes, z[:, None]
    values = act.value * V[:, :, None]
    return np.concatenate([slopes, values], 2), np.stack([z, np.zeros_like(z)], 1)


def _extra(layers: Sequence[Any]) -> Activation:
    """Activation of layer 0: that of the first layer that has one, ReLU where none has."""
    return next((layer.activation for layer in layers if layer.activation), RELU)


def _activate(act: Activation | None, error: float, size: float) -> tuple[float, float]:
    """(error, norm) behind an activation."""
    if act is None:
        return error, size
    return act.lipschitz * error, min(act.lipschitz * size + act.value, act.bound)


def _chosen(copies: Sequence[Copies], table: pd.DataFrame) -> list[Tensor]:
    return [part.chosen(table[table["layer"] == i]) for i, part in enumerate(copies)]
