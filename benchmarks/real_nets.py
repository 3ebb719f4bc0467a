"""Four small real networks on 28×28 images of one channel, and their training."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from slth import seeding


class Residual(nn.Module):
    """σ(body(x) + skip(x))."""

    def __init__(self, body: nn.Module, skip: nn.Module) -> None:
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c, h, w) to what body and skip give."""
        return torch.relu(self.body(x) + self.skip(x))


def lenet() -> nn.Module:
    """LeNet-5 with biases and max pooling: 61 706 weights."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def vgg() -> nn.Module:
    """Three batch-normed 3×3 convolutions to 16, 32 and 32 channels, averaged over the image."""
    return nn.Sequential(
        *_normed(1, 16), nn.MaxPool2d(2), *_normed(16, 32), nn.MaxPool2d(2), *_normed(32, 32),
        *_head(32),
    )  # fmt: skip


def resnet() -> nn.Module:
    """A stem and two residual blocks, the second with stride 2 and a projection."""
    return nn.Sequential(
        *_normed(1, 16), nn.MaxPool2d(2), _block(16, 16, 1), _block(16, 32, 2), *_head(32)
    )


def mobilenet() -> nn.Module:
    """A stem of stride 2 and three pairs of a depthwise and a pointwise convolution."""
    pairs = [(16, 32, 1), (32, 64, 2), (64, 64, 1)]
    inner = [m for i, o, s in pairs for m in (*_normed(i, i, 3, s, i), *_normed(i, o, 1))]
    return nn.Sequential(*_normed(1, 16, 3, 2), *inner, *_head(64))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lenet": lenet,
    "vgg": vgg,
    "resnet": resnet,
    "mobilenet": mobilenet,
}


def trained(
    name: str, images: Tensor, labels: Tensor, epochs: int = 15, seed: int = 1
) -> nn.Module:
    """Return the network of a name trained in float32: AdamW, one cycle, shifts by up to 2 pixels.

    images: (m, 1, 28, 28), labels (m,). Returned in eval mode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.child(seed, "initial weights", name))
        network = NETWORKS[name]()
    x, size = images.to(torch.float32), 50
    draws = torch.Generator().manual_seed(seeding.child(seed, "minibatches", name))
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-3)
    steps = epochs * -(-len(x) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=draws).split(size):
            rows_down, right = torch.randint(-2, 3, (2,), generator=draws).tolist()
            shifted = torch.roll(x[rows], (rows_down, right), (2, 3))
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(shifted), labels[rows]).backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def _normed(i: int, o: int, k: int = 3, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [*_linear(i, o, k, stride, groups), nn.ReLU()]


def _linear(i: int, o: int, k: int = 3, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    one = nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False)
    return [one, nn.BatchNorm2d(o)]


def _block(i: int, o: int, stride: int) -> nn.Module:
    body = nn.Sequential(*_normed(i, o, 3, stride), *_linear(o, o))
    straight = i == o and stride == 1
    return Residual(body, nn.Identity() if straight else nn.Sequential(*_linear(i, o, 1, stride)))


def _head(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


class Bottleneck(nn.Module):
    """σ(1×1, 3×3 with the stride, 1×1 to four times the channels, plus the input or 1×1 of it)."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * channels
        self.body = nn.Sequential(
            *_normed(inputs, channels, 1), *_normed(channels, channels, 3, stride),
            *_linear(channels, outputs, 1),
        )  # fmt: skip
        straight = inputs == outputs and stride == 1
        skip = nn.Sequential(*_linear(inputs, outputs, 1, stride))
        self.skip = nn.Identity() if straight else skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, h, w) to (batch, 4·channels, h / stride, w / stride)."""
        return torch.relu(self.body(x) + self.skip(x))


RESNET50 = ((64, 3), (128, 4), (256, 6), (512, 3))  # channels and blocks of the four stages


def resnet50(seed: int = 0) -> nn.Module:
    """ResNet-50 for 3×224×224 and 1000 classes, random weights: 25.6 million (He et al. 2016)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.child(seed, "initial weights", "resnet50"))
        stages: list[nn.Module] = []
        inputs = 64
        for stage, (channels, count) in enumerate(RESNET50):
            for i in range(count):
                stages.append(Bottleneck(inputs, channels, 2 if stage and not i else 1))
                inputs = 4 * channels
        stem = [*_normed(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
        tail = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000)]
        return nn.Sequential(*stem, *stages, *tail).eval()
