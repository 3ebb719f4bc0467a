"""The entropy law: how many candidates give enough subsets of one size."""

import math

from slth import checks
from slth.theory import arguments


def fixed_size_n_star(d: int, eps: float, share: float) -> float:
    """Size n with just enough subsets of share α: the entropy law with its lower order terms.

    n H2(α) = d [log2(1/(2 eps)) + ½ log2(2π n α(1-α)) + α/(2 ln 2 (1-α))]
              + ½ log2(2π n α(1-α)), σ = 1, 0 < α < 1; the last term is Stirling's.
    The larger root, real-valued; 0 when there is none. Leading term d log2(1/eps)/H2(α), for d = 1
    the form of Natale et al. 2024. Source: derived; checked against `best_error_of_size` in tests.

    >>> size = slth.theory.fixed_size_n_star
    >>> [round(size(d=1, eps=0.01, share=share), 1) for share in (0.1, 0.3, 0.5)]
    [19.6, 11.2, 10.4]
    """
    d, eps = arguments.size("d", d, low=1), checks.positive("eps", eps)
    alpha = checks.positive("share", share)
    if alpha >= 1:
        raise ValueError(f"share: got {share!r}, takes a number in (0, 1)")
    entropy = -(alpha * math.log2(alpha) + (1 - alpha) * math.log2(1 - alpha))
    lean = alpha / (2 * math.log(2) * (1 - alpha))
    slope = 0.5 * (d + 1) / entropy  # n = constant + slope log2 n
    constant = d * ((-1 - math.log2(eps)) + lean) / entropy
    constant += slope * math.log2(2 * math.pi * alpha * (1 - alpha))
    turn = slope / math.log(2)
    if turn - slope * math.log2(turn) > constant:
        return 0.0
    n = 2 * turn + 2 * abs(constant) + 4
    for _ in range(200):  # Newton's method from the right of a convex function: monotone
        step = (n - constant - slope * math.log2(n)) / (1 - turn / n)
        n -= step
        if abs(step) <= 1e-13 * n:
            break
    return n
