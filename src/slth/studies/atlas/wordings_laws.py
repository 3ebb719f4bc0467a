"""What the atlas can say of single laws: entropy, lattices, scales, sizes side by side, volumes."""

from enum import Enum

from slth.studies.atlas.wordings import Misses
from slth.studies.printing.wordings import Side, if_any

Entropy = Enum("Entropy", "NOTHING ALL_INSIDE SOME_OUTSIDE")  # slope one and its intervals
_SLOPES = "The slopes are {slopes}. The law's slope of one lies "
_OFFSET = (
    ". The offset of a median, $-\\log_2\\ln2 = {median:.2f}$ bits, lies inside the interval of "
    "the mean offset at {near}."
)
ENTROPY = {
    Entropy.NOTHING: "This run fits no entropy law.",
    Entropy.ALL_INSIDE: f"{_SLOPES}inside every interval{_OFFSET}",
    Entropy.SOME_OUTSIDE: f"{_SLOPES}outside the interval at {{outside}}{_OFFSET}",
}
SLOPE = (
    "{slope} [{low}, {high}] for {ensemble} candidates at $d = {d:g}$ ({points} sizes, mean offset "
    "{offset} bits)"
)
SLOPE_OUTSIDE = "$d = {d:g}$ ({ensemble})"

LATTICES = if_any("{ensembles}", "This run drew no integer candidates.")
_LATTICE = "For {ensemble} candidates the prediction lies inside the interval at {inside}, "
_FARTHEST = (
    ". The mean absolute deviation is {mean}, and the farthest rate is {most} {side} it, at "
    "$d = {d:g}$, $n = {n:g}$."
)
LATTICE = {
    Misses.NOTHING: "",
    Misses.CHANCE: f"{_LATTICE}no more misses than chance explains{_FARTHEST}",
    Misses.EXCESS: f"{_LATTICE}more misses than chance explains ($p = {{p}}$){_FARTHEST}",
}
SIDE = {Side.UNKNOWN: "", Side.BELOW: "below", Side.AROUND: "from", Side.ABOVE: "above"}
ADVANTAGES = if_any(
    "The mean advantage of integer over real targets in the rate of success is {advantages}."
)
ADVANTAGE = "{seen} at $\\varepsilon = {eps:g}$ (predicted {predicted})"

Explained = Enum("Explained", "NOTHING NO_SHIFT WHOLLY PARTLY NOT")  # by conditioning on G
_SHIFT = (
    "Weighted over {points} the shift is {raw} candidates, and {given} once each error is set "
    "against the median predicted for its own $G$. Zero lies outside the interval of what is left "
    "at {left}. "
)
_REFINED = (
    "{by_d}. The refinement \\eqref{{eq:refined}}, which sees every candidate and not $G$ alone, "
    "predicts the observed shift to within its interval at {refined}, where "
    "\\eqref{{eq:quenched}} does at {predicted}."
)
EXPLAINED = {
    Explained.NOTHING: "This run has no errors of both laws to condition on the scales.",
    Explained.NO_SHIFT: f"{_SHIFT}This run sees no shift that conditioning could explain.",
    Explained.WHOLLY: f"{_SHIFT}What is left does not differ from zero: conditioning on $G$ "
    "explains it.",
    Explained.PARTLY: f"{_SHIFT}Conditioning on $G$ takes off {{share}}\\,\\% of it and does not "
    f"explain the whole{_REFINED}",
    Explained.NOT: f"{_SHIFT}Conditioning on $G$ does not explain it{_REFINED}",
}
BY_D = if_any(
    "; what is left is {mean} candidates on average at $d = {d:g}$ and {last_mean} at "
    "$d = {last_d:g}$"
)

Sizes = Enum("Sizes", "NOTHING NONE_OBSERVED SOME_OBSERVED")  # at the tolerances of the table
SUFFICIENT = {
    Sizes.NOTHING: "This run compares no sizes.",
    Sizes.NONE_OBSERVED: "None of the tolerances of the table lies between the medians of this "
    "run.",
    Sizes.SOME_OBSERVED: "At {settings} with an observed size the first moment is off by {first} "
    "candidates on average, the prediction \\eqref{{eq:quenched}} by {ours}; the certificate asks "
    "for {fewest} to {most} more than even odds need, and the theorem for all targets, whose "
    "constant $C_1$ is not known, for {least}\\,$C_1$ to {largest}\\,$C_1$ times as many.",
}
RECALLED = "{source}, for {setting}"

VOLUME = if_any(
    "{early}{late}all is covered after {t} in {full}.",
    "This run followed no process.",
)
_FACTOR = "is multiplied by {mean} per candidate on average [{low}, {high}]; "
EARLY = if_any(f"while a quarter is not yet covered, the volume {_FACTOR}")
LATE = if_any(f"past one half, the complement {_FACTOR}")
THEOREM = if_any(
    "The covering radii of uniform candidates ($n$ of {sizes}) rule out constants $C_2$ below "
    "{least}, and the medians themselves are reached at $n/\\ln(1/\\varepsilon)$ of {low} to "
    "{high}.",
    "This run has no sample of uniform candidates in one dimension to compare it with.",
)
