"""Integer candidates: predicted rates with targets on and off the lattice, against all subsets."""

import numpy as np
import pytest

from slth.ensembles import Quantized, sample, sample_target
from slth.studies.atlas.covering_radius import subset_sums
from slth.theory import off_lattice_probability, success_probability

LAW, TRIALS = Quantized(4, "bits4"), 400
MARGIN = 4 * 0.5 / np.sqrt(TRIALS) + 0.05  # 4 standard errors: level 6e-5; 0.05 is the claim


def rate(n: int, d: int, eps: float, off: bool) -> float:
    hits = 0
    for seed in range(TRIALS):
        z = LAW.q * sample_target(d, seed) if off else sample_target(d, seed, LAW)
        hits += np.abs(subset_sums(sample(LAW, n, d, seed)) - z).max(axis=1).min() <= eps
    return hits / TRIALS


@pytest.mark.parametrize(("n", "d", "eps"), [(9, 2, 0.3), (9, 2, 0.5), (10, 2, 1.3), (7, 1, 0.4)])
def test_real_targets(n: int, d: int, eps: float) -> None:
    assert abs(rate(n, d, eps, off=True) - off_lattice_probability(LAW, n, d, eps)) < MARGIN


@pytest.mark.parametrize(("n", "d", "eps"), [(9, 2, 0.3), (9, 2, 1.0)])
def test_integer_targets(n: int, d: int, eps: float) -> None:
    assert abs(rate(n, d, eps, off=False) - success_probability(LAW, n, d, eps)) < MARGIN


def test_half_a_step_holds_one_point_as_an_integer_target_does() -> None:
    on, off = (f(LAW, 9, 2, 0.5) for f in (success_probability, off_lattice_probability))
    assert off == pytest.approx(on, abs=0.01)
    assert off_lattice_probability(LAW, 40, 2, 0.1) == pytest.approx(0.2**2, abs=1e-4)


def test_other_laws_are_refused() -> None:
    for name in ("binary", "normal"):
        with pytest.raises(ValueError, match=f"ensemble: got '{name}'"):
            off_lattice_probability(name, 9, 2, 0.5)
