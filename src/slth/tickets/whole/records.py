"""What was chosen, as arrays: masks packed to bits, one entry a subset problem."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from slth.checks import BoolArray
from slth.tickets.whole.geometry import Geometry
from slth.tickets.whole.search import Picked
from slth.tickets.whole.source import Feature

NUMBERS = {"error": np.float64, "target": np.float64, "work": np.int64, "proved": np.bool_}


@dataclass(eq=False)
class LayerRecord:
    """The choices of one layer.

    features: of each pool, in order. looked_at: (pools,) how many of the pool's shortest hidden
    channels the masks speak of; the others are removed. candidates: (pools,) hidden channels of the
    sign. bits: of each pool (blocks, ⌈looked_at/8⌉) uint8, `numpy.packbits` of what each block
    keeps. numbers: by name, of each pool (blocks,), at the layer's own scale.
    """

    geometry: Geometry
    features: list[Feature] = field(default_factory=list)
    looked_at: list[int] = field(default_factory=list)
    bits: list[np.ndarray] = field(default_factory=list)
    numbers: dict[str, list[np.ndarray]] = field(default_factory=dict)
    solvers: list[str] = field(default_factory=list)

    def add(self, picked: Picked) -> None:
        """Take in a pool."""
        self.features.append(picked.feature)
        self.looked_at.append(len(picked.hidden))
        self.bits.append(np.packbits(picked.kept, axis=1))
        self.solvers.append(picked.solver)
        scale = self.geometry.scales[picked.feature.group]
        columns = {
            "error": picked.error / scale,
            "target": picked.target / scale,
            "work": picked.work,
            "proved": picked.proved,
            "kept": picked.kept.sum(axis=1),
            "candidates": np.full(len(picked.error), picked.candidates),
        }
        for name, values in columns.items():
            self.numbers.setdefault(name, []).append(values)

    def column(self, name: str) -> np.ndarray:
        """A column of numbers, (problems,)."""
        return np.concatenate(self.numbers[name])

    def kept(self, pool: int) -> BoolArray:
        """(blocks, looked_at) of a pool."""
        m = self.looked_at[pool]
        found = np.unpackbits(self.bits[pool], axis=1, count=m) if m else self.bits[pool]
        return found.reshape(self.geometry.blocks, m).astype(bool)

    def pools(self, chosen: np.ndarray) -> "LayerRecord":
        """The record of some pools alone, by number."""
        numbers = {
            name: list(self.column(name).reshape(len(self.features), -1)[chosen])
            for name in self.numbers
        }
        parts = (
            [values[i] for i in chosen]
            for values in (self.features, self.looked_at, self.bits, self.solvers)
        )
        features, looked_at, bits, solvers = parts
        return LayerRecord(self.geometry, features, looked_at, bits, numbers, solvers)  # type: ignore[arg-type]

    @property
    def kept_hidden(self) -> int:
        """Hidden channels that some block keeps: weights of U and constants."""
        return sum(int(self.kept(i).any(axis=0).sum()) for i in range(len(self.features)))

    @property
    def kept_filters(self) -> int:
        """Kept weights of V."""
        g = self.geometry
        total = 0
        for i in range(len(self.features)):
            members = self.kept(i).sum(axis=1)
            sizes = np.full(g.blocks, g.dimension)
            if g.size and g.outputs % g.size:
                sizes[-1] = g.outputs % g.size * g.taps
            total += int(members @ sizes)
        return total


def table(records: list[LayerRecord], eps: float | None) -> pd.DataFrame:
    """One row per subset problem, as `slth.tickets.solve_problems` has them, without ``subset``.

    layer: name of the target's module. channel: input channel, or c_in + q for the biases of group
    q. Errors are at the layer's own scale.
    """
    return pd.concat([_rows(record, eps) for record in records], ignore_index=True)


def _rows(record: LayerRecord, eps: float | None) -> pd.DataFrame:
    g, pools = record.geometry, len(record.features)
    d = np.full(g.blocks, g.dimension)
    if g.size and g.outputs % g.size:
        d[-1] = g.outputs % g.size * g.taps
    error, target = record.column("error"), record.column("target")
    proved = record.column("proved")
    hit = np.zeros(len(error), bool) if eps is None else error <= eps
    return pd.DataFrame(
        {
            "layer": g.name,
            "channel": np.repeat([f.channel for f in record.features], g.blocks),
            "sign": np.repeat([f.sign for f in record.features], g.blocks),
            "group": np.tile(np.arange(g.blocks), pools),
            "d": np.tile(d, pools),
            "candidates": record.column("candidates"),
            "eps": np.nan if eps is None else eps,
            "solver": np.repeat(record.solvers, g.blocks),
            "status": np.select([hit, proved], ["HIT", "OPTIMAL"], "BUDGET"),
            "proved": proved,
            "error": error,
            "kept": record.column("kept"),
            "work": record.column("work"),
            "target": target,
            "trivial": np.zeros(len(error), bool) if eps is None else target <= eps,
        }
    )


def silent(records: list[LayerRecord]) -> list[LayerRecord]:
    """The pools in which a problem of a target that is not 0 keeps or gains nothing."""
    found = []
    for record in records:
        pools = _nothing(record).reshape(len(record.features), -1).any(axis=1)
        if pools.any():
            found.append(record.pools(np.flatnonzero(pools)))
    return found


def _nothing(record: LayerRecord) -> np.ndarray:
    error, target = record.column("error"), record.column("target")
    return (target > 0) & ((record.column("kept") == 0) | (error >= target))


def empty_counts(records: list[LayerRecord]) -> Iterator[int]:
    """Of each layer, how many problems say nothing."""
    for record in records:
        yield int(_nothing(record).sum())
