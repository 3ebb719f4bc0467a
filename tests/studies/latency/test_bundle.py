"""Bundles of networks: round trip in order, same bytes, damage named."""

from pathlib import Path

import pytest
import torch

from slth.networks.architectures import build_network
from slth.networks.storage import load_networks, save_networks

NETWORKS = {name: build_network([2], seed=k) for k, name in enumerate(("20-ticket", "10-ticket"))}


def test_round_trip_in_order(tmp_path: Path) -> None:
    save_networks(tmp_path / "a.npz", NETWORKS)
    loaded = load_networks(tmp_path / "a.npz")
    assert list(loaded) == list(NETWORKS)
    for name, network in NETWORKS.items():
        for p, q in zip(network.parameters(), loaded[name].parameters(), strict=True):
            assert torch.equal(p, q)


def test_same_networks_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        save_networks(tmp_path / f"{name}.npz", NETWORKS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("cut", [-30, 200, 0])
def test_damage_is_named(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.npz"
    save_networks(path, NETWORKS)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"a\.npz"):
        load_networks(path)


def test_missing_file_stays_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_networks(tmp_path / "absent.npz")
