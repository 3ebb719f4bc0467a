"""Restrictions lifted: pairs are like with like, rows are whole, sentences follow the rows."""

import numpy as np
import pandas as pd
import pytest
import torch

from slth import tickets
from slth.configuration import check, read, schema
from slth.studies.restrictions import claims, figures, ratios, tables
from slth.studies.restrictions import measure as experiment
from slth.studies.restrictions.settings import Settings
from tests.configuration.test_configuration import ROOT

SETTINGS = Settings.model_validate({
    "variants": ["stride", "valid", "pooling", "residual", "uniform", "leaky_relu", "tanh"],
    "n": 12, "granularity": "entry", "channels": 1, "side": 7, "solver": "auto", "budget": 10**6,
    "leak": 0.2, "scale": 0.01,
})  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return experiment.restriction_rows(SETTINGS, 3, [0])


def test_every_variant_has_its_rows(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(experiment.COLUMNS)
    assert len(rows) == 1 + len(SETTINGS.variants)
    assert (rows["lower"] <= rows["upper"]).all()
    assert (rows["seen"] <= rows["lower"]).all()
    assert (rows["upper"] <= rows["error_bound"]).all()
    assert set(rows.loc[~rows["bracketed"], "variant"]) == {"tanh"}
    assert set(rows["variant"]) == set(experiment.VARIANTS) == set(ratios.NAMES)


def test_rows_are_keyed_by_their_replicate() -> None:
    small = SETTINGS.model_copy(update={"variants": [], "side": 4})
    both = experiment.restriction_rows(small.model_copy(update={"variants": ["tanh"]}), 3, [0, 1])
    alone = experiment.restriction_rows(small, 3, [1])
    wanted = both[(both["replicate"] == 1) & (both["variant"] == "base")]
    pd.testing.assert_frame_equal(alone, wanted.reset_index(drop=True))
    other = experiment.restriction_rows(small, 4, [1])
    assert other["worst_error"][0] != alone["worst_error"][0]


def test_variants_that_share_solutions_have_the_base_s_problems() -> None:
    kernels = experiment.random_kernels(2, 5)
    how = {"construction": "structured_convolution", "granularity": "filter"}
    found = {}
    for name, variant in experiment.VARIANTS.items():
        if variant.problems == experiment.BASE:
            target = experiment.variant_target(name, kernels, 0.2)
            source = tickets.sample_source(target, 5, 1, **how)
            found[name] = tickets.subset_problems(target, source, **how)
    assert set(found) == {"base", "stride", "valid", "pooling", "residual"}
    for problems in found.values():
        for ours, base in zip(problems, found["base"], strict=True):
            assert ours.key() == base.key()
            assert np.array_equal(ours.X, base.X)
            assert np.array_equal(ours.Z, base.Z)


def test_kernels_have_norm_one() -> None:
    for kernel in experiment.random_kernels(3, 0):
        norms = kernel.abs().sum(dim=(1, 2, 3))
        torch.testing.assert_close(norms, torch.ones(3, dtype=torch.float64))


def test_every_variant_of_the_schema_is_built() -> None:
    known = schema()["properties"]["restrictions"]["properties"]
    assert {*known["variants"]["items"]["enum"], "base"} == set(experiment.VARIANTS)
    config = check(read([ROOT / "config.yaml"]))
    assert config["restrictions"]["variants"] == Settings().variants


def planted(seeds: int = 6, **factors: float) -> pd.DataFrame:
    """Errors of every variant a factor times the base's, within a few per cent."""
    rng = np.random.default_rng(0)
    made = []
    for replicate in range(seeds):
        base = rng.uniform(0.5, 2.0)
        for name, factor in {"base": 1.0, **factors}.items():
            error = base * factor * (1.0 if name == "base" else rng.uniform(0.97, 1.03))
            made.append(
                {"variant": name, "replicate": replicate, "seen": error, "lower": error,
                 "upper": 2 * error, "error_bound": 3 * error, "worst_error": error, "d": 9,
                 "size": 1.0, "n": 100, "granularity": "kernel", "bracketed": name != "tanh",
                 "inputs": 256, "shared": name == "stride"}
            )  # fmt: skip
    return pd.DataFrame(made)


def test_sentences_follow_the_data() -> None:
    told = claims.macros({"restrictions": planted(stride=0.5, leaky_relu=2.0, pooling=1.0)})
    more, less, same = told["RestrictionsVerdict"].split("; ")
    assert "leaky" in more
    assert "exceeds" in more
    assert "stride" in less
    assert "below" in less
    assert "pooling" in same
    assert told["RestrictionsShared"] == ""  # planted rows say "shared", their errors differ
    alone = claims.macros({"restrictions": planted(seeds=1, stride=0.5)})
    assert "no interval for stride" in alone["RestrictionsVerdict"]


def test_closed_forms_are_set_against_closed_forms() -> None:
    frame = planted(tanh=1.0)
    frame.loc[frame["variant"] == "tanh", "error_bound"] *= 7
    r = ratios.ratio(frame, "tanh", "upper")
    assert r.low < 7 < r.high
    frame.loc[frame["variant"] == "tanh", "size"] = 2.0
    assert ratios.ratio(frame, "tanh", "seen").mean == pytest.approx(1, abs=0.05)
    assert ratios.ratio(frame, "tanh", "relative").mean == pytest.approx(0.5, abs=0.03)


def test_the_interval_covers() -> None:
    """95 % of 400 draws of 5 log-normal ratios, within 4 standard deviations of that binomial."""
    rng = np.random.default_rng(1)
    frame = planted(seeds=5, stride=1.0)
    ours = frame["variant"] == "stride"
    base = frame.loc[frame["variant"] == "base", "seen"].to_numpy()
    hits = 0
    for _ in range(400):
        frame.loc[ours, "seen"] = 3 * np.exp(0.4 * rng.standard_normal(5)) * base
        r = ratios.ratio(frame, "stride", "seen")
        hits += r.low < 3 < r.high
    assert abs(hits - 380) <= 4 * np.sqrt(400 * 0.95 * 0.05)


def test_real_rows_are_set(rows: pd.DataFrame) -> None:
    told = claims.macros({"restrictions": rows})
    assert (
        "stride two, valid padding, average pooling and residual block"
        in (told["RestrictionsShared"]).lower()
    )
    (table,) = tables.tables({"restrictions": rows}).values()
    assert len(table.rows) == len(ratios.NAMES)
    assert set(figures.figures({"restrictions": rows})) == set(figures.FIGURES)
