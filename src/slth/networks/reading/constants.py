"""What an ONNX file computes of constants alone, once it is known how much memory that takes."""

import math
from typing import Any

import numpy as np

from slth.networks.reading.builder import UnreadableError

SPARE = 2**24  # bytes of all computed constants together, beside those that the file has
TIMES = 32  # such bytes per byte of the file: 8-bit weights made float64, a few steps of them
FEW = 2**10  # entries of integers that say a shape
GRAPHS = (5, 10)  # attribute types of operators that run graphs: If, Loop, Scan
CHANCE = ("Bernoulli", "Multinomial", "RandomNormal", "RandomUniform")
GROWING = ("OneHot", "Resize", "Upsample", "Tile", "Expand", "ConstantOfShape", "Range", "Pad",
           "CenterCropPad", "EyeLike", "Constant", "SplitToSequence", "ConvTranspose",
           "ConcatFromSequence", "DFT", "STFT", "Col2Im", "MaxUnpool")  # fmt: skip


class Constants:
    """Evaluates nodes whose inputs are all known, by `onnx.reference`; counts what they take."""

    def __init__(self, onnx: Any, opsets: Any, size: int) -> None:
        """size: bytes of the file."""
        self.onnx, self.opsets, self.spent = onnx, opsets, 0
        self.most = SPARE + TIMES * size

    def outputs(self, proto: Any, inputs: list[Any]) -> dict[str, Any]:
        """Outputs of a node by name; `UnreadableError` where they are too large, or none."""
        if any(a.type in GRAPHS for a in proto.attribute) or proto.op_type.startswith(CHANCE):
            raise UnreadableError("of constants runs a graph or draws, takes the constants instead")
        self.spent += self._bytes(proto, inputs)
        if self.spent > self.most:
            raise UnreadableError(
                f"makes constants of {self.spent:,} bytes in all, takes at most {self.most:,}"
            )
        feeds = {n: v for n, v in zip(proto.input, inputs, strict=True) if n}
        try:
            found = self.onnx.reference.ReferenceEvaluator(proto).run(None, feeds)
        except Exception as error:  # onnx's and numpy's own kinds
            words = str(error).partition("\n")[0]
            raise UnreadableError(f"of constants cannot be computed ({words})") from None
        return dict(zip(proto.output, found, strict=True))

    def _bytes(self, proto: Any, inputs: list[Any]) -> int:
        """Bytes of the outputs, eight an entry, by ONNX's shape inference."""
        helper = self.onnx.helper
        known = {n: np.asarray(v) for n, v in zip(proto.input, inputs, strict=True) if n}
        short = {n: v for n, v in known.items() if v.size <= FEW and v.dtype.kind in "iufb"}
        given = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
            for n, v in known.items()
            if n not in short
        ]
        values = [self.onnx.numpy_helper.from_array(v, n) for n, v in short.items()]
        out = [helper.make_empty_tensor_value_info(n) for n in proto.output if n]
        graph = helper.make_graph([proto], "node", given, out, values)
        model = helper.make_model(graph, opset_imports=self.opsets)
        try:
            made = self.onnx.shape_inference.infer_shapes(model, data_prop=True).graph.output
        except Exception:  # a node that is wrong, which the evaluator says better
            made = []
        sides = [_sides(value) for value in made]
        if proto.op_type in GROWING and (not sides or None in sides):
            raise UnreadableError("of constants gives an unknown size, takes constants instead")
        return 8 * sum(side or 0 for side in sides)


def _sides(value: Any) -> int | None:
    """The entries of a value; None where a side, or their number, is unknown."""
    kind = value.type.tensor_type
    if not kind.HasField("shape") or any(not d.HasField("dim_value") for d in kind.shape.dim):
        return None
    return math.prod(d.dim_value for d in kind.shape.dim)
