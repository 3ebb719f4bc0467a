"""Which number and section a figure or table has in the paper, and what it shows in few words."""

import itertools
import re
from collections.abc import Collection
from pathlib import Path

_FLOAT = (
    r"\\begin\{(?P<kind>figure|table)\}(?P<body>.*?)\\end\{(?P=kind)\}|"
    r"\\input\{tables/(?P<long>\w+)\}"
)
_FLOATS = re.compile(_FLOAT, flags=re.DOTALL)
_PLACES = re.compile(r"\\section(?=\{)|\\appendix|" + _FLOAT, flags=re.DOTALL)
_TWICE = re.compile(r"\\texorpdfstring\{(.*?)\}\{(.*?)\}")  # once for the page, once as plain text
_SHOWN = re.compile(
    r"\\(?:includegraphics(?:\[.*?\])?|fitted)\{((?:figures|tables)/\w+)(?:\.pdf)?\}"
)
_INCLUDED = re.compile(r"\\(?:input\{sections/(\w+)\}|study\{(\w+)\}|rest\{(\w+)\}\{(\w+)\})")


def numbered(paper: Path, present: Collection[str]) -> dict[str, str]:
    """Return figures/name or tables/name → "Figure 3", in a run of the studies ``present``.

    Read from the sources below ``paper`` in the order of main.tex, as TeX counts captions. A long
    table stands outside a float and has a number as well. What no section shows has none.
    """
    counts = {"figure": 0, "table": 0}
    found: dict[str, str] = {}
    for match in _FLOATS.finditer(_whole(paper, present)):
        word = match["kind"] or "table"
        counts[word] += 1
        found |= dict.fromkeys(_shown(match), f"{word.capitalize()} {counts[word]}")
    return found


def sections(paper: Path, present: Collection[str]) -> dict[str, str]:
    """Return figures/name or tables/name → " 6 Tickets of real networks" or "K Benchmark".

    As `numbered`. Numbers have two places, so that names sorted as text are in the paper's order.
    """
    whole = _whole(paper, present)
    found: dict[str, str] = {}
    counts, letters, title = itertools.count(1), None, ""
    for match in _PLACES.finditer(whole):
        if match[0] == r"\appendix":
            letters = map(chr, itertools.count(ord("A")))
        elif match[0] == r"\section":
            number = next(letters) if letters else f"{next(counts):>2}"
            words, _ = _argument(whole, match.end())
            title = f"{number} " + _TWICE.sub(r"\2", words)
        else:
            found |= dict.fromkeys(_shown(match), title)
    return found


def _shown(match: re.Match[str]) -> list[str]:
    """The figures and tables of a float, or the one long table."""
    return [f"tables/{match['long']}"] if match["long"] else _SHOWN.findall(match["body"])


def aligned(number: str) -> str:
    """Return "Figure  3" for "Figure 3", so that rows sorted as text are in the paper's order."""
    word, _, count = number.partition(" ")
    return f"{word} {count:>3}" if number else number


def shows(caption: Path) -> str:
    """The first words of a caption of the report, up to a colon, comma or stop."""
    words = " ".join(caption.read_text(encoding="utf-8").split())
    return re.split(r"[:;,.](?:\s|$)", words, maxsplit=1)[0]


def _whole(paper: Path, present: Collection[str]) -> str:
    """The body of the paper with its sections in their places."""

    def section(match: re.Match[str]) -> str:
        plain, study, owner, part = match.groups()
        if (study or owner or "") not in {"", *present}:
            return ""
        name = plain or study or f"{owner}_{part}"
        text = (paper / "sections" / f"{name}.tex").read_text(encoding="utf-8")
        return chosen(re.sub(r"(?<!\\)%.*", "", text), present)

    main = (paper / "main.tex").read_text(encoding="utf-8").split(r"\begin{document}")[-1]
    return _INCLUDED.sub(section, re.sub(r"(?<!\\)%.*", "", main))


def chosen(text: str, present: Collection[str]) -> str:
    r"""Return ``text`` with one of the last two arguments of every ``\ifstudy{…}{…}{…}``."""
    while (start := text.find(r"\ifstudy{")) >= 0:
        end, parts = start + len(r"\ifstudy"), []
        for _ in range(3):
            part, end = _argument(text, end)
            parts.append(part)
        text = text[:start] + parts[1 if parts[0] in present else 2] + text[end:]
    return text


def _argument(text: str, start: int) -> tuple[str, int]:
    """The argument in braces at ``start``, and the place after it."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 1 : place], place + 1
    raise ValueError(f"text: has no closing brace for that at {start}")
