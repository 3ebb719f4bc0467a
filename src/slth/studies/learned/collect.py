"""The rows of every learned mask."""

import pandas as pd

from slth import frames
from slth.studies.job import Job
from slth.studies.learned.learn import COLUMNS as MASKS
from slth.studies.learned.longer import COLUMNS as LONGER
from slth.studies.learned.routes import COLUMNS as ROUTES

KINDS = {
    "learned": ("learned masks", MASKS),
    "learned_longer": ("longer trainings", LONGER),
    "routes": ("learned routes", ROUTES),
}


def run(job: Job) -> None:
    """Gather masks, longer trainings and routes, of which a run may have none."""
    for name, (kind, columns) in KINDS.items():
        table = frames.read_all(job.input[name], kind)
        empty = pd.DataFrame(columns=columns)
        frames.write(job.output[name], table if len(table) else empty, kind)
