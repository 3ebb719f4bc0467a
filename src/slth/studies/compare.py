r"""Two runs side by side: which numbers of the paper differ, and by how much.

``python -m slth.studies.compare A B``: folders of runs, each with a ``paper/numbers``. Numbers are
those of the macros, sentences included; a sentence whose words differ is shown whole.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_MACRO = re.compile(r"^\\newcommand\{\\(\w+)\}\{(.*)\}(?:% \S+)?$")
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\\,\d{3})*(?:\.\d+)?)(?:\\times10\^\{(-?\d+)\})?")


class Difference(NamedTuple):
    """A macro of a study that two runs write differently; None where a run has not got it."""

    study: str
    macro: str
    a: str | None
    b: str | None

    def lines(self) -> list[str]:
        """What differs: pairs of numbers with their ratio, or both texts."""
        head = f"{self.study}: {self.macro}: "
        if self.a is None or self.b is None:
            where = "B" if self.a is None else "A"
            return [f"{head}in {where} alone: {self.b if self.a is None else self.a}"]
        if _NUMBER.sub("#", self.a) != _NUMBER.sub("#", self.b):
            return [f"{head}A: {self.a}", f"{head}B: {self.b}"]
        pairs = zip(_NUMBER.findall(self.a), _NUMBER.findall(self.b), strict=True)
        return [f"{head}{_change(x, y)}" for x, y in pairs if x != y]


def compare(a: Path, b: Path) -> list[Difference]:
    """Return what differs between the runs in folders ``a`` and ``b``, by study and macro.

    Raises FileNotFoundError naming the folder that holds no numbers.
    """
    first, second = macros(a), macros(b)
    return [
        Difference(*key, first.get(key), second.get(key))
        for key in sorted({*first, *second})
        if first.get(key) != second.get(key)
    ]


def macros(run: Path) -> Mapping[tuple[str, str], str]:
    """Return (study, macro) → text of a run."""
    found = sorted((run / "paper" / "numbers").glob("*.tex"))
    if not found:
        raise FileNotFoundError(f"{run}: no paper/numbers; run `make paper` there first")
    return {(path.stem, name): text for path in found for name, text in _macros(path)}


def _macros(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _MACRO.match(line)
        if match:
            yield match[1], match[2]


def _change(x: tuple[str, str], y: tuple[str, str]) -> str:
    one, two = (float(n.replace(r"\,", "")) * 10.0 ** int(power or 0) for n, power in (x, y))
    ratio = f" (x {two / one:.4g})" if one else ""
    return f"{one:g} -> {two:g}{ratio}"


def main(arguments: list[str]) -> int:
    """Print what differs; 0 if nothing does, 1 if something does, 2 for a bad call."""
    if len(arguments) != 2:
        print("usage: python -m slth.studies.compare RUN_A RUN_B", file=sys.stderr)
        return 2
    try:
        found = compare(*(Path(argument) for argument in arguments))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    lines = [line for difference in found for line in difference.lines()]
    print("\n".join(lines) if lines else "no number of the paper differs")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
