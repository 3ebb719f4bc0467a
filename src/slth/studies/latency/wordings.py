"""What the section on latency can say: verdicts, and a wording for each."""

from enum import Enum

from slth.studies.printing.wordings import Share, if_any

Origin = Enum("Origin", "NOTHING OWN BEFOREHAND")
_TAKEN = r" ({processor}, {cores} cores, torch {torch}), by \texttt{{make latency}}."
ORIGIN = {
    Origin.NOTHING: "Latencies were not measured.",
    Origin.OWN: f"These timings were taken on the machine that typeset this{_TAKEN}",
    Origin.BEFOREHAND: f"These timings were taken beforehand, on one machine{_TAKEN}",
}
SETTING = if_any(
    r"The layer has {channels} channels in and out, ${kernel}\times{kernel}$ kernels and images of "
    r"${side}\times{side}$ pixels, its random network {hidden} hidden channels, and all numbers "
    "are of single precision."
)

Saving = Enum("Saving", "NOTHING NONE PART UNCLEAR")  # of time, where zeros are stored
_TAKE = ". Such networks take {low} to {high} of the dense time."
SAVING = {
    Saving.NOTHING: "",
    Saving.NONE: f"Removing weights and storing the zeros saves no time{_TAKE}",
    Saving.PART: f"Removing weights and storing the zeros saves part of the time{_TAKE}",
    Saving.UNCLEAR: f"Storing the zeros of what is removed has no clear effect on the time{_TAKE}",
}

_ROWS = "Compressed by rows, the same weights take {low} to {high} times the dense time; "
_PAYS = "this is faster than dense with {pays}"
SPARSE = {  # of the cells in which it is faster than dense
    Share.NOTHING: "",
    Share.NONE: f"{_ROWS}it is never faster at {{never}}.",
    Share.SOME: f"{_ROWS}{_PAYS}; never at {{never}}.",
    Share.ALL: f"{_ROWS}{_PAYS}.",
}

_GAIN = (
    "they are faster than the compressed form of equally many single weights; the ratios of the "
    "times are {least} to {most}"
)
GAIN = {  # of the comparisons in which they are the faster
    Share.NOTHING: "",
    Share.NONE: f". In none of {{compared}} {_GAIN}",
    Share.SOME: f". In {{faster}} of {{compared}} {_GAIN}",
    Share.ALL: f". In all {{compared}} {_GAIN}",
}
SHRUNK = if_any(
    "As many weights in whole channels, the rest removed, take {low} to {high} of the dense "
    "time{gain}."
)
STORED = {"csr": "compressed by rows", "shrunk": "in a shrunk network"}
MEMORY = if_any("A kept weight costs {bytes}, indices included.")
ANSWER = if_any(
    "With equally many weights of one layer kept, whole channels run {least} to {most} times as "
    "fast as single weights compressed by rows. {equal}",
    "This run has no latencies.",
)

# Tickets of a trained network at equal error: whole filters against the other granularities.
Structure = Enum("Structure", "NOTHING UNEQUAL FASTER SLOWER MIXED")
_AT_EQUAL = "At equal error they take {times} times as long as other tickets."
ABSTRACT = {
    Structure.NOTHING: "",
    Structure.UNEQUAL: "",
    Structure.FASTER: "At equal error tickets of whole filters are faster than all others.",
    Structure.SLOWER: "At equal error tickets of whole filters are slower than all others.",
    Structure.MIXED: "At equal error tickets of whole filters are not always faster than others.",
}
ANSWER_EQUAL = {
    Structure.NOTHING: "Equal error is not compared.",
    Structure.UNEQUAL: "Equal error is not compared.",
    Structure.FASTER: _AT_EQUAL,
    Structure.SLOWER: _AT_EQUAL,
    Structure.MIXED: _AT_EQUAL,
}
NO_TICKET = "This run has no times of tickets of a trained network."
EQUAL_SETTING = if_any(
    "The network is a {network} of {weights} weights, trained on {data}. It answers {accuracy} of "
    "the held-out images rightly.",
    NO_TICKET,
)
Equal = Enum("Equal", "NOTHING ALONE EQUAL APART")  # errors of the tickets that are compared
_ERRORS = "The errors of the tickets are {low} to {high} of the target's largest output"
EQUAL = {
    Equal.NOTHING: "",
    Equal.ALONE: "The error of the only ticket is {low} of the target's largest output.",
    Equal.EQUAL: f"{_ERRORS}, a factor of {{factor}} apart.",
    Equal.APART: f"{_ERRORS}. This is a factor of {{factor}}, too far apart to be called equal.",
}
_SLOW = "the network that it imitates"
_TIMES = "The times are {low} to {high} of the network's own."
SLOWER = {  # of the tickets, forms and batches that are slower than the network
    Share.NOTHING: "",
    Share.NONE: f"No ticket is slower than {_SLOW}. {_TIMES}",
    Share.SOME: f"In {{slower}} of {{cases}} the ticket is slower than {_SLOW}. {_TIMES}",
    Share.ALL: f"Every ticket is slower than {_SLOW}, in each form. "
    "The tickets take {low} to {high} times as long.",
}
_FILTERS = "At these errors whole filters are {word} than every other granularity"
_FACTOR = "their times are {times} of those of the others, each in its fastest form."
STRUCTURE = {
    Structure.NOTHING: "No ticket of whole filters is timed beside another granularity.",
    Structure.UNEQUAL: "Their speeds are therefore not compared.",
    Structure.FASTER: f"{_FILTERS.format(word='faster')}: {_FACTOR}",
    Structure.SLOWER: f"{_FILTERS.format(word='slower')}: "
    "they take {times} times as long, each in its fastest form.",
    Structure.MIXED: "At these errors whole filters are faster than some granularities and slower "
    f"than others: {_FACTOR}",
}
REASON = if_any(
    "Whole filters store no zeros. But they need $n={filters}$ candidates where {other} need "
    "$n={n}$. They keep {more} times as many weights."
)
ROWS_HELP = {  # of the tickets with zeros that are faster compressed by rows
    Share.NOTHING: "",
    Share.NONE: "Compressing the rows makes no ticket faster.",
    Share.SOME: "Compressing the rows makes the ticket faster in {faster} of {cases}.",
    Share.ALL: "Compressing the rows makes every ticket faster, in all {cases}.",
}
