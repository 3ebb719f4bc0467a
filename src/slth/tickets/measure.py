"""What a network does on data. Networks are keywords: none is measured in another's place."""

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks.determinism import one_thread
from slth.networks.training import as_images, as_labels

CHUNK = 1  # image at a time: in larger batches torch's float64 convolution leaves the cache


def decisions(network: nn.Module, images: Tensor | np.ndarray) -> Tensor:
    """Class of each image (m, …): where its largest output is, the first at ties; (m,) int64."""
    parts = as_images(images).split(CHUNK)
    return torch.cat([_outputs(network, part).argmax(dim=1) for part in parts])


def accuracy(*, network: nn.Module, images: Tensor | np.ndarray, labels: Tensor) -> float:
    """Share of images (m, …) whose class, by `decisions`, is their label."""
    decided = decisions(network, images)
    return float((decided == as_labels(labels, len(decided))).double().mean())


def data_error(*, target: nn.Module, ticket: nn.Module, images: Tensor | np.ndarray) -> float:
    """Largest ‖target(x) − ticket(x)‖_∞ over the images: a lower bound of the sup norm."""
    worst = 0.0
    for part in as_images(images).split(CHUNK):
        f, g = _outputs(target, part), _outputs(ticket, part)
        if f.shape != g.shape:
            raise ValueError(f"ticket: got outputs {tuple(g.shape)}, target has {tuple(f.shape)}")
        worst = max(worst, float((f - g).abs().max()))
    return worst


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    if not isinstance(network, nn.Module):
        raise TypeError(f"network: got {type(network).__name__}, takes a torch.nn.Module")
    with torch.no_grad(), one_thread():
        return network(images)
