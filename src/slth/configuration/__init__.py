"""The config's front door: read it, name every fault in one line, fill in the defaults."""

from slth.configuration._check import check, check_or_exit
from slth.configuration.model import enabled
from slth.configuration.reading import ConfigError, merge, read, read_or_exit
from slth.configuration.rules import cross_faults
from slth.configuration.schema import schema
from slth.settings.faults import faults

__all__ = [
    "ConfigError",
    "check",
    "check_or_exit",
    "cross_faults",
    "enabled",
    "faults",
    "merge",
    "read",
    "read_or_exit",
    "schema",
]
