"""Ranges of everything that ReLUs read by backward bounds, layer by layer, and of the outputs."""

import torch

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.backward import Backward, Rows

_TOGETHER = 2**21  # float64 numbers of one batch of rows at the widest place


def narrowed(below: Backward, top: int, x: Triple, steps: int, widest: int) -> Triple:
    """Ranges of what layer ``top`` gives before its ReLU, (1, N), met with backward bounds.

    below: over one box. Cost: six rows per entry, steps + 1 passes each.
    """
    count = x.f.lo.shape[1]
    unit, zero = (
        torch.eye(count, dtype=torch.float64),
        torch.zeros(count, count, dtype=torch.float64),
    )
    a = torch.cat([unit, zero, unit])
    b = torch.cat([zero, unit, -unit])
    a, b = torch.cat([a, -a]), torch.cat([b, -b])
    box = torch.zeros(len(a), dtype=torch.int64)
    few = max(1, _TOGETHER // widest)
    parts = zip(a.split(few), b.split(few), box.split(few), strict=True)
    found = torch.cat([below.bound(Rows(top, *part), steps).value for part in parts])
    above, under = found.view(2, 3, 1, count)
    f, g, delta = (Range(-under[i], above[i]) for i in range(3))
    return Triple(x.f.meet(f), x.g.meet(g), x.delta.meet(delta))
