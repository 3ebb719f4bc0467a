"""Standard usage: `snakedeploy`, or `module: snakefile: github(…)`, from a repository and no clone.

The repository is a local one, put in GitHub's place by git's own rewriting of addresses.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import PROJECT, Checkout, environment, publish, rules_in

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="no git on this machine")

TAG = "v9.9.9"
URL = "https://github.com/owner/slth"
# what snakedeploy 0.17.1 writes as workflow/Snakefile, beside copies of config/ and profiles/
DEPLOYED = f"""
configfile: "config/config.yaml"

module slth:
    snakefile: github("owner/slth", path="workflow/Snakefile", tag="{TAG}")
    config: config

use rule * from slth
"""


class Deployed:
    """A user's folder with a deployed workflow, in a world where GitHub has its repository."""

    def __init__(self, checkout: Checkout, world: Path) -> None:
        self.folder = world / "user"
        self.commit = publish(checkout.folder, TAG)
        rewriting = world / "gitconfig"
        rewriting.write_text(
            f'[url "file://{checkout.folder}"]\n\tinsteadOf = {URL}\n', encoding="utf-8"
        )
        self.world = {"GIT_CONFIG_GLOBAL": str(rewriting), "XDG_CACHE_HOME": str(world / "cache")}
        for part in ("config", "profiles"):
            shutil.copytree(checkout.folder / part, self.folder / part)
        (self.folder / "workflow").mkdir()
        (self.folder / "workflow/Snakefile").write_text(DEPLOYED, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--configfile", "config/ci.yaml", *arguments],
            cwd=self.folder,
            env={**environment(), **self.world},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def test_deployed_workflow_plans_all_and_runs(fresh: Checkout, tmp_path: Path) -> None:
    deployed = Deployed(fresh, tmp_path)
    planned = rules_in(deployed.run("--cores", "1", "--dry-run"))
    assert {"sample_cells", "copy_main", "compile_paper", "write_manifest", "all"} <= planned
    made = "results/sample/cells/0.parquet"
    deployed.run("--cores", "1", made, "paper/main.tex")
    assert (deployed.folder / made).stat().st_size
    prose = (deployed.folder / "paper/main.tex").read_bytes()
    assert prose == (PROJECT / "paper/main.tex").read_bytes()
    assert (deployed.folder / ".slth/source/.commit").read_text(
        encoding="utf-8"
    ).strip() == deployed.commit


def test_the_catalog_finds_what_it_looks_for() -> None:
    """https://snakemake.github.io/snakemake-workflow-catalog, on adding workflows."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (PROJECT / "workflow/Snakefile").is_file()
    assert (PROJECT / "config/README.md").is_file()
    usage = yaml.safe_load(
        (PROJECT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8")
    )["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}


def test_deployed_configs_are_the_projects() -> None:
    """snakedeploy copies config/ alone: config.yaml is there as a link, the overlays as files."""
    link = PROJECT / "config/config.yaml"
    assert os.readlink(link) == "../config.yaml"
    overlays = {path.name for path in (PROJECT / "config").glob("*.yaml")} - {link.name}
    assert overlays >= {"ci.yaml", "full.yaml", "gpu.yaml"}
    assert not any((PROJECT / "config" / name).is_symlink() for name in overlays)


@pytest.mark.parametrize("page", ["docs/module.md", "config/README.md"])
def test_links_of_the_pages_lead_to_files(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)]+)\)", text)
    assert links
    assert [link for link in links if not (PROJECT / page).parent.joinpath(link).exists()] == []
