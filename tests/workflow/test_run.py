"""The chain on the CI config: complete, and byte-identical whatever the cores and the order."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sweeps import sweep
from tests.workflow.conftest import Checkout, Resumed, publish


def test_paper_is_complete(chain: Checkout) -> None:
    pdf = chain.folder / "paper/main.pdf"
    assert pdf.read_bytes().startswith(b"%PDF")
    log = (chain.folder / "results/logs/compile_paper.log").read_text(
        errors="replace", encoding="utf-8"
    )
    for fault in ("undefined", "multiply defined", "Overfull"):
        assert fault not in log, fault


def test_nothing_is_left_to_do(chain: Checkout) -> None:
    assert chain.planned() == set()


@sweep
def test_one_core_gives_the_same_bytes(finished: Checkout, resumed: Resumed) -> None:
    assert resumed.checkout.paper() == finished.paper()


def test_jobs_are_shards(fresh: Checkout) -> None:
    listing = fresh.run("--cores", "2", "--dry-run").stdout
    total = next(line for line in listing.splitlines() if line.split()[:1] == ["total"])
    assert int(total.split()[1]) <= 70


@sweep
def test_other_seed_gives_other_figures(short: Checkout, fresh: Checkout) -> None:
    config = fresh.folder / "config/ci.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\nseed: 4242\n", encoding="utf-8")
    fresh.run("--cores", "2", "results/measure/thresholds.parquet")
    one, other = (
        (c.folder / "results/measure/thresholds.parquet").read_bytes() for c in (short, fresh)
    )
    assert one != other


@pytest.mark.skipif(not shutil.which("git"), reason="no git on this machine")
def test_paper_and_manifest_name_the_commit(short: Checkout, tmp_path: Path) -> None:
    """And whether files differ from it; without a repository the other bytes are the same."""
    copied = short.copy(tmp_path / "copy")
    folder, provenance = copied.folder, "paper/tables/provenance.tex"
    commit = publish(folder)
    assert copied.planned() == {"render_provenance", "compile_paper", "write_manifest", "all"}
    copied.run("--cores", "1", "render_provenance")
    named = (folder / provenance).read_text(encoding="utf-8")
    assert commit in named
    config = folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    copied.run()
    held = json.loads((folder / "results/manifest.json").read_text(encoding="utf-8"))
    assert (held["commit"], held["modified"]) == (commit, True)
    assert (folder / provenance).read_text(encoding="utf-8") != named
    one, other = short.paper(), copied.paper()
    changed = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    assert {provenance, "paper/main.pdf"} <= changed
    assert {Path(name).stem for name in changed} <= {"provenance", "main"}


@sweep  # of the default config: `make check`
def test_lint_is_clean(fresh: Checkout) -> None:
    done = subprocess.run(
        fresh.command("--lint"), cwd=fresh.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
