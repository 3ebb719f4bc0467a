"""What the workflow does before a run: plan its files, make changed ones again, keep others out."""

import fcntl
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from slth.origins import ABSENT, Origins

FOLDER = "results/digests"  # of the records
PLAN = "results/digests/plan.json"
LOCK = "results/.running"


def make_changed_again(
    workflow: Any, rules: Path, begin: Callable[[], None] | None = None, folder: str | Path = FOLDER
) -> None:
    """Have Snakemake make every result of its plan again that is not as it was written.

    And every one of other settings or inputs than the plan's, whatever Snakemake itself remembers.
    rules: folder of the rule files whose results are meant. begin: called with the plan of a run
    that is no dry run.

    It has no hook between the making of the plan's graph and the choice of the jobs to run but
    its look at unfinished files; its own `--forcerun` also takes files for targets, which results
    of an earlier config are not.
    """
    build = workflow._build_dag

    def build_dag() -> None:
        dag = workflow.dag
        choose, finish = dag.check_incomplete, dag.finish
        origins: list[Origins] = []

        async def check_incomplete() -> None:
            redate(_inputs(dag.jobs), workflow.dryrun)
            origins.append(Origins(dag.jobs, folder, rules))
            found = origins[0].faults()
            if origins[0].begun():  # else Snakemake finds the same, and says why
                dag.forcefiles.update(found)
            _say(found)
            await choose()

        async def finish_and_vouch(job: Any, *arguments: Any, **options: Any) -> Any:
            if not (workflow.touch or workflow.dryrun):  # they end jobs that made nothing
                _vouch(origins[0], job)
            return await finish(job, *arguments, **options)

        dag.check_incomplete, dag.finish = check_incomplete, finish_and_vouch
        look_for_frames_where_pandas_is(type(workflow.persistence))
        build()
        wake_for_jobs_alone(workflow)
        if begin is not None and not workflow.dryrun:
            begin()

    workflow._build_dag = build_dag


def wake_for_jobs_alone(workflow: Any) -> None:
    """Have the scheduler of a run on this machine wake when a job ends, and not by itself.

    Under a limit of jobs per second, by default 100, each look at jobs that wait sets a timer for
    the next look, and each job that ends begins one more such chain: after a hundred jobs Snakemake
    looks a hundred times a second. Jobs of a cluster keep the limit.
    """
    if workflow.local_exec and workflow.scheduling_settings is not None:
        workflow.scheduling_settings.max_jobs_per_timespan = None


def look_for_frames_where_pandas_is(persistence: Any) -> None:
    """Have Snakemake compare parameters without reading pandas, half a second of every plan.

    It asks of each whether it is a frame: none is where nobody has read pandas.
    """

    def serialize(self: Any) -> Callable[[Any], Any]:
        frames = "pandas" in sys.modules
        return self._serialize_param_pandas if frames else self._serialize_param_builtin

    persistence._serialize_param = property(serialize)


def _vouch(origins: Origins, job: Any) -> None:
    try:
        for each in job if job.is_group() else [job]:
            origins.vouch(each)
    except OSError as error:  # a full disk; the result then has no origin and is made again
        print(f"results: the origin of {job} was not recorded ({error})", file=sys.stderr)


def _say(faults: Mapping[str, str], most: int = 20) -> None:
    """Name what is wrong, file by file where few have the same fault."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(faults):
        kinds.setdefault(faults[path].split(" (")[0], []).append(path)
    kinds.pop(ABSENT, None)  # not a fault: it was never made
    for kind, paths in kinds.items():
        if len(paths) > most:
            print(f"results: {len(paths)} files: {kind}; they are made again", file=sys.stderr)
            continue
        for path in paths:
            print(f"results: {path}: {faults[path]}; it is made again", file=sys.stderr)


def _inputs(jobs: Iterable[Any]) -> list[str]:
    return sorted({str(path) for job in jobs for path in job.input})


def redate(paths: Iterable[str], only_say: bool = False) -> None:
    """Name the files dated after this machine's clock, and date them now.

    Snakemake takes a result that is older than an input for a fault of the job, so that no job
    that reads such a file would ever end well. Contents decide what is made again, not dates.
    only_say: leave the dates. Exits with 1 when one cannot be changed.
    """
    now = time.time()
    ahead = [path for path in paths if _modified(path) > now]
    if not ahead:
        return
    words = "; a run dates them now" if only_say else "; dated now"
    shown = ", ".join(ahead[:5]) + (f" and {len(ahead) - 5} more" if len(ahead) > 5 else "")
    print(f"clock: dated after this machine's clock: {shown}{words}", file=sys.stderr)
    if only_say:
        return
    for path in ahead:
        try:
            os.utime(path)
        except OSError as error:
            print(
                f"clock: {path}: the date cannot be changed ({error.strerror}), and no job that "
                "reads it would end well; copy the file, touch it as its owner or set the clock",
                file=sys.stderr,
            )
            sys.exit(1)


def _modified(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


def safe_interpreter(path: str) -> str:
    """Return the path of an interpreter as Snakemake may hand it, unquoted, to a shell.

    It is relative to this folder where only the folder's own name is to blame. Exits with 1 when
    what remains holds characters that a shell reads.
    """
    for each in (path, os.path.relpath(path)):
        if not re.search(r"[\s|&;<>()$`\\\"'*?\[\]{}!#~]", each):
            return each
    sys.exit(
        f"slth: {path!r}: Snakemake hands the path of its Python to a shell as it is, and this one "
        "holds characters that a shell reads; make the environment in another folder"
    )


def refuse_placeholders(folder: Path) -> None:
    """Exit with 1 when Snakemake would take part of the path of the rules for a wildcard."""
    if re.search("[{}]", str(folder)):
        sys.exit(
            f"slth: {str(folder)!r}: Snakemake takes what stands between {{ and }} in a path for a "
            "wildcard; give the folder a name without them"
        )


def container(used: bool, name: str | None) -> str | None:
    """Return the image of every job, an address or a file, or None: jobs run in no container.

    name: what SLTH_CONTAINER says. used: jobs are asked to run in it, which nothing but the option
    of Snakemake does. Exits with 1 when there is none then, or no such file.
    """
    option = "--software-deployment-method apptainer"
    if used and not name:
        sys.exit(
            f"slth: SLTH_CONTAINER: not set, and {option} needs an image; set it to a file "
            "(slth.sif) or an address (docker://…), docs/cluster.md"
        )
    if used and name and "://" not in name and not Path(name).is_file():
        sys.exit(
            f"slth: SLTH_CONTAINER: got {name!r}, no file here; takes an image (slth.sif) or an "
            "address (docker://…), docs/cluster.md"
        )
    return name or None


def bind(folder: Path) -> None:
    """Let containers see a folder, by the variable that Apptainer or Singularity reads.

    Snakemake gives them the folder of the run alone. Without that of the rules jobs would run the
    package of the image in place of the one whose files they are made again for.
    """
    name = "APPTAINER_BIND" if shutil.which("apptainer") else "SINGULARITY_BIND"
    own = os.environ.get(name, "").split(",")
    os.environ[name] = ",".join(
        [*(path for path in own if path not in ("", str(folder))), str(folder)]
    )


def plan(files: Iterable[str], path: str | Path = PLAN) -> None:
    """Note which files a whole run makes, for its manifest."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    draft = Path(f"{path}.{os.getpid()}")
    draft.write_text(
        json.dumps(sorted({Path(name).as_posix() for name in files}), indent=1), encoding="utf-8"
    )
    draft.replace(path)


def planned(path: str | Path = PLAN) -> list[str]:
    """Return the files of the last whole run that was begun."""
    found: list[str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def only_run(path: str | Path = LOCK) -> TextIO:
    """Hold the lock of this folder while the returned file is open; exit with 1 when it is held.

    Snakemake's own lock survives a killed run and is taken away with ``--unlock``, also from under
    a run that is alive. This one lives and dies with the process. On a file system without locks
    (some of Lustre, NFS) the run goes on, and says so: Snakemake's own is left.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    held = Path(path).open("a+", encoding="utf-8")  # noqa: SIM115 (open as long as the run)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        print(
            f"run: another run (process {owner}) is at work in this folder; wait for it to end",
            file=sys.stderr,
        )
        sys.exit(1)
    except OSError as error:
        print(
            f"run: {path}: cannot be locked ({error.strerror}); going on: see to it that no other "
            "run is at work in this folder",
            file=sys.stderr,
        )
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held
