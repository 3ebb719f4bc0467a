"""Certified decisions of a run's digits tickets: python -m benchmarks.agreement.

Of every arm's widest ticket and its target: the shares of held-out images whose balls are
certified, refuted and open, without and with parts (``--parts``); CPU milliseconds per ball of one
thread, the attack included, and what a call takes before its first ball, since it reads both
networks and compares them with their layers. It reads what `snakemake` left of the run of
config.yaml.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from torch import nn

from slth import configuration, supnorm
from slth.networks.data import load_data_set
from slth.networks.storage import load_network, load_networks

RADII = (0.01, 0.05, 0.1)
BOX = (-1.0, 1.0)


def main() -> None:
    """Parse the arguments, measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    parser.add_argument("--parts", type=int, nargs="*", default=[0, 30, 300])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/agreement.json"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    config = configuration.check(yaml.safe_load(chosen.config.read_text(encoding="utf-8")))
    rows = list(measured(config, chosen.results, chosen.parts))
    chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(rows).to_string(index=False))


def measured(config: dict[str, Any], results: Path, parts: list[int]) -> Iterator[dict[str, Any]]:
    """One row per ticket, radius and number of parts."""
    held_out = {network["name"]: network for network in config["networks"]}
    for arm in config["tickets"]:
        network = held_out[arm["network"]]
        data = load_data_set(network["data"], held_out=network["held_out"], seed=config["seed"])
        target = load_network(results / f"sample/targets/{network['name']}.npz")
        widest = max(arm["n"])
        ticket = load_networks(results / f"construct/{arm['name']}/0.npz")[f"0/{widest}-ticket"]
        points = data.held_out_images.double()
        begin = [_shares(target, ticket, points[:1], 0.0, 0)["seconds"] for _ in range(3)]
        for radius in RADII:
            for count in parts:
                found = _shares(target, ticket, points, radius, count)
                spent = 1000 * (found.pop("seconds") - min(begin)) / len(points)
                costs = {"first": round(min(begin), 3), "milliseconds": round(spent, 2)}
                key = {"arm": arm["name"], "n": widest, "radius": radius, "parts": count}
                yield key | {"balls": len(points)} | found | costs


def _shares(
    target: nn.Module, ticket: nn.Module, points: torch.Tensor, radius: float, parts: int
) -> dict[str, float]:
    begin = time.process_time()
    found = supnorm.agreement(
        target, ticket, points, radius, box=BOX, steps=None, input_splits=parts
    )
    spent = time.process_time() - begin
    shares = {name: getattr(found, name) for name in ("certified", "refuted", "open", "alone")}
    return {name: round(float(part.mean()), 4) for name, part in shares.items()} | {
        "seconds": spent
    }


if __name__ == "__main__":
    main()
