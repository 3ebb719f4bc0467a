"""Programs of `torch.export.save` as a `Network`, in whose files no code is run.

`torch.export.load` by itself does run code of a file: pickled weights and constants, compiled
libraries, expressions of sizes (sympy evaluates them) and calls of any function of torch. So the
archive is read first, and refused unless it holds raw tensors and calls of aten operators alone.
"""

import contextlib
import json
import operator
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import fx, nn

from slth.bounded import size_of
from slth.networks.network import Network
from slth.networks.reading._torch import from_torch

LARGEST = 2**36  # bytes of a file
LARGEST_JSON = 2**28
FORCED = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
WAY_OUT = "save it by torch.export.save(torch.export.export(module.eval(), (x,)), path)"

_FILES = re.compile(
    r"archive_format|archive_version|version|byteorder|\.format_version|\.storage_alignment"
    r"|\.data/\w+|models/\w+\.json|data/weights/(weight_\d+|\w+_weights_config\.json)"
    r"|data/constants/(tensor_\d+|\w+_constants_config\.json)|data/sample_inputs/\w+\.pt"
    r"|extra/[\w.]+"
)
_TARGET = re.compile(r"torch\.ops\.aten\.\w+\.\w+|_operator\.getitem")
_SIZE = re.compile(
    r"-?\d+|[su]\d+|Symbol\('[su]\d+'(, (positive|nonnegative|integer)=(True|False))*\)"
)
_SPEC_TYPE = re.compile(r'"type": *("[^"]*"|null)')
_SPEC_TYPES = {"null", '"builtins.tuple"', '"builtins.list"', '"builtins.dict"'}

# aten operator → the function that `slth.networks.reading.table` knows, of the same arguments
ATEN: dict[str, Any] = {
    "conv2d.default": torch.conv2d,
    "linear.default": F.linear,
    "matmul.default": torch.matmul,
    "mm.default": torch.mm,
    "addmm.default": torch.addmm,
    "batch_norm.default": torch.batch_norm,
    "relu.default": torch.relu,
    "relu_.default": torch.relu,
    "hardtanh.default": F.hardtanh,
    "hardtanh_.default": F.hardtanh,
    "relu6.default": F.relu6,
    "clamp.default": torch.clamp,
    "clamp_min.default": torch.clamp_min,
    "leaky_relu.default": F.leaky_relu,
    "leaky_relu_.default": F.leaky_relu,
    "prelu.default": torch.prelu,
    "tanh.default": torch.tanh,
    "sigmoid.default": torch.sigmoid,
    "max_pool2d.default": torch.max_pool2d,
    "avg_pool2d.default": F.avg_pool2d,
    "adaptive_avg_pool2d.default": F.adaptive_avg_pool2d,
    "mean.dim": torch.mean,
    "sum.dim_IntList": torch.sum,
    "amax.default": torch.amax,
    "flatten.using_ints": torch.flatten,
    "reshape.default": torch.reshape,
    "view.default": torch.reshape,
    "squeeze.dim": torch.squeeze,
    "unsqueeze.default": torch.unsqueeze,
    "pad.default": F.pad,
    "dropout.default": torch.dropout,
    "dropout_.default": torch.dropout,
    "feature_dropout.default": torch.dropout,
    "clone.default": torch.clone,
    "detach.default": torch.detach,
    "cat.default": torch.cat,
    "add.Tensor": operator.add,
    "add_.Tensor": operator.add,
    "sub.Tensor": operator.sub,
    "mul.Tensor": operator.mul,
    "div.Tensor": operator.truediv,
    "neg.default": torch.neg,
    "index_select.default": torch.index_select,
    "ge.Scalar": operator.ge,  # of constants
}


def from_pt2(path: str | os.PathLike[str], example: object = None) -> Network:
    """Read a program of `torch.export.save`, .pt2, as the layers slth speaks; no code of it is run.

    path: of the file. example: as in `from_torch`; by default the input that was exported. The
    operators are those of a module in eval mode whose layers `from_torch` reads, and the result is
    compared with the program's own outputs as there.

    Raises OSError for a file that cannot be read; ValueError for one that is no such program, holds
    pickled objects, compiled code or operators other than aten's, and for what `from_torch`
    refuses. Cost: that of `from_torch`, and of torch's own loading.

    >>> import tempfile, torch
    >>> net, x = slth.networks.linear(torch.tensor([[1.0, -2.0]])), torch.tensor([[3.0, 1.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.export.save(torch.export.export(net, (x,)), f"{folder}/net.pt2")
    ...     slth.networks.from_pt2(f"{folder}/net.pt2")(x).tolist()
    [[1.0]]
    """
    where = _checked(path)
    try:
        with _weights_only():
            program: Any = torch.export.load(where)
    except Exception as error:  # json, schema, zip: whatever its bytes happen to spell
        words = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]
        raise ValueError(f"path: got {where}, takes an exported program ({words})") from None
    module, shape = _module(program)
    return from_torch(module, shape if example is None else example)


def _checked(path: object) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: got {type(path).__name__}, takes the path of a file")
    where = Path(path)
    size_of(where, LARGEST)
    try:
        with zipfile.ZipFile(where) as archive:
            _check_archive(archive)
    except (zipfile.BadZipFile, UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        words = str(error).partition("\n")[0]
        raise ValueError(
            f"path: got {where}, takes an exported program ({words}); {WAY_OUT}"
        ) from None
    return where


def _check_archive(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    roots = {name.partition("/")[0] for name in names}
    inner = {name.partition("/")[2] for name in names}
    strange = sorted(name for name in inner if not _FILES.fullmatch(name))
    if len(roots) != 1 or strange:
        raise ValueError(
            f"path: got {(strange or sorted(roots))[0]!r} in it, takes raw tensors and one program "
            f"alone: no pickled objects, no compiled code; {WAY_OUT}"
        )
    for entry in archive.infolist():
        if entry.filename.endswith(".json"):
            if entry.file_size > LARGEST_JSON:
                raise ValueError(f"path: got {entry.filename} of {entry.file_size:,} bytes")
            _check_values(json.loads(archive.read(entry).decode("utf-8")))


def _check_values(value: Any, key: str = "") -> None:
    """Refuse what loading or running a program would evaluate, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if key == "range_constraints" and not re.fullmatch(r"\w+", name):
                raise ValueError(f"path: got a size named {name!r}, takes letters and digits")
            _check_values(inner, name)
    elif isinstance(value, list):
        for inner in value:
            _check_values(inner, key)
    elif key == "use_pickle" and value:
        raise ValueError(f"path: got pickled tensors, takes raw ones; {WAY_OUT}")
    elif isinstance(value, str):
        _check_text(key, value)


def _check_text(key: str, text: str) -> None:
    if key == "target" and not _TARGET.fullmatch(text):
        raise ValueError(f"path: got a call of {text!r}, takes operators of torch.ops.aten")
    if key == "expr_str" and not _SIZE.fullmatch(text):
        raise ValueError(
            f"path: got a size of {text!r}, takes numbers and names; export it for inputs of "
            "fixed height and width"
        )
    if key in ("in_spec", "out_spec"):
        strange = set(_SPEC_TYPE.findall(text)) - _SPEC_TYPES
        if strange:
            raise ValueError(f"path: got inputs or outputs in {strange.pop()}, takes tensors")
    if key == "path_name" and not re.fullmatch(r"(weight|tensor)_\d+", text):
        raise ValueError(f"path: got a constant {text!r}, takes tensors; {WAY_OUT}")


@contextlib.contextmanager
def _weights_only() -> Iterator[None]:
    """Every `torch.load` inside unpickles tensors alone, also where it is asked for more."""
    before = os.environ.get(FORCED)
    os.environ[FORCED] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[FORCED]
        else:
            os.environ[FORCED] = before


def _module(program: Any) -> tuple[nn.Module, tuple[int, ...]]:
    """The program as a module of torch's functions, and the shape of its input."""
    signature = program.graph_signature
    inputs, outputs = signature.user_inputs, signature.user_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"path: got {len(inputs)} inputs and {len(outputs)} outputs, takes one of each"
        )
    if signature.buffers_to_mutate:
        raise ValueError(f"path: got a program that changes its buffers; {WAY_OUT}")
    held = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    root, graph, values = nn.Module(), fx.Graph(), {}
    shape: tuple[int, ...] = ()
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in held:
            name = held[node.name]
            tensor = program.state_dict.get(name, program.constants.get(name))
            root.register_buffer(node.name, tensor.detach().clone())
            values[node] = graph.get_attr(node.name)
        elif node.op == "placeholder":
            values[node] = graph.placeholder("x")
            shape = tuple(int(side) for side in node.meta["val"].shape[1:])
        elif node.op == "output":
            (given,) = (n for n in values if n.name == outputs[0])
            graph.output(values[given])
        elif node.users:  # the others are checks of sizes
            values[node] = _call(graph, node, values)
    return fx.GraphModule(root, graph), shape


def _call(graph: fx.Graph, node: fx.Node, values: dict[fx.Node, fx.Node]) -> fx.Node:
    name = str(node.target).removeprefix("aten.")
    function = ATEN.get(name)
    if function is None:
        raise ValueError(
            f"path: got the operator aten.{name}, takes convolutions, linear maps, batch norm, "
            "ReLU and its kin, pooling, sums and flattening of a module in eval mode"
        )
    args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda n: values[n])
    if function in (operator.add, operator.sub) and kwargs.get("alpha", 1) == 1:
        kwargs = {}
    return graph.call_function(function, tuple(args), dict(kwargs))
