"""CIFAR-10 batches: Python pickles, read without running them, or the binary version."""

from pathlib import Path
from typing import Any

import numpy as np

from slth.bounded import read_bytes, size_of
from slth.data_files import LARGEST
from slth.networks.pickles import read_pickle

SIDE, CLASSES = 32, 10
PIXELS = 3 * SIDE * SIDE  # red, green, blue planes, row by row
RECORD = 1 + PIXELS  # binary version: a label byte, then the pixels

Batch = tuple[np.ndarray, np.ndarray]


def read_cifar_batch(path: str | Path, home: str = "its home page") -> Batch:
    """Return images (m, 3, 32, 32) uint8 and labels (m,) int64 of one batch file.

    A name that ends in .bin is the binary version, any other a pickled dict with ``data``, uint8
    (m, 3072), and ``labels``, a list or an array; its keys are text or bytes. Raises
    FileNotFoundError, or ValueError that names the file, what it holds, what it should hold and
    where to get it.
    """
    file = Path(path)
    return _binary(file, home) if file.suffix == ".bin" else _pickled(file, home)


def _binary(path: Path, home: str) -> Batch:
    size = size_of(path, LARGEST)
    if size == 0 or size % RECORD:
        raise _damaged(path, f"holds {size} bytes", f"a multiple of {RECORD}", home)
    rows = np.frombuffer(read_bytes(path, LARGEST), np.uint8).reshape(-1, RECORD)
    return _checked(path, rows[:, 1:], rows[:, 0].astype(np.int64), home)


def _pickled(path: Path, home: str) -> Batch:
    try:
        content: Any = read_pickle(path)
    except ValueError as error:
        raise ValueError(f"{error}; get it again from {home}") from None
    if not isinstance(content, dict):
        raise _damaged(path, f"holds a {type(content).__name__}", "a dict", home)
    words = {k.decode("latin1") if isinstance(k, bytes) else k: v for k, v in content.items()}
    rows, labels = words.get("data"), _labels(words.get("labels"))
    if not isinstance(rows, np.ndarray):
        raise _damaged(path, f"has data {type(rows).__name__}", f"uint8 (m, {PIXELS})", home)
    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != PIXELS:
        raise _damaged(path, f"has data {rows.dtype} {rows.shape}", f"uint8 (m, {PIXELS})", home)
    if labels is None or len(labels) != len(rows):
        got = "no integers" if labels is None else f"{len(labels)} labels"
        wanted = f"labels: a list or an array of {len(rows)} integers, 0 to {CLASSES - 1}"
        raise _damaged(path, f"has {got} for labels", wanted, home)
    return _checked(path, rows, labels, home)


def _labels(labels: Any) -> np.ndarray | None:
    """Labels (m,) int64 of a list, a tuple or an array (m,) or (m, 1); None for anything else."""
    if isinstance(labels, np.ndarray):
        if labels.dtype.kind not in "iu" or labels.shape not in ((labels.size,), (labels.size, 1)):
            return None
        return np.minimum(labels.ravel(), CLASSES).astype(np.int64)  # uint64 beyond int64 too
    integers = isinstance(labels, (list, tuple)) and all(
        type(label) is int or isinstance(label, np.integer) for label in labels
    )
    if not integers:
        return None
    return np.array([min(max(label, -1), CLASSES) for label in labels], np.int64)


def _checked(path: Path, rows: np.ndarray, labels: np.ndarray, home: str) -> Batch:
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= CLASSES:
        got = f"labels {labels.min()} to {labels.max()}" if len(labels) else "no image"
        raise _damaged(path, f"has {got}", f"images with labels 0 to {CLASSES - 1}", home)
    return rows.reshape(-1, 3, SIDE, SIDE), labels


def _damaged(path: Path, got: str, wanted: str, home: str) -> ValueError:
    return ValueError(f"{path}: {got}, takes {wanted}; get it again from {home}")
