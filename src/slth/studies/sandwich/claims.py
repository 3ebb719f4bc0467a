"""What the paper says about the bracket's tightness: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    count,
    escape,
    integer,
    listing,
    number,
    percent,
    setting,
    span,
)
from slth.studies.sandwich import data

_FLAT = 0.1  # a slope below it is none
NONE = "This run measured no random pair."


READS = {"sandwich": "sandwich"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the bracket."""
    return claims(frames["sandwich"])


def claims(frame: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX. The names are the same whatever the data."""
    pairs, small = data.rows(frame, "pair"), data.rows(frame, "small")
    tickets, curve = data.rows(frame, "ticket"), data.rows(frame, "curve")
    return {
        "SandwichPairCount": integer(len(pairs)),
        "SandwichDepths": span(pairs["depth"].to_numpy(float)),
        "SandwichWidths": span(pairs["width"].to_numpy(float)),
        "SandwichKernels": span(pairs["kernel"].to_numpy(float)),
        "SandwichDistances": listing(map(setting, sorted(set(pairs["eps"].dropna())))),
        "SandwichNetworks": integer(pairs["replicate"].nunique()),
        "SandwichTicketCount": integer(len(curve)),
        "SandwichSeeds": span(curve.groupby(["arm", "n"]).size().to_numpy(float)),
        "SandwichHeldOut": span(curve["held_out"].to_numpy(float)),
        "SandwichSound": _sound(pairs),
        "SandwichExact": _exact(small),
        "SandwichOneLayer": _one_layer(pairs),
        "SandwichOrder": _order(pairs),
        "SandwichSlope": _slope(pairs),
        "SandwichCrown": _crown(pairs[pairs["depth"] > 1]),
        "SandwichTight": _tight(curve),
        "SandwichSplit": _split(tickets),
        "SandwichData": _data(curve),
        "SandwichGoals": _goals(frame),
    }


def _sound(pairs: pd.DataFrame) -> str:
    if pairs.empty:
        return NONE
    probes, above = integer(pairs["probes"].sum()), int(pairs["violated"].sum())
    words = f"Of {probes} inputs tried against the {integer(len(pairs))} upper bounds"
    if above:
        return f"{words}, those of {count(above, 'pair')} exceed the bound: it is not sound."
    return f"{words}, none exceeds its bound."


def _exact(small: pd.DataFrame) -> str:
    if small.empty:
        return "No pair was solved exactly."
    inside, gap = int(small["inside"].sum()), float((small["upper"] / small["exact"]).max())
    of = count(len(small), "small pair")
    words = f"each of {of}" if inside == len(small) else f"only {integer(inside)} of {of}"
    return (
        f"The exact value, from a mixed-integer program, lies in the bracket for {words}, and the "
        f"bound is at most {number(gap, 3)} times it."
    )


def _one_layer(pairs: pd.DataFrame) -> str:
    values = data.ratios(pairs[pairs["depth"] == 1])
    if not values.size:
        return ""
    excess = float(values.max()) - 1
    return (
        f"For {count(values.size, 'pair')} of one layer the ends differ by at most "
        f"{number(excess)} of the lower one."
    )


def _order(pairs: pd.DataFrame) -> str:
    if pairs.empty:
        return ""
    fine = data.ordered(pairs)
    chain = "closed form, differential, ours and lower"
    if fine == len(pairs):
        return f"On every pair {chain} are in that order, and CROWN is never below ours."
    return f"On {integer(fine)} of {integer(len(pairs))} pairs {chain} are in that order."


def _slope(pairs: pd.DataFrame) -> str:
    bent = data.slopes(pairs)
    if not bent.size:
        return ""
    far = float(np.abs(bent - 1).max())
    verb = "is" if far <= data.SLOPE else "is not"
    return (
        f"The upper bound {verb} proportional to the distance: the slope in log--log differs from "
        f"$1$ by at most {number(far, 1)} over {count(bent.size, 'network')}."
    )


def _crown(pairs: pd.DataFrame) -> str:
    """Whether CROWN sees the distance at all, behind a ReLU."""
    bent = data.slopes(pairs, "crown")
    if not bent.size:
        return ""
    steepest = float(bent.max())
    verb = "does not fall" if steepest < _FLAT else "falls"
    return (
        f"CROWN, which relaxes $f$ and $g$ apart, {verb} with the distance (slope at most "
        f"{number(steepest, 1)} at depth two and more)."
    )


def _tight(curve: pd.DataFrame) -> str:
    """Median ratio of every arm, and whether the goal is met."""
    if curve.empty:
        return "This run bracketed no ticket."
    arms = list(dict.fromkeys(curve["arm"]))
    found = {arm: data.ratios(curve[curve["arm"] == arm]) for arm in arms}
    found = {arm: values for arm, values in found.items() if values.size}
    if not found:
        return "No lower bound of a ticket is positive."
    words = listing(
        f"{data.short(data.middle(values))} for \\textit{{{escape(arm)}}} "
        f"({count(values.size, 'ticket')})"
        for arm, values in found.items()
    )
    goal = number(data.DEEPER)
    missed = [arm for arm, values in found.items() if data.middle(values) > data.DEEPER]
    verdict = (
        f"all within the goal of {goal}"
        if not missed
        else (f"beyond the goal of {goal} in {integer(len(missed))} of {count(len(found), 'arm')}")
    )
    return f"The median ratio of upper to lower bound is {words}, {verdict}."


def _split(tickets: pd.DataFrame) -> str:
    whole, split = data.ratios(tickets), data.ratios(tickets, "upper_split")
    if not split.size:
        return ""
    reached = int((split <= data.SPLIT).sum())
    verb = "reaches" if reached < 2 else "reach"
    return (
        f"Splitting takes {count(split.size, 'ticket')}, one an arm, from a median of "
        f"{data.short(data.middle(whole))} to {data.short(data.middle(split))}; "
        f"{integer(reached) if reached else 'none'} of them {verb} {number(data.SPLIT)}."
    )


def _data(curve: pd.DataFrame) -> str:
    known = curve[(curve["data_error"] > 0) & (curve["lower"] > 0)]
    if known.empty:
        return ""
    share = float((known["data_error"] < known["lower"]).mean())
    factor = float((known["lower"] / known["data_error"]).median())
    theorem = known[known["theorem"] > 0]
    words = (
        f"The error seen on the data set is below the lower bound for {percent(share, 0)} of the "
        f"tickets, by a median factor of {data.short(factor)}"
    )
    if theorem.empty:
        return words + "."
    loose = float((theorem["theorem"] / theorem["upper"]).median())
    return f"{words}; the theorem's bound is {data.short(loose)} times ours in the median."


def _goals(frame: pd.DataFrame) -> str:
    tried = [goal for goal in data.goals(frame) if goal.met is not None]
    if not tried:
        return NONE
    met = sum(bool(goal.met) for goal in tried)
    return f"{integer(met)} of the {integer(len(tried))} goals that this run tries are met."
