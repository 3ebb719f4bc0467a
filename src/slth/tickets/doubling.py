"""Chains of random signs that double: which unit carries 2^i·x_j^±, and through which edges."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Pools:
    """The units of one stage: unit h carries 2^power[h]·x_channel[h]^sign[h] if alive[h].

    edges: (units, units of the stage before) bool, what each alive unit keeps; None at stage 0.
    """

    channel: Tensor
    sign: Tensor
    power: Tensor
    alive: Tensor
    edges: Tensor | None = None


def widths(c_in: int, signs: int, n: int, digits: int) -> list[int]:
    """Units of each stage: 2n an input, then n for each input, sign and power so far."""
    return [2 * n * c_in] + [c_in * signs * n * (k + 1) for k in range(1, digits)]


def stages(U: Tensor, doublings: Sequence[Tensor], signs: str) -> list[Pools]:
    """Return the pools of every stage from the random signs of the layers.

    U (2n·c_in, c_in) on the channel's own input decides the sign of a unit of stage 0. At stage k a
    unit of power i < k keeps its first +1 edge from a living unit of power i; a unit of power k its
    first two from power k − 1, which doubles. Without such edges it is dead.
    """
    hidden, c_in = U.shape
    n = hidden // (2 * c_in)
    channel = torch.arange(c_in).repeat_interleave(2 * n)
    sign = U[torch.arange(hidden), channel]
    usable = sign > 0 if signs == "+" else torch.ones(hidden, dtype=torch.bool)
    pools = [Pools(channel, sign, torch.zeros(hidden, dtype=torch.int64), usable)]
    for k, W in enumerate(doublings, 1):
        pools.append(_next(pools[-1], W, c_in, len(signs), n, k))
    return pools


def _next(before: Pools, W: Tensor, c_in: int, signs: int, n: int, k: int) -> Pools:
    cells = torch.cartesian_prod(torch.arange(c_in), torch.arange(signs), torch.arange(k + 1))
    channel, side, power = cells.repeat_interleave(n, dim=0).T
    sign = 1.0 - 2.0 * side
    doubled = power == k
    mine = (before.channel == channel[:, None]) & (before.sign == sign[:, None]) & before.alive
    mine &= before.power == (power - doubled.long())[:, None]
    usable = mine & (W > 0)
    wanted = 1 + doubled.long()
    edges = usable & (usable.cumsum(dim=1) <= wanted[:, None])
    alive = edges.sum(dim=1) == wanted
    return Pools(channel, sign, power, alive, edges & alive[:, None])


def needed(pools: Sequence[Pools], last: Tensor) -> list[Tensor]:
    """Which units of each stage feed, through kept edges, the units ``last`` of the last stage."""
    used = [last]
    for pool in reversed(pools[1:]):
        assert pool.edges is not None
        used.append(pool.edges[used[-1]].any(dim=0))
    return used[::-1]
