"""Which solver `auto` takes, and why: a rule in (n, d, eps, budget, memory, device) alone."""

import math
from collections.abc import Callable

from slth.solvers import _registry as registry
from slth.solvers._base import Options

CHOICES = ("mitm", "lattice", "klist", "beam")  # the rule's answers; the workflow tracks them
ON_GPU = ("mitm", "klist")  # those of them that it answers for device "cuda"
EXACT_N = 52  # 2^26 sums of each half: about a second at d = 4, six at d = 8
EXACT_WORK = 2**32  # subsets and pairs; about what a default k-list solve spends
LATTICE_D, LATTICE_N = 5, 32  # from where lattice enumeration needs less time than mitm
LATTICE_NODES = 2**28  # what it may spend without a budget: about ten seconds
BEAM_D = 5  # for less, differencing and klist soon reach what float32 does not hold
BEAM_N = 25  # up to 24 klist looks at all subsets
BEAM_LEAST = 1024  # rests a dimension: narrower beams lose to klist's greedy signs at d = 64
BEAM_MOST = 2**20, 2**23  # for d < 9, d >= 9: half of klist's error or less; they meet at 2^26
SHORT_SHARE = 0.1  # of the candidates under 1/4 of their rms: nsn has 0.2, normal ones 0.003
FEW_SHORT = 0.05  # are enough for the lattice: 64 nsn candidates have less once in a thousand
SLAB_COORDINATES = 6  # coordinates that prune pairs: fits the work measured at d = 4, 9


def choose(
    n: int,
    d: int,
    eps: float | None,
    options: Options,
    batch: int = 1,
    short: Callable[[], float] | None = None,
) -> tuple[str, str]:
    """Return the solver's name and one sentence that says why.

    short: returns the share of the candidates that are shorter than a quarter of their root mean
    square; asked for where it matters. None counts as 0. The first line that applies decides:

    =========================================================  ========  ==========================
    case                                                       solver    because
    =========================================================  ========  ==========================
    d ≥ LATTICE_D, n ≥ LATTICE_N, device "cpu", and            lattice   exact, for less than mitm
    `lattice_nodes` ≤ the budget (default LATTICE_NODES)
    n > EXACT_N and no budget is given                         klist     2^(n/2) subsets: too many
    meet-in-the-middle refuses, or exceeds ``options.memory``  klist     its memory is bounded
    `exact_work` > the budget (default EXACT_WORK)             klist     no proof is affordable
    otherwise                                                  mitm      exact, and affordable
    =========================================================  ========  ==========================

    In place of k-list the beam is taken if a budget of 1024·d to BEAM_MOST is given, n > 24,
    d >= 5, and SHORT_SHARE of the candidates are ``short``: with candidates of all lengths its
    error is then the smaller one, by a factor of 1.1 (d = 5, n = 100, 2^20) to 3, in a tenth of
    the time.

    The budget is per instance and k-list would spend it on each instance too, so ``batch`` is
    named in the sentence and changes nothing. "milp" and "enumeration" are never chosen: mitm
    answers the same questions for less. mitm and klist take device "cuda"; the rule between them is
    the same there, with the bytes of the GPU's search, and the sentence names the device.
    """
    name, why = _rule(n, d, eps, options, short)
    if name == "klist" and _beam_is_better(n, d, options) and short is not None:
        share = short()
        if share >= SHORT_SHARE:
            name = "beam"
            why += (
                f"; {share:.0%} of the candidates are shorter than a quarter of their root mean "
                f"square, and for {options.budget:.1e} rests a beam is better than klist"
            )
    size = f"n = {n}, d = {d}" + (f", {batch} instances" if batch > 1 else "")
    if options.device != "cpu":
        size += f", device {options.device}"
    return name, f"{name} for {size}: {why}."


def _beam_is_better(n: int, d: int, options: Options) -> bool:
    if options.budget is None or d < BEAM_D or n < BEAM_N:
        return False
    most = BEAM_MOST[d >= 9]
    within = BEAM_LEAST * d <= options.budget <= most
    return within and registry.get("beam").takes(n, d, options)


def exact_work(n: int, d: int, eps: float | None = None, decide: bool = False) -> float:
    """Predict the subsets and pairs that meet-in-the-middle examines, for N(0, I_d) candidates.

    With r the radius searched and s = √n/2 the deviation of a coordinate of a random subset sum:
    2·2^(n/2) half subsets, and 2^n pairs thinned by P(|coordinate| ≤ 2r) ≈ 4r/(s√(2π)) in each of
    min(d, 6) coordinates. r is the first-moment optimum ½√(πn/2)·2^(−n/d), where
    E[Z] = 2^n (2r/(s√(2π)))^d = 1; or eps, where H = E[Z] > 1 hits end the search H times sooner.
    """
    log_unit = math.log2(math.sqrt(math.pi * n / 2) / 2)  # log2 of s√(2π)/2
    log_radius = log_unit - n / d
    log_hits = 0.0
    if eps is not None and eps > 0 and (decide or math.log2(eps) > log_radius):
        log_radius = math.log2(eps)
        log_hits = max(0.0, n + d * min(0.0, log_radius - log_unit))
    thinning = min(0.0, log_radius - log_unit + 1) * min(d, SLAB_COORDINATES)
    return 2.0 ** min(n / 2 + 1, 1023.0) + 2.0 ** min(n + thinning - log_hits, 1023.0)


def lattice_nodes(n: int, d: int, short: bool = False) -> float:
    """Predict the nodes of lattice enumeration, d ≥ LATTICE_D, for the least error.

    N(0, I_d) candidates: 2^(0.55 n − 4), as measured at d = 5 … 18, n = 32 … 57, for the least
    error and at the threshold of eps; a tenfold either way, by the target; 2^((d − 12)/2) times
    fewer beyond d = 12, as measured to d = 32, and from there to d = 100 at least n². short: at
    least FEW_SHORT of the candidates are (nsn): 2^min(6, 1.5 (d − 5)) times fewer, as measured at
    d = 6 … 18, n = 36 … 74; mostly less.
    """
    fewer = max(0.5 * (d - 12), min(6.0, 1.5 * (d - 5)) if short else 0.0, 0.0)
    least = 2 * math.log2(n) if d > 32 else -math.inf
    return 2.0 ** min(max(0.55 * n - 4 - fewer, least), 1023.0)


def _rule(
    n: int, d: int, eps: float | None, options: Options, short: Callable[[], float] | None
) -> tuple[str, str]:
    if d >= LATTICE_D and n >= LATTICE_N and registry.get("lattice").takes(n, d, options):
        nodes, also = lattice_nodes(n, d), ""
        allowed = LATTICE_NODES if options.budget is None else options.budget
        if nodes > allowed >= lattice_nodes(n, d, True) and short is not None:
            share = short()
            if share >= FEW_SHORT:
                nodes, also = (
                    lattice_nodes(n, d, True),
                    f", as {share:.0%} of the candidates are short,",
                )
        if nodes <= allowed:
            needs = f"exact enumeration needs about {nodes:.1e} nodes{also}"
            return "lattice", f"{needs} and {allowed:.1e} are allowed"
    if n > EXACT_N and options.budget is None:
        return "klist", f"n exceeds {EXACT_N}, the default limit of exact search"
    mitm = registry.get("mitm")
    if mitm.refusal(n, d):
        return "klist", "exact search refuses this size"
    needed = mitm.bytes_on(options.device, n, d)
    if needed > options.memory:
        return "klist", f"exact search needs {needed:,} bytes and memory allows {options.memory:,}"
    work = exact_work(n, d, eps, options.decide)
    affordable = EXACT_WORK if options.budget is None else options.budget
    if work > affordable:
        return (
            "klist",
            f"exact search needs about {work:.1e} pairs and {affordable:.1e} are allowed",
        )
    return "mitm", f"exact search needs about {work:.1e} pairs and {affordable:.1e} are allowed"
