"""What the section on removed neurons can say: verdicts, and a wording for each."""

from slth.studies.neurons.laws import Law
from slth.studies.printing.wordings import Share, Side, if_any

SETTING = if_any(
    "We solved {instances} at every pair of $p$ and $n$, {points} in all, with up to {n} neurons.",
    "This run measured no networks whose neurons are removed.",
)
PROVED = {
    Share.NOTHING: "",
    Share.NONE: "None of the subsets is proved to be the best.",
    Share.SOME: "Of the subsets {some} of {total} are proved to be the best.",
    Share.ALL: "Every subset is proved to be the best of all $2^n$.",
}

LAW = {
    Law.UNKNOWN: "At {where} there are too few sizes free of the cap to compare laws.",
    Law.EXPONENTIAL: "At {where} the exponential describes the medians better.",
    Law.POWER: "At {where} the power describes the medians better.",
    Law.UNDECIDED: "At {where} the sizes do not tell an exponential from a power.",
}

_RATE = "With one input the error falls by {rate} bits per neuron"
RATE = {
    Side.UNKNOWN: "",
    Side.ABOVE: f"{_RATE}, faster than the half bit of a subset sum.",
    Side.AROUND: f"{_RATE}, which agrees with the half bit of a subset sum.",
    Side.BELOW: f"{_RATE}, less than the half bit of a subset sum.",
}
_SLOWER = "With more inputs it falls more slowly"
SLOWER = {
    Share.NOTHING: "",
    Share.NONE: "With more inputs no smaller rate is resolved.",
    Share.SOME: f"{_SLOWER} at {{some}} of the {{total}} numbers of inputs: by {{rate}} bits a "
    "neuron over the sizes fitted.",
    Share.ALL: f"{_SLOWER}: by {{rate}} bits per neuron over the sizes fitted.",
}
_POWER = "The exponent $q$ at $p={p}$ is {power}"
_MOST = "the largest that the theorem allows at large $n$"
POWER = {
    Side.UNKNOWN: "",
    Side.ABOVE: f"{_POWER}, above one, {_MOST}: so it must become smaller.",
    Side.AROUND: f"{_POWER}, an interval that holds one, {_MOST}.",
    Side.BELOW: f"{_POWER}, below one, {_MOST}.",
}
ANSWER = if_any(
    "With $p$ inputs the error of one ReLU neuron falls by {rates} for each random neuron."
    "{undecided}",
    "This run measured no networks whose neurons are removed.",
)
RATE_AT = "{rate} bits ($p={p}$)"
UNDECIDED = if_any(" The sizes do not tell an exponential from a power at {where}.")
REACHED = if_any(
    "The median error at the largest $n$ is {one} of the target's with one input, and {more} with "
    "more."
)
EMPTY = if_any(
    "At $p={p}$ the best subset is still empty in {none} of the instances at the largest $n$."
)
