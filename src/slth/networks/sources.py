"""Random networks twice as deep as their target, from which tickets are cut."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.networks.architectures import Layer

Law = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

LAWS: dict[str, Law] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.uniform(-1.0, 1.0, shape),
    "signs": lambda rng, shape: 2.0 * rng.integers(0, 2, shape) - 1.0,
}


def random_source(layers: Sequence[Layer], n: int, seed: int, law: str = "normal") -> nn.Sequential:
    """Return a fresh source for the target layers, weights i.i.d. of a law, float64.

    Layer i, (c_out, c_in, k, k), becomes U⁽ⁱ⁾ (2n·c_in, c_in, 1, 1), ReLU and
    V⁽ⁱ⁾ (c_out, 2n·c_in, k, k) with the layer's stride, padding and ReLU; a dense layer becomes two
    dense layers of the same widths. law: "normal" N(0, 1), "uniform" U[-1, 1] or "signs" ±1. Each
    parameter is drawn once from its own child of ``seed``, keyed by (n, i, U or V).
    Source: Pensia et al. (NeurIPS 2020), da Cunha, d'Amore, Natale (NeurIPS 2023).
    Cost: 2n·c_in(c_in + k²·c_out) numbers per layer.

    >>> layers = slth.networks.read_layers(slth.networks.build_dense_network([3, 4, 2]))
    >>> slth.networks.random_source(layers, n=5, seed=0)  # 2 n hidden units for each input
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=3, out_features=30, bias=False)
      (2): ReLU()
      (3): Linear(in_features=30, out_features=4, bias=False)
      (4): ReLU()
      (5): Linear(in_features=4, out_features=40, bias=False)
      (6): ReLU()
      (7): Linear(in_features=40, out_features=2, bias=False)
    )
    """
    n = checks.integer("n", n, low=1)
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        c_out, c_in, *k = layer.weight.shape
        hidden = 2 * n * c_in
        U = draw(law, layer.expansion(hidden), seed, n, i, "U")
        V = draw(law, (c_out, hidden, *k), seed, n, i, "V")
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [layer.expand(U), nn.ReLU(), layer.module(V)]
        modules += [nn.ReLU()] if layer.relu else []
    return nn.Sequential(*modules)


def draw(law: str, shape: tuple[int, ...], seed: int, *key: str | int) -> Tensor:
    """Return one parameter of a source, i.i.d. of a law of `LAWS`, from its own child of seed."""
    checks.choice("law", law, LAWS)
    return torch.from_numpy(LAWS[law](seeding.generator(seed, "source", *key), shape))
