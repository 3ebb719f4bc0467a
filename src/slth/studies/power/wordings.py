"""What the section on the beam's exponent can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Share, Side, if_any

SETTING = if_any(
    "Each point is the median of {instances}, whose targets have normal entries of "
    "standard deviation {sd}. Exponents are fitted to the sizes $n\\geq{ratio}\\,d$ by least "
    "squares of the logarithms. That leaves {sizes} for each $d$.",
    "This run measured no errors of the beam against $n$.",
)

# intervals against the earlier range; SOME_…: the others meet it
Range = Enum("Range", "NOTHING MEETS ABOVE BELOW SOME_ABOVE SOME_BELOW BOTH")
_RANGE = (
    "For normally-scaled normal candidates the estimates of $\\beta$ are {beta}. Over all $d$ "
    "and $L$ the mean is {mean}. Our earlier measurements gave {earlier}"
)
_SOME = f"{_RANGE}. That range is met by {{inside}}"
RANGE = {
    Range.NOTHING: "",
    Range.MEETS: f"{_RANGE}, and every interval meets that range.",
    Range.ABOVE: f"{_RANGE}, and every interval lies above that range.",
    Range.BELOW: f"{_RANGE}, and every interval lies below that range.",
    Range.SOME_ABOVE: f"{_SOME}; the rest lies above it.",
    Range.SOME_BELOW: f"{_SOME}; the rest lies below it.",
    Range.BOTH: f"{_SOME}; the rest lies on both sides of it.",
}

ANSWER = if_any(
    "With candidates of all lengths the error of a beam falls as $n^{{-\\beta}}$ with $\\beta$ "
    "about {mean}, where that of the best subset falls as $2^{{-n/d}}$."
)

DIMENSION = {
    Side.UNKNOWN: "",
    Side.ABOVE: "The exponent grows with $d$, by {change} a doubling.",
    Side.BELOW: "The exponent falls as $d$ grows, by {change} a doubling.",
    Side.AROUND: "No trend of the exponent with $d$ is resolved: {change} a doubling.",
}
WIDTH = {
    Side.UNKNOWN: "",
    Side.ABOVE: "It grows with the width $L$, by {change} a doubling.",
    Side.BELOW: "It falls as the width $L$ grows, by {change} a doubling.",
    Side.AROUND: "No trend with the width $L$ is resolved: {change} a doubling.",
}

_NORMAL = "For normal candidates the estimates are {beta}, "
NORMAL = {
    Share.NOTHING: "",
    Share.NONE: f"{_NORMAL}and no interval lies above zero: that more candidates help is not "
    "resolved.",
    Share.SOME: f"{_NORMAL}and the interval lies above zero in {{some}}.",
    Share.ALL: f"{_NORMAL}and every interval lies above zero.",
}
_EMPTY = "most answers are the empty subset, so that $\\beta$ says nothing"
EMPTY = {
    Share.NOTHING: "",
    Share.NONE: "",
    Share.SOME: f"In {{some}} to normal candidates {_EMPTY}.",
    Share.ALL: f"In all fits to normal candidates {_EMPTY}.",
}
_SMALLER = "The exponents are smaller than those of normally-scaled normal candidates "
SMALLER = {
    Share.NOTHING: "",
    Share.NONE: "No difference from normally-scaled normal candidates is resolved.",
    Share.SOME: f"{_SMALLER}at {{some}} of the {{total}} pairs of $d$ and $L$.",
    Share.ALL: f"{_SMALLER}at every $d$ and $L$.",
}
TIMES = if_any(
    "At the largest $n$ the widest beam leaves {ratio} times the error with normal candidates."
)

ONE = if_any(
    "For normally-scaled normal candidates the heuristic's exponent of one lies in {some}."
)
INVERSE = if_any("For normal ones whose answers are mostly not empty its $1/d$ lies in {some}.")

_CHANCE = "from a straight line by more than chance"
BEND = {
    Share.NOTHING: "",
    Share.NONE: f"In {{some}} do the medians bend {_CHANCE}.",
    Share.SOME: f"In {{some}} the medians bend {_CHANCE}; one in twenty would do so anyway.",
    Share.ALL: f"In {{every}} the medians bend {_CHANCE}: the exponents are means over the sizes.",
}
_EXISTS = "What exists, $\\varepsilon^\\ast$, falls by {orders} powers of ten."
EXISTS = {
    Share.NOTHING: "",
    Share.ALL: "Over the fitted sizes the error of the widest beam falls by a factor of {fall}, "
    f"for normally-scaled normal candidates. {_EXISTS}",
    Share.SOME: "The error of the widest beam at the smallest fitted size is {fall} times that at "
    f"the largest, for normally-scaled normal candidates. {_EXISTS}",
    Share.NONE: "Over the fitted sizes the error of the widest beam does not fall, for "
    f"normally-scaled normal candidates. {_EXISTS}",
}
