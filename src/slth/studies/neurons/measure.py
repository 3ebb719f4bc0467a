"""The least error of one ReLU neuron over all subsets of random neurons, instance by instance."""

import numpy as np
import pandas as pd

from slth import frames, seeding
from slth.checks import FloatArray
from slth.progress import track
from slth.solvers._solve import solve
from slth.studies.job import Job
from slth.studies.neurons.settings import Settings
from slth.supnorm.vertices import box_vertices

SOLVER = "mitm"
COLUMNS = (
    *("inputs", "n", "replicate", "seed", "points", "solver", "status", "proved"),
    *("error", "empty", "kept", "work"),
)


def measure_neurons(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for each number of inputs, n and replicate of a shard.

    The target is x -> max(w·x, 0), w uniform on the sphere; the network Σ v_i max(u_i·x, 0) has
    normal v_i and u_i. error: sup over [-1, 1]^inputs of the difference for the best of all 2^n
    subsets of neurons; empty: that of none. It is a subset-sum problem whose dimensions are the
    ``points`` at which the sup can be.
    """
    every = [(block.inputs, n, block.replicates) for block in settings.grid for n in block.n]
    rows = [
        {"inputs": p, "n": n, "replicate": replicate} | _solved(*instance(seed, p, n, replicate))
        for p, n, replicates in track(every, len(every), "neurons: points")
        for replicate in range(shard, replicates, settings.shards)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def instance(
    seed: int, p: int, n: int, replicate: int
) -> tuple[int, FloatArray, FloatArray, FloatArray]:
    """Return the seed of an instance, u (n, p), v (n,) and w (p,)."""
    own = seeding.child(seed, "neurons", p, n, replicate)
    rng = seeding.generator(own, "neurons")
    u, v, w = rng.standard_normal((n, p)), rng.standard_normal(n), rng.standard_normal(p)
    return own, u, v, w / np.linalg.norm(w)


def problem(u: FloatArray, v: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The subset-sum problem (n, K), (K,): values of neurons and target at the K points."""
    points = box_vertices(np.vstack([w[None], u]))
    return v[:, None] * np.maximum(u @ points.T, 0), np.maximum(points @ w, 0)


def _solved(own: int, u: FloatArray, v: FloatArray, w: FloatArray) -> dict[str, object]:
    X, z = problem(u, v, w)
    best = solve(X, z, solver=SOLVER, threads=1)
    return {
        "seed": own,
        "points": len(z),
        "solver": best.solver,
        "status": best.status.name,
        "proved": best.proved,
        "error": best.error,
        "empty": float(z.max()),
        "kept": int(best.keep.sum()),
        "work": best.work,
    }


def run(job: Job) -> None:
    """Measure every instance of a shard."""
    p = job.params
    frames.write(job.output[0], measure_neurons(Settings(**p.settings), p.seed, p.shard), "neurons")
