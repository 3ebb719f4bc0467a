"""Networks trained in stacks of their slices: what each would become alone."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from slth.learned import Trainings, control, control_all, learn, learn_all, units_of
from slth.learned.task import Task
from slth.learned.together import train_together
from slth.networks import build_network, load_data_set

KEPT = ([1, 4, 5], [0, 2, 3, 7, 8, 9]), ([0], [6]), ([0, 1, 2, 3, 4, 5], [1, 2, 3])


@pytest.fixture(scope="module")
def data():
    return load_data_set("digits", seed=3)


def random_mask(size: torch.Size, seed: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng([seed, *size]).random(size) < 0.3)


def tasks_of(data, granularity: str) -> tuple[list[Task], list[dict[str, Tensor]]]:
    """Float64, so that rounding is no excuse; counts of filters that fill no stack evenly."""
    images, labels = data.train_images[:200].double(), data.train_labels[:200]
    tasks, keeps = [], []
    for seed, kept in enumerate(KEPT * 2):
        network = build_network([6, 10], stride=2, seed=seed).double().requires_grad_(False)
        units = units_of(network, granularity)
        tasks.append(Task(network, units, images, labels, 0.3, 2, 32, 0.01, seed))
        if granularity == "edge":
            keeps.append({n: random_mask(size, seed) for n, size in units.shapes.items()})
            continue
        chosen = {n: torch.zeros(size, dtype=torch.bool) for n, size in units.sizes.items()}
        for mask, places in zip(chosen.values(), kept, strict=True):
            mask[places] = True
        keeps.append(units.masks(chosen))
    return tasks, keeps


@pytest.mark.parametrize("granularity", ["edge", "filter"])
def test_stacked_training_is_training_alone(granularity: str, data) -> None:
    together, keeps = tasks_of(data, granularity)
    alone, _ = tasks_of(data, granularity)
    seen: list[tuple[int, int]] = []
    assert_trained_as_alone(together, alone, keeps, lambda i, epoch, _: seen.append((i, epoch)))
    assert sorted(seen) == [(i, e) for i in range(6) for e in (1, 2)]


def test_networks_of_equal_weights_that_differ_are_no_stack(data) -> None:
    """A stride and a dilation that leave as many pixels to the readout."""
    images, labels = data.train_images[:200].double(), data.train_labels[:200]
    tasks, keeps = [], []
    for how in ({"stride": 2, "padding": 1}, {"dilation": 2}):
        rest = list(build_network([6], stride=2, seed=1))[1:]
        first = torch.nn.Conv2d(1, 6, 3, bias=False, **how)  # type: ignore[arg-type]
        first.weight.data = 0.3 * torch.from_numpy(
            np.random.default_rng(1).normal(size=(6, 1, 3, 3))
        )
        network = torch.nn.Sequential(first, *rest)
        units = units_of(network.requires_grad_(False), "edge")
        tasks.append(Task(network, units, images, labels, 0.3, 1, 32, 0.01, 1))
        keeps.append({n: random_mask(size, 2) for n, size in units.shapes.items()})
    assert_trained_as_alone(tasks, tasks, keeps)


def assert_trained_as_alone(together, alone, keeps, note=None) -> None:
    starts = [task.sources() for task in alone]
    found = train_together(together, starts, keeps, after_epoch=note)
    for one, many, weights, start, keep in zip(alone, together, found, starts, keeps, strict=True):
        seen = many.seen
        one.seen = 0
        wanted = one.train(start, keep)
        assert one.seen == seen > 0
        for name, weight in weights.items():
            torch.testing.assert_close(weight, wanted[name], rtol=1e-6, atol=1e-9)
            assert not weight[~keep[name]].any()


@pytest.mark.parametrize("granularity", ["edge", "filter"])
def test_many_masks_are_the_masks_one_by_one(granularity: str, data) -> None:
    """Equal networks and seeds share a training; the masks are none the wiser."""
    networks = [build_network([6, 10], stride=2, seed=s) for s in (0, 0, 1)]
    networks[1] = networks[0]
    x, y = data.train_images[:256], data.train_labels[:256]
    fractions, seeds = (0.1, 0.3, 0.3), (5, 5, 6)
    asked: dict[str, Any] = {"granularity": granularity, "epochs": 2, "rewind": 1}
    many = learn_all("magnitude", networks, x, y, kept_fractions=fractions, seeds=seeds, **asked)
    for net, fraction, seed, of in zip(networks, fractions, seeds, many, strict=True):
        one = learn("magnitude", net, x, y, kept_fraction=fraction, seed=seed, **asked)
        assert one.work == of.work
        for name, mask in one.keep.items():
            assert torch.equal(mask, of.keep[name])
            assert torch.equal(one.start[name], of.start[name])
            torch.testing.assert_close(
                one.network.get_parameter(name), of.network.get_parameter(name), rtol=0, atol=1e-3
            )


def test_variants_that_share_trainings_are_as_alone(data, monkeypatch) -> None:
    """Shared by source, seed and settings: to the last bit, work counted, trained only once."""
    networks = [build_network([6, 10], stride=2, seed=s) for s in (0, 1)]
    x, y = data.train_images[:200], data.train_labels[:200]
    variants: list[dict[str, Any]] = [
        {"rewind": 2},
        {"rounds": 2},
        {"rewind": 1, "granularity": "filter"},
    ]
    asked: list[dict[str, Any]] = [{"epochs": 2, "kept_fractions": [0.2] * 2} | v for v in variants]
    asked += [asked[0] | {"epochs": 1, "rewind": 0}]  # another training, not to be confused
    lone = [learn_all("magnitude", networks, x, y, seeds=[5, 6], **each) for each in asked]
    runs: list[int] = []
    alone = Task.train

    def counted(task: Task, *args: Any, **more: Any) -> dict[str, Tensor]:
        runs.append(more["run"])
        return alone(task, *args, **more)

    monkeypatch.setattr(Task, "train", counted)
    shared = Trainings([0, 1])
    for each, wanted in zip(asked, lone, strict=True):
        found = learn_all("magnitude", networks, x, y, seeds=[5, 6], trainings=shared, **each)
        for one, other in zip(wanted, found, strict=True):
            assert one.work == other.work
            for name, weight in one.network.named_parameters():
                assert torch.equal(weight, other.network.get_parameter(name))
    assert runs.count(1) == 2 * len(networks)


def test_early_accuracy_is_that_of_a_training_cut_short(data) -> None:
    """Of the controls too; the watched images are those it is measured on."""
    held = data.held_out_images, data.held_out_labels
    x, y = data.train_images, data.train_labels
    networks = [build_network([6, 10], stride=2, seed=s) for s in (0, 1, 2)]
    asked: dict[str, Any] = {
        "kept_fractions": [0.3] * 3,
        "seeds": [0, 1, 2],
        "granularity": "filter",
    }
    found = learn_all("magnitude", networks, x, y, epochs=3, watch=(*held, 1), **asked)
    nulls = control_all([("fresh", m, None, 9) for m in found], x, y, watch=(*held, 3))
    assert all(0.1 < m.early < m.accuracy(*held) for m in found)
    assert [n.early for n in nulls] == pytest.approx([n.accuracy(*held) for n in nulls])
    assert np.isnan(learn("edge_popup", networks[0], x, y, kept_fraction=0.3, epochs=1).early)
    assert np.isnan(control("shuffled", found[0], x, y).early)


def test_equal_weights_with_other_strides_are_other_trainings(data) -> None:
    x, y = data.train_images[:64], data.train_labels[:64]
    tasks = []
    for stride in (1, 2):
        network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 10, 3, stride, padding=1, bias=False),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
        )
        torch.nn.init.constant_(network[0].weight, 0.1)  # type: ignore[arg-type]
        units = units_of(network, "edge")
        tasks.append(Task(network.requires_grad_(False), units, x, y, 0.5, 1, 32, 0.01, 3))
    shared = Trainings()
    first, second = (shared.first(task, 0)[1]["0.weight"] for task in tasks)
    assert not torch.equal(first, second)
