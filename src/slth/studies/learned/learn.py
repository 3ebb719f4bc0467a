"""Learned masks of a random network against kept fraction, beside their null controls.

A mask is one (arm, granularity, kept fraction, replicate). An arm is a method with its options.
Arms of one replicate share their random network, and those of one method its first training; a mask
and its controls share its data. Masks are made for BLOCKS of replicates and TOGETHER kept fractions
at once: they train in stacks, and more of them would make a job of hours.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from torch import Tensor, nn

from slth import frames, seeding
from slth.learned import (
    CONTROLS,
    LearnedMask,
    Trainings,
    control_all,
    learn_all,
    shrink,
    signed_constant,
)
from slth.networks.architectures import build_network
from slth.networks.data import DataSet, load_data_set
from slth.progress import track
from slth.studies.job import Job
from slth.studies.learned.settings import Settings
from slth.tickets.measure import accuracy

BLOCKS = {"edge": 5, "filter": 10}  # replicates that train together, whatever the shards
TOGETHER = 2  # kept fractions that share first trainings, a smaller with a larger
DENSE = "dense"  # the network trained and not pruned, for comparison


def arms(settings: Settings) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (arm, method, options) of the ``learned`` section; magnitude comes in its variants."""
    for method in settings.methods:
        if method != "magnitude":
            yield method, method, {}
            continue
        for lottery in settings.lotteries:
            yield f"magnitude-{lottery.rounds}-{lottery.rewind}", method, lottery.model_dump()


def groups(settings: Settings, shard: int) -> list[list[dict[str, Any]]]:
    """Return the groups of one shard: every ``shards``-th, so that shards are equally long.

    A group is the cells of one method, granularity, block of replicates and part of the kept
    fractions: they share trainings.
    """
    dense = {"arm": DENSE, "method": "magnitude", "options": {}}
    found = [{**dense, "granularity": "edge", "fractions": [1.0], "count": settings.seeds}]
    found += [
        {"arm": arm, "method": method, "options": method_options(options), "granularity": unit}
        | {"fractions": settings.kept_fractions, "count": _count(settings, unit, options)}
        for unit in settings.granularities
        for arm, method, options in arms(settings)
    ]
    grouped: dict[object, list[dict[str, Any]]] = {}
    for cell in found:
        parts = _parts(cell)
        for block, part in itertools.product(_blocks(cell), range(len(parts))):
            key = cell["granularity"], cell["method"], block[0], part
            piece = {**cell, "replicates": block, "fractions": parts[part]}
            grouped.setdefault(key, []).append(piece)
    return list(grouped.values())[shard :: settings.shards]


def method_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of an arm that its method takes."""
    return {name: value for name, value in options.items() if name != "filter_seeds"}


def _count(settings: Settings, granularity: str, options: Mapping[str, Any]) -> int:
    """Random networks of an arm: of filters whose weights are trained, as many as asked for."""
    few: int = settings.seeds
    if granularity == "edge" or not options:
        return few
    return options["filter_seeds"] or settings.filter_seeds or few


def _blocks(cell: dict[str, Any]) -> list[list[int]]:
    alone = cell["granularity"] == "edge" and cell["method"] != "magnitude"
    size, count = 1 if alone else BLOCKS[cell["granularity"]], cell["count"]
    return [list(range(first, min(first + size, count))) for first in range(0, count, size)]


def _parts(cell: dict[str, Any]) -> list[list[float]]:
    """Kept fractions of a group: every k-th, so that groups are alike."""
    asked = cell["fractions"]
    parts = -(-len(asked) // TOGETHER)
    return [asked[part::parts] for part in range(parts)]


def learn_masks(
    settings: Settings, seed: int, shard: int, folder: str | None = None
) -> pd.DataFrame:
    """Learn the masks of one shard; one row per mask: sizes, accuracy, those of its controls."""
    data = load_data_set(
        settings.data,
        held_out=settings.held_out,
        seed=seed,
        folder=folder,
    )
    wanted = groups(settings, shard)
    rows = []
    for group in track(wanted, len(wanted), "masks"):
        shared = Trainings(lottery.rewind for lottery in settings.lotteries)
        for cell in group:
            rows += _rows(cell, settings, data, seed, shared)
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ["experiment", "arm", "method", "granularity", "asked", "replicate", "data", "channels"]
COLUMNS += ["source_weights", "kept_weights", "kept_fraction", "work", "held_out"]
COLUMNS += ["epochs", "early_epoch"]
COLUMNS += [f"{when}{kind}" for when in ("accuracy", "early")
            for kind in ("", *(f"_{kind}" for kind in CONTROLS))]  # fmt: skip


def _rows(
    cell: dict[str, Any], settings: Settings, data: DataSet, seed: int, shared: Trainings
) -> list[dict[str, Any]]:
    """One row per replicate and kept fraction of the cell."""
    keys = [(r, fraction) for r in cell["replicates"] for fraction in cell["fractions"]]
    drawn = {
        (r, kind): random_network(settings, data, cell["method"], seeding.child(seed, kind, r))
        for r in cell["replicates"]
        for kind in ("masked network", "fresh network")
    }
    own = [seeding.child(seed, "learned", cell["method"], cell["granularity"], r) for r, _ in keys]
    train = data.train_images, data.train_labels
    watch = (data.held_out_images, data.held_out_labels, settings.early)
    masks = learn_all(
        cell["method"],
        [drawn[r, "masked network"] for r, _ in keys],
        *train,
        kept_fractions=[fraction for _, fraction in keys],
        seeds=own,
        granularity=cell["granularity"],
        epochs=settings.epochs,
        batch_size=settings.batch,
        watch=watch,
        trainings=shared,
        **cell["options"],
    )
    asked = [
        (kind, mask, drawn[r, "fresh network"], seeding.child(mine, kind, fraction))
        for (r, fraction), mask, mine in zip(keys, masks, own, strict=True)
        for kind in (CONTROLS if cell["arm"] != DENSE else ())
    ]
    nulls = control_all(asked, *train, watch=watch) if asked else []
    held = watch[:2]
    rows = []
    for place, ((r, fraction), mask) in enumerate(zip(keys, masks, strict=True)):
        row = measured(mask, "", held)
        for null in nulls[place * len(CONTROLS) : (place + 1) * len(CONTROLS)]:
            row |= measured(null, f"_{null.control}", held)
        rows.append(
            {
                "experiment": "learned",
                **{key: cell[key] for key in ("arm", "method", "granularity")},
                "asked": fraction,
                "replicate": r,
                "data": settings.data,
                "channels": "-".join(map(str, settings.channels)),
                **{f"{word}_weights": count for word, count in mask.parameters.items()},
                "kept_fraction": mask.kept_fraction,
                "work": mask.work,
                "held_out": len(held[1]),
                "epochs": settings.epochs,
                "early_epoch": settings.early,
                **row,
            }
        )
    return rows


def measured(mask: LearnedMask, suffix: str, held: tuple[Tensor, Tensor]) -> dict[str, float]:
    """Accuracies; of trained filters by the smaller network, at its price.

    Signed constants often tie two classes, which another order of the sums would untie otherwise.
    """
    small = mask.units.granularity == "filter" and mask.method == "magnitude"
    network = shrink(mask) if small else mask.network
    right = accuracy(network=network, images=held[0], labels=held[1])
    return {f"accuracy{suffix}": right, f"early{suffix}": mask.early}


def random_network(settings: Settings, data: DataSet, method: str, seed: int) -> nn.Module:
    """A random network; its weights signed constants unless they are trained."""
    drawn = build_network(
        settings.channels,
        settings.kernel,
        settings.stride,
        settings.padding,
        data.classes,
        data.input_shape,
        seed,
    )
    constant = settings.weights == "signed" and method != "magnitude"
    return signed_constant(drawn) if constant else drawn


def run(job: Job) -> None:
    """Learn the masks of a shard and measure their null controls."""
    p = job.params
    rows = learn_masks(Settings(**p.settings), p.seed, p.shard, p.folder)
    frames.write(job.output[0], rows, "learned masks")
