"""What is proved in balls around held-out images."""

from enum import Enum

import pandas as pd

from slth.studies.cnns.data import BY_SUMS
from slth.studies.printing.formatting import count, integer, listing, sentence, setting, some_of
from slth.studies.printing.wordings import Share, clause, share


class Balls(Enum):
    """Whether any image was looked at, and whether another decision was found in some ball."""

    NONE = "none"
    KEPT = "kept"
    REFUTED = "refuted"


SAYS = {
    Balls.NONE: "",
    Balls.KEPT: "in balls around held-out images, {pairs} of an image and a ticket{dense}, "
    "both networks provably decide as the target does at the centre: {shares}. No other decision "
    "was found in any ball",
    Balls.REFUTED: "in balls around held-out images, {pairs} of an image and a ticket{dense}, "
    "both networks provably decide as the target does at the centre: {shares}. Another decision "
    "was found in {refuted} of radius {radius}",
}


DENSE = {  # share of the pairs that belong to the dense network
    Share.NOTHING: "",
    Share.NONE: "",
    Share.SOME: " ({some} with the dense network below)",
    Share.ALL: " (all with the dense network below)",
}


def looked(table: pd.DataFrame) -> Balls:
    """table: rows of balls."""
    if table.empty:
        return Balls.NONE
    return Balls.REFUTED if int(table["refuted"].sum()) else Balls.KEPT


def in_balls(table: pd.DataFrame) -> str:
    """The sentence; nothing where no ball was looked at."""
    verdict = looked(table)
    if verdict is Balls.NONE:
        return ""
    by = table.groupby("radius")[["balls", "certified", "refuted"]].sum().astype(int)
    radii = by.index.to_numpy(dtype=float)
    shares = [
        f"{_share(certified, whole)} at radius {setting(radius)}"
        for radius, certified, whole in zip(radii, by["certified"], by["balls"], strict=True)
    ]
    refuted = by["refuted"].to_numpy()
    pairs = table.groupby(["network", "radius"])["balls"].sum().groupby("network").max()
    dense, whole = int(pairs.get(BY_SUMS, 0)), int(pairs.sum())
    worst = int(refuted.argmax())
    words = SAYS[verdict].format(
        pairs=count(int(by["balls"].max()), "pair"),
        dense=clause(share(dense, whole), DENSE, some=some_of(dense, whole)),
        shares=listing(shares),
        refuted=count(int(refuted[worst]), "ball"),
        radius=setting(float(radii[worst])),
    )
    return sentence(words)


def _share(part: int, whole: int) -> str:
    if part == whole:
        return "all"
    return integer(part) if part else "none"
