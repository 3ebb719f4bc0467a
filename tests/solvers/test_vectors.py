"""Eight numbers side by side: the compiled functions do what their plain twins and numpy do."""

import numpy as np
import pytest

from slth import seeding
from slth.solvers.kernels import vectors
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.vectors import (
    add8,
    count_bits,
    fill8,
    fma8,
    load8,
    lowest_bit,
    mask16,
    spread4,
    store8,
    sub8,
    sum8,
)


@njit()
def arithmetic(a, b, out):  # type: ignore[no-untyped-def]
    x, y = load8(a, 3), load8(b, 1)
    store8(out, 0, add8(x, y))
    store8(out, 8, sub8(x, y))
    store8(out, 16, fma8(x, y, fill8(np.float32(0.5))))
    out[24] = sum8(x)


@njit()
def spread(a, step, out):  # type: ignore[no-untyped-def]
    spread4(out, 2, step, load8(a, 0), load8(a, 8), load8(a, 16), load8(a, 24))


@njit()
def masks(a, at, most):  # type: ignore[no-untyped-def]
    bits = mask16(a, at, most)
    return bits, count_bits(bits), lowest_bit(bits | (1 << 20))


def numbers(count, seed=0):
    return seeding.generator(seed, "vectors").standard_normal(count).astype(np.float32)


def test_arithmetic():
    a, b, out = numbers(16), numbers(16, 1), np.zeros(25, np.float32)
    arithmetic(a, b, out)
    x, y = a[3:11], b[1:9]
    assert (out[:8] == x + y).all()
    assert (out[8:16] == x - y).all()
    assert out[16:24] == pytest.approx(x * y + 0.5, rel=1e-6)
    halves = (x[:4] + x[4:]).reshape(2, 2)
    halves = halves[0] + halves[1]
    assert out[24] == halves[0] + halves[1] == vectors._plain_sum8(x)


@pytest.mark.parametrize("step", [1, 5])
def test_four_sums_are_stored_a_step_apart(step):
    a, out, plain = numbers(32), np.zeros(20, np.float32), np.zeros(20, np.float32)
    spread(a, step, out)
    vectors._plain_spread4(plain, 2, step, *a.reshape(4, 8))
    assert (out == plain).all()
    assert out[2 : 2 + 4 * step : step] == pytest.approx(a.reshape(4, 8).sum(axis=1), abs=1e-5)
    assert np.count_nonzero(out) == 4


@pytest.mark.parametrize("most", [-9.0, 0.1, 9.0, np.inf])
def test_masks(most):
    a = numbers(40)
    a[20] = np.inf
    for at in (0, 7, 24):
        truth = a[at : at + 16] <= np.float32(most)
        bits, count, lowest = masks(a, at, np.float32(most))
        assert [(bits >> i) & 1 for i in range(16)] == truth.tolist()
        assert bits == vectors._plain_mask16(a, at, np.float32(most))
        assert count == truth.sum() == vectors._plain_count_bits(bits)
        expected = truth.argmax() if truth.any() else 20
        assert lowest == expected == vectors._plain_lowest_bit(bits | (1 << 20))
