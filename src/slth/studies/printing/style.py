"""One look for every figure: sizes in print, colours that survive grey printing, stable bytes.

Colours differ in lightness, and every series also has its own marker and line style, so a figure
reads the same on a grey printer and to a colour-blind reader.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from slth.frames import replacing

TEXT_WIDTH = 6.3  # inches; \textwidth of paper/main.tex, so that 8 pt here is 8 pt in print
PANEL_HEIGHT = 1.6  # inches
COLUMNS = 3  # panels in a row, at most

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Series:
    """How one series is drawn."""

    colour: str
    marker: str
    line: Any

    def points(self) -> dict[str, Any]:
        """Keywords of a series drawn as markers."""
        return {"color": self.colour, "marker": self.marker, "linestyle": "none"}

    def both(self) -> dict[str, Any]:
        """Keywords of a series drawn as markers joined by lines."""
        return {"color": self.colour, "marker": self.marker, "linestyle": self.line}


# from dark to light: CIE L* of about 15, 40, 58, 72
SERIES = (
    Series("#14213d", "o", "-"),
    Series("#a63a24", "s", (0, (5, 1.6))),
    Series("#3f94b8", "^", (0, (5, 1.4, 1, 1.4))),
    Series("#e0a526", "D", (0, (1, 1.3))),
)
REFERENCE = "#6b6b6b"  # guides and limits: thresholds, target accuracy

_STYLE: Any = {
    "font.family": "STIXGeneral",  # shipped with matplotlib: the same glyphs on every machine
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.columnspacing": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.4,
    "axes.axisbelow": True,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.8,
    "pdf.fonttype": 42,  # TrueType, which publishers ask for; Type 3 is refused by some
    "svg.hashsalt": "slth",
    "svg.fonttype": "path",
    "figure.dpi": 200,
}


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` under the project's style; the caller's settings come back after."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_STYLE)
            return function(*args, **kwargs)

    return inside


def series(index: int) -> Series:
    """Return the style of series ``index``; colours repeat after four with markers shifted."""
    first = SERIES[index % len(SERIES)]
    turn = index // len(SERIES)
    return Series(
        first.colour, "osv^D<>P"[(index + turn) % 8] if turn else first.marker, first.line
    )


def panels(
    count: int, height: float = PANEL_HEIGHT, columns: int = COLUMNS
) -> tuple[Figure, list[Axes]]:
    """Return a figure of text width and its ``count`` panels, row by row."""
    columns = min(columns, max(count, 1))
    if count == 4:
        columns = 2
    rows = -(-max(count, 1) // columns)
    figure = Figure(figsize=(TEXT_WIDTH, rows * height + 0.55), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in axes[count:]:
        spare.remove()
    return figure, axes[:count]


def empty(words: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = Figure(figsize=(TEXT_WIDTH, 0.8))
    figure.text(0.5, 0.5, words, ha="center", va="center", color=REFERENCE)
    return figure


def legend(figure: Figure, axes: list[Axes]) -> None:
    """Put one legend above the panels: every label once, in the order first drawn."""
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    if found:
        legend_of(figure, [(handle, label) for label, handle in found.items()])


def legend_of(figure: Figure, key: list[tuple[Any, str]]) -> None:
    """Put this key above the panels, in as many columns as the text width takes."""
    widths = [len(label.replace("$", "")) + 10 for _, label in key]
    columns = len(key) if sum(widths) <= 115 else max(1, int(115 / max(widths)))
    columns = -(-len(key) // -(-len(key) // columns))  # even rows
    handles, labels = [handle for handle, _ in key], [label for _, label in key]
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def plain(text: object) -> str:
    """Return ``text`` for a label, never read as mathtext."""
    return str(text).replace("$", r"\$")


def log_axis(ax: Axes) -> None:
    """A log y axis with labels at decades, or at more places when it spans less than two."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    if high / low < 100:
        ax.yaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def integer_axis(ax: Axes) -> None:
    """Ticks of a linear x axis at integers only."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))


def size_axis(ax: Axes, values: np.ndarray) -> None:
    """A log x axis labelled at (some of) the sizes that were run, as plain integers."""
    ax.set_xscale("log")
    sizes = np.unique(values[np.isfinite(values)])
    if sizes.size == 0:
        return
    shown = sizes[np.unique(np.linspace(0, len(sizes) - 1, min(len(sizes), 5)).round().astype(int))]
    ax.set_xticks(shown, [f"{size:g}" for size in shown])
    ax.xaxis.set_minor_locator(NullLocator())
    margin = max(1.25, (sizes[-1] / sizes[0]) ** 0.07)  # series are set apart sideways
    ax.set_xlim(sizes[0] / margin, sizes[-1] * margin)


def wide_axis(ax: Axes) -> None:
    """A log x axis of counts, labelled at 1, 2 and 5 times powers of ten."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def percent_axis(ax: Axes) -> None:
    """Label the y axis, a fraction, in per cent."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def label(axes: list[Axes], xlabel: str, ylabel: str) -> None:
    """Label the lowest panel of every column below, the leftmost of every row at its side."""
    for ax in axes:
        place = ax.get_subplotspec()
        assert place is not None
        columns = place.get_gridspec().ncols
        last = all(
            other.get_subplotspec().num1 != place.num1 + columns  # type: ignore[union-attr]
            for other in axes
        )
        if last:
            ax.set_xlabel(xlabel)
        if place.is_first_col():
            ax.set_ylabel(ylabel)


@styled
def save(figure: Figure, path: str | Path) -> None:
    """Write ``figure`` to ``path`` (.pdf, .svg or .png), whole or not at all, free of dates.

    The first writing lays the panels out; later ones find them in their places.
    """
    target = Path(path)
    kind = target.suffix.lstrip(".")
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
    with replacing(target) as part:
        figure.savefig(part, format=kind, metadata=metadata)
    figure.set_layout_engine("none")
