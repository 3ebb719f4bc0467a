"""What the section on learned masks can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Count, Share, if_any

NO_MASKS = "This run learned no mask."
SETTING = if_any(
    "The random networks have hidden convolutions of {channels} channels and a readout, {weights} "
    r"weights, all under the mask, on {data}. Masks are asked to keep {least}\,\% to {most}\,\% of "
    "the weights.",
    NO_MASKS,
)
Fit = Enum("Fit", "NOTHING FULL SHORT")  # what masks of whole filters keep against what is asked
FIT = {
    Fit.NOTHING: "",
    Fit.FULL: "In this run filter masks keep what is asked for.",
    Fit.SHORT: "Where {asked} are asked for, filter masks keep {kept}.",
}
BEST = if_any(
    "Without training a weight, the best median accuracy is {accuracies}{dense}.", NO_MASKS
)
DENSE = if_any("; trained networks reach {accuracy}")
Best = Enum("Best", "NOTHING ONE_KIND BOTH")  # granularities of masks of untrained weights
UNITS = {"edge": "single weights", "filter": "whole filters"}
_REACH = "In random networks that are not trained, learned masks of {units} reach a median accuracy"
ABSTRACT = {
    Best.NOTHING: "This run learned no mask of untrained weights.",
    Best.ONE_KIND: f"{_REACH} of {{reached}}.",
    Best.BOTH: f"{_REACH} of {{reached}}, and masks of whole filters {{filters}}.",
}
ABSTRACT_DENSE = if_any("Networks that are trained and not pruned reach {accuracy}.")
_CONTROLS = "The margins of masks over null controls are positive for certain in "
ABSTRACT_MARGINS = {  # share of margins whose interval lies above zero
    Share.NOTHING: "",
    Share.NONE: f"{_CONTROLS}{{above}}.",
    Share.SOME: f"{_CONTROLS}{{above}}.",
    Share.ALL: f"{_CONTROLS}{{every}}.",
}
_AHEAD = (
    " of equal method and fraction asked for, masks of single weights are more accurate than "
    "masks of whole filters, of which there are far fewer to choose from; the largest gap is "
    "{widest} points."
)
AHEAD = {  # share of pairs in which single weights are ahead of filters
    Share.NOTHING: "",
    Share.NONE: f"In {{ahead}}{_AHEAD}",
    Share.SOME: f"In {{ahead}}{_AHEAD}",
    Share.ALL: f"In {{every}}{_AHEAD}",
}

ROUTE_SIZES = {  # of random networks
    Count.NONE: "none in this run",
    Count.ONE: "at $n=\\,${n}",
    Count.SEVERAL: "as the random network widens",
}
ROUTES = if_any("{arms}", "This run pruned no random network of the tickets by learning.")
_CONSTRUCTED = (
    " of equal $n$ the median lower bound of the learned network exceeds the median "
    "upper bound of the constructed ticket"
)
ROUTE_ERROR = {  # share of comparisons won by the constructed ticket
    Share.NOTHING: "No bracket of the sup-norm error is defined for the other routes in this run.",
    Share.NONE: f"In {{better}}{_CONSTRUCTED}.",
    Share.SOME: f"In {{better}}{_CONSTRUCTED}, by a factor of up to {{worst}}.",
    Share.ALL: f"In {{every}}{_CONSTRUCTED}, by a factor of up to {{worst}}.",
}
ROUTE_WIDTH = if_any("{arms}")

Verdict = Enum("Verdict", "OTHER_DATA REPRODUCED NOT_REACHED UNKNOWN SAME_KIND NOT_SO UNSETTLED")
VERDICTS = {  # of a published figure, in the table
    Verdict.OTHER_DATA: "not comparable: other data",
    Verdict.REPRODUCED: "reproduced",
    Verdict.NOT_REACHED: "not reached by this network and budget",
    Verdict.UNKNOWN: "not measured",
    Verdict.SAME_KIND: "same in kind",
    Verdict.NOT_SO: "not so here",
    Verdict.UNSETTLED: "not settled here",
}
Figures = Enum("Figures", "NOTHING OTHER_DATA SAME_DATA")  # published ones beside those of the run
FIGURES = {
    Figures.NOTHING: "This run has nothing to set beside the published figures.",
    Figures.OTHER_DATA: "These masks were learned on {data}, which none of the published figures "
    "is about, so that their sizes cannot be reproduced or refuted here. This run bears out {kind} "
    "about kind rather than size.",
    Figures.SAME_DATA: "This run bears out {held} about this data set.",
}

EPOCHS = if_any("after {epochs} of their last training", "early in their last training")
SHARE = {
    Share.NOTHING: "all {total}",
    Share.NONE: "none of the {total}",
    Share.SOME: "{some} of the {total}",
    Share.ALL: "all {total}",
}
MARGINS = if_any(
    "The interval of the margin over the control lies above zero in {above} cases of a method, a "
    "granularity and a control: {units}.{holds}{below}",
    "The margins over the controls have no interval in this run: one random network.",
)
HOLDS = if_any(" It holds zero for {names}.")
BELOW = if_any(" It lies below zero for {names}.")
EARLY = if_any(
    "Early in the last training, it lies above zero in {above} cases of trained "
    "weights.{holds}{below}"
)
SEEDS = {Count.NONE: "--", Count.ONE: "{count}", Count.SEVERAL: "{counts}"}  # per granularity

LIU = r"\citep{{liu2019rethinking}}"
FRANKLE = r"\citep{{frankle2019lottery}}"
FILTERS = if_any(
    "The margins of trained filters are {end} points at the end of training{early}.{start}{left}"
)
FILTERS_EARLY = if_any(", and {start} early in it")
Start = Enum("Start", "LASTING HEAD_START")  # gain of trained filters over training
START = {
    Start.LASTING: "",
    Start.HEAD_START: " A ticket of filters has a head start, as tickets of single weights have "
    f"{FRANKLE}, of which training leaves little.",
}
Left = Enum("Left", "UNCERTAIN CERTAIN")  # gain of trained filters at the end
LEFT = {
    Left.UNCERTAIN: " That nothing certain is left in some cases at the end agrees with the "
    "finding "
    f"that the shape of the pruned network counts for filters, not its inherited weights {LIU}.",
    Left.CERTAIN: " Inherited filters are thus worth something here, where training is short; "
    f"after long training of large networks no such gain was found {LIU}.",
}
TOGETHER = if_any(
    "These are {intervals} at {confidence} each; at {together} for all statements at once, by "
    "Holm's procedure, {above} margins are positive."
)

LONGER_SETTING = if_any(
    "For each method masks of {networks} are also learned for {epochs} epochs, "
    r"each time from the start. They are masks of {units}, asked to keep {kept}\,\% of the "
    "weights.",
    "This run learned no mask for longer.",
)
Longer = Enum("Longer", "NOTHING UNKNOWN NONE SOME ALL")  # methods that the last doubling improves
_FROM = "From {before} to {after} epochs"
_MEANS = "The mean changes of the methods are {means} points{all}."
LONGER = {
    Longer.NOTHING: "",
    Longer.UNKNOWN: f"{_FROM} the networks are too few for intervals. {_MEANS}",
    Longer.NONE: f"{_FROM} no method becomes more accurate for certain. {_MEANS}",
    Longer.SOME: f"{_FROM} the accuracy still rises for certain with {{names}}. With the other "
    f"methods no rise is certain. {_MEANS}",
    Longer.ALL: f"{_FROM} the accuracy still rises for certain with every method. {_MEANS}",
}
LONGER_MEAN = if_any(", and {mean} [{low}, {high}] on average over them")
LONGER_GAIN = if_any(
    "From {first} to {last} epochs the mean accuracies change by {least} to {most} points."
)
