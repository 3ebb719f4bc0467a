"""Files of data sets and networks: true ones, small, and hostile ones that ask for much memory."""

import gzip
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PARTS = {"train": 7, "t10k": 3}
MIB = 2**20


def idx(array: np.ndarray, sizes: tuple[int, ...] | None = None) -> bytes:
    """An IDX file; sizes: those its header claims."""
    head = np.array(array.shape if sizes is None else sizes, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + head + array.tobytes()


def idx_files(seed: int) -> dict[str, bytes]:
    """The four files of a set of MNIST's shape."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, count in PARTS.items():
        files[f"{part}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (count, 28, 28), np.uint8))
        files[f"{part}-labels-idx1-ubyte"] = idx(rng.integers(0, 10, count, np.uint8))
    return files


def write_idx_set(folder: Path, seed: int, spelling: str = "plain") -> Path:
    """Write a set into a folder; spelling: plain, dotted, gzip."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in idx_files(seed).items():
        name = name.replace("-idx", ".idx") if spelling == "dotted" else name
        zipped = spelling == "gzip"
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(data) if zipped else data)
    return folder


def batch(labels: Any, seed: int = 0, protocol: int = 2, keys: type = bytes) -> bytes:
    """A pickled batch of CIFAR-10."""
    rows = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), np.uint8)
    words = ("data", "labels") if keys is str else (b"data", b"labels")
    return pickle.dumps(dict(zip(words, (rows, labels), strict=True)), protocol)


def write_cifar(folder: Path, labels: Any, protocol: int = 2, keys: type = bytes) -> Path:
    """Write five batches and a test batch."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        (folder / name).write_bytes(batch(labels, seed, protocol, keys))
    return folder


def refused(read: Callable[[Path], Any], path: Path, most: int = 8 * MIB) -> str:
    """Have a file refused by a ValueError that begins with its name, in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (compared below)
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: ")
    assert peak < most + 3 * (path.stat().st_size if path.stat().st_size < 2**30 else 0)
    return str(caught.value)


HEAD = bytes([0, 0, 8, 3])
ZEROS = gzip.compress(bytes(2**25), 9)  # 32 MiB in 32 KiB


def sized(*sizes: int) -> bytes:
    """The header of an IDX file."""
    return bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


HOSTILE_IDX: dict[str, bytes] = {
    "a bomb": gzip.compress(sized(2, 28, 28) + bytes(2**25)),
    "a bomb of many members": gzip.compress(sized(2, 28, 28)) + ZEROS * 64,
    "a header of 2^40": sized(2**20, 2**10, 2**10) + bytes(64),
    "a header of 2^96": sized(2**32 - 1, 2**32 - 1, 2**32 - 1),
    "a header of 2^40, gzipped": gzip.compress(sized(2**20, 2**10, 2**10) + bytes(64)),
    "empty members": gzip.compress(b"", mtime=0) * 100_000,
    "padding": gzip.compress(sized(2, 28, 28)) + bytes(2**23),
    "a long name": b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 2**23,
}


def text(word: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(word)) + word


def doubled(kind: bytes, times: int = 60) -> bytes:
    """A value whose parts, written out, are 2^times: each holds the one before twice."""
    return kind + b"q\x00" + b"h\x00\x86q\x00" * times


DTYPE = b"cnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87R"
EMPTY = b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
PLAIN_STATE = b"(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
MEGABYTE = b"q\x01".join([text(b"a" * MIB), b""])


def array_of(shape: bytes, state: bytes = PLAIN_STATE, content: bytes = b"C\x02ab") -> bytes:
    return EMPTY + b"(K\x01" + shape + DTYPE + state + b"\x89" + content + b"tb"


ONE_IMAGE = array_of(b"K\x01M\x00\x0c\x86", content=b"B\x00\x0c\x00\x00" + bytes(3072))

HOSTILE_PICKLES: dict[str, bytes] = {
    "memo of 2^31": b"\x80\x02K\x01r\xff\xff\xff\x7f.",
    "text of 2^62": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"a.",
    "bytes of 2^40": b"\x80\x05\x8e" + struct.pack("<Q", 2**40) + b"a.",
    "bytearray of 2^33": b"\x80\x05\x96" + struct.pack("<Q", 2**33) + b"a.",
    "bytearray of 2^62": b"\x80\x05\x96" + struct.pack("<Q", 2**62) + b"a.",
    "frame of 2^62": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"K\x01",
    "a buffer": b"\x80\x05\x97.",
    "digits": b"I" + b"9" * 100_000 + b"\n.",
    "many instructions": b"\x80\x02" + b"]" * 140_000 + b".",
    "marks": b"\x80\x02" + b"(" * 140_000 + b".",
    "deep lists": b"\x80\x02" + b"]" * 60_000 + b"a" * 59_999 + b".",
    "encoded again and again": b"\x80\x02](c_codecs\nencode\nq\x02"
    + text(b"latin1") + b"q\x03" + MEGABYTE
    + b"h\x02h\x01h\x03\x86R" * 5000 + b"e.",
    "keys of tuples": b"\x80\x02}" + doubled(b")") + b"K\x01s.",
    "labels of labels": b"\x80\x02}(" + text(b"data") + ONE_IMAGE
    + text(b"labels") + doubled(b"]") + b"u.",
    "a shape beyond the bytes": b"\x80\x02" + array_of(b"J\xff\xff\xff\x7fK\x02\x86") + b".",
    "a negative size": b"\x80\x02" + array_of(b"J\xff\xff\xff\xffJ\xfe\xff\xff\xff\x86") + b".",
    "a size of 2^400": b"\x80\x02" + array_of(b"\x8a\x33" + bytes(50) + b"\x01\x85") + b".",
    "a shape that is a list": b"\x80\x02" + array_of(b"](K\x02e") + b".",
    "a dtype with fields": b"\x80\x02"
    + array_of(b"K\x02\x85", b"(K\x03X\x01\x00\x00\x00|N" + text(b"f") + b"\x85}"
               + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb") + b".",
    "a dtype of objects by its flags": b"\x80\x02"
    + array_of(b"K\x02\x85", b"(K\x03X\x01\x00\x00\x00|NNNK\x08K\x08K\x3ftb") + b".",
    "a dtype of another size": b"\x80\x02"
    + array_of(b"K\x02\x85", b"(K\x03X\x01\x00\x00\x00|NNN"
               + b"J\x00\x00\x10\x00J\xff\xff\xff\xffK\x00tb")
    + b".",
    "a dtype with a part": b"\x80\x02"
    + array_of(b"K\x02\x85", b"(K\x03X\x01\x00\x00\x00|K\x01K\x02\x86NN"
               + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")
    + b".",
    "an array of objects": pickle.dumps({"data": np.array([{}, []], object)}, 2),
    "an array of dates": pickle.dumps({"data": np.array([0], "M8[s]")}, 5),
    "an array twice set": b"\x80\x02" + array_of(b"K\x02\x85") + b"(K\x01tb.",
    "an array used before it is set": b"\x80\x02]" + EMPTY + b"a.",
    "a list that is called": b"\x80\x02])R.",
    "a state of a list": b"\x80\x02]}b.",
    "a class made": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "a class of the reader": b"\x80\x02cslth.networks.pickles\nName\n)R.",
    "an instance": b"\x80\x02(ios\nsystem\n.",
    "an object": b"(cos\nsystem\nX\x04\x00\x00\x00trueo.",
}  # fmt: skip


def npy(shape: str, descr: str = "'<f8'", content: bytes = bytes(8)) -> bytes:
    """A member of an .npz with any header."""
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content


LINEAR = '{"format": "slth network 1", "networks": {"network": [{"type": "Linear"}]}}'
TEXT = npy("()", f"'<U{len(LINEAR)}'", LINEAR.encode("utf-32-le"))


def described(words: str) -> bytes:
    return npy("()", f"'<U{len(words)}'", words.encode("utf-32-le"))


def zipped(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, data in members.items():
            file.writestr(name, data)


def overlapping(path: Path) -> None:
    """A thousand members that are all the same bytes of the file."""
    zipped(path, {"a.npy": npy("(131072,)", content=bytes(MIB))})
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", data[end + 16 : end + 20])[0]
    entry = data[start:end]
    table = b"".join(entry.replace(b"a.npy", b"%05d" % i) for i in range(1000))
    tail = data[end : end + 8] + struct.pack("<2H2L", 1000, 1000, len(table), start) + b"\0\0"
    path.write_bytes(data[:start] + table + tail)


HOSTILE_ARCHIVES: dict[str, Callable[[Path], None]] = {
    "compressed zeros": lambda path: zipped(
        path, {"description.npy": TEXT, "0.0.weight.npy": npy("(4194304,)", content=bytes(2**25))},
        zipfile.ZIP_DEFLATED,
    ),
    "shape of 2^40": lambda path: zipped(
        path, {"description.npy": TEXT, "0.0.weight.npy": npy("(1048576, 1048576)")}
    ),
    "shape of no bytes": lambda path: zipped(
        path, {"description.npy": TEXT, "0.0.weight.npy": npy(f"({2**60},)", "'<U0'", b"")}
    ),
    "negative shape": lambda path: zipped(
        path, {"description.npy": TEXT, "0.0.weight.npy": npy("(-1, -1)")}
    ),
    "objects": lambda path: zipped(
        path, {"description.npy": TEXT, "0.0.weight.npy": npy("(1,)", "'|O'")}
    ),
    "deep header": lambda path: zipped(path, {"description.npy": npy("(" * 9000)}),
    "deep description": lambda path: zipped(
        path, {"description.npy": described("[" * 100_000)}
    ),
    "long description": lambda path: zipped(
        path, {"description.npy": described("[" + "[]," * 2_000_000 + "0]")}
    ),
    "digits": lambda path: zipped(path, {"description.npy": described("9" * 100_000)}),
    "overlapping members": overlapping,
    "sparse": lambda path: sparse(path, b"PK\x03\x04", 2**36),
    "zeros": lambda path: sparse(path, b"", 2**31),
}  # fmt: skip


def sparse(path: Path, start: bytes, size: int) -> None:
    """A file of zeros that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
