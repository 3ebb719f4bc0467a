"""One generic checker: whatever the method, these things hold of a learned mask."""

import copy

import torch
from torch import Tensor, nn

from slth.learned import LearnedMask, get, shrink
from tests.learned.mask_checks import (
    check_counts,
    check_masks,
    check_metric_sees,
    check_same_function,
)


def check_learned(learned: LearnedMask, before: dict[str, Tensor], images: Tensor) -> None:
    """Check a mask learned on a network whose parameters were ``before``, on inputs (m, …)."""
    check_masks(learned)
    check_counts(learned)
    assert all(mask.any() for mask in learned.keep.values())
    check_source_untouched(learned, before)
    check_weights_are_those_promised(learned)
    check_filters_are_whole(learned)
    check_shrunk_is_masked(learned, images)


def check_source_untouched(learned: LearnedMask, before: dict[str, Tensor]) -> None:
    for name, weight in learned.source.named_parameters():
        assert weight.detach().numpy().tobytes() == before[name].numpy().tobytes()


def check_weights_are_those_promised(learned: LearnedMask) -> None:
    """Zero where removed; else the source's weight or its sign, times one scale a layer."""
    promise = get(learned.method, **learned.options).weights
    for name, weight in learned.network.named_parameters():
        source = learned.source.get_parameter(name)
        if name not in learned.keep:
            assert torch.equal(weight, source)
            continue
        assert not weight[~learned.keep[name]].any()
        if promise != "trained":
            held = source.sign() if promise == "sign" else source
            assert learned.scale[name] > 0
            assert torch.equal(weight, held * learned.scale[name] * learned.keep[name])


def check_filters_are_whole(learned: LearnedMask) -> None:
    if learned.units.granularity != "filter":
        return
    for name in learned.units.readers:
        rows = learned.keep[name].flatten(1)
        chosen = learned.chosen[name]
        assert torch.equal(rows.any(dim=1), chosen)
        live = rows[chosen]
        assert bool((live == live[0]).all())  # kept filters differ in nothing but place


def check_shrunk_is_masked(learned: LearnedMask, images: Tensor) -> None:
    small = shrink(learned)
    check_same_function(learned.network, small, images)
    check_metric_sees(learned.source, small, images)
    stored = sum(p.numel() for p in small.parameters())
    if learned.units.granularity == "filter":
        free = [p for n, p in learned.source.named_parameters() if n not in learned.keep]
        assert stored == learned.parameters["kept"] + sum(p.numel() for p in free)


def parameters_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of every parameter."""
    return {name: p.detach().clone() for name, p in copy.deepcopy(network).named_parameters()}
