"""What the paper says about tickets: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    all_of,
    arm_name,
    count,
    counts,
    escape,
    integer,
    listing,
    number,
    out_of,
    percent,
    span,
)
from slth.studies.printing.wordings import ROUTINES, any_of, clause, count_of, sentence
from slth.studies.tickets import wordings
from slth.studies.tickets.claims_accuracy import accuracy_macros, medians_of
from slth.studies.tickets.claims_answers import abstract, answer, copied, shown, weights
from slth.studies.tickets.claims_blocks import block_macros, network_macros
from slth.studies.tickets.data import PERFECT, arms, asked_for_eps, blocks_of, tickets_of
from slth.studies.tickets.tables import HIT_CONFIDENCE
from slth.studies.tickets.wordings import Arms, Exact, Order, Trend

READS = {
    "tickets": "measured tickets",
    "blocks": "solved blocks",
    "networks": "targets",
}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about tickets."""
    return {
        **ticket_macros(frames["tickets"]),
        "TicketHits": _hits(frames["tickets"], frames["blocks"]),
        "NetworkReadout": copied(frames["tickets"], frames["networks"]),
        **block_macros(frames["blocks"]),
        **network_macros(frames["networks"]),
    }


def ticket_macros(tickets: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about tickets."""
    table = tickets_of(tickets)
    seeds = table.groupby(["arm", "n"]).size().to_numpy(float)
    return {
        "TicketCount": count(len(table), "ticket"),
        "TicketArmList": listing(_arm(table, name) for name in arms(table)),
        "TicketSizes": span(table["n"].to_numpy(float)),
        "TicketSeeds": counts(seeds, "random network"),
        "TicketHeldOut": span(table["held_out"].to_numpy(float)),
        "TicketKept": span(table["kept_fraction"].to_numpy(float), "percent"),
        "TicketReadout": _readout(table),
        "ErrorTrend": _error_trend(table),
        "ErrorSize": _error_size(table),
        "ErrorScale": _scale(table),
        "TicketWeights": weights(table),
        "TicketAnswer": answer(table),
        "BracketOrder": _bracket_order(table),
        "BracketWidth": _bracket_width(table),
        "BracketMethod": _method(table),
        "BracketExact": _exact(table),
        **accuracy_macros(table),
        "TicketAbstract": abstract(table),
    }


def trend(sizes: np.ndarray, values: np.ndarray) -> Trend:
    """How medians go with n, from step to step and from the smallest n to the largest."""
    if len(sizes) < 2:
        return Trend.ONE_SIZE
    ordered = values[np.argsort(sizes)]
    steps = np.diff(ordered)
    if (steps < 0).all():
        return Trend.EVERY_STEP
    if ordered[-1] < ordered[0]:
        return Trend.OVERALL
    return Trend.RISES if (steps > 0).all() else Trend.NO_LESS


def _hits(tickets: pd.DataFrame, blocks: pd.DataFrame) -> str:
    """What the caption says of hits; nothing where no subset problem had a tolerance."""
    problems = blocks_of(blocks)
    asked = [name for name in arms(tickets_of(tickets)) if asked_for_eps(problems, name)]
    return sentence(any_of(asked), wordings.HITS_CAPTION, confidence=percent(HIT_CONFIDENCE, 0))


def _arm(table: pd.DataFrame, name: str) -> str:
    first = table[table["arm"] == name].iloc[0]
    layers = count(int(first["depth"]), "convolution")
    return (
        rf"\emph{{{escape(name)}}} (network {escape(first['network'])}, {layers}, "
        rf"{escape(first['granularity'])} granularity, $d = {first['d']:g}$)"
    )


def _readout(table: pd.DataFrame) -> str:
    kinds = {kind: arms(part) for kind, part in table.groupby("readout", sort=False)}
    words = [wordings.READOUTS.get(str(kind), escape(kind)) for kind in kinds]
    by_arm = listing(
        f"in {listing(map(arm_name, names))} {text}"
        for names, text in zip(kinds.values(), words, strict=True)
    )
    return clause(count_of(kinds), wordings.READOUT, readout=listing(words), readouts_by_arm=by_arm)


def _error_trend(table: pd.DataFrame) -> str:
    names: dict[Trend, list[str]] = {}
    for name, medians in _medians(table).items():
        verdict = trend(medians["n"].to_numpy(), medians["median"].to_numpy())
        names.setdefault(verdict, []).append(name)
    total = sum(map(len, names.values()))
    trends = listing(
        clause(verdict, wordings.TREND, arms=_arms(names[verdict], total))
        for verdict in Trend
        if verdict in names
    )
    return sentence(any_of(names), wordings.TRENDS, trends=trends)


def _arms(names: list[str], total: int) -> str:
    verdict = Arms.EVERY if len(names) == total > 1 else Arms.NAMED
    return clause(verdict, wordings.ARMS, names=listing(map(arm_name, names)))


def _medians(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Quartiles of the upper bound over the target's largest output, per arm, where known."""
    found = {name: medians_of(table, name, "relative") for name in arms(table)}
    return {name: medians for name, medians in found.items() if len(medians)}


def _error_size(table: pd.DataFrame) -> str:
    errors = [
        clause(
            count_of(medians),
            wordings.ERROR_IN_ARM,
            first=shown(medians["median"].iloc[0]),
            last=shown(medians["median"].iloc[-1]),
            least_n=medians["n"].iloc[0],
            largest_n=medians["n"].iloc[-1],
            arm=arm_name(name),
        )
        for name, medians in _medians(table).items()
    ]
    return sentence(any_of(errors), wordings.ERROR_SIZE, errors=" ".join(errors))


def _scale(table: pd.DataFrame) -> str:
    known = table["target_scale"].astype(float)
    known = known[np.isfinite(known)]
    return sentence(any_of(known), wordings.SCALE, scale=span(known, "number"))


def _brackets(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["lower"].notna() & table["upper"].notna()]


def bracket_order(table: pd.DataFrame) -> Order:
    """Whether lower ends and errors seen on data stay below the upper ends, up to rounding."""
    if table.empty:
        return Order.NOTHING
    known = _brackets(table)
    if _inverted(known, "lower").any() or _inverted(known, "data_error").any():
        return Order.VIOLATED
    return Order.HOLDS_ON_DATA if known["data_error"].notna().any() else Order.HOLDS


def _inverted(known: pd.DataFrame, column: str) -> pd.Series:
    return known[column] > known["upper"] * (1 + 1e-12)  # rounding of two float64 evaluations


def _bracket_order(table: pd.DataFrame) -> str:
    known = _brackets(table)
    infinite = known[np.isinf(known["upper"].astype(float))]
    bounds = count(len(infinite), "upper bound")
    return sentence(
        bracket_order(table),
        wordings.ORDER,
        inverted=count(int(_inverted(known, "lower").sum()), "ticket"),
        beyond=count(int(_inverted(known, "data_error").sum()), "ticket"),
        brackets=all_of(len(known), "bracket"),
        infinite=clause(count_of(infinite), wordings.INFINITE, bounds=bounds),
    )


def _bracket_width(table: pd.DataFrame) -> str:
    ratio = (table["upper"] / table["lower"].where(table["lower"] > 0)).astype(float)
    ratio = ratio[np.isfinite(ratio)]
    median, largest = number(float(ratio.median()), 3), number(float(ratio.max()), 3)
    return sentence(any_of(ratio), wordings.WIDTH, median=median, largest=largest)


def _method(table: pd.DataFrame) -> str:
    found = table["method"].dropna().value_counts()
    routines = listing(
        f"{ROUTINES[str(name)]} in {integer(int(times))}"
        for name, times in sorted(found.items(), key=lambda item: str(item[0]))
    )
    return sentence(
        count_of(table["method"].dropna()),
        wordings.METHOD,
        routine="".join(ROUTINES[str(name)] for name in list(found.index)[:1]),
        routines=routines,
        tickets=integer(len(table)),
    )


def exactness(gap: pd.Series) -> Exact:
    """Whether upper bounds equal their exact formulas; ``gap``: relative, one value per ticket."""
    if gap.empty:
        return Exact.NOTHING
    if (gap > PERFECT).any():
        return Exact.DIFFERS
    return Exact.ONE_EQUAL if len(gap) == 1 else Exact.ALL_EQUAL


def _exact(table: pd.DataFrame) -> str:
    """The first convolution alone has an exact formula, which its upper bound must equal."""
    known = table[table["exact"].notna()].astype({"exact": float, "layer_upper": float})
    gap = (known["layer_upper"] - known["exact"]).abs() / known["exact"].abs().clip(lower=1.0)
    return sentence(
        exactness(gap),
        wordings.EXACT,
        tolerance=number(PERFECT, 1),
        different=out_of(int((gap > PERFECT).sum()), len(known), "ticket"),
        tickets=integer(len(known)),
        gap=number(float(gap.max())),
    )
