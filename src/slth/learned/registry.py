"""The methods by name. To add one: write its file, add its line."""

import dataclasses
import importlib

from slth import checks
from slth.learned.base import Method

# name: module and class; loaded when first asked for
METHODS: dict[str, str] = {
    "supermask_sgd": "slth.learned.supermask_sgd:SupermaskSGD",
    "edge_popup": "slth.learned.edge_popup:EdgePopup",
    "biprop": "slth.learned.biprop:Biprop",
    "magnitude": "slth.learned.magnitude:Magnitude",
}


def get(method: str, **options: object) -> Method:
    """Return the method registered under a name, with its options set.

    Raises ValueError/TypeError naming an unknown method, option or option value.

    >>> list(slth.learned.METHODS)
    ['supermask_sgd', 'edge_popup', 'biprop', 'magnitude']
    >>> slth.learned.get("edge_popup").weights
    'source'
    """
    module, name = METHODS[checks.choice("method", method, METHODS)].split(":")
    cls = getattr(importlib.import_module(module), name)
    known = [field.name for field in dataclasses.fields(cls)]
    for option in options:
        checks.choice(f"option of {method!r}", option, known)
    made = cls(**options)
    assert isinstance(made, Method)
    return made
