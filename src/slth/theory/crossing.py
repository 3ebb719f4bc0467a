"""The smallest n at which a prediction crosses a level."""

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
