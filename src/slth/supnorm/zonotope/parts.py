"""What is known of f − g over the parts of input splitting, many at a time.

A part is a box or, of dense networks, the inputs of a box where some ReLUs have fixed phases. Dense
networks go through compiled code part by part (`slth.supnorm.zonotope.dense`), others through
tensors side by side (`slth.supnorm.zonotope.pair`); rows are passed back where that pays.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.dense.network import Dense
from slth.supnorm.zonotope.entry import centre
from slth.supnorm.zonotope.pair import Outputs, Pair

_OPEN = 4  # open phases an input that varies, up to which one is fixed before an input is halved
_FEW = 16  # inputs, at most, where more boxes gain more in the time than ranges inside each


@dataclass(frozen=True)
class Parts:
    """What is known of B parts.

    value: (B,) bound of |f − g| and of |fl f − fl g|. error: (B,) what evaluation has in it. score:
    (B, active), how much the worst output depends on each input. points: (R, inputs) to evaluate.
    phase: (B,) the phase to fix, network · entries + neuron; −1: an input is halved.
    """

    value: Tensor
    error: Tensor
    score: Tensor
    points: Tensor
    phase: Tensor


def measured(pair: Pair, box: Range, phases: Tensor, level: float, steps: int) -> Parts:
    """Bound f − g over the parts of boxes (B, inputs) where phases (B, 2, entries) are fixed.

    phases: of f and g, 1 where z ≥ 0, −1 where z ≤ 0, else 0; read of dense networks alone. level:
    a bound at most this says all that is asked of its part, whose score may be 0. steps: of the
    slopes of rows that are passed back where an output may be above ``level``; 0: none are.
    """
    if pair.dense is not None:
        return _compiled(pair, pair.dense, box, phases, level, steps)
    return _by_tensors(pair, box, level, steps)


def _compiled(
    pair: Pair, dense: Dense, box: Range, phases: Tensor, level: float, steps: int
) -> Parts:
    found = dense.bound(box, level, phases)
    value, points = rounding.up(found.size + found.error).amax(1), _corner(pair, box, found.slopes)
    value = torch.where(found.empty, 0.0, value)
    left, phase = torch.nonzero(value > level)[:, 0], torch.full((len(value),), -1)
    points = points[left]
    if steps and len(left):
        part = Range(box.lo[left], box.hi[left])
        inside = len(dense.active) > _FEW
        bounds, at, gaps = dense.parted(
            part, phases[left], found.at(left), level, steps, inside=inside
        )
        value[left], points = torch.minimum(value[left], bounds), torch.cat([points, at])
        phase[left] = _worst(gaps, _OPEN * len(dense.active))
    return Parts(value, found.error.amax(1), found.shares, points, phase)


def _worst(gaps: Tensor, most: int) -> Tensor:
    """The phase with the largest part in a bound (B,), where at most ``most`` have one; else −1."""
    gaps = torch.nan_to_num(gaps.flatten(1))
    count = (gaps > 0).sum(1)
    return torch.where((count > 0) & (count <= most), gaps.argmax(1), -1)


def _by_tensors(pair: Pair, box: Range, level: float, steps: int) -> Parts:
    found = pair.outputs(box, sharing=True)
    if steps:
        found = pair.sharper(found, level, steps)
    output = found.bound()[1]
    errors = pair.evaluation(found)
    value = rounding.up(found.delta.size + errors).amax(1)
    score = value.new_zeros(len(value), 0)
    if found.shares is not None and len(pair.entry.active):
        score = found.shares.scores(found.forms, output)
    middle = centre(box)
    corner = _corner(pair, box, _slopes(pair, found, output))
    points = torch.cat([middle, corner, *([found.at[0]] if found.at else [])])
    return Parts(value, errors.amax(1), score, points, torch.full((len(value),), -1))


def _slopes(pair: Pair, found: Outputs, output: Tensor) -> Tensor:
    """Coefficients (B, active) of the inputs in δ of an output (B,), signed as the larger end."""
    rows, delta = torch.arange(len(output)), found.delta
    sign = torch.where(delta.hi[rows, output] >= -delta.lo[rows, output], 1.0, -1.0)
    slope = found.forms.delta.rows[:, 1 : 1 + len(pair.entry.active)]
    return slope[rows, :, output] * sign[:, None]


def _corner(pair: Pair, box: Range, slope: Tensor) -> Tensor:
    """Corners of the boxes where forms with coefficients ``slope`` (B, active) are largest."""
    active, corner = pair.entry.active, centre(box)
    corner[:, active] = torch.where(slope >= 0, box.hi[:, active], box.lo[:, active])
    return corner
