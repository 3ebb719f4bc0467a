"""A result that changed after it was written is named and made again, and never read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

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
    "paper/numbers/threshold.tex": truncate,
    "paper/main.pdf": truncate,
}


def test_damage_is_named_and_repaired(finished: Checkout) -> None:
    paper, before = finished.paper(), results(finished)
    assert finished.verified().returncode == 0
    for name, damage in DAMAGE.items():
        damage(finished.folder / name)
    found = finished.verified()
    assert found.returncode == 1
    assert [line.split(": ")[1] for line in found.stderr.splitlines()] == sorted(DAMAGE)
    planned = finished.run("--cores", "2", "--dry-run")
    done = finished.run()
    for name in DAMAGE:
        assert f"results: {name}: damaged" in planned.stderr
        assert f"results: {name}: damaged" in done.stderr
    assert finished.paper() == paper
    assert results(finished) == before
    assert finished.verified().returncode == 0
    assert finished.planned() == set()


def test_deleted_results_are_made_again(finished: Checkout) -> None:
    before = results(finished)
    for name in ("results/solve/cells/0.parquet", "results/manifest.json"):
        (finished.folder / name).unlink()
    finished.run()
    assert results(finished) == before
    assert finished.verified().returncode == 0


def test_damage_is_not_read_under_another_config(finished: Checkout) -> None:
    before, name = results(finished), "results/solve/cells/0.parquet"
    over = finished.folder / "config/other.yaml"
    over.write_text("threshold: {confidence: 0.9}\n")
    target = "results/measure/thresholds.parquet"
    overlay = ("--configfile", "config/ci.yaml", "config/other.yaml")
    flip(finished.folder / name)
    done = finished.run("--cores", "2", target, *overlay)
    assert f"results: {name}: damaged" in done.stderr
    assert (finished.folder / name).read_bytes() == before[name]
    finished.run()
    assert results(finished) == before


@pytest.mark.parametrize(
    ("lost", "other"),
    [
        (("results",), False),
        (("results/digests", "results/construct/one-filter/0.npz"), True),
        ((".snakemake", "results/manifest.json", "paper/tables"), True),
    ],
    ids=["results", "records", "memory"],
)
def test_lost_results_and_records_end_in_the_bytes_of_a_fresh_run(
    finished: Checkout, changed: Checkout, tmp_path: Path, lost: tuple[str, ...], other: bool
) -> None:
    """Whatever is lost, and whatever the config was when it was not."""
    wanted = changed if other else finished
    copied = finished.copy(tmp_path / "copy")
    (copied.folder / "config/ci.yaml").write_text(config_of(wanted))
    for name in lost:
        path = copied.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    copied.run()
    assert copied.paper() == wanted.paper()
    assert results(copied) == results(wanted)
    assert copied.verified().returncode == 0
    assert copied.planned() == set()


def config_of(checkout: Checkout) -> str:
    return (checkout.folder / "config/ci.yaml").read_text()


@pytest.fixture(scope="module")
def changed(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout run to its end under another config."""
    checkout = Checkout(tmp_path_factory.mktemp("changed") / "slth")
    config = checkout.folder / "config/ci.yaml"
    config.write_text(config.read_text().replace("confidence:", "confidence: 0.9 #", 1))
    checkout.run()
    return checkout
