"""A pickle is data: whatever it asks to run is refused by name and does not run."""

import contextlib
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slth.networks.pickles import ALLOWED, read_pickle


class Asks:
    """Pickles as a call of ``function`` on ``arguments``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def written(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "batch").write_bytes(data)
    return tmp_path / "batch"


CALLS: dict[str, tuple[Any, ...]] = {
    "system": (os.system, "touch {}"),
    "eval": (eval, "open({!r}, 'w')"),
    "exec": (exec, "open({!r}, 'w')"),
    "open": (open, "{}", "w"),
    "popen": (subprocess.Popen, ["touch", "{}"]),
    "load": (np.load, "{}"),
}


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("name", CALLS)
def test_calls_are_refused_by_name_and_not_made(name: str, protocol: int, tmp_path: Path) -> None:
    function, *words = CALLS[name]
    mark = tmp_path / "mark"
    arguments = [
        [w.format(mark) for w in word] if isinstance(word, list) else word.format(mark)
        for word in words
    ]
    path = written(tmp_path, pickle.dumps({b"data": Asks(function, *arguments)}, protocol))
    with pytest.raises(ValueError, match=r"batch: asks for \S+\.\w+, takes plain data"):
        read_pickle(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "array",
    [np.array([print]), np.array(["text"]), np.zeros(2, "V8"), np.zeros(2, "u1,f4")],
    ids=["objects", "text", "void", "record"],
)
def test_arrays_of_anything_but_numbers_are_refused(array: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes"):
        read_pickle(written(tmp_path, pickle.dumps(array, 2)))


HOSTILE = {
    "class attribute": b"\x80\x02cnumpy\ndtype\n}(U\x08__call__K\x01ub.",
    "slot state": b"\x80\x02cnumpy\ndtype\nN}(U\x08__call__K\x01u\x86b.",
    "a new array": b"\x80\x02cnumpy\nndarray\nK\x01\x85\x81.",
    "an array called": b"\x80\x02cnumpy\nndarray\nK\x01\x85R.",
    "another encoding": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R.",
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.dumps\x93.",
    "a persistent object": b"\x80\x02K\x01Q.",
    "an extension": b"\x80\x02\x82\x01.",
    "a huge string": b"\x80\x02T\xff\xff\xff\x7f.",
    "wrong stack": b"\x80\x02R.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_value_error_that_names_the_file(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, HOSTILE[name])
    with pytest.raises(ValueError, match="batch: "):
        read_pickle(path)


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_is_a_value_error_or_plain_data(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(pickle.dumps({b"data": np.arange(12, dtype=np.uint8), b"labels": [1, 2]}, 2))
    for place in rng.integers(0, len(data), 3):
        data[place] = rng.integers(256)
    with contextlib.suppress(ValueError):  # and nothing else, which would fail here
        assert not callable(read_pickle(written(tmp_path, bytes(data))))


def test_big_endian_arrays_come_back_and_leave_numpy_as_it_was(tmp_path: Path) -> None:
    array = np.arange(5, dtype=">i4")
    assert read_pickle(written(tmp_path, pickle.dumps(array, 2))).tolist() == [0, 1, 2, 3, 4]
    assert np.dtype("i4").newbyteorder("=") == np.dtype("int32")
    assert np.array([1], "i4").tolist() == [1]


def test_the_names_known_are_those_of_arrays() -> None:
    assert {module for module, _ in ALLOWED} == {
        "numpy", "numpy.core.multiarray", "numpy._core.multiarray", "_codecs",
        "numpy.core.numeric", "numpy._core.numeric", "__builtin__",
    }  # fmt: skip
