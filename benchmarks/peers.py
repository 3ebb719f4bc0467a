"""One peer in a process of its own: python -m benchmarks.peers NAME instances.npz out.json LIMIT.

Every peer gets the model its users would write: binary x, and either the least t with
|Σ x_i X_i − z| ≤ t in every coordinate, or any x with t = eps. One thread. What it returns is a
mask; errors are recomputed by the driver. Stops after `tasks.GIVE_UP` time-outs.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np

GIVE_UP = 1  # as in benchmarks.tasks, which needs more packages than a peer's process has
TOLERANCE = 1e-9  # feasibility, where the peer lets it be set
SCALE_BITS = 24  # fixed point of CP-SAT: entries are rounded to 2^-24

Found = tuple[np.ndarray | None, str]
Peer = Callable[[np.ndarray, np.ndarray, float | None, float], Found]


def highs(X: np.ndarray, z: np.ndarray, eps: float | None, limit: float) -> Found:
    """HiGHS through scipy.optimize.milp."""
    from scipy import optimize

    n, d = X.shape
    ones, free = np.ones((d, 1)), np.full(d, np.inf)
    A = np.block([[X.T, ones], [X.T, -ones]])
    low, high = (0.0, float(np.abs(z).max())) if eps is None else (eps, eps)
    done = optimize.milp(
        np.append(np.zeros(n), 1.0 if eps is None else 0.0),
        integrality=np.append(np.ones(n), 0),
        bounds=optimize.Bounds(np.append(np.zeros(n), low), np.append(np.ones(n), high)),
        constraints=optimize.LinearConstraint(
            A, np.concatenate([z, -free]), np.concatenate([free, z])
        ),
        options={"time_limit": limit, "mip_rel_gap": 0.0},
    )
    state = {0: "done", 1: "time", 2: "infeasible"}.get(done.status, "failed")
    return (None if done.x is None else done.x[:n] > 0.5), state


def gurobi(X: np.ndarray, z: np.ndarray, eps: float | None, limit: float) -> Found:
    """Gurobi; the licence in its wheel allows 2000 variables."""
    import gurobipy as gp

    n = len(X)
    with gp.Env(empty=True) as env:
        env.setParam("OutputFlag", 0)
        env.start()
        with gp.Model(env=env) as model:
            model.setParam("Threads", 1)
            model.setParam("TimeLimit", limit)
            model.setParam("MIPGap", 0.0)
            model.setParam("MIPGapAbs", 0.0)
            model.setParam("IntFeasTol", TOLERANCE)
            model.setParam("FeasibilityTol", TOLERANCE)
            x = model.addMVar(n, vtype="B")
            t = model.addVar(lb=0.0, ub=float(np.abs(z).max())) if eps is None else eps
            model.addConstr(X.T @ x - z <= t)
            model.addConstr(X.T @ x - z >= -t)
            if eps is None:
                model.setObjective(t)
            else:
                model.setParam("MIPFocus", 1)
                model.setParam("SolutionLimit", 1)
            model.optimize()
            state = {2: "done", 3: "infeasible", 9: "time", 10: "done"}.get(model.Status, "failed")
            return (np.asarray(x.X) > 0.5 if model.SolCount else None), state


def scip(X: np.ndarray, z: np.ndarray, eps: float | None, limit: float) -> Found:
    """SCIP through PySCIPOpt."""
    from pyscipopt import Model, quicksum

    n, d = X.shape
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", limit)
    x = [model.addVar(vtype="B") for _ in range(n)]
    t = model.addVar(lb=0.0, ub=float(np.abs(z).max())) if eps is None else eps
    for j in range(d):
        total = quicksum(float(X[i, j]) * x[i] for i in range(n)) - float(z[j])
        model.addCons(total <= t)
        model.addCons(total >= -t)
    if eps is None:
        model.setObjective(t)
    else:
        model.setParam("limits/solutions", 1)
        model.setEmphasis(3)  # SCIP_PARAMEMPHASIS_FEASIBILITY
        model.setParam("limits/time", limit)
        model.hideOutput()
    model.optimize()
    status = model.getStatus()
    state = {"optimal": "done", "sollimit": "done", "timelimit": "time"}.get(status, status)
    best = model.getBestSol() if model.getNSols() else None
    return (None if best is None else np.array([best[v] > 0.5 for v in x])), state


def cpsat(X: np.ndarray, z: np.ndarray, eps: float | None, limit: float) -> Found:
    """OR-tools CP-SAT on entries rounded to 2^-24; sums stay below 2^62."""
    from ortools.sat.python import cp_model

    n, d = X.shape
    scale = 2**SCALE_BITS
    if (np.abs(X).sum(axis=0).max() + np.abs(z).max()) * scale >= 2**62:
        raise OverflowError("cpsat: the scaled sums leave 64-bit integers")
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{i}") for i in range(n)]
    top = int(np.ceil(np.abs(z).max() * scale))
    t = model.new_int_var(0, top, "t") if eps is None else int(eps * scale)
    for j in range(d):
        weights, aim = np.rint(X[:, j] * scale).astype(int).tolist(), round(z[j] * scale)
        total = sum(w * v for w, v in zip(weights, x, strict=True)) - aim
        model.add(total <= t)
        model.add(total >= -t)
    if eps is None:
        model.minimize(t)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit
    solver.parameters.num_workers = 1
    code = solver.solve(model)
    found = code in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    settled = code == cp_model.OPTIMAL or (eps is not None and found)
    state = "done" if settled else "infeasible" if code == cp_model.INFEASIBLE else "time"
    return (np.array([solver.value(v) == 1 for v in x]) if found else None), state


PEERS: dict[str, tuple[str, Peer]] = {
    "highs": ("scipy", highs),
    "gurobi": ("gurobipy", gurobi),
    "scip": ("pyscipopt", scip),
    "cpsat": ("ortools", cpsat),
}


def run(name: str, source: str, out: str, limit: float) -> None:
    """Solve the instances of ``source`` one by one; write masks, states and seconds to ``out``."""
    with np.load(source) as file:
        X3, Z2 = file["X"], file["Z"]
        eps = None if np.isnan(file["eps"]) else float(file["eps"])
    peer = PEERS[name][1]
    small = np.random.default_rng(0)
    peer(small.uniform(-1, 1, (6, X3.shape[2])), np.zeros(X3.shape[2]) + 0.1, eps, 5.0)  # warm-up
    rows, late = [], 0
    for X, z in zip(X3, Z2, strict=True):
        if late >= GIVE_UP:
            break
        start = time.perf_counter()
        try:
            keep, state = peer(X, z, eps, limit)
        except Exception as error:  # a licence that is too small, an overflow: a row, not a crash
            keep, state = None, f"refused: {error}"[:200]
        seconds = time.perf_counter() - start
        late = late + 1 if state == "time" else 0
        rows.append(
            {
                "keep": None if keep is None else [int(i) for i in np.flatnonzero(keep)],
                "state": state,
                "seconds": seconds,
            }
        )
        if state.startswith("refused"):
            break
    with open(out, "w", encoding="utf-8") as file:
        json.dump(rows, file)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
