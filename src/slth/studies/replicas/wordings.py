"""What the section on the published experiments can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Side, if_any

PRINTED = {"digits": "the digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}

Accuracy = Enum("Accuracy", "KEPT MOVED")  # of the published ticket
_PUBLISHED = (
    "The published run imitates a network of widths {widths} trained on MNIST, {weights} weights, "
    "with $n={n}$ candidates per weight and $\\varepsilon={eps:g}$. A weight keeps {kept} of them "
    "on "
    "average, and accuracy is {before} before and "
)
PUBLISHED = {
    Accuracy.KEPT: f"{_PUBLISHED}after.",
    Accuracy.MOVED: f"{_PUBLISHED}{{after}} after.",
}

Size = Enum("Size", "NOTHING SMALLER EQUAL LARGER")  # of the target, against the published one
_TARGET = "The target of this run, of widths {widths}, {weights} weights, is "
_TRAINED = (
    "; it is trained on {images} images of {data} with pixels in $[0,1]${resized}, and its largest "
    "weight has size {largest}."
)
SETTING = {
    Size.NOTHING: "The dense network was not built in this run.",
    Size.SMALLER: f"{_TARGET}smaller than the published one{_TRAINED}",
    Size.EQUAL: f"{_TARGET}of the published size{_TRAINED}",
    Size.LARGER: f"{_TARGET}larger than the published one{_TRAINED}",
}
RESIZED = if_any(
    r", resized from ${before}\times{before}$ to ${after}\times{after}$ pixels by bilinear "
    "interpolation"
)

COEFFICIENTS = {
    "rows": "coefficients shared by a row",
    "products": "independent products $u\\,v$",
}
Weights = Enum("Weights", "OFF NOT_TRIED WITHIN MISSED")  # of the tickets, against eps
WEIGHTS = {
    Weights.OFF: "",
    Weights.NOT_TRIED: "{coefficients} were not tried at $n={n}$, $\\varepsilon={eps:g}$.",
    Weights.WITHIN: "With {coefficients} at $n={n}$, all {problems} weights of the tickets lie "
    "within $\\varepsilon$; {accuracy}.",
    Weights.MISSED: "With {coefficients} at $n={n}$, {missed} of {problems} weights miss "
    "$\\varepsilon$, with errors up to {worst}; {accuracy}.",
}
ACCURACY = (
    "accuracy is {before} before and in the median {after} after, with {changed} decisions changed"
)
QUESTIONS = {"least": "for least error", "within": r"for any subset within $\varepsilon$"}

Result = Enum("Result", "UNKNOWN REPRODUCED NOT_REPRODUCED")
RESULT = {
    Result.UNKNOWN: "",
    Result.REPRODUCED: "Least error thus reproduces the published result, accuracy "
    "unchanged{elsewhere}.",
    Result.NOT_REPRODUCED: "The published result, accuracy unchanged, is not "
    "reproduced{elsewhere}.",
}
Setting = Enum("Setting", "PUBLISHED OTHER")
ELSEWHERE = {Setting.PUBLISHED: "", Setting.OTHER: ", on another network and other data"}

KEPT = (
    "A weight keeps {least} coefficients on average when its error is least{interval} and {within} "
    "when any subset within $\\varepsilon$ will do. "
)
Mean = Enum("Mean", "UNKNOWN IN_INTERVAL BETWEEN OUTSIDE")  # where the published mean lies
MEAN = {
    Mean.UNKNOWN: "",
    Mean.IN_INTERVAL: f"{KEPT}The published {{published}} lies in the interval of the former.",
    Mean.BETWEEN: f"{KEPT}The mean depends on which of the many subsets a solver returns: the "
    "published {published} lies between ours.",
    Mean.OUTSIDE: f"{KEPT}The published {{published}} lies outside; it depends on which of the "
    "many subsets a solver returns and on the range of the target's weights.",
}
INTERVAL = if_any(" ({confidence} interval {low} to {high})")
MISSES = "{missed} of {problems} weights miss at $n={n}$, where the median accuracy is {after}"
WIDER = if_any("With products and least error, {misses}.")
WORK = if_any(
    "Least error costs {sums} subset sums per weight on average, enumeration $2^{{{n}}}$."
)

LENET_SETTING = if_any(
    "Here the network is trained on {data}, ${side}\\times{side}$ pixels in $[0,1]$, to an "
    "accuracy "
    "of {accuracy} on {held_out} held-out images; each of its {weights} numbers is replaced by the "
    "nearest subset sum of $n$ candidates of its own, proved nearest, and all candidates are drawn "
    "{times}.",
    "It was not imitated in this run.",
)
SETS = ("MNIST", "Fashion-MNIST")
Published = Enum("Published", "NOTHING NOT_RUN RUN")  # the published sizes
Imitated = Enum("Imitated", "NOTHING NOT_RUN ALL SOME NONE")  # published errors in our ranges
_RANGES = "; a further draw of ours would fall in such a range with probability {chance}."
LENET = {
    Imitated.NOTHING: "",
    Imitated.NOT_RUN: "The published sizes were not run.",
    Imitated.ALL: "All {errors} recomputed from their cached data, of both data sets, lie in the "
    f"ranges of our draws: the figures are reproduced{_RANGES}",
    Imitated.SOME: "Of the {errors} recomputed from their cached data for each data set, {counts} "
    f"lie in the range of our draws{{outside}}{_RANGES}",
    Imitated.NONE: "Of the {errors} recomputed from their cached data none lies in the range of "
    f"our draws{{outside}}: the figures are not reproduced{_RANGES}",
}
OUTSIDE = if_any("; outside lie {listed}")
FARTHER = {
    Side.UNKNOWN: "",
    Side.AROUND: "",
    Side.BELOW: "{value} for {name} at $n={n}$, above all of ours",
    Side.ABOVE: "{value} for {name} at $n={n}$, below all of ours",
}
Reason = Enum("Reason", "NOT_RUN SMALL_WEIGHT RATIO")  # of the largest relative error
REASON = {
    Reason.NOT_RUN: "",
    Reason.SMALL_WEIGHT: "Over the weight itself the largest error is another quantity and falls "
    "on a small weight: in the median over draws at $n={n}$ on one of size {size}, where half of "
    "the weights exceed {half}.",
    Reason.RATIO: "Over the weight itself the largest error is another quantity, of which both "
    "parts depend on the weight it falls on.",
}
OUTPUTS = if_any(
    "The largest error of an output, over the largest output, has median {shares}; of all "
    "decisions compared, {changed} of {seen} changed."
)

FACTORS = {1: "one uniform factor", 2: "two"}
RATE = "{rate} with {factors} (interval {low} to {high}; published {published}, {place})"
PLACE = {
    Side.UNKNOWN: "outside",
    Side.BELOW: "outside",
    Side.AROUND: "inside",
    Side.ABOVE: "outside",
}
FAILURES = {
    Published.NOTHING: "Rates of failure were not measured in this run.",
    Published.NOT_RUN: "The published sizes were not run.",
    Published.RUN: "At the published size the share missed is {rates}. This run {judged}",
}
Judged = Enum("Judged", "ONE_REPRODUCED ALL_REPRODUCED SOME ONE_MISSED ALL_MISSED")
_TRIALS = (
    ". A published rate has an error of its own: from fewer than about {trials} trials it would be "
    "as far from ours with probability above {probability}."
)
JUDGED = {
    Judged.ONE_REPRODUCED: "reproduces the published rate.",
    Judged.ALL_REPRODUCED: "reproduces the published rates.",
    Judged.SOME: f"reproduces some of the published rates{_TRIALS}",
    Judged.ONE_MISSED: f"does not reproduce the published rate{_TRIALS}",
    Judged.ALL_MISSED: f"does not reproduce the published rates{_TRIALS}",
}

ABSTRACT = if_any("", "This run repeated no published experiment at a published size.")
ABSTRACT_DENSE = {
    Result.UNKNOWN: "",
    Result.REPRODUCED: "A published dense ticket is reproduced{elsewhere}: with {n} candidates per "
    "weight its accuracy does not change.",
    Result.NOT_REPRODUCED: "A published dense ticket is not reproduced{elsewhere}: with {n} "
    "candidates per weight it does not keep every weight and its accuracy.",
}
_RANGE = "The ranges of our draws of a LeNet hold"
ABSTRACT_LENET = {
    Imitated.NOTHING: "",
    Imitated.NOT_RUN: "",
    Imitated.ALL: f"{_RANGE} each of {{errors}}.",
    Imitated.SOME: f"{_RANGE} {{within}} of {{errors}}.",
    Imitated.NONE: f"{_RANGE} none of {{errors}}.",
}
ABSTRACT_FAILURES = {
    Judged.ONE_REPRODUCED: "Our interval holds the published rate of failure.",
    Judged.ALL_REPRODUCED: "Our intervals hold each of {rates} of failure.",
    Judged.SOME: "Our intervals hold {inside} of {rates} of failure.",
    Judged.ONE_MISSED: "Our interval does not hold the published rate of failure.",
    Judged.ALL_MISSED: "Our intervals hold none of {rates} of failure.",
}
