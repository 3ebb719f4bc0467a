"""Whether one module is what its class says: methods, hooks, weights."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from slth.networks.equivariant import InvariantMean, QuarterTurnConv, ScalarConv, SetLinear
from slth.networks.modules import ChannelScale, Projected, Residual

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)

# class → the parameters and buffers that its forward reads
KNOWN: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("weight", "bias"),
    nn.Conv2d: ("weight", "bias"),
    ChannelScale: ("weight", "block"),
    QuarterTurnConv: ("weight",),
    ScalarConv: ("weight",),
    SetLinear: ("weight", "adjacency"),
    nn.AvgPool2d: (),
    nn.Flatten: (),
    nn.Hardtanh: (),
    nn.Identity: (),
    nn.LeakyReLU: (),
    nn.MaxPool2d: (),
    nn.ReLU: (),
    nn.ReLU6: (),
    nn.Sigmoid: (),
    nn.Tanh: (),
    InvariantMean: (),
    Projected: (),
    Residual: (),
    nn.Sequential: (),
}
BUFFERS = ("block", "adjacency")
INNER: dict[type[nn.Module] | None, tuple[str, ...]] = {  # Sequentials inside
    Residual: ("body",),
    Projected: ("body", "skip"),
}
METHODS = {
    kind: {key: getattr(kind, key) for key in ("forward", "_conv_forward") if hasattr(kind, key)}
    for kind in KNOWN
}

# what a subclass may define anew without a change of what it computes
HARMLESS = {
    *("__init__", "__module__", "__doc__", "__qualname__", "__annotations__", "__annotate__"),
    *("__annotate_func__", "__annotations_cache__", "__static_attributes__", "__firstlineno__"),
    *("__constants__", "__repr__", "__str__", "__dict__", "__weakref__", "__orig_bases__"),
    *("__parameters__", "_get_name", "extra_repr", "reset_parameters", "train", "_version"),
}
COPYING = {"__deepcopy__", "__copy__"}
_OWN = nn.Module().__dict__.keys()  # what every module has
CALLED = {"forward", "_call_impl", "_wrapped_call_impl", "_slow_forward"}

HINTS = {
    "BatchNorm": "fold it into the layer before it (torch.nn.utils.fusion.fuse_conv_bn_eval)",
    "Dropout": "leave it out: in eval() it is the identity",
    "Identity": "leave it out",
    "LeakyReLU": "use the construction activated_convolution or ell_plus_one",
    "Tanh": "use the construction activated_convolution or ell_plus_one",
    "Sigmoid": "use the construction ell_plus_one",
    "MaxPool2d": "use AvgPool2d where it is taken",
    "Conv1d": "write it as a Conv2d of height 1",
    "Sequential": "write its modules into the outer Sequential",
    "OptimizedModule": "give the module that was compiled, its _orig_mod",
    "DataParallel": "give its .module",
    "DistributedDataParallel": "give its .module",
    "ScriptModule": "give the module that was scripted",
}


@dataclass(frozen=True)
class Part:
    """One module where it runs: the argument that holds it, its place there, itself."""

    argument: str
    label: str
    module: nn.Module

    @property
    def at(self) -> str:
        """The argument, and the module's place and class, for messages."""
        if not self.label:
            return self.argument
        label = self.label.replace("/", ".")  # of `slth.networks.Network.to_sequential`
        return f"{self.argument}: module {label} ({type(self.module).__name__})"


def type_of(module: nn.Module | None) -> type[nn.Module] | None:
    """The known class that a module is, or descends from; None for others."""
    return next((kind for kind in type(module).__mro__ if kind in KNOWN), None)


def hint(module: nn.Module) -> str:
    """The way out for a module that is not taken, with "; " before it, or nothing."""
    names = [kind.__name__ for kind in type(module).__mro__]
    found = next((HINTS[key] for n in names for key in HINTS if n.startswith(key)), "")
    return f"; {found}" if found else ""


def check_object(part: Part) -> None:
    """Hooks, parametrisations, compilation and methods put on the object."""
    module, at = part.module, part.at
    if isinstance(module, torch.jit.ScriptModule) or type(module).__name__ == "OptimizedModule":
        raise ValueError(f"{at}: got a compiled module, takes a plain one{hint(module)}")
    for value in module._parameters.values():
        if value is not None and nn.parameter.is_lazy(value):
            raise ValueError(f"{at}: got weights without values, takes a module that has run once")
    if parametrize.is_parametrized(module):
        for key in module.parametrizations:  # type: ignore[union-attr]
            raise ValueError(
                f"{at}: got a parametrisation of its {key}, takes plain weights; use "
                f"torch.nn.utils.parametrize.remove_parametrizations(module, {key!r})"
            )
    if module._forward_pre_hooks or module._forward_hooks:
        raise ValueError(f"{at}: {_of_hooks(module)}")
    if module._compiled_call_impl is not None:
        raise ValueError(f"{at}: got a compiled module, takes it as it was before compile()")
    base = type_of(module)
    methods = CALLED if base is None else {k for k in dir(base) if callable(getattr(base, k))}
    for key in module.__dict__:
        if key in CALLED | methods:
            raise ValueError(
                f"{at}: got a {key} put on the object, takes that of {type(module).__name__}; "
                f"del module.{key}"
            )


def _of_hooks(module: nn.Module) -> str:
    from torch.nn.utils.prune import BasePruningMethod  # a module that few programs load

    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, BasePruningMethod):
            key = hook._tensor_name
            return (
                f"got pruning of its {key}, takes plain weights; make it permanent by "
                f"torch.nn.utils.prune.remove(module, {key!r})"
            )
        if isinstance(hook, (WeightNorm, SpectralNorm)):
            word = "weight" if isinstance(hook, WeightNorm) else "spectral"
            return (
                f"got {word} norm of its {hook.name}, takes plain weights; use "
                f"torch.nn.utils.remove_{word}_norm(module, {hook.name!r})"
            )
    return (
        f"got forward hooks on a {type(module).__name__}, takes modules without; remove() the "
        "handles that register_forward_hook returned"
    )


def check_subclass(part: Part, kind: type[nn.Module]) -> None:
    """Refuse a subclass that defines anew what its class computes by, and a class so changed."""
    module = part.module
    for key, method in METHODS[kind].items():
        if getattr(kind, key) is not method:
            raise ValueError(
                f"{part.at}: got a {kind.__name__} whose {key} has been replaced in the class, "
                "takes the one that torch or slth defines"
            )
    tensors = {*KNOWN[kind], *module._parameters, *module._buffers, *module._modules}
    for cls in type(module).__mro__:
        if cls is kind:
            return
        for key in vars(cls).keys() - HARMLESS:
            if hasattr(kind, key) or key in COPYING or key in tensors or key in module.__dict__:
                raise ValueError(
                    f"{part.at}: got a {type(module).__name__} with a {key} of its own, takes "
                    f"{kind.__name__} as torch or slth defines it"
                )


def check_own(part: Part, kind: type[nn.Module] | None) -> None:
    """Refuse weights that are no plain parameters of the module, or none that its class reads.

    kind: its known class, None for any other. A parameter or buffer that is None says that the
    module has none.
    """
    module, at = part.module, part.at
    names = KNOWN[kind] if kind else ()
    for key in names:
        table = module._buffers if key in BUFFERS else module._parameters
        if key not in table or key in module.__dict__:
            word = "buffer" if key in BUFFERS else "torch.nn.Parameter"
            raise ValueError(f"{at}: got a {key} that is no {word} of its own, takes one")
    if kind:
        for key in {**module._parameters, **module._buffers}.keys() - set(names):
            raise ValueError(
                f"{at}: got {key!r}, which a {kind.__name__} does not read; takes "
                f"{', '.join(names) or 'no weights'}"
            )
    for key, weight in module._parameters.items():
        if weight is not None:
            _check_values(at, key, weight, nn.Parameter)
    for key, value in module._buffers.items():
        if value is not None and kind:
            _check_values(at, key, value, Tensor)
    if kind in INNER:
        inner = INNER[kind]
        kinds = {key: type_of(child) for key, child in module._modules.items()}
        if kinds != dict.fromkeys(inner, nn.Sequential):
            takes = " and ".join(inner)
            raise ValueError(f"{at}: got modules {[*kinds]}, takes Sequentials, {takes}")
    elif kind and kind is not nn.Sequential and module._modules:
        raise ValueError(f"{at}: got modules {[*module._modules]} inside, takes none")


def _check_values(at: str, key: str, value: Tensor, kind: type) -> None:
    got = f"{at}: got {key}"
    if type(value) is not kind:
        raise ValueError(f"{got} of class {type(value).__name__}, takes a plain {kind.__name__}")
    if value.is_meta:
        raise ValueError(f"{got} on the meta device, takes weights with values")
    if value.layout != torch.strided or value.is_quantized:
        raise ValueError(f"{got} that is sparse or quantised, takes dense floating-point weights")
    if kind is nn.Parameter and value.dtype not in FLOATS:
        known = ", ".join(str(d).removeprefix("torch.") for d in FLOATS)
        raise TypeError(f"{at}: got {value.dtype} weights in {key}, takes {known}")


def check_registered(part: Part, registered: Set[int]) -> None:
    """Refuse weights that torch does not know of: modules in lists, tensors as attributes.

    registered: ids of the parameters of the whole network.
    """
    for key, value in part.module.__dict__.items():
        if key in _OWN:
            continue
        inside = [*value.values()] if isinstance(value, Mapping) else value
        for item in inside if isinstance(inside, (list, tuple, set)) else [value]:
            weights = item.parameters() if isinstance(item, nn.Module) else [item]
            for weight in weights:
                if not isinstance(weight, Tensor) or id(weight) in registered:
                    continue
                if weight.requires_grad or isinstance(item, nn.Module):
                    raise ValueError(
                        f"{part.at}: got weights in the attribute {key!r} that torch does not "
                        "register, takes them in an nn.Parameter, nn.ModuleList or nn.ModuleDict"
                    )
