"""ONNX files as a `Network`: node by node, compared with ONNX's own reference evaluator."""

import math
import os
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth.bounded import size_of
from slth.networks import probes
from slth.networks.graph import INPUT, Shape
from slth.networks.network import Network
from slth.networks.reading._torch import shape_of
from slth.networks.reading.builder import Builder, UnreadableError, Value
from slth.networks.reading.comparing import agrees
from slth.networks.reading.constants import Constants
from slth.networks.reading.operators import OPERATORS, Node
from slth.networks.reading.pending import TooWideError, folded
from slth.networks.reading.tracing import BATCH

LARGEST = 2**31  # bytes of a file, as many as protobuf takes
ENTRIES = 2**28  # of all values of a batch together
FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")


def from_onnx(path: str | os.PathLike[str], example: object = None) -> Network:
    """Read an ONNX file as the layers slth speaks; needs the extra slth[onnx].

    path: of the file, of one input and one output. example: an input (batch, …), or the shape of
    one without the batch; needed where the file leaves heights or widths open. Weights are read in
    float64. Read are Conv, Gemm, MatMul, BatchNormalization, Relu, LeakyRelu, PRelu, Clip, Tanh,
    Sigmoid, MaxPool, AveragePool, global pooling and reductions, Add, Sub, Mul and Div by
    constants, Sum, Concat, Gather of channels, Pad, Flatten, Reshape and its kin, Identity,
    Dropout, Cast, and whatever is computed of constants and shapes alone. The result is compared
    in float64 with `onnx.reference` on a few inputs of [-1, 1] and of boxes 10 and 1000 times as
    wide.

    Raises ModuleNotFoundError naming the extra without the package onnx; OSError for a file that
    cannot be read; ValueError that names the node and the way out. Cost: the reference evaluator
    is slow, about 1 µs per multiplication.

    >>> import tempfile, onnx, torch
    >>> text = '''<ir_version: 8, opset_import: ["": 17]>
    ... net (float[1, 2] x) => (float[1, 1] y) <float[2, 1] W = {1, -2}> { y = MatMul(x, W) }'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     onnx.save(onnx.parser.parse_model(text), f"{folder}/net.onnx")
    ...     net = slth.networks.from_onnx(f"{folder}/net.onnx")
    >>> net(torch.tensor([[3.0, 1.0]])).tolist()
    [[1.0]]
    """
    onnx = package("from_onnx")
    model = _loaded(onnx, path)
    graph = model.graph
    constants = _weights(onnx, model, path)
    given = [i for i in graph.input if i.name not in constants]
    if len(given) != 1 or len(graph.output) != 1:
        raise ValueError(
            f"path: got {len(given)} inputs and {len(graph.output)} outputs, takes one of each"
        )
    batch, shape = _dimensions(given[0], shape_of(example))
    builder = Builder(shape, True)
    values: dict[str, Any] = {**constants, given[0].name: builder.given, "": None}
    computed = Constants(onnx, model.opset_import, model.ByteSize())
    for i, node in enumerate(graph.node):
        name = node.name or f"{node.op_type.lower()}_{i}"
        at = f"path: node {name} ({node.op_type})"
        try:
            values |= _outputs(computed, Node(builder, name, batch, node), values)
            _check_size(builder, batch)
        except UnreadableError as error:
            raise ValueError(f"{at}: {error}") from None
        except Exception as error:  # inputs and attributes of other kinds than the operator's
            words = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            raise ValueError(f"{at}: got what the operator does not take ({words})") from None
    made = values.get(graph.output[0].name)
    if not isinstance(made, Value):
        raise ValueError("path: got an output that is a constant, takes one that depends on input")
    try:
        output = builder.finished(made)
        network = Network(tuple(folded(builder.steps.values(), output, builder.shapes)), shape)
    except (UnreadableError, TooWideError) as error:
        raise ValueError(f"path: {error}") from None
    if network.output == INPUT:
        raise ValueError("path: got no node that computes, takes at least one Conv or Gemm")
    _compare(onnx, model, given[0].name, batch, network)
    return network


def package(who: str) -> Any:
    """The package onnx; ModuleNotFoundError names the extra that ``who`` needs it from."""
    try:
        import onnx
        import onnx.numpy_helper
        import onnx.reference
        import onnx.shape_inference
    except ImportError as error:
        raise ModuleNotFoundError(
            f"onnx: {error}; {who} needs the extra: pip install 'slth[onnx]'"
        ) from None
    return onnx


def _loaded(onnx: Any, path: object) -> Any:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: got {type(path).__name__}, takes the path of a file")
    try:
        size_of(os.fspath(path), LARGEST)
        model = onnx.load(str(path))
        if not model.graph.node:
            raise ValueError("it has no nodes")
    except OSError:
        raise
    except Exception as error:  # protobuf's and onnx's own kinds
        words = str(error).partition("\n")[0]
        raise ValueError(f"path: got {path}, takes an ONNX model ({words})") from None
    return model


def _weights(onnx: Any, model: Any, path: object) -> dict[str, np.ndarray]:
    """The constants of a file by name, the model made float64."""
    try:
        _to_double(onnx, model)
        return {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    except Exception as error:  # sizes that its bytes do not fill, dtypes that are none
        words = str(error).partition("\n")[0]
        raise ValueError(f"path: got {path}, takes an ONNX model ({words})") from None


def _to_double(onnx: Any, model: Any) -> None:
    """Floats of a model as float64, so that what is compared is the function of its weights."""
    kinds = [getattr(onnx.TensorProto, kind) for kind in FLOATS]

    def wide(tensor: Any) -> None:
        if tensor.data_type in kinds:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    for tensor in model.graph.initializer:
        wide(tensor)
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        if value.type.tensor_type.elem_type in kinds:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for node in model.graph.node:
        _plain_constant(onnx, node)
        for attribute in node.attribute:
            wide(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in kinds:
                attribute.i = onnx.TensorProto.DOUBLE


def _plain_constant(onnx: Any, node: Any) -> None:
    """Floats that a node makes in another way than by a tensor, of float32 so, as a tensor."""
    made = {a.name: a.floats or [a.f] for a in node.attribute if a.name.startswith("value_float")}
    if node.op_type == "ConstantOfShape" and not node.attribute:
        values = np.zeros(1)
    elif node.op_type == "Constant" and made:
        ((kind, floats),) = made.items()
        values = np.array(floats if kind == "value_floats" else floats[0], dtype=np.float64)
    else:
        return
    tensor = onnx.numpy_helper.from_array(values)
    del node.attribute[:]
    node.attribute.append(onnx.helper.make_attribute("value", tensor))


def _dimensions(given: Any, example: Shape | None) -> tuple[int, Shape]:
    """The batch of the inputs that are followed and the shape of each."""
    sides = [d.dim_value for d in given.type.tensor_type.shape.dim]
    if len(sides) not in (2, 4):
        raise ValueError(
            f"path: got an input of {len(sides)} axes, takes (batch, c, h, w) or (batch, features)"
        )
    batch, known = sides[0] or BATCH, sides[1:]
    shape = tuple(example or known)
    if example is not None and len(shape) != len(known) and 0 not in known:
        raise ValueError(f"example: got shape {shape}, takes {tuple(known)} as the file says")
    if 0 in shape or len(shape) != len(known):
        raise ValueError(
            f"path: got an input of shape {tuple(n or '?' for n in known)}, takes from_onnx(path, "
            "example) with the shape of an input"
        )
    if any(n not in (0, side) for n, side in zip(known, shape, strict=True)):
        raise ValueError(f"example: got shape {shape}, takes {tuple(known)} as the file says")
    if batch < 0 or min(shape) < 0 or batch * math.prod(shape) > ENTRIES:
        raise ValueError(f"path: got inputs {(batch, *shape)}, takes at most {ENTRIES:,} numbers")
    return batch, shape


def _check_size(builder: Builder, batch: int) -> None:
    size = batch * sum(map(math.prod, builder.shapes.values()))
    if size > ENTRIES:
        raise UnreadableError(
            f"comes to {size:,} numbers with the values before it, takes at most {ENTRIES:,}"
        )


def _outputs(computed: Constants, node: Node, values: dict[str, Any]) -> dict[str, Any]:
    """Values of a node's outputs by name."""
    proto = node.proto
    missing = [name for name in proto.input if name not in values]
    if missing:
        raise UnreadableError(f"reads {missing[0]!r}, which nothing before it gives")
    inputs = [values[name] for name in proto.input]
    symbolic = any(isinstance(v, Value) for v in inputs)
    if proto.op_type == "Shape" and symbolic:
        whole = (node.batch, *inputs[0].shape)
        start, end = node.get("start", 0), node.get("end", len(whole))
        return {proto.output[0]: np.array(whole[start:end], dtype=np.int64)}
    if not symbolic:
        return computed.outputs(proto, inputs)
    read = OPERATORS.get(proto.op_type) if proto.domain in ("", "ai.onnx") else None
    if read is None:
        raise UnreadableError(
            f"is no step; takes {', '.join(OPERATORS)}; export the module that ends before it"
        )
    return {proto.output[0]: read(node, *inputs)}


def _compare(onnx: Any, model: Any, given: str, batch: int, network: Network) -> None:
    one = torch.ones(network.input_shape, dtype=torch.float64)
    evaluator = onnx.reference.ReferenceEvaluator(model)
    for x in probes.inputs((-one, one), few=True):
        rows = x[torch.arange(max(batch, len(x))) % len(x)][: batch if batch != BATCH else None]
        try:
            with np.errstate(all="ignore"):  # exp of its sigmoid
                (found,) = evaluator.run(None, {given: rows.numpy()})
        except Exception as error:
            words = str(error).partition("\n")[0]
            raise ValueError(
                f"path: got a model that onnx.reference does not run ({words}), takes one that does"
            ) from None
        agrees("path", network, rows, _tensor(found), 1e-9)


def _tensor(values: Any) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64))
