"""Every layer of a network out of a random one, pool by pool, in the order in which layers run."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.networks.determinism import one_thread
from slth.networks.graph import INPUT, Layer, Step
from slth.networks.network import Network
from slth.tickets.whole.effective import EffectiveLayer, Kernels, effective_layer
from slth.tickets.whole.geometry import Geometry
from slth.tickets.whole.records import LayerRecord
from slth.tickets.whole.search import Searcher, pick
from slth.tickets.whole.source import Feature, Source
from slth.tickets.whole.targets import Plain, Sample, strategy


@dataclass(frozen=True, eq=False)
class Imitated:
    """Layers by name as they were imitated."""

    layers: dict[str, EffectiveLayer]
    records: list[LayerRecord]


def imitate(
    network: Network,
    source: Source,
    searcher: Searcher,
    targets: str,
    images: Tensor | None,
    plain: Imitated | None = None,
) -> Imitated:
    """Choose what is kept of every layer of ``source``, in the order in which they run.

    images: (m, …) of "bias" and "feedback", else None; the values of target and ticket at every
    step are held as long as they are needed. plain: of the same source by the same searcher, whose
    weights "bias" shares: they are not searched again.
    """
    known = {} if plain is None else {r.geometry.name: r for r in plain.records}
    made: dict[str, EffectiveLayer] = {}
    records = []
    with torch.no_grad(), one_thread():
        walk = None if images is None else _Walk(network, images)
        for step in network.steps:
            done: Step = step
            if step.name in {g.name for g in source.geometries}:
                assert isinstance(step, Layer)
                geometry = source.geometry(step.name)
                kernels = Kernels(geometry)
                sample = None
                if walk is not None:
                    own, ticket = walk.inputs(step)
                    sample = Sample(step, geometry, own, ticket, source.seed)
                rule = strategy(targets, geometry, kernels, sample)
                made_before = None
                if plain is not None:
                    made_before = Chosen(known[step.name], plain.layers[step.name])
                records.append(_layer(source, geometry, kernels, rule, searcher, made_before))
                done = made[step.name] = effective_layer(
                    step, kernels.plus, kernels.minus, kernels.constant
                )
            if walk is not None:
                walk.advance(step, done)
    return Imitated(made, records)


def _layer(
    source: Source,
    geometry: Geometry,
    kernels: Kernels,
    rule: Plain,
    searcher: Searcher,
    before: "Chosen | None" = None,
) -> LayerRecord:
    record = LayerRecord(geometry)
    for group in range(geometry.groups):
        rule.begin(group)
        scale = geometry.scales[group]
        for feature in source.features(geometry, group):
            if before is not None and not feature.bias:
                before.copy(feature, kernels, record)
                continue
            wanted = scale * rule.target(feature)
            picked = pick(source, geometry, feature, wanted, searcher)
            achieved = picked.achieved / scale
            kernels.set(group, feature.channel, feature.sign, feature.bias, achieved)
            rule.settle(feature, achieved)
            record.add(picked)
    return record


class Chosen:
    """What a layer's weights were imitated by in another ticket of the same source."""

    def __init__(self, record: LayerRecord, layer: EffectiveLayer) -> None:
        self.record, self.layer = record, layer
        pools = len(record.features)
        self.numbers = {k: record.column(k).reshape(pools, -1) for k in record.numbers}

    def copy(self, feature: Feature, kernels: Kernels, record: LayerRecord) -> None:
        """Set the kernels of the next feature of ``record``, and its row."""
        g, i = record.geometry, len(record.features)
        assert self.record.features[i] == feature
        kernel = self.layer.plus if feature.sign == "+" else self.layer.minus
        assert kernel is not None
        rows = kernel[g.rows(feature.group), feature.channel - feature.group * g.inputs]
        kernels.set(feature.group, feature.channel, feature.sign, False, rows.numpy())
        record.features.append(feature)
        record.looked_at.append(self.record.looked_at[i])
        record.bits.append(self.record.bits[i])
        record.solvers.append(self.record.solvers[i])
        for name, values in self.numbers.items():
            record.numbers.setdefault(name, []).append(values[i])


class _Walk:
    """The values of target and ticket at the steps so far, as long as later steps read them."""

    def __init__(self, network: Network, images: Tensor) -> None:
        self.own, self.ticket = {INPUT: images}, {INPUT: images}
        self.last = {source: step.name for step in network.steps for source in step.inputs}

    def inputs(self, step: Step) -> tuple[Tensor, Tensor]:
        (source,) = step.inputs
        return self.own[source], self.ticket[source]

    def advance(self, step: Step, done: Step) -> None:
        self.own[step.name] = step(*(self.own[s] for s in step.inputs))
        self.ticket[step.name] = done(*(self.ticket[s] for s in step.inputs))
        for source in set(step.inputs):
            if self.last[source] == step.name:
                del self.own[source], self.ticket[source]
