"""Networks of any modules for what reads a Sequential: by `slth.networks.from_torch`."""

from collections.abc import Sequence
from typing import Any, Protocol

from torch import nn

from slth.networks.equivariant import InvariantMean, QuarterTurnConv, ScalarConv, SetLinear
from slth.networks.network import Network
from slth.networks.plain import INNER, type_of
from slth.networks.reading._torch import read
from slth.networks.ties import places


class AsModule(Protocol):
    """What computes as a module of its own does: a ticket."""

    def as_module(self, input_shape: Sequence[int] | None = None) -> nn.Sequential:
        """The module."""
        ...


AnyNetwork = nn.Module | Network | AsModule
EQUIVARIANT = (InvariantMean, QuarterTurnConv, ScalarConv, SetLinear)


def plain_form(
    name: str, network: Any, example: object = None, *, projections: bool = False
) -> Any:
    """The network itself where `slth.networks.gate` can judge it, else what is read of it.

    A Network becomes its `to_sequential`; a module is read by `slth.networks.from_torch` where it
    is no Sequential, or has a Sequential or modules of other classes inside than
    `slth.networks.plain.KNOWN`. All else, and what is no network, comes back as it is: the gate
    says what is wrong with it. example: as in `from_torch`. projections: of `to_sequential`.
    Raises ValueError naming ``name``.
    """
    if isinstance(network, Network):
        return network.to_sequential(name, projections=projections)
    if not isinstance(network, nn.Module) or not _foreign(network):
        return network
    return read(name, network, example).to_sequential(name, projections=projections)


def of_ticket(name: str, value: Any, input_shape: Any = None) -> Any:
    """What a ticket computes, as a module (its ``as_module``); anything else as it is.

    Raises ValueError naming ``name`` for a ticket that has no such form.
    """
    made = None if isinstance(value, nn.Module) else getattr(value, "as_module", None)
    if made is None:
        return value
    try:
        return made(input_shape)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _foreign(network: nn.Module) -> bool:
    kinds = {label: type_of(module) for label, module in places(network)}
    if any(kind in EQUIVARIANT for kind in kinds.values()):
        return False
    nested = any(
        kind is nn.Sequential and label and kinds[label.rpartition(".")[0]] not in INNER
        for label, kind in kinds.items()
    )
    unread = any(kind in (None, nn.ReLU6, nn.Hardtanh) for kind in kinds.values())
    return kinds[""] is not nn.Sequential or nested or unread
