"""Why structure, in print: what a ticket costs to run and to store, by how it is stored.

Timings belong to the machine named in the section; ratios compare forms that ran in turn.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from slth.studies.latency.data import cells_of
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    percent,
    sentence,
    span,
)

SAME = 0.9  # of the dense time: what is above has saved nothing to speak of
SIZE = ["channels", "hidden", "side"]


GIVEN = ("the latencies",)  # numbers that the run takes over
READS = {"latency": "latency"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    frame = frames["latency"]
    return {
        "LatencyOrigin": _origin(frame),
        "LatencySetting": _setting(frame),
        "LatencyMasked": _masked(frame),
        "LatencySparse": _sparse(frame),
        "LatencyShrunk": _shrunk(frame),
        "LatencyMemory": _memory(frame),
        "LatencyRepeats": span(frame["repeats"].to_numpy(float)) if len(frame) else MISSING,
    }


def _origin(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "Latencies were not measured."
    first = frame.iloc[0]
    where = "on the machine that typeset this" if first["own"] else "beforehand, on one machine"
    return sentence(
        f"these timings were taken {where} ({escape(first['processor'])}, "
        f"{integer(first['cores'])} cores, torch {escape(first['torch'])}), "
        r"by \texttt{make latency}"
    )


def _setting(frame: pd.DataFrame) -> str:
    if frame.empty:
        return ""
    c, hidden, side = (int(frame[key].iloc[0]) for key in SIZE)
    k = int(frame["kernel"].iloc[0])
    return sentence(
        rf"the layer has {integer(c)} channels in and out, ${k}\times{k}$ kernels and images of "
        rf"${side}\times{side}$ pixels, its random network {integer(hidden)} hidden channels, and "
        "all numbers are of single precision"
    )


def _masked(frame: pd.DataFrame) -> str:
    """What zeros that are stored cost."""
    if frame.empty:
        return ""
    found = frame[frame["form"].isin(["masked", "blocked"])]
    if found.empty:
        return ""
    low, high = float(found["ratio"].min()), float(found["ratio"].max())
    words = "storing the zeros of what is removed has no clear effect on the time"
    if low > SAME:
        words = "removing weights and storing the zeros saves no time"
    elif high < SAME:
        words = "removing weights and storing the zeros saves part of the time"
    return sentence(f"{words}: such networks take {fixed(low)} to {fixed(high)} of the dense time")


def _sparse(frame: pd.DataFrame) -> str:
    """Where the compressed form pays, by medians."""
    found = frame[frame["form"] == "csr"] if len(frame) else frame
    if found.empty:
        return ""
    parts = []
    for batch, threads in cells_of(frame):
        of = found[(found["batch"] == batch) & (found["threads"] == threads)]
        gains = sorted(of.loc[of["ratio"] < 1, "kept"])
        parts.append((_cell_words(batch, threads), gains, of))
    never = [words for words, gains, _ in parts if not gains]
    pays = [(words, gains) for words, gains, _ in parts if gains]
    low, high = float(found["ratio"].min()), float(found["ratio"].max())
    text = (
        f"compressed by rows, the same weights take {fixed(low)} to {fixed(high)} times the dense "
        "time"
    )
    if pays:
        text += "; this is faster than dense with " + listing(
            f"at most {percent(gains[-1], 0)} kept at {words}" for words, gains in pays
        )
    if never:
        text += f"; {'it is never faster' if not pays else 'never'} at {listing(never)}"
    return sentence(text)


def _shrunk(frame: pd.DataFrame) -> str:
    """What equal weights in whole channels take, against dense and against CSR."""
    found = frame[frame["form"] == "shrunk"] if len(frame) else frame
    if found.empty:
        return ""
    low, high = float(found["ratio"].min()), float(found["ratio"].max())
    key = ["kept", "batch", "threads"]
    both = found.set_index(key)["ratio"].to_frame("own")
    both["csr"] = frame[frame["form"] == "csr"].set_index(key)["ratio"]
    gain = (both["csr"] / both["own"]).dropna()
    text = (
        f"as many weights in whole channels, the rest removed, take {fixed(low)} to {fixed(high)} "
        "of the dense time"
    )
    if len(gain):
        faster = int((gain > 1).sum())
        text += (
            f"; in {integer(faster)} of {integer(len(gain))} comparisons they are faster than the "
            "compressed form of equally many single weights, by factors of "
            f"{fixed(gain.min(), 1)} to {fixed(gain.max(), 1)}"
        )
    return sentence(text)


def _memory(frame: pd.DataFrame) -> str:
    """Bytes a kept weight."""
    if frame.empty:
        return ""
    parts = []
    for form, words in (("csr", "compressed by rows"), ("shrunk", "in a shrunk network")):
        of = frame[frame["form"] == form]
        if len(of):
            bytes_each = (of["stored"] / of["weights"]).to_numpy(float)
            parts.append(f"{_spanned(bytes_each)} bytes {words}")
    if not parts:
        return ""
    return sentence(f"a kept weight costs {listing(parts)}, indices included")


def _spanned(values: Sequence[float] | np.ndarray) -> str:
    low, high = fixed(float(np.min(values)), 1), fixed(float(np.max(values)), 1)
    return low if low == high else f"{low} to {high}"


def _cell_words(batch: int, threads: int) -> str:
    return f"batch {integer(batch)} on {integer(threads)} thread" + ("s" if threads > 1 else "")
