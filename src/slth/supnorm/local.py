"""Narrower ranges of δ = z_f − z_g inside the networks: every neuron over its own receptive field.

Interval ranges let each input of a neuron take its extreme alone. The Lagrangian dual of the part
of the networks that one position reads is small, and its bound holds for that position: a range
that `slth.supnorm.stage` cuts its hulls with. Positions that read the same kernel entries over the
same ranges share one dual, so a convolution has a few kinds of them whatever the image.
Source of the idea: intermediate bounds by linear relaxation (CROWN, Zhang et al., NeurIPS 2018).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from slth.supnorm.blocks import Blocks, fields, single
from slth.supnorm.branching import branch
from slth.supnorm.differential import Triple, activated, affine_pair
from slth.supnorm.dual import Descent, build
from slth.supnorm.lagrangian import Bounds, objectives
from slth.supnorm.layers import Geometry, Layer, Layers
from slth.supnorm.ranges import Range

STEPS = 20  # descent steps of a position
_BLOCK = 4  # ReLU pairs a block
_WORK = 2**25  # entries of a dual times objectives times steps, all positions of a layer together
_FEWEST = 5  # steps below which a position is not worth its dual


@dataclass(frozen=True)
class Ranges:
    """places: before each layer and at the end, as `differential`; before: before each ReLU."""

    places: list[Triple]
    before: list[Triple]


@dataclass(frozen=True)
class Part:
    """Layers of f and g that ``outputs`` of the last one read, dense, and their ranges."""

    outputs: Tensor
    f: list[Layer]
    g: list[Layer]
    ranges: Ranges


def narrowed(f: Layers, g: Layers, box: Range, steps: int = STEPS, splits: int = 0) -> Ranges:
    """Ranges of `differential`, δ before every ReLU but the first and the last narrowed.

    splits: subproblems of branch and bound a layer, shared by its kinds of positions.
    A layer whose duals would be too large keeps its intervals. Never wider than `differential`.
    Cost: ``steps`` dual passes for each kind of position, fixed by the module's constants.
    """
    zero = torch.zeros_like(box.lo)
    places, before = [Triple(box, box, Range(zero, zero))], []
    tables = [fields(layer) for layer in f]
    for i, (first, second) in enumerate(zip(f, g, strict=True)):
        here = affine_pair(first, second, places[-1])
        if 0 < i < len(f) - 1 and first.relu and steps:
            here = _narrow(
                f[: i + 1], g[: i + 1], Ranges(places, [*before, here]), tables, steps, splits
            )
        before.append(here)
        places.append(activated(here) if first.relu else here)
    return Ranges(places, before)


def _narrow(
    f: Layers,
    g: Layers,
    known: Ranges,
    tables: Sequence[tuple[Tensor, Tensor]],
    steps: int,
    splits: int,
) -> Triple:
    """The pair before the last ReLU of f, g with δ narrowed."""
    here = known.before[-1]
    lo, hi = here.delta.lo.flatten().clone(), here.delta.hi.flatten().clone()
    kinds = list(_kinds(f, known, tables))
    for positions, chain in kinds:
        part = _part(f, g, known, chain)
        found = _bound(part, steps, len(kinds), splits // len(kinds))
        if found is None:
            return here
        count = positions.shape[1]
        hi[positions] = torch.minimum(hi[positions], found[:count])
        lo[positions] = torch.maximum(lo[positions], -found[count:])
    shape = here.delta.lo.shape
    return replace(here, delta=Range(lo.view(shape), hi.view(shape)))


def _bound(part: Part, steps: int, kinds: int, splits: int) -> Tensor | None:
    """Upper bounds of δ and of −δ at the part's outputs; None without a dual of moderate size."""
    dual = build(part.f, part.g, part.ranges.places, _BLOCK, part.ranges.before)
    if dual is None:
        return None
    count = len(part.outputs)
    steps = min(steps, _WORK // (dual.entries() * 2 * count * kinds))
    if steps < _FEWEST:
        return None
    c = objectives(torch.arange(2 * count), count)
    value = Descent(dual, c, dual.allowed(), dual.start(2 * count), dual.scales(c)).run(steps)
    box = part.ranges.places[0].f.lo
    bounds = Bounds(value.safe, box.new_zeros(0, *box.shape))
    return branch(dual, (part.f, part.g), bounds, splits).ends


def _kinds(
    f: Layers, known: Ranges, tables: Sequence[tuple[Tensor, Tensor]]
) -> Iterable[tuple[Tensor, list[Blocks]]]:
    """Output indices (R, m) of the R positions of a kind, and what the first of them reads."""
    shape = f[-1].geometry.out_shape
    index = (
        torch.arange(math.prod(shape)).view(shape[0], -1).T
        if f[-1].geometry.conv
        else (torch.arange(math.prod(shape))[None])
    )
    found: dict[bytes, tuple[list[Tensor], list[Blocks]]] = {}
    for outputs in index:
        chain = _chain(f, outputs, tables)
        found.setdefault(_key(chain, known), ([], chain))[0].append(outputs)
    return [(torch.stack(rows), chain) for rows, chain in found.values()]


def _chain(f: Layers, outputs: Tensor, tables: Sequence[tuple[Tensor, Tensor]]) -> list[Blocks]:
    """What ``outputs`` of the last layer read, layer by layer, the first layer first."""
    chain: list[Blocks] = []
    for layer, (read_at, entry_at) in zip(reversed(f), reversed(tables[: len(f)]), strict=True):
        table = single(outputs, read_at, entry_at, math.prod(layer.geometry.in_shape))
        chain.insert(0, table)
        outputs = table.inputs[0]
    return chain


def _key(chain: Sequence[Blocks], known: Ranges) -> bytes:
    """Equal for positions with the same kernel entries and the same ranges."""
    parts = [t for table in chain for t in (table.slots, table.weights)]
    for table, place in zip(chain, known.places, strict=True):
        parts += [end for x in (place.f, place.g, place.delta) for end in _at(x, table.inputs[0])]
    for table, pair in zip(chain, known.before, strict=True):
        parts += [end for x in (pair.f, pair.delta) for end in _at(x, table.outputs[0])]
    return b"".join(bytes(str(tuple(t.shape)), "ascii") + t.numpy().tobytes() for t in parts)


def _at(x: Range, index: Tensor) -> tuple[Tensor, Tensor]:
    return x.lo.flatten()[index], x.hi.flatten()[index]


def _take(x: Triple, index: Tensor) -> Triple:
    return Triple(*(Range(*_at(part, index)) for part in (x.f, x.g, x.delta)))


def _part(f: Layers, g: Layers, known: Ranges, chain: Sequence[Blocks]) -> Part:
    return Part(
        chain[-1].outputs[0],
        [_dense(layer, table) for layer, table in zip(f, chain, strict=True)],
        [_dense(layer, table) for layer, table in zip(g, chain, strict=True)],
        Ranges(
            [_take(x, table.inputs[0]) for x, table in zip(known.places, chain, strict=True)],
            [_take(x, table.outputs[0]) for x, table in zip(known.before, chain, strict=True)],
        ),
    )


def _dense(layer: Layer, table: Blocks) -> Layer:
    """The rows of ``layer`` at the outputs of ``table``, on the inputs they read."""
    plus = table.coefficients(layer.plus)[0]
    bias = None
    if layer.bias is not None:
        shape = layer.geometry.out_shape
        bias = layer.bias[table.outputs[0] // math.prod(shape[1:])]
    return Layer(
        Geometry((table.inputs.shape[1],), (len(plus),), conv=False),
        plus,
        plus if layer.plain else table.coefficients(layer.minus)[0],
        bias,
        table.coefficients(layer.magnitude)[0],
        layer.terms,
        None if layer.doubt is None else table.coefficients(layer.doubt)[0],
        relu=layer.relu,
    )
