"""Stable in logs at n = 1e5 and d = 600."""

import math

import numpy as np
import pytest

from slth.ensembles import ENSEMBLES
from slth.theory import (
    best_error,
    coverage_probability,
    log_expected_hits,
    quenched_n_star,
    success_probability,
)
from slth.theory.windows import log_normal_window

CORNER = np.repeat(np.linspace(-1, 1, 60), 10)  # a quadrature costs its distinct entries


@pytest.mark.parametrize("name", sorted(ENSEMBLES))
def test_log_expected_hits_is_finite(name):
    d = ENSEMBLES[name].max_d or 600
    z = np.ones(d) if ENSEMBLES[name].integer else CORNER[:d]
    value = log_expected_hits(name, 100_000, d, 1e-3 if d == 600 else 1e-9, z)
    assert math.isfinite(value)
    assert value < 100_000 * math.log(2)


def test_normal_first_moment_at_scale_is_laplace():
    # the binomial sum concentrates at k = n/2, up to its O(d²/n) width correction
    n, d, eps = 100_000, 600, 1e-6
    laplace = n * math.log(2) + d * float(log_normal_window(0, eps / math.sqrt(n / 2)))
    assert log_expected_hits("normal", n, d, eps, 0.0) == pytest.approx(laplace, abs=2.5)


@pytest.mark.parametrize("name", ["normal", "uniform", "binary", "quantized"])
def test_prediction_is_a_step_at_scale(name):
    d, eps = 600, 0.5 if ENSEMBLES[name].integer else 1e-3
    assert success_probability(name, 2000, d, eps) == pytest.approx(0, abs=1e-9)
    assert success_probability(name, 100_000, d, eps) == pytest.approx(1, abs=1e-9)


def test_prediction_for_a_fixed_target_of_600_entries():
    z = np.repeat(np.linspace(-1, 1, 6), 100)
    n = round(quenched_n_star(600, 1e-2))
    assert 0.1 < success_probability("normal", n, 600, 1e-2, z) < 0.9
    assert success_probability("nsn", n + 200, 600, 1e-2, z) > 0.9


def test_closed_forms_at_scale():
    assert 0 < best_error(100_000, 600) < 1e-40
    assert coverage_probability("normal", 100_000, 1e-9) == 1.0
