"""What the atlas can say of certificates given T, and of those for subsets of one size."""

from enum import Enum

Centred = Enum("Centred", "NOTHING FEWER_EVERYWHERE FEWER_SOMEWHERE NOT_FEWER")  # than the plain
_EXCESS = (
    "Over even odds the plain certificate asks for {plain_least}\\,\\% to {plain_most}\\,\\% more "
    "candidates, the one given $T$ for {least}\\,\\% to {most}\\,\\% more"
)
CENTRED = {
    Centred.NOTHING: "This run computed no certificate given $T$.",
    Centred.FEWER_EVERYWHERE: f"{_EXCESS}, and for fewer than the plain one at every setting.",
    Centred.FEWER_SOMEWHERE: f"{_EXCESS}. It asks for fewer than the plain one at {{fewer}} of "
    "{settings} settings, for as many or more at the others.",
    Centred.NOT_FEWER: f"{_EXCESS}, nowhere for fewer than the plain one.",
}
GIVEN_SUM = {
    Centred.NOTHING: "",
    Centred.FEWER_EVERYWHERE: "Given $T$ fewer candidates are certified at every setting, by "
    "\\eqref{{eq:centred}} in the same appendix.",
    Centred.FEWER_SOMEWHERE: "Given $T$ fewer candidates are certified at {fewer}, by "
    "\\eqref{{eq:centred}} in the same appendix.",
    Centred.NOT_FEWER: "Given $T$, by \\eqref{{eq:centred}} in the same appendix, no fewer "
    "candidates are certified.",
}
Moved = Enum("Moved", "NOTHING NOWHERE SOMEWHERE")  # does it pay to recentre
MOVED = {
    Moved.NOTHING: "",
    Moved.NOWHERE: "Recentring costs more candidates than it saves at every setting, {least} to "
    "{most} more.",
    Moved.SOMEWHERE: "Recentring saves candidates at {where}, and nowhere else.",
}
WHERE = "$d = {d:g}$, $\\varepsilon = {eps:g}$ ({moved} for {n})"
Growth = Enum("Growth", "FEW LASTS GROWS")  # of the excess over even odds with d
_EXPONENTS = (
    "Between the two largest $d$, at $\\varepsilon$ of {eps}, the certified size grows as "
    "$d^{{q}}$ with $q$ of {certified}. That of even odds grows with $q$ of {even}"
)
GROWTH = {
    Growth.FEW: "Of growth with $d$ this run, with fewer than three dimensions, says nothing.",
    Growth.LASTS: f"{_EXPONENTS}: up to $d = {{d:g}}$ the certificate keeps step with "
    "\\eqref{{eq:nstar}}, and the data contradict $n = O(d\\log\\frac1\\varepsilon)$ no more than "
    "even odds do, whose $\\frac d2\\log_2n$ it shares.",
    Growth.GROWS: f"{_EXPONENTS}. The excess is at most {{most}}\\,\\% at $d \\leq {{d:g}}$. "
    "At {where} it grows with the last step of $d$. Over this range the certificate comes near the "
    "first moment. That it stays near, which $n = O(d\\log\\frac1\\varepsilon)$ needs, the data "
    "do not show.",
}
GROWS_AT = "$\\varepsilon = {eps:g}$"

Sized = Enum("Sized", "NOTHING NEAR FAR")  # certificates of one size against even odds
_SIZED = (
    "At {settings}, $d$ of {dims} and $\\alpha$ of {shares}, the certified size less that of even "
    "odds is {low} to {high}"
)
_EVERY = " All targets at once take {every_low} to {every_high} candidates more than even odds."
SIZED = {
    Sized.NOTHING: "This run certified no subsets of one size.",
    Sized.NEAR: f"{_SIZED}, so that a probability of one third is "
    f"proved, up to the sampling of $T$, where the heuristic puts them.{_EVERY}",
    Sized.FAR: f"{_SIZED}, which leaves a gap between what is proved "
    f"and what the heuristic says.{_EVERY}",
}
