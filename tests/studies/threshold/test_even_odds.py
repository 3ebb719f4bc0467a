"""The answer on one target says how far even odds are from n*, as the rates have it."""

import pandas as pd
import pytest

from slth.studies.threshold.claims import threshold_macros
from slth.studies.threshold.tables import outside_table


def rates(n_star: list[float]) -> pd.DataFrame:
    """Rates that cross one half at n = 11, one dimension for each n*."""
    rows = []
    for d, place in enumerate(n_star, start=1):
        for n, hits in ((10, 25), (12, 75)):
            row = {"ensemble": "normal", "d": d, "n": n, "eps": 0.05, "trials": 100, "hits": hits}
            row |= {"low": 0.0, "high": 1.0, "confidence": 0.95, "prediction": hits / 100}
            rows.append(row | {"inside": True, "n_star": place})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("n_star", "words"),
    [
        ([11.5, 12.0], "Even odds come $0.5$ to $1.0$ candidates below $n^\\ast$. Over"),
        ([10.0, 10.5], "Even odds come $0.5$ to $1.0$ candidates above $n^\\ast$. Over"),
        ([10.0, 11.5], "Even odds come within $1.0$ candidates of $n^\\ast$. Over"),
    ],
)
def test_even_odds_against_the_size_of_a_typical_count_of_one(
    n_star: list[float], words: str
) -> None:
    said = threshold_macros(rates(n_star))["ThresholdAnswer"]
    assert said.startswith(words)
    assert "instances, up to $d = 2$, the predicted" in said


def test_rates_that_do_not_cross_one_half_say_nothing_of_even_odds() -> None:
    low = rates([11.5]).assign(hits=10)
    assert threshold_macros(low)["ThresholdAnswer"].startswith("Over 200 exactly solved")


def test_points_outside_their_intervals_have_a_table() -> None:
    table = rates([11.0]).assign(inside=[False, False], prediction=[0.3, 0.6])
    assert [row[3] for row in outside_table(table).rows] == ["12", "10"]
    assert threshold_macros(table)["ThresholdOutside"] == "two rows"
    assert threshold_macros(table.iloc[:1])["ThresholdOutside"] == "one row"
    assert threshold_macros(rates([11.0]))["ThresholdOutside"] == "no rows"
    assert outside_table(rates([11.0])).rows == []
    assert outside_table(pd.DataFrame()).rows == []
