"""One generic checker: whatever the method, these things hold of a learned mask."""

import copy

import torch
from torch import Tensor, nn

from slth.learned import LearnedMask, get, shrink


def check_learned(learned: LearnedMask, before: dict[str, Tensor], images: Tensor) -> None:
    """Check a mask learned on a network whose parameters were ``before``, on inputs (m, …)."""
    check_masks(learned)
    check_source_untouched(learned, before)
    check_weights_are_those_promised(learned)
    check_filters_are_whole(learned)
    check_shrunk_is_masked(learned, images)


def check_masks(learned: LearnedMask) -> None:
    assert learned.keep
    for name, mask in learned.keep.items():
        assert mask.dtype == torch.bool
        assert mask.shape == learned.source.get_parameter(name).shape
        assert mask.any()
    counts = learned.parameters
    assert counts["kept"] == sum(int(mask.sum()) for mask in learned.keep.values())
    assert learned.kept_fraction == counts["kept"] / counts["source"]
    masked = learned.masked()
    for name, weight in learned.source.named_parameters():
        kept = learned.keep.get(name, torch.ones_like(weight, dtype=torch.bool))
        assert torch.equal(masked.get_parameter(name)[kept], weight[kept])
        assert not masked.get_parameter(name)[~kept].any()


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
    scale = float(learned.network(images).abs().max())
    torch.testing.assert_close(
        small(images), learned.network(images), rtol=0, atol=1e-12 * max(scale, 1.0)
    )
    stored = sum(p.numel() for p in small.parameters())
    if learned.units.granularity == "filter":
        free = [p for n, p in learned.source.named_parameters() if n not in learned.keep]
        assert stored == learned.parameters["kept"] + sum(p.numel() for p in free)


def parameters_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of every parameter."""
    return {name: p.detach().clone() for name, p in copy.deepcopy(network).named_parameters()}
