"""What the room's rounding rules take for granted of the processor, measured where they are used.

IEEE 754 binary64, rounding to nearest, denormal numbers kept. Flags of the thread change both, and
any library may set them: gcc's -ffast-math does when it is loaded. The x87 unit's precision does
not matter: nothing here is computed in long double.
"""

import torch
from torch import Tensor


class FloatRangeError(ArithmeticError, ValueError):
    """Numbers of the networks leave the range of float64."""


def finite(outputs: Tensor) -> Tensor:
    """Outputs of modules in float64; FloatRangeError where their evaluation overflowed."""
    if not bool(torch.isfinite(outputs).all()):
        raise FloatRangeError(
            "f, g: got networks whose float64 evaluation overflows at an input of the box, takes "
            "activations and outputs below 1.8e308; scale layers by powers of two"
        )
    return outputs


def require() -> None:
    """Raise ArithmeticError where this thread flushes denormals or does not round to nearest."""
    one, least = (torch.tensor([value], dtype=torch.float64) for value in (1.0, 2.0**-1022))
    if not bool(least * 0.5 > 0):
        raise ArithmeticError(
            "supnorm: got a thread that flushes denormal numbers to zero, takes IEEE arithmetic; "
            "call torch.set_flush_denormal(False) first (a library built with -ffast-math may "
            "have switched it on)"
        )
    up, down = (bool(one + part * 2.0**-52 > one) for part in (0.75, 0.25))
    if not up or down or not bool(-one - 0.25 * 2.0**-52 == -one):
        raise ArithmeticError(
            "supnorm: got a thread that does not round to nearest, takes IEEE arithmetic; call "
            "fesetround(FE_TONEAREST) first (a library that computes intervals may have changed it)"
        )
