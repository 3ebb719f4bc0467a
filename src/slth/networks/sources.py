"""Random networks twice as deep as their target, from which tickets are cut."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.networks.architectures import Layer, convolution, linear


def random_source(layers: Sequence[Layer], n: int, seed: int) -> nn.Sequential:
    """Return a fresh source for the target layers, weights i.i.d. N(0, 1), float64.

    Layer i, (c_out, c_in, k, k), becomes U⁽ⁱ⁾ (2n·c_in, c_in, 1, 1), ReLU and
    V⁽ⁱ⁾ (c_out, 2n·c_in, k, k) with the layer's stride, padding and ReLU; a dense layer becomes two
    dense layers of the same widths. Each parameter is drawn once from its own child of ``seed``,
    keyed by (n, i, U or V). Source: da Cunha, d'Amore, Natale (NeurIPS 2023).
    Cost: 2n·c_in(c_in + k²·c_out) numbers a layer.
    """
    n = checks.integer("n", n, low=1)
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        c_out, c_in, *k = layer.weight.shape
        hidden = 2 * n * c_in
        U = _normal((hidden, c_in) if layer.dense else (hidden, c_in, 1, 1), seed, n, i, "U")
        V = _normal((c_out, hidden, *k), seed, n, i, "V")
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [linear(U) if layer.dense else convolution(U), nn.ReLU(), layer.module(V)]
        modules += [nn.ReLU()] if layer.relu else []
    return nn.Sequential(*modules)


def _normal(shape: tuple[int, ...], seed: int, *key: str | int) -> Tensor:
    return torch.from_numpy(seeding.generator(seed, "source", *key).standard_normal(shape))
