"""From masks to a physically smaller network."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from slth.networks.architectures import Layer
from slth.networks.modules import ChannelScale

Weighted = tuple[str, Tensor]


def weight_pairs(source: nn.Sequential, layers: Sequence[Layer]) -> list[tuple[Weighted, Weighted]]:
    """Return ((name, U), (name, V)) for each target layer, U as (hidden, c_in).

    Raises ValueError when ``source`` is not a twice as deep network for these layers.
    """
    weights = [(name, p.detach()) for name, p in source.named_parameters()]
    pairs = list(zip(weights[0::2], weights[1::2], strict=False))[: len(layers)]
    shapes = [(tuple(U.shape[:2]), tuple(V.shape)) for (_, U), (_, V) in pairs]
    fits = len(pairs) == len(layers) and all(
        u[1] == layer.weight.shape[1]
        and u[0] % (2 * u[1]) == 0
        and v == (layer.weight.shape[0], u[0], *layer.weight.shape[2:])
        for (u, v), layer in zip(shapes, layers, strict=True)
    )
    if not fits:
        wanted = [tuple(layer.weight.shape) for layer in layers]
        raise ValueError(f"source: got weights {shapes}, takes U, V for target layers {wanted}")
    return [((u, identity_part(U)), (v, V)) for (u, U), (v, V) in pairs]


def identity_part(U: Tensor) -> Tensor:
    """Entries (hidden, c_in) of the identity in U (hidden, c_in, …): the first of its basis."""
    return U.reshape(*U.shape[:2], -1)[:, :, 0]


def shrink(
    layers: Sequence[Layer], source: nn.Sequential, keep: Mapping[str, Tensor]
) -> nn.Sequential:
    """Return the network without the hidden channels of which nothing is kept.

    Each pair (U, V) becomes ChannelScale, ReLU and a kernel over the hidden channels that remain:
    rows of U and input slices of V are gone; single weights removed inside a slice are zero.
    If a layer keeps nothing, its first hidden channel stays with a zero kernel, since torch has
    no convolution from zero channels. Needs masks by which a hidden channel sees at most one
    input channel; ValueError otherwise.
    """
    modules: list[nn.Module] = []
    for layer, ((u, U), (v, V)) in zip(layers, weight_pairs(source, layers), strict=True):
        seen, mask = identity_part(keep[u]), keep[v]
        if int(seen.sum(dim=1).max()) > 1 or int(keep[u].sum()) > int(seen.sum()):
            raise ValueError(f"keep[{u!r}]: a hidden channel sees several input channels")
        used = mask.transpose(0, 1).flatten(1).any(dim=1) & seen.any(dim=1)
        hidden = torch.nonzero(used).flatten() if used.any() else torch.tensor([0])
        block = seen[hidden].to(torch.int64).argmax(dim=1)
        kernel = (V * mask)[:, hidden]
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [ChannelScale(U[hidden, block], block), nn.ReLU(), layer.module(kernel)]
        modules += [nn.ReLU()] if layer.relu else []
    return nn.Sequential(*modules)
