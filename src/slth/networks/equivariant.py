"""Equivariant layers as coefficients in a fixed basis; every basis map has sup norm ≤ 1."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

QUARTERS = 4  # the group C_4 of quarter turns, which torch.rot90 performs exactly


class QuarterTurnConv(nn.Module):
    """A convolution that commutes with quarter turns (C_4).

    weight: coefficients (c_out, c_in, 4, k, k) from fields of the regular representation, input
    (batch, c_in, 4, D, D), or (c_out, c_in, 1, k, k) from scalar images (batch, c_in, D, D); output
    (batch, c_out, 4, D', D'): y_r = Σ_s rot^r(weight_{s−r mod 4}) ∗ x_s. Turning the input turns
    the output and shifts its rotation axis by one. The stride must be 1: with a larger one the
    grid of outputs turns into itself for some D only. Source: Cohen & Welling, ICML 2016.

    >>> import torch
    >>> turn = slth.networks.QuarterTurnConv(torch.tensor([[[[[1.0, 0.0], [0.0, 0.0]]]]]))
    >>> turn(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).flatten().tolist()  # the four corners
    [1.0, 3.0, 4.0, 2.0]
    """

    def __init__(self, weight: Tensor, padding: int = 0) -> None:
        super().__init__()
        if weight.ndim != 5 or weight.shape[2] not in (1, QUARTERS):
            raise ValueError(
                f"weight: got shape {tuple(weight.shape)}, takes (c_out, c_in, 1 or 4, k, k)"
            )
        if weight.shape[3] != weight.shape[4]:
            raise ValueError(f"weight: got shape {tuple(weight.shape)}, takes square kernels")
        self.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """Map scalar images or regular fields to regular fields."""
        y = F.conv2d(x.flatten(1, -3), self.expanded(), padding=self.padding)
        return y.unflatten(1, (len(self.weight), QUARTERS))

    def expanded(self) -> Tensor:
        """The plain convolution's weight on flattened fields: (4 c_out, c_in·(1 or 4), k, k)."""
        c_out, c_in, s, k, _ = self.weight.shape
        turns = [
            torch.rot90(torch.roll(self.weight, r, dims=2), r, dims=(3, 4)) for r in range(QUARTERS)
        ]
        return torch.stack(turns, dim=1).reshape(QUARTERS * c_out, c_in * s, k, k)


class ScalarConv(nn.Module):
    """A 1×1 convolution of scalar or regular fields: weight (c_out, c_in, 1 or 4, 1, 1).

    Scalar fields stay scalar; regular fields mix by y_r = Σ_s weight_{s−r mod 4} x_s.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, …) to (batch, c_out, …)."""
        if self.weight.shape[2] == 1:
            return F.conv2d(x, self.weight[:, :, 0])
        return QuarterTurnConv(self.weight)(x)


class SetLinear(nn.Module):
    """A layer that commutes with permutations of its m points: y = W_0 x + W_1 (A x).

    weight: (c_out, c_in, 2), the coefficients W_0 of the identity and W_1 of the neighbours.
    adjacency: (m, m), rows of absolute sum ≤ 1; None: the mean of all points (Deep Sets). Input
    (batch, c_in, m). Relabelling the points, in x and in A, relabels the output.
    Source: Zaheer et al., NeurIPS 2017 (sets); Kipf & Welling, ICLR 2017 (one hop on a graph).

    >>> import torch
    >>> layer = slth.networks.SetLinear(torch.tensor([[[1.0, 10.0]]]))  # W_0 = 1, W_1 = 10
    >>> layer(torch.tensor([[[1.0, 2.0, 6.0]]])).tolist()  # x + 10 times the mean
    [[[31.0, 32.0, 36.0]]]
    """

    adjacency: Tensor | None

    def __init__(self, weight: Tensor, adjacency: Tensor | None = None) -> None:
        super().__init__()
        if weight.ndim != 3 or weight.shape[2] != 2:
            raise ValueError(f"weight: got shape {tuple(weight.shape)}, takes (c_out, c_in, 2)")
        if adjacency is not None:
            largest = float(adjacency.abs().sum(dim=1, dtype=torch.float64).max())
            rounding = len(adjacency) * torch.finfo(adjacency.dtype).eps
            if not largest <= 1 + max(1e-12, rounding):
                raise ValueError(
                    f"adjacency: got a row of absolute sum {largest!r}, takes at most 1; divide "
                    "the rows by their sums in float64 (thirds of float32 add up to more than 1)"
                )
        self.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
        self.register_buffer("adjacency", adjacency if adjacency is None else adjacency.clone())

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, c_in, m) to (batch, c_out, m)."""
        if self.adjacency is None:
            around = x.mean(dim=2, keepdim=True).expand_as(x)
        else:
            around = x @ self.adjacency.T
        own, other = self.weight[:, :, 0], self.weight[:, :, 1]
        return torch.einsum("oi,bim->bom", own, x) + torch.einsum("oi,bim->bom", other, around)

    def expanded(self, m: int) -> Tensor:
        """The matrix on the flattened input of m points, (c_out·m, c_in·m)."""
        mean = torch.full((m, m), 1 / m, dtype=self.weight.dtype)
        A = mean if self.adjacency is None else self.adjacency
        own = torch.kron(self.weight[:, :, 0], torch.eye(m, dtype=self.weight.dtype))
        return own + torch.kron(self.weight[:, :, 1].contiguous(), A.contiguous())


class InvariantMean(nn.Module):
    """The mean of every channel over all else, (batch, c, …) → (batch, c): an invariant.

    >>> import torch
    >>> slth.networks.InvariantMean()(torch.tensor([[[1.0, 3.0], [2.0, 6.0]]])).tolist()
    [[2.0, 4.0]]
    """

    def forward(self, x: Tensor) -> Tensor:
        """Average over rotations and positions, or over points."""
        return x.flatten(2).mean(dim=2)
