"""ONNX files that no exporter writes: what they ask for is refused before it is made."""

import os
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slth.networks import from_onnx
from slth.seeding import generator

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

MOST = 2**26  # bytes that a refusal may take
W = np.ones((2, 2, 3, 3), np.float32)
CONV = ("Conv", ["x", "w"], {"pads": [1, 1, 1, 1]})
HUGE = np.array([2**20, 2**20])


def _saved(
    path: Path,
    nodes: list[tuple[str, list[str], dict[str, Any]]],
    shape: tuple[int, ...] = (1, 2, 4, 4),
    constants: dict[str, np.ndarray] | None = None,
) -> Path:
    """A file of nodes given as (op, inputs, attributes): h0, h1, …, the last one gives the output.

    x: the input. w: a kernel of two channels.
    """
    made = [helper.make_node(op, ins, [f"h{i}"], **more) for i, (op, ins, more) in enumerate(nodes)]
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info(f"h{len(nodes) - 1}", TensorProto.FLOAT, None),
    ]
    held = [numpy_helper.from_array(v, k) for k, v in {"w": W, **(constants or {})}.items()]
    graph = helper.make_graph(made, "g", ends[:1], ends[1:], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(model.SerializeToString())
    return path


def _refusal(path: Path) -> str:
    """The words of the ValueError, which takes little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^path: ") as caught:
            from_onnx(path)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    return str(caught.value)


def _loop() -> Any:
    """A graph for Loop that gives its condition back."""
    ends = [
        helper.make_tensor_value_info(n, t, [])
        for n, t in (("i", TensorProto.INT64), ("go", TensorProto.BOOL), ("on", TensorProto.BOOL))
    ]
    return helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"])], "body", ends[:2], ends[2:]
    )


ENDS = {"k": np.array(2**62), "yes": np.array(True), "one": np.array(1), "zero": np.array(0)}
# name → (nodes before x · constant is convolved, the shape of the input, constants)
BOMBS: dict[str, tuple[list, tuple[int, ...], dict[str, np.ndarray]]] = {
    "ConstantOfShape": ([("ConstantOfShape", ["s"], {})], (1, 2, 4, 4), {"s": HUGE}),
    "Expand": ([("Expand", ["w", "s"], {})], (1, 2, 4, 4), {"s": np.array([2**30, 2, 2, 3, 3])}),
    "Tile": ([("Tile", ["w", "s"], {})], (1, 2, 4, 4), {"s": np.array([2**30, 1, 1, 1])}),
    "Range": ([("Range", ["zero", "k", "one"], {})], (1, 2, 4, 4), ENDS),
    "shape computed": (
        [("Mul", ["s", "s"], {}), ("ConstantOfShape", ["h0"], {})], (1, 2, 4, 4), {"s": HUGE}),
    "many of middle size": (
        [("ConstantOfShape", ["s"], {}), *[("Concat", [f"h{i}"] * 2, {"axis": 0})
                                           for i in range(30)]],
        (1, 2, 4, 4), {"s": np.array([16])}),
    "values doubled": (
        [("Concat", ["x"] * 2, {"axis": 1}), *[("Concat", [f"h{i}"] * 2, {"axis": 1})
                                               for i in range(40)]], (1, 2, 4, 4), {}),
    "Loop": ([("Loop", ["k", "yes"], {"body": _loop()})], (1, 2, 4, 4), ENDS),
    "padding": ([("Conv", ["x", "w"], {"pads": [2**20] * 4})], (1, 2, 4, 4), {}),
    "input": ([CONV], (1, 2, 2**20, 2**20), {}),
    "batch": ([CONV], (2**40, 2, 4, 4), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_what_would_fill_the_memory_is_refused_before_it_is_made(kind, tmp_path):
    nodes, shape, constants = BOMBS[kind]
    _refusal(_saved(tmp_path / "bomb.onnx", nodes, shape, constants))


ODD: dict[str, tuple[list, dict[str, np.ndarray]]] = {
    "stride 0": ([("Conv", ["x", "w"], {"strides": [0, 0]})], {}),
    "one stride": ([("Conv", ["x", "w"], {"strides": [1]})], {}),
    "a kernel of three axes": ([("Conv", ["x", "k"], {})], {"k": np.ones((2, 2, 3))}),
    "no kernel": ([("Conv", ["x"], {})], {}),
    "groups of words": ([("Conv", ["x", "w"], {"group": "two"})], {}),
    "a kernel of words": ([("Conv", ["x", "k"], {})], {"k": np.array(["a"])}),
    "biases of another length": (
        [("Flatten", ["x"], {}), ("Gemm", ["h0", "m", "b"], {})],
        {"m": np.ones((32, 2)), "b": np.ones(3)}),
    "no shape": ([("Reshape", ["x", "s"], {})], {"s": np.zeros(0, np.int64)}),
    "a shape of 0 and −1": ([("Reshape", ["x", "s"], {"allowzero": 1})], {"s": np.array([0, -1])}),
    "an axis beyond": (
        [("Slice", ["x", "s", "s", "a"], {})], {"s": np.array([1]), "a": np.array([9])}),
    "steps of 0": (
        [("Slice", ["x", "s", "t", "s", "z"], {})],
        {"s": np.array([1]), "t": np.array([2]), "z": np.array([0])}),
    "odd pads": ([("Pad", ["x", "s"], {})], {"s": np.array([1, 1, 1])}),
    "a window of three": ([("MaxPool", ["x"], {"kernel_shape": [2, 2, 2]})], {}),
    "moments of another length": ([("BatchNormalization", ["x", *"bbbb"], {})], {"b": np.ones(3)}),
    "two inputs of Relu": ([("Relu", ["x", "x"], {})], {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_what_no_operator_takes_is_named(kind, tmp_path):
    nodes, constants = ODD[kind]
    _refusal(_saved(tmp_path / "odd.onnx", nodes, constants=constants))


def test_sizes_that_the_bytes_do_not_fill_are_named(tmp_path):
    path = _saved(tmp_path / "a.onnx", [CONV])
    for field, value in (("dims", [2**20, 2**20]), ("data_type", 99), ("raw_data", b"x")):
        model = onnx.load(path)
        tensor = model.graph.initializer[0]
        tensor.ClearField(field)
        if field == "dims":
            tensor.dims.extend(value)
        else:
            setattr(tensor, field, value)
        (tmp_path / "b.onnx").write_bytes(model.SerializeToString())
        assert "takes an ONNX model" in _refusal(tmp_path / "b.onnx")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "folder.onnx").mkdir()
    for path in (tmp_path / "pipe.onnx", tmp_path / "folder.onnx", Path("/dev/zero")):
        assert "takes a file" in _refusal(path)


def test_a_flipped_bit_is_refused_or_harmless(tmp_path):
    """Every error is a ValueError of the path; a network that is read agrees with the evaluator."""
    whole = _saved(tmp_path / "a.onnx", [CONV, ("Relu", ["h0"], {})]).read_bytes()
    draws = generator(0, "onnx bits")
    words = []
    for at, bit in draws.integers((len(whole), 8), size=(150, 2)):
        data = bytearray(whole)
        data[at] ^= 1 << bit
        path = tmp_path / f"{zlib.crc32(data)}.onnx"
        path.write_bytes(data)
        try:
            from_onnx(path)
        except ValueError as error:
            words.append(str(error))
    assert len(words) > 20
    assert [w for w in words if not w.startswith("path: ")] == []


def test_computed_constants_of_a_usual_size_are_taken(tmp_path):
    nodes = [
        ("Shape", ["w"], {}), ("ConstantOfShape", ["h0"], {}), ("Add", ["h1", "w"], {}),
        ("Tile", ["h2", "t"], {}), ("Constant", [], {"value_float": 2.0}),
        ("Constant", [], {"value_floats": [1.0, 2.0, 3.0]}), ("Mul", ["h3", "h4"], {}),
        ("Mul", ["h5", "h6"], {}), ("Conv", ["x", "h7"], {"pads": [1, 1, 1, 1]}),
    ]  # fmt: skip
    path = _saved(tmp_path / "a.onnx", nodes, constants={"t": np.array([2, 1, 1, 1])})
    weight = from_onnx(path).layers[0].weight
    assert weight.shape == (4, 2, 3, 3)
    assert weight[0, 0, 0].tolist() == [2.0, 4.0, 6.0]
