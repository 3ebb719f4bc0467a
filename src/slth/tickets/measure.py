"""What a network does on data. Networks are keywords: none is measured in another's place."""

from torch import Tensor, nn

from slth.networks.arguments import Data, as_images, as_labels
from slth.networks.evaluation import decided, evaluate

CHUNK = 4  # images at a time: in larger batches torch's float64 convolution leaves the cache


def outputs(network: nn.Module, images: Data, name: str = "network") -> Tensor:
    """Outputs (m, classes) of each image (m, …), float64 on the CPU.

    Network and images may be of any precision: a float64 copy in eval mode is evaluated
    (`slth.networks.evaluation.evaluate` has the rule and the errors), image by image and on one
    torch thread; the network is left as it was, modes and buffers included.
    """
    return evaluate(network, as_images(images), CHUNK, name)


def decisions(network: nn.Module, images: Data) -> Tensor:
    """Class of each image (m, …): where its largest output is, the first at ties; (m,) int64.

    >>> import torch
    >>> outputs = torch.tensor([[0.0, 2.0], [3.0, 3.0]])
    >>> slth.tickets.decisions(torch.nn.Identity(), outputs).tolist()
    [1, 0]
    """
    return decided(outputs(network, images)).argmax(dim=1)


def accuracy(*, network: nn.Module, images: Data, labels: Data) -> float:
    """Share of images (m, …) whose class, by `decisions`, is their label (m,), 0 … classes − 1.

    >>> import torch
    >>> net = slth.networks.linear(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    >>> images, labels = torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([0, 0])
    >>> slth.tickets.accuracy(network=net, images=images, labels=labels)
    0.5
    """
    return share_right(outputs(network, images), labels)


def data_error(*, target: nn.Module, ticket: nn.Module, images: Data) -> float:
    """Largest ‖target(x) − ticket(x)‖_∞ over the images: a lower bound of the sup norm.

    >>> import torch
    >>> f = slth.networks.linear(torch.tensor([[1.0, 2.0]]))
    >>> g = slth.networks.linear(torch.tensor([[1.5, 2.0]]))
    >>> images = torch.tensor([[1.0, 0.0], [-3.0, 1.0]])
    >>> slth.tickets.data_error(target=f, ticket=g, images=images)
    1.5
    """
    return largest_gap(
        target=outputs(target, images, "target"), ticket=outputs(ticket, images, "ticket")
    )


def share_right(values: Tensor, labels: Data) -> float:
    """`accuracy` from the outputs (m, classes) of a network."""
    classes = decided(values).shape[1]
    right = as_labels(labels, len(values), classes=classes).cpu() == values.argmax(dim=1).cpu()
    return float(right.double().mean())


def largest_gap(*, target: Tensor, ticket: Tensor) -> float:
    """`data_error` from the outputs (m, classes) of both networks."""
    if target.shape != ticket.shape:
        raise ValueError(
            f"ticket: got outputs {tuple(ticket.shape[1:])}, target has {tuple(target.shape[1:])}"
        )
    return float((target - ticket).abs().max())
