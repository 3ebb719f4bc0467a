"""The rule of `auto`: a table of cases, and a reason a person can read."""

import itertools

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.solvers import _auto as auto
from slth.solvers import _solve as front
from slth.solvers._base import DEFAULT_MEMORY, Options

CASES = [
    # n, d, eps, options, solver, words in the reason
    (1, 1, None, Options(), "mitm", "exact"),
    (1, 64, None, Options(), "mitm", "exact"),
    (12, 3, 0.1, Options(), "mitm", "exact"),
    (24, 64, None, Options(), "mitm", "exact"),
    (44, 1, None, Options(), "mitm", "exact"),
    (44, 1, 0.01, Options(), "mitm", "exact"),
    (44, 4, None, Options(), "mitm", "exact"),
    (44, 8, None, Options(), "lattice", "nodes"),
    (31, 9, None, Options(), "mitm", "exact"),
    (32, 4, None, Options(), "mitm", "exact"),
    (32, 5, None, Options(), "lattice", "1.2e+04"),
    (58, 9, None, Options(), "lattice", "nodes"),
    (59, 9, None, Options(), "klist", "n exceeds 52"),
    (64, 9, None, Options(budget=10**11), "lattice", "nodes"),
    (44, 9, None, Options(device="cuda"), "mitm", "device cuda"),
    (44, 9, None, Options(memory=2**20), "klist", "memory allows 1,048,576"),
    (53, 1, None, Options(), "klist", "n exceeds 52"),
    (1000, 9, 0.05, Options(), "klist", "n exceeds 52"),
    (52, 4, None, Options(), "mitm", "exact"),
    (31, 30, None, Options(device="cuda"), "mitm", "exact"),
    (40, 18, None, Options(device="cuda"), "klist", "pairs"),
    (40, 18, None, Options(), "lattice", "nodes"),
    (44, 30, 0.5, Options(), "lattice", "nodes"),
    (44, 9, 0.9, Options(), "lattice", "nodes"),
    (44, 18, 0.01, Options(decide=True), "lattice", "nodes"),
    (44, 9, None, Options(budget=10**5), "klist", "1.0e+05"),
    (44, 4, None, Options(budget=10**6), "klist", "1.0e+06"),
    (20, 2, None, Options(budget=100), "klist", "1.0e+02"),
    (48, 4, None, Options(budget=10**12), "mitm", "exact"),
    (65, 1, None, Options(budget=10**15), "klist", "refuses"),
    (44, 4, None, Options(memory=2**20), "klist", "memory allows 1,048,576"),
    (1000, 9, None, Options(device="cuda"), "klist", "device cuda"),
    (20, 2, None, Options(device="cuda"), "mitm", "device cuda"),
]


@pytest.mark.parametrize(("n", "d", "eps", "options", "solver", "words"), CASES)
def test_the_rule(n, d, eps, options, solver, words):
    name, reason = auto.choose(n, d, eps, options, batch=1)
    assert name == solver
    assert words in reason


@pytest.mark.parametrize(
    ("n", "d", "share", "solver"),
    [
        (69, 9, 0.2, "lattice"),
        (70, 9, 0.2, "klist"),
        (69, 9, 0.04, "klist"),
        (60, 6, 0.2, "lattice"),
        (61, 6, 0.2, "klist"),
        (62, 16, 0.0, "klist"),
        (62, 16, 0.2, "lattice"),
        (62, 16, None, "klist"),
        (61, 16, None, "lattice"),
        (69, 24, 0.0, "lattice"),
        (70, 24, 0.0, "klist"),
    ],
)
def test_lattices_of_short_and_of_high_dimensional_candidates_are_smaller(n, d, share, solver):
    short = None if share is None else lambda: share
    name, reason = auto.choose(n, d, None, Options(), short=short)
    assert name == solver
    small = auto.lattice_nodes(n, d) <= auto.LATTICE_NODES
    assert ("20% of the candidates are short" in reason) == (name == "lattice" and not small)


def test_predicted_nodes_are_enough_for_most_instances():
    """Of a search of the least error; the oracle is the search itself."""
    more = []
    for ensemble, n, d in (("nsn", 44, 6), ("nsn", 57, 9), ("nsn", 60, 16), ("normal", 50, 24)):
        for seed in range(4):
            X, z = sample(ensemble, n, d, seed), sample_target(d, seed, ensemble)
            work = front.solve(X, z, solver="lattice", threads=1).work
            more.append(work / auto.lattice_nodes(n, d, ensemble == "nsn"))
    assert np.mean(np.array(more) < 1) >= 0.75
    assert max(more) < 16


ALL_LENGTHS = [  # n, d, options, share of short candidates, solver
    (200, 9, Options(budget=2**17), 0.2, "beam"),
    (200, 9, Options(budget=2**23), 0.2, "beam"),
    (60, 5, Options(budget=2**20), 0.2, "beam"),
    (4000, 25, Options(budget=2**17), 0.2, "beam"),
    (200, 9, Options(budget=2**17), 0.05, "klist"),  # lengths alike
    (200, 9, Options(), 0.2, "klist"),  # the default of klist is 2^32
    (200, 9, Options(budget=2**24), 0.2, "klist"),
    (200, 5, Options(budget=2**21), 0.2, "klist"),
    (200, 4, Options(budget=2**17), 0.2, "klist"),
    (1000, 64, Options(budget=2**14), 0.2, "klist"),  # too narrow
    (200, 9, Options(budget=2**17, size=20), 0.2, "klist"),
    (200, 9, Options(budget=2**17, device="cuda"), 0.2, "klist"),
    (24, 9, Options(budget=2**14), 0.2, "klist"),
    (20, 5, Options(budget=2**20), 0.2, "mitm"),  # a proof is affordable
]


@pytest.mark.parametrize(("n", "d", "options", "share", "solver"), ALL_LENGTHS)
def test_a_beam_is_taken_for_candidates_of_all_lengths_at_small_budgets(
    n, d, options, share, solver
):
    name, reason = auto.choose(n, d, None, options, 100, lambda: share)
    assert name == solver
    assert ("20% of the candidates are shorter" in reason) == (name == "beam")
    assert auto.choose(n, d, None, options)[0] != "beam"


@pytest.mark.parametrize(("ensemble", "solver"), [("nsn", "beam"), ("normal", "klist")])
@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_the_front_measures_the_lengths_of_the_first_instance(ensemble, solver, unit):
    X = np.stack([unit * sample(ensemble, 100, 9, seed) for seed in range(2)])
    Z = unit * np.stack([sample_target(9, seed) for seed in range(2)])
    assert front.solve_batch(X, Z, budget=2**15).solver == solver
    assert front.solve(X[0], Z[0], budget=2**15).solver == solver
    assert front.solve_targets(X[0], Z, budget=2**15).solver == solver


@pytest.mark.parametrize("kind", ["nsn", "short"])
def test_what_auto_takes_beats_the_k_list(kind):
    errors = {name: [] for name in ("auto", "klist")}
    for seed in range(8):
        X, z = sample("nsn", 150, 9, seed), 0.2 * sample_target(9, seed)
        X = X if kind == "nsn" else X**3
        for name, found in errors.items():
            found.append(front.solve(X, z, None, name, 2**16, threads=1).error)
    assert np.median(errors["auto"]) < np.median(errors["klist"])


@pytest.mark.parametrize("n", [1, 10, 44, 45, 60, 64, 65, 10**5])
@pytest.mark.parametrize("d", [1, 2, 9, 64])
@pytest.mark.parametrize("eps", [None, 0.0, 1e-300, 0.05, 1e300])
@pytest.mark.parametrize("batch", [1, 1000])
def test_the_reason_is_a_sentence(n, d, eps, batch):
    name, reason = auto.choose(n, d, eps, Options(memory=DEFAULT_MEMORY), batch)
    assert name in ("mitm", "lattice", "klist")
    assert reason.startswith(f"{name} for n = {n}, d = {d}")
    assert reason.endswith(".")
    assert "\n" not in reason
    assert ("1000 instances" in reason) == (batch > 1)


def test_batch_changes_only_the_words():
    for n in (10, 44, 52, 53):
        assert (
            auto.choose(n, 1, None, Options(), 1)[0] == auto.choose(n, 1, None, Options(), 10**6)[0]
        )


@pytest.mark.parametrize("d", [1, 2, 9, 64])
def test_exact_work_grows_with_n_and_falls_with_hits(d):
    work = [auto.exact_work(n, d) for n in range(1, 3000, 7)]
    assert all(a <= b for a, b in itertools.pairwise(work))
    loose = [auto.exact_work(44, d, eps) for eps in (1.0, 3.0, 10.0)]
    assert loose == sorted(loose, reverse=True)


@pytest.mark.parametrize(("n", "d"), [(40, 40), (40, 64), (60, 100), (80, 100)])
def test_nodes_of_many_dimensions_are_foretold(n: int, d: int) -> None:
    """Within 16: none is searched with less than a node, as 2^((12 − d)/2) would have it."""
    X, z = sample("normal", n, d, 0), 0.5 * np.random.default_rng(1).standard_normal(d)
    work = front.solve(X, z, solver="lattice", threads=1).work
    assert 1 / 16 < work / auto.lattice_nodes(n, d) < 16


def test_the_sentence_on_short_candidates_has_its_comma() -> None:
    X = sample("nsn", 60, 9, 0)
    found = front.solve(X, np.full(9, 0.1), budget=2**24)
    assert "of the candidates are short, and 1.7e+07 are allowed." in found.reason
