"""From a raw config to one that every rule may trust, or out with one line per fault."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slth.configuration.model import model
from slth.configuration.reading import ConfigError, leave, read_or_exit
from slth.configuration.rules import cross_faults
from slth.configuration.schema import schema
from slth.settings.faults import faults


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``config`` with its defaults; raise ConfigError with every fault otherwise.

    Rules between keys are looked at once every key by itself is right.
    """
    found = faults(config, schema())
    if found:
        raise ConfigError(found)
    filled = model().model_validate(config).model_dump()
    found = cross_faults(filled)
    if found:
        raise ConfigError(found)
    return filled


def check_or_exit(config: Mapping[str, Any], files: Iterable[str | Path] = ()) -> dict[str, Any]:
    """Return ``config`` with its defaults, or print ``config: `` lines to stderr and exit with 1.

    For the Snakefile. files: where the config came from (``workflow.configfiles``); read again to
    find what a parsed config no longer shows, such as a key given twice. SystemExit leaves
    Snakemake without a traceback and before any lock; a WorkflowError would print one.
    """
    read_or_exit(files)
    try:
        return check(config)
    except ConfigError as error:
        leave(error)
