"""What the paper says about the bracket's tightness: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.checks import FloatArray
from slth.studies.printing.formatting import (
    all_of,
    count,
    counts,
    escape,
    integer,
    listing,
    number,
    out_of,
    percent,
    setting,
    some_of,
    span,
)
from slth.studies.printing.wordings import (
    any_of,
    clause,
    count_of,
    sentence,
    share,
)
from slth.studies.sandwich import data, wordings
from slth.studies.sandwich.claims_abstract import abstract, sound
from slth.studies.sandwich.public import PART
from slth.studies.sandwich.wordings import Bracketed, Crown, Slope, Split, Tight

_FLAT = 0.1  # a slope below it is none
GIVEN = ("the brackets of public networks",)  # numbers that the run takes over
READS = {"sandwich": "sandwich"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the bracket."""
    return claims(frames["sandwich"])


def claims(frame: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX. The names are the same whatever the data."""
    pairs, small = data.rows(frame, "pair"), data.rows(frame, "small")
    tickets, curve = data.rows(frame, "ticket"), data.rows(frame, "curve")
    public = data.rows(frame, PART)
    return {
        "SandwichPairCount": count(len(pairs), "random pair"),
        "SandwichDepths": span(pairs["depth"]),
        "SandwichWidths": counts(pairs["width"], "channel"),
        "SandwichKernels": span(pairs["kernel"]),
        "SandwichDistances": listing(map(setting, sorted(set(pairs["eps"].dropna())))),
        "SandwichNetworks": integer(pairs["replicate"].nunique()),
        "SandwichTicketCount": count(len(curve), "ticket"),
        "SandwichSeeds": counts(curve.groupby(["arm", "n"]).size(), "ticket"),
        "SandwichHeldOut": span(curve["held_out"]),
        "SandwichMissing": sentence(any_of(curve[curve["theorem"].isna()]), wordings.MISSING),
        "SandwichSound": _sound(pairs),
        "SandwichExact": _exact(small),
        "SandwichOneLayer": _one_layer(pairs),
        "SandwichOrder": _order(pairs),
        "SandwichSlope": _slope(pairs),
        "SandwichCrown": _crown(pairs[pairs["depth"] > 1]),
        "SandwichTight": _tight(curve),
        "SandwichAnswer": _answer(curve),
        "SandwichAbstract": abstract(pairs, small),
        "SandwichSplit": _split(tickets),
        "SandwichData": _data(curve),
        "SandwichPublic": _public(public),
        "SandwichPublicOrigin": _origin(public),
    }


def _sound(pairs: pd.DataFrame) -> str:
    return sentence(
        sound(pairs),
        wordings.SOUND,
        probes=integer(pairs["probes"].sum()),
        bounds=count(len(pairs), "upper bound"),
        above=count(int(pairs["violated"].sum()), "pair"),
    )


def _exact(small: pd.DataFrame) -> str:
    inside = int(small["inside"].sum())
    return sentence(
        share(inside, len(small)),
        wordings.EXACT,
        inside=out_of(inside, len(small), "small pair"),
        every=all_of(len(small), "small pair"),
        gap=number(float((small["upper"] / small["exact"]).max()), 3),
    )


def _one_layer(pairs: pd.DataFrame) -> str:
    values = data.ratios(pairs[pairs["depth"] == 1])
    excess = number(values.max(initial=0.0) - 1)
    return sentence(
        any_of(values), wordings.ONE_LAYER, pairs=count(values.size, "pair"), excess=excess
    )


def _order(pairs: pd.DataFrame) -> str:
    fine, total = data.ordered(pairs), len(pairs)
    return sentence(share(fine, total), wordings.ORDER, fine=out_of(fine, total, "pair"))


def proportional(slopes: FloatArray) -> Slope:
    """Whether the bound falls like the distance, by its slopes in log--log, one per network."""
    if not slopes.size:
        return Slope.NOTHING
    far = float(np.abs(slopes - 1).max())
    return Slope.PROPORTIONAL if far <= data.SLOPE else Slope.NOT_PROPORTIONAL


def _slope(pairs: pd.DataFrame) -> str:
    slopes = data.slopes(pairs)
    return sentence(
        proportional(slopes),
        wordings.SLOPE,
        farthest=number(np.abs(slopes - 1).max(initial=0.0), 1),
        networks=count(slopes.size, "network"),
    )


def crown(slopes: FloatArray) -> Crown:
    """Whether CROWN falls with the distance, by its slopes in log--log, one per network."""
    if not slopes.size:
        return Crown.NOTHING
    return Crown.FLAT if slopes.max() < _FLAT else Crown.FALLS


def _crown(pairs: pd.DataFrame) -> str:
    """Whether CROWN sees the distance at all, behind a ReLU."""
    slopes = data.slopes(pairs, "crown")
    steepest = number(slopes.max(initial=-np.inf), 1)
    return sentence(crown(slopes), wordings.CROWN, steepest=steepest)


def tight(curve: pd.DataFrame, medians: Mapping[str, float]) -> Tight:
    """Whether the median ratio of upper to lower bound is tight in every arm."""
    if curve.empty:
        return Tight.NOTHING
    if not medians:
        return Tight.UNKNOWN
    beyond = any(median > data.DEEPER for median in medians.values())
    return Tight.SOME_BEYOND if beyond else Tight.ALL_WITHIN


def _tight(curve: pd.DataFrame) -> str:
    """Median ratio of every arm, and whether all are tight."""
    ratios = {str(arm): data.ratios(part) for arm, part in curve.groupby("arm", sort=False)}
    ratios = {arm: values for arm, values in ratios.items() if values.size}
    medians = {arm: data.middle(values) for arm, values in ratios.items()}
    shown = listing(
        f"{data.short(medians[arm])} for \\textit{{{escape(arm)}}} ({count(values.size, 'ticket')})"
        for arm, values in ratios.items()
    )
    return sentence(
        tight(curve, medians),
        wordings.TIGHT,
        ratios=shown,
        most=number(data.DEEPER),
        beyond=out_of(sum(median > data.DEEPER for median in medians.values()), len(ratios), "arm"),
    )


def _answer(curve: pd.DataFrame) -> str:
    """The least and the largest median ratio of an arm."""
    ratios = {str(arm): data.ratios(part) for arm, part in curve.groupby("arm", sort=False)}
    medians = {arm: data.middle(values) for arm, values in ratios.items() if values.size}
    ends, most = span(medians.values(), "fixed", 2), number(data.DEEPER)
    return sentence(tight(curve, medians), wordings.ANSWER, ratios=ends, most=most)


def split_reaches(split: FloatArray) -> Split:
    """How many tickets are tight with splitting; ``split``: their ratios."""
    if not split.size:
        return Split.NOTHING
    verdicts = (Split.NONE_REACH, Split.ONE_REACHES, Split.SEVERAL_REACH)
    return verdicts[min(int((split <= data.SPLIT).sum()), 2)]


def _split(tickets: pd.DataFrame) -> str:
    whole, split = data.ratios(tickets), data.ratios(tickets, "upper_split")
    return sentence(
        split_reaches(split),
        wordings.SPLIT,
        tickets=clause(
            count_of(split), wordings.SPLIT_TICKETS, tickets=count(split.size, "ticket")
        ),
        whole=data.short(data.middle(whole)),
        split=data.short(data.middle(split)),
        reached=some_of(int((split <= data.SPLIT).sum()), split.size),
        most=number(data.SPLIT),
    )


def _data(curve: pd.DataFrame) -> str:
    known = curve[(curve["data_error"] > 0) & (curve["lower"] > 0)].astype({"data_error": float})
    proved = known[known["theorem"] > 0]
    loose = data.short(float((proved["theorem"] / proved["upper"]).median()))
    return sentence(
        any_of(known),
        wordings.DATA,
        share=percent(float((known["data_error"] < known["lower"]).mean()), 0),
        factor=data.short(float((known["lower"] / known["data_error"]).median())),
        theorem=clause(any_of(proved), wordings.THEOREM, loose=loose),
    )


def _public(pairs: pd.DataFrame) -> str:
    excess = data.ratios(pairs)
    return sentence(
        any_of(excess),
        wordings.PUBLIC,
        pairs=count(excess.size, "pair"),
        ratios=span(excess, "fixed", 2),
        seconds=span(pairs["splitting_seconds"], "fixed", 1),
    )


def origin(pairs: pd.DataFrame) -> Bracketed:
    """Whether the public pairs were bracketed where the paper is made."""
    if pairs.empty:
        return Bracketed.NOTHING
    return Bracketed.OWN if pairs["own"].astype(bool).all() else Bracketed.REFERENCE


def _origin(pairs: pd.DataFrame) -> str:
    processors = listing(escape(str(name)) for name in dict.fromkeys(pairs.get("processor", [])))
    return sentence(origin(pairs), wordings.ORIGIN, processors=processors)
