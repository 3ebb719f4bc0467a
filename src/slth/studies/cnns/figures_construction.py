"""The construction drawn with real numbers: hidden channels that stay, and what they add up to."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from slth.checks import FloatArray
from slth.seeding import generator
from slth.studies.printing import style

SIDE, CHANNELS = 2, 20  # of a kernel; all 2^20 subsets are looked at
LIMIT = 1.5  # of the colour scale
PALE = 0.3  # opacity of what is removed
KEPT = "#14213d"


def instance(seed: int = 0) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights (n,), kernels (n, w, w) and a target (w, w); the input is never negative."""
    rng = generator(seed, "the construction drawn")
    weights = np.abs(rng.standard_normal(CHANNELS))
    kernels = rng.standard_normal((CHANNELS, SIDE, SIDE))
    return weights, kernels, rng.uniform(-1, 1, (SIDE, SIDE))


def best_subset(candidates: FloatArray, target: FloatArray) -> np.ndarray:
    """Mask (n,) of the subset whose sum is nearest to target (d,) in the sup norm; 2^n sums."""
    sums = np.zeros((1, target.size))
    for row in candidates:
        sums = np.concatenate([sums, sums + row])
    best = int(np.abs(sums - target).max(axis=1).argmin())
    return (best >> np.arange(len(candidates))) & 1 == 1


@style.styled
def construction_figure() -> Figure:
    """Weights and kernels of one block of hidden channels, kept or removed; sum, target, error."""
    weights, kernels, target = instance()
    scaled = weights[:, None, None] * kernels
    kept = best_subset(scaled.reshape(CHANNELS, -1), target.ravel())
    figure = Figure(figsize=(style.TEXT_WIDTH, 1.55))
    left = figure.add_axes((0.085, 0.04, 0.56, 0.84))
    _channels(left, weights, kernels, kept)
    found = scaled[kept].sum(axis=0)
    shown = (
        (r"$\Sigma_{kept}\,a_hV_h$", found),
        ("target", target),
        ("difference", found - target),
    )
    for place, (words, kernel) in enumerate(shown):
        ax = figure.add_axes((0.69 + 0.107 * place, 0.36, 0.085, 0.36))
        drawn = ax.imshow(kernel, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT)
        _bare(ax)
        ax.set_title(words, fontsize=7.5)
    error = float(np.abs(found - target).max())
    figure.text(0.84, 0.92, f"largest difference {error:.2g}", ha="center", fontsize=7.5)
    figure.text(0.779, 0.54, "≈", ha="left", va="center", fontsize=10)
    bar = figure.colorbar(
        drawn, cax=figure.add_axes((0.74, 0.2, 0.2, 0.045)), orientation="horizontal"
    )
    bar.ax.tick_params(labelsize=6.5)
    return figure


def _bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)


def _channels(ax: Axes, weights: FloatArray, kernels: FloatArray, kept: np.ndarray) -> None:
    """A column per hidden channel: a bar for its weight above, its kernel below."""
    height = weights.max()
    for h, (weight, kernel, stays) in enumerate(zip(weights, kernels, kept, strict=True)):
        shade = 1.0 if stays else PALE
        ax.bar(h, weight / height, width=0.7, bottom=1.35, color=KEPT, alpha=shade)
        box = (h - 0.42, h + 0.42, 0.1, 1.0)
        ax.imshow(
            kernel, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT, extent=box, alpha=shade, aspect="auto"
        )
        if stays:
            frame = Rectangle((h - 0.42, 0.1), 0.84, 0.9, fill=False, edgecolor=KEPT, linewidth=1.1)
            ax.add_patch(frame)
    ax.set(xlim=(-0.7, len(weights) - 0.3), ylim=(0, 2.45))
    _bare(ax)
    ax.set_yticks([0.55, 1.85], ["kernel $V_h$", "weight $a_h$"])
    ax.tick_params(length=0)
    ax.set_title("hidden channels of one input channel: dark ones are kept, pale ones removed")
    for spine in ax.spines.values():
        spine.set_visible(False)
