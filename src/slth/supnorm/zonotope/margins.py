"""Certified margins of f and of g over many balls.

The margin h_c − h_j is a form itself: the coefficients of c less those of j. Where that does not
decide, the row e_j − e_c is passed back through the network (`slth.supnorm.zonotope.backward`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from slth.supnorm.ranges import Range
from slth.supnorm.rounding import down
from slth.supnorm.zonotope.backward import Backward, Rows
from slth.supnorm.zonotope.forms import Form, norm, total
from slth.supnorm.zonotope.pair import Outputs, Pair

_TOGETHER = 64  # balls side by side, at most
_STEPS = 4  # of the slopes of a row that is passed back


def margins(pair: Pair, balls: Range, decisions: Tensor, error: Sequence[float]) -> Tensor:
    """Lower bounds of min over j ≠ c of h_c − h_j, h = f and h = g, less 2 ``error`` of h: (m, 2).

    balls: (m, inputs). decisions: (m,), the index c of every ball. error: what evaluation may add
    to any output of f and of g. Cost: a pass of the zonotope per ball, and a few backward passes of
    the rows that it leaves open.
    """
    few = max(1, min(_TOGETHER, pair.most(1) // (4 * int(pair.active.sum()) + 4)))
    parts = zip(*(part.split(few) for part in (balls.lo, balls.hi, decisions)), strict=True)
    twice = 2 * torch.tensor(error, dtype=torch.float64)
    with torch.no_grad():
        return torch.cat([_together(pair, Range(lo, hi), c, twice) for lo, hi, c in parts])


def _together(pair: Pair, balls: Range, c: Tensor, error: Tensor) -> Tensor:
    found = pair.outputs(balls)
    own = torch.stack([_of_form(form, c) for form in (found.forms.f, found.forms.g)], 2)
    own = down(own - error)
    others = torch.arange(own.shape[1]) != c[:, None]
    own = torch.where(others[:, :, None], own, torch.inf)
    if pair.linear and not pair.f[-1].relu:
        own = _passed_back(pair, found, c, own, error)
    return own.amin(1)


def _of_form(form: Form, c: Tensor) -> Tensor:
    """Lower bounds of x_c − x_j of a form, (B, N); each difference of coefficients rounds once."""
    boxes = torch.arange(len(c))
    rows = form.rows[boxes, :, c][:, :, None] - form.rows
    error = form.error[boxes, c][:, None] + form.error
    radius = total(norm(rows.contiguous(), 1) + error, rows.shape[1] + 2)
    return down(down(rows[:, 0]) - radius)


def _passed_back(pair: Pair, found: Outputs, c: Tensor, own: Tensor, error: Tensor) -> Tensor:
    """The margins (B, N, 2) with those that are open bounded once more; c: (B,)."""
    box, other, network = torch.nonzero(own <= 0, as_tuple=True)
    if not len(box):
        return own
    rows = torch.zeros(len(box), own.shape[1], dtype=torch.float64)
    at = torch.arange(len(box))
    rows[at, other], rows[at, c[box]] = 1.0, -1.0
    zero = torch.zeros_like(rows)
    first = (network == 0)[:, None]
    below = Backward(pair.layers, found.before, found.box)
    asked = Rows(
        len(pair.layers) - 1, torch.where(first, rows, zero), torch.where(first, zero, rows), box
    )
    value = below.bound(asked, _STEPS).value
    made = own.clone()
    made[box, other, network] = torch.maximum(
        own[box, other, network], down(-value - error[network])
    )
    return made
