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
from slth.tickets.whole.source import Source
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
) -> Imitated:
    """Choose what is kept of every layer of ``source``, in the order in which they run.

    images: (m, …) of "bias" and "feedback", else None; the values of target and ticket at every
    step are held as long as they are needed.
    """
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
                records.append(_layer(source, geometry, kernels, rule, searcher))
                done = made[step.name] = effective_layer(
                    step, kernels.plus, kernels.minus, kernels.constant
                )
            if walk is not None:
                walk.advance(step, done)
    return Imitated(made, records)


def _layer(
    source: Source, geometry: Geometry, kernels: Kernels, rule: Plain, searcher: Searcher
) -> LayerRecord:
    record, scale = LayerRecord(geometry), geometry.scale
    for group in range(geometry.groups):
        rule.begin(group)
        for feature in source.features(geometry, group):
            wanted = scale * rule.target(feature)
            picked = pick(source, geometry, feature, wanted, searcher)
            achieved = picked.achieved / scale
            kernels.set(group, feature.channel, feature.sign, feature.bias, achieved)
            rule.settle(feature, achieved)
            record.add(picked)
    return record


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
