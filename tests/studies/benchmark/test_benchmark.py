"""The benchmark runs end to end (small), its peers answer rightly, its output is set in print."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import peers, tasks
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from slth.studies.benchmark.claims import _ratios, benchmark_macros
from slth.studies.benchmark.data import PEERS, Benchmark, benchmark_of
from slth.studies.benchmark.measure import load
from slth.studies.printing import titles
from slth.studies.section import render

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "benchmarks" / "reference.json"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    out = tmp_path_factory.mktemp("benchmark") / "benchmark.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks.run",
        "--quick",
        "--out",
        str(out),
        "--limit",
        "10",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return benchmark_of(load(out))


def test_every_solver_and_peer_has_its_rows(quick: Benchmark) -> None:
    found = {(row.task, row.solver) for row in quick.rows.itertuples()}
    for task in tasks.QUICK:
        installed = [name for name in task.peers if name in quick.info["versions"]]
        assert "highs" in quick.info["versions"]
        assert {(task.name, name) for name in (*task.ours, *installed)} <= found
    assert (quick.rows["seconds"] > 0).all()
    assert (quick.rows["error"] <= quick.rows["empty"] * (1 + 1e-12)).all()


def test_peers_and_ours_agree_on_the_same_instance(quick: Benchmark) -> None:
    """The least error is the same to HiGHS's tolerance, and a hit is a hit."""
    rows = quick.rows[quick.rows["task"] == "exact-16"]
    by_solver = {name: part["error"].to_numpy() for name, part in rows.groupby("solver")}
    np.testing.assert_allclose(by_solver["highs"], by_solver["mitm"], atol=1e-5)
    hits = quick.rows[quick.rows["task"] == "hit-16"]
    assert (hits["error"] <= 0.1).all() == (hits["solved"] == 1).all()


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_s_models_are_right(name: str) -> None:
    """Both questions, against the proved optimum; where it is installed."""
    pytest.importorskip(peers.PEERS[name][0], reason=f"{name} is not installed (extra: bench)")
    X, Z = tasks.draw(tasks.Task("t", "exact", "normal", 12, 2), 3, 2)
    for x, z in zip(X, Z, strict=True):
        best = front.solve(x, z, solver="mitm", threads=1).error
        keep, state = peers.PEERS[name][1](x, z, None, 20.0)
        assert state == "done"
        assert np.abs(x[keep].sum(axis=0) - z).max() == pytest.approx(best, abs=1e-5)
        keep, state = peers.PEERS[name][1](x, z, best * 1.01, 20.0)
        assert np.abs(x[keep].sum(axis=0) - z).max() <= best * 1.01 + 1e-6
        assert peers.PEERS[name][1](x, z, best * 0.98, 20.0)[1] == "infeasible"


def test_instances_do_not_depend_on_the_solver_or_the_order() -> None:
    for task in (*tasks.QUICK, tasks.FULL[6]):
        one, other = tasks.draw(task, 5, 2), tasks.draw(task, 5, 2)
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
        assert not (tasks.draw(task, 6, 2)[0] == one[0]).all()


def test_tasks_name_solvers_and_peers_that_exist() -> None:
    for task in (*tasks.QUICK, *tasks.FULL):
        assert set(task.ours) <= set(registry.SOLVERS)
        assert set(task.peers) <= set(peers.PEERS)
        assert set(task.ours) <= set(titles.solvers())
    assert set(peers.PEERS) == set(PEERS)
    assert peers.GIVE_UP == tasks.GIVE_UP
    assert len({task.name for task in tasks.FULL}) == len(tasks.FULL)


def test_reference_is_a_whole_run() -> None:
    reference = benchmark_of(load(REFERENCE))
    asked = {(task.name, name) for task in tasks.FULL for name in (*task.ours, *task.peers)}
    assert asked == {(row.task, row.solver) for row in reference.rows.itertuples()}
    draws = reference.rows.groupby(["task", "solver"]).size()
    for task in tasks.FULL:
        assert all(draws[task.name, name] == task.seeds for name in task.ours)
    assert set(peers.PEERS) <= set(reference.info["versions"])


def test_it_is_set_in_print(tmp_path: Path) -> None:
    written = []
    for place in ("one", "two"):
        folder = tmp_path / place
        render("benchmark", {"benchmark": load(REFERENCE)}, folder, folder / "report")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert written[0] == written[1]
    text = {path: data for path, data in written[0].items() if path.suffix in (".tex", ".html")}
    assert not [path for path, data in text.items() if b"nan" in data]
    assert any(b"HiGHS" in data for data in text.values())


def test_the_sentences_follow_the_data(quick: Benchmark) -> None:
    own, other = (
        benchmark_macros(Benchmark(quick.rows, {**quick.info, "own": flag}))["BenchmarkOrigin"]
        for flag in (True, False)
    )
    assert "that typeset it" in own
    assert "beforehand" in other
    alone = Benchmark(quick.rows[quick.rows["solver"] == "mitm"], {})
    assert benchmark_macros(alone)["BenchmarkRatios"] == "No peer was measured."


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"rows": [{"task": "x"}]})])
def test_a_foreign_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "benchmark.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"benchmark\.json.*make bench"):
        load(path)


@pytest.mark.parametrize(
    ("solved", "words"),
    [
        ([1.0, 1.0], "these factors: $2.0$ at $n = 20$, $d = 2$, the least error (Gurobi)."),
        (
            [0.5, 1.0],
            "these factors: at least $2.0$ at $n = 20$, $d = 2$, the least error (Gurobi).",
        ),
        ([0.0, 0.0], "these factors: at least $2.0$ at $n = 20$, $d = 2$, the least error (every"),
    ],
)
def test_no_peer_is_called_the_fastest_where_all_were_cut_off(
    solved: list[float], words: str
) -> None:
    row = {"kind": "exact", "n": 20, "d": 2, "eps": np.nan, "threads": 1, "draws": 1}
    table = pd.DataFrame(
        row
        | {"solver": ["mitm", "gurobi", "highs"], "seconds": [1.0, 2.0, 3.0]}
        | {"solved": [1.0, *solved]}
    )
    assert words in _ratios(table)
