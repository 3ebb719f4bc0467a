"""A result that changed after it was written is named and made again, and never read."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import results
from tests.workflow.conftest import Checkout


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    shutil.copy(path.parents[2] / "measure/tickets.parquet", path)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "results/sample/cells/0.parquet": truncate,
    "results/solve/cells/0.parquet": foreign,
    "results/solve/blocks/two-kernel/0.parquet": flip,
    "results/construct/one-filter/0.npz": flip,
    "results/sample/targets/two.npz": empty,
    "results/measure/learned.parquet": truncate,
    "paper/figures/success.pdf": flip,
    "paper/numbers.tex": truncate,
    "paper/main.pdf": truncate,
}


def verify(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    """Run what `make verify` runs."""
    command = [sys.executable, "-m", "slth.manifest"]
    return subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=False)


def test_damage_is_named_and_repaired(finished: Checkout) -> None:
    paper, before = finished.paper(), results(finished)
    assert verify(finished).returncode == 0
    for name, damage in DAMAGE.items():
        damage(finished.folder / name)
    found = verify(finished)
    assert found.returncode == 1
    assert [line.split(": ")[1] for line in found.stderr.splitlines()] == sorted(DAMAGE)
    planned = finished.run("--cores", "2", "--dry-run")
    done = finished.run()
    for name in DAMAGE:
        assert f"results: {name}: damaged" in planned.stderr
        assert f"results: {name}: damaged" in done.stderr
    assert finished.paper() == paper
    assert results(finished) == before
    assert verify(finished).returncode == 0
    assert finished.planned() == set()


def test_deleted_results_are_made_again(finished: Checkout) -> None:
    before = results(finished)
    for name in ("results/solve/cells/0.parquet", "results/manifest.json"):
        (finished.folder / name).unlink()
    finished.run()
    assert results(finished) == before
    assert verify(finished).returncode == 0


def test_damage_is_not_read_under_another_config(finished: Checkout) -> None:
    before, name = results(finished), "results/solve/cells/0.parquet"
    over = finished.folder / "config/other.yaml"
    over.write_text("threshold: {confidence: 0.95}\n")
    target = "results/measure/thresholds.parquet"
    overlay = ("--configfile", "config/ci.yaml", "config/other.yaml")
    flip(finished.folder / name)
    done = finished.run("--cores", "2", target, *overlay)
    assert f"results: {name}: damaged" in done.stderr
    assert (finished.folder / name).read_bytes() == before[name]
    finished.run()
    assert results(finished) == before
