"""SIGKILL at any point, then what the README says: unlock, run again, same bytes."""

from pathlib import Path

import pytest

from tests.sweeps import sweep
from tests.workflow.conftest import Checkout, Resumed


@sweep
def test_killed_runs_resume_to_the_same_bytes(finished: Checkout, resumed: Resumed) -> None:
    checkout, killed = resumed
    assert killed >= 2, "the run was hardly ever caught alive: the test shows nothing"
    assert checkout.paper() == finished.paper()
    assert leftovers(checkout.folder) == []


def leftovers(folder: Path) -> list[str]:
    """Return outputs that no finished job owns (temporary files under paper/)."""
    return [path.name for path in (folder / "paper").rglob(".part-*")]


@pytest.mark.parametrize("name", ["results/solve/cells/0.parquet"])
def test_deleted_result_is_made_again(short: Checkout, name: str) -> None:
    path = short.folder / name
    before, paper = path.read_bytes(), short.paper()
    path.unlink()
    short.run("--cores", "2", name)
    assert path.read_bytes() == before
    short.run()
    assert short.paper() == paper
