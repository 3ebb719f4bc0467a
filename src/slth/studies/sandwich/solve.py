"""Random pairs of networks, bracketed and probed."""

from slth import frames
from slth.studies.job import Job
from slth.studies.sandwich.measure import sandwich_pairs
from slth.studies.sandwich.settings import Settings


def run(job: Job) -> None:
    """Bracket the pairs of a shard."""
    p = job.params
    rows = sandwich_pairs(Settings(**p.settings), p.bracket, p.seed, p.shard, p.device)
    frames.write(job.output[0], rows, "sandwich pairs")
