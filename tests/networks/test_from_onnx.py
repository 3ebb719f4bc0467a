"""ONNX files against the modules they come from, operators against definitions, and refusals."""

import re
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from slth.networks import Network, from_onnx, from_torch
from slth.networks.graph import Activation, AvgPool, Convolution, Dense, MaxPool
from slth.seeding import generator
from tests.networks.modules_as_people_write_them import MODULES, make

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

EXPORTED = [
    *("LeNet", "BasicBlock ResNet", "MobileNetV2", "VGG without batch norm", "pre-activation"),
    *("Inception", "normalises its images", "reused ReLU and convolution", "lists of layers"),
    *("nested Sequential", "ResNet of CIFAR, option A", "norm before padding"),
]


def _exported(name: str, path: object, batch: int = 1, **options: object) -> nn.Module:
    module, shape = make(name, seed=2).eval(), MODULES[name][1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.zeros(batch, *shape)
        torch.onnx.export(module, (x,), str(path), dynamo=False, **options)  # type: ignore[arg-type]
    return module


@pytest.mark.parametrize("name", EXPORTED)
def test_what_torch_exports_is_read_as_the_module_is(name, tmp_path):
    # the exporter folds batch norm in float32 itself
    module = _exported(name, tmp_path / "a.onnx", training=torch.onnx.TrainingMode.PRESERVE)
    shape = MODULES[name][1]
    network = from_onnx(tmp_path / "a.onnx")
    assert network.input_shape == shape
    x = torch.from_numpy(generator(0, "onnx").uniform(-3, 3, (4, *shape)))
    with torch.no_grad():
        wanted = module.double()(x)
    got = network(x)
    assert float((got - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
    read = from_torch(module, shape)
    assert len(network.layers) == len(read.layers)
    assert float((read(x) - got).abs().max()) <= 1e-5 * float(wanted.abs().max())


@pytest.mark.parametrize("open_batch", [False, True])
def test_a_batch_that_is_open_or_fixed(open_batch, tmp_path):
    axes = {"dynamic_axes": {"x": {0: "batch"}}} if open_batch else {}
    module = _exported("LeNet", tmp_path / "a.onnx", 2, input_names=["x"], **axes)
    network = from_onnx(str(tmp_path / "a.onnx"))
    x = torch.from_numpy(generator(1, "onnx").uniform(-1, 1, (5, 1, 16, 16)))
    with torch.no_grad():
        assert torch.allclose(network(x), module.double()(x), rtol=0, atol=1e-6)


def _array(*shape: int, key: object = 0) -> np.ndarray:
    return generator(0, "weights", str(key), *shape).standard_normal(shape).astype(np.float32)


def _model(nodes: list, shape: tuple, constants: dict | None = None, outputs: int = 1) -> object:
    """A model of nodes given as (op, inputs, output, attributes), from x to y."""
    made = [helper.make_node(op, ins, [out], name=f"{op}_{i}", **more)
            for i, (op, ins, out, more) in enumerate(nodes)]  # fmt: skip
    graph = helper.make_graph(
        made, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None) for _ in range(outputs)],
        [numpy_helper.from_array(v, k) for k, v in (constants or {}).items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def _read(model: object, tmp_path: object, example: object = None) -> Network:
    onnx.save(model, str(tmp_path / "m.onnx"))  # type: ignore[operator]
    return from_onnx(tmp_path / "m.onnx", example)  # type: ignore[operator]


W = _array(3, 2, 3, 3)
CONSTANTS = {
    "w": W, "b": _array(3, key="b"),
    "s": np.array([0.5, 2, 3], np.float32), "v": np.array([1, 2, 0.5], np.float32),
    "flat": np.array([0, -1]), "zero": np.float32(0), "six": np.float32(6), "c": _array(3, 1, 1),
    "pads": np.array([0, 0, 1, 2, 0, 0, 0, 1]), "m": _array(12, 4), "two": np.float32(2),
}  # fmt: skip
CONV: tuple = ("Conv", ["x", "w"], "h", {})
F = torch.nn.functional


def _t(key: str) -> Tensor:
    return torch.from_numpy(CONSTANTS[key]).double()


def _conv(x: Tensor, **options: Any) -> Tensor:
    return F.conv2d(x, _t("w"), **options)


def _normed(h: Tensor) -> Tensor:
    return F.batch_norm(h, _t("b"), _t("v"), _t("s"), _t("b"), eps=np.float32(1e-3).item())


# name → (nodes on x (n, 2, 4, 4), the function by torch)
OPERATORS: dict = {
    "Conv with attributes": (
        [("Conv", ["x", "w", "b"], "y",
          {"strides": [2, 1], "pads": [1, 2, 1, 2], "dilations": [1, 2]})],
        lambda x: _conv(x, bias=_t("b"), stride=(2, 1), padding=(1, 2), dilation=(1, 2))),
    "uneven pads": (
        [("Conv", ["x", "w"], "y", {"pads": [0, 1, 2, 3]})],
        lambda x: _conv(F.pad(x, (1, 3, 0, 2)))),
    "auto_pad": (
        [("Conv", ["x", "w"], "y", {"auto_pad": "SAME_UPPER", "strides": [2, 2]})],
        lambda x: _conv(F.pad(x, (0, 1, 0, 1)), stride=2)),
    "auto_pad lower": (
        [("Conv", ["x", "w"], "y", {"auto_pad": "SAME_LOWER", "strides": [2, 2]})],
        lambda x: _conv(F.pad(x, (1, 0, 1, 0)), stride=2)),
    "BatchNormalization": (
        [CONV, ("BatchNormalization", ["h", "s", "b", "b", "v"], "y", {"epsilon": 1e-3})],
        lambda x: _normed(_conv(x))),
    "BatchNormalization after a sum": (
        [CONV, ("Add", ["h", "h2"], "a", {}), ("Relu", ["a"], "r", {}),
         ("BatchNormalization", ["r", "s", "b", "b", "v"], "y", {"epsilon": 1e-3})],
        lambda x: _normed(F.relu(_conv(x) + _conv(x, dilation=1)))),
    "LeakyRelu": (
        [CONV, ("LeakyRelu", ["h"], "y", {"alpha": 0.3})],
        lambda x: F.leaky_relu(_conv(x), np.float32(0.3).item())),
    "Clip": ([CONV, ("Clip", ["h", "zero", "six"], "y", {})], lambda x: F.relu6(_conv(x))),
    "Clip from below": ([CONV, ("Clip", ["h", "zero"], "y", {})], lambda x: F.relu(_conv(x))),
    "MaxPool": (
        [("MaxPool", ["x"], "h", {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 0]}),
         ("Relu", ["h"], "y", {})],
        lambda x: F.relu(F.max_pool2d(x, (3, 2), (2, 1), (1, 0)))),
    "AveragePool without padding counted": (
        [("AveragePool", ["x"], "h", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
         ("Conv", ["h", "w"], "y", {})],
        lambda x: _conv(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))),
    "AveragePool with padding counted": (
        [("AveragePool", ["x"], "h",
          {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
         ("Conv", ["h", "w"], "y", {})],
        lambda x: _conv(F.avg_pool2d(x, 3, 1, 1))),
    "global and flat": (
        [CONV, ("GlobalAveragePool", ["h"], "p", {}), ("Flatten", ["p"], "y", {})],
        lambda x: _conv(x).mean((2, 3))),
    "ReduceMean": (
        [CONV, ("ReduceMean", ["h"], "y", {"axes": [2, -1], "keepdims": 0})],
        lambda x: _conv(x).mean((2, 3))),
    "Reshape and MatMul": (
        [CONV, ("Reshape", ["h", "flat"], "f", {}), ("MatMul", ["f", "m"], "g", {}),
         ("Add", ["g", "two"], "y", {})],
        lambda x: _conv(x).flatten(1) @ _t("m") + 2),
    "Gemm": (
        [CONV, ("Flatten", ["h"], "f", {}),
         ("Gemm", ["f", "m", "two"], "y", {"alpha": 0.5, "beta": 2.0})],
        lambda x: 0.5 * _conv(x).flatten(1) @ _t("m") + 4),
    "scalings": (
        [("Sub", ["x", "two"], "a", {}), ("Div", ["a", "two"], "d", {}),
         ("Conv", ["d", "w"], "h", {}), ("Add", ["c", "h"], "e", {}), ("Neg", ["e"], "n", {}),
         ("Mul", ["n", "c"], "y", {})],
        lambda x: -(_conv((x - 2) / 2) + _t("c")) * _t("c")),
    "constant minus values": (
        [CONV, ("Sub", ["two", "h"], "y", {})], lambda x: 2 - _conv(x)),
    "Pad": (
        [("Pad", ["x", "pads"], "p", {}), ("Conv", ["p", "w"], "y", {})],
        lambda x: _conv(F.pad(x, (2, 1, 1, 0)))),
    "Identity, Dropout, Cast": (
        [CONV, ("Identity", ["h"], "i", {}), ("Dropout", ["i"], "d", {}),
         ("Cast", ["d"], "y", {"to": TensorProto.FLOAT})], _conv),
    "Concat and Sum": (
        [CONV, ("Relu", ["h"], "r", {}), ("Concat", ["h", "r"], "k", {"axis": 1}),
         ("Sum", ["k", "k"], "y", {})],
        lambda x: 2 * torch.cat([_conv(x), F.relu(_conv(x))], 1)),
    "Squeeze and Unsqueeze": (
        [CONV, ("GlobalMaxPool", ["h"], "p", {}), ("Squeeze", ["p"], "q", {}),
         ("Tanh", ["q"], "y", {})],
        lambda x: _conv(x).amax((2, 3)).tanh()),
    "the shape of a value": (
        [CONV, ("Shape", ["h"], "sh", {"end": 1}),
         ("Constant", [], "rest", {"value": numpy_helper.from_array(np.array([-1]))}),
         ("Concat", ["sh", "rest"], "to", {"axis": 0}), ("Reshape", ["h", "to"], "y", {})],
        lambda x: _conv(x).flatten(1)),
    "PRelu and Sigmoid": (
        [CONV, ("PRelu", ["h", "two"], "p", {}), ("Sigmoid", ["p"], "y", {})],
        lambda x: torch.sigmoid(F.prelu(_conv(x), torch.tensor(2.0).double()))),
}  # fmt: skip


@pytest.mark.parametrize("kind", OPERATORS)
def test_an_operator_is_what_its_definition_says(kind, tmp_path):
    nodes, function = OPERATORS[kind]
    if kind == "BatchNormalization after a sum":
        nodes = [nodes[0], ("Conv", ["x", "w"], "h2", {}), *nodes[1:]]
    network = _read(_model(nodes, (2, 4, 4), CONSTANTS), tmp_path)
    x = torch.from_numpy(generator(2, "onnx").uniform(-3, 3, (3, 2, 4, 4)))
    wanted = function(x)
    assert network(x).shape == wanted.shape
    assert float((network(x) - wanted).abs().max()) <= 1e-12 * float(wanted.abs().max())


def test_steps_have_the_names_of_their_nodes(tmp_path):
    nodes = [CONV, ("Relu", ["h"], "r", {}), ("MaxPool", ["r"], "p", {"kernel_shape": [2, 2]}),
             ("GlobalAveragePool", ["p"], "y", {})]  # fmt: skip
    network = _read(_model(nodes, (2, 4, 4), CONSTANTS), tmp_path)
    assert [(s.name, type(s)) for s in network.steps] == [
        ("Conv_0", Convolution), ("Relu_1", Activation), ("MaxPool_2", MaxPool),
    ]  # fmt: skip
    assert not any(isinstance(s, (AvgPool, Dense)) for s in network.steps)  # of one pixel


def test_open_sides_need_an_example(tmp_path):
    model = _model([CONV, ("GlobalAveragePool", ["h"], "y", {})], (2, "h", "w"), CONSTANTS)
    with pytest.raises(ValueError, match=r"^path: got an input of shape .*, takes from_onnx\(path"):
        _read(model, tmp_path)
    assert _read(model, tmp_path, (2, 5, 6)).input_shape == (2, 5, 6)
    assert _read(model, tmp_path, np.zeros((1, 2, 7, 7))).input_shape == (2, 7, 7)
    for wrong in [(3, 5, 6), (2,), "x", (0, 1, 1)]:
        with pytest.raises((TypeError, ValueError), match=r"^(example|path)"):
            _read(model, tmp_path, wrong)


REFUSED: dict = {
    "softmax": ([CONV, ("Softmax", ["h"], "y", {"axis": 1})], r"node Softmax_1 \(Softmax\).*ends"),
    "values times values": ([CONV, ("Mul", ["h", "h"], "y", {})], r"node Mul_1 .*constants"),
    "transposed": ([CONV, ("Transpose", ["h"], "y", {})], r"node Transpose_1 .*is no step"),
    "weights that depend": (
        [("ReduceMean", ["x"], "r", {"axes": [0]}), ("Conv", ["x", "r"], "y", {})], "node "),
    "nothing gives it": ([("Relu", ["z"], "y", {})], "node Relu_0 .*nothing before it"),
    "of constants alone": ([("Relu", ["two"], "y", {})], "constant"),
    "nothing": ([("Identity", ["x"], "y", {})], "no node"),
    "two ends clipped": ([CONV, ("Clip", ["h", "two", "six"], "y", {})], "node Clip_1 .*ReLU6"),
    "another width": ([("Flatten", ["x"], "f", {}), ("MatMul", ["f", "m"], "y", {})], "node MatM"),
    "pads images": (
        [("Pad", ["x", "two_pads"], "p", {}), ("Conv", ["p", "w"], "y", {})], "node Pad_0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_step_is_named(kind, tmp_path):
    nodes, words = REFUSED[kind]
    constants = {**CONSTANTS, "two_pads": np.array([1, 0, 0, 0, 0, 0, 0, 0])}
    with pytest.raises(ValueError, match=r"^path: ") as caught:
        _read(_model(nodes, (2, 4, 4), constants), tmp_path)
    assert re.search(words, str(caught.value)), str(caught.value)


def test_other_files_and_arguments(tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("text.onnx", "empty.onnx"):
        with pytest.raises(ValueError, match=rf"^path: got .*{name}.*, takes an ONNX model"):
            from_onnx(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        from_onnx(tmp_path / "none.onnx")
    for value in (None, 3, nn.ReLU(), object(), b"x"):
        with pytest.raises(TypeError, match=r"^path: got "):
            from_onnx(value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^path: got 1 inputs and 2 outputs"):
        _read(_model([CONV], (2, 4, 4), CONSTANTS, outputs=2), tmp_path)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"slth\[onnx\]"):
        from_onnx("a.onnx")


def test_weights_read_otherwise_than_the_evaluator_are_seen(tmp_path, monkeypatch):
    """Twin: where one weight of what was read is another, the comparison says so."""
    from slth.networks.reading import operators

    conv = operators.OPERATORS["Conv"]
    monkeypatch.setitem(
        operators.OPERATORS, "Conv", lambda n, x, w, *b: conv(n, x, w * np.float64(1 + 1e-6), *b)
    )
    with pytest.raises(ValueError, match="do not reproduce"):
        _read(_model([("Conv", ["x", "w"], "y", {})], (2, 4, 4), CONSTANTS), tmp_path)
