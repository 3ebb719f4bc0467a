"""The rows of every learned mask."""

import pandas as pd

from slth import frames
from slth.studies.job import Job
from slth.studies.learned.learn import COLUMNS as MASKS
from slth.studies.learned.routes import COLUMNS as ROUTES

KINDS = {"learned": ("learned masks", MASKS), "routes": ("learned routes", ROUTES)}


def run(job: Job) -> None:
    """Gather masks, and routes, of which a run may have none."""
    for name, (kind, columns) in KINDS.items():
        paths = list(job.input[name])
        table = frames.read_all(paths, kind) if paths else pd.DataFrame(columns=columns)
        frames.write(job.output[name], table, kind)
