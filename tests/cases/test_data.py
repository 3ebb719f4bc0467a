"""Data files: known by what they hold, read in every spelling, refused by name when hostile."""

import gzip
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from slth import data_files, frames
from slth.bounded import inflate, read_json
from slth.configuration import ConfigError, check
from slth.networks import load_data_set, load_network, save_network
from slth.networks.architectures import build_dense_network
from slth.networks.cifar import read_cifar_batch
from slth.networks.idx import read_idx
from slth.networks.pickles import read_pickle
from tests.networks import data_cases as cases
from tests.project.encodings import unspecified
from tests.sweeps import swept

ROOT = Path(__file__).parents[2]
TWINS = ("mnist", "fashion-mnist")


def publish(monkeypatch: pytest.MonkeyPatch, name: str, seed: int) -> None:
    """Have the files of a seed be the published ones of a data set."""
    for role, data in cases.idx_files(seed).items():
        monkeypatch.setitem(data_files.PUBLISHED, hashlib.sha256(data).hexdigest(), (name, role))


@pytest.mark.parametrize("spelling", ["plain", "dotted", "gzip"])
@pytest.mark.parametrize("order", [TWINS, TWINS[::-1]])
def test_case_07_one_folder_does_not_answer_to_two_names(
    order: tuple[str, str], spelling: str, tmp_path: Path
) -> None:
    folder = cases.write_idx_set(tmp_path / "dd", 0, spelling)
    taken = []
    for name in order:
        try:
            taken.append(load_data_set(name, folder=folder).name)
        except ValueError as error:
            assert str(error).startswith(str(folder))  # noqa: PT017 (either is right, not both)
            assert "taken for mnist, not fashion-mnist" in str(error)  # noqa: PT017
    assert taken == ["mnist"]


@pytest.mark.parametrize("name", ["Fashion-MNIST", "fashion_mnist", "FashionMNIST/raw", "fashion"])
def test_case_07_a_folder_that_says_fashion_holds_no_mnist(name: str, tmp_path: Path) -> None:
    folder = cases.write_idx_set(tmp_path / name, 0)
    assert load_data_set("fashion-mnist", folder=folder).name == "fashion-mnist"
    with pytest.raises(ValueError, match="taken for fashion-mnist, not mnist"):
        load_data_set("mnist", folder=folder)


def test_case_07_published_files_are_known_under_any_spelling_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seed, spelling in (("mnist", 1, "gzip"), ("fashion-mnist", 2, "plain")):
        publish(monkeypatch, name, seed)
        cases.write_idx_set(tmp_path, seed, spelling)
    first, second = (load_data_set(name, folder=tmp_path) for name in TWINS)
    assert not torch.equal(first.train_images, second.train_images)
    assert first.digest != second.digest
    alone = cases.write_idx_set(tmp_path / "alone", 1)
    assert load_data_set("mnist", folder=alone).digest == first.digest
    with pytest.raises(ValueError, match=r"is train-images-idx3-ubyte of mnist by its SHA-256"):
        load_data_set("fashion-mnist", folder=alone)


def test_case_07_a_published_file_in_another_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "mnist", 1)
    publish(monkeypatch, "fashion-mnist", 2)
    folder = cases.write_idx_set(tmp_path / "mnist", 1)
    for name, seed, role in (
        ("train-labels-idx1-ubyte", 2, "train-labels-idx1-ubyte"),
        ("train-images-idx3-ubyte", 1, "t10k-images-idx3-ubyte"),
    ):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(cases.idx_files(seed)[role])
        with pytest.raises(ValueError, match=rf"{name}: (is {role}|holds)"):
            load_data_set("mnist", folder=tmp_path)
        (folder / name).write_bytes(whole)
    assert load_data_set("mnist", folder=tmp_path).train_labels.shape == (7,)


def test_case_07_two_spellings_that_nobody_published_are_not_chosen_between(tmp_path: Path) -> None:
    cases.write_idx_set(cases.write_idx_set(tmp_path, 1), 1, "gzip")
    assert len(load_data_set("mnist", folder=tmp_path).train_labels) == 7  # the same twice
    cases.write_idx_set(tmp_path, 2, "gzip")
    with pytest.raises(ValueError, match=r"differs from train-images-idx3-ubyte\.gz beside it"):
        load_data_set("mnist", folder=tmp_path)


def test_case_07_another_set_is_a_fault_of_the_config(tmp_path: Path) -> None:
    folder = cases.write_idx_set(tmp_path / "dd", 0)
    with pytest.raises(ConfigError) as caught:
        check({"data_folder": str(folder), "learned": {"data": "fashion-mnist"}})
    (line,) = caught.value.faults
    assert line.startswith("learned.data: ")
    assert "taken for mnist" in line
    assert check({"data_folder": str(folder), "learned": {"data": "mnist"}})


def test_the_published_sums_are_eight_of_two_sets() -> None:
    assert len(data_files.PUBLISHED) == 8
    assert len(set(data_files.PUBLISHED.values())) == 8
    assert all(len(sha) == 64 for sha in data_files.PUBLISHED)


def test_case_38_folders_of_torchvision_are_found(tmp_path: Path) -> None:
    cases.write_idx_set(cases.write_idx_set(tmp_path / "MNIST/raw", 1), 1, "gzip")
    cases.write_idx_set(tmp_path / "FashionMNIST/raw", 2, "gzip")
    cases.write_cifar(tmp_path / "cifar-10-batches-py", [3, 1, 9])
    sets = {name: load_data_set(name, folder=tmp_path) for name in (*TWINS, "cifar10")}
    assert len({found.digest for found in sets.values()}) == 3
    assert not torch.equal(sets["mnist"].train_images, sets["fashion-mnist"].train_images)
    for folder in ("MNIST", "MNIST/raw"):
        again = load_data_set("mnist", folder=str(tmp_path / folder))
        assert again.digest == sets["mnist"].digest


def test_case_38_a_set_is_taken_from_one_folder(tmp_path: Path) -> None:
    raw = cases.write_idx_set(tmp_path / "MNIST/raw", 1)
    (raw / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"MNIST/raw/t10k-labels-idx1-ubyte"):
        load_data_set("mnist", folder=tmp_path)
    cases.write_idx_set(tmp_path, 2)
    assert load_data_set("mnist", folder=tmp_path).train_images[0, 0, 0, 0] != 0


@pytest.mark.parametrize("folder", [3, b"x", ["data"]])
def test_a_folder_that_is_no_path_is_named(folder: object) -> None:
    with pytest.raises(TypeError, match=r"^folder: got"):
        load_data_set("mnist", folder=folder)  # type: ignore[arg-type]


def test_digest_is_of_the_content(tmp_path: Path) -> None:
    plain, gzipped, other = (
        load_data_set("mnist", folder=cases.write_idx_set(tmp_path / name, seed, spelling)).digest
        for name, seed, spelling in (("a", 1, "plain"), ("b", 1, "gzip"), ("c", 2, "plain"))
    )
    assert plain == gzipped != other
    assert len(load_data_set("digits").digest) == 64


LABELS = {
    "list": [3, 0, 9],
    "tuple": (3, 0, 9),
    "bytes": np.array([3, 0, 9], np.uint8),
    "int64": np.array([3, 0, 9]),
    "big-endian": np.array([3, 0, 9], ">i2"),
    "column": np.array([[3], [0], [9]], np.uint32),
    "numbers of numpy": list(np.array([3, 0, 9])),
}


@pytest.mark.parametrize("keys", [bytes, str])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_batches_of_every_protocol_and_kind_of_labels(
    protocol: int, labels: str, keys: type, tmp_path: Path
) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(cases.batch(LABELS[labels], 0, protocol, keys))
    images, found = read_cifar_batch(path)
    assert found.tolist() == [3, 0, 9]
    assert found.dtype == np.int64
    rows = np.random.default_rng(0).integers(0, 256, (3, 3072), np.uint8)
    assert np.array_equal(images.reshape(3, -1), rows)


def test_a_batch_as_numpy_1_wrote_it(tmp_path: Path) -> None:
    for protocol in (2, 5):
        data = cases.batch(np.array([1, 2]), 0, protocol)
        old = data.replace(b"numpy._core", b"numpy.core").replace(
            b"\x8c\x13numpy", b"\x8c\x12numpy"
        )
        old = old.replace(b"\x8c\x16numpy.core.m", b"\x8c\x15numpy.core.m")
        if protocol == 5:  # its frame is one or two bytes shorter, of which nothing depends
            assert old != data
        (tmp_path / "batch").write_bytes(old)
        assert read_cifar_batch(tmp_path / "batch")[1].tolist() == [1, 2]


def test_arrays_in_any_order_come_back(tmp_path: Path) -> None:
    array = np.arange(12, dtype=">u2").reshape(3, 4)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for given in (array, np.asfortranarray(array), array.T[::2], array[:0], np.float64(2)):
            (tmp_path / "p").write_bytes(pickle.dumps([given, given], protocol))
            first, second = read_pickle(tmp_path / "p")
            assert np.array_equal(first, given)
            assert np.array_equal(second, given)


BAD_LABELS = {
    "floats": np.array([1.0, 2.0]),
    "truths": np.array([True, False]),
    "truths in a list": [True, False],
    "two columns": np.array([[1, 2], [3, 4]]),
    "beyond int64": np.array([1, 2**64 - 1], np.uint64),
    "a huge integer": [1, 10**30],
    "an integer of 5000 digits": [1, 10**5000],
    "negative": np.array([1, -1], np.int8),
    "ten": [1, 10],
    "text": ["1", "2"],
    "a dict": {1: 1, 2: 2},
}


@pytest.mark.parametrize("kind", BAD_LABELS)
def test_labels_that_are_none_are_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    keys = {b"data": np.zeros((2, 3072), np.uint8), b"labels": BAD_LABELS[kind]}
    if kind == "a dict":
        keys[b"labels"] = {"1": 1, "2": 2}
    path.write_bytes(pickle.dumps(keys, 4))
    assert "labels" in cases.refused(read_cifar_batch, path)


@pytest.mark.parametrize("kind", cases.HOSTILE_IDX)
def test_hostile_idx_is_refused_before_it_is_inflated(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(cases.HOSTILE_IDX[kind])
    cases.refused(lambda file: read_idx(file, 3), path)


@pytest.mark.parametrize("start", [b"", cases.sized(2**16, 2**10, 2**10), cases.sized(1, 28, 28)])
def test_sparse_files_are_refused_before_they_are_read(start: bytes, tmp_path: Path) -> None:
    for name, size in (("a", 2**36 + 16), ("b", 2**27)):
        cases.sparse(tmp_path / name, start, size)
        cases.refused(lambda file: read_idx(file, 3), tmp_path / name)
    for name in ("data_batch_1.bin", "data_batch_1"):
        cases.sparse(tmp_path / name, start, 3073 * 2**24)
        cases.refused(read_cifar_batch, tmp_path / name)
    cases.sparse(tmp_path / "a.parquet", start, 2**31)
    cases.refused(lambda file: frames.read(file, "rows"), tmp_path / "a.parquet")


@pytest.mark.parametrize("kind", cases.HOSTILE_PICKLES)
def test_hostile_pickles_are_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(cases.HOSTILE_PICKLES[kind])
    cases.refused(read_cifar_batch, path, 64 * cases.MIB)


@pytest.mark.parametrize("kind", cases.HOSTILE_ARCHIVES)
def test_hostile_networks_are_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    cases.HOSTILE_ARCHIVES[kind](path)
    cases.refused(load_network, path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    for read in (
        load_network,
        read_pickle,
        lambda p: read_idx(p, 3),
        lambda p: frames.read(p, "a"),
    ):
        cases.refused(read, tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    cases.refused(load_network, tmp_path / "folder.npz")


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"9" * 5000, b"\xff\xfe", b"", b'{"a": 1e', b"[1] 2"]
)
def test_json_that_is_none_is_named(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(data)
    cases.refused(read_json, tmp_path / "a.json", 64 * cases.MIB)


def test_inflating_is_exact_for_every_bound() -> None:
    whole = os.urandom(3000) + bytes(200_000)
    data = gzip.compress(whole[:1000]) + gzip.compress(whole[1000:]) + bytes(7)
    for most in (1, 999, 1000, 1001, 65_536, len(whole) - 1, len(whole), len(whole) + 1):
        assert inflate(data, most) == whole[:most]


TABLE = pd.DataFrame({"n": [1, 2], "error": [0.5, float("nan")], "word": ["a", "é"]})


def flips(whole: bytes, path: Path, bits: tuple[int, ...]) -> Iterator[None]:
    """Leave one changed byte in a file, then the next; its bits are changed one at a time."""
    for place in range(len(whole)):
        for bit in bits:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            yield None


@pytest.mark.parametrize("step", swept([23, 7], 1))
def test_a_flipped_bit_of_a_table_is_refused(tmp_path: Path, step: int) -> None:
    path = tmp_path / "a.parquet"
    frames.write(path, TABLE, "rows")
    whole = path.read_bytes()
    pd.testing.assert_frame_equal(frames.read(path, "rows"), TABLE)
    for _ in flips(whole, path, (1, 64)):
        with pytest.raises(ValueError, match=r"a\.parquet: "):
            frames.read(path, "rows")
    for cut in range(0, len(whole), step):
        path.write_bytes(whole[:cut])
        with pytest.raises(ValueError, match=r"a\.parquet: "):
            frames.read(path, "rows")


def test_a_table_whose_text_looks_like_its_sum_is_read(tmp_path: Path) -> None:
    words = pd.DataFrame({"a": [(frames._SLOT + b"0" * 64).decode(), "x"]})
    frames.write(tmp_path / "a.parquet", words, "rows")
    pd.testing.assert_frame_equal(frames.read(tmp_path / "a.parquet", "rows"), words)


def test_a_flipped_bit_of_a_network_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    network = build_dense_network([2, 2], seed=0)
    save_network(path, network)
    for _ in flips(path.read_bytes(), path, (32,)):
        try:
            found = load_network(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017 (either is right)
            continue
        for a, b in zip(network.parameters(), found.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_flipped_bit_of_gzip_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    labels = np.arange(10, dtype=np.uint8)
    for _ in flips(gzip.compress(cases.idx(labels)), path, tuple(1 << bit for bit in range(8))):
        try:
            assert np.array_equal(read_idx(path, 1), labels)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017 (either is right)


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_flipped_bit_of_a_pickle_is_a_value_error_or_a_batch(
    protocol: int, tmp_path: Path
) -> None:
    path, whole = tmp_path / "data_batch_1", cases.batch([3, 0], 0, protocol)
    rng = np.random.default_rng(protocol)
    for place in rng.integers(0, len(whole), 400):
        bit = bytes([whole[place] ^ (1 << rng.integers(8))])
        path.write_bytes(whole[:place] + bit + whole[place + 1 :])
        try:
            images, labels = read_cifar_batch(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017 (either is right)
        else:
            assert images.shape == (2, 3, 32, 32)
            assert labels.shape == (2,)


@pytest.mark.parametrize("seed", range(4))
def test_random_instructions_are_a_value_error_or_plain(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    pieces = [b"(", b"}", b"]", b")", b"u", b"e", b"a", b"s", b"t", b"\x85", b"\x86", b"R", b"b"]
    pieces += [
        b"q\x01",
        b"h\x01",
        b"K\x02",
        b"N",
        b"\x88",
        b"C\x02ab",
        cases.text(b"data"),
        b"\x93",
    ]
    pieces += [cases.EMPTY, cases.DTYPE, cases.DTYPE + cases.PLAIN_STATE, b"cnumpy\ndtype\n"]
    pieces += [cases.array_of(b"K\x02\x85"), b"c_codecs\nencode\n", b"l", b"d", b"\x94", b"0", b"2"]
    for _ in range(500):
        chosen = rng.integers(0, len(pieces), rng.integers(1, 30))
        data = b"\x80\x04" + b"".join(pieces[i] for i in chosen) + b"."
        (tmp_path / "p").write_bytes(data)
        try:
            found = read_pickle(tmp_path / "p")
        except ValueError as error:
            assert str(error).startswith(f"{tmp_path / 'p'}: ")  # noqa: PT017 (either is right)
        else:
            assert not callable(found)


@pytest.mark.parametrize("folder", ["src", "workflow", "benchmarks"])
def test_no_text_is_left_to_the_locale(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    assert [line for file in files for line in unspecified(file)] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("p.read_text()", "read_text"), ("p.write_text(x)", "write_text"), ("open(p)", "open"),
        ("p.open('w')", "open"), ("gzip.open(p, 'rt')", "open"), ("io.open(p, 'r')", "open"),
        ("subprocess.run(x, text=True)", "run"), ("gzip.open(p)", ""), ("open(p, 'rb')", ""),
        ("p.open('wb')", ""), ("os.open(p, 0)", ""), ("p.read_text('utf-8')", ""),
        ("open(p, encoding='utf-8')", ""), ("subprocess.run(x)", ""), ("p.read_bytes()", ""),
    ],
)  # fmt: skip
def test_the_search_for_encodings_finds_them(line: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(line, encoding="utf-8")
    assert [each.rpartition(" ")[2] for each in unspecified(tmp_path / "a.py")] == [found] * bool(
        found
    )


CONFIG = """# ‖x‖∞ ≤ ε: é, 数
data_folder: "données/数"
seed: 3
"""

READ = """
import locale, sys
from pathlib import Path
from slth import manifest, progress, running
from slth.configuration import check
from slth.configuration.reading import read
from slth.dependencies import closure
assert locale.getpreferredencoding(False).lower().replace("-", "") not in ("utf8",)
folder, script = map(Path, sys.argv[1:])
config = check(read([folder / "config.yaml"]))
assert config["data_folder"].encode() == bytes.fromhex(sys.stdin.read())
closure(script)
running.plan(["results/donn\\u00e9es"], folder / "plan.json")
assert running.planned(folder / "plan.json") == ["results/donn\\u00e9es"]
manifest.write_manifest(folder / "manifest.json", config, [], {"commit": None, "modified": None})
assert manifest.read_manifest(folder / "manifest.json")["settings"] == config
with progress.logged(folder / "log"):
    print("\\u2016x\\u2016 \\udcff")
"""


def test_text_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    script = ROOT / "workflow/scripts/run_stage.py"
    places = [str(tmp_path), str(script)]
    done = subprocess.run(
        [sys.executable, "-c", READ, *places],
        input="données/数".encode().hex().encode(),
        env={
            **os.environ,
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert "‖x‖" in (tmp_path / "log").read_text(encoding="utf-8")
    assert "données" in (tmp_path / "manifest.json").read_text(encoding="utf-8")
