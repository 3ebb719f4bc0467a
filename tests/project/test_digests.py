"""Results carry their SHA-256: what changed after it was written is named, what did not is not."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from slth import digests, frames, manifest, running

FRAME = pd.DataFrame({"n": range(1000), "error": [0.5] * 1000})
CONFIG = {"seed": 1}
NO_COMMIT = {"commit": None, "modified": None}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which three results have been written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(digests.VARIABLE, running.FOLDER)
    for name in "abc":
        frames.write(f"results/{name}.parquet", FRAME, "rows")
    return tmp_path


def test_record_is_what_sha256sum_reads(folder: Path) -> None:
    line = Path(running.FOLDER, "results/a.parquet.sha256").read_text(encoding="utf-8")
    known = hashlib.sha256(Path("results/a.parquet").read_bytes()).hexdigest()
    assert line == f"{known}  results/a.parquet\n"


def test_nothing_is_recorded_outside_a_run_or_outside_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    frames.write(tmp_path_factory.mktemp("other") / "d.parquet", FRAME, "rows")
    monkeypatch.delenv(digests.VARIABLE)
    frames.write("results/d.parquet", FRAME, "rows")
    assert [name for name, _ in digests.recorded(running.FOLDER)] == [
        f"results/{name}.parquet" for name in "abc"
    ]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "deleted", "replaced", "no record"])
def test_change_is_named(folder: Path, damage: str) -> None:
    assert digests.changed(running.FOLDER) == {}
    path = Path("results/a.parquet")
    whole = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[:-1])
    elif damage == "flipped":
        path.write_bytes(whole[:80] + bytes([whole[80] ^ 1]) + whole[81:])
    elif damage == "deleted":
        path.unlink()
    elif damage == "replaced":
        FRAME.to_parquet(path)
    else:
        Path(running.FOLDER, f"{path}.sha256").write_text("", encoding="utf-8")
    found = digests.changed(running.FOLDER)
    assert list(found) == [str(path)]
    assert found[str(path)].startswith("missing" if damage == "deleted" else "damaged")


def test_plan_is_kept_whole(folder: Path) -> None:
    running.plan(["b", "./a", "b"])
    assert running.planned() == ["a", "b"]


def test_flipped_bit_is_not_read_whatever_the_records_say(tmp_path: Path) -> None:
    """The columns' pages carry checksums: every byte of them is covered."""
    path = tmp_path / "a.parquet"
    frames.write(path, pd.DataFrame({"x": [0.1234567, 2.5, -3.75] * 50}), "rows")
    whole, known = path.read_bytes(), frames.read(path, "rows")
    for place in range(4, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            read = frames.read(path, "rows")
        except ValueError as error:
            assert "a.parquet" in str(error)  # noqa: PT017 (a flip may also hit what is not read)
        else:
            pd.testing.assert_frame_equal(read, known)


def test_manifest_names_every_artifact_and_what_changed(folder: Path) -> None:
    names = ["results/a.parquet", "results/b.parquet"]
    manifest.write_manifest(manifest.PATH, CONFIG, names, NO_COMMIT)
    first = Path(manifest.PATH).read_bytes()
    manifest.write_manifest(manifest.PATH, CONFIG, reversed(names), NO_COMMIT)
    assert Path(manifest.PATH).read_bytes() == first
    held = manifest.read_manifest(manifest.PATH)
    assert list(held["artifacts"]) == names
    assert held["commit"] is None
    assert manifest.main([]) == 0
    Path(names[0]).write_text("other", encoding="utf-8")
    Path(names[1]).unlink()
    assert [line.split(":")[0] for line in manifest.verify()] == names
    assert manifest.main([]) == 1


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": "other"}', "settings", "absent"])
def test_unusable_manifest_is_named(
    folder: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest.write_manifest(manifest.PATH, CONFIG, [], NO_COMMIT)
    path = Path(manifest.PATH)
    if damage == "settings":
        held = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(held | {"settings": {"seed": 2}}), encoding="utf-8")
    elif damage == "absent":
        path.unlink()
    else:
        path.write_text(damage, encoding="utf-8")
    assert manifest.main([]) == 1
    assert manifest.PATH in capsys.readouterr().err


def test_second_run_is_refused_while_the_first_lives(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = running.only_run()
    with pytest.raises(SystemExit) as caught:
        running.only_run()
    assert caught.value.code == 1
    assert "another run (process" in capsys.readouterr().err
    first.close()
    running.only_run().close()
