"""Bad input to the theory: the error names the argument."""

from typing import Any

import numpy as np
import pytest

import slth

theory: Any = slth.theory  # untyped: the calls below are wrong on purpose


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: theory.expected_hits("gauss", 3, 1, 0.1, 0.0),
            ValueError,
            "ensemble: got 'gauss'",
        ),
        (lambda: theory.expected_hits("normal", 0, 1, 0.1, 0.0), ValueError, "n: got 0"),
        (lambda: theory.expected_hits("normal", 3, 1.5, 0.1, 0.0), TypeError, "d: got 1.5"),
        (lambda: theory.expected_hits("normal", 3, 1, 0.0, 0.0), ValueError, "eps: got 0.0"),
        (lambda: theory.expected_hits("normal", 3, 1, np.nan, 0.0), ValueError, "eps: got nan"),
        (lambda: theory.expected_hits("normal", 3, 1, "x", 0.0), TypeError, "eps: got 'x'"),
        (
            lambda: theory.expected_hits("normal", 3, 3, 0.1, [0, 1]),
            ValueError,
            r"z: got shape \(2,",
        ),
        (lambda: theory.expected_hits("normal", 3, 2, 0.1, [0, np.inf]), ValueError, "z: got inf"),
        (lambda: theory.expected_hits("product", 3, 2, 0.1, 0.0), ValueError, "d: got 2"),
        (lambda: theory.success_probability("normal", 3, 2, -1), ValueError, "eps: got -1"),
        (lambda: theory.success_probability("normal", 3, 2, 1, "z"), TypeError, "z: got dtype"),
        (lambda: theory.success_probability("normal", 3, 2, 1, []), ValueError, "z: .*empty"),
        (lambda: theory.threshold("normal", 2, 0.1, 1.0), ValueError, "probability: got 1.0"),
        (lambda: theory.threshold("normal", 2, 0.1, 0), ValueError, "probability: got 0"),
        (lambda: theory.threshold("normal", 0, 0.1), ValueError, "d: got 0"),
        (lambda: theory.best_error(0, 1), ValueError, "n: got 0"),
        (lambda: theory.best_error(3, 1, "none"), ValueError, "ensemble: got 'none'"),
        (lambda: theory.quenched_n_star(0, 0.1), ValueError, "d: got 0"),
        (lambda: theory.annealed_threshold(1, 0), ValueError, "eps: got 0"),
        (lambda: theory.second_moment_ratio(5, 6, 1, 0.1, 0.0), ValueError, "k: got 6"),
        (lambda: theory.existence_certificate(2, 0.1, ratio=1), ValueError, "ratio: got 1"),
        (lambda: theory.centred_second_moment_ratio(1, 1, 0.1, 0.0), ValueError, "n: got 1"),
        (lambda: theory.centred_second_moment_ratio(5, 1, 0.1, 0.0, 5), ValueError, "k: got 5"),
        (lambda: theory.centred_certificate(5, 1, 0.1, draws=3), ValueError, "draws: got 3"),
        (lambda: theory.centred_existence_certificate(1, 0.1, chance=1), ValueError, "chance: "),
        (
            lambda: theory.centred_existence_certificate(1, 0.1, share=0.5, extra=2),
            ValueError,
            "extra: got 2",
        ),
        (lambda: theory.covering_threshold("normal", 1, 0.1, share=0), ValueError, "share: got 0"),
        (
            lambda: theory.conditional_union_bound("nsn", 9, 2, 0.1, 4),
            ValueError,
            "ensemble: got 'nsn' with k",
        ),
        (
            lambda: theory.coverage_probability("binary", 5, 0.1),
            ValueError,
            "ensemble: got 'binary'",
        ),
        (lambda: theory.coverage_probability("normal", 5, 0), ValueError, "eps: got 0"),
        (lambda: theory.lueker_failure(5, 0.1, 0), ValueError, "constant: got 0"),
        (lambda: theory.fixed_size(5, 5, 0.1), ValueError, "k: got 5"),
        (lambda: theory.size_probability("normal", 5, 5, 1, 0.1), ValueError, "k: got 5"),
        (lambda: theory.size_probability("binary", 5, 2, 1, 0.1), ValueError, "'binary'"),
        (lambda: theory.best_error_of_size(5, 0, 1), ValueError, "k: got 0"),
        (lambda: theory.best_size(1, 1), ValueError, "n: got 1"),
        (lambda: theory.fixed_size_n_star(1, 0.1, 1.0), ValueError, "share: got 1.0"),
        (
            lambda: theory.log_expected_hits_of_size("normal", 5, 6, 1, 0.1, 0),
            ValueError,
            "k: got 6",
        ),
        (lambda: theory.free_second_moment_ratio(5, 1, 0, 0.5), ValueError, "eps: got 0"),
        (lambda: theory.covering_probability("normal", 5, 4, 0.1), ValueError, "d: got 4"),
        (lambda: theory.covering_probability("binary", 5, 1, 0.1), ValueError, "'binary'"),
        (lambda: theory.covering_error("normal", 5, 1, 1.5), ValueError, "probability: got 1.5"),
        (lambda: theory.union_bound("normal", 1, -1), ValueError, "eps: got -1"),
        (lambda: theory.counting_bound(1, 0.1, 2), ValueError, "probability: got 2"),
        (lambda: theory.first_moment_bound("normal", 1, 0, 0.5), ValueError, "eps: got 0"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_published_statements_carry_their_confidence():
    for statement in theory.PUBLISHED.values():
        assert statement.confidence in {"paper", "memory"}
        assert statement.source
        if statement.confidence == "memory":
            assert "constant unknown" in statement.size


def test_published_functions():
    assert theory.lueker_failure(10, 0.01, 5) == 1.0
    assert 0 < theory.lueker_failure(100, 0.01, 5) < theory.lueker_failure(60, 0.01, 5) < 1
    assert theory.fixed_size(20, 10, 0.01) == pytest.approx(np.log2(1000))
