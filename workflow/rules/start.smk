# Where the project is, and its config.yaml, which is read before Snakemake reads it: what is wrong
# with it becomes a line, not a traceback.
import os
import sys
from pathlib import Path

if not isinstance(workflow.current_basedir, os.PathLike):
    sys.exit(
        "slth: the rules read files beside them; import workflow/Snakefile instead"
    )

ROOT = Path(workflow.current_basedir).resolve().parents[1]
IMPORTED = not workflow.modifier.is_main_snakefile()  # a module of another workflow
ELSEWHERE = ROOT != Path.cwd().resolve()  # in another folder than the project's

sys.path.insert(0, str(ROOT / "src"))

from slth.configuration import read_or_exit
from slth.running import refuse_placeholders, safe_interpreter

refuse_placeholders(ROOT)
sys.executable = safe_interpreter(sys.executable)

if not IMPORTED:
    read_or_exit(["config.yaml"])
