"""The width that a theorem, or the project's own formula, asks of a construction."""

import dataclasses
from typing import Any

from torch import nn

from slth import checks
from slth.networks.converted import plain_form
from slth.networks.network import Network
from slth.solvers import _auto as auto
from slth.solvers import _registry as registry
from slth.solvers._base import Options
from slth.tickets.base import Construction
from slth.tickets.prediction import Prediction

HOPELESS = 40  # dimensions beyond which k-list stays near the empty subset's error


def predicted_width(
    construction: Construction, target: nn.Module | Network, eps: float, delta: float = 0.01
) -> Prediction:
    """Return what width a ticket of target needs for tolerance eps a problem and failure delta.

    delta: expected number of missed problems that is allowed, in (0, 1). The width is about
    existence; the fields solver, reached and reach say whether the search finds what exists.
    Raises ValueError or TypeError naming a wrong argument, and what the construction cannot imitate
    in ``target``. Cost: some seconds where the quenched formula is searched, else none to speak of.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> width = slth.tickets.predicted_width(slth.tickets.get("rss_dense"), net, eps=0.01)
    >>> width.n, width.d, width.problems, width.solver
    (20, 1, 24, 'mitm')
    """
    from slth.theory.quenched import success_probability  # scipy.stats: most of a second to load

    checks.instance("construction", construction, Construction)  # type: ignore[type-abstract]
    found = construction.width(plain_form("target", target), eps, delta, success_probability)
    return dataclasses.replace(found, **_reach(construction, found, eps))


def _reach(construction: Construction, found: Prediction, eps: float) -> dict[str, Any]:
    """The fields solver, reached and reach: facts of the solvers (docs/solvers.md)."""
    n, d = found.n, found.d
    if n is None:
        return {"reach": "no width is known, hence none to search at"}
    own = getattr(construction, "solver", lambda: None)()
    if own is not None:
        said = f"{own.name}, the construction's own solver, finds what the width promises"
        return {"solver": own.name, "reached": True, "reach": said}
    name, _ = auto.choose(n, d, eps, Options())
    if registry.get(name).exhaustive:
        said = f"{name} accounts for every subset of n = {n} candidates in d = {d}"
        return {"solver": name, "reached": True, "reach": said}
    far = f"; for d > {HOPELESS} it stays near the empty subset's error" if d > HOPELESS else ""
    exact = [e for e in map(registry.get, registry.SOLVERS) if e.exhaustive and not e.refusal(n, d)]
    way = (
        f"solver={exact[-1].name!r} accounts for every subset, at about 2^{n // 2} sums or nodes"
        if exact
        else "no solver accounts for every subset at this n"
    )
    said = f"existence only: {name} may miss what exists at n = {n}, d = {d}{far}; {way}"
    return {"solver": name, "reached": False, "reach": said}
