"""The smallest n at which a prediction crosses a level, and where one is largest."""

from collections.abc import Callable


def first_n(reached: Callable[[int], bool], guess: int = 1) -> int:
    """Smallest n >= 1 with ``reached(n)``, by doubled steps from ``guess`` and bisection.

    About 2 log2 |n − guess| calls. The first crossing where ``reached`` changes once; otherwise one
    of the crossings.
    """
    step = 1
    if reached(guess):
        high, low = guess, guess - step
        while low > 0 and reached(low):
            high, step = low, 2 * step
            low = max(low - step, 0)
    else:
        low, high = guess, guess + step
        while not reached(high):
            low, step = high, 2 * step
            high += step
    while high - low > 1:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle
    return high


def peak(value: Callable[[int], float], start: int, low: int, high: int, least: int = 1) -> int:
    """The integer in [low, high] at the top of a function with one peak, by halved steps.

    About 2 log2(high − low) calls, of which some ask for the same number again; to within the last
    step, ``least``. With several peaks one of them.
    """
    best, step = min(max(start, low), high), max(1, (high - low) // 8)
    while True:
        near = [k for k in (best - step, best + step) if low <= k <= high]
        found = max([best, *near], key=value)
        if found == best:
            if step <= least:
                return best
            step //= 2
        best = found
