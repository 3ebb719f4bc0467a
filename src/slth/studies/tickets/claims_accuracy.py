"""What the paper says about accuracies and about the control."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    all_of,
    arm_name,
    count,
    listing,
    out_of,
    percent,
    setting,
    some_of,
    span,
)
from slth.studies.printing.summaries import quartiles
from slth.studies.printing.wordings import any_of, clause, sentence, share
from slth.studies.tickets import wordings
from slth.studies.tickets.data import arms
from slth.studies.tickets.wordings import Narrowing


def accuracy_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for what the prose says about accuracy; ``table`` is complete."""
    return {
        "AccuracyBest": _accuracy(table),
        "TicketDecisions": _decisions(table),
        "TicketProved": _caption(table),
        "ControlAccuracy": _control_accuracy(table),
        "ControlError": _control_error(table),
    }


def medians_of(table: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    """Quartiles of ``column`` against n in one arm."""
    return quartiles(table[table["arm"] == name], column)


def narrowing(closer: list[bool]) -> Narrowing:
    """In which arms the gap to the target closes with n; ``closer``: one value per arm."""
    verdict = Narrowing[share(sum(closer), len(closer)).name.replace("NOTHING", "UNKNOWN")]
    return Narrowing.ONE_ARM if closer == [True] else verdict


def _accuracy(table: pd.DataFrame) -> str:
    accuracies, closer = [], []
    for name in arms(table):
        ticket = medians_of(table, name, "accuracy_ticket")
        target = table.loc[table["arm"] == name, "accuracy_target"].astype(float).median()
        if ticket.empty or np.isnan(target):
            continue
        last = ticket.iloc[-1]
        accuracies.append(
            f"{percent(last['median'])} at $n = {last['n']:g}$ (the target: {percent(target)}) "
            f"in {arm_name(name)}"
        )
        if len(ticket) > 1:
            gaps = (target - ticket["median"]).abs()
            closer.append(bool(gaps.iloc[-1] < gaps.iloc[0]))
    gap = clause(
        narrowing(closer),
        wordings.NARROWING,
        closer=some_of(sum(closer), len(closer)),
        arms=count(len(closer), "arm"),
    )
    return sentence(
        any_of(accuracies), wordings.ACCURACY, accuracies=listing(accuracies), narrowing=gap
    )


def _caption(table: pd.DataFrame) -> str:
    """What the figure's caption says of proved decisions; nothing where there are none."""
    known = table[table["certified"].notna()]
    return sentence(any_of(known), wordings.PROVED_CAPTION, radius=_radius(known))


def _radius(known: pd.DataFrame) -> str:
    return listing(map(setting, sorted(set(known["radius"].astype(float)))))


def shares_proved(known: pd.DataFrame) -> pd.Series:
    """Median share of proved decisions at every arm's largest n; ``known``: rows that have one."""
    last = known[known["n"] == known.groupby("arm")["n"].transform("max")]
    return last.astype({"certified": float}).groupby("arm")["certified"].median()


def proved(table: pd.DataFrame) -> str:
    """What abstract and answers say of proved decisions; nothing where there are none."""
    known = table[table["certified"].notna()]
    shares = span(shares_proved(known), "percent", 0)
    return clause(any_of(known), wordings.PROVED_AROUND, shares=shares, radius=_radius(known))


def _decisions(table: pd.DataFrame) -> str:
    """Shares of proved decisions at every arm's largest n, beside those of the targets alone."""
    known = table[table["certified"].notna()]
    shares = shares_proved(known)
    alone = known.astype({"certified_target": float}).groupby("network")["certified_target"]
    return sentence(
        any_of(shares),
        wordings.DECISIONS_PROVED,
        radius=_radius(known),
        shares=span(shares, "percent"),
        alone=span(alone.median(), "percent"),
    )


def _control_accuracy(table: pd.DataFrame) -> str:
    known = table[table["accuracy_control"].notna() & table["accuracy_ticket"].notna()]
    below = known["accuracy_control"] < known["accuracy_ticket"]
    best = float(known.groupby(["arm", "n"])["accuracy_control"].median().max())
    return sentence(
        share(int(below.sum()), len(known)),
        wordings.CONTROL_ACCURACY,
        below=out_of(int(below.sum()), len(known), "pair"),
        every=all_of(len(known), "pair"),
        largest_n=known["n"][~below].max(),
        best=percent(best),
    )


def _control_error(table: pd.DataFrame) -> str:
    known = table[table["control_lower"].notna()]
    worse = int((known["control_lower"] > known["upper"]).sum())
    verdict = share(worse, len(known))
    return sentence(
        verdict,
        wordings.CONTROL_ERROR,
        worse=out_of(worse, len(known), "pair"),
        every=all_of(len(known), "pair"),
    )
