"""What the pictures show: kernels, hidden channels that stay, digits with both outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from slth.studies.cnns.settings import Cell
from slth.studies.cnns.subject import Subject
from slth.tickets.whole.ticket import WholeTicket

KINDS = {  # table: its columns
    "kernels": (
        "network",
        "granularity",
        "layer",
        "output",
        "input",
        "row",
        "column",
        "target",
        "ticket",
    ),
    "channels": ("network", "granularity", "n", "layer", "hidden", "weight", "kept", "looked_at"),
    "digits": (
        "network",
        "granularity",
        "place",
        "image",
        "worst",
        "label",
        "row",
        "column",
        "pixel",
    ),
    "outputs": ("network", "granularity", "place", "class", "target", "ticket"),
}
LAYER = 1  # of a network: the first whose inputs are other channels
OUTPUTS, INPUTS = 6, 2  # kernels of it that are drawn
DRAWN = 4  # digits, beside that on which both networks differ most

Rows = dict[str, pd.DataFrame]


def pictures(
    cell: Cell, settings: Mapping[str, Any], subject: Subject, ticket: WholeTicket, outputs: Tensor
) -> Rows:
    """Tables of `KINDS`: kernels and channels of the first rule of targets, digits of the last.

    Of the first random network at the largest n of the pictured network; others leave them empty.
    """
    none = {name: pd.DataFrame(columns=list(columns)) for name, columns in KINDS.items()}
    arm = settings["arms"][cell.arm]
    rules = arm["targets"] or settings["targets"]
    drawn = arm["network"] == settings["pictured"] and cell.replicate == 0
    if not drawn or cell.n != max(arm["n"]) or len(rules) < len(settings["targets"]):
        return none
    found: Rows = {}
    if cell.targets == rules[0]:
        found |= {"kernels": _kernels(subject, ticket), "channels": _channels(ticket)}
    if cell.targets == rules[-1]:
        found |= _digits(subject, outputs)
    for table in found.values():
        table.insert(0, "granularity", arm["granularity"])
        table.insert(0, "network", arm["network"])
    return none | found


def _kernels(subject: Subject, ticket: WholeTicket) -> pd.DataFrame:
    layer = subject.network.layers[min(LAYER, len(subject.network.layers) - 1)]
    own = layer.weight.numpy()
    own = own.reshape(*own.shape[:2], *(own.shape[2:] or (1, 1)))[:OUTPUTS, :INPUTS]
    made = ticket.layers[layer.name].plus.numpy()[:OUTPUTS, :INPUTS]
    at = np.indices(own.shape).reshape(4, -1)
    columns = dict(zip(("output", "input", "row", "column"), at, strict=True))
    return pd.DataFrame(
        {"layer": layer.name, **columns, "target": own.ravel(), "ticket": made.ravel()}
    )


def _channels(ticket: WholeTicket) -> pd.DataFrame:
    """Of one input channel of `LAYER`: every hidden channel, and in how many blocks it stays."""
    record = ticket.records[min(LAYER, len(ticket.records) - 1)]
    name, feature = record.geometry.name, record.features[0]
    weights = ticket.source.weights(name, feature.channel)
    hidden, _ = ticket.source.pool(name, feature)
    m = record.looked_at[0]
    kept, seen = np.zeros(len(weights)), np.zeros(len(weights), dtype=bool)
    kept[hidden[:m]], seen[hidden[:m]] = record.kept(0).mean(axis=0), True
    return pd.DataFrame(
        {
            "n": ticket.settings["n"],
            "layer": name,
            "hidden": np.arange(len(weights)),
            "weight": weights,
            "kept": kept,
            "looked_at": seen,
        }
    )


def _digits(subject: Subject, outputs: Tensor) -> Rows:
    worst = int((outputs - subject.outputs).abs().amax(1).argmax())
    step = max(1, len(outputs) // DRAWN)  # held-out images are sorted by class
    chosen = [worst, *range(step // 2, len(outputs), step)][: DRAWN + 1]
    digits, values = [], []
    for place, image in enumerate(chosen):
        pixels = subject.held[image, 0].numpy()
        row, column = np.indices(pixels.shape).reshape(2, -1)
        about = {"place": place, "image": image, "worst": place == 0}
        about |= {"label": int(subject.labels[image])}
        digits.append(pd.DataFrame(about | {"row": row, "column": column, "pixel": pixels.ravel()}))
        pair = {"target": subject.outputs[image].numpy(), "ticket": outputs[image].numpy()}
        values.append(pd.DataFrame({"place": place, "class": np.arange(outputs.shape[1]), **pair}))
    return {"digits": pd.concat(digits), "outputs": pd.concat(values)}
