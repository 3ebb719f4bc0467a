"""Modules in words: the vocabulary in which `slth.networks.storage` describes a network."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks.architectures import convolution, linear
from slth.networks.equivariant import InvariantMean, QuarterTurnConv, ScalarConv, SetLinear
from slth.networks.gate import body
from slth.networks.modules import ChannelScale, Residual
from slth.networks.plain import Part, type_of
from slth.networks.shapes import window

Word = dict[str, Any]
Arrays = dict[str, np.ndarray]

PLAIN: dict[str, type[nn.Module]] = {  # modules that are their name
    "ReLU": nn.ReLU,
    "Tanh": nn.Tanh,
    "Sigmoid": nn.Sigmoid,
    "Flatten": nn.Flatten,
    "InvariantMean": InvariantMean,
}
WEIGHTED: dict[str, type[nn.Module]] = {  # modules that are their name and their arrays
    "Linear": nn.Linear,
    "ChannelScale": ChannelScale,
    "ScalarConv": ScalarConv,
    "SetLinear": SetLinear,
}
OTHERS = (nn.Conv2d, QuarterTurnConv, nn.LeakyReLU, nn.AvgPool2d, Residual)
TAKES = (*PLAIN.values(), *WEIGHTED.values(), *OTHERS)
DEEPEST = 16  # residual blocks inside each other


def describe(part: Part) -> Word:
    """Return the word of a module, its arrays left out; ValueError where there is none.

    part: of `slth.networks.gate`, so that its class says what it computes.
    """
    module, kind = part.module, type_of(part.module)
    if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
        raise ValueError(f"{part.at}: got a bias, takes bias=False")
    if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError(f"{part.at}: got {module}, takes Flatten of every axis but the batch")
    for name, known in (PLAIN | WEIGHTED).items():
        if kind is known:
            return {"type": name}
    if isinstance(module, nn.Conv2d):
        return _describe_convolution(module, part.at)
    if isinstance(module, QuarterTurnConv):
        return {"type": "QuarterTurnConv", "padding": module.padding}
    if isinstance(module, nn.LeakyReLU):
        return {"type": "LeakyReLU", "slope": float(module.negative_slope)}
    if isinstance(module, nn.AvgPool2d):
        return _describe_pool(module, part.at)
    assert isinstance(module, Residual)
    return {"type": "Residual", "body": [describe(inner) for inner in body(part)]}


def restore(at: str, word: Mapping[str, Any], arrays: Arrays, depth: int = 0) -> nn.Module:
    """Make the module of a word, popping its arrays, named ``at`` and a dot, from ``arrays``.

    Raises ValueError, or what torch raises, for words and arrays that make no module.
    """
    kind = word["type"]
    if kind in PLAIN:
        return PLAIN[kind]()
    if kind == "LeakyReLU":
        return nn.LeakyReLU(_finite(word["slope"]))
    if kind == "AvgPool2d":
        side, stride = _pair(word["side"], 1), _pair(word["stride"], 1)
        return nn.AvgPool2d(side, stride, _pair(word["padding"], 0))
    if kind == "Residual":
        if depth >= DEEPEST:
            raise ValueError(f"module {at}: residual blocks more than {DEEPEST} deep")
        body = enumerate(word["body"])
        return Residual(*[restore(f"{at}.body.{i}", w, arrays, depth + 1) for i, w in body])
    return _weighted(at, word, _floating(at, arrays), arrays)


def _weighted(at: str, word: Mapping[str, Any], weight: Tensor, arrays: Arrays) -> nn.Module:
    kind = word["type"]
    if kind == "ChannelScale":
        return ChannelScale(weight, torch.from_numpy(arrays.pop(f"{at}.block")))
    if kind == "SetLinear":
        adjacency = arrays.pop(f"{at}.adjacency", None)
        return SetLinear(weight, None if adjacency is None else torch.from_numpy(adjacency))
    if kind == "Conv2d":
        return convolution(weight, _pair(word["stride"], 1), _pair(word["padding"], 0))
    if kind == "QuarterTurnConv":
        return QuarterTurnConv(weight, _size(word["padding"], 0))
    makers: dict[str, Callable[[Tensor], nn.Module]] = {"Linear": linear, "ScalarConv": ScalarConv}
    if kind not in makers:
        raise ValueError(f"unknown module {kind!r}")
    return makers[kind](weight)


def _describe_convolution(module: nn.Conv2d, at: str) -> Word:
    found = window(module, at)
    if module.groups != 1 or found.dilation != (1, 1) or module.padding_mode != "zeros":
        raise ValueError(f"{at}: got {module}, takes groups=1, dilation=1 and zero padding")
    return {"type": "Conv2d", "stride": found.stride, "padding": found.padding}


def _describe_pool(module: nn.AvgPool2d, at: str) -> Word:
    if module.ceil_mode or module.divisor_override or not module.count_include_pad:
        raise ValueError(
            f"{at}: got {module}, takes ceil_mode=False, count_include_pad=True and no "
            "divisor_override"
        )
    found = window(module, at)
    sides = {"side": found.size, "stride": found.stride, "padding": found.padding}
    return {"type": "AvgPool2d", **sides}


def _floating(at: str, arrays: Arrays) -> Tensor:
    weight = torch.from_numpy(arrays.pop(f"{at}.weight"))
    if not weight.is_floating_point():
        raise ValueError(f"weight {at} of dtype {weight.dtype}")
    return weight


def _pair(value: Any, low: int) -> tuple[int, int]:
    rows, columns = value
    return _size(rows, low), _size(columns, low)


def _size(value: Any, low: int) -> int:
    if type(value) is not int or value < low:
        raise ValueError(f"size {value!r}, takes an integer >= {low}")
    return value


def _finite(value: Any) -> float:
    if type(value) is not float or not math.isfinite(value):
        raise ValueError(f"slope {value!r}, takes a finite number")
    return value
