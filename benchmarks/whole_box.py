"""Brackets of tickets of two convolutions over the whole box: python -m benchmarks.whole_box.

Of every ticket: the lower end; the least upper bound that needs no zonotope; `bracket` as it is by
default; and with parts (``--parts``). CPU seconds of one thread. It reads what `snakemake` left of
the run of config.yaml.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from torch import nn

from slth import configuration, supnorm
from slth.networks.storage import load_network, load_networks

PLAIN = ["closed_form", "separate", "crown", "differential", "lagrangian"]


def main() -> None:
    """Parse the arguments, measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    parser.add_argument("--parts", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/whole_box.json"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    config = configuration.check(yaml.safe_load(chosen.config.read_text(encoding="utf-8")))
    rows = list(measured(config, chosen.results, chosen.parts))
    chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(_gains(pd.DataFrame(rows)).to_string())


def measured(config: Mapping[str, Any], results: Path, parts: int) -> Iterator[dict[str, Any]]:
    """One row per ticket of every arm whose target has two convolutions."""
    two = {network["name"] for network in config["networks"] if len(network["channels"]) == 2}
    for arm in config["tickets"]:
        if arm["network"] not in two:
            continue
        target = load_network(results / f"sample/targets/{arm['network']}.npz")
        for path in sorted((results / f"construct/{arm['name']}").glob("*.npz")):
            for key, ticket in load_networks(path).items():
                draw, _, size = key.partition("/")
                n, _, kind = size.partition("-")
                if kind == "ticket":
                    row = {"arm": arm["name"], "n": int(n), "draw": int(draw), "parts": parts}
                    yield row | _brackets(target, ticket, parts)


def _brackets(target: nn.Module, ticket: nn.Module, parts: int) -> dict[str, float]:
    rows: dict[str, float] = {}
    ways: dict[str, dict[str, Any]] = {
        "plain": {"bounds": PLAIN},
        "whole": {},
        "parted": {"input_splits": parts},
    }
    for name, asked in ways.items():
        begin = time.process_time()
        found = supnorm.bracket(target, ticket, (-1, 1), (1, 8, 8), **asked)
        seconds = round(time.process_time() - begin, 2)
        rows |= {"lower": found.lower, name: found.upper, f"{name}_seconds": seconds}
    return rows


def _gains(rows: pd.DataFrame) -> pd.DataFrame:
    """Least and largest share below the bracket without zonotopes, and upper / lower, by size."""
    shares = {
        "whole_lower": 1 - rows["whole"] / rows["plain"],
        "parted_lower": 1 - rows["parted"] / rows["plain"],
        "whole_ratio": rows["whole"] / rows["lower"],
        "parted_ratio": rows["parted"] / rows["lower"],
        "parted_seconds": rows["parted_seconds"],
    }
    table = rows[["arm", "n"]].assign(**shares)
    return table.groupby(["arm", "n"], sort=False).agg(["min", "max"]).round(3)


if __name__ == "__main__":
    main()
