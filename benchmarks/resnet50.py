"""A ResNet-50-shaped network, layer by layer: python -m benchmarks.resnet50 [--layers NAME …].

Each layer is cut out of its part of a random network (n = 200; a kernel of a 3×3 layer at once,
nine outputs of a 1×1 or dense one: d = 9) in a process of its own, on one thread, as a workflow
would shard it: what is drawn and kept depends on seed, layer and channel alone. Printed are cells
(subset problems), processor seconds of the build without compiling, cells per second, and the peak
memory of the process, with what of it was there before the build. Layers that were not asked for
are extrapolated, and said to be: the seconds per cell of the measured layer with the same kernel
whose number of inputs is nearest. --all measures all 54.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.real_nets import resnet50
from slth import tickets
from slth.networks.graph import INPUT, Convolution, Dense
from slth.networks.network import Network
from slth.networks.shapes import pair
from slth.tickets import EmptySubsetWarning
from slth.tickets.whole.geometry import Blocks

N, SEED = 200, 0
OPTIONS: dict[str, Any] = {"granularity": "block", "largest_d": 9, "gain": 4.0}
MINUTES, GIGABYTES = 30.0, 8.0  # the bar, on one core
DEFAULT = ("18.body.3", "18.body.6")  # 3×3 of 512 channels; 1×1 from 512 to 2048
SIDE = {1: 7, 3: 7, 7: 224}  # of the images of a layer: no cost of a build depends on it


def modules() -> dict[str, nn.Module]:
    """Name → convolution (its batch norm of fresh statistics changes nothing) or dense layer."""
    kinds = (nn.Conv2d, nn.Linear)
    return {k: m for k, m in resnet50(SEED).named_modules() if isinstance(m, kinds)}


def cells(module: nn.Module, signed: bool) -> int:
    """Subset problems of a layer with biases."""
    outputs, inputs, *kernel = module.get_parameter("weight").shape
    size = Blocks("block", None, OPTIONS["largest_d"]).outputs(outputs, int(np.prod(kernel)))
    return -(-outputs // size) * (inputs * (2 if signed else 1) + 1)


def network_of(name: str, module: nn.Module) -> Network:
    """One layer, with the biases of a folded batch norm, as a network by itself."""
    weight = module.get_parameter("weight").detach().double()
    bias = torch.zeros(len(weight), dtype=torch.float64)
    if isinstance(module, nn.Linear):
        dense = Dense(name=name, inputs=(INPUT,), weight=weight, bias=bias)
        return Network((dense,), (weight.shape[1],))
    assert isinstance(module, nn.Conv2d)
    step = Convolution(name=name, inputs=(INPUT,), weight=weight, bias=bias)
    step = replace(step, stride=pair(module.stride), padding=pair(module.padding))
    side = SIDE[module.kernel_size[0]]
    return Network((step,), (weight.shape[1], side, side))


def measured(name: str) -> dict[str, Any]:
    """Build the layer of a name; its row."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", EmptySubsetWarning)
    signed, module = name == "0", modules()[name]
    network = network_of(name, module)
    few = network_of(name, nn.Conv2d(4, 4, 3, bias=False))
    _build(few, signed)  # compiles
    before = _peak()
    start = time.process_time()
    ticket = _build(network, signed)
    seconds = time.process_time() - start
    peak = _peak()
    table = ticket.summary()
    return {
        "layer": name,
        "shape": list(module.get_parameter("weight").shape),
        "cells": int(table["problems"].sum()),
        "seconds": round(seconds, 2),
        "cells_per_second": round(int(table["problems"].sum()) / seconds, 1),
        "peak_gigabytes": round(peak, 3),
        "before_gigabytes": round(before, 3),
        "median_error": float(table["median_error"].iloc[0] * table["scale"].iloc[0]),
        "kept_per_weight": ticket.parameters["kept"] / ticket.parameters["target"],
        "saved_gigabytes": _saved(ticket),
    }


def _build(network: Network, signed: bool) -> tickets.WholeTicket:
    made = tickets.build(
        "structured_convolution", network, n=N, seed=SEED, threads=1,
        nonnegative_input=not signed, **OPTIONS,
    )  # fmt: skip
    assert isinstance(made, tickets.WholeTicket)
    return made


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _saved(ticket: tickets.WholeTicket) -> float:
    """What a ticket holds beside the target: kernels, bits, and numbers of its problems."""
    kernels = sum(
        k.numel() * 8 for s in ticket.layers.values() for k in (s.plus, s.minus) if k is not None
    )
    bits = sum(b.nbytes for r in ticket.records for b in r.bits)
    numbers = sum(a.nbytes for r in ticket.records for part in r.numbers.values() for a in part)
    return round((kernels + bits + numbers) / 2**30, 4)


def totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Seconds of all layers and memory of the ticket, extrapolated by numbers of cells."""
    found: dict[str, Any] = {"cells": 0, "seconds": 0.0, "held_gigabytes": 0.0, "of": {}}
    for name, module in modules().items():
        shape, count = list(module.get_parameter("weight").shape), cells(module, name == "0")
        like = min(rows, key=lambda row: _unlike(row["shape"], shape))
        found["cells"] += count
        found["seconds"] += count * like["seconds"] / like["cells"]
        found["held_gigabytes"] += count * like["saved_gigabytes"] / like["cells"]
        if name not in (row["layer"] for row in rows):
            found["of"][name] = like["layer"]
    return found


def _unlike(one: list[int], other: list[int]) -> tuple[int, float]:
    """Another kernel counts most, then the number of inputs."""
    taps = [int(np.prod(shape[2:])) for shape in (one, other)]
    return abs(taps[0] - taps[1]), abs(float(np.log(one[1] / other[1])))


def main() -> None:
    """Measure layers, each in a process of its own; print them and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", nargs="*", choices=list(modules()), default=list(DEFAULT))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--one", choices=list(modules()), help="this layer, in this process")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.one)))
        return
    rows = []
    for name in list(modules()) if asked.all else asked.layers:
        command = [sys.executable, "-m", "benchmarks.resnet50", "--one", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(_line(rows[-1]), flush=True)
    whole = totals(rows)
    weights = sum(p.numel() for p in resnet50(SEED).parameters())
    minutes, held = whole["seconds"] / 60, whole["held_gigabytes"]
    print(
        f"whole network: {weights:,} weights, {whole['cells']:,} cells, {minutes:.1f} processor "
        f"minutes (bar {MINUTES:g}: {minutes <= MINUTES}), a ticket of {held:.2f} GB beside the "
        f"target's {8 * weights / 2**30:.2f} GB; {len(whole['of'])} of 54 layers extrapolated"
    )
    if asked.out:
        said = {"n": N, **OPTIONS, "layers": rows, "whole": whole}
        asked.out.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['layer']:<12} {'×'.join(map(str, row['shape'])):<14} {row['cells']:>8,} cells  "
        f"{row['seconds']:.1f} s  {row['cells_per_second']:,.0f} cells per second  peak "
        f"{row['peak_gigabytes']:.2f} GB (before {row['before_gigabytes']:.2f}, bar "
        f"{GIGABYTES:g})  kept a weight {row['kept_per_weight']:.0f}"
    )


if __name__ == "__main__":
    main()
