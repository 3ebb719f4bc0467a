"""Which builds are of whole networks: by what is asked, and by what the target is."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from torch import nn

from slth import checks
from slth.networks.architectures import in_float64
from slth.networks.arguments import Data
from slth.networks.converted import plain_form
from slth.networks.network import Network
from slth.networks.reading._torch import read
from slth.networks.residual import read_blocks
from slth.tickets.registry import CONSTRUCTIONS, get
from slth.tickets.whole.building import WholeOptions

CONSTRUCTION = "structured_convolution"
ASKED = ("block", "largest_d", "gain", "targets")  # options that only whole networks have
FIELDS = tuple(field.name for field in dataclasses.fields(WholeOptions))


def whole_network(
    construction: str,
    target: nn.Module | Network,
    images: Data | None,
    example: object,
    options: Mapping[str, Any],
) -> tuple[Network, WholeOptions] | None:
    """The network and its options if a build is of a whole network, else None.

    It is where an option or images ask for it, and where the target is no bias-free chain that the
    construction's theorem is about, but `slth.networks.from_torch` reads it. Raises ValueError or
    TypeError naming the option, or the target where an option asks for what is not read.
    """
    checks.choice("construction", construction, CONSTRUCTIONS)
    granularity = options.get("granularity")
    asked = images is not None or (isinstance(granularity, str) and granularity == "block")
    asked = asked or any(options.get(name) is not None for name in ASKED)
    if construction != CONSTRUCTION:
        if images is not None:
            raise ValueError(f"images: {construction!r} takes none; use {CONSTRUCTION!r}")
        return None
    if not asked:
        try:
            chain = plain_form("target", target, example)
            read_blocks(in_float64(chain, "target"), "target")
        except (ValueError, TypeError):
            network = _read(target, example)
            return None if network is None else (network, _options(options))
        return None
    chosen = _options(options)
    return target if isinstance(target, Network) else read("target", target, example), chosen


def _read(target: nn.Module | Network, example: object) -> Network | None:
    """The network that a target is, None for one without layers, of which the construction speaks.

    Raises what `read` raises: it knows more modules than the construction, and the example.
    """
    if isinstance(target, Network):
        return target if target.layers else None
    if isinstance(target, nn.Module) and not _has_layer(target) and example is None:
        return None
    try:
        network = read("target", target, example)
    except ValueError as error:
        own = (
            isinstance(target, nn.Sequential) and type(target).forward is not nn.Sequential.forward
        )
        if own and not str(error).startswith("example"):
            return None  # the construction names the forward pass
        raise
    return network if network.layers else None


def _has_layer(target: nn.Module) -> bool:
    return any(isinstance(module, (nn.Conv2d, nn.Linear)) for module in target.modules())


def _options(options: Mapping[str, Any]) -> WholeOptions:
    known = {field.name for field in dataclasses.fields(get(CONSTRUCTION))}  # type: ignore[arg-type]
    for name, value in options.items():
        checks.choice(f"option of {CONSTRUCTION!r}", name, sorted({*FIELDS, *known}))
        if name in FIELDS:
            continue
        if value is not None and not (isinstance(value, str) and value == "normal"):
            raise ValueError(
                f"{name}: got {value!r} for a whole network, takes none; it is an option of "
                "bias-free chains without block, gain, targets and images"
            )
    given = {name: value for name, value in options.items() if name in FIELDS}
    return WholeOptions(**{"targets": "plain", **{k: v for k, v in given.items() if v is not None}})
