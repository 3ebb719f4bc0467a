"""Which solver `auto` takes, and why: a rule in (n, d, eps, budget, memory, device) alone."""

import math

from slth.solvers import _registry as registry
from slth.solvers._base import Options

CHOICES = ("mitm", "klist")  # what the rule may answer; the workflow tracks these modules
EXACT_N = 52  # 2^26 sums of each half: about a second at d = 4, six at d = 8
EXACT_WORK = 2**32  # subsets and pairs; about what a default k-list solve spends
SLAB_COORDINATES = 6  # coordinates that prune pairs: fits the work measured at d = 4, 9


def choose(n: int, d: int, eps: float | None, options: Options, batch: int = 1) -> tuple[str, str]:
    """Return the solver's name and one sentence that says why.

    The first line that applies decides:

    =========================================================  ========  ==========================
    case                                                       solver    because
    =========================================================  ========  ==========================
    n > EXACT_N and no budget is given                         klist     2^(n/2) subsets: too many
    meet-in-the-middle refuses, or exceeds ``options.memory``  klist     its memory is bounded
    `exact_work` > the budget (default EXACT_WORK)             klist     no proof is affordable
    otherwise                                                  mitm      exact, and affordable
    =========================================================  ========  ==========================

    The budget is per instance and k-list would spend it on each instance too, so ``batch`` is
    named in the sentence and changes nothing. "milp" and "enumeration" are never chosen: mitm
    answers the same questions for less. Both choices take device "cuda"; the rule is the same
    there, with the bytes of the GPU's search, and the sentence names the device.
    """
    name, why = _rule(n, d, eps, options)
    size = f"n = {n}, d = {d}" + (f", {batch} instances" if batch > 1 else "")
    if options.device != "cpu":
        size += f", device {options.device}"
    return name, f"{name} for {size}: {why}."


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


def _rule(n: int, d: int, eps: float | None, options: Options) -> tuple[str, str]:
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
