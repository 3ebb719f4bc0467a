"""Tables on disk: same rows same bytes, whole or absent, and refused by name when foreign."""

from pathlib import Path

import pandas as pd
import pytest

from slth import frames

FRAME = pd.DataFrame({"n": [1, 2], "error": [0.5, float("nan")], "keep": [b"\x01", b""]})


def test_round_trip_and_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        frames.write(tmp_path / f"{name}.parquet", FRAME, "rows")
    pd.testing.assert_frame_equal(frames.read(tmp_path / "a.parquet", "rows"), FRAME)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_read_all_keeps_the_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.parquet" for name in "ba"]
    for k, path in enumerate(paths):
        frames.write(path, FRAME.assign(n=k), "rows")
    assert frames.read_all(paths, "rows")["n"].tolist() == [0, 0, 1, 1]


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        _fail_half_way(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_killed_writer_left_is_removed_and_a_living_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    (tmp_path / ".part-a-killed.txt").write_text("half")
    (tmp_path / ".part-b-killed.txt").write_text("another file's")
    with frames.replacing(path) as slow:
        slow.write_text("slow")
        with frames.replacing(path) as fast:
            fast.write_text("fast")
        assert path.read_text(encoding="utf-8") == "fast"
    assert path.read_text(encoding="utf-8") == "slow"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".part-b-killed.txt", "a.txt"]


@pytest.mark.parametrize("damage", ["truncated", "text", "other kind", "plain parquet", "old"])
def test_damaged_or_foreign_file_is_named(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    frames.write(path, FRAME, "rows")
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "text":
        path.write_text("n,error\n")
    elif damage == "other kind":
        frames.write(path, FRAME, "cells")
    elif damage == "plain parquet":
        FRAME.to_parquet(path)
    else:
        monkeypatch.setattr(frames, "VERSION", frames.VERSION + 1)
    with pytest.raises(ValueError, match=r"a\.parquet"):
        frames.read(path, "rows")


def test_missing_file_stays_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        frames.read(tmp_path / "absent.parquet", "rows")


def _fail_half_way(path: Path) -> None:
    with frames.replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
