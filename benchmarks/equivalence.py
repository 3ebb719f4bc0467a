"""Brackets of pairs of networks from files: python -m benchmarks.equivalence --folder F [--out J].

A pair is NAME and NAME_TWIN, as .npz (`kinds` of "lin" and "relu", W0, b0, …) or .onnx, f the one
whose name the other's begins with. Its box is that of the .vnnlib file with as many inputs; several
make a row each. A row has each upper bound alone, and what `bracket` itself makes of `input_splits`
and of `eps`, with CPU seconds of one thread, and auto_LiRPA's bound where that is installed.
"""

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.lirpa_peer import Difference
from benchmarks.run import machine
from slth.frames import replacing
from slth.networks import from_onnx
from slth.supnorm import Bracket, bracket
from slth.supnorm.vnnlib import read_box

ALONE = ("differential", "closed_form", "separate", "crown", "lagrangian", "zonotope")
OFF: dict[str, Any] = {"samples": 0, "restarts": 0, "steps": 0}
Box = tuple[np.ndarray, np.ndarray]
Row = dict[str, Any]


def main() -> None:
    """Bracket every pair of the folder; write one JSON file and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--boxes", type=int, default=2000, help="input splits")
    parser.add_argument("--eps", type=float, default=0.05, help="also decide this; 0: do not")
    parser.add_argument("--alone", nargs="*", default=[*ALONE], help="bounds to time alone")
    parser.add_argument("--only", default="", help="part of the names of the pairs")
    parser.add_argument("--out", type=Path, default=Path("results/benchmark/equivalence.json"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    rows = [
        measured(*pair, chosen.boxes, chosen.alone, chosen.eps)
        for pair in pairs(chosen.folder)
        if chosen.only in pair[0]
    ]
    report = {"machine": machine(), "rows": rows}
    with replacing(chosen.out) as part:
        part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=1))


def pairs(folder: Path) -> Iterator[tuple[str, nn.Module, nn.Module, Box]]:
    """Every pair of the folder over every box of its number of inputs; ValueError without one.

    A network that is there as .npz and as .onnx is read from the first.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.onnx"))}
    files |= {path.stem: path for path in sorted(folder.glob("*.npz"))}
    boxes = {path.stem: read_box(path) for path in sorted(folder.glob("*.vnnlib"))}
    found = 0
    for twin in files:
        origin = max((s for s in files if s != twin and twin.startswith(s)), key=len, default=None)
        if origin is None:
            continue
        f, g = network(files[origin]), network(files[twin])
        for name, box in boxes.items():
            if len(box[0]) == inputs(f):
                found += 1
                yield f"{twin} over {name}", f, g, box
    if not found:
        raise ValueError(f"folder: got {folder} without a pair and a box for it, takes both")


def network(path: Path) -> nn.Module:
    """A network in float64 from .npz or .onnx."""
    if path.suffix == ".onnx":
        return from_onnx(path).to_sequential()
    modules: list[nn.Module] = []
    with np.load(path, allow_pickle=False) as stored:
        count = 0
        for kind in stored["kinds"]:
            if kind == "relu":
                modules.append(nn.ReLU())
                continue
            if kind != "lin":
                raise ValueError(f"{path.name}: got a layer {kind!r}, takes 'lin' and 'relu'")
            weight, bias = (torch.from_numpy(stored[f"{c}{count}"].astype(float)) for c in "Wb")
            layer = nn.Linear(weight.shape[1], len(weight), dtype=torch.float64)
            layer.weight.data, layer.bias.data = weight, bias.flatten()
            modules.append(layer)
            count += 1
    return nn.Sequential(*modules)


def inputs(f: nn.Module) -> int:
    """Inputs of a network that begins with Linear; 0 of others, which no box here is for."""
    head = next((m for m in f.modules() if isinstance(m, (nn.Linear, nn.Conv2d))), None)
    return head.in_features if isinstance(head, nn.Linear) else 0


def measured(
    name: str, f: nn.Module, g: nn.Module, box: Box, boxes: int, alone: list[str], eps: float
) -> Row:
    """One row: every bound alone, ends and their ratio after every few boxes, the answer to eps.

    Compiled code is loaded, or compiled, before the first clock starts.
    """
    bracket(f, g, box, bounds=["zonotope"], input_splits=4, **OFF)
    varied = int((box[1] > box[0]).sum())
    row: Row = {"pair": name, "inputs": inputs(f), "varied": varied, "bounds": {}, "seconds": {}}
    for bound in alone:
        found, seconds = timed(partial(bracket, f, g, box, bounds=[bound], **OFF))
        if bound in found.bounds:
            row["bounds"][bound], row["seconds"][bound] = found.bounds[bound], seconds
    found, seconds = timed(lambda: bracket(f, g, box, input_splits=boxes))
    row |= {
        "lower": found.lower,
        "upper": found.upper,
        "ratio": found.upper / found.lower if found.lower else None,
        "boxes": found.trace[-1].boxes if found.trace else 0,
        "splitting_seconds": seconds,
        "trace": doublings(found.trace),
    }
    if eps:
        found, seconds = timed(lambda: bracket(f, g, box, eps=eps))
        row |= {"eps": eps, "eps_holds": verdict(found, eps), "eps_seconds": seconds}
    if importlib.util.find_spec("auto_LiRPA"):
        row |= peer(f, g, box)
    return row


def doublings(trace: list[Any]) -> list[list[float]]:
    """Boxes, lower and upper of a search where its boxes have doubled, and at its end."""
    kept: list[list[float]] = []
    for step in trace:
        if not kept or step.boxes >= 2 * kept[-1][0] or step is trace[-1]:
            kept.append([step.boxes, step.lower, step.upper])
    return kept


def verdict(found: Bracket, eps: float) -> bool | None:
    """Whether the difference is at most eps; None: not decided."""
    if found.upper <= eps:
        return True
    return False if found.lower - found.evaluation > eps else None


def peer(f: nn.Module, g: nn.Module, box: Box) -> Row:
    """auto_LiRPA's CROWN bound of |f − g| over the box, and its seconds."""
    from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm

    lo, hi = (torch.from_numpy(end)[None] for end in box)

    def bound() -> float:
        around = PerturbationLpNorm(norm=float("inf"), x_L=lo, x_U=hi)
        graph = BoundedModule(Difference(f, g), (lo + hi) / 2)
        ends = graph.compute_bounds(x=(BoundedTensor((lo + hi) / 2, around),), method="CROWN")
        return float(torch.maximum(-ends[0], ends[1]).max())

    value, seconds = timed(bound)
    return {"auto_lirpa_crown": value, "auto_lirpa_seconds": seconds}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work returns, and CPU seconds."""
    begin = time.process_time()
    found = work()
    return found, time.process_time() - begin


if __name__ == "__main__":
    main()
