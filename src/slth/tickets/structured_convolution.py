"""The structured convolutional ticket: channel-blocked 1×1, then k×k with whole filters removed."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from slth import checks
from slth.networks.architectures import Layer
from slth.tickets.pairs import BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, smallest, usual

GRANULARITIES = ("filter", "kernel", "entry")
WEIGHTS = ("normal", "uniform")


@dataclass(frozen=True)
class StructuredConvolution(BlockedPairs):
    """Tickets of bias-free ReLU convolutions (any stride, zero or valid padding) and matrices.

    Average pooling and residual blocks included. The source is N(0, 1); `BlockedPairs` says how a
    layer is imitated. Its subset problems are MRSS over about n normally-scaled normal candidates.

    granularity: what is kept or removed at once: "filter" (all of V_h, d = k²·c_out: the theorem),
    "kernel" (V_h to one output channel, d = k²) or "entry" (one weight of V, d = 1, unstructured).
    size: every subset has exactly this many members (its whole pool where that is smaller; the row
    says how many), for solvers that can (`slth.solvers()`); None = any. Natale et al. 2024 for
    d = 1; d > 1 is open. weights: of the source, "normal" N(0, 1) (the theorem) or "uniform"
    U[-1, 1]. nonnegative_input, readout: as in `BlockedPairs`.

    Source: da Cunha, d'Amore, Natale (NeurIPS 2023), the structured theorem. Cost: c_in·(1 or 2)
    subset problems per layer for "filter", times c_out for "kernel", times k²·c_out for "entry".
    """

    name: ClassVar[str] = "structured_convolution"
    source: ClassVar[str] = "da Cunha, d'Amore, Natale, NeurIPS 2023"
    statement: ClassVar[str] = "n = poly(d)·polylog(d ℓ/eps), d = k²·c_out, structured (memory)"
    label: ClassVar[str | dict[str, str]] = {
        "entry": "blocks: entries",
        "kernel": "blocks: kernels",
        "filter": "blocks: filters",
    }
    words: ClassVar[str | dict[str, str]] = {
        "entry": "blocks with single entries",
        "kernel": "blocks with kernels",
        "filter": "blocks with filters",
    }
    family: ClassVar[str] = "structure"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True

    granularity: str = "filter"
    size: int | None = None
    weights: str = "normal"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.choice("granularity", self.granularity, GRANULARITIES)
        checks.choice("weights", self.weights, WEIGHTS)
        if self.size is not None:
            checks.integer("size", self.size, low=1)

    def weight_law(self) -> str:
        return self.weights

    def groups(self, layer: Layer) -> int:
        c_out, _, *k = layer.weight.shape
        return {"filter": 1, "kernel": c_out, "entry": c_out * math.prod(k)}[self.granularity]

    def subset_size(self) -> int | None:
        return self.size

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by the quenched formula for nsn, targets averaged.

        With a subset size, or uniform weights and d > 1, no formula is known and n is None. Cost:
        some seconds.
        """
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        depth = len(self.split(target)[0])
        order = d * math.log(d * depth / eps) if d > 1 else math.log(depth * problems / eps)
        uniform = self.weights == "uniform"
        if self.size is not None or (uniform and d > 1):
            return Prediction(self.statement, order, None, "none", problems, d)

        def missed(n: int) -> float:
            return problems * (1 - success("product" if uniform else "nsn", n, d, eps))

        n = smallest(missed, delta, guess=usual(d, eps))
        return Prediction(self.statement, order, n, "quenched", problems, d)
