"""Small networks of every kind that a whole ticket is cut for."""

import torch
from torch import Tensor, nn

from slth.seeding import generator


class Bottleneck(nn.Module):
    """A stem, a depthwise pair with a linear bottleneck, a projection of stride 2, two sums."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.depthwise = nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.linear = nn.Conv2d(8, 4, 1)
        self.down = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.skip = nn.Conv2d(4, 6, 1, stride=2)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, 1, 8, 8) to (batch, 3)."""
        x = nn.functional.relu6(self.stem(x))
        x = x + self.linear(torch.relu(self.norm(self.depthwise(x))))
        x = nn.functional.leaky_relu(self.down(x) + self.skip(x), 0.1)
        return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


def bottleneck() -> nn.Module:
    """Batch norm that does something, in eval mode."""
    torch.manual_seed(3)
    module = Bottleneck()
    for buffer, low, high in (("running_mean", -0.3, 0.3), ("running_var", 0.5, 2.0)):
        module.norm.get_buffer(buffer).uniform_(low, high)
    module.norm.bias.data.uniform_(-0.3, 0.3)
    return module.eval()


def pooled() -> nn.Module:
    """Biases, stride, dilation and no padding, max pooling, two dense layers."""
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 5, 2, dilation=2), nn.ReLU(), nn.Flatten(),
        nn.Linear(20, 6), nn.ReLU(), nn.Linear(6, 3, bias=False),
    )  # fmt: skip


NETWORKS = {"bottleneck": bottleneck, "pooled": pooled}
SHAPE = (1, 8, 8)


def inputs(count: int = 30, low: float = -1.0, seed: int = 0) -> Tensor:
    """Inputs (count, 1, 8, 8), uniform in [low, 1]."""
    return torch.from_numpy(generator(seed, "whole inputs").uniform(low, 1, (count, *SHAPE)))
