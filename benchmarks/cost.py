"""Core-hours and disk of a config, from random jobs of it: python -m benchmarks.cost [--share S].

Plans the config, runs a random share of the jobs of every rule that has many or long ones, with
what they need, in a copy of the project, and multiplies: jobs times mean processor seconds, outputs
times mean bytes. Jobs of one rule are slices of equal make, so that the first estimates the others;
the later ones check it. Jobs run one by one: their time is the kernel's account of Snakemake and
all that it starts, less that of Snakemake with nothing to do. With --folder the copy is kept, and
a second call adds jobs to the first's. A figure of one machine: nothing in the paper depends on it.
"""

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.cost_table import kind, table, total
from benchmarks.load import copy, processor
from benchmarks.spent import spend

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
    "cnns": ("train_cnns", "build_cnns"),
    "replicas": ("measure_sums", "train_replica", "build_replicas"),
    "price": ("measure_price",),
    "depth": ("measure_depth",),
    "sandwich": ("sandwich_pairs",),
    "atlas": ("solve_atlas",),
    "restrictions": ("measure_restrictions",),
    "power": ("measure_power",),
    "quantised": ("measure_quantised",),
    "neurons": ("measure_neurons",),
}
DRAWN = {"learn_routes", "measure_sums", *(rules[-1] for rules in RULES.values())}
LEAST = 2  # jobs of a rule that has as many: one to estimate, one to check
HOUR = 3600.0
SPENT, CUT = "spent.json", "cut.json"


def main() -> None:
    """Parse the arguments, run jobs, print and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", nargs="+", default=["config/full.yaml"])
    parser.add_argument("--share", type=float, default=0.01, help="of the jobs of a rule, at least")
    parser.add_argument("--longest", type=float, default=math.inf, help="seconds a job may take")
    parser.add_argument("--total", type=float, default=math.inf, help="seconds for all jobs")
    parser.add_argument("--only", nargs="*", help="keys of the config; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of the jobs")
    parser.add_argument("--folder", type=Path, help="kept between calls; a temporary one if none")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/cost.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run = Run(chosen.folder or Path(temporary) / "slth", chosen.configfile)
        run.draw(
            chosen.share, chosen.only or list(RULES), chosen.seed, chosen.longest, chosen.total
        )
        report = run.report()
    chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(table(report))


class Run:
    """A copy of the project, the plan of its config, and what the jobs made in it took."""

    def __init__(self, folder: Path, configfiles: list[str]) -> None:
        self.folder, self.configfiles = folder, configfiles
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
        outputs = self._listed()
        listed = self._snakemake("--dry-run", "--forceall")
        words = [line.split() for line in listed.splitlines()]
        jobs = {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdigit()}
        return {rule: jobs[rule] for rule in outputs}, outputs

    def draw(
        self, share: float, keys: Iterable[str], seed: int, longest: float, total: float
    ) -> None:
        """Run random jobs, one of every kind first, until the share or the time is used up."""
        wanted: list[tuple[int, str]] = []
        for key in keys:
            for rule in DRAWN.intersection(RULES[key]) & self.outputs.keys():
                for name, made in self.kinds(rule).items():
                    paths = sorted(made)
                    random.Random(f"{seed} {name}").shuffle(paths)
                    count = min(len(paths), max(LEAST, math.ceil(share * len(paths))))
                    wanted += [(turn, path) for turn, path in enumerate(paths[:count])]
        end = time.monotonic() + total
        random.Random(seed).shuffle(wanted)
        for _, path in sorted(wanted, key=lambda job: job[0]):
            if time.monotonic() >= end:
                break
            for rule, output in self._needed(path):
                if (self.folder / output).exists():  # the same job made it
                    continue
                left = min(longest, end - time.monotonic())
                if left <= 0 or not self._make(rule, output, left):
                    break

    def _needed(self, path: str) -> list[tuple[str, str]]:
        """Return (rule, file) of all that a file needs and lacks, first things first."""
        order = [rule for rules in RULES.values() for rule in rules]
        found = [(rule, made) for rule, paths in self._listed(path).items() for made in paths]
        missing = [pair for pair in found if not (self.folder / pair[1]).exists()]
        return sorted(missing, key=lambda pair: order.index(pair[0]))

    def _listed(self, *targets: str) -> dict[str, list[str]]:
        """Return the files that every rule writes towards the targets, whether made or not."""
        outputs: dict[str, list[str]] = {}
        for line in self._snakemake("--summary", *targets).splitlines()[1:]:
            path, _, rule, *_ = line.split("\t")
            outputs.setdefault(rule, []).append(path)
        return outputs

    def _make(self, rule: str, output: str, limit: float) -> bool:
        """Make one file by one job, and note its cost; False if it was killed after ``limit``."""
        finite = limit if math.isfinite(limit) else None
        spent = spend(self._command(output), self.folder, finite)
        if spent is None:
            self._snakemake("--unlock")
            self._note(CUT, rule, round(limit, 1))
            return False
        idle = spend(self._command(output), self.folder)  # nothing is left to be done
        assert idle is not None
        cpu = spent.cpu - idle.cpu
        self._note(SPENT, rule, {"output": output, "cpu": cpu, "memory": spent.memory})
        print(f"{rule}: {output}: {cpu:.0f} s, {spent.memory:.0f} MB", file=sys.stderr, flush=True)
        return True

    def _note(self, name: str, rule: str, what: object) -> None:
        """Keep what a job took, or how long it was let run, for this call and later ones."""
        held = self.noted(name)
        held.setdefault(rule, []).append(what)
        (self.folder / name).write_text(json.dumps(held, indent=1), encoding="utf-8")

    def noted(self, name: str) -> dict[str, list[Any]]:
        """Return what was noted of the jobs of every rule, in the order they ran."""
        path = self.folder / name
        found: dict[str, list[Any]] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )
        return found

    def _command(self, *arguments: str) -> list[str]:
        base = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
        return [*base, "--configfile", *self.configfiles]

    def _snakemake(self, *arguments: str) -> str:
        done = spend(self._command(*arguments), self.folder)
        assert done is not None
        return done.output

    def kinds(self, rule: str) -> dict[str, list[str]]:
        """Return the first file of every job of a rule by kind: jobs that differ by a number."""
        outputs = self.outputs[rule]
        found: dict[str, list[str]] = {}
        for path in outputs[:: len(outputs) // self.jobs[rule]]:
            found.setdefault(kind(path), []).append(path)
        return found

    def rule(self, rule: str) -> dict[str, Any]:
        """Return the estimate of a rule from the jobs of it that were run; no hours where none."""
        outputs, kinds = self.outputs[rule], self.kinds(rule)
        spent, cut = (self.noted(name).get(rule, []) for name in (SPENT, CUT))
        took = {name: [j["cpu"] for j in spent if kind(j["output"]) == name] for name in kinds}
        jobs = {name: len(paths) for name, paths in kinds.items()}
        seconds = {name: jobs[name] * statistics.mean(cpu) for name, cpu in took.items() if cpu}
        found: dict[str, Any] = {"jobs": self.jobs[rule], "run": sum(map(len, took.values()))}
        if seconds:
            found["cpu_seconds"] = {k: [round(s, 1) for s in cpu] for k, cpu in took.items()}
            found["memory_megabytes"] = round(max(job["memory"] for job in spent))
        if cut:  # at least this much, were all like those that were run or cut
            known = [*cut, *(cpu for each in took.values() for cpu in each)]
            found["longer_than"] = max(cut)
            found["core_hours_over"] = round(self.jobs[rule] * statistics.mean(known) / HOUR, 2)
        elif seconds:
            found["core_hours"] = round(sum(seconds.values()) / HOUR, 2)
        checked = [name for name, cpu in took.items() if len(cpu) > 1]
        if checked:
            later = sum(jobs[name] * statistics.mean(took[name][1:]) for name in checked)
            first = sum(jobs[name] * took[name][0] for name in checked)
            found["later_over_first"] = round(later / first, 2)
        sizes = [p.stat().st_size for p in map(self.folder.joinpath, outputs) if p.is_file()]
        if sizes:
            found["megabytes"] = round(len(outputs) * statistics.mean(sizes) / 1e6, 1)
            found["largest_file_megabytes"] = round(max(sizes) / 1e6, 2)
        return found

    def report(self) -> dict[str, Any]:
        """Return the estimate of every experiment; a sum says which of its rules it lacks."""
        experiments: dict[str, dict[str, Any]] = {}
        for key, names in RULES.items():
            rules = {name: self.rule(name) for name in names if name in self.jobs}
            experiments[key] = {
                "core_hours": round(total(rules, "core_hours"), 2),
                "core_hours_over": round(total(rules, "core_hours_over"), 2),
                "megabytes": round(total(rules, "megabytes"), 1),
                "not_run": [
                    name
                    for rule, found in rules.items()
                    for name in self.kinds(rule)
                    if not found.get("cpu_seconds", {}).get(name)
                ],
                "rules": rules,
            }
        every = [rule for key in experiments.values() for rule in key["rules"].values()]
        return {
            "config": self.configfiles,
            "jobs": sum(self.jobs.values()),
            "core_hours": round(total(experiments, "core_hours"), 1),
            "megabytes": round(total(experiments, "megabytes"), 1),
            "largest_file_megabytes": max(r.get("largest_file_megabytes", 0.0) for r in every),
            "experiments": experiments,
            "machine": {"processor": processor(), "threads_a_job": 1},
        }


if __name__ == "__main__":
    main()
