"""Small classifiers of images as people write them: LeNet, VGG, ResNets, MobileNet, and dense.

For grey or colour images of about 28×28 pixels, values in [-1, 1] or [0, 1]. Batch norm, biases,
pooling, residual adds with projection and stride, depthwise convolutions: what
`slth.networks.from_torch` reads.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from slth import checks, seeding


class Residual(nn.Module):
    """ReLU of a body plus its input, or plus a projection where shapes change (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(inputs, outputs, stride=stride), *_convolution(outputs, outputs)[:2]
        )
        same = inputs == outputs and stride == 1
        skip = nn.Sequential(*_convolution(inputs, outputs, kernel=1, stride=stride)[:2])
        self.skip: nn.Module = nn.Identity() if same else skip

    def forward(self, x: Tensor) -> Tensor:
        """(m, c, h, w) to (m, c', h', w')."""
        return torch.relu(self.body(x) + self.skip(x))


def lenet(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """LeNet-5 with ReLU and max pooling, 28×28 pixels (LeCun et al. 1998)."""
    return nn.Sequential(
        *(nn.Conv2d(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)),
    )


def vgg(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """16-32-32 channels of 3×3 with batch norm, then the mean (Simonyan, Zisserman 2015)."""
    return nn.Sequential(
        *_convolution(channels, 16),
        nn.MaxPool2d(2),
        *_convolution(16, 32),
        nn.MaxPool2d(2),
        *_convolution(32, 32),
        *_head(32, classes),
    )


def resnet(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """A residual block of 16 channels, one of 32 with stride and projection (He et al. 2016)."""
    return nn.Sequential(
        *_convolution(channels, 16),
        nn.MaxPool2d(2),
        Residual(16, 16),
        Residual(16, 32, stride=2),
        *_head(32, classes),
    )


def resnet20(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """ResNet-20: three blocks each of 16, 32 and 64 channels, with projections (He et al. 2016)."""
    stages = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
    blocks = [
        Residual(i if first else o, o, stride if first else 1)
        for i, o, stride in stages
        for first in (True, False, False)
    ]
    return nn.Sequential(*_convolution(channels, 16), *blocks, *_head(64, classes))


def mobilenet(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """Three pairs of depthwise 3×3 and pointwise convolutions (Howard et al. 2017)."""
    return nn.Sequential(
        *_convolution(channels, 16, stride=2),
        *_separable(16, 32),
        *_separable(32, 64, stride=2),
        *_separable(64, 64),
        *_head(64, classes),
    )


def dense(channels: int = 1, classes: int = 10) -> nn.Sequential:
    """784-500-10 without biases, 397 000 weights for grey images (Pensia et al. 2020)."""
    return nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(784 * channels, 500, bias=False), nn.ReLU()),
        nn.Linear(500, classes, bias=False),
    )


NETWORKS: dict[str, Callable[..., nn.Sequential]] = {
    "lenet": lenet,
    "vgg": vgg,
    "resnet": resnet,
    "resnet20": resnet20,
    "mobilenet": mobilenet,
    "dense": dense,
}


def build(name: str, channels: int = 1, classes: int = 10, seed: int = 0) -> nn.Sequential:
    """Return a network of `NETWORKS` with torch's initial weights, drawn from ``seed`` (float32).

    Raises ValueError for an unknown name. The global generator is left as it was.
    """
    make = NETWORKS[checks.choice("name", name, tuple(NETWORKS))]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.child(seed, "zoo", name))
        return make(channels, classes)


def _convolution(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs), nn.ReLU()]


def _separable(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    depthwise = _convolution(inputs, inputs, stride=stride, groups=inputs)
    return [*depthwise, *_convolution(inputs, outputs, kernel=1)]


def _head(width: int, classes: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]
