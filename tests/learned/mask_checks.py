"""What holds of every pruned network, constructed or learned: masks, counts, metrics."""

import copy
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from slth.tickets import data_error

ROUNDING = 1e-12


class Pruned(Protocol):
    """A ticket or a learned mask."""

    @property
    def source(self) -> nn.Module: ...
    @property
    def keep(self) -> Mapping[str, Tensor]: ...
    @property
    def parameters(self) -> dict[str, int]: ...
    @property
    def kept_fraction(self) -> float: ...
    def masked(self) -> nn.Module: ...


def check_masks(pruned: Pruned) -> None:
    """Boolean, of their parameters' shapes; what is kept is bit for bit the source's."""
    assert pruned.keep
    masked = pruned.masked()
    for name, weight in pruned.source.named_parameters():
        mask = pruned.keep.get(name, torch.ones_like(weight, dtype=torch.bool))
        assert mask.dtype == torch.bool
        assert mask.shape == weight.shape
        left = masked.get_parameter(name)
        assert torch.equal(left[mask], weight[mask])
        assert not left[~mask].any()


def check_counts(pruned: Pruned) -> None:
    """Sizes are those of the masks."""
    count = pruned.parameters
    assert count["source"] == sum(mask.numel() for mask in pruned.keep.values())
    assert count["kept"] == sum(int(mask.sum()) for mask in pruned.keep.values())
    assert pruned.kept_fraction == count["kept"] / count["source"]


def check_same_function(masked: nn.Module, shrunk: nn.Module, inputs: Tensor) -> None:
    """The masked and the physically smaller network agree to rounding, on the outputs' scale."""
    out = masked(inputs)
    scale = max(1.0, float(out.detach().abs().max()))
    torch.testing.assert_close(shrunk(inputs), out, rtol=0, atol=ROUNDING * scale)


def check_metric_sees(target: nn.Module, pruned: nn.Module, inputs: Tensor) -> None:
    """The error of the pruned network moves with it, and that of the target itself is 0."""
    before = data_error(target=target, ticket=pruned, images=inputs)
    assert data_error(target=target, ticket=shifted(pruned), images=inputs) != before
    assert data_error(target=target, ticket=target, images=inputs) == 0.0


def shifted(network: nn.Module, by: float = 100.0) -> nn.Module:
    """Return a copy with every weight moved; all become positive, so that no ReLU hides it."""
    moved = copy.deepcopy(network)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(by)
    return moved
