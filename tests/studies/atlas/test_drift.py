"""Sentences on where a law leaves the formula, and on what is counted with them, are the data's."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from slth.studies.atlas.claims_answers import abstract, search_answer
from slth.studies.atlas.claims_centred import centred_macros
from slth.studies.atlas.claims_drift import drift, drift_macros, formula_words, tail
from slth.studies.atlas.claims_least import least_macros
from slth.studies.atlas.claims_sizes import covering_macros
from slth.studies.atlas.figures_least import least_figure, residual_figure
from slth.studies.atlas.tables import drift_table
from slth.studies.atlas.wordings_drift import Drift

NONE = pd.DataFrame()
SEARCH = pd.DataFrame(
    {"ensemble": "normal", "d": 4, "n": 192, "trials": 8, "solver": ["klist", "annealing"]}
    | {"work": [2e4, 3e5], "median": [0.01, 0.02], "limit": [1e-9, 1e-9]}
)


def least(off: float, law: str = "nsn", error: float = 0.1) -> pd.DataFrame:
    """Two laws at d = 2, 4 and 8, three sizes each; at d = 8 ``law`` is off by that many."""
    rows = []
    for ensemble in ("normal", "nsn"):
        for d in (2, 4, 8):
            for place, n in enumerate((20, 24, 28)):
                size = off if (ensemble, d) == (law, 8) else 0.1 * (-1) ** place
                row: dict[str, Any] = {
                    "ensemble": ensemble,
                    "d": d,
                    "n": n,
                    "trials": 50,
                    "unproved": 0,
                }
                row |= {"prediction": 0.1, "median": 0.1 * 2 ** (size / d), "refined": 0.1}
                row |= {"inside": abs(size) < 1, "refined_inside": True, "confidence": 0.95}
                row |= {"log_se": error / d * 2, "sigma": 1.0, "shift": 0.5, "shift_low": -0.5}
                rows.append(row | {"shift_high": 1.5})
    table = pd.DataFrame(rows)
    ends = {"low": 0.9, "high": 1.1, "q10": 0.8, "q90": 1.2}
    return table.assign(**{name: table["median"] * by for name, by in ends.items()})


@pytest.mark.parametrize(
    ("off", "verdict", "side", "needs"),
    [
        (-2.0, Drift.BELOW, "lie below it", "fewer candidates suffice"),
        (2.0, Drift.ABOVE, "lie above it", "more candidates are needed"),
    ],
)
def test_a_law_that_leaves_the_formula_is_named_with_its_dimensions(
    off: float, verdict: Drift, side: str, needs: str
) -> None:
    table = least(off)
    found = tail(table)
    assert found is not None
    assert (found.ensemble, found.d, len(found.points)) == ("nsn", 8, 3)
    assert drift(table, found) is verdict
    said = drift_macros(table)
    agreement = said["AtlasLeastAgreement"]
    assert "by $0.10$ candidates on average up to $d = 4$. At $d \\geq 8$" in agreement
    assert "by $2.00$ at most" in agreement
    assert f"normally-scaled normal candidates {side} at all three points" in agreement
    assert "inside the interval at none of three points, in all at 15 of 18 points." in agreement
    assert (
        "at six of six points of Section~\\ref{sec:tightness} with $d < 8$" in said["AtlasChoice"]
    )
    assert needs in said["AtlasChoice"]
    assert f"is ${off:.2f}$, where the $W$" in said["AtlasMissingGain"]
    assert "up to $2.00$" in formula_words(table)


def test_without_a_drift_one_mean_is_given() -> None:
    for table in (least(0.1), least(-2.0, error=50.0)):
        assert drift(table, tail(table)) is Drift.NONE
    said = drift_macros(least(0.1))
    assert "on average and by $0.10$ at most. It is inside" in said["AtlasLeastAgreement"]
    assert said["AtlasChoice"].startswith("It holds within the intervals at nine of nine points of")
    assert said["AtlasMissingGain"] == ""
    assert formula_words(least(0.1)).endswith(
        "Up to $d = 8$ it is off by $0.10$ candidates on average."
    )


def test_the_choice_is_that_of_one_law_alone() -> None:
    """Normal candidates that drift say nothing of the choice for vectors with a common factor."""
    said = drift_macros(least(2.0, law="normal"))
    assert "normal candidates lie above it" in said["AtlasLeastAgreement"]
    assert said["AtlasChoice"].startswith("It holds within the intervals at nine of nine points")
    assert drift_macros(NONE)["AtlasLeastAgreement"] == ""
    assert drift_macros(NONE)["AtlasChoice"] == ""


def test_a_law_off_at_every_dimension_does_not_drift() -> None:
    table = least(0.1).assign(median=0.2)
    assert tail(table) is None


def test_tests_of_both_predictions_stand_apart_from_the_errors() -> None:
    said = drift_macros(least(-2.0))["AtlasLeastTests"]
    assert said.startswith(
        "The prediction \\eqref{eq:quenched} lies inside the interval at 15 of 18 points."
    )
    assert "refinement \\eqref{eq:refined} lies inside the interval at 18 of 18" in said
    assert said.count("the residuals have $\\chi^2") == 2


def test_mean_errors_by_dimension_and_law() -> None:
    table = drift_table(least(-2.0))
    assert table.rows[0][:3] == ["2", "$0.03$ (3 of 3)", "$0.03$ (3 of 3)"]
    assert table.rows[2][2] == "$-2.00$ (0 of 3)"
    assert drift_table(NONE).rows == []


def test_the_mean_shift_is_weighted_and_has_its_interval() -> None:
    """Nine points of half width one: their mean is 0.5 to within a third."""
    said = least_macros(least(0.1))["AtlasShift"]
    assert "Its weighted mean is $0.50$ [$0.17$, $0.83$], a $95$\\,\\% interval." in said


def test_the_gap_of_search_names_its_budget() -> None:
    assert "in up to 300\\,000 operations" in search_answer(SEARCH)
    assert "error found in 300\\,000 operations is" in abstract(least(0.1), NONE, SEARCH)
    near = SEARCH.assign(limit=0.01)
    assert "in 300\\,000 operations at" in abstract(least(0.1), NONE, near)


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ([52, 90], "Given $T$ fewer candidates are certified at one of two settings"),
        ([53, 90], "Given $T$ fewer candidates are certified at every setting"),
        ([52, 80], "no fewer candidates are certified"),
    ],
)
def test_certificates_given_the_sum_are_counted(plain: list[int], words: str) -> None:
    row: dict[str, Any] = {
        "d": [8, 16],
        "eps": 0.1,
        "n50": [48, 70],
        "centre": 1,
        "n": [52, 80],
        "k": 2,
    }
    table = pd.DataFrame(row | {"plain": plain, "bound": 0.4, "extra": 2, "moved": 90})
    said = centred_macros(table.assign(confidence=0.95), NONE)
    assert words in said["AtlasGivenSum"]
    assert centred_macros(NONE, NONE)["AtlasGivenSum"] == ""


def test_residuals_may_reject_what_the_count_of_intervals_does_not() -> None:
    row: dict[str, Any] = {
        "ensemble": "normal",
        "d": 1,
        "n": range(6, 16),
        "trials": 40,
        "price": 2.0,
    }
    row |= {"median": 0.1, "prediction": 0.1, "low": 0.05, "high": 0.2, "confidence": 0.95}
    row |= {"union": 20, "log_se": 0.1, "conditional": 10.0, "n50": 8.0}
    good = pd.DataFrame(row)
    said = covering_macros(good)["AtlasCoverPrediction"]
    assert "no more misses than chance explains. The residuals do not reject it either" in said
    said = covering_macros(good.assign(prediction=0.15))["AtlasCoverPrediction"]
    assert "no more misses than chance explains. The residuals, which" in said


@pytest.mark.parametrize("draw", [lambda table: least_figure(table, NONE), residual_figure])
def test_a_prediction_at_one_size_is_drawn_as_a_dash(draw: object) -> None:
    one = least(0.1)
    one = one[(one["d"] < 8) | (one["n"] == 20)]
    figure = draw(one)  # type: ignore[operator]
    assert isinstance(figure, Figure)
    marks = [
        [line.get_marker() for line in ax.lines if np.size(line.get_xdata()) == 1]
        for ax in figure.axes
    ]
    lone = [ax for ax, found in zip(figure.axes, marks, strict=True) if "_" in found]
    assert [ax.get_title() for ax in lone] == ["$d = 8$"]
    assert np.isfinite(lone[0].get_ylim()).all()
