"""Columns of first layers: exact whichever way they are found, and none needs inputs squared."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from slth import seeding
from slth.supnorm.arguments import prepare
from slth.supnorm.zonotope.affine import Joint, columns
from slth.supnorm.zonotope.complete import densely
from slth.supnorm.zonotope.entry import Entry

CONVOLUTIONS = [
    (nn.Conv2d(2, 4, 3, padding=1, groups=2), (2, 4, 5)),
    (nn.Conv2d(4, 4, 2, stride=2, groups=4), (4, 4, 4)),
    (nn.Conv2d(1, 3, 2, stride=3, dilation=2), (1, 7, 6)),
    (nn.Conv2d(3, 2, 3, stride=2, padding=2), (3, 5, 4)),
]


@pytest.mark.parametrize(("module", "shape"), CONVOLUTIONS)
def test_either_way_gives_the_kernel_s_entries(module: nn.Conv2d, shape: tuple[int, ...]) -> None:
    module = module.double()
    _, (layers, _), _ = prepare(nn.Sequential(module), nn.Sequential(module), (-1.0, 1.0), shape)
    layer, inputs = layers[0], math.prod(shape)
    wanted = layer.geometry.apply(layer.plus, torch.eye(inputs).double().view(-1, *shape))
    wanted = wanted.flatten(1)
    rng = seeding.generator(inputs, "columns")
    for count in (1, 3, inputs):
        at = torch.from_numpy(rng.permutation(inputs)[:count])
        assert torch.equal(columns(layer, layer.plus, at), wanted[at])


class Largest(TorchDispatchMode):
    """The most numbers that a tensor made here has."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor):
            self.numbers = max(self.numbers, made.numel())
        return made


@pytest.mark.parametrize(
    ("module", "shape"),
    [(nn.Linear(1600, 4), (1600,)), (nn.Conv2d(1, 1, 20, stride=20), (1, 40, 40))],
)
def test_no_tensor_has_inputs_squared_numbers(module: nn.Module, shape: tuple[int, ...]) -> None:
    network = nn.Sequential(module).double()
    _, (layers, _), _ = prepare(network, network, (-1.0, 1.0), shape)
    with Largest() as seen:
        _ = Entry(Joint(*layers, *layers), torch.arange(1600)).kernels
        densely(layers)
    assert 4 * 1600 <= seen.numbers <= 16 * 1600
