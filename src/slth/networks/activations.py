"""Activations other than ReLU: what the ℓ+1 construction needs to know, and how nets are read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from torch import nn

from slth.networks import probes, shapes
from slth.networks.architectures import CHAIN, Layer, layers_of
from slth.networks.plain import Part
from slth.networks.residual import chain, nested, unpooled


@dataclass(frozen=True)
class Activation:
    """A Lipschitz function near 0: |σ(u) − value − slope·u| ≤ cubic·|u|³, or homogeneous.

    leak: σ(u) = u⁺ − leak·u⁻ exactly, or None where σ is no such function. lipschitz: its constant.
    bound: sup|σ|, inf if unbounded.
    """

    name: str
    lipschitz: float
    leak: float | None = None
    value: float = 0.0
    slope: float = 1.0
    cubic: float = 0.0
    bound: float = float("inf")

    def module(self) -> nn.Module:
        """Make a fresh module."""
        if self.name == "leaky_relu":
            return nn.LeakyReLU(self.leak or 0.0)
        return {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[self.name]()


RELU = Activation("relu", 1.0, leak=0.0)
TANH = Activation("tanh", 1.0, cubic=1 / 3, bound=1.0)  # |tanh'''| ≤ 2
SIGMOID = Activation("sigmoid", 0.25, None, 0.5, 0.25, 1 / 48, 1.0)  # |σ'''| ≤ 1/8


ACTIVATIONS = (nn.LeakyReLU, nn.Tanh, nn.Sigmoid)


@dataclass(frozen=True)
class ActivatedLayer(Layer):
    """A `Layer` whose ``relu`` says that some activation follows, and which one."""

    activation: Activation | None = None

    def after(self) -> list[nn.Module]:
        """Return the activation's module in a list, [] without one."""
        return [self.activation.module()] if self.activation else []


def read_activated(network: nn.Module, name: str = "network") -> list[ActivatedLayer]:
    """Return the layers of a Sequential of Conv2d, Linear, Flatten and activations, in order.

    Activations: ReLU, LeakyReLU (slope in [0, 1]), Tanh, Sigmoid. Residual blocks (of ReLU) and
    AvgPool2d are read as by `read_blocks`. Errors: those of `read_blocks`.
    """
    parts = chain(network, name, (*CHAIN, *ACTIVATIONS))
    flat = unpooled(parts)
    found = [_activation(part) for part in flat]
    plain = [replace(p, module=nn.ReLU()) if a else p for p, a in zip(flat, found, strict=True)]
    used = iter([a for a in found if a])
    read = [ActivatedLayer(*_fields(layer)) for layer in layers_of(name, plain)]
    layers = [replace(layer, activation=next(used)) if layer.relu else layer for layer in read]
    assert isinstance(network, nn.Sequential)
    again = nested(network, nn.Sequential(*_modules(layers)), 1)
    probes.reproduces(name, network, again, shapes.input_shape(parts))
    return layers


def _modules(layers: Iterable[ActivatedLayer]) -> list[nn.Module]:
    made: list[nn.Module] = []
    for layer in layers:
        made += [nn.Flatten()] if layer.flatten else []
        made += [layer.module(layer.weight), *layer.after()]
    return made


def _fields(layer: Layer) -> tuple:
    return layer.weight, layer.stride, layer.padding, layer.relu, layer.flatten


def _activation(part: Part) -> Activation | None:
    if isinstance(part.module, nn.LeakyReLU):
        leak = float(part.module.negative_slope)
        if not 0 <= leak <= 1:
            raise ValueError(f"{part.at}: got a slope of {leak}, takes a slope in [0, 1]")
        return Activation("leaky_relu", 1.0, leak=leak)
    kinds = {nn.ReLU: RELU, nn.Tanh: TANH, nn.Sigmoid: SIGMOID}
    return next((a for kind, a in kinds.items() if isinstance(part.module, kind)), None)
