"""Every subset within eps, up to a cap."""

from collections.abc import Iterable

import numpy as np

from slth.checks import BoolArray
from slth.problem import Instance
from slth.solvers._base import Options
from slth.solvers.kernels.workers import Workers
from slth.solvers.lattice.least import ENLARGED, Search
from slth.solvers.lattice.rounds import Round

TOGETHER = 256  # leaves between the compiled walk and Python


def every(instance: Instance, options: Options, cap: int) -> tuple[BoolArray, bool, int]:
    """Return (hits (k, n), whether there are no others, nodes), k ≤ cap; eps must be given."""
    state = Search.of(instance, options)
    none = np.zeros((0, instance.n), dtype=bool)
    work = 0
    assert state.instance.eps is not None
    for factor in ENLARGED:
        one = state.round(state.instance.eps, state.limit - work, factor=factor)
        if one is None:
            return none, True, max(1, work)
        found = _hits(one, instance, options.threads, cap)
        full = len(found) > cap
        work += one.nodes
        if one.sound:
            rows = np.array(found[:cap]) if found else none
            return rows, one.complete and not full, max(1, work)
    return none, False, max(1, work)


def _hits(one: Round, instance: Instance, threads: int, cap: int) -> list[BoolArray]:
    """The hits of a round, in the order of its walk; more than ``cap`` where there are more."""
    found = _within(one.only(), instance, cap)
    with Workers(threads, lambda: None) as workers:
        for wave in one.waves():
            walks = workers.iterate(
                lambda part, _: _within(part.leaves(min(TOGETHER, cap + 1)), instance, cap), wave
            )
            for part, hits in zip(wave, walks, strict=True):
                one.ended(part)
                found += hits
                if len(found) > cap:
                    return found
    return found


def _within(leaves: Iterable[BoolArray], instance: Instance, cap: int) -> list[BoolArray]:
    """The hits among leaves, until there are more than ``cap``."""
    found: list[BoolArray] = []
    for keeps in leaves:
        found += [keep for keep in keeps if instance.error(keep) <= instance.eps]  # type: ignore[operator]
        if len(found) > cap:
            break
    return found
