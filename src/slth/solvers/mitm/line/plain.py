"""Rows of vector lanes without compilation: numpy in place of LLVM's builder.

With NUMBA_DISABLE_JIT the functions of `mitm_line_rows` run on this; what they emit for LLVM, step
by step, is done at once. Integers wrap around as they do there.
"""

import operator
from typing import Any

import numpy as np

COMPARE = {"<": operator.lt, "<=": operator.le, "!=": operator.ne}


class PlainBuilder:
    """The operations of llvmlite's IRBuilder that the rows use, on numpy's integers."""

    add, sub, mul = map(staticmethod, (operator.add, operator.sub, operator.mul))
    and_, lshr = map(staticmethod, (operator.and_, operator.rshift))  # lshr: of row numbers, >= 0
    select = staticmethod(np.where)

    @staticmethod
    def icmp_signed(sign: str, a: Any, b: Any) -> Any:
        """Compare as signed integers."""
        return COMPARE[sign](a, b)

    @staticmethod
    def icmp_unsigned(sign: str, a: Any, b: Any) -> Any:
        """Compare the bits as unsigned integers."""
        unsigned = np.dtype(f"u{a.itemsize}")
        return COMPARE[sign](a.view(unsigned), b.view(unsigned))


class PlainRows:
    """The rows of a space, as `mitm_line_rows._Rows` has them in compiled code."""

    number = staticmethod(int)

    def __init__(self, space: np.ndarray, row_bytes: int) -> None:
        self.builder, self.bits = PlainBuilder(), 8 * space.itemsize
        self.grid = space.reshape(-1, row_bytes // space.itemsize)

    def load(self, row: int) -> np.ndarray:
        return self.grid[row].copy()

    def store(self, value: np.ndarray, row: int) -> None:
        self.grid[row] = value

    def all_lanes(self, value: int) -> np.ndarray:
        return np.full(self.grid.shape[1], value, dtype=self.grid.dtype)

    spread = all_lanes
