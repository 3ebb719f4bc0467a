"""What the section on depth can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Side, if_any

SETTING = if_any(
    "In this run $n = {n:g}$ in every layer, the dimension $d$ of a subset problem is {d}, and "
    "{targets} of each kind were drawn, with one random network each.",
    "This run measured no error against depth.",
)

Sum = Enum("Sum", "NOTHING ONE_LAYER NOT_IN_FULL IN_FULL UNDECIDED")  # of the layers' errors
_SUM = (
    "At {layers} the median error lies between {ratios}, each layer's error weighted by "
    "$\\norm{{f_{{i-1}}}}$: "
)
SUM = {
    Sum.NOTHING: "",
    Sum.ONE_LAYER: "One layer has nothing to add up.",
    Sum.NOT_IN_FULL: f"{_SUM}the errors do not add up in full.",
    Sum.IN_FULL: f"{_SUM}the errors add up in full at least once.",
    Sum.UNDECIDED: f"{_SUM}the bracket does not decide whether they add up in full.",
}
GROWTH = {
    Side.UNKNOWN: "",
    Side.BELOW: "slower than in proportion to depth with {kinds} kernels",
    Side.ABOVE: "faster than in proportion with {kinds} kernels",
    Side.AROUND: "proportion to the depth is not excluded with {kinds} kernels",
}
EXPONENTS = if_any(
    "As a power of the depth the upper bound over $\\sup|f|$ grows with exponent {exponents}: "
    "{growth}."
)

_ABSTRACT = "Over {layers} the errors of a ticket's layers"
ABSTRACT = {
    Sum.NOTHING: "This run measured no error against depth.",
    Sum.ONE_LAYER: "Targets of one layer have no errors that add up.",
    Sum.NOT_IN_FULL: f"{_ABSTRACT} do not add up in full: the median error is at most {{most}} "
    "times their weighted sum.",
    Sum.IN_FULL: f"{_ABSTRACT} add up in full at least once: there the median error is no less "
    "than their weighted sum.",
    Sum.UNDECIDED: f"{_ABSTRACT} may or may not add up in full: the certified bracket does not "
    "decide it.",
}

Theorem = Enum("Theorem", "NOTHING EXCEEDED HOLDS")
THEOREM = {
    Theorem.NOTHING: "",
    Theorem.EXCEEDED: "The lower bound exceeds the theorem's bound in {beyond}: one "
    "of the two is wrong.",
    Theorem.HOLDS: "The theorem's bound holds in {tickets}; over the certified upper "
    "bound it is, at the greatest depth, a factor of {factors}.",
}
ABSTRACT_THEOREM = {
    Theorem.NOTHING: "",
    Theorem.EXCEEDED: "In {beyond} the lower bound exceeds the theorem's: they "
    "contradict each other.",
    Theorem.HOLDS: "The theorem's bound holds for every ticket{loose}.",
}
LOOSE = if_any("; at the greatest depth it is {factors} times the certified one")
