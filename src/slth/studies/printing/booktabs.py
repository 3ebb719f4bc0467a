r"""A table as booktabs LaTeX, or as HTML for the report.

Cells are LaTeX from `slth.studies.printing.formatting`. A row that is a single string spans the
table: it heads the rows below it. A long table of more lines than a page has room for is a
``longtable``, since a float could not break across pages, and a float otherwise; its caption is the
macro ``\<name>caption``.
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from slth.frames import replacing

PAGE = 45  # lines of a float, at most


@dataclass(frozen=True)
class Table:
    """columns: LaTeX column letters; header: header rows; rows: cells, or one heading string."""

    columns: str
    header: list[list[str]]
    rows: list[list[str] | str] | list[list[str]]
    long: bool = False
    rules: str = ""  # \cmidrule's under the first header row


def write(table: Table, path: str | Path) -> None:
    """Write ``table`` to ``path`` (.tex or .html), whole or not at all."""
    target = Path(path)
    text = to_html(table) if target.suffix == ".html" else to_latex(table, target.stem)
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")


def to_latex(table: Table, name: str) -> str:
    """Return the LaTeX source of ``table``; ``name`` forms the caption macro of a long one."""
    width = len(table.columns)
    spec = "@{}" + table.columns + "@{}"
    head = [_line(row) for row in table.header]
    if table.rules:
        head.insert(1, table.rules)
    rows: list[list[str] | str] = list(table.rows) or [r"No rows in this run."]
    body: list[str] = []
    for index, row in enumerate(rows):
        if isinstance(row, str):
            body += [r"\addlinespace"] if index else []
            body.append(rf"\multicolumn{{{width}}}{{@{{}}l}}{{{row}}} \\*")
        else:
            body.append(_line(row))
    if not table.long or len(body) <= PAGE:
        lines = [rf"\begin{{tabular}}{{{spec}}}", r"\toprule", *head, r"\midrule"]
        lines += [*body, r"\bottomrule", r"\end{tabular}"]
        if table.long:
            above = [r"\begin{table}[t]", r"\centering", rf"\caption{{\{name}caption}}"]
            above.append(r"\footnotesize\setlength{\tabcolsep}{4.5pt}")
            lines = [*above, *lines, r"\end{table}"]
        return "\n".join(lines) + "\n"
    lines = [rf"\begin{{longtable}}{{{spec}}}", rf"\caption{{\{name}caption}}\\"]
    lines += [r"\toprule", *head, r"\midrule", r"\endfirsthead"]
    lines += [r"\toprule", *head, r"\midrule", r"\endhead"]
    lines += [r"\bottomrule", r"\endfoot", *body, r"\end{longtable}"]
    return "\n".join(lines) + "\n"


def to_html(table: Table) -> str:
    """Return ``table`` as a small HTML page of its own."""
    width = len(table.columns)
    lines = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8"><style>']
    lines.append("body{font:14px serif}table{border-collapse:collapse}")
    lines.append("td,th{padding:2px 8px;text-align:left}thead{border-bottom:1px solid}")
    lines.append("</style><title>table</title></head><body><table><thead>")
    for row in table.header:
        lines.append("<tr>" + "".join(_html_cell(cell, "th") for cell in row) + "</tr>")
    lines.append("</thead><tbody>")
    for entry in table.rows:
        if isinstance(entry, str):
            lines.append(f'<tr><th colspan="{width}">{to_text(entry)}</th></tr>')
        else:
            lines.append("<tr>" + "".join(_html_cell(cell, "td") for cell in entry) + "</tr>")
    return "\n".join([*lines, "</tbody></table></body></html>"]) + "\n"


_TO_HTML = (
    (r"\\textit\{(.*?)\}(?=[:, ]|$)", r"<i>\1</i>"),
    (r"\^\{(.*?)\}", r"<sup>\1</sup>"),
    (r"\\textasciitilde\{\}", "~"),
    (r"\\textasciicircum\{\}", "^"),
    (r"\\textbackslash\{\}", "&#92;"),
    (r"\\textless\{\}", "&lt;"),
    (r"\\textgreater\{\}", "&gt;"),
    (r"\\textbar\{\}", "|"),
    (r"\\times", "×"),
    (r"\\infty", "∞"),
    (r"\\varepsilon", "ε"),
    (r"\\,", " "),
    (r"(?<!\\)\$", ""),
    (r"\\([%&#_{}$])", r"\1"),
    (r"^--", "–"),
)


def to_text(cell: str) -> str:
    """Return the LaTeX that this package writes into cells as HTML."""
    out = html.escape(cell.replace(r"\&", "&"), quote=False)
    for pattern, replacement in _TO_HTML:
        out = re.sub(pattern, replacement, out)
    return out


def _html_cell(cell: str, tag: str) -> str:
    found = re.fullmatch(r"\\multicolumn\{(\d+)\}\{.*?\}\{(.*)\}", cell)
    if found:
        return f'<{tag} colspan="{found[1]}">{to_text(found[2])}</{tag}>'
    return f"<{tag}>{to_text(cell)}</{tag}>"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
