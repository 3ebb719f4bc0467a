"""The constructions by name. To add one: write its file, add its line."""

import dataclasses
import importlib

from slth import checks
from slth.tickets.base import Construction

# name: module and class; loaded when first asked for
CONSTRUCTIONS: dict[str, str] = {
    "single_weight": "slth.tickets.single_weight:SingleWeight",
    "rss_dense": "slth.tickets.rss_dense:RSSDense",
    "rss_convolution": "slth.tickets.rss_convolution:RSSConvolution",
    "ell_plus_one": "slth.tickets.ell_plus_one:EllPlusOne",
    "structured_convolution": "slth.tickets.structured_convolution:StructuredConvolution",
    "neuron_removal": "slth.tickets.neuron_removal:NeuronRemoval",
    "equivariant": "slth.tickets.equivariant:Equivariant",
    "binary_polynomial": "slth.tickets.binary_polynomial:BinaryPolynomial",
    "binary_polylog": "slth.tickets.binary_polylog:BinaryPolylog",
    "activated_convolution": "slth.tickets.activated_convolution:ActivatedConvolution",
}


def get(construction: str, **options: object) -> Construction:
    """Return the construction registered under a name, with its options set.

    Raises ValueError/TypeError naming an unknown construction, option or option value.

    >>> list(slth.tickets.CONSTRUCTIONS)[:3]
    ['single_weight', 'rss_dense', 'rss_convolution']
    >>> slth.tickets.get("rss_dense", readout="ticket")
    RSSDense(nonnegative_input=False, readout='ticket', coefficients='products')
    """
    module, name = CONSTRUCTIONS[checks.choice("construction", construction, CONSTRUCTIONS)].split(
        ":"
    )
    cls = getattr(importlib.import_module(module), name)
    known = [field.name for field in dataclasses.fields(cls)]
    for option in options:
        checks.choice(f"option of {construction!r}", option, known)
    made = cls(**options)
    assert isinstance(made, Construction)
    return made
