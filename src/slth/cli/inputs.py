"""What commands are given: arrays, networks and boxes, from files in which no code is run."""

import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slth.bounded import size_of

if TYPE_CHECKING:
    import numpy as np

    from slth.networks import Network
    from slth.tickets import WholeTicket

LARGEST = 2**36  # bytes of an array's file
MAGIC = b"\x93NUMPY"  # how a .npy file begins
PICKLED = "Object arrays cannot be loaded when allow_pickle=False"  # in NumPy's words

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Shape = Annotated[
    str | None,
    typer.Option(help="Of an input, without the batch: c,h,w or features.", metavar="C,H,W"),
]
Seed = Annotated[int, typer.Option(help="Of every random choice.")]


def array(name: str, path: Path) -> "np.ndarray":
    """The array of a .npy file, or a .csv file (one row per line); ValueError naming ``name``."""
    import numpy as np

    _regular(name, path)
    try:
        if path.suffix == ".npy":
            with path.open("rb") as file:  # np.load would take a file without it for a pickle
                start = file.read(len(MAGIC))
            if start != MAGIC:
                raise ValueError("it is no .npy file" if start else "it is empty")
            found: np.ndarray = np.load(path, allow_pickle=False)
            return found
        if path.suffix == ".csv":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of an empty file, refused by shape
                return np.loadtxt(path, delimiter=",", ndmin=1)
    except (ValueError, EOFError, UnicodeDecodeError, SyntaxError) as error:
        words = str(error).partition("\n")[0].replace(PICKLED, "it holds pickled objects")
        raise ValueError(f"{name}: got {path}, takes an array of numbers ({words})") from None
    raise ValueError(f"{name}: got {path}, takes a name that ends in .npy or .csv")


def destination(path: Path, suffix: str) -> Path:
    """``--out`` as given, its folder made: a search is not lost to a name that cannot be written.

    Raises ValueError for another suffix, OSError where the folder takes no file.
    """
    if path.suffix != suffix:
        raise ValueError(f"--out: got {path}, takes a name that ends in {suffix}")
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder, takes the name of a file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(13, "no file may be written there", str(path.parent))
    return path


def images(path: Path, shape: tuple[int, ...] | None) -> "np.ndarray":
    """The inputs (m, c, h, w) or (m, features) of a file; ValueError naming ``--images``."""
    from slth.networks.arguments import of_images

    x = array("--images", path)
    takes = "(m, c, h, w) or (m, features)" if shape is None else of_images(shape)
    fits = x.ndim in (2, 4) if shape is None else x.shape[1:] == shape
    if not fits or x.size == 0:
        raise ValueError(f"--images: got shape {x.shape}, takes {takes}")
    return x


def network(name: str, path: Path, shape: tuple[int, ...] | None, others: str = "") -> "Network":
    """The network of an .onnx or a .pt2 file (`torch.export.save`); ValueError naming ``name``.

    others: what else the command takes there, in words.
    """
    from slth.networks import from_onnx, from_pt2

    readers: dict[str, Any] = {".onnx": from_onnx, ".pt2": from_pt2}
    if path.suffix not in readers:
        raise ValueError(
            f"{name}: got {path}, takes a name that ends in {others}.onnx or .pt2 "
            "(torch.export.save); pickled modules are not read, as loading them runs code"
        )
    _regular(name, path)
    try:
        found: Network = readers[path.suffix](path, shape)
    except (ValueError, TypeError) as error:
        words = str(error).removeprefix("path: ")
        raise type(error)(f"{name}: {path}: {words}") from None
    return found


def network_or_ticket(
    name: str, path: Path, shape: tuple[int, ...] | None
) -> "tuple[Network | WholeTicket, tuple[int, ...]]":
    """`network`, or the ticket of an .npz file (`Ticket.save`), and the shape of its inputs.

    Raises ValueError naming ``name``.
    """
    if path.suffix != ".npz":
        found = network(name, path, shape, ".npz (a ticket), ")
        return found, found.input_shape
    from slth.tickets import WholeTicket, load

    _regular(name, path)
    try:
        ticket = load(path)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}: {str(error).removeprefix('path: ')}") from None
    if not isinstance(ticket, WholeTicket):
        raise ValueError(f"{name}: got {path}, a {type(ticket).__name__}; its bracket() has bounds")
    return ticket, ticket.target.input_shape


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
    _regular("box", path)
    try:
        lo, hi = read_box(path)
    except ValueError as error:
        raise ValueError(f"box: {str(error).removeprefix('path: ')}") from None
    if lo.size != math.prod(shape):
        raise ValueError(f"box: {path}: got {lo.size} inputs, takes {math.prod(shape)} of {shape}")
    return lo.reshape(shape), hi.reshape(shape)


def _regular(name: str, path: Path) -> None:
    """Refuse what is no file of a bounded size, naming the argument."""
    try:
        size_of(path, LARGEST)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, f"{name}: {path}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
