"""What jobs ask a cluster for: memory that grows with the attempts, a GPU only where it is used."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

# the rules as Snakemake holds them: memory at attempts 1 and 3, GPUs, whether they run locally
PROBE = """
import inspect, json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.resources import Resources
from snakemake.settings.types import ConfigSettings, ResourceSettings
given = ConfigSettings(config={"device": sys.argv[1]})
found = {}
with SnakemakeApi() as api:
    settings = ResourceSettings(cores=1, default_resources=Resources.default())
    flow = api.workflow(settings, given, snakefile=Path("Snakefile"))._workflow
    for rule in flow.rules:
        if rule.name == "all":  # has Snakemake's default, which is left as it is
            assert "attempt" in inspect.signature(rule.resources["mem_mb"]._evaluator).parameters
            continue
        asked = rule.resources
        try:
            memory = [asked["mem_mb"].evaluate(None, attempt=k).value for k in (1, 3)]
        except AttributeError:  # a function of wildcards
            memory = None
        gpu = asked["gpu"].value if "gpu" in asked else 0
        found[rule.name] = memory, gpu, rule.name in flow._localrules
print(json.dumps(found))
"""


def rules(device: str) -> dict[str, tuple[list[int] | None, int | None, bool]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, device], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {name: tuple(asked) for name, asked in found.items()}


# the default config prices tickets by intervals, which need no search
SOLVE = {"solve_cells", "solve_blocks"}
BRACKET = {"measure_tickets", "learn_routes", "sandwich_pairs", "measure_sandwich"}
BRACKET |= {"measure_depth", "measure_restrictions"}


@pytest.mark.parametrize(("device", "takers"), [("auto", set()), ("cuda", SOLVE | BRACKET)])
def test_jobs_ask_for_what_they_need(device: str, takers: set[str]) -> None:
    found = rules(device)
    assert {name for name, (_, gpu, _) in found.items() if gpu} == takers
    known = [memory for memory, _, _ in found.values() if memory is not None]
    assert len(known) >= 12
    assert all(third == 3 * first for first, third in known)
    local = {name for name, (_, _, local) in found.items() if local}
    assert {"collect_tickets", "compile_paper", "write_manifest"} <= local
    assert not local & {"train_target", "solve_cells", "solve_blocks", "learn_masks"}
