"""A wrong config stops before any job: exit 1, one line per fault, no traceback, no file."""

import pytest

from tests.sweeps import swept
from tests.workflow.conftest import Checkout

FAULTS = {
    "threshold: {eps: .nan, replicates: many}": ["threshold.eps", "threshold.replicates"],
    "seeed: 1": ["seeed", "seed"],
    "seed: -1": ["seed"],
    "threshold: {eps: 0}": ["threshold.eps"],
    "threshold: {ensembles: [norml]}": ["norml", "normal"],
    "tickets: [{name: a, network: absent}]": ["absent"],
    "tickets: 3": ["tickets"],
}


@pytest.mark.parametrize("text", swept(FAULTS, 2))  # each alone: tests/configuration
def test_fault_is_one_line(fresh: Checkout, text: str) -> None:
    (fresh.folder / "config/ci.yaml").write_text(text + "\n", encoding="utf-8")
    done = fresh.run("--cores", "1", check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("config: ")]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert all(any(word in line for line in lines) for word in FAULTS[text]), done.stderr
    assert not (fresh.folder / "results").exists()


def test_unreadable_config_is_one_line(fresh: Checkout) -> None:
    """Snakemake's own reader would end in a traceback."""
    (fresh.folder / "config.yaml").write_bytes(b"seed: 2020-99-99 \xff\n")
    done = fresh.run("--cores", "1", check=False)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("config: ")]
    assert "Traceback" not in done.stderr + done.stdout
    assert not (fresh.folder / "results").exists()
