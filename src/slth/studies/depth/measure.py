"""The sup-norm error of a structured ticket against depth, beside the errors of its layers."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import frames, seeding
from slth.networks.architectures import convolution, read_layers
from slth.studies.depth.settings import Settings
from slth.studies.job import Job
from slth.studies.searching import search_on
from slth.supnorm import bracket
from slth.tickets.bounds import closed_form, misses
from slth.tickets.effective import effective_kernels
from slth.tickets.stages import build

Search = Mapping[str, Any]
CONSTRUCTION = "structured_convolution"


def measure_depth(
    settings: Settings, search: Search, seed: int, shard: int, device: str = "cpu"
) -> pd.DataFrame:
    """Return a row for each kind of target, replicate of a shard, and depth.

    settings: the ``depth`` section of the config; search: its ``bracket`` section. Each replicate
    draws a target of the greatest depth and a random network, and builds one ticket; the others are
    the first layers of both, so that depths differ by what is added and by nothing else. Inputs are
    as large as what one output sees: outputs of larger images see the same. Columns: the key,
    worst_error of a subset problem, lower and upper of the whole, size_low and size (a bracket of
    sup|f|), layer_sum_low and layer_sum (the sum over the layers of `layer_error` times ‖f_{i−1}‖,
    the largest input that the layer sees, f_0 = 1; from the lower and upper ends of
    ‖f_{i−1}‖), theorem (the closed form from each layer's worst error, at most
    (1 + δ)^l − 1 where no layer misses more than δ in all).
    device: of the searches, "auto" for a GPU where there is one; the log and the rows say which.
    """
    search = search_on(search, device)
    rows = [
        {"experiment": "depth", "kind": kind, "replicate": r} | row
        for kind in settings.kinds
        for r in range(shard, settings.replicates, settings.shards)
        for row in _rows(kind, settings, search, seed, r)
    ]
    return pd.DataFrame(rows)


def deep_target(
    kind: str, depth: int, settings: Settings, seed: int, replicate: int
) -> nn.Sequential:
    """Return ``depth`` valid convolutions, each followed by ReLU, every ‖K_t‖₁ = 1.

    kind: "signed" kernels are N(0, 1) before they are divided by their norm, negated where their
    sum is negative (else layers die); "positive" ones its absolute values: there all paths add
    and no error can be lost on inputs ≥ 0. Layer i is the same in targets of any depth.
    """
    modules: list[nn.Module] = []
    width, k = settings.channels, settings.kernel
    for i in range(depth):
        rng = seeding.generator(seed, "deep target", replicate, i)
        weight = torch.from_numpy(rng.standard_normal((width, width if i else 1, k, k)))
        sums = weight.sum(dim=(1, 2, 3), keepdim=True)
        weight = weight.abs() if kind == "positive" else torch.where(sums < 0, -weight, weight)
        norms = weight.abs().flatten(1).sum(dim=1)
        modules += [convolution(weight / norms.view(-1, 1, 1, 1)), nn.ReLU()]
    return nn.Sequential(*modules)


def layer_error(K: Tensor, plus: Tensor, minus: Tensor, signed: bool) -> float:
    """Exact sup of ‖K ∗ x − (K⁺ ∗ x⁺ + K⁻ ∗ x⁻)‖_max over x ∈ [-1, 1], or [0, 1] if not signed.

    An entry x adds A x⁺ − B x⁻ with A = K − K⁺, B = K + K⁻. Kernels (c_out, c_in, k, k), images
    at least as large.
    """
    A = (K - plus).flatten(1)
    B = (K + minus).flatten(1) if signed else torch.zeros_like(A)
    rise = torch.maximum(A, -B).clamp(min=0).sum(dim=1)
    fall = torch.maximum(-A, B).clamp(min=0).sum(dim=1)
    return float(torch.maximum(rise, fall).max())


def size(f: nn.Sequential, side: int, search: Search, seed: int) -> tuple[float, float]:
    """Bracket sup |f| over inputs in [-1, 1], one channel of side × side: against a zero layer."""
    zero = copy.deepcopy(f)
    with torch.no_grad():
        zero[-2].get_parameter("weight").zero_()
    found = bracket(f, zero, input_shape=(1, side, side), seed=seed, **search)
    return found.lower, found.upper


def _rows(
    kind: str, settings: Settings, search: Search, seed: int, replicate: int
) -> Iterator[dict[str, Any]]:
    if not settings.layers:
        return
    target = deep_target(kind, max(settings.layers), settings, seed, replicate)
    own = seeding.child(seed, "depth", kind, replicate)
    ticket = build(
        CONSTRUCTION, target, n=settings.n, seed=own, budget=settings.budget, threads=1,
        granularity=settings.granularity,
    )  # fmt: skip
    layers = read_layers(target)
    kernels, miss = effective_kernels(ticket), misses(ticket, len(layers), None)
    alone = [
        layer_error(layer.weight, *pair, signed=not i)
        for i, (layer, pair) in enumerate(zip(layers, kernels, strict=True))
    ]
    modules = list(target)
    sizes = [(1.0, 1.0)] + [
        size(nn.Sequential(*modules[: 2 * depth]), depth * (settings.kernel - 1) + 1, search, seed)
        for depth in range(1, max(settings.layers) + 1)
    ]
    for depth in sorted(settings.layers):
        side = depth * (settings.kernel - 1) + 1
        f, g = target[: 2 * depth], ticket.ticket[: 4 * depth]
        found = bracket(f, g, input_shape=(1, side, side), seed=seed, **search)
        problems = ticket.solutions[ticket.solutions["layer"] < depth]
        yield {
            "layers": depth,
            "n": settings.n,
            "d": int(problems["d"].max()),
            "eps": np.nan,
            "seed": own,
            "solver": "+".join(sorted(set(problems["solver"]))),
            "status": "BUILT",
            "problems": len(problems),
            "proved": float(problems["proved"].mean()),
            "worst_error": float(problems["error"].max()),
            "lower": found.lower,
            "upper": found.upper,
            "method": found.method,
            "device": search["device"],
            "size_low": sizes[depth][0],
            "size": sizes[depth][1],
            "layer_sum_low": sum(
                e * low for e, (low, _) in zip(alone[:depth], sizes, strict=False)
            ),
            "layer_sum": sum(e * high for e, (_, high) in zip(alone[:depth], sizes, strict=False)),
            "theorem": closed_form(layers[:depth], miss[:depth], []),
        }


def run(job: Job) -> None:
    """Errors against depth of a shard."""
    p = job.params
    rows = measure_depth(Settings(**p.settings), p.bracket, p.seed, p.shard, p.device)
    frames.write(job.output[0], rows, "depth")
