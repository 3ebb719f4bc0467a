"""Seconds, resident memory and stored bytes of a torch module, and weights compressed by rows."""

import ctypes
import gc
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def compressed(weight: Tensor) -> Tensor:
    """A weight (c_out, …) as a matrix compressed by rows."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        return weight.flatten(1).to_sparse_csr()


def stored(module: nn.Module) -> int:
    """Bytes of parameters, buffers and compressed matrices, which modules call ``matrix``."""
    tensors = [*module.parameters(), *module.buffers()]
    for part in module.modules():
        m = getattr(part, "matrix", None)
        tensors += [] if m is None else [m.values(), m.crow_indices(), m.col_indices()]
    return sum(t.numel() * t.element_size() for t in tensors)


def quartiles(seconds: np.ndarray, base: int) -> np.ndarray:
    """Median seconds, then quartiles and median (low, middle, high) of ratios to ``base``.

    seconds: (rounds, forms). Returns (4, forms).
    """
    ratios = np.quantile(seconds / seconds[:, [base]], [0.25, 0.5, 0.75], axis=0)
    return np.vstack([np.median(seconds, axis=0), ratios])


def timed(module: nn.Module, x: Tensor) -> float:
    """Seconds of one forward pass."""
    with torch.inference_mode():
        start = time.perf_counter()
        module(x)
        return time.perf_counter() - start


def peak(module: nn.Module, x: Tensor) -> float | None:
    """Bytes that a second pass adds to the resident memory at its highest; None if unknown."""
    run: Callable[[], object] = lambda: timed(module, x)  # noqa: E731
    run()
    try:
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        CLEAR.write_bytes(b"5")  # the high-water mark falls to what is resident now
        start = _resident("VmRSS")
        run()
        return float(max(0, _resident("VmHWM") - start))
    except OSError:
        return None


def _resident(key: str) -> int:
    lines = dict(
        line.split(":", 1)
        for line in STATUS.read_text(encoding="utf-8").splitlines()
        if ":" in line
    )
    return int(lines[key].split()[0]) * 1024
