"""Where tensors live: torch is imported when a solver is asked for device "cuda", not before."""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

CPU = "cpu"
CUDA = "cuda"
ASKED = (CPU, CUDA, "auto")  # what a config or a bracket may ask for


def available() -> bool:
    """Whether torch sees a CUDA device."""
    import torch

    return torch.cuda.is_available()


def require(device: str) -> None:
    """Raise ValueError when ``device`` is "cuda" and this machine has no CUDA device."""
    if device != CPU and not available():
        raise ValueError(
            f"device: got {device!r}, this machine has no CUDA device that torch can use "
            "(torch.cuda.is_available() is False); use device='cpu'"
        )


def resolve(device: str, devices: Collection[str]) -> str:
    """Return where a search asked for on ``device`` runs: "auto" takes a GPU where there is one.

    devices: those the solver takes. Only "auto" gives way; what else is asked for is returned.
    """
    if device != "auto":
        return device
    return CUDA if CUDA in devices and available() else CPU


def place(device: str) -> "torch.device":
    """Return the torch device that tensors of a search on ``device`` are put on."""
    import torch

    return torch.device(device)
