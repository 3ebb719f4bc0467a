"""Synthetic tables with the columns the measure rules write."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slth import studies
from slth.intervals import clopper_pearson
from slth.studies.section import render

PROVENANCE = {
    "seed": 20240,
    "config": "9f86d081884c7d65",
    "python": "3.11.2",
    "packages": {"slth": "0.1.0", "numpy": "2.4.6", "torch_cpu": "2.13.0"},
}


def thresholds(
    dims: tuple[int, ...] = (1, 2, 3, 4), shift: float = 0.0, trials: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Rates drawn from the prediction moved by ``shift``."""
    rng = np.random.default_rng(seed)
    eps = {1: 0.01, 2: 0.05, 3: 0.1, 4: 0.2}
    rows: list[dict[str, Any]] = []
    for ensemble in ("normal", "nsn"):
        for d in dims:
            star = d * (np.log2(1 / (2 * eps[d])) + 0.5 * np.log2(4.27 * 4 * d)) + 1
            for n in range(max(2, int(star) - 4), int(star) + 6):
                p = float(1 / (1 + np.exp(-(n - star) * 1.1)))
                hits = int(rng.binomial(trials, np.clip(p + shift, 0, 1)))
                low, high = clopper_pearson(hits, trials, 0.99)
                rows.append(
                    {
                        "ensemble": ensemble,
                        "d": d,
                        "n": n,
                        "eps": eps[d],
                        "trials": trials,
                        "hits": hits,
                    }
                    | {
                        "rate": hits / trials,
                        "low": low,
                        "high": high,
                        "confidence": 0.99,
                        "prediction": p,
                    }
                    | {"first_moment": min(1.0, 2 * p), "inside": low <= p <= high, "n_star": star}
                )
    return pd.DataFrame(rows)


ARMS = (  # arm, network, granularity, d, depth, readout, channels
    ("one_filter", "one", "filter", 9, 1, "exact", 1),
    ("two_kernels", "two", "kernel", 9, 2, "exact", 2),
    ("two_filters", "two", "filter", 18, 2, "ticket", 2),
)


def tickets(
    sizes: tuple[int, ...] = (20, 40, 80, 160),
    seeds: int = 5,
    arms: int = 3,
    falling: bool = True,
    control: float = 0.2,
) -> pd.DataFrame:
    """Tickets whose error falls (or rises) with n and whose accuracy approaches the target's."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for arm, network, granularity, d, depth, readout, _ in ARMS[:arms]:
        for n in sizes:
            for seed in range(seeds):
                size = n if falling else 200 - n
                worst = 0.4 * 2 ** (-size / (2.2 * d)) * rng.uniform(0.7, 1.4)
                upper, lower = 9 * worst, 7 * worst
                problems = 2 * depth
                rows.append(
                    {
                        "arm": arm,
                        "network": network,
                        "granularity": granularity,
                        "d": d,
                        "depth": depth,
                    }
                    | {"readout": readout, "n": n, "seed": seed, "problems": problems}
                    | {"hits": int(rng.integers(0, problems + 1)), "worst_error": worst}
                    | {"kept_fraction": 0.25, "source_parameters": 20 * n * depth}
                    | {"kept_parameters": 5 * n * depth, "ticket_parameters": 5 * n * depth}
                    | {"target_parameters": d * depth, "lower": lower, "upper": upper}
                    | {"method": "differential" if depth > 1 else "closed_form"}
                    | {"closed_form": upper * (1.8 if depth > 1 else 1.0), "differential": upper}
                    | {
                        "exact": upper,
                        "layer_upper": upper,
                        "layer_lower": lower,
                        "data_error": 3 * worst,
                    }
                    | {"target_scale": 0.8, "accuracy_target": 0.931}
                    | {"accuracy_ticket": float(np.clip(0.931 - worst * 2, 0.1, 1))}
                    | {"accuracy_control": control + rng.uniform(-0.05, 0.05)}
                    | {"control_upper": 2.0, "control_lower": 1.1, "held_out": 450}
                    | {"certified": float(np.clip(0.8 - 2 * worst, 0, 1)), "refuted": 0.1}
                    | {"certified_target": 0.85, "radius": 0.05, "balls": 450}
                )
    return pd.DataFrame(rows)


def blocks(table: pd.DataFrame, eps: float = 0.01) -> pd.DataFrame:
    """Subset problems of those tickets: one a sign."""
    rng = np.random.default_rng(2)
    rows: list[dict[str, Any]] = []
    for ticket in table.to_dict("records"):
        for sign in (1, -1):
            candidates = int(rng.binomial(2 * ticket["n"], 0.5))
            error = float(ticket["worst_error"] * rng.uniform(0.5, 1))
            proved = bool(candidates < 30)
            status = "HIT" if error <= eps else ("OPTIMAL" if proved else "BUDGET")
            rows.append(
                {key: ticket[key] for key in ("arm", "network", "granularity", "n", "d", "seed")}
                | {
                    "layer": 0,
                    "channel": 0,
                    "sign": sign,
                    "group": 0,
                    "candidates": candidates,
                    "eps": eps,
                }
                | {"solver": "mitm" if proved else "klist", "status": status, "proved": proved}
                | {"error": error, "kept": candidates // 2, "work": 1000 * candidates}
            )
    return pd.DataFrame(rows)


def networks() -> pd.DataFrame:
    """Two targets."""
    common = {"kernel": 3, "stride": 1, "padding": 1, "input": "1×8×8", "epochs": 40, "train": 1347}
    return pd.DataFrame(
        [
            {"network": name, "channels": channels, "parameters": 649, "accuracy_train": 0.981}
            | {"accuracy_held_out": 0.931, "accuracy_before_normalisation": 0.931}
            | {"decisions_changed": 0, "held_out": 450}
            | common
            for name, channels in (("one", "1"), ("two", "2-2"))
        ]
    )


CHAIN = ("threshold", "tickets", "learned")
FIGURES = [name for study in CHAIN for name in studies.listed(study, "figures", "FIGURES")]
TABLES = [name for study in CHAIN for name in studies.listed(study, "tables", "TABLES")]


def tables_read(study: str) -> list[str]:
    """Measured tables that a study prints, its own and those of others."""
    borrowed = dict(studies.listed(study, "claims", "BORROWS")).values()
    own = studies.listed(study, "claims", "READS")
    return [*own, *(name for tables in borrowed for name in tables)]


def measured(
    rates: pd.DataFrame, cut: pd.DataFrame, solved: pd.DataFrame, targets: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Tables of a run that learned nothing."""
    found = {"thresholds": rates, "tickets": cut, "blocks": solved, "networks": targets}
    return found | {
        "learned": pd.DataFrame(),
        "learned_longer": pd.DataFrame(),
        "routes": pd.DataFrame(),
    }


def macros(frames: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Macro name → LaTeX of the three studies."""
    modules = [importlib.import_module(f"slth.studies.{study}.claims") for study in CHAIN]
    return {name: text for each in modules for name, text in each.macros(frames).items()}


def render_all(frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """Set the three studies."""
    for study in CHAIN:
        render(study, frames, folder / "paper", folder / "report")
