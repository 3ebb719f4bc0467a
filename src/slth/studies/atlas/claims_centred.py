"""Sentences on certificates given T, recentred or not, and on those of one size."""

import math

import numpy as np
import pandas as pd

from slth.studies.atlas import wordings_centred
from slth.studies.atlas.centred import CENTRED, SAMPLING, SIZED
from slth.studies.atlas.wordings_centred import Centred, Growth, Moved, Sized
from slth.studies.printing.formatting import (
    MISSING,
    count,
    dimensions,
    fixed,
    integer,
    listing,
    out_of,
    percent,
    setting,
)
from slth.studies.printing.summaries import complete
from slth.studies.printing.wordings import sentence

NEAR = 2  # candidates from even odds that count as near


def centred_macros(centred: pd.DataFrame, sized: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX."""
    centred = complete("atlas_centred", centred, CENTRED)
    sized = complete("atlas_sized", sized, SIZED)
    eps = sorted(set(sized["eps"]))
    return {
        "AtlasCentred": _excess(centred),
        "AtlasGivenSum": _given_sum(centred),
        "AtlasRecentred": _moved(centred),
        "AtlasGrowth": _growth(centred),
        "AtlasSampling": percent(SAMPLING, 0),
        "AtlasSized": _sized(sized),
        "AtlasSizedEps": listing(map(setting, eps)) if eps else MISSING,
    }


def fewer(centred: pd.DataFrame) -> Centred:
    """Whether the certificates given T ask for fewer candidates than the plain ones."""
    if centred.empty:
        return Centred.NOTHING
    less = centred["n"] < centred["plain"]
    if less.all():
        return Centred.FEWER_EVERYWHERE
    return Centred.FEWER_SOMEWHERE if less.any() else Centred.NOT_FEWER


def moved(centred: pd.DataFrame) -> Moved:
    """Whether further candidates that recentre save some in all."""
    if centred.empty:
        return Moved.NOTHING
    return Moved.SOMEWHERE if (centred["moved"] < centred["n"]).any() else Moved.NOWHERE


def growing(centred: pd.DataFrame) -> list[float]:
    """The tolerances at which the relative excess over even odds rose with the last step of d."""
    found = []
    for eps, part in centred.groupby("eps", sort=False):
        excess = _over(part.sort_values("d"), "n")
        if len(excess) >= 2 and excess[-1] > excess[-2]:
            found.append(float(str(eps)))
    return found


def growth(centred: pd.DataFrame) -> Growth:
    """Whether the excess over even odds grows with d at the end of the range."""
    if centred["d"].nunique() < 3:
        return Growth.FEW
    return Growth.GROWS if growing(centred) else Growth.LASTS


def near(sized: pd.DataFrame) -> Sized:
    """Whether every certificate of one size lies near even odds, below included."""
    if sized.empty:
        return Sized.NOTHING
    return Sized.NEAR if (sized["n"] - sized["n50"] <= NEAR).all() else Sized.FAR


def _over(part: pd.DataFrame, name: str) -> np.ndarray:
    """Excess over even odds in per cent."""
    sizes = part[[name, "n50"]].to_numpy(float)
    excess: np.ndarray = 100 * (sizes[:, 0] / sizes[:, 1] - 1)
    return excess


def _excess(centred: pd.DataFrame) -> str:
    if centred.empty:
        return sentence(fewer(centred), wordings_centred.CENTRED)
    plain, own = _over(centred, "plain"), _over(centred, "n")
    return sentence(
        fewer(centred),
        wordings_centred.CENTRED,
        plain_least=fixed(plain.min(), 1),
        plain_most=fixed(plain.max(), 1),
        least=fixed(own.min(), 1),
        most=fixed(own.max(), 1),
        fewer=integer((centred["n"] < centred["plain"]).sum()),
        settings=integer(len(centred)),
    )


def _given_sum(centred: pd.DataFrame) -> str:
    less = int((centred["n"] < centred["plain"]).sum())
    return sentence(
        fewer(centred),
        wordings_centred.GIVEN_SUM,
        fewer=out_of(less, len(centred), "setting"),
    )


def _moved(centred: pd.DataFrame) -> str:
    more = centred["moved"] - centred["n"]
    return sentence(
        moved(centred),
        wordings_centred.MOVED,
        least=integer(more.min()),
        most=integer(more.max()),
        where=listing(
            wordings_centred.WHERE.format(
                d=row["d"], eps=row["eps"], moved=integer(row["moved"]), n=integer(row["n"])
            )
            for row in centred[more < 0].to_dict("records")
        ),
    )


def _growth(centred: pd.DataFrame) -> str:
    if centred.empty:
        return ""
    parts = [part.sort_values("d") for _, part in centred.groupby("eps", sort=False)]
    slopes = {name: [_exponent(part, name) for part in parts] for name in ("n", "n50")}
    return sentence(
        growth(centred),
        wordings_centred.GROWTH,
        eps=listing(setting(float(str(eps))) for eps in dict.fromkeys(centred["eps"])),
        certified=listing(fixed(p) for p in slopes["n"]),
        even=listing(fixed(p) for p in slopes["n50"]),
        d=float(centred["d"].max()),
        most=fixed(_over(centred, "n").max(), 1),
        where=listing(wordings_centred.GROWS_AT.format(eps=eps) for eps in growing(centred)),
    )


def _exponent(part: pd.DataFrame, name: str) -> float:
    """Slope of ln n on ln d over the last step."""
    if len(part) < 2:
        return math.nan
    (d1, n1), (d2, n2) = part[["d", name]].to_numpy(float)[-2:]
    return float(np.log(n2 / n1) / np.log(d2 / d1))


def _sized(sized: pd.DataFrame) -> str:
    if sized.empty:
        return sentence(near(sized), wordings_centred.SIZED)
    off, every = sized["n"] - sized["n50"], sized["every"] - sized["n50"]
    return sentence(
        near(sized),
        wordings_centred.SIZED,
        settings=count(len(sized), "setting"),
        dims=dimensions(sized["d"]),
        shares=listing(setting(share) for share in sorted(set(sized["share"]))),
        low=fixed(off.min(), 0),
        high=fixed(off.max(), 0),
        every_low=integer(every.min()),
        every_high=integer(every.max()),
    )
