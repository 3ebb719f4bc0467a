"""Latencies: the script runs and checks its own outputs, its file is read and set in print."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import latency as script
from slth.studies.latency import claims, data, figures, tables
from slth.studies.latency.measure import COLUMNS, read_latencies

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "benchmarks" / "latency_reference.json"
FORMS = {"target", "dense", *data.FORMS}


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("latency") / "latency.json"
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "benchmarks.latency",
        "--quick",
        "--out",
        str(out),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return read_latencies(out, True)


def asked(sizes: tuple[script.Size, ...]) -> set[tuple]:
    """(form, kept, batch, threads) of every row that a run must have."""
    return {
        (form, kept, batch, threads)
        for size in sizes
        for batch in size.batches
        for threads in size.threads
        for kept in (1.0, *size.kept)
        for form in (("target", "dense") if kept == 1.0 else data.FORMS)
    }


def found(frame: pd.DataFrame) -> set[tuple]:
    return set(zip(frame["form"], frame["kept"], frame["batch"], frame["threads"], strict=True))


def test_every_form_is_measured(quick: pd.DataFrame) -> None:
    assert list(quick.columns) == COLUMNS
    assert found(quick) == asked(script.QUICK)
    assert set(quick["form"]) == FORMS
    assert (quick["low"] <= quick["ratio"]).all()
    assert (quick["ratio"] <= quick["high"]).all()
    assert (quick.loc[quick["form"] == "dense", ["low", "ratio", "high"]] == 1.0).all(axis=None)
    assert (quick["seconds"] > 0).all()
    assert (quick["error"] < 1e-4).all()


def test_equal_weights_are_kept() -> None:
    """Single weights and channels: as many of V; a channel has one weight of U besides."""
    (size,) = script.QUICK
    made = {(form.name, form.kept): form for form in script.forms(size)}
    for kept in size.kept:
        single, channel = made["csr", kept], made["shrunk", kept]
        hidden = 2 * size.n * size.channels
        in_v = round(kept * hidden) * size.channels * script.KERNEL**2
        assert single.weights == hidden + in_v
        assert channel.weights == round(kept * hidden) + in_v
        assert channel.stored < made["dense", 1.0].stored
        assert made["masked", kept].stored == made["blocked", kept].stored


def test_forms_that_differ_are_noticed() -> None:
    (size,) = script.QUICK
    made = {form.name: form.module for form in script.forms(size)}
    x = script._normal(np.random.default_rng(0), 2, size.channels, size.side, size.side)
    with pytest.raises(ArithmeticError, match="outputs differ"):
        script._form("csr", 0.1, made["csr"], 1, made["dense"], x)


def test_reference_is_a_whole_run() -> None:
    frame = read_latencies(REFERENCE, False)
    assert found(frame) == asked(script.FULL)
    repeats = {batch: size.repeats for size in script.FULL for batch in size.batches}
    assert (frame["repeats"] == frame["batch"].map(repeats)).all()


def test_it_is_set_in_print(quick: pd.DataFrame) -> None:
    for frame in (quick, read_latencies(REFERENCE, False)):
        frames = {"latency": frame, "latency_equal": pd.DataFrame()}
        table = tables.tables(frames)["latencies"]
        assert {len(row) for row in table.rows if isinstance(row, list)} == {len(table.columns)}
        assert "nan" not in str(claims.macros(frames)) + str(table.rows)
        assert set(figures.figures(frames)) == set(figures.FIGURES)


def test_sentences_follow_the_data(quick: pd.DataFrame) -> None:
    def told(**factors: float) -> dict[str, str]:
        base: dict[str, float] = {
            "target": 0.1,
            "dense": 1.0,
            "masked": 1.0,
            "blocked": 1.0,
            **factors,
        }
        return claims.macros(
            {
                "latency": quick.assign(ratio=quick["form"].map(base)),
                "latency_equal": pd.DataFrame(),
            }
        )

    slow = told(csr=3.0, shrunk=0.2)
    assert "never faster" in slow["LatencySparse"]
    assert "saves no time" in slow["LatencyMasked"]
    assert re.search(r"In all \w+ comparisons", slow["LatencyShrunk"])
    fast = told(csr=0.1, shrunk=0.2, masked=0.3)
    assert "faster than dense" in fast["LatencySparse"]
    assert "saves no time" not in fast["LatencyMasked"]
    assert re.search(r"In none of \w+ comparisons", fast["LatencyShrunk"])
    own = claims.macros({"latency": quick, "latency_equal": pd.DataFrame()})["LatencyOrigin"]
    other = claims.macros({"latency": quick.assign(own=False), "latency_equal": pd.DataFrame()})[
        "LatencyOrigin"
    ]
    assert "that typeset this" in own
    assert "beforehand" in other


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [], "machine": {}, "versions": {}}'])
def test_a_foreign_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"latency\.json.*make latency"):
        read_latencies(path, True)
