"""Learned masks of a random network against kept fraction, beside their null controls.

A cell is one mask: (arm, granularity, kept fraction, replicate). An arm is a method with its
options. Arms of one replicate share their random network; a mask and its controls share its data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from torch import nn

from slth import seeding
from slth.learned import CONTROLS, control, learn, signed_constant
from slth.networks.architectures import build_network
from slth.networks.data import DataSet, load_data_set
from slth.progress import track

Settings = Mapping[str, Any]
DENSE = "dense"  # the network trained and not pruned, for comparison


def arms(settings: Settings) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (arm, method, options) of the ``learned`` section; magnitude comes in its variants."""
    for method in settings["methods"]:
        if method != "magnitude":
            yield method, method, {}
            continue
        for lottery in settings["lotteries"]:
            yield f"magnitude-{lottery['rounds']}-{lottery['rewind']}", method, dict(lottery)


def cells(settings: Settings, shard: int) -> list[dict[str, Any]]:
    """Return the cells of one shard: every ``shards``-th, so that shards are equally long."""
    found = [
        {"arm": DENSE, "method": "magnitude", "options": {}, "granularity": "edge", "asked": 1.0}
    ]
    found += [
        {"arm": arm, "method": method, "options": options, "granularity": unit, "asked": fraction}
        for arm, method, options in arms(settings)
        for unit in settings["granularities"]
        for fraction in settings["kept_fractions"]
    ]
    keyed = [{**cell, "replicate": r} for cell in found for r in range(settings["seeds"])]
    return keyed[shard :: settings["shards"]]


def learn_masks(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Learn the masks of one shard; one row a mask: sizes, accuracy, accuracies of its controls."""
    data = load_data_set(
        settings["data"],
        held_out=settings["held_out"],
        seed=seed,
        folder=settings["folder"],
    )
    wanted = cells(settings, shard)
    rows = [_row(cell, settings, data, seed) for cell in track(wanted, len(wanted), "masks")]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["experiment", "arm", "method", "granularity", "asked", "replicate", "data", "channels"]
COLUMNS += ["source_weights", "kept_weights", "kept_fraction", "work", "held_out", "accuracy"]
COLUMNS += [f"accuracy_{kind}" for kind in CONTROLS]


def _row(cell: dict[str, Any], settings: Settings, data: DataSet, seed: int) -> dict[str, Any]:
    source = _source(settings, data, seed, cell["replicate"], cell["method"])
    own = seeding.child(
        seed, "learned", *(cell[k] for k in ("arm", "granularity", "asked", "replicate"))
    )
    train, held = (
        (data.train_images, data.train_labels),
        (data.held_out_images, data.held_out_labels),
    )
    learned = learn(
        cell["method"],
        source,
        *train,
        kept_fraction=cell["asked"],
        granularity=cell["granularity"],
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        seed=own,
        **cell["options"],
    )
    fresh = _source(settings, data, seed, cell["replicate"] + settings["seeds"], cell["method"])
    nulls = {}
    for kind in CONTROLS if cell["arm"] != DENSE else ():
        null = control(kind, learned, *train, network=fresh, seed=seeding.child(own, kind))
        nulls[f"accuracy_{kind}"] = null.accuracy(*held)
    return {
        **cell,
        "experiment": "learned",
        "data": settings["data"],
        "channels": "-".join(map(str, settings["channels"])),
        **{f"{word}_weights": count for word, count in learned.parameters.items()},
        "kept_fraction": learned.kept_fraction,
        "work": learned.work,
        "held_out": len(held[1]),
        "accuracy": learned.accuracy(*held),
        **nulls,
    }


def _source(settings: Settings, data: DataSet, seed: int, replicate: int, method: str) -> nn.Module:
    """The random network of a replicate; its weights signed constants unless they are trained."""
    drawn = build_network(
        settings["channels"],
        settings["kernel"],
        settings["stride"],
        settings["padding"],
        data.classes,
        data.input_shape,
        seeding.child(seed, "learned source", replicate),
    )
    constant = settings["weights"] == "signed" and method != "magnitude"
    return signed_constant(drawn) if constant else drawn
