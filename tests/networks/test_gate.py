"""Every entry that takes a network, on networks that are not what their classes say."""

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from slth import learned, networks, supnorm, tickets
from slth.networks import gate
from slth.networks.probes import reproduces
from slth.networks.residual import Residual, read_blocks
from slth.seeding import generator
from tests.networks.networks_unlike_their_class import (
    COMPILED,
    LIKE,
    SHAPE,
    SHARED,
    UNKNOWN,
    UNLIKE,
    hooked_everywhere,
    own_copy,
    plain,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(weight_norm|jit.script|Lazy|lazy|spectral_norm).*"
)
IMAGES = torch.from_numpy(generator(0, "images").uniform(-1, 1, (12, *SHAPE)))
LABELS = torch.arange(12) % 3
QUICK: dict[str, Any] = {"samples": 4, "restarts": 0, "steps": 0}
CONVOLUTIONAL = (
    "single_weight",
    "rss_convolution",
    "structured_convolution",
    "activated_convolution",
    "neuron_removal",
    "ell_plus_one",
    "binary_polynomial",
    "binary_polylog",
)
WHOLE = ("hook on the whole", "scripted")
READS = "build structured_convolution"  # any module that `slth.networks.from_torch` reads
Entry = Callable[..., object]


@functools.cache
def _learned() -> learned.LearnedMask:
    settings: dict[str, Any] = {"kept_fraction": 0.5, "epochs": 1}
    return learned.learn("magnitude", plain(), IMAGES, LABELS, **settings)


def _learn(network: nn.Module, tmp_path: object, **options: object) -> object:
    asked: dict[str, Any] = {"kept_fraction": 0.5, "epochs": 1, **options}
    return learned.learn("magnitude", network, IMAGES, LABELS, **asked)


def _build(network: nn.Module, tmp_path: object, construction: str) -> object:
    # the shape is given: to find one, a network that is refused is recorded on every other
    return tickets.build(construction, network, n=4, threads=1, example=SHAPE)  # type: ignore[arg-type]


def _assembled(source: nn.Module, tmp_path: object) -> object:
    return tickets.assemble(plain(), source, _ticket().solutions)  # type: ignore[arg-type]


@functools.cache
def _ticket() -> tickets.Ticket:
    made: Any = tickets.build("structured_convolution", plain(), n=4, threads=1)
    return made


def _width(network: nn.Module, tmp_path: object) -> object:
    return tickets.predicted_width(tickets.get("single_weight"), network, 0.5)  # type: ignore[arg-type]


# (argument, call); all of them read a chain of the modules they know
READERS: dict[str, tuple[str, Any]] = {
    "read_layers": ("network", lambda n, p: networks.read_layers(n)),
    "read_equivariant": ("target", lambda n, p: networks.read_equivariant(n)),
    "as_plain": ("network", lambda n, p: networks.as_plain(n, SHAPE)),
    "normalise": ("network", lambda n, p: networks.normalise(n)),
    "train": ("network", lambda n, p: networks.train(n, IMAGES, LABELS, epochs=1)),
    "save_network": ("network", lambda n, p: networks.save_network(p / "a.npz", n)),
    "save_networks": (
        r"networks\['f'\]", lambda n, p: networks.save_networks(p / "a.npz", {"f": n})),
    "bracket f": ("f", lambda n, p: supnorm.bracket(n, plain(), input_shape=SHAPE, **QUICK)),
    "bracket g": ("g", lambda n, p: supnorm.bracket(plain(), n, input_shape=SHAPE, **QUICK)),
    "around": ("g", lambda n, p: supnorm.bracket_around(plain(), n, IMAGES[:1], 0.1, **QUICK)),
    "exact": ("f", lambda n, p: supnorm.exact(n, plain(), (0.49, 0.5), input_shape=SHAPE)),
    "learn filters": ("network", functools.partial(_learn, granularity="filter")),
    "learn outputs": ("network", lambda n, p: learned.learn(
        "edge_popup", n, IMAGES, outputs=IMAGES.flatten(1)[:, :3], kept_fraction=0.5, epochs=1)),
    "sample_source": ("target", lambda n, p: tickets.sample_source(n, 4)),
    "subset_problems": ("target", lambda n, p: tickets.subset_problems(n, _ticket().source)),
    "tolerance": ("target", lambda n, p: tickets.per_entry_tolerance(0.1, n)),
    "width": ("target", _width),
    "build rss_dense": ("target", functools.partial(_build, construction="rss_dense")),
    "build equivariant": ("target", functools.partial(_build, construction="equivariant")),
} | {
    f"build {name}": ("target", functools.partial(_build, construction=name))
    for name in CONVOLUTIONAL
}  # fmt: skip
# entries that run any network, or read parameters alone
RUNNERS: dict[str, tuple[str, Entry]] = {
    "learn": ("network", _learn),
    "units_of": ("network", lambda n, p: learned.units_of(n)),
    "signed_constant": ("network", lambda n, p: learned.signed_constant(n)),
    "control": ("network", lambda n, p: learned.control(
        "fresh", _learned(), IMAGES, LABELS, network=n)),
    "in_float64": ("network", lambda n, p: networks.in_float64(n)),
    "source of problems": ("source", lambda n, p: tickets.subset_problems(plain(), n)),
    "source of assemble": ("source", _assembled),
}  # fmt: skip


def _refused(entry: str, network: nn.Module, tmp_path: object) -> str:
    argument, call = (READERS | RUNNERS)[entry]
    with pytest.raises((ValueError, TypeError), match=f"^{argument}: ") as caught:
        call(network, tmp_path)
    assert not list(tmp_path.iterdir())  # type: ignore[attr-defined]
    return str(caught.value)


def _refused_or_read(network: nn.Module, tmp_path: object) -> None:
    """`build` reads a network as it runs, whatever its classes say, or refuses it."""
    try:
        ticket = _build(network, tmp_path, READS.removeprefix("build "))
    except (ValueError, TypeError) as error:
        if str(error).startswith("target: "):
            return
        raise
    x = torch.cat([IMAGES, 1e3 * IMAGES])
    with torch.no_grad():
        wanted = network.eval().double()(x.clone())
    assert isinstance(ticket, tickets.Ticket | tickets.WholeTicket)
    got = ticket.target_outputs(x)
    torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_build_takes_what_runs_as_it_is_read(tmp_path):
    for make in [*UNLIKE.values(), *UNKNOWN.values()]:
        _refused_or_read(make(), tmp_path)


@pytest.mark.parametrize("entry", [e for e in (*READERS, *RUNNERS) if e != READS])
def test_no_entry_takes_a_module_that_is_not_what_it_is_called(entry, tmp_path):
    equivariant = entry in ("as_plain", "read_equivariant", "build equivariant")
    for kind, make in UNLIKE.items():
        words = _refused(entry, make(), tmp_path)
        if kind not in WHOLE and not equivariant:
            assert re.search(r"(module (1|2|5) \()|2\.weight", words), (kind, words)


def test_no_entry_takes_compiled_networks(tmp_path):
    compiled = [make() for make in COMPILED.values()]
    for entry in (*READERS, *RUNNERS):
        for network in compiled:
            _refused(entry, network, tmp_path)


# chains of other modules that these entries take, as `slth.networks.from_torch` reads them
BRACKETS = ("bracket f", "bracket g", "around", "exact")
CONVERTED = (
    "normalise",
    "learn filters",
    "learn outputs",
    "sample_source",
    "subset_problems",
    "width",
)


def _takes(entry: str, kind: str) -> bool:
    builds = entry in CONVERTED or entry.removeprefix("build ") in CONVOLUTIONAL
    return (builds or entry in BRACKETS) and kind in ("batch norm", "dropout")


@pytest.mark.parametrize("entry", [e for e in READERS if e != READS])
def test_no_reader_takes_another_chain(entry, tmp_path):
    for kind, make in UNKNOWN.items():
        if _takes(entry, kind):
            (READERS | RUNNERS)[entry][1](make(), tmp_path)
            continue
        if entry in BRACKETS and kind == "ReLU6":  # which is read, and has other layers
            with pytest.raises(ValueError, match=r"^g: got layers"):
                (READERS | RUNNERS)[entry][1](make(), tmp_path)
            continue
        if entry.startswith("save") and kind in ("linear on images", "no image", "behind a linear"):
            continue  # comes back as the same modules
        _refused(entry, make(), tmp_path)


@pytest.mark.parametrize("entry", [*READERS, *RUNNERS])
def test_no_entry_takes_hooks_on_all_modules_or_what_is_no_module(entry, tmp_path):
    _, call = (READERS | RUNNERS)[entry]
    with hooked_everywhere(), pytest.raises(ValueError, match=r"^[^:]+: got forward hooks on all"):
        call(plain(), tmp_path)
    for other in ("net", [nn.ReLU()], nn.ReLU):
        _refused(entry, other, tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["forward", "weight", "hook", "flat", "bias"])
def test_equivariant_readers_ask_the_gate(kind):
    torch.manual_seed(0)
    network = nn.Sequential(
        networks.QuarterTurnConv(torch.randn(2, 1, 1, 3, 3).double()),
        nn.ReLU(),
        networks.QuarterTurnConv(torch.randn(2, 2, 4, 3, 3).double()),
        networks.InvariantMean(),
        networks.linear(torch.randn(3, 2).double()),
    )
    assert len(networks.read_equivariant(network)) == 2
    if kind == "forward":
        network[2].forward = torch.relu
    elif kind == "weight":
        parametrizations.orthogonal(network[4])
    elif kind == "hook":
        network[3].register_forward_hook(lambda m, x, y: 2 * y)
    elif kind == "flat":
        network[2] = networks.SetLinear(torch.randn(2, 2, 2).double())
    else:
        network[4] = nn.Linear(2, 3).double()
    for call in (networks.read_equivariant, lambda n: tickets.build("equivariant", n, n=4)):
        with pytest.raises(ValueError, match=r"^target: "):
            call(network)


@pytest.mark.parametrize("name", ["ReLU", "Conv2d", "Flatten"])
def test_a_class_changed_as_a_whole_is_refused(name, monkeypatch, tmp_path):
    kind = getattr(nn, name)
    before = kind.forward
    monkeypatch.setattr(kind, "forward", lambda self, x: before(self, x) + 0)
    for entry in ("read_layers", "bracket f", "save_network"):
        assert name in _refused(entry, plain(), tmp_path)


@pytest.mark.parametrize("box", [(-1.0, 1.0), (-100.0, 100.0), (0.25, 0.5)])
@pytest.mark.parametrize("least", [0.5, 20.0])
def test_what_was_read_is_compared_in_the_box_and_beyond(box, least, monkeypatch):
    """Twin: where the gate lets a capped ReLU through, the comparison does not."""

    class Capped(nn.ReLU):
        def forward(self, x):
            return super().forward(x).clamp(max=least)

    network = plain()
    network[1] = Capped()
    monkeypatch.setattr(gate, "check_subclass", lambda part, kind: None)
    for call in (
        lambda: networks.read_layers(network, "f"),
        lambda: supnorm.bracket(network, plain(), box, SHAPE, **QUICK),
    ):
        with pytest.raises(ValueError, match="f: got a network that its layers do not reproduce"):
            call()


def test_a_last_place_of_one_weight_is_seen_and_rounding_is_not():
    network = plain()
    reordered = own_copy(network)
    order = torch.tensor([1, 0])
    reordered[0].weight.data = reordered[0].weight.data[order]
    reordered[2].weight.data = reordered[2].weight.data[:, order]
    reproduces("f", network, reordered, SHAPE)
    changed = own_copy(network)
    changed[5].weight.data[1, 3] *= 1 + 1e-9
    with pytest.raises(ValueError, match=r"^f: got a network that its layers do not reproduce"):
        reproduces("f", network, changed, SHAPE)


@pytest.mark.parametrize("kind", LIKE)
def test_unusual_networks_are_read_as_they_run(kind, tmp_path):
    """Layers, normal form, file, ticket and bracket, against the outputs of the modules."""
    network = LIKE[kind]()
    own = own_copy(network)
    x = torch.cat([IMAGES, 1e3 * IMAGES])
    with torch.no_grad():
        wanted = own(x)
        normal, scale = networks.normalise(network)
        torch.testing.assert_close(scale * normal(x), wanted, rtol=1e-9, atol=1e-9)
        if kind != "bfloat16":
            networks.save_network(tmp_path / "a.npz", network)
            loaded = networks.load_network(tmp_path / "a.npz")
            torch.testing.assert_close(loaded.double()(x), wanted, rtol=1e-9, atol=1e-9)
    for construction in ("structured_convolution", "single_weight"):
        ticket = tickets.build(construction, network, n=6, threads=1)
        error = tickets.data_error(target=own, ticket=ticket.ticket, images=IMAGES)
        assert error <= tickets.get(construction).error_bound(ticket) * (1 + 1e-9)
    other = own_copy(network)
    other[0].weight.data *= 1.1
    found = supnorm.bracket(network, other, input_shape=SHAPE, **QUICK)
    with torch.no_grad():
        assert float((own(IMAGES) - other(IMAGES)).abs().max()) <= found.upper
        at = torch.from_numpy(found.lower_at)[None]
        assert float((own(at) - other(at)).abs().max()) == pytest.approx(found.lower, rel=1e-9)


@pytest.mark.parametrize("kind", LIKE)
def test_unusual_networks_are_trained_as_they_run(kind):
    network = LIKE[kind]()
    trained = networks.train(network, IMAGES, LABELS, epochs=2, l1=0.0)
    own = networks.train(own_copy(network), IMAGES, LABELS, epochs=2, l1=0.0)
    if kind in SHARED:
        assert trained[2].weight is trained[4].weight
        assert not torch.equal(trained[2].weight, own[2].weight)
    else:
        for one, other in zip(trained.parameters(), own.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)
    assert not torch.equal(trained[0].weight, network[0].weight.double())


@pytest.mark.parametrize("kind", LIKE)
@pytest.mark.parametrize("method", ["edge_popup", "magnitude"])
def test_masks_of_unusual_networks(kind, method):
    network = LIKE[kind]()
    asked = {"kept_fraction": 0.4, "epochs": 1}
    mask = learned.learn(method, network, IMAGES, LABELS, **asked)
    assert len(mask.keep) == 3  # shared weights are under one mask
    assert mask.parameters["source"] == sum(p.numel() for p in network.parameters())
    kept = mask.masked()
    for name, keep in mask.keep.items():
        assert torch.equal(kept.get_parameter(name) != 0, keep & (network.get_parameter(name) != 0))
    small = learned.shrink(mask)
    with torch.no_grad():
        wanted = own_copy(mask.network)(IMAGES)
        torch.testing.assert_close(small(IMAGES), wanted, rtol=1e-6, atol=1e-9)
    null = learned.control("shuffled", mask, IMAGES, LABELS)
    assert null.parameters == mask.parameters
    if kind in SHARED:
        with pytest.raises(ValueError, match=r"^network: 4.weight shares its weights with 2"):
            learned.learn(method, network, IMAGES, LABELS, granularity="filter", **asked)
    else:
        whole = learned.learn(method, network, IMAGES, LABELS, granularity="filter", **asked)
        with torch.no_grad():
            wanted = own_copy(whole.network)(IMAGES)
        torch.testing.assert_close(learned.shrink(whole)(IMAGES), wanted, rtol=1e-6, atol=1e-9)


def test_memory_shared_by_two_parameters_is_refused_where_it_would_part():
    network = LIKE["shared weight"]()
    network[4].weight = nn.Parameter(network[2].weight.data)
    for call in (
        lambda: networks.train(network, IMAGES, LABELS, epochs=1),
        lambda: _learn(network, None),
    ):
        with pytest.raises(ValueError, match=r"^network: .* shares its weights with"):
            call()
    flat = torch.randn(72).double()  # two parameters side by side in one memory are apart
    network[2].weight = nn.Parameter(flat[:36].view(2, 2, 3, 3))
    network[4].weight = nn.Parameter(flat[36:].view(2, 2, 3, 3))
    assert len(_learn(network, None).keep) == 4  # type: ignore[attr-defined]


class Branched(nn.Module):
    """Any module: what it does is its own affair, its weights are those of Conv2d and Linear."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.first, self.inner = nn.Conv2d(1, 2, 3), inner
        self.out = nn.Linear(32, 3)
        self.shift = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        y = self.first(x.float()) + self.shift.view(2, 1, 1)
        return self.out(self.inner(y).flatten(1).relu())


COVERED = {
    "norm": lambda: nn.GroupNorm(1, 2),
    "layer norm of images": lambda: nn.LayerNorm((2, 4, 4)),
    "PReLU": lambda: nn.PReLU(2),
    "own forward": lambda: nn.Sequential(nn.Conv2d(2, 2, 1), nn.Tanh()),
}
UNCOVERED = {
    "attention": lambda: nn.MultiheadAttention(4, 2),
    "Conv1d": lambda: nn.Conv1d(2, 2, 1),
    "transposed": lambda: nn.ConvTranspose2d(2, 2, 1),
    "embedding": lambda: nn.Embedding(3, 4),
    "recurrent": lambda: nn.GRU(4, 4),
    "ChannelScale": lambda: networks.ChannelScale(torch.ones(2), torch.arange(2)),
    "bilinear": lambda: nn.Bilinear(2, 2, 2),
}


@pytest.mark.parametrize("kind", COVERED)
def test_learn_takes_modules_of_any_forward(kind):
    mask = _learn(Branched(COVERED[kind]()), None)
    assert {"first.weight", "out.weight"} <= mask.keep.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", UNCOVERED)
def test_learn_leaves_no_weights_out_in_silence(kind):
    inner = UNCOVERED[kind]()
    with pytest.raises(ValueError, match=rf"^network: module inner \({type(inner).__name__}\): "):
        _learn(Branched(inner), None)
    if kind in ("transposed", "ChannelScale"):
        mask = _learn(Branched(inner), None, names=["first.weight"])
        assert [*mask.keep] == ["first.weight"]  # type: ignore[attr-defined]


def test_weights_that_torch_does_not_know_of_are_named():
    hidden = Branched(nn.Identity())
    hidden.layers = [nn.Linear(2, 2)]  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"^network: got weights in the attribute 'layers'"):
        _learn(hidden, None)
    loose = Branched(nn.Identity())
    loose.scale = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"^network: got weights in the attribute 'scale'"):
        _learn(loose, None)


def test_blocks_are_read_as_they_run():
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 2, 3, padding="same", bias=False).double()
    act = nn.ReLU()
    block = Residual(conv, act, conv)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, bias=False).double(), act, block, act, block,
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(18, 3, bias=False).double(),
    )  # fmt: skip
    assert len(read_blocks(network)) == 6
    own = own_copy(network)
    ticket = tickets.build("rss_convolution", network, n=6, threads=1)
    error = tickets.data_error(target=own, ticket=ticket.ticket, images=IMAGES)
    assert error <= tickets.get("rss_convolution").error_bound(ticket) * (1 + 1e-9)
    conv.forward = torch.relu
    for call in (read_blocks, lambda n: supnorm.bracket(n, own, input_shape=SHAPE, **QUICK)):
        with pytest.raises(ValueError, match=r"module 2\.body\.0 \(Conv2d\)"):
            call(network)
    del conv.forward
    first = nn.Sequential(Residual(nn.ReLU(inplace=True), conv))
    with pytest.raises(ValueError, match=r"^network: module 0\.body\.0 \(ReLU\): writes on its"):
        networks.save_network("never.npz", first)


def test_nested_sequentials_and_identities_are_bracketed():
    network = plain()
    nested = nn.Sequential(nn.Identity(), network[:2], nn.Sequential(network[2:4], network[4:]))
    found = supnorm.bracket(nested, own_copy(network), input_shape=SHAPE, **QUICK)
    assert found.upper <= 1e-9
    network[3].register_forward_hook(lambda m, x, y: 2 * y)
    with pytest.raises(ValueError, match=r"^f: module 2\.0\.3 \(ReLU\): got forward hooks"):
        supnorm.bracket(nested, plain(), input_shape=SHAPE, **QUICK)
    with pytest.raises(ValueError, match=r"^network: module 1 \(Sequential\).* the outer Seq"):
        networks.read_layers(nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(2, 2))))


@pytest.mark.parametrize("bounds", [(-1.0, 1.0), (0.0, 1.0)])
def test_a_flat_input_of_a_dense_network_needs_no_shape(bounds):
    torch.manual_seed(0)
    f = nn.Sequential(nn.Flatten(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    g = own_copy(f)
    g[1].bias.data += 0.25
    found = supnorm.bracket(f, g, bounds, **QUICK)
    x = torch.from_numpy(np.random.default_rng(0).uniform(*bounds, (99, 3)))
    with torch.no_grad():
        assert float((f.double()(x) - g(x)).abs().max()) <= found.upper
