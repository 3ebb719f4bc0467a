"""The prices beside what the theorems predict."""

from slth import frames
from slth.studies.job import Job
from slth.studies.price.settings import Settings
from slth.studies.price.widths import with_predictions


def run(job: Job) -> None:
    """Gather the rows of every shard."""
    rows = frames.read_all(job.input.price, "priced tickets")
    rows = with_predictions(rows, Settings(**job.params.settings), job.params.seed)
    frames.write(job.output.price, rows, "price")
    frames.write(job.output.sizes, frames.read_all(job.input.sizes, "sized tickets"), "sizes")
