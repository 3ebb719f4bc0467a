"""No block mask: hidden neurons that see every input channel, kept or removed whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.networks.architectures import Layer, read_layers
from slth.solvers._base import Solver
from slth.tickets.base import Kernels
from slth.tickets.bounds import tail_norm
from slth.tickets.descent import Descent
from slth.tickets.pairs import BlockedPairs, chosen
from slth.tickets.prediction import Prediction, Success, levels
from slth.tickets.problems import SubsetProblems
from slth.tickets.shrink import weight_pairs
from slth.tickets.ticket import Ticket

PROBLEMS = ("sampled", "linearised")
SEARCHABLE = 25  # dimensions up to which `auto` finds better subsets than descent


@dataclass(frozen=True)
class NeuronRemoval(BlockedPairs):
    """Tickets by pure neuron removal: a heuristic, no theorem says that it works.

    Source and target are those of `structured_convolution`, the source is not block-masked: hidden
    neuron h computes σ(a_h·x) of a whole pixel x ∈ R^{c_in} and is kept with all its weights or
    removed. Kernel tap τ needs Σ_{h∈S} V_hτ σ(a_h·x) ≈ K_τ x for every pixel: an approximation of
    functions, not one subset sum. σ(u) = (u + |u|)/2 splits it into Σ V_hτ ⊗ a_h / 2 = K_τ and
    Σ V_hτ |a_h·x| = 0. What is solved is one MRSS a layer in its stead:
    "sampled": the identity at P pixels, the (signed) unit vectors and ``points`` random ones of
    the box, d = P·k²·c_out; exact only where c_in = 1, since the map is homogeneous;
    "linearised": Σ V_hτ ⊗ a_h / 2 = K_τ alone, d = c_in·k²·c_out; the even part is left alone.
    A HIT bounds nothing between the pixels; `error_bound` therefore comes from the kept weights,
    ignores eps, and is loose. Problems of d > 25 go to `Descent` unless a solver is named.
    nonnegative_input, readout: as in `BlockedPairs`.

    Source of the setting: Ferré, Giroire, Mallmann-Trenn, Natale 2026 (arXiv 2603.02234), who prove
    (v3, abstract; v1 and v2: Ω(d/eps)) that one ReLU neuron of input dimension ≥ 2 needs Ω(1/eps)
    neurons; with one input it is plain d = 1 subset sum, and of networks it says nothing. Cost:
    one problem of 2n·c_in candidates per layer, 8(2n·c_in)(2n·c_in + d) bytes.
    """

    name: ClassVar[str] = "neuron_removal"
    source: ClassVar[str] = "Ferré, Giroire, Mallmann-Trenn, Natale 2026, arXiv 2603.02234 v3"
    statement: ClassVar[str] = (
        "n = Ω(1/eps) is necessary for one ReLU neuron of input dimension ≥ 2 (abstract)"
    )
    label: ClassVar[str | dict[str, str]] = "no blocks: neurons"
    words: ClassVar[str | dict[str, str]] = "neuron removal"
    family: ClassVar[str] = "structure"
    rate: ClassVar[str] = "unknown"
    blocked: ClassVar[bool] = False

    problem: str = "sampled"
    points: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.choice("problem", self.problem, PROBLEMS)
        checks.integer("points", self.points, low=0)

    def read(self, target: nn.Sequential) -> list[Any]:
        return read_layers(target, "target")

    def subset_problems(self, target: nn.Sequential, source: nn.Sequential) -> list[SubsetProblems]:
        layers, _ = self.split(target)
        problems = []
        for i, (layer, ((_, U), (_, V))) in enumerate(
            zip(layers, weight_pairs(source, layers), strict=True)
        ):
            taps = V.transpose(0, 1).flatten(1)  # (hidden, c_out·k²)
            kernel = layer.weight.transpose(0, 1).flatten(1)  # (c_in, c_out·k²)
            if self.problem == "linearised":
                X, Z = 0.5 * U[:, :, None] * taps[:, None], kernel
            else:
                pixels = self.pixels(layers, i)
                X = (pixels @ U.T).clamp(min=0).T[:, :, None] * taps[:, None]
                Z = pixels @ kernel
            d = Z.numel()
            solver: Solver | None = Descent() if d > SEARCHABLE else None
            hidden = np.arange(len(U))
            shaped = X.reshape(1, len(U), d).numpy(), Z.reshape(1, d).numpy()
            problems.append(SubsetProblems(i, 0, "*", hidden, *shaped, None, solver))
        return problems

    def pixels(self, layers: Sequence[Layer], i: int) -> Tensor:
        """(P, c_in): unit vectors, of both signs where inputs have both, then random pixels."""
        c_in = layers[i].weight.shape[1]
        unit = torch.eye(c_in, dtype=torch.float64)
        signed = self.signs(layers, i) == "+-"
        rng = seeding.generator(0, "pixels", i, c_in)
        inside = torch.from_numpy(rng.uniform(-1.0 if signed else 0.0, 1.0, (self.points, c_in)))
        return torch.cat([unit, -unit, inside] if signed else [unit, inside])

    def masks(
        self, layers: Sequence[Any], source: nn.Sequential, table: pd.DataFrame
    ) -> dict[str, Tensor]:
        keep: dict[str, Tensor] = {}
        shapes = {name: p.shape for name, p in source.named_parameters()}
        pairs = weight_pairs(source, layers)
        for i, ((u, U), (v, V)) in enumerate(pairs):
            kept = chosen(len(U), 1, table[table["layer"] == i])
            keep[u] = kept.expand(U.shape).reshape(shapes[u]).contiguous()
            by_hidden = kept.reshape(1, -1, *(1,) * (V.ndim - 2))
            keep[v] = by_hidden.expand(V.shape).contiguous()
        return keep

    def shrunk(
        self, layers: Sequence[Any], source: nn.Sequential, keep: dict[str, Tensor]
    ) -> nn.Sequential:
        modules: list[nn.Module] = []
        for layer, ((u, U), (v, V)) in zip(layers, weight_pairs(source, layers), strict=True):
            used = keep[u].flatten(1).any(dim=1)
            hidden = torch.nonzero(used).flatten() if used.any() else torch.tensor([0])
            kernel = V[:, hidden] * keep[v][:, hidden]
            modules += [nn.Flatten()] if layer.flatten else []
            widen = U[hidden].reshape(layer.expansion(len(hidden)))
            modules += [layer.expand(widen), nn.ReLU(), layer.module(kernel)]
            modules += [nn.ReLU()] if layer.relu else []
        return nn.Sequential(*modules)

    def tally(self, target: nn.Sequential) -> tuple[int, int]:
        layers, _ = self.split(target)
        sizes = []
        for i, layer in enumerate(layers):
            taps = layer.weight[:, 0].numel()
            rows = (
                len(self.pixels(layers, i)) if self.problem == "sampled" else len(layer.weight[0])
            )
            sizes.append(taps * rows)
        return len(layers), max(sizes)

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; a lower bound, and no n that suffices is known."""
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        return Prediction(self.statement, 1 / eps, None, "none", problems, d)

    def error_bound(self, ticket: Ticket, eps: float | None = None) -> float:
        """As `Construction` says, from the kept weights alone: no eps of the problems bounds it.

        A tap is off by at most ‖½ΣV⊗a − K‖₁ + ½ max(Σ_{V>0} V‖a‖₁, Σ_{V<0} |V|‖a‖₁).
        """
        layers, tail = self.split(ticket.target)
        error, size = 0.0, 1.0
        weights = [p.detach() for p in ticket.ticket.parameters()]
        for i, layer in enumerate(layers):
            U, V = weights[2 * i], weights[2 * i + 1]
            eta = _pixel_error(layer, U.flatten(1), V)
            kappa = float(layer.weight.abs().flatten(1).sum(dim=1).max())
            error, size = kappa * error + eta * (size + error), kappa * size
        return error * tail_norm(tail)

    def effective(self, ticket: Ticket) -> list[Kernels] | None:
        return None

    def comparable(self, ticket: Ticket, input_shape: Sequence[int]) -> None:
        """None: the hidden neurons mix channels, so that no layer merges into one kernel."""
        return


def _pixel_error(layer: Layer, U: Tensor, V: Tensor) -> float:
    """Largest over output channels of the sum of the taps' bounds, for |x| ≤ 1."""
    taps = V.transpose(0, 1).flatten(2) if V.ndim > 2 else V.T[:, :, None]  # (hidden, c_out, k²)
    kernel = layer.weight.flatten(2) if V.ndim > 2 else layer.weight[:, :, None]
    linear = 0.5 * torch.einsum("hot,hc->oct", taps, U) - kernel
    reach = U.abs().sum(dim=1)[:, None, None]
    even = torch.maximum((taps.clamp(min=0) * reach).sum(0), ((-taps).clamp(min=0) * reach).sum(0))
    return float((linear.abs().sum(dim=1) + 0.5 * even).sum(dim=1).max())
