"""What the section on prices can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Count, Share, Side, if_any

TARGET = (
    "{target} has {weights} weights, its largest output seen is {scale}, and the dimensions $d$ of "
    "its subset problems are {d}"
)
TARGETS = if_any("{targets}", "This run priced no construction.")
REFUSAL = "{arm} cannot take {target}: {reason}"
REFUSALS = if_any("{refusals}", "No construction of this run refuses its target.")
METHOD = {  # of tickets
    Count.NONE: "",
    Count.ONE: "The upper end is that of {routine}.",
    Count.SEVERAL: "The upper ends are those of {routines} of {tickets} tickets.",
}

_HALVED = (
    "Where theorems ask for a width of order $1/\\eps$ and the source doubles, the error is halved "
    "{rates} times in {sweeps}{wide}."
)
POWER = if_any(
    f"{_HALVED} {{predicted}}",
    "This run has no construction of which the theorem asks a width of order $1/\\eps$.",
)
WIDE = if_any("; the interval is too wide to tell anything for {wide}")
Halving = Enum("Halving", "UNKNOWN HOLDS FAILS ALL ONE_OF OTHERS")  # intervals that hold one
_THEOREMS = "the one halving that the theorems predict."
HALVING = {
    Halving.UNKNOWN: "",
    Halving.HOLDS: f"The {{confidence}} interval holds {_THEOREMS}",
    Halving.FAILS: f"The {{confidence}} interval does not hold {_THEOREMS}",
    Halving.ALL: f"All of the {{intervals}} (at {{confidence}}) hold {_THEOREMS}",
    Halving.ONE_OF: f"Of the {{intervals}} (at {{confidence}}) {{inside}} holds {_THEOREMS}",
    Halving.OTHERS: f"Of the {{intervals}} (at {{confidence}}) {{inside}} hold {_THEOREMS}",
}

LOGARITHM = if_any(
    "{fits}{candidates} {searched}",
    "This run has no rate of a construction whose width is logarithmic.",
)
_FITS = "An exponential in $n$ (or in the digits) fits the medians better than a power in "
_WHOSE = " whose theorem has a width logarithmic in $1/\\eps$"
FITS = {  # share of the sweeps that an exponential fits better
    Share.NOTHING: "",
    Share.NONE: f"{_FITS}{{exponential}}{_WHOSE}{{power}}. ",
    Share.SOME: f"{_FITS}{{exponential}}{_WHOSE}{{power}}. ",
    Share.ALL: f"{_FITS}{{every}}{_WHOSE}. ",
}
POWER_FITS = if_any("; a power fits better for {names}")
CANDIDATES = (
    "The halvings per candidate that \\eqref{{eq:nstar}} predicts lie in the measured "
    "{confidence} interval in {inside}{below}{above}."
)
BELOW = if_any("; the interval lies below for {names}")
ABOVE = if_any("; it lies above for {names}")
SEARCHED = if_any(
    "At the largest $n$ not all subset sums were solved to a proof that no subset is better, so "
    "that the rate is one of search, not of existence, for {names}, in brackets the share of "
    "proofs.",
    "All subset sums were solved to a proof that no subset is better.",
)

NEURONS = if_any("{targets}", "This run removed no neuron without blocks.")
_UNBLOCKED = (
    "on {target} the error without blocks, seen from below, is still {error} of the target's size "
    "at {weights} source weights per target weight"
)
_RATE = "{rate} halvings per doubling, {confidence} interval {low} to {high}"
TREND = {  # of halvings per doubling, against 0
    Side.UNKNOWN: f"{_UNBLOCKED}.",
    Side.ABOVE: f"{_UNBLOCKED}. It falls ({_RATE}).",
    Side.BELOW: f"{_UNBLOCKED}. It rises ({_RATE}).",
    Side.AROUND: f"{_UNBLOCKED}. No trend is resolved ({_RATE}).",
}

ORDER = if_any(
    "For a certified error of {level} of the target's size, the median numbers of source weights "
    "per target weight are these. {targets}.",
    "No construction of this run reaches the error at which sizes are compared.",
)
MISSED = if_any("; {arms} did not get there")
Structure = Enum("Structure", "UNKNOWN COSTS MIXED")  # factor of sizes against single entries
_AGAINST = "Against single entries of the same kind of random network, "
STRUCTURE = {
    Structure.UNKNOWN: "Granularities cannot be compared at that error in this run.{missed}",
    Structure.COSTS: f"{_AGAINST}structure costs a factor of {{ratios}}.{{missed}}",
    Structure.MIXED: f"{_AGAINST}the cost of structure is a factor of {{ratios}}.{{missed}}",
}
PREDICTED = if_any(" (by the predicted widths: {wanted})")
_WIDTHS = (
    "The ratio of the measured to the predicted width is {ratios} in the {sweeps} with a crossing "
    "of the tolerance and a prediction"
)
WIDTHS = {
    Count.NONE: "No predicted width can be set beside a measured one in this run.",
    Count.ONE: f"{_WIDTHS}{{missed}}.",
    Count.SEVERAL: f"{_WIDTHS}; least for {{least}}, largest for {{largest}}{{missed}}.",
}
UNREACHED = if_any("; the tolerance is not reached by {names}")

SIZES_WIDTH = if_any(
    "The ratio of the measured to the predicted $n$ is {ratios}, over the fractions that were "
    "tried.",
    "This run built no ticket of one subset size that crosses the tolerance.",
)
Kept = Enum("Kept", "FEWER NO_FEWER")  # weights, in the sparser ticket
_SPARSER = (
    "at $d = {d:g}$ a kept fraction smaller by {fewer} takes a random network larger by {wider}, "
    "so that "
)
KEPT = {
    Kept.FEWER: f"{_SPARSER}fewer weights are kept in all",
    Kept.NO_FEWER: f"{_SPARSER}no fewer weights are kept in all",
}
SIZES_COST = if_any("{costs}")

UNMET = if_any(" On {target}, {kinds} did not reach the error compared{level}.")
UNMET_LEVEL = if_any(", {level} of the target's size")
_TIMES = "A source {times} times as large as for single entries, at equal certified error"
ANSWER = {
    Structure.UNKNOWN: "Granularities cannot be compared at equal error in this run.{missed}",
    Structure.COSTS: f"{_TIMES}, on {{targets}}.{{missed}}",
    Structure.MIXED: f"{_TIMES}, on {{targets}}, and so not always more.{{missed}}",
}
KINDS = {"kernel": "kernels", "filter": "whole filters"}
_REMOVING = (
    "At equal certified error, removing {kinds} takes a random network {times} times as large as "
    "removing single weights, on {targets}"
)
ABSTRACT = {
    Structure.UNKNOWN: "Granularities cannot be compared at equal error in this run.{missed}",
    Structure.COSTS: f"{_REMOVING}.{{missed}}",
    Structure.MIXED: f"{_REMOVING}, and so not always a larger one.{{missed}}",
}
ABSTRACT_SIZES = {
    Count.NONE: "No construction reaches the error at which sizes are compared.",
    Count.ONE: "One construction reaches the error compared, with {sizes} random weights per "
    "target weight.",
    Count.SEVERAL: "The constructions that reach the error compared take {sizes} random weights "
    "per target weight.",
}
