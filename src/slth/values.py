"""Results as values: they compare by what they hold, arrays and networks included, and print short.

`same` is the rule behind ``==``; `table_html` and `facts_html` are what notebooks show.
"""

import dataclasses
import html
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

import numpy as np

LINES = 10  # of a repr
WIDTH = 100  # of its lines


class Value:
    """Base of a frozen dataclass with ``eq=False``: equal to one of its class with equal fields.

    Fields declared with ``compare=False`` (times) do not count. Arrays are equal with the same
    dtype, shape and entries, NaN equal to NaN; what `same` says of the rest. A value has no hash:
    arrays have none. Cost of ``==``: reads every array once.
    """

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or _same_fields(self, other)

    __hash__ = None  # type: ignore[assignment]


class Printed:
    """Prints as a title over facts, one a line, at most ten lines; a table in notebooks."""

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        """The title, and name → value of what stands below it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        title, facts = self._facts()
        lines = [title, *(f"  {name}: {value}" for name, value in facts.items())]
        if len(lines) > LINES:
            lines = [*lines[: LINES - 1], f"  … {len(lines) - LINES + 1} more"]
        return "\n".join(x if len(x) <= WIDTH else f"{x[: WIDTH - 1]}…" for x in lines)

    def _repr_html_(self) -> str:
        return facts_html(*self._facts())


def same(a: object, b: object) -> bool:
    """Whether two objects hold the same: type by type, arrays and tensors entry by entry.

    Networks (torch modules): the same classes with the same attributes, parameters and buffers;
    hooks and devices do not count. Tables: the same columns, index and entries. Anything else:
    ``==``.
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return _same_arrays(a, b)
    if isinstance(a, float):
        return a == b or (math.isnan(a) and math.isnan(b))  # type: ignore[arg-type]
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())  # type: ignore[attr-defined, index]
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))  # type: ignore[arg-type, call-overload]
    if dataclasses.is_dataclass(a):
        return _same_fields(a, b)
    torch, pandas = sys.modules.get("torch"), sys.modules.get("pandas")
    if torch is not None and isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and _same_arrays(_array(a), _array(b))  # type: ignore[attr-defined]
    if torch is not None and isinstance(a, torch.nn.Module):
        return same(_state(a), _state(b))
    if pandas is not None and isinstance(a, pandas.DataFrame):
        return _same_tables(a, b)
    return bool(a == b)


def _same_fields(a: Any, b: Any) -> bool:
    fields = (field.name for field in dataclasses.fields(a) if field.compare)
    return all(same(getattr(a, name), getattr(b, name)) for name in fields)


def _same_arrays(a: np.ndarray, b: Any) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind == "O":
        return all(map(same, a.flat, b.flat))
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _same_tables(a: Any, b: Any) -> bool:
    if not (a.columns.equals(b.columns) and a.index.equals(b.index)):
        return False
    return all(same(a[name].to_numpy(), b[name].to_numpy()) for name in a.columns)


def _array(tensor: Any) -> np.ndarray:
    plain = tensor.detach().to("cpu")
    short = plain.is_floating_point() and plain.element_size() < 4  # bfloat16 is not NumPy's
    held: np.ndarray = (plain.float() if short else plain).numpy()
    return held


def _state(module: Any) -> dict[str, object]:
    """What a module computes with: its attributes, parameters, buffers and modules by name."""
    kept = ("_parameters", "_buffers", "_modules")
    held = vars(module).items()
    return {name: value for name, value in held if name in kept or not name.startswith("_")}


def at_most(value: float) -> str:
    """Four digits that are no less than ``value``."""
    return _rounded(value, ROUND_CEILING)


def at_least(value: float) -> str:
    """Four digits that are no more than ``value``."""
    return _rounded(value, ROUND_FLOOR)


def _rounded(value: float, way: str) -> str:
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    return f"{Context(prec=4, rounding=way).create_decimal_from_float(value).normalize():g}"


def table_html(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """An HTML table; every cell is escaped."""
    top = "".join(f"<th>{html.escape(word)}</th>" for word in head)
    lines = (
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def facts_html(title: str, facts: Mapping[str, object]) -> str:
    """A title over an HTML table of names and values."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    return f"<p>{html.escape(title)}</p><table><tbody>{rows}</tbody></table>"
