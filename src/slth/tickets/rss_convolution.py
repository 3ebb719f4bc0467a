"""The random-subset-sum ticket of a convolution: 1×1 then k×k, single kernel entries pruned."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from slth.tickets.pairs import BlockedPairs
from slth.tickets.prediction import Prediction, Success, levels, of_products


@dataclass(frozen=True)
class RSSConvolution(BlockedPairs):
    """Tickets in which every kernel entry is a subset sum of about n products a_h·V_h, d = 1.

    The source is U[-1, 1]: a 1×1 convolution and a k×k one for each convolution of the target, with
    its stride and padding. The 1×1 layer is pruned to channel blocks, V entry by entry.
    nonnegative_input: True is the theorem for images in [0, 1]; False (the default) the ± version,
    two problems per entry of the first layer. readout: as in `BlockedPairs`.

    Source: da Cunha, Natale, Viennot, ICLR 2022. Cost: c_in·c_out·k²·(1 or 2) problems of d = 1 a
    layer, solved c_out·k² at a time.
    """

    name: ClassVar[str] = "rss_convolution"
    source: ClassVar[str] = "da Cunha, Natale, Viennot, ICLR 2022"
    statement: ClassVar[str] = "n = C log(k² c_in c_out ℓ/min(eps, delta)) an entry (memory)"
    label: ClassVar[str | dict[str, str]] = "RSS, convolution"
    words: ClassVar[str | dict[str, str]] = "RSS in convolutions"
    family: ClassVar[str] = "single weights"
    rate: ClassVar[str] = "candidates"
    random_sums: ClassVar[bool] = True
    law: ClassVar[str] = "uniform"

    def width(
        self, target: nn.Sequential, eps: float, delta: float, success: Success
    ) -> Prediction:
        """As `Construction` says; n by the quenched formula for u·v, targets averaged."""
        eps, delta = levels(eps, delta)
        problems, d = self.tally(target)
        layers = self.split(target)[0]
        largest = max(layer.weight.numel() for layer in layers)
        order = math.log(largest * len(layers) / min(eps, delta))

        return of_products(self.statement, order, problems, d, eps, delta, success)
