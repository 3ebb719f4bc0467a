"""Branch and bound on ReLU phases, shared by f and g, with the Lagrangian dual as the bound."""

import heapq
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.dual.descent import Descent
from slth.supnorm.dual.lagrangian import LARGEST, Bounds, objectives
from slth.supnorm.dual.relaxation import Dual, Value
from slth.supnorm.dual.stage import Allowed, Multipliers
from slth.supnorm.layers import Layers, forward

_TOGETHER = 8  # subproblems taken at a time
_ROOT, _CHILD = 120, 50  # descent steps of an objective and of a subproblem
_RATE = 0.04  # first step of a subproblem's descent, which starts from its parent's multipliers
_KEPT = 16  # witnesses kept
_CLOSE = 1e-9  # relative gap at which nothing is left to do

Place = tuple[int, int, int, int]  # stage, block, slot in the block, network


@dataclass(frozen=True)
class Node:
    """A subproblem: one objective with some phases fixed, and what its descent left.

    split: the phase to fix next, and whose; None for an objective not taken up yet. leaf: none is
    left.
    """

    objective: int
    bound: float
    allowed: list[Allowed]
    theta: list[Multipliers]
    split: Place | None
    leaf: bool = False


def branch(dual: Dual, pair: tuple[Layers, Layers], bounds: Bounds, splits: int) -> Bounds:
    """Refine ``bounds`` by ``splits`` subproblems, the largest bound first.

    A subproblem gives an objective its first long descent or fixes one more phase both ways: that
    of f, z ≥ 0 or z ≤ 0, or that of g, z − δ ≥ 0 or z − δ ≤ 0. The halves share no multipliers, so
    each answers for all its inputs, those where the other network's phase differs included: what
    they add (`.stage`) depends on the sign of c_Δ, and the network is the one where it
    is least, most often nothing, at the multipliers of the whole. There no half is above the whole.
    Stops when the largest bound is within 1e-9 of a witness. Deterministic; more splits never give
    more. Cost: 100 dual passes per split.
    """
    if not splits or dual.entries() > LARGEST:
        return bounds
    work = Tree(dual, pair, bounds)
    while splits > 0 and work.open():
        splits -= work.advance(min(splits, _TOGETHER))
    return work.result()


class Tree:
    """The queue of subproblems and the best inputs met."""

    def __init__(self, dual: Dual, pair: tuple[Layers, Layers], bounds: Bounds) -> None:
        self.dual, self.pair, self.bounds = dual, pair, bounds
        self.heap: list[tuple[float, int, Node]] = []
        self.count = 0
        self.witnesses, self.floor = bounds.witnesses, 0.0
        self.meet(bounds.witnesses)
        for objective, end in enumerate(bounds.ends.tolist()):
            self.push(Node(objective, end, dual.allowed(), [], None))

    def push(self, node: Node) -> None:
        """Queue a node; ties go to the one made first."""
        heapq.heappush(self.heap, (-node.bound, self.count, node))
        self.count += 1

    def open(self) -> bool:
        """Whether the largest bound is above the best witness and can be split."""
        bound, _, node = self.heap[0]
        return not node.leaf and -bound > self.floor * (1 + _CLOSE)

    def advance(self, most: int) -> int:
        """Take up to ``most`` subproblems of one kind from the queue; return how many."""
        taken: list[Node] = []
        while self.heap and len(taken) < most and self.open():
            node = self.heap[0][2]
            if taken and (node.split is None) != (taken[0].split is None):
                break
            taken.append(heapq.heappop(self.heap)[2])
        if taken[0].split is None:
            self.take_up(taken)
        else:
            self.divide(taken)
        return len(taken)

    def take_up(self, nodes: list[Node]) -> None:
        """Give objectives their first descent."""
        c = self.objective(nodes)
        self.descend(nodes, self.dual.allowed(), self.dual.start(len(c)), _ROOT, 0.1)

    def divide(self, nodes: list[Node]) -> None:
        """Fix the phase of every node both ways."""
        children = [self.child(node, phase) for node in nodes for phase in (0.0, 1.0)]
        allowed = [_joined(parts) for parts in zip(*(n.allowed for n in children), strict=True)]
        theta = [_stacked(parts) for parts in zip(*(n.theta for n in children), strict=True)]
        self.descend(children, allowed, theta, _CHILD, _RATE)

    def child(self, node: Node, phase: float) -> Node:
        """The node with the phase at its split fixed."""
        assert node.split is not None
        stage, group, slot, network = node.split
        allowed = list(node.allowed)
        patterns, fixed = allowed[stage].patterns.clone(), allowed[stage].fixed.clone()
        patterns[group] &= self.dual.stages[stage].phases[:, slot] == phase
        fixed[group, slot] = network
        allowed[stage] = Allowed(patterns, fixed)
        return Node(node.objective, node.bound, allowed, node.theta, node.split)

    def descend(
        self,
        nodes: list[Node],
        allowed: list[Allowed],
        theta: list[Multipliers],
        steps: int,
        rate: float,
    ) -> None:
        """Bound the nodes and queue them again."""
        c = self.objective(nodes)
        descent = Descent(self.dual, c, allowed, theta, self.dual.scales(c))
        value = descent.run(steps, rate)
        self.meet(self.dual.links[0].whole.argmax(value.form).view(-1, *self.witnesses.shape[1:]))
        safe = value.safe.tolist()
        for i, (node, split) in enumerate(zip(nodes, self.choose(value, nodes), strict=True)):
            own = [Multipliers(t.share[i], t.phase[i]) for t in descent.theta]
            bound = min(node.bound, safe[i])
            place = split or (0, 0, 0, 0)
            self.push(Node(node.objective, bound, node.allowed, own, place, not split))

    def choose(self, value: Value, nodes: list[Node]) -> list[Place | None]:
        """The open phase of each node with the largest influence, less the gap of its two values.

        It is that of the network whose phase is fixed at the lesser loss.
        """
        found: list[tuple[float, Place | None]] = [(-torch.inf, None)] * len(nodes)
        for at, stage in enumerate(self.dual.stages):
            allowed = _joined(tuple(node.allowed[at] for node in nodes)).patterns[:, :, None]
            values = value.patterns[at][:, :, None]
            on = stage.phases.T > 0
            lowest = values.new_tensor(-torch.inf)
            ends = [torch.where(side, values, lowest).amax(-1) for side in (on, ~on)]
            both = (on & allowed).any(-1) & (~on & allowed).any(-1)
            score = value.influence[at] - (ends[0] - ends[1]).abs()
            score = torch.where(both, score, lowest).nan_to_num(-torch.inf).flatten(1)
            network, width = stage.cheaper(value.read[at]), len(on)
            tops = zip(score.amax(1).tolist(), score.argmax(1).tolist(), strict=True)
            for i, (top, flat) in enumerate(tops):
                if top > found[i][0]:
                    group, slot = divmod(flat, width)
                    found[i] = (top, (at, group, slot, int(network[i, group, slot])))
        return [place for _, place in found]

    def meet(self, inputs: Tensor) -> None:
        """Keep the inputs with the largest |f − g|."""
        if not len(inputs):
            return
        pool = torch.cat([self.witnesses, inputs])
        with torch.no_grad():
            gaps = (forward(self.pair[0], pool) - forward(self.pair[1], pool)).abs().amax(1)
        top, order = gaps.topk(min(_KEPT, len(pool)))
        self.witnesses, self.floor = pool[order], float(top[0])

    def objective(self, nodes: list[Node]) -> Tensor:
        """Coefficients of the nodes' objectives."""
        indices = torch.tensor([node.objective for node in nodes])
        return objectives(indices, len(self.bounds.ends) // 2)

    def result(self) -> Bounds:
        """The largest open bound of every objective."""
        ends = torch.full_like(self.bounds.ends, -torch.inf)
        for _, _, node in self.heap:
            ends[node.objective] = max(float(ends[node.objective]), node.bound)
        return Bounds(torch.minimum(ends, self.bounds.ends), self.witnesses)


def _joined(parts: tuple[Allowed, ...]) -> Allowed:
    return Allowed(
        torch.stack([part.patterns for part in parts]), torch.stack([part.fixed for part in parts])
    )


def _stacked(parts: tuple[Multipliers, ...]) -> Multipliers:
    return Multipliers(
        torch.stack([part.share for part in parts]), torch.stack([part.phase for part in parts])
    )
