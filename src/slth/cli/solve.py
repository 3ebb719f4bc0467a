"""`slth solve X.npy z.npy --eps`: which candidates sum to the target."""

from pathlib import Path
from typing import Annotated

import typer

from slth.cli.ending import Code, ending, tell, working
from slth.cli.inputs import Json, Seed, array, destination

NAME = "solve"


@ending
def solve(
    x: Annotated[Path, typer.Argument(metavar="X", help="Candidates (n, d), .npy or .csv.")],
    z: Annotated[Path, typer.Argument(metavar="Z", help="Target (d,), .npy or .csv.")],
    eps: Annotated[
        float | None, typer.Option(help="Tolerance per coordinate; without, the least error.")
    ] = None,
    solver: Annotated[str, typer.Option(help="A name of slth.solvers(), or auto.")] = "auto",
    budget: Annotated[int | None, typer.Option(help="Subsets, pairs or nodes at most.")] = None,
    size: Annotated[int | None, typer.Option(help="Only subsets of so many candidates.")] = None,
    memory: Annotated[float, typer.Option(help="GiB that the search may take.")] = 4.0,
    threads: Annotated[int | None, typer.Option(help="Never changes the answer.")] = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Write keep, (n,) bool, to this .npy.")] = None,
    json: Json = False,
) -> Code:
    """Find a subset of the candidates X whose sum is within eps of z, or nearest.

    Exit code 0: found within eps, or proved nearest without eps; 1: proved that no subset is within
    eps; 2: wrong input; 3: the search ended before it knew; 4: more memory than allowed. Ctrl-C
    ends the search with its best subset until then, told and written as any, and exit code 130.
    """
    import numpy as np

    from slth import checks
    from slth.problem import Status
    from slth.solvers import InterruptedSearch
    from slth.solvers import solve as search

    X, target = array("X", x), array("z", z)
    bound = int(checks.positive("--memory", memory) * 2**30)
    if out is not None:
        destination(out, ".npy")
    asked = {"solver": solver, "budget": budget, "seed": seed, "threads": threads, "size": size}
    stopped = False
    with working("searching"):
        try:
            found = search(X, target, eps, memory=max(bound, 1), **asked)  # type: ignore[arg-type]
        except InterruptedSearch as error:
            found, stopped = error.solution, True
    if out is not None:
        np.save(out, found.keep)
    kept = np.flatnonzero(found.keep)
    facts = {
        "status": found.status.name,
        "error": found.error,
        "proved": found.proved,
        "kept": kept,
        "n": len(found.keep),
        "work": found.work,
        "solver": found.solver,
        "reason": found.reason,
        "seconds": found.seconds,
    }
    shown = " ".join(map(str, kept[:20])) + (" …" if len(kept) > 20 else "")
    tell(f"{found}\n  kept: {shown}", facts, json)
    if stopped:
        raise KeyboardInterrupt
    if found.status is Status.HIT or (found.status is Status.OPTIMAL and eps is None):
        return Code.HOLDS
    return Code.FAILS if found.proved else Code.OPEN
