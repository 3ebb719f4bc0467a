"""Modules as people write them against what is read of them; what is not read says so."""

import copy
import re
import types

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from slth.networks import Network, from_torch
from slth.networks.graph import INPUT, Add, AvgPool, Convolution, Dense, MaxPool
from slth.networks.reading import comparing
from slth.seeding import generator
from tests.networks.modules_as_people_write_them import MODULES, BasicBlock, make

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*weight_norm.*", "ignore:Using padding='same' with even"
)


NEED_EXAMPLES = {
    *("VGG", "normalises its images", "VGG without batch norm", "normalises, then flattens"),
    "parameters of its own",
}


def _inputs(shape: tuple[int, ...]) -> list[Tensor]:
    """Inputs in [-1, 1] and far beyond, none of them the reader's own."""
    rng = generator(3, "test inputs", *shape)
    made = []
    for reach in (1.0, 30.0, 3000.0):
        x = rng.uniform(-reach, reach, (5, *shape))
        x[1] = reach * np.sign(x[1])
        x[2] = 0
        x[2].flat[rng.integers(x[2].size)] = -reach
        made.append(torch.from_numpy(x))
    return made


def _agree(module: nn.Module, network: Network, shape: tuple[int, ...]) -> None:
    twin = copy.deepcopy(module).double().eval()
    for x in _inputs(shape):
        with torch.no_grad():
            wanted = twin(x.clone())
        got = network(x)
        assert got.shape == wanted.shape
        size = wanted.abs().flatten(1).amax(1).view(-1, *(1,) * (wanted.ndim - 1))
        assert bool(((got - wanted).abs() <= 1e-9 * size).all())


@pytest.mark.parametrize("name", MODULES)
def test_what_is_read_computes_what_the_module_does(name):
    module, shape = make(name, seed=1), MODULES[name][1]
    network = from_torch(module, torch.zeros(2, *shape))
    assert network.input_shape == shape
    assert (
        network.values(torch.zeros(1, *shape))[network.output].shape[1:]
        == network.shapes[network.output]
    )
    assert all(w.dtype == torch.float64 for layer in network.layers for w in [layer.weight])
    assert len(repr(network).splitlines()) <= 10
    _agree(module, network, shape)
    _agree(module, network.to_module(), shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["LeNet", "MobileNetV2", "reused ReLU and convolution"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_every_precision_are_read_as_they_are(name, dtype):
    module, shape = make(name, dtype=dtype), MODULES[name][1]
    _agree(module, from_torch(module, shape), shape)


@pytest.mark.parametrize("name", MODULES)
def test_without_an_example_a_shape_is_found_or_asked_for(name):
    module = make(name)
    try:
        network = from_torch(module)
    except ValueError as error:
        assert "example" in str(error)  # noqa: PT017
        assert name in NEED_EXAMPLES
    else:
        _agree(module, network, network.input_shape)


def test_pools_over_whole_images_have_no_size_unless_an_example_gives_it():
    module = make("BasicBlock ResNet")
    free, fixed = from_torch(module), from_torch(module, (3, 32, 32))
    assert [s.size for s in free.steps if isinstance(s, AvgPool)] == [None]
    assert [s.size for s in fixed.steps if isinstance(s, AvgPool)] == [(4, 4)]
    _agree(module, free, (3, 45, 33))
    with pytest.raises(ValueError, match=r"^x: got shape .* fc"):
        fixed(torch.zeros(1, 3, 64, 64))


def test_the_graph_says_what_is_where():
    network = from_torch(make("BasicBlock ResNet"), (3, 32, 32))
    assert [layer.name for layer in network.layers][:4] == [
        "conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1",
    ]  # fmt: skip
    first = network.step("conv1")
    assert isinstance(first, Convolution)
    assert first.stride == (2, 2)
    assert first.padding == (3, 3)
    assert first.bias is not None
    assert network.activation("conv1").plain_relu  # type: ignore[union-attr]
    assert network.activation("layer1.0.conv2") is None
    sums = [s for s in network.steps if isinstance(s, Add)]
    assert sums[0].inputs == ("layer1.0.conv2", "maxpool")
    assert sums[1].inputs == ("layer2.0.conv2", "layer2.0.downsample.0")
    assert isinstance(network.step("maxpool"), MaxPool)
    assert isinstance(network.step("fc"), Dense)
    assert network.output == "fc"
    assert network.readers[INPUT] == ("conv1",)
    assert network.parameters == sum(
        p.numel() for n, p in make("BasicBlock ResNet").named_parameters() if "conv" in n
    ) + 6 * 5 + 5 + sum(layer.weight.shape[0] for layer in network.layers if layer.name != "fc") + (
        4 * 6
    )  # fmt: skip


def test_other_weights_under_the_same_names():
    network = from_torch(make("LeNet"), (1, 16, 16))
    fc = network.step("fc2")
    assert isinstance(fc, Dense)
    zero = Dense(name="any", inputs=("nothing",), weight=0 * fc.weight, bias=fc.bias)
    other = network.replaced({"fc2": zero})
    x = torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other(x), fc.bias.expand(2, -1))  # type: ignore[union-attr]
    assert not torch.equal(network(x), other(x))


@pytest.mark.parametrize("name", ["pre-activation", "MobileNetV2", "in place"])
def test_the_module_is_left_as_it_was(name):
    module = make(name)
    next(module.children()).eval()
    modes = [m.training for m in module.modules()]
    before = copy.deepcopy(module.state_dict())
    keys = [{**vars(m)}.keys() for m in module.modules()]
    state = torch.random.get_rng_state()
    threads = torch.get_num_threads()
    from_torch(module, MODULES[name][1])
    assert [m.training for m in module.modules()] == modes
    assert [{**vars(m)}.keys() for m in module.modules()] == keys
    after = module.state_dict()
    assert all(torch.equal(after[k], v) and after[k].dtype == v.dtype for k, v in before.items())
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_reading_inside_other_contexts(context):
    with context():
        network = from_torch(make("LeNet"), (1, 16, 16))
    _agree(make("LeNet"), network, (1, 16, 16))


# what cannot be read: (module, words for where it is, words for the way out)
class _Calls(nn.Module):
    """A linear layer and a function of its outputs, inside a module of its own."""

    def __init__(self, function):
        super().__init__()
        self.fc, self.function = nn.Linear(4, 4), function

    def forward(self, x):
        return self.function(self.fc(x))


def _inside(function) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.Sequential(_Calls(function)))


def _attention(x: Tensor) -> Tensor:
    return torch.softmax(x @ x.transpose(0, 1), dim=-1) @ x


def _loops(x: Tensor) -> Tensor:
    return torch.stack([row * 2 for row in x])


class _Broadcast(nn.Module):
    def forward(self, x):
        return x + x.mean((2, 3), keepdim=True)


class _Unregistered(nn.Module):
    def __init__(self):
        super().__init__()
        self.known = nn.Linear(4, 4)
        self.fcs = [nn.Linear(4, 4)]

    def forward(self, x):
        return self.fcs[0](x)


def _hooked() -> nn.Module:
    module = nn.Sequential(nn.Sequential(nn.Linear(4, 4)))
    module[0][0].register_forward_hook(lambda m, x, y: 2 * y)  # type: ignore[index]
    return module


def _pruned() -> nn.Module:
    module = nn.Sequential(nn.Sequential(nn.Linear(4, 4)))
    prune.l1_unstructured(module[0][0], "weight", 0.5)  # type: ignore[index]
    return module


def _parametrised() -> nn.Module:
    module = nn.Sequential(nn.Sequential(nn.Linear(4, 4)))
    parametrizations.weight_norm(module[0][0])  # type: ignore[index]
    return module


def _forward_on_object() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU()))
    module[1][0].forward = types.MethodType(lambda self, x: x.abs(), module[1][0])  # type: ignore[index]
    return module


AT = r"module 1\.0 \(_Calls\)"
REFUSED: dict[str, tuple[object, str, str]] = {
    "softmax in the middle": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Softmax(1)), nn.Linear(4, 2)),
        r"module 1\.0 \(Softmax\)", "logits"),
    "log_softmax": (lambda: _inside(lambda x: F.log_softmax(x, 1)), AT, "logits"),
    "attention": (lambda: _inside(_attention), AT, "takes"),
    "MultiheadAttention": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.TransformerEncoderLayer(4, 2, 8)),
        r"module 1 \(Transf", "attention"),
    "GELU": (lambda: _inside(nn.GELU()), r"module 1\.0\.function \(GELU\)", "train it with"),
    "gelu": (lambda: _inside(F.gelu), AT, "calls gelu, takes"),
    "LayerNorm": (lambda: _inside(nn.LayerNorm(4)), r"\(LayerNorm\)", "batch norm"),
    "control flow": (
        lambda: _inside(lambda x: x if x.sum() > 0 else -x), AT, "numbers in its input"),
    "truth of a value": (lambda: _inside(lambda x: x if x.mean() else -x), AT, "numbers in its"),
    "loop over images": (lambda: _inside(_loops), AT, "takes"),
    "item": (lambda: _inside(lambda x: x * x.mean().item()), AT, "takes"),
    "values times values": (lambda: _inside(lambda x: x * torch.sigmoid(x)), AT, "squeeze"),
    "mean over images": (lambda: _inside(lambda x: x - x.mean(0)), AT, "takes"),
    "sum of other shapes": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 1), nn.Sequential(_Broadcast())), r"module 1\.0 ", "one shape"),
    "draws": (lambda: _inside(lambda x: F.dropout(x, 0.5)), AT, "training=self.training"),
    "adds noise": (lambda: _inside(lambda x: x + torch.randn(4)), r"^module: ", "by itself|steps"),
    "two outputs": (lambda: _inside(lambda x: (x, x)), r"^module: ", "one tensor"),
    "an output that is a constant": (
        lambda: _inside(lambda x: torch.zeros(3, 4)), r"^module: ", "depends on x"),
    "an unregistered layer": (_Unregistered, r"^module: ", "ModuleList"),
    "batch norm of the minibatch": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.Sequential(nn.BatchNorm2d(2, track_running_stats=False))),
        r"module 1\.0 \(BatchNorm2d\)", "track_running_stats=True"),
    "forward hook": (_hooked, r"module 0\.0 \(Linear\)", r"remove\(\)"),
    "pruning left on": (_pruned, r"module 0\.0 \(Linear\)", r"prune\.remove"),
    "parametrisation left on": (
        _parametrised, r"module 0\.0 \(\w*Linear\)", "remove_parametrizations"),
    "forward on the object": (_forward_on_object, r"module 1\.0 \(ReLU\)", "del module"),
    "reflected padding": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")),
        r"module 0 \(Conv2d\)", "'zeros'"),
    "transposed": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ConvTranspose2d(2, 2, 3)),
        r"module 1 \(ConvTranspose2d\)", "without transposition"),
    "PReLU of each channel": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3), _with_slopes(nn.PReLU(2))), r"module 1 \(PReLU\)", "one slope"),
    "NaN": (lambda: _filled(nn.Linear(4, 4), float("nan")), r"^module: ", "finite"),
    "lazy": (lambda: nn.Sequential(nn.LazyLinear(3)), r"module 0 ", "run once"),
    "meta": (lambda: nn.Linear(3, 3, device="meta"), r"^module: ", "values"),
    "uneven windows": (
        lambda: nn.Sequential(nn.Conv2d(1, 1, 1), nn.AdaptiveAvgPool2d(3)),
        r"module 1 \(AdaptiveAvgPool2d\)", "multiples"),
    "linear on images": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 1), nn.Linear(4, 3)),
        r"module 1 \(Linear\)", "flatten"),
}  # fmt: skip


def _with_slopes(module: nn.PReLU) -> nn.PReLU:
    module.weight.data = torch.tensor([0.1, 0.2])
    return module


def _filled(module: nn.Linear, value: float) -> nn.Module:
    module.weight.data.fill_(value)
    return module


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.filterwarnings("ignore:Lazy", "ignore:.*enable_nested_tensor")
def test_what_cannot_be_read_is_named_with_the_way_out(kind):
    build, where, way = REFUSED[kind]
    module = build()  # type: ignore[operator]
    convolutional = any(isinstance(m, nn.Conv2d) for m in module.modules())
    with pytest.raises((ValueError, TypeError)) as caught:
        from_torch(module, (1, 4, 4) if convolutional else None)
    words = str(caught.value)
    assert words.startswith("module: ")
    assert re.search(where, words), words
    assert re.search(way, words), words


@pytest.mark.parametrize("value", [None, 3, "x", nn.ReLU, object(), [], torch.ones(2)])
def test_no_module(value):
    with pytest.raises(TypeError, match=r"^module: got .* takes a torch\.nn\.Module"):
        from_torch(value)


@pytest.mark.parametrize("value", [3, "x", object(), (1, 2), (0, 4, 4), (1.5,), torch.ones(3), []])
def test_no_example(value):
    with pytest.raises((TypeError, ValueError), match=r"^example"):
        from_torch(make("LeNet"), value)


def test_a_shape_that_does_not_fit_names_the_module():
    with pytest.raises(ValueError, match=r"^module: module fc1 \(Linear\): .*shape \(1, 20, 20\)"):
        from_torch(make("LeNet"), (1, 20, 20))


class _Spiked(nn.Module):
    """Counts its calls, and so computes something else than what was recorded."""

    def __init__(self):
        super().__init__()
        self.fc, self.calls = nn.Linear(3, 2), 0

    def forward(self, x):
        self.calls += 1
        return self.fc(x) if self.calls < 2 else 1.001 * self.fc(x)


@pytest.mark.parametrize("make_other", [_Spiked])
def test_outputs_that_differ_are_refused(make_other):
    with pytest.raises(ValueError, match=r"^module: .*do not reproduce"):
        from_torch(make_other())


@pytest.mark.parametrize("layer", ["conv1", "layer1.0.conv2", "layer2.1.bn1", "fc"])
def test_a_weight_read_wrongly_by_a_millionth_is_seen(layer, monkeypatch):
    """Twin: the comparison fails where one weight of what was read is another."""
    module, shape = make("BasicBlock ResNet"), (3, 32, 32)
    network = from_torch(module, shape)
    other = copy.deepcopy(module)
    other.get_submodule(layer).weight.data.flatten()[0].mul_(1 + 1e-5).add_(1e-6)
    with pytest.raises(ValueError, match="do not reproduce"):
        comparing.compare("module", other, network)


def test_a_block_alone_keeps_its_names():
    network = from_torch(BasicBlock(2, 2), (2, 4, 4))
    assert [layer.name for layer in network.layers] == ["conv1", "conv2"]


@pytest.mark.parametrize("example", [(3, 10**6, 10**6), (10**12,), (1, 2**40, 2**40)])
def test_examples_that_no_memory_holds_are_refused_before_any(example):
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1))
    with pytest.raises(
        ValueError, match=r"^example(: got inputs of shape .* takes at most|.\d.: got)"
    ):
        from_torch(module, example)
    given = None if max(example) >= 2**40 else torch.zeros(1, *example, device="meta")
    if given is not None:
        with pytest.raises(
            ValueError, match=r"^example(: got inputs of shape .* takes at most|.\d.: got)"
        ):
            from_torch(module, given)


def test_values_that_no_memory_holds_name_the_module():
    module = nn.Sequential(nn.Conv2d(1, 600, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    with pytest.raises(ValueError, match=r"0.* comes to [0-9,]+ numbers per input"):
        from_torch(module, (1, 1000, 1000))


def test_names_of_no_step_are_refused():
    network = from_torch(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))
    with pytest.raises(ValueError, match=r"^name: got 'first', takes one of 0, 1, 2"):
        network.step("first")
    with pytest.raises(ValueError, match=r"^steps: got 'first', takes one of 0, 1, 2"):
        network.replaced({"first": network.step("0")})
