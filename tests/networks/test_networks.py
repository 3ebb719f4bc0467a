"""Targets: data, training, normalisation, random sources."""

import numpy as np
import pytest
import torch
from torch import nn

from slth import networks
from slth.networks import build_dense_network, build_network, load_data_set, normalise, read_layers
from slth.seeding import generator
from slth.tickets import accuracy

ARCHITECTURES = {
    "one channel": {"channels": [1]},
    "two layers": {"channels": [2, 2]},
    "stride": {"channels": [2], "stride": 2},
    "valid": {"channels": [2], "padding": "valid"},
}


@pytest.fixture(scope="module")
def digits():
    return load_data_set("digits", seed=0)


@pytest.fixture(scope="module", params=["one channel", "two layers"])
def trained(request, digits):
    network = build_network(**ARCHITECTURES[request.param], seed=0)
    return networks.train(network, digits.train_images, digits.train_labels, seed=0)


def test_digits_are_in_the_box_with_both_signs(digits):
    images = torch.cat([digits.train_images, digits.held_out_images])
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == torch.float64
    assert float(images.min()) == -1.0
    assert float(images.max()) == 1.0
    assert digits.input_shape == (1, 8, 8)
    assert digits.classes == 10


def test_split_is_disjoint_complete_stratified_and_keyed_by_seed(digits):
    from sklearn.datasets import load_digits

    rows = torch.cat([digits.train_images, digits.held_out_images]).flatten(1).numpy()
    labels = torch.cat([digits.train_labels, digits.held_out_labels]).numpy()
    shipped = load_digits()
    whole = shipped.data / 8.0 - 1.0
    ours, theirs = np.lexsort(rows.T), np.lexsort(whole.T)
    np.testing.assert_array_equal(rows[ours], whole[theirs])
    np.testing.assert_array_equal(labels[ours], shipped.target[theirs])
    assert len(np.unique(whole, axis=0)) == len(whole)  # so that disjointness means something
    counts = torch.bincount(digits.train_labels) + torch.bincount(digits.held_out_labels)
    share = torch.bincount(digits.held_out_labels) / counts
    assert bool(((share - 0.25).abs() <= 0.5 / counts + 1e-6).all())
    same, other = load_data_set("digits", seed=0), load_data_set("digits", seed=1)
    assert torch.equal(same.held_out_images, digits.held_out_images)
    assert not torch.equal(other.held_out_images, digits.held_out_images)


def test_training_reaches_93_percent(trained, digits):
    share = accuracy(network=trained, images=digits.held_out_images, labels=digits.held_out_labels)
    assert share >= 0.93


def test_training_gives_the_same_bytes_on_any_threads(digits):
    runs = []
    for threads, seed in [(1, 0), (2, 0), (1, 1)]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        net = build_network([1], seed=0)
        net = networks.train(
            net, digits.train_images[:256], digits.train_labels[:256], epochs=2, seed=seed
        )
        assert torch.get_num_threads() == threads
        torch.set_num_threads(before)
        runs.append([p.numpy().tobytes() for p in net.parameters()])
    assert runs[0] == runs[1] != runs[2]


def test_training_leaves_its_argument_alone(digits):
    net = build_network([1], seed=0)
    before = [p.clone() for p in net.parameters()]
    networks.train(net, digits.train_images[:64], digits.train_labels[:64], epochs=1)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_normalisation_keeps_every_decision(trained, digits):
    normal, scale = normalise(trained)
    noise = torch.from_numpy(generator(0, "noise").uniform(-1, 1, (500, 1, 8, 8)))
    for images in (digits.held_out_images, noise):
        assert torch.equal(trained(images).argmax(1), normal(images).argmax(1))
        torch.testing.assert_close(trained(images), scale * normal(images), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [*ARCHITECTURES, "dense"])
def test_normalised_norms(name):
    dense = build_dense_network([5, 4, 3], seed=2)
    network = dense if name == "dense" else build_network(**ARCHITECTURES[name], seed=2)
    normal, scale = normalise(network)
    *hidden, readout = read_layers(normal)
    assert scale > 0
    for layer in hidden:
        assert float(layer.weight.abs().sum()) == pytest.approx(1.0, abs=1e-12)
    assert float(readout.weight.abs().sum(1).max()) == pytest.approx(1.0, abs=1e-12)
    kept = read_layers(normalise(network, readout=False)[0])[-1]
    assert torch.equal(kept.weight, read_layers(network)[-1].weight)


def test_a_zero_kernel_stays_zero():
    network = build_network([1], seed=0)
    with torch.no_grad():
        network[0].weight.zero_()
    normal, scale = normalise(network)
    assert not normal[0].weight.any()
    assert scale > 0


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_networks_are_plain_float64_without_bias(name):
    network = build_network(**ARCHITECTURES[name], seed=0)
    assert {type(m) for m in network} <= {nn.Conv2d, nn.ReLU, nn.Flatten, nn.Linear}
    assert all(p.dtype == torch.float64 for p in network.parameters())
    assert all(m.bias is None for m in network if hasattr(m, "bias"))
    assert network(torch.zeros(2, 1, 8, 8, dtype=torch.float64)).shape == (2, 10)


def test_same_seed_same_weights_other_seed_other_weights():
    layers = read_layers(build_network([1, 2], seed=0))
    for make in (lambda s: build_network([1, 2], seed=s), lambda s: _source(layers, s)):
        first, again, other = ([*make(s).parameters()] for s in (0, 0, 1))
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
        assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_sources_are_standard_normal_and_twice_as_deep():
    layers = read_layers(build_network([2, 2], seed=0))
    source = _source(layers, 0)
    shapes = [tuple(p.shape) for p in source.parameters()]
    assert shapes[:4] == [(80, 1, 1, 1), (2, 80, 3, 3), (160, 2, 1, 1), (2, 160, 3, 3)]
    values = torch.cat([p.flatten() for p in source.parameters()])
    # 4-sigma bands of the mean and of the second moment of N(0, 1) samples
    assert abs(float(values.mean())) < 4 / len(values) ** 0.5
    assert abs(float(values.square().mean()) - 1) < 4 * (2 / len(values)) ** 0.5


def _source(layers, seed) -> nn.Sequential:
    return networks.random_source(layers, 40, seed)
