"""The pruned random network itself: kept hidden channels of U, ReLU, V with what is kept of it."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from slth.checks import FloatArray
from slth.networks.graph import Convolution, Layer, Step
from slth.networks.graph_modules import GraphModule
from slth.networks.network import Network
from slth.tickets.whole.effective import EffectiveLayer
from slth.tickets.whole.records import LayerRecord
from slth.tickets.whole.source import Source

BUILT = 2**24  # weights of V that a layer is built with; beyond, its effective kernels stand in


@dataclass(frozen=True, eq=False)
class Hidden:
    """The kept hidden channels of a group: what each sees, its weights, its part of V.

    channel: (h,) input channel, −1 for constants. weight: (h,) a, or β. V: (outputs, h, taps),
    zeros where V is pruned.
    """

    channel: np.ndarray
    weight: FloatArray
    V: FloatArray


def hidden_of(source: Source, record: LayerRecord, group: int) -> Hidden:
    """The kept hidden channels of a group, drawn anew from their seeds."""
    g = record.geometry
    channels, weights, filters = [], [], []
    for i, feature in enumerate(record.features):
        if feature.group != group:
            continue
        kept, m = record.kept(i), record.looked_at[i]
        some = kept.any(axis=0)
        _, a = source.pool(g.name, feature)
        V = source.directions(g, feature, m)[some] / g.scales[group]
        mask = g.spread(kept[:, some])
        channels.append(np.full(int(some.sum()), -1 if feature.bias else feature.channel))
        weights.append(a[:m][some] * (1 if feature.sign == "+" else -1))
        filters.append(np.where(mask, np.moveaxis(V, 0, 2), 0.0).swapaxes(1, 2))
    return Hidden(
        np.concatenate(channels), np.concatenate(weights), np.concatenate(filters, axis=1)
    )


class PrunedLayer(nn.Module):
    """σ(U x + β), U 1×1 with one weight a hidden channel, then V: what is kept of a random layer.

    Parameters, float64, of group q: ``U[q]`` (h,), the weights a of hidden channels, or the biases
    β of those whose weight is pruned; ``V[q]`` (outputs, h, k_h, k_w). Buffer ``channel_q`` (h,):
    the input channel that a hidden channel sees, −1 for none. No biases but β.
    """

    def __init__(self, layer: Layer, groups: list[Hidden]) -> None:
        super().__init__()
        self.dense = not isinstance(layer, Convolution)
        size = (1, 1) if self.dense else tuple(layer.weight.shape[2:])
        self.geometry: tuple = ((1, 1), (0, 0), (1, 1))
        if isinstance(layer, Convolution):
            self.geometry = layer.stride, layer.padding, layer.dilation
        made = [torch.from_numpy(h.V.reshape(*h.V.shape[:2], *size)) for h in groups]
        self.V = nn.ParameterList([nn.Parameter(v, requires_grad=False) for v in made])
        self.U = nn.ParameterList(
            [nn.Parameter(torch.from_numpy(h.weight), requires_grad=False) for h in groups]
        )
        for q, h in enumerate(groups):
            self.register_buffer(f"channel_{q}", torch.from_numpy(h.channel.astype(np.int64)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, …) to (batch, c_out, …)."""
        shape = (-1, *(1,) * (x.ndim - 2))
        parts = []
        for q in range(len(self.V)):
            channel, weight, bias, V = self.hidden(q)
            seen = x.index_select(1, channel)
            hidden = F.relu(seen * weight.reshape(shape) + bias.reshape(shape))
            if self.dense:
                parts.append(F.linear(hidden, V.flatten(1)))
            else:
                parts.append(F.conv2d(hidden, V, None, *self.geometry))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def hidden(self, group: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of the hidden channels of a group: channel seen, weight, bias, (h,) each, and V.

        A constant's weight is 0 and its bias β; of the others the bias is 0. Where nothing is kept,
        one channel of zeros: a convolution of none has no outputs in torch, and no node in ONNX.
        """
        channel, U, V = self.get_buffer(f"channel_{group}"), self.U[group], self.V[group]
        if not len(U):
            channel, U = channel.new_zeros(1), U.new_zeros(1)
            V = V.new_zeros(V.shape[0], 1, *V.shape[2:])
        weight = U * (channel >= 0)
        return channel.clamp(min=0), weight, U - weight, V

    def extra_repr(self) -> str:
        """Its sizes."""
        hidden = sum(len(U) for U in self.U)
        return f"{hidden} hidden channels, {sum(V.numel() for V in self.V):,} weights of V"


class EffectiveModule(nn.Module):
    """A layer too large to be built: it computes with the kernels of `EffectiveLayer`."""

    plus: Tensor
    minus: Tensor | None
    constant: Tensor | None
    first: Tensor

    def __init__(self, step: EffectiveLayer) -> None:
        super().__init__()
        self.dense, self.groups = step.dense, step.groups
        self.geometry = step.stride, step.padding, step.dilation
        for name in ("plus", "minus", "constant"):
            self.register_buffer(name, getattr(step, name))
        self.register_buffer("first", torch.zeros(1, dtype=torch.int64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, …) to (batch, c_out, …)."""
        if self.minus is None:
            y = self._mapped(x, self.plus)
        else:
            y = self._mapped(x.relu(), self.plus) + self._mapped((-x).relu(), self.minus)
        if self.constant is None:
            return y
        one = x.index_select(1, self.first) * 0.0 + 1.0
        return y + self._mapped(one, self.constant)

    def _mapped(self, x: Tensor, kernel: Tensor) -> Tensor:
        if self.dense:
            return F.linear(x, kernel.flatten(1))
        groups = 1 if kernel is self.constant else self.groups
        return F.conv2d(x, kernel, None, *self.geometry, groups)


def build_module(
    network: Network, source: Source, records: list[LayerRecord], layers: dict[str, EffectiveLayer]
) -> nn.Module:
    """The ticket as a torch module, float64; layers beyond `BUILT` weights are effective ones."""
    by_name = {record.geometry.name: record for record in records}
    module = GraphModule(network.steps)
    for i, step in enumerate(network.steps):
        if step.name in by_name:
            module.steps[i] = _module(step, source, by_name[step.name], layers[step.name])
    return module.eval()


def _module(step: Step, source: Source, record: LayerRecord, layer: EffectiveLayer) -> nn.Module:
    if built_size(record) > BUILT:
        return EffectiveModule(layer)
    assert isinstance(step, Layer)
    groups = [hidden_of(source, record, q) for q in range(record.geometry.groups)]
    return PrunedLayer(step, groups)


def built_size(record: LayerRecord) -> int:
    """Weights of V of a layer whose kept hidden channels are built."""
    g = record.geometry
    return record.kept_hidden * g.outputs * g.taps
