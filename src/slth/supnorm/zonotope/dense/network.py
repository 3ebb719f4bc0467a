"""A pair of dense networks as arrays, and the zonotopes of many boxes in compiled code."""

import itertools
import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth.checks import FloatArray
from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.affine import Joint
from slth.supnorm.zonotope.dense.boxes import bound_boxes
from slth.supnorm.zonotope.dense.outputs import bound_rows
from slth.supnorm.zonotope.dense.tighten import tighten, tighten_boxes
from slth.supnorm.zonotope.entry import centre, radii

_LARGEST = 2**24  # float64 numbers of all rows and kept columns of one box


@dataclass(frozen=True)
class Bounded:
    """What is known of f − g over B boxes.

    bounds: of |f − g| and of |fl f − fl g|, (B, 2). error: what evaluation adds to each output, (B,
    outputs). output: (B,), where the first bound is met. slopes: (B, active), coefficients of the
    inputs there, with the sign of the larger end. shares: (B, active), how much it depends on each
    input. ends: (B, 6, entries), ranges before every ReLU, lo and hi of f, of g and of f − g.
    """

    bounds: Tensor
    error: Tensor
    output: Tensor
    slopes: Tensor
    shares: Tensor
    ends: Tensor

    @property
    def size(self) -> Tensor:
        """Upper bound of |f − g| per output, (B, outputs); NaN where float64 does not hold it."""
        return self.ends[:, 4:, -self.error.shape[1] :].abs().amax(1)

    @property
    def empty(self) -> Tensor:
        """Of which parts some range is empty, so that they have no input, (B,)."""
        return (self.ends[:, ::2] > self.ends[:, 1::2]).flatten(1).any(1)

    def at(self, box: Tensor) -> "Bounded":
        """Of some of the boxes."""
        return Bounded(*(getattr(self, part.name)[box] for part in fields(self)))


@dataclass(frozen=True)
class Dense:
    """Layers that are all dense, plain and exact.

    net: of `slth.supnorm.zonotope.dense.arrays`. back: the kernels of f and g as they are, flat.
    caps: of `bound_boxes`. read: inputs that are not in the biases, active: which of those vary.
    known: (6, entries) ranges, or (6, 0).
    """

    net: tuple[Any, ...]
    back: FloatArray
    caps: tuple[int, int]
    read: Tensor
    active: Tensor
    known: Tensor

    @classmethod
    def of(
        cls,
        layers: list[Joint],
        active: Tensor,
        known: tuple[Triple, ...],
        fixed: Tensor | None = None,
    ) -> "Dense | None":
        """None where a layer is no plain dense one, the last has a ReLU, or rows do not fit.

        known: of every layer, ranges of what it gives that hold over all boxes; or none. fixed:
        (inputs,), the values in every box of the inputs that are not active; None: of any value.
        """
        if layers[-1].f.relu or not all(_simple(layer) for layer in layers):
            return None
        read = torch.arange(layers[0].f.plus.shape[1]) if fixed is None else active
        widths = [len(read), *(layer.f.plus.shape[0] for layer in layers)]
        most = sum(len(layer.f.plus) for layer in layers[:-1] if layer.f.relu)
        inputs, widest = len(active), max(widths[1:])
        if (inputs + most) * (6 * widest + 5 * most) > _LARGEST:
            return None
        parts = [torch.stack([x.f.plus, x.g.plus, x.gap[0]]) for x in layers]
        shifts = torch.cat([torch.stack(layer.shift) for layer in layers], 1)
        large = shifts.abs()
        if fixed is not None:
            rest, n = fixed.index_fill(0, active, 0.0), widths[1]
            shifts[:, :n] += parts[0] @ rest
            large[:, :n] += parts[0].abs() @ rest.abs()
        parts[0] = parts[0][:, :, read]
        stacked = torch.cat([part.mT.flatten(1) for part in parts], 1)
        sizes = np.cumsum([0, *(a * b for a, b in itertools.pairwise(widths))])
        net = (
            np.array(widths), sizes, np.cumsum([0, *widths[1:]]), stacked.numpy(), shifts.numpy(),
            stacked.abs().numpy(), np.array([layer.slack for layer in layers]),
            np.array([layer.f.relu for layer in layers]), rounding.slack(inputs + 3 * most + 8),
            large.numpy(),
        )  # fmt: skip
        back = torch.cat([part[:2].flatten(1) for part in parts], 1)
        varied = torch.nonzero(torch.isin(read, active))[:, 0]
        return cls(net, back.numpy(), (most, widest), read, varied, _stacked(known))

    @property
    def products(self) -> int:
        """Multiplications of one pass of a row through either network."""
        return int(self.net[1][-1])

    def bound(self, box: Range, level: float, phases: Tensor | None = None) -> Bounded:
        """Bound f − g over boxes (B, inputs), or over their parts where ``phases`` are fixed.

        level: of `bound_boxes`. phases: of `parted`.
        """
        box = self.seen(box)
        middle = centre(box)
        known = self.known[None] if phases is None else _met(self.known, phases)
        parts = (middle, radii(box, middle), known, self.active)
        arrays = (part.contiguous().numpy() for part in parts)
        return Bounded(*map(torch.from_numpy, bound_boxes(self.net, *arrays, self.caps, level)))

    def passed_back(
        self, box: Range, found: Bounded, level: float, steps: int, inside: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Bounds (B,) of |f − g| and |fl f − fl g| by rows passed back, and an input of each box.

        found: of the same boxes (B, inputs). An output that is at most ``level`` anyway is not
        asked for. Cost: at most steps + 1 passes per row, a row per output and sign. inside: also
        of one pass each for six rows per neuron whose phase is open; found.ends are narrowed in
        place.
        """
        none = torch.zeros(1, 2, found.ends.shape[2], dtype=torch.int8)
        return self.parted(box, none, found, level, steps, inside=inside)[:2]

    def parted(
        self, box: Range, phases: Tensor, found: Bounded, level: float, steps: int, *, inside: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The same of the parts where phases (B or 1, 2, entries) are fixed, and gaps of open ones.

        phases: of f and g, 1 where z ≥ 0, −1 where z ≤ 0, else 0. found: of the same parts. The
        gaps are what each open phase adds to the bound, about, (B, 2, entries). Cost: also a pass
        a phase; rows then are passed back three times.
        """
        own = self.seen(box)
        parts = (own.lo, own.hi, found.ends, found.error, phases)
        lo, hi, ends, error, which = (part.contiguous().numpy() for part in parts)
        if inside:
            tighten_boxes(self.net, self.back, lo, hi, ends, 0)
        bounds, at, gaps = bound_rows(self.net, self.back, lo, hi, ends, error, which, level, steps)
        points = box.lo.index_copy(1, self.read, torch.from_numpy(at))
        return torch.from_numpy(bounds), points, torch.from_numpy(gaps)

    def tightened(self, box: Range, steps: int) -> list[Triple]:
        """Ranges of every layer over one box, (1, inputs), (entries,) each, by rows passed back.

        Cost: at most six rows per entry, steps + 1 passes each.
        """
        own, ends = self.seen(box), self.bound(box, math.inf).ends[0].contiguous()
        tighten(
            self.net, self.back, own.lo[0].numpy(), own.hi[0].numpy(), ends.numpy(), steps,
            len(self.net[0]) - 1,
        )  # fmt: skip
        return [
            Triple(*(Range(part[2 * h][None], part[2 * h + 1][None]) for h in range(3)))
            for part in ends.split(self.net[0][1:].tolist(), 1)
        ]

    def seen(self, box: Range) -> Range:
        """The inputs of boxes (B, inputs) that are read."""
        return Range(box.lo[:, self.read], box.hi[:, self.read])

    def gaps(self, x: Tensor) -> Tensor:
        """Evaluate |f − g| at inputs x (R, inputs): (R,)."""
        widths, at, places, kernels, shifts = self.net[:5]
        parts = [x[:, self.read]] * 2
        for i in range(len(widths) - 1):
            for h in range(2):
                own = torch.from_numpy(kernels[h, at[i] : at[i + 1]])
                shift = torch.from_numpy(shifts[h, places[i] : places[i + 1]])
                z = parts[h] @ own.view(widths[i], widths[i + 1]) + shift
                parts[h] = z.relu() if self.net[7][i] else z
        return (parts[0] - parts[1]).abs().amax(1)


def _simple(layer: Joint) -> bool:
    return not layer.f.geometry.conv and layer.plain and layer.doubt is None


def _stacked(known: tuple[Triple, ...]) -> Tensor:
    """Ranges of all layers as lo, hi of f, g and δ: (6, entries), or (6, 0)."""
    if not known:
        return torch.empty(6, 0, dtype=torch.float64)
    ends = [
        torch.stack([end.flatten() for part in (x.f, x.g, x.delta) for end in (part.lo, part.hi)])
        for x in known
    ]
    return torch.cat(ends, 1)


def _met(known: Tensor, phases: Tensor) -> Tensor:
    """Known ranges met with fixed phases (B, 2, entries): (B, 6, entries)."""
    ends = torch.full((len(phases), 6, phases.shape[2]), torch.inf, dtype=torch.float64)
    ends[:, ::2] = -torch.inf
    if known.shape[1]:
        ends[:] = known
    for h in range(2):
        lo, hi = ends[:, 2 * h], ends[:, 2 * h + 1]
        lo[(phases[:, h] > 0) & (lo < 0)] = 0.0
        hi[(phases[:, h] < 0) & (hi > 0)] = 0.0
    return ends
