"""Best-first splitting of the input box, each part bounded by its zonotope and rows passed back.

A part is the inputs of a box where the ReLUs of a list, each of f or of g, have fixed phases
(z ≥ 0 or z ≤ 0, 0 in both). Where many phases count for its bound its box is halved, at the input
that the symbols of its worst output depend on most: halves [lo, m] and [m, hi] share the float64
number m. Where few do (`slth.supnorm.zonotope.parts`) the one that adds most is fixed, either way.
Bounds have the evaluation error in them. The upper end is the largest bound of the parts that are
left, which cover the box at every moment, so it may stop anywhere. What a part is split in is never
above it.
Sources: input splitting (Wang et al., USENIX Security 2018, ReluVal), for pairs Paulsen et al.
2020; phases (Bunel et al., JMLR 2020), their multipliers (Wang et al., NeurIPS 2021, β-CROWN).
"""

import heapq
from dataclasses import dataclass, field

import torch
from torch import Tensor

from slth.supnorm.layers import forward
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
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
    """A part in the queue, largest bound first, then the older."""

    key: float
    order: int
    lo: Tensor = field(compare=False)
    hi: Tensor = field(compare=False)
    error: float = field(compare=False)  # of float64 evaluation, part of the bound
    at: int = field(compare=False)  # the input to halve, flat; −1 where every one is a point
    phases: Tensor = field(compare=False)  # (2, entries), of `slth.supnorm.zonotope.parts`
    phase: int = field(compare=False)  # the one to fix; −1: an input is halved


@dataclass
class Search:
    """The parts that are left, the best input met, and what came of every step.

    steps: of the slopes of rows passed back. goal: whether the bound is at most this is all that is
    asked; 0: the bound is. off: how far the differences of what is asked for and of ``pair`` may be
    apart, which is part of every bound.
    """

    pair: Pair
    shape: torch.Size
    steps: int
    lower: float = 0.0
    goal: float = 0.0
    off: float = 0.0
    best: Tensor | None = None
    boxes: int = 0
    queue: list[Node] = field(default_factory=list)
    trace: list[Step] = field(default_factory=list)

    def run(self, box: Range, splits: int, most: float) -> None:
        """Bound the box and then at most ``splits`` parts inside it, parts of parts.

        most: a bound of the whole box.
        """
        whole = box.lo.reshape(1, -1), box.hi.reshape(1, -1)
        entries = 0 if self.pair.dense is None else self.pair.entries
        none = torch.zeros(1, 2, entries, dtype=torch.int8)
        self.take(*whole, none, torch.tensor([most], dtype=torch.float64))
        self.boxes = 0
        self.note()
        while self.boxes + 2 <= splits and not self.closed:
            self.divide((splits - self.boxes) // 2)
            self.note()

    @property
    def upper(self) -> float:
        """Largest bound of the parts that are left."""
        return -self.queue[0].key

    @property
    def closed(self) -> bool:
        """Whether the ends meet, lie on one side of the goal, or the worst part is a point."""
        worst = self.queue[0]
        ends = self.lower * (1 + _CLOSED) + 2 * worst.error
        decided = self.goal > 0 and (
            self.upper <= self.goal or self.lower > self.goal + worst.error
        )
        return self.upper <= ends or decided or max(worst.at, worst.phase) < 0

    def note(self) -> None:
        """Write down where the search is."""
        self.trace.append(Step(self.boxes, self.lower, self.upper))

    def divide(self, most: int) -> None:
        """Split the worst parts in two, at most ``most`` of them."""
        parts: list[Node] = []
        most = min(most, _TOGETHER if self.pair.dense is None else _ONE_BY_ONE)
        while self.queue and len(parts) < most and not self.closed:
            parts.append(heapq.heappop(self.queue))
        lo, hi = torch.stack([n.lo for n in parts]), torch.stack([n.hi for n in parts])
        left, right = halves(lo, hi, torch.tensor([n.at for n in parts]))
        phase = torch.tensor([n.phase for n in parts])
        same = phase[:, None] >= 0
        left, right = torch.where(same, hi, left), torch.where(same, lo, right)
        on, off = fixed(torch.stack([n.phases for n in parts]), phase)
        keys = torch.tensor([-n.key for n in parts], dtype=torch.float64)
        boxes = torch.cat([lo, right]), torch.cat([left, hi])
        self.take(*boxes, torch.cat([on, off]), keys.repeat(2))

    def take(self, lo: Tensor, hi: Tensor, phases: Tensor, most: Tensor) -> None:
        """Bound parts of boxes (B, inputs), none above ``most`` (B,), and put them in the queue."""
        level = max(0.0, max(self.lower, self.goal) - 2 * self.off)
        found = measured(self.pair, Range(lo, hi), phases, level, self.steps)
        value = up(found.value + self.off) if self.off else found.value
        bounds = torch.minimum(torch.nan_to_num(value, nan=torch.inf), most).tolist()
        self.look(found.points)
        at, phase = self.widest_effect(lo, hi, found.score).tolist(), found.phase.tolist()
        for i, error in enumerate(found.error.tolist()):
            how = error + self.off, at[i], phases[i], phase[i]
            heapq.heappush(self.queue, Node(-bounds[i], self.boxes + i, lo[i], hi[i], *how))
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


def fixed(phases: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """Phases (B, 2, entries) with the one ``at`` (B,) as z ≥ 0, and as z ≤ 0; −1: as they are."""
    rows = torch.nonzero(at >= 0)[:, 0]
    on, off = phases.clone(), phases.clone()
    on.flatten(1)[rows, at[rows]], off.flatten(1)[rows, at[rows]] = 1, -1
    return on, off
