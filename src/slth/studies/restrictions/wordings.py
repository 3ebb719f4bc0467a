"""What the section on lifted restrictions can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Count, Side, if_any

REMOVED = {"filter": "whole filters", "kernel": "single kernels", "entry": "single weights"}
SETTING = if_any(
    "This run drew {targets}, each met by random networks with about $n = {n:g}$ candidates per "
    "problem, of which {removed} are removed ($d = {d:g}$), and every problem was solved once.",
    "The experiment was switched off in this run.",
)
_SHARED = (
    "the subset problems as they were, so that the base's solutions serve unchanged; what differs "
    "is what the network makes of the same errors."
)
SHARED = {
    Count.NONE: "",
    Count.ONE: f"{{variants}} leaves {_SHARED}",
    Count.SEVERAL: f"{{variants}} leave {_SHARED}",
}

Effect = Enum("Effect", "MORE ALSO_LESS LESS SAME UNKNOWN")  # ALSO_LESS: others have more error
_CLEAR = "with {confidence} intervals clear of one, for {variants}"
EFFECT = {
    Effect.MORE: f"the relative error at equal inputs exceeds the base's, {_CLEAR}",
    Effect.ALSO_LESS: f"it falls below the base's, {_CLEAR}",
    Effect.LESS: f"the relative error at equal inputs falls below the base's, {_CLEAR}",
    Effect.SAME: "the interval of the ratio holds one for {variants}",
    Effect.UNKNOWN: "one seed gives no interval for {variants}",
}
Lifted = Enum("Lifted", "NOTHING UNKNOWN ONE_FREE ONE_COSTS NONE SOME ALL")  # what costs error
_ONE = "One restriction of the theorem was lifted, for {variant}, and the relative error "
_LIFTING = "Lifting {variants} of the theorem one at a time raises the relative error for certain "
ABSTRACT = {
    Lifted.NOTHING: "This run lifted no restriction of the theorem.",
    Lifted.UNKNOWN: "What it costs to lift a restriction of the theorem has no interval in this "
    "run.",
    Lifted.ONE_FREE: f"{_ONE}does not rise for certain.",
    Lifted.ONE_COSTS: f"{_ONE}rises for certain.",
    Lifted.NONE: f"{_LIFTING}in no case.",
    Lifted.SOME: f"{_LIFTING}in {{cases}}.",
    Lifted.ALL: f"{_LIFTING}in every case.",
}
ABSTRACT_RATIOS = if_any("The relative error is {ratios} times that of the theorem's setting.")
EFFECTS = if_any("{effects}", "No variant was built.")

_WORST = "With uniform weights the error of the worst subset problem {} by a factor of {{ratio}}."
UNIFORM = {
    Side.UNKNOWN: _WORST.format("does not tell the two laws apart,"),
    Side.AROUND: _WORST.format("does not tell the two laws apart,"),
    Side.ABOVE: _WORST.format("is larger than with normal ones,"),
    Side.BELOW: _WORST.format("is smaller than with normal ones,"),
}
TANH = if_any(
    "For tanh no bracket is defined: the largest error at {inputs} random inputs is {seen} and the "
    "closed form, remainders of the linear approximation included, {bound} (medians)."
)
