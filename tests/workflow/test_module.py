"""Another workflow imports this one as a module: the same jobs, in a folder of its own."""

import subprocess
import sys
from pathlib import Path

import yaml

from slth.configuration import read
from tests.sweeps import sweep
from tests.workflow.conftest import Checkout, environment, rules_in

USER = """
configfile: "mine.yaml"

module slth:
    snakefile: {snakefile!r}
    config: config["slth"]

use rule * from slth

rule mine:
    default_target: True
    input: "paper/main.pdf", "results/manifest.json"
    output: "mine.txt"
    shell: "wc -c {{input}} > {{output}}"
"""


@sweep
def test_imported_as_a_module_it_plans_the_same_jobs(fresh: Checkout, tmp_path: Path) -> None:
    own = {rule for rule in fresh.planned() if rule != "all"}
    user = tmp_path / "user"
    user.mkdir()
    settings = read([fresh.folder / "config.yaml", fresh.folder / "config/ci.yaml"])
    (user / "mine.yaml").write_text(
        yaml.safe_dump({"slth": settings, "other": 1}), encoding="utf-8"
    )
    (user / "Snakefile").write_text(
        USER.format(snakefile=str(fresh.folder / "Snakefile")), encoding="utf-8"
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--dry-run"]
    done = subprocess.run(
        command, cwd=user, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = rules_in(done.stdout)
    assert {rule for rule in found if not rule.startswith("copy_")} == {*own, "mine"}
    assert "copy_main" in found  # the paper's prose is not where its numbers are
    assert sorted(path.name for path in user.iterdir()) == [".snakemake", "Snakefile", "mine.yaml"]
