"""The cost of a config: jobs times what those that were run took, nothing where none was."""

import json
from pathlib import Path

import pytest

from benchmarks.cost import CUT, SPENT, Run
from benchmarks.cost_table import table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A plan of 400 jobs with two outputs each, of which two were run, and one rule of one job."""
    run = Run.__new__(Run)
    run.folder, run.configfiles = tmp_path, ["config/full.yaml"]
    run.jobs = {"solve_atlas": 400, "measure_depth": 50}
    run.outputs = {
        "solve_atlas": [f"results/{i}/{name}" for i in range(400) for name in "ab"],
        "measure_depth": [f"results/depth/{i}" for i in range(50)],
    }
    for shard, seconds in [(31, 90.0), (7, 270.0)]:
        run._note(
            SPENT,
            "solve_atlas",
            {"output": f"results/{shard}/a", "cpu": seconds, "memory": seconds},
        )
        for name, size in (("a", 1000), ("b", 3000)):
            path = tmp_path / f"results/{shard}/{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
    return run


def test_cost_is_jobs_times_the_mean_of_those_run(run: Run) -> None:
    found = run.report()["experiments"]
    atlas = found["atlas"]["rules"]["solve_atlas"]
    assert atlas["core_hours"] == 400 * 180 / 3600
    assert atlas["megabytes"] == 800 * 2000 / 1e6
    assert atlas["later_over_first"] == 3.0
    assert found["depth"]["not_run"] == ["results/depth/*"]
    assert found["depth"]["core_hours"] == 0.0
    run._note(CUT, "measure_depth", 72.0)
    assert run.report()["experiments"]["depth"]["core_hours_over"] == 1.0


def test_kinds_of_jobs_are_estimated_apart(run: Run) -> None:
    """200 jobs of one arm at 10 s and 100 of another at 100 s: not 300 at their mean."""
    run.jobs["solve_blocks"] = 300
    run.outputs["solve_blocks"] = [f"blocks/a/{i}.parquet" for i in range(200)]
    run.outputs["solve_blocks"] += [f"blocks/b/{i}.parquet" for i in range(100)]
    for arm, replicate, cpu in [("a", 7, 10.0), ("b", 3, 100.0), ("a", 5, 10.0), ("b", 4, 130.0)]:
        job = {"output": f"blocks/{arm}/{replicate}.parquet", "cpu": cpu, "memory": 1.0}
        run._note(SPENT, "solve_blocks", job)
    found = run.rule("solve_blocks")
    assert found["core_hours"] == round((200 * 10 + 100 * 115) / 3600, 2)
    assert found["later_over_first"] == round((200 * 10 + 100 * 130) / (200 * 10 + 100 * 100), 2)


def test_the_table_of_the_docs_is_that_of_the_last_measurement() -> None:
    report = json.loads((ROOT / "benchmarks/cost.json").read_text(encoding="utf-8"))
    assert table(report) in (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
