"""Tickets of a trained network at equal error: the rows, their forms, and what is said of them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from benchmarks import latency_real as script
from benchmarks.timing import stored
from slth import tickets
from slth.networks import convolution, linear
from slth.studies.latency import claims, data, tables
from slth.studies.latency.claims_equal import compared, equal, equal_macros
from slth.studies.latency.measure import EQUAL, read_equal_error
from slth.studies.latency.wordings import Equal, Structure
from slth.studies.printing.formatting import MISSING

REFERENCE = Path(__file__).parents[3] / "benchmarks" / "latency_reference.json"


def rows(times: dict[str, float], error: dict[str, float] | None = None) -> pd.DataFrame:
    """A frame of the trained network and a ticket of each granularity, single batch."""
    common: dict[str, Any] = {
        "network": "vgg", "data": "mnist-5k", "batch": 1, "threads": 1, "seconds": 1e-3,
        "repeats": 5, "stored": 1000, "accuracy": 0.9, "experiment": "latency at equal error",
    }  # fmt: skip
    made = [{**common, "granularity": "network", "form": "network", "n": 0, "ratio": 1.0}]
    made += [
        {**common, "granularity": name, "form": "shrunk", "ratio": ratio}
        | {"n": 4000 if name == "filter" else 15, "error": (error or {}).get(name, 0.05)}
        for name, ratio in times.items()
    ]
    frame = pd.DataFrame(made)
    frame["error"] = frame.get("error", pd.Series(0.0, frame.index)).fillna(0.0)
    weights = frame["granularity"].map({"filter": 4000, "network": 10}).fillna(400)
    return frame.assign(weights=weights, low=frame["ratio"], high=frame["ratio"])


def tickets_of(frame: pd.DataFrame) -> pd.DataFrame:
    return data.equal_error(frame)[1]


@pytest.mark.parametrize(
    ("times", "error", "verdict"),
    [
        ({}, {}, Structure.NOTHING),
        ({"filter": 2.0}, {}, Structure.NOTHING),
        ({"kernel": 2.0, "entry": 2.0}, {}, Structure.NOTHING),
        ({"filter": 2.0, "entry": 3.0}, {"entry": 0.2}, Structure.UNEQUAL),
        ({"filter": 2.0, "entry": 3.0}, {}, Structure.FASTER),
        ({"filter": 4.0, "entry": 3.0}, {"entry": 0.07}, Structure.SLOWER),
        ({"filter": 4.0, "entry": 3.0, "kernel": 5.0}, {}, Structure.MIXED),
    ],
)
def test_whole_filters_are_judged_at_equal_error_only(
    times: dict[str, float], error: dict[str, float], verdict: Structure
) -> None:
    frame = rows(times, error)
    assert compared(tickets_of(frame))[0] is verdict
    told = equal_macros(frame)
    assert ("slower than every other" in told["LatencyEqualStructure"]) is (
        verdict is Structure.SLOWER
    )
    assert bool(told["LatencyEqualReason"]) is (verdict is Structure.SLOWER)
    assert "nan" not in str(told)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({}, Equal.NOTHING),
        ({"filter": 0.05}, Equal.ALONE),
        ({"filter": 0.05, "entry": 0.07}, Equal.EQUAL),
        ({"filter": 0.05, "entry": 0.08}, Equal.APART),
    ],
)
def test_errors_are_equal_within_the_factor(error: dict[str, float], verdict: Equal) -> None:
    assert equal(tickets_of(rows(dict.fromkeys(error, 2.0), error))) is verdict


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"filter": 0.5, "entry": 0.9}, "No ticket is slower"),
        ({"filter": 0.5, "entry": 1.9}, "In one of two cases"),
        ({"filter": 2.5, "entry": 1.9}, "Every ticket is slower"),
    ],
)
def test_slower_than_the_network(times: dict[str, float], words: str) -> None:
    assert words in equal_macros(rows(times))["LatencyEqualSlower"]


def test_no_rows_are_said(tmp_path: Path) -> None:
    """A file from before has no such rows: a sentence says so, the table is empty."""
    path = tmp_path / "old.json"
    path.write_text('{"rows": []}', encoding="utf-8")
    frame = read_equal_error(path)
    assert list(frame.columns) == EQUAL
    assert frame.empty
    assert "no times" in equal_macros(frame)["LatencyEqualSetting"]
    assert equal_macros(frame)["LatencyEqualSlower"] == ""
    assert not tables.equal_table(frame).rows


@pytest.mark.parametrize("text", ["[]", '{"real": [{"network": "vgg"}]}', '{"real": 3}'])
def test_damage_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"latency\.json.*make latency"):
        read_equal_error(path)


def test_the_reference_has_every_granularity_and_form() -> None:
    frame = read_equal_error(REFERENCE)
    keys = ["granularity", "form", "batch"]
    wanted = {("network", "network", batch) for batch in script.FULL.rounds} | {
        (granularity, form, batch)
        for granularity in script.FULL.sizes
        for form in (("shrunk",) if granularity == "filter" else ("shrunk", "csr"))
        for batch in script.FULL.rounds
    }
    assert set(frame[keys].itertuples(index=False, name=None)) == wanted
    assert (frame["repeats"] == frame["batch"].map(script.FULL.rounds)).all()
    assert equal(tickets_of(frame)) is Equal.EQUAL
    chosen = tickets_of(frame).groupby("granularity")["n"].first()
    assert all(n in script.FULL.sizes[str(name)] for name, n in chosen.items())


def test_it_is_set_in_print() -> None:
    frame = read_equal_error(REFERENCE)
    table = tables.equal_table(frame)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert MISSING not in str(table.rows[1:])
    told = claims.macros({"latency": pd.DataFrame(), "latency_equal": frame})
    assert "nan" not in str(told)
    assert all(told[name] for name in told if name.startswith("LatencyEqual"))


def test_compressed_rows_compute_the_same() -> None:
    """Strides, padding, biases and a dense layer; fewer bytes where most weights are zeros."""
    torch.manual_seed(0)
    target = torch.nn.Sequential(
        convolution(torch.randn(4, 2, 3, 3), (2, 2), (1, 1)), torch.nn.ReLU(),
        torch.nn.Flatten(), linear(torch.randn(3, 36)),
    )  # fmt: skip
    target[0].bias = torch.nn.Parameter(torch.randn(4))
    x = torch.rand(3, 2, 6, 6)
    ticket = tickets.build(
        "structured_convolution", target, n=8, granularity="entry", nonnegative_input=True,
        example=x[:1],
    )  # fmt: skip
    small = ticket.ticket.float()
    rows_of_it = script.by_rows(small)
    assert torch.allclose(small(x), rows_of_it(x), rtol=1e-5, atol=1e-5)
    assert stored(rows_of_it) != stored(small)


def test_batch_norms_are_folded() -> None:
    torch.manual_seed(0)
    chain = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, bias=False), torch.nn.BatchNorm2d(3), torch.nn.ReLU()
    )
    chain(torch.rand(8, 1, 6, 6))
    x = torch.rand(2, 1, 6, 6)
    folded = script.folded(chain)
    assert len(list(folded.children())) == 2
    assert torch.allclose(folded(x), chain.eval()(x), atol=1e-5)


def test_a_form_that_differs_is_noticed() -> None:
    module = torch.nn.Identity()
    held = torch.rand(8, 3)
    with pytest.raises(ArithmeticError, match="outputs differ"):
        script._form(module, 2 * held, held, form="csr", granularity="entry")


def test_quick_rows_have_the_keys(tmp_path: Path) -> None:
    rows = list(script.measure(script.Setting({"entry": (3,)}, {2: 2}, epochs=1)))
    path = tmp_path / "latency.json"
    path.write_text(json.dumps({"real": rows}), encoding="utf-8")
    frame = read_equal_error(path)
    assert len(frame) == 3
    assert (frame["low"] <= frame["ratio"]).all()
    assert (frame["ratio"] <= frame["high"]).all()
    assert (frame.loc[frame["granularity"] == "network", "ratio"] == 1).all()
