"""The ensemble of docs/ensembles.md is one that the theory takes and brute force confirms."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slth.ensembles import sample
from slth.studies.atlas.covering_radius import subset_sums
from slth.theory import expected_hits, success_probability

DOCS = (Path(__file__).parents[2] / "docs/ensembles.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def law() -> Any:
    first, second = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(first, "docs/ensembles.md", "exec"), names)
    exec(compile(second, "docs/ensembles.md", "exec"), names)
    return names["law"]


def test_first_moment_and_prediction_agree_with_all_subsets(law: Any) -> None:
    n, eps, z = 10, 0.1, 0.5
    samples = [sample(law, n, 2, seed) for seed in range(600)]
    near = np.array([(np.abs(subset_sums(X) - z).max(axis=1) <= eps).sum() for X in samples])
    # 4 standard errors: level 6e-5; 0.05 is the claim of the prediction
    margin = 4 * near.std() / np.sqrt(len(near))
    assert abs(near.mean() - expected_hits(law, n, 2, eps, z)) < margin
    rate = (near > 0).mean()
    assert abs(rate - success_probability(law, n, 2, eps, z)) < 4 * 0.5 / np.sqrt(600) + 0.05


def test_samples_are_nested_and_symmetric(law: Any) -> None:
    assert (sample(law, 5, 3, 1) == sample(law, 50, 3, 1)[:5]).all()
    X = sample(law, 20_000, 1, 2)
    assert abs(X.mean()) < 4 * law.std / np.sqrt(20_000)
    assert X.std() == pytest.approx(law.std, rel=0.02)
