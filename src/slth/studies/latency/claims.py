"""Why structure, in print: what a ticket costs to run and to store, by how it is stored.

Timings belong to the machine named in the section; ratios compare forms that ran in turn.
"""

from collections.abc import Mapping

import pandas as pd

from slth.studies.latency import wordings
from slth.studies.latency.claims_equal import compared, equal_macros
from slth.studies.latency.data import cells_of, equal_error
from slth.studies.latency.wordings import Origin, Saving
from slth.studies.printing.formatting import (
    count,
    escape,
    fixed,
    integer,
    listing,
    percent,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import any_of, clause, sentence, share

SAME = 0.9  # of the dense time: what is above has saved nothing to speak of
GIVEN = ("the latencies with their errors and sizes",)  # numbers that the run takes over
READS = {"latency": "latency", "latency_equal": "latency at equal error"}  # table: kind
COLUMNS = ["form", "batch", "threads", "kept", "ratio", "stored", "weights", "repeats", "own"]
COLUMNS += ["processor", "cores", "torch", "channels", "hidden", "side", "kernel"]


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    frame = complete("latency", frames["latency"], COLUMNS)
    return {
        "LatencyOrigin": _origin(frame),
        "LatencySetting": _setting(frame),
        "LatencyMasked": _masked(frame),
        "LatencySparse": _sparse(frame),
        "LatencyShrunk": _shrunk(frame),
        "LatencyAnswer": _answer(frame, equal_error(frames["latency_equal"])[1]),
        "LatencyMemory": _memory(frame),
        "LatencyRepeats": span(frame["repeats"]),
        **equal_macros(frames["latency_equal"]),
    }


def origin(frame: pd.DataFrame) -> Origin:
    """Which machine measured."""
    if frame.empty:
        return Origin.NOTHING
    return Origin.OWN if frame["own"].iloc[0] else Origin.BEFOREHAND


def _origin(frame: pd.DataFrame) -> str:
    return sentence(
        origin(frame),
        wordings.ORIGIN,
        processor="".join(map(escape, frame["processor"][:1])),
        cores=integer(first(frame, "cores")),
        torch="".join(map(escape, frame["torch"][:1])),
    )


def _setting(frame: pd.DataFrame) -> str:
    return sentence(
        any_of(frame),
        wordings.SETTING,
        channels=integer(first(frame, "channels")),
        hidden=integer(first(frame, "hidden")),
        side=f"{first(frame, 'side'):g}",
        kernel=f"{first(frame, 'kernel'):g}",
    )


def saving(ratio: pd.Series) -> Saving:
    """Whether time is saved, by the least and the largest ratio to the dense time."""
    if ratio.empty:
        return Saving.NOTHING
    return (
        Saving.NONE if ratio.min() > SAME else Saving.PART if ratio.max() < SAME else Saving.UNCLEAR
    )


def _ends(ratio: pd.Series) -> dict[str, str]:
    return {"low": fixed(float(ratio.min())), "high": fixed(float(ratio.max()))}


def _masked(frame: pd.DataFrame) -> str:
    """What zeros that are stored cost."""
    ratio = frame.loc[frame["form"].isin(["masked", "blocked"]), "ratio"]
    return sentence(saving(ratio), wordings.SAVING, **_ends(ratio))


def _sparse(frame: pd.DataFrame) -> str:
    """Where the compressed form pays, by medians."""
    rows = frame[frame["form"] == "csr"]
    fast = rows[rows["ratio"] < 1]
    most = {
        (batch, threads): fast.loc[
            (fast["batch"] == batch) & (fast["threads"] == threads), "kept"
        ].max()
        for batch, threads in cells_of(frame)
    }
    pays = {cell: kept for cell, kept in most.items() if pd.notna(kept)}
    shown = (f"at most {percent(kept, 0)} kept at {_cell(*cell)}" for cell, kept in pays.items())
    return sentence(
        share(len(pays), len(most) if len(rows) else 0),
        wordings.SPARSE,
        pays=listing(shown),
        never=listing(_cell(*cell) for cell in most if cell not in pays),
        **_ends(rows["ratio"]),
    )


def _shrunk(frame: pd.DataFrame) -> str:
    """What equal weights in whole channels take, against dense and against CSR."""
    own, gain = _gain(frame)
    clause_of_gain = clause(
        share(int((gain > 1).sum()), len(gain)),
        wordings.GAIN,
        faster=integer((gain > 1).sum()),
        compared=count(len(gain), "comparison"),
        least=fixed(gain.min(), 1),
        most=fixed(gain.max(), 1),
    )
    return sentence(any_of(own), wordings.SHRUNK, gain=clause_of_gain, **_ends(own))


def _gain(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Time of shrunk networks over dense; of CSR over shrunk, where both were measured."""
    key = ["kept", "batch", "threads"]
    csr, own = (frame[frame["form"] == form].set_index(key)["ratio"] for form in ("csr", "shrunk"))
    both = own.to_frame("own").assign(csr=csr)
    return own, (both["csr"] / both["own"]).dropna()


def _answer(frame: pd.DataFrame, tickets: pd.DataFrame) -> str:
    """Whole channels against single weights: equal weights of one layer, then equal errors."""
    _, gain = _gain(frame)
    ends = {"least": fixed(gain.min(), 1), "most": fixed(gain.max(), 1)}
    verdict, quicker = compared(tickets)
    times = span(1 / quicker, "number", 2) if len(quicker) else ""
    equal = clause(verdict, wordings.ANSWER_EQUAL, times=times)
    return clause(any_of(gain), wordings.ANSWER, equal=equal, **ends)


def _memory(frame: pd.DataFrame) -> str:
    """Bytes per kept weight."""
    per_weight = frame["stored"] / frame["weights"]
    shown = [
        f"{span(per_weight[frame['form'] == form], 'fixed', 1)} bytes {words}"
        for form, words in wordings.STORED.items()
        if (frame["form"] == form).any()
    ]
    return sentence(any_of(shown), wordings.MEMORY, bytes=listing(shown))


def _cell(batch: int, threads: int) -> str:
    return f"batch {integer(batch)} on {integer(threads)} thread" + ("s" if threads > 1 else "")
