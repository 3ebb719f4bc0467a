"""What the paper says about accuracies and about the control."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import arm_name, integer, listing, percent, sentence
from slth.studies.printing.summaries import quartiles
from slth.studies.tickets.data import arms


def accuracy_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for what the prose says about accuracy; ``table`` is complete."""
    return {
        "AccuracyBest": _accuracy(table),
        "ControlAccuracy": _control_accuracy(table),
        "ControlError": _control_error(table),
    }


def medians_of(table: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    """Quartiles of ``column`` against n in one arm."""
    return quartiles(table[table["arm"] == name], column)


def _accuracy(table: pd.DataFrame) -> str:
    parts, narrowing = [], []
    for name in arms(table):
        ticket = medians_of(table, name, "accuracy_ticket")
        target = table.loc[table["arm"] == name, "accuracy_target"].astype(float).median()
        if ticket.empty or np.isnan(target):
            continue
        last = ticket.iloc[-1]
        parts.append(
            f"{percent(last['median'])} at $n = {last['n']:g}$ (the target: {percent(target)}) "
            f"in {arm_name(name)}"
        )
        if len(ticket) > 1:
            gaps = (target - ticket["median"]).abs()
            narrowing.append(bool(gaps.iloc[-1] < gaps.iloc[0]))
    if not parts:
        return "The accuracy of the tickets was not measured in this run."
    words = sentence(f"the median ticket classifies correctly {listing(parts)}")
    if narrowing:
        every = "in every arm" if len(narrowing) > 1 else "in the one arm"
        close = int(sum(narrowing))
        where = every if all(narrowing) else f"in {close} of {len(narrowing)} arms"
        where = "in no arm" if close == 0 else where
        words += (
            f" The gap to the target is smaller at the largest $n$ than at the smallest {where}."
        )
    return words


def _control_accuracy(table: pd.DataFrame) -> str:
    known = table[table["accuracy_control"].notna() & table["accuracy_ticket"].notna()]
    if known.empty:
        return "This run measured no control."
    below = int((known["accuracy_control"] < known["accuracy_ticket"]).sum())
    best = percent(float(known.groupby(["arm", "n"])["accuracy_control"].median().max()))
    if below == len(known):
        words = f"the control is less accurate than its ticket in all {integer(below)} pairs"
    else:
        missed = known[known["accuracy_control"] >= known["accuracy_ticket"]]
        words = (
            f"the control is less accurate than its ticket in {integer(below)} of "
            f"{integer(len(known))} pairs; the exceptions are at $n \\leq {missed['n'].max():g}$"
        )
    return sentence(f"{words}, and its median is nowhere above {best}")


def _control_error(table: pd.DataFrame) -> str:
    known = table[table["control_lower"].notna()]
    if known.empty:
        return ""
    worse = int((known["control_lower"] > known["upper"]).sum())
    number_of = "all" if worse == len(known) else f"{integer(worse)} of"
    return sentence(
        f"in {number_of} {integer(len(known))} pairs the control's lower bound exceeds the "
        "ticket's upper bound, so that the control is certified to be the worse approximation"
    )
