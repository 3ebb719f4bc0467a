"""The subset problems of every ticket."""

import pandas as pd
from torch import nn

from slth import frames, seeding
from slth.networks.storage import load_network, load_networks
from slth.progress import track
from slth.studies.devices import device_for
from slth.studies.job import Job
from slth.studies.tickets.arms import Networks, arm_seed, keyed, options, replicates
from slth.studies.tickets.settings import Arm
from slth.tickets.problems import solve_problems
from slth.tickets.stages import subset_problems


def run(job: Job) -> None:
    """Solve the subset problems of an arm's replicates."""
    p, arm, target = job.params, Arm(**job.params.arm), load_network(job.input.target)
    rows = [
        solve_blocks(*(target, load_networks(job.input.sources, str(r)), arm, p.seed, r, p.device))
        for r in replicates(arm, p.shard)
    ]
    frames.write(job.output[0], pd.concat(rows, ignore_index=True), "solved blocks")


def solve_blocks(
    target: nn.Sequential,
    sources: Networks,
    arm: Arm,
    seed: int,
    replicate: int,
    device: str = "cpu",
) -> pd.DataFrame:
    """Solve every subset problem of one replicate; one row per problem, failures included.

    device: of the search, "auto" for a GPU where there is one; its log and the rows say which.
    """
    own = arm_seed(arm, seed, replicate)
    device = device_for(arm.solver, device)
    parts = []
    for n, source in track(sources.items(), len(sources), f"{arm.name}: sizes"):
        problems = subset_problems(target, source, **options(arm))
        rows = solve_problems(
            problems,
            arm.eps,
            arm.solver,
            arm.budget,
            seeding.child(own, n),
            threads=1,
            device=device,
        )
        parts.append(keyed(rows.assign(device=device), arm, int(n), replicate))
    return pd.concat(parts, ignore_index=True)
