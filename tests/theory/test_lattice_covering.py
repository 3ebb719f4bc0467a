"""Coverings of every integer target: exact ones against all subsets, predictions against them."""

import itertools
import math

import numpy as np
import pytest

from slth import theory
from slth.checks import TooLargeError
from slth.ensembles import Quantized, sample
from slth.theory import lattice_covering


def by_all_subsets(X: np.ndarray, bound: int) -> int:
    """The size at which every target is a sum, by forming all subset sums of every prefix."""
    d = X.shape[1]
    targets = set(itertools.product(range(-bound, bound + 1), repeat=d))
    sums = {(0,) * d}
    for count, row in enumerate(X.astype(int).tolist(), 1):
        sums |= {tuple(a + b for a, b in zip(each, row, strict=True)) for each in sums}
        if targets <= sums:
            return count
    return 0


@pytest.mark.parametrize(
    ("d", "bits", "n"), [(1, 2, 6), (1, 5, 12), (2, 2, 9), (2, 3, 13), (3, 2, 14), (4, 2, 17)]
)
def test_first_coverings_are_those_of_all_subsets(d: int, bits: int, n: int) -> None:
    law, found = Quantized(bits), []
    for seed in range(10):
        X = sample(law, n, d, seed)
        found.append(theory.first_covering(X, law.q))
        assert found[-1] == by_all_subsets(X, law.q)
    assert len(set(found)) > 1


@pytest.mark.parametrize("first", [1, 2, 5, 40])
def test_the_first_box_does_not_matter(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums that leave the targets and come back are kept, however many candidates a box has."""
    X = sample(Quantized(4), 40, 2, 3)
    wanted = theory.first_covering(X, 7)
    monkeypatch.setattr(lattice_covering, "FIRST", first)
    assert theory.first_covering(X, 7) == wanted > 0


def test_sums_far_from_the_targets_count() -> None:
    """1 = 100 - 99: the partial sum is a hundred times as far as any target."""
    assert theory.first_covering([[100], [-99], [-101]], bound=1) == 3
    assert theory.first_covering([[100], [-99], [-102]], bound=1) == 0
    assert theory.first_covering([[2], [-2], [4]], bound=1) == 0


@pytest.mark.parametrize(("d", "bits", "width"), [(1, 4, 0.12), (2, 4, 0.12), (3, 3, 0.17)])
def test_predictions_are_near_exact_coverings(d: int, bits: int, width: float) -> None:
    """As the docstring says, with 4 standard errors of 200 instances about the half."""
    law = Quantized(bits)
    sizes = np.array([theory.first_covering(sample(law, 60, d, s), law.q) for s in range(200)])
    for n in range(int(np.quantile(sizes, 0.1)), int(np.quantile(sizes, 0.9)) + 1):
        chance = theory.lattice_covering_probability(law, n, d)
        assert abs(chance - (sizes <= n).mean()) < width + 0.05


def test_one_coordinate_and_three_values_are_known() -> None:
    """{-1, 0, 1} is covered unless 1 or -1 is missing: 1 - 2 (2/3)^n + (1/3)^n."""
    sizes = [theory.first_covering(sample(Quantized(2), 60, 1, seed), 1) for seed in range(2000)]
    for n in (2, 4, 8):
        exact = 1 - 2 * (2 / 3) ** n + (1 / 3) ** n
        share = np.mean(np.array(sizes) <= n)
        assert abs(share - exact) < 4 * math.sqrt(exact * (1 - exact) / 2000)


def test_a_finer_grid_changes_little(monkeypatch: pytest.MonkeyPatch) -> None:
    chances = [theory.lattice_covering_probability(Quantized(3), 22, d) for d in (1, 2, 3, 4)]
    finer = {d: step / 2 for d, step in lattice_covering.STEPS.items()}
    monkeypatch.setattr(lattice_covering, "STEPS", finer)
    again = [theory.lattice_covering_probability(Quantized(3), 22, d) for d in (1, 2, 3, 4)]
    np.testing.assert_allclose(chances, again, atol=3e-3)


def test_portions_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = theory.lattice_covering_probability(Quantized(3), 15, 2)
    monkeypatch.setattr(lattice_covering, "HELD", 100)
    assert theory.lattice_covering_probability(Quantized(3), 15, 2) == pytest.approx(wanted)


def test_fewer_subsets_than_targets_never_cover() -> None:
    assert theory.lattice_covering_probability("quantized", 7, 1) == 0
    assert theory.lattice_covering_probability("quantized", 8, 1) < 1e-6
    assert theory.lattice_covering_probability("quantized", 40, 1) > 0.999


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="X: takes integers"):
        theory.first_covering([[0.5]], 1)
    with pytest.raises(ValueError, match="bound: got 0"):
        theory.first_covering([[1.0]], 0)
    with pytest.raises(ValueError, match="ensemble: got 'normal'"):
        theory.lattice_covering_probability("normal", 5, 1)
    with pytest.raises(ValueError, match="ensemble: got 'binary'"):
        theory.lattice_covering_probability("binary", 5, 1)
    with pytest.raises(ValueError, match="d: got 5"):
        theory.lattice_covering_probability("quantized", 5, 5)


@pytest.mark.parametrize("X", [[[2**40], [-(2**40)]], [[2**52], [-(2**52)]] * 2000])
def test_sums_that_memory_does_not_hold_are_named(X: list[list[int]]) -> None:
    with pytest.raises(TooLargeError, match=r"^X: "):
        theory.first_covering(X, 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("entry", [1e300, 2.0**60, 0.5])
def test_numbers_that_are_no_integers_of_float64_are_named(entry: float) -> None:
    with pytest.raises(ValueError, match=r"^X: takes integers"):
        theory.first_covering([[entry]], 1)


@pytest.mark.parametrize(("bits", "d"), [(12, 2), (8, 3), (8, 4), (12, 4)])
def test_more_targets_than_memory_holds_are_named(bits: int, d: int) -> None:
    with pytest.raises(TooLargeError, match=r"^ensemble: got 'quantized\d*' with d = "):
        theory.lattice_covering_probability(Quantized(bits), 60, d)
