"""Pictures of tickets of one network: kernels, hidden channels that stay, digits."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.plot._kernels import kernels
from slth.studies.cnns.words import GRANULARITIES
from slth.studies.printing import series, style, ticks

NO_PICTURE = "The pictured network was not built in this run."
MOST_BARS = 400  # hidden channels that are drawn as bars
PAIR = ("target", "ticket")
BINS = 12  # of |a|, each with as many hidden channels
ROWS = ("target", "ticket", "difference")


def _granularities(table: pd.DataFrame) -> list[str]:
    return [name for name in GRANULARITIES if len(table) and name in set(table["granularity"])]


@style.styled
def kernels_figure(table: pd.DataFrame) -> Figure:
    """Kernels of the target, and of tickets with their differences, one colour scale."""
    shown = [name for name in _granularities(table) if name != "entry"]
    if not shown:
        return style.empty(NO_PICTURE)
    first = table[table["granularity"] == shown[0]]
    limit = float(first["target"].abs().max())
    rows = [("target", _kernels(first, "target"))]
    for name in shown:
        part = table[table["granularity"] == name]
        rows.append((f"ticket, {GRANULARITIES[name]}", _kernels(part, "ticket")))
        rows.append(("difference", _kernels(part, "ticket") - rows[0][1]))
    figure = Figure(figsize=(style.TEXT_WIDTH, 0.37 * len(rows) + 0.35), layout="constrained")
    axes = figure.subplots(len(rows), 1, squeeze=False).ravel().tolist()
    for ax, (label, values) in zip(axes, rows, strict=True):
        kernels(values, ax, limit)
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    figure.colorbar(axes[0].get_images()[0], ax=axes, fraction=0.02, pad=0.01)
    return figure


def _kernels(part: pd.DataFrame, column: str) -> np.ndarray:
    """Kernels (outputs, inputs, k, k)."""
    shape = [int(part[key].max()) + 1 for key in ("output", "input", "row", "column")]
    return part[column].to_numpy(float).reshape(shape)


def _bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)


@style.styled
def channels_figure(table: pd.DataFrame) -> Figure:
    """Hidden channels of one input channel by their weight; how many of the blocks keep them."""
    shown = _granularities(table)
    if not shown:
        return style.empty(NO_PICTURE)
    figure, axes = style.panels(2, height=1.75, columns=2)
    counts = table["granularity"].value_counts()
    few = [name for name in shown if counts[name] <= MOST_BARS]
    bars = few[-1] if few else min(shown, key=lambda name: counts[name])
    _bars(axes[0], table[table["granularity"] == bars], bars)
    for name, look in style.looks(GRANULARITIES).items():
        if name in shown:
            _shares(axes[1], table[table["granularity"] == name], name, look)
    ticks.wide_axis(axes[1])
    ticks.log_axis(axes[1])
    axes[1].set_title("kept, by length")
    axes[1].set_xlabel(r"$|a_h|$ of channels with $a_h > 0$")
    axes[1].set_ylabel("share of subsets that keep it")
    handles, labels = axes[1].get_legend_handles_labels()
    series.key_of(figure, dict(zip(labels, handles, strict=True)))
    return figure


def _bars(ax: Axes, part: pd.DataFrame, name: str) -> None:
    ordered = part.sort_values("weight", kind="stable")
    a, kept = ordered["weight"].to_numpy(float), ordered["kept"].to_numpy(float) > 0
    at = np.arange(len(a)) + 0.5
    for mask, colour, label in ((~kept, "#c9c9c9", "removed"), (kept, "#a63a24", "kept")):
        ax.bar(at[mask], a[mask], width=1.0, color=colour, label=label)
    ax.legend(loc="upper left")
    ax.set_title(f"one input channel, {GRANULARITIES[name]}")
    ax.set_xlabel("hidden channels, sorted")
    ax.set_ylabel("weight $a_h$")
    ax.set_xlim(0, len(a))


def _shares(ax: Axes, part: pd.DataFrame, name: str, look: style.Look) -> None:
    pool = part[part["weight"] > 0].sort_values("weight", kind="stable")
    pieces = [p for p in np.array_split(np.arange(len(pool)), min(BINS, len(pool))) if len(p)]
    a, kept = pool["weight"].to_numpy(float), pool["kept"].to_numpy(float)
    x = [float(np.median(a[piece])) for piece in pieces]
    y = np.array([float(kept[piece].mean()) for piece in pieces])
    ax.plot(x, np.where(y > 0, y, np.nan), label=GRANULARITIES[name], **look.both())


@style.styled
def digits_figure(digits: pd.DataFrame, outputs: pd.DataFrame) -> Figure:
    """Digits, and below each the outputs of both networks; first that on which they differ most."""
    shown = _granularities(digits)
    if not shown:
        return style.empty(NO_PICTURE)
    name = shown[-1]  # the coarsest
    part, values = (t[t["granularity"] == name] for t in (digits, outputs))
    places = sorted(set(part["place"]))
    figure = Figure(figsize=(style.TEXT_WIDTH, 2.5), layout="constrained")
    axes = figure.subplots(2, len(places), squeeze=False)
    for column, place in enumerate(places):
        _digit(axes[0, column], part[part["place"] == place])
        _outputs(axes[1, column], values[values["place"] == place])
    ends = [ax.get_ylim() for ax in axes[1]]
    for column, ax in enumerate(axes[1]):
        ax.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
        ax.tick_params(labelleft=not column)
    axes[1, 0].set_ylabel("output")
    for ax in axes[1]:
        ax.set_xlabel("class")
    series.key(figure, [axes[1, 0]])
    return figure


def _digit(ax: Axes, part: pd.DataFrame) -> None:
    shape = int(part["row"].max()) + 1, int(part["column"].max()) + 1
    ax.imshow(part["pixel"].to_numpy(float).reshape(shape), cmap="gray_r", vmin=0, vmax=1)
    _bare(ax)
    first = part.iloc[0]
    ax.set_title("largest difference" if first["worst"] else f"label {first['label']}")


def _outputs(ax: Axes, part: pd.DataFrame) -> None:
    for shift, (column, look) in zip((-0.2, 0.2), style.looks(PAIR).items(), strict=True):
        x = part["class"].to_numpy(float) + shift
        ax.bar(x, part[column].to_numpy(float), width=0.4, color=look.colour, label=column)
    ax.set_xticks([0, 3, 6, 9])
