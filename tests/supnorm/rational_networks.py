"""Dense networks in rational arithmetic: no rounding."""

from collections.abc import Iterable
from fractions import Fraction

from torch import nn


def exact(network: Iterable[nn.Module], x: list[float]) -> list[Fraction]:
    """Return the output of Linear and ReLU layers at x, (features,)."""
    y = [Fraction(v) for v in x]
    for module in network:
        if isinstance(module, nn.ReLU):
            y = [max(v, Fraction(0)) for v in y]
        elif isinstance(module, nn.Linear):
            rows = zip(module.weight.tolist(), module.bias.tolist(), strict=True)
            y = [
                sum((Fraction(w) * v for w, v in zip(row, y, strict=True)), Fraction(b))
                for row, b in rows
            ]
    return y
