"""Two laws planted and recovered, the verdict between them, its wordings; empty tables are set."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth.studies.neurons import claims, figures, laws, tables
from slth.studies.neurons.laws import Law
from slth.studies.section import render

SIZES = tuple(range(8, 41, 4))


def planted(
    kinds: dict[int, tuple[str, float]],
    noise: float = 0.0,
    sizes: tuple[int, ...] = SIZES,
    seed: int = 0,
    count: int = 50,
) -> pd.DataFrame:
    """Relative errors 2^(-r n)/2 or n^(-q)/2, times e^(noise·N(0, 1)), at each number of inputs."""
    rng = np.random.default_rng(seed)
    parts = []
    for p, (kind, rate) in kinds.items():
        for n in sizes:
            law = 0.5 * (2.0 ** (-rate * n) if kind == "exponential" else float(n) ** -rate)
            error = 1.3 * law * np.exp(noise * rng.standard_normal(count))
            key = {"inputs": p, "n": n, "replicate": np.arange(count), "proved": True}
            parts.append(pd.DataFrame({**key, "error": error, "empty": 1.3, "kept": 3}))
    return pd.concat(parts, ignore_index=True)


def test_exact_laws_are_recovered() -> None:
    table = laws.fits(planted({1: ("exponential", 0.5), 2: ("power", 1.2)}))
    np.testing.assert_allclose(table["rate"].iloc[0], 0.5)
    np.testing.assert_allclose(table["power"].iloc[1], 1.2)
    assert table["law"].tolist() == [Law.EXPONENTIAL, Law.POWER]
    np.testing.assert_allclose(table["rate_low"].iloc[0], table["rate_high"].iloc[0])


def test_intervals_cover() -> None:
    """95 % of 100 planted exponents, within 4 standard deviations of that binomial."""
    hits = 0
    for seed in range(100):
        (row,) = laws.fits(planted({2: ("power", 1.0)}, 0.4, seed=seed)).to_dict("records")
        hits += row["power_low"] <= 1.0 <= row["power_high"]
    assert hits >= 95 - 4 * np.sqrt(100 * 0.95 * 0.05)


@pytest.mark.parametrize(
    ("kind", "rate", "law"), [("exponential", 0.3, Law.EXPONENTIAL), ("power", 3.0, Law.POWER)]
)
def test_the_right_law_wins_under_noise(kind: str, rate: float, law: Law) -> None:
    found = [
        laws.fits(planted({2: (kind, rate)}, 0.3, seed=seed))["law"].iloc[0] for seed in range(10)
    ]
    assert found == [law] * 10


def test_few_or_close_sizes_decide_nothing() -> None:
    three = planted({2: ("power", 1.0)}, 0.1, sizes=(8, 10, 12))
    assert laws.fits(three)["law"].tolist() == [Law.UNKNOWN]
    close = [
        laws.fits(planted({2: ("power", 1.0)}, 0.5, (20, 21, 22, 23), s))["law"].iloc[0]
        for s in range(10)
    ]
    assert close.count(Law.UNDECIDED) >= 8


def test_sizes_near_the_cap_are_not_fitted() -> None:
    frame = planted({2: ("power", 1.0)})
    frame.loc[(frame["n"] == 16) & (frame["replicate"] < 5), "kept"] = 0
    (row,) = laws.fits(frame).to_dict("records")
    assert row["first"] == 20
    assert row["power"] == pytest.approx(1.0)
    frame["kept"] = 0
    assert laws.fits(frame).empty
    told = claims.macros({"neurons": frame})
    assert "At $p=2$ there are too few sizes" in told["NeuronsLaw"]
    assert "still empty in $100$" in told["NeuronsReached"]


def test_the_order_of_rows_does_not_matter() -> None:
    frame = planted({1: ("exponential", 0.5), 2: ("power", 1.2)}, 0.3)
    other = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(laws.fits(frame), laws.fits(other))


def test_sentences_follow_the_data() -> None:
    kinds = {1: ("exponential", 0.5), 2: ("power", 1.0), 3: ("power", 2.0), 5: ("power", 0.4)}
    told = claims.macros({"neurons": planted(kinds, 0.05)})
    assert "At $p=1$ the exponential" in told["NeuronsLaw"]
    assert "At $p=2$, $p=3$ and $p=5$ the power" in told["NeuronsLaw"]
    assert "agrees with the half bit" in told["NeuronsRate"]
    assert "With more inputs it falls more slowly: by" in told["NeuronsRate"]
    assert "an interval that holds one" in told["NeuronsPower"]
    assert "above one, the largest" in told["NeuronsPower"]
    assert "below one, the largest" in told["NeuronsPower"]
    fast = claims.macros({"neurons": planted({1: ("exponential", 0.8)}, 0.05)})
    assert "faster than the half bit" in fast["NeuronsRate"]
    assert fast["NeuronsPower"] == fast["NeuronsReached"] == ""
    slow = claims.macros({"neurons": planted({1: ("exponential", 0.2), 2: ("exponential", 0.2)})})
    assert "less than the half bit" in slow["NeuronsRate"]
    assert "no smaller rate is resolved" in slow["NeuronsRate"]


def test_what_is_not_proved_is_said() -> None:
    frame = planted({2: ("power", 1.0)})
    assert "Every subset is proved" in claims.macros({"neurons": frame})["NeuronsSetting"]
    frame.loc[0, "proved"] = False
    assert "449 of 450 are proved" in claims.macros({"neurons": frame})["NeuronsSetting"]


def test_made_rows_are_set(tmp_path: Path) -> None:
    frames = {"neurons": planted({1: ("exponential", 0.5), 2: ("power", 1.2)}, 0.3)}
    (table,) = tables.tables(frames).values()
    assert len(table.rows) == 2
    assert set(figures.figures(frames)) == set(figures.FIGURES)
    render("neurons", frames, tmp_path / "paper", tmp_path / "report")


def test_empty_tables_are_set(tmp_path: Path) -> None:
    render("neurons", {"neurons": pd.DataFrame()}, tmp_path / "paper", tmp_path / "report")
    told = claims.macros({"neurons": pd.DataFrame()})
    assert told["NeuronsSetting"] == "This run measured no networks whose neurons are removed."
    assert told["NeuronsLaw"] == told["NeuronsRate"] == told["NeuronsPower"] == ""
