"""Sentences on lattices, covered volumes and sufficient sizes say what made tables hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth.studies.atlas.claims_lattice import lattice_macros
from slth.studies.atlas.claims_sufficient import CITED, sufficient_macros
from slth.studies.atlas.claims_volume import volume_macros
from slth.studies.atlas.tables import sufficient_table
from slth.theory import PUBLISHED

NONE = pd.DataFrame()


def lattice(off: float) -> pd.DataFrame:
    """Rates of four n, ``off`` from the prediction, and 0.1 less for targets off the lattice."""
    rate = np.array([0.2, 0.4, 0.6, 0.8])
    table = {"ensemble": "binary", "d": 2, "n": [4, 6, 8, 10], "trials": 50, "confidence": 0.99}
    on = pd.DataFrame(table | {"aimed": "on", "eps": 0.5, "rate": rate, "prediction": rate - off})
    both = pd.concat([on, on.assign(aimed="off", rate=rate - 0.1, prediction=rate - 0.1 - off)])
    return both.assign(low=both["rate"] - 0.05, high=both["rate"] + 0.05)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (0.01, ["at eight of eight rates, no more misses", "$0.010$", "is $0.01$ above it"]),
        (
            -0.2,
            ["at none of eight rates, more misses", r"$p = 1.0\times10^{-16}$", "$0.20$ below it"],
        ),
        (0.0, ["at eight of eight rates", "$0.00$ from it"]),
    ],
)
def test_rates_on_a_lattice(off: float, words: list[str]) -> None:
    table = lattice(off)
    said = lattice_macros(table)
    assert said["AtlasLatticeAgreement"].startswith("For binary candidates the prediction")
    assert all(part in said["AtlasLatticeAgreement"] for part in words)
    assert r"is $0.100$ at $\varepsilon = 0.5$ (predicted $0.100$)" in said["AtlasLatticeTargets"]
    assert lattice_macros(table[table["aimed"] == "on"])["AtlasLatticeTargets"] == ""


def test_factors_of_a_covered_volume() -> None:
    """It doubles up to one half; from there on half of what is left is covered."""
    path = np.array([0.01 * 2**t for t in range(6)] + [1 - 0.4 / 2**t for t in range(5)])
    table = {"ensemble": "uniform", "n": 10, "eps": 0.01, "confidence": 0.99, "t": range(11)}
    rows = [pd.DataFrame(table | {"restricted": path, "replicate": r}) for r in range(3)]
    said = volume_macros(pd.concat([*rows, rows[0].assign(n=11)]), NONE)
    assert said["AtlasVolumeTrials"] == "three samples"
    early, late, done = said["AtlasVolume"].split("; ")
    assert "While a quarter is not yet covered, the volume is multiplied by $2.00$" in early
    assert "the complement is multiplied by $0.50$ per candidate on average [$0.50$," in late
    assert done == "all is covered after 10 candidates in none of three samples."
    start = pd.concat(row.iloc[:2] for row in rows[:2])
    short = volume_macros(start, NONE)["AtlasVolume"]
    assert short == "All is covered after one candidate in none of two samples."


def test_constant_that_covering_radii_rule_out() -> None:
    """C >= (n - sqrt(4 n ln 2)) / ln(1/eps) at eps = half a lower limit of the median radius."""
    rows = {"ensemble": ["uniform", "uniform", "normal"], "d": 1, "n": [8, 16, 99]}
    covering = pd.DataFrame(rows | {"low": [2 * np.exp(-4.0), 2 * np.exp(-9.0), 0.5]})
    said = volume_macros(NONE, covering)["AtlasVolumeConstant"]
    assert "($n$ of $8$ and $16$)" in said
    assert "below $1.0$" in said  # (16 - sqrt(64 ln 2)) / 9 = 1.04, (8 - sqrt(32 ln 2)) / 4 = 0.82
    assert "of $1.8$ to $2.0$." in said


def test_sufficient_sizes_beside_the_observed_ones() -> None:
    """Medians 2^-n/2 and predictions 2^-(n+1)/2: at eps = 2^-6 observed 12, predicted 11."""
    n = np.arange(8, 17)
    least = pd.DataFrame({"ensemble": "normal", "d": 2, "n": n, "median": 2.0 ** (-n / 2)})
    least = least.assign(low=least["median"], high=least["median"])
    least["prediction"] = 2.0 ** (-(n + 1) / 2)
    row = {"d": 2, "annealed": 10.0, "n_star": 10.5, "certified": 15, "becchetti": 60.0}
    table = pd.DataFrame([row | {"eps": 2.0**-6}, row | {"eps": 2.0**-9}])
    said = sufficient_macros(table, least)["AtlasSufficient"]
    assert said.startswith("At one setting with an observed size the first moment is off by $2.00$")
    assert r"\eqref{eq:quenched} by $1.00$; the certificate asks for $3.0$ to $3.0$ more" in said
    assert said.endswith(r"for $5.0$\,$C_1$ to $5.0$\,$C_1$ times as many.")
    cells = sufficient_table(table, least).rows
    assert cells[0][5:7] == ["$11.0$", "$12.0$ [$12.0$, $12.0$]"]
    assert cells[1][5:7] == ["--", "--"]
    assert "None of the tolerances" in sufficient_macros(table.iloc[1:], least)["AtlasSufficient"]


def test_recalled_statements_are_cited_from_the_references() -> None:
    recalled = {key for key, said in PUBLISHED.items() if said.confidence == "memory"}
    assert set(CITED) == recalled
    entries = (Path(__file__).parents[3] / "paper/references.bib").read_text("utf-8")
    assert all(f"{{{key}," in entries for key in CITED.values())
    said = sufficient_macros(NONE, NONE)["AtlasRecalled"]
    assert said.startswith(r"\citealp{dacunha2023polynomially}, for normally-scaled normal")
