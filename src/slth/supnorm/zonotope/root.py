"""The zonotope's bound of a whole box, and input splitting from there."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.dense.network import Dense
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.splitting import Search
from slth.supnorm.zonotope.written import densely, fits

_STEPS = 16  # of the slopes of the lines at the whole box
_INSIDE = (8, 4)  # the same for ranges of one place inside, of at most _SMALL entries and of more
_SMALL = 512
_THOROUGH = 16  # the same in compiled code, at most
_CHILD = 2  # the same for a box that was halved
_COMPILED = (4, 8)  # the same in compiled code, for at most 8 inputs that vary and for more
_FEW = 16  # inputs, at most, whose boxes are asked before any dearer bound
_NARROWED = 2**21  # squared entries of all places beyond which ranges inside are the zonotope's own
_PRODUCTS = 2**34  # multiplications of all rows for ranges inside, in compiled code


@dataclass(frozen=True)
class Root:
    """The pair with what is known all over the box.

    size: (1,) upper bound of |f − g| and of |fl f − fl g|; inf where it was not asked for.
    witnesses: inputs (R, *input_shape) where the rows' lines are largest.
    """

    pair: Pair
    box: Range
    size: Tensor
    witnesses: Tensor

    @classmethod
    def of(
        cls, f: Layers, g: Layers, box: Range, whole: bool = True, inside: Sequence[Triple] = ()
    ) -> "Root | None":
        """None where forms of that many inputs are too large to hold.

        whole: whether the whole box is to be bounded. inside: ranges of what every layer gives
        before its ReLU, if any are known; compiled code finds its own. Cost of the whole
        box: a pass of a few hundred rows; in small networks also backward passes of six rows a
        neuron.
        """
        pair = Pair(f, g, (box.hi > box.lo).flatten(), fixed=box.lo.flatten())
        if not pair.fits:
            return None
        if pair.dense is None:
            pair = replace(pair, known=tuple(x.flat() for x in inside))
        size = torch.full((1,), torch.inf, dtype=torch.float64)
        root = cls(pair, box, size, box.lo.new_zeros(0, *box.lo.shape))
        return root.bounded() if whole else root

    @property
    def quick(self) -> bool:
        """Whether few inputs vary and boxes go through compiled code."""
        return int(self.pair.active.sum()) <= _FEW and self.pair.dense is not None

    def bounded(self) -> "Root":
        """The same with the whole box bounded."""
        pair, box = self.pair, self.box
        flat = Range(box.lo.reshape(1, -1), box.hi.reshape(1, -1))
        with torch.no_grad():
            if pair.dense is not None:
                pair = _tightened(pair, pair.dense, flat)
                size, at = _compiled(pair, flat)
            else:
                if pair.entries**2 <= _NARROWED:
                    pair = pair.tightened(flat, _INSIDE[pair.entries > _SMALL])
                size, at = _by_tensors(pair, flat)
        return Root(pair, box, size, at.view(-1, *box.lo.shape))

    def split(self, boxes: int, lower: float, goal: float = 0.0) -> Search:
        """At most ``boxes`` parts inside, best first, in compiled code wherever that takes them.

        lower: a value that is reached. goal: of `Search`.
        """
        steps, pair, off = _CHILD, self.pair, 0.0
        if pair.dense is None:
            pair, off = written(pair, self.box, bool(torch.isfinite(self.size).all()))
        if pair.dense is not None:
            steps = _COMPILED[int(pair.active.sum()) > 8]
        search = Search(pair, self.box.lo.shape, steps, lower, goal, off)
        with torch.no_grad():
            search.run(self.box, boxes, float(self.size.max()))
        return search


def written(pair: Pair, box: Range, inside: bool) -> tuple[Pair, float]:
    """The pair as plain dense layers, and what it is off by; as it is where that does not fit.

    inside: whether ranges of all neurons are to be found, which are met with those known.
    """
    signs = [not layer.plain for layer in pair.layers]
    pooled = any(layer.pooled is not None for layer in pair.f)
    if pooled or not (fits(pair.f, signs) and fits(pair.g, signs)):
        return pair, 0.0
    both = densely(pair.f, signs), densely(pair.g, signs)
    made = Pair(*both, pair.active, fixed=box.lo.flatten())
    if made.dense is None:
        return pair, 0.0
    off = [a + b for a, b in zip(_errors(pair.f, box), _errors(pair.g, box), strict=True)]
    if inside:
        flat = Range(box.lo.reshape(1, -1), box.hi.reshape(1, -1))
        with torch.no_grad():
            made = _tightened(made, made.dense, flat)
        if pair.known:
            at = itertools.accumulate(1 + sign for sign in signs)
            known = [*made.known]
            for i, own, error in zip(at, pair.known, off, strict=True):
                wide = Triple(*(x.widen(error.view_as(x.lo)) for x in (own.f, own.g, own.delta)))
                known[i - 1] = known[i - 1].meet(wide)
            made = replace(made, known=tuple(known))
    exact = all(layer.doubt is None for layer in (*pair.f, *pair.g))
    return made, 0.0 if exact else float(up(off[-1]).max())


def _errors(layers: Layers, box: Range) -> list[Tensor]:
    """At most this far are the layers, as they stand, from their real functions, layer by layer."""
    places = propagate(layers, box)
    return [up(evaluation_error(layers[: i + 1], places)) for i in range(len(layers))]


def _tightened(pair: Pair, dense: Dense, box: Range) -> Pair:
    """With ranges inside as far as there are multiplications for them."""
    products = 24 * pair.entries * max(1, dense.products)  # one layer at a point has none
    steps = min(_THOROUGH, _PRODUCTS // products - 1)
    return pair.tightened(box, steps) if steps >= 0 else pair


def _compiled(pair: Pair, box: Range) -> tuple[Tensor, Tensor]:
    assert pair.dense is not None
    found = pair.dense.bound(box, 0.0)
    return pair.dense.passed_back(box, found, 0.0, _THOROUGH)


def _by_tensors(pair: Pair, box: Range) -> tuple[Tensor, Tensor]:
    found = pair.sharper(pair.outputs(box), 0.0, _STEPS)
    size = up(found.delta.size + pair.evaluation(found)).amax(1)
    return size, box.lo[:0] if found.at is None else found.at[0]
