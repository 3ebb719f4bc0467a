"""A network that was read: a small graph of typed steps that computes in float64 by itself."""

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.determinism import one_thread
from slth.networks.graph import INPUT, Activation, Convolution, Dense, Layer, Shape, Step
from slth.values import Value, table_html

LINES = 10  # of a repr


@dataclass(frozen=True, eq=False, repr=False)
class Network(Value):
    """A network as `slth.networks.from_torch` and `from_onnx` read it.

    steps: in the order in which they run, each behind all that it reads; the last one is what the
    network gives. input_shape: (c, h, w) or (features,) of an input, without the batch: that of the
    example, or one on which the module runs. A value: nothing changes it, and it
    equals one of the same steps and shape; weights are float64 on the CPU. Raises ValueError where
    steps are out of order, names repeat, or shapes do not fit.

    >>> import torch
    >>> from torch import nn
    >>> module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    >>> net = slth.networks.from_torch(module)
    >>> net.parameters, [layer.name for layer in net.layers]
    (26, ['0', '2'])
    >>> net(torch.ones(5, 3)).shape
    torch.Size([5, 2])
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
        """The step of a name; ValueError without one."""
        return self._by_name[checks.choice("name", name, self._by_name)]

    def activation(self, name: str) -> Activation | None:
        """The activation that alone reads a step; None where there is none, or other readers."""
        readers = self.readers[name]
        step = self._by_name[readers[0]] if len(readers) == 1 else None
        return step if isinstance(step, Activation) else None

    def replaced(self, steps: Mapping[str, Step]) -> "Network":
        """The same graph with other steps under the names given, which keep names and inputs.

        Raises ValueError for a name that no step has.
        """
        for name in steps:
            checks.choice("steps", name, self._by_name)
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

    def to_module(self) -> nn.Module:
        """A torch module of the same steps and function, float64; weights are copied."""
        from slth.networks.graph_modules import GraphModule  # which knows this class

        return GraphModule(self.steps)

    def to_sequential(self, name: str = "network", *, projections: bool = False) -> nn.Sequential:
        """The same as a Sequential of plain modules and Residual, float64; weights are copied.

        For a chain of layers whose only sums are residual blocks x + body(x); the modules have the
        names of their steps, with "/" for ".". projections: blocks body(x) + skip(x) with one
        convolution in the skip connection are taken too, as what `slth.supnorm` reads. Raises
        ValueError naming ``name`` and the step that is neither.
        """
        from slth.networks.graph_modules import sequential

        return sequential(name, self, projections)

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for step in self.steps:
            counts[type(step).__name__] = counts.get(type(step).__name__, 0) + 1
        lines = [f"  {step.name}: {step.words}" for step in self.steps]
        if len(lines) >= LINES:
            rest = ", ".join(f"{n} {kind}" for kind, n in counts.items())
            lines = [*lines[: LINES - 4], f"  … {len(lines) - LINES + 3} more steps", lines[-1]]
            lines.append(f"  of {rest}")
        return "\n".join([self._head, *lines])

    def _repr_html_(self) -> str:
        rows = ((step.name, step.words) for step in self.steps)
        return f"<p>{html.escape(self._head)}</p>{table_html(('step', 'what'), rows)}"

    @property
    def _head(self) -> str:
        layers = "1 layer" if len(self.layers) == 1 else f"{len(self.layers)} layers"
        return (
            f"Network: {self.input_shape} → {self.shapes[self.output]}, {layers}, "
            f"{self.parameters:,} parameters"
        )

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


def _inputs(x: object) -> Tensor:
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float64))
    if not isinstance(x, Tensor):
        raise TypeError(f"x: got {type(x).__name__}, takes a tensor or array (batch, …)")
    return x.detach().to("cpu", torch.float64)
