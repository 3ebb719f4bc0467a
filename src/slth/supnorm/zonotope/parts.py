"""What is known of f − g over the boxes of input splitting, many at a time.

Dense networks go through compiled code box by box (`slth.supnorm.zonotope.dense`), others through
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

_FEW = 16  # inputs, at most, where more boxes gain more in the time than ranges inside each


@dataclass(frozen=True)
class Parts:
    """What is known of B boxes.

    value: (B,) bound of |f − g| and of |fl f − fl g|. error: (B,) what evaluation has in it. score:
    (B, active), how much the worst output depends on each input. points: (R, inputs) to evaluate.
    """

    value: Tensor
    error: Tensor
    score: Tensor
    points: Tensor


def measured(pair: Pair, box: Range, level: float, steps: int) -> Parts:
    """Bound f − g over boxes (B, inputs).

    level: a bound at most this says all that is asked of its box, whose score may be 0. steps: of
    the slopes of rows that are passed back where an output may be above ``level``; 0: none are.
    """
    if pair.dense is not None:
        return _compiled(pair, pair.dense, box, level, steps)
    return _by_tensors(pair, box, level, steps)


def _compiled(pair: Pair, dense: Dense, box: Range, level: float, steps: int) -> Parts:
    found = dense.bound(box, level)
    value, points = rounding.up(found.size + found.error).amax(1), _corner(pair, box, found.slopes)
    left = torch.nonzero(value > level)[:, 0]
    points = points[left]
    if steps and len(left):
        part = Range(box.lo[left], box.hi[left])
        inside = len(dense.active) > _FEW
        bounds, at = dense.passed_back(part, found.at(left), level, steps, inside)
        value[left], points = torch.minimum(value[left], bounds), torch.cat([points, at])
    return Parts(value, found.error.amax(1), found.shares, points)


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
    return Parts(value, errors.amax(1), score, points)


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
