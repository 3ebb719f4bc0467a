"""A network that was read: a small graph of typed steps that computes in float64 by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks.determinism import one_thread
from slth.networks.graph import (
    INPUT,
    Activation,
    AvgPool,
    Convolution,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Shape,
    Step,
)

LINES = 10  # of a repr


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A network as `slth.networks.from_torch` and `from_onnx` read it.

    steps: in the order in which they run, each behind all that it reads; the last one is what the
    network gives. input_shape: (c, h, w) or (features,) of an input, without the batch: that of the
    example, or one on which the module runs. A value: nothing changes it; weights are float64 on
    the CPU. Raises ValueError where steps are out of order, names repeat, or shapes do not fit.
    """

    steps: tuple[Step, ...]
    input_shape: Shape

    def __post_init__(self) -> None:
        known = {INPUT}
        for step in self.steps:
            if step.name in known or not known.issuperset(step.inputs):
                raise ValueError(
                    f"steps: got {step.name!r} that reads {step.inputs}, takes names of their own "
                    "and steps behind all that they read"
                )
            known.add(step.name)

    def __call__(self, x: object) -> Tensor:
        """Outputs (batch, …), float64 on the CPU, of inputs (batch, *input_shape).

        x: a tensor or array of any floating dtype, on any device. Other heights and widths pass
        where the steps take them. ValueError naming the step that does not.
        """
        for name, value in self.running(_inputs(x)):
            if name == self.output:
                return value
        raise AssertionError(self.output)

    def values(self, x: object) -> dict[str, Tensor]:
        """Values (batch, …) of every step, and of `INPUT`, by name. Memory: all of them at once."""
        return dict(self.running(_inputs(x), forget=False))

    @property
    def output(self) -> str:
        """Name of the step that the network gives; `INPUT` of one without steps."""
        return self.steps[-1].name if self.steps else INPUT

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The steps that have weights, in the order in which they run."""
        return tuple(s for s in self.steps if isinstance(s, (Convolution, Dense)))

    @property
    def parameters(self) -> int:
        """Number of weights and biases of all layers."""
        biases = (s.bias.numel() for s in self.layers if s.bias is not None)
        return sum(s.weight.numel() for s in self.layers) + sum(biases)

    @cached_property
    def readers(self) -> dict[str, tuple[str, ...]]:
        """Name of a step, or `INPUT` → names of the steps that read it, once for each time."""
        found: dict[str, list[str]] = {INPUT: [], **{s.name: [] for s in self.steps}}
        for step in self.steps:
            for source in step.inputs:
                found[source].append(step.name)
        return {name: tuple(readers) for name, readers in found.items()}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Name of a step, or `INPUT` → shape of its value without the batch, at `input_shape`."""
        made = torch.zeros(1, *self.input_shape, dtype=torch.float64)
        return {name: tuple(value.shape[1:]) for name, value in self.running(made)}

    @cached_property
    def multiplications(self) -> int:
        """Of one input through all layers."""
        of = {s.name: s.weight.numel() for s in self.layers}
        return sum(n * int(np.prod(self.shapes[name][1:])) for name, n in of.items())

    def step(self, name: str) -> Step:
        """The step of a name; KeyError without one."""
        return self._by_name[name]

    def activation(self, name: str) -> Activation | None:
        """The activation that alone reads a step; None where there is none, or other readers."""
        readers = self.readers[name]
        step = self._by_name[readers[0]] if len(readers) == 1 else None
        return step if isinstance(step, Activation) else None

    def replaced(self, steps: Mapping[str, Step]) -> "Network":
        """The same graph with other steps under the names given, which keep names and inputs."""
        made = [
            replace(steps[s.name], name=s.name, inputs=s.inputs) if s.name in steps else s
            for s in self.steps
        ]
        return Network(tuple(made), self.input_shape)

    def chain(self) -> bool:
        """Whether every step reads the one before it and nothing else."""
        before = INPUT
        for step in self.steps:
            if step.inputs != (before,):
                return False
            before = step.name
        return True

    def to_module(self) -> "GraphModule":
        """A torch module of the same steps and function, float64; weights are copied."""
        return GraphModule(self)

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for step in self.steps:
            counts[type(step).__name__] = counts.get(type(step).__name__, 0) + 1
        head = (
            f"Network: {self.input_shape} → {self.shapes[self.output]}, {len(self.layers)} layers, "
            f"{self.parameters:,} parameters"
        )
        lines = [f"  {step.name}: {step.words}" for step in self.steps]
        if len(lines) >= LINES:
            rest = ", ".join(f"{n} {kind}" for kind, n in counts.items())
            lines = [*lines[: LINES - 4], f"  … {len(lines) - LINES + 3} more steps", lines[-1]]
            lines.append(f"  of {rest}")
        return "\n".join([head, *lines])

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @cached_property
    def _last(self) -> dict[str, str]:
        """Name of a step → the last that reads it."""
        return {source: step.name for step in self.steps for source in step.inputs}

    def running(self, x: Tensor, forget: bool = True) -> Iterator[tuple[str, Tensor]]:
        """(name, value) of `INPUT` and every step in turn, of x (batch, …) in float64.

        forget: values that no later step reads are let go of.
        """
        held = {INPUT: x}
        yield INPUT, x
        for step in self.steps:
            try:
                with torch.no_grad(), one_thread():
                    value = step(*(held[source] for source in step.inputs))
            except (RuntimeError, IndexError) as error:
                got = ", ".join(str(tuple(held[s].shape[1:])) for s in step.inputs)
                raise ValueError(
                    f"x: got shape {tuple(x.shape[1:])}, {got} at {step.name} ({step.words}), "
                    f"takes {self.input_shape}: {str(error).partition(chr(10))[0]}"
                ) from None
            held[step.name] = value
            yield step.name, value
            if forget:
                for source in set(step.inputs):
                    if self._last[source] == step.name:
                        del held[source]


class GraphModule(nn.Module):
    """The steps of a `Network` as a torch module: what runs, saves and exports as others do."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.input_shape = network.input_shape
        self.wiring = tuple((s.name, s.inputs) for s in network.steps)
        self.steps = nn.ModuleList([module_of(step) for step in network.steps])

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
    return Sum() if type(step).__name__ == "Add" else Channels()


def _weighted(step: Layer) -> nn.Module:
    o, i = step.weight.shape[:2]
    bias = step.bias is not None
    if isinstance(step, Dense):
        made: nn.Module = nn.utils.skip_init(nn.Linear, i, o, bias=bias, dtype=torch.float64)
    else:
        made = nn.utils.skip_init(
            nn.Conv2d, i * step.groups, o, tuple(step.weight.shape[2:]), step.stride, step.padding,
            step.dilation, step.groups, bias, dtype=torch.float64,
        )  # fmt: skip
    made.weight = nn.Parameter(step.weight.clone(), requires_grad=False)
    if step.bias is not None:
        made.bias = nn.Parameter(step.bias.clone(), requires_grad=False)
    return made


def _activation(step: Activation) -> nn.Module:
    if step.kind == "relu":
        return nn.ReLU() if step.plain_relu else nn.Hardtanh(0.0, step.cap)
    if step.kind == "leaky_relu":
        return nn.LeakyReLU(step.leak)
    return nn.Tanh() if step.kind == "tanh" else nn.Sigmoid()


def _inputs(x: object) -> Tensor:
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float64))
    if not isinstance(x, Tensor):
        raise TypeError(f"x: got {type(x).__name__}, takes a tensor or array (batch, …)")
    return x.detach().to("cpu", torch.float64)
