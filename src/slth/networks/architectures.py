"""Bias-free ReLU networks: how they are made and how they are read back, layer by layer."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.networks import gate, probes, shapes
from slth.networks.plain import Part
from slth.networks.undrawn import undrawn

Pair = tuple[int, int]

CHAIN = (nn.Conv2d, nn.Linear, nn.ReLU, nn.Flatten)


@dataclass(frozen=True)
class Layer:
    """One layer of a network without biases.

    weight: (c_out, c_in, k, k) of a convolution or (c_out, c_in) of a dense layer, float64.
    relu: a ReLU follows. flatten: a Flatten precedes. stride and padding are (1, 1) and (0, 0)
    in a dense layer, which is the case k = D = 1 of a convolution.

    >>> net = slth.networks.build_network([2], kernel=3, classes=4, input_shape=(1, 5, 5))
    >>> [(layer.weight.shape, layer.relu) for layer in slth.networks.read_layers(net)]
    [(torch.Size([2, 1, 3, 3]), True), (torch.Size([4, 50]), False)]
    """

    weight: Tensor
    stride: Pair
    padding: Pair
    relu: bool
    flatten: bool

    @property
    def dense(self) -> bool:
        """Whether the layer is a matrix."""
        return self.weight.ndim == 2

    @property
    def kernel(self) -> Tensor:
        """The weight as (c_out, c_in, k, k)."""
        return self.weight[:, :, None, None] if self.dense else self.weight

    def module(self, weight: Tensor) -> nn.Module:
        """Make a module of this layer's kind, stride and padding with another weight."""
        return linear(weight) if self.dense else convolution(weight, self.stride, self.padding)

    def expansion(self, hidden: int) -> tuple[int, ...]:
        """Shape of a weight that mixes this layer's input channels into ``hidden``, pixelwise."""
        return (hidden, self.weight.shape[1], *(1 for _ in self.weight.shape[2:]))

    def expand(self, weight: Tensor) -> nn.Module:
        """Make the pixelwise module of a weight shaped by `expansion`."""
        return linear(weight) if self.dense else convolution(weight)


def build_network(
    channels: Sequence[int],
    kernel: int = 3,
    stride: int = 1,
    padding: int | str = "same",
    classes: int = 10,
    input_shape: tuple[int, int, int] = (1, 8, 8),
    seed: int = 0,
) -> nn.Sequential:
    """Return Conv2d, ReLU, …, Flatten, Linear without biases, float64, freshly initialised.

    channels: outputs of each convolution. kernel: k of the k×k kernels. padding: zeros added on
    each side, "same" (k // 2, k odd) or "valid" (0). input_shape: (c_0, height, width).
    Weights are He-normal, each from its own child of ``seed``. Raises ValueError/TypeError for
    a bad argument and when a layer's input is smaller than its kernel.

    >>> slth.networks.build_network([4, 8], classes=10, input_shape=(1, 8, 8))
    Sequential(
      (0): Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
      (1): ReLU()
      (2): Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
      (3): ReLU()
      (4): Flatten(start_dim=1, end_dim=-1)
      (5): Linear(in_features=512, out_features=10, bias=False)
    )
    """
    widths = _sizes("channels", channels)
    k = checks.integer("kernel", kernel, low=1)
    step = checks.integer("stride", stride, low=1)
    pad = padding_of(padding, k)
    c, *space = _sizes("input_shape", input_shape, length=3)
    modules: list[nn.Module] = []
    for i, width in enumerate(widths):
        space = [(side + 2 * pad - k) // step + 1 for side in space]
        if min(space) < 1:
            raise ValueError(
                f"input_shape: got {tuple(input_shape)}, too small for layer {i} with "
                f"kernel {k}, stride {step}, padding {pad}"
            )
        weight = _he_normal((width, c, k, k), seed, "convolution", i)
        modules += [convolution(weight, (step, step), (pad, pad)), nn.ReLU()]
        c = width
    labels = checks.integer("classes", classes, low=1)
    readout = _he_normal((labels, c * space[0] * space[1]), seed, "readout")
    return nn.Sequential(*modules, nn.Flatten(), linear(readout))


def build_dense_network(widths: Sequence[int], seed: int = 0) -> nn.Sequential:
    """Return Flatten, Linear, ReLU, …, Linear without biases: widths are inputs, …, classes.

    Weights are He-normal, float64, each from its own child of ``seed``.

    >>> slth.networks.build_dense_network([3, 4, 2])
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=3, out_features=4, bias=False)
      (2): ReLU()
      (3): Linear(in_features=4, out_features=2, bias=False)
    )
    """
    sizes = _sizes("widths", widths)
    if len(sizes) < 2:
        raise ValueError(f"widths: got {sizes}, takes the inputs, hidden widths and classes")
    modules: list[nn.Module] = [nn.Flatten()]
    for i, (c_in, c_out) in enumerate(itertools.pairwise(sizes)):
        modules += [linear(_he_normal((c_out, c_in), seed, "dense", i)), nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def convolution(weight: Tensor, stride: Pair = (1, 1), padding: Pair = (0, 0)) -> nn.Conv2d:
    """Return a bias-free Conv2d with this weight (c_out, c_in, k, k); draws nothing at random.

    >>> import torch
    >>> edge = slth.networks.convolution(torch.tensor([[[[-1.0, 1.0]]]]))
    >>> edge(torch.tensor([[[[1.0, 1.0, 5.0]]]])).tolist()
    [[[[0.0, 4.0]]]]
    """
    c_out, c_in, *k = weight.shape
    module = undrawn(
        nn.Conv2d, c_in, c_out, tuple(k), stride, padding, bias=False, dtype=weight.dtype
    )
    return _with_weight(module, weight)  # type: ignore[return-value]


def linear(weight: Tensor) -> nn.Linear:
    """Return a bias-free Linear with this weight (c_out, c_in); draws nothing at random.

    >>> import torch
    >>> slth.networks.linear(torch.tensor([[1.0, 2.0]]))(torch.tensor([[3.0, 4.0]])).tolist()
    [[11.0]]
    """
    c_out, c_in = weight.shape
    module = undrawn(nn.Linear, c_in, c_out, bias=False, dtype=weight.dtype)
    return _with_weight(module, weight)  # type: ignore[return-value]


def read_layers(network: nn.Module, name: str = "network") -> list[Layer]:
    """Return the layers of a Sequential of Conv2d, Linear, ReLU and Flatten, in the order they run.

    Raises TypeError for another container and ValueError, naming the module and what to use
    instead, for biases, groups, dilation, non-zero padding modes, unknown modules, NaN or inf, a
    Flatten or Linear where it does not fit, and all that `slth.networks.gate` refuses.

    >>> net = slth.networks.build_network([2], stride=2, classes=3, input_shape=(1, 5, 5))
    >>> for layer in slth.networks.read_layers(net):
    ...     print(tuple(layer.weight.shape), layer.stride, layer.relu)
    (2, 1, 3, 3) (2, 2) True
    (3, 18) (1, 1) False
    """
    parts = gate.chain(name, network, CHAIN)
    layers = layers_of(name, parts)
    read = nn.Sequential(*modules_of(layers))
    probes.reproduces(name, network, read, shapes.input_shape(parts))
    return layers


def layers_of(name: str, parts: Iterable[Part]) -> list[Layer]:
    """The layers of modules in order, read and checked one by one; see `read_layers`."""
    layers: list[Layer] = []
    flat: Part | None = None
    for part in parts:
        module = part.module
        if isinstance(module, nn.Flatten):
            _check_flatten(module, part.at, layers)
            flat = part
        elif isinstance(module, nn.ReLU):
            _activate(layers, part.at)
        else:
            _check_place(module, part.at, layers, flat is not None)
            layers.append(_layer(module, part.at, flat is not None))
            flat = None
    if not layers:
        raise ValueError(f"{name}: got no Conv2d or Linear, takes at least one")
    if flat is not None:
        raise ValueError(f"{flat.at}: takes a Flatten before a Linear only, got none behind it")
    return layers


def modules_of(layers: Iterable[Layer]) -> list[nn.Module]:
    """Modules of layers: what they were read of, in fresh ones."""
    modules: list[nn.Module] = []
    for layer in layers:
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [layer.module(layer.weight)]
        modules += [nn.ReLU()] if layer.relu else []
    return modules


def has_readout(layers: Sequence[Layer]) -> bool:
    """Whether the last layer is a readout: dense, with no ReLU after it.

    >>> net = slth.networks.build_dense_network([3, 4, 2])
    >>> layers = slth.networks.read_layers(net)
    >>> slth.networks.has_readout(layers), slth.networks.has_readout(layers[:1])
    (True, False)
    """
    return layers[-1].dense and not layers[-1].relu


def in_float64(network: nn.Sequential, name: str = "network") -> nn.Sequential:
    """Return ``network`` itself if its parameters are float64 on the CPU, else such a copy.

    Raises ValueError naming the module for what `slth.networks.gate` refuses.

    >>> from torch import nn
    >>> slth.networks.in_float64(nn.Sequential(nn.Linear(3, 2, bias=False)))[0].weight.dtype
    torch.float64
    """
    gate.check(name, network)
    return probes.double(name, network)  # type: ignore[return-value]


def padding_of(padding: object, kernel: int) -> int:
    """Zeros on each side: an integer, "valid" (0), or "same" (k // 2, which needs k odd)."""
    if not isinstance(padding, str):
        return checks.integer("padding", padding, low=0)
    checks.choice("padding", padding, ["same", "valid"])
    if padding == "same" and kernel % 2 == 0:
        raise ValueError(f"padding: got 'same' with kernel {kernel}, takes an odd kernel")
    return kernel // 2 if padding == "same" else 0


def _activate(layers: list[Layer], where: str) -> None:
    if not layers or layers[-1].relu:
        raise ValueError(f"{where}: takes a ReLU right after a Conv2d or Linear only")
    last = layers[-1]
    layers[-1] = Layer(last.weight, last.stride, last.padding, True, last.flatten)


def _check_flatten(module: nn.Flatten, where: str, layers: list[Layer]) -> None:
    axes = 0 if not layers else 2 if layers[-1].dense else 4
    ends = {-1, axes - 1} if axes else {-1}
    if module.start_dim not in {1, 1 - axes} or module.end_dim not in ends:
        raise ValueError(f"{where}: got {module}, takes every axis but the batch: nn.Flatten()")


def _check_place(module: nn.Module, where: str, layers: list[Layer], flat: bool) -> None:
    dense = isinstance(module, nn.Linear)
    if dense and layers and not layers[-1].dense and not flat:
        raise ValueError(
            f"{where}: acts on the last axis of images, takes a flat input: nn.Flatten() before it"
        )
    if not dense and layers and layers[-1].dense:
        raise ValueError(f"{where}: got a convolution behind a Linear, takes it on images")


def _layer(module: nn.Module, where: str, flatten: bool) -> Layer:
    assert isinstance(module, (nn.Conv2d, nn.Linear))
    if module.bias is not None:
        raise ValueError(f"{where}: got a bias, takes bias=False")
    weight = module.weight.detach().to("cpu", torch.float64).contiguous()
    if not weight.numel():
        raise ValueError(
            f"{where}: got weights of shape {tuple(weight.shape)}, takes at least one input and "
            "one output"
        )
    if not torch.isfinite(weight).all():
        raise ValueError(f"{where}: got NaN or inf in its weight, takes finite weights")
    if isinstance(module, nn.Linear):
        return Layer(weight, (1, 1), (0, 0), False, flatten)
    window = shapes.window(module, where)
    plain = module.groups == 1 and window.dilation == (1, 1) and module.padding_mode == "zeros"
    if not plain or flatten:
        raise ValueError(
            f"{where}: takes groups=1, dilation=1, padding_mode='zeros', on images (no Flatten)"
        )
    return Layer(weight, window.stride, window.padding, False, False)


def _with_weight(module: nn.Module, weight: Tensor) -> nn.Module:
    module.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
    return module


def _he_normal(shape: tuple[int, ...], seed: int, *key: str | int) -> Tensor:
    scale = np.sqrt(2.0 / np.prod(shape[1:]))
    values = seeding.generator(seed, "initial weight", *key).standard_normal(shape)
    return torch.from_numpy(scale * values)


def _sizes(name: str, value: Sequence[int], length: int | None = None) -> list[int]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"{name}: got {checks.shown(value)}, takes a sequence of integers >= 1")
    if not value or (length is not None and len(value) != length):
        raise ValueError(
            f"{name}: got {checks.shown(value)}, takes {length or 'one or more'} integers >= 1"
        )
    return [checks.integer(f"{name}[{i}]", size, low=1) for i, size in enumerate(value)]
