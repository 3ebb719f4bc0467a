"""Ticket: a random network, what is kept of it, and the smaller network that remains."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Ticket:
    """A random network and `keep` masks; the weights are never changed.

    construction, options: how it was made. target: the network it imitates. source: the random
    network, its parameters as sampled. keep: name of a source parameter → bool tensor of its
    shape; parameters without a mask (an exact readout) are not random. ticket: the physically
    smaller network. solutions: one row a subset problem, failures included (`solve_problems`).
    parameters: numbers of weights {source, kept, ticket, target}, all without an exact readout;
    `ticket` counts the zeros that a dense kernel of the smaller network still stores, `kept` not.
    """

    construction: str
    options: Mapping[str, object]
    target: nn.Sequential
    source: nn.Sequential
    keep: dict[str, Tensor]
    ticket: nn.Sequential
    solutions: pd.DataFrame
    parameters: dict[str, int]

    def __post_init__(self) -> None:
        """Refuse masks that are not boolean, not of the parameter's shape, or of no parameter."""
        shapes = {name: p.shape for name, p in self.source.named_parameters()}
        for name, mask in self.keep.items():
            if name not in shapes:
                raise ValueError(f"keep: got a mask for {name!r}, takes {', '.join(shapes)}")
            if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
                raise TypeError(
                    f"keep[{name!r}]: got {getattr(mask, 'dtype', type(mask).__name__)}, "
                    "takes a boolean tensor"
                )
            if mask.shape != shapes[name]:
                raise ValueError(
                    f"keep[{name!r}]: got shape {tuple(mask.shape)}, takes {tuple(shapes[name])}"
                )

    @property
    def kept_fraction(self) -> float:
        """Kept weights over source weights."""
        return self.parameters["kept"] / self.parameters["source"]

    def masked(self) -> nn.Sequential:
        """Return a copy of the source, same shapes, in which removed weights are zero."""
        network = copy.deepcopy(self.source)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in self.keep:
                    parameter.masked_fill_(~self.keep[name], 0.0)
        return network
