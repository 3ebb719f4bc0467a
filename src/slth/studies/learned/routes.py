"""One target, one random network, three routes: subset sum, a learned mask, trained then pruned.

The sources are those of the ticket experiment, the constructed tickets its tickets; here the same
sources are pruned by learning to as many weights as the constructed ticket keeps.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from torch import nn

from slth import frames, seeding
from slth.learned import LearnedMask, learn
from slth.networks.architectures import has_readout, read_layers
from slth.networks.data import DataSet, load_data_set
from slth.networks.storage import load_network, load_networks
from slth.progress import track
from slth.settings.networks import Network
from slth.studies.job import Job
from slth.studies.learned.settings import Settings
from slth.studies.searching import search_on
from slth.supnorm import bracket
from slth.tickets.shrink import shrink

Search = Mapping[str, Any]
Networks = dict[str, nn.Sequential]

# route: method, granularity
ROUTES = {
    "learned-edge": ("edge_popup", "edge"),
    "learned-filter": ("edge_popup", "filter"),
    "trained-filter": ("magnitude", "filter"),
}
COLUMNS = ["experiment", "arm", "n", "replicate", "route", "kept_fraction", "kept_weights", "work"]
COLUMNS += ["accuracy", "data_error", "lower", "upper", "device"]


def learn_routes(
    target: nn.Sequential,
    sources: Networks,
    tickets: pd.DataFrame,
    arm: Mapping[str, Any],
    network: Network,
    learned: Settings,
    search: Search,
    seed: int,
    device: str = "cpu",
    folder: str | None = None,
) -> pd.DataFrame:
    """Learn masks of the sources of one replicate that imitate the target; one row per mask.

    tickets: the rows of the constructed tickets. learned, search: the ``learned`` and ``bracket``
    sections of the config. Where the constructed ticket keeps nothing, a learned mask keeps the
    least it can, one unit per layer. Filters are hidden channels, so deeper targets have edges
    only: there a filter is an output of the target too. The bracket is defined where every hidden
    channel sees one input channel, and unknown elsewhere. device: of the searches of brackets,
    "auto" for a GPU where there is one; the log and the rows say which. Masks are learned on CPU.
    """
    search = search_on(search, device)
    data = load_data_set(network.data, held_out=network.held_out, seed=seed, folder=folder)
    deep = len(read_layers(target)) > 2
    rows: list[dict[str, Any]] = []
    wanted = tickets[tickets["n"].isin(arm["learned"])].to_dict("records")
    for ticket in track(wanted, len(wanted), f"{arm['name']}: sizes"):
        for route, (method, unit) in ROUTES.items():
            if deep and unit == "filter":
                continue
            own = seeding.child(
                seed, "routes", arm["name"], ticket["n"], ticket["replicate"], route
            )
            found = _learn(
                target, sources[str(ticket["n"])], ticket, method, unit, learned, data, own
            )
            key = {k: ticket[k] for k in ("arm", "n", "replicate")}
            rows.append({"experiment": "routes", **key, "route": route}
                        | _measured(target, found, data, search, seed))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _learn(
    target: nn.Sequential,
    source: nn.Sequential,
    ticket: Mapping[Any, Any],
    method: str,
    unit: str,
    learned: Settings,
    data: DataSet,
    seed: int,
) -> LearnedMask:
    exact = has_readout(read_layers(target)) and ticket["readout"] == "exact"
    names = [name for name, _ in source.named_parameters()]
    return learn(
        method,
        source,
        data.train_images,
        outputs=target(data.train_images),
        kept_fraction=max(ticket["kept_fraction"], 1 / ticket["source_parameters"]),
        granularity=unit,
        names=names[:-1] if exact else names,
        epochs=learned.epochs,
        batch_size=learned.batch,
        seed=seed,
    )


def _measured(
    target: nn.Sequential, found: LearnedMask, data: DataSet, search: Search, seed: int
) -> dict[str, Any]:
    images, labels = data.held_out_images, data.held_out_labels
    lower, upper = float("nan"), float("nan")
    small = _blocked(target, found)
    if small is not None:
        ends = bracket(target, small, input_shape=data.input_shape, seed=seed, **search)
        lower, upper = ends.lower, ends.upper
    return {
        "kept_fraction": found.kept_fraction,
        "kept_weights": found.parameters["kept"],
        "work": found.work,
        "accuracy": found.accuracy(images, labels),
        "data_error": found.data_error(target, images),
        "lower": lower,
        "upper": upper,
        "device": search["device"],
    }


def _blocked(target: nn.Sequential, found: LearnedMask) -> nn.Sequential | None:
    """The masked network in the channel-blocked form that a bracket can compare with the target."""
    layers = read_layers(target)
    pairs = len(found.keep) // 2
    try:
        small = shrink(layers[:pairs], found.network, found.keep)  # type: ignore[arg-type]
    except ValueError:  # a hidden channel sees several input channels
        return None
    rest = nn.Sequential(*small)
    for layer in layers[pairs:]:
        rest.extend([nn.Flatten()] if layer.flatten else [])
        rest.append(layer.module(layer.weight))
    return rest


def run(job: Job) -> None:
    """Prune the random networks of an arm's replicates by learning."""
    p, target = job.params, load_network(job.input.target)
    made = frames.read(job.input.rows, "constructed tickets")
    rows = [
        learn_routes(
            *(target, load_networks(job.input.sources, str(r)), own.reset_index(drop=True)),
            *(p.arm, Network(**p.network), Settings(**p.learned)),
            *(p.bracket, p.seed, p.device, p.folder),
        )
        for r, own in made.groupby("replicate", sort=True)
    ]
    frames.write(job.output[0], pd.concat(rows, ignore_index=True), "learned routes")
