"""Files of a remote Snakefile: those of its commit, with times that rerun what it changed."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from slth import fetching

LONG_AGO = 10**9  # 2001, in seconds

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="no git on this machine")


class Repository:
    """A git repository whose commits are mappings from path to text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        command = ["git", *who, *arguments]
        own = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.check_output(
            command, cwd=self.folder, env=own, text=True, encoding="utf-8"
        ).strip()

    def commit(self, files: dict[str, str]) -> str:
        for path in self.folder.glob("*.py"):
            path.unlink()
        for name, text in files.items():
            (self.folder / name).write_bytes(text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def contents(place: Path) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return {name: text for name, text in files.items() if name != fetching.COMMIT}


def age(place: Path) -> None:
    for path in place.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def test_files_are_those_of_the_commit_to_the_byte(repository: Repository, tmp_path: Path) -> None:
    files = {"a.py": "a = 1\n\n", "b.py": "no newline", "c.py": "é\r\n"}
    commit = repository.commit(files)
    place = tmp_path / "user/.slth/source"
    fetching.put(repository.folder, commit, place)
    assert contents(place) == {name: text.encode() for name, text in files.items()}
    assert fetching.held(place) == commit
    assert [path.name for path in place.parent.iterdir() if path != place] == [".gitignore"]


def test_only_what_a_commit_changed_is_newer(repository: Repository, tmp_path: Path) -> None:
    place = tmp_path / "source"
    fetching.put(
        repository.folder, repository.commit({"a.py": "1", "b.py": "1", "d.py": ""}), place
    )
    age(place)
    fetching.put(
        repository.folder, repository.commit({"a.py": "1", "b.py": "2", "c.py": ""}), place
    )
    assert contents(place) == {"a.py": b"1", "b.py": b"2", "c.py": b""}
    newer = {path.name for path in place.iterdir() if path.stat().st_mtime > LONG_AGO}
    assert newer == {"b.py", "c.py", fetching.COMMIT}


def test_a_held_commit_is_left_alone(repository: Repository, tmp_path: Path) -> None:
    place, commit = tmp_path / "source", repository.commit({"a.py": ""})
    fetching.put(repository.folder, commit, place)
    age(place)
    fetching.put(repository.folder, commit, place)
    assert place.joinpath("a.py").stat().st_mtime == LONG_AGO


def test_files_stay_under_a_run_at_work(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = repository.commit({"a.py": "1"}), repository.commit({"a.py": "2"})
    place = tmp_path / "source"
    fetching.put(repository.folder, first, place)
    lock = Path(fetching.LOCK)
    lock.parent.mkdir()
    with lock.open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match=f"at work .* {first}; .* {second}"):
            fetching.put(repository.folder, second, place)
        assert contents(place) == {"a.py": b"1"}
    fetching.put(repository.folder, second, place)
    assert contents(place) == {"a.py": b"2"}


def test_lock_is_the_one_that_runs_hold() -> None:
    from slth import running

    assert fetching.LOCK == running.LOCK
