"""What is found first: interval bounds and input splitting, which may leave nothing to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from slth.supnorm.bounds.differential import differential
from slth.supnorm.bounds.upper import INTERVALS, interval_bounds, largest
from slth.supnorm.units import Measured
from slth.supnorm.zonotope.root import Root
from slth.supnorm.zonotope.splitting import Search

BOXES = 20_000  # for a decision, where their number is not given
_NEAR = 2.0  # times the value reached: where boxes come that near, dearer bounds add nothing


@dataclass(frozen=True)
class First:
    """The boxes of input splitting, if any, and what they leave to ask.

    bounds: found on the way, by name. closed: whether the ends meet or lie on one side of the goal.
    near: whether the ends are near enough for other bounds to have nothing to add.
    """

    tree: Search | None = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    closed: bool = False
    near: bool = False

    @property
    def names(self) -> frozenset[str] | None:
        """Names of the bounds that are still to find; None: all."""
        return INTERVALS if self.closed or self.near else None

    @classmethod
    def of(cls, scaled: Measured, boxes: int, goal: float) -> "First":
        """Interval bounds where there is a goal, then boxes where these go through compiled code.

        goal: of `Search`, in the units of ``scaled``. boxes: at most so many.
        """
        if goal:
            places = differential(*scaled.layers, scaled.box)
            if min(interval_bounds(*scaled.layers, scaled.box, places)[0].values()) <= goal:
                return cls(closed=True)
        root = Root.of(*scaled.layers, scaled.box, whole=False) if boxes else None
        if root is None or not root.quick:
            return cls()
        root = root if goal else root.bounded()
        tree = root.split(boxes, 0.0, goal)
        bounds = {} if goal else {"zonotope": largest(root.size, torch.zeros_like(root.size))}
        return cls(tree, bounds, tree.closed, not goal and tree.upper <= _NEAR * tree.lower)
