"""The form fitted to planted sizes, χ², verdicts; made rows and empty ones are set."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth.studies.printing.wordings import Side
from slth.studies.quantised import claims, figures, fitting, tables
from slth.studies.quantised.fitting import Form
from slth.studies.section import render

MOST = 80
N = np.arange(1.0, MOST + 1)


def planted(
    forms: dict[tuple[int, int], Form], count: int = 300, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sizes drawn from a form for each (d, M), and predictions that are that form."""
    rng, rows, law = np.random.default_rng(seed), [], []
    for (d, M), form in forms.items():
        covered = form.covered(N, M)
        sizes = 1 + np.searchsorted(covered, rng.random(count))
        sizes[sizes > MOST] = 0
        key = {"d": d, "bits": int(np.log2(M + 1)) + 1, "M": M, "most": MOST}
        rows.append(pd.DataFrame({**key, "replicate": range(count), "size": sizes}))
        law.append(pd.DataFrame({"d": d, "M": M, "n": N, "chance": covered, "one": 3}))
    return pd.concat(rows, ignore_index=True), pd.concat(law, ignore_index=True)


def same(form: Form, ds: tuple[int, ...] = (1, 2)) -> dict[tuple[int, int], Form]:
    return dict.fromkeys(itertools.product(ds, (1, 7, 63)), form)


def test_planted_constants_are_recovered() -> None:
    frame, law = planted(same(Form(1.5, 2.0)), count=4000)
    table = fitting.fits(frame, law)
    own = table[table["law"] == "form"]
    np.testing.assert_allclose(own["C"].astype(float), 1.5, rtol=0.05)
    np.testing.assert_allclose(own["kappa"].astype(float), 2.0, rtol=0.06)
    assert (table["p"].astype(float) > 1e-3).all()
    assert list(table["law"]) == ["form", "each", "predicted"] * 2


def test_intervals_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    """95 % of 20 planted pairs, within 4 standard deviations of that binomial."""
    monkeypatch.setattr(fitting, "RESAMPLES", 80)
    hits = 0
    for seed in range(20):
        row = fitting.fits(*planted(same(Form(1.5, 2.0), (1,)), seed=seed)).to_dict("records")[0]
        hits += row["C_low"] <= 1.5 <= row["C_high"]
    assert hits >= 15


def test_the_order_of_rows_does_not_matter() -> None:
    frame, law = planted(same(Form(1.5, 2.0), (1,)))
    one = fitting.fits(frame, law)
    other = fitting.fits(frame.sample(frac=1, random_state=1), law.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one, other)


def test_a_pair_for_all_is_rejected_where_they_differ() -> None:
    forms = {(1, 1): Form(1.0, 4.0), (1, 7): Form(2.0, 2.0), (1, 63): Form(2.5, 0.8)}
    frame, law = planted(forms, count=1000)
    told = claims.macros({"quantised": frame, "quantised_law": law})
    assert "is rejected by $\\chi^2$ at every $d$" in told["QuantisedForm"]
    assert "rejects it at no $d$" in told["QuantisedForm"]
    assert "falls from the smallest to the largest $M$ at every $d$" in told["QuantisedKappa"]


def test_the_form_is_zero_where_it_is_negative() -> None:
    form = Form(2.0, 3.0)
    covered = form.covered(N, 7)
    assert covered[: int(2 * np.log(8))].max() == 0
    assert (np.diff(covered) >= 0).all()
    n = N[-1]
    assert covered[-1] == pytest.approx(1 - 2 * np.exp(-((n - 2 * np.log(8)) ** 2) / (3 * n)))


def test_constants_without_likelihood_are_not_taken() -> None:
    """An instance that is covered where the form is zero has probability zero."""
    frame, _ = planted(same(Form(1.5, 2.0), (1,)))
    frame.loc[0, "size"] = 2  # M = 1
    own = fitting.point(frame[frame["M"] == 1])
    form = fitting.fit([own])
    assert form.covered(np.array([2.0]), 1)[0] > 0


def test_chi_squared_is_that_of_a_direct_sum() -> None:
    observed, expected = np.array([1.0, 4, 30, 65]), np.array([2.0, 4, 34, 60])
    total, freedom = fitting.pearson(observed, expected)
    assert total == pytest.approx((5 - 6) ** 2 / 6 + 16 / 34 + 25 / 60)
    assert freedom == 2
    assert fitting.pearson(observed, np.full(4, 1.0)) == (0.0, 0)
    tail = fitting.pearson(np.array([10.0, 1]), np.array([9.0, 2]))
    assert tail == (pytest.approx(0.0), 0)


def test_chi_squared_of_the_truth_is_about_its_freedom() -> None:
    parts = []
    for seed in range(40):
        frame, law = planted({(1, 7): Form(1.5, 2.0)}, count=500, seed=seed)
        one = fitting.point(frame)
        parts.append(fitting.goodness([one], [fitting.predicted(law, one.sizes)], 0))
    total, freedom = sum(p.chi2 for p in parts), sum(p.freedom for p in parts)
    assert abs(total - freedom) < 4 * np.sqrt(2 * freedom)
    assert np.mean([p.p < 0.05 for p in parts]) < 0.25


def test_instances_that_never_cover_are_counted_and_said() -> None:
    frame, law = planted(same(Form(1.5, 2.0), (1,)))
    frame.loc[:9, "size"] = 0
    assert fitting.point(frame[frame["M"] == 1]).counts[-1] == 10
    told = claims.macros({"quantised": frame, "quantised_law": law})
    assert "10 of the 900 instances leave a target out" in told["QuantisedSetting"]
    frame["size"] = 0
    told = claims.macros({"quantised": frame, "quantised_law": law})
    assert "No instance hits every target" in told["QuantisedSetting"]
    assert told["QuantisedHalf"] == ""


def test_halves_are_medians_beside_their_bounds() -> None:
    frame, law = planted({(2, 7): Form(1.5, 2.0)})
    (row,) = fitting.halves(frame, law).to_dict("records")
    assert row["half"] == np.sort(frame["size"])[149]
    assert row["low"] <= row["half"] <= row["high"]
    assert row["counting"] == 8
    assert row["even"] == N[Form(1.5, 2.0).covered(N, 7) >= 0.5].min()
    assert row["limit"] == pytest.approx(1 / np.log(15 / 8))


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(1.5, 1.6, Side.ABOVE), (1.0, 1.6, Side.AROUND), (0.5, 1.4, Side.BELOW)],
)
def test_the_cost_of_a_doubling_is_judged(low: float, high: float, wanted: Side) -> None:
    table = pd.DataFrame({"law": ["form"], "d": [1], "C": [low], "C_low": [low], "C_high": [high]})
    assert claims.counting(table) == [(1, wanted)]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        ([1e-9, 1e-9, 0.5], "one pair of constants at both dimensions, so"),
        ([1e-9, 0.5, 0.5], "one pair of constants at one of two dimensions, so"),
        ([0.5, 0.5, 1e-9], ""),
    ],
)
def test_costs_of_a_rejected_form_are_called_rough(p: list[float], words: str) -> None:
    """The interval of the third dimension holds what counting asks for: no cost is said."""
    ends = {"C_low": [1.5, 3.0, 4.0], "C_high": [1.6, 3.5, 5.0]}
    table = pd.DataFrame({"law": "form", "d": [1, 2, 3], "C": 2.0, "p": p} | ends)
    said = claims._counting(table)
    assert "By these constants a doubling of $M+1$ costs more" in said
    assert said.count("But $\\chi^2$ rejects") == (words != "")
    assert words in said


def test_what_is_predicted_and_what_is_proved_are_called_so() -> None:
    frame, law = planted(same(Form(1.5, 2.0)))
    told = claims.macros({"quantised": frame, "quantised_law": law})
    assert "by a theorem of \\citet{kumar2025quantization}" in told["QuantisedAnswer"]
    for name in ("QuantisedAnswer", "QuantisedAbstract", "QuantisedOne"):
        assert "than is predicted for one" in told[name]


def test_predictions_are_judged() -> None:
    frame, law = planted(same(Form(1.5, 2.0)))
    right = claims.macros({"quantised": frame, "quantised_law": law})
    assert "the prediction is rejected at no $d$" in right["QuantisedPredicted"]
    wrong = claims.macros({"quantised": frame, "quantised_law": law.assign(n=law["n"] + 3)})
    assert "rejected at every $d$" in wrong["QuantisedPredicted"]
    assert "at no point" in wrong["QuantisedHalf"]


def test_made_rows_are_set(tmp_path: Path) -> None:
    frame, law = planted(same(Form(1.5, 2.0)))
    frames = {"quantised": frame, "quantised_law": law}
    sizes, found = tables.tables(frames).values()
    assert (len(sizes.rows), len(found.rows)) == (6, 6)
    assert set(figures.figures(frames)) == set(figures.FIGURES)
    render("quantised", frames, tmp_path / "paper", tmp_path / "report")


@pytest.mark.parametrize("rows", [True, False])
def test_empty_tables_are_set(rows: bool, tmp_path: Path) -> None:
    """Without rows, and with rows but no predictions."""
    frame, _ = planted(same(Form(1.5, 2.0))) if rows else (pd.DataFrame(), None)
    frames = {"quantised": frame, "quantised_law": pd.DataFrame()}
    render("quantised", frames, tmp_path / "paper", tmp_path / "report")
    told = claims.macros(frames)
    assert told["QuantisedForm"] == told["QuantisedHalf"] == ""
    if not rows:
        assert told["QuantisedSetting"] == ("This run measured no coverings by integer candidates.")
