"""What the section on quantised candidates can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Share, Side, if_any

SETTING = if_any(
    "We drew {instances} for every pair of $d$ and $M$, {points} in all, with $d$ {d} and $M$ up "
    "to {M}.",
    "This run measured no coverings by integer candidates.",
)
NEVER = {
    Share.NOTHING: "",
    Share.NONE: "",
    Share.SOME: "{some} of the {total} instances leave a target out with all {most} candidates.",
    Share.ALL: "No instance hits every target with all {most} candidates.",
}

_FORM = "One pair of constants for all $M$ is rejected"
FORM = {
    Share.NOTHING: "",
    Share.NONE: "One pair of constants for all $M$ describes the counts: $\\chi^2$ rejects it "
    "at no $d$.",
    Share.SOME: f"{_FORM} by $\\chi^2$ at {{some}} of the {{total}} dimensions.",
    Share.ALL: f"{_FORM} by $\\chi^2$ at every $d$.",
}
_EACH = "With a pair for each $M$ the form"
EACH = {
    Share.NOTHING: "",
    Share.NONE: f"{_EACH} describes the counts: $\\chi^2$ rejects it at no $d$.",
    Share.SOME: f"{_EACH} is rejected at {{some}} of the {{total}} dimensions.",
    Share.ALL: f"{_EACH} is rejected at every $d$ too.",
}
_FALLS = "The fitted $\\gamma$ falls from the smallest to the largest $M$"
FALLS = {
    Share.NOTHING: "",
    Share.NONE: "The fitted $\\gamma$ falls from the smallest to the largest $M$ at no $d$.",
    Share.SOME: f"{_FALLS} at {{some}} of the {{total}} dimensions.",
    Share.ALL: f"{_FALLS} at every $d$.",
}
KAPPA = if_any("It is {small} at the smallest $M$ and {large} at the largest.")

COUNTING = {
    Side.UNKNOWN: "",
    Side.ABOVE: "By these constants a doubling of $M+1$ costs more candidates than the $d$ that "
    "counting asks for, at {where}.",
    Side.AROUND: "That differs from the one candidate a coordinate and doubling of $M+1$ that "
    "counting asks for by no more than chance.",
    Side.BELOW: "At {where} the fitted $C\\ln2$ is below the $d$ candidates that counting asks for "
    "at each doubling. The fit makes up for it by its $\\gamma$.",
}
_ROUGH = ", so that these costs are rough."
ROUGH = {  # dimensions of which a cost is said, and at which the form is rejected
    Share.NOTHING: "",
    Share.NONE: "",
    Share.SOME: f"But $\\chi^2$ rejects the form with one pair of constants at {{some}}{_ROUGH}",
    Share.ALL: f"But $\\chi^2$ rejects the form with one pair of constants at {{every}}{_ROUGH}",
}
PER_DOUBLING = if_any("The fitted $C\\ln2$ is {ratio} times $d$.")

_HALF = "The predicted size of even odds is that observed"
HALF = {
    Share.NOTHING: "",
    Share.NONE: f"{_HALF} at no point, and off by {{off}} at most.",
    Share.SOME: f"{_HALF} at {{some}}, and off by {{off}} at most.",
    Share.ALL: f"{_HALF} at {{every}}.",
}
GAP = if_any(
    "The predicted chances are off by {gap} at most, at $d={d}$ and $M={M}$. For $M\\geq{from_M}$ "
    "they are off by {rest} at most."
)
_PREDICTED = "By $\\chi^2$, with nothing fitted, the prediction is rejected"
PREDICTED = {
    Share.NOTHING: "",
    Share.NONE: "By $\\chi^2$, with nothing fitted, the prediction is rejected at no $d$.",
    Share.SOME: f"{_PREDICTED} at {{some}} of the {{total}} dimensions: it is close, not exact.",
    Share.ALL: f"{_PREDICTED} at every $d$: it is close, not exact.",
}
Covered = Enum("Covered", "NOTHING UNKNOWN KNOWN")  # sizes of even odds, for one target and all
_NOTHING = "This run measured no coverings by integer candidates."
_UNKNOWN = (
    "This run has no pair of an observed and a predicted size at which integer candidates hit "
    "every target with even odds."
)
ANSWER = {
    Covered.NOTHING: _NOTHING,
    Covered.UNKNOWN: _UNKNOWN,
    Covered.KNOWN: "With integer weights, yes, by a theorem of "
    "\\citet{{kumar2025quantization}}. To hit every target at once takes {more} more than is "
    "predicted for one. {off}",
}
ABSTRACT = {
    Covered.NOTHING: _NOTHING,
    Covered.UNKNOWN: _UNKNOWN,
    Covered.KNOWN: "Integer candidates hit targets exactly, and to hit every target at once takes "
    "{more} more than is predicted for one. {off}",
}
Off = Enum("Off", "EXACT OFF")  # predicted sizes of even odds
OFF = {
    Off.EXACT: "The size of even odds is the predicted one everywhere.",
    Off.OFF: "The predicted size of even odds is off by {off} at most.",
}
ONE = if_any(
    "All targets at once ask for {more} more than is predicted for one, and {over} more than "
    "counting."
)
