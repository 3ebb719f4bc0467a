"""Which restrictions of the structured theorem fall: one ticket a variant, beside the base case.

The base is the theorem's: three bias-free ReLU convolutions, stride 1, zero padding, normal
weights. A variant changes one thing. Stride, padding, pooling and skip connections do not enter
the subset problems, so that these variants share the base's random network and its solutions,
and what they change is what the network does with the same errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from slth import frames, seeding
from slth.networks.architectures import convolution
from slth.networks.residual import Residual
from slth.progress import track
from slth.studies.job import Job
from slth.studies.restrictions.settings import Settings
from slth.studies.searching import search_on
from slth.supnorm._bracket import bracket
from slth.tickets.measure import data_error, outputs
from slth.tickets.problems import solve_problems
from slth.tickets.registry import get
from slth.tickets.stages import assemble, sample_source, subset_problems
from slth.tickets.ticket import Ticket

Search = Mapping[str, Any]
BASE = "base"
LAYERS = 3
INPUTS = 2  # channels of the image: two blocks in the first layer
SAMPLES = 64  # inputs of the box at which the error is seen where no bracket is defined
BELOW = {"samples": 32, "restarts": 1, "steps": 5}  # the search for the bracket's lower end
COLUMNS = (
    "experiment", "variant", "shared", "construction", "granularity", "n", "d", "eps", "replicate",
    "seed", "solver", "status", "problems", "worst_error", "median_error", "kept_fraction",
    "source_parameters", "ticket_parameters", "target_parameters", "bracketed", "method", "lower",
    "upper", "error_bound", "seen", "inputs", "size", "device",
)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """What a variant changes. problems: whose subset problems it has, its own name or the base's.

    construction, options: of `slth.tickets.build`; the settings named in ``settings`` are added.
    """

    problems: str = BASE
    construction: str = "structured_convolution"
    activation: str = "relu"
    options: Mapping[str, Any] = field(default_factory=dict)


VARIANTS: dict[str, Variant] = {
    BASE: Variant(),
    "stride": Variant(),
    "valid": Variant(),
    "pooling": Variant(),
    "residual": Variant(),
    "uniform": Variant("uniform", options={"weights": "uniform"}),
    "leaky_relu": Variant("leaky_relu", "activated_convolution", "leaky_relu"),
    "tanh": Variant("tanh", "activated_convolution", "tanh"),
}


def restriction_rows(
    settings: Settings, seed: int, replicates: Sequence[int], device: str = "cpu"
) -> pd.DataFrame:
    """Build the ticket of the base and of every variant, minimising; a row each and replicate.

    settings: variants, n, granularity, channels, side, budget, solver, leak, scale. Rows:
    `COLUMNS`; lower and upper bound the sup-norm error over [-1, 1] inputs: a bracket where
    ``bracketed``, else sampled inputs and the closed form. size: largest target output seen.
    seen: largest error at `SAMPLES` inputs, the same for all. status: those of the subset problems.
    device: of the brackets' searches, "auto" for a GPU where there is one; log and rows say which.
    """
    names = [BASE, *settings.variants]
    search = search_on(BELOW, device)
    rows = [
        row
        for replicate in track(replicates, len(replicates), "restrictions: replicates")
        for row in _replicate(settings, search, seed, replicate, names)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _replicate(
    settings: Settings, search: Search, seed: int, replicate: int, names: Sequence[str]
) -> list[dict[str, Any]]:
    own = seeding.child(seed, "restrictions", replicate)
    kernels = random_kernels(settings.channels, own)
    solved: dict[str, pd.DataFrame] = {}
    rows = []
    for name in names:
        ticket = _ticket(name, kernels, settings, own, solved)
        rows.append(_row(name, ticket, settings, search, replicate, seed, own))
    return rows


def random_kernels(channels: int, seed: int) -> list[Tensor]:
    """Normal kernels (c_out, c_in, 3, 3) of three layers, every output channel of l1 norm 1."""
    shapes = [(channels, INPUTS if i == 0 else channels, 3, 3) for i in range(LAYERS)]
    kernels = []
    for i, shape in enumerate(shapes):
        rng = seeding.generator(seed, "restrictions target", i)
        kernel = torch.from_numpy(rng.standard_normal(shape))
        kernels.append(kernel / kernel.abs().sum(dim=(1, 2, 3), keepdim=True))
    return kernels


def variant_target(name: str, kernels: Sequence[Tensor], leak: float) -> nn.Sequential:
    """The target of a variant: the same kernels, one thing changed."""
    pad = 0 if name == "valid" else 1
    steps = [1, 2 if name == "stride" else 1, 1]
    layers = [
        convolution(kernel, (step, step), (pad, pad))
        for kernel, step in zip(kernels, steps, strict=True)
    ]
    if name == "residual":
        body = Residual(layers[1], nn.ReLU(), layers[2])
        return nn.Sequential(layers[0], nn.ReLU(), body, nn.ReLU())
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        modules += [layer, _activation(VARIANTS[name].activation, leak)]
        modules += [nn.AvgPool2d(2)] if name == "pooling" and i == 0 else []
    return nn.Sequential(*modules)


def _activation(name: str, leak: float) -> nn.Module:
    if name == "leaky_relu":
        return nn.LeakyReLU(leak)
    return nn.Tanh() if name == "tanh" else nn.ReLU()


def _ticket(
    name: str,
    kernels: Sequence[Tensor],
    settings: Settings,
    own: int,
    solved: dict[str, pd.DataFrame],
) -> Ticket:
    """Build a variant's ticket; its problems are solved unless a variant before shares them."""
    variant = VARIANTS[name]
    options = {"granularity": settings.granularity, **variant.options}
    if variant.activation == "tanh":
        options["scale"] = settings.scale
    how: dict[str, Any] = {"construction": variant.construction, **options}
    target = variant_target(name, kernels, settings.leak)
    source = sample_source(target, settings.n, own, **how)
    if variant.problems not in solved:
        problems = subset_problems(target, source, **how)
        solved[variant.problems] = solve_problems(
            problems, None, settings.solver, settings.budget, own, threads=1
        )
    return assemble(target, source, solved[variant.problems], **how)


def _row(
    name: str,
    ticket: Ticket,
    settings: Settings,
    search: Search,
    replicate: int,
    seed: int,
    own: int,
) -> dict[str, Any]:
    shape = (INPUTS, settings.side, settings.side)
    rng = seeding.generator(own, "restrictions inputs")
    x = torch.from_numpy(rng.uniform(-1.0, 1.0, (SAMPLES, *shape)))
    rows, count = ticket.solutions, ticket.parameters
    return {
        "experiment": "restrictions",
        "variant": name,
        "shared": VARIANTS[name].problems != name,
        "construction": ticket.construction,
        "granularity": settings.granularity,
        "n": settings.n,
        "d": int(rows["d"].max()),
        "eps": float("nan"),
        "replicate": replicate,
        "seed": seed,
        "solver": "/".join(sorted(set(rows["solver"]))),
        "status": "/".join(sorted(set(rows["status"]))),
        "problems": len(rows),
        "worst_error": float(rows["error"].max()),
        "median_error": float(rows["error"].median()),
        "kept_fraction": ticket.kept_fraction,
        **{f"{word}_parameters": count[word] for word in ("source", "ticket", "target")},
        **_error(ticket, shape, x, own, search),
        "device": search["device"],
        "inputs": SAMPLES,
        "size": float(outputs(ticket.target, x).abs().max()),
    }


def _error(
    ticket: Ticket, shape: tuple[int, ...], x: Tensor, own: int, search: Search
) -> dict[str, Any]:
    """Lower and upper end of the sup-norm error, and how they were got."""
    construction = get(ticket.construction, **ticket.options)
    bound = construction.error_bound(ticket)
    seen = data_error(target=ticket.target, ticket=ticket.ticket, images=x)
    pair = construction.comparable(ticket, shape)
    if pair is None:
        return {"bracketed": False, "method": "closed_form", "lower": seen, "upper": bound,
                "error_bound": bound, "seen": seen}  # fmt: skip
    f, g, inputs = pair
    ends = bracket(f, g, (-1.0, 1.0), inputs, own, **search)
    method = ends.method if ends.upper <= bound else "closed_form"
    return {
        "bracketed": True,
        "method": method,
        "lower": max(ends.lower, seen),
        "upper": min(ends.upper, bound),
        "error_bound": bound,
        "seen": seen,
    }


def run(job: Job) -> None:
    """Tickets with one restriction lifted, of a shard."""
    settings, seed = Settings(**job.params.settings), job.params.seed
    mine = range(job.params.shard, settings.seeds, settings.shards)
    rows = restriction_rows(settings, seed, mine, job.params.device)
    frames.write(job.output[0], rows, "restrictions")
