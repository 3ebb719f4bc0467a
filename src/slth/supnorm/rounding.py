"""Float64 rounding: how every upper bound is inflated, and what it then guarantees.

Guarantee. Let f, g be the networks in real arithmetic whose weights are the given float64 numbers
(float32 weights convert exactly). Every upper bound U of this room satisfies
    sup_X ‖f(X) − g(X)‖_max ≤ U   and   |fl f(X) − fl g(X)| ≤ U for every float64 X in the box,
the second barring overflow and underflow in fl,
where fl is float64 evaluation with dot products summed in any order (no Winograd or FFT
convolution, which torch does not use in float64) of the networks with every ChannelScale → ReLU →
Conv2d/Linear merged to one layer; without such modules these are the networks themselves. Float64
evaluation of unmerged modules is off by more, since a wide hidden layer cancels, and underflow in
a layer is amplified by the layers behind: by at most `Bracket.evaluation` in all, which is not part
of U and by which fl f − fl g may exceed it.

Rule. A computed dot product of m terms differs from the exact one by at most γ_m Σ|terms|, with
γ_m = m u / (1 − m u), u = 2⁻⁵³ (Higham, Accuracy and Stability of Numerical Algorithms, §3.1).
Every interval end moves outward by γ_{4m+16} times its own Σ|terms|: the factor 4 covers the
products, the split in positive and negative parts, the rounding of E = K_f − K_g and of Σ|terms|.
Kernels merged from Σ_h a_h V_h are summed without error but the last one and carry their bound
beside (`slth.supnorm.exact_sums`). Single operations move outward by one unit in the last place.

Linear bounds (CROWN, the Lagrangian dual). The inequality holds for every choice of slopes and
multipliers, so whatever float64 numbers the descent left are exact data. What rounds is passing a
form back and adding up: the slack is |c_j| times the rounding of row j as a dot product (the rule
above, the adjoint's sum over outputs included), plus γ_{4m+16} Σ|terms| of every sum of m terms:
the forms of a block, its constants, the scatter to the inputs, the final sum. HiGHS (`exact`)
gives no such guarantee and enters no upper bound.

Overflow and underflow. The entries measure layers and box in powers of two first
(`slth.supnorm.units`): an activation is then at most 2³⁴ times its number of terms, a coefficient
c_j of an objective at most 2³⁶⁰, and nothing overflows. A product that underflows is off by at most
2⁻¹⁰⁷⁵, which a coefficient of a multiplier (at most 1e70 · 2³⁴ · |θ|, `stage.LEAST`) or a sum of
2⁶⁰ such terms does not lift above `FLOOR`; every range, every row and every linear bound is widened
by that much more. `slth.supnorm.arithmetic` refuses a thread that flushes denormals to zero.
"""

import math

import torch
from torch import Tensor

UNIT = 2.0**-53
FLOOR = (
    2.0**-700
)  # more than underflow can add to a range, a row or a bound in `slth.supnorm.units`
_NORMAL = 2.0**-1022  # the least positive number that is no denormal


def gamma(terms: int) -> float:
    """γ_m = m u / (1 − m u), rounded up. terms: m < 2⁵²."""
    return math.nextafter(terms * UNIT / (1 - terms * UNIT), math.inf)


def slack(terms: int) -> float:
    """Relative outward slack of an interval end whose dot product has ``terms`` terms."""
    return gamma(4 * terms + 16)


def margin(terms: int, size: Tensor) -> Tensor:
    """Slack of a sum of ``terms`` terms with Σ|terms| = size, underflow included."""
    return slack(terms) * size + FLOOR


def up(x: Tensor) -> Tensor:
    """Return the next float64 above x + 2⁻¹⁰²², entry by entry: above 0 it is no denormal."""
    return torch.nextafter(x + _NORMAL, torch.full_like(x, math.inf))


def down(x: Tensor) -> Tensor:
    """Return the next float64 below x − 2⁻¹⁰²², entry by entry."""
    return torch.nextafter(x - _NORMAL, torch.full_like(x, -math.inf))
