"""Which functions, operators and tensor methods are read, and by what."""

import operator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from slth.networks.reading import functions as read
from slth.networks.reading.functions import Function

_CASTS = "to float double half bfloat16 cpu cuda type type_as"
_SAME = "contiguous clone detach requires_grad_"
_VIEWS = "flatten reshape squeeze unsqueeze unflatten view view_as reshape_as"

_READ: dict[Function, tuple[Any, ...]] = {
    read.relu: (torch.relu, torch.relu_, F.relu, F.relu_, "relu", "relu_"),
    read.relu6: (F.relu6,),
    read.hardtanh: (F.hardtanh, F.hardtanh_),
    read.clamp: (torch.clamp, torch.clip, *["clamp", "clip", "clamp_", "clip_"]),
    read.clamp_min: (torch.clamp_min, "clamp_min", "clamp_min_"),
    read.leaky_relu: (F.leaky_relu, F.leaky_relu_),
    read.prelu: (F.prelu, torch.prelu, "prelu"),
    read.threshold: (F.threshold, torch.threshold, torch.threshold_),
    read.tanh: (torch.tanh, F.tanh, "tanh", torch.tanh_, "tanh_"),
    read.sigmoid: (torch.sigmoid, F.sigmoid, "sigmoid", torch.sigmoid_, "sigmoid_"),
    read.conv2d: (F.conv2d, torch.conv2d),
    read.linear: (F.linear,),
    read.matmul: (torch.matmul, torch.mm, operator.matmul, "matmul", "mm"),
    read.addmm: (torch.addmm,),
    read.batch_norm: (F.batch_norm,),
    read.native_batch_norm: (torch.batch_norm,),
    read.max_pool2d: (F.max_pool2d, torch.max_pool2d),
    read.avg_pool2d: (F.avg_pool2d,),
    read.adaptive_avg_pool2d: (F.adaptive_avg_pool2d,),
    read.adaptive_max_pool2d: (F.adaptive_max_pool2d,),
    read.mean: (torch.mean, "mean"),
    read.total: (torch.sum, "sum"),
    read.amax: (torch.amax, "amax"),
    read.reshaped: (
        *(torch.flatten, torch.reshape, torch.squeeze, torch.unsqueeze, torch.unflatten),
        *_VIEWS.split(),
    ),
    read.item: (operator.getitem,),
    read.index_select: (torch.index_select, "index_select"),
    read.pad: (F.pad, torch._C._nn.pad),
    read.dropout: (
        *(F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout),
        *(F.feature_alpha_dropout, torch.dropout),
    ),
    read.same: (torch.clone, torch.detach, *_CASTS.split(), *_SAME.split()),
    read.attribute: (getattr,),
    read.cat: (torch.cat, torch.concat, torch.concatenate),
    read.add: (operator.add, operator.iadd, torch.add, "add", "add_"),
    read.subtract: (operator.sub, operator.isub, torch.sub, torch.subtract, "sub", "sub_"),
    read.subtract_from: (torch.rsub,),
    read.multiply: (operator.mul, operator.imul, torch.mul, torch.multiply, "mul", "mul_"),
    read.divide: (
        *(operator.truediv, operator.itruediv, torch.div, torch.divide, torch.true_divide),
        *("div", "div_"),
    ),
    read.negative: (operator.neg, torch.neg, torch.negative, "neg", "neg_"),
}
FUNCTIONS: dict[Any, Function] = {target: f for f, targets in _READ.items() for target in targets}
CASTS = {*_CASTS.split()}
COPIES = ("clone", torch.clone)
_COMPARED = "gt lt ge le eq ne any all item tolist nonzero where isnan isfinite argmax max min topk"
OF_NUMBERS = (
    "has steps that depend on the numbers in its input, takes the same steps for every input "
    "(no control flow or choices on values); write it without, or give the module behind it"
)
INPLACE = (operator.iadd, operator.isub, operator.imul, operator.itruediv)


def in_place(target: Any, kwargs: dict[str, Any], args: tuple[Any, ...]) -> bool:
    """Whether a function writes what it gives on its first argument."""
    name = target if isinstance(target, str) else getattr(target, "__name__", "")
    if target in INPLACE or (name.endswith("_") and not name.endswith("__")):
        return name != "requires_grad_"
    return bool(kwargs.get("inplace")) or (
        FUNCTIONS.get(target) in (read.relu, read.relu6) and len(args) > 1 and args[1] is True
    )


def refused(target: Any) -> str:
    """Words for a function or method that is no step."""
    name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
    if name in _COMPARED.split():
        return OF_NUMBERS
    if "softmax" in name:
        return f"calls {name}, takes what layers compute; leave it out: return the logits"
    if "attention" in name or name in ("bmm", "einsum", "baddbmm"):
        return f"calls {name}, takes weights that are constant: attention is not read"
    return (
        f"calls {name}, takes convolutions, linear maps, batch norm, ReLU and its kin, pooling, "
        "sums, concatenated channels and flattening"
    )
