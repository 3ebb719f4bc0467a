"""The networks on which every construction is priced: one on sets of points, one on images."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.architectures import convolution
from slth.networks.determinism import one_thread
from slth.networks.equivariant import InvariantMean, SetLinear
from slth.networks.equivariant_layers import as_plain
from slth.studies.price.settings import Images, Points

TARGETS = ("points", "images")
SAMPLES = 4096  # inputs on which the target's size is seen


@dataclass(frozen=True, eq=False)
class PriceTarget:
    """One function, as a plain network on inputs of ``shape`` and, where it is one, equivariant."""

    plain: nn.Sequential
    shape: tuple[int, ...]
    equivariant: nn.Sequential | None = None
    equivariant_shape: tuple[int, ...] = ()

    def of(self, construction: str) -> tuple[nn.Sequential, tuple[int, ...]]:
        """Return the network, and the shape of its inputs, that a construction is given.

        A network that is not equivariant is given as it is: the construction says why not.
        """
        if construction == "equivariant" and self.equivariant is not None:
            return self.equivariant, self.equivariant_shape
        return self.plain, self.shape

    def scale(self, seed: int) -> float:
        """Return the largest output seen on random inputs: the error of a ticket that is zero."""
        rng = seeding.generator(seed, "price scale", *self.shape)
        x = torch.from_numpy(rng.uniform(-1.0, 1.0, (SAMPLES, *self.shape)))
        with torch.no_grad(), one_thread():
            return float(self.plain(x).abs().max())


def price_target(name: str, settings: Points | Images, seed: int) -> PriceTarget:
    """Draw a target: "points" (points, channels) or "images" (kernel, channels).

    points: a Deep Sets network, ReLU between layers, then the mean over the points; its layers are
    dense matrices in the plain form. images: valid convolutions, ReLU between them, on inputs as
    large as what one output sees (outputs of larger images see the same). Weights U[-1, 1]. Every
    layer is divided by the largest ‖K_t‖₁ of its outputs t, so that the theorems' norm is 1 and no
    output exceeds 1 on the box.
    """
    if isinstance(settings, Points):
        network = _points(settings.channels, settings.points, seed)
        points = (1, settings.points)
        return PriceTarget(as_plain(network, points), (settings.points,), network, points)
    side = len(settings.channels) * (settings.kernel - 1) + 1
    shape = (1, side, side)
    return PriceTarget(_images(settings.channels, settings.kernel, seed), shape)


def _points(channels: list[int], points: int, seed: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    for i, (c_in, c_out) in enumerate(zip([1, *channels], channels, strict=False)):
        rng = seeding.generator(seed, "price target", "points", i)
        weight = torch.from_numpy(rng.uniform(-1.0, 1.0, (c_out, c_in, 2)))
        layer = SetLinear(weight)
        modules += [SetLinear(weight / _norm(layer.expanded(points))), nn.ReLU()]
    return nn.Sequential(*modules[:-1], InvariantMean())


def _images(channels: list[int], kernel: int, seed: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    for i, (c_in, c_out) in enumerate(zip([1, *channels], channels, strict=False)):
        rng = seeding.generator(seed, "price target", "images", i)
        weight = torch.from_numpy(rng.uniform(-1.0, 1.0, (c_out, c_in, kernel, kernel)))
        modules += [convolution(weight / _norm(weight)), nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def _norm(weight: Tensor) -> float:
    return float(weight.abs().flatten(1).sum(dim=1).max())
