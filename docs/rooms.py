"""Draw the rooms of the code and the imports between them: docs/rooms.svg and docs/architecture.md.

``python docs/rooms.py`` writes both; ``tests/project/test_rooms.py`` holds them to the code.
"""

import ast
from functools import cache
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "src" / "slth"

# room: its packages and modules, and what it is for; from the words up to the paper
ROOMS: dict[str, tuple[tuple[str, ...], str]] = {
    "words": (
        ("problem", "checks", "values", "ensembles", "seeding", "intervals", "devices", "cores"),
        "what everything else speaks: an instance and its solution, laws of candidates, seeds, "
        "every interval and test, devices and cores",
    ),
    "files": (
        (
            "frames",
            "digests",
            "bounded",
            "data_files",
            "dependencies",
            "fetching",
            "progress",
        ),
        "tables, records and data on disk: written whole or not at all, read within bounds",
    ),
    "solvers": (
        ("solvers",),
        "find a subset of random vectors that sums to a target, with proof or without",
    ),
    "theory": (("theory",), "thresholds, moments and published bounds, each with its statement"),
    "networks": (
        ("networks",),
        "what a network is: reading modules, targets, random sources, data sets",
    ),
    "supnorm": (("supnorm",), "certified bounds on the largest difference of two networks"),
    "tickets": (("tickets",), "constructions that cut a small network out of a random one"),
    "learned": (("learned",), "masks found by training, with their null controls"),
    "pictures": (("plot",), "success rates, kernels, tickets and brackets as pictures"),
    "settings": (
        ("settings",),
        "what typed settings are made of: sections, shared values, rules about what fits",
    ),
    "runs": (
        ("provenance", "manifest", "running", "origins"),
        "what a run is made from and leaves behind",
    ),
    "studies": (("studies",), "the paper's studies: settings, stages, figures, tables and claims"),
    "config": (("configuration",), "the config: read and checked, with every study's settings"),
    "commands": (("cli",), "the command line `slth`: one file per command"),
}


def room_of(module: str) -> str:
    """The room of a module of the package; KeyError for one that has none."""
    first = module.split(".")[1]
    for room, (parts, _) in ROOMS.items():
        if first in parts:
            return room
    raise KeyError(f"{module}: in no room; add it to docs/rooms.py")


def modules() -> dict[str, Path]:
    """Every module of the package by name, less the package itself."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(("slth", *(parts[:-1] if parts[-1] == "__init__" else parts)))
        if name not in ("slth", "slth.__main__"):
            found[name] = path
    return found


@cache
def imported(path: Path) -> list[set[str]]:
    """Of every ``from x import y`` of a file, x and what may be modules below it."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [
        {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
    ]


def arrows() -> dict[tuple[str, str], int]:
    """(importing room, imported room): how many imports."""
    known, count = modules(), {}
    for name, path in known.items():
        for targets in imported(path):
            for target in targets:
                if target in known and room_of(target) != room_of(name):
                    key = room_of(name), room_of(target)
                    count[key] = count.get(key, 0) + 1
    return count


def cycle() -> list[str]:
    """Rooms that import each other in a circle; none where the arrows go one way."""
    below: dict[str, set[str]] = {room: set() for room in ROOMS}
    for a, b in arrows():
        below[a].add(b)
    while True:
        free = [room for room, needs in below.items() if not needs]
        if not free:
            return sorted(below)
        below = {room: needs - set(free) for room, needs in below.items() if room not in free}


def levels() -> dict[str, int]:
    """How many rooms lie below a room on its longest way down."""
    edges = set(arrows())

    def height(room: str) -> int:
        return max((1 + height(b) for a, b in edges if a == room), default=0)

    return {room: height(room) for room in ROOMS}


def svg() -> str:
    """The picture: rooms by level, arrows from the importing room down to the imported one."""
    level = levels()
    rows = [[room for room in ROOMS if level[room] == k] for k in range(max(level.values()) + 1)]
    width, step, size = 900, 92, (118, 40)
    at = {
        room: (width * (i + 1) / (len(row) + 1), (len(rows) - k) * step - step / 2)
        for k, row in enumerate(rows)
        for i, room in enumerate(row)
    }
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {len(rows) * step}" '
        'font-family="sans-serif" font-size="15">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b6b6b"/></marker></defs>',
    ]
    for a, b in sorted(arrows()):
        (x, y), (u, v) = at[a], at[b]
        bend = 0 if level[a] - level[b] == 1 else (30 if x <= u else -30)
        lines.append(
            f'<path d="M{x:.0f} {y + size[1] / 2:.0f}Q{(x + u) / 2 + bend:.0f} {(y + v) / 2:.0f} '
            f'{u:.0f} {v - size[1] / 2:.0f}" fill="none" stroke="#6b6b6b" stroke-width="1" '
            'marker-end="url(#tip)" opacity="0.6"/>'
        )
    for room, (x, y) in at.items():
        left, top = x - size[0] / 2, y - size[1] / 2
        lines.append(
            f'<rect x="{left:.0f}" y="{top:.0f}" width="{size[0]}" height="{size[1]}" rx="6" '
            'fill="#f4efe4" stroke="#14213d"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{room}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def page() -> str:
    """The text of docs/architecture.md."""
    table = "\n".join(
        f"| {room} | {', '.join(f'`{part}`' for part in parts)} | {words} |"
        for room, (parts, words) in reversed(ROOMS.items())
    )
    return f"""# Architecture

The data goes one way: sample, solve, construct, measure, render. The library knows nothing of the
paper; the paper is made of *studies*, and a study is one name in four places (`slth.studies`). An
arrow is an import; they all go down.

![Rooms and the imports between them](rooms.svg)

| room | in `src/slth/` | what it is for |
|---|---|---|
{table}

Around the package: `Snakefile` and `workflow/rules/<study>.smk` say which jobs there are, a few
scripts in `workflow/scripts/` run them, `paper/` holds the written part of the paper, `tests/`
mirrors the rooms, `benchmarks/` times the solvers beside their peers.

This page and its picture are written by `python docs/rooms.py`.
"""


def main() -> None:
    """Write the picture and the page."""
    (DOCS / "rooms.svg").write_text(svg(), encoding="utf-8")
    (DOCS / "architecture.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
