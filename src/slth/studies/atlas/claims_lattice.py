"""Sentences on integer candidates: rates of success on and off their lattice."""

import pandas as pd

from slth.studies.atlas import wordings_laws
from slth.studies.atlas.claims_least import printed
from slth.studies.atlas.claims_sizes import inside_interval, misses, p_of_misses
from slth.studies.printing.formatting import (
    counts,
    fixed,
    listing,
    number,
    out_of,
)
from slth.studies.printing.summaries import complete
from slth.studies.printing.wordings import any_of, clause, sentence, side

LATTICE = ["ensemble", "aimed", "d", "n", "eps", "trials", "rate", "low", "high", "prediction"]
LATTICE += ["confidence"]


def lattice_macros(lattice: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about integer candidates."""
    table = complete("atlas_lattice", lattice, LATTICE)
    return {
        "AtlasLatticeTrials": counts(table["trials"], "instance"),
        "AtlasLatticeAgreement": _agreement(table),
        "AtlasLatticeTargets": _targets(table),
    }


def _agreement(table: pd.DataFrame) -> str:
    parts = []
    for ensemble, own in table.groupby("ensemble", sort=True):
        away = (own["rate"] - own["prediction"]).abs()
        far = own.iloc[int(away.to_numpy().argmax())]
        words = sentence(
            misses(own),
            wordings_laws.LATTICE,
            ensemble=printed(ensemble),
            inside=out_of(int(inside_interval(own).sum()), len(own), "rate"),
            p=number(p_of_misses(own)).strip("$"),
            mean=fixed(float(away.mean()), 3),
            most=fixed(float(away.max())),
            side=clause(side(far["rate"], far["rate"], far["prediction"]), wordings_laws.SIDE),
            d=far["d"],
            n=far["n"],
        )
        parts.append(words)
    return sentence(any_of(parts), wordings_laws.LATTICES, ensembles=" ".join(parts))


def _targets(table: pd.DataFrame) -> str:
    """Rates at tolerances of both kinds of targets, where the points of the window differ."""
    on, off = (
        table[table["aimed"] == kind].set_index(["ensemble", "d", "n", "eps"])
        for kind in ("on", "off")
    )
    more = (on[["rate", "prediction"]] - off[["rate", "prediction"]]).dropna()
    parts = [
        wordings_laws.ADVANTAGE.format(
            seen=fixed(float(own["rate"].mean()), 3),
            eps=eps,
            predicted=fixed(float(own["prediction"].mean()), 3),
        )
        for eps, own in more.groupby(level="eps", sort=True)
    ]
    return sentence(any_of(parts), wordings_laws.ADVANTAGES, advantages=listing(parts))
