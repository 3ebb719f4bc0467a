"""What a ticket is compared with: nothing kept, random members, these with a fitted readout."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from slth.networks.determinism import one_thread
from slth.networks.network import Network
from slth.studies.cnns.subject import Subject, evaluate
from slth.tickets.measure import share_right
from slth.tickets.whole.control import random_members
from slth.tickets.whole.ticket import WholeTicket

RIDGE = 1e-3  # of the mean square of a feature
NONE = {"random": float("nan"), "random_error": float("nan"), "refitted": float("nan")}


class Readout(NamedTuple):
    """Least squares of one-hot labels on features: weights (features + 1, classes)."""

    weights: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """(m, classes)."""
        return _with_one(features) @ self.weights


def fit_readout(features: Tensor, labels: Tensor, classes: int) -> Readout:
    """Ridge regression of one-hot labels (m,) on features (m, p) and a constant."""
    phi = _with_one(features)
    gram = phi.T @ phi / len(phi)
    gram.diagonal().add_(RIDGE * float(gram.diagonal().mean()) + 1e-12)
    wanted = torch.nn.functional.one_hot(labels, classes).to(phi)
    return Readout(torch.linalg.solve(gram, phi.T @ wanted / len(phi)))


def empty_accuracy(subject: Subject) -> float:
    """Accuracy of the ticket that keeps nothing: all outputs are 0, the first class wins ties."""
    return share_right(torch.zeros_like(subject.outputs), subject.labels)


def controls(ticket: WholeTicket, subject: Subject, seed: int) -> dict[str, Any]:
    """Accuracies of random members, as they are and with a readout that is fitted to labels.

    random_error: largest error of the former over the target's largest output.
    """
    network = random_members(ticket, seed)
    with one_thread():
        features, found = _features(network, subject.held)
        images, labels = subject.refit
        readout = fit_readout(_features(network, images)[0], labels, subject.data.classes)
        new = readout(features)
    return {
        "random": share_right(found, subject.labels),
        "random_error": float((found - subject.outputs).abs().max()) / subject.size,
        "refitted": share_right(new, subject.labels),
    }


def _features(network: Network, images: Tensor) -> tuple[Tensor, Tensor]:
    """What the readout, the last step, is given, (m, p); the outputs (m, classes)."""
    (source,) = network.steps[-1].inputs
    features, outputs = evaluate(network, images, source, network.output)
    return features.flatten(1), outputs


def _with_one(features: Tensor) -> Tensor:
    return torch.cat([features, features.new_ones(len(features), 1)], dim=1)
