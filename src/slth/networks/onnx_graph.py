"""Modules as an ONNX graph, written node by node: the counterpart of `slth.networks.from_onnx`."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.frames import replacing
from slth.networks.graph import INPUT, Shape
from slth.networks.graph_modules import Channels, GraphModule, Sum
from slth.networks.modules import ChannelScale, Residual
from slth.networks.shapes import pair

OPSET = 17  # of onnx 1.12
FORMAT = 8  # ONNX's ir_version of that time
LARGEST = 2**31 - 2**20  # bytes of weights: what protobuf takes, with room for the nodes
DTYPES = ("float64", "float32")


class OnnxGraph:
    """Nodes and constants of an ONNX model while modules are added to it.

    dtype: of weights and values. rank: axes of each value by name, with the batch.
    """

    def __init__(self, onnx: Any, writers: "Mapping[type[nn.Module], Writer]", dtype: str) -> None:
        self.onnx, self.writers, self.dtype = onnx, writers, np.dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self.rank: dict[str, int] = {}

    def constant(self, name: str, values: Tensor | np.ndarray) -> str:
        """Add weights or integers under a name of their own; return it."""
        given = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
        own, count = name, 1
        while own in self.constants:
            count += 1
            own = f"{name}:{count}"
        self.constants[own] = given.astype(self.dtype) if given.dtype.kind == "f" else given
        return own

    def node(self, kind: str, path: str, *inputs: str, rank: int = 0, **attributes: Any) -> str:
        """Add an operator; return the name of its value. rank: 0 for that of the first input."""
        made = f"{path}/{kind}_{len(self.nodes)}"
        node = self.onnx.helper.make_node(kind, inputs, [made], name=made, **attributes)
        self.nodes.append(node)
        self.rank[made] = rank or self.rank[inputs[0]]
        return made

    def channelwise(self, path: str, x: str, scale: Tensor, shift: Tensor | None = None) -> str:
        """scale·x + shift, (c,) each."""
        shape = (-1, *(1,) * (self.rank[x] - 2))
        y = self.node("Mul", path, x, self.constant(f"{path}.scale", scale.reshape(shape)))
        if shift is None:
            return y
        return self.node("Add", path, y, self.constant(f"{path}.shift", shift.reshape(shape)))

    def channels(self, path: str, x: str, numbers: Tensor) -> str:
        """Channels of x by their numbers (h,)."""
        index = self.constant(f"{path}.channels", numbers.to(torch.int64))
        return self.node("Gather", path, x, index, axis=1)

    def convolution(
        self, path: str, x: str, weight: Tensor, bias: Tensor | None = None, stride: object = 1,
        padding: object = 0, dilation: object = 1, groups: int = 1,
    ) -> str:  # fmt: skip
        """A convolution as torch has it, zeros on both sides."""
        inputs = [x, self.constant(f"{path}.weight", weight)]
        inputs += [] if bias is None else [self.constant(f"{path}.bias", bias)]
        return self.node(
            "Conv", path, *inputs, rank=4, strides=pair(stride), pads=2 * pair(padding),
            dilations=pair(dilation), group=groups, kernel_shape=list(weight.shape[2:]),
        )  # fmt: skip

    def dense(self, path: str, x: str, weight: Tensor, bias: Tensor | None = None) -> str:
        """W x + b on vectors."""
        inputs = [x, self.constant(f"{path}.weight", weight)]
        inputs += [] if bias is None else [self.constant(f"{path}.bias", bias)]
        return self.node("Gemm", path, *inputs, rank=2, transB=1)

    def module(self, path: str, module: nn.Module, *x: str) -> str:
        """Add a module that reads values; ValueError naming one that has no writer."""
        writer = self.writers.get(type(module))
        if writer is None:
            raise ValueError(
                f"{path or 'network'}: got a {type(module).__name__}, takes "
                f"{', '.join(kind.__name__ for kind in self.writers)}"
            )
        return writer(self, path, module, *x)


Writer = Callable[..., str]


def write_onnx(
    path: str | os.PathLike[str],
    network: nn.Module,
    input_shape: Shape,
    dtype: str = "float64",
    more: Mapping[type[nn.Module], Writer] | None = None,
) -> None:
    """Write a network of the modules in `WRITERS` to an ONNX file, whole or not at all.

    input_shape: (c, h, w) or (features,), without the batch, which the file leaves open. dtype:
    "float64", the function itself, or "float32", which all runtimes have. more: writers of other
    classes. The same network gives the same bytes. Raises ModuleNotFoundError naming the extra
    without the package onnx, TypeError for what is no path, ValueError for a module without a
    writer or weights of more than 2 GB.
    """
    from slth.networks.reading._onnx import package  # which loads nothing by itself

    onnx = package("to_onnx")
    checks.choice("dtype", dtype, DTYPES)
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: got {type(path).__name__}, takes the path of a file")
    graph = OnnxGraph(onnx, {**WRITERS, **(more or {})}, dtype)
    graph.rank[INPUT] = len(input_shape) + 1
    output = graph.module("", network, INPUT)
    size = sum(values.nbytes for values in graph.constants.values())
    if size > LARGEST:
        raise ValueError(
            f"path: got weights of {size:,} bytes, takes at most {LARGEST:,} in an ONNX file; "
            "save(path) writes any ticket"
        )
    with replacing(Path(path)) as file:
        file.write_bytes(_model(onnx, graph, output, input_shape).SerializeToString())


def _model(onnx: Any, graph: OnnxGraph, output: str, input_shape: Shape) -> Any:
    helper = onnx.helper
    kind = helper.np_dtype_to_tensor_dtype(graph.dtype)
    given = helper.make_tensor_value_info(INPUT, kind, ["batch", *input_shape])
    sides = ["batch", *(None for _ in range(graph.rank[output] - 1))]
    made = helper.make_tensor_value_info(output, kind, sides)
    constants = [onnx.numpy_helper.from_array(v, name) for name, v in graph.constants.items()]
    whole = helper.make_graph(graph.nodes, "slth", [given], [made], constants)
    model = helper.make_model(
        whole, producer_name="slth", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = FORMAT
    return onnx.shape_inference.infer_shapes(model)


def _convolution(g: OnnxGraph, path: str, m: nn.Conv2d, x: str) -> str:
    if m.padding_mode != "zeros" or isinstance(m.padding, str):
        raise ValueError(
            f"{path}: got padding {m.padding!r}, {m.padding_mode}, takes zeros by size"
        )
    return g.convolution(
        path, x, m.weight, m.bias, m.stride, m.padding, m.dilation, m.groups
    )  # fmt: skip


def _max_pool(g: OnnxGraph, path: str, m: nn.MaxPool2d, x: str) -> str:
    return g.node("MaxPool", path, x, dilations=pair(m.dilation), **_windows(path, m))


def _average_pool(g: OnnxGraph, path: str, m: nn.AvgPool2d, x: str) -> str:
    count = int(m.count_include_pad)
    return g.node("AveragePool", path, x, count_include_pad=count, **_windows(path, m))


def _windows(path: str, m: nn.MaxPool2d | nn.AvgPool2d) -> dict[str, Any]:
    if m.ceil_mode or getattr(m, "divisor_override", None):
        raise ValueError(
            f"{path}: got windows that are not whole, or a divisor of their own, which ONNX counts "
            "otherwise; takes pooling without ceil_mode and divisor_override"
        )
    return {
        "kernel_shape": pair(m.kernel_size),
        "strides": pair(m.stride),
        "pads": 2 * pair(m.padding),
    }


def _global(kind: str) -> Writer:
    def write(g: OnnxGraph, path: str, m: Any, x: str) -> str:
        if pair(m.output_size) != (1, 1):
            raise ValueError(f"{path}: got adaptive pooling to {m.output_size}, takes 1")
        return g.node(kind, path, x)

    return write


def _flatten(g: OnnxGraph, path: str, m: nn.Flatten, x: str) -> str:
    if (m.start_dim, m.end_dim) != (1, -1):
        raise ValueError(f"{path}: got {m}, takes Flatten of every axis but the batch")
    return g.node("Flatten", path, x, rank=2, axis=1)


def _clip(g: OnnxGraph, path: str, m: nn.Hardtanh, x: str) -> str:
    ends = [
        g.constant(f"{path}.{k}", np.array(v, dtype=np.float64))
        for k, v in (("min", m.min_val), ("max", m.max_val))
    ]
    return g.node("Clip", path, x, *ends)


def _leaky(g: OnnxGraph, path: str, m: nn.LeakyReLU, x: str) -> str:
    slope = g.constant(f"{path}.slope", np.array([m.negative_slope], dtype=np.float64))
    return g.node("PRelu", path, x, slope)  # the alpha of LeakyRelu is float32


def _channel_scale(g: OnnxGraph, path: str, m: ChannelScale, x: str) -> str:
    return g.channelwise(path, g.channels(path, x, m.block), m.weight)


def _chain(g: OnnxGraph, path: str, m: nn.Sequential, x: str) -> str:
    for name, part in m.named_children():
        x = g.module(f"{path}.{name}" if path else name, part, x)
    return x


def _residual(g: OnnxGraph, path: str, m: Residual, x: str) -> str:
    return g.node("Add", path, x, g.module(f"{path}.body", m.body, x))


def _steps(g: OnnxGraph, path: str, m: GraphModule, x: str) -> str:
    held = {INPUT: x}
    for (name, inputs), part in zip(m.wiring, m.steps, strict=True):
        x = held[name] = g.module(name, part, *(held[source] for source in inputs))
    return x


def _entrywise(kind: str) -> Writer:
    return lambda g, path, m, *x: g.node(kind, path, *x)


WRITERS: dict[type[nn.Module], Writer] = {
    nn.Conv2d: _convolution,
    nn.Linear: lambda g, path, m, x: g.dense(path, x, m.weight, m.bias),
    ChannelScale: _channel_scale,
    nn.ReLU: _entrywise("Relu"),
    nn.ReLU6: _clip,
    nn.Hardtanh: _clip,
    nn.LeakyReLU: _leaky,
    nn.Tanh: _entrywise("Tanh"),
    nn.Sigmoid: _entrywise("Sigmoid"),
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: _global("GlobalAveragePool"),
    nn.AdaptiveMaxPool2d: _global("GlobalMaxPool"),
    nn.Flatten: _flatten,
    nn.Identity: lambda g, path, m, x: x,
    Sum: _entrywise("Sum"),
    Channels: lambda g, path, m, *x: g.node("Concat", path, *x, axis=1),
    Residual: _residual,
    nn.Sequential: _chain,
    GraphModule: _steps,
}
