"""The copy of the project that the load and cost benchmarks run in."""

from pathlib import Path

from benchmarks.load import PROJECT, copy


def test_the_copy_has_every_source_and_nothing_that_a_run_made(tmp_path: Path) -> None:
    copy(tmp_path)
    for part in ("src", "workflow", "config", "benchmarks"):
        for path in sorted((PROJECT / part).rglob("*")):
            made = "__pycache__" in path.parts or any(p.endswith(".egg-info") for p in path.parts)
            if path.is_file() and not made:
                assert (tmp_path / path.relative_to(PROJECT)).is_file(), path
    assert (tmp_path / "paper" / "main.tex").is_file()
    assert not (tmp_path / "paper" / "tables").exists()
    assert not (tmp_path / "paper" / "numbers").exists()
