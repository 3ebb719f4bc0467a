"""Core-hours and disk of a config, from random jobs of it: python -m benchmarks.cost [--share S].

Plans the config, runs a random share of the jobs of every rule that has many or long ones, with
what they need, in a copy of the project, and multiplies: jobs times mean seconds, outputs times
mean bytes. Jobs of one rule are slices of equal make, so that the first estimates the others; the
later ones check it. With --folder the copy is kept, and a second call adds jobs to the first's.
A figure of this machine: nothing in the paper depends on it.
"""

import argparse
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.load import copy, processor

# rules of each key of the config, the last of which needs the others
RULES = {
    "threshold": ("sample_cells", "solve_cells"),
    "tickets": (
        "train_target",
        "sample_sources",
        "solve_blocks",
        "construct_tickets",
        "measure_tickets",
    ),
    "learned": ("learn_routes", "learn_masks"),
    "replicas": ("measure_sums", "train_replica", "build_replicas"),
    "price": ("measure_price",),
    "depth": ("measure_depth",),
    "sandwich": ("sandwich_pairs",),
    "atlas": ("solve_atlas",),
    "restrictions": ("measure_restrictions",),
}
DRAWN = {"learn_routes", "measure_sums", *(rules[-1] for rules in RULES.values())}
HOUR = 3600.0
CUT = "cut.json"


def main() -> None:
    """Parse the arguments, run jobs, print and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", default="configs/full.yaml")
    parser.add_argument("--share", type=float, default=0.01, help="of the jobs of a rule, at least")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--longest", type=float, default=math.inf, help="seconds a job may take")
    parser.add_argument("--total", type=float, default=math.inf, help="seconds for all jobs")
    parser.add_argument("--only", nargs="*", help="keys of the config; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of the jobs")
    parser.add_argument("--folder", type=Path, help="kept between calls; a temporary one if none")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/cost.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = Run(chosen.folder or Path(temporary) / "slth", chosen.configfile, chosen.cores)
        run.draw(
            chosen.share, chosen.only or list(RULES), chosen.seed, chosen.longest, chosen.total
        )
        report = run.report()
    chosen.out.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))


class Run:
    """A copy of the project and the plan of its config."""

    def __init__(self, folder: Path, configfile: str, cores: int) -> None:
        self.folder, self.configfile, self.cores = folder, configfile, cores
        if not folder.exists():
            folder.mkdir(parents=True)
            copy(folder)
        self.jobs, self.outputs = self._plan()
        many = {rule for rule, count in self.jobs.items() if count > 1}
        strange = many - {rule for rules in RULES.values() for rule in rules}
        if strange - {"render_section"}:
            raise RuntimeError(f"rules with many jobs that RULES does not list: {sorted(strange)}")

    def _plan(self) -> tuple[dict[str, int], dict[str, list[str]]]:
        """Return the jobs of every rule and the files they write, whether made or not."""
        outputs: dict[str, list[str]] = {}
        for line in self._snakemake("--summary").splitlines()[1:]:
            path, _, rule, *_ = line.split("\t")
            outputs.setdefault(rule, []).append(path)
        listed = self._snakemake("--dry-run", "--forceall")
        words = [line.split() for line in listed.splitlines()]
        jobs = {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdigit()}
        return {rule: jobs[rule] for rule in outputs}, outputs

    def draw(
        self, share: float, keys: Iterable[str], seed: int, longest: float, total: float
    ) -> None:
        """Run random jobs, one of every rule first, until the share or the time is used up."""
        wanted: list[tuple[int, str, str]] = []
        for key in keys:
            for rule in DRAWN.intersection(RULES[key]) & self.outputs.keys():
                shuffled = sorted(self.outputs[rule])
                random.Random(f"{seed} {rule}").shuffle(shuffled)
                count = max(1, math.ceil(share * self.jobs[rule]))
                wanted += [(turn, rule, path) for turn, path in enumerate(shuffled[:count])]
        end = time.monotonic() + total
        random.Random(seed).shuffle(wanted)
        for _, rule, path in sorted(wanted, key=lambda job: job[0]):
            left = min(longest, end - time.monotonic())
            if left <= 0:
                break
            begin = time.monotonic()
            if not self._make(path, left):
                self._cut(rule, left)
            print(f"{rule}: {path}: {time.monotonic() - begin:.0f} s", file=sys.stderr)

    def _cut(self, rule: str, limit: float) -> None:
        """Note for this call and later ones that a job of a rule took longer than ``limit``."""
        held = self.cut()
        held[rule] = max(round(limit, 1), held.get(rule, 0.0))
        (self.folder / CUT).write_text(json.dumps(held))

    def cut(self) -> dict[str, float]:
        """Return the seconds after which jobs were killed, by rule."""
        path = self.folder / CUT
        found: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _make(self, path: str, limit: float) -> bool:
        """Make one file; False if it took longer than ``limit`` and was killed."""
        process = subprocess.Popen(
            self._command(path),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        try:
            _, errors = process.communicate(timeout=limit if math.isfinite(limit) else None)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            self._snakemake("--unlock")
            return False
        if process.returncode:
            raise RuntimeError(f"{path}: {errors[-3000:]}")
        return True

    def _command(self, *arguments: str) -> list[str]:
        base = [sys.executable, "-m", "snakemake", "--cores", str(self.cores), *arguments]
        return [*base, "--configfile", self.configfile]

    def _snakemake(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(*arguments), cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-3000:]}")
        return done.stdout

    def measured(self, rule: str) -> pd.DataFrame:
        """Return Snakemake's measurements of the jobs of a rule, in the order they ended."""
        folder = self.folder / "results/benchmarks"
        paths = [*(folder / rule).rglob("*.tsv"), *folder.glob(f"{rule}.tsv")]
        paths.sort(key=lambda path: path.stat().st_mtime_ns)
        rows = [pd.read_csv(path, sep="\t").tail(1) for path in paths]
        return pd.concat(rows) if rows else pd.DataFrame(columns=["s", "cpu_time"])

    def rule(self, rule: str) -> dict[str, Any]:
        """Return the estimate of a rule; null where no job of it was run."""
        measured, jobs, outputs = self.measured(rule), self.jobs[rule], self.outputs[rule]
        took = measured["s"].tolist()
        sizes = [p.stat().st_size for p in map(self.folder.joinpath, outputs) if p.is_file()]
        found: dict[str, Any] = {"jobs": jobs, "run": len(took)}
        if took:
            found["seconds"] = [round(value, 1) for value in took]
            cpu = pd.to_numeric(measured["cpu_time"], errors="coerce")  # polled: a part of it
            found["cpu_seconds"] = [round(value, 1) for value in cpu.fillna(0.0)]
            found["core_hours"] = round(jobs * statistics.mean(took) / HOUR, 2)
        elif rule in self.cut():
            found["longer_than"] = self.cut()[rule]
            found["core_hours_over"] = round(jobs * found["longer_than"] / HOUR, 2)
        if len(took) > 1:
            found["later_over_first"] = round(statistics.mean(took[1:]) / took[0], 2)
        if sizes:
            found["megabytes"] = round(len(outputs) * statistics.mean(sizes) / 1e6, 1)
        return found

    def report(self) -> dict[str, Any]:
        """Return the estimate of every experiment; a sum says which of its rules it lacks."""
        experiments = {}
        for key, names in RULES.items():
            rules = {name: self.rule(name) for name in names if name in self.jobs}
            experiments[key] = {
                "core_hours": round(sum(r.get("core_hours", 0.0) for r in rules.values()), 2),
                "core_hours_over": round(
                    sum(r.get("core_hours_over", 0.0) for r in rules.values()), 2
                ),
                "megabytes": round(sum(r.get("megabytes", 0.0) for r in rules.values()), 1),
                "not_run": [n for n, r in rules.items() if not (r["run"] or "megabytes" in r)],
                "rules": rules,
            }
        return {
            "config": self.configfile,
            "jobs": sum(self.jobs.values()),
            "experiments": experiments,
            "machine": {"processor": processor(), "threads_a_job": 1},
        }


def table(report: dict[str, Any]) -> str:
    """Return the estimate as rows of text: experiment, jobs, run, core-hours, megabytes."""
    lines = ["| experiment | jobs | run | core-hours | MB | not run |", "|---|---|---|---|---|---|"]
    for key, found in report["experiments"].items():
        rules = found["rules"].values()
        jobs, ran = (sum(rule[name] for rule in rules) for name in ("jobs", "run"))
        missing = ", ".join(found["not_run"])
        hours, size = str(found["core_hours"]), found["megabytes"]
        if found["core_hours_over"]:
            hours += f", and over {found['core_hours_over']} more"
        lines.append(f"| {key} | {jobs} | {ran} | {hours} | {size} | {missing} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
