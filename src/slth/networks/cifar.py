"""CIFAR-10 batches: Python pickles, read without running them, or the binary version."""

from pathlib import Path
from typing import Any

import numpy as np

from slth.networks.pickles import read_pickle

SIDE, CLASSES = 32, 10
PIXELS = 3 * SIDE * SIDE  # red, green, blue planes, row by row
RECORD = 1 + PIXELS  # binary version: a label byte, then the pixels

Batch = tuple[np.ndarray, np.ndarray]


def read_cifar_batch(path: str | Path, home: str = "its home page") -> Batch:
    """Return images (m, 3, 32, 32) uint8 and labels (m,) int64 of one batch file.

    A name that ends in .bin is the binary version, any other a pickled dict with ``data`` (m, 3072)
    and ``labels``. Raises FileNotFoundError, or ValueError that names the file, what it holds,
    what it should hold and where to get it.
    """
    file = Path(path)
    return _binary(file, home) if file.suffix == ".bin" else _pickled(file, home)


def _binary(path: Path, home: str) -> Batch:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    if len(data) == 0 or len(data) % RECORD:
        raise _damaged(path, f"holds {len(data)} bytes", f"a multiple of {RECORD}", home)
    rows = data.reshape(-1, RECORD)
    return _checked(path, rows[:, 1:], rows[:, 0].astype(np.int64), home)


def _pickled(path: Path, home: str) -> Batch:
    try:
        content: Any = read_pickle(path)
    except ValueError as error:
        raise ValueError(f"{error}; get it again from {home}") from None
    if not isinstance(content, dict):
        raise _damaged(path, f"holds a {type(content).__name__}", "a dict", home)
    words = {k.decode("latin1") if isinstance(k, bytes) else k: v for k, v in content.items()}
    data, labels = words.get("data"), words.get("labels")
    fits = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 2
    if not fits or data.shape[1] != PIXELS:  # type: ignore[union-attr]
        got = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        raise _damaged(path, f"has data {got}", f"uint8 (m, {PIXELS})", home)
    whole = isinstance(labels, list) and all(type(label) is int for label in labels)
    if not whole or len(labels) != len(data):  # type: ignore[arg-type]
        raise _damaged(path, f"has labels {str(labels)[:40]}", f"a list of {len(data)}", home)  # type: ignore[arg-type]
    return _checked(path, data, np.array(labels, np.int64), home)  # type: ignore[arg-type]


def _checked(path: Path, rows: np.ndarray, labels: np.ndarray, home: str) -> Batch:
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= CLASSES:
        got = f"labels {labels.min()} to {labels.max()}" if len(labels) else "no image"
        raise _damaged(path, f"has {got}", f"images with labels 0 to {CLASSES - 1}", home)
    return rows.reshape(-1, 3, SIDE, SIDE), labels


def _damaged(path: Path, got: str, wanted: str, home: str) -> ValueError:
    return ValueError(f"{path}: {got}, takes {wanted}; get it again from {home}")
