"""Any torch module as a `Network`: traced, put together, compared with the module itself."""

import inspect
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg

from slth import checks
from slth.networks import gate, plain, ties
from slth.networks.evaluation import check_module, copied
from slth.networks.graph import INPUT, Shape
from slth.networks.network import Network
from slth.networks.reading import leaves
from slth.networks.reading.builder import Builder, UnreadableError, Value
from slth.networks.reading.comparing import compare
from slth.networks.reading.functions import Call
from slth.networks.reading.pending import TooWideError, folded
from slth.networks.reading.table import COPIES, FUNCTIONS, in_place
from slth.networks.reading.tracing import BATCH, FitError, PlaceError, record

LARGEST = 2**24  # numbers of an input: some twenty of them are compared
ENTRIES = 2**28  # numbers of all values of one input, 2 GB
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
SIDES = (28, 32, 8, 16, 224, 64, 96, 227, 299, 12, 20, 24, 48, 56, 112, 128, 256, *range(1, 65))


def from_torch(module: nn.Module, example: object = None) -> Network:
    """Read a module, whatever its classes and its own ``forward``, as the layers slth speaks.

    module: a torch module of one input; it is left as it was (modes, buffers, dtype, device) and
    read in eval mode, its weights in float64. example: an input (batch, …), tensor or array, or the
    shape of one without the batch; by default the first shape that fits, and pools over whole
    images stay without a size.

    Read are nested modules and forward passes of any classes (recorded by torch.fx): convolutions
    with stride, padding, dilation and groups; Linear; batch norm and scalings by constants, folded;
    dropout, dropped; ReLU, ReLU6, LeakyReLU, Tanh, Sigmoid; max, average, adaptive and global
    pooling; sums, concatenated channels, flattening; the functions of the same names. Weights used
    twice are layers of their own. The result is compared with the module's own outputs in [-1, 1]
    and in boxes 10 and 1000 times as wide (`slth.networks.reading.comparing`).

    Raises TypeError for what is no module; ValueError that names the module, dotted, and the way
    out: for hooks, parametrisations, pruning left on, compiled modules, steps that depend on
    numbers of the input, batch norm without running statistics, whatever else is no step, outputs
    that differ, and inputs of more than 2^24 numbers or values of more than 2^28 altogether, before
    any is made. Cost: one recording, about 40 inputs through module and network.

    >>> from torch import nn
    >>> stem = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
    >>> slth.networks.from_torch(nn.Sequential(stem, nn.Flatten(), nn.Linear(18, 4)), (1, 5, 5))
    Network: (1, 5, 5) → (4,), 2 layers, 96 parameters
      0.0: convolution 3×3, 1→2, bias
      0.2: ReLU
      flatten: flatten
      2: dense 18→4, bias
    """
    return read("module", module, example)


def read(name: str, module: object, example: object = None) -> Network:
    """`from_torch` of the argument ``name``."""
    _check(name, module)
    assert isinstance(module, nn.Module)
    shape = shape_of(example)
    twin = copied(module, name).eval().to("cpu", torch.float64).requires_grad_(False)
    refused_by: FitError | None = None
    for tried in [shape] if shape else _candidates(name, twin):
        try:
            network = _network(twin, tried, shape is not None)
            break
        except FitError as error:
            refused_by = refused_by or error
        except PlaceError as error:
            raise ValueError(f"{_at(name, module, error.path)}: {error.words}") from None
    else:
        assert refused_by is not None
        way = "" if shape else "; give an example, or the shape (c, h, w) of an input"
        raise ValueError(
            f"{_at(name, module, refused_by.path)}: got inputs of shape {shape or 'unknown'} "
            f"({refused_by.words}), takes a module that runs on them{way}"
        )
    compare(name, module, network)
    return network


def _check(name: str, module: object) -> None:
    root = gate.as_module(name, module)
    for label, part in ties.places(root):
        place = plain.Part(name, label, part)
        plain.check_object(place)
        for key, forward in leaves.FORWARDS.get(type(part), {}).items():
            if getattr(type(part), key) is not forward:
                raise ValueError(
                    f"{place.at}: got a {type(part).__name__} whose {key} has been replaced in the "
                    "class, takes the one that torch defines"
                )
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.running_mean is None:
            raise ValueError(
                f"{place.at}: normalises by the images of the minibatch, takes running "
                "statistics: track_running_stats=True, trained so"
            )
    check_module(root, name)
    _check_inputs(name, root)


def _check_inputs(name: str, module: nn.Module) -> None:
    """Refuse a forward pass that needs another number of inputs than one."""
    known = inspect.signature(module.forward).parameters.values()
    needed = [p.name for p in known if p.default is p.empty and p.kind not in VARIABLE]
    takes = [p for p in known if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    if len(needed) > 1 or not takes:
        raise ValueError(
            f"{name}: got a forward of the inputs {', '.join(needed) or 'none'}, takes one; put "
            "it into a module that gives the others"
        )


def shape_of(example: object) -> Shape | None:
    """The shape of an input without the batch, of an input (batch, …) or given as such."""
    if example is None:
        return None
    if isinstance(example, (Tensor, np.ndarray)):
        shape = tuple(example.shape[1:])
        if len(shape) not in (1, 3) or 0 in shape:
            raise ValueError(
                f"example: got shape {tuple(example.shape)}, takes inputs (batch, c, h, w) or "
                "(batch, features)"
            )
        return _bounded(shape)
    if not isinstance(example, (tuple, list)) or len(example) not in (1, 3):
        raise TypeError(
            f"example: got {type(example).__name__}, takes a tensor (batch, …) or the shape of an "
            "input, (c, h, w) or (features,)"
        )
    return _bounded(
        checks.integer(f"example[{i}]", n, low=1, high=LARGEST) for i, n in enumerate(example)
    )


def _bounded(sides: Iterable[int]) -> Shape:
    shape = tuple(sides)
    if math.prod(shape) > LARGEST:
        raise ValueError(
            f"example: got inputs of shape {shape}, {math.prod(shape):,} numbers, takes at most "
            f"{LARGEST:,}; give one of smaller height and width"
        )
    return shape


def _candidates(name: str, module: nn.Module) -> Iterator[Shape]:
    """Shapes that a module may take, by its first layer."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            yield from ((part.in_channels, side, side) for side in dict.fromkeys(SIDES))
            return
        if isinstance(part, nn.Linear):
            yield (part.in_features,)
            side = int(part.in_features**0.5)
            if side * side == part.in_features:
                yield (1, side, side)
            return
    raise ValueError(
        f"{name}: got no Conv2d or Linear that says what goes in; give an example, or the shape "
        "of one"
    )


def _network(module: nn.Module, shape: Shape, fixed: bool) -> Network:
    graph, constants = record(module, shape)
    reading = _Reading(module, Builder(shape, fixed), constants)
    for node in graph.nodes:
        path = str(node.meta.get("path", ""))
        if node.op == "call_module":
            path = _inner(node)
        try:
            reading.node(node, path)
            size = sum(map(math.prod, reading.builder.shapes.values()))
            if size > ENTRIES:
                raise UnreadableError(
                    f"comes to {size:,} numbers per input with the values before it, takes at most "
                    f"{ENTRIES:,}; give an example of smaller height and width"
                )
        except UnreadableError as error:
            raise PlaceError(path, str(error)) from None
        except TypeError as error:  # arguments that a function's reader does not know
            if "argument" not in str(error):
                raise
            raise PlaceError(path, f"calls {node.target} with {error}") from None
    try:
        steps = folded(reading.builder.steps.values(), reading.output, reading.builder.shapes)
    except TooWideError as error:
        raise PlaceError("", str(error)) from None
    if not steps:
        raise PlaceError("", "got no step, takes at least one Conv2d or Linear")
    return Network(tuple(steps), shape)


class _Reading:
    """Nodes of a recorded graph, one by one, as steps."""

    def __init__(self, module: nn.Module, builder: Builder, constants: dict[str, Tensor]) -> None:
        self.module, self.builder, self.constants = module, builder, constants
        self.values: dict[fx.Node, Any] = {}
        self.memory: dict[fx.Node, fx.Node] = {}  # node → the one in whose memory it lies
        self.output = INPUT

    def node(self, node: fx.Node, path: str) -> None:
        if node.op == "placeholder":
            made: Any = self.builder.given
        elif node.op == "get_attr":
            made = self.constants[str(node.target)]
        elif node.op == "output":
            self.output = self._outputs(node.args[0])
            return
        else:
            made = self._step(node, path)
        self.values[node] = made

    def _step(self, node: fx.Node, path: str) -> Value:
        args = map_arg(node.args, lambda n: self.values[n])
        kwargs = dict(map_arg(node.kwargs, lambda n: self.values[n]))
        if node.op == "call_module":
            leaf = self.module.get_submodule(path) if path else self.module
            x = _only(args, kwargs)
            made = leaves.LEAVES[type(leaf)](self.builder, path or "layer", leaf, x)
            writes = isinstance(leaf, leaves.INPLACE) and leaf.inplace
        else:
            name = f"{path}.{node.name}" if path else node.name
            shape = tuple(node.meta["value"].shape)
            if shape[:1] != (BATCH,):
                raise UnreadableError(
                    f"calls {node.target!s} that mixes images, takes steps that map each by itself"
                )
            kwargs = {("x" if key in ("input", "self") else key): v for key, v in kwargs.items()}
            made = FUNCTIONS[node.target](Call(self.builder, name, shape), *args, **kwargs)
            writes = in_place(node.target, kwargs, args)
        self._remember(node, made, writes)
        return made

    def _remember(self, node: fx.Node, made: Value, writes: bool) -> None:
        """Which values lie in the same memory, and change where one is written on."""
        source = next((n for n in node.all_input_nodes if isinstance(self.values[n], Value)), node)
        home = self.memory.get(source, source)
        known = self.values.get(source)
        if writes and known is not None:
            for other, value in self.values.items():
                same = self.memory.get(other, other) is home and isinstance(value, Value)
                if same and value.source == known.source:
                    self.values[other] = Value(made.source, value.shape)
            self.memory[node] = home
        elif known is not None and known.source == made.source and node.target not in COPIES:
            self.memory[node] = home

    def _outputs(self, given: Any) -> str:
        value = self.values.get(given) if isinstance(given, fx.Node) else given
        if not isinstance(value, Value):
            kind = type(given).__name__ if not isinstance(given, fx.Node) else "a constant"
            raise UnreadableError(f"gives {kind}, takes one tensor (batch, …) that depends on x")
        return self.builder.finished(value)


def _only(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Value:
    found = [*args, *kwargs.values()]
    if len(found) != 1 or not isinstance(found[0], Value):
        raise UnreadableError("is called with other than one value, takes one")
    return found[0]


def _inner(node: fx.Node) -> str:
    return str(node.target).removeprefix("module").removeprefix(".")


def _at(name: str, module: nn.Module, path: str) -> str:
    if not path:
        return name
    return plain.Part(name, path, module.get_submodule(path)).at
