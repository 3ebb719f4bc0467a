"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from slth.settings.networks import SIDES, data_faults, split_faults
from slth.settings.section import LEAST, DataSetName, Section, SolverOrAuto, Study, unique

NetworkName = Literal["lenet", "vgg", "resnet", "resnet20", "mobilenet", "dense"]
Granularity = Literal["entry", "kernel", "block", "filter"]
Targets = Literal["plain", "bias", "feedback"]
Gain = Literal["reach", "none"]
SQUARE = {"lenet": 28, "dense": 28}  # pixels a side, of networks that take no other


class Trained(Section):
    """A network that is imitated."""

    network: NetworkName = Field(
        ..., description="convolutional classifiers and LeNet; dense: 784-500-10, no biases"
    )
    epochs: int = Field(10, ge=1, le=10000, description="passes over the training data")
    learning_rate: float = Field(0.016, ge=1e-9, le=1, description="AdamW's largest step size")


class Arm(Section):
    """Tickets of a network at one granularity."""

    network: NetworkName = Field(..., description="the network that is imitated")
    granularity: Granularity = Field(
        ...,
        description="what is kept or removed as one: entry (d = 1), kernel (d = k^2), block (d up "
        "to largest_d), filter (d = k^2 c_out)",
    )
    n: list[Annotated[int, Field(ge=1, le=1000000, description="candidates, about")]] = unique(
        ...,
        1,
        20,
        "candidates per subset problem, from few to many: the last with every entry of targets and "
        "every seed, the others once, with the last entry",
    )
    largest_d: int | None = Field(None, ge=1, le=4096, description="of granularity block; null: 25")
    gain: Gain = Field(
        "reach",
        description="how large subset problems see the weights: reach: as large as sums of the "
        "candidates reach; none: as trained",
    )
    eps: float | None = Field(
        None, ge=LEAST, le=1, description="tolerance per weight; null: as small as the solver can"
    )
    solver: SolverOrAuto = Field("auto", description="who solves the subset problems")
    targets: list[Annotated[Targets, Field(description="what the weights aim at")]] | None = Field(
        None, min_length=1, max_length=3, description="of this arm; null: those of the study"
    )
    seeds: int | None = Field(
        None, ge=1, le=10000, description="random networks per size; null: those of the study"
    )
    controls: int = Field(
        0, ge=0, le=10000, description="random networks of which controls are measured too"
    )
    balls: int = Field(
        0,
        ge=0,
        le=10000,
        description="held-out images around which decisions are certified, at every radius",
    )


# of the default run: network → granularity → n; chosen by the images that networks are trained on
SIZES: dict[NetworkName, dict[Granularity, list[int]]] = {
    "lenet": {
        "entry": [10, 20, 100],
        "kernel": [40, 80, 200],
        "block": [80, 150, 400],
        "filter": [1000, 2000, 3000],
    },
    "vgg": {
        "entry": [6, 10, 100],
        "kernel": [25, 50, 150],
        "block": [60, 150, 400],
        "filter": [1000, 2000, 4000],
    },
    "resnet": {
        "entry": [6, 10, 100],
        "kernel": [25, 50, 150],
        "block": [60, 150, 400],
        "filter": [1000, 2000, 4000],
    },
    "mobilenet": {
        "entry": [6, 10, 100],
        "kernel": [25, 50, 150],
        "block": [60, 150, 400],
        "filter": [300, 1000, 3000],
    },
}


def _default() -> list[Arm]:
    """The arms of the default run; the last is the published dense network.

    Tickets of whole filters, the theorem's, have several random networks, the others one.
    """
    arms = [
        Arm(
            network=network,
            granularity=granularity,
            n=n,
            controls=1,
            seeds=None if granularity == "filter" else 1,
            balls=BALLS.get((network, granularity), 0),
        )
        for network, sizes in SIZES.items()
        for granularity, n in sizes.items()
    ]
    published = Arm(
        network="dense",
        granularity="entry",
        n=[21],
        gain="none",
        eps=0.01,
        solver="mitm",
        targets=["plain"],
        seeds=1,
        balls=10,
    )
    return [*arms, published]


# of the default run; two seconds per ball, others more
BALLS: dict[tuple[NetworkName, Granularity], int] = {("lenet", "entry"): 2, ("lenet", "filter"): 1}


class Settings(Study):
    """Structured tickets of whole networks trained on real images."""

    data: DataSetName = Field("mnist-5k", description="the data set; pixels are scaled to [0, 1]")
    held_out: float = Field(
        0.2,
        ge=0.01,
        le=0.9,
        description="fraction of every class kept from training, on which all is measured",
    )
    batch: int = Field(50, ge=1, le=65536, description="images per gradient step")
    networks: list[Trained] = Field(
        [
            Trained(network="lenet", epochs=14),
            Trained(network="vgg", epochs=14),
            Trained(network="resnet", epochs=8),
            Trained(network="mobilenet", epochs=14),
            Trained(network="dense", epochs=10, learning_rate=0.003),
        ],
        min_length=1,
        max_length=6,
        description="networks that are trained",
    )
    arms: list[Arm] = Field(
        _default(),
        min_length=1,
        max_length=200,
        description="tickets: a granularity of a network each, and the dense one",
    )
    targets: list[Annotated[Targets, Field(description="what the weights aim at")]] = unique(
        ["plain", "bias", "feedback"],
        1,
        3,
        "plain: the weights themselves; bias: biases take up the mean error on images; feedback: "
        "later weights take up the errors of earlier ones",
    )
    seeds: int = Field(3, ge=1, le=10000, description="random networks per size")
    images: int = Field(
        120, ge=1, le=5000, description="training images that bias and feedback look at"
    )
    refit: int = Field(
        1000, ge=10, le=100000, description="training images on which a control's readout is fitted"
    )
    radii: list[
        Annotated[float, Field(ge=0, le=1, description="radius of a ball in the sup norm")]
    ] = Field(
        [0.0, 0.004, 0.016],
        min_length=1,
        max_length=10,
        description="of the balls; pixels are in [0, 1], 0.004 is one of 256 grey levels",
    )
    pictured: NetworkName = Field("vgg", description="the network of the pictures")
    shards: int = Field(2, ge=1, le=1000, description="jobs the tickets are split into")


class Cell(NamedTuple):
    """A ticket: the index of its arm, and what it differs in from the others of the arm."""

    arm: int
    n: int
    targets: str
    replicate: int


def cells(settings: Mapping[str, Any]) -> list[Cell]:
    """Every ticket of the section ``settings``, in the order of the arms."""
    return [
        Cell(i, n, rule, replicate)
        for i, arm in enumerate(settings["arms"])
        for n in arm["n"]
        for rule, replicate in _repeats(arm, settings, n == arm["n"][-1])
    ]


def groups(settings: Mapping[str, Any]) -> list[list[Cell]]:
    """The tickets of `cells` that are cut out of one random network each, by their targets."""
    found: dict[tuple[int, int, int], list[Cell]] = {}
    for cell in cells(settings):
        found.setdefault((cell.arm, cell.n, cell.replicate), []).append(cell)
    return list(found.values())


def shard(settings: Mapping[str, Any], number: int) -> list[Cell]:
    """The tickets of a job: those of every ``shards``-th random network."""
    mine = groups(settings)[number :: settings["shards"]]
    return [cell for group in mine for cell in group]


def _repeats(
    arm: Mapping[str, Any], settings: Mapping[str, Any], last: bool
) -> Iterator[tuple[str, int]]:
    rules = arm["targets"] or settings["targets"]
    if not last:
        yield rules[-1], 0
        return
    for rule in rules:
        for replicate in range(arm["seeds"] or settings["seeds"]):
            yield rule, replicate


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    own = config["cnns"]
    networks = len(groups(own))
    if own["shards"] > networks:
        yield (
            f"cnns.shards: got {own['shards']}, takes at most one job a random network ({networks})"
        )
    yield from data_faults(config, {"cnns": own["data"]})
    yield from split_faults("cnns", own)
    trained = [each["network"] for each in own["networks"]]
    for i, name in enumerate(trained):
        if name in trained[:i]:
            yield f"cnns.networks[{i}].network: got {name!r} twice, takes each once"
        wanted, side = SQUARE.get(name), SIDES.get(own["data"])
        if wanted and (side != wanted or own["data"] == "cifar10"):
            yield (
                f"cnns.data: got {own['data']!r}, takes grey images of {wanted}x{wanted} pixels "
                f"with {name} among cnns.networks"
            )
    seen: dict[tuple, int] = {}
    for i, arm in enumerate(own["arms"]):
        yield from _arm(f"cnns.arms[{i}]", arm, trained, own)
        for n in arm["n"]:
            for rule in arm["targets"] or own["targets"]:
                first = seen.setdefault((arm["network"], arm["granularity"], n, rule), i)
                if first != i:
                    yield (
                        f"cnns.arms[{i}]: got {arm['network']}, {arm['granularity']}, n = {n}, "
                        f"{rule}, which cnns.arms[{first}] has; takes each once"
                    )


def _arm(
    where: str, arm: Mapping[str, Any], trained: list[str], own: Mapping[str, Any]
) -> Iterator[str]:
    if arm["network"] not in trained:
        yield (
            f"{where}.network: got {arm['network']!r}, takes one of cnns.networks: "
            f"{', '.join(trained)}"
        )
    if arm["largest_d"] is not None and arm["granularity"] != "block":
        yield f"{where}.largest_d: got {arm['largest_d']}, takes null without granularity block"
    listed = arm["targets"] or []
    if len(set(listed)) < len(listed):
        yield f"{where}.targets: got {listed}, takes each once"
    if list(arm["n"]) != sorted(arm["n"]):
        yield f"{where}.n: got {arm['n']}, takes sizes from few to many"
    if arm["controls"] > (arm["seeds"] or own["seeds"]):
        yield f"{where}.controls: got {arm['controls']}, takes at most its seeds"
