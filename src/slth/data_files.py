"""Data sets that are read from files: which files, in what shape, and where to get them.

MNIST and Fashion-MNIST come in files of the same names. A file is known by the SHA-256 of its
content, as published, whatever its name; files that nobody published, by the name of their folder.
"""

import contextlib
import hashlib
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from slth.bounded import GZIP, inflate, read_bytes

LARGEST = 2**27  # bytes of a data file, inflated: 171 196 images of 28 × 28


@dataclass(frozen=True)
class FileSet:
    """Files of a data set. parts: (training, test), each a tuple of alternative names a file.

    folders: where they may lie under the folder given, torchvision's first. shape: (c, D, D) of an
    image. home: where the files come from.
    """

    parts: tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]
    folders: tuple[str, ...]
    shape: tuple[int, int, int]
    classes: int
    home: str


def _idx(name: str) -> tuple[str, ...]:
    """The spellings under which an IDX file is handed on, gzipped or not."""
    plain = (name, name.replace("-idx", ".idx"))
    return (*plain, *(f"{word}.gz" for word in plain))


_TRAIN = (_idx("train-images-idx3-ubyte"), _idx("train-labels-idx1-ubyte"))
_TEST = (_idx("t10k-images-idx3-ubyte"), _idx("t10k-labels-idx1-ubyte"))
_BATCHES = tuple((f"data_batch_{i}", f"data_batch_{i}.bin") for i in range(1, 6))

FILE_SETS: dict[str, FileSet] = {
    "mnist": FileSet(
        (_TRAIN, _TEST),
        ("MNIST/raw", "MNIST", "mnist", "raw", ""),
        (1, 28, 28),
        10,
        "https://yann.lecun.com/exdb/mnist/",
    ),
    "fashion-mnist": FileSet(
        (_TRAIN, _TEST),
        ("FashionMNIST/raw", "FashionMNIST", "fashion-mnist", "raw", ""),
        (1, 28, 28),
        10,
        "https://github.com/zalandoresearch/fashion-mnist",
    ),
    "cifar10": FileSet(
        (_BATCHES, (("test_batch", "test_batch.bin"),)),
        ("", "cifar-10-batches-py", "cifar-10-batches-bin"),
        (3, 32, 32),
        10,
        "https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
}

TWINS = ("mnist", "fashion-mnist")  # in files of the same names

# SHA-256 of the published files, not gzipped. torchvision (datasets/mnist.py) has the MD5 of the
# gzipped ones, which these came out of.
PUBLISHED: dict[str, tuple[str, str]] = {
    sha: (name, word[0])
    for name, sums in {
        "mnist": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        "fashion-mnist": (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    }.items()
    for sha, word in zip(sums, _TRAIN + _TEST, strict=True)
}


def find_files(name: str, folder: str | Path | None) -> tuple[list[Path], list[Path]]:
    """Return the (training, test) files of a data set, of the first folder that holds them all.

    Of several spellings in one folder it is the published one, else the first. Raises TypeError or
    ValueError for no folder, ValueError for two spellings with different content of which neither
    was published, and FileNotFoundError naming the first file that is missing, the spellings looked
    for and where to get it.
    """
    files = FILE_SETS[name]
    if folder is None:
        raise ValueError(
            f"folder: got None, takes the folder that holds the files of {name} ({files.home})"
        )
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"folder: got {type(folder).__name__}, takes a path")
    places = [Path(folder, inner) for inner in files.folders]
    words = files.parts[0] + files.parts[1]
    found = [[_spellings(place, each) for each in words] for place in places]
    best = max(range(len(places)), key=lambda i: (sum(map(bool, found[i])), not files.folders[i]))
    for inner, lists in zip(files.folders, found, strict=True):
        if all(lists):
            own = inner not in ("", "raw") or name not in TWINS
            chosen = [paths[0] if own else _choice(name, paths) for paths in lists]
            return chosen[: len(files.parts[0])], chosen[len(files.parts[0]) :]
    missing = words[[bool(paths) for paths in found[best]].index(False)]
    elsewhere = ", ".join(word for word in files.folders if word)
    raise FileNotFoundError(
        f"{places[best] / missing[0]}: missing, and so is {', '.join(missing[1:])}; {name} needs "
        f"one of them, beside its other files, in {folder} or its {elsewhere}; get it from "
        f"{files.home}"
    )


def identify(name: str, files: Iterable[Path], sums: Iterable[str]) -> None:
    """Raise ValueError naming a file that is another one than ``name``'s by its SHA-256.

    sums: of the contents, one a file. Where no file of the set was published, the folder decides:
    one called MNIST, Fashion-MNIST or fashion holds what it says, any other holds MNIST. So no
    files answer to two names.
    """
    known = {path: PUBLISHED.get(sha) for path, sha in zip(files, sums, strict=True)}
    for path, found in known.items():
        if found and found != (name, _role(path)):
            raise ValueError(
                f"{path}: is {found[1]} of {found[0]} by its SHA-256, takes {_role(path)} of "
                f"{name}; get it from {FILE_SETS[name].home}"
            )
    if name not in TWINS or any(known.values()):
        return
    path = next(iter(known))
    said = _said(path)
    if said != name:
        raise ValueError(
            f"{path}: taken for {said}, not {name}: its SHA-256 is of no published file, and its "
            f"folder is called {path.parent.resolve().name!r}; put it into a folder "
            f"{' or '.join(FILE_SETS[name].folders[:3])}, or ask for {said}"
        )


def check_files(name: str, folder: str | Path | None) -> None:
    """Raise what `find_files` and `identify` raise; read the test part alone where it says enough.

    Cost: a hundredth of a second for published files.
    """
    train, test = find_files(name, folder)
    if name not in TWINS:
        return
    seen = test
    if _said(test[0]) != name and not any(content_digest(path) in PUBLISHED for path in test):
        seen = train + test
    identify(name, seen, map(content_digest, seen))


def content_digest(path: Path) -> str:
    """Return the SHA-256 of what a file stands for, gzipped or not; of its bytes when damaged.

    Raises ValueError when it is too large. Cost: one pass, memory of its content.
    """
    found = path.stat()
    return _digest(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int) -> str:
    data = read_bytes(path, LARGEST)
    if data.startswith(GZIP):
        with contextlib.suppress(EOFError, ValueError, zlib.error):
            data = inflate(data, LARGEST)
    return hashlib.sha256(data).hexdigest()


def _spellings(place: Path, words: tuple[str, ...]) -> list[Path]:
    return [place / word for word in words if (place / word).is_file()]


def _choice(name: str, paths: list[Path]) -> Path:
    """The one of several spellings that holds the data set asked for."""
    if len(paths) == 1:
        return paths[0]
    sums = {path: content_digest(path) for path in paths}
    wanted = [path for path in paths if PUBLISHED.get(sums[path]) == (name, _role(path))]
    unknown = [path for path in paths if sums[path] not in PUBLISHED]
    if not wanted and len({sums[path] for path in unknown}) > 1:
        raise ValueError(
            f"{unknown[0]}: differs from {unknown[1].name} beside it, and neither is the published "
            f"file of {name}; keep one of them"
        )
    return [*wanted, *unknown, *paths][0]


def _role(path: Path) -> str:
    """The name of an IDX file in its first spelling."""
    return path.name.removesuffix(".gz").replace(".idx", "-idx")


def _said(path: Path) -> str:
    """The data set that a folder's name says; MNIST, whose file names these are, if none."""
    folder = path.parent.resolve()
    word = (folder.parent if folder.name == "raw" else folder).name.lower()
    fashion = word.replace("-", "").replace("_", "").replace(" ", "") in ("fashionmnist", "fashion")
    return "fashion-mnist" if fashion else "mnist"
