"""The ticket of a whole network: seeds, bits and kernels, and what can be asked of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from slth import checks
from slth.networks.arguments import Data, as_images, ends_of_box
from slth.networks.network import Network
from slth.networks.onnx_graph import write_onnx
from slth.tickets.methods import TicketMethods, compare
from slth.tickets.pruned import with_masks
from slth.tickets.ticket import Ticket
from slth.tickets.whole.bounds import closed_bound
from slth.tickets.whole.effective import EffectiveLayer
from slth.tickets.whole.keep import Keep
from slth.tickets.whole.literal import BUILT, build_module, built_size
from slth.tickets.whole.random_layer import random_module
from slth.tickets.whole.records import LayerRecord, empty_counts, table
from slth.tickets.whole.source import Source

if TYPE_CHECKING:
    from slth.supnorm import Bracket

Box = tuple[ArrayLike, ArrayLike]
CHUNK = 32  # images at a time


@dataclass(frozen=True, eq=False, repr=False)
class WholeTicket(TicketMethods):
    """A whole network cut out of a random one: every layer is U, ReLU, V with parts removed.

    target: the network that was read. source: the random network, as seeds; `Source.layer` makes a
    layer of it. layers: by name, the kernels that what is kept computes with. records: of each
    layer, what is kept and what its problems came to. options: of the construction. settings: n,
    eps, seed, solver, budget.

    >>> from torch import nn
    >>> net = slth.networks.build_dense_network([3, 4, 2])
    >>> net[1].bias = nn.Parameter(net[1].weight[:, 0].detach() / 2)
    >>> ticket = slth.tickets.build("structured_convolution", net, n=40, granularity="entry")
    >>> ticket
    Ticket of structured_convolution: 2 layers, 24 weights imitated, 723 of 2,560 random ones kept
      1: 28 problems, d = 1, error 0.00015 (worst 0.089), 342 members
      3: 8 problems, d = 1, error 4e-05 (worst 0.0001), 107 members
    """

    target: Network
    source: Source
    layers: dict[str, EffectiveLayer]
    records: list[LayerRecord]
    options: dict[str, Any]
    settings: dict[str, Any]
    construction: str = "structured_convolution"

    @cached_property
    def network(self) -> Network:
        """The ticket as a network of effective layers: what `__call__` and measures compute."""
        return self.target.replaced(self.layers)

    @cached_property
    def ticket(self) -> nn.Module:
        """The pruned random network, physically smaller: a torch module in float64.

        Its layers are built as they are, kept hidden channels and their V, drawn anew from their
        seeds; a layer of more than 2^24 weights stands as its effective kernels, which `summary`
        says (column built).
        """
        return build_module(self.target, self.source, self.records, self.layers)

    @cached_property
    def keep(self) -> Keep:
        """Masks over the source's parameters, by name."""
        return Keep(self.source, self.records)

    @cached_property
    def solutions(self) -> pd.DataFrame:
        """One row per subset problem, failures too; columns as `slth.tickets.solve_problems`."""
        return table(self.records, self.settings["eps"])

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Numbers {source, kept, ticket, target}: weights, and biases on both sides.

        kept: of U, constants and V. ticket: with the zeros that its kernels store.
        """
        kept = sum(r.kept_hidden + r.kept_filters for r in self.records)
        stored = sum(r.kept_hidden + built_size(r) for r in self.records)
        weights = (r.geometry.weight.size for r in self.records)
        biases = (0 if r.geometry.bias is None else r.geometry.bias.size for r in self.records)
        target = sum(weights) + sum(biases)
        return {"source": self.source.size, "kept": kept, "ticket": stored, "target": target}

    @property
    def counts(self) -> dict[str, int]:
        """`parameters`."""
        return self.parameters

    @property
    def scale(self) -> dict[str, float | tuple[float, ...]]:
        """By layer, c: V has deviation 1/c, as if c times the layer were imitated.

        With gain="reach" a layer of several groups has one c each.
        """
        return {r.geometry.name: r.geometry.scale for r in self.records}

    def outputs(self, x: Data) -> Tensor:
        """Outputs of the ticket (m, …), float64, of inputs (m, …)."""
        return _chunked(self.network, as_images(x, "x"))

    def target_outputs(self, x: Data) -> Tensor:
        """Outputs of the target (m, …), float64, of inputs (m, …)."""
        return _chunked(self.target, as_images(x, "x"))

    def error_bound(self, box: Box | None = None) -> float:
        """Bound ‖target(x) − ticket(x)‖_∞ over a box from the kernels, `closed_bound`.

        box: (lo, hi) that broadcast to the input shape; None: [-1, 1], or [0, 1] where inputs were
        declared ≥ 0: a box below 0 is refused then. Holds whatever corrected the targets; what
        subset problems promise (existence, n) does not. Raises ValueError/TypeError.
        """
        return closed_bound(self.target, self.layers, self._box(box))

    def as_module(self, input_shape: Sequence[int] | None = None) -> nn.Sequential:
        """What the ticket computes in layers like the target's, which `slth.supnorm` compares.

        input_shape: not looked at, the target has its own. Raises ValueError where there is no
        such form, naming the layer.
        """
        from slth.tickets.whole.comparable import comparable

        return comparable(self.target, self.layers)[1]

    def bracket(
        self,
        box: Box | None = None,
        input_shape: Sequence[int] | None = None,
        **options: Any,
    ) -> Bracket:
        """Certified bounds of sup ‖target − ticket‖_∞ over a box, by `slth.supnorm.bracket`.

        Raises ValueError naming what that has no bounds for.
        """
        from slth.tickets.whole.comparable import comparable

        f, g = comparable(self.target, self.layers)
        shape = self.target.input_shape if input_shape is None else input_shape
        return compare()(f, g, self._box(box), shape, **options)

    def summary(self) -> pd.DataFrame:
        """One row per layer.

        d, candidates (mean of a sign), problems, weights (of the target), kept_channels (hidden),
        members (kept in all subsets), kept (weights of U and V), median_error and worst_error of
        kernels at the layer's scale, target (largest entry), empty (problems that say nothing),
        scale, built (whether `ticket` has the layer itself).
        """
        rows = []
        for record, empty in zip(self.records, empty_counts(self.records), strict=True):
            g = record.geometry
            errors = record.column("error")
            rows.append(
                {
                    "layer": g.name,
                    "d": g.dimension,
                    "candidates": float(record.column("candidates").mean()),
                    "problems": len(errors),
                    "weights": g.weight.size + (0 if g.bias is None else g.bias.size),
                    "kept_channels": record.kept_hidden,
                    "members": int(record.column("kept").sum()),
                    "kept": record.kept_hidden + record.kept_filters,
                    "median_error": float(np.median(errors)),
                    "worst_error": float(errors.max()),
                    "target": float(np.abs(g.weight).max()),
                    "empty": empty,
                    "scale": min(g.scales),
                    "built": built_size(record) <= BUILT,
                }
            )
        return pd.DataFrame(rows)

    def save(self, path: str | Path) -> None:
        """Write seeds, bits, kernels and target to an .npz; `slth.tickets.load` reads it."""
        from slth.tickets.whole.store import save

        save(path, self)

    def to_onnx(
        self,
        path: str | os.PathLike[str],
        input_shape: Sequence[int] | None = None,
        dtype: str = "float64",
    ) -> None:
        """See `TicketMethods.to_onnx`; input_shape: None is that of the target."""
        from slth.tickets.whole.onnx_layers import WRITERS

        given = self.target.input_shape if input_shape is None else input_shape
        shape = tuple(checks.integer("input_shape", n, low=1) for n in given)
        write_onnx(path, self.ticket, shape, dtype, WRITERS)

    def pruned(self) -> nn.Module:
        """See `TicketMethods.pruned`; layer ``name`` has U, constants and V as `Source.layer` says.

        Raises checks.TooLargeError where the random network has more than 2^27 weights.
        """
        network, paths = random_module(self.target, self.source)
        masks = {}
        for key, mask in self.keep.items():
            name, _, part = key.rpartition(".")
            masks[f"{paths[name]}.{part}"] = mask
        return with_masks(network, masks)

    def _box(self, box: Box | None) -> Box:
        nonnegative = self.options["nonnegative_input"]
        if box is None:
            return (0.0, 1.0) if nonnegative else (-1.0, 1.0)
        low = float(np.min(ends_of_box(box, self.target.input_shape)[0]))
        if nonnegative and low < 0:
            raise ValueError(
                f"box: got inputs down to {low:g}, takes >= 0: the ticket was built with "
                "nonnegative_input=True"
            )
        return box


def _chunked(network: Network, x: Tensor) -> Tensor:
    return torch.cat([network(part) for part in x.split(CHUNK)])


Ticket.register(WholeTicket)  # isinstance(t, slth.Ticket) holds of what `build` returns
