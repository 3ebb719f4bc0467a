"""Confidence intervals for the figures the project reports."""

from scipy.stats import beta

from slth import checks


def clopper_pearson(hits: int, trials: int, confidence: float = 0.99) -> tuple[float, float]:
    """Exact interval of a binomial probability that covers it with at least ``confidence``.

    Raises ValueError unless 0 <= hits <= trials, trials >= 1, 0 < confidence < 1.
    Source: Clopper & Pearson, Biometrika 26 (1934).
    """
    trials = checks.integer("trials", trials, low=1)
    hits = checks.integer("hits", hits, low=0, high=trials)
    if not 0 < checks.real("confidence", confidence) < 1:
        raise ValueError(f"confidence: got {confidence}, takes a number in (0, 1)")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, trials - hits + 1))
    high = 1.0 if hits == trials else float(beta.ppf(1 - tail, hits + 1, trials - hits))
    return low, high
