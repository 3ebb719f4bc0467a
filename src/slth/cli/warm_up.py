"""`slth warm-up`: compile what usual calls need, before the first of them waits for it."""

import concurrent.futures
import multiprocessing
import time
from typing import Annotated

import typer

from slth.cli.ending import Code, ending, tell, working
from slth.cli.inputs import Json

NAME = "warm-up"
BOUNDS, TICKETS, HITS = "bracket", "tickets", "solve_all"  # beside the names of solvers
WITHOUT = ("milp",)  # kernels
FIRST = ("klist", "beam", "mitm", BOUNDS, TICKETS)  # the longest, so that processes end together


@ending
def warm_up(
    processes: Annotated[int, typer.Option(help="At once; 0: as many as there are cores.")] = 0,
    json: Json = False,
) -> Code:
    """Compile the kernels of usual calls, in parallel; later processes read them from the cache.

    Exit code 0: done; 2: wrong input. The second time it takes the seconds that importing takes.
    """
    from slth import checks, cores

    count = checks.integer("--processes", processes, low=0) or cores.usable()
    start = time.perf_counter()
    with (
        working("compiling"),
        concurrent.futures.ProcessPoolExecutor(
            count, mp_context=multiprocessing.get_context("spawn")
        ) as pool,
    ):
        done = dict(zip(parts(), pool.map(compile_part, parts()), strict=True))
    seconds = time.perf_counter() - start
    lines = [f"{name:12} {taken:6.1f} s" for name, taken in done.items()]
    tell(
        "\n".join([*lines, f"{'all':12} {seconds:6.1f} s"]),
        {"parts": done, "seconds": seconds},
        json,
    )
    return Code.HOLDS


def parts() -> list[str]:
    """What is compiled by itself: solvers that have kernels, every subset, a bracket, tickets."""
    from slth.solvers import SOLVERS

    return [*FIRST, *(name for name in [*SOLVERS, HITS] if name not in (*FIRST, *WITHOUT))]


def compile_part(name: str) -> float:
    """Make the calls of a part, all of them small; the seconds that it took."""
    start = time.perf_counter()
    if name == BOUNDS:
        _bracket()
    elif name == TICKETS:
        _tickets()
    elif name == HITS:
        _hits()
    else:
        _solve(name)
    return time.perf_counter() - start


def _solve(name: str) -> None:
    """Every kind of call of a solver that takes it: d = 1 and more, with eps and without, sizes."""
    import slth
    from slth.solvers import get

    for n, d in ((24, 1), (30, 2), (26, 9)):
        X, z = slth.sample("nsn", n, d, seed=0), slth.sample_target(d, seed=0)
        asked = {"solver": name, "budget": 100_000, "threads": 1}
        for more in ({}, {"eps": 0.05}, {"eps": 0.05, "decide": True}):
            slth.solve(X, z, **asked, **more)  # type: ignore[arg-type]
            slth.solve_batch([X, X], [z, z], **asked, **more)  # type: ignore[arg-type]
            slth.solve_targets(X, [z, -z], **asked, **more)  # type: ignore[arg-type]
        if get(name).sized:
            slth.solve(X, z, size=6, **asked)  # type: ignore[arg-type]


def _hits() -> None:
    import slth

    slth.solve_all(list(range(1, 21)), 30, eps=0, cap=100)
    slth.solve_all(slth.sample("normal", 20, 4, seed=0), slth.sample_target(4, seed=0), eps=0.3)


def _bracket() -> None:
    import torch

    import slth

    pair = []
    for _ in range(2):
        layers = [torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 1, 3)]
        pair.append(torch.nn.Sequential(*layers).double())
    slth.supnorm.bracket(pair[0], pair[1], input_shape=(1, 6, 6), splits=2, input_splits=4)
    slth.supnorm.agreement(pair[0], pair[1], torch.rand(2, 1, 6, 6).numpy(), 0.01)
    wide = [
        torch.nn.Sequential(torch.nn.Linear(17, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
        for _ in range(2)
    ]
    slth.supnorm.bracket(wide[0], wide[1], bounds=["zonotope"], input_splits=4)


def _tickets() -> None:
    import warnings

    import torch

    import slth

    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(32, 2)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", slth.tickets.EmptySubsetWarning)
        for granularity in ("filter", "kernel", "entry"):
            slth.tickets.build(
                "structured_convolution", net, n=40, granularity=granularity, example=(1, 6, 6)
            )
