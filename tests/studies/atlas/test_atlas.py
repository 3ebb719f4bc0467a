"""The atlas: rows against all subsets, the fit against planted constants, chosen sentences."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from slth.configuration import ConfigError, check
from slth.ensembles import lookup, sample, sample_target
from slth.studies.atlas import solve as atlas
from slth.studies.atlas.certificates import certificates, sufficient_sizes
from slth.studies.atlas.claims_least import fit_macros
from slth.studies.atlas.claims_sizes import size_macros
from slth.studies.atlas.covering_radius import subset_sums
from slth.studies.atlas.entropy import entropy_fit, entropy_points
from slth.studies.atlas.lattice import lattice_points
from slth.studies.atlas.least import fit_threshold, least_points, median_error
from slth.studies.atlas.points import covering_points, search_points, size_points
from slth.studies.atlas.scales import scale_points
from slth.studies.atlas.settings import Settings

SETTINGS: dict[str, Any] = {
    "shards": 2,
    "least": {
        "ensembles": ["normal", "uniform"],
        "grid": [{"d": 1, "n": [6, 8]}, {"d": 2, "n": [9]}],
        "replicates": 8,
        "solver": "mitm",
    },
    "lattice": {
        "ensembles": ["quantized"],
        "grid": [{"d": 1, "n": [7]}, {"d": 2, "n": [8], "ensembles": ["binary"]}],
        "replicates": 8,
        "solver": "mitm",
    },
    "covering": {
        "ensembles": ["normal"],
        "grid": [{"d": 1, "n": [7]}, {"d": 2, "n": [9]}],
        "replicates": 8,
        "resolution": 0.05,
    },
    "sizes": {
        "ensembles": ["normal"],
        "grid": [{"d": 2, "n": [8], "eps": 0.4}],
        "replicates": 12,
    },
    "search": {
        "ensembles": ["normal"],
        "grid": [{"d": 2, "n": [10, 80]}],
        "replicates": 8,
        "solvers": ["mitm", "klist", "annealing", "differencing"],
        "budget": 5000,
    },
    "volume": {
        "ensembles": ["uniform"],
        "grid": [{"d": 1, "n": [9], "eps": 0.02}],
        "replicates": 4,
    },
}


SETTINGS["least"]["grid"][0]["ensembles"] = ["product"]


def rows(experiment: str, shards: int = 2) -> pd.DataFrame:
    settings = Settings.model_validate(SETTINGS | {"shards": shards})
    parts = [atlas.measure(experiment, settings, 5, shard) for shard in range(shards)]
    return pd.concat(parts, ignore_index=True)


def instance(row: dict[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    X = sample(row["ensemble"], row["n"], row["d"], row["seed"])
    return X, sample_target(row["d"], row["seed"])


@pytest.mark.parametrize("experiment", atlas.COLUMNS)
def test_sharding_changes_no_row(experiment: str) -> None:
    one, two = (rows(experiment, shards) for shards in (1, 2))
    key = [k for k in ("ensemble", "d", "n", "k", "t", "aimed", "solver", "replicate") if k in one]
    one, two = (table.sort_values(key, ignore_index=True) for table in (one, two))
    pd.testing.assert_frame_equal(one, two)
    assert set(atlas.KEY) <= set(one)
    assert list(one) == atlas.COLUMNS[experiment]


def test_least_errors_and_hits_are_those_of_all_subsets() -> None:
    for row in rows("least").to_dict("records"):
        X, z = instance(row)
        assert row["proved"]
        assert row["error"] == pytest.approx(np.abs(subset_sums(X) - z).max(axis=1).min())
    for row in rows("sizes").to_dict("records"):
        masks = (np.arange(2**8)[:, None] >> np.arange(8)) & 1
        of_size = masks[masks.sum(axis=1) == row["k"]]
        near = np.abs(of_size @ instance(row)[0] - atlas.TARGET).max(axis=1) <= row["eps"]
        assert row["hits"] == near.sum()
        assert (row["status"] == "HIT") == near.any()
        least = np.abs(of_size @ instance(row)[0] - atlas.TARGET).max(axis=1).min()
        reached = least <= atlas.REACH * row["eps"]
        assert row["error"] == pytest.approx(least if reached else np.inf)


def test_least_errors_of_integers_are_those_of_all_subsets() -> None:
    table = rows("lattice")
    assert set(table.loc[table["ensemble"] == "binary", "aimed"]) == {"on"}
    for row in table.to_dict("records"):
        law = lookup(row["ensemble"])
        X = sample(law, row["n"], row["d"], row["seed"])
        z = sample_target(row["d"], row["seed"], law)
        if row["aimed"] == "off":
            z = law.target_bound * sample_target(row["d"], row["seed"])
        assert row["error"] == pytest.approx(np.abs(subset_sums(X) - z).max(axis=1).min())
        assert row["proved"]
        assert row["aimed"] == "off" or row["error"] == round(row["error"])


def test_covered_volumes_are_those_of_all_sums() -> None:
    grid = np.linspace(-1, 1, 20_001)
    table = rows("volume")
    for replicate, own in table.groupby("replicate"):
        x = sample("uniform", 9, 1, own["seed"].iloc[0])
        for t, row in enumerate(own.sort_values("t").to_dict("records")):
            sums = np.sort(subset_sums(x[:t])[:, 0]) if t else np.zeros(1)
            near = np.abs(grid - sums[np.abs(grid[:, None] - sums).argmin(axis=1)]) <= 0.02
            assert row["free"] == pytest.approx(near.mean(), abs=2e-3), replicate
            assert row["restricted"] <= row["free"] + 1e-12
    assert (table[table["t"] == 0]["restricted"] == 0.02).all()


def test_a_block_leaves_out_laws_of_the_grid_and_only_those() -> None:
    block = {"d": 2, "n": [9], "without": ["uniform"], "ensembles": ["binary"]}
    own = SETTINGS["least"] | {"grid": [{"d": 1, "n": [6]}, block]}
    rows = atlas.measure("least", Settings.model_validate(SETTINGS | {"least": own}), 3, 0)
    found = set(zip(rows["d"], rows["ensemble"], strict=True))
    assert found == {(1, "normal"), (1, "uniform"), (2, "normal"), (2, "binary")}
    grid = [{"d": 1, "n": [6], "without": ["product"]}]
    with pytest.raises(ConfigError) as caught:
        check({"atlas": {"least": {"grid": grid}}})
    assert caught.value.faults == [
        "atlas.least.grid[0].without: got 'product', which the grid has not"
    ]


def test_a_solver_that_cannot_take_the_size_has_no_row() -> None:
    table = rows("search")
    assert set(table.loc[table["n"] == 80, "solver"]) == {"klist", "annealing", "differencing"}
    assert len(table) == (4 + 3) * 8
    assert (table["work"] <= 5000).all()


def test_switched_off_is_empty_all_the_way() -> None:
    off = {name: own | {"grid": []} for name, own in SETTINGS.items() if name != "shards"}
    settings = Settings.model_validate(off | {"shards": 1})
    empty = {name: atlas.measure(name, settings, 5, 0) for name in atlas.COLUMNS}
    assert all(table.empty for table in empty.values())
    assert fit_threshold(least_points(empty["least"], 0.99), 0.2, 0.99).empty
    assert covering_points(empty["covering"], 0.99).empty
    assert size_points(empty["sizes"], 0.99).empty
    assert search_points(empty["search"], 0.99).empty
    assert lattice_points(empty["lattice"], [0.5], 0.99).empty
    assert scale_points(empty["least"], pd.DataFrame(), 0.99).empty
    assert entropy_points(empty["sizes"], 0.99).empty
    assert entropy_fit(empty["sizes"], 0.99).empty
    assert sufficient_sizes([], [0.1]).empty
    assert all(table.empty for table in certificates([], 0.1))


def test_points_carry_intervals_and_predictions() -> None:
    least = least_points(rows("least"), 0.9)
    assert (least["low"] <= least["median"]).all()
    assert (least["median"] <= least["high"]).all()
    assert (np.abs(np.log2(least["prediction"] / least["median"])) < 3).all()
    own = least[least["ensemble"] == "normal"]
    assert own["shift"].to_numpy() == pytest.approx(np.zeros(len(own)))
    covering = covering_points(rows("covering"), 0.9)
    assert (covering["one"] < covering["median"]).all()
    sizes = size_points(rows("sizes"), 0.9).set_index("k")
    assert sizes.loc[0, "rate"] >= sizes["rate"].max()
    assert sizes.loc[0, "mean_hits"] == pytest.approx(sizes.loc[1:, "mean_hits"].sum())


def test_median_error_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=101)
    draws = np.median(values[rng.integers(0, 101, (20_000, 101))], axis=1)
    assert median_error(values) == pytest.approx(draws.std(), rel=0.05)


def test_certificates_at_their_best_size() -> None:
    ratios, overlaps = certificates([4], 0.2)
    best = ratios[ratios["best"]].iloc[0]
    assert best["ratio"] == ratios["ratio"].min() <= 3
    assert overlaps[["plain", "weighted"]].sum().to_numpy() == pytest.approx([1, 1])
    j = overlaps["overlap"]
    assert (j * overlaps["weighted"]).sum() > (j * overlaps["plain"]).sum()


def planted(a: float, b: float, c: float, seed: int, noise: float = 1.0) -> pd.DataFrame:
    """Medians that follow n = a d log2(1/eps) + b d log2 n + c d up to the stated noise."""
    d, n = (x.ravel().astype(float) for x in np.meshgrid([1, 2, 3, 4], [10, 14, 20, 28, 40]))
    exact = (n / d - b * np.log2(n) - c) / a
    se = 0.03
    logs = exact + noise * se * np.random.default_rng(seed).normal(size=len(n))
    table = {"ensemble": "normal", "d": d, "n": n, "median": 2.0**-logs, "log_se": se}
    return pd.DataFrame(table | {"prediction": 2.0**-exact})


def test_fit_finds_planted_constants() -> None:
    """99 % intervals, 60 draws: at most 5 misses of a constant have probability over 0.999."""
    misses = np.zeros(3)
    for seed in range(60):
        row = fit_threshold(planted(1.1, 0.6, 0.3, seed), 1.0, 0.99).iloc[0]
        misses += [
            not row[f"{name}_low"] <= value <= row[f"{name}_high"]
            for name, value in zip("abc", (1.1, 0.6, 0.3), strict=True)
        ]
    assert (misses <= 5).all()


def test_fit_of_exact_medians_is_exact_and_misfit_is_seen() -> None:
    flat = planted(1.0, 0.5, 0.05, 0).assign(d=1)
    assert fit_threshold(flat, 1.0, 0.99).empty
    exact = fit_threshold(planted(1.0, 0.5, 0.05, 0, noise=0), 1.0, 0.99)
    assert exact["source"].tolist() == ["median", "prediction"]
    assert exact[["a", "b", "c"]].to_numpy() == pytest.approx(np.tile([1, 0.5, 0.05], (2, 1)))
    rough = fit_threshold(planted(1.0, 0.5, 0.05, 0, noise=5), 1.0, 0.99).iloc[0]
    assert rough["p"] < 1e-6
    fine = fit_threshold(planted(1.0, 0.5, 0.05, 0), 1.0, 0.99).iloc[0]
    assert rough["a_high"] - rough["a_low"] > 3 * (fine["a_high"] - fine["a_low"])
    assert fit_threshold(planted(1.0, 0.5, 0.05, 0), 1e-9, 0.99).empty


def test_no_point_is_dropped_for_what_was_observed_there() -> None:
    points = planted(1.0, 0.5, 0.05, 0)
    most = float(points["prediction"].median())
    kept = int((points["prediction"] <= most).sum())
    moved = points.assign(median=points["median"] * 1.02)
    assert fit_threshold(points, most, 0.99)["points"].tolist() == [kept, kept]
    assert fit_threshold(moved, most, 0.99)["points"].tolist() == [kept, kept]


def test_the_second_moment_keeps_every_point_with_a_ratio() -> None:
    row = {"ensemble": "normal", "d": 2, "n": 9, "confidence": 0.99, "exact_ratio": 1.5}
    row |= {"rate": 0.5, "prediction": 0.5, "low": 0.1, "high": 0.9, "trials": 50, "best_error": 1}
    wide = {"ratio": 2.0, "ratio_low": -1.0, "ratio_high": 5.0}  # an interval that reaches zero
    bare = dict.fromkeys(wide, np.nan)
    table = pd.DataFrame([row | wide | {"k": 3}, row | wide | {"k": 0}, row | bare | {"k": 5}])
    said = size_macros(table, pd.DataFrame(), pd.DataFrame())["AtlasMoments"]
    assert "at two of two points" in said
    assert "a miss tells of its interval only" in said
    assert "for want of a hit" in said


@pytest.mark.parametrize(
    ("constants", "noise", "words"),
    [
        ((1.0, 0.5, 0.05), 1, "with constant one"),
        ((1.3, 0.5, 0.05), 1, "$A=1$ lies outside its interval for normal"),
        ((1.0, 0.9, 0.05), 1, r"$B=\frac12$ lies outside its interval for normal"),
        ((1.0, 0.5, 0.05), 40, "too far for a conclusion"),
    ],
)
def test_verdict_is_chosen_by_the_data(
    constants: tuple[float, float, float], noise: float, words: str
) -> None:
    fit = fit_threshold(planted(*constants, seed=3, noise=noise), 1.0, 0.99)
    assert words in fit_macros(fit)["AtlasFitVerdict"]
