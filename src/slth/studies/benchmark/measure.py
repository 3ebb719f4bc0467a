"""What ``make bench`` wrote, as a table with the machine in every row."""

import json
from pathlib import Path

import pandas as pd

from slth import frames
from slth.bounded import read_json
from slth.studies.job import Job


def load(path: str | Path, own: bool = False) -> pd.DataFrame:
    """Return the rows of the JSON of ``make bench``, one a (task, solver, draw).

    info: the rest of the file as JSON, in every row: machine, versions, limit in seconds per peer,
    and ``own``, measured where the paper is made. ValueError naming the file when it is not one.
    """
    try:
        report = read_json(path)
        rows = pd.DataFrame(report.pop("rows"))
        missing = {"task", "kind", "n", "d", "eps", "threads", "solver", "seconds"} - set(rows)
        if missing:
            raise KeyError(", ".join(sorted(missing)))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a benchmark file ({error}); run make bench") from None
    return rows.assign(info=json.dumps({**report, "own": own}, sort_keys=True))


def run(job: Job) -> None:
    """Take over the times of a file."""
    own = job.input.measured.startswith("results/")
    frames.write(job.output[0], load(job.input.measured, own), "benchmark")
