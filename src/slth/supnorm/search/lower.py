"""Lower bound by search: corners, samples, exact first-layer maximisers, gradient ascent, flips."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from slth import seeding
from slth.checks import FloatArray
from slth.supnorm.arithmetic import finite
from slth.supnorm.ranges import Range
from slth.supnorm.search.objectives import targets
from slth.supnorm.search.pool import TARGETS, Search
from slth.supnorm.units import Measured

_LEADERS = 32  # best inputs that ascend once more, at their own outputs
_CPU = torch.device("cpu")
_FINALISTS = 8  # inputs of a chain re-evaluated on the modules
_POLISHED = 6  # inputs that get the coordinate search, at most
_PRODUCTS = 1 << 34  # multiplications of the coordinate search, for each time it begins anew
_CHAIN = 16  # restarts of a chain: after its 31 shakes another start finds more than another shake


@dataclass(frozen=True)
class Work:
    """How much to search: fixed counts, never seconds.

    samples: random inputs of a chain. restarts: ascent starts per (output, sign); also how
    often the best inputs are shaken and searched again, in chains of 16 that know nothing of each
    other. steps: ascent steps.
    """

    samples: int = 256
    restarts: int = 2
    steps: int = 20

    @property
    def hops(self) -> int:
        """Times that the best inputs of a chain are shaken: 3 for the default's two restarts."""
        return max(2 * self.restarts - 1, 0)

    @property
    def polished(self) -> int:
        """Inputs that get the coordinate search."""
        return min(2 * (self.restarts + 1), _POLISHED)

    def chains(self) -> list["Work"]:
        """The work of every chain; all but the last are of full length."""
        starts = range(0, max(self.restarts, 1), _CHAIN)
        return [replace(self, restarts=min(self.restarts - i, _CHAIN)) for i in starts]


def lower(
    modules: tuple[nn.Module, nn.Module],
    scaled: Measured,
    box: Range,
    delta: Range,
    seed: int,
    work: Work,
    starts: Tensor | None = None,
    late: Tensor | None = None,
    where: torch.device = _CPU,
) -> tuple[float, FloatArray]:
    """Largest ‖f(X) − g(X)‖_max found, evaluated on the modules in float64, and its X.

    scaled: the modules' canonical forms in their units. box: of the modules, scaled.box or a part
    of what that holds. delta: range of f − g per output, to choose targets. starts: more inputs to
    begin from, (count, *input_shape). late: inputs tried after everything else, so that they never
    lower the result. delta, starts and late in the units of ``scaled``.
    where: the device of the search; draws, and the evaluation of what it found, are the CPU's.
    Deterministic in ``seed`` and ``work`` on one device; another chain never lowers the result.
    For one layer without ReLU the maximiser is exact. Cost of a
    chain: about samples + 250 restarts · steps forward passes of either network, and a coordinate
    search of at most 384 passes per sweep and 2 restarts · 2^34 multiplications in all.
    Raises FloatRangeError where the modules' float64 evaluation overflows.
    """
    found = []
    for i, part in enumerate(work.chains()):
        key = ("lower", i) if i else ("lower",)
        products = _PRODUCTS * (part.hops + 1)
        rng = seeding.generator(seed, "supnorm", *key)
        search = Search.of(scaled.layers, scaled.units.box(box), rng, products, where)
        pool = _chain(search, part, delta, starts, None if i else late)
        found.append(pool[search.score(pool).topk(_FINALISTS).indices].cpu())
    finalists = scaled.units.inputs(torch.cat(found), box)
    values = finite(torch.stack([_evaluate(*modules, x) for x in finalists]))
    return float(values.max()), finalists[values.argmax()].numpy().copy()


def _chain(
    search: Search, work: Work, delta: Range, starts: Tensor | None, late: Tensor | None
) -> Tensor:
    """Every input met from one start of the generator."""
    lo, hi = search.box.lo, search.box.hi
    pool = torch.cat([search.fixed(), search.random(work.samples), search.guided(2)])
    if starts is not None:
        pool = torch.cat([pool, starts.to(lo.device).clamp(lo, hi)])
    units, signs = targets(delta.to(lo.device), TARGETS)
    if work.restarts:
        aimed = search.gap(pool)[:, units] * signs
        best = aimed.topk(min(work.restarts, len(pool)), 0).indices
        tiled = units.repeat(len(best)), signs.repeat(len(best))
        pool = torch.cat([pool, search.ascend(pool[best.flatten()], *tiled, work.steps)])
        pool = torch.cat([pool, search.climb(pool, _LEADERS, work.steps)])
    pool = search.hop(search.polish(pool, work.polished), work.hops, work.polished, work.steps)
    if late is not None and len(late):
        pool = torch.cat([pool, search.polish(late.to(lo.device).clamp(lo, hi), work.polished)])
    return pool


def evaluate(f: nn.Module, g: nn.Module, x: Tensor) -> float:
    """‖f(x) − g(x)‖_max at one input (*input_shape) by the modules; 0 where that is no number."""
    with torch.no_grad():
        value = float(_evaluate(f, g, x))
    return value if math.isfinite(value) else 0.0


def _evaluate(f: nn.Module, g: nn.Module, x: Tensor) -> Tensor:
    return (f(x[None]).flatten() - g(x[None]).flatten()).abs().max()
