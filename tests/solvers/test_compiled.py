"""Compiled kernels are kept by every file they depend on, whole or not at all, in safe folders."""

import itertools
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from slth import dependencies
from slth.solvers import enumeration
from slth.solvers.kernels import compiled
from slth.solvers.kernels import files as kernel_files
from slth.solvers.kernels.compiled import config

USE = "from slth.solvers.kernels.compiled import njit\n@njit(cache=True)\n"
STEP = "STEP = {}\n"
INNER = "from room.deep.constants import STEP\n" + USE + "def inner(x):\n    return x + STEP\n"
OUTER = (
    "from room.deep.lower.inner import inner\n" + USE + "def outer(x):\n    return 10 * inner(x)\n"
)
RELATIVE = "from .deep.lower import inner\n" + USE + "def near(x):\n    return inner.inner(x)\n"
OTHER = USE + "def {0}(x):\n    return 7 * x\n"
DAMAGES = ("empty", "short", "garbage", "one_bit", "folder")
FILES = {
    "deep/constants.py": STEP.format(1),
    "deep/lower/inner.py": INNER,
    "outer.py": OUTER,
    "near.py": RELATIVE,
    **{f"{name}.py": OTHER.format(name) for name in DAMAGES},
}
KERNELS = ("outer", "near", *DAMAGES)
KEPT = [(7, 0)] * len(DAMAGES)
ANEW = [(7, 1)] * len(DAMAGES)


def make(folder: Path) -> Path:
    """A package ``room`` of kernels in folders below one another."""
    for name, text in FILES.items():
        path = folder / "room" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for place in (folder / "room", *(folder / "room").rglob("*/")):
        (place / "__init__.py").touch()
    return folder / "room"


def environment(folder: Path, **more: str) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "PYTHONPATH")}
    source = str(Path(compiled.__file__).parents[2])
    return own | {"PYTHONPATH": f"{folder}{os.pathsep}{source}"} | more


def command(folder: Path, **more: str) -> subprocess.Popen[str]:
    """Print every kernel's value at 1 and how many times it had to be compiled."""
    words = "; ".join(
        f"from room.{name} import {name}; print({name}(1), sum({name}.stats.cache_misses.values()))"
        for name in KERNELS
    )
    return subprocess.Popen(
        [sys.executable, "-c", words],
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(process: subprocess.Popen[str]) -> list[tuple[int, int]]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    rows = [line.split() for line in out.splitlines()]
    return [(int(value), int(compilations)) for value, compilations in rows]


def run(folder: Path, **more: str) -> list[tuple[int, int]]:
    return results(command(folder, **more))


def kernels(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbc"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, whose kernels two processes have compiled side by side."""
    folder = tmp_path_factory.mktemp("filled")
    make(folder)
    both = [command(folder) for _ in range(2)]
    assert [[value for value, _ in results(each)] for each in both] == [
        [20, 2, *[7] * len(DAMAGES)]
    ] * 2
    return folder


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_copy_compiles_nothing(copy: Path) -> None:
    assert run(copy) == [(20, 0), (2, 0), *KEPT]


def test_an_edit_deep_below_is_seen_and_others_are_kept(copy: Path) -> None:
    """A constant two folders down: neither the callers' files nor the kernel's own changes."""
    (copy / "room/deep/constants.py").write_text(STEP.format(5))
    assert run(copy) == [(60, 1), (6, 1), *KEPT]


def test_a_damaged_file_is_compiled_anew(copy: Path) -> None:
    for kind in DAMAGES:
        (path,) = [path for path in kernels(copy) if path.name.startswith(f"{kind}.")]
        whole = path.read_bytes()
        path.unlink()
        if kind == "folder":
            path.mkdir()
            continue
        flipped = whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
        content = {"empty": b"", "short": whole[:99], "garbage": b"\x80" * 500, "one_bit": flipped}
        path.write_bytes(content[kind])
    user = str(copy / "cache")
    assert run(copy, XDG_CACHE_HOME=user) == [(20, 0), (2, 0), *ANEW]
    assert run(copy, XDG_CACHE_HOME=user) == [(20, 0), (2, 0), *KEPT]


def planted(copy: Path) -> Path:
    """A cache whose unpickling makes a file ``owned``."""
    code = (
        "import hashlib, pathlib, pickle, sys\n"
        "class Evil:\n"
        "    def __reduce__(self):\n"
        "        return (pathlib.Path.touch, (pathlib.Path(sys.argv[1]),))\n"
        "for name in sys.argv[2:]:\n"
        "    payload = pickle.dumps(Evil())\n"
        "    pathlib.Path(name).write_bytes(hashlib.sha256(payload).digest() + payload)\n"
    )
    owned = copy / "owned"
    names = [str(path) for path in kernels(copy)]
    subprocess.run([sys.executable, "-c", code, str(owned), *names], check=True)
    return owned


def test_what_is_planted_runs_only_where_nobody_else_may_write(copy: Path) -> None:
    """The check of the check: the same files in a safe folder are unpickled."""
    owned = planted(copy)
    for folder in {path.parent for path in kernels(copy)}:
        folder.chmod(0o777)
    assert run(copy, XDG_CACHE_HOME=str(copy / "cache")) == [(20, 1), (2, 1), *ANEW]
    assert not owned.exists()
    for folder in {path.parent for path in kernels(copy / "room")}:
        folder.chmod(0o755)
    run(copy, XDG_CACHE_HOME=str(copy / "other"))
    assert owned.exists()


def test_a_file_that_others_may_write_is_not_taken(copy: Path) -> None:
    for path in kernels(copy):
        path.chmod(0o666)
    assert run(copy) == [(20, 1), (2, 1), *ANEW]
    assert not any(path.stat().st_mode & stat.S_IWOTH for path in kernels(copy))


def test_a_folder_of_another_user_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.py"
    source.touch()
    folders = [tmp_path / "kernels-0"]
    assert kernel_files.write(folders, "one.nbc", b"payload", source) is not None
    assert list(kernel_files.read(folders, "one.nbc", source)) == [b"payload"]
    real = os.stat

    def of_another(path, **more):
        found = list(real(path, **more))
        found[4] = 4242 if path == folders[0] else found[4]
        return os.stat_result(found)

    monkeypatch.setattr(kernel_files.os, "stat", of_another)
    assert list(kernel_files.read(folders, "one.nbc", source)) == []


def test_a_link_among_temporary_files_is_not_followed(tmp_path: Path) -> None:
    source, private = tmp_path / "source.py", tmp_path / f"{kernel_files.PRIVATE}0"
    source.touch()
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    private.symlink_to(tmp_path / "elsewhere")
    assert kernel_files.write([private / "kernels-0"], "one.nbc", b"payload", source) is None
    assert not any((tmp_path / "elsewhere").rglob("*.nbc"))


def test_a_group_that_shares_new_files_gets_no_write_to_kernels(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.touch()
    before = os.umask(0o002)
    try:
        written = kernel_files.write([tmp_path / "a/kernels-0"], "one.nbc", b"payload", source)
    finally:
        os.umask(before)
    assert written is not None
    assert list(kernel_files.read([written.parent], "one.nbc", source)) == [b"payload"]


def test_an_edit_of_one_solver_leaves_the_kernels_of_the_others() -> None:
    """No kernel of a family depends on a file of another."""
    package = dependencies.PACKAGE
    families = ("mitm", "klist", "annealing", "differencing", "beam")
    closures: dict[str, set[str]] = {name: set() for name in families}
    for path in sorted((package / "solvers").rglob("*.py")):
        family = path.relative_to(package / "solvers").parts[0].removesuffix(".py")
        if family in families and "njit" in path.read_text():
            closures[family] |= {str(file) for file in dependencies.closure(path)}
    assert all(closures.values())
    for one, other in itertools.permutations(families, 2):
        assert not [name for name in closures[one] if f"/solvers/{other}" in name]
    of_supnorm = dependencies.closure(package / "supnorm/dual/descent_kernels.py")
    assert not any(f"/solvers/{name}" in str(path) for path in of_supnorm for name in families)


def test_every_kernel_of_the_package_is_kept_this_way() -> None:
    for path in dependencies.PACKAGE.rglob("*.py"):
        if path.name != "compiled.py":
            assert "numba.njit" not in path.read_text(), path


def test_other_packages_keep_their_cache() -> None:
    assert os.environ.get("NUMBA_CACHE_DIR", "") == config.CACHE_DIR
    table = enumeration._table
    assert isinstance(table, numba.core.registry.CPUDispatcher)
    source = Path(enumeration.__file__)
    wanted = Path(config.CACHE_DIR) if config.CACHE_DIR else source.parent / "__pycache__"
    assert Path(str(table.stats.cache_path)).parent == wanted.absolute()


def test_a_kernel_outside_of_a_package_is_compiled_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text(USE + "def alone(x):\n    return x + 1\n")
    code = "from alone import alone; print(alone(1), alone.stats.cache_path)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "None"]
    assert not done.stderr
