"""Our upper bounds beside auto_LiRPA's: python -m benchmarks.lirpa --peer-python PYTHON [--out F].

PYTHON has auto_LiRPA 0.3, which wants torch 1.13 and so an environment of its own. The pairs are
those of the paper's sandwich, drawn with a seed of their own. Seconds are wall-clock on one thread,
the first pair of either side left out of the medians.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from benchmarks.run import machine
from slth.frames import replacing
from slth.studies.sandwich.pairs import Drawn, draw_pair
from slth.supnorm import bracket

SEED = 20_260_102  # of the pairs; nothing was tuned on them
HERE = Path(__file__).parent
PEERS = ("ibp", "crown", "alpha_crown")
Row = dict[str, Any]


def main() -> None:
    """Parse the arguments, bound on both sides, compare, write one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True, help="where auto_LiRPA is")
    parser.add_argument("--networks", type=int, default=12)
    parser.add_argument("--optimized", action="store_true", help="α-CROWN too: a minute a pair")
    parser.add_argument("--out", type=Path, default=Path("results/benchmark/lirpa.json"))
    chosen = parser.parse_args()
    settings = yaml.safe_load((HERE.parent / "config.yaml").read_text(encoding="utf-8"))["sandwich"]
    cells = [(i, eps) for i in range(chosen.networks) for eps in settings["eps"]]
    pairs = [draw_pair(settings, SEED, *cell) for cell in cells]
    rows = [ours(pair, eps) for pair, (_, eps) in zip(pairs, cells, strict=True)]
    theirs = ask(pairs, chosen.peer_python, chosen.optimized)
    rows = [row | peer for row, peer in zip(rows, theirs, strict=True)]
    report = {"machine": machine(), "seed": SEED, "summary": summary(rows), "rows": rows}
    with replacing(chosen.out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["summary"], indent=1))


def ours(pair: Drawn, eps: float) -> Row:
    """Bounds and seconds of one pair."""
    begin = time.perf_counter()
    found = bracket(pair.f, pair.g, input_shape=pair.shape)
    seconds = time.perf_counter() - begin
    key = {"depth": pair.depth, "width": pair.width, "kernel": pair.kernel, "eps": eps}
    ends = {"lower": found.lower, "upper": found.upper, "method": found.method}
    return key | ends | {"our_crown": found.bounds.get("crown"), "seconds": seconds}


def ask(pairs: list[Drawn], python: str, optimized: bool) -> list[Row]:
    """The peer's rows, from a process of its own."""
    arrays: dict[str, Any] = {"count": len(pairs)}
    for i, pair in enumerate(pairs):
        arrays[f"{i}-shape"] = pair.shape
        arrays[f"{i}-layers"] = len(list(pair.f.parameters()))
        for net, module in zip("fg", (pair.f, pair.g), strict=True):
            for k, weight in enumerate(module.parameters()):
                arrays[f"{i}-{net}-{k}"] = weight.detach().numpy()
    with tempfile.TemporaryDirectory() as folder:
        places = Path(folder, "pairs.npz"), Path(folder, "out.json")
        np.savez(places[0], **arrays)
        words = [str(HERE / "lirpa_peer.py"), *map(str, places)]
        subprocess.run([python, *words, *["--optimized"] * optimized], check=True)
        return json.loads(places[1].read_text(encoding="utf-8"))


def summary(rows: list[Row]) -> Row:
    """Medians over the pairs that a method bounded, of bound over ours, and of seconds.

    below_lower: pairs whose peer bound is below a value that is reached, float64 evaluation aside;
    any would mean that one of the two is wrong.
    """
    found: Row = {"pairs": len(rows), "seconds": float(np.median([r["seconds"] for r in rows[1:]]))}
    for name in PEERS:
        bounded = [row for row in rows if isinstance(row.get(name), float)]
        if not bounded:
            continue
        ratio = [row[name] / row["upper"] for row in bounded]
        found[name] = {
            "pairs": len(bounded),
            "over_ours": {
                f"{eps:g}": float(
                    np.median(
                        [r for r, row in zip(ratio, bounded, strict=True) if row["eps"] == eps]
                    )
                )
                for eps in sorted({row["eps"] for row in bounded})
            },
            "least_over_ours": float(min(ratio)),
            "below_lower": sum(row[name] < row["lower"] * (1 - 1e-9) for row in bounded),
            "seconds": float(np.median([row[f"{name}_seconds"] for row in bounded[1:]])),
        }
    crowns = [row for row in rows if isinstance(row.get("crown"), float) and row["our_crown"]]
    if crowns:
        found["crown_over_our_crown"] = [
            float(q)
            for q in np.quantile([r["crown"] / r["our_crown"] for r in crowns], [0, 0.5, 1])
        ]
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
