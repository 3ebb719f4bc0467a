"""`device: auto` takes a GPU where there is one and the solver can; log and rows say which."""

import pytest

from slth import devices as gpu
from slth.studies import searching
from slth.studies.depth.measure import measure_depth
from slth.studies.devices import device_for
from slth.studies.sandwich.measure import sandwich_pairs
from slth.studies.threshold import sample as thresholds
from slth.studies.threshold.settings import GridBlock, Settings
from slth.studies.threshold.solve import decide
from tests.studies.depth import test_depth
from tests.studies.sandwich import test_sandwich

SETTINGS = Settings(ensembles=["normal"], eps=0.1, grid=[GridBlock(d=1, n=[6])], replicates=5)


@pytest.mark.parametrize(
    ("there", "solver", "asked", "found"),
    [
        (True, "mitm", "auto", "cuda"),
        (True, "auto", "auto", "cuda"),
        (True, "milp", "auto", "cpu"),
        (True, "mitm", "cpu", "cpu"),
        (False, "mitm", "auto", "cpu"),
        (False, "mitm", "cuda", "cuda"),
    ],
)
def test_device_is_resolved_and_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
    solver: str,
    asked: str,
    found: str,
) -> None:
    monkeypatch.setattr(gpu, "available", lambda: there)
    assert device_for(solver, asked) == found
    assert f"device: {found} (asked for {asked}" in capsys.readouterr().err


def test_rows_name_the_device_and_a_missing_one_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu, "available", lambda: False)
    cells = thresholds.cells(SETTINGS, 1, 0)
    rows = decide(cells, "mitm", "auto")
    assert set(rows["device"]) == {"cpu"}
    with pytest.raises(ValueError, match="no CUDA device"):
        decide(cells, "mitm", "cuda")


@pytest.mark.parametrize(
    ("there", "asked", "found"),
    [(True, "auto", "cuda"), (False, "auto", "cpu"), (True, "cpu", "cpu"), (False, "cuda", "cuda")],
)
def test_searches_of_brackets_are_placed_too(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
    asked: str,
    found: str,
) -> None:
    monkeypatch.setattr(gpu, "available", lambda: there)
    assert searching.search_on({"samples": 1}, asked) == {"samples": 1, "device": found}
    assert f"device: {found} (asked for {asked}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("measure", "case"), [(measure_depth, test_depth), (sandwich_pairs, test_sandwich)]
)
def test_experiments_pass_the_device_on(monkeypatch: pytest.MonkeyPatch, measure, case) -> None:
    monkeypatch.setattr(gpu, "available", lambda: False)
    with pytest.raises(ValueError, match="no CUDA device"):
        measure(case.SETTINGS, case.SEARCH, 4, 0, "cuda")
