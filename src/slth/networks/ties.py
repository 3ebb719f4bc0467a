"""Weights that several modules share: where they are, and how others take their place."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn


def places(network: nn.Module, label: str = "") -> Iterator[tuple[str, nn.Module]]:
    """(name, module) of the whole tree as `named_modules`, repeated ones as often as they occur."""
    yield label, network
    for key, child in network._modules.items():
        if child is not None:
            yield from places(child, f"{label}.{key}" if label else key)


def shared(network: nn.Module, same: bool = True) -> list[tuple[str, str]]:
    """Pairs of places whose weights lie in the same memory; those of one parameter if ``same``."""
    spans = []
    seen: set[int] = set()
    for label, module in places(network):
        for key, value in module._parameters.items():
            if value is not None and value.numel() and (same or id(value) not in seen):
                seen.add(id(value))
                reach = sum(
                    (n - 1) * step for n, step in zip(value.shape, value.stride(), strict=True)
                )
                start, size = value.data_ptr(), (reach + 1) * value.element_size()
                where = f"{label}.{key}" if label else key
                spans.append((str(value.device), start, start + size, where))
    spans.sort(key=lambda span: span[:2])
    pairs, last = [], ("", 0, 0, "")
    for span in spans:
        if span[0] == last[0] and span[1] < last[2]:
            pairs.append((last[3], span[3]))
        last = span if span[0] != last[0] or span[2] > last[2] else last
    return pairs


def check_untied(name: str, network: nn.Module, why: str, same: bool = True) -> None:
    """Raise ValueError where two modules share weights, whatever `shared` finds.

    why: what takes weights of their own.
    """
    for one, other in shared(network, same):
        raise ValueError(
            f"{name}: {other} shares its weights with {one}; {why} takes modules with weights of "
            "their own: copy.deepcopy one of the two"
        )


def aliases(network: nn.Module) -> dict[str, list[str]]:
    """Name of a parameter → its names in other modules, for those that several modules have."""
    names: dict[int, list[str]] = {}
    seen: set[tuple[int, str]] = set()
    for label, module in places(network):
        for key, value in module._parameters.items():
            if value is not None and (id(module), key) not in seen:
                seen.add((id(module), key))
                names.setdefault(id(value), []).append(f"{label}.{key}" if label else key)
    return {first: rest for first, *rest in names.values() if rest}


def called(
    network: nn.Module, weights: Mapping[str, Tensor], others: Mapping[str, list[str]], x: Tensor
) -> Tensor:
    """Outputs for x with ``weights`` in place of the network's own, in all modules that share them.

    others: `aliases` of the network. Of a module that occurs twice torch's own rule for ties puts
    back the second time what it took out the first; here each is changed once.
    """
    whole = dict(weights)
    for name, rest in others.items():
        whole |= dict.fromkeys(rest, weights[name]) if name in weights else {}
    return torch.func.functional_call(network, whole, (x,), tie_weights=False)
