"""Weights of any module on disk, by the names of its state: arrays alone, loading runs no code."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from slth.networks.storage import described, other_arrays, reading, write_arrays

FORMAT = "slth state 1"  # raise the number when the description changes its meaning


def save_state(path: str | Path, module: nn.Module) -> None:
    """Write parameters and buffers of a module to an .npz; the same give the same bytes.

    The module itself is not written: `load_state` is given one of the same make. Raises what
    `slth.networks.save_network` raises for a path or sizes.
    """
    arrays = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    text = np.array(json.dumps({"format": FORMAT, "names": list(arrays)}))
    write_arrays(path, text, arrays, "module")


def load_state(path: str | Path, module: nn.Module) -> nn.Module:
    """Fill ``module`` with what `save_state` wrote of one of the same make; return it in eval mode.

    Raises FileNotFoundError, or ValueError naming the file when it is damaged, foreign, or of
    other names, shapes or dtypes than the module's.
    """
    with reading(path, "not the state of this module") as held:
        described(held, FORMAT)
        arrays = other_arrays(held)
        _check(arrays, module)
    module.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    return module.eval().requires_grad_(False)


def _check(arrays: dict[str, np.ndarray], module: nn.Module) -> None:
    own = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    if set(own) != set(arrays):
        raise ValueError(f"names {sorted(arrays)}, takes {sorted(own)}")
    for name, value in own.items():
        got = arrays[name]
        if (got.shape, got.dtype) != (value.shape, value.dtype):
            raise ValueError(
                f"{name} of {got.shape} {got.dtype}, takes {value.shape} {value.dtype}"
            )
