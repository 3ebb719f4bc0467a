"""LeNet-5 with its biases: two small convolutions, whose weights are imitated, and a dense rest."""

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks, seeding
from slth.checks import FloatArray
from slth.networks import gate
from slth.networks.architectures import in_float64
from slth.networks.arguments import Data, as_images, as_labels
from slth.networks.descent import descend
from slth.networks.evaluation import classes_of
from slth.networks.modes import recording
from slth.networks.undrawn import undrawn

IMITATED = 2572  # weights and biases of the two convolutions


def build_lenet(side: int = 28, classes: int = 10, seed: int = 0) -> nn.Sequential:
    """Return LeNet-5 in float64 for (m, 1, side, side) images: ReLU, max pooling, biases.

    5×5 convolutions to 6 channels (zero padding 2) and to 16 (none), a pooling by 2 after each,
    then dense layers of 120, 84 and ``classes``. Weights He-normal, each from its own child of
    ``seed``; biases 0. side >= 12. Source: LeCun et al., Neural Computation 1 (1989), with the
    ReLU of da Cunha, Natale, Viennot (ICLR 2022).
    """
    side = checks.integer("side", side, low=12)
    classes = checks.integer("classes", classes, low=1)
    left = (side // 2 - 4) // 2
    shapes = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 16 * left * left), (84, 120), (classes, 84)]
    first, second, *dense = (_layer(i, shape, seed) for i, shape in enumerate(shapes))
    modules: list[nn.Module] = [first, nn.ReLU(), nn.MaxPool2d(2)]
    modules += [second, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    for layer in dense:
        modules += [layer, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


@recording()
def train_lenet(
    network: nn.Sequential,
    images: Data,
    labels: Data,
    *,
    epochs: int,
    batch_size: int = 64,
    learning_rate: float = 0.003,
    seed: int = 0,
) -> nn.Sequential:
    """Return a trained float64 copy of ``network``: Adam on cross entropy, as in `train`."""
    gate.check("network", network)
    x = as_images(images)
    y = as_labels(labels, len(x), classes=classes_of(network, x))
    trained = in_float64(copy.deepcopy(network)).requires_grad_(True)

    def loss(rows: Tensor) -> Tensor:
        return nn.functional.cross_entropy(trained(x[rows]), y[rows])

    descend(
        list(trained.parameters()),
        loss,
        len(x),
        epochs=checks.integer("epochs", epochs, low=1),
        batch_size=checks.integer("batch_size", batch_size, low=1),
        learning_rate=checks.positive("learning_rate", learning_rate),
        seed=seed,
    )
    return trained.requires_grad_(False)


def imitated(network: nn.Sequential) -> FloatArray:
    """Return the (2572,) weights and biases of the two convolutions, in order."""
    return np.concatenate([p.detach().numpy().ravel() for p in _parameters(network)])


def with_imitated(network: nn.Sequential, values: FloatArray) -> nn.Sequential:
    """Return a copy of ``network`` with these (2572,) numbers in place of `imitated`'s."""
    values = checks.array("values", values, (1,), f"({IMITATED},)")
    if len(values) != IMITATED:
        raise ValueError(f"values: got {len(values)} numbers, takes {IMITATED}")
    changed = copy.deepcopy(network)
    start = 0
    with torch.no_grad():
        for p in _parameters(changed):
            p.copy_(torch.from_numpy(values[start : start + p.numel()]).reshape(p.shape))
            start += p.numel()
    return changed


def _parameters(network: nn.Sequential) -> Iterator[Tensor]:
    for module in network:
        if isinstance(module, nn.Conv2d):
            yield from module.parameters()


def _layer(i: int, shape: Sequence[int], seed: int) -> nn.Module:
    c_out, c_in, *k = shape
    if k:
        padding = 2 if i == 0 else 0
        made: nn.Module = undrawn(nn.Conv2d, c_in, c_out, 5, padding=padding, dtype=torch.float64)
    else:
        made = undrawn(nn.Linear, c_in, c_out, dtype=torch.float64)
    scale = (2.0 / np.prod(shape[1:])) ** 0.5
    values = seeding.generator(seed, "initial weight", "lenet", i).standard_normal(shape)
    with torch.no_grad():
        made.get_parameter("weight").copy_(torch.from_numpy(scale * values))
        made.get_parameter("bias").zero_()
    return made.requires_grad_(False)
