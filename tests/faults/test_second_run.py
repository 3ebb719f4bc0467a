"""Two runs at once in one folder: the second refuses in words, the first is not disturbed."""

from tests.faults.conftest import started, wait_until
from tests.workflow.conftest import Checkout

TARGET = "results/measure/thresholds.parquet"


def test_second_run_refuses_and_the_first_ends_well(finished: Checkout, fresh: Checkout) -> None:
    with started(fresh, "--cores", "1", TARGET) as first:
        wait_until(fresh, "results/.running")
        wait_until(fresh, "results/logs/**/*.log")
        second = fresh.run("--cores", "1", TARGET, check=False)
        assert second.returncode == 1
        assert "cannot be locked" in second.stderr
        assert "Traceback" not in second.stderr
        fresh.run("--unlock")  # from under the living run, as a user in a hurry would
        third = fresh.run("--cores", "1", "paper/benchmark.tex", check=False)
        assert third.returncode == 1
        assert f"another run (process {first.pid}) is at work" in third.stderr
        assert "Traceback" not in third.stderr
        assert first.wait(300) == 0
    made, known = (c.folder / TARGET for c in (fresh, finished))
    assert made.read_bytes() == known.read_bytes()
