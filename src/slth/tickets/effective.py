"""The kernels a ticket computes with, and the tolerance its subset problems need."""

from torch import nn

from slth import checks
from slth.networks.architectures import has_readout, read_layers
from slth.networks.converted import plain_form
from slth.networks.network import Network
from slth.tickets.base import Kernels
from slth.tickets.merged import merged_kernels
from slth.tickets.registry import get
from slth.tickets.ticket import Ticket

__all__ = ["effective_kernels", "merged_kernels", "per_entry_tolerance"]


def effective_kernels(ticket: Ticket) -> list[Kernels]:
    """Return (K⁺, K⁻) of every imitated layer, float64, shaped like the target's weight.

    The layer computes K⁺ ∗ x⁺ + K⁻ ∗ x⁻, where the target has K ∗ x⁺ − K ∗ x⁻: of a pair,
    K⁺_t = Σ_{a>0} a_h V_h and K⁻_t = Σ_{a<0} |a_h| V_h over the kept hidden channels of input
    channel t. K⁻ is zero where inputs are never negative. An exactly copied readout is not listed.
    Raises ValueError for a construction whose layers have no such form.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> ticket = slth.tickets.build("rss_dense", net, n=12)
    >>> ((positive, negative),) = slth.tickets.effective_kernels(ticket)
    >>> (positive - net[1].weight).abs().max().item() < 0.02
    True
    """
    checks.instance("ticket", ticket, Ticket)
    kernels = get(ticket.construction, **ticket.options).effective(ticket)
    if kernels is None:
        raise ValueError(f"ticket: {ticket.construction!r} has no effective kernels")
    return kernels


def per_entry_tolerance(
    total_eps: float, target: nn.Module | Network, readout: str = "exact"
) -> float:
    """Return the eps per kernel entry at which a ticket has sup-norm error ≤ total_eps.

    About total_eps / (ℓ k² c_{i−1}), smallest over the ℓ imitated layers; exactly, with
    δ = (1 + total_eps)^{1/ℓ} − 1, it is δ / (k² c_{i−1}): e_i ≤ e_{i−1} + δ (1 + e_{i−1}) on
    [-1, 1] inputs. readout: as in the construction. Raises ValueError unless every output channel
    of the target has ‖K_t‖₁ ≤ 1 (`slth.networks.normalise`).

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> round(slth.tickets.per_entry_tolerance(0.1, net), 9)  # 0.1 over 4 inputs of one layer
    0.025
    """
    checks.positive("total_eps", total_eps)
    checks.choice("readout", readout, ["exact", "ticket"])
    layers = read_layers(plain_form("target", target), "target")
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
