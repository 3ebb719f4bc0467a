"""Data sets from files: true formats read exactly, damage named with where to get the file."""

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from slth.data_files import FILE_SETS, find_files
from slth.networks import load_data_set
from slth.networks.cifar import read_cifar_batch
from slth.networks.idx import read_idx

RNG = np.random.default_rng(0)
IMAGES = {True: RNG.integers(0, 256, (7, 28, 28), np.uint8), False: np.zeros((3, 28, 28), np.uint8)}
LABELS = {True: np.arange(7, dtype=np.uint8), False: np.array([9, 0, 4], np.uint8)}
RECORDS = RNG.integers(0, 256, (4, 3072), np.uint8)
COLOURS = [3, 0, 9, 3]


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.tobytes()


def write_mnist(folder: Path, zipped: bool = False, dotted: bool = False) -> Path:
    for train, part in ((True, "train"), (False, "t10k")):
        for word, array in (("images-idx3", IMAGES[train]), ("labels-idx1", LABELS[train])):
            name = f"{part}-{word}-ubyte"
            name = name.replace("-idx", ".idx") if dotted else name
            data = gzip.compress(idx(array)) if zipped else idx(array)
            (folder / (name + ".gz" * zipped)).write_bytes(data)
    return folder


def python2_pickle(rows: np.ndarray, labels: list[int]) -> bytes:
    """A batch as Python 2 and an old numpy wrote it: protocol 2, byte strings, numpy.core."""

    def short(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    def long(text: bytes) -> bytes:
        return b"T" + len(text).to_bytes(4, "little") + text

    shape = b"".join(b"M" + size.to_bytes(2, "little") for size in rows.shape) + b"\x86"
    dtype = b"cnumpy\ndtype\n" + short(b"u1") + b"K\x00K\x01\x87R"
    dtype += b"(K\x03" + short(b"|") + b"NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + short(b"b")
    array += b"\x87R(K\x01" + shape + dtype + b"\x89" + long(rows.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}(" + short(b"batch_label") + short(b"training batch")
        + short(b"labels") + numbers + short(b"data") + array + b"u."
    )  # fmt: skip


def binary(rows: np.ndarray, labels: list[int]) -> bytes:
    return np.column_stack([np.array(labels, np.uint8), rows]).tobytes()


BATCHES: dict[str, Callable[[np.ndarray, list[int]], bytes]] = {
    "": python2_pickle,
    ".bin": binary,
}


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize(("zipped", "dotted"), [(False, False), (True, False), (True, True)])
def test_idx_sets_are_read_exactly(name: str, zipped: bool, dotted: bool, tmp_path: Path) -> None:
    folder = tmp_path / name  # which says whose files these are: nobody published them
    folder.mkdir()
    data = load_data_set(name, folder=write_mnist(folder, zipped, dotted))
    assert data.input_shape == (1, 28, 28)
    assert (data.classes, data.train_images.dtype) == (10, torch.float64)
    pixels = torch.from_numpy(IMAGES[True] + 0.0)
    torch.testing.assert_close((data.train_images[:, 0] + 1) * 127.5, pixels, rtol=0, atol=1e-12)
    assert data.train_labels.tolist() == LABELS[True].tolist()
    assert data.held_out_labels.tolist() == LABELS[False].tolist()
    assert float(data.held_out_images.max()) == -1.0


@pytest.mark.parametrize("subfolder", ["", "cifar-10-batches"])
@pytest.mark.parametrize("suffix", BATCHES)
def test_cifar_is_read_exactly(suffix: str, subfolder: str, tmp_path: Path) -> None:
    kind = {"": "-py", ".bin": "-bin"}[suffix]
    folder = tmp_path / (subfolder + kind if subfolder else "")
    folder.mkdir(exist_ok=True)
    for i in range(1, 6):
        rows = np.roll(RECORDS, i, axis=0)
        (folder / f"data_batch_{i}{suffix}").write_bytes(BATCHES[suffix](rows, COLOURS))
    (folder / f"test_batch{suffix}").write_bytes(BATCHES[suffix](RECORDS, COLOURS))
    data = load_data_set("cifar10", folder=tmp_path)
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.train_labels.tolist() == COLOURS * 5
    pixels = torch.from_numpy(RECORDS.reshape(4, 3, 32, 32) + 0.0)
    torch.testing.assert_close((data.held_out_images + 1) * 127.5, pixels, rtol=0, atol=1e-12)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_today_are_read(protocol: int, tmp_path: Path) -> None:
    content = {b"data": RECORDS, b"labels": COLOURS, "filenames": ["a.png"] * 4}
    (tmp_path / "batch").write_bytes(pickle.dumps(content, protocol))
    images, labels = read_cifar_batch(tmp_path / "batch")
    assert np.array_equal(images.reshape(4, -1), RECORDS)
    assert labels.tolist() == COLOURS


def test_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"folder.*mnist.*https"):
        load_data_set("mnist")


@pytest.mark.parametrize("name", FILE_SETS)
def test_missing_file_is_named_with_its_home(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load_data_set(name, folder=tmp_path)
    assert FILE_SETS[name].home in str(caught.value)
    assert FILE_SETS[name].parts[0][0][0] in str(caught.value)
    if name == "mnist":
        (write_mnist(tmp_path) / "t10k-labels-idx1-ubyte").unlink()
        with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte"):
            find_files(name, tmp_path)


GOOD = idx(IMAGES[True])
IDX_FAULTS = {
    "empty": (b"", "00000803"),
    "wrong magic": (b"\x00\x00\x09\x03" + GOOD[4:], "00000903.*00000803"),
    "labels for images": (idx(LABELS[True]), "00000801.*00000803"),
    "short header": (GOOD[:9], "9 bytes.*16"),
    "truncated": (GOOD[:-5], r"\d+ bytes.*7×28×28"),
    "too long": (GOOD + b"\x00", r"\d+ bytes.*7×28×28"),
    "html": (b"<html>404</html>", "3c68746d"),
    "cut gzip": (gzip.compress(GOOD)[:-9], "gzip"),
    "wrong gzip": (b"\x1f\x8b" + b"\x00" * 30, "gzip"),
    "corrupt gzip": (gzip.compress(GOOD)[:40] + b"\xff" * 60, "gzip"),
}


@pytest.mark.parametrize("fault", IDX_FAULTS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_damaged_idx_is_named(fault: str, suffix: str, tmp_path: Path) -> None:
    data, words = IDX_FAULTS[fault]
    path = tmp_path / f"train-images-idx3-ubyte{suffix}"
    path.write_bytes(data)
    zipped = data[:2] == b"\x1f\x8b"
    with pytest.raises(ValueError, match=words if zipped or not suffix else "1f8b") as caught:
        read_idx(path, 3, "https://home")
    assert str(path) in str(caught.value)
    assert "https://home" in str(caught.value)


def test_images_and_labels_that_do_not_fit_are_named(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(idx(LABELS[True][:-1]))
    with pytest.raises(ValueError, match="train-images"):
        load_data_set("mnist", folder=tmp_path)
    labels.write_bytes(idx(LABELS[True] + np.uint8(200)))
    with pytest.raises(ValueError, match=r"train-labels.*206"):
        load_data_set("mnist", folder=tmp_path)


WHOLE, PLAIN = python2_pickle(RECORDS, COLOURS), {b"data": RECORDS, b"labels": COLOURS}
BATCH_FAULTS = {
    "empty": (b"", "pickle"),
    "truncated": (WHOLE[:-100], "pickle"),
    "html": (b"<html>404</html>", "pickle"),
    "a list": (pickle.dumps([1]), "list.*dict"),
    "no data": (pickle.dumps({b"labels": COLOURS}), "NoneType.*3072"),
    "other data": (pickle.dumps({**PLAIN, b"data": RECORDS[:, :9]}), r"\(4, 9\).*3072"),
    "floats": (pickle.dumps({**PLAIN, b"data": RECORDS / 2}), "float64.*uint8"),
    "few labels": (pickle.dumps({**PLAIN, b"labels": [1]}), "labels"),
    "foreign label": (pickle.dumps({**PLAIN, b"labels": [1, 2, 3, 10]}), "10"),
}


@pytest.mark.parametrize("fault", BATCH_FAULTS)
def test_damaged_batch_is_named(fault: str, tmp_path: Path) -> None:
    data, words = BATCH_FAULTS[fault]
    path = tmp_path / "data_batch_1"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=words) as caught:
        read_cifar_batch(path, "https://home")
    assert str(path) in str(caught.value)
    assert "https://home" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\x01" * 3072, b"\x0a" + b"\x00" * 3072])
def test_damaged_binary_batch_is_named(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(data)
    with pytest.raises(ValueError, match=r"test_batch\.bin.*https://home"):
        read_cifar_batch(tmp_path / "test_batch.bin", "https://home")
