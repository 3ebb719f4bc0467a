"""`build`, and the stages it is the composition of."""

import warnings
from typing import Any, Literal, overload

import pandas as pd
from torch import nn

from slth import checks
from slth.networks import gate
from slth.networks.architectures import in_float64
from slth.networks.arguments import Data
from slth.networks.converted import plain_form
from slth.networks.network import Network
from slth.solvers._base import Solver
from slth.tickets.empty import EmptySubsetWarning, warning_of
from slth.tickets.problems import SubsetProblems, solve_problems
from slth.tickets.registry import get
from slth.tickets.ticket import Ticket
from slth.tickets.whole.building import build_whole
from slth.tickets.whole.entry import whole_network
from slth.tickets.whole.ticket import WholeTicket

DEFAULT = "structured_convolution"
MOST = 2**31  # candidates per problem

# For type checkers. Of bias-free chains "structured_convolution" gives a Ticket, which no type of
# the arguments says, so that both are let through there.
Whole = Literal["structured_convolution"]
Theorem = Literal[
    "single_weight",
    "rss_dense",
    "rss_convolution",
    "ell_plus_one",
    "neuron_removal",
    "equivariant",
    "binary_polynomial",
    "binary_polylog",
    "activated_convolution",
]


@overload
def build(
    construction: Whole,
    target: nn.Module | Network,
    *,
    n: int,
    eps: float | None = ...,
    seed: int = ...,
    solver: str | Solver = ...,
    budget: int | None = ...,
    threads: int | None = ...,
    images: Data | None = ...,
    example: object = ...,
    **options: object,
) -> WholeTicket | Any: ...


@overload
def build(
    construction: Theorem,
    target: nn.Module | Network,
    *,
    n: int,
    eps: float | None = ...,
    seed: int = ...,
    solver: str | Solver = ...,
    budget: int | None = ...,
    threads: int | None = ...,
    images: Data | None = ...,
    example: object = ...,
    **options: object,
) -> Ticket: ...


@overload
def build(
    construction: str,
    target: nn.Module | Network,
    *,
    n: int,
    eps: float | None = ...,
    seed: int = ...,
    solver: str | Solver = ...,
    budget: int | None = ...,
    threads: int | None = ...,
    images: Data | None = ...,
    example: object = ...,
    **options: object,
) -> Any: ...


def build(
    construction: str,
    target: nn.Module | Network,
    *,
    n: int,
    eps: float | None = None,
    seed: int = 0,
    solver: str | Solver = "auto",
    budget: int | None = None,
    threads: int | None = None,
    images: Data | None = None,
    example: object = None,
    **options: object,
) -> Any:
    """Cut a ticket that imitates ``target`` out of a random network.

    construction: a name of `CONSTRUCTIONS`; docs/constructions.md has a section for each. target:
    Sequential of Conv2d, Linear, ReLU, Flatten without biases (other modules where the construction
    says so), or a module or `slth.networks.Network` that `slth.networks.from_torch` reads as such;
    the theorems assume ‖K⁽ⁱ⁾‖₁ ≤ 1 (`slth.networks.normalise`). n: about the number of
    candidates of a subset problem (of most sources: 2n hidden channels per input channel). eps:
    tolerance of a problem per coordinate, None = the least error. seed: of the source and of the
    solver. solver, budget, threads: as in `slth.solve`; "auto" is the construction's own solver
    where it brings one. example: of inputs, as in `slth.networks.from_torch`. options: of the
    construction. A subset problem that misses eps keeps its best subset and stays in
    ``solutions``; nothing is sampled again. Where problems keep nothing, or miss by no less than
    that, one `EmptySubsetWarning` says in which layers. Raises ValueError/TypeError.
    Cost: that of solving the subset problems, see the construction's docstring.

    "structured_convolution" takes whole networks too: every module that from_torch reads (biases,
    batch norm, pooling, residual sums, groups, several dense layers), and the options of
    `slth.tickets.whole.building.WholeOptions`: granularity "block" with ``block`` or ``largest_d``,
    ``gain``, and ``targets`` "bias" or "feedback" with ``images`` (m, *input shape). Then the
    ticket is a `slth.tickets.WholeTicket`, whose random network is lazy and whose readout is
    imitated too; docs/your_network.md begins there. For what was taken without them the bytes of a
    ticket do not change.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> ticket = slth.tickets.build("rss_dense", net, n=12)
    >>> ticket
    Ticket of rss_dense: 1 layer, 12 weights imitated, 221 of 672 random ones kept
      0: 24 problems, d = 1, error 0.00017 (worst 0.0043), 140 members
    >>> ticket.error_bound() < 0.1
    True
    """
    whole = whole_network(construction, target, images, example, options)
    if whole is not None:
        network, chosen = whole
        asked = {"n": n, "eps": eps, "seed": seed, "solver": solver, "budget": budget}
        return build_whole(network, chosen, threads=threads, images=images, **asked)  # type: ignore[arg-type]
    chain = plain_form("target", target, example)
    chain = in_float64(chain, "target") if isinstance(chain, nn.Module) else chain  # type: ignore[arg-type]
    source = sample_source(chain, n, seed, construction=construction, **options)
    problems = subset_problems(chain, source, construction=construction, **options)
    table = solve_problems(problems, eps, solver, budget, seed, threads)
    ticket = get(construction, **options).assemble(chain, source, table)
    _warn(table)
    return ticket


def sample_source(
    target: nn.Module | Network,
    n: int,
    seed: int = 0,
    *,
    construction: str = DEFAULT,
    **options: object,
) -> nn.Sequential:
    """Sample the random network of a construction, once: same seed, same weights.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> slth.tickets.sample_source(net, n=12, construction="rss_dense")
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=4, out_features=96, bias=False)
      (2): ReLU()
      (3): Linear(in_features=96, out_features=3, bias=False)
      (4): ReLU()
      (5): Linear(in_features=3, out_features=2, bias=False)
    )
    """
    checks.integer("n", n, low=1, high=MOST)
    checks.integer("seed", seed, low=0)
    chain = plain_form("target", target)
    return get(construction, **options).sample_source(chain, n, seed)


def subset_problems(
    target: nn.Module | Network,
    source: nn.Sequential,
    *,
    construction: str = DEFAULT,
    **options: object,
) -> list[SubsetProblems]:
    """Return the subset problems that decide what is kept, in a fixed order.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> source = slth.tickets.sample_source(net, n=12, construction="rss_dense")
    >>> problems = slth.tickets.subset_problems(net, source, construction="rss_dense")
    >>> len(problems), problems[0].X.shape  # (input, sign) pairs; outputs, candidates, d
    (8, (3, 11, 1))
    """
    checks.instance("source", source, nn.Sequential)
    gate.check("source", source)
    chain = plain_form("target", target)
    return get(construction, **options).subset_problems(chain, source)


def assemble(
    target: nn.Module | Network,
    source: nn.Sequential,
    solutions: pd.DataFrame,
    *,
    construction: str = DEFAULT,
    **options: object,
) -> Ticket:
    """Make the ticket from the rows of `solve_problems`, in any order, each problem once.

    Warns as `build` does where ``solutions`` has the columns target and trivial.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> how = {"construction": "rss_dense"}
    >>> source = slth.tickets.sample_source(net, n=12, **how)
    >>> solved = slth.tickets.solve_problems(slth.tickets.subset_problems(net, source, **how))
    >>> ticket = slth.tickets.assemble(net, source, solved, **how)
    >>> ticket == slth.tickets.build("rss_dense", net, n=12)
    True
    """
    checks.instance("source", source, nn.Sequential)
    checks.instance("solutions", solutions, pd.DataFrame)
    gate.check("source", source)
    chain = plain_form("target", target)
    ticket = get(construction, **options).assemble(chain, source, solutions)
    if {"target", "trivial"} <= set(solutions.columns):
        _warn(solutions)
    return ticket


def _warn(solutions: pd.DataFrame) -> None:
    message = warning_of(solutions)
    if message is not None:
        warnings.warn(message, EmptySubsetWarning, stacklevel=3)
