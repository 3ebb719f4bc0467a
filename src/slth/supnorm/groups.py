"""Groups of convolutions whose kernels are written densely: which blocks hold all that is not 0."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from slth.supnorm.layers import Layer


def grouped(*networks: Sequence[Layer]) -> list[list[Layer]]:
    """The same layers of one architecture, convolved in the most groups that fit all at a place.

    Bounds are those of the dense kernels: the terms that are left out are 0. Cost: a pass over the
    weights.
    """
    found: list[list[Layer]] = [[] for _ in networks]
    for place in zip(*networks, strict=True):
        count = 1
        if place[0].geometry.conv:
            count = _most([part for layer in place for part in _kernels(layer)])
        for layers, layer in zip(found, place, strict=True):
            layers.append(replace(layer, geometry=replace(layer.geometry, groups=count)))
    return found


def _kernels(layer: Layer) -> list[Tensor]:
    """Everything of the kernel's shape that is convolved with."""
    wide = None if layer.wide is None else layer.wide[0]
    parts = (layer.plus, layer.minus, layer.magnitude, layer.doubt, wide)
    return [part for part in parts if part is not None]


def _most(kernels: list[Tensor]) -> int:
    """Most groups of channels in order such that no kernel (out, in, k, k) leads out of its own."""
    outputs, inputs = kernels[0].shape[:2]
    used = torch.stack([(part != 0).flatten(2).any(2) for part in kernels]).any(0)
    to, of = torch.nonzero(used, as_tuple=True)
    common = math.gcd(outputs, inputs)
    for count in range(common, 1, -1):
        if common % count == 0 and bool((to * count // outputs == of * count // inputs).all()):
            return count
    return 1
