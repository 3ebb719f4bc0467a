"""Copies of the project in which the tests run the pipeline on the CI config."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sweeps import sweep

PROJECT = Path(__file__).parents[2]
PARTS = [
    ".gitignore",
    "Snakefile",
    "benchmarks",
    "config",
    "config.yaml",
    "envs",
    "paper",
    "profiles",
    "src",
    "workflow",
]
GENERATED = shutil.ignore_patterns(
    "*.egg-info",
    "tables",
    "figures",
    "numbers.tex",
    "numbers",
    "main.pdf",
    ".part-*",
    "*.tmp.*",
    "*.pyc.*",
)
KERNELS = PROJECT / "src/slth/solvers/__pycache__"  # of kernels compiled in checkouts


class Checkout:
    """One working copy: runs Snakemake in it and reads what it made.

    more: changes laid over those of the CI config.
    """

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder, self.configs = folder, ["config/ci.yaml"]
        folder.mkdir()
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=GENERATED)
            else:
                shutil.copy2(source, folder / part)
        if more:
            self.configs.append("config/more.yaml")
            (folder / self.configs[-1]).write_text(more, encoding="utf-8")

    def copy(self, folder: Path) -> "Checkout":
        """Return a copy of all that is here, dates included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        other = object.__new__(Checkout)
        other.folder, other.configs = folder, self.configs
        return other

    def verified(self) -> subprocess.CompletedProcess[str]:
        """Run what `make verify` runs."""
        return subprocess.run(
            [sys.executable, "-m", "slth.manifest"],
            cwd=self.folder,
            env=environment() | {"PYTHONPATH": str(self.folder / "src")},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a run on the CI config and what lies over it."""
        base = [sys.executable, "-m", "snakemake", "--configfile", *self.configs]
        return [*base, *(arguments or ("--cores", "2"))]

    def run(
        self, *arguments: str, check: bool = True, umask: int = -1, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end; fail with its output unless it succeeds or ``check`` is off."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment() | variables,
            umask=umask,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(
                f"snakemake {arguments} exited {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def planned(self, *arguments: str) -> set[str]:
        """Return the rules that a run would execute now."""
        return rules_in(self.run("--cores", "2", "--dry-run", *arguments).stdout)

    def paper(self) -> dict[str, str]:
        """Return the SHA-256 of every file that the run left in paper/."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.folder / "paper").rglob("*"))
            if path.is_file()
        }


def publish(folder: Path, tag: str | None = None) -> str:
    """Make a repository of a checkout, with one commit; return the commit."""

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        command, own = ["git", *who, *arguments], {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.check_output(
            command, cwd=folder, env=own, text=True, encoding="utf-8"
        ).strip()

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "x")
    if tag:
        git("tag", tag)
    return git("rev-parse", "HEAD")


def environment() -> dict[str, str]:
    """Return the environment of a run: the caller's, less what would redirect Snakemake.

    Checkouts have the kernels that lie beside the project's sources, named by what they depend on;
    what one compiles serves all. Bytecode is kept, so that jobs do not make it anew.
    """
    own = {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE_")}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    return {"NUMBA_CACHE_DIR": str(KERNELS), **own}


def rules_in(listing: str) -> set[str]:
    """Return the rule names in the job table of a dry run."""
    names: set[str] = set()
    inside = False
    for line in listing.splitlines():
        words = line.split()
        if words[:2] == ["job", "count"]:
            inside = True
        elif inside and words and words[0] == "total":
            break
        elif inside and len(words) == 2 and words[1].isdigit():
            names.add(words[0])
    return names


@pytest.fixture(scope="session")
def tex() -> None:
    """Skip what compiles the paper where there is no TeX."""
    if not (shutil.which("latexmk") or shutil.which("tectonic")):
        pytest.skip("no latexmk and no tectonic on this machine: `make tex` installs one")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tex: None) -> Checkout:
    """A checkout in which the CI config has been run to its end on two cores."""
    checkout = Checkout(tmp_path_factory.mktemp("finished") / "slth")
    checkout.run()
    return checkout


# what `make test` runs whole: samples, solutions, tickets, measures and the paper
OFF = ["learned", "cnns", "replicas", "price", "depth", "restrictions", "sandwich", "atlas"]
OFF += ["benchmark", "latency", "power", "quantised", "neurons"]
SHORT = "".join(f"{study}: {{enabled: false}}\n" for study in OFF)
SHORT += """\
networks: [{name: two, channels: [2, 2], epochs: 5}]
tickets: [{name: two-kernel, network: two, granularity: kernel, n: [8, 16], seeds: 1}]
"""


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory, tex: None) -> Checkout:
    """As ``finished``, of the studies of thresholds and tickets alone."""
    checkout = Checkout(tmp_path_factory.mktemp("short") / "slth", SHORT)
    checkout.run()
    return checkout


@pytest.fixture(scope="session", params=["short", pytest.param("finished", marks=sweep)])
def chain(request: pytest.FixtureRequest) -> Checkout:
    """A finished run: of a few studies, and of all."""
    return request.getfixturevalue(request.param)


class Resumed(NamedTuple):
    """A checkout run to its end through kills, and how many of them caught it alive."""

    checkout: Checkout
    killed: int


# (when a file matching this first appears the run is killed, the cores it was run on): two jobs at
# once are caught first, and then all that is measured, learned and drawn is so on one core
MOMENTS = (
    ("results/sample/cells/*", 2),
    ("results/measure/tickets/**/*", 1),
    ("paper/figures/error.pdf", 1),
)


@pytest.fixture(scope="session")
def resumed(tmp_path_factory: pytest.TempPathFactory, tex: None) -> Resumed:
    """A checkout killed at every one of ``MOMENTS``, each time resumed as the README says."""
    checkout = Checkout(tmp_path_factory.mktemp("resumed") / "slth")
    killed = 0
    for pattern, cores in MOMENTS:
        killed += run_until(checkout, pattern, cores)
        checkout.run("--unlock")
    checkout.run("--cores", "1")
    return Resumed(checkout, killed)


def run_until(checkout: Checkout, pattern: str, cores: int, limit: float = 300.0) -> bool:
    """Start a run, SIGKILL all of it when ``pattern`` matches or time is up; False if it ended.

    False, too, where the pattern matches already: the run would be killed before it began.
    """

    def matched() -> bool:
        return any(path.is_file() for path in checkout.folder.glob(pattern))

    if matched():
        return False
    with (checkout.folder / "killed.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            checkout.command("--cores", str(cores)),
            cwd=checkout.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )
        try:
            end = time.monotonic() + limit
            while process.poll() is None and time.monotonic() < end and not matched():
                time.sleep(0.02)
            return process.poll() is None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    """A checkout in which nothing has been run."""
    return Checkout(tmp_path / "slth")
