"""Numbers and words as LaTeX: escapes, significant digits, per cents, lists."""

import math
from collections.abc import Callable, Iterable

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "×": r"$\times$",
}
_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
MISSING = "--"


def escape(text: object) -> str:
    """Return ``text`` as LaTeX that prints it as it is."""
    return "".join(_ESCAPES.get(letter, letter) for letter in str(text))


def integer(value: float) -> str:
    """Return an integer with thin spaces between thousands."""
    if not math.isfinite(value):
        return MISSING
    return f"{round(value):,}".replace(",", r"\,").replace("-", "$-$")


def number(value: float, digits: int = 2) -> str:
    """Return ``value`` to ``digits`` significant digits, in powers of ten where that is shorter."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    if value == 0:
        return "$0$"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 4:
        return f"${value:.{max(digits - 1 - power, 0)}f}$"
    return rf"${mantissa}\times10^{{{power}}}$"


def fixed(value: float, digits: int = 2) -> str:
    """Return ``value`` with ``digits`` decimals, in math mode so that a minus is a minus."""
    if not math.isfinite(value):
        return MISSING
    return f"${round(value, digits) + 0.0:.{digits}f}$"  # + 0.0: no negative zero


def setting(value: float) -> str:
    """Return a number someone chose, as it was chosen: 0.05, not 0.050."""
    return f"${value:g}$" if 1e-4 <= abs(value) < 1e6 else number(value, 1)


def percent(value: float, digits: int = 1) -> str:
    """Return the fraction ``value`` in per cent; 1 and 0 stay exact."""
    if not math.isfinite(value):
        return MISSING
    shown = f"{100 * value:.{digits}f}"
    limits = {0.0: "0", 1.0: "100"}
    if value in limits:
        shown = limits[value]
    elif 0 < value < 1 and float(shown) in (0.0, 100.0):  # never round a failure away
        bound = 10.0**-digits
        relation = "<" if float(shown) == 0 else ">"
        edge = bound if relation == "<" else 100 - bound
        shown = f"{relation}{edge:.{digits}f}"
    return f"${shown}$" + r"\,\%"


def listing(words: Iterable[str]) -> str:
    """Return "a", "a and b" or "a, b and c"; "none" for nothing."""
    items = list(words)
    if not items:
        return "none"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def count(value: int, noun: str, plural: str | None = None) -> str:
    """Return "one point", "two points", "12 points"; "no points" for none."""
    return f"{_word(value)} {noun if value == 1 else plural or noun + 's'}"


def counts(values: Iterable[float], noun: str) -> str:
    """Return "one point", "no points" or "3 to 8 points" over the finite ``values``."""
    finite = sorted({round(value) for value in values if math.isfinite(value)})
    if len(finite) == 1:
        return count(finite[0], noun)
    return f"{span(finite)} {noun}s"


def some_of(value: int, total: int) -> str:
    """Return how many of a total, spelled as `count` spells the total: "none", "two" or "12"."""
    if total >= len(_WORDS):
        return integer(value)
    return _word(value) if value else "none"


def out_of(value: int, total: int, noun: str, plural: str | None = None) -> str:
    """Return "two of five points" or "none of five points"; of one "the one point", "no point"."""
    if total == 1:
        return f"the one {noun}" if value else f"no {noun}"
    shown = some_of(value, total) if value else "none"
    return f"{shown} of {count(total, noun, plural)}"


def all_of(total: int, noun: str, plural: str | None = None) -> str:
    """Return "all five points", "both points" or "the one point"."""
    if total == 1:
        return f"the one {noun}"
    return f"both {plural or noun + 's'}" if total == 2 else f"all {count(total, noun, plural)}"


def _word(value: int) -> str:
    return _WORDS[value] if 0 <= value < len(_WORDS) else integer(value)


def span(values: Iterable[float], render: str = "integer", digits: int | None = None) -> str:
    """Return "10" or "10 to 40" over the finite ``values``; "--" when there are none."""
    shown: Callable[..., str] = {
        "integer": integer,
        "number": number,
        "percent": percent,
        "fixed": fixed,
    }[render]
    settings = () if digits is None else (digits,)
    finite = [value for value in map(float, values) if math.isfinite(value)]
    if not finite:
        return MISSING
    low, high = shown(min(finite), *settings), shown(max(finite), *settings)
    return low if low == high else f"{low} to {high}"


def dimensions(values: Iterable[float]) -> str:
    """Return the different dimensions d of a column, in order."""
    return listing(f"${d:g}$" for d in sorted(set(values)))


def sentence(words: str) -> str:
    """Return ``words`` with a capital first letter and one full stop at the end."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")


def arm_name(arm: str) -> str:
    """The name of an arm in print."""
    return rf"\emph{{{escape(arm)}}}"
