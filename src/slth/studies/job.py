"""What a stage is given: the files, parameters and log of one job of its rule."""

from typing import Any, Protocol


class Job(Protocol):
    """The part of Snakemake's job that stages use."""

    input: Any
    output: Any
    params: Any
    log: Any
