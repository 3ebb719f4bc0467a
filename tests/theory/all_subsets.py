"""Every subset of many small samples at once: the oracle of the predictions' tests."""

import numpy as np

from slth.ensembles import Ensemble, sample


def subset_sums(X: np.ndarray) -> np.ndarray:
    """All 2^n subset sums of samples (B, n, d): (B, d, 2^n), which numpy reduces fast."""
    sums = np.zeros((len(X), X.shape[2], 1))
    for i in range(X.shape[1]):
        sums = np.concatenate([sums, sums + X[:, i, :, None]], axis=2)
    return sums


def all_errors(X: np.ndarray, z: np.ndarray) -> np.ndarray:
    """‖Σ_{i in S} X_i − z‖_∞ of all S, (B, 2^n), with z (d,) or a target of each sample (B, d)."""
    sums = subset_sums(X)
    sums -= np.asarray(z)[..., None]
    return np.abs(sums, out=sums).max(axis=1)


def least_errors(X: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The least error of each sample, (B,)."""
    return all_errors(X, z).min(axis=1)


def drawn(name: str | Ensemble, count: int, n: int, d: int, seed: int) -> np.ndarray:
    """Samples (count, n, d) from one stream: candidates are independent, whatever the ensemble.

    A generator of its own for each of thousands of samples takes longer than all their subsets.
    """
    return sample(name, count * n, d, seed).reshape(count, n, d)
