"""The random networks that are pruned."""

from torch import nn

from slth.networks.storage import load_network, save_networks
from slth.studies.job import Job
from slth.studies.tickets.arms import Networks, arm_seed, options
from slth.studies.tickets.settings import Arm
from slth.tickets.stages import sample_source


def run(job: Job) -> None:
    """Draw the random networks of an arm."""
    target, arm = load_network(job.input.target), Arm(**job.params.arm)
    sources = {
        f"{replicate}/{n}": network
        for replicate in range(arm.seeds)
        for n, network in sample_sources(target, arm, job.params.seed, replicate).items()
    }
    save_networks(job.output[0], sources)


def sample_sources(target: nn.Sequential, arm: Arm, seed: int, replicate: int) -> Networks:
    """Draw the random networks of one replicate, keyed by n."""
    return {
        str(n): sample_source(target, n, arm_seed(arm, seed, replicate), **options(arm))
        for n in arm.n
    }
