"""What the section of the atlas can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import if_any

Proved = Enum("Proved", "NOTHING ALL SOME")  # least errors
PROVED = {
    Proved.NOTHING: "This run sought no least error.",
    Proved.ALL: "Each of them is proved to be the least.",
    Proved.SOME: "{left} could not be proved to be the least and are left out.",
}
PREDICTIONS = {  # column of the prediction: whether it is inside, and its name in print
    "prediction": ("inside", r"the prediction \eqref{eq:quenched}"),
    "refined": ("refined_inside", r"the refinement \eqref{eq:refined}"),
}
SHIFT = if_any(
    "With normally-scaled normal candidates the median takes {least} to {most} more of them than "
    "with normal ones. The difference is clear of zero at {clear}{mean}.",
    "This run did not set normally-scaled normal candidates beside normal ones.",
)
MEAN_SHIFT = if_any(". Its weighted mean is {mean} [{low}, {high}], a {level} interval")

FIT = if_any("{fits}", "This run has too few points for a fit.")
CONSTANT = "${name} = {value}$ [{low}, {high}]"
Quality = Enum("Quality", "NOTHING GOOD POOR")  # of the fit
QUALITY = {
    Quality.NOTHING: "",
    Quality.GOOD: "The three terms describe the medians to within their noise.",
    Quality.POOR: "For {ensembles} candidates the three terms do not describe the medians to "
    "within their noise, so that further terms matter at these sizes; the intervals are widened "
    "accordingly.",
}
Law = Enum("Law", "NOTHING WIDE HOLDS CLOSE FAILS")  # n = d log2(1/eps) + ½ d log2 n + O(d)
_REACH = " The intervals of $A$ reach from {low} to {high}"
LAW = {
    Law.NOTHING: "Nothing follows for the first open question.",
    Law.WIDE: "The intervals of $A$ reach {half} to either side, too far for a conclusion.",
    Law.HOLDS: "{against}.",
    Law.CLOSE: f"{{against}}.{_REACH}. The leading term is "
    r"$d\log_2(1/\varepsilon)$ to within a few per cent.",
    Law.FAILS: f"{{against}}.{_REACH}.",
}
Inside = Enum("Inside", "ALL SOME")  # intervals and the constants of the theory
INSIDE = {
    Inside.ALL: r"for every ensemble $A=1$ and $B=\frac12$ lie inside the intervals, so that for "
    r"one target $d\log_2(1/\varepsilon)$ is the leading term, with constant one",
    Inside.SOME: "{outside}",
}
CONSTANT_OUTSIDE = "${name}={value}$ lies outside its interval for {ensembles} candidates"

PRICE = if_any(
    "At the tolerance that covers the cube in half of the samples, all targets take more "
    "candidates than one target does, by {prices}.",
    "This run asked for one target at a time only.",
)
Misses = Enum("Misses", "NOTHING CHANCE EXCESS")  # of intervals by the prediction
_INSIDE = (
    "The prediction \\eqref{{eq:covering}} is off by {mean} candidates on average and by {most} at "
    "most. It lies inside the interval at {inside}, "
)
MISSES = {
    Misses.NOTHING: "",
    Misses.CHANCE: f"{_INSIDE}no more misses than chance explains. {{residuals}}",
    Misses.EXCESS: f"{_INSIDE}more misses than chance explains, so that the formula is an "
    "approximation. {residuals}",
}
Residuals = Enum("Residuals", "UNKNOWN FIT REJECT")  # χ² over all points
_CHI2 = "$\\chi^2 = {chi2}$, $p = {chi2_p}$"
RESIDUALS = {
    Residuals.UNKNOWN: "",
    Residuals.FIT: f"The residuals do not reject it either: {_CHI2}.",
    Residuals.REJECT: f"The residuals, which weigh how far off it is, reject an exact formula: "
    f"{_CHI2}.",
}
UNION = if_any(
    "Averaged first, as in the theorems, the union bound asks for {more} candidates more than the "
    "cube needed."
)
Extra = Enum("Extra", "NOTHING ALL SOME NONE")  # of all targets, nsn against normal
_EXTRA = (
    "With {ensemble} candidates, those of the structured theorem, all targets take more candidates "
    "than with normal ones: {ranges}. The difference is "
)
EXTRA = {
    Extra.NOTHING: "",
    Extra.ALL: f"{_EXTRA}clear of zero at {{every}}. Short vectors make sums cluster.",
    Extra.SOME: f"{_EXTRA}clear of zero at {{clear}}. Short vectors make sums cluster.",
    Extra.NONE: f"{_EXTRA}beyond the noise at {{clear}}.",
}
Conditional = Enum("Conditional", "NOTHING ALL MOST FAILS")  # union bound given T, within two
_CONDITIONAL = (
    "The union bound given $T$ reaches even odds within two candidates of the covering that is "
    "observed at {within} (candidates more: {away}). To $n_{{50}}$ of one target it "
    "adds {added}. "
)
CONDITIONAL = {
    Conditional.NOTHING: "",
    Conditional.ALL: f"{_CONDITIONAL}Given $T$, the union bound is thus optimal "
    "to within two candidates. What the theorems lose they lose by averaging first.",
    Conditional.MOST: f"{_CONDITIONAL}Given $T$, the union bound is thus nearly "
    "always optimal to within two candidates. What the theorems lose they lose by averaging first.",
    Conditional.FAILS: f"{_CONDITIONAL}So it does not say what all targets cost to within two "
    "candidates.",
}
SIZES = if_any(
    "The predicted probability of success lies inside the interval at {inside} "
    "$(d, n, k)$. Its mean absolute deviation is {mean} and its largest {most}. The residuals have "
    "$\\chi^2 = {chi2}$, $p = {chi2_p}$, as if sizes that share samples were independent.",
    "This run counted no subsets of one size.",
)
BEST_SIZE = (
    "$k = {k}$ with rate {rate} at $d = {d:g}$, $n = {n:g}$ (any size: {free}; best by the law: "
    "$k = {law}$)"
)
BEST_SIZES = if_any("The most successful sizes are {sizes}.")
MOMENTS = if_any(
    "The exact ratio lies inside the interval of the observed one at {inside}{bare}. It is "
    "exact, so "
    "that a miss tells of its interval only: the moments of a sample have a heavy tail.{free}"
)
BARE = if_any("; no ratio is observed, for want of a hit, at {count} more")
FREE = if_any(" Over subsets of any size it is {ratios}.")
CERTIFICATES = if_any(
    "For $z=(\\frac12,\\dots,\\frac12)$ and $\\varepsilon$ of {eps} the second moment, evaluated "
    "exactly, "
    "proves that a subset exists with probability one third from these sizes on: {certificates} "
    "(Appendix~\\ref{{sec:sizes}}).",
    "This run computed no certificate.",
)
CERTIFICATE = "$n = {n:g}$ for $d = {d:g}$, where $n^\\ast = {n_star:.0f}$"
OVERLAPS = if_any(
    "At $d = {d:g}$ two subsets of size ${k:g}$ share {shared} candidates on average. In "
    "$\\E[Z_k^2]$ the mean overlap is {weighted}, against {plain} without weights, and pairs of "
    "equal subsets make up a share of {same}."
)
SEARCH = if_any("{searches}", "This run compared no searches.")
SEARCHES = (
    "At $d = {d:g}$ and $n = {near_n:g}$ the best median error is {near} ({near_solver}), {ratio} "
    "times $\\varepsilon^\\ast$. At $n = {far_n:g}$ it is {far} ({far_solver}), {orders} decimal "
    "orders above $\\varepsilon^\\ast$."
)

ABSTRACT = if_any("{formula}{targets}{search}", "The run sought no least error.{search}")
ALL_TARGETS = if_any(" All targets at once take {prices} candidates more than one.")
TARGETS_ANSWER = if_any(
    "Between {prices} candidates more than one target, at $d$ of {dims}. {conditional}",
    "This run asked for one target at a time only.",
)
CONDITIONAL_ANSWER = {
    Conditional.NOTHING: "",
    Conditional.ALL: "A union bound taken given $T$ predicts it to within two candidates.",
    Conditional.MOST: "A union bound taken given $T$ nearly always predicts it to within two "
    "candidates.",
    Conditional.FAILS: "A union bound taken given $T$ does not predict it to within two "
    "candidates.",
}
Gap = Enum("Gap", "NOTHING FAR NEAR")  # best error found against what exists, at the largest n
_FOUND = (
    "at $d = {d:g}$ and $n = {n:g}$ the best of {solvers}, in up to {work} operations, finds an "
    "error of {error}, "
)
SEARCH_ABSTRACT = {
    Gap.NOTHING: "",
    Gap.FAR: " What search finds is another matter: at $d = {d:g}$ and $n = {n:g}$ the best error "
    "found in {work} operations is {orders} decimal orders above what exists.",
    Gap.NEAR: " What search finds in {work} operations at $d = {d:g}$ and $n = {n:g}$ is within "
    "one decimal order of what exists.",
}
SEARCH_ANSWER = {
    Gap.NOTHING: "This run compared no searches.",
    Gap.FAR: f"For few candidates yes, with a proof. For many no: {_FOUND}{{orders}} decimal "
    "orders above what exists.",
    Gap.NEAR: f"Nearly: {_FOUND}within one decimal order of what exists.",
}
