"""Where the searches of device "cuda" are tested: on CPU tensors, and on a GPU if there is one."""

import pytest
import torch

from slth import devices as gpu

PLACES = ["cpu tensors", "gpu"]


def use(place, monkeypatch):
    """Let device "cuda" mean ``place``; skip when that is a GPU and there is none."""
    if place == "gpu":
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device here: not run on a GPU")
        return
    monkeypatch.setattr(gpu, "available", lambda: True)
    monkeypatch.setattr(gpu, "place", lambda device: torch.device("cpu"))
