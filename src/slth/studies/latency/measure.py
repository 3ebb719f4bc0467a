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
EQUAL_KEYS = ["network", "data", "granularity", "n", "form", "batch", "threads"]
EQUAL_VALUES = ["seconds", "ratio", "low", "high", "repeats", "weights", "stored"]
EQUAL_VALUES += ["error", "accuracy"]
EQUAL = ["experiment", *EQUAL_KEYS, *EQUAL_VALUES]


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


def read_equal_error(path: str | Path) -> pd.DataFrame:
    """Return `EQUAL` of the same JSON: tickets of a trained network at about equal error.

    No rows where the file has none, as older ones; ValueError where a row lacks a number.
    error: on held-out images over the target's largest output. seconds: of an image. ratio, low,
    high: as above, to the trained network's, which is the granularity "network".
    """
    try:
        rows = pd.DataFrame(read_json(path).get("real", []), columns=[*EQUAL_KEYS, *EQUAL_VALUES])
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a file of latencies ({error}); run make latency") from None
    if rows.isna().any(axis=None):
        raise ValueError(f"{path}: real: lacks numbers; run make latency")
    numbers = ["seconds", "ratio", "low", "high", "error", "accuracy"]
    typed = rows.astype(dict.fromkeys(numbers, float))
    return typed.assign(experiment="latency at equal error")[EQUAL]


def run(job: Job) -> None:
    """Take over the latencies of a file."""
    path = job.input.measured
    own = path.startswith("results/")
    frames.write(job.output.latency, read_latencies(path, own), "latency")
    kind = "latency at equal error"
    frames.write(job.output.latency_equal, read_equal_error(path), kind)
