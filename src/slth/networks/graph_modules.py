"""Networks that were read as torch modules: the whole graph, or a chain with residual blocks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from slth.networks.graph import (
    INPUT,
    Activation,
    Add,
    AvgPool,
    Convolution,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Step,
)
from slth.networks.modules import Projected, Residual
from slth.networks.undrawn import undrawn

if TYPE_CHECKING:
    from slth.networks.network import Network

Named = list[tuple[str, nn.Module]]


class GraphModule(nn.Module):
    """The steps of a `Network` as a torch module: what runs, saves and exports as others do."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self.wiring = tuple((s.name, s.inputs) for s in steps)
        self.steps = nn.ModuleList([module_of(step) for step in steps])

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, *input_shape) to the outputs."""
        held = {INPUT: x}
        value = x
        for (name, inputs), module in zip(self.wiring, self.steps, strict=True):
            value = module(*(held[source] for source in inputs))
            held[name] = value
        return value


class Sum(nn.Module):
    """The sum of its arguments."""

    def forward(self, *x: Tensor) -> Tensor:
        """Map tensors of one shape to their sum."""
        total = x[0]
        for other in x[1:]:
            total = total + other
        return total


class Channels(nn.Module):
    """Its arguments behind each other along axis 1."""

    def forward(self, *x: Tensor) -> Tensor:
        """Map (batch, c, …) each to (batch, Σ c, …)."""
        return torch.cat(x, dim=1)


def module_of(step: Step) -> nn.Module:
    """A torch module that computes a step, with copies of its weights."""
    if isinstance(step, (Convolution, Dense)):
        return _weighted(step)
    if isinstance(step, Activation):
        return _activation(step)
    if isinstance(step, MaxPool):
        if step.size is None:
            return nn.AdaptiveMaxPool2d(1)
        return nn.MaxPool2d(
            step.size, step.stride, step.padding, step.dilation, ceil_mode=step.ceil_mode
        )
    if isinstance(step, AvgPool):
        if step.size is None:
            return nn.AdaptiveAvgPool2d(1)
        return nn.AvgPool2d(
            step.size, step.stride, step.padding, step.ceil_mode, step.count_padding
        )
    if isinstance(step, Flatten):
        return nn.Flatten()
    return Sum() if isinstance(step, Add) else Channels()


def _weighted(step: Layer) -> nn.Module:
    o, i = step.weight.shape[:2]
    bias = step.bias is not None
    if isinstance(step, Dense):
        made: nn.Module = undrawn(nn.Linear, i, o, bias=bias, dtype=torch.float64)
    else:
        made = undrawn(
            nn.Conv2d, i * step.groups, o, tuple(step.weight.shape[2:]), step.stride, step.padding,
            step.dilation, step.groups, bias, dtype=torch.float64,
        )  # fmt: skip
    made.weight = nn.Parameter(step.weight.clone(), requires_grad=False)
    if step.bias is not None:
        made.bias = nn.Parameter(step.bias.clone(), requires_grad=False)
    return made


def _activation(step: Activation) -> nn.Module:
    if step.kind == "relu":
        capped = nn.ReLU6() if step.cap == 6 else nn.Hardtanh(0.0, step.cap)
        return nn.ReLU() if step.plain_relu else capped
    if step.kind == "leaky_relu":
        return nn.LeakyReLU(step.leak)
    return nn.Tanh() if step.kind == "tanh" else nn.Sigmoid()


def sequential(name: str, network: "Network", projections: bool = False) -> nn.Sequential:
    """See `Network.to_sequential`."""
    return _named(_segment(name, network, INPUT, None, None, projections))


def _named(modules: Named) -> nn.Sequential:
    made = nn.Sequential()
    for key, module in modules:
        made._modules[key.replace(".", "/")] = module  # whatever a Sequential calls its own
    return made


def _segment(
    name: str,
    network: "Network",
    source: str,
    first: str | None,
    stop: str | None,
    projections: bool,
) -> Named:
    """Modules from a value, by the reader ``first`` if there are two, to the sum ``stop``."""
    made: Named = []
    while source != network.output:
        readers = network.readers[source]
        at = first or readers[0]
        if len(readers) == 2 and first is None:
            skip = _projection(network, source) if projections else None
            total = _sum_of(name, network, source) if skip is None else network.step(skip[1])
            (inside,) = {*readers} - ({total.name} if skip is None else {skip[0]})
            body = _segment(name, network, source, inside, total.name, projections)
            made.append((total.name, _block(network, body, skip)))
            source = total.name
            continue
        if at == stop:
            return made
        step = network.step(at)
        if len(readers) > 2 or len(step.inputs) > 1:
            _refuse(name, network, at)
        if isinstance(step, (AvgPool, MaxPool)) and step.size is None:
            rows, columns = network.shapes[source][1:]
            step = replace(step, size=(rows, columns), stride=(rows, columns))
        made.append((at, module_of(step)))
        source, first = at, None
    if stop is not None:
        _refuse(name, network, stop)
    return made


def _projection(network: "Network", source: str) -> tuple[str, str] | None:
    """A convolution of a value whose only reader is a sum of two, and that sum; or None."""
    for reader in reversed(network.readers[source]):
        after = network.readers[reader]
        if isinstance(network.step(reader), Convolution) and len(after) == 1:
            total = network.step(after[0])
            if isinstance(total, Add) and len(total.inputs) == 2 and source not in total.inputs:
                return reader, total.name
    return None


def _block(network: "Network", body: Named, skip: tuple[str, str] | None) -> nn.Module:
    if skip is None:
        made = Residual()
        made.body = _named(body)
        return made
    return Projected(_named(body), _named([(skip[0], module_of(network.step(skip[0])))]))


def _sum_of(name: str, network: "Network", source: str) -> Step:
    """The sum of a residual block that begins at a value with two readers."""
    readers = [network.step(reader) for reader in network.readers[source]]
    sums = [step for step in readers if isinstance(step, Add) and len(step.inputs) == 2]
    if len(sums) != 1 or len({step.name for step in readers}) != 2:
        _refuse(name, network, readers[0].name)
    return sums[0]


def _refuse(name: str, network: "Network", at: str) -> None:
    """Name the first step from ``at`` on that joins branches."""
    names = [step.name for step in network.steps]
    rest = network.steps[names.index(at) :]
    step = next(step for step in rest if len(step.inputs) > 1)
    raise ValueError(
        f"{name}: module {step.name} ({step.words}) joins branches that both have layers, or more "
        "than two, takes a chain of layers and residual blocks x + body(x); what takes a "
        "slth.networks.Network takes it as it is"
    )
