"""Integers hit exactly: one coordinate that tells all of them apart.

Where Σ_S X_i = z is asked of integers, every coordinate of two half sums must agree, and so must a
linear form L of all coordinates with random integer coefficients: sums that differ seldom agree in
it. With L as coordinate 0, a slab holds the sums of one range of L, and cells are single values.
"""

import numpy as np

from slth import seeding
from slth.checks import EXACT_INTEGERS, FloatArray
from slth.problem import grain

LARGEST_FORM = 2**52  # of |L|: float64 holds it, its sums and the middle between two of its values
NEAR = 0.5  # sums of integers closer than this are equal


def with_form(X: FloatArray, z: FloatArray, size: int) -> tuple[FloatArray, FloatArray] | None:
    """X (n, d), z (d,) as integers after a form of all: (n, D), (D,), D = d + 1; or None.

    size ≥ 0: a column of ones comes last, z's entry of it is ``size``. None: float64 does not hold
    every sum, or no form. A subset S has Σ_S X_i = z (and ``size`` candidates) if and only if it
    has in the new columns.
    """
    unit = grain(X, z)
    sizes = (np.abs(X).sum(axis=0) + np.abs(z)) / unit
    if not sizes.max() <= EXACT_INTEGERS:
        return None
    rows, goal = X / unit, z / unit
    if size >= 0:
        rows = np.column_stack([rows, np.ones(len(X))])
        goal = np.append(goal, float(size))
        sizes = np.append(sizes, float(len(X) + size))
    most = np.floor(LARGEST_FORM / (len(goal) * np.maximum(sizes, 1.0)))
    if not most.min() >= 1:
        return None
    factors = seeding.generator(0, "mitm form").integers(1, most.astype(np.int64), endpoint=True)
    first, last = rows.astype(np.int64) @ factors, goal.astype(np.int64) @ factors
    return np.column_stack([first.astype(np.float64), rows]), np.append(float(last), goal)
