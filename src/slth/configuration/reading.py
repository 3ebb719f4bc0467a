"""Read config files: plain YAML, nothing that hides or multiplies."""

import copy
import functools
import os
import stat
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.nodes import MappingNode, Node

MAX_BYTES = 1_000_000  # a config is a page of text; anything larger is the wrong file
MAX_DEPTH = 32  # of brackets in brackets; the schema has six
MAX_LINES = 50  # of faults that are printed
OPTIONS = ("--configfile", "--configfiles")  # of Snakemake


class ConfigError(ValueError):
    """A config that cannot be used; ``faults`` holds one line per fault, each once."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = list(dict.fromkeys(faults))
        super().__init__("\n".join(self.faults))


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice (YAML keeps the last one without a word)."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not taken: write the value out",
                problem_mark=event.start_mark,
            )
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem="nested too deeply", problem_mark=self.peek_event().start_mark
            )
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

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

    Raises ConfigError, one line per file: missing or unreadable, no plain file, over 1 MB, not
    UTF-8, not YAML, nested over 32 deep, a key given twice, an alias, a template, no mapping at the
    top.
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


def read_or_exit(files: Iterable[str | Path]) -> dict[str, Any]:
    """Return the config in ``files``, or print ``config: `` lines to stderr and exit with 1.

    For the top of the Snakefile: over some files, as one that is not UTF-8, Snakemake's own reader
    would end in a traceback.
    """
    try:
        return read(files)
    except ConfigError as error:
        leave(error)


def leave(error: ConfigError) -> NoReturn:
    """Print every fault as a ``config: `` line to stderr, `MAX_LINES` at most; exit with 1."""
    lines, more = error.faults[:MAX_LINES], len(error.faults) - MAX_LINES
    for line in [*lines, *([f"and {more} more faults"] if more > 0 else [])]:
        print(f"config: {line}", file=sys.stderr)
    sys.exit(1)


def given(arguments: Sequence[str]) -> list[str]:
    """Return the config files that a command line of Snakemake names, in order.

    The option may be shortened, as ``--configf``, and given as ``--configfile=x``; the last one
    counts.
    """
    found: list[str] = []
    open_ = False
    for word in arguments:
        option, _, value = word.partition("=")
        if word == "--":
            break
        if len(option) > len("--config") and OPTIONS[1].startswith(option):
            found, open_ = [value] if value else [], not value
        elif word.startswith("-") and word != "-":
            open_ = False
        elif open_:
            found.append(word)
    return found


@functools.cache
def _parsed(text: str) -> Any:
    """What a text says; a run reads its few files more than once."""
    return yaml.load(text, Loader=_Loader)


def _read_one(path: Path) -> dict[str, Any]:
    try:
        value = copy.deepcopy(_parsed(_text(path)))
    except ConfigError:
        raise
    except OSError as error:
        raise ConfigError([f"{_name(path)}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{_name(path)}: not UTF-8 at byte {error.start}"]) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError([f"{_name(path)}{_place(error)}: {error.problem}"]) from None
    except RecursionError:
        raise ConfigError([f"{_name(path)}: nested too deeply"]) from None
    except yaml.reader.ReaderError as error:
        words = f"character {error.character:#x} at position {error.position}: {error.reason}"
        raise ConfigError([f"{_name(path)}: {words}"]) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # e.g. the date 2020-99-99, or an integer of 5000 digits
        raise ConfigError([f"{_name(path)}: {' '.join(str(error).split())[:200]}"]) from None
    if value is not None and not isinstance(value, dict):
        raise ConfigError(
            [f"{_name(path)}: got {type(value).__name__}, takes keys at the top level"]
        )
    if value and "__use_yte__" in value:
        raise ConfigError([f"{_name(path)}: __use_yte__: templates are not taken: write it out"])
    return value or {}


def _text(path: Path) -> str:
    """The text of a plain file; a device or a pipe might never end, or never begin."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or a pipe"
            raise ConfigError([f"{_name(path)}: got {kind}, takes a file"])
        whole = b""
        while len(whole) <= MAX_BYTES and (part := os.read(handle, MAX_BYTES + 1 - len(whole))):
            whole += part
    finally:
        os.close(handle)
    if len(whole) > MAX_BYTES:
        size = max(found.st_size, len(whole))
        raise ConfigError([f"{_name(path)}: got {size:,} bytes, takes at most {MAX_BYTES:,}"])
    return whole.decode("utf-8-sig")


def _name(path: Path) -> str:
    """The path for a message of one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(path))


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""
