"""Boxes of VNN-LIB files: what is read, and what is refused."""

import numpy as np
import pytest

from slth.supnorm.vnnlib import read_box

HEAD = "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n"


def read(tmp_path, body: str, head: str = HEAD):
    path = tmp_path / "a.vnnlib"
    path.write_text(head + body, encoding="utf-8")
    return read_box(path)


def test_bounds_in_every_form_are_met(tmp_path) -> None:
    lo, hi = read(
        tmp_path,
        "; a comment (assert (<= X_0 -9))\n(assert (<= X_0 0.5))\n(assert (>= 0.25 X_0))\n"
        "(assert (and (>= X_0 -1e-1)\n (<= X_1 2) (<= -3 X_1)))\n(assert (>= Y_0 3.9))\n"
        "(assert (or (and (<= Y_0 1)) (and (>= Y_0 2))))\n",
    )
    assert np.array_equal(lo, [-0.1, -3.0])
    assert np.array_equal(hi, [0.25, 2.0])


BOTH = "(assert (<= X_0 1))(assert (>= X_0 0))(assert (<= X_1 1))"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BOTH, "both bounds"),
        (BOTH + "(assert (>= X_1 2))", "lo <= hi"),
        (BOTH + "(assert (or (>= X_1 0) (<= X_0 1)))", "no bound of one input"),
        (BOTH + "(assert (<= X_1 X_0))", "no bound of one input"),
        (BOTH + "(assert (<= (+ X_1 X_0) 1))", "no bound of one input"),
        (BOTH + "(assert (>= X_1 nan))", "finite"),
        (BOTH + "(assert (>= X_1 0)", "open"),
        (BOTH + ")", "too many"),
        (BOTH + "(assert (>= X_1 0))(assert (<= X_7 0))", "X_7"),
    ],
)
def test_what_is_no_box_is_refused(tmp_path, body, words) -> None:
    with pytest.raises(ValueError, match=f"^path: .*{words}"):
        read(tmp_path, body)


def test_no_inputs(tmp_path) -> None:
    with pytest.raises(ValueError, match="declares inputs"):
        read(tmp_path, "", head="")
