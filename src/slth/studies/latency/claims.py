"""Why structure, in print: what a ticket costs to run and to store, by how it is stored.

Timings belong to the machine named in the section; ratios compare forms that ran in turn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import style
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    span,
)

FIGURES = ("latencies",)
TABLES = ("latencies",)
FORMS = {
    "masked": "weights, zeros",
    "csr": "weights, CSR",
    "blocked": "channels, zeros",
    "shrunk": "channels, shrunk",
}
DENSE, TARGET = "dense", "target"
MEBI = 2.0**20
SAME = 0.9  # of the dense time: what is above has saved nothing to speak of
SIZE = ["channels", "hidden", "side"]


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Time against kept weights, a panel for each batch on one thread."""
    return {"latencies": _figure(frames["latency"])}


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """One row a kept fraction and form: sizes, and times over the dense network's."""
    frame = frames["latency"]
    cells = _cells(frame)
    spans = [rf"\multicolumn{{{max(len(cells), 1)}}}{{c}}{{time over dense, batch / threads}}"]
    wide = max(len(_batches(frame)), 1)
    spans.append(rf"\multicolumn{{{wide}}}{{c}}{{pass, MiB, batch}}")
    header = [["", "weights", "stored", *spans]]
    words = [f"{batch} / {threads}" for batch, threads in cells] or [MISSING]
    batches = [str(batch) for batch in _batches(frame)] or [MISSING]
    header.append(["", "kept", "MiB", *words, *batches])
    rows: list[list[str] | str] = []
    for kept, part in _by_kept(frame):
        rows.append(_heading(kept, part))
        for form in (TARGET, DENSE, *FORMS):
            of = part[part["form"] == form]
            if len(of):
                rows.append(_row(frame, of, form))
    columns = "lrr" + "r" * max(len(cells), 1) + "r" * wide
    last = 3 + max(len(cells), 1)
    rules = rf"\cmidrule(lr){{4-{last}}}\cmidrule(lr){{{last + 1}-{last + wide}}}"
    return {"latencies": Table(columns, header, rows, rules=rules)}


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


def _batches(frame: pd.DataFrame) -> list[int]:
    return sorted(set(frame["batch"])) if len(frame) else []


def _cells(frame: pd.DataFrame) -> list[tuple[int, int]]:
    if frame.empty:
        return []
    return sorted(set(zip(frame["batch"], frame["threads"], strict=True)))


def _by_kept(frame: pd.DataFrame) -> list[tuple[float, pd.DataFrame]]:
    """(1, target and dense), then falling fractions kept."""
    if frame.empty:
        return []
    order = sorted(set(frame["kept"]), reverse=True)
    return [(kept, frame[frame["kept"] == kept]) for kept in order]


def _heading(kept: float, part: pd.DataFrame) -> str:
    if set(part["form"]) <= {DENSE, TARGET}:
        return r"\textit{nothing removed}"
    return rf"\textit{{kept: {percent(kept, 0)} of the hidden layer's weights}}"


def _row(frame: pd.DataFrame, of: pd.DataFrame, form: str) -> list[str]:
    names = {DENSE: "dense", TARGET: "target", **FORMS}
    found = {(row["batch"], row["threads"]): row for row in of.to_dict("records")}
    cells = [_ratio(found[cell]) if cell in found else MISSING for cell in _cells(frame)]
    peaks = []
    for batch in _batches(frame):
        peak = of[(of["batch"] == batch) & (of["threads"] == of["threads"].min())]["peak"]
        value = float(peak.iloc[0]) / MEBI if len(peak) else np.nan
        peaks.append(MISSING if np.isnan(value) else number(value))
    first = of.iloc[0]
    sizes = [integer(first["weights"]), number(float(first["stored"]) / MEBI)]
    return [names[form], *sizes, *cells, *peaks]


def _ratio(row: Mapping[Any, Any]) -> str:
    low, middle, high = (number(float(row[key])) for key in ("low", "ratio", "high"))
    return f"{middle} ({low}, {high})"


@style.styled
def _figure(frame: pd.DataFrame) -> Figure:
    batches = _batches(frame)
    if not batches:
        return style.empty("No latency was measured.")
    figure, axes = style.panels(len(batches), height=2.0, columns=2)
    threads = int(frame["threads"].min())
    for ax, batch in zip(axes, batches, strict=True):
        chosen = frame[(frame["batch"] == batch) & (frame["threads"] == threads)]
        _panel(ax, chosen)
        ax.set_title(f"batch {batch}, {threads} thread" + ("s" if threads > 1 else ""))
        ax.set_xlabel("share of weights kept")
    axes[0].set_ylabel("time over dense")
    style.legend(figure, axes)
    return figure


def _panel(ax: Axes, table: pd.DataFrame) -> None:
    for index, (form, words) in enumerate(FORMS.items()):
        part = table[table["form"] == form].sort_values("kept")
        middle = part["ratio"].to_numpy(float)
        ends = np.abs(part[["low", "high"]].to_numpy(float).T - middle)
        ax.errorbar(part["kept"], middle, ends, label=words, **style.series(index).both())
    ax.axhline(1.0, color=style.REFERENCE, linewidth=0.8, label="dense")
    kept = np.sort(table.loc[table["form"].isin(list(FORMS)), "kept"].unique())
    ax.set_xscale("log")
    ax.set_xticks(kept, [f"{value:g}" for value in kept])
    ax.minorticks_off()
    style.log_axis(ax)


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
    for batch, threads in _cells(frame):
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
