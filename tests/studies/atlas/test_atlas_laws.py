"""Entropy law and conditioning on the scales: planted laws are found, and broken ones are seen."""

import numpy as np
import pandas as pd
import pytest

from slth import seeding
from slth.ensembles import nsn_factors
from slth.studies.atlas.claims_entropy import entropy_macros
from slth.studies.atlas.claims_scales import scales_macros
from slth.studies.atlas.claims_sufficient import observed_size
from slth.studies.atlas.entropy import entropy_fit, entropy_points
from slth.studies.atlas.least import least_points
from slth.studies.atlas.scales import scale_points
from slth.theory import best_error, best_error_of_size
from slth.theory.sized import log_subsets


def sized(slope: float) -> pd.DataFrame:
    """Least errors e with d log2(eps*_k / e) = (slope - 1) log2 C(n, k) + noise."""
    rng, out = np.random.default_rng(4), []
    for n in (16, 20, 24):
        for k in (5, 7, 9):
            bits = log_subsets(n, k) / np.log(2)
            noise = 0.5 * rng.standard_normal(100)
            error = best_error_of_size(n, k, 2) * 2.0 ** (-((slope - 1) * bits + noise) / 2)
            key = {"ensemble": "normal", "d": 2, "n": n, "k": k, "replicate": np.arange(100)}
            out.append(pd.DataFrame(key | {"error": error}))
    return pd.concat(out, ignore_index=True)


@pytest.mark.parametrize(("slope", "words"), [(1.0, "inside every"), (1.2, "outside the interval")])
def test_slope_of_the_entropy_law(slope: float, words: str) -> None:
    """99.9 % intervals of one slope and nine points: a miss has probability below 1 %."""
    table = sized(slope)
    fit, points = (f(table, 0.999).assign(confidence=0.999) for f in (entropy_fit, entropy_points))
    assert fit["slope_low"].iloc[0] <= slope <= fit["slope_high"].iloc[0]
    assert words in entropy_macros(points, fit)["AtlasEntropy"]
    assert points["bits"].between(0, 1.3 * points["log_subsets"]).all()


def test_sizes_beyond_reach_are_left_out() -> None:
    table = sized(1.0)
    table.loc[(table["k"] == 5) & (table["replicate"] % 2 == 0), "error"] = np.inf
    assert set(entropy_points(table, 0.99)["k"]) == {7, 9}


def errors(extra: float) -> pd.DataFrame:
    """Least errors, near the predicted ones, that follow A = Σ a² alone, times 2^extra."""
    rng, out, n, d = np.random.default_rng(1), [], 16, 2
    for name in ("normal", "nsn"):
        seeds = [seeding.child(9, "scales", replicate) for replicate in range(300)]
        a = [1.0 if name == "normal" else (nsn_factors(n, d, s)[0] ** 2).mean() for s in seeds]
        noise = 0.6 * rng.standard_normal(300)
        error = (
            1.2 * best_error(n, d) * np.sqrt(a) * 2.0 ** (noise + (extra if name == "nsn" else 0))
        )
        key = {"ensemble": name, "d": d, "n": n, "seed": seeds, "proved": True}
        out.append(pd.DataFrame(key | {"error": error}))
    return pd.concat(out, ignore_index=True)


@pytest.mark.parametrize(
    ("extra", "words"), [(-0.5, "does not explain"), (0.0, "candidates"), (0.5, "does not explain")]
)
def test_what_conditioning_leaves(extra: float, words: str) -> None:
    """Two 99.9 % intervals; a predicted median scales with the root of A to about a tenth."""
    table = errors(extra)
    least = least_points(table, 0.99)
    points = scale_points(table, least, 0.999).assign(confidence=0.999)
    row = points.iloc[0]
    assert row["given_low"] - 0.1 <= 2 * extra <= row["given_high"] + 0.1
    assert row["spread"] == pytest.approx(2 * 0.5 * np.log2(np.e) * np.sqrt(2 / 16), rel=0.25)
    assert words in scales_macros(points)["AtlasScales"]


def test_observed_size_lies_between_the_medians_around_it() -> None:
    table = pd.DataFrame({"ensemble": "normal", "d": 2, "n": [10, 12, 14]})
    table = table.assign(
        prediction=[0.3, 0.2, 0.1],
        median=[0.4, 0.2, 0.1],
        low=[0.3, 0.15, 0.08],
        high=[0.5, 0.25, 0.12],
    )
    said, middle, low, high = observed_size(table, 2, 0.2)
    assert said == middle == 12
    assert 10 < low < 12 < high < 14
    assert np.isnan(observed_size(table, 2, 0.05)[1])
    assert np.isnan(observed_size(table, 3, 0.2)[1])
