"""One look for every figure: sizes in print, a colour and marker per name, stable bytes.

Neighbours in lightness differ by 11 or more and lie on either side of the blue-yellow axis,
which colour-blind readers see; every name also has its own marker and dashes.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from slth.frames import replacing

TEXT_WIDTH = 6.3  # inches; \textwidth of paper/main.tex, so that 8 pt here is 8 pt in print
PANEL_HEIGHT = 1.6  # inches
COLUMNS = 3  # panels in a row, at most

P = ParamSpec("P")
R = TypeVar("R")

# CIE L* of 13, 55, 67, 79, 28, 40
COLOURS = ("#14213d", "#d4613a", "#68aad1", "#e8bd4a", "#7a1f2b", "#246395")
MARKERS = "os^Dvp>*"
DASHES: tuple[Any, ...] = ("", (5, 1.6), (5, 1.4, 1, 1.4), (1.2, 1.2), (8, 2))
REFERENCE = "#6b6b6b"  # guides and limits: thresholds, target accuracy
QUIET: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "color": REFERENCE,
}  # words in place of data
PALE = "#b9c0cc"  # single samples behind a summary
HEAT = "cividis"  # from low to high; monotone in lightness, the same to the colour-blind


@dataclass(frozen=True)
class Look:
    """How one series is drawn."""

    colour: str
    marker: str
    dash: Any = ""
    hollow: bool = False

    @property
    def line(self) -> Any:
        """Line style of matplotlib."""
        return (0, self.dash) if self.dash else "-"

    def points(self) -> dict[str, Any]:
        """Keywords of a series drawn as markers."""
        edge = {"markeredgecolor": self.colour if self.hollow else "white"}
        edge["markerfacecolor"] = "white" if self.hollow else self.colour
        width = {"markeredgewidth": 0.9 if self.hollow else 0.3, "clip_on": False}
        return {"color": self.colour, "marker": self.marker, "linestyle": "none", **edge, **width}

    def both(self) -> dict[str, Any]:
        """Keywords of a series drawn as markers joined by lines."""
        return self.points() | {"linestyle": self.line}

    def handle(self) -> Line2D:
        """A sample of the series for a key."""
        return Line2D([], [], **self.both())

    def stroke(self) -> dict[str, Any]:
        """Keywords of a series drawn as a line."""
        return {"color": self.colour, "linestyle": self.line}


CONTROL = Look("#8d8d8d", "X", (1.2, 1.2))  # what stands for chance is grey
Looks = Mapping[Any, Look]
BOUNDS = {  # of a sup-norm error; the two ends of the bracket in one colour
    "upper": Look(COLOURS[0], "o"),
    "lower": Look(COLOURS[0], "v", (1.2, 1.2), hollow=True),
    "closed_form": Look(COLOURS[1], "s", (5, 1.6)),
    "differential": Look(COLOURS[2], "^", (5, 1.4, 1, 1.4)),
    "crown": Look(COLOURS[3], "D", (1.2, 1.2)),
    "zonotope": Look(COLOURS[5], "h", (3, 1, 1, 1)),
    "theorem": Look(COLOURS[4], "p", (8, 2)),
    "layer_sum": Look(COLOURS[5], ">", (3, 1)),
    "data_error": Look("#8d8d8d", "X"),
}


def looks(*names: Iterable[Any]) -> dict[Any, Look]:
    """Look of every name by its place, a registry first: one in every figure that names it."""
    order = dict.fromkeys(name for part in names for name in part)
    return {
        name: Look(COLOURS[i % 6], MARKERS[i % 8], DASHES[i % 5]) for i, name in enumerate(order)
    }


_OTHER = "STIXGeneral"
_MISREAD = set('"<>\\^_`{|}~') | {chr(code) for code in range(0xA0, 0x100)}  # other glyphs in cmr10
_STYLE: Any = {
    # Computer Modern, as in the text, and STIX for what it lacks: both shipped with matplotlib
    "font.family": ["cmr10", _OTHER],
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "axes.unicode_minus": False,
    "font.size": 9,
    "axes.autolimit_mode": "round_numbers",  # axes end at ticks
    "axes.xmargin": 0.0,
    "axes.ymargin": 0.0,
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
    "lines.markersize": 4.4,
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
    figure.text(0.5, 0.5, words, **QUIET)
    return figure


def plain(text: object) -> str:
    """Return ``text`` for a label, never read as mathtext."""
    return str(text).replace("$", r"\$")


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
    for ax in figure.axes:
        for line in ax.lines:  # one without points has its markers' extent at a corner of the page
            line.set_in_layout(bool(np.isfinite(line.get_xydata()).all(axis=1).any()))
    figure.draw_without_rendering()  # ticks get their words
    for text in figure.findobj(Text):
        if _MISREAD & set(_words(text.get_text())):
            text.set_fontfamily(_OTHER)
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(kind, {})
    # it warns that these fonts have no date
    logging.getLogger("fontTools.ttLib").setLevel(logging.ERROR)
    with replacing(target) as part:
        figure.savefig(part, format=kind, metadata=metadata)
    figure.set_layout_engine("none")


def _words(text: str) -> str:
    """What of a label is not mathtext."""
    return "".join(text.replace(r"\$", "").split("$")[::2])
