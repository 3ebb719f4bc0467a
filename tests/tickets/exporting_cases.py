"""Tickets of every kind of construction and granularity that leave the library."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from slth import networks, tickets
from slth.seeding import generator
from slth.tickets.methods import TicketMethods
from tests.tickets.whole_cases import NETWORKS, SHAPE

IMAGE = (1, 5, 5)


def _whole(name: str, **options: Any) -> TicketMethods:
    asked: dict[str, Any] = {
        "n": 40,
        "gain": 2.0,
        "seed": 3,
        "threads": 1,
        "example": SHAPE,
    } | options
    return tickets.build("structured_convolution", NETWORKS[name](), **asked)


def _chain(construction: str, **options: Any) -> TicketMethods:
    target = networks.build_network([2, 3], kernel=2, padding=0, input_shape=IMAGE, seed=1)
    asked: dict[str, Any] = {"n": 8, "threads": 1} | options
    return tickets.build(construction, networks.normalise(target)[0], **asked)


def _dense() -> TicketMethods:
    target = networks.build_dense_network([4, 3, 2], seed=2)
    return tickets.build("rss_dense", target, n=8, threads=1)


# name → (ticket, shape of its inputs)
TICKETS: dict[str, tuple[Callable[[], TicketMethods], tuple[int, ...]]] = {
    "blocks of a bottleneck": (lambda: _whole("bottleneck", granularity="block"), SHAPE),
    "entries of a bottleneck": (lambda: _whole("bottleneck", granularity="entry"), SHAPE),
    "filters, pooled": (lambda: _whole("pooled", granularity="filter"), SHAPE),
    "kernels, an exact readout": (
        lambda: _whole("pooled", granularity="kernel", readout="exact", nonnegative_input=True),
        SHAPE,
    ),
    "a chain, kernels": (
        lambda: _chain("structured_convolution", n=24, granularity="kernel"),
        IMAGE,
    ),
    "a chain, weights": (lambda: _chain("rss_convolution", nonnegative_input=True), IMAGE),
    "a dense chain": (_dense, (4,)),
}


def inputs(shape: tuple[int, ...], count: int = 5) -> Tensor:
    """Inputs (count, *shape), uniform in [0, 1]."""
    return torch.from_numpy(generator(0, "exported", *shape).uniform(0, 1, (count, *shape)))


def gap(one: Tensor, two: Tensor) -> float:
    """The largest difference, over the largest entry of the second."""
    assert one.shape == two.shape
    return float((one - two).abs().max() / two.abs().max())
