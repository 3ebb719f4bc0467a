"""What is kept of a random layer as nodes of an ONNX graph."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from slth.networks.onnx_graph import OnnxGraph, Writer
from slth.tickets.whole.literal import EffectiveModule, PrunedLayer


def _pruned(g: OnnxGraph, path: str, m: PrunedLayer, x: str) -> str:
    """Gather, Mul, Add: U, which sees one channel; Relu; Conv or Gemm: V; group by group."""
    parts = []
    for q in range(len(m.V)):
        channel, weight, bias, V = m.hidden(q)
        at = f"{path}.{q}"
        u = g.channelwise(f"{at}.U", g.channels(at, x, channel), weight, bias)
        hidden = g.node("Relu", at, u)
        if m.dense:
            parts.append(g.dense(f"{at}.V", hidden, V.flatten(1)))
        else:
            parts.append(g.convolution(f"{at}.V", hidden, V, None, *m.geometry))
    return parts[0] if len(parts) == 1 else g.node("Concat", path, *parts, axis=1)


def _effective(g: OnnxGraph, path: str, m: EffectiveModule, x: str) -> str:
    def mapped(name: str, u: str, kernel: Tensor, groups: int) -> str:
        at = f"{path}.{name}"
        if m.dense:
            return g.dense(at, u, kernel.flatten(1))
        return g.convolution(at, u, kernel, None, *m.geometry, groups)

    if m.minus is None:
        parts = [mapped("plus", x, m.plus, m.groups)]
    else:
        minus = g.node("Relu", path, g.node("Neg", path, x))
        parts = [mapped("plus", g.node("Relu", path, x), m.plus, m.groups)]
        parts.append(mapped("minus", minus, m.minus, m.groups))
    if m.constant is not None:
        first = g.channels(path, x, m.first)
        one = g.channelwise(path, first, *torch.tensor([[0.0], [1.0]], dtype=torch.float64))
        parts.append(mapped("constant", one, m.constant, 1))
    return parts[0] if len(parts) == 1 else g.node("Sum", path, *parts)


WRITERS: Mapping[type[nn.Module], Writer] = {PrunedLayer: _pruned, EffectiveModule: _effective}
