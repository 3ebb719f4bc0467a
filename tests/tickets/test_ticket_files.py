"""Tickets on disk: they come back as they were, to the same bytes; foreign files do not."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from slth import networks, tickets
from tests.tickets.whole_cases import NETWORKS, SHAPE, inputs

CHAIN = networks.normalise(
    networks.build_network([2], kernel=2, padding=0, input_shape=(1, 3, 3), seed=1)
)[0]


def whole(name, **options):
    asked = {"n": 40, "gain": 2.0, "example": SHAPE, "threads": 1} | options
    return tickets.build("structured_convolution", NETWORKS[name](), **asked)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("granularity", "gain"), [("block", 2.0), ("entry", 2.0), ("filter", "reach")]
)
def test_whole_tickets_come_back(name, granularity, gain, tmp_path):
    ticket = whole(name, granularity=granularity, eps=0.01, gain=gain)
    ticket.save(tmp_path / "one.npz")
    back = tickets.load(tmp_path / "one.npz")
    back.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    x = inputs(5)
    assert torch.equal(back(x), ticket(x))
    assert torch.equal(back.ticket(x), ticket.ticket(x))
    assert torch.equal(back.target_outputs(x), ticket.target_outputs(x))
    pd.testing.assert_frame_equal(back.solutions, ticket.solutions)
    assert all(torch.equal(back.keep[key], ticket.keep[key]) for key in ticket.keep)
    assert back.error_bound() == ticket.error_bound()
    assert repr(back) == repr(ticket)
    assert (back.parameters, back.scale) == (ticket.parameters, ticket.scale)
    assert (back.options, back.settings) == (ticket.options, ticket.settings)


@pytest.mark.parametrize(
    ("construction", "options"),
    [
        ("structured_convolution", {}),
        ("rss_convolution", {}),
        ("ell_plus_one", {"readout": "ticket"}),
    ],
)
def test_tickets_of_the_constructions_come_back(construction, options, tmp_path):
    known = {f.name for f in tickets.get(construction).__dataclass_fields__.values()}
    asked = {key: value for key, value in options.items() if key in known}
    ticket = tickets.build(construction, CHAIN, n=8, eps=0.3, threads=1, **asked)
    ticket.save(tmp_path / "one.npz")
    back = tickets.load(tmp_path / "one.npz")
    back.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    x = inputs(5)[:, :, :3, :3]
    assert torch.equal(back(x), ticket(x))
    pd.testing.assert_frame_equal(
        back.solutions.drop(columns="subset"), ticket.solutions.drop(columns="subset")
    )
    for one, two in zip(back.solutions["subset"], ticket.solutions["subset"], strict=True):
        assert one.tolist() == two.tolist()
    assert all(torch.equal(back.keep[key], mask) for key, mask in ticket.keep.items())
    assert back.error_bound() == ticket.error_bound()


def test_methods_of_a_construction_are_the_functions_of_the_room():
    ticket = tickets.build("structured_convolution", CHAIN, n=12, threads=1)
    x = inputs(20)[:, :, :3, :3]
    labels = torch.arange(20) % len(ticket(x)[0].flatten())
    flat = nn.Sequential(*ticket.ticket, nn.Flatten()) if ticket(x).ndim > 2 else ticket.ticket
    assert ticket(x).shape == ticket.target_outputs(x).shape
    if ticket(x).ndim == 2:
        assert ticket.accuracy(x, labels) == tickets.accuracy(network=flat, images=x, labels=labels)
    gap = tickets.data_error(target=ticket.target, ticket=ticket.ticket, images=x)
    assert ticket.error(x).absolute == gap
    made = tickets.get(ticket.construction, **ticket.options)
    assert ticket.error_bound() == made.error_bound(ticket)
    found = ticket.bracket(input_shape=(1, 3, 3), samples=8, restarts=0, steps=0)
    assert gap <= found.upper <= ticket.error_bound() * (1 + 1e-9)
    assert int(ticket.summary()["problems"].sum()) == len(ticket.solutions)
    assert len(repr(ticket).splitlines()) <= 10
    assert "<table" in ticket._repr_html_()
    with pytest.raises(ValueError, match="input_shape: got None"):
        ticket.bracket()


def _changed(path, change):
    with np.load(path) as held:
        arrays = dict(held)
    change(arrays)
    np.savez(path, **arrays)


def _format(arrays):
    said = json.loads(str(arrays["description"]))
    arrays["description"] = np.array(json.dumps({**said, "format": "slth ticket 9"}))


def _short(arrays):
    arrays["layer.0.bits"] = arrays["layer.0.bits"][:-1]


def _kernel(arrays):
    arrays["layer.0.plus"] = arrays["layer.0.plus"][:, :, :1]


def _nan(arrays):
    arrays["step.0.weight"][0] = np.nan


def _more(arrays):
    arrays["more"] = np.zeros(3)


@pytest.mark.parametrize("change", [_format, _short, _kernel, _nan, _more])
def test_damaged_and_foreign_files_are_named(change, tmp_path):
    path = tmp_path / "ticket.npz"
    whole("pooled").save(path)
    _changed(path, change)
    with pytest.raises(ValueError, match=r"ticket\.npz: not a readable ticket"):
        tickets.load(path)


def _one_mask(arrays, change):
    name = next(key for key in arrays if key.startswith("keep."))
    arrays[name] = change(arrays[name])


@pytest.mark.parametrize(
    "change",
    [
        lambda bits: bits[:-1],
        lambda bits: np.append(bits, bits[:1]),
        lambda bits: bits[:0],
        lambda bits: bits.astype(np.int64),
        lambda bits: bits[:, None],
    ],
)
def test_masks_of_another_length_are_named(change, tmp_path):
    path = tmp_path / "ticket.npz"
    tickets.build("structured_convolution", CHAIN, n=8, threads=1).save(path)
    _changed(path, lambda arrays: _one_mask(arrays, change))
    with pytest.raises(
        ValueError, match=r"ticket\.npz: not a readable ticket .*a mask of 0\.weight"
    ):
        tickets.load(path)


def _looked_at(arrays):
    arrays["layer.0.looked_at"][0] = 10**9


def _negative(arrays):
    arrays["layer.0.looked_at"][0] = -8


def _other_bits(arrays):
    arrays["layer.0.bits"] = arrays["layer.0.bits"].astype(np.int64)


@pytest.mark.parametrize("change", [_looked_at, _negative, _other_bits])
def test_masks_of_a_whole_ticket_of_other_sizes_are_named(change, tmp_path):
    path = tmp_path / "ticket.npz"
    whole("pooled").save(path)
    _changed(path, change)
    with pytest.raises(
        ValueError, match=r"ticket\.npz: not a readable ticket .*layer '0' with masks"
    ):
        tickets.load(path)


def _said(part: str, name: str, value: object):
    """A change of the description: of its first layer, or of a part of it."""

    def change(arrays):
        (key,) = [k for k, v in arrays.items() if v.dtype.kind == "U"]
        text = json.loads(str(arrays[key]))
        (text["layers"][0] if part == "layer" else text[part])[name] = value
        arrays[key] = np.array(json.dumps(text))

    return change


@pytest.mark.parametrize(
    "value", [3.0, 4, "4", True, 1e-320, 0.0, -2.0, float("nan"), float("inf"), [], [4.0, 4.0]]
)
def test_scales_are_powers_of_two(value, tmp_path):
    path = tmp_path / "ticket.npz"
    whole("pooled", gain="reach").save(path)
    _changed(path, _said("layer", "scale", value))
    with pytest.raises(ValueError, match=r"ticket\.npz: not a readable ticket .*scale"):
        tickets.load(path)


@pytest.mark.parametrize(
    ("name", "value"), [("seed", -1), ("seed", 1.5), ("n", 2**30), ("n", 0), ("n", 40.0)]
)
def test_settings_of_a_source_are_looked_at(name, value, tmp_path):
    path = tmp_path / "ticket.npz"
    whole("pooled").save(path)
    _changed(path, _said("settings", name, value))
    with pytest.raises(ValueError, match=rf"ticket\.npz: not a readable ticket .*{name}: got"):
        tickets.load(path)


def test_paths(tmp_path):
    with pytest.raises(FileNotFoundError):
        tickets.load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match=r"path: got .*, takes a name that ends in \.npz"):
        whole("pooled").save(tmp_path / "ticket.pt")
    networks.save_network(tmp_path / "network.npz", CHAIN)
    with pytest.raises(ValueError, match=r"network\.npz: not a readable ticket"):
        tickets.load(tmp_path / "network.npz")
