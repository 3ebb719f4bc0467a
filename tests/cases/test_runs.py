"""Machines as they are: no locks, a git that refuses, other clocks, links, any folder name."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slth import digests, fetching, frames, provenance, running
from slth.configuration import check
from slth.studies.printing.latex import compile_pdf

ROOT = Path(__file__).parents[2]
HOSTILE = "x$(touch OWNED) `touch OWNED` ;touch OWNED; 'q' \"d\" #~%ü\n&b"
SEAL = "int flock(int f, int o) { (void)f; (void)o; errno = %s; return -1; }"

git_there = pytest.mark.skipif(not shutil.which("git"), reason="no git on this machine")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of one file, unchanged."""
    for name in provenance.REPOSITORY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    provenance._say.cache_clear()
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "a.py").write_text("a = 1\n")
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "--quiet"), ("add", "a.py"), (*who, "commit", "--quiet", "-m", "x")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@git_there
def test_case_9_damaged_index_is_unknown_not_unchanged(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert provenance.commit_of(repository)["modified"] is False
    (repository / "a.py").write_text("a = 2\n")
    assert provenance.commit_of(repository)["modified"] is True
    assert capsys.readouterr().err == ""
    index = repository / ".git/index"
    index.write_bytes(index.read_bytes()[:60])
    found = provenance.commit_of(repository)
    assert found["commit"]
    assert found["modified"] is None
    assert "unknown" in provenance.commit_line(found)
    assert "git status: " in capsys.readouterr().err


@git_there
@pytest.mark.parametrize("why", ["owner", "no git", "no object"])
def test_git_that_refuses_is_unknown_with_a_word(
    repository: Path, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if why == "owner":
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    elif why == "no git":
        monkeypatch.setenv("PATH", str(repository))
    else:
        (repository / ".git/HEAD").write_text("ref: refs/heads/absent\n")
    for _ in range(2):
        assert provenance.commit_of(repository) == {"commit": None, "modified": None}
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("git rev-parse: ")


@git_there
def test_repository_of_a_hook_is_not_taken_for_the_checkout(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = provenance.commit_of(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/.git/index"))
    assert provenance.commit_of(repository) == known


@pytest.fixture(params=[errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def no_locks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def flock(*arguments: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("fcntl.flock", flock)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("no_locks")
def test_case_28_no_flock_goes_on_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with running.only_run():
        said = capsys.readouterr().err
        assert len(said.splitlines()) == 1
        assert "cannot be locked" in said
        assert "another run" not in said.split("going on")[0]
        assert Path(running.LOCK).read_text(encoding="utf-8") == f"{os.getpid()}\n"
    fetching._refuse_at_work("a", "b")
    Path(".part-a-killed.txt").write_text("half", encoding="utf-8")
    with frames.replacing("a.txt") as part:
        part.write_text("whole")
    assert Path("a.txt").read_text(encoding="utf-8") == "whole"
    assert Path(".part-a-killed.txt").exists()  # its writer may be alive


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler on this machine")
def test_no_flock_in_the_system_library(tmp_path: Path) -> None:
    source, library = tmp_path / "seal.c", tmp_path / "seal.so"
    source.write_text("#include <errno.h>\n" + SEAL % "ENOSYS" + "\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    script = (
        "from slth import running, frames\n"
        "held = running.only_run()\n"
        "with frames.replacing('a.txt') as part:\n"
        "    part.write_text('whole')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr.count("cannot be locked") == 1
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_case_29_files_dated_tomorrow_are_named_and_dated_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now, paths = time.time(), [tmp_path / name for name in ("old.py", "new.py", "absent.py")]
    for path, days in zip(paths[:2], (-1, 1), strict=True):
        path.write_text("x")
        os.utime(path, (now + 86400 * days,) * 2)
    running.redate(map(str, paths), only_say=True)
    assert paths[1].stat().st_mtime > now + 3600
    running.redate(map(str, paths))
    said = capsys.readouterr().err
    assert said.count("new.py") == 2
    assert "old.py" not in said
    assert now - 5 < paths[1].stat().st_mtime <= time.time()
    assert paths[0].stat().st_mtime < now - 3600
    running.redate(map(str, paths))
    assert capsys.readouterr().err == ""


def test_file_that_cannot_be_redated_stops_the_run_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    path = tmp_path / "shared.bin"
    path.write_text("x")
    os.utime(path, (time.time() + 86400,) * 2)
    monkeypatch.setattr("os.utime", refuse)
    with pytest.raises(SystemExit):
        running.redate([str(path)])
    assert "the date cannot be changed (Operation not permitted)" in capsys.readouterr().err


@pytest.fixture
def cleaned(tmp_path: Path) -> Iterator[Path]:
    """A folder with what a run leaves, for `make clean`."""
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("results/README.md", "paper/main.tex", "paper/sections/a.tex"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("kept")
    for name in (
        *("results/.running", "results/solve/a b", "results/-f"),
        *("paper/main.pdf", "paper/.part-main-1.pdf", "paper/tables/t.tex", "paper/numbers.tex"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("made")
    yield tmp_path
    files = [path for top in ("results", "paper") for path in walked(tmp_path / top)]
    assert all(path.read_text() == "kept" for path in files), files


def walked(top: Path) -> list[Path]:
    return [Path(at, name) for at, _, names in os.walk(f"{top}/") for name in names]


@pytest.mark.parametrize("linked", [(), ("results",), ("results", "paper")])
def test_case_30_make_clean_empties_what_a_link_leads_to(
    cleaned: Path, linked: tuple[str, ...]
) -> None:
    for name in linked:
        (cleaned / name).rename(cleaned / f"far {name}")
        (cleaned / name).symlink_to(f"far {name}")
    subprocess.run(["make", "--silent", "clean"], cwd=cleaned, check=True)
    assert all((cleaned / name).is_symlink() for name in linked)
    assert (cleaned / "results/README.md").exists()


@pytest.mark.parametrize("how", ["absent", "dangling"])
def test_make_clean_without_results(cleaned: Path, how: str) -> None:
    shutil.rmtree(cleaned / "results")
    if how == "dangling":
        (cleaned / "results").symlink_to("nowhere")
    subprocess.run(["make", "--silent", "clean"], cwd=cleaned, check=True)


def test_container_keeps_results_and_paper() -> None:
    usage = [
        line for line in (ROOT / "envs/Dockerfile").read_text().splitlines() if "docker run" in line
    ]
    assert usage
    assert all(f":/slth/{name}" in usage[0] for name in ("results", "paper"))


@pytest.fixture
def tex_there() -> None:
    if not (shutil.which("latexmk") or shutil.which("tectonic")):
        pytest.skip("no latexmk and no tectonic on this machine: `make tex` installs one")


TEX = (
    "\\pdftrailerid{}\\pdfsuppressptexinfo=-1\n\\documentclass{article}\\begin{document}"
    "\\input{part/a}\\end{document}\n"
)


@pytest.mark.usefixtures("tex_there")
@pytest.mark.parametrize("linked", [(), ("results", "paper")])
def test_no_folder_name_is_read_by_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: tuple[str, ...]
) -> None:
    made = []
    for name in ("plain", HOSTILE):
        folder = tmp_path / name
        for top in ("results", "paper/part"):
            (folder / top).mkdir(parents=True)
        (folder / "paper/part/a.tex").write_text("Text.")
        (folder / "paper/main.tex").write_text(TEX)
        (folder / "paper/main.aux").write_text("left by another hand, and no TeX")
        for top in linked:
            (folder / top).rename(folder / f"far {HOSTILE} {top}")
            (folder / top).symlink_to(f"far {HOSTILE} {top}")
        monkeypatch.chdir(folder)
        compile_pdf("paper/main.tex", "paper/main.pdf", "results/latex", "results/log")
        made.append(Path("paper/main.pdf").read_bytes())
    assert made[0] == made[1]
    assert not list(tmp_path.rglob("OWNED"))


def test_interpreter_is_given_to_a_shell_only_when_it_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / HOSTILE
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert running.safe_interpreter("/usr/bin/python3") == "/usr/bin/python3"
    assert running.safe_interpreter(f"{folder}/.venv/bin/python") == ".venv/bin/python"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="another folder"):
        running.safe_interpreter(f"{folder}/.venv/bin/python")


def test_braces_in_the_path_of_the_rules_are_refused_in_words() -> None:
    running.refuse_placeholders(Path("/a b/$(c)"))
    with pytest.raises(SystemExit, match="wildcard"):
        running.refuse_placeholders(Path("/a/{b}"))


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_results_have_the_mode_that_the_umask_gives(tmp_path: Path, umask: int, mode: int) -> None:
    old = os.umask(umask)
    try:
        with frames.replacing(tmp_path / "a.txt") as part:
            part.write_text("x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


def test_results_behind_a_link_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "far").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    monkeypatch.setenv(digests.VARIABLE, running.FOLDER)
    Path("results").symlink_to("../far")
    with frames.replacing("results/a.txt") as part:
        part.write_text("x")
    assert digests.changed(running.FOLDER) == {}
    assert [name for name, _ in digests.recorded(running.FOLDER)] == ["results/a.txt"]


def test_order_of_keys_and_written_defaults_give_the_same_parameters() -> None:
    plain = check({"seed": 3, "threshold": {"eps": 0.1, "replicates": 2}})
    turned = check(backwards(plain))
    assert repr(turned) == repr(plain)


def backwards(value: Any) -> Any:
    """The same mapping, its keys in the opposite order at every depth."""
    if isinstance(value, dict):
        return {key: backwards(inner) for key, inner in reversed(value.items())}
    if isinstance(value, list):
        return [backwards(inner) for inner in value]
    return value
