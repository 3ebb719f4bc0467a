"""Solvers that a construction brings along: one dimension, and no subset sum to speak of."""

from typing import ClassVar

import numpy as np

from slth.problem import Instance
from slth.solvers._base import Answer, Options, Solver


class Single(Solver):
    """One candidate: the first within eps, in index order; the nearest when none is, or no eps.

    With Options.size 1 every allowed subset is accounted for (complete); otherwise never.
    """

    name: ClassVar[str] = "single"
    handles: ClassVar[str] = "any n, d: subsets of one candidate"
    cannot: ClassVar[str] = "larger subsets; use auto"
    cost: ClassVar[str] = "at most n candidates"
    source: ClassVar[str] = "Malach, Yehudai, Shalev-Shwartz, Shamir, ICML 2020"
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True

    def search(self, instance: Instance, options: Options) -> Answer:
        if options.size not in (None, 1):
            raise ValueError(f"size: got {options.size}, solver 'single' takes 1")
        count = instance.n if options.budget is None else min(instance.n, options.budget)
        misses = np.abs(instance.X[:count] - instance.z).max(axis=1)
        best = int(misses.argmin())
        if instance.eps is not None and misses[best] <= instance.eps:
            best = int(np.argmax(misses <= instance.eps))
            count = best + 1
        keep = np.zeros(instance.n, dtype=bool)
        keep[best] = True
        seen = instance.n if options.budget is None else min(instance.n, options.budget)
        return Answer(keep, options.size == 1 and seen == instance.n, count)


class Counting(Solver):
    """Candidates ±α of one size: the sum is α·(integer), so the nearest integer is the optimum.

    Every subset is accounted for by its two counts; the first candidates of the sign are kept.
    """

    name: ClassVar[str] = "counting"
    handles: ClassVar[str] = "d = 1, candidates all of one absolute value"
    cannot: ClassVar[str] = "candidates of several sizes; use auto"
    cost: ClassVar[str] = "n"
    source: ClassVar[str] = "Diffenderfer, Kailkhura, ICLR 2021"
    exhaustive: ClassVar[bool] = True

    def search(self, instance: Instance, options: Options) -> Answer:
        x, z = instance.X[:, 0], float(instance.z[0])
        sizes = np.abs(x)
        if instance.d != 1 or sizes.max() != sizes.min() or not sizes[0]:
            raise ValueError("X: solver 'counting' takes d = 1 and candidates of one size > 0")
        side = np.flatnonzero(x > 0 if z > 0 else x < 0)
        keep = np.zeros(instance.n, dtype=bool)
        keep[side[: round(abs(z) / float(sizes[0]))]] = True
        return Answer(keep, True, instance.n)


class Digits(Solver):
    """Candidates ±2^i·α: the binary digits of z, largest first, by candidates of its sign.

    Greedy; then one more candidate if that is nearer. No proof.
    """

    name: ClassVar[str] = "digits"
    handles: ClassVar[str] = "d = 1, candidates per power of two apart, several of each"
    cannot: ClassVar[str] = "prove anything; use auto for other candidates"
    cost: ClassVar[str] = "n log n"
    source: ClassVar[str] = "Sreenivasan, Rajput, Sohn, Papailiopoulos, AISTATS 2022"

    def search(self, instance: Instance, options: Options) -> Answer:
        if instance.d != 1:
            raise ValueError(f"X: got d = {instance.d}, solver 'digits' takes d = 1")
        x, z = instance.X[:, 0], float(instance.z[0])
        keep = np.zeros(instance.n, dtype=bool)
        side = np.flatnonzero(x > 0 if z > 0 else x < 0)
        sizes = np.abs(x)
        rest = abs(z)
        for i in side[np.argsort(-sizes[side], kind="stable")]:
            if sizes[i] <= rest:
                keep[i], rest = True, rest - sizes[i]
        spare = side[~keep[side]]
        if len(spare):
            last = spare[np.argmin(sizes[spare])]
            keep[last] = abs(rest - sizes[last]) < rest
        return Answer(keep, False, instance.n)
