"""Data sets that are read from files: which files, in what shape, and where to get them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileSet:
    """Files of a data set. parts: (training, test), each a tuple of names or of alternatives.

    shape: (c, D, D) of an image. counts: images in the two parts, None where files say. home:
    where the files come from.
    """

    parts: tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]
    shape: tuple[int, int, int]
    classes: int
    home: str


def _idx(name: str) -> tuple[str, ...]:
    """The spellings under which an IDX file is handed on, gzipped or not."""
    plain = (name, name.replace("-idx", ".idx"))
    return (*plain, *(f"{word}.gz" for word in plain))


_TRAIN = (_idx("train-images-idx3-ubyte"), _idx("train-labels-idx1-ubyte"))
_TEST = (_idx("t10k-images-idx3-ubyte"), _idx("t10k-labels-idx1-ubyte"))


def _batch(name: str) -> tuple[str, ...]:
    folders = ("", "cifar-10-batches-py/", "cifar-10-batches-bin/")
    return tuple(f"{folder}{word}" for folder in folders for word in (name, f"{name}.bin"))


FILE_SETS: dict[str, FileSet] = {
    "mnist": FileSet((_TRAIN, _TEST), (1, 28, 28), 10, "https://yann.lecun.com/exdb/mnist/"),
    "fashion-mnist": FileSet(
        (_TRAIN, _TEST), (1, 28, 28), 10, "https://github.com/zalandoresearch/fashion-mnist"
    ),
    "cifar10": FileSet(
        (tuple(_batch(f"data_batch_{i}") for i in range(1, 6)), (_batch("test_batch"),)),
        (3, 32, 32),
        10,
        "https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
}


def find_files(name: str, folder: str | Path | None) -> tuple[list[Path], list[Path]]:
    """Return the (training, test) files of a data set, the first spelling that exists of each.

    Raises ValueError when no folder is given, and FileNotFoundError naming the first file that is
    missing, the spellings looked for and where to get it.
    """
    files = FILE_SETS[name]
    if folder is None:
        raise ValueError(
            f"folder: got None, takes the folder that holds the files of {name} ({files.home})"
        )
    train, test = ([_first(name, Path(folder), words) for words in part] for part in files.parts)
    return train, test


def _first(name: str, folder: Path, words: tuple[str, ...]) -> Path:
    for word in words:
        if (folder / word).is_file():
            return folder / word
    raise FileNotFoundError(
        f"{folder / words[0]}: missing, and so is {', '.join(words[1:])}; {name} needs one of "
        f"them in its folder; get it from {FILE_SETS[name].home}"
    )
