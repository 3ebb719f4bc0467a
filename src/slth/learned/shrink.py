"""From a mask to a physically smaller network."""

from torch import Tensor, nn

from slth.learned.result import LearnedMask
from slth.networks.architectures import read_layers


def shrink(learned: LearnedMask) -> nn.Sequential:
    """Return the masked network without the filters that are dead: no weight in, or none out.

    Same outputs on every input up to rounding. Takes a bias-free Sequential (`read_layers`); single
    weights removed inside a filter that stays are zero. A layer keeps one filter at least.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> mask = slth.learned.learn(
    ...     "edge_popup", net, x, y, kept_fraction=0.5, granularity="filter", epochs=1
    ... )
    >>> slth.learned.shrink(mask)
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=2, out_features=2, bias=False)
      (2): ReLU()
      (3): Linear(in_features=2, out_features=2, bias=False)
    )
    """
    if not isinstance(learned, LearnedMask):
        raise TypeError(f"learned: got {type(learned).__name__}, takes a LearnedMask")
    layers = read_layers(learned.network, "learned.network")
    weights = [layer.weight.clone() for layer in layers]
    for i in range(len(weights) - 1):
        repeat = weights[i + 1].shape[1] // weights[i].shape[0]
        alive = _used(weights[i], weights[i + 1], repeat)
        weights[i] = weights[i][alive]
        weights[i + 1] = weights[i + 1][:, alive.repeat_interleave(repeat)]
    modules: list[nn.Module] = []
    for layer, weight in zip(layers, weights, strict=True):
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [layer.module(weight)]
        modules += [nn.ReLU()] if layer.relu else []
    return nn.Sequential(*modules)


def _used(weight: Tensor, reader: Tensor, repeat: int) -> Tensor:
    fed = weight.flatten(1).any(dim=1)
    read = reader.transpose(0, 1).flatten(1).any(dim=1).view(-1, repeat).any(dim=1)
    alive = fed & read
    if not alive.any():
        alive[0] = True
    return alive
