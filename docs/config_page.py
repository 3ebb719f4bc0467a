"""Write docs/config.md: every key of the config, from the schema that the typed settings make.

``python docs/config_page.py`` writes it; ``tests/configuration/test_config_page.py`` holds it to
the settings.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
LONGEST = 60  # characters of a default that is shown
HEAD = """# Config reference

Every key of `config.yaml`, with what it takes and its default; a key that is left out takes that.
Keys of a list's entries stand behind `[]`. A file of changes is laid over the config with
`--configfile`: mappings are merged, lists replaced. `config.yaml` itself gives the reasons for its
values.

This page is written by `python docs/config_page.py` from the typed settings (`make schema`).
"""
Node = dict[str, Any]


def page(schema: Node) -> str:
    """The page: keys of the top, then a section per block."""
    blocks = {name: node for name, node in schema["properties"].items() if _inner(node)}
    plain = {name: node for name, node in schema["properties"].items() if name not in blocks}
    parts = [HEAD, "## Of the whole run\n\n" + _table(plain)]
    parts += [
        f"## {name}\n\n{node.get('description', '')}\n\n{_table(_inner(node))}"
        for name, node in blocks.items()
    ]
    return "\n".join(parts)


def _inner(node: Node) -> Node:
    """Keys of a mapping, or of the entries of a list of mappings; none for a value."""
    for each in (node, *node.get("anyOf", ())):
        if "properties" in each:
            return dict(each["properties"])
        if "properties" in each.get("items", {}):
            return {f"[].{key}": value for key, value in each["items"]["properties"].items()}
    return {}


def _table(keys: Node) -> str:
    rows = [
        f"| `{path}` | {_takes(node)} | {_default(node)} | {_words(node)} |"
        for path, node in _rows(keys)
    ]
    return "\n".join(["| key | takes | default | what it is |", "|---|---|---|---|", *rows]) + "\n"


def _rows(keys: Node, above: str = "") -> Iterator[tuple[str, Node]]:
    for key, node in keys.items():
        path = f"{above}{key}" if key.startswith("[]") or not above else f"{above}.{key}"
        yield path, node
        yield from _rows(_inner(node), path)


def _takes(node: Node) -> str:
    options = node.get("anyOf")
    if options:
        return " or ".join(dict.fromkeys(_takes(each) for each in options))
    if "const" in node:
        return f"`{json.dumps(node['const'])}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(dict.fromkeys(_kind(kind, node) for kind in kinds))


def _kind(kind: str, node: Node) -> str:
    if kind == "array":
        return f"list of {_takes(node['items'])}" if "items" in node else "list"
    if kind in ("integer", "number"):
        return kind + _range(node)
    return {"object": "mapping", "boolean": "true, false", "string": "text"}.get(kind, kind)


def _range(node: Node) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f" ≥ {_short(low)}" if high is None else f" ≤ {_short(high)}"
    return f" {_short(low)} … {_short(high)}"


def _short(number: float) -> str:
    return str(number) if isinstance(number, int) and abs(number) < 10**9 else f"{number:g}"


def _default(node: Node) -> str:
    if "default" not in node:
        return ""
    text = json.dumps(node["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= LONGEST else "in `config.yaml`"


def _words(node: Node) -> str:
    return str(node.get("description", "")).replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write the page."""
    from slth.configuration import schema

    (DOCS / "config.md").write_text(page(schema()), encoding="utf-8")


if __name__ == "__main__":
    main()
