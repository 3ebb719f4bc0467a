"""What commands are given: arrays, networks and boxes, from files in which no code is run."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.bounded import size_of

if TYPE_CHECKING:
    import numpy as np

    from slth.networks import Network

LARGEST = 2**36  # bytes of an array's file

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Shape = Annotated[
    str | None,
    typer.Option(help="Of an input, without the batch: c,h,w or features.", metavar="C,H,W"),
]
Seed = Annotated[int, typer.Option(help="Of every random choice.")]


def array(name: str, path: Path) -> "np.ndarray":
    """The array of a .npy file, or of a .csv file (one row a line); ValueError naming ``name``."""
    import numpy as np

    size_of(path, LARGEST)
    try:
        if path.suffix == ".npy":
            found: np.ndarray = np.load(path, allow_pickle=False)
            return found
        if path.suffix == ".csv":
            return np.loadtxt(path, delimiter=",", ndmin=1)
    except (ValueError, EOFError, UnicodeDecodeError, SyntaxError) as error:
        words = str(error).partition("\n")[0]
        raise ValueError(f"{name}: got {path}, takes an array of numbers ({words})") from None
    raise ValueError(f"{name}: got {path}, takes a name that ends in .npy or .csv")


def network(name: str, path: Path, shape: tuple[int, ...] | None) -> "Network":
    """The network of an .onnx or a .pt2 file (`torch.export.save`); ValueError naming ``name``."""
    from slth.networks import from_onnx, from_pt2

    readers: dict[str, Any] = {".onnx": from_onnx, ".pt2": from_pt2}
    if path.suffix not in readers:
        raise ValueError(
            f"{name}: got {path}, takes a name that ends in .onnx or .pt2 (torch.export.save); "
            "pickled modules are not read, as loading them runs code"
        )
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    try:
        found: Network = readers[path.suffix](path, shape)
    except (ValueError, TypeError) as error:
        words = str(error).removeprefix("path: ")
        raise type(error)(f"{name}: {path}: {words}") from None
    return found


def shape_of(text: str | None) -> tuple[int, ...] | None:
    """The shape that c,h,w or features stand for."""
    if text is None:
        return None
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = ()
    if len(sizes) not in (1, 3) or min(sizes) < 1:
        raise ValueError(f"--input-shape: got {text!r}, takes c,h,w or features, integers >= 1")
    return sizes


def interval(text: str) -> tuple[float, float]:
    """The box that lo,hi stand for."""
    try:
        lo, hi = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"--box: got {text!r}, takes lo,hi, two numbers") from None
    if not (math.isfinite(lo) and math.isfinite(hi) and lo <= hi):
        raise ValueError(f"--box: got {text!r}, takes finite numbers lo <= hi")
    return lo, hi


def vnnlib(path: Path, shape: tuple[int, ...]) -> "tuple[np.ndarray, np.ndarray]":
    """The box of a VNN-LIB file as arrays of an input's shape."""
    try:
        from slth.supnorm.vnnlib import read_box
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{path}: this slth reads no VNN-LIB files; give the box as --box lo,hi"
        ) from None
    size_of(path, LARGEST)
    lo, hi = read_box(path)
    if lo.size != math.prod(shape):
        raise ValueError(f"{path}: got {lo.size} inputs, takes {math.prod(shape)} of {shape}")
    return lo.reshape(shape), hi.reshape(shape)
