"""Modules without initial weights: nothing is drawn from torch's generator."""

from typing import Any

import torch
from torch import nn


def undrawn(kind: type[nn.Module], *arguments: Any, **named: Any) -> nn.Module:
    """Return a module of this class whose parameters have shapes and no values yet.

    As `torch.nn.utils.skip_init`, which reads sympy and its like, half a second, at its first call.
    """
    module = kind(*arguments, device="meta", **named)
    for name, parameter in list(module.named_parameters()):
        values = torch.empty(parameter.shape, dtype=parameter.dtype)
        setattr(module, name, nn.Parameter(values, requires_grad=parameter.requires_grad))
    return module
