"""Read config files: plain YAML, nothing that hides or multiplies."""

from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node

MAX_BYTES = 1_000_000  # a config is a page of text; anything larger is the wrong file


class ConfigError(ValueError):
    """A config that cannot be used; ``faults`` holds one line a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice (YAML keeps the last one without a word)."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not taken: write the value out",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen if isinstance(key.value, str) else False:
                raise yaml.MarkedYAMLError(
                    problem=f"key {key.value!r} is given twice", problem_mark=key.start_mark
                )
            if isinstance(key.value, str):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Return the config in ``paths``, later files over earlier ones (see `merge`).

    Raises ConfigError, one line a file: missing or unreadable, over 1 MB, not UTF-8, not YAML,
    a key given twice, an alias, no mapping at the top.
    """
    config: dict[str, Any] = {}
    faults = []
    for path in paths:
        try:
            config = merge(config, _read_one(Path(path)))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    return config


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid on it: mappings key by key, everything else replaced.

    This is what Snakemake does with several ``--configfile``.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _read_one(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError([f"{path}: got {size:,} bytes, takes at most {MAX_BYTES:,}"])
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 at byte {error.start}"]) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError([f"{path}{_place(error)}: {error.problem}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: nested too deeply"]) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # e.g. the date 2020-99-99, or an integer of 5000 digits
        raise ConfigError([f"{path}: {' '.join(str(error).split())[:200]}"]) from None
    if value is not None and not isinstance(value, dict):
        raise ConfigError([f"{path}: got {type(value).__name__}, takes keys at the top level"])
    return value or {}


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""
