"""Modules torch lacks: a 1×1 convolution of one input channel a channel, and blocks that add."""

import torch
from torch import Tensor, nn


class ChannelScale(nn.Module):
    """y_h = weight_h · x_{block(h)}: a channel-blocked 1×1 convolution, stored as h numbers.

    weight: (h,) parameter. block: (h,) int64 buffer, the input channel of each hidden channel.
    Works on (batch, channels, …): convolutional and dense (no spatial axes) inputs alike.
    Source: the channel-blocked mask of da Cunha, d'Amore, Natale (NeurIPS 2023), made physical.

    >>> import torch
    >>> weight, block = torch.tensor([2.0, -1.0, 3.0]), torch.tensor([0, 0, 1])
    >>> scale = slth.networks.ChannelScale(weight, block)
    >>> scale(torch.tensor([[1.0, 10.0]])).tolist()
    [[2.0, -1.0, 30.0]]
    """

    block: Tensor

    def __init__(self, weight: Tensor, block: Tensor) -> None:
        super().__init__()
        if weight.ndim != 1 or weight.shape != block.shape:
            raise ValueError(
                f"weight: got shapes {tuple(weight.shape)} and block {tuple(block.shape)}, "
                "takes two of shape (h,)"
            )
        self.weight = nn.Parameter(weight.clone(), requires_grad=False)
        self.register_buffer("block", block.to(torch.int64).clone())

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c, …) to (batch, h, …)."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return x.index_select(1, self.block) * self.weight.view(shape)

    def extra_repr(self) -> str:
        return f"{int(self.block.max()) + 1 if len(self.block) else 0} -> {len(self.weight)}"


class Residual(nn.Module):
    """x + body(x), the identity skip connection; any activation after the sum is a module apart.

    body: modules that keep the shape of their input. ValueError in `forward` where they do not,
    since a sum that broadcasts is no residual block. Source: He, Zhang, Ren, Sun, CVPR 2016.

    >>> import torch
    >>> block = slth.networks.Residual(slth.networks.linear(torch.tensor([[2.0]])))
    >>> block(torch.tensor([[5.0]])).tolist()
    [[15.0]]
    """

    def __init__(self, *body: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, …) to the same shape."""
        y = self.body(x)
        if y.shape != x.shape:
            raise ValueError(
                f"Residual: got a body that maps {tuple(x.shape[1:])} to {tuple(y.shape[1:])}, "
                "takes one that keeps the shape"
            )
        return x + y


class Projected(nn.Module):
    """body(x) + skip(x), a block whose skip connection changes the shape (He et al. 2016).

    body, skip: modules from one shape to one. Made by `slth.networks.Network.to_sequential`.
    """

    def __init__(self, body: nn.Sequential, skip: nn.Sequential) -> None:
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, …) to the shape that body and skip have in common."""
        y, z = self.body(x), self.skip(x)
        if y.shape != z.shape:
            raise ValueError(
                f"Projected: got a body to {tuple(y.shape[1:])} and a skip connection to "
                f"{tuple(z.shape[1:])}, takes one shape"
            )
        return y + z
