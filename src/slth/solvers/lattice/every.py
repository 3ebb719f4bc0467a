"""Every subset within eps, up to a cap."""

import numpy as np

from slth.checks import BoolArray
from slth.problem import Instance
from slth.solvers._base import Options
from slth.solvers.lattice.least import ENLARGED, Search

TOGETHER = 256  # leaves between the compiled walk and Python


def every(instance: Instance, options: Options, cap: int) -> tuple[BoolArray, bool, int]:
    """Return (hits (k, n), whether there are no others, nodes), k ≤ cap; eps must be given."""
    state = Search.of(instance, options)
    none = np.zeros((0, instance.n), dtype=bool)
    eps = instance.eps
    work = 0
    assert eps is not None
    assert state.instance.eps is not None
    for factor in ENLARGED:
        one = state.round(state.instance.eps, state.limit - work, factor=factor)
        if one is None:
            return none, True, max(1, work)
        found: list[BoolArray] = []
        full = False
        for keeps in one.leaves(min(TOGETHER, cap + 1)):
            found += [keep for keep in keeps if instance.error(keep) <= eps]
            if len(found) > cap:
                full = True
                break
        work += one.nodes
        if one.sound:
            rows = np.array(found[:cap]) if found else none
            return rows, one.complete and not full, max(1, work)
    return none, False, max(1, work)
