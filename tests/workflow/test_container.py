"""SLTH_CONTAINER is the image of every job where Apptainer is asked for, and nothing elsewhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slth.running import bind, container
from tests.workflow.conftest import PROJECT, Checkout, environment

# the images that Snakemake holds for the rules of the default config
PROBE = """
import json
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ResourceSettings
with SnakemakeApi() as api:
    flow = api.workflow(ResourceSettings(cores=1), snakefile=Path("Snakefile"))._workflow
    print(json.dumps({rule.name: rule.container_img for rule in flow.rules}))
"""

# Apptainer as Snakemake calls it: notes the call and runs its command here
STAND_IN = """#!/bin/bash
if [ "$1" = --version ]; then echo "apptainer version 1.3.0"; exit; fi
printf '%s\\n' "$*" >> "$(dirname "$0")/calls"
while [ $# -gt 0 ] && [ "$1" != bash ]; do shift; done
exec "$@"
"""


@pytest.mark.parametrize("image", [None, "docker://host/slth:0.2.0"])
def test_rules_have_the_image_that_the_variable_names(image: str | None) -> None:
    own = {name: value for name, value in environment().items() if name != "SLTH_CONTAINER"}
    own |= {} if image is None else {"SLTH_CONTAINER": image}
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) > 20
    assert set(found.values()) == {image or None}


def test_a_container_is_asked_for_and_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, word in [(None, "not set"), ("", "not set"), ("slth.sif", "no file here")]:
        assert container(False, name) == (name or None)
        with pytest.raises(SystemExit, match=f"^slth: SLTH_CONTAINER: .*{word}"):
            container(True, name)
    Path("slth.sif").touch()
    assert container(True, "slth.sif") == "slth.sif"
    assert container(True, "docker://host/slth") == "docker://host/slth"


@pytest.mark.parametrize("name", ["APPTAINER_BIND", "SINGULARITY_BIND"])
def test_the_folder_of_the_rules_is_seen_in_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apptainer").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path) if name.startswith("A") else "")
    monkeypatch.delenv(name, raising=False)
    bind(Path("/rules"))
    assert os.environ[name] == "/rules"
    monkeypatch.setenv(name, "/data:/mnt")
    for _ in range(2):  # a job reads the rules again
        bind(Path("/rules"))
        assert os.environ[name] == "/data:/mnt,/rules"


def test_a_job_runs_in_the_image(fresh: Checkout, tmp_path: Path) -> None:
    program = tmp_path / "bin/apptainer"
    program.parent.mkdir()
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(0o755)
    (fresh.folder / "slth.sif").touch()
    result = "results/sample/cells/0.parquet"
    options = ["--cores", "1", "--software-deployment-method", "apptainer", "--", result]
    folders = [str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    fresh.run(*options, SLTH_CONTAINER="slth.sif", PATH=os.pathsep.join(folders))
    (call,) = (program.parent / "calls").read_text(encoding="utf-8").splitlines()
    assert " slth.sif bash -c " in call
    assert "run_stage.py" in call
    assert (fresh.folder / result).exists()
