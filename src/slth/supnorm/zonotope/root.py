"""The zonotope's bound of a whole box, and input splitting from there."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.pair import Outputs, Pair
from slth.supnorm.zonotope.splitting import Search

_STEPS = 8  # of the slopes of the lines at the whole box
_INSIDE = 4  # the same for ranges of one place inside
_THOROUGH = 16  # the same where few inputs are, whose box is halved after: the root pays
_FEW = 16  # such inputs, at most
_CHILD = 2  # the same for a box that was halved
_COMPILED = 4  # the same in compiled code
_NARROWED = 2**21  # squared entries of all places beyond which ranges inside are the zonotope's own


@dataclass(frozen=True)
class Root:
    """The pair with what is known all over the box, and its outputs there.

    found: None where the bound of the whole box was not asked for.
    """

    pair: Pair
    box: Range
    found: Outputs | None

    @classmethod
    def of(cls, f: Layers, g: Layers, box: Range, whole: bool = True) -> "Root | None":
        """None where forms of that many inputs are too large to hold.

        whole: whether the whole box is to be bounded. Cost of that: a pass of a few hundred rows;
        in small networks also backward passes of six rows a neuron.
        """
        pair = Pair(f, g, (box.hi > box.lo).flatten(), fixed=box.lo.flatten())
        if not pair.fits:
            return None
        if not whole:
            return cls(pair, box, None)
        flat = Range(box.lo.reshape(1, -1), box.hi.reshape(1, -1))
        with torch.no_grad():
            if pair.entries**2 <= _NARROWED:
                few = int((box.hi > box.lo).sum()) <= _FEW
                pair = pair.tightened(flat, _THOROUGH if few else _INSIDE)
            found = pair.sharper(pair.outputs(flat), 0.0, _STEPS)
        return cls(pair, box, found)

    @property
    def size(self) -> Tensor:
        """Upper bound of |f − g| and of |fl f − fl g| per output, flat; inf if not asked for."""
        if self.found is None:
            return torch.full((1,), torch.inf, dtype=torch.float64)
        return up(self.found.delta.size + self.pair.evaluation(self.found))[0]

    @property
    def witnesses(self) -> Tensor:
        """Inputs (R, *input_shape) where the rows' lines are largest."""
        shape = self.box.lo.shape
        if self.found is None or self.found.at is None:
            return self.box.lo.new_zeros(0, *shape)
        return self.found.at[0].view(-1, *shape)

    def split(self, boxes: int, lower: float, goal: float = 0.0) -> Search:
        """At most ``boxes`` boxes inside, best first.

        lower: a value that is reached. goal: of `Search`.
        """
        steps = _CHILD if self.pair.dense is None else _COMPILED
        search = Search(self.pair, self.box.lo.shape, steps, lower, goal)
        with torch.no_grad():
            search.run(self.box, boxes, float(self.size.max()))
        return search
