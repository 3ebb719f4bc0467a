"""Errors and sizes of every construction's tickets."""

from slth import frames
from slth.studies.job import Job
from slth.studies.price.grid import measure_price
from slth.studies.price.settings import Settings
from slth.studies.price.sizes import measure_sizes


def run(job: Job) -> None:
    """Build and measure the tickets of a shard."""
    p, settings = job.params, Settings(**job.params.settings)
    rows = measure_price(settings, p.bracket, p.seed, p.shard, p.device)
    frames.write(job.output.price, rows, "priced tickets")
    frames.write(job.output.sizes, measure_sizes(settings, p.seed, p.shard), "sized tickets")
