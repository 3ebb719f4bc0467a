"""What the section of the atlas can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import if_any

Proved = Enum("Proved", "NOTHING ALL SOME")  # least errors
PROVED = {
    Proved.NOTHING: "This run sought no least error.",
    Proved.ALL: "Every least error is proved.",
    Proved.SOME: "{left} could not be proved and are left out.",
}
PREDICTIONS = {  # column of the prediction: whether it is inside, and its name in print
    "prediction": ("inside", r"\eqref{eq:quenched}"),
    "refined": ("refined_inside", r"the refinement \eqref{eq:refined}"),
}
AGREEMENT = (
    "The median that {prediction} predicts lies inside the interval at {inside} of {points} "
    "($p = {p}$ for an exact formula; $\\chi^2 = {chi2}$ of the residuals, $p = {chi2_p}$) and is "
    "off by {mean} candidates on average, {most} at most."
)
SHIFT = if_any(
    "With normally-scaled normal in place of normal candidates the median is reached with {least} "
    "to {most} candidates more, different from zero at {clear} of {points}{means}.",
    "This run did not set normally-scaled normal candidates beside normal ones.",
)
MEANS = if_any("; the mean shift is {mean} at $d = {d:g}$ and {last_mean} at $d = {last_d:g}$")

FIT = if_any("{fits}", "This run has too few points for a fit.")
CONSTANT = "${name} = {value}$ [{low}, {high}]"
Quality = Enum("Quality", "NOTHING GOOD POOR")  # of the fit
QUALITY = {
    Quality.NOTHING: "",
    Quality.GOOD: "The three terms describe the medians to within their noise.",
    Quality.POOR: "For {ensembles} candidates the three terms do not describe the medians to "
    "within "
    "their noise, so that further terms matter at these sizes; the intervals are widened "
    "accordingly.",
}
Law = Enum("Law", "NOTHING WIDE HOLDS CLOSE FAILS")  # n = d log2(1/eps) + ½ d log2 n + O(d)
_REACH = " The intervals of $A$ reach from {low} to {high}"
LAW = {
    Law.NOTHING: "Nothing follows for the first open question.",
    Law.WIDE: "The intervals of $A$ reach {half} to either side, too far for a conclusion.",
    Law.HOLDS: "{against}.",
    Law.CLOSE: f"{{against}}.{_REACH}; the leading term is "
    r"$d\log_2(1/\varepsilon)$ to within a few per cent.",
    Law.FAILS: f"{{against}}.{_REACH}.",
}
Inside = Enum("Inside", "ALL SOME")  # intervals and the constants of the theory
INSIDE = {
    Inside.ALL: r"for every ensemble $A=1$ and $B=\frac12$ lie inside the intervals: for one "
    r"target "
    r"$d\log_2(1/\varepsilon)$ is the leading term, with constant one",
    Inside.SOME: "{outside}",
}
CONSTANT_OUTSIDE = "${name}={value}$ lies outside its interval for {ensembles} candidates"

PRICE = if_any(
    "At the tolerance that covers the cube in half the samples, all targets cost more than one by "
    "{prices} candidates (range over the points).",
    "This run asked for one target at a time only.",
)
Misses = Enum("Misses", "NOTHING CHANCE EXCESS")  # of intervals by the prediction
_INSIDE = "The prediction \\eqref{{eq:covering}} lies inside the interval at {inside} of {points}, "
_OFF = (
    "; $\\chi^2 = {chi2}$ of the residuals, $p = {chi2_p}$; it is off by {mean} candidates on "
    "average and {most} at most."
)
MISSES = {
    Misses.NOTHING: "",
    Misses.CHANCE: f"{_INSIDE}no more misses than chance explains{_OFF}",
    Misses.EXCESS: f"{_INSIDE}more misses than chance explains, so that the formula is an "
    f"approximation{_OFF}",
}
UNION = if_any(
    "The union bound over a grid of targets, fed with the predicted chance of one target, asks for "
    "{more} candidates more than the cube needed (range over the points)."
)
Extra = Enum("Extra", "NOTHING ALL SOME NONE")  # of all targets, nsn against normal
_EXTRA = (
    "With {ensemble} candidates, the ensemble of the structured theorem, all targets cost {ranges} "
    "candidates more than with normal ones, "
)
EXTRA = {
    Extra.NOTHING: "",
    Extra.ALL: f"{_EXTRA}clearly at every one of {{points}}: for one target the two hardly differ, "
    "for all targets the short vectors, which make sums cluster, do cost extra.",
    Extra.SOME: f"{_EXTRA}clearly at {{clear}} of {{points}}: short vectors make sums cluster.",
    Extra.NONE: f"{_EXTRA}at none of {{points}} beyond the noise.",
}
Conditional = Enum("Conditional", "NOTHING ALL MOST FAILS")  # union bound given T, within two
_CONDITIONAL = (
    "The union bound over cells taken given $T$, with the side of the cells free, reaches even "
    "odds within two candidates of the covering observed at {within} of {points} (candidates more: "
    "{away}); over one target, $n_{{50}}$, it adds {added}. "
)
CONDITIONAL = {
    Conditional.NOTHING: "",
    Conditional.ALL: f"{_CONDITIONAL}Given the sum of all vectors, the union bound is thus optimal "
    "to within two candidates; what the theorems lose they lose by averaging first.",
    Conditional.MOST: f"{_CONDITIONAL}Given the sum of all vectors, the union bound is thus nearly "
    "always optimal to within two candidates; what the theorems lose they lose by averaging first.",
    Conditional.FAILS: f"{_CONDITIONAL}So it does not say what all targets cost to within two "
    "candidates.",
}
SIZES = if_any(
    "The predicted success probability of one size lies inside the interval at {inside} of "
    "{points} $(d, n, k)$, its mean absolute deviation is {mean} and its largest {most}; "
    "$\\chi^2 = {chi2}$ of the residuals, $p = {chi2_p}$ as if sizes that share samples were "
    "independent.",
    "This run counted no subsets of one size.",
)
BEST_SIZE = (
    "$d = {d:g}$, $n = {n:g}$: $k = {k}$ with rate {rate} (any size {free}), where the law has its "
    "best at $k = {law}$"
)
BEST_SIZES = if_any("The most successful sizes are, for {sizes}.")
MOMENTS = if_any(
    "The exact ratio lies inside the interval of the observed one at {inside} of {points} "
    "($p = {p}$; $\\chi^2 = {chi2}$, $p = {chi2_p}$, as if sizes that share samples were "
    "independent){bare}.{free}"
)
BARE = if_any("; no ratio is observed, for want of a hit, at {count} more")
FREE = if_any(" Over subsets of any size it is {ratios}.")
CERTIFICATES = if_any(
    "The least certified sizes are {certificates}.", "This run computed no certificate."
)
CERTIFICATE = (
    "$n = {n:g}$ for $d = {d:g}$ (best $k = {k:g}$, that is $\\alpha\\sqrt d = {alpha:.2f}$; "
    "$n^\\ast = {n_star:.0f}$)"
)
OVERLAPS = if_any(
    "At $d = {d:g}$ two subsets of size ${k:g}$ share {shared} candidates on average; in "
    "$\\E[Z_k^2]$ the mean overlap is {weighted} (plain {plain}), and pairs of equal subsets make "
    "up {same} of it."
)
SEARCH = if_any("{searches}", "This run compared no searches.")
SEARCHES = (
    "at $d = {d:g}$ the best median error falls from {near} at $n = {near_n:g}$ ({near_solver}, "
    "{ratio} times $\\varepsilon^\\ast$) to {far} at $n = {far_n:g}$ ({far_solver}), where "
    "{orders} "
    "decimal orders separate it from $\\varepsilon^\\ast$"
)
