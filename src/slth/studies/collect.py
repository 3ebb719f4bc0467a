"""The stage of every study that gathers the rows of its shards."""

from slth import frames
from slth.studies.job import Job


def run(job: Job) -> None:
    """Write each output of ``params.kinds``, a mapping of name to kind, from the input so named.

    ``params.order``, where given: the column by which rows are sorted, those equal as they came.
    """
    for name, kind in job.params.kinds.items():
        rows = frames.read_all(job.input[name], kind)
        column = job.params.get("order")
        if column:
            rows = rows.sort_values(column, kind="stable", ignore_index=True)
        frames.write(job.output[name], rows, kind)
