"""Networks on disk come back as they were, and nothing that is not one is let in."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from slth.networks import (
    ChannelScale,
    build_dense_network,
    build_network,
    load_network,
    load_networks,
    save_network,
    save_networks,
)
from slth.seeding import generator
from slth.tickets import CONSTRUCTIONS
from tests.networks import equivariant_cases as equivariant
from tests.networks.residual_cases import pooled_target, residual_target
from tests.tickets.test_constructions import CASES


def _channel_scaled() -> nn.Sequential:
    scale = ChannelScale(torch.linspace(-1, 1, 6, dtype=torch.float64), torch.arange(6) // 3)
    return nn.Sequential(scale, nn.ReLU(), *build_network([2], input_shape=(6, 8, 8), seed=1))


NETWORKS = {
    "convolutional": (build_network([2, 1], stride=2, seed=0), (1, 8, 8)),
    "valid": (build_network([1], padding="valid", seed=0), (1, 8, 8)),
    "dense": (build_dense_network([4, 3, 2], seed=0), (4,)),
    "ticket": (_channel_scaled(), (2, 8, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_round_trip(name, tmp_path):
    network, shape = NETWORKS[name]
    save_network(tmp_path / "a.npz", network)
    loaded = load_network(tmp_path / "a.npz")
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (4, *shape)))
    assert torch.equal(network(x), loaded(x))
    assert [type(m) for m in loaded] == [type(m) for m in network]
    save_network(tmp_path / "b.npz", loaded)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_several_networks_in_one_file(tmp_path):
    networks = {name: network for name, (network, _) in NETWORKS.items()}
    save_networks(tmp_path / "all.npz", networks)
    loaded = load_networks(tmp_path / "all.npz")
    assert list(loaded) == list(networks)
    for name, (network, shape) in NETWORKS.items():
        x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (4, *shape)))
        assert torch.equal(network(x), loaded[name](x))
    with pytest.raises(ValueError, match="holds 4 networks"):
        load_network(tmp_path / "all.npz")


def test_some_of_the_networks_of_a_file(tmp_path):
    (first, _), (second, _), (third, shape) = (NETWORKS[n] for n in ("valid", "ticket", "dense"))
    save_networks(tmp_path / "all.npz", {"1/a": first, "11/a": second, "1/b/c": third})
    loaded = load_networks(tmp_path / "all.npz", "1")
    assert list(loaded) == ["a", "b/c"]
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (4, *shape)))
    assert torch.equal(third(x), loaded["b/c"](x))
    assert load_networks(tmp_path / "all.npz", "2") == {}


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.npz"
    save_network(path, NETWORKS["dense"][0])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Softmax"):
        save_network(path, nn.Sequential(nn.Softmax(dim=1)))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_any_flipped_byte_is_refused_or_harmless(tmp_path):
    path = tmp_path / "a.npz"
    network = NETWORKS["valid"][0]
    save_network(path, network)
    whole = path.read_bytes()
    for place in generator(0, "flip").integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            loaded = load_network(path)
        except ValueError:  # any other exception fails the test
            continue
        for a, b in zip(network.parameters(), loaded.parameters(), strict=True):
            assert torch.equal(a, b)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_file_is_refused(kept, tmp_path):
    path = tmp_path / "a.npz"
    save_network(path, NETWORKS["dense"][0])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="not a readable network file"):
        load_network(path)


class _Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code ran')",))


def test_pickles_are_refused_without_being_run(tmp_path):
    plain, torched, array = (tmp_path / f"{name}.npz" for name in ("plain", "torch", "array"))
    plain.write_bytes(pickle.dumps(_Bomb()))
    torch.save(_Bomb(), torched)
    np.savez(array, description=np.array([_Bomb()], dtype=object))
    for path in (plain, torched, array):
        with pytest.raises(ValueError, match="not a readable network file"):
            load_network(path)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"format": "other", "networks": {}}', '{"format": "slth network 1"}',
     '{"format": "slth network 1", "networks": {"a": [{"type": "Linear"}]}}',
     '{"format": "slth network 1", "networks": {"a": [{"type": "system"}]}}'],
)  # fmt: skip
def test_a_foreign_description_is_refused(text, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, description=np.array(text))
    with pytest.raises(ValueError, match="not a readable network file"):
        load_network(path)


def test_missing_file_and_wrong_suffix(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="path: got"):
        save_network(tmp_path / "net.pt", NETWORKS["dense"][0])


WORDS = {
    "residual": (pooled_target(residual_target()), (1, 5, 5)),
    "pooled": (nn.Sequential(nn.AvgPool2d((2, 1), stride=2, padding=(1, 0))), (2, 6, 6)),
    "activations": (nn.Sequential(nn.LeakyReLU(0.1), nn.Tanh(), nn.Sigmoid()), (3,)),
    "turning": (equivariant.turning_classifier(), (1, 4, 4)),
    "sets": (equivariant.points(), (2, 5)),
    "graph": (equivariant.points(equivariant.graph()), (2, 5)),
}


@pytest.mark.parametrize("name", WORDS)
def test_every_word_comes_back(name, tmp_path):
    network, shape = WORDS[name]
    round_trip(network, shape, tmp_path)


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_a_ticket_of_every_construction_comes_back(construction, tmp_path):
    case = next(case for case in CASES.values() if case.construction == construction)
    ticket = case.build(n=4)
    for network in (ticket.target, ticket.source, ticket.ticket):
        round_trip(network, case.shape, tmp_path)


def round_trip(network, shape, folder):
    save_network(folder / "a.npz", network)
    loaded = load_network(folder / "a.npz")
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (4, *shape)))
    assert torch.equal(network(x), loaded(x))
    assert [type(m) for m in loaded.modules()] == [type(m) for m in network.modules()]
    assert network.state_dict().keys() == loaded.state_dict().keys()
    save_network(folder / "b.npz", loaded)
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


DEEP = '{"type": "Residual", "body": [' * 40 + "]}" * 40


@pytest.mark.parametrize(
    "word",
    [
        '{"type": "AvgPool2d", "side": [0, 1], "stride": [1, 1], "padding": [0, 0]}',
        '{"type": "AvgPool2d", "side": [2.5, 1], "stride": [1, 1], "padding": [0, 0]}',
        '{"type": "LeakyReLU", "slope": "0.1"}',
        '{"type": "LeakyReLU", "slope": NaN}',
        '{"type": "Residual", "body": 3}',
        '{"type": "SetLinear"}',
        DEEP,
    ],
)
def test_a_foreign_word_is_refused(word, tmp_path):
    text = f'{{"format": "slth network 1", "networks": {{"a": [{word}]}}}}'
    np.savez(tmp_path / "a.npz", description=np.array(text))
    with pytest.raises(ValueError, match="not a readable network file"):
        load_network(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "module", [nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(0), nn.Linear(2, 2), nn.ELU()]
)
def test_what_has_no_word_is_not_written(module, tmp_path):
    with pytest.raises(ValueError, match="network: "):
        save_network(tmp_path / "a.npz", nn.Sequential(module))
    assert not list(tmp_path.iterdir())
