"""One enumeration at one radius: walks whose leaves are indicators, with what was settled."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from slth.checks import BoolArray, FloatArray
from slth.solvers.lattice import slack
from slth.solvers.lattice.bases import Basis, Space, reduced
from slth.solvers.lattice.choice import chosen, predicted
from slth.solvers.lattice.parts import Part, Place, root, split

UNLIMITED = 1 << 62
LARGE = 24.0  # log2 of the nodes, predicted, from which on a walk is shared out
SHORT = 3  # levels, below which none lies between the root and half way down
WAVE = 32  # parts walked at one share, whatever the threads


@dataclass
class Round:
    """All subsets of a space within ``radius`` of z, X (n, d), z (d,); d = 0: all of the space.

    thorough: all of it is expected to be looked at, which a good basis is worth.
    After `waves` or `leaves` has ended: complete: every subset within ``radius`` times the last
    `shrink` was yielded. nodes: visited. sound: False, and nothing was looked at, where float64
    does not hold this lattice well enough for a proof.
    """

    space: Space
    X: FloatArray
    z: FloatArray
    radius: float
    limit: int = UNLIMITED
    thorough: bool = True
    complete: bool = False
    nodes: int = 0
    sound: bool = True
    share: float = 1.0
    _part: Part | None = field(default=None, repr=False)

    def leaves(self, together: int = 1) -> Iterator[BoolArray]:
        """Yield indicators (m, n), m ≤ together, of one walk from the root."""
        opened = self._opened()
        if opened is None:
            yield from self.only()
            return
        self._part = root(*opened, self.X.shape[1], self.limit)
        for found in self._part.leaves(together):
            self.ended(self._part)
            yield found
        self.ended(self._part)

    def waves(self) -> Iterator[list[Part]]:
        """Yield walks that may run at the same time; call `ended` of each, in order.

        One, of all, where there is a limit, or few nodes are predicted; else some hundred, `WAVE`
        at a time, at the share that `shrink` left. None where the space has one vector, `only`, or
        rounding forbids.
        """
        opened = self._opened()
        if opened is None:
            return
        basis, limits = opened
        d = self.X.shape[1]
        short = len(basis.gram.c) < SHORT
        if self.limit < UNLIMITED or short or predicted(basis, limits) < LARGE:
            self._part = root(basis, limits, d, self.limit)
            yield [self._part]
            return
        places, level, self.nodes = split(basis, limits, d, self.limit)
        whole = root(basis, limits, d, self.limit)
        self.complete = True
        for start in range(0, len(places), WAVE):
            yield self._wave(whole, places[start : start + WAVE], level)

    def ended(self, part: Part) -> None:
        """Count the nodes of a walk, and whether it was complete."""
        if part is self._part:
            self.nodes, self.complete = part.nodes, part.complete
        else:
            self.nodes += part.nodes
            self.complete &= part.complete

    def _wave(self, whole: Part, places: list[Place], level: int) -> list[Part]:
        return [whole.below(place, level, self.share) for place in places]

    def _opened(self) -> tuple[Basis, slack.Bounds] | None:
        """A basis and its bounds; None, and nothing to walk, without rows or where not sound."""
        if not len(self.space.rows):
            return None
        worth = self.limit if self.thorough else 0
        basis, limits = chosen(self.space, self.X, self.z, self.radius, worth)
        self.sound = limits.sound and basis.certified
        return (basis, limits) if self.sound else None

    def only(self) -> Iterator[BoolArray]:
        """The one vector of a space without rows, if it is an indicator."""
        if len(self.space.rows):
            return
        basis = reduced(self.space, self.X, self.z, self.radius)
        self.nodes, self.complete, self.sound = 1, basis.certified, basis.certified
        if ((basis.x0 == 0) | (basis.x0 == 1)).all():
            yield basis.x0[None] == 1

    def shrink(self, share: float) -> None:
        """From here on only subsets within share·radius are looked for; share ≤ any before."""
        self.share = min(self.share, share)
        if self._part is not None:
            self._part.shrink(share)
