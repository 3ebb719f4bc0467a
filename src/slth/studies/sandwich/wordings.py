"""What the section on the bracket can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Count, Share, if_any

NONE = "This run measured no random pair."

Sound = Enum("Sound", "NOTHING VIOLATED SOUND")
_TRIED = "Of {probes} inputs tried against {bounds}, "
SOUND = {
    Sound.NOTHING: NONE,
    Sound.VIOLATED: f"{_TRIED}those of {{above}} exceed the bound: it is not sound.",
    Sound.SOUND: f"{_TRIED}none exceeds its bound.",
}
_EXACT = (
    "The exact value, from a mixed-integer program, lies in the bracket for {}, and the upper end "
    "is at most {{gap}} times it."
)
EXACT = {  # share of pairs whose exact value lies in the bracket
    Share.NOTHING: "No pair was solved exactly.",
    Share.NONE: _EXACT.format("{inside}"),
    Share.SOME: _EXACT.format("only {inside}"),
    Share.ALL: _EXACT.format("{every}"),
}
ONE_LAYER = if_any("For {pairs} of one layer the ends differ by at most {excess} of the lower one.")
_ORDER = (
    "On {fine} closed form, differential bound and lower end are in that order; "
    "ours is the least upper bound by definition."
)
ORDER = {  # share of pairs with the bounds in order
    Share.NOTHING: "",
    Share.NONE: _ORDER,
    Share.SOME: _ORDER,
    Share.ALL: "On every pair closed form, differential bound and lower end are in that order; "
    "ours is the least upper bound by definition.",
}

Slope = Enum("Slope", "NOTHING PROPORTIONAL NOT_PROPORTIONAL")
_SLOPE = (
    " proportional to the distance: the slope in log--log differs from $1$ by at most {farthest} "
    "over {networks}."
)
SLOPE = {
    Slope.NOTHING: "",
    Slope.PROPORTIONAL: f"The upper bound is{_SLOPE}",
    Slope.NOT_PROPORTIONAL: f"The upper bound is not{_SLOPE}",
}

Crown = Enum("Crown", "NOTHING FLAT FALLS")
_CROWN = " with the distance (slope at most {steepest} at depth two and more)."
CROWN = {
    Crown.NOTHING: "",
    Crown.FLAT: f"CROWN, which relaxes $f$ and $g$ apart, does not fall{_CROWN}",
    Crown.FALLS: f"CROWN, which relaxes $f$ and $g$ apart, falls{_CROWN}",
}

Tight = Enum("Tight", "NOTHING UNKNOWN ALL_WITHIN SOME_BEYOND")  # arms and a tight ratio
_MEDIAN = "The median ratio of upper to lower bound is {ratios}, "
TIGHT = {
    Tight.NOTHING: "This run bracketed no ticket.",
    Tight.UNKNOWN: "No lower bound of a ticket is positive.",
    Tight.ALL_WITHIN: f"{_MEDIAN}at most {{most}} in every arm.",
    Tight.SOME_BEYOND: f"{_MEDIAN}more than {{most}} in {{beyond}}.",
}

Split = Enum(
    "Split", "NOTHING NONE_REACH ONE_REACHES SEVERAL_REACH"
)  # a tight ratio with splitting
SPLIT_TICKETS = {
    Count.NONE: "",
    Count.ONE: "one ticket",
    Count.SEVERAL: "{tickets}, one per arm,",
}
_SPLIT = (
    "Splitting phases and inputs lowers the median ratio of {tickets} from {whole} to {split}; "
)
SPLIT = {
    Split.NOTHING: "",
    Split.NONE_REACH: f"{_SPLIT}none reaches {{most}}.",
    Split.ONE_REACHES: f"{_SPLIT}{{reached}} reaches {{most}}.",
    Split.SEVERAL_REACH: f"{_SPLIT}{{reached}} reach {{most}}.",
}

THEOREM = if_any(". The theorem's bound is {loose} times ours (median)")
MISSING = if_any("The theorem's bound is missing where the readout is a ticket too.")
DATA = if_any(
    "For {share} of the tickets the largest error on the held-out images is below the lower bound, "
    "by a median factor of {factor}{theorem}."
)
PUBLIC = if_any(
    "For {pairs} of public networks and their pruned twins the upper end is {ratios} times the "
    "lower one, after {seconds} seconds of one core."
)

Bracketed = Enum("Bracketed", "NOTHING OWN REFERENCE")  # of the brackets of public pairs
ORIGIN = {
    Bracketed.NOTHING: "",
    Bracketed.OWN: "They were bracketed on the machine of this run ({processors}).",
    Bracketed.REFERENCE: "They were bracketed before this run ({processors}).",
}

ANSWER = {
    Tight.NOTHING: "This run bracketed no ticket.",
    Tight.UNKNOWN: "No lower bound of a ticket is positive.",
    Tight.ALL_WITHIN: "The median ratio of upper to lower end is {ratios} over the arms, "
    "at most {most} in every one.",
    Tight.SOME_BEYOND: "The median ratio of upper to lower end is {ratios} over the arms, "
    "more than {most} in some.",
}

_BRACKETED = "We bracket the largest difference of two networks over all inputs"
ABSTRACT = {
    Sound.NOTHING: NONE,
    Sound.VIOLATED: f"{_BRACKETED}, but inputs exceed the upper end for {{above}}: it is not "
    "sound.",
    Sound.SOUND: f"{_BRACKETED}, and none of {{probes}} inputs tried exceeds the upper end.",
}
ABSTRACT_EXACT = {  # share of pairs whose exact value lies in the bracket
    Share.NOTHING: "",
    Share.NONE: "The bracket holds the exact error of {inside}.",
    Share.SOME: "The bracket holds the exact error of only {inside}.",
    Share.ALL: "The bracket holds the exact error of {every}.",
}
ABSTRACT_ENDS = {  # of depths
    Count.NONE: "",
    Count.ONE: "The median ratio of upper to lower end is {first}.",
    Count.SEVERAL: "The median ratio of upper to lower end is {first} at the least depth and "
    "{last} at the greatest.",
}
