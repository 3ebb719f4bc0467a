"""Check a config against its schema, one line per fault.

The schema is JSON Schema (2020-12) in the keywords that `slth.configuration.schema` writes.
"""

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_WORDS = {
    "object": "keys",
    "array": "a list",
    "string": "a word",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


def faults(config: object, schema: Schema) -> list[str]:
    """Return one line per fault: key path, what it got, what it takes. Never raises."""
    return list(_faults(config, schema, ""))


def shown(value: object, limit: int = 60) -> str:
    """Return ``value`` for a message: one line, short, whatever it is."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of 5000 digits; a list nested too deep
        text = f"{type(value).__name__} too large to print"
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def takes(schema: Schema) -> str:
    """Say in words what ``schema`` accepts, with its description."""
    if "enum" in schema:
        words = "one of " + ", ".join(map(str, schema["enum"]))
    elif "object" in _types(schema):
        words = "the keys " + ", ".join(schema.get("properties", {}))
    else:
        words = " or ".join(_WORDS[name] for name in _types(schema))
        limits = [f"{sign} {schema[key]}" for key, sign in _LIMITS.items() if key in schema]
        words += " " + " and ".join(limits) if limits else ""
    if "array" in _types(schema):
        words += _length(schema) + f", each {takes({**schema['items'], 'description': ''})}"
    if "pattern" in schema:
        words += f" matching {schema['pattern']}"
    note = schema.get("description", "")
    return f"{words} ({note})" if note else words


def _faults(value: object, schema: Schema, path: str) -> Iterator[str]:
    name = path or "the config"
    if not any(_is(value, kind) for kind in _types(schema)):
        yield f"{name}: got {shown(value)}, takes {takes(schema)}{_hint(value, schema)}"
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)
    elif value is not None and not _fits(value, schema):
        yield f"{name}: got {shown(value)}, takes {takes(schema)}{_near(value, schema)}"


def _object_faults(value: dict[Any, Any], schema: Schema, path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for key, inner in value.items():
        if key in known:
            yield from _faults(inner, known[key], _join(path, key))
            continue
        near = difflib.get_close_matches(shown(key).strip("'"), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        yield f"{_join(path, key)}: unknown key; {hint}takes {', '.join(known)}"
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{_join(path, key)}: missing, takes {takes(known[key])}"


def _list_faults(value: list[Any], schema: Schema, path: str) -> Iterator[str]:
    low, high = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not low <= len(value) <= high:
        yield f"{path}: got {len(value)} entries, takes {takes(schema)}"
        return
    found = [
        line for i, x in enumerate(value) for line in _faults(x, schema["items"], f"{path}[{i}]")
    ]
    yield from found
    if schema.get("uniqueItems") and not found:
        twice = [x for i, x in enumerate(value) if x in value[:i]]
        if twice:
            yield f"{path}: got {shown(twice[0])} twice, takes each value once"


def _fits(value: Any, schema: Schema) -> bool:
    return (
        value in schema.get("enum", (value,))
        and value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("pattern" not in schema or re.fullmatch(schema["pattern"], value) is not None)
    )


def _is(value: object, kind: str) -> bool:
    if kind == "number":  # a float of YAML may be .nan or .inf, which no comparison refuses
        return _is(value, "integer") or (isinstance(value, float) and math.isfinite(value))
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, kinds[kind])


def _hint(value: object, schema: Schema) -> str:
    """YAML 1.1 reads 1e-3 as a word; it wants 1.0e-3."""
    numeric = {"number", "integer"} & set(_types(schema))
    if numeric and isinstance(value, str) and len(value) < 40:
        try:
            number = float(value)
        except ValueError:
            return ""
        return f"; write {number!r} without quotes" if math.isfinite(number) else ""
    return ""


def _near(value: object, schema: Schema) -> str:
    near = difflib.get_close_matches(shown(value), map(repr, schema.get("enum", ())), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _length(schema: Schema) -> str:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    return f" of {low} to {high}" if high is not None else f" of at least {low}"


def _join(path: str, key: object) -> str:
    plain = isinstance(key, str) and re.fullmatch(r"[\w-]{1,60}", key)
    word = str(key) if plain else shown(key)
    return f"{path}.{word}" if path else word


def _types(schema: Schema) -> list[str]:
    kind = schema["type"]
    return [kind] if isinstance(kind, str) else list(kind)


def repeated(section: str, entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a fault for every name that two entries have."""
    seen: dict[str, int] = {}
    for i, entry in enumerate(entries):
        first = seen.setdefault(entry["name"], i)
        if first != i:
            yield (
                f"{section}[{i}].name: got {entry['name']!r}, which {section}[{first}] has; "
                "takes a name of its own"
            )


def jobs(section: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault where a study has more jobs than replicates."""
    if settings["shards"] > settings["replicates"]:
        yield (
            f"{section}.shards: got {settings['shards']}, takes at most one job per replicate "
            f"({section}.replicates is {settings['replicates']})"
        )
