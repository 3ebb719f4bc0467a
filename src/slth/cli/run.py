"""`slth run changes.yaml`: the workflow, from samples to the paper, by Snakemake."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from slth.cli.ending import Code, ending, tell
from slth.cli.inputs import Json

NAME = "run"
STDERR = 2  # the descriptor
TERMINATED = 128  # the code of a process that a signal ended, less the signal


@ending
def run(
    config: Annotated[
        Path | None, typer.Argument(help="Changes laid over config.yaml, as config/ci.yaml.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Of the Snakefile.")] = Path("."),
    cores: Annotated[str, typer.Option(help="A number, or all.")] = "all",
    target: Annotated[
        list[str] | None, typer.Option(help="Files to make; without, the paper. Repeat it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would run.")] = False,
    json: Json = False,
) -> int:
    """Run the workflow in a folder with its Snakefile: only what changed is computed.

    Exit code: Snakemake's, 0 when everything was made; 2: wrong input. With --json Snakemake's
    own words go to stderr.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise ModuleNotFoundError(
            "snakemake: is not installed; the workflow needs pip install 'slth[workflow]'"
        )
    if not (folder / "Snakefile").is_file():
        raise FileNotFoundError(
            f"--folder: got {folder}, which has no Snakefile; takes a checkout of slth, or a "
            "folder that snakedeploy made"
        )
    if cores != "all" and not (cores.isdecimal() and int(cores)):
        raise ValueError(f"--cores: got {cores!r}, takes a number >= 1, or all")
    line = [sys.executable, "-m", "snakemake", "--cores", cores]
    if config is not None:
        if not config.is_file():
            raise FileNotFoundError(2, os.strerror(2), str(config))
        line += ["--configfile", str(config.resolve())]
    line += ["--dry-run"] if dry_run else []
    line += ["--", *target] if target else []
    ended = subprocess.run(line, cwd=folder, stdout=STDERR if json else None, check=False)
    code = ended.returncode if ended.returncode >= 0 else TERMINATED - ended.returncode
    words = "done" if code == Code.HOLDS else f"Snakemake ended with {code}"
    if json or code:
        tell(words, {"code": code, "command": line, "folder": str(folder.resolve())}, json)
    return code
