"""The compiled walk of simulated annealing, and the short double moves it tries."""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped

BLOCK = 1024  # moves between two temperatures
REFRESH = 1024  # blocks after which the rest is summed anew, against rounding
LEVELS = 4096  # of −log(u), u uniform: the Metropolis rule draws from a table
DOUBLE = 922  # of 1024 moves: the share of double moves, 0.9
NEAREST = 4  # double moves a candidate: with the candidates that it nearly cancels


@njit(cache=True, nogil=True)
def nearest(X, order, swaps, halt=None):  # type: ignore[no-untyped-def]
    """The pairs of candidates whose joint move is shortest: (at most NEAREST·m, 2) int64.

    X (n, d); order (m,): the candidates that are looked at. Flipping both of i, j moves the sum by
    X_i − X_j or X_i + X_j, up to sign; with ``swaps`` by X_i − X_j only. halt: a `stopping.flag`.
    Cost: m² d.
    """
    m, d = len(order), X.shape[1]
    count = min(NEAREST, m - 1)
    pairs = np.empty((m * count, 2), dtype=np.int64)
    lengths, found = np.empty(count + 1), np.empty(count + 1, dtype=np.int64)
    for a in range(m):
        if stopped(halt):
            break
        i = order[a]
        lengths[:] = np.inf
        for b in range(m):
            if b == a:
                continue
            j = order[b]
            minus, plus = 0.0, 0.0
            for k in range(d):
                minus += (X[i, k] - X[j, k]) ** 2
                plus += (X[i, k] + X[j, k]) ** 2
            length = minus if swaps else min(minus, plus)
            place = count
            while place > 0 and length < lengths[place - 1]:
                lengths[place], found[place] = lengths[place - 1], found[place - 1]
                place -= 1
            lengths[place], found[place] = length, j
        for c in range(count):
            pairs[a * count + c, 0], pairs[a * count + c, 1] = i, found[c]
    return pairs


@njit(cache=True, nogil=True)
def walk(X, z, keep, pairs, swaps, seed, moves, hot, cold, stop, halt=None):  # type: ignore[no-untyped-def]
    """Anneal ‖Σ_keep X_i − z‖₂ from ``keep``, in place the best seen in the sup norm; moves made.

    A move flips one candidate, or two of ``pairs``; with ``swaps`` it exchanges one kept for one
    left out. It is taken when energy' <= energy − T log u, T falling from hot to cold; coordinates
    are added up only as far as that needs. Ends at a sup norm <= stop, or at a flag ``halt``.
    """
    n, d = X.shape
    logs = -np.log((np.arange(LEVELS) + 0.5) / LEVELS)
    now, rest = keep.copy(), _rest(X, z, keep)
    order, place = _partition(keep)
    kept = int(keep.sum())
    energy, best = np.sqrt(np.dot(rest, rest)), np.abs(rest).max()
    state, temperature = np.uint64(seed), hot
    cooling = (cold / hot) ** (BLOCK / max(moves, BLOCK))
    trial = np.empty(d)
    if best <= stop or (swaps and (kept == 0 or kept == n)):
        return 0
    for move in range(moves):
        if move % BLOCK == 0 and move > 0:
            if stopped(halt):
                return move
            temperature *= cooling
            if move % (BLOCK * REFRESH) == 0:
                rest = _rest(X, z, now)
        state, word = _random(state)
        double = len(pairs) > 0 and (word >> np.uint64(12)) & np.uint64(1023) < np.uint64(DOUBLE)
        if double:
            at = _below(word, len(pairs))
            i, j = pairs[at, 0], pairs[at, 1]
        elif swaps:
            state, other = _random(state)
            i, j = order[_below(word, kept)], order[kept + _below(other, n - kept)]
        else:
            i, j = _below(word, n), -1
        if swaps and now[i] == now[j]:
            continue
        limit = energy + temperature * logs[int(word & np.uint64(LEVELS - 1))]
        square = _try(X, rest, now, i, j, limit * limit, trial)
        if square < 0:
            continue
        rest[:] = trial
        energy = np.sqrt(square)
        now[i] = not now[i]
        if j >= 0:
            now[j] = not now[j]
        if swaps:
            a, b = place[i], place[j]
            order[a], order[b], place[i], place[j] = j, i, b, a
        error = np.abs(rest).max()
        if error < best:
            best = error
            keep[:] = now
            if best <= stop:
                rest = _rest(X, z, now)
                best = np.abs(rest).max()
                if best <= stop:
                    return move + 1
    return moves


@njit(cache=True, nogil=True, inline="always")
def _try(X, rest, now, i, j, limit, trial):  # type: ignore[no-untyped-def]
    """Write the rest after the move to ``trial``; its square, or −1 as soon as it exceeds limit."""
    first = -1.0 if now[i] else 1.0
    square = 0.0
    if j < 0:
        for k in range(len(rest)):
            value = rest[k] + first * X[i, k]
            trial[k] = value
            square += value * value
            if square > limit:
                return -1.0
        return square
    second = -1.0 if now[j] else 1.0
    for k in range(len(rest)):
        value = rest[k] + first * X[i, k] + second * X[j, k]
        trial[k] = value
        square += value * value
        if square > limit:
            return -1.0
    return square


@njit(cache=True, nogil=True)
def _rest(X, z, keep):  # type: ignore[no-untyped-def]
    """Σ_keep X_i − z, summed in index order."""
    rest = np.zeros(len(z))
    for i in range(len(X)):
        if keep[i]:
            rest += X[i]
    return rest - z


@njit(cache=True, nogil=True)
def _partition(keep):  # type: ignore[no-untyped-def]
    """Candidates with the kept ones first, and the place of each."""
    order, place = np.empty(len(keep), dtype=np.int64), np.empty(len(keep), dtype=np.int64)
    position = 0
    for side in range(2):
        for i in range(len(keep)):
            if keep[i] == (side == 0):
                order[position], place[i] = i, position
                position += 1
    return order, place


@njit(cache=True, nogil=True, inline="always")
def _random(state):  # type: ignore[no-untyped-def]
    """SplitMix64 (Steele, Lea and Flood 2014): next state, 64 random bits."""
    state += np.uint64(0x9E3779B97F4A7C15)
    word = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, word ^ (word >> np.uint64(31))


@njit(cache=True, nogil=True, inline="always")
def _below(word, count):  # type: ignore[no-untyped-def]
    """An integer of [0, count) from the upper 32 bits; its bias is under count/2^32."""
    return np.int64(((word >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


def scale(X: FloatArray) -> float:
    """Root mean square of the entries: the unit of the temperatures."""
    return float(np.sqrt(np.mean(np.square(X)))) or 1.0
