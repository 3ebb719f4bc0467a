"""Subset problems whose solution says nothing: the warning of a ticket that has them."""

import pandas as pd

PLACES = 4  # named in one warning, those with the most problems


class EmptySubsetWarning(UserWarning):
    """A ticket computes, in part, nothing of its target; the message says where, and what to do.

    A solution says nothing where its subset is empty, or misses by ‖z‖_∞ or more, what the empty
    one misses by. Each such problem counts, but of trivial problems (‖z‖_∞ ≤ eps: the empty subset
    is a hit) only those of a layer, channel and sign of which no solution says anything: there the
    ticket has lost an input. Targets of exactly zero never count.

    >>> import warnings
    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     ticket = slth.tickets.build("rss_dense", net, n=1)
    >>> told[0].category.__name__
    'EmptySubsetWarning'
    """


def empty_rows(solutions: pd.DataFrame) -> pd.Series:
    """Which rows of `solve_problems` count, by the rule of `EmptySubsetWarning`; (rows,) bool.

    Takes the columns layer, channel, sign, kept, error, target and trivial.
    """
    asked = solutions["target"] > 0
    says = asked & (solutions["kept"] > 0) & (solutions["error"] < solutions["target"])
    pool = [solutions[word] for word in ("layer", "channel", "sign")]
    lost = ~says.groupby(pool).transform("any")
    return asked & ~says & (lost | ~solutions["trivial"])


def warning_of(solutions: pd.DataFrame, total: int | None = None) -> str | None:
    """Return the one message about all problems of a ticket that say nothing; None without any.

    total: problems of the ticket, of which ``solutions`` has every layer, channel and sign that
    has such a problem; None: it has all.
    """
    rows = solutions[empty_rows(solutions)]
    if rows.empty:
        return None
    pools = rows.groupby(["layer", "channel", "sign"], sort=False)
    counts = pools.size().sort_values(ascending=False, kind="stable")
    places = [_place(key, pools.get_group(key)) for key in counts.index[:PLACES]]
    more = len(counts) - len(places)
    rest = f" and {more} more places" if more > 0 else ""
    ways = "take a larger n, a finer granularity or another solver"
    if bool(rows["trivial"].any()):
        ways += ", and a smaller eps where problems are trivial (|z|_inf <= eps)"
    count = len(solutions) if total is None else total
    return (
        f"{len(rows)} of {count} subset problems keep nothing, or miss by no less than keeping "
        f"nothing does: {'; '.join(places)}{rest}. The ticket computes nothing of its target "
        f"there: {ways}"
    )


def _place(key: tuple, rows: pd.DataFrame) -> str:
    layer, channel, sign = key
    first, trivial = rows.iloc[0], int(rows["trivial"].sum())
    said = f", {trivial} trivial at eps = {first['eps']:.3g}" if trivial else ""
    count = f"{len(rows)} problem{'s' * (len(rows) > 1)}"
    return (
        f"layer {layer}, channel {channel}, sign {sign} (d = {first['d']}, "
        f"n = {first['candidates']} candidates, {count}{said})"
    )
