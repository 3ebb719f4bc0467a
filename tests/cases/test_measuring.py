"""Networks with state, chance or another precision; labels beyond the outputs."""

import copy

import pytest
import torch
from torch import nn

from slth import learned, networks


@pytest.fixture(scope="module")
def digits() -> networks.DataSet:
    return networks.load_data_set("digits")


def with_module(module: nn.Module) -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1), module, nn.ReLU(), nn.Flatten(), nn.Linear(128, 10)
    ).double()


def test_case_4_batch_norm_is_learned_with_its_statistics_and_measuring_changes_nothing(digits):
    x, y = digits.held_out_images, digits.held_out_labels
    source = with_module(nn.BatchNorm2d(8))
    mask = learned.learn(
        "edge_popup", source, digits.train_images, digits.train_labels, kept_fraction=0.3, epochs=5
    )
    before = copy.deepcopy(mask.network.state_dict())
    mask.network.eval()
    share = mask.accuracy(x, y)
    mask.network.train()
    assert share > 0.75  # 0.553 with the statistics of no training
    assert mask.accuracy(x, y) == share
    assert mask.accuracy(x[y.argsort()], y.sort().values) == share
    for name, value in mask.network.state_dict().items():
        assert torch.equal(value, before[name])
    assert int(source[1].num_batches_tracked) == 0
    assert all(module.training for module in mask.network.modules())


def test_case_5_dropout_draws_from_the_seed(digits):
    source = with_module(nn.Dropout(0.5))
    x, y = digits.train_images[:256], digits.train_labels[:256]

    def mask(seed: int) -> learned.LearnedMask:
        return learned.learn("edge_popup", source, x, y, kept_fraction=0.3, epochs=2, seed=seed)

    first = mask(0)
    torch.randn(7)
    second, other = mask(0), mask(1)
    for name, keep in first.keep.items():
        assert torch.equal(keep, second.keep[name])
    assert any(not torch.equal(keep, other.keep[name]) for name, keep in first.keep.items())


def test_case_e1_a_float32_network_is_measured_on_images_of_either_precision(digits):
    network = networks.build_network([4]).float()
    mask = learned.learn(
        "edge_popup", network, digits.train_images, digits.train_labels, kept_fraction=0.3, epochs=1
    )
    x, y = digits.held_out_images, digits.held_out_labels
    assert mask.accuracy(x.float(), y) == mask.accuracy(x, y) > 0.2


def test_case_e2_labels_beyond_the_outputs_are_named(digits):
    network = networks.build_network([2], classes=3)
    at = int((digits.train_labels > 2).nonzero()[0])
    words = rf"^labels: got {int(digits.train_labels[at])} at \[{at}\], takes 0 … 2"
    with pytest.raises(ValueError, match=words):
        networks.train(network, digits.train_images, digits.train_labels, epochs=1)
