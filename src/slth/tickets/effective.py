"""The kernels a ticket computes with, and the tolerance its subset problems need."""

import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import has_readout, read_layers
from slth.networks.modules import ChannelScale
from slth.tickets.ticket import Ticket

Kernels = tuple[Tensor, Tensor]


def effective_kernels(ticket: Ticket) -> list[Kernels]:
    """Return (K⁺, K⁻) of every imitated layer, float64, shaped like the target's weight.

    K⁺_t = Σ_{a>0} a_h V_h and K⁻_t = Σ_{a<0} |a_h| V_h over the kept hidden channels of input
    channel t: the layer computes K⁺ ∗ x⁺ + K⁻ ∗ x⁻, where the target has K ∗ x⁺ − K ∗ x⁻. K⁻ is
    zero where inputs are never negative. An exactly copied readout is not listed.
    """
    shapes = [layer.weight.shape for layer in read_layers(ticket.target, "target")]
    modules = list(ticket.ticket)
    kernels: list[Kernels] = []
    for i, module in enumerate(modules):
        if isinstance(module, ChannelScale):
            kernels.append(merged_kernels(module, modules[i + 2], shapes[len(kernels)]))
    return kernels


def per_entry_tolerance(total_eps: float, target: nn.Sequential, readout: str = "exact") -> float:
    """Return the eps per kernel entry at which a ticket has sup-norm error ≤ total_eps.

    About total_eps / (ℓ k² c_{i−1}), smallest over the ℓ imitated layers; exactly, with
    δ = (1 + total_eps)^{1/ℓ} − 1, it is δ / (k² c_{i−1}): e_i ≤ e_{i−1} + δ (1 + e_{i−1}) on
    [-1, 1] inputs. readout: as in the construction. Raises ValueError unless every output channel
    of the target has ‖K_t‖₁ ≤ 1 (`slth.networks.normalise`).
    """
    checks.positive("total_eps", total_eps)
    checks.choice("readout", readout, ["exact", "ticket"])
    layers = read_layers(target, "target")
    norm = max(float(layer.weight.abs().flatten(1).sum(dim=1).max()) for layer in layers)
    if norm > 1 + 1e-9:
        raise ValueError(
            f"target: got an output channel of l1 norm {norm:.6g}, takes at most 1; "
            "use slth.networks.normalise"
        )
    imitated = layers[:-1] if readout == "exact" and has_readout(layers) else layers
    if not imitated:
        raise ValueError("target: got a readout only, takes readout='ticket' to imitate it")
    delta = (1 + total_eps) ** (1 / len(imitated)) - 1
    return delta / max(layer.weight[0].numel() for layer in imitated)


def merged_kernels(scale: nn.Module, kernel: nn.Module, shape: torch.Size) -> Kernels:
    """Return (K⁺, K⁻) of ChannelScale, ReLU, Conv2d or Linear, shaped like the target's weight."""
    assert isinstance(scale, ChannelScale)
    assert isinstance(kernel, (nn.Conv2d, nn.Linear))
    V, a = kernel.weight.detach(), scale.weight.detach()
    weighted = V * a.abs().view(1, -1, *(1,) * (V.ndim - 2))
    zero = torch.zeros(shape, dtype=V.dtype)
    plus = zero.index_add(1, scale.block[a > 0], weighted[:, a > 0])
    minus = zero.index_add(1, scale.block[a < 0], weighted[:, a < 0])
    return plus, minus
