"""What the section on success probabilities can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Side, if_any

Agreement = Enum("Agreement", "NOTHING ONE_INSIDE ALL_INSIDE CHANCE INEXACT")
_OUTSIDE = (
    "At {outside} the prediction lies outside the {level} interval of the observed "
    "rate, where an exact prediction would leave at most {chance} outside on average. The binomial "
    "test against that rate gives $p \\leq {p}$, and the residuals have $\\chi^2 = {chi2}$, "
    "$p = {chi2_p}$"
)
_INSIDE = (
    "the prediction lies inside the {level} interval of the observed rate; the residuals have "
    "$\\chi^2 = {chi2}$, $p = {chi2_p}$."
)
AGREEMENT = {
    Agreement.NOTHING: "This run measured no success probability.",
    Agreement.ONE_INSIDE: f"At the one grid point {_INSIDE}",
    Agreement.ALL_INSIDE: f"At all {{points}} grid points {_INSIDE}",
    Agreement.CHANCE: f"{_OUTSIDE}. This is no more than chance explains.",
    Agreement.INEXACT: f"{_OUTSIDE}. So in this run the prediction is measurably not exact.",
}

Bias = Enum("Bias", "UNKNOWN UNRESOLVED RESOLVED")
_SUMMED = "Summed over the grid there are {sums}. "
BIAS = {
    Bias.UNKNOWN: "",
    Bias.UNRESOLVED: f"{_SUMMED}No bias is resolved by this many instances.",
    Bias.RESOLVED: f"{_SUMMED}The prediction is an approximation, with a bias that this many "
    "instances resolve.",
}

Refined = Enum("Refined", "NOTHING BETTER NO_BETTER")
_REFINED = (
    ". It lies inside the interval at {inside}, the simple prediction at {simple}. Its "
    "residuals have $\\chi^2 = {chi2}$, $p = {chi2_p}$, and its mean absolute deviation is "
    "{after}, against {before}."
)
REFINED = {
    Refined.NOTHING: "The refinement is for densities, of which this run measured none.",
    Refined.BETTER: f"{{where}} the refinement is the better one{_REFINED}",
    Refined.NO_BETTER: f"{{where}} the refinement is no better{_REFINED}",
}
WHERE = {True: "On the same instances, in one dimension,", False: "For $d \\geq 2$"}
UNSETTLED = if_any(
    "The solver could not settle {left} further instances, which are left out of the rates.",
    "Every instance was settled: a subset was found, or its absence proved.",
)
ABSTRACT = if_any(
    "A formula without a free constant predicts the probability that a subset exists: over "
    "{trials} exactly solved instances it is off by {mean} on average and by {worst} at most.",
    "The run measured no success probability.",
)
EVEN = {  # observed sizes of even odds against n*
    Side.UNKNOWN: "",
    Side.BELOW: "Even odds come {gap} candidates below $n^\\ast$. ",
    Side.AROUND: "Even odds come within {most} candidates of $n^\\ast$. ",
    Side.ABOVE: "Even odds come {gap} candidates above $n^\\ast$. ",
}
ANSWER = if_any(
    "{even}Over {trials} exactly solved instances, up to $d = {d:g}$, the predicted probability of "
    "success is off by {mean} on average and by {worst} at most.",
    "This run measured no success probability.",
)

Law = Enum("Law", "NOTHING NOT_CONTRADICTED FAILS APPROXIMATE")  # the prediction, over the run
LAW = {
    Law.NOTHING: "This run adds nothing to the question of how many candidates suffice.",
    Law.NOT_CONTRADICTED: "Within the dimensions and tolerances of this run the data do not "
    "contradict the prediction. For a single target they are consistent with "
    r"$n \approx d\log_2(1/\varepsilon)$ up to the logarithmic term.",
    Law.FAILS: "In this run the prediction fails. It is off by {mean} on average, so that the "
    "threshold must not be relied on here.",
    Law.APPROXIMATE: "It places the transition to within these deviations, and no closer.",
}
