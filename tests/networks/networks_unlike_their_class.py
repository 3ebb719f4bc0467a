# mypy: ignore-errors
# modules that break what their class promises
"""Networks that are not what their classes say, by kind, and those that are in an unusual way."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

SHAPE = (1, 6, 6)


class Cap(nn.ReLU):
    def forward(self, x):
        return super().forward(x).clamp(max=6)


class Shifted(nn.Conv2d):
    def _conv_forward(self, x, weight, bias):
        return super()._conv_forward(x, weight, bias) + 1


class Centred(nn.Conv2d):
    @property
    def weight(self):
        return self._parameters["weight"] - self._parameters["weight"].mean()


class Scaled(nn.Sequential):
    def forward(self, x):
        return super().forward((x - 0.1) / 0.3)


class Called(nn.Sequential):
    def __call__(self, x):
        return 2 * super().__call__(x)


class Backwards(nn.Sequential):
    def __iter__(self):
        return iter([*self._modules.values()][::-1])


class Wide(nn.Conv2d):
    """A class of its own for the sake of its arguments: computes what Conv2d does."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__(c_in, c_out, 3, bias=False, dtype=torch.float64)

    def extra_repr(self) -> str:
        return "3 × 3"


def plain(seed: int = 0) -> nn.Sequential:
    """Two convolutions, two ReLUs and a readout, float64, on (1, 6, 6)."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False),
        nn.ReLU(),
        nn.Conv2d(2, 2, 3, bias=False),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8, 3, bias=False),
    ).double()


def _subclass(network: nn.Sequential, at: int, kind: type[nn.Module]) -> nn.Sequential:
    network[at].__class__ = kind
    return network


def _recast(network: nn.Sequential, kind: type[nn.Sequential]) -> nn.Sequential:
    return kind(*network._modules.values())


def _replaced(network: nn.Sequential, at: int, *modules: nn.Module) -> nn.Sequential:
    found = [*network]
    return nn.Sequential(*found[:at], *(m.double() for m in modules), *found[at + 1 :])


def _on_object(network: nn.Sequential, name: str) -> nn.Sequential:
    setattr(network[1], name, torch.tanh)
    return network


def _hooked(network: nn.Sequential, register: str) -> nn.Sequential:
    hook = {"register_forward_hook": lambda m, x, y: 2 * y}
    getattr(network[2], register)(hook.get(register, lambda m, x: (2 * x[0],)))
    return network


def _whole_hooked(network: nn.Sequential) -> nn.Sequential:
    network.register_forward_pre_hook(lambda m, x: (2 * x[0],))
    return network


def _compiled(network: nn.Sequential) -> nn.Sequential:
    network[2].compile()
    return network


def _parametrised(network: nn.Sequential) -> nn.Sequential:
    parametrizations.weight_norm(network[2])
    return network


def _normed(network: nn.Sequential, spectral: bool) -> nn.Sequential:
    norm = nn.utils.spectral_norm if spectral else nn.utils.weight_norm
    norm(network[2])
    return network


def _pruned(network: nn.Sequential) -> nn.Sequential:
    prune.l1_unstructured(network[2], "weight", 0.5)
    return network


def _unowned(network: nn.Sequential, buffer: bool) -> nn.Sequential:
    weight = network[2].weight.detach()
    del network[2].weight
    if buffer:
        network[2].register_buffer("weight", weight)
    else:
        network[2].weight = weight
    return network


def _weight(network: nn.Sequential, change: Callable) -> nn.Sequential:
    network[2].weight = nn.Parameter(change(network[2].weight.detach()), requires_grad=False)
    return network


def _holding(network: nn.Sequential, value: object) -> nn.Sequential:
    network[2].other = value
    return network


def _without_values() -> nn.Sequential:
    return _replaced(plain(), 5, nn.LazyLinear(3, bias=False))


# not what the classes say, or weights that are no plain ones: no entry takes them
UNLIKE: dict[str, Callable[[], nn.Module]] = {
    "forward of a ReLU": lambda: _subclass(plain(), 1, Cap),
    "inner forward of a Conv2d": lambda: _subclass(plain(), 2, Shifted),
    "weight as a property": lambda: _subclass(plain(), 2, Centred),
    "forward on the object": lambda: _on_object(plain(), "forward"),
    "call on the object": lambda: _on_object(plain(), "_call_impl"),
    "forward hook": lambda: _hooked(plain(), "register_forward_hook"),
    "forward pre-hook": lambda: _hooked(plain(), "register_forward_pre_hook"),
    "hook on the whole": lambda: _whole_hooked(plain()),
    "scripted": lambda: _scripted(plain()),
    "parametrised": lambda: _parametrised(plain()),
    "old weight norm": lambda: _normed(plain(), spectral=False),
    "old spectral norm": lambda: _normed(plain(), spectral=True),
    "pruned": lambda: _pruned(plain()),
    "weight a plain tensor": lambda: _unowned(plain(), buffer=False),
    "weight a buffer": lambda: _unowned(plain(), buffer=True),
    "lazy": _without_values,
    "meta": lambda: _weight(plain(), lambda w: w.to("meta")),
    "sparse": lambda: _weight(plain(), lambda w: w.to_sparse()),
    "complex": lambda: _weight(plain(), lambda w: w.to(torch.complex128)),
    "integers": lambda: _weight(plain(), lambda w: w.to(torch.int64)),
    "two precisions": lambda: _weight(plain(), lambda w: w.float()),
    "a parameter too many": lambda: _holding(plain(), nn.Parameter(torch.ones(1).double())),
    "a module too many": lambda: _holding(plain(), nn.Linear(2, 2).double()),
}

COMPILED: dict[str, Callable[[], nn.Module]] = {  # loads torch's compiler: five seconds
    "in place": lambda: _compiled(plain()),
    "as a whole": lambda: torch.compile(plain()),
}

# chains that are no sequence of the modules that the readers know, or do not fit together
UNKNOWN: dict[str, Callable[[], nn.Module]] = {
    "forward of the whole": lambda: _recast(plain(), Scaled),
    "call of the whole": lambda: _recast(plain(), Called),
    "another order": lambda: _recast(plain(), Backwards),
    "batch norm": lambda: _replaced(plain(), 1, nn.BatchNorm2d(2), nn.ReLU()).eval(),
    "dropout": lambda: _replaced(plain(), 1, nn.Dropout(0.5), nn.ReLU()),
    "GELU": lambda: _replaced(plain(), 1, nn.GELU()),
    "ReLU6": lambda: _replaced(plain(), 1, nn.ReLU6()),
    "transposed": lambda: _replaced(plain(), 2, nn.ConvTranspose2d(2, 2, 3, bias=False)),
    "flattened in part": lambda: _replaced(plain(), 4, nn.Flatten(2), nn.Flatten()),
    "linear on images": lambda: nn.Sequential(*plain()[:4], nn.Linear(2, 3, bias=False).double()),
    "no image": lambda: _replaced(plain(), 5, nn.Linear(7, 3, bias=False)),
    "writes on its input": lambda: nn.Sequential(nn.ReLU(inplace=True), *plain()),
    "behind a linear": lambda: nn.Sequential(*plain(), nn.Conv2d(3, 3, 1, bias=False).double()),
    "nothing": lambda: _nothing(plain()),
}


def _scripted(network: nn.Sequential) -> nn.Module:
    return torch.jit.script(network)


def _nothing(network: nn.Sequential) -> nn.Sequential:
    network._modules["1"] = None
    return network


def _repeated_relu() -> nn.Sequential:
    network, act = plain(), nn.ReLU()
    network[1] = network[3] = act
    return network


def _repeated_convolution() -> nn.Sequential:
    network = plain()
    first = nn.Conv2d(1, 2, 2, stride=2, bias=False).double()
    conv = nn.Conv2d(2, 2, 3, padding=1, bias=False).double()
    return nn.Sequential(
        first, nn.ReLU(), conv, nn.ReLU(), conv, nn.ReLU(), nn.Flatten(), _readout(network, 18)
    )


def _readout(network: nn.Sequential, features: int) -> nn.Linear:
    made = nn.Linear(features, len(network[-1].weight), bias=False).double()
    made.weight.data /= features**0.5
    return made


def _shared_weight() -> nn.Sequential:
    network = _repeated_convolution()
    other = nn.Conv2d(2, 2, 3, padding=1, bias=False).double()
    other.weight = network[2].weight
    network[4] = other
    return network


def _in_place() -> nn.Sequential:
    return _replaced(plain(), 1, nn.ReLU(inplace=True))


def _own_class() -> nn.Sequential:
    return _replaced(plain(), 2, Wide(2, 2))


def _strided() -> nn.Sequential:
    network = plain()
    weight = network[5].weight.detach()
    network[5].weight = nn.Parameter(weight.T.contiguous().T)
    return network.to(memory_format=torch.channels_last)


def _named() -> nn.Sequential:
    names = ("one", "act", "two", "again", "flat", "out")
    network = nn.Sequential()
    for name, module in zip(names, plain(), strict=True):
        network.add_module(name, module)
    return network


def _watched() -> nn.Sequential:
    network = plain()
    network[2].register_full_backward_hook(lambda m, x, y: None)
    network.register_state_dict_post_hook(lambda m, states, prefix, meta: None)
    return network


# what the classes say, in an unusual way; weights of one module may be another's
SHARED: dict[str, Callable[[], nn.Sequential]] = {
    "convolution twice": _repeated_convolution,
    "shared weight": _shared_weight,
}
LIKE: dict[str, Callable[[], nn.Sequential]] = {
    "ReLU twice": _repeated_relu,
    **SHARED,
    "in place": _in_place,
    "own class": _own_class,
    "other strides": _strided,
    "named": _named,
    "hooks of training": _watched,
    "float32": lambda: plain().float(),
    "bfloat16": lambda: plain().bfloat16(),
    "frozen": lambda: plain().requires_grad_(False),
    "eval": lambda: plain().eval(),
    "padding in words": lambda: _replaced(
        plain(), 2, nn.Conv2d(2, 2, 3, padding="valid", bias=False)
    ),
}


@contextmanager
def hooked_everywhere() -> Iterator[None]:
    """A forward hook on all modules of torch."""
    handle = nn.modules.module.register_module_forward_hook(lambda m, x, y: y)
    try:
        yield
    finally:
        handle.remove()


def own_copy(network: nn.Sequential) -> nn.Sequential:
    """The same function in float64, every module and weight its own."""
    return nn.Sequential(*[copy.deepcopy(m) for m in network._modules.values()]).double()  # type: ignore[arg-type]
