"""A disk that fills midway: the run fails and says so; with space, it ends in the same bytes."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import results
from tests.workflow.conftest import Checkout

ROOM = 400_000  # bytes left for the run, which writes some megabytes


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout on a tmpfs with hardly any room."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "slth-test", str(mount)], check=False)
    if done.returncode:
        pytest.skip("this machine does not let its root mount a tmpfs")
    try:
        checkout = Checkout(mount / "slth")
        resize(mount, used(mount) + ROOM)
        yield checkout
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


def resize(mount: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(mount)], check=True)


def used(mount: Path) -> int:
    held = os.statvfs(mount)
    return (held.f_blocks - held.f_bfree) * held.f_frsize


def test_full_disk_loses_nothing(finished: Checkout, small: Checkout) -> None:
    first = small.run(check=False)
    assert first.returncode == 1
    assert "No space left on device" in first.stderr + first.stdout
    assert results(small).items() <= results(finished).items()
    resize(small.folder.parent, 2_000_000_000)
    small.run("--unlock")
    small.run()
    assert small.paper() == finished.paper()
    assert results(small) == results(finished)
