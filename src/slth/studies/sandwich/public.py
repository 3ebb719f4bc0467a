"""Public pairs of networks, as ``python -m benchmarks.equivalence`` bracketed them, as rows."""

import re
from pathlib import Path

import pandas as pd

from slth.bounded import read_json

PART = "public"
VALUES = ["pair", "inputs", "varied", "lower", "upper", "boxes", "splitting_seconds"]
DECIDED = ["eps", "eps_holds", "eps_seconds"]  # where one distance was asked for
COLUMNS = [*VALUES, *(f"asked_{name}" for name in DECIDED), "processor", "own"]


def read_public(path: str | Path, own: bool) -> pd.DataFrame:
    """Return `COLUMNS`, a row per pair and box; ValueError when the file is not of the benchmark.

    own: bracketed where the paper is made. inputs, varied: of the networks, and those that the box
    leaves more than one value. lower, upper: after ``boxes`` halved boxes and ``splitting_seconds``
    CPU seconds of one thread. asked_eps: a distance; asked_eps_holds: whether it is one at most,
    None where that is open; asked_eps_seconds: CPU seconds until then.
    """
    try:
        report = read_json(path)
        rows = pd.DataFrame(report["rows"])
        found = rows[VALUES].assign(
            **{f"asked_{name}": rows.get(name) for name in DECIDED},
            processor=report["machine"]["processor"],
        )
        typed = found.astype(dict.fromkeys(["lower", "upper", "splitting_seconds"], float))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: not a file of pairs ({error}); run python -m benchmarks.equivalence"
        ) from None
    if (typed["lower"] > typed["upper"] * (1 + 1e-12)).any():
        raise ValueError(f"{path}: holds a lower end above its upper one")
    return typed.assign(part=PART, experiment="sandwich", own=own)


def name_of(pair: str) -> str:
    """A pair in print: the words of its twin's file, less those of its training and of its kind."""
    words = pair.split(" over ")[0].split("_")
    return " ".join(w for w in words if not re.fullmatch(r"batch|\d{4,}|run\w*|relu", w))
