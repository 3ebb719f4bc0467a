"""Range of f − g by the Lagrangian dual, the worst outputs first."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.bounds.differential import Triple, relu_pair
from slth.supnorm.dual.descent import Descent
from slth.supnorm.dual.relaxation import Dual
from slth.supnorm.ranges import Range

_ROUNDS = ((20, 100), (6, 100))  # (objectives, steps): the worst, then those that became the worst
_MEMORY = 2**22  # float64 entries held at once: 32 MiB a tensor
LARGEST = 2**23  # entries for one objective beyond which the dual is not tried: 64 MiB
_WORK = 2**27  # entries times steps in one round; about a second


@dataclass
class Bounds:
    """Upper bounds of ±(f − g) per output before the last ReLU, (2 O,): + first, then −.

    witnesses: inputs (W, *input_shape) where the dual's linear forms are largest.
    """

    ends: Tensor
    witnesses: Tensor

    @property
    def delta(self) -> Range:
        """The range of f − g per output, flat."""
        above, below = self.ends.chunk(2)
        return Range(-below, above)


def objectives(indices: Tensor, outputs: int) -> Tensor:
    """Coefficients (T, O, 2) of ±δ for indices in [0, 2 O)."""
    c = torch.zeros(len(indices), outputs, 2, dtype=torch.float64)
    c[torch.arange(len(indices)), indices % outputs, 1] = 1.0 - 2.0 * (indices >= outputs).double()
    return c


def lagrangian(dual: Dual | None, last: Triple, box: Range) -> Bounds:
    """Bound ±(f − g) per output, never worse than ``last``, the differential pair before the ReLU.

    The objectives with the largest bounds get the dual, then those that are the worst now, until
    the largest bound is one that had its steps. A network without a dual, or with one too large,
    keeps ``last``. Cost: fixed by the module's constants.
    """
    delta = last.delta
    ends = torch.cat([delta.hi.flatten(), -delta.lo.flatten()])
    bounds = Bounds(ends, box.lo.new_zeros(0, *box.lo.shape))
    if dual is None or dual.entries() > LARGEST:
        return bounds
    had = torch.zeros(len(ends), dtype=torch.long)
    for count, steps in _ROUNDS:
        order = ends.argsort(descending=True, stable=True)
        worst = order[had[order] < steps][: min(count, max(1, _MEMORY // dual.entries()))]
        if had[order[0]] >= steps or not bool((ends[worst] > 0).any()):
            break
        had[worst] = steps
        refine(dual, bounds, worst, min(steps, _WORK // (dual.entries() * len(worst))))
    return bounds


def refine(dual: Dual, bounds: Bounds, chosen: Tensor, steps: int) -> None:
    """Lower ``bounds`` at the objectives ``chosen`` by a descent of ``steps`` steps."""
    c = objectives(chosen, len(bounds.ends) // 2)
    value = Descent(dual, c, dual.allowed(), dual.start(len(c)), dual.scales(c)).run(steps)
    bounds.ends[chosen] = torch.minimum(bounds.ends[chosen], value.safe)
    if steps:
        front = dual.links[0].whole
        shape = bounds.witnesses.shape[1:]
        found = front.argmax(value.form).reshape(-1, *shape)
        bounds.witnesses = torch.cat([bounds.witnesses, found])


def size(bounds: Bounds, last: Triple, relu: bool) -> Tensor:
    """Largest |f − g| per output, after the last ReLU if there is one."""
    delta = Range(*(end.view(last.delta.lo.shape) for end in (bounds.delta.lo, bounds.delta.hi)))
    if relu:
        delta = relu_pair(Triple(last.f, last.g, delta))
    return delta.size
