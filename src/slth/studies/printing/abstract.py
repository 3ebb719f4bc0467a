r"""The abstract of the paper as HTML, with the numbers of the run, for a report's first page."""

import html
import re
from pathlib import Path

from slth.frames import replacing
from slth.studies.printing.numbering import chosen

_LETTERS = {"varepsilon": "ε", "eps": "ε", "alpha": "α", "times": "×", "infty": "∞", "ast": "∗"}
_LETTERS |= {"le": "≤", "leq": "≤", "geq": "≥", "approx": "≈", "cdot": "·"}


def write_abstract(paper: str | Path, path: str | Path) -> None:
    """Write the abstract of the paper in this folder as a paragraph of HTML, whole or not at all.

    It is read from ``sections/abstract.tex`` and ``numbers/*.tex``. Raises KeyError naming a macro
    that no file of numbers has.
    """
    folder = Path(paper)
    known: dict[str, str] = {}
    for each in sorted((folder / "numbers").glob("*.tex")):
        found = re.findall(r"\\newcommand\{\\(\w+)\}\{(.*)\}% ", each.read_text("utf-8"))
        known |= dict(found)
    source = (folder / "sections" / "abstract.tex").read_text("utf-8")
    text = expanded(source, known["Studies"].split(","), known)
    with replacing(path) as part:
        part.write_text(f"<p><b>Abstract.</b> {as_html(text)}</p>\n", "utf-8")


def expanded(source: str, studies: list[str], known: dict[str, str]) -> str:
    r"""Return what TeX would set: no comments, \ifstudy decided, macros in ``known`` put in."""
    text = re.sub(r"(?<!\\)%.*\n\s*", "", source)
    text = re.sub(r"\\(begin|end)\{abstract\}|\\noindent", "", text)
    text = chosen(text, studies)
    text = re.sub(r"\\([A-Z][A-Za-z]+)\{\}", lambda found: known[found[1]], text)
    return " ".join(text.split())


def as_html(text: str) -> str:
    """Return LaTeX of plain sentences as HTML: formulas of letters, signs and powers only."""
    parts = re.split(r"(?<!\\)\$", text)
    return "".join(_formula(part) if i % 2 else _words(part) for i, part in enumerate(parts))


def _formula(text: str) -> str:
    text = html.escape(text, quote=False).replace("-", "\N{MINUS SIGN}")
    text = re.sub(r"\\([A-Za-z]+) ?", lambda found: _LETTERS.get(found[1], found[1]), text)
    text = text.replace(r"\,", "\N{NARROW NO-BREAK SPACE}")
    text = re.sub(r"(?<![A-Za-z])([A-Za-z])(?![A-Za-z])", r"<i>\1</i>", text)
    for mark, tag in (("^", "sup"), ("_", "sub")):
        text = re.sub(rf"\{mark}(?:\{{([^{{}}]*)\}}|(<i>.</i>|.))", rf"<{tag}>\1\2</{tag}>", text)
    return text


def _words(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\\(?:emph|textit|texttt)\{([^{}]*)\}", r"<i>\1</i>", text)
    for command, sign in (
        (r"\,", "\N{NARROW NO-BREAK SPACE}"),
        (r"\%", "%"),
        ("~", "\N{NO-BREAK SPACE}"),
    ):
        text = text.replace(command, sign)
    return text.replace(r"\&amp;", "&amp;").replace("--", "\N{EN DASH}")
