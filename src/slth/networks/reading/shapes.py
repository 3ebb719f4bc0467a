"""What a step gives, as far as its shape goes: zeros are computed, or torch's meta device is asked.

The meta device computes no number, but its first step reads torch's compiler, 2-4 CPU seconds; so
steps whose values are surely small, of most networks all, are computed on zeros instead.
"""

import copy
import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._pytree import tree_map

LIMIT = 1 << 18  # numbers of a value up to which it is computed
SAME = (  # modules that give no more numbers than they take
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.ReLU,
    nn.ReLU6,
    nn.Hardtanh,
    nn.LeakyReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.Flatten,
    nn.Identity,
    nn.Dropout,
    nn.Dropout2d,
)
NO_LARGER = {"relu", "relu_", "relu6", "tanh", "sigmoid", "flatten", "mean", "view", "reshape"}
NO_LARGER |= {"squeeze", "unsqueeze", "dropout", "clone", "detach", "contiguous", "neg"}
BROADCAST = {"add", "iadd", "sub", "isub", "mul", "imul", "truediv"}
POOLS = (functional.max_pool2d, functional.avg_pool2d)
ADAPTIVE = (functional.adaptive_avg_pool2d, functional.adaptive_max_pool2d)
IN_PLACE = {"relu_", "iadd", "isub", "imul"}


class Followed:
    """A module whose steps are run for the shapes of what they give.

    module: in eval mode; its parameters are read, never written.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    @cached_property
    def _meta(self) -> nn.Module:
        return _without_values(self.module)

    def input(self, shape: tuple[int, ...]) -> Tensor:
        """Zeros of a shape, without memory where they are many."""
        return torch.zeros(
            shape, dtype=torch.float64, device="cpu" if math.prod(shape) <= LIMIT else "meta"
        )

    def submodule(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the module at a dotted path gives."""
        module = self.module.get_submodule(path)
        if _computed(args, kwargs, _numbers_of_module(module, args)):
            return module.forward(*args, **kwargs)
        args, kwargs = tree_map(_on_meta, (args, kwargs))
        return self._meta.get_submodule(path).forward(*args, **kwargs)

    def function(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What a function, or a method with its object as first argument, gives."""
        if not _computed(args, kwargs, _numbers_of_function(function, args)):
            args, kwargs = tree_map(_on_meta, (args, kwargs))
        elif function.__name__ in IN_PLACE:  # of a constant, that is a parameter of the caller
            args = (args[0].clone(), *args[1:])
        return function(*args, **kwargs)


def _computed(args: tuple[Any, ...], kwargs: dict[str, Any], most: float) -> bool:
    given = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
    return most <= LIMIT and not any(x.is_meta or x.numel() > LIMIT for x in given)


def _on_meta(x: Any) -> Any:
    return x.to("meta") if isinstance(x, Tensor) else x


def _numbers_of_module(module: nn.Module, args: tuple[Any, ...]) -> float:
    """Numbers that a module gives at most; infinite where that is not known."""
    x = args[0] if args else None
    if not isinstance(x, Tensor) or x.ndim < 1:
        return math.inf
    if isinstance(module, SAME):
        return x.numel()
    if isinstance(module, nn.Linear):
        return math.prod(x.shape[:-1]) * module.out_features
    if isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):  # padded by half a window at most
        return x.numel() * (1 if module.padding in (0, (0, 0)) else 4)
    if isinstance(module, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)) and x.ndim == 4:
        return _pooled(x, module.output_size)
    if isinstance(module, nn.Conv2d) and x.ndim == 4 and isinstance(module.padding, tuple):
        sides = (side + 2 * pad for side, pad in zip(x.shape[2:], module.padding, strict=True))
        return x.shape[0] * module.out_channels * math.prod(sides)
    return math.inf


def _numbers_of_function(function: Callable[..., Any], args: tuple[Any, ...]) -> float:
    name = getattr(function, "__name__", "")
    x = args[0] if args else None
    if name in BROADCAST and len(args) == 2:
        shapes = [tuple(x.shape) for x in args if isinstance(x, Tensor)]
        try:  # numpy's: torch's own reads the compiler
            return math.prod(np.broadcast_shapes(*shapes))
        except ValueError:
            return 0.0  # the function says so itself
    if not isinstance(x, Tensor):
        return math.inf
    if name in NO_LARGER:
        return x.numel()
    if function in POOLS:  # padded by half a window at most
        return 4 * x.numel()
    if function is functional.linear and len(args) > 1 and isinstance(args[1], Tensor):
        return math.prod(x.shape[:-1]) * args[1].shape[0]
    if function in ADAPTIVE and x.ndim == 4 and len(args) > 1:
        return _pooled(x, args[1])
    return math.inf


def _pooled(x: Tensor, size: Any) -> float:
    sides = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(sides) != 2:
        return math.inf
    return math.prod(x.shape[:2]) * math.prod(
        own if side is None else side for own, side in zip(x.shape[2:], sides, strict=True)
    )


def _without_values(module: nn.Module) -> nn.Module:
    tensors = {
        id(t): nn.Parameter(t.detach().to("meta"), False)
        if isinstance(t, nn.Parameter)
        else t.detach().to("meta")
        for m in module.modules()
        for t in (*m._parameters.values(), *m._buffers.values())
        if t is not None
    }
    return copy.deepcopy(module, tensors)
