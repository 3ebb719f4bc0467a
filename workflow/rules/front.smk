# config.yaml is read before Snakemake reads it: what is wrong with it becomes a line, not a traceback.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from slth.configuration import read_or_exit

read_or_exit(["config.yaml"])
