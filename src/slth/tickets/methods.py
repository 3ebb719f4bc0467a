"""What every ticket does, whatever its construction: run, be measured, bounded, saved, printed."""

from __future__ import annotations

import abc
import html
import os
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pandas as pd
from numpy.typing import ArrayLike
from torch import Tensor, nn

from slth.intervals import Interval, clopper_pearson
from slth.networks.arguments import Data, as_images
from slth.networks.evaluation import decided
from slth.tickets.measure import largest_gap, share_right
from slth.values import Value

if TYPE_CHECKING:
    from slth.supnorm import Bracket

LAYERS = 4  # of a printed ticket


def compare() -> Callable[..., Bracket]:
    """Return `slth.supnorm.bracket`.

    By name: what builds tickets does not depend on how they are bounded, and the workflow keeps
    them when a bound is edited. A stage that bounds imports `slth.supnorm` itself.
    """
    return cast("Callable[..., Bracket]", import_module("slth.supnorm").bracket)


class DataError(NamedTuple):
    """Largest difference of two networks' outputs on images, and over the target's largest one."""

    absolute: float
    relative: float


class TicketMethods(Value, abc.ABC):
    """The methods of a ticket; its class says how it and its target run, and what it is made of.

    Tickets are equal when they are made alike of equal networks, masks and solutions.
    """

    construction: str

    @property
    @abc.abstractmethod
    def counts(self) -> dict[str, int]:
        """Numbers of weights {source, kept, ticket, target}."""

    @abc.abstractmethod
    def outputs(self, x: Data) -> Tensor:
        """Outputs of the ticket (m, …), float64, of inputs (m, …)."""

    @abc.abstractmethod
    def target_outputs(self, x: Data) -> Tensor:
        """Outputs of the target (m, …), float64, of inputs (m, …)."""

    @abc.abstractmethod
    def as_module(self, input_shape: Sequence[int] | None = None) -> nn.Sequential:
        """What the ticket computes in layers like the target's, which bounds compare.

        input_shape: without the batch. Raises ValueError where it has no such form.
        """

    @abc.abstractmethod
    def bracket(
        self,
        box: tuple[ArrayLike, ArrayLike] | None = None,
        input_shape: Sequence[int] | None = None,
        **options: Any,
    ) -> Bracket:
        """Certified bounds of sup ‖target − ticket‖_∞ over a box, by `slth.supnorm.bracket`.

        box: None is [-1, 1], or [0, 1] where inputs were declared ≥ 0.
        """

    @abc.abstractmethod
    def summary(self) -> pd.DataFrame:
        """One row per layer: its problems, what is kept, errors, how many say nothing."""

    @abc.abstractmethod
    def save(self, path: str | Path) -> None:
        """Write the ticket to an .npz that `slth.tickets.load` reads; no code is in it."""

    @abc.abstractmethod
    def to_onnx(
        self,
        path: str | os.PathLike[str],
        input_shape: Sequence[int] | None = None,
        dtype: str = "float64",
    ) -> None:
        """Write `ticket`, the pruned network, to an ONNX file; needs the extra slth[onnx].

        input_shape: (c, h, w) or (features,), without the batch, which the file leaves open. dtype:
        "float64", the function itself, or "float32", which all runtimes have. The same ticket gives
        the same bytes. Raises ModuleNotFoundError without the package onnx, ValueError for modules
        that ONNX has no node for, or more than 2 GB.
        """

    @abc.abstractmethod
    def pruned(self) -> nn.Module:
        """The random network whole, its masks in the form of `torch.nn.utils.prune`.

        Each parameter w with a mask stands as w_orig and w_mask, so that `prune.is_pruned` is true
        and `prune.remove` makes the removed weights zero. It computes what the ticket does.
        """

    @property
    def kept_fraction(self) -> float:
        """Kept weights over source weights."""
        return self.counts["kept"] / self.counts["source"]

    def __call__(self, x: Data) -> Tensor:
        """Outputs of the ticket (m, …), float64 on the CPU, of inputs (m, …)."""
        return self.outputs(as_images(x, "x"))

    def accuracy(self, images: Data, labels: Data) -> float:
        """Share of images (m, …) that the ticket gives their label (m,)."""
        return share_right(self(images), labels)

    def agreement(self, images: Data, confidence: float = 0.99) -> Interval:
        """Share of images (m, …) on which ticket and target decide alike, with its interval.

        The interval is Clopper and Pearson's, for images drawn from one law.
        """
        x = as_images(images)
        own, theirs = decided(self.outputs(x)), decided(self.target_outputs(x))
        same = int((own.argmax(1) == theirs.argmax(1)).sum())
        return Interval(same / len(x), *clopper_pearson(same, len(x), confidence))

    def error(self, images: Data) -> DataError:
        """Largest |target − ticket| over images (m, …): a lower bound of the sup norm."""
        x = as_images(images)
        target = self.target_outputs(x)
        absolute = largest_gap(target=target, ticket=self.outputs(x))
        largest = float(target.abs().max())
        return DataError(absolute, absolute / largest if largest else float("nan"))

    def __repr__(self) -> str:
        table = self.summary()
        p = self.counts
        layers = "layer" if len(table) == 1 else "layers"
        lines = [
            f"Ticket of {self.construction}: {len(table)} {layers}, {p['target']:,} weights "
            f"imitated, {p['kept']:,} of {p['source']:,} random ones kept"
        ]
        shown = table if len(table) <= LAYERS + 1 else table.head(LAYERS)
        for row in shown.to_dict("records"):
            empty = f", {row['empty']} say nothing" if row["empty"] else ""
            errors = f"error {row['median_error']:.2g} (worst {row['worst_error']:.2g})"
            lines.append(
                f"  {row['layer']}: {row['problems']:,} problems, d = {row['d']}, {errors}, "
                f"{row['members']:,} members{empty}"
            )
        if len(shown) < len(table):
            lines.append(f"  … {len(table) - len(shown)} more layers, .summary() has them")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = html.escape(repr(self).partition("\n")[0])
        return f"<p>{head}</p>{self.summary().to_html(index=False)}"
