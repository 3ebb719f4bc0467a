"""The chosen filters become physically smaller networks."""

import pandas as pd
from torch import nn

from slth import frames, seeding
from slth.networks.storage import load_network, load_networks, save_networks
from slth.studies.job import Job
from slth.studies.tickets.arms import Networks, arm_seed, keyed, options, replicates
from slth.studies.tickets.settings import Arm
from slth.tickets.control import random_control
from slth.tickets.stages import assemble


def run(job: Job) -> None:
    """Construct the tickets of an arm's replicates; networks are called ``{replicate}/{key}``."""
    arm, target = Arm(**job.params.arm), load_network(job.input.target)
    blocks = frames.read(job.input.blocks, "solved blocks")
    networks: Networks = {}
    rows = []
    for r in replicates(arm, job.params.shard):
        sources, own = load_networks(job.input.sources, str(r)), blocks[blocks["replicate"] == r]
        made, counts = construct_tickets(target, sources, own, arm, job.params.seed, r)
        networks |= {f"{r}/{key}": network for key, network in made.items()}
        rows.append(counts)
    save_networks(job.output.networks, networks)
    frames.write(job.output.rows, pd.concat(rows, ignore_index=True), "constructed tickets")


def construct_tickets(
    target: nn.Sequential,
    sources: Networks,
    blocks: pd.DataFrame,
    arm: Arm,
    seed: int,
    replicate: int,
) -> tuple[Networks, pd.DataFrame]:
    """Make ticket and control of every n; return the networks and a row of counts for each n.

    Keys of the networks: ``{n}-ticket`` and ``{n}-control`` (as many filters, kept at random).
    """
    networks: Networks = {}
    rows = []
    for n, source in sources.items():
        solutions = blocks[blocks["n"] == int(n)]
        ticket = assemble(target, source, solutions, **options(arm))
        control = random_control(
            ticket, seeding.child(arm_seed(arm, seed, replicate), "control", n)
        )
        networks[f"{n}-ticket"], networks[f"{n}-control"] = ticket.ticket, control.ticket
        counts = {
            "d": int(solutions["d"].max()),
            "problems": len(solutions),
            "hits": int((solutions["status"] == "HIT").sum()),
            "worst_error": float(solutions["error"].max()),
            "kept_fraction": ticket.kept_fraction,
            **{f"{word}_parameters": count for word, count in ticket.parameters.items()},
        }
        rows.append(keyed(pd.DataFrame([counts]), arm, int(n), replicate))
    return networks, pd.concat(rows, ignore_index=True)
