"""Image data sets in [-1, 1], split once by seed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from slth import checks, seeding

Raw = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class DataSet:
    """A split data set: images (m, c, D, D) float64 in [-1, 1], labels (m,) int64."""

    name: str
    train_images: Tensor
    train_labels: Tensor
    held_out_images: Tensor
    held_out_labels: Tensor
    classes: int

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape (c, D, D) of one image."""
        c, height, width = self.train_images.shape[1:]
        return c, height, width


def digits() -> Raw:
    """1797 handwritten digits, 8×8, ten classes, shipped with scikit-learn: nothing to download.

    Pixels 0..16 map to [-1, 1] by x / 8 − 1, exactly. Source: Alpaydin, Kaynak (UCI, 1998).
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    return raw.images[:, None] / 8.0 - 1.0, raw.target


# name: function that returns images (m, c, D, D) in [-1, 1] and labels (m,) in 0..classes−1
DATA_SETS: dict[str, Callable[[], Raw]] = {"digits": digits}


def load_data_set(name: str = "digits", *, held_out: float = 0.25, seed: int = 0) -> DataSet:
    """Return a registered data set with the share ``held_out`` of every class held out.

    The split depends on (name, seed) alone. Raises ValueError/TypeError for an unknown name, a
    share outside (0, 1), or one that leaves a class without a training or held-out image.
    """
    images, labels = DATA_SETS[checks.choice("name", name, DATA_SETS)]()
    train, held = _split(labels, _share(held_out), seed, name)
    pixels = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float64))
    targets = torch.from_numpy(np.ascontiguousarray(labels, dtype=np.int64))
    return DataSet(
        name, pixels[train], targets[train], pixels[held], targets[held], int(labels.max()) + 1
    )


def _split(labels: np.ndarray, share: float, seed: int, name: str) -> tuple[Tensor, Tensor]:
    held = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = round(share * len(members))
        if not 0 < count < len(members):
            raise ValueError(
                f"held_out: got {share}, which leaves class {label} with {count} of "
                f"{len(members)} images held out; takes a share that leaves both parts some"
            )
        order = seeding.generator(seed, "split", name, int(label)).permutation(members)
        held[order[:count]] = True
    return torch.from_numpy(np.flatnonzero(~held)), torch.from_numpy(np.flatnonzero(held))


def _share(held_out: float) -> float:
    share = checks.positive("held_out", held_out)
    if share >= 1:
        raise ValueError(f"held_out: got {held_out!r}, takes a share in (0, 1)")
    return share
