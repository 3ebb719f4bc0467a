"""Errors of tickets on the target's scale, their size, and what the abstract says of both."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    arm_name,
    count,
    counts,
    integer,
    listing,
    number,
    percent,
    some_of,
)
from slth.studies.printing.wordings import any_of, clause, sentence, share
from slth.studies.tickets import wordings
from slth.studies.tickets.claims_accuracy import medians_of, proved
from slth.studies.tickets.data import arms, networks_of, tickets_of
from slth.studies.tickets.wordings import Abstract

LARGE = 10.0  # an error from which a multiple says more than per cents


def shown(error: float) -> str:
    """An error over the target's largest output, in per cent or as a multiple."""
    if not np.isfinite(error):
        return number(error)
    digits = 1 if error < 0.1 else 0
    return (
        percent(error, 3 if error < 1e-3 else digits) if error < LARGE else f"{number(error)} times"
    )


def error_falls(table: pd.DataFrame) -> Abstract:
    """Whether the median error is smaller at the largest n than at the smallest in every arm."""
    if table.empty:
        return Abstract.NOTHING
    medians = [medians_of(table, name, "upper")["median"] for name in arms(table)]
    falls = all(len(m) > 1 and m.iloc[-1] < m.iloc[0] for m in medians)
    return Abstract.ERRORS_FALL if falls else Abstract.ERRORS


def _last(table: pd.DataFrame) -> dict[str, float]:
    """Median relative error of each arm at its largest n, where known."""
    medians = {name: medians_of(table, name, "relative")["median"] for name in arms(table)}
    return {name: float(median.iloc[-1]) for name, median in medians.items() if len(median)}


def abstract(table: pd.DataFrame) -> str:
    """The certified errors of all arms."""
    last = sorted(_last(table).values())
    ends = dict.fromkeys((shown(last[0]), shown(last[-1]))) if last else {}
    medians = " to ".join(ends) or "unknown"
    beyond = _beyond(table)
    found = sentence(error_falls(table), wordings.ABSTRACT, medians=medians, beyond=beyond)
    return found + proved(table)


def answer(table: pd.DataFrame) -> str:
    """The certified error of each arm."""
    found = listing(f"{shown(error)} ({arm_name(name)})" for name, error in _last(table).items())
    words = clause(error_falls(table), wordings.ANSWER, arms=found, beyond=_beyond(table))
    return words + proved(table)


def _beyond(table: pd.DataFrame) -> str:
    """In how many arms the certified error at the largest n exceeds the target's largest output."""
    last = list(_last(table).values())
    some = sum(error > 1 for error in last)
    return clause(
        share(some, len(last)),
        wordings.BEYOND,
        some=some_of(some, len(last)),
        settings=count(len(last), "setting"),
    )


def weights(table: pd.DataFrame) -> str:
    """Kept random weights for each weight that a ticket imitates, at the largest n of each arm."""
    last = table[table["n"] == table.groupby("arm")["n"].transform("max")]
    times = (last["ticket_parameters"] / last["target_parameters"]).astype(float)
    times = times[np.isfinite(times)].groupby(last["arm"]).median()
    return sentence(any_of(times), wordings.WEIGHTS, times=counts(times, "random weight"))


def copied(tickets: pd.DataFrame, networks: pd.DataFrame) -> str:
    """How many parameters of each target the tickets take over, its readout."""
    rows = tickets_of(tickets)
    kept = rows[(rows["readout"] == "exact") & rows["target_parameters"].notna()]
    imitated = kept.groupby("network")["target_parameters"].first()
    whole = networks_of(networks).set_index("network")["parameters"]
    both = [
        f"{integer(float(whole[name]) - float(imitated[name]))} of {integer(float(whole[name]))}"
        for name in imitated.index
        if name in whole.index
    ]
    return sentence(any_of(both), wordings.COPIED, readouts=listing(both))
