"""The sup-norm error of a structured ticket against depth, beside the errors of its layers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.architectures import convolution
from slth.supnorm import bracket
from slth.tickets.registry import get
from slth.tickets.stages import build

Settings = Mapping[str, Any]
CONSTRUCTION = "structured_convolution"


def measure_depth(settings: Settings, search: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for each kind of target, depth and replicate of a shard.

    settings: the ``depth`` section of the config; search: its ``bracket`` section. Each replicate
    draws a target of the greatest depth, of which the others are the first layers, and a random
    network for each depth. Columns: the key, worst_error of a subset problem, lower and upper of
    the whole, layer_sum (the sum of `layer_error` over the layers), theorem (the bound
    (1 + δ)^l − 1 of kernels of norm 1, δ = fan-in·worst error of the layer's problems).
    """
    rows = [
        {"experiment": "depth", "kind": kind, "layers": depth, "replicate": r}
        | _row(kind, depth, settings, search, seed, r)
        for kind in settings["kinds"]
        for depth in settings["layers"]
        for r in range(shard, settings["replicates"], settings["shards"])
    ]
    return pd.DataFrame(rows)


def deep_target(
    kind: str, depth: int, settings: Settings, seed: int, replicate: int
) -> nn.Sequential:
    """Return ``depth`` valid convolutions, each followed by ReLU, every ‖K_t‖₁ = 1.

    kind: "signed" kernels are N(0, 1) before they are divided by their norm, "positive" ones its
    absolute values: there all paths add and no error can be lost on inputs ≥ 0. Layer i is the
    same in targets of any depth.
    """
    modules: list[nn.Module] = []
    width, k = settings["channels"], settings["kernel"]
    for i in range(depth):
        rng = seeding.generator(seed, "deep target", replicate, i)
        weight = torch.from_numpy(rng.standard_normal((width, width if i else 1, k, k)))
        weight = weight.abs() if kind == "positive" else weight
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


def _row(
    kind: str, depth: int, settings: Settings, search: Settings, seed: int, replicate: int
) -> dict[str, Any]:
    target = deep_target(kind, depth, settings, seed, replicate)
    own = seeding.child(seed, "depth", kind, depth, replicate)
    ticket = build(
        CONSTRUCTION, target, n=settings["n"], seed=own, budget=settings["budget"], threads=1,
        granularity=settings["granularity"],
    )  # fmt: skip
    construction = get(CONSTRUCTION, **ticket.options)
    shape = (1, settings["side"], settings["side"])
    found = bracket(target, ticket.ticket, input_shape=shape, seed=seed, **search)
    kernels = construction.effective(ticket)
    assert kernels is not None
    weights = [m.weight.detach() for m in target if isinstance(m, nn.Conv2d)]
    alone = [
        layer_error(K, plus, minus, signed=not i)
        for i, (K, (plus, minus)) in enumerate(zip(weights, kernels, strict=True))
    ]
    return {
        "n": settings["n"],
        "d": int(ticket.solutions["d"].max()),
        "eps": np.nan,
        "seed": own,
        "solver": "+".join(sorted(set(ticket.solutions["solver"]))),
        "status": "BUILT",
        "problems": len(ticket.solutions),
        "proved": float(ticket.solutions["proved"].mean()),
        "worst_error": float(ticket.solutions["error"].max()),
        "lower": found.lower,
        "upper": found.upper,
        "method": found.method,
        "layer_sum": sum(alone),
        "theorem": construction.error_bound(ticket),
    }
