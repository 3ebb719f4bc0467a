"""Learned masks, every method in the registry: boolean, as many as asked, weights as promised."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from slth.learned import (
    CONTROLS,
    GRANULARITIES,
    METHODS,
    LearnedMask,
    control,
    learn,
    signed_constant,
    units_of,
)
from slth.networks import DataSet, build_dense_network, build_network, load_data_set
from tests.learned.learned_checks import check_learned, parameters_of

SHORT = {"epochs": 1, "batch_size": 128}


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load_data_set("digits", seed=3)


@pytest.fixture(scope="module")
def source() -> nn.Sequential:
    return build_network([6, 10], kernel=3, stride=2, seed=5)


def quick(method: str, network: nn.Module, data: DataSet, **options: object) -> LearnedMask:
    asked = {"kept_fraction": 0.3, **SHORT, **options}
    return learn(method, network, data.train_images[:256], data.train_labels[:256], **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("method", METHODS)
def test_generic_checks_hold(method: str, granularity: str, source, data) -> None:
    before = parameters_of(source)
    learned = quick(method, source, data, granularity=granularity)
    images = data.held_out_images[:20]
    check_learned(learned, before, images)
    for kind in CONTROLS:
        held = control(kind, learned, data.train_images[:128], data.train_labels[:128], seed=1)
        assert held.control == kind
        check_learned(held, parameters_of(held.source), images)
    assert all(torch.equal(p, before[n]) for n, p in source.named_parameters())


@pytest.mark.parametrize("kept_fraction", [0.001, 0.05, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("method", METHODS)
def test_kept_fraction_is_met(method: str, kept_fraction: float, source, data) -> None:
    edges = quick(method, source, data, kept_fraction=kept_fraction)
    layers = len(edges.keep)
    assert abs(edges.parameters["kept"] - kept_fraction * edges.units.weights) <= layers
    filters = quick(method, source, data, kept_fraction=kept_fraction, granularity="filter")
    counts = [int(chosen.sum()) for chosen in filters.chosen.values()]
    assert min(counts) >= 1
    assert filters.kept_fraction <= kept_fraction or counts == [1, 1]
    assert (filters.kept_fraction == 1.0) == (kept_fraction == 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bytes_other_seed_other_bytes(method: str, source, data) -> None:
    found = []
    for threads, seed in [(1, 0), (2, 0), (1, 1)]:
        before, state = torch.get_num_threads(), torch.get_rng_state()
        torch.set_num_threads(threads)
        learned = quick(method, source, data, seed=seed)
        assert torch.get_num_threads() == threads
        assert torch.equal(torch.get_rng_state(), state)  # no global generator is touched
        torch.set_num_threads(before)
        found.append(b"".join(p.numpy().tobytes() for p in learned.network.parameters()))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("method", METHODS)
def test_parameters_outside_the_mask_stay(method: str, source, data) -> None:
    names = ["0.weight", "2.weight"]
    learned = quick(method, source, data, names=names, granularity="filter")
    assert list(learned.keep) == names
    assert learned.keep["2.weight"].flatten(1).any(dim=1).all()  # outputs of the last masked layer
    check_learned(learned, parameters_of(source), data.held_out_images[:5])


@pytest.mark.parametrize("method", METHODS)
def test_outputs_are_imitated(method: str, data) -> None:
    """With everything of use in reach, masks learned longer imitate better."""
    target = build_dense_network([64, 4, 10], seed=1)
    wide = build_dense_network([64, 48, 10], seed=2)
    images = data.train_images[:512]
    outputs = target(images)
    errors = []
    for epochs in (1, 12):
        learned = learn(
            method, wide, images, outputs=outputs, kept_fraction=0.4, epochs=epochs, batch_size=32
        )
        errors.append(float((learned.network(images) - outputs).square().mean()))
    assert errors[1] < errors[0]
    assert learned.data_error(target, images[:9]) > 0


class Branched(nn.Module):
    """Biases, groups and a sum: nothing a Sequential could say."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(1, 4, 3, padding=1)
        self.two = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.out = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = self.one(x).relu()
        return self.out((h + self.two(h).relu()).flatten(1))


@pytest.mark.parametrize("method", METHODS)
def test_any_module_of_dense_and_convolutional_layers_is_taken(method: str, data) -> None:
    network = Branched().double()
    before = parameters_of(network)
    learned = quick(method, network, data)
    assert list(learned.keep) == ["one.weight", "two.weight", "out.weight"]
    assert all(torch.equal(p, before[n]) for n, p in network.named_parameters())
    for name in ("one.bias", "two.bias", "out.bias"):
        assert torch.equal(learned.network.get_parameter(name), before[name])
    with pytest.raises(ValueError, match=r"network: module add \(Residual\)"):
        quick(method, network, data, granularity="filter")


@pytest.mark.parametrize("scope", ["layer", "network"])
def test_network_scope_moves_weights_between_layers(scope: str, source, data) -> None:
    learned = quick("magnitude", source, data, scope=scope)
    shares = {name: float(mask.double().mean()) for name, mask in learned.keep.items()}
    assert abs(learned.kept_fraction - 0.3) < 0.01
    spread = max(shares.values()) - min(shares.values())
    assert spread < 0.02 if scope == "layer" else spread > 0.1


def test_rounds_remove_and_never_return(source, data) -> None:
    """The last mask of R rounds lies within the mask of R − 1 rounds to the same course."""
    fewer = quick("magnitude", source, data, kept_fraction=0.5, rounds=1)
    more = quick("magnitude", source, data, kept_fraction=0.25, rounds=2)
    for name, mask in more.keep.items():
        assert bool((mask <= fewer.keep[name]).all())


def test_rewinding_starts_where_it_says(source, data) -> None:
    starts = {}
    for rewind in (0, 1, 2):
        learned = quick("magnitude", source, data, epochs=2, rewind=rewind)
        starts[rewind] = learned.start["0.weight"]
    initial = source.get_parameter("0.weight").to(torch.float32)
    assert torch.equal(starts[0], initial)
    moved = [float((starts[r] - initial).norm()) for r in (0, 1, 2)]
    assert 0 == moved[0] < moved[1] < moved[2]
    with pytest.raises(ValueError, match="rewind: got 3"):
        quick("magnitude", source, data, epochs=2, rewind=3)


def test_signed_constants_keep_signs_and_norms(source) -> None:
    made = signed_constant(source)
    for name, weight in source.named_parameters():
        constant = made.get_parameter(name)
        assert torch.equal(constant.sign(), weight.sign())
        assert constant.abs().unique().numel() == 1
        torch.testing.assert_close(constant.norm(), weight.norm())


def test_controls_keep_what_they_should(source, data) -> None:
    learned = quick("edge_popup", source, data)
    x, y = data.train_images[:64], data.train_labels[:64]
    shuffled, random, fresh = (control(kind, learned, x, y, seed=2) for kind in CONTROLS)
    for name, mask in learned.keep.items():
        assert int(shuffled.keep[name].sum()) == int(mask.sum())
        assert not torch.equal(shuffled.keep[name], mask)
        assert torch.equal(fresh.keep[name], mask)
        assert not torch.equal(fresh.source.get_parameter(name), source.get_parameter(name))
    assert random.parameters == learned.parameters
    other = control("fresh", learned, x, y, network=build_network([6, 10], stride=2, seed=99))
    assert not torch.equal(other.source[0].weight, source[0].weight)  # type: ignore[index]
    with pytest.raises(ValueError, match=r"network: got .*0\.weight"):
        control("fresh", learned, x, y, network=build_network([5, 10], stride=2))


FAULTS: dict[str, tuple[dict, type[Exception], str]] = {
    "method": ({"method": "edge_pop"}, ValueError, "method: got 'edge_pop'.*edge_popup"),
    "fraction 0": ({"kept_fraction": 0}, ValueError, "kept_fraction: got 0"),
    "fraction 2": ({"kept_fraction": 2}, ValueError, r"kept_fraction: got 2, takes .*\(0, 1\]"),
    "granularity": ({"granularity": "filters"}, ValueError, "granularity.*filter"),
    "names": ({"names": ["9.weight"]}, ValueError, "names: got '9.weight'.*0.weight"),
    "epochs": ({"epochs": 0}, ValueError, "epochs: got 0"),
    "rate": ({"learning_rate": -1}, ValueError, "learning_rate"),
    "option": ({"rounds": 2}, ValueError, "option of 'edge_popup'"),
    "labels": ({"labels": None}, ValueError, "labels, outputs"),
    "both": ({"outputs": torch.zeros(256, 10)}, ValueError, "labels, outputs"),
    "network": ({"network": nn.ReLU()}, ValueError, "network: got no Conv2d or Linear"),
    "no module": ({"network": 3}, TypeError, "network: got int"),
    "one layer": ({"network": nn.Sequential(nn.Flatten(), nn.Linear(64, 10, bias=False)),
                   "granularity": "filter"}, ValueError, "granularity: got 'filter'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_input_is_named(fault: str, source, data) -> None:
    change, kind, words = FAULTS[fault]
    asked: dict[str, Any] = {
        "method": "edge_popup",
        "network": source,
        "images": data.train_images[:256],
        "labels": data.train_labels[:256],
        "kept_fraction": 0.3,
    }
    with pytest.raises(kind, match=words):
        learn(**{**asked, **change})


def test_filter_counts_fit_the_fraction_as_closely_as_whole_filters_can(source) -> None:
    units = units_of(source, "filter")
    for percent in range(1, 101):
        counts = units.counts(percent / 100)
        one_more = {n: min(c + 1, units.sizes[n][0]) for n, c in counts.items()}
        if counts != one_more:
            assert units._remaining(one_more) > percent / 100 * units.weights
