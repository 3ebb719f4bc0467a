"""What each result was computed from, recorded beside its SHA-256, so that no other record counts.

The origin of a result is the SHA-256 of its rule and parameters (``settings``) and that of its
input files, code included, by content (``inputs``). Snakemake's own records say the same and may be
lost, dates of files lie; a result whose origin is not that of the plan is made again.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from slth.digests import Record, difference, digest, read_record, write_record

ABSENT = "absent"  # and without a record: never made
SUMMARY = "results/manifest.json"  # is made from every other result, whatever its rule names


class Origins:
    """The origins of a plan's results.

    jobs: Snakemake's, all of the plan. folder: of the records. rules: folder of the rule files
    whose results are looked after; those of a workflow around them are not.
    """

    def __init__(self, jobs: Iterable[Any], folder: str | Path, rules: Path) -> None:
        self.folder = Path(folder)
        own = [job for job in jobs if Path(job.rule.snakefile).resolve().parent == rules]
        self.scripts = [job for job in own if job.is_script]
        self.copies = [job for job in own if not job.is_script]
        self.made = {str(path) for job in jobs for path in job.output}
        self._leaves: dict[str, str] = {}

    @cached_property
    def results(self) -> set[str]:
        """Files that a script of the plan makes and records."""
        return {str(path) for job in self.scripts for path in job.output}

    def begun(self) -> bool:
        """Say whether any of the results is there."""
        return any(Path(path).exists() for path in self.results)

    def faults(self) -> dict[str, str]:
        """Return the results that the plan has to make, each with what is wrong with it.

        A copied file may be edited; only its absence counts. Cost: every result and every input is
        read once.
        """
        found = {
            str(path): ABSENT
            for job in self.copies
            for path in job.output
            if not Path(path).exists()
        }
        for job in self.scripts:
            wanted = self.origin(job)
            found |= {str(path): self._fault(str(path), wanted) for path in job.output}
        return {name: fault for name, fault in found.items() if fault}

    def origin(self, job: Any) -> dict[str, str]:
        """Return the SHA-256 of the settings and of the input files of a job."""
        settings = {"rule": job.rule.name, "params": list(job.non_derived_params)}
        inputs = [(str(path), self._identity(str(path))) for path in job.input]
        if SUMMARY in job.output:
            others = sorted(self.results - {SUMMARY})
            inputs += [(path, self._identity(path)) for path in others]
        return {"settings": _sha(settings), "inputs": _sha(inputs)}

    def vouch(self, job: Any) -> None:
        """Record the origin of what a job has made, once it has succeeded."""
        if job not in self.scripts:
            return
        origin = self.origin(job)
        for path in map(str, job.output):
            held = read_record(path, self.folder)
            sha = held.sha if held and held.sha else digest(path)
            write_record(path, Record(sha, origin), self.folder)

    def _fault(self, path: str, wanted: dict[str, str]) -> str:
        held = read_record(path, self.folder)
        if held is None:
            return "without a record" if Path(path).exists() else ABSENT
        damage = difference(path, held.sha)
        if damage:
            return damage
        if not held.origin:
            return "of unknown origin"
        other = [name for name in wanted if held.origin.get(name) != wanted[name]]
        return f"made from other {' and '.join(other)}" if other else ""

    def _identity(self, path: str) -> str:
        """SHA-256 of an input: the recorded one of a result, else that of its content.

        What no job makes is read once, before the jobs: an edit while they run is not theirs.
        """
        if path in self.results:
            held = read_record(path, self.folder)
            return held.sha if held else ""
        if path in self._leaves:
            return self._leaves[path]
        try:
            found = digest(path)
        except OSError:
            return ""
        if path not in self.made:
            self._leaves[path] = found
        return found


def _sha(value: Any) -> str:
    """SHA-256 as canonical JSON: the order of keys does not count."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
