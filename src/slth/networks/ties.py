"""Weights that several modules share."""

from collections.abc import Iterator

from torch import nn


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
