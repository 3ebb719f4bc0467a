"""The benchmark figure: time against n for exact search, least error against size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.benchmark.data import PEERS, Benchmark, benchmark_of, growth, medians
from slth.studies.printing import style, titles
from slth.studies.printing.summaries import existence_limit

PLAIN = {name: titles.solver(name).replace("$", "") for name in titles.solvers()} | PEERS


FIGURES = ("benchmark",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figure by name."""
    return {"benchmark": benchmark_figure(benchmark_of(frames["benchmark"]))}


@style.styled
def benchmark_figure(benchmark: Benchmark) -> Figure:
    """Left: seconds to the proved optimum. Right: least error at (d, n) by solver."""
    table = medians(benchmark.rows)
    exact = table[(table["kind"] == "exact") & table["eps"].isna()]
    best = table[(table["kind"] == "best") & (table["threads"] == 1)]
    if exact.empty and best.empty:
        return style.empty("No benchmark.")
    figure, axes = style.panels(2, height=2.6, columns=2)
    _times(axes[0], exact, float(benchmark.info.get("limit", np.nan)))
    _errors(axes[1], best)
    return figure


def _times(ax: Axes, exact: pd.DataFrame, limit: float) -> None:
    own = exact[exact["solver"] == "mitm"]
    for index, (threads, part) in enumerate(own.groupby("threads", sort=True)):
        part = part.sort_values("n")
        words = f"meet in the middle, {threads} thread" + ("s" if threads != 1 else "")
        ax.plot(part["n"], part["seconds"], label=words, **style.series(index).both())
    fit = growth(exact)
    first = own[own["threads"] == 1].sort_values("n")
    if fit and len(first):
        n = np.array([first["n"].min(), own["n"].max()], dtype=float)
        start = float(first["seconds"].iloc[-1]) / 2 ** (float(first["n"].iloc[-1]) / 2)
        ax.plot(n, start * 2 ** (n / 2), color=style.REFERENCE, linewidth=0.8, label=r"$2^{n/2}$")
    for index, (name, part) in enumerate(
        exact[exact["solver"].isin(list(PEERS))].groupby("solver")
    ):
        look = style.series(index + 2)
        over = part["solved"].min() < 1
        ax.plot(
            part["n"] + 0.5 * (index - 1.5),
            part["seconds"],
            label=PLAIN[str(name)] + (" (limit)" if over else ""),
            **look.points(),
            fillstyle="none" if over else "full",
        )
    if np.isfinite(limit) and len(exact[exact["solver"].isin(list(PEERS))]):
        ax.axhline(limit, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    style.log_axis(ax)
    style.integer_axis(ax)
    ax.set_xlabel("candidates $n$ ($d = 4$)" if set(exact["d"]) == {4} else "candidates $n$")
    ax.set_ylabel("seconds to the least error")
    _key_above(ax, 2)


def _errors(ax: Axes, best: pd.DataFrame) -> None:
    pairs = best[["d", "n"]].drop_duplicates().sort_values(["d", "n"])
    sizes = list(pairs.itertuples(index=False, name=None))
    names = [name for name in PLAIN if name in set(best["solver"])]
    for index, name in enumerate(names):
        part = best[best["solver"] == name].set_index(["d", "n"])["error"]
        places = [k for k, size in enumerate(sizes) if size in part.index]
        shift = 0.1 * (index - (len(names) - 1) / 2)
        ax.plot(
            np.array(places) + shift,
            [part.loc[sizes[k]] for k in places],
            label=PLAIN[name].replace("$", ""),
            **style.series(index).points(),
        )
    if sizes:
        d, n = np.array(sizes, dtype=float).T
        least = max(float(best["error"].min()) / 10, 1e-9)
        limit = existence_limit(n, d)
        shown = limit >= least
        ax.plot(
            np.flatnonzero(shown),
            limit[shown],
            linestyle="none",
            marker="_",
            markersize=14,
            color=style.REFERENCE,
            label=r"$\varepsilon^\ast(n,d)$",
        )
        ax.set_xticks(range(len(sizes)), [f"{d:g}\n{n:g}" for d, n in sizes])
    style.log_axis(ax)
    ax.set_xlabel("$d$ and $n$")
    ax.set_ylabel("least error found")
    _key_above(ax, 3)


def _key_above(ax: Axes, columns: int) -> None:
    """The two panels show different things: each has its own key, clear of the data."""
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    ax.legend(fontsize=7, ncols=columns, handlelength=1.8, columnspacing=1.0, **place)
