"""`checks.array`: what stands for an array of real numbers, and what is refused by name."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch

from slth import checks

BIG = 2**53 + 1

TAKEN = [
    ([0.5, 2], [0.5, 2]),
    ((True, False), [1, 0]),
    (np.float32([0.5]), [0.5]),  # type: ignore[arg-type]
    (np.array([0.5], dtype=">f8"), [0.5]),
    (np.array([0.5, 2**60], dtype=np.longdouble), [0.5, 2**60]),
    (np.array([2**63], dtype=np.uint64), [2**63]),
    (np.array([-(2**63)]), [-(2**63)]),
    ([BIG + 1, 0.5], [BIG + 1, 0.5]),
    (pd.Series([1, 2], dtype="Int64"), [1, 2]),
    (pd.DataFrame({"a": [1], "b": [0.5]}), [[1, 0.5]]),
    (torch.tensor([0.5], requires_grad=True), [0.5]),
    (torch.tensor([0.5, 1e-7], dtype=torch.float16), [0.5, 2.0**-23]),
    (torch.tensor([3.0], dtype=torch.bfloat16), [3]),
    (torch.tensor([True]), [1]),
    (torch.tensor([1 + 2j]).conj().imag, [-2]),
    ([torch.tensor(0.5, requires_grad=True), 1.0], [0.5, 1]),
    ([[torch.tensor(1), 2], np.array([3, 4])], [[1, 2], [3, 4]]),
    (torch.ones(1).expand(3), [1, 1, 1]),
]

REFUSED = [
    (np.array([BIG]), ValueError, f"{BIG}.*float64"),
    (np.array([2**64 - 1], dtype=np.uint64), ValueError, "18446744073709551615.*float64"),
    (torch.tensor([-BIG]), ValueError, f"-{BIG}.*float64"),
    ([BIG, 0.5], ValueError, f"{BIG}.*float64"),
    ([np.array([BIG]), np.array([0.5])], ValueError, f"{BIG}.*float64"),
    ([torch.tensor(BIG), torch.tensor(0.5)], ValueError, f"{BIG}.*float64"),
    (pd.DataFrame({"a": [BIG], "b": [0.5]}), ValueError, f"{BIG}.*float64"),
    ([2**63, -1], ValueError, "integers.*64-bit"),
    ([10**400, 1], TypeError, "object"),
    (np.array([1, 2], dtype=object), TypeError, "object"),
    (np.array([1], dtype=np.longdouble) / 3, ValueError, "0.333.*float64"),
    (np.array([np.longdouble("1e4000")]), ValueError, r"1e\+4000.*float64"),
    (np.ma.masked_array([0.5]), TypeError, "masked array.*filled"),
    ([np.ma.masked_array([0.5], mask=[1])], TypeError, "masked array"),  # type: ignore[arg-type]
    (np.ma.masked, TypeError, "masked array"),
    (pd.Series([1, None], dtype="Int64"), ValueError, "nan at"),
    (scipy.sparse.eye(2), TypeError, "sparse.*toarray"),
    (torch.eye(2).to_sparse(), TypeError, "not dense.*to_dense"),
    ([torch.ones(1, device="meta")], TypeError, "meta tensor"),
    (torch.tensor([1j]), TypeError, "complex64"),
    ([torch.ones(2), torch.ones(3)], ValueError, "different lengths"),
    ([[1.0], [1.0, 2.0]], ValueError, "different lengths"),
    ("ab", TypeError, "str"),
    (["1"], TypeError, "dtype"),
    ([None], TypeError, "object"),
    (None, TypeError, "NoneType"),
    ([1j], TypeError, "complex128"),
    ([Fraction(1, 2)], TypeError, "object"),
    ([Decimal(1)], TypeError, "object"),
    ({1, 2}, TypeError, "set"),
    (np.array(["2020"], dtype="M8[Y]"), TypeError, "datetime64"),
    ([np.inf], ValueError, "inf at"),
    ([], ValueError, "empty"),
    ([[]], ValueError, "empty"),
    (3.0, ValueError, r"shape \(\)"),
]


@pytest.mark.parametrize(("value", "values"), TAKEN)
def test_what_is_taken(value, values):
    held = checks.array("X", value, (1, 2), "(n, d)")
    assert held.dtype == np.float64
    assert held.flags.c_contiguous
    assert held.tolist() == values


@pytest.mark.parametrize(("value", "error", "words"), REFUSED)
def test_what_is_refused(value, error, words):
    with pytest.raises(error, match=f"^X: got .*{words}"):
        checks.array("X", value, (1, 2), "(n, d)")


def test_whatever_a_conversion_raises_names_the_argument():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no values yet")

    endless = []
    endless.append(endless)
    for value in (Broken(), [Broken()], endless):
        with pytest.raises(TypeError, match=r"^X: got"):
            checks.array("X", value, (1, 2), "(n, d)")


def test_an_array_of_float64_is_not_copied():
    X = np.ones((3, 2))
    assert np.shares_memory(checks.array("X", X, (2,), "(n, d)"), X)
    assert checks.numbers("X", torch.ones(1).expand(9), "(n,)").strides == (0,)


def test_a_single_number_is_read_or_refused_by_name():
    assert checks.real("eps", torch.tensor(0.5, requires_grad=True)) == 0.5
    assert checks.real("eps", np.array(0.5)) == 0.5
    assert checks.real("eps", Fraction(1, 2)) == 0.5
    for value in (10**5000, -(10**400)):
        with pytest.raises(ValueError, match=r"^eps: .*finite"):
            checks.real("eps", value)
    for value in (torch.ones(2), np.ones(1), np.complex128(1), torch.tensor(True), "1", None):
        with pytest.raises(TypeError, match=r"^eps: .*number"):
            checks.real("eps", value)
    with pytest.raises(TypeError, match=r"^n: .*integer"):
        checks.integer("n", torch.tensor([1, 2]))
