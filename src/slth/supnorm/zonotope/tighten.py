"""Ranges of everything that ReLUs read by backward bounds, layer by layer, and of the outputs."""

import torch
from torch import Tensor

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.backward import Backward, Rows

_TOGETHER = 2**21  # float64 numbers of one batch of rows at the widest place


def narrowed(below: Backward, top: int, x: Triple, steps: int, widest: int) -> Triple:
    """Ranges of what layer ``top`` gives before its ReLU, (1, N), met with backward bounds.

    below: over one box. Cost: six rows an entry, steps + 1 passes each.
    """
    count = x.f.lo.shape[1]
    unit, zero = torch.eye(count, dtype=torch.float64), torch.zeros(count, count, dtype=torch.float64)
    pairs = ((unit, zero), (zero, unit), (unit, -unit))
    ends: list[Tensor] = []
    few = max(1, _TOGETHER // widest)
    for a, b in pairs:
        for sign in (1.0, -1.0):
            found = [
                below.bound(
                    Rows(top, sign * p, sign * q, torch.zeros(len(p), dtype=torch.int64)), steps
                ).value
                for p, q in zip(a.split(few), b.split(few), strict=True)
            ]
            ends.append(torch.cat(found)[None])
    f, g, delta = (Range(-ends[2 * i + 1], ends[2 * i]) for i in range(3))
    return Triple(x.f.meet(f), x.g.meet(g), x.delta.meet(delta))
