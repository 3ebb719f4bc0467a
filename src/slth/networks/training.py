"""Training that gives the same bytes for the same seed."""

import copy

import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import in_float64, read_layers
from slth.networks.arguments import Data, as_images, as_labels
from slth.networks.descent import descend
from slth.networks.evaluation import classes_of
from slth.networks.modes import recording
from slth.networks.ties import check_untied

MOST = 2**31  # epochs, images per minibatch


@recording()
def train(
    network: nn.Sequential,
    images: Data,
    labels: Data,
    *,
    epochs: int = 40,
    batch_size: int = 64,
    learning_rate: float = 0.01,
    l1: float = 1e-4,
    seed: int = 0,
) -> nn.Sequential:
    """Return a trained float64 copy of ``network``; the argument is left as it was.

    Adam on cross entropy plus ``l1`` times the sum of absolute weights; the learning rate falls
    to zero along a half cosine; minibatch order from ``seed``, a fresh permutation an epoch.
    Modules that share a parameter go on sharing it.
    images: (m, c, D, D), of any floating-point precision; labels: (m,) integers, 0 … outputs − 1.
    Inside `no_grad` and `inference_mode` too. One thread, so the result is the same on any
    number of cores. Raises ValueError/TypeError naming the argument.

    >>> data = slth.networks.load_data_set("digits")
    >>> net = slth.networks.build_dense_network([64, 10])
    >>> images, labels = data.train_images[:200], data.train_labels[:200]
    >>> trained = slth.networks.train(net, images, labels, epochs=5)
    >>> for each in (net, trained):
    ...     round(slth.tickets.accuracy(network=each, images=images, labels=labels), 1)
    0.1
    0.7
    """
    read_layers(network)
    check_untied("network", network, "training", same=False)
    x = as_images(images)
    y = as_labels(labels, len(x), classes=classes_of(network, x))
    epochs = checks.integer("epochs", epochs, 1, MOST)
    size = checks.integer("batch_size", batch_size, 1, MOST)
    seed = checks.integer("seed", seed, low=0)
    rate = checks.positive("learning_rate", learning_rate)
    penalty = checks.real("l1", l1)
    if penalty < 0:
        raise ValueError(f"l1: got {l1!r}, takes a number >= 0")
    trained = in_float64(copy.deepcopy(network)).requires_grad_(True)
    weights = list(trained.parameters())
    x, y = x.to(weights[0]), y.to(weights[0].device)

    def loss(rows: Tensor) -> Tensor:
        fit = nn.functional.cross_entropy(trained(x[rows]), y[rows])
        return fit + penalty * torch.stack([w.abs().sum() for w in weights]).sum()

    descend(weights, loss, len(x), epochs=epochs, batch_size=size, learning_rate=rate, seed=seed)
    return trained.requires_grad_(False)
