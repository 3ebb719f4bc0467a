"""The config's JSON schema, generated from the typed settings; `make schema` writes it for editors.

Only the keywords in `KEYWORDS` are left: no references, no unions but with null. ``x-names`` of the
settings become the keys of a registry, read without importing it, so that a new solver or ensemble
is known to the config by its one registry line.
"""

import ast
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slth.configuration.model import model

Schema = Mapping[str, Any]
PACKAGE = Path(__file__).parents[1]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

KEYWORDS = {
    *("$schema", "title", "description", "default", "type", "enum", "pattern"),
    *("properties", "additionalProperties", "required", "items", "minItems", "maxItems"),
    *("uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}


@functools.cache
def schema() -> dict[str, Any]:
    """Return the schema of the whole config."""
    raw = model().model_json_schema()
    flat = _flat(raw, raw.get("$defs", {}))
    words = {"title": "Config of the slth workflow", "description": "what to sample and measure"}
    return {"$schema": DIALECT, **flat, **words}


def write(path: str | Path) -> None:
    """Write the schema as JSON."""
    Path(path).write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _flat(part: Any, definitions: Schema) -> Any:
    """The part without references, titles and unions with null; registries as enums."""
    if isinstance(part, list):
        return [_flat(entry, definitions) for entry in part]
    if not isinstance(part, dict):
        return part
    own = {key: value for key, value in part.items() if key not in ("$defs", "title")}
    if "$ref" in own:
        named = definitions[own.pop("$ref").rsplit("/", 1)[1]]
        own = {**{k: v for k, v in named.items() if k != "title"}, **own}
    if "anyOf" in own:
        kinds = own.pop("anyOf")
        plain = _flat(next(k for k in kinds if k.get("type") != "null"), definitions)
        own = {**plain, "type": [plain["type"], "null"], **own}
    if "const" in own:
        own["enum"] = [own.pop("const")]
    if "x-names" in own:
        table, *also = own.pop("x-names")
        own["enum"] = [*also, *_keys(*table.split(":"))]
    properties = own.pop("properties", None)
    flat = {
        key: value if key == "default" else _flat(value, definitions) for key, value in own.items()
    }
    if properties is not None:
        flat["properties"] = {key: _flat(value, definitions) for key, value in properties.items()}
    return flat


@functools.cache
def _keys(module: str, table: str) -> list[str]:
    """Keys of a dict display in a module, read without importing it (some import torch)."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        named = any(isinstance(t, ast.Name) and t.id == table for t in targets)
        value = getattr(node, "value", None)
        if named and isinstance(value, ast.Dict):
            return [ast.literal_eval(key) for key in value.keys if key is not None]
    raise LookupError(f"{module}: no table {table}")
