"""The random network with its masks as `torch.nn.utils.prune` writes them."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import prune


def with_masks(source: nn.Module, keep: Mapping[str, Tensor]) -> nn.Module:
    """A copy of ``source`` with the masks of ``keep``, name of a parameter → bool of its shape.

    Of a masked parameter w the copy has the parameter w_orig, the buffer w_mask (0 or 1) and w =
    w_orig · w_mask, made anew before every forward pass: `prune.is_pruned` is true, `prune.remove`
    leaves w alone. Memory: three times the source's.
    """
    network = copy.deepcopy(source)
    with torch.no_grad():
        for name, mask in keep.items():
            owner, _, parameter = name.rpartition(".")
            prune.custom_from_mask(network.get_submodule(owner), parameter, mask)
    return network
