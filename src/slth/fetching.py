"""The files of a Snakefile that is read from a git repository, put on disk.

Snakemake reads a remote Snakefile (``github(…)``, ``gitlab(…)``, ``gitfile(…)``) out of a clone of
its own, file by file. The rules here list, import and copy what lies beside them, so all of that
commit is unpacked into the working folder first and its Snakefile included from there: from then on
it is a clone like another. ``workflow/Snakefile`` runs this file before ``slth`` can be imported;
it imports nothing of the package.
"""

import fcntl
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PLACE = ".slth/source"  # of the files, in the working folder: every node of a cluster sees it
COMMIT = ".commit"  # in that folder: what it holds
LOCK = "results/.running"  # `slth.running`'s, of a run at work


def snakefile(workflow: Any, place: str | Path = PLACE) -> str:
    """Return the path on disk of the Snakefile above the ``workflow`` folder being read.

    workflow: Snakemake's. place: folder for the files of a remote one, relative to the working
    folder. Exits with one line when the repository, the commit or the folder cannot be had. Cost:
    one ``git archive`` for each new commit.
    """
    here = workflow.current_basedir
    if isinstance(here, os.PathLike):
        return str(Path(here).resolve().parent / "Snakefile")
    place = Path(place).resolve()
    # Jobs keep to the files of the run that started them, where a branch has moved on since.
    if workflow.is_main_process or not place.is_dir():
        try:
            put(*repository(here), place)
        except subprocess.CalledProcessError as error:
            sys.exit(f"slth: {here}: {error.stderr.decode(errors='replace').strip()}")
        except OSError as error:
            sys.exit(f"slth: {here}: {error}")
    return str(place / "Snakefile")


def repository(source: Any) -> tuple[Path, str]:
    """Return the git folder behind one of Snakemake's source files, and its commit."""
    # not at the top: who asks `held` needs none of it
    from snakemake.sourcecache import HostingProviderFile, LocalGitFile

    if isinstance(source, HostingProviderFile):
        folder = Path(source.hosted_repo.repo_clone)
    elif isinstance(source, LocalGitFile):
        folder = Path(source.repo_path)
    else:
        sys.exit(f"slth: {source}: takes a path of a clone, github(…), gitlab(…) or gitfile(…)")
    commit = _git(folder, "rev-parse", "--verify", f"{source.ref}^{{commit}}")
    return folder, commit.decode().strip()


def put(folder: Path, commit: str, place: Path) -> None:
    """Make ``place`` hold the files of a commit, and nothing else, unless it does so already.

    Modification times decide what is computed again: a file keeps its own over commits that do not
    change it, and any other has the time of now.
    """
    if held(place) == commit:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    # no file of the project it is used in
    (place.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    draft = Path(tempfile.mkdtemp(prefix="slth-", dir=place.parent))
    try:
        fresh, old = draft / "fresh", draft / "old"
        fresh.mkdir()
        _run("tar", "-xC", fresh, "--no-same-owner", given=_git(folder, "archive", commit))
        for path in filter(Path.is_file, fresh.rglob("*")):
            before = place / path.relative_to(fresh)
            if before.is_file() and filecmp.cmp(before, path, shallow=False):
                os.utime(path, ns=(before.stat().st_mtime_ns,) * 2)
            else:
                os.utime(path)
        (fresh / COMMIT).write_text(f"{commit}\n", encoding="utf-8")
        if place.exists():
            _refuse_at_work(commit, held(place))
            place.rename(old)
        try:
            fresh.rename(place)
        except OSError:  # another process was first
            if held(place) != commit:
                raise
    finally:
        shutil.rmtree(draft)


def held(place: Path) -> str | None:
    """Return the commit whose files a folder holds; None where it was not put there by ``put``."""
    try:
        return (place / COMMIT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _refuse_at_work(commit: str, before: str | None) -> None:
    """Exit when a run is at work in this folder: its jobs would go on with other files."""
    if not Path(LOCK).exists():
        return
    with Path(LOCK).open(encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(
                f"slth: a run is at work in this folder with commit {before}; "
                f"wait for it to end before changing to {commit}"
            )
        except OSError:  # a file system without locks; `slth.running` says so
            return


def _git(folder: Path, *arguments: str) -> bytes:
    return _run("git", "-C", folder, *arguments)


def _run(*command: str | Path, given: bytes | None = None) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout
