"""Every method against its null controls on the digits: what the mask itself is worth.

Accuracy minus the control's, held-out images, SEEDS networks each with a mask and a control of its
own; two-sided t-interval of the mean at α = 0.01 over these paired differences. Seeds are fixed, so
the outcome is too.
"""

import numpy as np
import pytest
from scipy.stats import t as student

from slth.learned import (
    CONTROLS,
    METHODS,
    control,
    control_all,
    learn,
    learn_all,
    signed_constant,
)
from slth.networks import build_network, load_data_set
from tests.sweeps import swept

SEEDS = 8
ALPHA = 0.01
ASKED: dict[str, dict] = {
    "supermask_sgd": {"epochs": 6},
    "edge_popup": {"epochs": 4},
    "biprop": {"epochs": 4},
    "magnitude": {"epochs": 6, "rounds": 2, "kept_fraction": 0.05},
}
FILTERS: dict[
    str, dict
] = {  # trained filters: the shape of the small network is what counts (Liu et al., 2019)
    "biprop": {"epochs": 8},
    "edge_popup": {"epochs": 8},
    "supermask_sgd": {"epochs": 12, "kept_fraction": 0.5},
}


def margins(method: str, granularity: str, asked: dict) -> dict[str, tuple[float, float]]:
    """Interval of accuracy minus each control's."""
    differences: dict[str, list[float]] = {kind: [] for kind in CONTROLS}
    data = load_data_set("digits", seed=11)
    x, y = data.train_images, data.train_labels
    held = data.held_out_images, data.held_out_labels
    for seed in range(SEEDS):
        drawn = build_network([16, 32], stride=2, seed=seed)
        source = drawn if method == "magnitude" else signed_constant(drawn)
        options = {"kept_fraction": 0.25, "batch_size": 128, **asked}
        learned = learn(method, source, x, y, granularity=granularity, seed=seed, **options)
        for kind in CONTROLS:
            null = control(kind, learned, x, y, seed=seed + 100)
            differences[kind].append(learned.accuracy(*held) - null.accuracy(*held))
    half = student.ppf(1 - ALPHA / 2, SEEDS - 1) / SEEDS**0.5
    return {
        kind: (np.mean(d) - half * np.std(d, ddof=1), np.mean(d) + half * np.std(d, ddof=1))
        for kind, d in differences.items()
    }


@pytest.mark.parametrize("method", swept(METHODS, 1))
def test_edges_beat_every_control(method: str) -> None:
    found = margins(method, "edge", ASKED[method])
    assert all(low > 0 for low, _ in found.values()), found


@pytest.mark.parametrize("method", swept(FILTERS, 1))
def test_filters_beat_every_control(method: str) -> None:
    found = margins(method, "filter", FILTERS[method])
    assert all(low > 0 for low, _ in found.values()), found


def test_trained_filters_have_a_head_start() -> None:
    """Early in the last training; at its end little is left of it (Liu et al., 2019)."""
    data = load_data_set("digits", seed=11)
    x, y = data.train_images, data.train_labels
    watch = (data.held_out_images, data.held_out_labels, 1)
    networks = [build_network([16, 32], stride=2, seed=seed) for seed in range(12)]
    masks = learn_all(
        "magnitude",
        networks,
        x,
        y,
        kept_fractions=[0.1] * len(networks),
        seeds=range(len(networks)),
        granularity="filter",
        epochs=3,
        rounds=2,
        rewind=1,
        watch=watch,
    )
    asked = [(kind, mask, None, i) for i, mask in enumerate(masks) for kind in CONTROLS]
    nulls = control_all(asked, x, y, watch=watch)
    early = np.array([null.early for null in nulls]).reshape(len(masks), len(CONTROLS))
    gaps = np.array([[mask.early] for mask in masks]) - early
    half = student.ppf(1 - ALPHA / 2, len(gaps) - 1) * gaps.std(axis=0, ddof=1) / len(gaps) ** 0.5
    assert (gaps.mean(axis=0) > half).all(), (gaps.mean(axis=0), half)
