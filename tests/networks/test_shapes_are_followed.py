"""Shapes while a module is read: on zeros or on the meta device, the network read is the same."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from slth.networks import from_torch
from slth.networks.reading import shapes

ORDINARY = """
import sys
from torch import nn
from slth.networks import from_torch
block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
from_torch(nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), block, *head).eval(), (1, 12, 12))
print([name for name in ("sympy", "torch._dynamo") if name in sys.modules])
"""


class Joined(nn.Module):
    """Functions, sums and an in-place step on what is computed from a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 6, 3, padding=1), nn.Conv2d(6, 6, 1)
        self.shift, self.last = nn.Parameter(torch.ones(6, 1, 1)), nn.Linear(6, 5)
        self.head = nn.Linear(5, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x))
        y = self.second(x)
        y += x
        y = functional.max_pool2d(y + self.shift, 3, 2, padding=1)
        y = functional.adaptive_avg_pool2d(y, (2, 1)).mean((2, 3))
        y = functional.linear(y, weight=self.last.weight, bias=self.last.bias)
        return functional.linear(y, self.head.weight)


def test_an_ordinary_network_is_read_without_the_compiler() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORDINARY], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("limit", [0, 500, 5000])
def test_the_same_network_is_read_on_the_meta_device(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """All, some and few of the steps there; the values of the module stay as they were."""
    module = Joined().eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    images = torch.rand(4, 2, 8, 8, dtype=torch.float64)
    want = from_torch(module, images)(images)
    monkeypatch.setattr(shapes, "LIMIT", limit)
    assert torch.equal(from_torch(module, images)(images), want)
    assert all(torch.equal(module.state_dict()[name], value) for name, value in before.items())


@pytest.mark.parametrize(
    "step",
    [
        nn.Conv2d(1, 1, 3, padding=200_000),
        nn.Conv2d(1, 60_000, 1, padding=60),
        nn.ZeroPad2d(150_000),
        nn.AdaptiveAvgPool2d(200_000),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_huge_value_is_refused_and_never_computed(step: nn.Module) -> None:
    """It would take 5 to 1 300 GB."""
    with pytest.raises(ValueError, match="module"):
        from_torch(nn.Sequential(step, nn.Flatten()).eval(), (1, 9, 9))
