"""Public pairs: what is read of the benchmark's file, what is refused, what stands in print."""

import json
from pathlib import Path
from typing import Any

import pytest

from slth.studies.sandwich import claims, tables
from slth.studies.sandwich.public import COLUMNS, name_of, read_public

REFERENCE = Path(__file__).parents[3] / "benchmarks/equivalence_reference.json"
ROW: dict[str, Any] = {
    "pair": "net_a_12_over9_batch_2000_pruned5 over box_1", "inputs": 784, "varied": 15,
    "lower": 0.5, "upper": 0.53, "boxes": 4000, "splitting_seconds": 3.14,
    "eps": 0.6, "eps_holds": True, "eps_seconds": 0.2,
}  # fmt: skip


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "equivalence.json"
    path.write_text(json.dumps({"machine": {"processor": "Some CPU"}, "rows": rows}), "utf-8")
    return path


def test_the_reference_is_read_and_its_ends_are_ends() -> None:
    rows = read_public(REFERENCE, own=False)
    assert set(COLUMNS) <= set(rows.columns)
    assert len(rows) >= 2
    assert (rows["lower"] > 0).all()
    assert (rows["lower"] <= rows["upper"] * (1 + 1e-12)).all()


def test_a_row_stands_in_print(tmp_path: Path) -> None:
    open_ = ROW | {"eps": 0.51, "eps_holds": None, "varied": 784}
    frame = read_public(written(tmp_path, ROW, open_, {**ROW, "upper": 0.5 * (1 + 2e-9)}), own=True)
    table = tables.tables({"sandwich": frame})["sandwich_public"]
    first, second, third = table.rows
    assert first[1] == "15 of 784"
    assert second[1] == "784"
    assert [first[4], third[4]] == ["$1.060$", r"$1+2.0\times10^{-9}$"]
    assert [first[7], second[7]] == ["yes", "open"]
    words = claims.macros({"sandwich": frame})
    assert words["SandwichPublic"].startswith("For three pairs of public networks")
    assert words["SandwichPublicOrigin"].endswith("on the machine of this run (Some CPU).")


def test_without_an_answer_to_eps_the_cells_are_empty(tmp_path: Path) -> None:
    bare = {name: value for name, value in ROW.items() if not name.startswith("eps")}
    frame = read_public(written(tmp_path, bare), own=False)
    (row,) = tables.tables({"sandwich": frame})["sandwich_public"].rows
    assert len(set(row[7:])) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [({"lower": 0.6}, "above its upper one"), ({"upper": "wide"}, "not a file of pairs")],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_public(written(tmp_path, ROW | change), own=True)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("[1, 2]", "utf-8")
    with pytest.raises(ValueError, match="not a file of pairs"):
        read_public(path, own=True)


def test_names_keep_what_tells_pairs_apart() -> None:
    assert name_of("ACASXU_run2a_1_1_batch_2000_pruned5 over prop_1") == "ACASXU 1 1 pruned5"
    assert name_of("mnist_relu_3_100_pruned5 over mnist_0_local_15") == "mnist 3 100 pruned5"
