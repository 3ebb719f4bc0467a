"""Ticket: a random network, what is kept of it, and the smaller network that remains."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from slth import checks
from slth.networks.arguments import Data
from slth.networks.equivariant import InvariantMean, QuarterTurnConv, ScalarConv, SetLinear
from slth.networks.onnx_graph import write_onnx
from slth.tickets import measure
from slth.tickets.empty import empty_rows
from slth.tickets.methods import TicketMethods, compare
from slth.tickets.pruned import with_masks

if TYPE_CHECKING:
    from slth.supnorm import Bracket
    from slth.tickets.base import Comparable, Construction

EQUIVARIANT = (QuarterTurnConv, ScalarConv, SetLinear, InvariantMean)


@dataclass(frozen=True, eq=False, repr=False)
class Ticket(TicketMethods):
    """A random network and `keep` masks; the weights are never changed.

    construction, options: how it was made. target: the network it imitates. source: the random
    network, its parameters as sampled. keep: name of a source parameter → bool tensor of its
    shape; parameters without a mask (an exact readout) are not random. ticket: the physically
    smaller network. solutions: one row per subset problem, failures included (`solve_problems`).
    parameters: numbers of weights {source, kept, ticket, target}, all without an exact readout;
    `ticket` counts the zeros that a dense kernel of the smaller network still stores, `kept` not.

    >>> net = slth.networks.build_dense_network([4, 3, 2])
    >>> ticket = slth.tickets.build("rss_dense", slth.networks.normalise(net)[0], n=12)
    >>> ticket.parameters
    {'source': 672, 'kept': 221, 'ticket': 324, 'target': 12}
    >>> x = [[0.1, -0.2, 0.3, 0.4]]
    >>> bool((ticket(x) - ticket.target_outputs(x)).abs().max() <= ticket.error_bound())
    True
    """

    construction: str
    options: Mapping[str, object]
    target: nn.Sequential
    source: nn.Sequential
    keep: dict[str, Tensor]
    ticket: nn.Sequential
    solutions: pd.DataFrame
    parameters: dict[str, int]

    def __post_init__(self) -> None:
        """Refuse masks that are not boolean, not of the parameter's shape, or of no parameter."""
        shapes = {name: p.shape for name, p in self.source.named_parameters()}
        for name, mask in self.keep.items():
            if name not in shapes:
                raise ValueError(f"keep: got a mask for {name!r}, takes {', '.join(shapes)}")
            if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
                raise TypeError(
                    f"keep[{name!r}]: got {getattr(mask, 'dtype', type(mask).__name__)}, "
                    "takes a boolean tensor"
                )
            if mask.shape != shapes[name]:
                raise ValueError(
                    f"keep[{name!r}]: got shape {tuple(mask.shape)}, takes {tuple(shapes[name])}"
                )

    @property
    def counts(self) -> dict[str, int]:
        """`parameters`."""
        return self.parameters

    @property
    def scale(self) -> dict[str, float]:
        """By layer the c that a whole network's ticket has: 1, no gain is taken."""
        return {str(layer): 1.0 for layer in self.solutions["layer"].unique()}

    def outputs(self, x: Data) -> Tensor:
        """Outputs of the ticket (m, …), float64, of inputs (m, …)."""
        return measure.outputs(self.ticket, x, "ticket")

    def target_outputs(self, x: Data) -> Tensor:
        """Outputs of the target (m, …), float64, of inputs (m, …)."""
        return measure.outputs(self.target, x, "target")

    def error_bound(self, eps: float | None = None) -> float:
        """Bound ‖target(x) − ticket(x)‖_∞ over [-1, 1], or [0, 1] if so declared, closed form.

        eps: what every problem misses at most, None = what the rows say, as in
        `slth.tickets.Construction.error_bound`.
        """
        return self._made_by().error_bound(self, eps)

    def as_module(self, input_shape: Sequence[int] | None = None) -> nn.Sequential:
        """What the ticket computes in layers like the target's, which `slth.supnorm` compares.

        Raises ValueError for a construction whose tickets have no such form on inputs as they are.
        """
        pair = self._comparable(input_shape)
        if pair.input_shape != tuple(input_shape or ()):
            raise ValueError(
                f"ticket: {self.construction!r} compares networks on inputs of shape "
                f"{pair.input_shape}; use its own bracket(box, input_shape)"
            )
        return pair.g

    def bracket(
        self,
        box: tuple[ArrayLike, ArrayLike] | None = None,
        input_shape: Sequence[int] | None = None,
        **options: Any,
    ) -> Bracket:
        """Certified bounds of sup ‖target − ticket‖_∞ over a box, by `slth.supnorm.bracket`.

        box: None is [-1, 1], or [0, 1] where inputs were declared ≥ 0. input_shape: without the
        batch. Raises ValueError for a construction whose tickets that does not compare.
        """
        pair = self._comparable(input_shape)
        if box is None:
            box = (0.0, 1.0) if self.options.get("nonnegative_input") else (-1.0, 1.0)
        return compare()(pair.f, pair.g, box, pair.input_shape, **options)

    def _comparable(self, input_shape: Sequence[int] | None) -> Comparable:
        if input_shape is None:
            raise ValueError("input_shape: got None, takes (c, h, w) or (features,) of an input")
        pair = self._made_by().comparable(self, input_shape)
        if pair is None:
            raise ValueError(
                f"ticket: {self.construction!r} has no layers that bracket compares; error_bound() "
                "and error(images) take every ticket"
            )
        return pair

    def summary(self) -> pd.DataFrame:
        """One row per layer: d, candidates (mean), problems, members, kept, errors, target."""
        rows = []
        empty = empty_rows(self.solutions)
        for layer, part in self.solutions.groupby("layer", sort=True):
            rows.append(
                {
                    "layer": layer,
                    "d": int(part["d"].max()),
                    "candidates": float(part["candidates"].mean()),
                    "problems": len(part),
                    "members": int(part["kept"].sum()),
                    "kept": int(part["kept"].sum()),
                    "median_error": float(part["error"].median()),
                    "worst_error": float(part["error"].max()),
                    "target": float(part["target"].max()),
                    "empty": int(empty[part.index].sum()),
                }
            )
        return pd.DataFrame(rows)

    def save(self, path: str | Path) -> None:
        """Write networks, masks and solutions to an .npz that `slth.tickets.load` reads."""
        from slth.tickets.store import save

        save(path, self)

    def _made_by(self) -> Construction:
        from slth.tickets.registry import get

        return get(self.construction, **self.options)

    def to_onnx(
        self,
        path: str | os.PathLike[str],
        input_shape: Sequence[int] | None = None,
        dtype: str = "float64",
    ) -> None:
        """See `TicketMethods.to_onnx`; input_shape is needed.

        Equivariant layers are written as the plain ones that compute the same, on inputs (4·c, D,
        D) or (c·m,) in place of fields and sets, as `slth.networks.as_plain` says.
        """
        if input_shape is None:
            raise ValueError("input_shape: got None, takes (c, h, w) or (features,) of an input")
        shape = tuple(checks.integer("input_shape", n, low=1) for n in input_shape)
        network = self.ticket
        if any(isinstance(module, EQUIVARIANT) for module in network.modules()):
            pair = self._made_by().comparable(self, shape)
            assert pair is not None
            network, shape = pair.g, pair.input_shape
        write_onnx(path, network, shape, dtype)

    def pruned(self) -> nn.Module:
        """See `TicketMethods.pruned`."""
        return with_masks(self.source, self.keep)

    def masked(self) -> nn.Sequential:
        """Return a copy of the source, same shapes, in which removed weights are zero."""
        network = copy.deepcopy(self.source)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in self.keep:
                    parameter.masked_fill_(~self.keep[name], 0.0)
        return network
