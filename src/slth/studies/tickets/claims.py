"""What the paper says about tickets: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    MISSING,
    arm_name,
    count,
    escape,
    integer,
    listing,
    number,
    percent,
    sentence,
    span,
)
from slth.studies.tickets.claims_accuracy import accuracy_macros, medians_of
from slth.studies.tickets.claims_blocks import block_macros, network_macros
from slth.studies.tickets.data import PERFECT, arms, tickets_of
from slth.studies.tickets.tables import HIT_CONFIDENCE

NO_TICKETS = "This run built no ticket."


READS = {
    "tickets": "measured tickets",
    "blocks": "solved blocks",
    "networks": "targets",
}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about tickets."""
    return {
        **ticket_macros(frames["tickets"]),
        **block_macros(frames["blocks"]),
        **network_macros(frames["networks"]),
    }


def ticket_macros(tickets: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about tickets."""
    table = tickets_of(tickets)
    seeds = table.groupby(["arm", "n"]).size().to_numpy(float)
    return {
        "TicketCount": integer(len(table)),
        "TicketArmList": listing(_arm(table, name) for name in arms(table)),
        "TicketSizes": span(table["n"].to_numpy(float)),
        "TicketSeeds": span(seeds),
        "TicketHeldOut": span(table["held_out"].to_numpy(float)),
        "TicketKept": span(table["kept_fraction"].to_numpy(float), "percent"),
        "TicketReadout": _readout(table),
        "HitConfidence": percent(HIT_CONFIDENCE, 0),
        "ErrorTrend": _error_trend(table),
        "ErrorSize": _error_size(table),
        "BracketOrder": _bracket_order(table),
        "BracketWidth": _bracket_width(table),
        "BracketMethod": _method(table),
        "BracketExact": _exact(table),
        **accuracy_macros(table),
        "TicketAbstract": _abstract(table),
    }


def trend(sizes: np.ndarray, values: np.ndarray) -> str:
    """Name the trend of medians: "at every step", "overall", "no", "rises", or "one size".

    Spearman's rank correlation with n: −1 is a fall at every step; at or below −0.7 a fall overall.
    """
    if len(sizes) < 2:
        return "one size"
    if len(set(values)) == 1:
        return "no"
    from scipy.stats import spearmanr  # half a second to load

    rho = float(spearmanr(sizes, values).statistic)
    if rho < -0.999:
        return "at every step"
    if rho <= -0.7:
        return "overall"
    return "rises" if rho >= 0.7 else "no"


def _arm(table: pd.DataFrame, name: str) -> str:
    first = table[table["arm"] == name].iloc[0]
    layers = count(int(first["depth"]), "convolution")
    return (
        rf"\emph{{{escape(name)}}} (network {escape(first['network'])}, {layers}, "
        rf"{escape(first['granularity'])} granularity, $d = {first['d']:g}$)"
    )


def _readout(table: pd.DataFrame) -> str:
    words = {
        "exact": "the readout is kept exact",
        "ticket": "the readout is itself a dense ticket ($k = D = 1$)",
    }
    kinds = list(dict.fromkeys(table["readout"]))
    if len(kinds) == 1:
        return words.get(kinds[0], f"the readout is {escape(kinds[0])}")
    parts = []
    for kind in kinds:
        part = table[table["readout"] == kind]
        parts.append(f"in {listing(map(arm_name, arms(part)))} {words.get(kind, escape(kind))}")
    return listing(parts) if parts else "there is no ticket"


def _error_trend(table: pd.DataFrame) -> str:
    words = {
        "at every step": "falls with every step of $n$",
        "overall": "falls with $n$, though not at every step",
        "no": "shows no clear trend in $n$",
        "rises": "rises with $n$",
        "one size": "was measured at a single $n$, so that no trend can be read",
    }
    found: dict[str, list[str]] = {}
    for name in arms(table):
        medians = medians_of(table, name, "upper")
        if len(medians):
            key = trend(medians["n"].to_numpy(), medians["median"].to_numpy())
            found.setdefault(key, []).append(name)
    if not found:
        return NO_TICKETS
    total = sum(map(len, found.values()))
    parts = [f"{words[key]} in {_which(found[key], total)}" for key in words if key in found]
    return sentence(f"the median certified error {listing(parts)}")


def _which(names: list[str], total: int) -> str:
    if len(names) < total:
        return listing(map(arm_name, names))
    return "every arm" if total > 1 else arm_name(names[0])


def _error_size(table: pd.DataFrame) -> str:
    parts = []
    for name in arms(table):
        medians = medians_of(table, name, "upper")
        if len(medians) > 1:
            first, last = medians.iloc[0], medians.iloc[-1]
            parts.append(
                f"from {number(first['median'])} at $n = {first['n']:g}$ to "
                f"{number(last['median'])} at $n = {last['n']:g}$ in {arm_name(name)}"
            )
        elif len(medians):
            last = medians.iloc[-1]
            parts.append(f"{number(last['median'])} at $n = {last['n']:g}$ in {arm_name(name)}")
    scale = span(table["target_scale"].to_numpy(float), "number")
    measure = f"; the target's own largest output on the held-out images is {scale}"
    return (
        sentence(f"it goes {listing(parts)}{measure if scale != MISSING else ''}") if parts else ""
    )


def _bracket_order(table: pd.DataFrame) -> str:
    if table.empty:
        return NO_TICKETS
    known = table[table["lower"].notna() & table["upper"].notna()]
    slack = 1 + 1e-12  # float64 rounding of the two evaluations
    inverted = int((known["lower"] > known["upper"] * slack).sum())
    beyond = int((known["data_error"] > known["upper"] * slack).sum())
    infinite = int(np.isinf(known["upper"].astype(float)).sum())
    if inverted or beyond:
        return sentence(
            f"the bracket is violated: the lower bound exceeds the upper bound in "
            f"{count(inverted, 'ticket')} and the error on a held-out image exceeds it in "
            f"{count(beyond, 'ticket')} of {integer(len(known))}; the bounds of this run cannot be "
            "trusted"
        )
    words = f"the lower bound is at most the upper bound in all {integer(len(known))} brackets"
    if known["data_error"].notna().any():
        words += ", and no error on a held-out image exceeds its upper bound"
    if infinite:
        words += f"; {count(infinite, 'upper bound')} {'is' if infinite == 1 else 'are'} infinite"
    return sentence(words)


def _bracket_width(table: pd.DataFrame) -> str:
    ratio = (table["upper"] / table["lower"].where(table["lower"] > 0)).to_numpy(float)
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return ""
    return sentence(
        f"upper over lower is {number(float(np.median(ratio)), 3)} in the median and at most "
        f"{number(float(ratio.max()), 3)}"
    )


def _method(table: pd.DataFrame) -> str:
    counts = table["method"].dropna().value_counts()
    if counts.empty:
        return ""
    words = {
        "closed_form": "the closed form",
        "differential": "the differential bound",
        "one_layer": "the one-layer formula",
        "separate": "bounding both networks apart",
    }
    parts = [
        f"{words.get(str(name), escape(name))} in {integer(int(times))}"
        for name, times in sorted(counts.items(), key=lambda item: str(item[0]))
    ]
    return sentence(
        f"the reported upper bound is that of {listing(parts)} of {integer(len(table))}"
    )


def _exact(table: pd.DataFrame) -> str:
    """The first convolution alone has an exact formula, which its upper bound must equal."""
    known = table[table["exact"].notna()]
    if known.empty:
        return "No ticket of this run begins with a convolution, whose error has an exact formula."
    size = known["exact"].abs().clip(lower=1.0)
    gap = ((known["layer_upper"] - known["exact"]).abs() / size).to_numpy(float)
    bad = int((gap > PERFECT).sum())
    if bad:
        return sentence(
            f"the upper bound of the first convolution alone differs from its exact formula by "
            f"more than {number(PERFECT, 1)} in {count(bad, 'ticket')} of "
            f"{integer(len(known))}, by {number(float(gap.max()))} at most"
        )
    return sentence(
        f"in {'the one ticket' if len(known) == 1 else f'all {integer(len(known))} tickets'} the "
        f"upper bound of the first convolution alone equals its exact formula to within "
        f"{number(PERFECT, 1)}"
    )


def _abstract(table: pd.DataFrame) -> str:
    if table.empty:
        return "The run built no ticket."
    tight = [medians_of(table, name, "upper") for name in arms(table)]
    last = [float(medians["median"].iloc[-1]) for medians in tight if len(medians)]
    falls = [len(m) > 1 and m["median"].iloc[-1] < m["median"].iloc[0] for m in tight]
    words = (
        f"the {count(len(table), 'ticket')} of trained image classifiers come with certified "
        f"sup-norm errors whose median at the largest $n$ is {span(last, 'number')}"
    )
    if falls and all(falls):
        words += ", smaller than at the smallest $n$ in every arm"
    return sentence(words)
