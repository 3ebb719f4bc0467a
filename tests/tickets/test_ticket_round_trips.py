"""Tickets leave as states, programs of torch.export and ONNX, and compute the same there."""

import copy
import re
import sys
import warnings

import pytest
import torch
from torch import nn

from slth import networks, tickets
from slth.networks.onnx_graph import write_onnx
from slth.tickets.whole import literal, onnx_layers
from tests.tickets.exporting_cases import TICKETS, gap, inputs
from tests.tickets.test_whole_literal import build


@pytest.mark.parametrize("name", TICKETS)
def test_a_ticket_is_what_its_file_holds(name, tmp_path):
    make, _ = TICKETS[name]
    ticket = make()
    ticket.save(tmp_path / "ticket.npz")
    assert tickets.load(tmp_path / "ticket.npz") == ticket


@pytest.mark.parametrize("name", TICKETS)
def test_a_state_fills_a_fresh_copy(name, tmp_path):
    make, shape = TICKETS[name]
    ticket, x = make(), inputs(shape)
    torch.save(ticket.ticket.state_dict(), tmp_path / "state.pt")
    other = copy.deepcopy(ticket.ticket)
    for tensor in other.parameters():
        tensor.zero_()
    assert gap(other(x), ticket.ticket(x)) > 0.1
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert torch.equal(other(x), ticket.ticket(x))


def _program(module, x, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, (x,)), path)


@pytest.mark.parametrize("name", TICKETS)
def test_programs_are_read_as_the_ticket(name, tmp_path):
    make, shape = TICKETS[name]
    ticket, x = make(), inputs(shape)
    _program(ticket.ticket, x[:2], tmp_path / "ticket.pt2")
    for network in (
        networks.from_pt2(tmp_path / "ticket.pt2"),
        networks.from_torch(ticket.ticket, x),
    ):
        assert gap(network(x), ticket(x)) < 1e-12


def _evaluated(path, x):
    """Outputs by ONNX's own reference evaluator."""
    reference = pytest.importorskip("onnx.reference")
    evaluator = reference.ReferenceEvaluator(str(path))
    (found,) = evaluator.run(None, {"input": x.numpy()})
    return torch.from_numpy(found)


@pytest.mark.parametrize("name", TICKETS)
def test_onnx_files_compute_what_the_ticket_does(name, tmp_path):
    onnx = pytest.importorskip("onnx")
    make, shape = TICKETS[name]
    ticket, x = make(), inputs(shape)
    ticket.to_onnx(tmp_path / "ticket.onnx", shape)
    ticket.to_onnx(tmp_path / "again.onnx", shape)
    assert (tmp_path / "ticket.onnx").read_bytes() == (tmp_path / "again.onnx").read_bytes()
    onnx.checker.check_model(str(tmp_path / "ticket.onnx"), full_check=True)
    wanted = ticket(x)
    assert gap(_evaluated(tmp_path / "ticket.onnx", x), wanted) < 1e-12
    assert gap(networks.from_onnx(tmp_path / "ticket.onnx")(x), wanted) < 1e-12
    ticket.to_onnx(tmp_path / "short.onnx", shape, dtype="float32")
    found = _evaluated(tmp_path / "short.onnx", x.float())
    assert found.dtype == torch.float32
    assert 0 < gap(found.double(), wanted) < 1e-4


@pytest.mark.parametrize("name", ["bottleneck", "pooled"])
def test_layers_that_are_too_large_leave_as_their_kernels(name, tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr(literal, "BUILT", 400)
    ticket = build(name, n=40)
    made = {type(module) for module in ticket.ticket.steps}
    assert literal.EffectiveModule in made
    x = inputs(ticket.target.input_shape) * 2 - 1
    wanted = ticket(x)
    assert gap(ticket.ticket(x), wanted) < 1e-12
    ticket.to_onnx(tmp_path / "ticket.onnx")
    assert gap(_evaluated(tmp_path / "ticket.onnx", x), wanted) < 1e-12
    _program(ticket.ticket, x[:2], tmp_path / "ticket.pt2")
    assert gap(networks.from_pt2(tmp_path / "ticket.pt2")(x), wanted) < 1e-12


def _turning():
    weight = inputs((2, 1, 1, 3, 3), 1)[0] / 9
    target = nn.Sequential(networks.QuarterTurnConv(weight), nn.ReLU())
    return tickets.build("equivariant", target, n=9, threads=1), (1, 4, 4)


def _ell_plus_one():
    target = networks.build_network([2], kernel=2, padding=0, input_shape=(1, 3, 3), seed=1)
    asked = {"n": 8, "threads": 1, "readout": "ticket"}
    return tickets.build("ell_plus_one", networks.normalise(target)[0], **asked), (1, 3, 3)


@pytest.mark.parametrize("make", [_turning, _ell_plus_one])
def test_other_constructions(make, tmp_path):
    pytest.importorskip("onnx")
    ticket, shape = make()
    ticket.to_onnx(tmp_path / "ticket.onnx", shape)
    x = inputs(shape)
    found = _evaluated(tmp_path / "ticket.onnx", x)
    assert gap(found.flatten(1), ticket(x).flatten(1)) < 1e-12
    assert gap(ticket.pruned()(x), ticket(x)) < 1e-12


ONNX_MODULES = {
    "activations": nn.Sequential(
        nn.Conv2d(2, 3, 3, 2, 1), nn.ReLU6(), nn.Conv2d(3, 3, 1, groups=3), nn.LeakyReLU(0.3),
        nn.Hardtanh(0.0, 0.5), nn.Tanh(), nn.Sigmoid(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
    ),
    "pools": nn.Sequential(
        nn.MaxPool2d((3, 2), (2, 1), (1, 0)), nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        nn.AvgPool2d(2, 2, 1), nn.MaxPool2d(2, 1, dilation=2), nn.Identity(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONNX_MODULES)
def test_modules_that_tickets_copy(name, tmp_path):
    pytest.importorskip("onnx")
    module = ONNX_MODULES[name].double().requires_grad_(False)
    write_onnx(tmp_path / "a.onnx", module, (2, 9, 9))
    x = inputs((2, 9, 9)) * 2 - 1
    assert gap(_evaluated(tmp_path / "a.onnx", x), module(x)) < 1e-12


def test_what_cannot_be_written_is_named(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    path = tmp_path / "a.onnx"
    ticket = TICKETS["a chain, kernels"][0]()
    with pytest.raises(ValueError, match="input_shape: got None"):
        ticket.to_onnx(path)
    with pytest.raises(ValueError, match="dtype: got 'int8'"):
        ticket.to_onnx(path, (1, 5, 5), "int8")
    with pytest.raises(TypeError, match="path: got int"):
        ticket.to_onnx(3, (1, 5, 5))
    for module, words in (
        (nn.GELU(), "0: got a GELU, takes"),
        (nn.MaxPool2d(2, ceil_mode=True), "0: got windows that are not whole"),
        (nn.Conv2d(1, 1, 3, padding_mode="circular", padding=1), "0: got padding"),
        (nn.AdaptiveAvgPool2d(2), "0: got adaptive pooling to 2"),
        (nn.Flatten(2), "0: got Flatten"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            write_onnx(path, nn.Sequential(module), (1, 4, 4))
    monkeypatch.setattr("slth.networks.onnx_graph.LARGEST", 10)
    with pytest.raises(ValueError, match=r"path: got weights of [0-9,]+ bytes"):
        ticket.to_onnx(path, (1, 5, 5))
    assert not path.exists()
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"to_onnx needs the extra"):
        ticket.to_onnx(path, (1, 5, 5))


def test_every_module_of_a_whole_ticket_has_a_writer():
    assert {literal.PrunedLayer, literal.EffectiveModule} == {*onnx_layers.WRITERS}
