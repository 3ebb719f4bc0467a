"""Rules between keys of the config, each with the settings that it is about."""

import importlib
from collections.abc import Mapping
from typing import Any

from slth.configuration.model import enabled
from slth.settings import networks
from slth.studies import names


def cross_faults(config: Mapping[str, Any]) -> list[str]:
    """Return one line per fault of a config that has its defaults and no fault key by key.

    Studies that are switched off are not looked at.
    """
    found = list(networks.faults(config))
    for study in names():
        settings = importlib.import_module(f"slth.studies.{study}.settings")
        if enabled(config, study) and hasattr(settings, "faults"):
            found += settings.faults(config)
    return found
