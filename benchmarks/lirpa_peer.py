"""auto_LiRPA in a process of its own: python -m benchmarks.lirpa_peer pairs.npz out.json.

Needs torch 1.13 and auto_LiRPA 0.3, and nothing of this project. Bounds |f − g| over [−1, 1] for
every pair of the file, as one graph of f, g and their difference, in float64 on one thread:
IBP, CROWN with CROWN ranges inside, and, with --optimized, α-CROWN.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

OPTIONS = {  # version 0.3 stops at convolutions with the sparse forms of α
    "sparse_intermediate_bounds": False,
    "sparse_conv_intermediate_bounds": False,
    "sparse_features_alpha": False,
    "sparse_spec_alpha": False,
    "optimize_bound_args": {"iteration": 20, "lr_alpha": 0.1},
}
METHODS = {"ibp": "IBP", "crown": "CROWN", "alpha_crown": "CROWN-Optimized"}


class Difference(nn.Module):
    """f(x) − g(x)."""

    def __init__(self, f: nn.Module, g: nn.Module) -> None:
        super().__init__()
        self.f, self.g = f, g

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, outputs) or (batch, channels, height, width)."""
        return self.f(x) - self.g(x)


def network(weights: list[np.ndarray]) -> nn.Sequential:
    """Convolutions with ReLU between and a dense readout, no bias: one layer a weight."""
    modules: list[nn.Module] = []
    for i, weight in enumerate(weights):
        layer: nn.Module
        if weight.ndim == 4:
            out, into, side, _ = weight.shape
            layer = nn.Conv2d(into, out, side, padding=side // 2, bias=False)
        else:
            modules.append(nn.Flatten())
            layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        layer.weight.data = torch.from_numpy(weight)
        modules += [layer, nn.ReLU()] if i + 1 < len(weights) else [layer]
    return nn.Sequential(*modules)


def bound(
    f: nn.Module, g: nn.Module, shape: list[int], methods: list[str]
) -> dict[str, float | str]:
    """Bound and seconds of every method; what went wrong where one fails."""
    from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm

    centre = torch.zeros(1, *shape)
    box = PerturbationLpNorm(norm=float("inf"), eps=1.0)
    found: dict[str, float | str] = {}
    for name in methods:
        for mode in ("patches", "matrix"):  # the first is its faster one, and fails for some shapes
            begin = time.perf_counter()
            try:
                options = OPTIONS | {"conv_mode": mode}
                graph = BoundedModule(Difference(f, g), centre, bound_opts=options)
                ends = graph.compute_bounds(x=(BoundedTensor(centre, box),), method=METHODS[name])
                found[name] = float(torch.maximum(-ends[0], ends[1]).max())
            except (RuntimeError, AssertionError, NotImplementedError, IndexError) as error:
                found[name] = f"{type(error).__name__}: {str(error)[:80]}"
            found[f"{name}_seconds"] = time.perf_counter() - begin
            if isinstance(found[name], float):
                break
    return found


def main() -> None:
    """Read pairs, bound each, write a list in their order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--optimized", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    methods = [name for name in METHODS if name != "alpha_crown" or chosen.optimized]
    rows = []
    with np.load(chosen.pairs, allow_pickle=False) as stored:
        for i in range(int(stored["count"])):
            layers = range(int(stored[f"{i}-layers"]))
            f, g = (network([stored[f"{i}-{net}-{k}"] for k in layers]) for net in "fg")
            rows.append(bound(f, g, stored[f"{i}-shape"].tolist(), methods))
    chosen.out.write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
