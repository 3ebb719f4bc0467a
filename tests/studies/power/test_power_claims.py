"""Exponents of the beam's error: recovered from powers, with intervals; verdicts follow them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth.intervals import Interval
from slth.studies.power import claims, exponents, figures, tables
from slth.studies.power.wordings import Range
from slth.studies.printing.existence import existence_limit, log_existence_limit
from slth.studies.printing.wordings import Side
from slth.studies.section import render
from slth.theory import best_error

SIZES = (100, 200, 400, 800)


def planted(
    law: dict[str, float],
    noise: float = 0.0,
    d: tuple[int, ...] = (2, 4),
    widths: tuple[int, ...] = (8, 64),
    sizes: tuple[int, ...] = SIZES,
    by_d: float = 0.0,
    by_width: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Errors d n^(-p) / 8, times e^(noise·N(0, 1)): the same for all widths, as instances are."""
    rng = np.random.default_rng(seed)
    parts = []
    for ensemble, p in law.items():
        for one in d:
            for n in sizes:
                factor = np.exp(noise * rng.standard_normal(30)) * one / 8
                for width in widths:
                    own = p + by_d * math.log2(one) + by_width * math.log2(width)
                    key = {"ensemble": ensemble, "d": one, "n": n, "width": width, "ratio": 20.0}
                    columns = {"replicate": np.arange(30), "error": factor * n**-own}
                    parts.append(pd.DataFrame({**key, **columns, "target_sd": 0.15, "empty": 0.3}))
    return pd.concat(parts, ignore_index=True)


def fitted(frame: pd.DataFrame) -> pd.DataFrame:
    return exponents.fits(frame, exponents.draws(frame))


def test_exact_powers_are_recovered() -> None:
    table = fitted(planted({"nsn": 0.9, "normal": 0.25}))
    assert len(table) == 8
    np.testing.assert_allclose(table["p"], table["ensemble"].map({"nsn": 0.9, "normal": 0.25}))
    np.testing.assert_allclose(table["low"], table["high"])
    np.testing.assert_allclose(table["fall"], 8.0 ** table["p"])
    np.testing.assert_allclose(table["bend_low"], 0, atol=1e-12)


def test_intervals_cover() -> None:
    """95 % of 200 planted exponents, within 4 standard deviations of that binomial, or more."""
    hits = 0
    for seed in range(200):
        frame = planted({"nsn": 0.9}, noise=0.4, d=(4,), widths=(8,), seed=seed)
        table = fitted(frame)
        hits += bool(((table["low"] <= 0.9) & (table["high"] >= 0.9)).all())
    assert hits >= 190 - 4 * math.sqrt(200 * 0.95 * 0.05)


def test_sizes_below_the_ratio_are_not_fitted() -> None:
    frame = planted({"nsn": 0.9}, d=(9,))
    frame.loc[frame["n"] < 180, "error"] = 0.3
    table = fitted(frame)
    np.testing.assert_allclose(table["p"], 0.9)
    assert set(table["first"]) == {200}
    assert set(table["sizes"]) == {3}
    assert fitted(planted({"nsn": 0.9}, d=(40,))).empty


def test_medians_do_not_follow_the_order_of_the_rows() -> None:
    frame = planted({"nsn": 0.9}, noise=0.4)
    one = fitted(frame)
    other = fitted(frame.sample(frac=1, random_state=1))
    keys = ["d", "width"]
    pd.testing.assert_frame_equal(
        one.sort_values(keys, ignore_index=True), other.sort_values(keys, ignore_index=True)
    )


def test_trends_are_recovered() -> None:
    drawn = exponents.draws(planted({"nsn": 0.9}, noise=0.2, by_d=0.2, by_width=-0.05))
    d, width = (exponents.trend(drawn, "nsn", along) for along in ("d", "width"))
    assert d.low < 0.2 < d.high
    assert d.low > 0
    assert width.mean == pytest.approx(-0.05)
    told = claims.macros({"power": planted({"nsn": 0.9}, noise=0.2, by_d=0.2, by_width=-0.05)})
    assert told["PowerDimension"].startswith("The exponent grows with $d$")
    assert told["PowerWidth"].startswith("It falls as the width $L$ grows, by $0.050$")
    none = exponents.draws(planted({"nsn": 0.9}, d=(4,)))
    assert np.isnan(exponents.trend(none, "nsn", "d").low)
    assert claims.macros({"power": planted({"nsn": 0.9}, d=(4,))})["PowerDimension"] == ""
    flat = claims.macros({"power": planted({"nsn": 0.9}, noise=0.2)})
    assert flat["PowerDimension"].startswith("No trend")


@pytest.mark.parametrize(
    ("intervals", "verdict"),
    [
        ([], Range.NOTHING),
        ([(0.7, 0.85), (0.9, 1.2)], Range.MEETS),
        ([(1.1, 1.2)], Range.ABOVE),
        ([(0.5, 0.6), (0.1, 0.2)], Range.BELOW),
        ([(0.5, 0.6), (0.9, 1.0)], Range.SOME_BELOW),
        ([(0.9, 1.0), (1.1, 1.2)], Range.SOME_ABOVE),
        ([(0.5, 0.6), (0.9, 1.0), (1.1, 1.2)], Range.BOTH),
    ],
)
def test_the_range_is_judged(intervals: list[tuple[float, float]], verdict: Range) -> None:
    assert claims.ranges(claims.sides(pd.DataFrame(intervals, columns=["low", "high"]))) is verdict


def test_sides_of_one_interval() -> None:
    table = pd.DataFrame({"low": [0.5, 0.75, 1.01], "high": [0.79, 0.8, 1.2]})
    assert claims.sides(table) == [Side.BELOW, Side.AROUND, Side.ABOVE]


def test_sentences_follow_the_data() -> None:
    told = claims.macros({"power": planted({"nsn": 0.9, "normal": 0.0}, noise=0.2)})
    assert "every interval meets" in told["PowerRange"]
    assert "with $\\beta$ about $0.9" in told["PowerAnswer"]
    assert "that more candidates help is not resolved" in told["PowerNormal"]
    assert "at every $d$ and $L$" in told["PowerNormal"]
    alike = claims.macros({"power": planted({"nsn": 1.5, "normal": 1.5}, noise=0.2)})
    assert "above that range" in alike["PowerRange"]
    assert "every interval lies above zero" in alike["PowerNormal"]
    one = claims.macros({"power": planted({"nsn": 1.0}, noise=0.2)})
    assert one["PowerNormal"] == ""
    assert "in four of four intervals" in one["PowerHeuristic"]
    assert "1/d" not in one["PowerHeuristic"]


def test_errors_that_do_not_fall_are_not_said_to() -> None:
    told = claims.macros({"power": planted({"nsn": 0.9})})["PowerExists"]
    assert "the widest beam falls by a factor" in told
    told = claims.macros({"power": planted({"nsn": -0.9})})["PowerExists"]
    assert "the widest beam does not fall" in told
    frame = planted({"nsn": 0.9})
    frame.loc[frame["d"] == 4, "error"] = 1 / frame["error"]
    told = claims.macros({"power": frame})["PowerExists"]
    assert "at the smallest fitted size is $" in told
    assert "falls by a factor" not in told


def test_answers_that_are_empty_are_said_and_left_out() -> None:
    frame = planted({"nsn": 0.9, "normal": 0.3}, noise=0.2)
    assert "empty subset" not in claims.macros({"power": frame})["PowerNormal"]
    idle = (frame["ensemble"] == "normal") & (frame["d"] == 4)
    frame.loc[idle, "error"] = frame.loc[idle, "empty"]
    told = claims.macros({"power": frame})
    assert (
        "In two of four fits to normal candidates most answers are the empty subset"
        in told["PowerNormal"]
    )
    assert "its $1/d$ lies in none of two intervals" in told["PowerHeuristic"]
    assert set(fitted(frame)["idle"]) == {0.0, 1.0}
    frame.loc[frame["ensemble"] == "normal", "error"] = 0.3
    told = claims.macros({"power": frame})
    assert "In all fits to normal candidates" in told["PowerNormal"]
    assert "1/d" not in told["PowerHeuristic"]


def test_a_bend_is_seen() -> None:
    frame = planted({"nsn": 0.9}, noise=0.1)
    assert (
        "In none of four fits do the medians bend" in claims.macros({"power": frame})["PowerBend"]
    )
    frame["error"] *= np.exp(0.5 * np.log(frame["n"] / 250) ** 2)
    assert "In all four fits" in claims.macros({"power": frame})["PowerBend"]
    two = planted({"nsn": 0.9}, noise=0.1, sizes=(100, 200))
    assert claims.macros({"power": two})["PowerBend"] == ""


def test_the_interval_is_that_of_the_resamples() -> None:
    values = np.append(5.0, np.arange(1001.0))
    assert exponents.interval(values) == pytest.approx(Interval(5.0, 25.0, 975.0))


def test_the_limit_is_that_of_the_theory() -> None:
    n, d = np.array([40.0, 200.0]), np.array([4.0, 9.0])
    wanted = [best_error(40, 4), best_error(200, 9)]
    np.testing.assert_allclose(existence_limit(n, d), wanted, rtol=1e-12)
    np.testing.assert_allclose(log_existence_limit(n, d), np.log(wanted), rtol=1e-12)
    assert log_existence_limit(np.array([6400.0]), np.array([4.0]))[0] < -1000


def test_made_rows_are_set(tmp_path: Path) -> None:
    frames = {"power": planted({"nsn": 0.9, "normal": 0.1}, noise=0.2)}
    (table,) = tables.tables(frames).values()
    assert len(table.rows) == 2 + 8
    assert set(figures.figures(frames)) == set(figures.FIGURES)
    render("power", frames, tmp_path / "paper", tmp_path / "report")


def test_empty_tables_are_set(tmp_path: Path) -> None:
    render("power", {"power": pd.DataFrame()}, tmp_path / "paper", tmp_path / "report")
    told = claims.macros({"power": pd.DataFrame()})
    assert told["PowerSetting"] == "This run measured no errors of the beam against $n$."
    assert told["PowerRange"] == told["PowerAnswer"] == ""
