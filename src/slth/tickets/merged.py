"""One layer from two: the kernels that ChannelScale, ReLU and a kernel compute together."""

import torch
from torch import Tensor, nn

from slth.networks.modules import ChannelScale


def merged_kernels(scale: nn.Module, kernel: nn.Module, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """Return (K⁺, K⁻) of ChannelScale, ReLU and a layer of weight V, shaped like the target's.

    K⁺_t = Σ_{a>0} a_h V_h and K⁻_t = Σ_{a<0} |a_h| V_h over the hidden channels of input channel t.
    """
    assert isinstance(scale, ChannelScale)
    V, a = kernel.get_parameter("weight").detach(), scale.weight.detach()
    weighted = V * a.abs().view(1, -1, *(1,) * (V.ndim - 2))
    zero = torch.zeros(shape, dtype=V.dtype)
    plus = zero.index_add(1, scale.block[a > 0], weighted[:, a > 0])
    minus = zero.index_add(1, scale.block[a < 0], weighted[:, a < 0])
    return plus, minus
