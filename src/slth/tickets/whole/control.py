"""The control of a ticket: as many hidden channels of the same random network, chosen at random."""

import numpy as np

from slth import checks, seeding
from slth.checks import FloatArray
from slth.networks.graph import Layer
from slth.networks.network import Network
from slth.tickets.whole.effective import EffectiveLayer, Kernels, effective_layer
from slth.tickets.whole.records import LayerRecord
from slth.tickets.whole.ticket import WholeTicket


def random_members(ticket: WholeTicket, seed: int) -> Network:
    """The network that is left when every subset of a ticket is replaced by a random one.

    Each subset problem keeps as many candidates as in the ticket, uniform among those that the
    search looked at, keyed by ``seed``; source, signs and layers stay. Cost: what the search looked
    at is drawn once more.
    """
    seed = checks.integer("seed", seed, low=0)
    made = {record.geometry.name: _layer(ticket, record, seed) for record in ticket.records}
    return ticket.target.replaced(made)


def _layer(ticket: WholeTicket, record: LayerRecord, seed: int) -> EffectiveLayer:
    g = record.geometry
    kernels = Kernels(g)
    for i, feature in enumerate(record.features):
        m, sizes = record.looked_at[i], record.kept(i).sum(axis=1)
        key = ("random members", g.name, feature.channel, feature.sign)
        order = seeding.generator(seed, *key).random((g.blocks, m)).argsort(axis=1)
        kept = np.zeros((g.blocks, m), dtype=bool)
        np.put_along_axis(kept, order, np.arange(m) < sizes[:, None], axis=1)
        _, a = ticket.source.pool(g.name, feature)
        V = ticket.source.directions(g, feature, m)
        sums = _sums(a[:m], V, g.spread(kept)) / g.scales[feature.group]
        kernels.set(feature.group, feature.channel, feature.sign, feature.bias, sums)
    step = ticket.target.step(g.name)
    assert isinstance(step, Layer)
    return effective_layer(step, kernels.plus, kernels.minus, kernels.constant)


def _sums(a: FloatArray, V: FloatArray, kept: np.ndarray) -> FloatArray:
    """(outputs, taps): Σ a V over what is kept, (outputs, taps, m)."""
    return np.einsum("m,mot,otm->ot", a, V, kept)
