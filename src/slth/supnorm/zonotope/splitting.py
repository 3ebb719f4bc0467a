"""Best-first bisection of the input box, each part bounded by its zonotope.

Bounds have the evaluation error in them. The upper end is the largest bound of the boxes that are
left, which cover the box at every moment, so it may stop anywhere. A box is halved at the input
that the symbols of its worst output depend on most; its halves [lo, m] and [m, hi] share the
float64 number m. A half is never above its whole.
Source: input splitting (Wang et al., USENIX Security 2018, ReluVal), for pairs Paulsen et al. 2020.
"""

import heapq
from dataclasses import dataclass, field

import torch
from torch import Tensor

from slth.supnorm.layers import forward
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.entry import centre
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.parts import measured

_TOGETHER = 128  # boxes that are halved side by side as tensors, at most
_ONE_BY_ONE = 32  # the same where each is bounded by itself: fewer are halved that need not be
_CLOSED = 1e-9  # relative distance of the ends below which there is nothing left to do


@dataclass(frozen=True)
class Step:
    """After ``boxes`` boxes: the largest value met and the bound of the rest."""

    boxes: int
    lower: float
    upper: float


@dataclass(order=True)
class Node:
    """A box in the queue, largest bound first, then the older."""

    key: float
    order: int
    lo: Tensor = field(compare=False)
    hi: Tensor = field(compare=False)
    error: float = field(compare=False)  # of float64 evaluation, part of the bound
    at: int = field(compare=False)  # the input to halve, flat; −1 where every one is a point


@dataclass
class Search:
    """The boxes that are left, the best input met, and what came of every step.

    steps: of the slopes of rows passed back. goal: whether the bound is at most this is all that is
    asked; 0: the bound is.
    """

    pair: Pair
    shape: torch.Size
    steps: int
    lower: float = 0.0
    goal: float = 0.0
    best: Tensor | None = None
    boxes: int = 0
    queue: list[Node] = field(default_factory=list)
    trace: list[Step] = field(default_factory=list)

    def run(self, box: Range, splits: int, most: float) -> None:
        """Bound the box and then at most ``splits`` boxes inside it, halves of halves.

        most: a bound of the whole box.
        """
        whole = box.lo.reshape(1, -1), box.hi.reshape(1, -1)
        self.take(*whole, torch.tensor([most], dtype=torch.float64))
        self.boxes = 0
        self.note()
        while self.boxes + 2 <= splits and not self.closed:
            self.halve((splits - self.boxes) // 2)
            self.note()

    @property
    def upper(self) -> float:
        """Largest bound of the boxes that are left."""
        return -self.queue[0].key

    @property
    def closed(self) -> bool:
        """Whether the ends meet, lie on one side of the goal, or the worst box is a point."""
        worst = self.queue[0]
        ends = self.lower * (1 + _CLOSED) + 2 * worst.error
        decided = self.goal > 0 and (
            self.upper <= self.goal or self.lower > self.goal + worst.error
        )
        return self.upper <= ends or decided or worst.at < 0

    def note(self) -> None:
        """Write down where the search is."""
        self.trace.append(Step(self.boxes, self.lower, self.upper))

    def halve(self, most: int) -> None:
        """Halve the worst boxes, at most ``most`` of them."""
        parts: list[Node] = []
        most = min(most, _TOGETHER if self.pair.dense is None else _ONE_BY_ONE)
        while self.queue and len(parts) < most and not self.closed:
            parts.append(heapq.heappop(self.queue))
        lo, hi = torch.stack([n.lo for n in parts]), torch.stack([n.hi for n in parts])
        left, right = halves(lo, hi, torch.tensor([n.at for n in parts]))
        keys = torch.tensor([-n.key for n in parts], dtype=torch.float64)
        self.take(torch.cat([lo, right]), torch.cat([left, hi]), keys.repeat(2))

    def take(self, lo: Tensor, hi: Tensor, most: Tensor) -> None:
        """Bound boxes (B, inputs), none above ``most`` (B,), and put them in the queue."""
        found = measured(self.pair, Range(lo, hi), max(self.lower, self.goal), self.steps)
        value = torch.minimum(torch.nan_to_num(found.value, nan=torch.inf), most).tolist()
        self.look(found.points)
        at = self.widest_effect(lo, hi, found.score).tolist()
        for i, error in enumerate(found.error.tolist()):
            node = Node(-value[i], self.boxes + i, lo[i], hi[i], error, at[i])
            heapq.heappush(self.queue, node)
        self.boxes += len(lo)

    def widest_effect(self, lo: Tensor, hi: Tensor, score: Tensor) -> Tensor:
        """The input (flat) that the worst output depends on most and that can be halved; −1."""
        active = self.pair.entry.active
        if not score.shape[1]:
            return torch.full((len(lo),), -1)
        a, b = lo[:, active], hi[:, active]
        middle = centre(Range(a, b))
        score = torch.where((a < middle) & (middle < b), score, -1.0)
        best = active[score.argmax(1)]
        return torch.where(score.amax(1) >= 0, best, -1)

    def look(self, points: Tensor) -> None:
        """Evaluate f − g at points (R, inputs)."""
        if not len(points):
            return
        y = points.view(-1, *self.shape)
        if self.pair.dense is None:
            reached = (forward(self.pair.f, y) - forward(self.pair.g, y)).abs().amax(1)
        else:
            reached = self.pair.dense.gaps(points)
        reached = torch.nan_to_num(reached, nan=0.0, posinf=0.0)
        top = int(reached.argmax())
        if float(reached[top]) > self.lower:
            self.lower, self.best = float(reached[top]), y[top].clone()


def halves(lo: Tensor, hi: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """Upper corners of the lower halves and lower corners of the upper ones, (B, inputs) each."""
    rows = torch.arange(len(lo))
    middle = centre(Range(lo, hi))[rows, at]
    left, right = hi.clone(), lo.clone()
    left[rows, at], right[rows, at] = middle, middle
    return left, right
