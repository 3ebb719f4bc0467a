"""Activations other than ReLU: what the ℓ+1 construction needs to know, and how nets are read."""

from dataclasses import dataclass, replace

from torch import nn

from slth.networks.architectures import Layer, read_layers
from slth.networks.residual import chain


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
    if not isinstance(network, nn.Sequential):
        raise TypeError(f"{name}: got {type(network).__name__}, takes a torch.nn.Sequential")
    modules = chain(network, name)
    found = [_activation(module, name) for module in modules]
    plain = [nn.ReLU() if a else m for m, a in zip(modules, found, strict=True)]
    layers = read_layers(nn.Sequential(*plain), name)
    used = iter([a for a in found if a])
    read = [ActivatedLayer(*_fields(layer)) for layer in layers]
    return [replace(layer, activation=next(used)) if layer.relu else layer for layer in read]


def _fields(layer: Layer) -> tuple:
    return layer.weight, layer.stride, layer.padding, layer.relu, layer.flatten


def _activation(module: nn.Module, name: str) -> Activation | None:
    if isinstance(module, nn.LeakyReLU):
        leak = float(module.negative_slope)
        if not 0 <= leak <= 1:
            raise ValueError(f"{name}: got LeakyReLU of slope {leak}, takes a slope in [0, 1]")
        return Activation("leaky_relu", 1.0, leak=leak)
    kinds = {nn.ReLU: RELU, nn.Tanh: TANH, nn.Sigmoid: SIGMOID}
    return next((a for kind, a in kinds.items() if isinstance(module, kind)), None)
