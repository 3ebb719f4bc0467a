"""A million tiny instances through the workflow: python -m benchmarks.load [--cells N] [--out F].

Plans, samples, solves, aggregates and draws one-dimensional instances on two cores, in a copy of
the project, and reports cells per second, memory and the time to plan. A figure of this machine:
nothing in the paper depends on it.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

PROJECT = Path(__file__).parents[1]
PARTS = ("Snakefile", "benchmarks", "config.yaml", "config", "envs", "paper", "profiles", "src")
CORES = 2
SIZES = [2, 4, 6, 8, 10]
TARGET = "paper/figures/success.pdf"
RULES = ("sample_cells", "solve_cells", "measure_thresholds", "render_figures")


def main() -> None:
    """Parse the arguments, run, print and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=40, help="jobs the cells are split into")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/load.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        report = measure(Path(folder), chosen.cells, chosen.shards)
    text = json.dumps(report, indent=1)
    chosen.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def copy(folder: Path) -> None:
    """Copy what a run needs; compiled kernels stay valid, named by their source."""
    made = shutil.ignore_patterns("tables", "figures", "numbers*", "benchmark.tex")
    others = shutil.ignore_patterns("*.egg-info")
    for part in (*PARTS, "workflow"):
        if (PROJECT / part).is_dir():
            ignored = made if part == "paper" else others
            shutil.copytree(PROJECT / part, folder / part, ignore=ignored)
        else:
            shutil.copy2(PROJECT / part, folder / part)


def measure(folder: Path, cells: int, shards: int) -> dict[str, Any]:
    """Run ``cells`` cells in ``shards`` shards; return what it took."""
    settings = {
        "ensembles": ["uniform"],
        "eps": 0.05,
        "grid": [{"d": 1, "n": SIZES}],
        "replicates": cells // len(SIZES),
        "shards": shards,
    }
    (folder / "config/load.yaml").write_text(json.dumps({"threshold": settings}), encoding="utf-8")
    plan = run(folder, "--dry-run", "--quiet", "all")
    plan_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    whole = run(folder, "--until", "measure_thresholds", "results/measure/thresholds.parquet")
    drawn = run(folder, TARGET)
    rows = pd.read_parquet(folder / "results/measure/thresholds.parquet")
    asked = cells // len(SIZES) * len(SIZES)
    if int(rows["trials"].sum()) != asked:
        raise RuntimeError(f"{int(rows['trials'].sum())} cells came back of {asked}")
    return {
        "cells": asked,
        "shards": shards,
        "cores": CORES,
        "plan_seconds": round(plan, 1),
        "plan_megabytes": round(plan_memory),
        "chain_seconds": round(whole, 1),
        "chain_cells_per_second": round(asked / whole),
        "figure_seconds": round(drawn, 1),
        "rules": {name: rule(folder, name, asked) for name in RULES},
        "results_megabytes": round(size(folder / "results") / 1e6, 1),
        "machine": {"processor": processor(), "system": platform.system()},
    }


def run(folder: Path, *arguments: str) -> float:
    """Run the workflow in ``folder``; return its seconds."""
    command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), *arguments]
    command += ["--configfile", "config/ci.yaml", "config/load.yaml"]
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-3000:]}")
    return time.perf_counter() - begin


def rule(folder: Path, name: str, cells: int) -> dict[str, float]:
    """Sum the seconds of a rule's jobs, and take the largest memory of one (MB)."""
    paths = [*(folder / "results/benchmarks" / name).glob("*.tsv")]
    paths += (folder / "results/benchmarks").glob(f"{name}.tsv")
    table = pd.concat([pd.read_csv(path, sep="\t") for path in paths])
    seconds = float(table["s"].sum())
    return {
        "jobs": len(table),
        "seconds": round(seconds, 1),
        "cells_per_second": round(cells / seconds),
        "megabytes": round(float(pd.to_numeric(table["max_rss"], errors="coerce").max())),
    }


def size(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def processor() -> str:
    """Return the processor's name and count."""
    lines = (
        Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if os.name == "posix" else []
    )
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
