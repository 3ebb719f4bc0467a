"""`learn`: a mask of a network by any method; `control`: what its success must be held against."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from slth import checks
from slth import devices as gpu
from slth.learned.assembly import Trial, assembled
from slth.learned.controls import CONTROLS, controlled_units, fresh_source
from slth.learned.registry import get
from slth.learned.result import LearnedMask
from slth.learned.task import Task
from slth.learned.together import PLAIN
from slth.learned.trainings import Trainings
from slth.learned.units import Tensors, Units, check_chain, units_of
from slth.networks.arguments import Data, as_images, as_labels
from slth.networks.converted import plain_form
from slth.networks.evaluation import check_module, classes_of, copied
from slth.networks.modes import chance, recording, tracking, watching
from slth.networks.network import Network
from slth.networks.training import MOST
from slth.networks.wide import widened

Watch = tuple[Data, Data, int]


def learn(
    method: str,
    network: nn.Module | Network,
    images: Data,
    labels: Data | None = None,
    *,
    kept_fraction: float,
    seed: int = 0,
    **settings: Any,
) -> LearnedMask:
    """Learn which weights of ``network`` to keep; the argument is left as it was.

    method: a name of `slth.learned.METHODS`. network: any module of Conv2d and Linear, or a
    `slth.networks.Network`, which is learned as its `to_sequential`; "filter" granularity takes a
    bias-free Sequential, or what `slth.networks.from_torch` reads as one. images: (m, …), of any
    floating-point precision. labels: (m,) integers, 0 … outputs − 1.
    kept_fraction: kept weights over masked weights, in (0, 1], in either granularity.
    settings: of `learn_all`, with its errors.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 32, 2])
    >>> x = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> y = torch.tensor([0, 1, 1, 0])  # xor
    >>> mask = slth.learned.learn("edge_popup", net, x, y, kept_fraction=0.5, epochs=20)
    >>> mask.kept_fraction, mask.accuracy(x, y)
    (0.5, 1.0)
    """
    asked = {
        "kept_fractions": [_fraction("kept_fraction", kept_fraction)],
        "seeds": [checks.integer("seed", seed, low=0)],
        **settings,
    }
    chain = _of_chains(settings.get("granularity"), labels)
    networks = [checks.instance("network", _read("network", network, chain), nn.Module)]
    return learn_all(method, networks, images, labels, **asked)[0]


@recording()
def learn_all(
    method: str,
    networks: Sequence[nn.Module | Network],
    images: Data,
    labels: Data | None = None,
    *,
    kept_fractions: Sequence[float],
    seeds: Sequence[int],
    granularity: str = "edge",
    outputs: Data | None = None,
    names: Iterable[str] | None = None,
    epochs: int = 20,
    batch_size: int = 64,
    learning_rate: float | None = None,
    watch: Watch | None = None,
    trainings: Trainings | None = None,
    device: str = "cpu",
    **options: object,
) -> list[LearnedMask]:
    """`learn` for several networks, kept fractions and seeds, as many of each, on the same data.

    outputs: (m, classes), to be imitated in place of labels by a bias-free Sequential, up to
    one positive factor; the scale of the last masked layer then takes the factor of least squares
    on the images. names: parameters under the mask, every Conv2d and Linear weight by default;
    all others stay as they are. epochs: of each training. learning_rate: Adam's; None is the
    method's own. watch: images, labels, and the epoch of the last training of weights after which
    the accuracy on them is noted as `early`. trainings: `Trainings` that several calls share, so
    that variants of magnitude pruning train a network once. options: the method's fields.

    Whole filters of several networks train in stacks, at a third of the cost; equal networks and
    seeds share what does not depend on the kept fraction. Trains in float32 on ``device``; the
    masks and the network come back on the CPU, in the network's precision. Same call, same bytes
    on one machine, whatever its cores and whatever ran before.

    Each module trains in the mode it is in, and the results' modules are in those modes. Batch norm
    in training mode normalises by minibatches; the result, controls too, has the running statistics
    of its own masked weights over the images (`slth.networks.modes.settle`). In eval mode it keeps
    its statistics. Dropout draws from the seed. A module that changes other buffers in training
    is refused.
    Raises ValueError/TypeError naming the argument, what it got and what it takes.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> masks = slth.learned.learn_all(
    ...     "magnitude", [net, net], x, y, kept_fractions=[0.25, 0.5], seeds=[0, 0], epochs=1
    ... )
    >>> [mask.kept_fraction for mask in masks]
    [0.25, 0.5]
    """
    how = get(method, **options)
    rate = how.learning_rate if learning_rate is None else learning_rate
    shared: dict[str, Any] = {
        "epochs": checks.integer("epochs", epochs, 1, MOST),
        "batch_size": checks.integer("batch_size", batch_size, 1, MOST),
        "learning_rate": checks.positive("learning_rate", rate),
        "device": checks.choice("device", device, (gpu.CPU, gpu.CUDA)),
    }
    gpu.require(device)
    wanted = None if names is None else checks.items("names", names, str)
    chains = _of_chains(granularity, labels)
    modules = _modules(checks.items("networks", networks, object), chains)
    fractions = _as_many("kept_fractions", kept_fractions, len(modules))
    own = _as_many("seeds", seeds, len(modules))
    if trainings is not None:
        checks.instance("trainings", trainings, Trainings)
    units = [units_of(network, granularity, wanted) for network in modules]
    if labels is None:
        for network in modules:
            check_chain(network)
    goals = _goals(modules, images, labels, outputs, device)
    watch = _watched(modules, watch, goals)
    twins = _twins(modules, goals, shared["batch_size"])
    trials: list[Trial] = []
    for i, (twin, network, of) in enumerate(zip(twins, modules, units, strict=True)):
        training = {
            "kept_fraction": _fraction(f"kept_fractions[{i}]", fractions[i]),
            "seed": checks.integer(f"seeds[{i}]", own[i], low=0),
            **shared,
        }
        task = _task(twin, of, goals, training, watch, trainings)
        trials.append(Trial(task, "", network, training))
    found = how.search_all([trial.task for trial in trials])
    return assembled(how, trials, [c for c, _ in found], [s for _, s in found])


def control(
    kind: str,
    learned: LearnedMask,
    images: Data,
    labels: Data | None = None,
    *,
    outputs: Data | None = None,
    network: nn.Module | None = None,
    seed: int = 0,
) -> LearnedMask:
    """Return a null control of ``learned``: what is left of its accuracy is no merit of the mask.

    kind: "shuffled", the chosen units of each layer in random places; "random", as many units
    anywhere in the network; "fresh", the same mask over other weights: those of ``network``, or
    the source's entries in another order within each layer (for independent draws, a new draw).
    A method that trains its weights trains the control as long, from the weights it started at
    ("fresh": from the new ones), so that "fresh" is the re-initialised lottery ticket.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> mask = slth.learned.learn("edge_popup", net, x, y, kept_fraction=0.5, epochs=1)
    >>> null = slth.learned.control("shuffled", mask, x, y)
    >>> null.kept_fraction == mask.kept_fraction
    True
    """
    checks.instance("learned", learned, LearnedMask)
    asked = [(kind, learned, network, seed)]
    return control_all(asked, images, labels, outputs=outputs)[0]


@recording()
def control_all(
    asked: Sequence[tuple[str, LearnedMask, nn.Module | None, int]],
    images: Data,
    labels: Data | None = None,
    *,
    outputs: Data | None = None,
    watch: Watch | None = None,
) -> list[LearnedMask]:
    """`control` for several masks of one `learn_all`: (kind, mask, network or None, seed) each.

    watch: as of `learn_all`.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> mask = slth.learned.learn("edge_popup", net, x, y, kept_fraction=0.5, epochs=1)
    >>> asked = [("shuffled", mask, None, seed) for seed in (0, 1)]
    >>> [null.control for null in slth.learned.control_all(asked, x, y)]
    ['shuffled', 'shuffled']
    """
    asked = [_question(i, each) for i, each in enumerate(checks.items("asked", asked, tuple))]
    first = asked[0][1]
    how = get(first.method, **first.options)
    sources = [_source_of(*each) for each in asked]
    goals = _goals(sources, images, labels, outputs, first.training["device"])
    watch = _watched(sources, watch, goals)
    twins = _twins(sources, goals, first.training["batch_size"])
    trials: list[Trial] = []
    chosen, starts = [], []
    for twin, source, (kind, learned, _, seed) in zip(twins, sources, asked, strict=True):
        training = {**learned.training, "seed": seed}
        task = _task(twin, learned.units, goals, training, watch)
        fresh = kind == "fresh"
        starts.append(how.untouched(task) if fresh else _on(task, learned.start))
        chosen.append(controlled_units(kind, learned.chosen, seed))
        trials.append(Trial(task, kind, source, training))
    return assembled(how, trials, chosen, starts)


def _question(i: int, asked: tuple) -> tuple[str, LearnedMask, nn.Module | None, int]:
    """One of `control_all`'s questions, checked."""
    if len(asked) != 4:
        raise ValueError(
            f"asked[{i}]: got {len(asked)} members, takes (kind, mask, network or None, seed)"
        )
    kind, learned, network, seed = asked
    checks.instance(f"asked[{i}][1]", learned, LearnedMask)
    if network is not None:
        checks.instance("network", network, nn.Module)
    return kind, learned, network, checks.integer("seed", seed, low=0)


def _source_of(kind: str, learned: LearnedMask, network: nn.Module | None, seed: int) -> nn.Module:
    """The network that a control masks."""
    if checks.choice("kind", kind, CONTROLS) != "fresh":
        return learned.source
    return fresh_source(learned.source, learned.keep, network, seed)


def _goals(
    networks: Sequence[nn.Module],
    images: Data,
    labels: Data | None,
    outputs: Data | None,
    device: str,
) -> tuple[Tensor, Tensor]:
    """Images and labels, or outputs to imitate, where the training takes place."""
    x = as_images(images)
    if (labels is None) == (outputs is None):
        name = "labels" if labels is None else "outputs"
        got = "none" if labels is None else "both"
        raise ValueError(f"{name}: got {got} of labels, outputs: takes one of the two")
    classes = min(_classes(networks, x))
    if labels is not None:
        goals = as_labels(labels, len(x), classes=classes).to(device)
    else:
        goals = as_images(outputs, "outputs").to(device, torch.float32)  # type: ignore[arg-type]
        if goals.shape != (len(x), classes):
            got = f"{len(goals)} rows" if len(goals) != len(x) else f"shape {tuple(goals.shape)}"
            raise ValueError(f"outputs: got {got}, takes ({len(x)}, {classes}), one row per image")
    return x.to(device, torch.float32), goals


def _watched(
    networks: Sequence[nn.Module], watch: Watch | None, goals: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, int] | None:
    if watch is None:
        return None
    if not isinstance(watch, (tuple, list)) or len(watch) != 3:
        raise TypeError(f"watch: got {type(watch).__name__}, takes (images, labels, epoch)")
    images, labels, epoch = watch
    x = as_images(images, "watch images")
    y = as_labels(labels, len(x), "watch labels", min(_classes(networks, x)))
    return x.to(goals[0]), y.to(goals[0].device), checks.integer("watch epoch", epoch, low=0)


def _classes(networks: Sequence[nn.Module], images: Tensor) -> list[int]:
    distinct = {id(network): network for network in networks}
    return [classes_of(network, images) for network in distinct.values()]


def _twins(
    networks: Sequence[nn.Module], goals: tuple[Tensor, Tensor], batch_size: int
) -> list[nn.Module]:
    """Copies to train by: one of each network, or one of each trial where modules have state."""
    shared: dict[int, nn.Module] = {}
    twins = []
    for network in networks:
        if id(network) not in shared:
            shared[id(network)] = _twin(network, goals[0].device)
            _check_trains(shared[id(network)], goals[0], batch_size)
        plain = all(type(module) in PLAIN for module in network.modules())
        twins.append(shared[id(network)] if plain else _twin(network, goals[0].device))
    return twins


def _of_chains(granularity: object, labels: object) -> bool:
    """Whether what is learned is a chain of layers: whole filters, outputs that are imitated."""
    return labels is None or (isinstance(granularity, str) and granularity == "filter")


def _modules(networks: Sequence[object], chains: bool) -> list[nn.Module]:
    """The modules that are learned, each read once however often it occurs."""
    read = {id(n): _read(f"networks[{i}]", n, chains) for i, n in enumerate(networks)}
    return checks.items("networks", [read[id(n)] for n in networks], nn.Module)


def _read(name: str, network: object, chain: bool) -> Any:
    """What is learned: a Network, and where a chain is needed any module, as a Sequential."""
    return plain_form(name, network) if chain or isinstance(network, Network) else network


def _twin(network: nn.Module, device: torch.device) -> nn.Module:
    """A copy to train by."""
    check_module(network)
    return widened(copied(network).to(device, torch.float32).requires_grad_(False))


def _check_trains(twin: nn.Module, images: Tensor, batch_size: int) -> None:
    """Refuse what goes wrong in the smallest minibatch, and state that no rule carries."""
    network = copied(twin)
    left = len(images) % batch_size or min(len(images), batch_size)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        with watching(), chance(0, images.device):
            network(images[:left])
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"batch_size: got {batch_size}, which leaves a minibatch of {left} of the "
            f"{len(images)} images, on which the network does not train: {error}"
        ) from error
    carried = {id(module) for module in tracking(network)}
    for label, module in network.named_modules():
        for name, buffer in module.named_buffers(label, recurse=False):
            if id(module) not in carried and not torch.equal(buffer, before[name]):
                raise ValueError(
                    f"network: module {label} ({type(module).__name__}) changes its buffer "
                    f"{name.rpartition('.')[2]} in training, takes batch norm and instance norm "
                    "with running statistics as the only state; use .eval() on the module if that "
                    "stops it, or take it out"
                )


def _task(
    twin: nn.Module,
    units: Units,
    goals: tuple[Tensor, Tensor],
    training: Mapping[str, Any],
    watch: tuple[Tensor, Tensor, int] | None,
    trainings: Trainings | None = None,
) -> Task:
    rest = {k: v for k, v in training.items() if k != "device"}
    return Task(twin, units, *goals, **rest, watch=watch, trainings=trainings)


def _fraction(name: str, value: float) -> float:
    fraction = checks.positive(name, value)
    if fraction > 1:
        raise ValueError(f"{name}: got {value!r}, takes a number in (0, 1]")
    return fraction


def _as_many(name: str, values: Iterable[Any], count: int) -> list[Any]:
    """The members of a list with one for each network."""
    members = checks.items(name, values, object)
    if len(members) != count:
        raise ValueError(f"{name}: got {len(members)} members, takes {count}, one a network")
    return members


def _on(task: Task, weights: Tensors) -> Tensors:
    return {name: weight.to(task.images) for name, weight in weights.items()}
