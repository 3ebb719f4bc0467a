"""Certificates given T as the atlas tabulates them, and what it says of planted ones."""

import pandas as pd
import pytest

from slth.studies.atlas.centred import CENTRED, SIZED, centred_sizes, sized_certificates
from slth.studies.atlas.claims_centred import centred_macros
from slth.studies.atlas.tables import centred_table, sized_table
from slth.theory import centred_certificate, existence_certificate


def test_sizes_stand_in_their_order() -> None:
    found = centred_sizes([4, 8], [0.1], seed=1)
    assert list(found["d"]) == [4, 8]
    assert found["plain"].tolist() == [existence_certificate(d, 0.1)[0] for d in (4, 8)]
    assert (found["centre"] <= found["n"]).all()
    assert (found["n"] <= found["plain"]).all()
    assert (found["moved"] > found["extra"]).all()
    assert (found["bound"] >= 1 / 3).all()
    row = found.iloc[1]
    other = centred_certificate(int(row["n"]), 8, 0.1, k=int(row["k"]), seed=7)
    assert other == pytest.approx(row["bound"], abs=0.02)  # 4 standard errors of 10 000 draws
    assert centred_sizes([], [0.1], 1).columns.tolist() == CENTRED


def test_one_size_is_certified_near_even_odds() -> None:
    found = sized_certificates([1, 2], [0.25, 0.5], 0.05, seed=1)
    assert len(found) == 4
    assert (found["n"] <= found["n50"] + 2).all()
    assert (found["every"] > found["n50"]).all()
    assert sized_certificates([], [0.5], 0.1, 1).columns.tolist() == SIZED


def planted(*rows: tuple[int, int, int, int, int]) -> pd.DataFrame:
    """Rows of d, n50, plain, n and the recentred size."""
    table = pd.DataFrame(rows, columns=["d", "n50", "plain", "n", "moved"])
    return table.assign(eps=0.1, centre=1, k=3, bound=0.34, extra=2)


def test_sentences_of_planted_sizes() -> None:
    table = planted((8, 50, 60, 55, 56), (16, 100, 140, 104, 106), (32, 200, 300, 220, 210))
    said = centred_macros(table, pd.DataFrame())
    assert said["AtlasCentred"] == (
        r"Over even odds the plain certificate asks for $20.0$\,\% to $50.0$\,\% more candidates, "
        r"the one given $T$ for $4.0$\,\% to $10.0$\,\% more, and for fewer than the plain one at "
        "every setting."
    )
    assert said["AtlasRecentred"].startswith("Recentring saves candidates at $d = 32$,")
    assert "(210 for 220), and nowhere else." in said["AtlasRecentred"]
    # log2(220/104) = 1.08, log2 2 = 1; from 4 % to 10 % at the last step
    ends = "$d^{q}$ with $q$ of $1.08$. That of even odds grows with $q$ of $1.00$"
    assert ends in said["AtlasGrowth"]
    assert r"at $\varepsilon$ of $0.1$, the certified size" in said["AtlasGrowth"]
    assert r"At $\varepsilon = 0.1$ it grows with the last step of $d$" in said["AtlasGrowth"]
    lasting = centred_macros(table.assign(n=[60, 110, 215]), pd.DataFrame())["AtlasGrowth"]
    assert "keeps step" in lasting
    assert "fewer than three" in centred_macros(table[:2], pd.DataFrame())["AtlasGrowth"]
    costs = centred_macros(table[:2], pd.DataFrame())["AtlasRecentred"]
    assert costs == "Recentring costs more candidates than it saves at every setting, 1 to 2 more."


def test_cells_of_the_tables() -> None:
    row = centred_table(planted((8, 50, 60, 55, 56))).rows[0]
    assert row == ["8", "$0.1$", "50", "60", "1", "55", "3", "$0.340$", "56 (2)"]
    sized = pd.DataFrame([(2, 0.1, 0.25, 12.34, 13, 12, 3, 0.35, 19)], columns=SIZED)
    assert sized_table(sized).rows[0] == [
        "2", "$0.25$", "$12.3$", "13", "12", "3", "$0.350$", "19",
    ]  # fmt: skip
    said = centred_macros(pd.DataFrame(), sized)
    assert said["AtlasSizedEps"] == "$0.1$"
    assert r"the certified size less that of even odds is $-1$ to $-1$, so" in said["AtlasSized"]
    assert said["AtlasSized"].endswith(
        "All targets at once take 6 to 6 candidates more than even odds."
    )
