"""Float64 rounding: how every upper bound is inflated, and what it then guarantees.

Guarantee. Let f, g be the networks in real arithmetic whose weights are the given float64 numbers
(float32 weights convert exactly). Every upper bound U of this room satisfies, barring overflow and
underflow,
    sup_X ‖f(X) − g(X)‖_max ≤ U   and   |fl f(X) − fl g(X)| ≤ U for every float64 X in the box,
where fl is float64 evaluation with dot products summed in any order (no Winograd or FFT
convolution, which torch does not use in float64) of the networks with every ChannelScale → ReLU →
Conv2d/Linear merged to one layer; without such modules these are the networks themselves. Float64
evaluation of unmerged modules is off by more, since a wide hidden layer cancels: by at most
`Bracket.evaluation`, which is not part of U and by which fl f − fl g may exceed it.

Rule. A computed dot product of m terms differs from the exact one by at most γ_m Σ|terms|, with
γ_m = m u / (1 − m u), u = 2⁻⁵³ (Higham, Accuracy and Stability of Numerical Algorithms, §3.1).
Every interval end moves outward by γ_{4m+16} times its own Σ|terms|: the factor 4 covers the
products, the split in positive and negative parts, the rounding of E = K_f − K_g and of Σ|terms|.
Kernels merged from Σ_h a_h V_h are summed in long double and carry their error bound beside
(`signed.merged_sums`). Single operations move outward by one unit in the last place.

Linear bounds (CROWN, the Lagrangian dual). The inequality holds for every choice of slopes and
multipliers, so whatever float64 numbers the descent left are exact data. What rounds is passing a
form back and adding up: the slack is |c_j| times the rounding of row j as a dot product (the rule
above, the adjoint's sum over outputs included), plus γ_{4m+16} Σ|terms| of every sum of m terms:
the forms of a block, its constants, the scatter to the inputs, the final sum. HiGHS (`exact`)
gives no such guarantee and enters no upper bound.
"""

import math

import torch
from torch import Tensor

UNIT = 2.0**-53


def gamma(terms: int) -> float:
    """γ_m = m u / (1 − m u), rounded up. terms: m < 2⁵²."""
    return math.nextafter(terms * UNIT / (1 - terms * UNIT), math.inf)


def slack(terms: int) -> float:
    """Relative outward slack of an interval end whose dot product has ``terms`` terms."""
    return gamma(4 * terms + 16)


def up(x: Tensor) -> Tensor:
    """Return the next float64 above, entry by entry."""
    return torch.nextafter(x, torch.full_like(x, math.inf))


def down(x: Tensor) -> Tensor:
    """Return the next float64 below, entry by entry."""
    return torch.nextafter(x, torch.full_like(x, -math.inf))
