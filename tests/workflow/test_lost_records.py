"""What is recorded about results is lost, moved or older than the config: the plan and the end."""

import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from slth.configuration import check, read
from tests.cases.test_runs import HOSTILE, backwards
from tests.workflow.conftest import Checkout, rules_in

TABLE = "paper/tables/tickets.tex"
TABLES = {"render_tickets", "compile_paper", "write_manifest", "all"}
FORGOTTEN = "results/render/tables/tickets.html"  # which the paper does not need
SEEDLESS = {"measure_benchmark", "render_benchmark", "measure_latency", "render_latency"}  # times


@pytest.fixture
def copied(short: Checkout, tmp_path: Path) -> Checkout:
    return short.copy(tmp_path / "copy")


def remove(checkout: Checkout, *names: str) -> None:
    for name in names:
        path = checkout.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def add(checkout: Checkout, text: str) -> None:
    config = checkout.folder / "config/ci.yaml"
    config.write_text(config.read_text() + text)


def without_results(checkout: Checkout) -> None:
    remove(checkout, "results")


def without_records(checkout: Checkout) -> None:
    remove(checkout, "results/digests", "results/solve/cells/0.parquet")


def without_memory_and_of_another_seed(checkout: Checkout) -> None:
    remove(checkout, ".snakemake")
    add(checkout, "\nseed: 4242\n")


def with_one_table_edited(checkout: Checkout) -> None:
    remove(checkout, f"results/digests/{TABLE}.sha256")
    path = checkout.folder / TABLE
    path.write_text(path.read_text().replace("&", "& 7", 1))


def with_another_layout(checkout: Checkout) -> None:
    """The whole config in ``config.yaml``, in the opposite order, every default written out."""
    folder = checkout.folder
    paths = [folder / "config.yaml", folder / "config/ci.yaml"]
    whole = check(read(paths))
    paths[0].write_text(yaml.safe_dump(backwards(whole), sort_keys=False))
    paths[1].write_text("{}\n")


def behind_a_link_and_without_memory(checkout: Checkout) -> None:
    with_results_behind_a_link(checkout)
    remove(checkout, ".snakemake")


def with_results_behind_a_link(checkout: Checkout) -> None:
    far = checkout.folder.parent / f"far {HOSTILE}"
    (checkout.folder / "results").rename(far)
    (checkout.folder / "results").symlink_to(far)


def with_sources_of_tomorrow(checkout: Checkout) -> None:
    for name in ("src/slth/seeding.py", "paper/main.tex"):
        os.utime(checkout.folder / name, (time.time() + 86400,) * 2)


EVERYTHING = "everything"
CHANGES: list[tuple[Callable[[Checkout], None], str | set[str]]] = [
    (without_results, EVERYTHING),
    (without_records, EVERYTHING),
    (without_memory_and_of_another_seed, EVERYTHING),
    (with_one_table_edited, TABLES),
    (with_another_layout, set()),
    (behind_a_link_and_without_memory, set()),
]


@pytest.fixture(scope="module")
def everything(short: Checkout) -> set[str]:
    """The rules of a first run: each has left a log, or logs in a folder of its name."""
    return {path.stem for path in (short.folder / "results/logs").iterdir()} | {"all"}


@pytest.mark.parametrize(("change", "planned"), CHANGES, ids=[each.__name__ for each, _ in CHANGES])
def test_plan_makes_again_what_is_not_as_recorded(
    copied: Checkout, everything: set[str], change: Callable[[Checkout], None], planned: set[str]
) -> None:
    change(copied)
    done = copied.run("--cores", "2", "--dry-run")
    found = rules_in(done.stdout)
    if planned == EVERYTHING:
        assert everything - SEEDLESS <= found <= everything
    else:
        assert found == planned


def test_one_run_mends_everything_in_a_folder_of_any_name(short: Checkout, tmp_path: Path) -> None:
    """Records lost, sources of tomorrow, results behind a link, nothing readable for others."""
    (tmp_path / HOSTILE).mkdir()
    copied = short.copy(tmp_path / HOSTILE / "slth")
    manifest = copied.folder / "results/manifest.json"
    known = manifest.read_bytes()
    with_one_table_edited(copied)
    remove(copied, FORGOTTEN, f"results/digests/{FORGOTTEN}.sha256")
    with_sources_of_tomorrow(copied)
    remove(copied, "results/manifest.json")
    with_results_behind_a_link(copied)
    done = copied.run(umask=0o077)
    assert "paper/main.tex, src/slth/seeding.py; dated now" in done.stderr
    assert copied.paper() == short.paper()
    assert manifest.read_bytes() == known
    assert copied.verified().returncode == 0
    assert stat.S_IMODE(manifest.stat().st_mode) == 0o600
    assert copied.planned() == set()
    assert not list(tmp_path.rglob("OWNED"))
