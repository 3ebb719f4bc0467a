"""What a network does on data. Networks are keywords: none is measured in another's place."""

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks.determinism import one_thread
from slth.networks.training import as_images, as_labels
from slth.networks.wide import widened

CHUNK = 4  # images at a time: in larger batches torch's float64 convolution leaves the cache


def outputs(network: nn.Module, images: Tensor | np.ndarray) -> Tensor:
    """Outputs of each image (m, …), one torch thread: (m, classes)."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"network: got {type(network).__name__}, takes a torch.nn.Module")
    wide = widened(network)
    with torch.no_grad(), one_thread():
        return torch.cat([wide(part) for part in as_images(images).split(CHUNK)])


def decisions(network: nn.Module, images: Tensor | np.ndarray) -> Tensor:
    """Class of each image (m, …): where its largest output is, the first at ties; (m,) int64."""
    return outputs(network, images).argmax(dim=1)


def accuracy(*, network: nn.Module, images: Tensor | np.ndarray, labels: Tensor) -> float:
    """Share of images (m, …) whose class, by `decisions`, is their label."""
    return share_right(outputs(network, images), labels)


def data_error(*, target: nn.Module, ticket: nn.Module, images: Tensor | np.ndarray) -> float:
    """Largest ‖target(x) − ticket(x)‖_∞ over the images: a lower bound of the sup norm."""
    return largest_gap(target=outputs(target, images), ticket=outputs(ticket, images))


def share_right(values: Tensor, labels: Tensor) -> float:
    """`accuracy` from the outputs (m, classes) of a network."""
    decided = values.argmax(dim=1)
    return float((decided == as_labels(labels, len(decided))).double().mean())


def largest_gap(*, target: Tensor, ticket: Tensor) -> float:
    """`data_error` from the outputs (m, classes) of both networks."""
    if target.shape != ticket.shape:
        raise ValueError(
            f"ticket: got outputs {tuple(ticket.shape[1:])}, target has {tuple(target.shape[1:])}"
        )
    return float((target - ticket).abs().max())
