"""`slth verify`: are the results of the last run as their manifest says."""

from pathlib import Path
from typing import Annotated

import typer

from slth.cli.ending import Code, ending, tell
from slth.cli.inputs import Json

NAME = "verify"


@ending
def verify(
    manifest: Annotated[
        Path, typer.Argument(help="Its artifacts are looked for in the current folder.")
    ] = Path("results/manifest.json"),
    json: Json = False,
) -> Code:
    """Compare every file of the last run with its SHA-256 in results/manifest.json.

    Exit code 0: all are as it says; 1: some differ or are missing, one line each; 2: no manifest.
    """
    from slth.manifest import read_manifest
    from slth.manifest import verify as faults_of

    if not manifest.exists():
        raise ValueError(
            f"manifest: {manifest} is missing; a finished run writes it: call verify in its folder"
        )
    held = read_manifest(manifest)["artifacts"]
    faults = faults_of(manifest)
    count = f"{len(held)} artifacts are as {manifest} says"
    facts = {"manifest": str(manifest), "artifacts": len(held), "faults": faults}
    tell("\n".join(faults) if faults else count, facts, json)
    return Code.FAILS if faults else Code.HOLDS
