"""The draws of the null controls: other places for the mask, other weights under it."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from slth import seeding
from slth.learned.units import Tensors
from slth.networks.gate import check_plain

CONTROLS = ("shuffled", "random", "fresh")


def controlled_units(kind: str, chosen: Mapping[str, Tensor], seed: int) -> Tensors:
    """Chosen units of a control: "shuffled" in each layer, "random" over all layers, else as is.

    "random" keeps one unit of every layer, since a layer with none passes nothing on.
    """
    if kind == "shuffled":
        return {name: _permuted(mask, seed, "shuffled", name) for name, mask in chosen.items()}
    if kind != "random":
        return dict(chosen)
    empty = {name: torch.zeros(mask.numel(), dtype=torch.bool) for name, mask in chosen.items()}
    for name, mask in empty.items():
        mask[int(seeding.generator(seed, "control", "one", name).integers(mask.numel()))] = True
    flat = torch.cat(list(empty.values()))
    wanted = sum(int(mask.sum()) for mask in chosen.values()) - int(flat.sum())
    free = torch.nonzero(~flat).flatten()
    order = torch.from_numpy(seeding.generator(seed, "control", "random").permutation(len(free)))
    flat[free[order[:wanted]]] = True
    parts = flat.split([mask.numel() for mask in chosen.values()])
    return {
        name: part.view_as(mask).clone()
        for (name, mask), part in zip(chosen.items(), parts, strict=True)
    }


def fresh_source(
    source: nn.Module, masked: Mapping[str, Tensor], network: nn.Module | None, seed: int
) -> nn.Module:
    """Other weights for the masked parameters: another network's, or the same values reordered.

    Raises ValueError when ``network`` lacks a parameter of the same shape.
    """
    fresh = copy.deepcopy(source)
    with torch.no_grad():
        for name in masked:
            weight = fresh.get_parameter(name)
            weight.copy_(
                _permuted(weight, seed, "fresh", name)
                if network is None
                else _weight_of(network, name, weight.shape)
            )
    return fresh


def _weight_of(network: nn.Module, name: str, shape: torch.Size) -> Tensor:
    check_plain("network", network)
    found = dict(network.named_parameters(remove_duplicate=False)).get(name)
    if found is None or found.shape != shape:
        got = "none" if found is None else tuple(found.shape)
        raise ValueError(f"network: got {got} for parameter {name}, takes shape {tuple(shape)}")
    return found.detach()


def _permuted(values: Tensor, seed: int, *key: str) -> Tensor:
    order = seeding.generator(seed, "control", *key).permutation(values.numel())
    return values.detach().flatten()[torch.from_numpy(order).to(values.device)].view_as(values)
