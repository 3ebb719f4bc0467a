"""Certified margins of f and of g over many balls.

The margin h_c − h_j is a form itself: the coefficients of c less those of j. Where that does not
decide, the row e_j − e_c is passed back through the network. What f and g have in common says
nothing of either's margin, so each is bounded by itself (`slth.supnorm.zonotope.single`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from slth.supnorm.ranges import Range
from slth.supnorm.rounding import down
from slth.supnorm.zonotope.forms import Form, norm, total
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.single import Single

_TOGETHER = 64  # balls side by side, at most
_STEPS = 4  # of the slopes of a row that is passed back


def margins(pair: Pair, balls: Range, decisions: Tensor, error: Sequence[float]) -> Tensor:
    """Lower bounds of min over j ≠ c of h_c − h_j, h = f and h = g, less 2 ``error`` of h: (m, 2).

    balls: (m, inputs). decisions: (m,), the index c of every ball. error: what evaluation may add
    to any output of f and of g. Cost: a pass of each network's zonotope per ball, and a few
    backward passes of the rows that it leaves open.
    """
    few = max(1, min(_TOGETHER, pair.most(1) // (4 * int(pair.active.sum()) + 4)))
    with torch.no_grad():
        found = [
            torch.cat([
                _together(Single(h, pair.active, pair.most(few)), Range(lo, hi), c, 2 * off)
                for lo, hi, c in zip(
                    *(part.split(few) for part in (balls.lo, balls.hi, decisions)), strict=True
                )
            ])
            for h, off in zip((pair.f, pair.g), error, strict=True)
        ]  # fmt: skip
    return torch.stack(found, 1)


def _together(network: Single, balls: Range, c: Tensor, error: float) -> Tensor:
    found = network.reached(balls)
    own = down(_of_form(found.form, c) - error)
    own[torch.arange(len(c)), c] = torch.inf
    box, other = torch.nonzero(own <= 0, as_tuple=True)
    if len(box) and network.linear:
        rows = torch.zeros(len(box), own.shape[1], dtype=torch.float64)
        at = torch.arange(len(box))
        rows[at, other], rows[at, c[box]] = 1.0, -1.0
        below = down(-network.above(found, rows, box, _STEPS) - error)
        own[box, other] = torch.maximum(own[box, other], below)
    return own.amin(1)


def _of_form(form: Form, c: Tensor) -> Tensor:
    """Lower bounds of x_c − x_j of a form, (B, N); each difference of coefficients rounds once."""
    boxes = torch.arange(len(c))
    rows = form.rows[boxes, :, c][:, :, None] - form.rows
    error = form.error[boxes, c][:, None] + form.error
    radius = total(norm(rows.contiguous(), 1) + error, rows.shape[1] + 2)
    return down(down(rows[:, 0]) - radius)
