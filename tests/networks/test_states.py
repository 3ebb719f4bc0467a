"""Weights on disk: the same come back, and what is not them is refused."""

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from slth.networks import zoo
from slth.networks.states import load_state, save_state


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_states_come_back_bit_by_bit(name: str, tmp_path: Path) -> None:
    module = zoo.build(name, seed=3)
    module(torch.rand(4, 1, 28, 28))  # batch norm has seen something
    save_state(tmp_path / "a.npz", module)
    save_state(tmp_path / "b.npz", module)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    found = load_state(tmp_path / "a.npz", zoo.build(name, seed=4))
    state = found.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert not found.training


def test_another_module_is_refused(tmp_path: Path) -> None:
    save_state(tmp_path / "a.npz", nn.Linear(3, 2))
    for other in (nn.Linear(3, 2, bias=False), nn.Linear(3, 4), nn.Linear(3, 2).double()):
        with pytest.raises(ValueError, match=r"a\.npz: not the state of this module"):
            load_state(tmp_path / "a.npz", other)


def test_a_damaged_file_and_a_pickle_are_refused(tmp_path: Path) -> None:
    save_state(tmp_path / "a.npz", nn.Linear(30, 20))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "b.npz").write_bytes(data)
    (tmp_path / "c.npz").write_bytes(pickle.dumps(nn.Linear(30, 20).state_dict()))
    for name in ("b.npz", "c.npz"):
        with pytest.raises(ValueError, match="not the state"):
            load_state(tmp_path / name, nn.Linear(30, 20))
    with pytest.raises(FileNotFoundError):
        load_state(tmp_path / "d.npz", nn.Linear(30, 20))
