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
    "With equally many weights kept, whole channels run {least} to {most} times as fast as single "
    "weights compressed by rows. Equal error is not compared.",
    "This run has no latencies.",
)
