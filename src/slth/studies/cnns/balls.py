"""Balls around held-out images in all of which both networks provably decide as the target."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from slth.studies.cnns.settings import Cell
from slth.studies.cnns.subject import Subject
from slth.supnorm import agreement
from slth.tickets.whole.comparable import comparable
from slth.tickets.whole.ticket import WholeTicket

COLUMNS = (
    *("network", "granularity", "n", "targets", "replicate", "radius"),
    *("balls", "certified", "refuted", "alone"),
)


def balls(
    cell: Cell, settings: Mapping[str, Any], subject: Subject, ticket: WholeTicket, seed: int
) -> pd.DataFrame:
    """One row per radius: images whose ball is certified, refuted, certified for the target.

    Of the last rule of targets and the first random network at the largest n of an arm with balls.
    Only bounds that take all balls together are asked, but for the dense network.
    """
    arm = settings["arms"][cell.arm]
    rules = arm["targets"] or settings["targets"]
    asked = cell.n == max(arm["n"]) and cell.replicate == 0 and cell.targets == rules[-1]
    if not arm["balls"] or not asked:
        return pd.DataFrame(columns=list(COLUMNS))
    step = max(1, len(subject.held) // arm["balls"])  # the split has them sorted by class
    points = subject.held[::step][: arm["balls"]]
    pair = comparable(subject.network, ticket.layers)
    steps = 8 if arm["network"] == "dense" else None
    rows = []
    for radius in settings["radii"]:
        found = agreement(*pair, points, radius, box=(0.0, 1.0), steps=steps, seed=seed)
        rows.append(
            {
                "network": subject.name,
                "granularity": arm["granularity"],
                "n": cell.n,
                "targets": cell.targets,
                "replicate": cell.replicate,
                "radius": radius,
                "balls": len(points),
                "certified": int(found.certified.sum()),
                "refuted": int(found.refuted.sum()),
                "alone": int(found.alone.sum()),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))
