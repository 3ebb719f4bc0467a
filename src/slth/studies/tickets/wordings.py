"""What the section on tickets can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Count, Share, if_any

NO_TICKETS = "This run built no ticket."
READOUTS = {
    "exact": "the readout is kept exact",
    "ticket": "the readout is itself a dense ticket ($k = D = 1$)",
}
READOUT = {
    Count.NONE: "there is no ticket",
    Count.ONE: "{readout}",
    Count.SEVERAL: "{readouts_by_arm}",
}

HITS_CAPTION = if_any(
    "Problems within $\\eps$: hits of all subset problems, with a {confidence} jackknife interval "
    "over the random networks, as the problems of one network share its candidates (none where "
    "there is one network, or all have the same rate); a dash where no tolerance was set."
)
Trend = Enum("Trend", "EVERY_STEP OVERALL NO_LESS RISES ONE_SIZE")  # of medians in n
Arms = Enum("Arms", "EVERY NAMED")
ARMS = {Arms.EVERY: "every arm", Arms.NAMED: "{names}"}
TREND = {
    Trend.EVERY_STEP: "falls with every step of $n$ in {arms}",
    Trend.OVERALL: "falls with $n$, though not at every step, in {arms}",
    Trend.NO_LESS: "is no less at the largest $n$ than at the smallest in {arms}",
    Trend.RISES: "rises with every step of $n$ in {arms}",
    Trend.ONE_SIZE: "was measured at a single $n$, so that no trend can be read, in {arms}",
}
TRENDS = if_any("The median certified error {trends}.", NO_TICKETS)
ERROR_IN_ARM = {
    Count.NONE: "",
    Count.ONE: "In {arm} it is {last} at $n = {largest_n:g}$.",
    Count.SEVERAL: "In {arm} it goes from {first} at $n = {least_n:g}$ to {last} at "
    "$n = {largest_n:g}$.",
}
SCALE = if_any(
    "The largest output of a target on the held-out images is {scale}; without it an error in "
    "outputs says nothing."
)
ERROR_SIZE = if_any("We state it over the target's largest output. {errors}")
WEIGHTS = if_any(
    "A ticket is larger than what it imitates: at the largest $n$ it keeps {times} "
    "for each weight of the target's convolutions."
)
COPIED = if_any("Readouts are copied: they hold {readouts} parameters.")

Order = Enum("Order", "NOTHING VIOLATED HOLDS HOLDS_ON_DATA")  # lower ≤ upper, error seen ≤ upper
INFINITE = {
    Count.NONE: "",
    Count.ONE: "; one upper bound is infinite",
    Count.SEVERAL: "; {bounds} are infinite",
}
ORDER = {
    Order.NOTHING: NO_TICKETS,
    Order.VIOLATED: "The bracket is violated: the lower bound exceeds the upper bound in "
    "{inverted} and the error on a held-out image exceeds it in {beyond}; the bounds "
    "of this run cannot be trusted.",
    Order.HOLDS: "The lower bound is at most the upper bound in {brackets}{infinite}.",
    Order.HOLDS_ON_DATA: "The lower bound is at most the upper bound in {brackets}, "
    "and no error on a held-out image exceeds its upper bound{infinite}.",
}
WIDTH = if_any("The median ratio of upper to lower bound is {median}, the largest {largest}.")
METHOD = {  # of tickets
    Count.NONE: "",
    Count.ONE: "The reported upper bound is that of {routine}.",
    Count.SEVERAL: "The reported upper bound is that of {routines} of {tickets}.",
}

Exact = Enum("Exact", "NOTHING DIFFERS ONE_EQUAL ALL_EQUAL")  # upper bound and its exact formula
EXACT = {
    Exact.NOTHING: "No ticket of this run begins with a convolution, whose error has an exact "
    "formula.",
    Exact.DIFFERS: "The upper bound of the first convolution alone differs from its exact formula "
    "by more than {tolerance} in {different}, by {gap} at most.",
    Exact.ONE_EQUAL: "In the one ticket the upper bound of the first convolution alone equals its "
    "exact formula to within {tolerance}.",
    Exact.ALL_EQUAL: "In all {tickets} tickets the upper bound of the first convolution alone "
    "equals its exact formula to within {tolerance}.",
}

Abstract = Enum("Abstract", "NOTHING ERRORS ERRORS_FALL")
_ERRORS = (
    "For small networks the error over all inputs is certified: set against the target's largest "
    "output, its median at the largest $n$ is {medians}"
)
ABSTRACT = {
    Abstract.NOTHING: "The run built no ticket.",
    Abstract.ERRORS: f"{_ERRORS}.{{beyond}}",
    Abstract.ERRORS_FALL: f"{_ERRORS}, less than at the smallest $n$.{{beyond}}",
}
BEYOND = {  # share of the arms whose certified error exceeds the target's largest output
    Share.NOTHING: "",
    Share.NONE: "",
    Share.SOME: " Above 100\\,\\%, as in {some} of {settings}, it says little.",
    Share.ALL: " Above 100\\,\\% it says little.",
}

Narrowing = Enum(
    "Narrowing", "UNKNOWN NONE SOME ONE_ARM ALL"
)  # arms whose gap to the target closes
_GAP = " The gap to the target is smaller at the largest $n$ than at the smallest in"
NARROWING = {
    Narrowing.UNKNOWN: "",
    Narrowing.NONE: f"{_GAP} no arm.",
    Narrowing.SOME: f"{_GAP} {{closer}} of {{arms}}.",
    Narrowing.ONE_ARM: f"{_GAP} the one arm.",
    Narrowing.ALL: f"{_GAP} every arm.",
}
ACCURACY = if_any(
    "The median ticket classifies correctly {accuracies}.{narrowing}",
    "The accuracy of the tickets was not measured in this run.",
)
DECISIONS_PROVED = if_any(
    "A decision is proved if target and ticket keep it at every input within {radius} per pixel of "
    "an image, with pixels in $[-1,1]$. At the largest $n$ {shares} of the decisions of the median "
    "ticket on held-out images are proved. Of the target alone {alone} are.",
    "No decision was proved around images in this run.",
)
PROVED_AROUND = if_any(
    " For {shares} of the held-out images, target and median ticket provably decide alike within "
    "{radius} per pixel (pixels in $[-1,1]$)."
)
PROVED_CAPTION = if_any(
    "Decision proved: at every input within {radius} per pixel of the image, target and ticket "
    "decide as the target does there."
)
_BELOW = "The control is less accurate than its ticket in "
CONTROL_ACCURACY = {
    Share.NOTHING: "This run measured no control.",
    Share.NONE: f"{_BELOW}{{below}}. Its median is nowhere above {{best}}.",
    Share.SOME: f"{_BELOW}{{below}}, with exceptions at $n \\leq {{largest_n:g}}$ only. Its median "
    "is nowhere above {best}.",
    Share.ALL: f"{_BELOW}{{every}}, and its median is nowhere above {{best}}.",
}
_WORSE = (
    " the control's lower bound exceeds the ticket's upper bound, so that the control "
    "is certified to be the worse approximation."
)
CONTROL_ERROR = {
    Share.NOTHING: "",
    Share.NONE: f"In {{worse}}{_WORSE}",
    Share.SOME: f"In {{worse}}{_WORSE}",
    Share.ALL: f"In {{every}}{_WORSE}",
}

_PROVED = "The answer is proved best in "
PROOFS = {
    Share.NOTHING: "This run solved no subset problem.",
    Share.NONE: f"{_PROVED}{{proved}}.",
    Share.SOME: f"{_PROVED}{{proved}}.",
    Share.ALL: f"{_PROVED}{{every}}.",
}
HITS = if_any(
    "The tolerance was met in {hits}.",
    "No tolerance was set: each problem was solved for the least error within its budget.",
)
GAP = if_any(
    "Where the predicted least error is at most {small}, the median ratio of the error found to it "
    "is {ratios}.",
    "No problem of this run has a predicted least error below {small}, so the errors found are not "
    "compared with it.",
)
PROVED = {True: "proved", False: "not proved"}

Decisions = Enum("Decisions", "UNKNOWN KEPT CHANGED")  # by normalisation
DECISIONS = {
    Decisions.UNKNOWN: "Whether normalisation changes a decision was not counted in this run.",
    Decisions.KEPT: "It changed no decision on any held-out image.",
    Decisions.CHANGED: "In this run it changed {changed} on held-out images through rounding "
    "(accuracy before it: {accuracy}).",
}

ANSWER = {
    Abstract.NOTHING: "This run built no ticket of a small network.",
    Abstract.ERRORS: "Small networks: {arms}. This is the certified error over all inputs, at the "
    "largest $n$, over the target's largest output.{beyond}",
    Abstract.ERRORS_FALL: "Small networks: {arms}. This is the certified error over all inputs, at "
    "the largest $n$, over the target's largest output; it is less than at the "
    "smallest $n$.{beyond}",
}
