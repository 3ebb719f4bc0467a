"""What a torch module does with one input, recorded by torch.fx with the shapes it really meets."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg
from torch.fx.proxy import TraceError

from slth.networks.graph import Shape
from slth.networks.reading.leaves import LEAVES, way_out
from slth.networks.reading.shapes import Followed
from slth.networks.reading.table import CASTS, FUNCTIONS, OF_NUMBERS, refused

BATCH = 3  # images of the inputs whose shapes are followed


class PlaceError(Exception):
    """What stops reading: the module where it happens, dotted, and the words for it."""

    def __init__(self, path: str, words: str) -> None:
        super().__init__(words)
        self.path, self.words = path, words


class FitError(PlaceError):
    """A shape that the module does not take."""


class _Whole(nn.Module):
    """Calls a module with one argument, so that the others take what their defaults say."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Any:
        return self.module(x)


class Recorded(fx.Proxy):
    """A value that knows its shape as a number, so that code that asks for it goes on."""

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return self._known.shape

    @property
    def ndim(self) -> int:
        return self._known.ndim

    @property
    def dtype(self) -> torch.dtype:
        return torch.float64

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def is_cuda(self) -> bool:
        return False

    @property
    def requires_grad(self) -> bool:
        return False

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return self.ndim

    ndimension = dim

    def numel(self) -> int:
        return self._known.numel()

    nelement = numel

    def __len__(self) -> int:
        return len(self._known)

    @property
    def _known(self) -> Tensor:
        known = self.node.meta["value"]
        if not isinstance(known, Tensor):
            raise AttributeError("a value that is no tensor")
        return known


class _Tracer(fx.Tracer):
    def __init__(self, followed: Followed, input_shape: Shape) -> None:
        super().__init__()
        self.followed = followed
        self.given = followed.input((BATCH, *input_shape))
        self.constants: dict[str, Tensor] = {}
        self.path: list[str] = [""]

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        torch_own = type(m).__module__.startswith(("torch.nn.", "torch.ao."))
        return type(m) in LEAVES or (torch_own and not isinstance(m, nn.Sequential))

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """Weights are numbers: what is computed of them alone is computed, not recorded."""
        return attr_val

    def create_arg(self, a: Any) -> Any:
        if isinstance(a, Tensor):
            name = f"constant_{len(self.constants)}"
            self.constants[name] = a.detach()
            node = self.create_node("get_attr", name, (), {})
            node.meta["value"] = self.constants[name]
            return node
        return super().create_arg(a)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return Recorded(node, self)

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        try:
            path = self.path_of_module(m).removeprefix("module").removeprefix(".")
        except NameError:  # a slice of a Sequential, or what torch does not know of
            if isinstance(m, nn.Sequential):
                return forward(*args, **kwargs)
            raise PlaceError(
                self.path[-1],
                f"calls a {type(m).__name__} that torch does not register, takes modules in an "
                "attribute, nn.ModuleList or nn.ModuleDict",
            ) from None
        kind = type(m)
        if kind not in LEAVES and self.is_leaf_module(m, path):
            words = f"got a {kind.__name__}, which is no step; {way_out(kind.__name__)}"
            raise PlaceError(path, words)
        self.path.append(path)
        made = super().call_module(m, forward, args, kwargs)
        self.path.pop()
        return made

    def create_proxy(
        self, kind: str, target: Any, args: Any, kwargs: Any, *rest: Any, **more: Any
    ) -> Any:
        if kind in ("call_function", "call_method") and target not in FUNCTIONS:
            raise PlaceError(self.path[-1], refused(target))
        proxy = super().create_proxy(kind, target, args, kwargs, *rest, **more)
        node = proxy.node
        node.meta["path"] = self.path[-1]
        node.meta["value"] = self._value(node)
        return proxy

    def _value(self, node: fx.Node) -> Any:
        """What the node gives for zeros, with or without its numbers."""
        if node.op == "placeholder":
            return self.given
        if node.op == "output":
            return None
        args = map_arg(node.args, lambda n: n.meta["value"])
        kwargs = dict(map_arg(node.kwargs, lambda n: n.meta["value"]))
        try:
            if node.op == "call_module":
                return self.followed.submodule(str(node.target), args, kwargs)
            if node.op == "call_method":
                if node.target in CASTS:
                    return args[0]
                return self.followed.function(
                    getattr(type(args[0]), str(node.target)), args, kwargs
                )
            assert callable(node.target)
            return self.followed.function(node.target, args, kwargs)
        except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError) as error:
            raise FitError(self.path[-1], str(error).partition("\n")[0]) from None


def record(module: nn.Module, input_shape: Shape) -> tuple[fx.Graph, dict[str, Tensor]]:
    """The graph of a module, in eval mode and float64, on an input of a shape; its constants.

    Nodes have their place in the module as meta["path"] and what they give for zeros, with or
    without its numbers, as meta["value"]; module targets begin with "module". PlaceError for what
    cannot be recorded, FitError for a shape that does not fit.
    """
    whole = _Whole(module)
    tracer = _Tracer(Followed(whole), input_shape)
    try:
        with torch.no_grad():
            return tracer.trace(whole), tracer.constants
    except PlaceError:
        raise
    except TraceError as error:
        raise PlaceError(tracer.path[-1], _of_flow(str(error))) from None
    except Exception as error:  # the caller's own code: whatever it raises on a recorded value
        raise FitError(
            tracer.path[-1], f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        ) from None


def _of_flow(words: str) -> str:
    if "control flow" in words or "iterated" in words or "bool" in words:
        return OF_NUMBERS
    return f"cannot be recorded ({words.partition(chr(10))[0]})"
