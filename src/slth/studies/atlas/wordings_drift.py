"""What the atlas can say of a formula that leaves one law in high dimensions."""

from enum import Enum

Drift = Enum("Drift", "NOTHING NONE BELOW ABOVE")  # medians of one law against their predictions
_NEAR_FAR = (
    "The median that \\eqref{{eq:quenched}} predicts is off by {near} candidates on average up to "
    "$d = {near_d:g}$. At $d \\geq {d:g}$ it is off by {far} on average and by {most} at most. "
    "There the medians of {law} candidates lie {side} it at {points}. "
)
_WITHIN = "It is inside the interval at {inside}"
_THERE = "Among these it is inside the interval at {own}, in all at {inside}."
AGREEMENT = {
    Drift.NOTHING: "",
    Drift.NONE: "The median that \\eqref{{eq:quenched}} predicts is off by {near} candidates on "
    f"average and by {{most}} at most. {_WITHIN}.",
    Drift.BELOW: f"{_NEAR_FAR}{_THERE}",
    Drift.ABOVE: f"{_NEAR_FAR}{_THERE}",
}
SIDE_OF_IT = {Drift.NOTHING: "", Drift.NONE: "", Drift.BELOW: "below", Drift.ABOVE: "above"}
CHOICE = {  # of W = 0 for the law of vectors with a common factor
    Drift.NOTHING: "",
    Drift.NONE: "It holds within the intervals at {inside} of Section~\\ref{{sec:tightness}}.",
    Drift.BELOW: "It holds within the intervals at {inside} of Section~\\ref{{sec:tightness}} "
    "with $d < {d:g}$. At $d \\geq {d:g}$ "
    "fewer candidates suffice at {points}, as if a $W$ were missing.",
    Drift.ABOVE: "It holds within the intervals at {inside} of Section~\\ref{{sec:tightness}} "
    "with $d < {d:g}$. At $d \\geq {d:g}$ "
    "more candidates are needed at {points}.",
}
_MISSING = (
    "At $d \\geq {d:g}$ the mean error of {law} candidates is {mean}, where the $W$ of normal "
    "entries would move the prediction by {gain}."
)
MISSING_GAIN = {
    Drift.NOTHING: "",
    Drift.NONE: "",
    Drift.BELOW: _MISSING,
    Drift.ABOVE: _MISSING,
}
TEST = (
    "{prediction} lies inside the interval at {inside}. If it were exact, as many misses would "
    "have $p = {p}$, and the residuals have $\\chi^2 = {chi2}$, $p = {chi2_p}$."
)
_FOLLOW = "Proved least errors of {trials} instances follow a formula without a free constant. "
_APART = (
    f"{_FOLLOW}Up to $d = {{near_d:g}}$ it is off by {{near}} candidates on average, beyond by "
    f"up to "
    "{most}."
)
ABSTRACT_FORMULA = {
    Drift.NOTHING: "The run sought no least error.",
    Drift.NONE: f"{_FOLLOW}Up to $d = {{last:g}}$ it is off by {{near}} candidates on average.",
    Drift.BELOW: _APART,
    Drift.ABOVE: _APART,
}
