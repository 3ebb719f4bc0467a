"""Narrower ranges of δ = z_f − z_g inside the networks: every neuron over its own receptive field.

Interval ranges let each input of a neuron take its extreme alone. The Lagrangian dual of the part
of the networks that one position reads is small, and its bound holds for that position: a range
that `slth.supnorm.dual.stage` cuts its hulls with. Positions that read the same kernel entries over
the same ranges are of one kind and share one dual, so a convolution has a few kinds whatever the
image; the duals of all kinds are one pass (`slth.supnorm.union`).
Source of the idea: intermediate bounds by linear relaxation (CROWN, Zhang et al., NeurIPS 2018).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple, activated, affine_pair
from slth.supnorm.dual.blocks import Blocks, fields, single
from slth.supnorm.dual.descent import Chain, Kinds
from slth.supnorm.dual.relaxation import Affine, Dual, build
from slth.supnorm.dual.stage import Allowed, Multipliers
from slth.supnorm.layers import Layers, fan_in
from slth.supnorm.ranges import Range
from slth.supnorm.union import Fields, Rows, union

_BLOCK = 2  # ReLU pairs a block
_WORK = 2**27  # entries of a dual times objectives times steps, a layer
_LARGEST = 2**21  # entries of a dual times objectives, and of the union's matrix: 16 MiB
_TABLES = 2**21  # entries of the tables of what neurons read: 16 MiB
_FEWEST = 5  # steps below which a layer is not worth its duals


@dataclass(frozen=True)
class Ranges:
    """places: before each layer and at the end, as `differential`; before: before each ReLU."""

    places: list[Triple]
    before: list[Triple]

    def met(self, f: Layers, known: Sequence[Triple]) -> "Ranges":
        """With other ranges of what the layers give before their ReLUs; none: as it is."""
        if not known:
            return self
        before = [x.meet(y) for x, y in zip(self.before, known, strict=True)]
        behind = [activated(x) if layer.relu else x for layer, x in zip(f, before, strict=True)]
        places = [x.meet(y) for x, y in zip(self.places[1:], behind, strict=True)]
        return Ranges([self.places[0], *places], before)


def narrowed(f: Layers, g: Layers, box: Range, steps: int) -> Ranges:
    """Ranges of `differential`, δ before every ReLU but the first and the last narrowed.

    A layer whose duals would be too large keeps its intervals, and so does one behind a layer that
    reads both signs with K⁺ ≠ K⁻, unless that is the first. Never wider than `differential`; more
    steps may narrow less at a position. Cost: ``steps`` dual passes per layer.
    """
    zero = torch.zeros_like(box.lo)
    known = Ranges([Triple(box, box, Range(zero, zero))], [])
    for i, (first, second) in enumerate(zip(f, g, strict=True)):
        here = affine_pair(first, second, known.places[-1])
        known.before.append(here)
        if 0 < i < len(f) - 1 and first.relu and steps and _moderate(f[: i + 1]):
            here = known.before[-1] = _narrow(f[: i + 1], g[: i + 1], known, steps)
        known.places.append(activated(here) if first.relu else here)
    return known


def _moderate(f: Layers) -> bool:
    """Whether tables of what every position reads, one after the other, are of moderate size."""
    shape = f[-1].geometry.out_shape
    places = math.prod(shape[1:]) if f[-1].geometry.conv else 1
    reads = shape[0]
    for layer in reversed(f):
        reach = fan_in(layer.plus)
        if places * reads * reach > _TABLES:
            return False
        reads = min(reads * reach, math.prod(layer.geometry.in_shape))
    return True


def _narrow(f: Layers, g: Layers, known: Ranges, steps: int) -> Triple:
    """The pair before the last ReLU of f, g with δ narrowed."""
    here = known.before[-1]
    tables = [fields(layer) for layer in f]
    kinds = _kinds(f, known, tables)
    rows = union(f, tables, torch.stack([kind[0] for kind in kinds]))
    reads = all(len(row.inputs) for row in rows)
    bounds = _bounds(f, g, known, rows, steps) if reads else None
    if bounds is None:
        return here
    lo, hi = here.delta.lo.flatten().clone(), here.delta.hi.flatten().clone()
    for above, below, positions in zip(*bounds, kinds, strict=True):
        hi[positions] = torch.minimum(hi[positions], above)
        lo[positions] = torch.maximum(lo[positions], -below)
    shape = here.delta.lo.shape
    return replace(here, delta=Range(lo.view(shape), hi.view(shape)))


def _kinds(f: Layers, known: Ranges, tables: Sequence[Fields]) -> list[Tensor]:
    """Output indices (R, m) of the R positions of every kind."""
    shape = f[-1].geometry.out_shape
    index = torch.arange(math.prod(shape)).view(shape[0], -1).T
    if not f[-1].geometry.conv:
        index = index.T
    found: dict[bytes, list[Tensor]] = {}
    for outputs in index:
        found.setdefault(_key(_chain(f, outputs, tables), known), []).append(outputs)
    return [torch.stack(rows) for rows in found.values()]


def _chain(f: Layers, outputs: Tensor, tables: Sequence[Fields]) -> list[Blocks]:
    """What ``outputs`` of the last layer read, layer by layer, the first layer first."""
    found: list[Blocks] = []
    for layer, (read, entries) in zip(reversed(f), reversed(tables), strict=True):
        table = single(outputs, read, entries, math.prod(layer.geometry.in_shape))
        found.insert(0, table)
        inside = table.inputs[0] < math.prod(layer.geometry.in_shape)
        # what sees the border alone reads nothing: any output will do, the same for all such
        outputs = table.inputs[0][inside] if bool(inside.any()) else outputs.new_zeros(1)
    return found


def _key(tables: Sequence[Blocks], known: Ranges) -> bytes:
    """Equal for positions with the same kernel entries and the same ranges."""
    parts = [t for table in tables for t in (table.slots, table.weights)]
    for table, place, pair in zip(tables, known.places, known.before, strict=True):
        parts += [end for x in (place.f, place.g, place.delta) for end in _at(x, table.inputs[0])]
        parts += [end for x in (pair.f, pair.delta) for end in _at(x, table.outputs[0])]
    return b"".join(bytes(str(tuple(t.shape)), "ascii") + t.numpy().tobytes() for t in parts)


def _at(x: Range, index: Tensor) -> tuple[Tensor, Tensor]:
    """Ends at flat indices; 0 outside the border."""
    zero = x.lo.new_zeros(1)
    return torch.cat([x.lo.flatten(), zero])[index], torch.cat([x.hi.flatten(), zero])[index]


def _take(x: Triple, index: Tensor) -> Triple:
    return Triple(*(Range(*_at(part, index)) for part in (x.f, x.g, x.delta)))


def _bounds(
    f: Layers, g: Layers, known: Ranges, rows: Sequence[Rows], steps: int
) -> tuple[Tensor, Tensor] | None:
    """Upper bounds of δ and of −δ, (K, m) each, kind by kind; None where they cost too much."""
    if max(len(r.outputs) * len(r.inputs) for r in rows) > _LARGEST:
        return None
    first, second = ([r.dense(x) for r, x in zip(rows, net, strict=True)] for net in (f, g))
    places = [_take(x, r.inputs) for x, r in zip(known.places, rows, strict=True)]
    before = [_take(x, r.outputs) for x, r in zip(known.before, rows, strict=True)]
    tiles = [r.blocks(_BLOCK) for r in rows]
    dual = build(first, second, places, _BLOCK, before, [table for table, _ in tiles])
    count = int(rows[-1].of_output.max()) + 1
    m = len(rows[-1].outputs) // count
    if dual is None or dual.entries() * 2 * m > _LARGEST:
        return None
    steps = min(steps, _WORK // (dual.entries() * 2 * m))
    if steps < _FEWEST:
        return None
    of_part = [
        row.of_output if isinstance(link, Affine) else kind
        for link, row, (_, kind) in zip(dual.links, rows, tiles, strict=True)
    ]
    positions = _Positions(dual, Kinds(of_part, rows[0].of_input, count))
    unit = torch.eye(m, dtype=torch.float64).repeat(1, count)
    delta = torch.cat([unit, -unit])
    c = torch.stack([torch.zeros_like(delta), delta], -1)
    above, below = positions.least(c, steps).chunk(2)
    return above.T, below.T


@dataclass(frozen=True)
class _Positions:
    """The dual of a union of kinds of positions."""

    dual: Dual
    kinds: Kinds

    def least(self, c: Tensor, steps: int) -> Tensor:
        """The least sound value found of objectives c (T, K·m, 2), kind by kind: (T, K)."""
        scales, allowed = self.dual.scales(c), self.dual.allowed()
        theta = self.dual.start(len(c))
        best = self.value(c, theta, allowed, scales)
        if not theta:
            return best  # no ReLU on the way: the bound is what it is
        found = Chain(self.dual, c, allowed, theta, scales, self.kinds).search(steps)
        value = self.value(c, found, allowed, scales)
        return torch.where(value < best, value, best)  # an overflow is no bound

    def value(
        self,
        c: Tensor,
        theta: Sequence[Multipliers],
        allowed: Sequence[Allowed],
        scales: Sequence[Tensor],
    ) -> Tensor:
        """`Dual.value` kind by kind, (T, K), with a slack that covers them all together."""
        out = c.new_zeros(len(c), self.kinds.count)
        slack = sizes = c.new_zeros(len(c))
        at = len(theta)
        for link, kind in zip(reversed(self.dual.links), reversed(self.kinds.of_part), strict=True):
            if isinstance(link, Affine):
                parts = (c * link.shifts()).sum(-1)
                c, _, more = link.back(c)
            else:
                at -= 1
                here = link.bound(c, scales[at], theta[at], allowed[at])
                c, parts, more = here.form, here.patterns.amax(-1), here.slack
            out, slack = out.index_add(1, kind, parts), slack + more
            sizes = sizes + parts.detach().abs().sum(1)
        front = self.dual.links[0].whole
        sizes = sizes + (c.detach().abs() * front.size).sum((1, 2))
        out = out.index_add(1, self.kinds.of_input, front.tops(c))
        slack = slack + rounding.margin(self.dual.terms(), sizes)
        return rounding.up(out + slack[:, None])
