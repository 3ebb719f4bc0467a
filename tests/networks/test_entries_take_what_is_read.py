"""Entries that take a network take what `from_torch` reads, and give what the plain form gives."""

import copy
import re
from typing import Any

import pytest
import torch
from torch import nn

from slth import learned, networks, supnorm, tickets
from slth.networks import Network, Residual, from_torch
from slth.networks.converted import plain_form
from slth.seeding import generator
from tests.networks.modules_as_people_write_them import MODULES, make

SHAPE = (1, 6, 6)
QUICK: dict[str, Any] = {"samples": 4, "restarts": 0, "steps": 0}
IMAGES = torch.from_numpy(generator(0, "images").uniform(-1, 1, (12, *SHAPE)))
LABELS = torch.arange(12) % 3


class Own(nn.Module):
    """A chain without biases in a forward pass of its own."""

    def __init__(self, pool: bool = False, ceil: bool = False):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Dropout())
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()
        if ceil:  # 4×4 to 2×2, the last of which is not whole
            self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.head = nn.Linear(8 if pool or ceil else 32, 3, bias=False)

    def forward(self, x):
        return self.head(self.pool(self.features(x)).flatten(1))


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3)
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        return self.head(torch.cat([self.one(x).relu(), self.two(x).relu()], 1).flatten(1))


class Skipping(nn.Module):
    def __init__(self, projection: bool = False):
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, padding=1, bias=False)
        self.one = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.two = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.skip = nn.Conv2d(2, 2, 1, bias=False) if projection else None
        self.head = nn.Linear(2 * 9, 3, bias=False)

    def forward(self, x):
        x = self.stem(x).relu()
        y = x if self.skip is None else self.skip(x)
        x = torch.relu(self.two(torch.relu(self.one(x))) + y)
        return self.head(nn.functional.avg_pool2d(x, 2).flatten(1))


def own(pool: bool = False, ceil: bool = False) -> Own:
    torch.manual_seed(0)
    return Own(pool, ceil)


def plain() -> nn.Sequential:
    """The modules of `own` in a Sequential."""
    module = own().double()
    return nn.Sequential(module.features[0], nn.ReLU(), nn.Flatten(), module.head)


def skipping(projection: bool = False) -> Skipping:
    torch.manual_seed(1)
    return Skipping(projection)


def _same(one: nn.Module, other: nn.Module) -> bool:
    with torch.no_grad():
        return torch.equal(one.double()(IMAGES), other.double()(IMAGES))


FORMS = {"module": own, "Network": lambda: from_torch(own()), "nested": lambda: nn.Sequential(
    own().features, nn.Sequential(nn.Flatten(), own().head))}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("construction", ["structured_convolution", "rss_convolution"])
def test_a_ticket_is_that_of_the_plain_form(form, construction):
    torch.manual_seed(0)
    made = tickets.build(construction, FORMS[form](), n=6, seed=3, threads=1)
    wanted = tickets.build(construction, plain(), n=6, seed=3, threads=1)
    assert made.solutions.equals(wanted.solutions)
    assert _same(made.ticket, wanted.ticket)
    assert _same(made.target, wanted.target)


@pytest.mark.parametrize("form", FORMS)
def test_stages_and_their_sizes(form):
    torch.manual_seed(0)
    network = FORMS[form]()
    source = tickets.sample_source(network, 4, seed=2)
    assert _same(source, tickets.sample_source(plain(), 4, seed=2))
    problems = tickets.subset_problems(network, source)
    assert len(problems) == len(tickets.subset_problems(plain(), source))
    solved = tickets.build("structured_convolution", plain(), n=4, seed=2, threads=1)
    ticket = tickets.assemble(network, source, solved.solutions)
    assert _same(ticket.ticket, solved.ticket)
    one, one_scale = networks.normalise(network)
    two, two_scale = networks.normalise(plain())
    assert (one_scale, len(one)) == (two_scale, len(two))
    assert _same(one, two)
    construction = tickets.get("single_weight")
    widths = [tickets.predicted_width(construction, t, 0.5).n for t in (network, plain())]
    assert widths[0] == widths[1]
    assert tickets.per_entry_tolerance(0.1, one) == tickets.per_entry_tolerance(0.1, two)


@pytest.mark.parametrize("form", FORMS)
def test_brackets_of_what_is_read(form):
    torch.manual_seed(0)
    network, other = FORMS[form](), copy.deepcopy(plain())
    other[0].weight.data[0] *= 1.25
    made = supnorm.bracket(network, other, input_shape=SHAPE, **QUICK)
    wanted = supnorm.bracket(plain(), other, input_shape=SHAPE, **QUICK)
    assert made.bounds == wanted.bounds
    assert made.lower == wanted.lower > 0
    around = supnorm.bracket_around(other, network, IMAGES[:1], 0.1, **QUICK)
    assert 0 < around.upper < made.upper


def test_brackets_know_folded_batch_norm_and_biases():
    torch.manual_seed(2)
    module = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)
    ).eval()
    module[1].running_mean.uniform_(-1, 1)
    module[1].running_var.uniform_(0.5, 2)
    other = copy.deepcopy(module)
    other[4].bias.data[1] += 0.5
    found = supnorm.bracket(module, other, input_shape=SHAPE, **QUICK)
    assert 0.5 - 1e-6 <= found.lower <= found.upper <= 0.5 + 1e-6
    with pytest.raises(ValueError, match=r"^target: module 0 \(Conv2d\): got a bias"):
        tickets.build("rss_convolution", module, n=4)


@pytest.mark.parametrize("granularity", ["edge", "filter"])
def test_masks_are_learned_of_a_network_that_was_read(granularity):
    asked = {"kept_fraction": 0.5, "epochs": 1, "granularity": granularity}
    found = [
        learned.learn("magnitude", n, IMAGES, LABELS, **asked) for n in (from_torch(own()), plain())
    ]
    assert _same(found[0].network, found[1].network)
    assert _same(learned.shrink(found[0]), learned.shrink(found[1]))


def test_filters_are_learned_of_a_module_with_a_forward_of_its_own():
    asked = {"kept_fraction": 0.5, "epochs": 1, "granularity": "filter"}
    module = own()
    found = learned.learn("magnitude", module, IMAGES, LABELS, **asked)
    assert isinstance(found.network, nn.Sequential)
    assert module.training


def test_residual_blocks_come_as_such():
    network = from_torch(skipping(), SHAPE)
    made = network.to_sequential()
    assert [type(m) for m in made] == [
        nn.Conv2d, nn.ReLU, Residual, nn.ReLU, nn.AvgPool2d, nn.Flatten, nn.Linear,
    ]  # fmt: skip
    assert float((network(IMAGES) - made(IMAGES)).detach().abs().max()) < 1e-14
    ticket = tickets.build("structured_convolution", skipping(), n=6, threads=1)
    assert any(isinstance(m, Residual) for m in ticket.ticket)


REFUSED = {
    "pooling": (
        lambda: tickets.build("rss_convolution", own(pool=True), n=4),
        r"^target: module pool \(MaxPool2d\): .*AvgPool2d"),
    "pooling that is not whole in a bracket": (
        lambda: supnorm.bracket(own(ceil=True), plain(), input_shape=SHAPE, **QUICK),
        r"^f: got MaxPool2d.*ceil_mode=False"),
    "projection": (
        lambda: tickets.build("rss_convolution", skipping(projection=True), n=4),
        r"^target: module add \(sum of 2\).*residual blocks x \+ body\(x\)"),
    "branches in a bracket": (
        lambda: supnorm.bracket(Branching(), plain(), input_shape=SHAPE, **QUICK),
        r"^f: module cat \(channels of 2\)"),
    "capped": (
        lambda: networks.normalise(nn.Sequential(*[*plain()][:1], nn.ReLU6(), *[*plain()][2:])),
        r"^network: module 1 \(ReLU6\)"),
    "unreadable": (
        lambda: tickets.build(
            "structured_convolution", nn.Sequential(nn.Linear(3, 3), nn.GELU()), n=4),
        r"^target: module 1 \(GELU\): .*train it with"),
    "hook": (lambda: tickets.build("structured_convolution", _hooked(), n=4), r"^target: .*hooks"),
}  # fmt: skip


def _hooked() -> nn.Module:
    module = own()
    module.features[0].register_forward_hook(lambda m, x, y: 2 * y)
    return module


@pytest.mark.parametrize("kind", REFUSED)
def test_a_step_that_an_entry_does_not_know_is_named_as_the_caller_names_it(kind):
    call, words = REFUSED[kind]
    with pytest.raises(ValueError, match=r"^\w+: ") as caught:
        call()
    assert re.search(words, str(caught.value)), str(caught.value)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even")
@pytest.mark.parametrize("name", MODULES)
def test_the_sequential_form_computes_the_same_or_names_a_sum(name):
    network = from_torch(make(name), MODULES[name][1])
    x = torch.from_numpy(generator(0, "forms").uniform(-2, 2, (3, *network.input_shape)))
    try:
        made = network.to_sequential()
    except ValueError as error:
        assert re.search(r"^network: module [\w.]+ \(.*\) joins", str(error))  # noqa: PT017
        assert not network.chain()
    else:
        assert torch.equal(made(x), network(x))


def test_plain_forms_come_back_as_they_are():
    for given in (plain(), nn.Sequential(Residual(nn.Conv2d(1, 1, 1))), 3, None, "x"):
        assert plain_form("f", given) is given
    assert isinstance(from_torch(plain()), Network)
