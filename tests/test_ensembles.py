"""Ensembles: the stated moments, one seed one sample, nested samples, errors that name."""

import math

import numpy as np
import pytest
from scipy.stats import norm

import slth
from slth import seeding
from slth.ensembles import ENSEMBLES, Ensemble, Quantized, nsn_factors, sample_batch, sample_target

NAMES = sorted(ENSEMBLES)
ALPHA = 1e-6  # each moment's two-sided level; the seeds are fixed
SIGMAS = norm.isf(ALPHA / 2)


def dimension(name):
    return ENSEMBLES[name].max_d or 3


@pytest.mark.parametrize("name", NAMES)
def test_stated_moments(name):
    law, d = ENSEMBLES[name], dimension(name)
    X = slth.sample(name, 200_000, d, 1)
    error = X.std() / math.sqrt(X.size)
    assert abs(X.mean()) < SIGMAS * error * math.sqrt(d)
    squares = X**2
    half_width = SIGMAS * squares.std() / math.sqrt(X.size) * math.sqrt(d)
    assert abs(squares.mean() - law.std**2) < half_width + 1e-12
    assert np.abs(X).max() <= law.bound
    assert law.integer == bool((np.round(X) == X).all())


@pytest.mark.parametrize("name", [name for name in NAMES if dimension(name) > 1])
def test_stated_dependence_inside_a_vector(name):
    X = slth.sample(name, 200_000, 2, 2)
    products = (X[:, 0] ** 2 - (X[:, 0] ** 2).mean()) * (X[:, 1] ** 2 - (X[:, 1] ** 2).mean())
    correlated = products.mean() > SIGMAS * max(products.std(), 1e-12) / math.sqrt(len(X))
    assert correlated == (not ENSEMBLES[name].independent)
    plain = X[:, 0] * X[:, 1]
    assert abs(plain.mean()) < SIGMAS * plain.std() / math.sqrt(len(X))


@pytest.mark.parametrize("name", NAMES)
def test_characteristic_function(name):
    x = slth.sample(name, 200_000, 1, 3)[:, 0]
    for t in np.array([0.3, 1.0, 2.5]) / ENSEMBLES[name].std:
        cosine = np.cos(t * x)
        gap = cosine.mean() - ENSEMBLES[name].characteristic(np.array([t]))[0]
        assert abs(gap) < SIGMAS * cosine.std() / math.sqrt(len(x)) + 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_one_sample_nested_in_n(name):
    d = dimension(name)
    X = slth.sample(name, 50, d, 7)
    assert X.shape == (50, d)
    assert X.dtype == np.float64
    assert X.tobytes() == slth.sample(name, 50, d, 7).tobytes()
    assert X.tobytes() != slth.sample(name, 50, d, 8).tobytes()
    for n in (1, 7, 49):
        assert (slth.sample(name, n, d, 7) == X[:n]).all()


@pytest.mark.parametrize("name", NAMES)
def test_batch_is_made_of_samples(name):
    d = dimension(name)
    X = sample_batch(name, 4, 6, d, 9)
    assert X.shape == (4, 6, d)
    assert (sample_batch(name, 2, 6, d, 9) == X[:2]).all()
    assert (slth.sample(name, 6, d, seeding.child(9, "batch", 3)) == X[3]).all()
    assert not (X[0] == X[1]).all()


@pytest.mark.parametrize("name", NAMES)
def test_targets(name):
    law = ENSEMBLES[name]
    z = sample_target(2000, 4, name)
    assert z.shape == (2000,)
    assert np.abs(z).max() <= law.target_bound
    assert (sample_target(10, 4, name) == z[:10]).all()
    assert not (sample_target(10, 5, name) == z[:10]).all()
    values = law.targets()
    if values is not None:
        assert set(z) <= set(values)
    # P(|mean| of 2000 in [-b, b] > b/8) < 2 exp(-2000/128), Hoeffding
    assert abs(z.mean()) < law.target_bound / 8


def test_nsn_factors():
    a, b = nsn_factors(20, 3, 6)
    assert a.shape == (20,)
    assert (a[:, None] * b == slth.sample("nsn", 20, 3, 6)).all()


def test_quantized_bits():
    law = Quantized(bits=3)
    X = slth.sample(law, 5000, 2, 0)
    assert set(np.unique(X)) == {-3, -2, -1, 0, 1, 2, 3}
    assert law.std == pytest.approx(2.0)


def test_every_ensemble_states_itself():
    for name, law in ENSEMBLES.items():
        assert isinstance(law, Ensemble)
        assert law.name == name
        assert law.std > 0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("norml", 3, 1, 0), ValueError, "name: got 'norml'.*did you mean normal"),
        ((3, 3, 1, 0), TypeError, "name"),
        (("normal", 0, 1, 0), ValueError, "n: got 0"),
        (("normal", 2.5, 1, 0), TypeError, "n: got 2.5"),
        (("normal", 3, 0, 0), ValueError, "d: got 0"),
        (("normal", 3, True, 0), TypeError, "d: got True"),
        (("normal", 3, 1, -1), ValueError, "seed: got -1"),
        (("normal", 3, 1, None), TypeError, "seed"),
        (("product", 3, 2, 0), ValueError, "d: got 2.*'product' takes d <= 1"),
    ],
)
def test_bad_input(arguments, error, words):
    with pytest.raises(error, match=words):
        slth.sample(*arguments)


def test_bad_input_elsewhere():
    with pytest.raises(ValueError, match="batch: got 0"):
        sample_batch("normal", 0, 3, 1, 0)
    with pytest.raises(ValueError, match="bits: got 1"):
        Quantized(bits=1)
    with pytest.raises(ValueError, match="d: got 0"):
        sample_target(0, 1)
    with pytest.raises(ValueError, match="ensemble: got 'x'"):
        sample_target(2, 1, "x")
    with pytest.raises(ValueError, match="n: got 0"):
        nsn_factors(0, 1, 0)
