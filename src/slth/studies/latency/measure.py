"""Measured latencies, as ``make latency`` wrote them, as a table with the machine in every row."""

from pathlib import Path

import pandas as pd

from slth import frames
from slth.bounded import read_json
from slth.studies.job import Job

KEYS = ["form", "kept", "channels", "hidden", "kernel", "side", "batch", "threads"]
VALUES = ["seconds", "ratio", "low", "high", "repeats", "weights", "stored", "peak", "error"]
MACHINE = ["processor", "cores", "torch"]
COLUMNS = ["experiment", *KEYS, *VALUES, *MACHINE, "own"]


def read_latencies(path: str | Path, own: bool) -> pd.DataFrame:
    """Return `COLUMNS` of the JSON of ``benchmarks/latency.py``; ValueError when it is not one.

    own: measured where the paper is made. seconds: median of a forward pass over ``repeats``.
    ratio, low, high: median and quartiles of its ratios to the dense network's in the same round.
    kept: share of the hidden weights. weights: kept numbers. stored: bytes of weights and indices.
    peak: bytes a pass adds to the resident memory, NaN if unknown.
    """
    try:
        report = read_json(path)
        rows = pd.DataFrame(report["rows"], columns=[*KEYS, *VALUES])
        machine = {key: report["machine"][key] for key in ("processor", "cores")}
        machine["torch"] = report["versions"]["torch"]
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a file of latencies ({error}); run make latency") from None
    if rows.empty or rows[[*KEYS, "seconds", "ratio", "low", "high"]].isna().any(axis=None):
        raise ValueError(f"{path}: lacks rows or {', '.join(KEYS)}; run make latency")
    typed = rows.astype(dict.fromkeys(["seconds", "ratio", "low", "high", "peak", "error"], float))
    return typed.assign(experiment="latency", **machine, own=own)[COLUMNS]


def run(job: Job) -> None:
    """Take over the latencies of a file."""
    own = job.input.measured.startswith("results/")
    frames.write(job.output[0], read_latencies(job.input.measured, own), "latency")
