"""The null control of a ticket: as many filters of the same pools, chosen at random."""

import numpy as np

from slth import checks, seeding
from slth.tickets.problems import KEY, with_subsets
from slth.tickets.registry import get
from slth.tickets.ticket import Ticket


def random_control(ticket: Ticket, seed: int = 0) -> Ticket:
    """Return a ticket of the same source that keeps random subsets of the same sizes.

    Each subset problem keeps as many candidates as in ``ticket``, drawn uniformly without
    replacement from the same pool (same input channel, same sign). Its ``solutions`` are those of
    the control, solver "random".

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> ticket = slth.tickets.build("rss_dense", net, n=12)
    >>> null = slth.tickets.random_control(ticket)
    >>> int(null.solutions["kept"].sum()), int(ticket.solutions["kept"].sum())
    (140, 140)
    >>> [round(float(t.solutions["error"].median()), 4) for t in (null, ticket)]
    [0.245, 0.0002]
    """
    checks.instance("ticket", ticket, Ticket)
    checks.integer("seed", seed, low=0)
    construction = get(ticket.construction, **ticket.options)
    problems = construction.subset_problems(ticket.target, ticket.source)
    pools = {(*p.key(), g): p.hidden for p in problems for g in range(len(p.Z))}
    sizes = zip(
        ticket.solutions[KEY].itertuples(index=False, name=None),
        ticket.solutions["kept"],
        strict=True,
    )
    subsets = {key: _draw(pools[key], int(size), seed, key) for key, size in sizes}
    table = with_subsets(ticket.solutions, problems, subsets, solver="random")
    return construction.assemble(ticket.target, ticket.source, table)


def _draw(pool: np.ndarray, size: int, seed: int, key: tuple) -> np.ndarray:
    return np.sort(seeding.generator(seed, "random control", *key).permutation(pool)[:size])
