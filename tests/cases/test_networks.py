"""Networks that compute something else than they seem: repeated modules, subclasses, pruning."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import weight_norm

import slth


def _repeated() -> nn.Sequential:
    torch.manual_seed(1)
    act = nn.ReLU()
    f = nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), act, nn.Conv2d(2, 2, 3, bias=False), act,
        nn.Flatten(), nn.Linear(32, 3, bias=False),
    ).double()  # fmt: skip
    second = f[2].weight.data
    assert isinstance(second, torch.Tensor)
    second.abs_().neg_()  # the second ReLU gives 0, and f = 0
    return f


IMAGES = 2 * torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)).double() - 1
LABELS = torch.arange(64) % 3


@pytest.mark.parametrize(
    ("construction", "options"),
    [
        ("structured_convolution", {"granularity": "entry"}),
        ("single_weight", {}),
        ("rss_convolution", {}),
        ("binary_polynomial", {}),
        ("binary_polylog", {}),
        ("activated_convolution", {"granularity": "entry"}),
        ("ell_plus_one", {}),
        ("neuron_removal", {}),
    ],
)
def test_a_ticket_of_a_network_that_repeats_its_relu_is_within_its_bound(construction, options):
    f = _repeated()
    ticket = slth.tickets.build(construction, f, n=12, threads=1, **options)
    error = slth.tickets.data_error(target=f, ticket=ticket.ticket, images=IMAGES)
    assert error <= slth.tickets.get(construction, **options).error_bound(ticket)
    if construction not in ("ell_plus_one", "neuron_removal", "binary_polylog"):
        assert sum(isinstance(m, nn.ReLU) for m in ticket.ticket) == 4
    assert sum(isinstance(m, nn.ReLU) for m in ticket.target) == 2


def test_normalise_keeps_every_relu():
    f = _repeated()
    g, scale = slth.networks.normalise(f)
    assert len(g) == 6
    assert torch.equal(f(IMAGES), torch.zeros(64, 3).double())
    assert torch.equal(g(IMAGES), torch.zeros(64, 3).double())
    assert scale > 0


def test_a_shrunk_mask_of_a_network_that_repeats_its_relu_computes_the_same():
    data = slth.networks.load_data_set("digits")
    act = nn.ReLU()
    torch.manual_seed(0)
    first, second = (nn.Conv2d(i, 8, 3, 2, 1, bias=False) for i in (1, 8))
    n = nn.Sequential(first, act, second, act, nn.Flatten(), nn.Linear(32, 10, bias=False)).double()
    x, y = data.train_images[:256], data.train_labels[:256]
    mask = slth.learned.learn("edge_popup", n, x, y, kept_fraction=0.3, epochs=1)
    x = data.held_out_images
    with torch.no_grad():
        torch.testing.assert_close(slth.learned.shrink(mask)(x), mask.network(x))


def test_a_layer_that_runs_twice_is_read_twice():
    c = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    layers = slth.networks.read_layers(nn.Sequential(c, nn.ReLU(), c))
    assert [layer.relu for layer in layers] == [True, False]


class _Cap(nn.ReLU):
    def forward(self, x):
        return super().forward(x).clamp(max=6)


class _Spike(nn.Linear):
    """A line, but for a spike that few inputs meet."""

    def forward(self, x):
        return super().forward(x) + 5 * (1 - 1e6 * (x[:, :1] - 0.123).abs()).clamp(min=0)


def _pair(act: nn.Module, w: float, kind: type[nn.Linear] = nn.Linear) -> nn.Sequential:
    n = nn.Sequential(kind(1, 2, bias=False), act, nn.Linear(2, 1, bias=False)).double()
    n[0].weight.data = torch.tensor([[0.1], [-1.0]]).double()
    n[2].weight.data = torch.tensor([[w, 1.0]]).double()
    return n


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (_pair(_Cap(), 5.0), r"^f: module 1 \(_Cap\): got a _Cap with a forward of its own"),
        (_pair(nn.ReLU(), 5.0, _Spike), r"^f: module 0 \(_Spike\): got a _Spike with a forward"),
    ],
)
@pytest.mark.parametrize("entry", ["bracket", "exact", "bracket_around"])
def test_a_subclass_with_a_forward_of_its_own_has_no_bracket(f, words, entry):
    g = _pair(nn.ReLU(), 5.05)
    call = getattr(slth.supnorm, entry)
    more = {"points": torch.zeros(1, 1), "radius": 10.0} if entry == "bracket_around" else {}
    with pytest.raises(ValueError, match=words):
        call(f, g, **more, box=(-10.0, 10.0))
    assert call(_pair(nn.ReLU(), 5.0), g, **more, box=(-10.0, 10.0))


class _Net(nn.Sequential):
    def forward(self, x):
        return super().forward((x - 0.1) / 0.3)


def test_a_sequential_that_prepares_its_images_is_no_target():
    f = _Net(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3, bias=False))
    for construction in ("structured_convolution", "single_weight", "ell_plus_one"):
        with pytest.raises(ValueError, match=r"^target: got a _Net with a forward of its own"):
            slth.tickets.build(construction, f.double(), n=24)
    mask = slth.learned.learn("magnitude", f, IMAGES, LABELS, kept_fraction=1.0, epochs=1)
    assert isinstance(mask.network, _Net)  # runs as it is, so that nothing is read wrongly


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ([nn.Flatten(2), nn.Flatten(), nn.Linear(72, 3, bias=False)], r"module 2 \(Flatten\): got"),
        ([nn.Flatten(1, 2), nn.Linear(6, 3, bias=False)], r"module 2 \(Flatten\): got Flatten"),
        ([nn.Linear(6, 3, bias=False)], r"module 2 \(Linear\): acts on the last axis of images"),
        ([nn.Flatten(), nn.Linear(71, 3, bias=False)], r"module 3 \(Linear\): takes 71 features"),
        ([nn.Flatten()], r"module 2 \(Flatten\): takes a Flatten before a Linear only"),
    ],
)
def test_flatten_and_linear_are_taken_where_they_fit(modules, words):
    f = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), *modules)
    with pytest.raises(ValueError, match="^target: " + words):
        slth.tickets.build("rss_convolution", f, n=8)
    with pytest.raises(ValueError, match="^network: " + words):
        slth.networks.normalise(f)


def _recomputed() -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(0)
    f = nn.Sequential(weight_norm(nn.Linear(4, 8)), nn.ReLU(), nn.Linear(8, 2))
    g = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), f[2])
    g[0].weight.data, g[0].bias.data = f[0].weight.detach().clone(), f[0].bias.detach().clone()  # type: ignore[operator]
    return f, g


def test_parametrised_weights_are_refused_until_they_are_plain():
    f, g = _recomputed()
    words = r"module 0 \(ParametrizedLinear\): got a parametrisation of its weight.*remove_param"
    with pytest.raises(ValueError, match="^f: " + words):
        slth.supnorm.bracket(f, g)
    with pytest.raises(ValueError, match="^g: " + words):
        slth.supnorm.bracket(g, f)
    x, y = torch.randn(64, 4), torch.zeros(64).long()
    with pytest.raises(ValueError, match="^network: " + words):
        slth.learned.learn("magnitude", f, x, y, kept_fraction=0.5, epochs=1)
    nn.utils.parametrize.remove_parametrizations(f[0], "weight")
    assert slth.supnorm.bracket(f, g).lower == 0.0
    assert slth.learned.learn("magnitude", f, x, y, kept_fraction=0.5, epochs=1)


def test_pruned_weights_are_refused_until_they_are_permanent(tmp_path):
    n = slth.networks.build_network([2], classes=3)
    n[0].weight.requires_grad_(True)
    prune.l1_unstructured(n[0], "weight", 0.5)
    words = r"module 0 \(Conv2d\): got pruning of its weight.*prune\.remove\(module, 'weight'\)"
    with pytest.raises(ValueError, match="^target: " + words):
        slth.tickets.build("structured_convolution", n, n=8)
    calls = [
        lambda: slth.networks.train(n, IMAGES, LABELS, epochs=1),
        lambda: slth.learned.learn("magnitude", n, IMAGES, LABELS, kept_fraction=0.5, epochs=1),
        lambda: slth.networks.save_network(tmp_path / "a.npz", n),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="^network: " + words):
            call()
    assert not list(tmp_path.iterdir())
    prune.remove(n[0], "weight")
    for call in calls:
        call()
    assert torch.equal(slth.networks.load_network(tmp_path / "a.npz")(IMAGES), n(IMAGES))


@pytest.mark.parametrize("method", slth.learned.METHODS)
def test_a_weight_of_two_layers_is_learned_as_one(method):
    torch.manual_seed(0)
    n = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)
    )
    n[3].weight = n[1].weight
    mask = slth.learned.learn(method, n, IMAGES.float(), LABELS, kept_fraction=0.3, epochs=2)
    assert [*mask.keep] == ["1.weight", "5.weight"]
    assert mask.network[3].weight is mask.network[1].weight
    assert torch.equal(mask.network[3].weight != 0, mask.keep["1.weight"])
    assert n[3].weight is n[1].weight


@pytest.mark.parametrize(
    "module",
    [nn.MultiheadAttention(4, 2), nn.Conv1d(4, 4, 1), nn.ConvTranspose2d(4, 4, 1), nn.GRU(4, 4)],
    ids=lambda module: type(module).__name__,
)
def test_weights_that_no_mask_covers_are_named(module):
    n = nn.Sequential(nn.Linear(4, 4), module)
    name = type(module).__name__
    with pytest.raises(ValueError, match=rf"^network: module 1 \({name}\): got weights .*names="):
        slth.learned.learn("magnitude", n, torch.randn(8, 4), torch.zeros(8).long(),
                           kept_fraction=0.5, epochs=1)  # fmt: skip
