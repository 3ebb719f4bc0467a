"""How many threads this process may take: the cores it may run on, and the share a job was given.

A container, a batch system or `taskset` leaves a process fewer cores than the machine has. Threads
beyond them wait for each other.
"""

import os

SHARES = ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK", "NUMBA_NUM_THREADS")
# Snakemake sets the first to a rule's ``threads``; the second is a Slurm job's share


def usable() -> int:
    """Return how many threads to run: the cores of the affinity mask, or fewer if a share says so.

    A share is the leading integer >= 1 of an environment variable of SHARES (OpenMP allows "4,2",
    threads by level); one that is not such an integer is passed over. At least 1.
    """
    shares = (_share(os.environ.get(name, "")) for name in SHARES)
    return min([_affinity(), *(share for share in shares if share is not None)])


def _affinity() -> int:
    """Cores this process may run on; where the system has no such mask, all of them."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _share(text: str) -> int | None:
    first = text.split(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() and int(first) >= 1 else None
