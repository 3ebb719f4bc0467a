"""Hits and least errors of every size, against all masks one by one."""

import numpy as np
import pytest

from slth.studies.atlas import size_hits
from slth.studies.atlas.size_hits import near_by_size


@pytest.mark.parametrize(("n", "d", "eps"), [(2, 1, 0.5), (9, 1, 0.02), (10, 2, 0.3), (11, 3, 0.6)])
def test_counts_and_errors_are_those_of_all_masks(
    n: int, d: int, eps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(n)
    X, z = rng.normal(size=(n, d)), rng.uniform(-1, 1, d)
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    errors, sizes = np.abs(masks @ X - z).max(axis=1), masks.sum(axis=1)
    for chunk in (size_hits.CHUNK, 7):  # pairs at once: no matter how many
        monkeypatch.setattr(size_hits, "CHUNK", chunk)
        hits, least = near_by_size(X, z, eps, 2 * eps)
        for k in range(n + 1):
            own = errors[sizes == k]
            assert hits[k] == (own <= eps).sum()
            assert least[k] == pytest.approx(own.min() if own.min() <= 2 * eps else np.inf)


def test_bad_input_is_named() -> None:
    X = np.ones((4, 1))
    with pytest.raises(ValueError, match="reach: got"):
        near_by_size(X, np.zeros(1), 0.5, 0.4)
    with pytest.raises(ValueError, match="n: got 41"):
        near_by_size(np.ones((41, 1)), np.zeros(1), 0.5, 0.5)
