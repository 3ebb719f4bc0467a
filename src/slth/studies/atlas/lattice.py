"""Integer candidates: success rates with targets on the lattice of the sums and off it."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from slth.ensembles import lookup
from slth.intervals import clopper_pearson
from slth.progress import track
from slth.theory.off_lattice import off_lattice_probability
from slth.theory.quenched import success_probability

POINT = ["ensemble", "aimed", "d", "n"]


def lattice_points(
    rows: pd.DataFrame, tolerances: Iterable[float], confidence: float
) -> pd.DataFrame:
    """One row per grid point, kind of target and tolerance: rate with its interval, prediction.

    Least errors answer for every tolerance. Those at which the empty subset hits each target are
    left out; so are instances that a solver left unproved, which are counted.
    """
    groups, out = list(rows.groupby(POINT, sort=False)), []
    for key, part in track(groups, len(groups), "atlas: lattices"):
        point: dict[str, Any] = dict(zip(POINT, key, strict=True))
        errors = part.loc[part["proved"], "error"].to_numpy(float)
        if not len(errors):
            continue
        for eps in tolerances:
            if eps >= lookup(point["ensemble"]).target_bound:
                continue
            hits = int((errors <= eps).sum())
            low, high = clopper_pearson(hits, len(errors), confidence)
            out.append(
                point
                | {"eps": eps, "trials": len(errors), "unproved": len(part) - len(errors)}
                | {"hits": hits, "rate": hits / len(errors), "low": low, "high": high}
                | {"prediction": _predicted(**point, eps=eps)}
            )
    return pd.DataFrame(out)


def _predicted(ensemble: str, aimed: str, d: int, n: int, eps: float) -> float:
    chance = off_lattice_probability if aimed == "off" else success_probability
    return chance(ensemble, int(n), int(d), eps)
