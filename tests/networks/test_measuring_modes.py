"""Measuring is in eval mode, leaves no trace, and gives each image its own outputs in any order."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import weight_norm

from slth import learned, networks, tickets
from slth.networks import modes
from slth.tickets import measure

RNG = np.random.default_rng(0)
X = torch.from_numpy(RNG.uniform(-1, 1, (11, 1, 6, 6)))
Y = torch.from_numpy(RNG.integers(0, 3, 11))


class Counting(nn.Module):
    """Changes a buffer in every mode."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Tensor
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


class Always(nn.Module):
    """Dropout in every mode."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


class Centred(nn.Module):
    """Mixes the images of a call."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(dim=0)


class Single(nn.Module):
    """Converts its input itself, as many scripts do."""

    def forward(self, x: Tensor) -> Tensor:
        return x.float()


def network(*modules: nn.Module, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    torch.manual_seed(3)
    head = nn.Conv2d(1, 4, 3)
    made = nn.Sequential(head, *modules, nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)).to(dtype)
    with torch.no_grad():
        made.get_parameter("0.bias").add_(0.5)
    return made


def trained_statistics(made: nn.Module) -> nn.Module:
    """Running statistics that are not those at birth."""
    torch.manual_seed(4)
    for module in made.modules():
        if getattr(module, "running_mean", None) is not None:
            module.running_mean.normal_()  # type: ignore[union-attr, operator]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]
    return made


STATEFUL: dict[str, Any] = {
    "batch norm": lambda: network(nn.BatchNorm2d(4)),
    "two norms": lambda: network(nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4, momentum=None)),
    "instance norm": lambda: network(nn.InstanceNorm2d(4, track_running_stats=True)),
    "dropout": lambda: network(nn.Dropout(0.4), nn.Dropout2d(0.3)),
    "random leak": lambda: network(nn.RReLU()),
    "counter": lambda: network(Counting()),
    "group norm": lambda: network(nn.GroupNorm(2, 4)),
    "float32": lambda: network(nn.BatchNorm2d(4), dtype=torch.float32),
    "weight norm": lambda: nn.Sequential(weight_norm(nn.Conv2d(1, 3, 6)), nn.Flatten()),
    "pruned": lambda: pruned(network(nn.BatchNorm2d(4))),
}


def pruned(made: nn.Sequential) -> nn.Sequential:
    prune.l1_unstructured(made[0], "weight", 0.5)  # type: ignore[no-untyped-call]
    nn.Module.__call__(made.eval(), X[:1])  # the hook leaves a tensor that is no leaf
    return made


def marks(made: nn.Module) -> list[Any]:
    """All that measuring could change: modes, values, gradients, hooks' tensors."""
    tensors = {**dict(made.named_parameters()), **dict(made.named_buffers())}
    return [
        [m.training for m in made.modules()],
        {name: value.detach().numpy().tobytes() for name, value in tensors.items()},
        {name: (value.dtype, value.requires_grad, value.grad) for name, value in tensors.items()},
        [sorted(vars(m)) for m in made.modules()],
    ]


@pytest.mark.parametrize("mode", ["train", "eval", "mixed"])
@pytest.mark.parametrize("name", STATEFUL)
def test_measuring_leaves_no_trace_and_does_not_depend_on_mode_or_order(name, mode):
    made = trained_statistics(STATEFUL[name]())
    expected = measure.outputs(made.eval(), X)
    made.train(mode == "train")
    if mode == "mixed":
        for k, module in enumerate(made.modules()):
            module.training = k % 2 == 0
    before, drawn = marks(made), torch.get_rng_state()
    order = torch.from_numpy(RNG.permutation(len(X)))
    assert torch.equal(measure.outputs(made, X), expected)
    assert torch.equal(measure.outputs(made, X[order]), expected[order])
    assert torch.equal(measure.outputs(made, X[5:6]), expected[5:6])
    tickets.accuracy(network=made, images=X, labels=Y)
    tickets.decisions(made, X)
    assert tickets.data_error(target=made, ticket=made, images=X) == 0
    with pytest.raises(ValueError, match=r"^images: got shape \(m, 5\)"):
        tickets.decisions(made, torch.zeros(2, 5))
    assert marks(made) == before
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize("chunk", [1, 3, 11, 64])
def test_outputs_do_not_depend_on_the_chunk(chunk, monkeypatch):
    made = trained_statistics(network(nn.BatchNorm2d(4)))
    expected = measure.outputs(made, X)
    monkeypatch.setattr(measure, "CHUNK", chunk)
    torch.testing.assert_close(measure.outputs(made, X), expected, rtol=1e-12, atol=1e-12)


def test_a_module_that_converts_runs_in_its_own_precision():
    made = nn.Sequential(Single(), network(dtype=torch.float32))
    expected = made(X).detach().double()
    torch.testing.assert_close(measure.outputs(made, X), expected, rtol=1e-5, atol=1e-5)


def diverged() -> nn.Sequential:
    made = network()
    made.get_parameter("0.weight").data.fill_(torch.nan)
    return made


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "chance": (lambda: network(Always()), ValueError, "network: its outputs for one image change"),
    "mixing": (lambda: network(Centred()), ValueError, "network: its outputs for one image change"),
    "minibatch statistics": (
        lambda: network(nn.BatchNorm2d(4, track_running_stats=False)),
        ValueError, r"network: module 1 \(BatchNorm2d\).*takes track_running_stats=True",
    ),
    "lazy": (
        lambda: nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), ValueError, "network: got a lazy",
    ),
    "meta": (lambda: network().to("meta"), ValueError, "network: got .* on the meta device"),
    "complex": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 3, dtype=torch.complex128)),
        TypeError, "network: got torch.complex128 in 1.weight",
    ),
    "two outputs": (lambda: nn.LSTM(6, 3), TypeError, "images|network: gives tuple"),
    "images out": (lambda: network()[0], ValueError, r"network: gives outputs of shape \(m, 4"),
    "not finite": (diverged, ValueError, "network: gives outputs that are not finite"),
    "no module": (lambda: "net", TypeError, "network: got str"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_outputs_of_its_own_is_refused_by_name(name):
    make, kind, words = REFUSED[name]
    images = X[:, 0] if name == "two outputs" else X
    with pytest.raises(kind, match=words):
        tickets.accuracy(network=make(), images=images, labels=Y)


LEARNED = {"edge_popup": {}, "biprop": {}, "supermask_sgd": {}, "magnitude": {"rounds": 2}}


@pytest.fixture(scope="module")
def digits() -> networks.DataSet:
    return networks.load_data_set("digits")


def convolutional(*modules: nn.Module) -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, 2, 1), *modules, nn.ReLU(), nn.Flatten(), nn.Linear(96, 10)
    )


def state(mask: learned.LearnedMask) -> list[bytes]:
    values = [*mask.keep.values(), *mask.network.state_dict().values()]
    return [value.numpy().tobytes() for value in values]


@pytest.mark.parametrize("method", LEARNED)
def test_learning_with_state_and_chance_is_the_same_alone_and_among_others(method, digits):
    """Same call, same bytes; the source keeps its own; statistics are those of the result."""
    x, y = digits.train_images[:300], digits.train_labels[:300]
    source = convolutional(nn.BatchNorm2d(6), nn.Dropout(0.2))
    before = marks(source)
    asked: dict[str, Any] = {"epochs": 2, **LEARNED[method]}
    alone = learned.learn(method, source, x, y, kept_fraction=0.3, seed=5, **asked)
    torch.manual_seed(99)
    drawn = torch.get_rng_state()
    many = learned.learn_all(
        method, [source, source], x, y, kept_fractions=[0.5, 0.3], seeds=[4, 5], **asked
    )
    assert torch.equal(torch.get_rng_state(), drawn)
    assert state(many[1]) == state(alone)
    assert marks(source) == before
    for mask in (alone, many[0], *(learned.control(k, alone, x, y) for k in learned.CONTROLS)):
        check_statistics(mask, x)


def check_statistics(mask: learned.LearnedMask, images: Tensor) -> None:
    """Mean and variance of what the masked network's convolution gives for the images."""
    head, norm = mask.network[0], mask.network[1]  # type: ignore[index]
    with torch.no_grad():
        values = head(images.float()).transpose(0, 1).flatten(1)
    torch.testing.assert_close(norm.running_mean, values.mean(dim=1), rtol=0.02, atol=0.02)
    torch.testing.assert_close(norm.running_var, values.var(dim=1), rtol=0.1, atol=1e-3)
    assert [m.training for m in mask.network.modules()] == [
        m.training for m in mask.source.modules()
    ]


def test_modules_in_eval_mode_keep_their_statistics_in_training(digits):
    x, y = digits.train_images[:300], digits.train_labels[:300]
    source = convolutional(nn.BatchNorm2d(6))
    source[1].running_mean.fill_(0.25)  # type: ignore[union-attr, operator]
    source[1].eval()
    mask = learned.learn("magnitude", source, x, y, kept_fraction=0.5, epochs=2, watch=(x, y, 2))
    norm = mask.network[1]  # type: ignore[index]
    assert not norm.training
    assert mask.network.training
    assert bool((norm.running_mean == 0.25).all())
    assert int(norm.num_batches_tracked) == 0
    assert mask.early == pytest.approx(mask.accuracy(x, y))


def test_early_accuracy_is_measured_as_the_last_one_is(digits):
    x, y = digits.train_images[:300], digits.train_labels[:300]
    source = convolutional(nn.BatchNorm2d(6), nn.Dropout(0.5))
    mask = learned.learn("magnitude", source, x, y, kept_fraction=0.5, epochs=3, watch=(x, y, 3))
    assert mask.early == pytest.approx(mask.accuracy(x, y))


def test_shared_trainings_know_networks_apart_by_mode_buffers_and_settings(digits):
    """Equal parameters are no equal training where modules differ in what no parameter says."""
    x, y = digits.train_images[:128], digits.train_labels[:128]

    def variant(mean: float, mode: bool, times: float) -> nn.Sequential:
        made = convolutional(nn.BatchNorm2d(6), Times(times))
        made[1].running_mean.fill_(mean)  # type: ignore[union-attr, operator]
        made[1].train(mode)
        return made

    asked = [(0.0, True, 1.0), (0.0, False, 1.0), (2.0, False, 1.0), (0.0, False, 3.0)]
    shared = learned.Trainings()
    sides: list[list[bytes]] = []
    for trainings in (None, shared):
        for each in asked:
            mask = learned.learn(
                "magnitude", variant(*each), x, y, kept_fraction=0.5, epochs=1, rewind=1,
                trainings=trainings,
            )  # fmt: skip
            sides.append(state(mask))
    assert sides[:4] == sides[4:]
    assert len({b"".join(side) for side in sides}) == 4


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


UNLEARNED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "own state": (
        lambda: convolutional(Counting()), {},
        r"network: module 1 \(Counting\) changes its buffer calls.*\.eval\(\)",
    ),
    "minibatch statistics": (
        lambda: convolutional(nn.BatchNorm2d(6, track_running_stats=False)), {},
        r"network: module 1 \(BatchNorm2d\)",
    ),
    "a minibatch of one": (
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10)),
        {"batch_size": 33}, "batch_size: got 33, which leaves a minibatch of 1 of the 100",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNLEARNED)
def test_state_that_cannot_be_carried_is_refused_by_name(name, digits):
    make, settings, words = UNLEARNED[name]
    x, y = digits.train_images[:100], digits.train_labels[:100]
    with pytest.raises(ValueError, match=words):
        learned.learn("edge_popup", make(), x, y, kept_fraction=0.5, epochs=1, **settings)


def test_settling_restores_modes_and_momenta_after_an_error():
    made = network(nn.BatchNorm2d(4, momentum=0.3), nn.Dropout())
    modes_before = [m.training for m in made.modules()]
    with pytest.raises(RuntimeError):
        modes.settle(made, torch.zeros(4, 2, 6, 6, dtype=torch.float64), 2, 0)
    assert [m.training for m in made.modules()] == modes_before
    assert made[1].momentum == 0.3


def test_measuring_is_measuring_a_copy_in_eval_mode():
    """The outputs are those of the module itself in eval mode, and the metric sees a change."""
    made = trained_statistics(network(nn.BatchNorm2d(4), nn.Dropout()))
    twin = copy.deepcopy(made).eval()
    torch.testing.assert_close(measure.outputs(made, X), twin(X), rtol=1e-12, atol=1e-12)
    made[1].running_mean += 0.1  # type: ignore[operator]
    assert tickets.data_error(target=made, ticket=twin, images=X) > 0.01
