"""Names and sums of the cost report (benchmarks/cost.py), and its rows of text."""

from collections.abc import Mapping
from typing import Any


def kind(path: str) -> str:
    """Return a path with its numbers as *: shards and replicates are alike, arms are not."""
    return "/".join("*" if part.split(".")[0].isdigit() else part for part in path.split("/"))


def total(parts: Mapping[str, Mapping[str, Any]], name: str) -> float:
    """Return the sum of one figure over the parts that have it."""
    return float(sum(part.get(name, 0.0) for part in parts.values()))


def table(report: dict[str, Any]) -> str:
    """Return the estimate as rows of text, an experiment each, and their sum."""
    lines = [
        "| experiment | jobs | run | core-hours | later / first | memory, MB | disk, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, found in report["experiments"].items():
        rules = found["rules"].values()
        jobs, ran = (sum(rule[name] for rule in rules) for name in ("jobs", "run"))
        hours, size = str(found["core_hours"]), found["megabytes"]
        if found["core_hours_over"]:
            hours += f", and over {found['core_hours_over']} more"
        if not ran and not found["core_hours_over"]:
            hours = "not run"
        elif found["not_run"]:
            hours += f", without {', '.join(found['not_run'])}"
        memory = max(rule.get("memory_megabytes", 0) for rule in rules)
        later = [rule for rule in rules if "later_over_first" in rule]
        checked = (
            max(later, key=lambda rule: rule.get("core_hours", 0.0))["later_over_first"]
            if later
            else ""
        )
        lines.append(f"| {key} | {jobs} | {ran} | {hours} | {checked} | {memory} | {size} |")
    hours, size, jobs = (report[name] for name in ("core_hours", "megabytes", "jobs"))
    lacking = [
        key
        for key, found in report["experiments"].items()
        if found["not_run"] or found["core_hours_over"]
    ]
    hours = f"{hours}, without all of {', '.join(lacking)}" if lacking else hours
    lines.append(f"| all | {jobs} | | {hours} | | | {size} |")
    return "\n".join(lines)
