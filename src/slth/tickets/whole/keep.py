"""The boolean masks of a ticket over its random network, made when asked for."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from slth import checks
from slth.tickets.whole.records import LayerRecord
from slth.tickets.whole.source import LARGEST, Source, start_of


class Keep(Mapping[str, Tensor]):
    """Name of a parameter of the source → bool mask of its shape, as in `Source.layer`.

    Names are "layer.U", "layer.constants" (where there are) and "layer.V". Held are bits per subset
    problem; a mask is made when it is asked for, and checks.TooLargeError says its size where that
    is beyond 2^27 entries.
    """

    def __init__(self, source: Source, records: list[LayerRecord]) -> None:
        self._source = source
        self._records = {record.geometry.name: record for record in records}

    def __iter__(self) -> Iterator[str]:
        for name, record in self._records.items():
            yield f"{name}.U"
            if record.geometry.biased:
                yield f"{name}.constants"
            yield f"{name}.V"

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, key: str) -> Tensor:
        name, _, part = key.rpartition(".")
        record = self._records.get(name)
        if record is None or part not in ("U", "constants", "V"):
            raise KeyError(key)
        if part == "V":
            return self._filters(record)
        g = record.geometry
        if part == "constants" and not g.biased:
            raise KeyError(key)
        return self._hidden(record, part == "constants")

    def _hidden(self, record: LayerRecord, constants: bool) -> Tensor:
        g = record.geometry
        mask = np.zeros((g.channels + g.groups, 2 * self._source.n), dtype=bool)
        for i, feature in enumerate(record.features):
            hidden, _ = self._source.pool(g.name, feature)
            mask[feature.channel, hidden[: record.looked_at[i]][record.kept(i).any(axis=0)]] = True
        return torch.from_numpy(mask[g.channels :] if constants else mask[: g.channels])

    def _filters(self, record: LayerRecord) -> Tensor:
        g, n = record.geometry, self._source.n
        width = 2 * n * (g.inputs + g.biased)
        if len(g.weight) * width * g.taps > LARGEST:
            raise checks.TooLargeError(
                f"keep: the mask of {g.name}.V has {len(g.weight) * width * g.taps:,} entries, "
                f"takes at most {LARGEST:,}; t.solutions and t.summary() say what is kept, and "
                ".bits(name) holds it a subset problem"
            )
        mask = np.zeros((g.groups, g.outputs, g.taps, width), dtype=bool)
        for i, feature in enumerate(record.features):
            hidden, _ = self._source.pool(g.name, feature)
            at = start_of(g, feature, n) + hidden[: record.looked_at[i]]
            mask[feature.group][:, :, at] = g.spread(record.kept(i))
        whole = mask.swapaxes(2, 3).reshape(len(g.weight), width, *g.weight.shape[2:])
        return torch.from_numpy(np.ascontiguousarray(whole))

    def bits(self, name: str) -> list[np.ndarray]:
        """What each pool of a layer keeps, (blocks, looked at) bool, in order of the pools."""
        record = self._records[checks.choice("name", name, self._records)]
        return [record.kept(i) for i in range(len(record.features))]

    def __repr__(self) -> str:
        return f"Keep: masks of {', '.join(self)}"
