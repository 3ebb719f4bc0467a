"""One seed for everything: generators keyed by what is drawn, never by order of execution."""

import hashlib

import numpy as np

from slth import checks

Key = str | int | float


def sequence(seed: int, *key: Key) -> np.random.SeedSequence:
    """Return the SeedSequence child of ``seed`` named by ``key``.

    The key is hashed (SHA-256 of its repr parts) to the spawn key, so a child depends on its name
    alone: cells may be added, removed or reordered and every other cell keeps its numbers.
    """
    seed = checks.integer("seed", seed, low=0)
    digest = hashlib.sha256("\x1f".join(repr(part) for part in key).encode()).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4))
    return np.random.SeedSequence(seed, spawn_key=words)


def generator(seed: int, *key: Key) -> np.random.Generator:
    """Return a PCG64 generator on ``sequence(seed, *key)``."""
    return np.random.Generator(np.random.PCG64(sequence(seed, *key)))


def child(seed: int, *key: Key) -> int:
    """Return a 63-bit integer seed for the child named by ``key`` (for APIs that take an int)."""
    return int(sequence(seed, *key).generate_state(1, np.uint64)[0] >> np.uint64(1))
