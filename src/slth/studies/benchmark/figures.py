"""The benchmark figure: time against n for exact search, least error by solver and size."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from slth.studies.benchmark.data import PEERS, Benchmark, benchmark_of, growth, label, medians
from slth.studies.printing import series, style, ticks, titles
from slth.studies.printing.existence import existence_limit

FIGURES = ("benchmark",)
NAMES = ("mitm", *(name for name in titles.solvers() if name != "mitm"), *PEERS)
EXISTS = r"exists: $\varepsilon^\ast$"


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figure by name."""
    return {"benchmark": benchmark_figure(benchmark_of(frames["benchmark"]))}


@style.styled
def benchmark_figure(benchmark: Benchmark) -> Figure:
    """Left: seconds to the proved optimum. Right: least error at (d, n) by solver, as a map."""
    table = medians(benchmark.rows)
    exact = table[(table["kind"] == "exact") & table["eps"].isna()].sort_values("n")
    best = table[(table["kind"] == "best") & (table["threads"] == 1)]
    if exact.empty and best.empty:
        return style.empty("No benchmark.")
    figure, axes = style.panels(2, height=2.4, columns=2)
    _times(axes[0], exact, float(benchmark.info.get("limit", np.nan)))
    _errors(axes[1], best)
    return figure


def _times(ax: Axes, exact: pd.DataFrame, limit: float) -> None:
    looks = style.looks(NAMES)
    own, peers = (exact[exact["solver"].isin(names)] for names in (["mitm"], PEERS))
    for threads, part in own.groupby("threads", sort=True):
        words = f"{label('mitm')}, {threads} thread" + ("s" if threads != 1 else "")
        look = replace(looks["mitm"], hollow=threads != 1)
        ax.plot(part["n"], part["seconds"], label=words, **look.both())
    first = own[own["threads"] == 1]
    if growth(exact) and len(first):
        n = np.array([first["n"].min(), own["n"].max()], dtype=float)
        start = float(first["seconds"].iloc[-1]) / 2 ** (float(first["n"].iloc[-1]) / 2)
        ax.plot(n, start * 2 ** (n / 2), color=style.REFERENCE, linewidth=0.8, label=r"$2^{n/2}$")
    for place, (name, part) in enumerate(peers.groupby("solver")):
        stopped = part["solved"].min() < 1
        words = label(str(name)) + (" (limit)" if stopped else "")
        x = part["n"] + 2 * series.aside(exact["n"], place, peers["solver"].nunique())
        ax.plot(x, part["seconds"], label=words, **looks[name].points())
    if np.isfinite(limit) and len(peers):
        ax.axhline(limit, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ticks.log_axis(ax)
    ticks.size_axis(ax, exact["n"])
    ax.set_xlabel("candidates $n$" + (" ($d = 4$)" if set(exact["d"]) == {4} else ""))
    ax.set_ylabel("seconds to the least error")
    ax.legend(fontsize=7, ncols=2, handlelength=1.8, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _errors(ax: Axes, best: pd.DataFrame) -> None:
    """Least error, darker for less; the first row is what exists by the prediction."""
    if best.empty:
        ax.set_axis_off()
        return
    table = best.pivot_table(index="solver", columns=["d", "n"], values="error")
    table = table.reindex([name for name in NAMES if name in table.index])
    d, n = (table.columns.get_level_values(key).to_numpy(float) for key in ("d", "n"))
    limit = pd.DataFrame([existence_limit(n, d)], index=[EXISTS], columns=table.columns)
    table = pd.concat([limit, table.rename(index=label)])
    least = float(np.nanmin(table.iloc[1:].to_numpy()))
    sns.heatmap(
        table.clip(lower=least), annot=table.map(_cell), fmt="", cmap=style.HEAT,
        norm=LogNorm(least, 1.0), cbar=False, linewidths=0.5, annot_kws={"fontsize": 7.5}, ax=ax,
    )  # fmt: skip
    ax.set_xticklabels([f"{a:g}\n{b:g}" for a, b in zip(d, n, strict=True)], rotation=0)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.set(xlabel="$d$ and $n$", ylabel="", title="least error found")


def _cell(error: float) -> str:
    if np.isnan(error):
        return ""
    return f"{error:.2g}" if error >= 1e-4 else f"$10^{{{np.log10(error):.0f}}}$"
