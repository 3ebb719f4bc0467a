"""Compiled kernels are looked for by the source of the whole room, not of one file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba

from slth.solvers import compiled, enumeration
from slth.solvers.compiled import config

INNER = (
    "from slth.solvers.compiled import njit\n@njit(cache=True)\ndef inner(x):\n    return x + {}\n"
)
OUTER = (
    "from slth.solvers.compiled import njit\nfrom inner import inner\n"
    "@njit(cache=True)\ndef outer(x):\n    return 10 * inner(x)\n"
)


def run_outer(folder: Path) -> list[int]:
    """outer(1) in a process of its own, and how many times it had to be compiled."""
    command = (
        "import pathlib, functools; from slth.solvers import compiled; "
        f"here = pathlib.Path({str(folder)!r}); "
        "compiled.cache_folder = functools.partial(compiled.cache_folder, here); "
        "from outer import outer; print(outer(1), sum(outer.stats.cache_misses.values()))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", command],
        env=environment | {"PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]


def test_an_edit_of_a_called_kernel_is_seen_and_a_copy_compiles_nothing(tmp_path: Path) -> None:
    """The caller's own file is left alone, as numba would judge it unchanged."""
    first, copy = tmp_path / "first", tmp_path / "copy"
    first.mkdir()
    (first / "outer.py").write_text(OUTER)
    for step in (1, 5):
        (first / "inner.py").write_text(INNER.format(step))
        assert run_outer(first) == [10 * (1 + step), 1]
    assert len(list((first / "__pycache__").glob("kernels-*"))) == 2
    shutil.copytree(first, copy)
    assert run_outer(copy) == [60, 0]


def test_other_packages_keep_their_cache() -> None:
    assert os.environ.get("NUMBA_CACHE_DIR", "") == config.CACHE_DIR
    assert isinstance(enumeration._table, numba.core.registry.CPUDispatcher)
    if not config.CACHE_DIR:
        assert compiled.cache_folder() in str(enumeration._table.stats.cache_path)
