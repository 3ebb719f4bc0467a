"""`make compare`: numbers that differ between two runs, by how much; words that differ, whole."""

from pathlib import Path

import pytest

from slth.studies.compare import compare, main


def run(folder: Path, **studies: dict[str, str]) -> Path:
    """A folder as a run leaves it, with the macros of each study."""
    place = folder / "paper/numbers"
    place.mkdir(parents=True)
    for study, macros in studies.items():
        lines = [f"\\newcommand{{\\{name}}}{{{text}}}% {study}.f" for name, text in macros.items()]
        (place / f"{study}.tex").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


CASES = [
    ("12", "15", ["s: M: 12 -> 15 (x 1.25)"]),
    ("0 of 3", "2 of 3", ["s: M: 0 -> 2"]),
    (r"$2.5\times10^{-3}$", r"$5\times10^{-4}$", ["s: M: 0.0025 -> 0.0005 (x 0.2)"]),
    (
        r"1\,200 tickets of 3",
        r"2\,400 tickets of 4",
        ["s: M: 1200 -> 2400 (x 2)", "s: M: 3 -> 4 (x 1.333)"],
    ),
    ("it falls by 2", "it rises by 2", ["s: M: A: it falls by 2", "s: M: B: it rises by 2"]),
    ("-0.5", "0.5", ["s: M: A: -0.5", "s: M: B: 0.5"]),
]


@pytest.mark.parametrize(("a", "b", "lines"), CASES)
def test_each_kind_of_difference_has_its_lines(tmp_path, capsys, a, b, lines) -> None:
    one, two = (
        run(tmp_path / "a", s={"M": a, "Same": "7"}),
        run(tmp_path / "b", s={"M": b, "Same": "7"}),
    )
    (found,) = compare(one, two)
    assert found.lines() == lines
    assert main([str(one), str(two)]) == 1
    assert capsys.readouterr().out.splitlines() == lines


def test_what_one_run_alone_has_is_said(tmp_path: Path) -> None:
    one = run(tmp_path / "a", s={"M": "1"}, t={"N": "2"})
    two = run(tmp_path / "b", s={"M": "1", "O": "3"})
    said = [difference.lines() for difference in compare(one, two)]
    assert said == [["s: O: in B alone: 3"], ["t: N: in A alone: 2"]]


def test_equal_runs_and_runs_without_a_paper(tmp_path: Path, capsys) -> None:
    one, two = run(tmp_path / "a", s={"M": "1"}), run(tmp_path / "b", s={"M": "1"})
    assert main([str(one), str(two)]) == 0
    assert capsys.readouterr().out == "no number of the paper differs\n"
    assert main([str(one), str(tmp_path / "none")]) == 2
    assert "none: no paper/numbers" in capsys.readouterr().err
    assert main([str(one)]) == 2
