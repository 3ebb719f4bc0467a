"""The smallest n at which a prediction crosses a level."""

from collections.abc import Callable


def first_n(reached: Callable[[int], bool]) -> int:
    """Smallest n >= 1 with ``reached(n)``, by doubling and bisection: about 2 log2 n calls.

    The first crossing where ``reached`` changes once; otherwise one of the crossings.
    """
    high = 1
    while not reached(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle
    return high
