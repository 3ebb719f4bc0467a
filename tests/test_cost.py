"""The cost of a config: jobs times what those that were run took, nothing where none was."""

from pathlib import Path

import pytest

from benchmarks.cost import CUT, SPENT, Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A plan of 400 jobs with two outputs each, of which two were run, and one rule of one job."""
    run = Run.__new__(Run)
    run.folder, run.configfiles = tmp_path, ["configs/full.yaml"]
    run.jobs = {"solve_atlas": 400, "measure_depth": 50}
    run.outputs = {
        "solve_atlas": [f"results/{kind}/{i}" for kind in "ab" for i in range(400)],
        "measure_depth": [f"results/depth/{i}" for i in range(50)],
    }
    for shard, seconds in [(31, 90.0), (7, 270.0)]:
        run._note(SPENT, "solve_atlas", {"output": shard, "cpu": seconds, "memory": seconds})
        for kind, size in (("a", 1000), ("b", 3000)):
            path = tmp_path / f"results/{kind}/{shard}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
    return run


def test_cost_is_jobs_times_the_mean_of_those_run(run: Run) -> None:
    found = run.report()["experiments"]
    atlas = found["atlas"]["rules"]["solve_atlas"]
    assert atlas["core_hours"] == 400 * 180 / 3600
    assert atlas["megabytes"] == 800 * 2000 / 1e6
    assert atlas["later_over_first"] == 3.0
    assert found["depth"]["not_run"] == ["measure_depth"]
    assert found["depth"]["core_hours"] == 0.0
    run._note(CUT, "measure_depth", 72.0)
    assert run.report()["experiments"]["depth"]["core_hours_over"] == 1.0
