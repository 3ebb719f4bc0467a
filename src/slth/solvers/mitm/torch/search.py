"""Meet in the middle on a torch device: d = 1 in chunks of instances, d >= 2 one by one."""

import numpy as np
import torch

from slth import devices as gpu
from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers._base import BatchAnswer, Options
from slth.solvers.mitm.torch import line as mitm_torch_line
from slth.solvers.mitm.torch import space as mitm_torch_space


def bytes_needed(n: int, d: int) -> int:
    """Predict the least peak on the device, in bytes; more memory makes larger chunks."""
    return mitm_torch_line.bytes_needed(n) if d == 1 else mitm_torch_space.bytes_needed(n, d)


def search_batch(X: FloatArray, Z: FloatArray, eps: float | None, options: Options) -> BatchAnswer:
    """Search B instances on ``options.device``: X (B, n, d), Z (B, d)."""
    device = gpu.place(options.device)
    with torch.inference_mode():
        if X.shape[2] == 1:
            return mitm_torch_line.search_batch(X[:, :, 0], Z[:, 0], eps, options, device)
        found = [
            mitm_torch_space.search(Instance(x, z, eps), options, device)
            for x, z in zip(X, Z, strict=True)
        ]
    return BatchAnswer(
        np.stack([answer.keep for answer in found]),
        np.array([answer.complete for answer in found]),
        np.array([answer.work for answer in found], dtype=np.int64),
    )
