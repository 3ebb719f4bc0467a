"""Training that gives the same bytes for the same seed."""

import copy

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import in_float64, read_layers
from slth.networks.descent import descend
from slth.networks.ties import check_untied


def train(
    network: nn.Sequential,
    images: Tensor,
    labels: Tensor,
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
    images: (m, c, D, D); labels: (m,) integers. One thread, so the result is the same on any
    number of cores. Raises ValueError/TypeError naming the argument.
    """
    read_layers(network)
    check_untied("network", network, "training", same=False)
    x, y = as_images(images), as_labels(labels, len(images))
    epochs = checks.integer("epochs", epochs, low=1)
    size = checks.integer("batch_size", batch_size, low=1)
    rate = checks.positive("learning_rate", learning_rate)
    penalty = checks.real("l1", l1)
    if penalty < 0:
        raise ValueError(f"l1: got {l1!r}, takes a number >= 0")
    trained = in_float64(copy.deepcopy(network)).requires_grad_(True)
    weights = list(trained.parameters())

    def loss(rows: Tensor) -> Tensor:
        fit = nn.functional.cross_entropy(trained(x[rows]), y[rows])
        return fit + penalty * torch.stack([w.abs().sum() for w in weights]).sum()

    descend(weights, loss, len(x), epochs=epochs, batch_size=size, learning_rate=rate, seed=seed)
    return trained.requires_grad_(False)


def as_images(images: Tensor | np.ndarray, name: str = "images") -> Tensor:
    """Return a finite, non-empty float64 tensor (m, …); ValueError/TypeError otherwise."""
    x = torch.as_tensor(images)
    if not x.is_floating_point():
        raise TypeError(f"{name}: got dtype {x.dtype}, takes floating-point images (m, ...)")
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"{name}: got shape {tuple(x.shape)}, takes (m, ...) with m >= 1")
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: got NaN or inf, takes finite numbers")
    return x.to(torch.float64)


def as_labels(labels: Tensor | np.ndarray, count: int, name: str = "labels") -> Tensor:
    """Return an int64 tensor (count,); ValueError/TypeError otherwise."""
    y = torch.as_tensor(labels)
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise TypeError(f"{name}: got dtype {y.dtype}, takes integer class labels")
    if y.shape != (count,):
        raise ValueError(f"{name}: got shape {tuple(y.shape)}, takes ({count},), one an image")
    return y.to(torch.int64)
