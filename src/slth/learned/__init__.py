"""The room of learned masks: `learn`, its null controls, the methods, what to make of a mask."""

from slth.learned._learn import control, control_all, learn, learn_all
from slth.learned.base import Method
from slth.learned.controls import CONTROLS
from slth.learned.registry import METHODS, get
from slth.learned.result import LearnedMask
from slth.learned.shrink import shrink
from slth.learned.signed import signed_constant
from slth.learned.trainings import Trainings
from slth.learned.units import GRANULARITIES, Units, units_of

__all__ = [
    "CONTROLS",
    "GRANULARITIES",
    "METHODS",
    "LearnedMask",
    "Method",
    "Trainings",
    "Units",
    "control",
    "control_all",
    "get",
    "learn",
    "learn_all",
    "shrink",
    "signed_constant",
    "units_of",
]


def __dir__() -> list[str]:
    return __all__
