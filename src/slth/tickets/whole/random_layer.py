"""The random network of a whole ticket as a torch module, nothing removed from it."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from slth.networks.graph import Convolution, Layer
from slth.networks.graph_modules import GraphModule
from slth.networks.network import Network
from slth.tickets.whole.source import Source, SourceLayer


class RandomLayer(nn.Module):
    """V ∗ σ(U x), σ(constants): a layer of the random network, with `SourceLayer`'s parameters.

    U (c_in, 2n), constants (groups, 2n) or None, V (c_out, hidden of a group, k_h, k_w), float64.
    """

    def __init__(self, layer: Layer, random: SourceLayer) -> None:
        super().__init__()
        self.dense = not isinstance(layer, Convolution)
        self.geometry: tuple = ((1, 1), (0, 0), (1, 1), 1)
        if isinstance(layer, Convolution):
            self.geometry = layer.stride, layer.padding, layer.dilation, layer.groups
        self.U = nn.Parameter(random.U, requires_grad=False)
        self.V = nn.Parameter(random.V, requires_grad=False)
        self.constants = None
        if random.constants is not None:
            self.constants = nn.Parameter(random.constants, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, …) to (batch, c_out, …)."""
        u = x[:, :, None, None] if self.dense else x
        batch, _, *size = u.shape
        hidden = F.relu(self.U[None, :, :, None, None] * u[:, :, None])
        hidden = hidden.reshape(batch, self.geometry[-1], -1, *size)
        if self.constants is not None:
            ones = F.relu(self.constants)[None, :, :, None, None]
            hidden = torch.cat([hidden, ones.expand(batch, -1, -1, *size)], dim=2)
        y = F.conv2d(hidden.flatten(1, 2), self.V, None, *self.geometry)
        return y[:, :, 0, 0] if self.dense else y


def random_module(network: Network, source: Source) -> tuple[GraphModule, dict[str, str]]:
    """The random network, and by name of a layer the path of its module.

    A readout that is copied is in it as it is. Raises checks.TooLargeError as `Source.whole` does.
    """
    layers, module, paths = source.whole(), GraphModule(network.steps), {}
    for i, step in enumerate(network.steps):
        if step.name in layers:
            assert isinstance(step, Layer)
            module.steps[i] = RandomLayer(step, layers[step.name])
            paths[step.name] = f"steps.{i}"
    return module.eval(), paths
