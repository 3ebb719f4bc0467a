"""What is recorded of a result is lost or partial: it counts as changed, and is made again.

A small make stands for Snakemake, one that remembers nothing: it runs the jobs whose results are
missing or named, and what depends on them.
"""

import hashlib
import itertools
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from slth import digests, running
from slth.origins import ABSENT, Origins

RULES = Path("/rules")
FOLDER = running.FOLDER
SHA = hashlib.sha256(b"").hexdigest()
CODE = "code.py"


class Job:
    """A job of the workflow: ``out`` holds its name, its settings and all that it reads."""

    is_script = True

    def __init__(self, name: str, reads: list[str], makes: list[str], settings: dict) -> None:
        self.rule = SimpleNamespace(name=name, snakefile=str(RULES / "x.smk"))
        self.input, self.output = reads, makes
        self.non_derived_params = [settings]

    def run(self) -> None:
        texts = [Path(path).read_text(encoding="utf-8") for path in self.input]
        for path in self.output:
            body = f"{path} {self.non_derived_params} {texts}".encode()
            part = Path("part")
            part.write_bytes(body)
            digests.record(Path(path), part)
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            part.replace(path)


def plan(seed: int, layout: int = 1) -> list[Job]:
    settings = {"seed": seed, "n": [1, 2]}
    if layout < 0:
        settings = dict(reversed(settings.items()))
    solved = ["results/solve/0", "results/solve/1"]
    drawn = ["paper/table", "results/render/table"]
    return [
        Job("solve", [CODE], solved, settings),
        Job("render", solved, drawn, {}),
        Job("compile", ["paper/table", CODE], ["paper/main"], {}),
        Job("manifest", ["paper/main"], ["results/manifest.json"], settings),
    ]


def run(jobs: list[Job]) -> dict[str, str]:
    """Make what has to be made; return the faults that were found."""
    origins = Origins(jobs, FOLDER, RULES)
    faults = origins.faults()
    made: set[str] = set()
    for job in jobs:  # in their order
        if faults.keys() & set(job.output) or made & set(job.input):
            job.run()
            origins.vouch(job)
            made |= set(job.output)
    return faults


def state() -> dict[str, str]:
    """Every result and record, by its text."""
    files = [p for top in ("results", "paper") for p in Path(top).rglob("*") if p.is_file()]
    return {path.as_posix(): path.read_text() for path in files}


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which all has been made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(digests.VARIABLE, FOLDER)
    monkeypatch.setattr("os.fsync", lambda handle: None)  # milliseconds, thousands of times
    Path(CODE).write_text("1", encoding="utf-8")
    assert set(run(plan(1)).values()) == {ABSENT}
    return tmp_path


RESULTS = [path for job in plan(1) for path in job.output]
RECORDS = [f"{FOLDER}/{path}{digests.SUFFIX}" for path in RESULTS]


def remove(path: str) -> None:
    shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink(missing_ok=True)


def edit(path: str) -> None:
    if Path(path).is_file():
        Path(path).write_text(Path(path).read_text(encoding="utf-8") + "x", encoding="utf-8")


def halve(path: str) -> None:
    """As a writer that was stopped, or an older version of the records: the last line alone."""
    if Path(path).is_file():
        lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        Path(path).write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")


HURTS: list[tuple[Callable[[str], None], str]] = [
    *((how, path) for path in RESULTS for how in (remove, edit)),
    *((how, path) for path in RECORDS for how in (remove, halve)),
    *((remove, path) for path in ("results", "paper", FOLDER, "results/solve")),
]


def test_nothing_is_made_again_without_a_reason(finished: Path) -> None:
    before = state()
    assert run(plan(1)) == {}
    assert run(plan(1, layout=-1)) == {}
    assert state() == before


@pytest.mark.parametrize("seed", [1, 2])
def test_any_hurt_and_two_at_once_end_in_what_a_fresh_run_makes(finished: Path, seed: int) -> None:
    run(plan(seed))
    known = state()
    pairs = list(itertools.combinations(HURTS, 2))
    for hurts in [*((hurt,) for hurt in HURTS), *random.Random(seed).sample(pairs, 40)]:
        run(plan(1))
        for how, path in hurts:
            how(path)
        run(plan(seed))
        assert state() == known, hurts


def test_code_is_compared_by_content(finished: Path) -> None:
    Path(CODE).touch()
    assert run(plan(1)) == {}
    Path(CODE).write_text("2", encoding="utf-8")
    faults = run(plan(1))
    assert faults["results/solve/0"] == faults["paper/main"] == "made from other inputs"
    assert run(plan(1)) == {}


def test_what_a_job_of_an_earlier_run_writes_late_is_of_unknown_origin(finished: Path) -> None:
    known = state()
    for seed in (1, 2):
        plan(seed)[0].run()  # nobody waits for it
        assert run(plan(1))["results/solve/0"] == "of unknown origin"
        assert state() == known


def test_summary_is_made_again_with_any_result_that_nothing_else_reads(finished: Path) -> None:
    name = "results/render/table"
    held = digests.read_record(name, FOLDER)
    assert held is not None
    digests.write_record(name, digests.Record(SHA, held.origin), FOLDER)
    Path(name).write_bytes(b"")  # as a run of this result alone may have made it
    assert run(plan(1)) == {"results/manifest.json": "made from other inputs"}
    assert run(plan(1)) == {}


def test_copied_file_may_be_edited_but_not_missing(finished: Path) -> None:
    copy = Job("copy", [CODE], ["paper/prose"], {})
    copy.is_script = False
    Path("paper/prose").write_text("mine", encoding="utf-8")
    assert run([*plan(1), copy]) == {}
    Path("paper/prose").unlink()
    assert run([*plan(1), copy]) == {"paper/prose": ABSENT}


def test_files_of_a_workflow_around_are_left_alone(finished: Path) -> None:
    job = Job("other", [CODE], ["results/theirs"], {})
    job.rule.snakefile = "/elsewhere/Snakefile"
    assert run([*plan(1), job]) == {}


def test_records_are_read_by_sha256sum(finished: Path) -> None:
    text = Path(RECORDS[0]).read_text(encoding="utf-8")
    assert [line.split()[0] for line in text.splitlines()[:-1]] == ["#", "#"]
    assert text.splitlines()[-1] == f"{digests.digest(RESULTS[0])}  {RESULTS[0]}"
