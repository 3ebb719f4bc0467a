"""The random network: drawn layer by layer, channel by channel, where and as far as it is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from slth import checks, seeding
from slth.checks import FloatArray
from slth.tickets.whole.geometry import Geometry

LARGEST = 2**27  # weights that are made at once, 1 GB in float64


@dataclass(frozen=True)
class Feature:
    """One input of a layer as its hidden channels see it: x⁺ or x⁻ of a channel, or a constant.

    channel: of all groups; the constant of group q is channel c_in + q.
    """

    group: int
    channel: int
    sign: str
    bias: bool


@dataclass(frozen=True, eq=False)
class SourceLayer:
    """A layer of the random network: σ(U x + constants), then V, grouped as the target's layer.

    The hidden channels of group q are those of its input channels, 2n each, then 2n constants where
    the layer has biases. U: (c_in, 2n) N(0, 1), the 1×1 weights; hidden channel h of channel t sees
    t alone. constants: (groups, 2n) N(0, 1), biases of hidden channels whose weights are pruned, or
    None. V: (c_out, hidden of a group, k_h, k_w), N(0, 1/c²), c of the
    layer or of the group.
    """

    U: Tensor
    constants: Tensor | None
    V: Tensor


@dataclass(frozen=True, eq=False)
class Source:
    """A random network as seeds: blocks keyed by (layer, channel), made when asked for.

    n: half of the hidden channels per input channel. V's rows are keyed by the rank of |a| among
    the weights of their sign, so that those of the shortest candidates are a prefix of one stream;
    V is independent of U all the same, since every row has the same law.
    """

    seed: int
    n: int
    geometries: Sequence[Geometry]

    def features(self, geometry: Geometry, group: int) -> Iterator[Feature]:
        """Of a group, in order: each channel's x⁺ (and x⁻), the constant last."""
        for channel in range(group * geometry.inputs, (group + 1) * geometry.inputs):
            for sign in geometry.signs:
                yield Feature(group, channel, sign, False)
        if geometry.biased:
            yield Feature(group, geometry.channels + group, "+", True)

    def weights(self, name: str, channel: int) -> FloatArray:
        """(2n,) N(0, 1): U of an input channel, or the constants of a group."""
        draws = seeding.generator(self.seed, "whole source", name, channel, "U")
        return draws.standard_normal(2 * self.n)

    def pool(self, name: str, feature: Feature) -> tuple[np.ndarray, FloatArray]:
        """Hidden channels (m,) of a sign, and their |a| (m,), from the shortest up."""
        a = self.weights(name, feature.channel)
        a = a if feature.sign == "+" else -a
        hidden = np.flatnonzero(a > 0)
        order = np.argsort(a[hidden])  # no two are alike
        return hidden[order], a[hidden[order]]

    def directions(self, geometry: Geometry, feature: Feature, m: int) -> FloatArray:
        """V·c of the m shortest hidden channels of a `pool`, (m, outputs of a group, taps)."""
        key = ("whole source", geometry.name, feature.channel, "V", feature.sign)
        draws = seeding.generator(self.seed, *key)
        return draws.standard_normal((m, geometry.outputs, geometry.taps))

    def weight_count(self, geometry: Geometry) -> int:
        """Weights of U and V of a layer, and constants."""
        hidden = 2 * self.n * (geometry.channels + geometry.groups * geometry.biased)
        return hidden * (1 + geometry.outputs * geometry.taps)

    @cached_property
    def size(self) -> int:
        """Weights of the whole random network."""
        return sum(self.weight_count(g) for g in self.geometries)

    def geometry(self, name: str) -> Geometry:
        """Of a layer by its name; ValueError without one."""
        names = {g.name: g for g in self.geometries}
        return names[checks.choice("name", name, names)]

    def layer(self, name: str) -> SourceLayer:
        """Make the whole random layer. Raises checks.TooLargeError beyond 2^27 weights."""
        geometry = self.geometry(name)
        self._check(f"layer {name!r}", self.weight_count(geometry))
        n2, shape = 2 * self.n, geometry.weight.shape
        width = n2 * (geometry.inputs + geometry.biased)
        V = np.empty((geometry.groups, geometry.outputs, width, geometry.taps))
        count = geometry.channels + geometry.groups * geometry.biased
        U = np.stack([self.weights(name, channel) for channel in range(count)])
        for group in range(geometry.groups):
            for feature in self.features(geometry, group):
                for sign in "+-":
                    one = Feature(group, feature.channel, sign, feature.bias)
                    hidden, _ = self.pool(name, one)
                    rows = self.directions(geometry, one, len(hidden)) / geometry.scales[group]
                    V[group][:, start_of(geometry, one, self.n) + hidden] = rows.swapaxes(0, 1)
        constants = torch.from_numpy(U[geometry.channels :].copy()) if geometry.biased else None
        return SourceLayer(
            torch.from_numpy(U[: geometry.channels].copy()),
            constants,
            torch.from_numpy(V.reshape(len(geometry.weight), width, *shape[2:])),
        )

    def whole(self) -> dict[str, SourceLayer]:
        """Make every layer, by name. Raises checks.TooLargeError, naming the size, beyond 2^27."""
        self._check("the whole source", self.size)
        return {g.name: self.layer(g.name) for g in self.geometries}

    def _check(self, what: str, count: int) -> None:
        if count > LARGEST:
            raise checks.TooLargeError(
                f"source: {what} has {count:,} weights, {8 * count / 1e9:.1f} GB, takes at most "
                f"{LARGEST:,} at once; use .layer(name) of a smaller layer, or t.ticket"
            )

    def __repr__(self) -> str:
        layers = f"{len(self.geometries)} layer{'s' * (len(self.geometries) != 1)}"
        return (
            f"Source: {self.size:,} random weights in {layers}, n = {self.n}, seed {self.seed}; "
            "nothing of it is held, .layer(name) makes a part"
        )


def start_of(geometry: Geometry, feature: Feature, n: int) -> int:
    """The first hidden channel of a feature within its group."""
    if feature.bias:
        return 2 * n * geometry.inputs
    return 2 * n * (feature.channel - feature.group * geometry.inputs)
